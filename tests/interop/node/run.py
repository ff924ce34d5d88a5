#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs client.js against a kehud of its own.

The npm packages are installed under the build directory, by the lock file;
without node, npm or the registry it says so and counts as skipped.
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
from server import BUILD, Server


def skip(why):
    print("SKIPPED the npm client: " + why)
    print("0 passed, 0 failed")
    sys.exit(0)


def main():
    if not (shutil.which("node") and shutil.which("npm")):
        skip("node and npm are not installed")
    where = os.path.join(BUILD, "interop-node")
    os.makedirs(where, exist_ok=True)
    for name in ("package.json", "package-lock.json", "client.js"):
        shutil.copy(os.path.join(HERE, name), where)
    if not os.path.isdir(os.path.join(where, "node_modules", "msgpack5rpc")):
        try:
            subprocess.run(
                ["npm", "ci", "--silent", "--no-audit", "--no-fund"],
                cwd=where, timeout=300, check=True, stderr=subprocess.DEVNULL)
        except subprocess.SubprocessError:
            skip("its packages could not be fetched")
    with Server() as server:
        return subprocess.run(["node", "client.js"], cwd=where, timeout=600,
                              env=dict(os.environ, KEHU_PORT=str(server.port),
                                       KEHU_CA=server.ca,
                                       KEHU_PASSWORDS=os.path.join(
                                           server.directory, "passwords"))
                              ).returncode


if __name__ == "__main__":
    sys.exit(main())

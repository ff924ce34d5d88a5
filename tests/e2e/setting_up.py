#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What `kehud init` and kehud.conf are told is judged: a refusal says why and
leaves nothing behind, so that the command can be given again.
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, run
from server import BUILD, Server, write_private

KEHUD = os.path.join(BUILD, "kehud")


def kehud(*words):
    return subprocess.run([KEHUD, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60,
                          check=False)


def init(folder, *more, password="one of a stranger's 4"):
    path = os.path.join(folder, "password")
    write_private(path, password)
    return kehud("init", "--dir", os.path.join(folder, "book"),
                 "--admin-password-file", path, *more)


def test_a_refused_init_says_why_and_can_be_given_again(_server):
    refused = [(["--root-key", "moon:x"], "file:PATH"),
               (["--root-key", "credential:gone"], "is not there"),
               (["--name", "a b"], "--name takes"),
               (["--name", "a,DNS:evil.example"], "--name takes"),
               (["--name", ""], "--name takes"),
               (["--admin", "a b/c"], "an account's name")]
    with tempfile.TemporaryDirectory() as folder:
        for words, why in refused:
            said = init(folder, *words)
            assert said.returncode and why in said.stderr, (words, said)
        said = init(folder, password="short")
        assert said.returncode and "12" in said.stderr, said
        said = init(folder, "--name", "book.example", "--name", "10.9.8.7",
                    "--name", "*.book.example", "--name", "::1")
        equal((said.returncode, said.stderr), (0, ""))


def test_a_bad_line_of_the_configuration_is_named(server):
    path = os.path.join(server.data, "kehud.conf")
    with open(path, encoding="utf-8") as f:
        good = f.read()
    line = "line %d" % (len(good.splitlines()) + 1)
    for bad in ("listen =", "listen = nonsense", "listen = 127.0.0.1:",
                "listen = 127.0.0.1:99999", "listen = :80",
                "listen = 127.0.0.1:80x", "log_level = loud", "log_level =",
                "client_certificates = maybe", "loops = -1", "moon = 1"):
        with open(path, "w", encoding="utf-8") as f:
            f.write(good + bad + "\n")
        said = kehud("run", "--dir", server.data)
        assert said.returncode and line in said.stderr, (bad, said)
    with open(path, "w", encoding="utf-8") as f:
        f.write(good + "log_level = debug\nclient_certificates = off\n")
    for bad in ("127.0.0.1:65536", "127.0.0.1"):
        said = kehud("run", "--dir", server.data, "--listen", bad)
        equal(said.returncode, 2)
    server.start()
    equal(server.stop(), 0)


if __name__ == "__main__":
    book = Server()
    try:
        book.init()
        sys.exit(run(globals(), book))
    finally:
        book.close()

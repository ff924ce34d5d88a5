#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A full disk stops writes, not reads, and ends without a restart.

The data directory lies on a small tmpfs of its own; a ballast file takes the
rest of it.  Writes must then be refused as `unavailable` (fail closed: what
cannot be audited does not happen), reads go on, nothing acknowledged is lost;
with the ballast gone the same process must write again.
"""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, run
from kehu_rpc import RpcError
from server import Server

SIZE = "32m"
KEPT = {}  # number -> name of every acknowledged customer


def create(client, count):
    name = "满盘客户%05d" % count
    made = client.call("record.create", entity="customer", fields={
        "name": name, "type": "other", "category": "regular",
        "source": "phone", "needs": "x" * 1500})
    KEPT[made["number"]] = name


def fill(server):
    """Ballast over all free space but one page."""
    path = os.path.join(server.data, "ballast")
    with open(path, "ab", buffering=0) as ballast:
        for size in (1 << 20, 4096):
            try:
                while True:
                    ballast.write(b"\0" * size)
            except OSError:
                pass
    return path


def write_until_full(client, first):
    """A small write may still fit where a larger did not; ten refusals are
    a full disk."""
    refusals = 0
    for count in range(first, first + 3000):
        try:
            create(client, count)
        except RpcError as refused:
            equal(refused.code, "unavailable")
            refusals += 1
            if refusals == 10:
                return
    raise AssertionError("the disk never became full")


def test_a_full_disk_refuses_writes_and_serves_reads(server):
    pid = server.process.pid
    with server.connect("sh-manager") as client:
        for count in range(5):
            create(client, count)
        ballast = fill(server)
        write_until_full(client, 5)
        number, name = next(iter(KEPT.items()))
        got = client.call("record.get", entity="customer", id=number,
                          fields=["name", "needs"])
        equal(got["fields"]["name"], name)
        assert client.call("record.find", entity="customer", limit=5)["rows"]
        os.unlink(ballast)
        deadline = time.monotonic() + 30
        while True:
            try:
                create(client, 77777)
                break
            except RpcError as still:
                equal(still.code, "unavailable")
                assert time.monotonic() < deadline, "it never wrote again"
                time.sleep(0.2)
    equal(server.process.pid, pid)


def test_nothing_acknowledged_was_lost(server):
    assert len(KEPT) > 5
    server.kill()
    server.start()
    with server.connect("sh-manager") as client:
        rows = {row["number"]: row["fields"]["name"]
                for row in client.find_all("customer", limit=500,
                                           fields=["name"])}
    equal(rows, KEPT)
    with server.connect("auditor") as client:
        equal(client.call("audit.verify")["bad"], 0)


def main():
    directory = tempfile.mkdtemp(prefix="kehu-full-")
    disk = os.path.join(directory, "disk")
    os.mkdir(disk)
    try:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + SIZE,
                           "none", disk], stderr=subprocess.DEVNULL
                          ).returncode:
            print("SKIPPED a full disk: needs the right to mount a tmpfs")
            print("0 passed, 0 failed")
            return 0
        try:
            server = Server(directory, os.path.join(disk, "data"))
            try:
                server.open()
                return run(globals(), server)
            finally:
                server.close()
        finally:
            subprocess.run(["umount", disk], check=True)
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", directory],
                       check=True)


if __name__ == "__main__":
    sys.exit(main())

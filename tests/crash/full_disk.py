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
from server import Server, day_in

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


def eventually(call, method, **params):
    """Once there is space again."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return call(method, **params)
        except RpcError as still:
            equal(still.code, "unavailable")
            assert time.monotonic() < deadline, method
            time.sleep(0.2)


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
        eventually(lambda _: create(client, 77777), "record.create")
    equal(server.process.pid, pid)


def refusal_of(client, method, **params):
    error, _ = client.answer(client.send(method, **params))
    return error and error["code"]


def test_rules_tokens_and_quotas_meet_a_full_disk(server):
    with server.connect("admin") as admin, \
            server.connect("sh-sales") as sales, \
            server.connect("sh-manager") as manager, \
            server.connect() as stranger:
        number = manager.call("record.create", entity="customer", fields={
            "name": "满盘配额客户", "type": "other", "category": "regular",
            "source": "phone", "owner": "sh-sales",
            "mobile": "13812345678"})["number"]
        KEPT[number] = "满盘配额客户"
        role = dict(admin.call("role.get", role="sales"),
                    quota={"sealed": 100, "lookup": 20})
        admin.call("role.apply", **role)
        ruling = [
            (admin, "role.apply", dict(role, quota={"sealed": 90})),
            (admin, "schema.apply", {
                "document": admin.call("schema.document")["document"]}),
            (admin, "user.update", {"user": "sh-clerk", "name": "某"}),
            (admin, "policy.apply", {"two_person": ["roles"]}),
            (sales, "token.create", {"name": "t", "roles": ["sales"],
                                     "expires": day_in(30),
                                     "reason": "r"})]
        seen = dict(entity="customer", id=number, fields=["mobile"])
        ballast = fill(server)
        write_until_full(manager, 100000)
        # One that takes the place of what it replaces may still fit.
        for client, method, params in ruling:
            code = refusal_of(client, method, **params)
            assert code in (None, "unavailable"), (method, code)
        # A quota that cannot be counted shows nothing; what costs none goes.
        shown = 0
        for _ in range(40):
            code = refusal_of(sales, "record.get", **seen)
            assert code in (None, "unavailable"), code
            shown += code is None
            equal(refusal_of(sales, "record.get", entity="customer",
                             id=number, fields=["name"]), None)
        for _ in range(3):
            equal(refusal_of(stranger, "session.login", user="gm",
                             password="wrong on a full disk"),
                  "unauthenticated")
        os.unlink(ballast)
        for client, method, params in ruling:
            eventually(client.call, method, **params)
        got = eventually(sales.call, "record.get", **seen)
        equal(got["fields"]["mobile"], "13812345678")
        used = {row["kind"]: row["used"]
                for row in sales.call("session.whoami")["quota"]}
        equal(used["sealed"], shown + 1)


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

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An erased customer is gone: from answers, from files, from older copies.

A book with canaries; a copy of its data file while it is stopped; then one
customer is erased, with all that was merged into him.  Asked is what every
reader still sees, whether the log still verifies, and whether the copy opens
with today's keys, or with its own where the register of erased customers is.  Then rounds of keys are killed at random moments
(--kills): whatever the moment, the others open and the round ends.

    erasure.py [--kills N] [--seed S]
"""
import argparse
import os
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
import kehu_rpc
import server as tools

NAME = "上海抹除测试贸易有限公司"
passed = failed = 0


def check(what, ok):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("FAILED: %s" % what)


def refused(client, code, method, **params):
    try:
        client.call(method, **params)
    except kehu_rpc.RpcError as e:
        return e.code == code
    return False


def customer(client, name, **more):
    return client.call("record.create", entity="customer", source="phone",
                       fields=dict({"name": name, "type": "other",
                                    "category": "regular"}, **more))["number"]


def rounds(client):
    """(begun, ended), as the log has them."""
    found = {"key.rotate": 0, "key.retire": 0}
    after = None
    while True:
        page = client.call("audit.find", **(
            {} if after is None else {"from": after}))
        for e in page["rows"]:
            if e["method"] in found:
                found[e["method"]] += 1
        after = page["next"]
        if after is None:
            return found["key.rotate"], found["key.retire"]


def wait_round(client, least):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        begun, ended = rounds(client)
        if ended >= least:
            return begun, ended
        time.sleep(0.2)
    return rounds(client)


class Book:
    def __init__(self, directory):
        self.server = tools.Server(directory)
        self.server.init()
        self.server.start()
        with self.server.connect("admin") as admin:
            tools.make_people(admin, directory)

    def fill(self):
        with self.server.connect("sh-manager") as c:
            self.kept = [customer(c, "留存%d号五金厂" % i,
                                  mobile="1380013%04d" % i)
                         for i in range(40)]
            self.gone = customer(c, NAME, mobile="13912345678",
                                 address="上海市黄浦区抹除路1号")
            self.merged = customer(c, "抹除测试贸易（上海）",
                                   mobile="13912345679")
            for number in self.gone, self.merged:
                c.call("record.create", entity="contact", source="phone",
                       fields={"customer": number, "name": "抹除联系人"})
                c.call("record.create", entity="activity", source="phone",
                       fields={"customer": number, "kind": "phone",
                               "content": "抹除谈话"})
            c.call("record.create", entity="contact", source="phone",
                   fields={
                       "customer": self.gone, "name": "抹除误录"})
            newest = c.call("change.list", limit=1)["rows"][0]["position"]
            c.call("change.undo", position=newest, reason="录错")
            self.order = c.call(
                "record.create", entity="order", source="phone",
                fields={"customer": self.gone, "date": "2026-03-01",
                        "status": "draft"})["number"]
            c.call("customer.merge", survivor=self.gone, loser=self.merged,
                   reason="重复")
            c.call("record.update", entity="customer", id=self.gone,
                   set={"mobile": "13911112222"}, reason="换号")

    def erase(self, number, **more):
        with self.server.connect("privacy") as c:
            return c.call("customer.erase", id=number,
                          reason="本人要求删除", **more)


def try_erase(book):
    with book.server.connect("sh-manager") as c:
        check("a manager may not", refused(
            c, "denied", "customer.erase", id=book.gone, reason="试"))
    with book.server.connect("privacy") as c:
        check("a reason is demanded", refused(
            c, "invalid", "customer.erase", id=book.gone))
        trial = c.call("customer.erase", id=book.gone, reason="试",
                       dry_run=True)
        check("a trial counts all of him", trial["records"] == 7)
        check("and erases nothing", c.call(
            "record.get", entity="customer", id=book.gone)
            ["fields"]["name"] == NAME)
    done = book.erase(book.gone, request_id="erase-1")
    check("seven records, one of them withdrawn",
          done["records"] == 7 and done["erased"])
    again = book.erase(book.gone, request_id="erase-1")
    check("asked again, the same", again["number"] == book.gone)


def try_readers(book):
    with book.server.connect("gm") as c:
        for number in book.gone, book.merged:
            left = c.call("record.get", entity="customer", id=number)
            check("a number is left: %s" % left, left["erased"] and
                  set(left["fields"]) <= {"number", "merged_into",
                                          "created_at", "updated_at",
                                          "created_by", "updated_by",
                                          "last_contact_at"})
            check("no name", "抹除" not in str(left))
            past = c.call("record.history", entity="customer", id=number)
            check("one version, of the erasure", len(past["versions"]) == 1
                  and "抹除" not in str(past) and
                  "1391111" not in str(past))
            check("not as it was", refused(
                c, "not_found", "record.get", entity="customer", id=number,
                at="2026-01-01"))
        for entity in "customer", "contact", "activity":
            rows = c.call("record.find", entity=entity, archived=True)
            check("no list shows what was", "抹除" not in str(rows))
        check("nobody finds him", not c.call(
            "record.find", entity="customer",
            where=["contains", "name", "抹除"])["rows"])
        check("the order stays", c.call(
            "record.get", entity="order", id=book.order)["number"]
            == book.order)
        for method in "customer.dossier", "customer.timeline":
            check(method, refused(c, "not_found", method, id=book.gone))
    with book.server.connect("sh-manager") as c:
        for params in (
                {"set": {"name": "复活"}, "reason": "试"},):
            check("nothing changes him", refused(
                c, "not_found", "record.update", entity="customer",
                id=book.gone, **params))
        check("he is not taken back", refused(
            c, "not_found", "record.unarchive", entity="customer",
            id=book.gone))
        check("nobody joins him", refused(
            c, "invalid", "record.create", entity="contact", source="phone",
            fields={"customer": book.gone, "name": "新"}))
        check("his number is not given again",
              customer(c, "新来者商行") not in (book.gone, book.merged))
    with book.server.connect("auditor") as c:
        verdict = c.call("audit.verify")
        check("the log holds: %s" % verdict, verdict.get("bad") == 0 and
              verdict.get("erased", 0) >= 7)
        check("whoever entered him is counted still",
              c.call("user.statistics")["rows"])


def opens(book, copy, keys, base, name, register=False):
    """Does a copy of the data, with these keys, show him?  With the register
    not to the first who asks, and his keys go."""
    data = os.path.join(base, name, "data")
    shutil.copytree(book.server.data, data, ignore=shutil.ignore_patterns(
        "journal.*", "lock.mdb", "data.mdb", "checkpoint", "keys",
        *([] if register else ["erasures"])))
    shutil.copy(copy, os.path.join(data, "data.mdb"))
    shutil.copytree(keys, os.path.join(data, "keys"))
    shutil.copytree(os.path.join(book.server.directory, "passwords"),
                    os.path.join(base, name, "passwords"))
    other = tools.Server(os.path.join(base, name), data=data)
    try:
        other.start()
        with other.connect("gm") as c, other.connect("auditor") as a:
            shown = NAME in str(c.call("record.get", entity="customer",
                                       id=book.gone))
            return shown or register and wait_round(a, 1) < (1, 1)
    except (RuntimeError, kehu_rpc.RpcError, kehu_rpc.Closed, OSError):
        return False
    finally:
        other.close()


def try_copy(book, copy, keys, base):
    check("a copy of before opens with the keys of then",
          opens(book, copy, keys, base, "then"))
    check("and not with those of now", not opens(
        book, copy, os.path.join(book.server.data, "keys"), base, "now"))
    check("nor, where the register lies beside it, with those of then",
          not opens(book, copy, keys, base, "again", register=True))


def try_kept(book):
    with book.server.connect("gm") as c:
        rows = c.call("record.find", entity="customer", limit=100)["rows"]
        names = [r["fields"].get("name", "") for r in rows]
        check("the others open",
              sum(n.startswith("留存") for n in names) == len(book.kept))


def kill_rounds(book, kills, dice):
    for turn in range(kills):
        victim = book.kept.pop()
        book.erase(victim)
        time.sleep(dice.random() * 1.5)
        book.server.kill()
        book.server.start()
        try_kept(book)
        with book.server.connect("auditor") as c:
            begun, ended = wait_round(c, turn + 2)
            check("the round ends (%d of %d)" % (ended, begun),
                  ended >= turn + 2)
            check("no byte is bad", c.call("audit.verify")["bad"] == 0)


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--kills", type=int, default=3)
    ask.add_argument("--seed", type=int, default=1)
    asked = ask.parse_args()
    base = tempfile.mkdtemp(prefix="kehu-erasure-")
    book = None
    try:
        os.makedirs(os.path.join(base, "own"))
        book = Book(os.path.join(base, "own"))
        book.fill()
        book.server.stop()
        copy = os.path.join(base, "before.mdb")
        shutil.copy(os.path.join(book.server.data, "data.mdb"), copy)
        keys = os.path.join(base, "keys")
        shutil.copytree(os.path.join(book.server.data, "keys"), keys)
        book.server.start()
        try_erase(book)
        try_readers(book)
        with book.server.connect("auditor") as c:
            check("a round of keys", wait_round(c, 1) == (1, 1))
        try_kept(book)
        try_readers(book)
        book.server.stop()
        try_copy(book, copy, keys, base)
        book.server.start()
        try_readers(book)
        kill_rounds(book, asked.kills, random.Random(asked.seed))
        book.server.stop()
    finally:
        if book:
            book.server.close()
        shutil.rmtree(base, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

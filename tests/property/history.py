#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a record was can be rebuilt from its history, whatever was done to it.

Two people make, change and archive customers, one at a time and in batches, and
take requests back and do them again, at random.  A small model keeps what each
customer should be after each step, and says which undo must be refused.  Then
the past is asked for at random instants, and each history is replayed forwards:
both must give what the model has, and the log must agree with all of it.

    history.py [--steps 400] [--seed S]
"""
import argparse
import copy
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from kehu_rpc import RpcError
from server import Server

USERS = ("loader", "sh-manager")
FIELDS = ("name", "mobile", "city", "needs", "tags", "remark", "email",
          "status")
ASKED = 250  # records of the past
PAGE = 20


def instant():
    """Now, and nothing else happens in this millisecond."""
    now = time.time_ns() // 1000000
    while time.time_ns() // 1000000 <= now + 1:
        pass
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 1000)) + \
        ".%03dZ" % (now % 1000)


def value(rng, field):
    n = rng.randrange(8)
    return {"name": "往事公司%d" % n, "mobile": "1380013800%d" % n,
            "city": "城%d" % n, "needs": "要%d" % n,
            "tags": rng.sample(["甲", "乙", "丙"], 1 + n % 3),
            "remark": "记%d" % n, "email": "a%d@example.com" % n}[field]


def changes(rng):
    """(set, unset) of one update."""
    fields = rng.sample(FIELDS[:-1], rng.randrange(1, 4))
    unset = [f for f in fields if f != "name" and rng.random() < 0.2]
    return {f: value(rng, f) for f in fields if f not in unset}, unset


class Model:
    """Each customer as it should be; requests as they can be taken back."""

    def __init__(self):
        self.now = {}      # id -> {"fields": {...}, "withdrawn": bool}
        self.moments = []  # (instant, the same then)
        self.requests = []

    def note(self, user, position, before, undoes=None):
        """A request that was done: what its records were and became."""
        after = {i: copy.deepcopy(self.now[i]) for i in before}
        self.requests.append(
            {"user": user, "position": position, "before": before,
             "after": after, "undoes": undoes})

    def may_undo(self, request):
        """Has each record what the request gave it, where it gave any?"""
        for i, after in request["after"].items():
            before, now = request["before"][i], self.now[i]
            if now["withdrawn"] != after["withdrawn"]:
                return False
            if before is None or before["withdrawn"]:
                if now["fields"] != after["fields"]:
                    return False
                continue
            moved = [f for f in FIELDS if before["fields"].get(f) !=
                     after["fields"].get(f)]
            if any(now["fields"].get(f) != after["fields"].get(f)
                   for f in moved):
                return False
            # An archived one takes no change but of its status.
            away = now["fields"].get("status") == "archived"
            if moved and away and "status" not in moved:
                return False
            if moved and now["withdrawn"]:
                return False
        return True

    def undo(self, request):
        for i, before in request["before"].items():
            now, after = self.now[i], request["after"][i]
            if before is None:
                now["withdrawn"] = True
                continue
            now["withdrawn"] = before["withdrawn"]
            for f in FIELDS:
                if before["fields"].get(f) == after["fields"].get(f):
                    continue
                now["fields"].pop(f, None)
                if f in before["fields"]:
                    now["fields"][f] = before["fields"][f]


class Play:
    def __init__(self, server, rng):
        self.rng, self.model = rng, Model()
        self.clients = {u: server.connect(u) for u in USERS}
        self.counts = {"made": 0, "changed": 0, "undone": 0, "refused": 0}

    def last(self, user):
        rows = self.clients[user].call("change.list", limit=1)["rows"]
        return rows[0]["position"]

    def keep(self, ids):
        return {i: copy.deepcopy(self.model.now.get(i)) for i in ids}

    def done(self, user, before, undoes=None):
        self.model.note(user, self.last(user), before, undoes)

    def make(self, user):
        items = [{"op": "create", "entity": "customer", "fields": {
            "name": value(self.rng, "name"), "type": "other",
            "category": "regular", "source": "phone",
            "mobile": value(self.rng, "mobile")}}
            for _ in range(self.rng.randrange(1, 4))]
        said = self.clients[user].call("record.batch", items=items)
        before = {}
        for item, one in zip(items, said["items"]):
            before[one["id"]] = None
            self.model.now[one["id"]] = {"withdrawn": False, "fields": {
                "name": item["fields"]["name"], "status": "prospect",
                "mobile": item["fields"]["mobile"]}}
        self.done(user, before)
        self.counts["made"] += 1

    def pick(self, count):
        ids = [i for i, r in self.model.now.items() if not r["withdrawn"] and
               r["fields"]["status"] != "archived"]
        return self.rng.sample(ids, min(count, len(ids)))

    def change(self, user):
        ids, items = self.pick(self.rng.randrange(1, 4)), []
        before = self.keep(ids)
        for i in ids:
            put, unset = changes(self.rng)
            items.append({"op": "update", "entity": "customer", "id": i,
                          "set": put, "unset": unset})
        if not ids:
            return
        self.clients[user].call("record.batch", items=items, atomic=True)
        for item in items:
            fields = self.model.now[item["id"]]["fields"]
            fields.update(item["set"])
            for f in item["unset"]:
                fields.pop(f, None)
        if self.keep(ids) != before:
            self.done(user, before)
        self.counts["changed"] += 1

    def archive(self, user):
        for i in self.pick(1):
            before = self.keep([i])
            self.clients[user].call("record.archive", entity="customer", id=i)
            self.model.now[i]["fields"]["status"] = "archived"
            self.done(user, before)

    def undo(self, user):
        mine = [r for r in self.model.requests[-30:] if r["user"] == user]
        if not mine:
            return
        request = self.rng.choice(mine)
        may = self.model.may_undo(request)
        before = self.keep(request["after"])
        try:
            self.clients[user].call(
                "change.undo", position=request["position"],
                redo=request["undoes"] is not None)
        except RpcError as refused:
            if may or refused.code not in ("conflict", "invalid"):
                raise
            self.counts["refused"] += 1
            return
        if not may:
            raise AssertionError("undone, and should not: %r" % request)
        self.model.undo(request)
        self.done(user, before, request["position"])
        self.counts["undone"] += 1

    def step(self):
        act = self.rng.choices(
            [self.make, self.change, self.archive, self.undo],
            [1, 6, 0.5, 4])[0]
        act(self.rng.choice(USERS))
        self.model.moments.append(
            (instant(), copy.deepcopy(self.model.now)))

    def ask(self, i, at):
        try:
            row = self.clients["loader"].call(
                "record.get", entity="customer", id=i, at=at,
                fields=list(FIELDS))
        except RpcError as refused:
            if refused.code != "not_found":
                raise
            return None
        return {"withdrawn": row.get("withdrawn", False),
                "fields": row["fields"]}

    def check_past(self):
        for _ in range(ASKED):
            at, then = self.rng.choice(self.model.moments)
            i = self.rng.choice(list(self.model.now))
            was, want = self.ask(i, at), then.get(i)
            if was != want:
                raise AssertionError("%s at %s: %r, not %r" % (
                    i, at, was, want))

    def replay(self, i):
        """The history forwards, page by page, from nothing."""
        fields, gone, after = {}, False, 0
        while after is not None:
            page = self.clients["loader"].call(
                "record.history", entity="customer", id=i, limit=PAGE,
                after=after)
            for version in page["versions"]:
                for c in version["changes"]:
                    if c["old"] != fields.get(c["field"]):
                        raise AssertionError("%s: %r does not follow" % (
                            i, version))
                    fields.pop(c["field"], None)
                    if c["new"] is not None:
                        fields[c["field"]] = c["new"]
                gone = {"withdrawn": True, "restored": False}.get(
                    version.get("mark"), gone)
            after = page["next"]
        return {"withdrawn": gone,
                "fields": {f: fields[f] for f in FIELDS if f in fields}}

    def check_histories(self):
        for i, want in self.model.now.items():
            was = self.replay(i)
            if was != want:
                raise AssertionError("%s: %r, not %r" % (i, was, want))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().randrange(1 << 32))
    args = parser.parse_args()
    print("seed %d" % args.seed)
    with Server() as server:
        play = Play(server, random.Random(args.seed))
        for _ in range(args.steps):
            play.step()
        play.check_past()
        play.check_histories()
        with server.connect("auditor") as auditor:
            bad = auditor.call("audit.verify")["bad"]
    print(", ".join("%d %s" % (n, k) for k, n in play.counts.items()))
    failed = bad != 0 or not play.counts["undone"] or \
        not play.counts["refused"]
    print("%d passed, %d failed" % (not failed, failed))
    return failed


if __name__ == "__main__":
    sys.exit(main())

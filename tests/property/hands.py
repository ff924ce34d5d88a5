#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A grade by hand holds as decision 32 says, whatever moves it meanwhile.

Customers get grades by hand, orders, other values, are merged and parted, and
what was done to them is taken back, at random.  A small model keeps of each his
grade, what it overruled and how many orders he has; after each step the server
must show that grade, and say of it whether a rule is overruled by it.

    hands.py [--steps 300] [--seed S]
"""
import argparse
import copy
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from server import Server, today

CUSTOMERS = 8
GRADES = "ABCD"


class Customer:
    def __init__(self, number):
        self.id = number
        self.now = {"grade": "C", "over": None, "orders": 0}
        self.done = []  # (position, how he was before), newest last

    def says(self):
        """B for who bought something, C for the rest (default.yaml)."""
        return "B" if self.now["orders"] else "C"

    def settle(self):
        if self.now["over"] != self.says() != self.now["grade"]:
            self.now.update(grade=self.says(), over=None)

    def give(self, grade):
        over = self.says() if grade != self.says() else None
        self.now.update(grade=grade, over=over)

    def is_overruling(self):
        return self.now["over"] == self.says() != self.now["grade"]


class Play:
    def __init__(self, client, rng):
        self.client, self.rng, self.towns = client, rng, 0
        self.counts = dict.fromkeys(
            ("hand", "empty", "buy", "touch", "undo", "merge"), 0)
        self.held = 0  # checks of a grade that stood against a rule
        self.all = [self.make(n) for n in range(CUSTOMERS)]

    def last(self):
        rows = self.client.call("change.list", limit=1)["rows"]
        return rows[0]["position"]

    def make(self, n):
        fields = {"name": "评级公司%d" % n, "type": "other",
                  "category": "regular", "source": "phone"}
        made = Customer(None)
        if n % 2:
            fields["grade"] = self.rng.choice(GRADES)
            made.give(fields["grade"])
        made.id = self.client.call("record.create", entity="customer",
                                   fields=fields)["id"]
        return made

    def update(self, who, **change):
        self.client.call("record.update", entity="customer", id=who.id,
                         **change)

    def hand(self, who):
        grade = self.rng.choice([g for g in GRADES if g != who.now["grade"]])
        self.update(who, set={"grade": grade})
        who.give(grade)

    def empty(self, who):
        """What is left of it is the rules', and nobody's to take back."""
        self.update(who, unset=["grade"])
        who.now["over"] = None
        who.done.clear()

    def buy(self, who):
        self.client.call("record.create", entity="order", fields={
            "customer": who.id, "status": "confirmed", "date": str(today())})
        who.now["orders"] += 1

    def touch(self, who):
        self.towns += 1
        self.update(who, set={"city": "城%d" % self.towns})

    def undo(self, who):
        if not who.done:
            return
        position, who.now = who.done.pop()
        self.client.call("change.undo", position=position)

    def merge(self, who):
        """And part at once: all is as it was."""
        other = self.rng.choice([c for c in self.all if c is not who])
        before = copy.deepcopy(who.now)
        self.client.call("customer.merge", loser=other.id, survivor=who.id,
                         reason="r")
        who.now["orders"] += other.now["orders"]
        who.settle()
        self.check(who)
        self.client.call("customer.unmerge", loser=other.id, reason="r")
        who.now = before
        who.done.clear()
        other.done.clear()
        self.check(other)

    def check(self, who):
        got = self.client.call("record.get", entity="customer", id=who.id,
                               fields=["grade"])["fields"].get("grade")
        row = next(r for r in self.client.call("rule.explain", id=who.id)[
            "rows"] if r["field"] == "grade")
        is_so = (got, row["says"], row["overruled"])
        wanted = (who.now["grade"], who.says(), who.is_overruling())
        if is_so != wanted:
            raise AssertionError("%r, not %r: %r" % (is_so, wanted, who.now))
        self.held += who.is_overruling()

    def step(self):
        who = self.rng.choice(self.all)
        act = self.rng.choices(
            [self.hand, self.empty, self.buy, self.touch, self.undo,
             self.merge], [4, 1, 1, 3, 4, 1])[0]
        before = copy.deepcopy(who.now)
        act(who)
        who.settle()
        self.check(who)
        self.counts[act.__name__] += 1
        if act in (self.hand, self.buy, self.touch):
            who.done.append((self.last(), before))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().randrange(1 << 32))
    args = parser.parse_args()
    print("seed %d" % args.seed)
    with Server() as server:
        with server.connect("loader") as client:
            play = Play(client, random.Random(args.seed))
            for _ in range(args.steps):
                play.step()
        with server.connect("auditor") as auditor:
            bad = auditor.call("audit.verify")["bad"]
    print(", ".join("%d %s" % (n, k) for k, n in play.counts.items()) +
          "; a hand overruled after %d" % play.held)
    failed = bad != 0 or not all(play.counts.values()) or \
        play.held < args.steps // 10
    print("%d passed, %d failed" % (not failed, failed))
    return failed


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""kill -9 while rules change: role, schema, account, tokens, requests, quota.

Each of these is changed by one writer, again and again, who puts a number into
it.  After a kill and a start what is there must be the last number that was
acknowledged, or the one that was on its way; tokens that were told log in,
revoked ones do not; a request that was approved has been performed, one that
was only made waits; nobody was shown more than his quota's count says.

    kill_rules.py [--cycles 8] [--seed S]
"""
import argparse
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from kehu_rpc import Closed, RpcError
from server import Server, day_in

GONE = (OSError, Closed)  # ssl errors are OSErrors
QUOTA = 10 ** 9
LATER = ("busy", "conflict", "unavailable")


class Ruler(threading.Thread):
    """One who counts up in something until the server is gone."""

    login = "admin"

    def __init__(self, server, last):
        super().__init__()
        self.server = server
        self.acknowledged = self.sent = last
        self.failure = None
        self.begun = threading.Event()  # the first was answered

    def run(self):
        try:
            with self.server.connect(self.login) as client:
                self.prepare(client)
                while True:
                    self.one(client)
                    self.begun.set()
        except GONE:
            pass
        except Exception as why:
            self.failure = why
        finally:
            self.begun.set()

    def one(self, client):
        self.sent += 1
        try:
            self.step(client, self.sent)
        except RpcError as refused:
            # A day has room for so many requests to a second person.
            if refused.code not in LATER and refused.rule != "waiting":
                raise
            return
        self.acknowledged = self.sent

    def prepare(self, client):
        pass

    def check(self, client):
        """After the start: what is wrong."""
        there = self.look(client)
        if self.acknowledged <= there <= self.sent:
            self.acknowledged = self.sent = there
            return None
        return "%s: %d is there, acknowledged was %d, sent %d" % (
            type(self).__name__, there, self.acknowledged, self.sent)


class Role(Ruler):
    def prepare(self, client):
        self.role = client.call("role.get", role="support")

    def step(self, client, number):
        client.call("role.apply", **dict(
            self.role, label=["客服", "Support %d" % number]))

    def look(self, client):
        label = client.call("role.get", role="support")["label"][1]
        return int(label.partition(" ")[2] or 0)


class Schema(Ruler):
    def step(self, client, number):
        document = client.call("schema.document")["document"]
        document["entities"]["customer"]["fields"]["city"]["label"] = [
            "城市", "City %d" % number]
        client.call("schema.apply", document=document)

    def look(self, client):
        document = client.call("schema.document")["document"]
        label = document["entities"]["customer"]["fields"]["city"]["label"]
        return int(label[1].partition(" ")[2] or 0)


class Account(Ruler):
    """By two persons: asked, approved, performed at once."""

    def prepare(self, client):
        self.second = self.server.connect("gm")

    def step(self, client, number):
        asked = client.call("user.update", user="hz-sales", branch="HZ",
                            name=str(number))
        done = self.second.call("request.approve", request=asked["pending"])
        if done["state"] != "done":
            raise AssertionError(done)

    def look(self, client):
        rows = client.call("user.list")["rows"]
        return int(next(row["name"] for row in rows
                        if row["user"] == "hz-sales") or 0)


class Tokens(Ruler):
    """Makes one, revokes the one before."""

    login = "sh-manager"

    def __init__(self, server, last):
        super().__init__(server, last)
        self.held = self.revoked = self.going = None

    def step(self, client, number):
        made = client.call("token.create", name=str(number), roles=["manager"],
                           expires=day_in(30), reason="r")
        old, self.held = self.held, made
        if old:
            self.going = old
            client.call("token.revoke", id=old["id"])
            self.revoked = old

    def check(self, client):
        for made, may in ((self.held, True), (self.revoked, False)):
            if not made:
                continue
            with self.server.connect() as machine:
                error, _ = machine.answer(machine.send(
                    "session.login", token=made["token"]))
            if (error is None) != may and made is not self.going:
                return "token %s: %r" % (made["id"], error)
        return None


class Shown(Ruler):
    """Sees one sealed value each time."""

    login = "sh-clerk"

    def step(self, client, number):
        client.call("record.get", entity="customer", fields=["mobile"],
                    id=self.server.number)

    def check(self, client):
        with self.server.connect(self.login) as clerk:
            quota = clerk.call("session.whoami")["quota"]
        used = next(q["used"] for q in quota if q["kind"] == "sealed")
        if used < self.acknowledged:
            return "%d were shown, %d are counted" % (
                self.acknowledged, used)
        self.acknowledged = self.sent = used
        return None


KINDS = (Role, Schema, Account, Tokens, Shown)


def prepare(server):
    with server.connect("admin") as admin:
        role = dict(admin.call("role.get", role="clerk"),
                    quota={"sealed": QUOTA, "lookup": QUOTA})
        admin.call("role.apply", **role)
        admin.call("policy.apply", two_person=["users"])
    with server.connect("sh-clerk") as clerk:
        server.number = clerk.call("record.create", entity="customer", fields={
            "name": "规则客户", "type": "other", "category": "regular",
            "source": "phone", "mobile": "13812345678"})["number"]


def cycle(server, last, rng):
    """Problems, and how many changes were acknowledged."""
    rulers = [kind(server, last.get(kind, 0)) for kind in KINDS]
    for ruler in rulers:
        ruler.start()
    for ruler in rulers:
        ruler.begun.wait(120)
    time.sleep(rng.uniform(0, 1))
    server.kill()
    for ruler in rulers:
        ruler.join(120)
    made = sum(r.acknowledged - last.get(type(r), 0) for r in rulers)
    problems = ["%s: %r" % (type(r).__name__, r.failure)
                for r in rulers if r.failure]
    server.start()
    with server.connect("admin") as admin:
        for ruler in rulers:
            problem = ruler.check(admin)
            problems += [problem] if problem else []
            last[type(ruler)] = ruler.acknowledged
    return problems, made


def main():
    parser = argparse.ArgumentParser(description="Kills kehud under change.")
    parser.add_argument("--cycles", type=int, default=8)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else time.time_ns() % 10 ** 9
    print("seed %d" % seed)
    rng = random.Random(seed)
    last, problems, changes, cycles = {}, [], 0, 0
    with Server() as server:
        prepare(server)
        while cycles < args.cycles and not problems:
            problems, made = cycle(server, last, rng)
            changes += made
            cycles += 1
        with server.connect("auditor") as auditor:
            verified = auditor.call("audit.verify")
        if verified["bad"] or not verified["entries"]:
            problems.append("audit.verify: %r" % verified)
        if problems:
            print(server.log())
    for problem in problems:
        print("FAILED " + problem)
    print("%d kills, %d acknowledged changes of rules: %s" % (
        cycles, changes, ", ".join("%s %d" % (kind.__name__, last.get(kind, 0))
                                   for kind in KINDS)))
    good = not problems and all(last.get(kind) for kind in KINDS)
    print("%d passed, %d failed" % (good, not good))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""kill -9 under load, again and again, against a model kept outside.

Four writers create, update and batch; each notes what it is about to do, and
what was acknowledged.  After a random moment the server is killed and started
anew.  Then every acknowledged write must be there; a write without an answer
must be there wholly or not at all, and repeating it with its request_id must
end in exactly one record; the audit log must verify.

    kill_loop.py [--cycles 8] [--seed S]
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
from server import Server

WRITERS = ["sh-manager", "hz-manager", "loader", "sh-sales"]
GONE = (OSError, Closed)  # ssl errors are OSErrors
BATCH = 5


class Intent:
    """One request: how to send it and what it leaves behind."""

    def __init__(self, writer, name, method, params, wanted):
        self.writer = writer
        self.request_id = name
        self.method = method
        self.params = dict(params, request_id=name)
        self.wanted = wanted  # external_no -> needs
        self.result = None
        self.state = "sent"


def customer(external_no, needs):
    return {"name": "崩溃 " + external_no, "type": "other",
            "category": "regular", "source": "phone",
            "external_no": external_no, "needs": needs}


class Writer(threading.Thread):
    """Sends intents until the server is gone; keeps all of them."""

    def __init__(self, server, name, cycle, rng, known):
        super().__init__()
        self.server, self.login, self.cycle = server, name, cycle
        self.rng, self.known = rng, known
        self.intents = []
        self.failure = None
        self.begun = threading.Event()  # something was acknowledged

    def next_intent(self, count):
        base = "%s-%d-%d" % (self.login, self.cycle, count)
        kind = self.rng.choice(("create", "create", "update", "batch"))
        if kind == "update" and self.known:
            external_no, number = self.rng.choice(self.known)
            return Intent(self.login, base, "record.update", {
                "entity": "customer", "id": number,
                "set": {"needs": base}}, {external_no: base})
        if kind == "batch":
            names = ["%s-%d" % (base, n) for n in range(BATCH)]
            return Intent(self.login, base, "record.batch", {
                "atomic": True, "items": [
                    {"op": "create", "entity": "customer",
                     "fields": customer(n, "0")} for n in names]},
                dict.fromkeys(names, "0"))
        return Intent(self.login, base, "record.create", {
            "entity": "customer", "fields": customer(base, "0")},
            {base: "0"})

    def run(self):
        try:
            with self.server.connect(self.login) as client:
                for count in range(100000):
                    intent = self.next_intent(count)
                    self.intents.append(intent)
                    intent.result = client.call(intent.method,
                                                **intent.params)
                    intent.state = "acknowledged"
                    self.begun.set()
                    if intent.method == "record.create":
                        self.known.append((next(iter(intent.wanted)),
                                           intent.result["number"]))
        except GONE:
            pass
        except RpcError as refused:
            if refused.code not in ("unavailable", "busy"):
                self.failure = refused
        finally:
            self.begun.set()


class Model:
    def __init__(self):
        self.needs = {}    # external_no -> acknowledged value
        self.checked = 0
        self.unknown = 0
        self.problems = []

    def fetch(self, client, names):
        found = {}
        names = sorted(names)
        for at in range(0, len(names), 40):
            for row in client.find_all(
                    "customer", limit=200, fields=["external_no", "needs"],
                    where=["in", "external_no", names[at:at + 40]]):
                key = row["fields"]["external_no"]
                found.setdefault(key, []).append(row["fields"].get("needs"))
        return found

    def compare(self, client, names):
        found = self.fetch(client, names)
        for name in names:
            self.checked += 1
            if found.get(name) != [self.needs[name]]:
                self.problems.append("%s is %r, acknowledged was %r" % (
                    name, found.get(name), self.needs[name]))

    def settle(self, clients, reader, writers):
        """Acknowledged first, then what was in flight."""
        touched = set()
        for writer in writers:
            for intent in writer.intents:
                if intent.state == "acknowledged":
                    self.needs.update(intent.wanted)
                    touched.update(intent.wanted)
        in_flight = [i for w in writers for i in w.intents
                     if i.state == "sent"]
        open_names = {n for i in in_flight for n in i.wanted}
        self.compare(reader, touched - open_names)
        for intent in in_flight:
            self.unknown += 1
            self.resolve(clients[intent.writer], reader, intent)

    def resolve(self, client, reader, intent):
        before = self.fetch(reader, intent.wanted)
        present = [n for n in intent.wanted
                   if before.get(n) == [intent.wanted[n]]]
        if intent.method == "record.update":
            name = next(iter(intent.wanted))
            if before.get(name) not in ([self.needs.get(name)],
                                        [intent.wanted[name]]):
                self.problems.append("%s is %r, neither old nor new" % (
                    name, before.get(name)))
        elif len(present) not in (0, len(intent.wanted)):
            self.problems.append("half of %s is there: %r" % (
                intent.request_id, before))
        client.call(intent.method, **intent.params)
        self.needs.update(intent.wanted)
        self.compare(reader, intent.wanted)


def cycle(server, model, number, rng, known, longest_s):
    writers = [Writer(server, name, number, random.Random(rng.random()),
                      known.setdefault(name, [])) for name in WRITERS]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.begun.wait(120)
    time.sleep(rng.uniform(0, longest_s))
    server.kill()
    for writer in writers:
        writer.join(120)
        if writer.failure:
            model.problems.append("%s: %s" % (writer.login, writer.failure))
    server.start()
    clients = {name: server.connect(name) for name in WRITERS}
    try:
        with server.connect("gm") as reader:
            model.settle(clients, reader, writers)
    finally:
        for client in clients.values():
            client.close()
    return sum(i.state == "acknowledged" for w in writers for i in w.intents)


def main(make=Server, longest_s=0.75, is_enough=lambda: True):
    """As many cycles as asked for, and up to five times as many until they are
    enough."""
    parser = argparse.ArgumentParser(description="Kills kehud under load.")
    parser.add_argument("--cycles", type=int, default=8)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else time.time_ns() % 10 ** 9
    print("seed %d" % seed)
    rng = random.Random(seed)
    model = Model()
    known = {}
    written = done = 0
    with make() as server:
        while done < args.cycles or \
                not is_enough() and done < 5 * args.cycles:
            written += cycle(server, model, done, rng, known, longest_s)
            done += 1
            if model.problems:
                break
            if done % 20 == 0 or done >= args.cycles:
                with server.connect("auditor") as auditor:
                    counts = auditor.call("audit.verify")
                if counts["bad"] or not counts["entries"]:
                    model.problems.append("audit.verify: %r" % counts)
        if not model.problems:
            with server.connect("gm") as reader:
                model.compare(reader, set(model.needs))
        if model.problems:
            print(server.log())
    for problem in model.problems[:20]:
        print("FAILED " + problem)
    print("%d kills, %d acknowledged writes, %d without an answer, "
          "%d records compared" % (done, written, model.unknown,
                                   model.checked))
    # A loop that wrote nothing has shown nothing.
    good = not model.problems and written >= done and model.checked >= done
    if not good and not model.problems:
        print("FAILED too little was written to show anything")
    print("%d passed, %d failed" % (good, not good))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

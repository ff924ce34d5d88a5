#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Random company, roles, records and requests: every answer is as reckoned.

A made-up schema with made-up roles is given to `kehud init`; six people send
random requests, and a second, small reckoning of the rules (model/oracle.py)
says of each what must come back: rows, their order and fields, what is
masked, the refusal and the field it names.  Changes move the model along.

    rights.py [--cases 6000] [--seed S] [--world N]

A failure prints seed, world, person, request, and both answers.
"""
import argparse
import json
import os
import random
import secrets
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "tools"), os.path.join(HERE, "model")]
import msgpack
import oracle
from server import BUILD, Server, password_path, write_private
from world import BRANCHES, World

PER_WORLD = 3000
ROUND = 120   # requests under way at a time
RECORDS = 90  # made by the loader and by people
OPERATORS = ["=", "=", "=", "!=", "<", "<=", ">", ">=", "in", "in", "prefix",
             "contains", "has", "empty"]


class Company:
    """One world on a server of its own, and the same in the model."""

    def __init__(self, rng):
        self.rng = rng
        self.world = World(rng)
        self.records = []
        self.people = {}

    def open(self, server):
        path = os.path.join(server.directory, "schema.json")
        write_private(path, json.dumps(self.world.document()))
        server.init(["--schema", path])
        server.start()
        self.hire(server)
        self.fill(server)

    def hire(self, server):
        staff = self.world.people + [("loader", ["loader"], "A")]
        with server.connect("admin") as admin:
            for code in BRANCHES:
                admin.call("record.create", entity="branch",
                           fields={"code": code, "name": "branch " + code})
            for login, roles, branch in staff:
                password = secrets.token_urlsafe(18)
                write_private(password_path(server.directory, login), password)
                admin.call("user.create", user=login, password=password,
                           roles=roles, branch=branch)
        for login, roles, branch in self.world.people:
            self.people[login] = (
                oracle.Person(self.world, login, roles, branch),
                server.connect(login))

    def fill(self, server):
        logins = [p[0] for p in self.world.people]
        with server.connect("loader") as loader:
            things = [self.make(loader, "thing", {
                "branch": self.rng.choice(BRANCHES),
                "owner": self.rng.choice(logins)}) for _ in range(18)]
            for thing in self.rng.sample(things, 5):
                self.let_go(loader, thing)
            for thing in self.rng.sample(things, 9):
                self.make(loader, "part", {"thing": thing.number}, thing)
            for _ in range(6):
                self.make(loader, "item", {})

    @staticmethod
    def let_go(loader, thing):
        """Into the pool."""
        loader.call("record.update", entity="thing", id=thing.id,
                    unset=["owner"])
        thing.versions.append({"owner": (thing.values.pop("owner"), None)})

    def make(self, loader, entity, more, above=None):
        values = dict(self.world.values(entity), **more)
        row = loader.call("record.create", entity=entity, fields=values)
        record = oracle.Record(entity, row["id"], row["number"],
                               dict(values, number=row["number"]), above)
        self.records.append(record)
        return record

    # --- requests --------------------------------------------------------

    def any_field(self, entity):
        return self.rng.choice(sorted(self.world.entities[entity]["fields"]) +
                               ["no_such"])

    def some_fields(self, entity):
        return [self.any_field(entity) for _ in range(self.rng.randint(1, 3))]

    def constant(self, entity, name):
        field = self.world.entities[entity]["fields"].get(name)
        if not field or field["type"] == "ref":
            return "alpha"
        return self.world.value(field)

    def leaf(self, entity):
        name, op = self.any_field(entity), self.rng.choice(OPERATORS)
        sealed = [n for n, f in self.world.entities[entity]["fields"].items()
                  if f.get("sealed") and f.get("index")]
        if sealed and self.rng.random() < 0.2:  # a look-up, else too rare
            name, op = self.rng.choice(sealed), self.rng.choice(("=", "in"))
        field = self.world.entities[entity]["fields"].get(name, {})
        if field.get("type") == "ref" and op != "empty":
            op = "empty"  # what a name refers to is another test's
        value = self.constant(entity, name)
        if isinstance(value, list):
            value = value[0]
        if op == "empty":
            return [op, name]
        if op == "in":
            more = self.constant(entity, name)
            return [op, name, [value, more[0] if isinstance(more, list)
                               else more]]
        if op in ("prefix", "contains") and isinstance(value, str):
            value = value[:3]
        return [op, name, value]

    def tree(self, entity, depth=0):
        if depth < 3 and self.rng.random() < 0.4:
            op = self.rng.choice(("and", "or", "not"))
            count = 1 if op == "not" else self.rng.randint(1, 3)
            return [op] + [self.tree(entity, depth + 1) for _ in range(count)]
        return self.leaf(entity)

    def ask(self, entity):
        rng, ask = self.rng, {"entity": entity,
                              "limit": self.rng.choice((1, 2, 5, 1000))}
        if rng.random() < 0.2:
            ask["count"] = True
        if rng.random() < 0.8:
            ask["where"] = self.tree(entity)
        if rng.random() < 0.3:
            names = [self.any_field(entity) for _ in range(rng.randint(1, 2))]
            fields = self.world.entities[entity]["fields"]
            ask["order"] = [rng.choice(("", "-")) + n for n in names
                            if fields.get(n, {}).get("type") not in
                            ("ref", "list", "note")]
        if rng.random() < 0.3:
            ask["fields"] = self.some_fields(entity)
        if rng.random() < 0.4:
            ask["scope"] = rng.choice(("own", "pool", "branch", "all"))
        return ask

    def request(self, person):
        """(method, parameters, what must come back)"""
        rng, kind = self.rng, self.rng.random()
        entity = rng.choice(["thing"] * 4 + ["part", "item"])
        record = rng.choice([r for r in self.records if r.entity == entity])
        if kind < 0.4:
            wanted = self.some_fields(entity) if rng.random() < 0.4 else None
            params = {"entity": entity, "id": rng.choice(
                (record.id, record.number))}
            if wanted:
                params["fields"] = wanted
            return "record.get", params, lambda: person.get(record, wanted)
        if kind < 0.85:
            ask = self.ask(entity)
            return "record.find", ask, lambda: page(
                ask, person.find(ask, self.records))
        if kind < 0.92:
            ask = self.ask(entity)
            ask.pop("count", None)
            return "record.export", ask, lambda: page(
                ask, self.export(person, ask))
        return ("record.history", {"entity": entity, "id": record.id},
                lambda: person.history(record))

    def export(self, person, ask):
        if not any("export" in role["rights"] for role in person.roles):
            raise oracle.Refused("denied")
        return person.find(ask, self.records, mask_sealed=True)

    def typed(self, entity, most):
        """What a person types into a few fields."""
        values = {}
        for name in [self.any_field(entity)
                     for _ in range(self.rng.randint(1, most))]:
            if name == "branch":
                values[name] = self.rng.choice(BRANCHES)
            elif name == "owner":
                values[name] = self.rng.choice(sorted(self.people))
            elif name not in ("number", "thing"):
                values[name] = self.constant(entity, name)
        return values

    def change(self, person):
        entity = self.rng.choice(["thing"] * 3 + ["part", "item"])
        record = self.rng.choice([r for r in self.records
                                  if r.entity == entity])
        values = self.typed(entity, 2)
        if self.rng.random() < 0.2:  # sent back as it was read
            for name in values:
                values[name] = record.values.get(name, values[name])
        emptied = {}
        if values and self.rng.random() < 0.15:
            emptied = dict.fromkeys([values.popitem()[0]])
            emptied.pop("branch", None)
        return ("record.update", {
            "entity": entity, "id": record.id, "set": values,
            "unset": list(emptied)},
            lambda: person.update(record, dict(values, **emptied)))

    def addition(self, person):
        """(method, parameters, what must come back, what to do then)"""
        entity = self.rng.choice(["thing"] * 3 + ["part", "item"])
        values, above = self.typed(entity, 4), None
        if entity == "part":
            above = self.rng.choice([r for r in self.records
                                     if r.entity == "thing"])
            if len([r for r in self.records if r.above is above]) > 8:
                entity, above, values = "item", None, self.typed("item", 4)
            else:
                values["thing"] = above.number

        def keep(row):
            record = oracle.Record(entity, row["id"], row["number"], dict(
                person.create(entity, values, above), number=row["number"]),
                above)
            self.records.append(record)
            return person.show(record, None, lambda field, name:
                               field.get("watched") and name not in values)
        return ("record.create", {"entity": entity, "fields": values},
                lambda: person.create(entity, values, above), keep)


def page(ask, rows):
    """(rows, are there more, the total), of a second page its own."""
    first = ask["limit"] if ask.get("after") else 0
    shown = rows[first:first + ask["limit"]]
    return (shown, len(rows) > first + ask["limit"],
            len(rows) if ask.get("count") else None)


# --- comparing -----------------------------------------------------------

def reckoned(expect):
    try:
        return "ok", expect()
    except oracle.Refused as refused:
        return refused.answer


def row_of(row):
    return {"id": row["id"], "number": row["number"], "fields": row["fields"],
            "masked": set(row["masked"])}


def told(method, error, result):
    if error:
        return error["code"], error.get("field")
    if method in ("record.find", "record.export"):
        return "ok", ([row_of(r) for r in result["rows"]],
                      result["next"] is not None, result.get("count"))
    if method == "record.history":
        return "ok", [{(c["field"], oracle.frozen(c["old"]),
                        oracle.frozen(c["new"]), c.get("masked", False))
                       for c in v["changes"]} for v in result["versions"]]
    return "ok", row_of(result)


def difference(want, got):
    """Of two answers the first parts that differ."""
    while isinstance(want, (list, tuple)) and isinstance(got, (list, tuple)) \
            and len(want) == len(got):
        want, got = next((w, g) for w, g in zip(want, got) if w != g)
    if isinstance(want, list) and isinstance(got, list):
        want, got = (["%s" % r for r in rows] for rows in (want, got))
        want, got = ([r for r in a if r not in b]
                     for a, b in ((want, got), (got, want)))
    return want, got


class Run:
    def __init__(self, seed, which, company):
        self.seed, self.which, self.company = seed, which, company
        self.cases, self.failures = 0, []
        self.kinds = {}

    def judge(self, login, method, params, want, answer):
        got = told(method, *answer)
        self.cases += 1
        kind = method, want[0]
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if got != want and len(self.failures) < 3:
            self.failures.append(
                "seed %d, world %d, %s (%s), case %d: %s %s\n  must be %r\n"
                "  is      %r" % (
                    self.seed, self.which, login, " ".join(
                        dict((p[0], p[1]) for p in self.company.world.people)
                        [login]), self.cases, method,
                    json.dumps(params), *difference(want, got)))

    def reads(self):
        """A round of requests at once; nothing changes meanwhile."""
        sent = []
        for login, (person, client) in self.company.people.items():
            data = []
            for _ in range(ROUND // len(self.company.people)):
                method, params, expect = self.company.request(person)
                client.next_id += 1
                data.append(msgpack.packb(
                    [0, client.next_id, method, [params]]))
                sent.append((login, client, client.next_id, method, params,
                             reckoned(expect)))
            client.send_raw(b"".join(data))
        for login, client, msgid, method, params, want in sent:
            answer = client.answer(msgid)
            self.judge(login, method, params, want, answer)
            if want[0] == "ok" and not answer[0] and answer[1].get("next"):
                self.next_page(login, client, method, params, answer[1])

    def next_page(self, login, client, method, ask, result):
        person = self.company.people[login][0]
        ask = dict(ask, after=result["next"])
        want = page(ask, person.find(ask, self.company.records,
                                     method == "record.export"))
        answer = client.answer(client.send(method, **ask))
        self.judge(login, method, ask, ("ok", want), answer)

    def writes(self):
        for login, (person, client) in self.company.people.items():
            method, params, expect = self.company.change(person)
            answer = client.answer(client.send(method, **params))
            self.judge(login, method, params, reckoned(expect), answer)
            if len(self.company.records) < RECORDS:
                self.addition(login, person, client)

    def addition(self, login, person, client):
        method, params, expect, keep = self.company.addition(person)
        want = reckoned(expect)
        answer = client.answer(client.send(method, **params))
        if want[0] == "ok" and not answer[0]:
            want = "ok", keep(answer[1])
        self.judge(login, method, params, want, answer)

    def go(self, cases):
        while self.cases < cases and not self.failures:
            self.reads()
            self.writes()
        for _, client in self.company.people.values():
            client.close()


def run_world(seed, which, cases):
    company = Company(random.Random("%d/%d" % (seed, which)))
    server = Server()
    try:
        company.open(server)
        run = Run(seed, which, company)
        run.go(cases)
        return run
    finally:
        server.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--world", type=int, default=None)
    parser.add_argument("-v", action="store_true", help="kinds of answers")
    args = parser.parse_args()
    worlds = ([args.world] if args.world is not None else
              range((args.cases + PER_WORLD - 1) // PER_WORLD))
    done, kinds, failures = 0, {}, []
    for which in worlds:
        run = run_world(args.seed, which, min(PER_WORLD, args.cases - done))
        done += run.cases
        failures += run.failures
        for kind, count in run.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
        if failures:
            break
    for failure in failures:
        print("FAILED", failure)
    if args.v:
        for kind in sorted(kinds):
            print("%-16s %-12s %8d" % (kind + (kinds[kind],)))
    # A run in which nothing is refused, or nothing shown, proves nothing.
    wanted = [("record.find", code) for code in (
        "ok", "unknown", "denied", "invalid")] + [
            ("record.get", "ok"), ("record.get", "not_found"),
            ("record.update", "ok"), ("record.update", "denied"),
            ("record.create", "ok"), ("record.create", "denied")]
    dull = [] if args.world is not None else [
        w for w in wanted if not kinds.get(w)]
    for kind in dull:
        print("FAILED no case of %s %s" % kind)
    print("%s %d answers in %d worlds are as reckoned" % (
        "FAILED" if failures else "ok    ", done, len(worlds)))
    print("%d passed, %d failed" % (not failures and not dull,
                                    bool(failures or dull)))
    return 1 if failures or dull else 0


if __name__ == "__main__":
    sys.exit(main())

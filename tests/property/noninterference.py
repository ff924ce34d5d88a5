#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a role may not see does not change a byte of what it is told.

Two books are made alike but for what the reader may not know: the values of
hidden fields, bank accounts, whole records out of his scope.  The same random
requests go to both as each reader; after renaming what is random or of the
clock (ids, versions, instants) the answers must be equal: rows, order, counts,
errors, history.

    noninterference.py [--seed S] [--requests 200]
"""
import argparse
import json
import os
import random
import re
import secrets
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import eventually
from kehu_rpc import RpcError
from server import Server, far_from_midnight, password_path, write_private

LATER = ["hz-clerk", "hz-support"]
READERS = ["sh-sales", "hz-sales", "hz-manager"]
FIELDS = ["name", "grade", "city", "needs", "mobile", "category", "remark",
          "credit_limit", "credit_grade", "person_id", "payment_method",
          "receivable", "no_such_field", "account_no", "number", "status",
          "owner", "branch", "updated_at", "credit_hold"]
VALUES = ["A", "B", "1", "50000.00", "上海", "杭州", "示例", "13800000001",
          "11010519491231002X", "vip", "regular", "sh-sales", "SH", "HZ",
          "AA", "", "monthly", "2026-01-01", "true", None, True, 3, ["A"], {}]
OPERATORS = ["=", "!=", "<", ">=", "in", "prefix", "contains", "has",
             "empty", "like"]
SENSIBLE = [("=", "grade", "A"), ("!=", "grade", "B"), ("=", "city", "上海"),
            ("contains", "name", "示例"), ("=", "category", "vip"),
            ("empty", "needs"), ("in", "grade", ["A", "C"]),
            ("=", "status", "prospect"), ("prefix", "name", "示例客户0")]
ENTITIES = ["customer"] * 8 + ["contact", "bank", "order",
            "payment", "nothing", "user"]
# All valid, none alike: what one book holds the other does not.
SECRETS = [
    {"credit_limit": "50000.00", "credit_grade": "AA",
     "person_id": "11010519491231002X", "account": "6222021001116245702"},
    {"credit_limit": "733019.00", "credit_grade": "C",
     "person_id": "360426199101010071", "account": "603367100133087342"}]
# Used up on the way: by what the reader sees, not by what he does not.
QUOTAS = {"sales": {"sealed": 8, "lookup": 3},
          "manager": {"sealed": 8, "lookup": 3},
          "support": {"sealed": 4, "lookup": 3}, "clerk": {"lookup": 4}}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def next_millisecond():
    """Records of the same one are a tie in a search by time."""
    now = time.time_ns() // 10 ** 6
    while time.time_ns() // 10 ** 6 == now:
        pass


def build(server, which):
    """One of the two books."""
    secret = SECRETS[which]
    rng = random.Random(1)  # what both share
    numbers = []
    with server.connect("loader") as loader, \
            server.connect("hz-manager") as hangzhou:
        for n in range(12):
            fields = {
                "name": "示例客户%02d" % n, "type": "other",
                "category": rng.choice(("vip", "regular")),
                "source": "phone", "grade": rng.choice("ABCD"),
                "city": rng.choice(("上海", "杭州")),
                "mobile": "138000000%02d" % n, "needs": "需求%d" % (n % 3),
                "payment_method": "monthly"}
            client, owner = ((hangzhou, "hz-sales") if n % 3 == 2 else
                             (loader, "sh-sales"))
            if client is hangzhou:
                del fields["payment_method"]
            made = client.call("record.create", entity="customer",
                               fields=dict(fields, owner=owner))
            numbers.append(made["number"])
            next_millisecond()
        for n, number in enumerate(numbers):
            if n % 3 == 2:
                continue
            hidden = {"credit_limit": secret["credit_limit"],
                      "credit_grade": secret["credit_grade"]}
            if n == 0:
                hidden.update(id_type="resident",
                              person_id=secret["person_id"])
            for _ in range(1 + which):  # also how often it changed
                loader.call("record.update", entity="customer", id=number,
                            set=hidden, reason="不可见 %d" % which)
            for _ in range(which):
                loader.call("record.create", entity="bank", fields={
                    "customer": number, "account_name": "户名甲乙",
                    "account_no": secret["account"]})
        for n in range(which * 3):  # another's records, last in their series
            loader.call("record.create", entity="customer", fields={
                "name": "别人的%d" % n, "type": "other", "grade": "A",
                "category": "vip", "source": "phone", "owner": "sh-sales2",
                "city": "上海"})
    return numbers


def hire(server):
    """Who sees no figure of a customer, in the branch whose figures differ."""
    with server.connect("admin") as admin:
        for login, role in (("hz-clerk", "clerk"), ("hz-support", "support")):
            password = secrets.token_urlsafe(18)
            write_private(password_path(server.directory, login), password)
            admin.call("user.create", user=login, password=password,
                       roles=[role], branch="HZ")


def hide_figures(server, which, numbers):
    """Credit, payments and so receivables of the second branch."""
    secret = SECRETS[which]
    with server.connect("finance") as finance, \
            server.connect("hz-manager") as manager:
        for number in numbers[2::3]:
            manager.call("record.unarchive", entity="customer", id=number)
            finance.call("record.update", entity="customer", id=number,
                         set={"credit_limit": secret["credit_limit"],
                              "credit_grade": secret["credit_grade"]},
                         reason="不可见 %d" % which)
            for n in range(1 + 2 * which):
                finance.call("record.create", entity="payment", fields={
                    "customer": number, "date": "2026-01-02",
                    "amount": "%d.00" % (7 + n + 100 * which)})


def batch(rng, numbers):
    """A few changes as one preview."""
    items = []
    while len(items) < rng.randint(1, 3):
        method, params = request(rng, numbers)
        if method not in ("record.create", "record.update"):
            continue
        for key in ("dry_run", "reason"):
            params.pop(key, None)
        items.append(dict(params, op=method[7:]))
    return "record.batch", {"items": items, "dry_run": True, "reason": "试",
                            "atomic": rng.random() < 0.5}


def condition(rng, depth=0):
    if depth < 3 and rng.random() < 0.35:
        word = rng.choice(("and", "or", "not"))
        return [word] + [condition(rng, depth + 1) for _ in range(
            1 if word == "not" else rng.randint(1, 3))]
    if rng.random() < 0.65:
        return list(rng.choice(SENSIBLE))
    operator = rng.choice(OPERATORS)
    if operator == "empty":
        return [operator, rng.choice(FIELDS)]
    value = rng.choice(VALUES)
    if operator == "in":
        value = [rng.choice(VALUES[:8]) for _ in range(rng.randint(0, 3))]
    return [operator, rng.choice(FIELDS), value]


def request(rng, numbers):
    """A method and its parameters; nothing in it depends on the book."""
    entity = rng.choice(ENTITIES)
    which = rng.choice(numbers + ["KHSH202699999", numbers[0] + "/1"])
    some = rng.sample(FIELDS, rng.randint(1, 3))
    value = rng.choice(VALUES[:14])
    kind = rng.randrange(14)
    if kind <= 2:
        params = {"entity": entity, "where": condition(rng)}
        if rng.random() < 0.2:
            params["order"] = [rng.choice(("", "-")) + rng.choice(FIELDS)]
        if rng.random() < 0.2:
            params["fields"] = some
        if rng.random() < 0.3:
            params["count"] = True
        if rng.random() < 0.3:
            params["scope"] = rng.choice(("own", "pool", "branch", "all"))
        if rng.random() < 0.3:
            params["limit"] = rng.randint(1, 5)
        return "record.find", params
    if kind == 3:
        params = {"entity": entity, "id": which}
        if rng.random() < 0.5:
            params["fields"] = some
        return "record.get", params
    if kind == 4:
        return rng.choice((
            ("record.history", {"entity": entity, "id": which}),
            ("customer.dossier", {"id": which}),
            ("customer.timeline", {"id": which, "limit": 3})))
    if kind == 5:
        return "record.update", {
            "entity": entity, "id": which, "reason": "试",
            "set": {rng.choice(FIELDS): value},
            "dry_run": rng.random() < 0.5}
    if kind == 6:
        return "record.create", {
            "entity": entity, "dry_run": True, "fields": {
                "name": "新客户", "type": "other", "category": "vip",
                "source": "phone", rng.choice(FIELDS): value}}
    if kind == 7:
        return batch(rng, numbers)
    if kind == 8:
        return rng.choice(("record.archive", "record.unarchive")), {
            "entity": entity, "id": which}
    if kind == 9:  # the names of what one book holds and the other does not
        return "record.create", {
            "entity": "customer", "dry_run": True, "fields": {
                "name": rng.choice(("别人的0", "别人的2", "示例客户01",
                                    "示例客户02")),
                "type": rng.choice(("other", "person")), "category": "vip",
                "source": "phone"}}
    if kind == 10:
        return "record.create", {
            "entity": "contact", "fields": {
                "customer": which, "name": "王小明", "mobile": value}}
    if kind == 11:
        params = {"entity": entity, "by": some[:2]}
        if rng.random() < 0.3:
            params["sum"] = rng.sample(FIELDS, 1)
        if rng.random() < 0.3:
            params["where"] = condition(rng)
        if rng.random() < 0.5:
            params["scope"] = rng.choice(("own", "branch", "all"))
        return "record.group", params
    if kind == 12:  # spends of a quota
        return rng.choice((
            ("record.get", {"entity": "customer", "id": which,
                            "fields": ["mobile", "remark"]}),
            ("record.find", {"entity": "customer", "fields": ["name"],
                             "scope": rng.choice(("own", "branch")),
                             "where": ["=", "mobile", "138000000%02d"
                                       % rng.randrange(12)]})))
    return rng.choice((("schema.get", {}), ("role.list", {}),
                       ("record.export", {"entity": entity}), ("session.whoami", {}),
                       ("audit.verify", {}), ("user.list", {}),
                       ("user.effective", {"user": "sh-sales"})))


def set_quotas(server):
    with server.connect("admin") as admin:
        for role, quota in QUOTAS.items():
            admin.call("role.apply", **dict(
                admin.call("role.get", role=role), quota=quota))


def used_up(server):
    """Whose quotas, of what, as the auditor is told within a second."""
    with server.connect("auditor") as auditor:
        rows = auditor.call("audit.find", method="quota.used_up",
                            limit=1000)["rows"]
    return sorted((row["user"], row["note"].split(":")[0]) for row in rows)


def are_used_up_alike(left, right):
    try:
        eventually(lambda: (used_up(left), used_up(right)),
                   lambda told: told[0] and told[0] == told[1])
    except AssertionError as why:
        print("FAILED quotas were used up otherwise, or not at all: %s" % why)
        return False
    return True


class Renamer:
    """Gives what is random in a transcript the order of its first showing."""

    # The log's size is an admitted channel (a history row's position); the
    # port of an address is the system's choice.
    LEFT_OUT = {"retry_after_ms", "position", "checkpoint", "from",
                "confirm"}
    RANDOM = {"id", "version", "next", "record"}

    def __init__(self):
        self.known = {}

    def plain(self, value, key=None):
        if isinstance(value, dict):
            return {k: self.plain(v, k) for k, v in sorted(value.items())
                    if k not in self.LEFT_OUT}
        if isinstance(value, list):
            return [self.plain(v) for v in value]
        if isinstance(value, str):
            if key in self.RANDOM:
                return "#%d" % self.known.setdefault(
                    value, len(self.known) + 1)
            return INSTANT.sub("(instant)", value)
        return value


def answer(client, method, params):
    try:
        return {"result": client.call(method, **params)}
    except RpcError as refused:
        return {"error": refused.error}


def compare(servers, reader, rng, numbers, count):
    """The number of requests answered with a result, and a difference."""
    renamers = [Renamer(), Renamer()]
    answered = 0
    clients = [server.connect(reader) for server in servers]
    try:
        for _ in range(count):
            method, params = request(rng, numbers)
            told = [json.dumps(renamer.plain(answer(client, method, params)),
                               ensure_ascii=False, sort_keys=True)
                    for client, renamer in zip(clients, renamers)]
            answered += told[0].startswith('{"result"')
            # That a value is taken anywhere is an admitted channel, for who
            # may type the value in.
            if reader == "hz-clerk" and '"unique"' in told[0] + told[1]:
                continue
            if told[0] != told[1]:
                return answered, (method, params, told)
    finally:
        for client in clients:
            client.close()
    return answered, None


def judge(servers, reader, rng, numbers, count):
    """Whether the reader was told the same of both, and enough."""
    answered, difference = compare(servers, reader, rng, numbers, count)
    if difference:
        print("FAILED %s is told of what is hidden:\n  %s %s\n  %s\n  %s" % (
            (reader,) + difference[:2] + tuple(difference[2])))
    elif answered < count // 12:
        print("FAILED %s got too few answers: %d" % (reader, answered))
    else:
        print("ok     %s: %d of %d requests answered, alike" % (
            reader, answered, count))
        return True
    return False


def main():
    parser = argparse.ArgumentParser(description="Pairs of books, one view.")
    parser.add_argument("--seed", type=int,
                        default=os.environ.get("KEHU_SEED"))
    parser.add_argument("--requests", type=int, default=200)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else time.time_ns() % 10 ** 9
    print("seed %d" % seed)
    far_from_midnight(10)
    rng = random.Random(seed)
    with Server() as left, Server() as right:
        both = (left, right)
        numbers = build(left, 0)
        said = [build(right, 1) == numbers]
        if not said[0]:
            print("FAILED the two books do not share their numbers")
        for server in both:
            set_quotas(server)
        for reader in READERS:
            said.append(judge(both, reader, rng, numbers, args.requests))
        for which, server in enumerate(both):
            hire(server)
            hide_figures(server, which, numbers)
        for reader in LATER:
            said.append(judge(both, reader, rng, numbers, args.requests))
        said.append(are_used_up_alike(left, right))
        # The books do differ, and one who may see it sees it.
        said.append(compare(both, "finance", rng, numbers,
                            args.requests)[1] is not None)
        if not said[-1]:
            print("FAILED finance was shown no difference: the test is blind")
    print("%d passed, %d failed" % (sum(said), len(said) - sum(said)))
    return 0 if all(said) else 1


if __name__ == "__main__":
    sys.exit(main())

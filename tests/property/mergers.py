#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Mergers taken back leave no trace in what anybody is shown.

A book of customers, some alike, with contacts, orders, payments; three roles
write down all they are shown.  Then customers are merged at random, with
values chosen at random, chains too, and parted again in another order where
that is allowed; refusals change nothing.  Afterwards all three are shown the
same bytes, but for which version a record is and who changed it last, and
when the newest merger was not the first to go, for what rules made of those
who were together meanwhile.

    mergers.py [--mergers 24] [--seed S]
"""
import argparse
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import Claims
from kehu_rpc import RpcError
from server import Server

CUSTOMERS = 14
ROLES = ("sh-manager", "sh-sales", "finance")
MOVES = ("version", "updated_at", "updated_by")
RULED = ("status",)
CHOSEN = ("name", "city", "phone", "mobile", "email", "uscc", "tags",
          "remark", "grade", "external_no", "credit_limit", "person_id")
USCC = ("91110000600037341L", "91110000710926094P", "9144030071526726XG",
        "91310000631696382C")


def made(client, entity, **fields):
    return client.call("record.create", entity=entity, fields=fields)["number"]


def make_customer(loader, finance, rng, n):
    fields = dict(name="%s贸易%d公司" % (rng.choice("甲乙丙"), n), type="other",
                  category="regular", source="phone",
                  owner=rng.choice(("sh-sales", "sh-sales2")),
                  external_no="OLD-%d" % n)
    more = dict(city="上海", phone="021-5234%04d" % n, remark="备注",
                mobile="1380013%04d" % n, tags=["老", "新"],
                email="c%d@example.com" % n)
    for key in rng.sample(sorted(more), 4):
        fields[key] = more[key]
    if n < len(USCC):
        fields["uscc"] = USCC[n]
    number = made(loader, "customer", **fields)
    if rng.random() < 0.5:
        finance.call("record.update", entity="customer", id=number,
                     set={"credit_limit": "%d" % rng.randrange(10 ** 6)},
                     reason="核定")
    return number


def make_children(loader, rng, number, product):
    for n in range(rng.randrange(3)):
        made(loader, "contact", customer=number, name="王%s" % "甲乙丙"[n],
             mobile="139%08d" % rng.randrange(10 ** 8))
    for _ in range(rng.randrange(3)):
        order = made(loader, "order", customer=number, status="draft",
                     date="2026-%02d-%02d" % (rng.randrange(1, 12),
                                              rng.randrange(1, 28)))
        made(loader, "order_line", order=order, product=product, quantity="1",
             unit_price="%d.%02d" % (rng.randrange(900), rng.randrange(100)))
        loader.call("record.update", entity="order", id=order,
                    set={"status": "confirmed"})
    if rng.random() < 0.5:
        made(loader, "payment", customer=number, date="2026-03-01",
             amount="%d" % rng.randrange(1, 500))


def plain(value):
    """Without what tells of versions."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in MOVES}
    return [plain(v) for v in value] if isinstance(value, list) else value


def asked(client, method, **params):
    try:
        return plain(client.call(method, **params))
    except RpcError as error:
        return error.args


def transcript(client, numbers):
    yield from (asked(client, "record.get", entity="customer", id=number)
                for number in numbers)
    for entity in ("customer", "contact", "order", "order_line", "payment"):
        yield asked(client, "record.find", entity=entity, limit=1000,
                    count=True)
        yield from (asked(client, "record.find", entity=entity,
                          where=["=", "customer", number])
                    for number in numbers)
    yield asked(client, "record.find", entity="customer",
                where=["prefix", "name", "甲贸易"])
    yield asked(client, "record.find", entity="customer", order=["city"])
    yield asked(client, "record.group", entity="order", by=["customer"])
    yield asked(client, "record.group", entity="customer", by=["city"])
    for group in ("customer", "owner", "month", "branch"):
        yield asked(client, "report.run", name="sales",
                    params={"group": group})
    yield asked(client, "report.run", name="retention")
    yield asked(client, "customer.duplicates", least=1)
    yield from (asked(client, "customer.dossier", id=number)
                for number in numbers)


def look(clients, numbers):
    return [list(transcript(client, numbers)) for client in clients]


def merge(client, rng, numbers):
    """Who was merged, if the book took it: of a loser, its survivor."""
    loser, survivor = rng.sample(numbers, 2)
    choose = {key: rng.choice(("loser", "survivor"))
              for key in rng.sample(CHOSEN, rng.randrange(5))}
    try:
        return client.call("customer.merge", loser=loser, survivor=survivor,
                           choose=choose, reason="重复")["merged"]
    except RpcError:
        return None


def part_all(client, merged, order):
    """What hangs on a later merger waits for it."""
    rounds = 0
    while merged and rounds < 1000:
        rounds += 1
        loser = order(merged)
        try:
            client.call("customer.unmerge", loser=loser, reason="误并")
            merged.remove(loser)
        except RpcError as error:
            last = error
    if merged:
        raise last


def there_and_back(clients, rng, numbers, count, order):
    loader = clients[0]
    before = look(clients[1:], numbers)
    merged = []
    for _ in range(count):
        loser = merge(loader, rng, numbers)
        if loser:
            merged.append(loser)
    done = len(merged)
    between = look(clients[1:], numbers)
    part_all(loader, merged, order)
    return done, before, between, look(clients[1:], numbers)


def crosswise(server, loader, numbers):
    """Each into the other at the same time: how many pairs came out as one."""
    good = 0
    with server.connect("sh-manager") as other:
        for one, two in zip(numbers[::2], numbers[1::2]):
            sent = [(client, client.send("customer.merge", loser=loser,
                                         survivor=survivor, reason="重复"))
                    for client, loser, survivor in (
                        (loader, one, two), (other, two, one))]
            answers = [client.answer(msgid) for client, msgid in sent]
            done = [result for error, result in answers if not error]
            names = {client.call("record.get", entity="customer",
                                 id=number)["number"]
                     for client in (loader, other) for number in (one, two)}
            good += len(done) == 1 and names == {done[0]["number"]}
            loader.call("customer.unmerge", loser=done[0]["merged"],
                        reason="误并")
    return good


def without(value, keys):
    if isinstance(value, dict):
        return {k: without(v, keys) for k, v in value.items() if k not in keys}
    return [without(v, keys) for v in value] \
        if isinstance(value, (list, tuple)) else value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mergers", type=int, default=24)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = random.randrange(10 ** 6) if args.seed is None else args.seed
    rng = random.Random(seed)
    claim = Claims()

    with Server() as server, server.connect("loader") as loader:
        clients = [server.connect(login) for login in ROLES]
        product = made(loader, "product", name="茶")
        numbers = [make_customer(loader, clients[2], rng, n)
                   for n in range(CUSTOMERS)]
        for number in numbers:
            make_children(loader, rng, number, product)
        for words, order, moves in (
                ("in order", lambda merged: merged[-1], ()),
                ("anyhow", rng.choice, RULED)):
            count, before, between, after = there_and_back(
                [loader] + clients, rng, numbers, args.mergers, order)
            claim("%d mergers were made, and taken back %s" % (count, words),
                  count > 4)
            for login, was, meanwhile, now in zip(
                    ROLES, before, between, after):
                claim("%s sees the mergers" % login, meanwhile != was)
                was, now = without(was, moves), without(now, moves)
                claim("%s is shown what was shown before, seed %d" % (
                    login, seed), now == was)
                differ = [pair for pair in zip(was, now)
                          if pair[0] != pair[1]]
                print("".join("  %r\n  %r\n" % pair for pair in differ[:1]),
                      end="")
        claim("of each pair that is merged crosswise one stays",
              crosswise(server, loader, numbers) == len(numbers) // 2)
        with server.connect("auditor") as auditor:
            claim("the log verifies",
                  auditor.call("audit.verify")["bad"] == 0)
        for client in clients:
            client.close()
    sys.exit(claim.end())


if __name__ == "__main__":
    main()

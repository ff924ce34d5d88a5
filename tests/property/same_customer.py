#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many hands on one customer at once: nothing is lost, nobody is sent away.

Several connections pipeline changes of one customer, lines of one order,
batches over that customer and others, and customers with the same former
number; others make accounts, or each another contact the first.  Every change
that needs no luck is done, versions and sums come out, of equal numbers one is
taken.  One more connection sends changes and goes.
"""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import Claims
from server import Server

HANDS = 8
CHANGES = 100
BATCH_EACH = 10
ACCOUNTS = 3  # of one place no more than 32 may wait for a hash


def customer(name, **more):
    return dict(more, name=name, type="other", category="vip", source="phone")


def change(number, city):
    return dict(entity="customer", id=number, set={"city": city})


def leave(server, number):
    client = server.connect("loader")
    for n in range(CHANGES):
        client.send("record.update", **change(number, "城%d" % n))
    client.close()


def results(auditor, method):
    """What became of each plan of a method, says the log."""
    found, start = set(), {}
    while start is not None:
        page = auditor.call("audit.find", method=method, limit=1000, **start)
        found |= {row["result"] for row in page["rows"]}
        start = {"from": page["next"]} if page.get("next") else None
    return found


def hire(server, hand, outcomes):
    with server.connect("admin") as client:
        sent = [client.send("user.create", user="new-%d-%d" % (hand, n),
                            roles=["support"]) for n in range(ACCOUNTS)]
        for msgid in sent:
            error, _ = client.answer(msgid)
            outcomes.append(("account", error["code"] if error else "ok"))


def prefer(server, contacts, hand, outcomes):
    with server.connect("loader") as client:
        sent = [client.send("record.update", entity="contact",
                            id=contacts[(hand + n) % len(contacts)],
                            set={"is_primary": True})
                for n in range(CHANGES)]
        for msgid in sent:
            error, _ = client.answer(msgid)
            outcomes.append(("primary", error["code"] if error else "ok"))


def work(server, hand, numbers, order, product, outcomes):
    with server.connect("loader" if hand % 2 else "sh-manager") as client:
        sent = []
        for n in range(CHANGES):
            city = "城%d-%d" % (hand, n)
            sent.append(("update", client.send(
                "record.update", **change(numbers[0], city))))
            if n % BATCH_EACH == 0:
                sent.append(("batch", client.send("record.batch", items=[
                    dict(change(number, city + "共"), op="update")
                    for number in numbers[::1 if hand % 2 else -1]])))
            sent.append(("line", client.send(
                "record.create", entity="order_line", fields={
                    "order": order, "product": product, "quantity": "1",
                    "unit_price": "1"})))
            sent.append(("unique", client.send(
                "record.create", entity="customer",
                fields=customer("同号公司", external_no="U-%d" % n))))
        for kind, msgid in sent:
            error, _ = client.answer(msgid)
            outcomes.append((kind, error["code"] if error else "ok"))


def main():
    claim = Claims()

    with Server() as server, server.connect("loader") as loader:
        numbers = [loader.call("record.create", entity="customer",
                               fields=customer(name))["number"]
                   for name in ("众手公司", "二手公司", "三手公司")]
        number = numbers[0]
        order = loader.call("record.create", entity="order", fields={
            "customer": number, "date": "2026-01-01",
            "status": "confirmed"})["number"]
        product = loader.call("record.create", entity="product",
                              fields={"name": "茶"})["number"]
        outcomes = []
        hands = [threading.Thread(target=work, args=(
            server, hand, numbers, order, product, outcomes))
            for hand in range(HANDS)]
        hands += [threading.Thread(target=hire, args=(server, hand, outcomes))
                  for hand in range(HANDS)]
        contacts = [loader.call("record.create", entity="contact", fields={
            "customer": numbers[1], "name": name})["number"]
                    for name in ("王甲", "王乙", "王丙", "王丁")]
        hands += [threading.Thread(target=prefer, args=(
            server, contacts, hand, outcomes)) for hand in range(HANDS)]
        leave(server, numbers[2])
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        all_of = HANDS * CHANGES
        claim("no change is refused for another's haste", all(
            code == "ok" for kind, code in outcomes if kind != "unique"))
        claim("a number is taken once", sorted(
            code for kind, code in outcomes if kind == "unique") == sorted(
                ["ok"] * CHANGES + ["duplicate"] * (all_of - CHANGES)))
        versions = loader.call("record.history", entity="customer",
                               id=number)["versions"]
        claim("each change is a version, those of batches too",
              # Those that a rule made by itself, when an order came, apart.
              len([v for v in versions if v["source"] != "rule"])
              == 1 + all_of + all_of // BATCH_EACH)
        claim("who goes leaves no turn behind", loader.call(
            "record.update", **change(numbers[2], "末城"))["fields"]["city"]
            == "末城")
        primary = [loader.call("record.get", entity="contact", id=contact)
                   ["fields"]["is_primary"] for contact in contacts]
        claim("of its contacts one is the first", sum(primary) == 1)
        amount = loader.call("record.get", entity="order",
                             id=order)["fields"]["amount"]
        claim("each line is in the sum", float(amount) == all_of)
        receivable = loader.call("record.get", entity="customer",
                                 id=number)["fields"]["receivable"]
        claim("and in the receivable", float(receivable) == all_of)
        with server.connect("auditor") as auditor:
            claim("no plan met another of the same owner",
                  results(auditor, "record.update") |
                  results(auditor, "record.batch") |
                  results(auditor, "user.create") == {"ok"})
            claim("the log agrees", auditor.call("audit.verify")["bad"] == 0)
    return claim.end()


if __name__ == "__main__":
    sys.exit(main())

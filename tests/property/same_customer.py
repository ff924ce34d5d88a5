#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many hands on one customer at once: nothing is lost, nobody is sent away.

Several connections pipeline changes of one customer, lines of one order and
customers with the same former number.  Every change that needs no luck is
done, versions and sums come out, of equal numbers one is taken.
"""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from server import Server

HANDS = 4
CHANGES = 40


def customer(name, **more):
    return dict(more, name=name, type="other", category="vip", source="phone")


def work(server, hand, number, order, product, outcomes):
    with server.connect("loader" if hand % 2 else "sh-manager") as client:
        sent = []
        for n in range(CHANGES):
            sent.append(("update", client.send(
                "record.update", entity="customer", id=number,
                set={"city": "城%d-%d" % (hand, n)})))
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
    passed = failed = 0

    def claim(words, is_true):
        nonlocal passed, failed
        passed += bool(is_true)
        failed += not is_true
        print("%s %s" % ("ok    " if is_true else "FAILED", words))

    with Server() as server, server.connect("loader") as loader:
        number = loader.call("record.create", entity="customer",
                             fields=customer("众手公司"))["number"]
        order = loader.call("record.create", entity="order", fields={
            "customer": number, "date": "2026-01-01",
            "status": "confirmed"})["number"]
        product = loader.call("record.create", entity="product",
                              fields={"name": "茶"})["number"]
        outcomes = []
        hands = [threading.Thread(target=work, args=(
            server, hand, number, order, product, outcomes))
            for hand in range(HANDS)]
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
        claim("each change is a version", len(versions) == 1 + all_of)
        amount = loader.call("record.get", entity="order",
                             id=order)["fields"]["amount"]
        claim("each line is in the sum", float(amount) == all_of)
        receivable = loader.call("record.get", entity="customer",
                                 id=number)["fields"]["receivable"]
        claim("and in the receivable", float(receivable) == all_of)
        with server.connect("auditor") as auditor:
            claim("the log agrees", auditor.call("audit.verify")["bad"] == 0)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

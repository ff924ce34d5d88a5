#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many connections at once: each gets its own answers and nobody else's.

Some see everything of a customer, some little; they ask for the same records
at the same time, over the same loops and the same request memory.
"""
import os
import re
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, run
from server import Server

LIMIT, GRADE, NAME = "733019.00", "AAA", "串流哨兵公司"
ROUNDS, WINDOW = 60, 20


def customer(server):
    with server.connect("sh-manager") as manager, \
            server.connect("finance") as finance:
        made = manager.call("record.create", entity="customer", fields={
            "name": NAME, "type": "other", "category": "regular",
            "source": "phone", "owner": "sh-sales"})
        finance.call("record.update", entity="customer", id=made["number"],
                     reason="定", set={"credit_limit": LIMIT,
                                       "credit_grade": GRADE})
    return made["number"]


def ask(server, user, number, out):
    """Everything that is answered to the user, as one text."""
    said = []
    with server.connect(user) as client:
        for _ in range(ROUNDS):
            asked = [client.send("record.get", entity="customer", id=number)
                     if n % 2 else
                     client.send("record.find", entity="customer", limit=5)
                     for n in range(WINDOW)]
            said += [repr(client.answer(msgid)) for msgid in asked]
    out[user] = said


def test_no_answer_reaches_another_connection(server):
    number = customer(server)
    users = ("finance", "gm", "sh-sales", "hz-sales", "sh-support")
    out = {}
    threads = [threading.Thread(target=ask, args=(server, user, number, out))
               for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for user in users:
        equal(len(out[user]), ROUNDS * WINDOW)
    for user in ("finance", "gm"):
        equal(sum(LIMIT in text for text in out[user]), ROUNDS * WINDOW)
    for user in ("sh-sales", "sh-support", "hz-sales"):
        equal(sum(LIMIT in text or GRADE in text for text in out[user]), 0)
    equal(sum(NAME in text for text in out["hz-sales"]), 0)
    equal(sum(NAME in text for text in out["sh-sales"]), ROUNDS * WINDOW)


def test_the_process_leaves_no_core(server):
    with open("/proc/%d/limits" % server.process.pid) as limits:
        line = re.search(r"Max core file size\s+(\S+)\s+(\S+)", limits.read())
    equal(line.groups(), ("0", "0"))


if __name__ == "__main__":
    with Server() as SERVER:
        sys.exit(run(globals(), SERVER))

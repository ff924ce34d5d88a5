#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Stopping finishes what is under way and refuses what is not, by its name.

Many changes are sent at once and the server is told to stop: each is answered
as done, and then it is there afterwards, or as refused because of stopping,
or not at all.
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, run
from kehu_rpc import Closed
from server import Server

CHANGES = 250


def test_a_change_is_done_or_refused_by_name_when_it_stops(server):
    with server.connect("sh-sales") as sales:
        asked = [sales.send("record.create", entity="customer", fields={
            "name": "停机前公司%03d" % n, "type": "other",
            "category": "regular", "source": "phone",
            "external_no": "STOP-%03d" % n}) for n in range(CHANGES)]
        first = sales.answer(asked[0])
        os.kill(server.process.pid, signal.SIGTERM)
        answers = [first]
        try:
            for msgid in asked[1:]:
                answers.append(sales.answer(msgid))
        except Closed:
            pass
    server.process.wait(60)
    server.stop()
    done = set()
    for n, (error, _) in enumerate(answers):
        if error is None:
            done.add("STOP-%03d" % n)
        else:
            equal((error["code"], error["rule"]), ("unavailable", "draining"))
    server.start()
    with server.connect("sh-sales") as sales:
        there = {row["fields"]["external_no"] for row in sales.find_all(
            "customer", fields=["external_no"], limit=100)}
    equal(sorted(done - there), [])
    print("       %d done, %d refused, %d not answered" % (
        len(done), len(answers) - len(done), CHANGES - len(answers)))


def test_who_is_told_that_it_is_ready_may_stop_it_at_once(server):
    for _ in range(5):
        for number in (signal.SIGTERM, signal.SIGINT):
            server.stop()
            server.start()
            equal(server.signal(number), 0)


if __name__ == "__main__":
    with Server() as SERVER:
        sys.exit(run(globals(), SERVER))

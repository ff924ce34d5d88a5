#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Nothing that was asked is missing from the log: the counts that its entries
carry add up to the requests that were sent, refusals and reads included."""
import os
import sys

import msgpack

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
import kehu_rpc
from claims import equal, run
from server import BRANCHES, PEOPLE, Server

MAKING = 1 + len(BRANCHES) + len(PEOPLE)  # what Server.open() asks for


class Counting:
    """A connection that counts what it sends."""

    sent = 0

    def __init__(self, server, user):
        self.client = server.connect()
        self.call("session.hello")
        if user:
            with open(os.path.join(server.directory, "passwords", user),
                      encoding="utf-8") as f:
                self.call("session.login", user=user,
                          password=f.read().strip())

    def call(self, method, **params):
        Counting.sent += 1
        try:
            return self.client.call(method, **params)
        except kehu_rpc.RpcError as refusal:
            return refusal


def ask_in_many_ways(server):
    clerk = Counting(server, "sh-clerk")
    stranger = Counting(server, None)
    customer = {"name": "甲公司", "type": "other", "category": "regular",
                "source": "phone"}
    for i in range(30):
        made = clerk.call("record.create", entity="customer",
                          fields=dict(customer, name="甲公司 %d" % i))
        clerk.call("record.get", entity="customer", id=made["number"])
        clerk.call("record.find", entity="customer", limit=5)
        clerk.call("record.history", entity="customer", id=made["number"])
        clerk.call("no.such.method")
        clerk.call("record.update", entity="customer", id=made["number"],
                   set={"credit_limit": "1"})
        clerk.call("record.update", entity="customer", id=made["number"],
                   version="stale", set={"city": "杭州"})
        clerk.call("record.create", entity="customer", fields={})
        clerk.call("record.get", entity="customer", id="nobody")
        stranger.call("record.get", entity="customer", id=made["number"])
    clerk.call("record.batch", items=[
        {"op": "create", "entity": "customer", "fields": customer},
        {"op": "create", "entity": "customer", "fields": {}}])
    clerk.call("audit.verify")


def test_counts_of_entries_add_up_to_requests_sent(server):
    ask_in_many_ways(server)
    equal(server.stop(), 0)
    server.start()
    auditor = Counting(server, "auditor")
    counted, at, pages = 0, 0, 0
    while at is not None:
        page = auditor.client.call("audit.export", **{"from": at})
        at = page["next"]
        pages += 1
        counted += sum(
            msgpack.unpackb(leaf, strict_map_key=False)[3].get("count", 1)
            for leaf in page["entries"])
    # The auditor's greeting is not written down yet; each page but the last
    # is an entry that the next one shows.
    equal(counted, MAKING + Counting.sent - 1 + pages - 1)


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

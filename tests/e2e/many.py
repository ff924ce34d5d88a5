#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""More records than a search looks at without an index.

What an index leads to may be many: no more than a page of them is kept, and
all are counted.  What no index has in order is refused.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, run
from kehu_rpc import RpcError
from server import Server

MANY, BATCH = 11000, 500
CITY = ["=", "city", "汕头"]


def fill(server):
    with server.connect("loader", timeout=120) as client:
        for first in range(0, MANY, BATCH):
            client.call("record.batch", brief=True, items=[
                {"op": "create", "entity": "customer", "fields": {
                    "name": "同城%05d号" % (MANY - i), "type": "other",
                    "category": "regular", "source": "phone",
                    "city": CITY[2]}}
                for i in range(first, first + BATCH)])


def find(server, **params):
    """(names, count, next) as the branch's manager gets them."""
    with server.connect("sh-manager", timeout=120) as client:
        page = client.call("record.find", entity="customer",
                           fields=["name"], **params)
    return ([row["fields"]["name"] for row in page["rows"]],
            page.get("count"), page["next"])


def name(number):
    return "同城%05d号" % number


def test_all_that_an_index_leads_to_are_counted(server):
    names, count, after = find(server, where=CITY, limit=2, count=True)
    equal((names, count), ([name(MANY), name(MANY - 1)], MANY))
    names, count, _ = find(server, where=CITY, limit=2, count=True,
                           after=after)
    equal((names, count), ([name(MANY - 2), name(MANY - 3)], MANY))


def test_they_are_sorted_by_anything(server):
    params = {"where": CITY, "order": ["name"], "limit": 700}
    names, _, after = find(server, **params)
    equal(names, [name(n) for n in range(1, 701)])
    names, _, _ = find(server, after=after, **params)
    equal(names, [name(n) for n in range(701, 1401)])


def test_the_rarest_piece_of_a_name_leads_to_it(server):
    names, count, _ = find(server, where=["prefix", "name", "同城0042"],
                           count=True)
    equal((sorted(names), count),
          ([name(n) for n in range(420, 430)], 10))


def test_all_there_are_are_counted_page_by_page(server):
    names, count, after = find(server, limit=3, count=True)
    equal((names, count), ([name(MANY - n) for n in range(3)], MANY))
    names, count, _ = find(server, limit=3, count=True, after=after)
    equal((names, count), ([name(MANY - n) for n in range(3, 6)], MANY))


def test_what_no_index_has_in_order_is_too_large(server):
    for params in ({"order": ["name"]}, {"where": ["!=", "city", "汕头"]}):
        try:
            find(server, **params)
        except RpcError as refused:
            equal(refused.code, "too_large")
        else:
            raise AssertionError("%r was answered" % params)


if __name__ == "__main__":
    with Server() as SERVER:
        fill(SERVER)
        sys.exit(run(globals(), SERVER))

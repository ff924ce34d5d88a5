#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An order's line without a number goes on from the highest that there was,
and a field that is both set and emptied is refused.
"""
import copy
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run
from server import Server

KNOWN = {}


def begin(server):
    if not KNOWN:
        with server.connect("loader") as loader:
            KNOWN["product"] = loader.call(
                "record.create", entity="product",
                fields={"name": "红茶"})["number"]
            KNOWN["customer"] = loader.call(
                "record.create", entity="customer", fields={
                    "name": "行号公司", "type": "other", "source": "phone",
                    "category": "regular"})["number"]


def order(client):
    return client.call("record.create", entity="order", fields={
        "customer": KNOWN["customer"], "date": "2026-11-20"})["number"]


def values(number, **more):
    return dict(order=number, product=KNOWN["product"], quantity="1",
                unit_price="2", **more)


def line(client, number, dry_run=False, **more):
    return client.call("record.create", entity="order_line", dry_run=dry_run,
                       fields=values(number, **more))["fields"]["line"]


def test_a_line_goes_on_from_the_highest(server):
    begin(server)
    with server.connect("loader") as loader:
        number = order(loader)
        equal([line(loader, number), line(loader, number),
               line(loader, number, line=10), line(loader, number),
               line(loader, number, line=5), line(loader, number)],
              [1, 2, 10, 11, 5, 12])
        equal([line(loader, number, dry_run=True), line(loader, number)],
              [13, 13])
        loader.call("record.update", entity="order_line", id=number + "/1",
                    set={"line": 40})
        equal(line(loader, number), 41)
        expect_code("duplicate", line, loader, number, line=41)
        equal(line(loader, order(loader)), 1)


def test_lines_of_one_batch_follow_each_other(server):
    begin(server)
    with server.connect("loader") as loader:
        items = [{"op": "create", "entity": "order", "fields": {
            "customer": KNOWN["customer"], "date": "2026-11-20"}}]
        items += [{"op": "create", "entity": "order_line",
                   "fields": values("#0")} for _ in range(3)]
        items.insert(2, {"op": "create", "entity": "order_line",
                         "fields": {"order": "#0"}})
        for dry_run in (True, False):
            said = loader.call("record.batch", items=items, dry_run=dry_run)
            equal([i.get("fields", {}).get("line") for i in said["items"]],
                  [None, 1, None, 2, 3])


def test_a_schema_that_counts_later_counts_what_there_was(server):
    begin(server)
    with server.connect("admin") as admin, \
            server.connect("loader") as loader:
        counts = admin.call("schema.document")["document"]
        plain = copy.deepcopy(counts)
        del plain["entities"]["order_line"]["fields"]["line"]["counted"]
        admin.call("schema.apply", document=plain, reason="不计数")
        number = order(loader)
        loader.call("record.create", entity="order_line",
                    fields=values(number, line=7))
        said = loader.call("record.create", entity="order_line",
                           fields=values(number))
        assert "line" not in said["fields"], said
        admin.call("schema.apply", document=counts, reason="计数")
        equal(line(loader, number), 8)


def test_a_field_is_set_or_emptied_and_not_both(server):
    begin(server)
    with server.connect("loader") as loader:
        refused = expect_code(
            "invalid", loader.call, "record.update", entity="customer",
            id=KNOWN["customer"], set={"city": "上海"}, unset=["city"])
        equal(refused.field, "city")
        got = loader.call("record.get", entity="customer",
                          id=KNOWN["customer"])
        assert "city" not in got["fields"], got


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

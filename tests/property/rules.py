#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Rules of business, reckoned again in Python from orders and returns.

The made-up company of tests/company is loaded.  Rules put tags on customers by
class and bin over the whole book, with either border and either way of ties,
and by the evenness of their months; a run applies them.  What each customer
must bear is reckoned from the rows that the general manager reads and from the
definitions in docs/protocol.md alone.

    rules.py [--seed S] [--customers 90] [--orders 500]
"""
import collections
import datetime
import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]
import reports
from reports import D, Rows, TODAY

MONTHS = 24
LIMITS = (80, 95)
METRICS = {
    "net": {"label": ["净额", "Net"], "sum": ["sales", "-returns"]},
    "times": {"label": ["次数", "Times"], "sum": ["orders"]},
    "idle": {"label": ["天数", "Days"], "days_since": "last_order_at"},
    "busy": {"label": ["月数", "Months"], "active": ["orders"],
             "months": MONTHS},
    "uneven": {"label": ["波动", "Uneven"], "spread": ["sales", "-returns"],
               "months": MONTHS},
    "incl": {"label": ["类", "Class"], "class_of": "net",
             "limits": list(LIMITS)},
    "below": {"label": ["类", "Class"], "class_of": "net",
              "limits": list(LIMITS), "border": "below"},
    "r": {"label": ["R", "R"], "bin_of": "idle", "best": "low"},
    "f": {"label": ["F", "F"], "bin_of": "times", "ties": "high"},
    "m": {"label": ["M", "M"], "bin_of": "net", "bins": 4},
}
WORTH = {"incl": 3, "below": 3, "r": 5, "f": 5, "m": 4}


def rules():
    """A rule for each value of a class or bin, and of two numbers."""
    tagged = [("%s%d" % (name, n), ["=", name, n])
              for name, most in WORTH.items() for n in range(1, most + 1)]
    tagged += [("steady", ["<=", "uneven", 250]), ("busy3", [">=", "busy", 3])]
    return {"of": "customer", "metrics": METRICS, "list": [
        {"key": tag, "label": [tag, tag], "set": {"tags": tag}, "when": when}
        for tag, when in tagged]}


# --- reckoned ----------------------------------------------------------------

def month(day):
    year, of_year = day.split("-")[:2]
    return int(year) * 12 + int(of_year) - 1


NOW = month(str(TODAY))


class Sums:
    def __init__(self, rows):
        self.net = collections.Counter()
        self.times = collections.Counter()
        self.last = {}
        self.by_month = collections.defaultdict(collections.Counter)
        self.busy = collections.defaultdict(set)
        for customer, day, what, amount, _ in rows.events():
            if what == "orders":
                self.last[customer] = max(self.last.get(customer, ""), day)
            if month(day) > NOW:
                continue
            if what == "orders":
                self.times[customer] += 1
                self.busy[customer].add(month(day))
                continue
            step = amount if what == "gross" else -amount
            self.net[customer] += step
            self.by_month[customer][month(day)] += step


def classes(net, border):
    """1, 2, 3 by cumulated share; equal values in the first one's class."""
    ranked = sorted(net.items(), key=lambda c: -c[1])
    whole = sum(v for _, v in ranked if v > 0)
    out, run, last = {}, D(0), None
    for customer, value in ranked:
        share = run if border == "incl" else run + value
        place = 1 + sum((share * 100 >= limit * whole) if border == "incl"
                        else (share * 100 > limit * whole)
                        for limit in LIMITS)
        if value == last:
            place = out[previous]
        out[customer] = place if value > 0 else len(LIMITS) + 1
        run, last, previous = run + value, value, customer
    return out


def bins(values, count, ties):
    """`values`: more is better."""
    order = sorted(values.values())
    out = {}
    for customer, value in values.items():
        worse = sum(v < value for v in order)
        if ties == "high":
            worse = sum(v <= value for v in order) - 1
        out[customer] = 1 + worse * count // len(order)
    return out


def unevenness(months):
    """100 * deviation / mean, rounded down; None when there is no mean."""
    cents = [int((D(months[m]) * 100).quantize(D(1), "ROUND_HALF_UP"))
             for m in range(NOW - MONTHS + 1, NOW + 1)]
    total = sum(cents)
    if total <= 0:
        return None
    spread = MONTHS * sum(c * c for c in cents) - total * total
    return math.isqrt(10000 * spread // (total * total))


def reckon(names, rows):
    s = Sums(rows)
    net = {c: s.net[c] for c in names}
    day = {c: -(TODAY - datetime.date.fromisoformat(s.last[c])).days
           for c in names if c in s.last}
    found = {"incl": classes(net, "incl"), "below": classes(net, "below"),
             "r": bins(day, 5, "low"),
             "f": bins({c: s.times[c] for c in names if s.times[c] > 0}, 5,
                       "high"),
             "m": bins({c: v for c, v in net.items() if v > 0}, 4, "low")}
    tags = {c: {"%s%d" % (name, of[c]) for name, of in found.items()
                if c in of} for c in names}
    for c in names:
        uneven = unevenness(s.by_month[c])
        if uneven is not None and uneven <= 250:
            tags[c].add("steady")
        if sum(m > NOW - MONTHS for m in s.busy[c]) >= 3:
            tags[c].add("busy3")
    return tags


# --- the run -----------------------------------------------------------------

def check(server):
    ours = {rule["set"]["tags"] for rule in rules()["list"]}
    with server.connect("admin") as admin:
        admin.call("rule.apply", document=rules(), declassify=True,
                   reason="property test")
        admin.call("rule.run", reason="property test")
    with server.connect("linzong") as client:
        rows = Rows(client)
        customers = {r["number"]: set(r["fields"].get("tags") or ())
                     for r in client.find_all("customer", limit=1000)}
    wanted = reckon(list(customers), rows)
    wrong = {c: (has & ours, wanted[c]) for c, has in customers.items()
             if has & ours != wanted[c]}
    for customer, (has, want) in list(wrong.items())[:10]:
        print("FAILED %s bears %s, not %s" % (customer, sorted(has - want),
                                              sorted(want - has)))
    steady = sum("steady" in t for t in wanted.values())
    print("%s     %d customers, %d of them steady, bear what was reckoned"
          % ("ok" if not wrong else "FAILED", len(customers), steady))
    assert len(customers) > 50 and 0 < steady < len(customers)
    return bool(wrong)


def main():
    with reports.a_company(*reports.arguments()) as server:
        failed = check(server)
    print("%d passed, %d failed" % (not failed, failed))
    return failed


if __name__ == "__main__":
    sys.exit(main())

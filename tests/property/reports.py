#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every report, reckoned again from the rows that its reader may read.

The made-up company of tests/company is loaded, with returns, feedback and
opportunities beside it; some customers are merged, some put away.  Then each of several people fetches all records that
he may know of and reckons each report from them, in Python and from their
definitions alone; the server's answer must be the same, row by row, and its
total the sum of those rows.  Who may not read an input is refused.

    reports.py [--seed S] [--customers 90] [--orders 500]
"""
import argparse
import collections
import contextlib
import datetime
import decimal
import itertools
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "tools"),
                os.path.join(HERE, "..", "company")]
import generate
import kehu_rpc
from server import Server, far_from_midnight, make_people, today

D = decimal.Decimal
decimal.getcontext().prec = 60
COUNTING = ("confirmed", "shipped", "closed")
READERS = ["linzong", "liuqiang", "zhangwei", "chenjie", "wangfang", "guojing",
           "maxia", "sunli"]
far_from_midnight(15)  # the day must be one all the while
TODAY = today()
failures = []
counts = collections.Counter()


# --- the company -------------------------------------------------------------

def values_of(columns, row):
    """What an import would send: no contact, no empty cell."""
    return {field: value for (_, field), value in zip(columns, row)
            if value and "." not in field}


def store(client, entity, rows):
    for at in range(0, len(rows), 200):
        items = [{"op": "create", "entity": entity, "fields": fields}
                 for fields in rows[at:at + 200]]
        answer = client.call("record.batch", items=items, atomic=True,
                             source="import", reason="first load")
        assert len(answer["items"]) == len(items), answer


def load(server, company, rng):
    def rows(stem):
        columns = generate.columns_of(stem)
        return [values_of(columns, row) for row in company.rows[stem]]
    for code, *_ in generate.BRANCHES:
        with server.connect("yiguan-" + code.lower()) as client:
            store(client, "customer", rows("customers-" + code))
    with server.connect("wangfang") as client:
        for entity in ("product", "order", "order_line", "payment"):
            store(client, entity, rows(entity + "s"))
        store(client, "return", returns(company, rng))
    for code, *_ in generate.BRANCHES:
        known = [r[0] for r in company.rows["customers-" + code]]
        with server.connect("yiguan-" + code.lower()) as client:
            store(client, "feedback", feedback(known, rng))
            store(client, "opportunity", opportunities(known, rng))
            merge_and_archive(client, known, rng)


def merge_and_archive(client, known, rng):
    """Pairs, and one of three; some debts are of who was put away."""
    *some, last, third, other = rng.sample(known, 9)
    for loser, survivor in [some[:2], (last, third), (third, other)]:
        client.call("customer.merge", loser=loser, survivor=survivor,
                    reason="one")
    for gone in [other, *some[2:]]:
        client.call("record.archive", entity="customer", id=gone)


def day(rng):
    return str(TODAY - datetime.timedelta(days=rng.randrange(500)))


def cents(rng, most):
    return "%d.%02d" % (rng.randrange(most), rng.randrange(100))


def returns(company, rng):
    orders = rng.sample(company.rows["orders"], 40)
    return [{"customer": o[1], "date": day(rng), "amount": cents(rng, 900),
             "product": "CP%03d" % rng.randint(1, len(generate.PRODUCTS))}
            for o in orders]


def feedback(known, rng):
    return [{"customer": rng.choice(known), "desc": "x", "at": day(rng),
             "kind": rng.choice(("complaint", "question", "process")),
             "status": rng.choice(("open", "in_progress", "resolved")),
             "due_at": day(rng)} for _ in range(25)]


def opportunities(known, rng):
    return [{"customer": rng.choice(known), "name": "x",
             "stage": rng.choice(("lead", "proposal", "won", "lost")),
             "amount": cents(rng, 100000), "prob": rng.randrange(101),
             "expected_at": day(rng)} for _ in range(30)]


# --- what one may read -------------------------------------------------------

class Rows:
    """All records that a person may know of."""

    def __init__(self, client):
        self.customers = self.fetch(client, "customer", archived=True)
        self.orders = self.fetch(client, "order")
        self.lines = self.fetch(client, "order_line")
        self.returns = self.fetch(client, "return")
        self.payments = self.fetch(client, "payment")
        self.feedback = self.fetch(client, "feedback")
        self.opportunities = self.fetch(client, "opportunity")
        self.order = {o["number"]: o for o in self.orders}

    @staticmethod
    def fetch(client, entity, **more):
        try:
            return [dict(r["fields"], id=r["id"], number=r["number"],
                         archived=r.get("archived", False))
                    for r in client.find_all(entity, limit=1000, **more)]
        except kehu_rpc.RpcError as e:
            assert e.code in ("unknown", "denied", "too_large"), e
            return []

    def events(self):
        """(customer, day, measure, amount, product): orders by their lines."""
        for o in self.orders:
            if o["status"] in COUNTING:
                yield o["customer"], o["date"], "orders", D(1), None
        for line in self.lines:
            o = self.order[line["order"]]
            if o["status"] in COUNTING:
                yield (o["customer"], o["date"], "gross",
                       D(line["quantity"]) * D(line["unit_price"]) *
                       (1 - D(line.get("discount") or 0)), line["product"])
        for r in self.returns:
            yield (r["customer"], r["date"], "returns", D(r["amount"]),
                   r.get("product"))


# --- figures -----------------------------------------------------------------

def rounded(value, places):
    text = str(D(value).quantize(D(1).scaleb(-places),
                                 decimal.ROUND_HALF_UP))
    return text if D(text) else text.lstrip("-")


def money(value):
    return rounded(value, 2)


def ratio(part, whole, places=4):
    return rounded(D(part) / D(whole) if whole > 0 else 0, places)


def share_of(part, whole):
    """The server brings both to a millionth first."""
    return ratio(D(rounded(part, 6)), D(rounded(whole, 6)))


def gather(rows, group, first="0001-01-01", last="9999-12-31"):
    known = {c["number"]: c for c in rows.customers}
    groups = collections.defaultdict(lambda: collections.defaultdict(D))
    for customer, when, measure, amount, product in rows.events():
        if not first <= when <= last:
            continue
        c = known[customer]
        key = tuple(
            customer if g == "customer" else when[:7] if g == "month" else
            product or "" if g == "product" else c.get(g) or ""
            for g in group)
        if "product" in group and measure == "orders":
            continue
        if amount:
            groups[key][measure] += amount
            if measure == "orders":
                groups[key]["newest"] = max(
                    groups[key].get("newest", ""), when)
    return groups


def net(sums):
    return sums["gross"] - sums["returns"]


def sales(rows, group, **span):
    groups = gather(rows, group, **span)
    whole = sum(map(net, groups.values()))

    def row(sums):
        return {"orders": int(sums["orders"]), "gross": money(sums["gross"]),
                "returns": money(sums["returns"]), "net": money(net(sums)),
                "share": share_of(net(sums), whole)}
    total = collections.defaultdict(D)
    for sums in groups.values():
        for m in ("orders", "gross", "returns"):
            total[m] += sums[m]
    return [dict(zip(group, key), **row(sums))
            for key, sums in groups.items()], row(total)


def abc(rows, limits=(80, 95), border="incl", **span):
    values = {key[0]: net(s)
              for key, s in gather(rows, ["customer"], **span).items()}
    whole = sum(v for v in values.values() if v > 0)
    number = {c["number"]: c["id"] for c in rows.customers}
    out, sum_, last = [], D(0), None
    for customer in sorted(values, key=lambda c: (-values[c], number[c])):
        value, before = values[customer], sum_
        sum_ += value
        if value <= 0:
            place = len(limits)
        elif last and last[0] == value:
            place = last[1]
        else:
            reached = before if border == "incl" else sum_
            place = sum(1 for limit in limits
                        if (reached * 100 >= limit * whole
                            if border == "incl" else
                            reached * 100 > limit * whole))
        last = (value, place)
        out.append({"customer": customer, "net": money(value),
                    "share": share_of(value, whole),
                    "upto": share_of(sum_, whole),
                    "class": "ABCDEFGHIJ"[place]})
    return out, {"net": money(sum(values.values()))}


def rfm(rows, at, bins=5, ties="low"):
    found = {k[0]: s for k, s in
             gather(rows, ["customer"], last=str(at)).items()
             if "newest" in s}
    values = {c: (s["newest"], s["orders"], net(s)) for c, s in found.items()}

    def score(customer, axis):
        mine = values[customer][axis]
        if ties == "low":
            better_than = sum(v[axis] < mine for v in values.values())
        else:
            better_than = sum(v[axis] <= mine for v in values.values()) - 1
        return 1 + better_than * bins // len(values)
    out = []
    for c, (newest, orders, money_) in values.items():
        last = datetime.date.fromisoformat(newest)
        out.append({"customer": c, "last": newest, "days": (at - last).days,
                    "orders": int(orders), "net": money(money_),
                    "r": score(c, 0), "f": score(c, 1), "m": score(c, 2)})
    return out, {"orders": int(sum(v[1] for v in values.values())),
                 "net": money(sum(v[2] for v in values.values()))}


def account(rows, customer):
    """(owed, overdue): a payment pays the order it names, then the oldest."""
    number = customer["number"]
    amounts = collections.defaultdict(D)
    for line in rows.lines:
        amounts[line["order"]] += D(line["quantity"]) * \
            D(line["unit_price"]) * (1 - D(line.get("discount") or 0))
    orders = sorted((o for o in rows.orders if o["customer"] == number
                     and o["status"] in COUNTING),
                    key=lambda o: (o["date"], o["id"]))
    open_ = {o["number"]: amounts[o["number"]] for o in orders
             if o["date"] <= str(TODAY)}
    # Of one day payments and returns come as they were made.
    paid = [[D(p["amount"]), p.get("order")] for p in sorted(
        (p for p in rows.payments + rows.returns if p["customer"] == number),
        key=lambda p: (p["date"], p["id"]))]
    owed = sum(amounts[o["number"]] for o in orders) - sum(
        p[0] for p in paid)
    for named in True, False:
        for p in paid:
            for order in [p[1]] * named or list(open_):
                if order in open_:
                    took = min(p[0], open_[order])
                    open_[order] -= took
                    p[0] -= took
    days = customer.get("credit_days") or 0

    def due(o):
        return o.get("due_date") or str(
            datetime.date.fromisoformat(o["date"]) +
            datetime.timedelta(days=days))
    return owed, sum(open_[o["number"]] for o in orders
                     if o["number"] in open_ and due(o) < str(TODAY))


def credit(rows):
    out, total = [], [D(0), D(0)]
    for c in rows.customers:
        owed, overdue = account(rows, c)
        overdue = overdue if owed > 0 else D(0)
        if not owed and not c.get("credit_hold"):
            continue
        total = [total[0] + owed, total[1] + overdue]
        limit = c.get("credit_limit")
        out.append({
            "customer": c["number"], "owed": money(owed),
            "overdue": money(overdue), "credit_limit": limit,
            "usage": share_of(owed, D(limit)) if D(limit or 0) > 0 else None,
            "credit_grade": c.get("credit_grade"),
            "credit_hold": c.get("credit_hold")})
    return out, {"owed": money(total[0]), "overdue": money(total[1])}


PERIODS = {"month": 1, "quarter": 3, "year": 12}


def period_text(number, kind):
    year, month = divmod(number * PERIODS[kind], 12)
    return {"month": "%04d-%02d" % (year, month + 1),
            "quarter": "%04dQ%d" % (year, month // 3 + 1),
            "year": "%04d" % year}[kind]


def retention(rows, kind):
    bought = collections.defaultdict(set)
    for customer, when, measure, *_ in rows.events():
        if measure == "orders":
            bought[customer].add(
                (int(when[:4]) * 12 + int(when[5:7]) - 1) // PERIODS[kind])
    now = (TODAY.year * 12 + TODAY.month - 1) // PERIODS[kind]
    met = set().union(*bought.values()) if bought else set()
    met |= {n + 1 for n in met if n + 1 <= now}
    out, total = [], collections.Counter()

    def row(c):
        return {"customers": c["customers"], "new": c["new"],
                "kept": c["kept"], "back": c["back"], "lost": c["lost"],
                "retention": ratio(c["kept"], c["kept"] + c["lost"])}
    for number in range(min(met), max(met) + 1) if met else ():
        c = collections.Counter()
        for periods in bought.values():
            if number in periods:
                c["customers"] += 1
                c["kept"] += number - 1 in periods
                c["new"] += min(periods) == number
                c["back"] += number - 1 not in periods and \
                    min(periods) < number
            elif number - 1 in periods and number <= now:
                c["lost"] += 1
        total += c
        out.append(dict(row(c), period=period_text(number, kind)))
    total["customers"] = len(bought)
    return out, row(total)


def tally(records, rows, group, measure, form):
    """Records of an entity by fields of their own or of their customer."""
    known = {c["number"]: c for c in rows.customers}
    groups = collections.defaultdict(lambda: collections.defaultdict(D))
    total = collections.defaultdict(D)
    for r in records:
        if r["archived"]:
            continue
        c = known[r["customer"]] if "customer" in r else r
        key = tuple(r[g] if r.get(g) else c.get(g) or "" for g in group)
        for name, amount in measure(r).items():
            groups[key][name] += amount
            total[name] += amount
    return [dict(zip(group, key), **form(s)) for key, s in groups.items()], \
        form(total)


def feedback_of(r):
    is_open = r["status"] in ("open", "in_progress")
    said = datetime.date.fromisoformat(r["at"][:10])
    # All were stored as they are today: solved today.
    return {"feedbacks": 1, "open": int(is_open), "solved": int(not is_open),
            "overdue": int(is_open and r["due_at"] < str(TODAY)),
            "waited": 0 if is_open else (TODAY - said).days}


def feedback_form(s):
    return {"feedbacks": int(s["feedbacks"]), "open": int(s["open"]),
            "overdue": int(s["overdue"]), "solved": int(s["solved"]),
            "days": ratio(s["waited"], s["solved"], 1)}


def opportunity_of(r):
    open_ = r["stage"] not in ("won", "lost")
    return {"opportunities": 1, "amount": D(r["amount"]),
            "weighted": D(r["amount"]) * D(r["prob"]) / 100,
            "overdue": int(open_ and r["expected_at"] < str(TODAY))}


def pipeline_form(s):
    return {"opportunities": int(s["opportunities"]),
            "amount": money(s["amount"]), "weighted": money(s["weighted"]),
            "overdue": int(s["overdue"]), "days": "0.0"}


def conversion_form(s):
    return {"customers": int(s["customers"]), "buyers": int(s["buyers"]),
            "conversion": ratio(s["buyers"], s["customers"])}


def quality_of(who):
    knows_id = who in ("liuqiang", "wangfang", "guojing", "sunli")

    def measure(r):
        person = r["type"] == "person"
        wanted = ["name", "type", "category", "source"]
        if r["type"] == "company" and r["source"] != "import" and \
                r.get("country") in (None, "", "CN", "China", "中国"):
            wanted.append("uscc")
        wanted += ["mobile", "consent"] * person
        if r["type"] == "company":
            wanted += ["address", "industry"]
            wanted += ["payment_method"] * (who != "maxia")
        if knows_id and r.get("person_id"):
            wanted.append("id_type")
        score = sum(bool(r.get(w)) for w in wanted) * 100 // len(wanted)
        due = r.get("review_due_at")
        return {"customers": 1, "completeness": score,
                "complete": int(score == 100), "invalid": 0, "stale": 0,
                "overdue": int(bool(due) and due < str(TODAY))}
    return measure


def quality_form(s):
    return {"customers": int(s["customers"]),
            "completeness": ratio(s["completeness"], s["customers"], 1),
            "complete": ratio(s["complete"], s["customers"]),
            "invalid": int(s["invalid"]), "overdue": int(s["overdue"]),
            "stale": int(s["stale"])}


# --- comparing ---------------------------------------------------------------

def plain(row):
    return {k: v for k, v in row.items() if k != "name"}


def frozen(rows):
    return sorted((tuple(sorted(plain(r).items())) for r in rows), key=str)


def compare(who, client, name, params, expected):
    try:
        answer = client.call("report.run", name=name,
                             params=dict(params, limit=10000))
    except kehu_rpc.RpcError as e:
        if expected is None and e.code in ("unknown", "denied"):
            counts["refused"] += 1
            return
        failures.append("%s %s %s: %s" % (who, name, params, e))
        return
    if expected is None:
        failures.append("%s may have %s" % (who, name))
        return
    counts["reports"] += 1
    counts["rows"] += len(answer["rows"])
    rows, total = expected
    if frozen(rows) != frozen(answer["rows"]):
        odd = [dict(x) for x in
               set(frozen(rows)) ^ set(frozen(answer["rows"]))]
        failures.append("%s %s %s: rows differ: %s" % (
            who, name, params, odd[:4]))
    if total != answer["total"] or answer["more"]:
        failures.append("%s %s %s: total %s, not %s" % (
            who, name, params, answer["total"], total))


def judge(who, client, rng):
    rows = Rows(client)
    money_ = who not in ("maxia", "sunli")
    service = who != "wangfang"

    def check(name, params, reckon, may):
        compare(who, client, name, params, reckon() if may else None)
    groups = [["customer"], ["branch"], ["owner"], ["month"], ["product"],
              ["grade"], ["product", "category"], ["branch", "month"]]
    for group in groups:
        check("sales", {"group": ",".join(group)},
              lambda: sales(rows, group), money_)
    for first, last in (("2025-11-03", "2026-05-20"),
                        ("2025-10-01", "2026-03-31")):
        check("sales", {"group": "branch", "from": first, "to": last},
              lambda: sales(rows, ["branch"], first=first, last=last), money_)
    for limits, border in itertools.product(
            ((80, 95), (50, 70, 90), (100,)), ("incl", "below")):
        check("abc", {"limits": ",".join(map(str, limits)), "border": border},
              lambda: abc(rows, limits, border), money_)
    for at in (TODAY, datetime.date(2026, 3, 31), datetime.date(2026, 2, 11)):
        for bins, ties in ((5, "low"), (3, "high")):
            check("rfm", {"at": str(at), "bins": bins, "ties": ties},
                  lambda: rfm(rows, at, bins, ties), money_)
    check("credit", {}, lambda: credit(rows),
          who in ("linzong", "liuqiang", "wangfang", "guojing"))
    for kind in PERIODS:
        check("retention", {"period": kind},
              lambda: retention(rows, kind), money_)
    for group in (["kind"], ["status", "branch"], ["owner"]):
        check("feedback", {"group": ",".join(group)},
              lambda: tally(rows.feedback, rows, group, feedback_of,
                            feedback_form), service)
    for group in (["stage"], ["branch", "stage"], ["grade"]):
        check("pipeline", {"group": ",".join(group)},
              lambda: tally(rows.opportunities, rows, group, opportunity_of,
                            pipeline_form), service)
    for group in (["source"], ["branch", "industry"], ["type"]):
        check("conversion", {"group": ",".join(group)},
              lambda: tally(rows.customers, rows, group, lambda r: {
                  "customers": 1, "buyers": int(bool(r.get("last_order_at")))
              }, conversion_form), True)
    for group in (["branch"], ["created_by"], ["type", "owner"]):
        check("quality", {"group": ",".join(group)},
              lambda: tally(rows.customers, rows, group, quality_of(who),
                            quality_form), True)


@contextlib.contextmanager
def a_company(args, rng):
    """A server with the made-up company in it."""
    company = generate.Company(args.seed, args.customers, args.orders, TODAY)
    server = Server()
    try:
        server.init()
        server.start()
        with server.connect("admin") as admin:
            make_people(admin, server.directory,
                        [(p[0], p[1].split(","), p[2])
                         for p in generate.PEOPLE],
                        [(b[0], b[1]) for b in generate.BRANCHES])
        load(server, company, rng)
        yield server
    finally:
        server.close()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(10 ** 6))
    parser.add_argument("--customers", type=int, default=90)
    parser.add_argument("--orders", type=int, default=500)
    args = parser.parse_args()
    print("seed", args.seed)
    return args, random.Random(args.seed)


def main():
    args, rng = arguments()
    with a_company(args, rng) as server:
        for who in READERS:
            with server.connect(who) as client:
                judge(who, client, rng)
    for failure in failures:
        print("FAILED", failure)
    print("%d reports, %d rows as reckoned, %d refused" % (
        counts["reports"], counts["rows"], counts["refused"]))
    print("%d passed, %d failed" % (counts["reports"] + counts["refused"],
                                    len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Statement and ageing of every customer of the made-up company are what a
reckoning of one's own makes of its files, on several days, to the cent.
"""
import csv
import datetime
import decimal
import json
import os
import random
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tools"))
from claims import equal, run
from server import Server
import server as tools

CUSTOMERS, ORDERS, BATCH = 40, 600, 400
DAYS = ("2025-12-31", "2026-03-15", "2026-06-30")
BUCKETS = (("current", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90),
           ("90+", 10 ** 6))
COUNT = ("confirmed", "shipped", "closed")
Decimal = decimal.Decimal


def cents(amount):
    return str(Decimal(amount).quantize(Decimal("0.01"),
                                        decimal.ROUND_HALF_UP) + 0)


def day(text):
    return datetime.date.fromisoformat(text)


# --- the company -----------------------------------------------------------
class Book:
    """Per customer: (date, number, due, amount) of orders that count, and
    (date, number, order, amount, kind) of what pays them."""

    def __init__(self, directory, loader):
        self.loader, self.numbers = loader, {}
        self.orders, self.payments = {}, {}
        read = self.rows(directory)
        self.terms = {}
        self.customers(read("customers-SH") + read("customers-HZ")
                       + read("customers-CD"))
        self.bring_orders(read("orders"), read("order_lines"))
        self.bring_payments(read("payments"))
        self.bring_returns()

    @staticmethod
    def rows(directory):
        def read(stem):
            with open(os.path.join(directory, stem + ".map"),
                      encoding="utf-8") as f:
                fields = [line.split(": ")[1].strip() for line in f]
            with open(os.path.join(directory, stem + ".csv"), newline="",
                      encoding="utf-8") as f:
                return [dict(zip(fields, row)) for row in csv.reader(f)][1:]
        return read

    def create(self, entity, all_fields):
        """Gives the numbers; what is empty stays away."""
        out = []
        for at in range(0, len(all_fields), BATCH):
            items = [{"op": "create", "entity": entity, "fields": {
                key: value for key, value in fields.items() if value != ""}}
                for fields in all_fields[at:at + BATCH]]
            answer = self.loader.call("record.batch", items=items,
                                      source="import", atomic=True)
            out += [item["number"] for item in answer["items"]]
        return out

    def customers(self, rows):
        self.terms = {row["external_no"]: int(row["credit_days"] or 0)
                      for row in rows}
        numbers = self.create("customer", [
            dict(external_no=row["external_no"], name=row["name"],
                 type="other", category="regular", source="import",
                 credit_days=self.terms[row["external_no"]])
            for row in rows])
        self.numbers = dict(zip((r["external_no"] for r in rows), numbers))
        self.orders = {row["external_no"]: [] for row in rows}
        self.payments = {row["external_no"]: [] for row in rows}

    def bring_orders(self, orders, lines):
        # Every third has no day of its own until when it is to be paid.
        for at, row in enumerate(orders):
            row["due_date"] = "" if at % 3 == 0 else row["due_date"]
        numbers = self.create("order", [dict(
            external_no=row["external_no"], customer=row["customer"],
            date=row["date"], due_date=row["due_date"],
            status=row["status"]) for row in orders])
        product = self.create("product", [{"name": "货"}])[0]
        self.create("order_line", [dict(
            order=row["order"], product=product, quantity=row["quantity"],
            unit_price=row["unit_price"], discount=row["discount"])
            for row in lines])
        sums = dict.fromkeys((row["external_no"] for row in orders),
                             Decimal(0))
        for row in lines:
            sums[row["order"]] += Decimal(row["quantity"]) * Decimal(
                row["unit_price"]) * (1 - Decimal(row["discount"] or 0))
        self.known = {}
        for row, number in zip(orders, numbers):
            self.known[row["external_no"]] = (number, row["customer"],
                                              day(row["date"]))
            due = day(row["due_date"]) if row["due_date"] else \
                day(row["date"]) + datetime.timedelta(
                    self.terms[row["customer"]])
            if row["status"] in COUNT:
                self.orders[row["customer"]].append(
                    (day(row["date"]), number, due, sums[row["external_no"]]))

    def pay(self, entity, rows):
        numbers = self.create(entity, [
            {key: row[key] for key in ("customer", "order", "date", "amount")}
            for row in rows])
        for row, number in zip(rows, numbers):
            order = self.known[row["order"]][0] if row["order"] else None
            self.payments[row["customer"]].append(
                (day(row["date"]), number, order, Decimal(row["amount"]),
                 entity))

    # A part names no order, a part is less or more than the order.
    def bring_payments(self, rows):
        rng = random.Random(7)
        for row in rows:
            row["order"] = "" if rng.random() < 0.4 else row["order"]
            row["amount"] = cents(Decimal(row["amount"]) * rng.choice(
                (1, 1, 1, Decimal("0.5"), Decimal("1.25"))))
        self.pay("payment", rows)

    def bring_returns(self):
        rng = random.Random(8)
        picked = rng.sample(sorted(self.known.items()), 40)
        self.pay("return", [
            {"customer": customer, "amount": cents(rng.randrange(1, 90000))
             if rng.random() < 0.1 else cents(Decimal(rng.randrange(
                 1, 9000)) / 100), "date": "2026-06-%02d" % rng.randint(1, 28),
             "order": order if rng.random() < 0.5 else ""}
            for order, (_, customer, _) in picked])


# --- the reckoning of one's own --------------------------------------------
def ageing(book, customer, at):
    left = {number: amount for date, number, _, amount
            in sorted(book.orders[customer]) if date <= at}
    free = []
    for date, number, order, amount, kind in sorted(
            book.payments[customer], key=lambda p: (p[0], len(p[1]), p[1])):
        if date > at:
            continue
        taken = min(amount, left.get(order, Decimal(0)))
        if order in left:
            left[order] -= taken
        free.append(amount - taken)
    pool = sum(free, Decimal(0))
    rows, sums = [], dict.fromkeys((key for key, _ in BUCKETS), Decimal(0))
    for date, number, due, amount in sorted(book.orders[customer]):
        if date > at:
            continue
        taken = min(pool, left[number])
        pool, open_ = pool - taken, left[number] - taken
        key = next(k for k, last in BUCKETS if (at - due).days <= last)
        sums[key] += open_
        if cents(open_) != "0.00":
            rows.append((number, str(due), cents(open_), key))
    total = sum(sums.values(), Decimal(0))
    return rows, {k: cents(v) for k, v in sums.items()}, cents(total), \
        cents(pool), cents(total - pool)


def statement(book, customer):
    lines = [(date, 0, number, amount) for date, number, _, amount
             in book.orders[customer]] + \
        [(date, 1, number, -amount) for date, number, _, amount, _
         in book.payments[customer]]
    balance, out = Decimal(0), []
    # Payments and returns have series of their own: a day's are one sum.
    for date, _, number, amount in sorted(lines, key=lambda l: l[:2]):
        balance += amount
        out.append((str(date), cents(balance)))
    return dict(out), len(out), cents(balance)


# --- claims ----------------------------------------------------------------
def test_ageing_is_what_the_files_say(server):
    book, open_seen, ahead = company(server), 0, 0
    with server.connect("finance") as finance:
        for customer, number in book.numbers.items():
            for at in DAYS:
                got = finance.call("customer.ageing", id=number, at=at)
                want = ageing(book, customer, day(at))
                equal(([(r["order"], r["due"], r["open"], r["bucket"])
                        for r in got["rows"]], got["buckets"], got["total"],
                       got["unallocated"], got["balance"]), want)
                open_seen += len(want[0])
                ahead += want[3] != "0.00"
    assert open_seen > 100 and ahead > 5, (open_seen, ahead)


def test_a_statement_is_what_the_files_say(server):
    book = company(server)
    with server.connect("finance") as finance:
        for customer, number in book.numbers.items():
            got, rows = whole_statement(finance, number)
            by_day, count, closing = statement(book, customer)
            equal(len(rows), count)
            equal({r["date"]: r["balance"] for r in rows}, by_day)
            equal(got["closing"], closing)
            owed = finance.call("record.get", entity="customer", id=number,
                                fields=["receivable"])["fields"]
            equal(cents(owed.get("receivable", "0")), closing)


def whole_statement(client, number):
    """The last page, and the rows of all."""
    rows, after = [], None
    while True:
        page = client.call("customer.statement", id=number, limit=7,
                           **({"after": after} if after else {}))
        rows += page["rows"]
        after = page["next"]
        if after is None:
            return page, rows


def kehu(server, *words):
    home = os.path.join(server.directory, "home")
    os.makedirs(home, exist_ok=True)
    return subprocess.run(
        [os.path.join(tools.BUILD, "kehu"), "--server",
         "127.0.0.1:%d" % server.port, "--ca", server.ca, "--user", "finance",
         "--password-file", tools.password_path(server.directory, "finance"),
         *words], check=True, capture_output=True, text=True,
        env=dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, KEHU_LANG="en",
                 XDG_STATE_HOME=home, XDG_RUNTIME_DIR=home)).stdout


# More lines than the server gives at once.
def test_the_client_shows_all_pages_as_one(server):
    count = 1003
    with server.connect("loader") as loader:
        number = loader.call("record.create", entity="customer", fields=dict(
            name="对账公司", type="other", category="regular",
            source="phone"))["number"]
        for at in range(0, count, BATCH):
            loader.call("record.batch", source="import", atomic=True, items=[
                {"op": "create", "entity": "payment", "fields": {
                    "customer": number, "date": "2026-01-05", "amount": "2"}}
                for _ in range(at, min(at + BATCH, count))])
    answer = json.loads(kehu(server, "--json", "customer", "statement",
                             number, "--from", "2026-01"))
    equal(list(answer), ["id", "number", "from", "to", "opening", "rows",
                         "debit", "credit", "closing"])
    equal([row["balance"] for row in answer["rows"]],
          ["-%d.00" % (2 * (at + 1)) for at in range(count)])
    equal((answer["credit"], answer["closing"]), ("2006.00", "-2006.00"))
    lines = kehu(server, "--csv", "customer", "statement", number)
    equal(len(lines.splitlines()), count + 1)
    equal(len(kehu(server, "--csv", "customer", "statement", number, "--from",
                   "2026-02").splitlines()) <= 1, True)


BOOKS = []


def company(server):
    if not BOOKS:
        with tempfile.TemporaryDirectory() as out, \
                server.connect("loader") as loader:
            subprocess.run(
                [sys.executable, os.path.join(ROOT, "company/generate.py"),
                 out, "--customers", str(CUSTOMERS), "--orders",
                 str(ORDERS)], check=True)
            BOOKS.append(Book(out, loader))
    return BOOKS[0]


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

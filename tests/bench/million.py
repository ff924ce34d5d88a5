# SPDX-License-Identifier: MIT
"""A book of a million customers: made once, then asked what its users ask.

Customers come by record.batch (load.c), orders, lines and payments as tables
by `kehu ENTITY import`, which checks each row before it writes the first.  How
often a customer buys is uneven (a Pareto distribution), one buys most of all.
Everything is drawn from fixed seeds.  A book that was given a directory stays
there and is taken up again.
"""
import csv
import datetime
import os
import random
import re
import statistics
import subprocess
import threading
import time

import server as tools
import trade

PRODUCTS = 200
ROWS_A_FILE = 500000
LINES_AN_ORDER = (1, 2, 2, 3, 4)
FIRST_DAY, DAYS = datetime.date(2023, 10, 1), 1150
HEAVY_SHARE = 500  # of all orders one in so many is the first customer's
PAYING = 10        # one customer in so many pays, order by order
PAGES = 300        # customers asked for a page
PERIOD = 0.05      # seconds between two looks at the memory


# --- the tables ------------------------------------------------------------

def order_owners(rng, customers, orders):
    """The customer of each order, in a random order."""
    heavy = orders // HEAVY_SHARE
    owners = [0] * heavy
    weights = [rng.paretovariate(1.6) for _ in range(customers)]
    owners += rng.choices(range(customers), weights, k=orders - heavy)
    rng.shuffle(owners)
    return owners


def former(customer):
    return "EX%09d" % customer


def order_rows(owners, rng):
    for at, owner in enumerate(owners):
        day = FIRST_DAY + datetime.timedelta(days=rng.randrange(DAYS))
        yield "O%08d" % at, former(owner), day, "closed"


def line_rows(owners, count, products, rng):
    for at in range(len(owners)):
        for line in range(rng.choice(LINES_AN_ORDER)):
            if not count:
                return
            count -= 1
            yield ("O%08d" % at, line + 1, rng.choice(products),
                   rng.randint(1, 12),
                   "%d.%02d" % (rng.paretovariate(.9) % 5000,
                                rng.randrange(100)))


def payment_rows(owners, rng):
    for at, owner in enumerate(owners):
        if owner % PAYING == 0:
            yield ("P%08d" % at, former(owner), "O%08d" % at,
                   FIRST_DAY + datetime.timedelta(
                       days=rng.randrange(DAYS)), rng.randint(10, 300))


HEADERS = {"order": ("external_no", "customer", "date", "status"),
           "order_line": ("order", "line", "product", "quantity",
                          "unit_price"),
           "payment": ("external_no", "customer", "order", "date", "amount")}


def write_some(path, entity, rows):
    """One file of the table; how many rows it has."""
    count = 0
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f)
        out.writerow(HEADERS[entity])
        for row in rows:
            out.writerow(row)
            count += 1
            if count == ROWS_A_FILE:
                break
    return count


def kehu(own, user, *command):
    home = os.path.join(own.directory, "home")
    environment = dict(os.environ, HOME=home, KEHU_LANG="en", NO_COLOR="1",
                       XDG_CONFIG_HOME=home, XDG_STATE_HOME=home,
                       XDG_RUNTIME_DIR=home)
    os.makedirs(home, 0o700, exist_ok=True)
    subprocess.run(
        [os.path.join(tools.BUILD, "kehu"), "--server",
         "127.0.0.1:%d" % own.port, "--ca", own.ca, "--user", user,
         "--password-file", tools.password_path(own.directory, user),
         *command], env=environment, check=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def import_table(own, entity, rows):
    path = os.path.join(own.directory, entity + ".csv")
    count, took, cpu = 0, 0.0, 0.0
    while True:
        some = write_some(path, entity, rows)
        if not some:
            break
        with Watch(own) as watch:
            kehu(own, "loader", entity, "import", path)
        count, took, cpu = count + some, took + watch.took, cpu + watch.cpu
        print("  %s %d" % (entity, count), flush=True)
        os.unlink(path)
    os.unlink(path)
    print("%-12s %9d rows, checked first, durable: %7.0f a second, server's "
          "CPU %.0f us each" % (entity, count, count / took,
                                cpu / count * 1e6), flush=True)


def fill(own, customers, lines):
    rng = random.Random(1)
    with own.connect("loader") as client:
        products = [client.call(
            "record.create", entity="product",
            fields={"name": "product %d" % i})["number"]
            for i in range(PRODUCTS)]
    owners = order_owners(rng, customers, int(lines / statistics.mean(
        LINES_AN_ORDER)))
    import_table(own, "order", order_rows(owners, rng))
    import_table(own, "order_line", line_rows(owners, lines, products, rng))
    import_table(own, "payment", payment_rows(owners, rng))


# --- watching --------------------------------------------------------------

def own_mib(pid):
    """Without LMDB's pages, which are the page cache's."""
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1)) / 1024


class Watch:
    """What the server takes meanwhile: time, CPU, memory at its most."""

    def __init__(self, own):
        self.pid = own.process.pid
        self.over = threading.Event()
        self.most = 0
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while True:
            self.most = max(self.most, own_mib(self.pid))
            if self.over.wait(PERIOD):
                return

    def __enter__(self):
        self.before = own_mib(self.pid)
        self.start, self.cpu_before = time.monotonic(), trade.cpu_s(self.pid)
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.took = time.monotonic() - self.start
        self.cpu = trade.cpu_s(self.pid) - self.cpu_before
        self.over.set()
        self.thread.join()


# --- pages of one customer -------------------------------------------------

METHODS = [("record.get", {"entity": "customer"}), ("customer.dossier", {}),
           ("customer.timeline", {}), ("customer.statement", {}),
           ("customer.ageing", {})]


def pages(own, ids_path):
    """The first customer of the file is the one who buys most."""
    with open(ids_path, encoding="ascii") as f:
        ids = [line.split()[0] for line in f]
    ordinary = random.Random(2).sample(ids, min(PAGES, len(ids)))
    print("\n%-29s %21s %21s" % ("one customer's page, ms",
                                 "ordinary: p50    p99",
                                 "heaviest: p50    p99"))
    for user in "sh-manager", "finance":
        with own.connect(user, timeout=120) as client:
            for method, params in METHODS:
                print("%-10s %-18s %12.2f %8.2f %12.2f %8.2f" % (
                    user, method,
                    *ask_each(client, method, params, ordinary),
                    *ask_each(client, method, params, ids[:1] * 50)),
                    flush=True)


def ask_each(client, method, params, ids):
    taken = []
    for key in ids:
        start = time.monotonic()
        client.call(method, id=key, **params)
        taken.append((time.monotonic() - start) * 1e3)
    taken.sort()
    return statistics.median(taken), taken[len(taken) * 99 // 100]


# --- the whole book --------------------------------------------------------

def report(name, **params):
    def run(own):
        with own.connect("gm", timeout=300) as client:
            client.call("report.run", name=name, params=dict(params, limit=100))
    return run


def classify(own):
    with own.connect("admin", timeout=3600) as client:
        client.call("rule.run", reason="bench")


def is_again(pair):
    """One that was entered twice, under another form (customer.c)."""
    return sum("股份" in pair[side]["fields"]["name"]
               for side in ("record", "other")) == 1


def compare(own):
    """customer.duplicates page by page; what was found."""
    params, pairs, again, looked_at = {}, 0, 0, 0
    with own.connect("gm", timeout=300) as client:
        while True:
            page = client.call("customer.duplicates", **params)
            pairs += len(page["rows"])
            again += sum(map(is_again, page["rows"]))
            looked_at += page["looked_at"]
            if page["next"] is None:
                return "%d pairs; of %d entered twice %d" % (
                    pairs, looked_at // 1000, again)
            params["after"] = page["next"]


def compare_some(own):
    with own.connect("gm", timeout=300) as client:
        client.call("customer.duplicates")


WHOLE = [("report abc", report("abc")), ("report rfm", report("rfm")),
         ("report sales by month", report("sales", group="month")),
         ("report sales by product", report("sales", group="product")),
         ("report quality", report("quality")),
         ("report retention", report("retention")),
         ("rule.run", classify)]


def whole(own):
    print("\n%-28s %9s %9s %12s" % ("of the whole book", "s", "CPU s",
                                    "memory MiB +"))
    for name, run in WHOLE + [("duplicates", compare)]:
        with Watch(own) as watch:
            told = run(own)
        print("%-28s %9.2f %9.2f %12.0f  %s" % (
            name, watch.took, watch.cpu, watch.most - watch.before,
            told or ""), flush=True)


# Pieces of it, to be done again and again while others read.
PIECES = [WHOLE[0], WHOLE[1], ("rule.run", classify),
          ("duplicates", compare_some)]


class Beside:
    """Turns of a side while a piece is done again and again."""

    def __init__(self, side, own, run):
        self.side, self.own, self.run = side, own, run
        self.over = threading.Event()

    def work(self):
        while not self.over.is_set():
            self.run(self.own)

    def turn(self, seconds):
        self.over.clear()
        thread = threading.Thread(target=self.work)
        thread.start()
        try:
            return self.side.turn(seconds)
        finally:
            self.over.set()
            thread.join()


# --- a book that stays -----------------------------------------------------

def mark_path(directory):
    return os.path.join(directory, "made")


def is_made(directory, customers):
    try:
        with open(mark_path(directory), encoding="ascii") as f:
            return int(f.read()) == customers
    except FileNotFoundError:
        return False


def mark(directory, customers):
    with open(mark_path(directory), "w", encoding="ascii") as f:
        f.write("%d\n" % customers)

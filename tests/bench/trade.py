# SPDX-License-Identifier: MIT
"""What reports cost: a book with orders, each report timed, reads beside it.

Every customer gets five order lines in two or three orders of different
months, as an import with its original dates, for little: nobody's credit
stands against it.  A report's time is that of one call, the middle of some; its
CPU is the server's.  "A million" is that CPU a customer times a million, since
each of them is one walk over the customers' ledger rows.
"""
import concurrent.futures
import datetime
import itertools
import os
import random
import statistics
import threading
import time

ORDERS_A_BATCH = 80
LOADERS = 3
CALLS = 9
REPORTS = [("abc", {"group": "class"}), ("abc", {}), ("rfm", {}),
           ("rfm", {"group": "cell"}), ("sales", {"group": "branch"}),
           ("sales", {"group": "month"}), ("retention", {}),
           ("quality", {})]
LINES = [(2, 3), (3, 2), (2, 2, 1)]  # a customer's orders


def orders_of(customers, products, rng):
    """Batches of items: orders, and their lines by "#n"."""
    first = datetime.date(2024, 1, 1)
    items = []
    for customer in customers:
        for lines in rng.choice(LINES):
            day = first + datetime.timedelta(days=rng.randrange(900))
            order = len(items)
            items.append({"op": "create", "entity": "order", "fields": {
                "customer": customer, "date": str(day), "status": "closed"}})
            for _ in range(lines):
                items.append({"op": "create", "entity": "order_line",
                              "fields": {
                                  "order": "#%d" % order,
                                  "product": rng.choice(products),
                                  "quantity": str(rng.randint(1, 4)),
                                  "unit_price": "%d.%02d" % (
                                      rng.randrange(9), rng.randrange(100))}})
        if len(items) > ORDERS_A_BATCH * 3:
            yield items
            items = []
    if items:
        yield items


def store_orders(server, batches):
    """Shares the batches among some connections; lines stored."""
    lock, lines = threading.Lock(), 0

    def work():
        nonlocal lines
        with server.connect("loader") as client:
            while True:
                with lock:
                    items = next(batches, None)
                if items is None:
                    return
                answer = client.call("record.batch", items=items,
                                     atomic=False, source="import")
                with lock:
                    lines += sum(
                        item["entity"] == "order_line" and "code" not in done
                        for item, done in zip(items, answer["items"]))
    with concurrent.futures.ThreadPoolExecutor(LOADERS) as pool:
        for done in [pool.submit(work) for _ in range(LOADERS)]:
            done.result()
    return lines


def fill(server):
    rng = random.Random(1)
    with server.connect("loader", timeout=120) as client:
        products = [client.call(
            "record.create", entity="product",
            fields={"name": "product %d" % i})["number"] for i in range(30)]
        customers = [row["number"] for row in client.find_all(
            "customer", limit=1000, fields=[])]
    start = time.monotonic()
    lines = store_orders(server, orders_of(customers, products, rng))
    print("\n%d customers, %d order lines stored at %.0f a second" % (
        len(customers), lines, lines / (time.monotonic() - start)),
        flush=True)
    return len(customers)


def cpu_s(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(server, client, name, params):
    """(the middle time of a call, the server's CPU of one), seconds."""
    taken, before = [], cpu_s(server.process.pid)
    for _ in range(CALLS):
        start = time.monotonic()
        client.call("report.run", name=name, params=dict(params, limit=100))
        taken.append(time.monotonic() - start)
    return (statistics.median(taken),
            (cpu_s(server.process.pid) - before) / CALLS)


def times(server, customers):
    print("%-28s %9s %9s %15s %13s" % (
        "report", "ms", "CPU ms", "CPU us/customer", "a million, s"))
    with server.connect("gm", timeout=120) as client:
        for name, params in REPORTS:
            took, cpu = timed(server, client, name, params)
            each = cpu / customers * 1e6
            print("%-28s %9.0f %9.0f %15.2f %13.1f" % (
                " ".join([name] + ["%s=%s" % p for p in params.items()]),
                took * 1e3, cpu * 1e3, each, each), flush=True)


class Running:
    """Reports without a pause, on a connection of their own."""

    def __init__(self, server):
        self.client = server.connect("gm", timeout=120)
        self.stop = threading.Event()
        self.count = 0
        self.thread = threading.Thread(target=self.work)

    def work(self):
        for name, params in itertools.cycle(REPORTS[:4]):
            if self.stop.is_set():
                return
            self.client.call("report.run", name=name,
                             params=dict(params, limit=100))
            self.count += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.stop.set()
        self.thread.join()
        self.client.close()

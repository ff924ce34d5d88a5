#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many hostile peers at once; one honest client beside them notices nothing.

wire.py asks how one wrong message is answered.  Here the wrong ones come in
thousands and together: messages mutated by kind and by bit, connections that
stall, never read or are reset in the middle of a batch, guessed passwords, a
stop under load.  All the while a client of good faith writes and reads and is
never refused.  At the end: no answer of a fault, no half of a batch, a log
that verifies, bounded memory, and no sanitizer's report on the server's
standard error (build it with SAN=1 or SAN=thread to make that mean much).

    hostile.py [CLAIM ...]      KEHU_LONG=1: ten times as much
    KEHU_SEED=N                 the same mutations again
"""
import os
import random
import re
import resource
import socket
import ssl
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
import msgpack
from claims import equal, eventually, run
from kehu_rpc import Client, Closed, RpcError, context
from nasty import HASHED, NASTY, customer, frames, mutate, request, \
    templates
from server import BUILD, Server, password_of

LONG = 10 if os.environ.get("KEHU_LONG") else 1
SEED = int(os.environ.get("KEHU_SEED") or time.time_ns() % 10 ** 9)
MIB = 1 << 20
GONE = (OSError, Closed)  # ssl errors are OSErrors
WORDS = {"invalid", "unknown", "not_found", "denied", "conflict", "duplicate",
         "unauthenticated", "locked", "too_large", "busy", "unavailable"}
REPORTS = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|"
                     r"runtime error:|assertion|fatal", re.I)


class Peer(Client):
    """A client from a network of its own: the throttle counts by network."""

    def __init__(self, server, net=1, timeout=120):
        plain = socket.create_connection(
            ("127.0.0.1", server.port), timeout,
            source_address=("127.%d.%d.1" % (1 + net // 200, 1 + net % 200),
                            0))
        try:
            self.stream = context(server.ca).wrap_socket(
                plain, server_hostname="127.0.0.1")
        except BaseException:
            plain.close()
            raise
        self.unpacker = msgpack.Unpacker(
            raw=True, strict_map_key=False, max_buffer_size=1 << 27)
        self.next_id = 0
        self.waiting = {}
        self.notified = []

    def receive(self):
        message = super().receive()
        return clean(message)

    def reset(self):
        """Away without a word: RST instead of FIN."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        self.stream.close()


def clean(value):
    """Text of an unpacked answer; the log's entries stay bytes."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, list):
        return [clean(v) for v in value]
    if isinstance(value, dict):
        return {clean(k): clean(v) for k, v in value.items()}
    return value


class Kept:
    """Tokens, so that a peer who was cut off is back without a password."""

    def __init__(self):
        self.tokens = {}
        self.lock = threading.Lock()

    def login(self, server, user, net=1):
        """Behind other people's guesses a login may have to wait."""
        deadline = time.monotonic() + 120
        while True:
            try:
                return self.once(server, user, net)
            except (RpcError, Closed) as why:
                if time.monotonic() > deadline or \
                        getattr(why, "code", "busy") != "busy":
                    raise

    def once(self, server, user, net):
        peer = Peer(server, net)
        with self.lock:
            token = self.tokens.get(user)
        try:
            if token:
                try:
                    peer.call("session.login", token=token)
                    return peer
                except RpcError as refused:
                    if refused.code != "unauthenticated":
                        raise
            said = peer.call("session.login", user=user, keep=True,
                             password=password_of(server.directory, user))
            with self.lock:
                self.tokens[user] = said["token"]
            return peer
        except BaseException:
            peer.close()
            raise


KEPT = Kept()


def rss(server):
    with open("/proc/%d/status" % server.process.pid, encoding="ascii") as f:
        return next(int(line.split()[1]) * 1024 for line in f
                    if line.startswith("VmRSS:"))


def room():
    """What the server's memory may grow by."""
    with open(os.path.join(BUILD, "kehud"), "rb") as f:
        watched = re.search(b"__(asan|tsan)_init", f.read())
    return (1024 if watched else 192) * MIB


class Honest(threading.Thread):
    """Writes and reads all the time, and is served all the time."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.client = server.connect("sh-manager")
        self.over = threading.Event()
        self.calls = 0
        self.slowest = 0.0
        self.kept = {}
        self.failure = None

    def one(self):
        name = "老实客户%06d" % self.calls
        made = self.client.call("record.create", entity="customer",
                                fields=customer(name))
        self.kept[made["number"]] = name
        got = self.client.call("record.get", entity="customer",
                               id=made["number"], fields=["name"])
        equal(got["fields"]["name"], name)

    def run(self):
        while not self.over.is_set():
            begun = time.monotonic()
            try:
                self.one()
            except Exception as why:  # whatever it is, it is a failure
                self.failure = why
                return
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.calls += 1
            time.sleep(0.02)


def still_well(server):
    assert server.process.poll() is None, "the server died:\n" + server.log()
    honest = server.honest
    assert honest.failure is None, "honest client: %r\n%s" % (
        honest.failure, server.log())
    before, begun = honest.calls, time.monotonic()
    while honest.calls < before + 2 and honest.failure is None:
        assert time.monotonic() < begun + 120, "nobody is served"
        time.sleep(0.02)
    assert honest.failure is None, honest.failure
    # Hashes that are still under way have 64 MiB each.
    eventually(lambda: "%d MiB more" % ((rss(server) - server.rss) // MIB),
               lambda _: rss(server) - server.rss < room())


# --- what comes back --------------------------------------------------------

def judged(message, sent):
    """What is wrong with an answer."""
    if len(message) != 4 or message[0] != 1:
        return "no answer: %r" % (message,)
    error = message[2]
    if error is None:
        return None if message[3] is not None else "neither error nor result"
    if not isinstance(error, dict) or error.get("code") not in WORDS:
        return "%r to %r" % (error, sent.get(message[1]))
    return None


class Mutant(threading.Thread):
    """Sends mutated messages in groups and reads every answer."""

    def __init__(self, server, user, number, rng, until, most):
        super().__init__()
        self.server, self.user, self.rng = server, user, rng
        self.number, self.until, self.most = number, until, most
        self.sent = self.answered = self.done = self.cut = 0
        self.problems = []

    def next_message(self, msgid):
        rng = self.rng
        method, params = rng.choice(
            HASHED if rng.random() < 0.004 else templates(self.number))
        params = mutate(params, rng)
        if rng.random() < 0.02:
            method = rng.choice(NASTY + ["", "record", "record.find\0"])
        return method, params, request(msgid, method, params)

    def group(self, peer):
        waits = {}
        for _ in range(16):
            peer.next_id += 1
            method, params, data = self.next_message(peer.next_id)
            self.sent += 1
            if frames(data):
                waits[peer.next_id] = (method, params)
                peer.send_raw(data)
                continue
            peer.send_raw(data)
            self.cut += 1
            return False  # where it ends is the server's guess
        while waits:
            message = peer.receive()
            wrong = judged(message, waits)
            if wrong:
                self.problems.append(wrong[:3000])
            if message[1] not in waits and not message[1]:
                return False
            self.answered += 1
            self.done += message[2] is None
            waits.pop(message[1], None)
            if isinstance(message[2], dict) and \
                    message[2]["code"] == "unauthenticated":
                return False
        return True

    def goes_on(self):
        """Until the time is over and something was shown."""
        return self.sent < self.most and (
            time.monotonic() < self.until or self.answered < 200)

    def run(self):
        try:
            while self.goes_on():
                peer = KEPT.login(self.server, self.user, 10)
                try:
                    while self.goes_on() and self.group(peer):
                        pass
                except (BrokenPipeError, ConnectionError, ssl.SSLError,
                        Closed):
                    self.cut += 1
                finally:
                    peer.close()
        except Exception as why:
            self.problems.append("%s: %r" % (self.user, why))


def test_ten_thousand_wrong_messages_are_answered(server):
    number = next(iter(server.honest.kept))
    until = time.monotonic() + 12 * LONG
    workers = [Mutant(server, user, number, random.Random(SEED + n), until,
                      2500 * LONG)
               for n, user in enumerate(("loader", "admin", "everyone",
                                         "sh-sales"))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    figures = [sum(getattr(w, key) for w in workers)
               for key in ("sent", "answered", "done", "cut")]
    print("       %d sent, %d answered, %d of them done, %d cut off" %
          tuple(figures))
    problems = [p for w in workers for p in w.problems]
    assert not problems, "\n".join(problems[:5])
    assert figures[1] > 500 and figures[2] > 10, figures
    still_well(server)


def torn(data, rng):
    data = bytearray(data)
    kind = rng.randrange(4)
    if kind == 0:
        del data[rng.randrange(len(data)):]
    elif kind == 1:
        at = rng.randrange(len(data))
        data[at:at] = rng.randbytes(rng.randrange(1, 9))
    elif kind == 2:
        at = rng.randrange(len(data))
        del data[at:at + rng.randrange(1, 9)]
    if kind == 3 or rng.random() < 0.5:
        for _ in range(rng.randrange(1, 8)):
            if data:
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def test_turned_bits_and_cut_messages_harm_nobody(server):
    rng = random.Random(SEED)
    number = next(iter(server.honest.kept))
    until = time.monotonic() + 5 * LONG
    sent = answers = 0
    while sent < 2500 * LONG and (
            time.monotonic() < until or sent <= 50 or answers <= 5):
        # Some come before a login.
        peer = KEPT.login(server, "everyone", 10) if rng.random() < 0.8 \
            else Peer(server, 10)
        try:
            for msgid in range(1, 9):
                data = torn(request(msgid, *rng.choice(templates(number))),
                            rng)
                sent += 1
                peer.send_raw(data)
            peer.stream.settimeout(0.05 if answers > 5 else 0.5)
            while True:
                message = peer.receive()
                answers += 1
                wrong = judged(message, {})
                assert wrong is None, wrong
        except GONE:
            pass
        finally:
            (peer.reset if rng.random() < 0.3 else peer.close)()
    print("       %d sent, %d answers" % (sent, answers))
    assert sent > 50 and answers > 5
    still_well(server)


def client_hello(server):
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    stream = context(server.ca).wrap_bio(inside, outside,
                                         server_hostname="127.0.0.1")
    try:
        stream.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outside.read()


def test_broken_handshakes_keep_nobody_out(server):
    rng = random.Random(SEED)
    hello = client_hello(server)
    half = []

    def greeting():
        begun = time.monotonic()
        with server.connect() as client:
            client.call("session.hello")
        return time.monotonic() - begun
    usual = greeting()
    try:
        for count in range(300 * LONG):
            plain = socket.create_connection(("127.0.0.1", server.port), 120)
            half.append(plain)
            if count % 3 == 0:
                data = hello[:rng.randrange(len(hello))]
            elif count % 3 == 1:
                data = torn(hello, rng)
            else:
                data = rng.randbytes(rng.randrange(1, 2000))
            try:
                plain.sendall(data)
            except OSError:
                pass
            if rng.random() < 0.3:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
                plain.close()
        took = greeting()
        assert took < 10 + 20 * usual, "kept waiting: %.1f s" % took
        still_well(server)
    finally:
        for plain in half:
            plain.close()


def test_a_thousand_who_never_log_in_leave_room(server):
    low, high = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 8192 if high == resource.RLIM_INFINITY else min(8192, high)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, high))
    idle, shaken = [], []
    try:
        for _ in range(min(1000, most - 100 * LONG - 100)):
            idle.append(socket.create_connection(
                ("127.0.0.1", server.port), 120))
        for _ in range(100 * LONG):
            shaken.append(Peer(server, 3))
        still_well(server)
        with server.connect("gm") as client:
            equal(client.call("session.whoami")["user"], "gm")
    finally:
        for stream in idle + shaken:
            stream.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (low, high))
    still_well(server)


def test_those_who_never_read_cost_little(server):
    deaf = []
    data = request(1, "schema.get", {}) * 64
    try:
        for _ in range(12 * LONG):
            peer = KEPT.login(server, "gm", 5)
            peer.stream.settimeout(0.2)
            deaf.append(peer)
        until = time.monotonic() + 3
        while time.monotonic() < until:
            for peer in list(deaf):
                try:
                    peer.send_raw(data)
                except GONE:
                    deaf.remove(peer)
                    peer.reset()
            if not deaf:
                break
        still_well(server)
    finally:
        for peer in deaf:
            peer.reset()


def test_resets_during_batches_leave_no_half(server):
    rng = random.Random(SEED)
    batches = []
    for count in range(60 * LONG):
        peer = KEPT.login(server, "loader", 5)
        stream = b""
        for number in range(rng.randrange(1, 12)):
            tag = "R%d-%d" % (count, number)
            batches.append(tag)
            stream += request(number, "record.batch", {
                "atomic": True, "items": [
                    {"op": "create", "entity": "customer",
                     "fields": customer("重置 %s %d" % (tag, n),
                                        external_no="%s-%d" % (tag, n))}
                    for n in range(4)]})
        try:
            if count % 10:
                peer.send_raw(stream[:rng.randrange(len(stream))])
                time.sleep(rng.choice((0, 0, 0.002, 0.01, 0.03)))
            else:  # one of its batches is stored
                peer.send_raw(stream)
                peer.receive()
        except GONE:
            pass
        peer.reset()
    still_well(server)
    with server.connect("gm") as reader:
        found = {}
        for row in reader.find_all("customer", limit=500, scope="all",
                                   fields=["external_no"],
                                   where=["prefix", "name", "重置"]):
            tag = row["fields"]["external_no"].rpartition("-")[0]
            found[tag] = found.get(tag, 0) + 1
    print("       %d batches sent, %d stored" % (len(batches), len(found)))
    assert found and set(found.values()) == {4}, found


class Dripping(threading.Thread):
    """A byte of a request a second, beside everything else."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.peers = [KEPT.login(server, "gm", 5) for _ in range(30)]
        self.took = []

    def drip(self, peer, byte):
        try:
            peer.stream.settimeout(0.01)
            peer.send_raw(byte)
            return bool(peer.stream.recv(100))
        except (TimeoutError, socket.timeout):
            return True
        except GONE:
            return False

    def run(self):
        begun = time.monotonic()
        data = request(1, "record.find", {"entity": "customer"})
        for at in range(len(data) - 1):
            for peer in list(self.peers):
                if not self.drip(peer, data[at:at + 1]):
                    self.took.append(time.monotonic() - begun)
                    self.peers.remove(peer)
                    peer.close()
            if not self.peers:
                break
            time.sleep(max(0.0, begun + at + 1 - time.monotonic()))


def test_a_byte_a_second_was_cut_off(server):
    server.dripping.join(240)
    equal(len(server.dripping.peers), 0)
    assert 8 < min(server.dripping.took), server.dripping.took
    still_well(server)


def test_two_hundred_guessers_slow_nobody_down(server):
    codes = {}
    lock = threading.Lock()

    def guess(count):
        try:
            with Peer(server, 20 + count % 60) as peer:
                error = peer.answer(peer.send(
                    "session.login", user="gm" if count % 2 else "u%d" % count,
                    password="wrong password %d" % count))[0]
                code = error["code"] if error else "in"
        except GONE:
            code = "closed"
        with lock:
            codes[code] = codes.get(code, 0) + 1

    server.honest.slowest = 0.0
    begun = time.monotonic()
    guessers = [threading.Thread(target=guess, args=(n,)) for n in range(200)]
    for guesser in guessers:
        guesser.start()
    for guesser in guessers:
        guesser.join()
    took = time.monotonic() - begun
    print("       %r in %.1f s; the honest waited %.0f ms at most" % (
        codes, took, server.honest.slowest * 1000))
    assert set(codes) <= {"unauthenticated", "locked", "busy", "closed"}, codes
    assert codes.get("unauthenticated"), codes
    # Behind all of them he would have waited as long as they took.
    assert server.honest.slowest < max(5, took / 2), server.honest.slowest
    still_well(server)


class Writer(threading.Thread):
    def __init__(self, server, count):
        super().__init__()
        self.client = KEPT.login(server, "loader", 5)
        self.count = count
        self.kept = {}
        self.failure = None

    def run(self):
        asked = {}
        try:
            for number in range(100000):
                name = "停机 %d %d" % (self.count, number)
                asked[self.client.send("record.create", entity="customer",
                                       fields=customer(name))] = name
                if len(asked) < 8:
                    continue
                message = self.client.receive()
                name = asked.pop(message[1])
                if message[2] is None:
                    self.kept[message[3]["number"]] = name
                elif message[2]["code"] not in ("unavailable", "busy"):
                    self.failure = message[2]
        except GONE:
            pass


def test_a_stop_under_load_keeps_what_was_acknowledged(server):
    server.honest.over.set()
    server.honest.join(240)
    assert server.honest.failure is None, server.honest.failure
    kept = dict(server.honest.kept)
    for cycle in range(2 * LONG):
        writers = [Writer(server, cycle * 10 + n) for n in range(4)]
        for writer in writers:
            writer.start()
        time.sleep(0.5)
        begun = time.monotonic()
        equal(server.stop(), 0)
        took = time.monotonic() - begun
        assert took < 60, "stopped after %.1f s" % took
        for writer in writers:
            writer.join(240)
            assert writer.failure is None, writer.failure
            kept.update(writer.kept)
        server.start()
    with server.connect("gm", timeout=120) as reader:
        rows = {row["number"]: row["fields"].get("name") for row in
                reader.find_all("customer", limit=1000, scope="all",
                                archived=True, fields=["name"])}
    lost = {n: name for n, name in kept.items() if n not in rows}
    print("       %d acknowledged, stopped in %.1f s" % (len(kept), took))
    assert not lost, "%d lost: %r" % (len(lost), sorted(lost.items())[:3])


def test_the_log_verifies_and_no_report_was_written(server):
    with server.connect("auditor", timeout=300) as client:
        counts = client.call("audit.verify")
    print("       %r" % (counts,))
    equal(counts["bad"], 0)
    assert counts["entries"] > 50
    status = server.stop()
    with open(server.log_path, encoding="utf-8", errors="replace") as f:
        said = f.read()
    found = REPORTS.search(said)
    assert not found, said[max(0, found.start() - 200):found.start() + 6000]
    equal(status, 0)


def main():
    print("seed %d" % SEED)
    server = Server()
    try:
        server.open()
        with server.connect("admin") as admin:
            path = os.path.join(server.directory, "passwords", "everyone")
            with open(path, "w", encoding="ascii") as f:
                f.write("a long pass phrase of everyone\n")
            admin.call("user.create", user="everyone", branch="SH",
                       password="a long pass phrase of everyone",
                       roles=["sales", "manager", "clerk", "finance", "gm",
                              "auditor", "privacy"])
        server.rss = rss(server)
        server.honest = Honest(server)
        server.honest.start()
        server.dripping = Dripping(server)
        server.dripping.start()
        while not server.honest.kept and not server.honest.failure:
            time.sleep(0.02)
        return run(globals(), server)
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whatever a peer sends, the server answers by the contract or hangs up, and
goes on serving others with little memory.

The bytes are made here, not by a library that would refuse to make them.
After each claim the server must be the same process and still answer.
"""
import os
import resource
import socket
import ssl
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
import msgpack
from claims import equal, expect_code, run
from kehu_rpc import Client, Closed, RpcError, context
from server import Server, password_of

MIB = 1 << 20


def rss(server):
    with open("/proc/%d/status" % server.process.pid, encoding="ascii") as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def still_serves(server):
    assert server.process.poll() is None, "the server died: " + server.log()
    with server.connect() as client:
        equal(client.call("session.hello")["protocol"] is not None, True)


def text(value):
    """A str32 of any bytes."""
    value = value.encode() if isinstance(value, str) else value
    return b"\xdb" + struct.pack(">I", len(value)) + value


def request(method, packed_map, msgid=7):
    return (b"\x94\x00" + msgpack.packb(msgid) + msgpack.packb(method)
            + b"\x91" + packed_map)


def refused_or_closed(server, data, user="sh-sales", codes=None):
    """Sends raw bytes; an answer must be one of the codes.  Gives its code or
    'closed'; silence is neither."""
    with server.connect(user) as client:
        try:
            client.send_raw(data)
            message = client.receive()
        except (Closed, ssl.SSLError, ConnectionError, BrokenPipeError):
            return "closed"
        assert message[0] == 1 and message[2] is not None, message
        code = message[2]["code"]
        assert code in (codes or ("invalid", "too_large", "unknown")), message
        return code


def test_only_hello_and_login_are_known_before_login(server):
    with server.connect() as client:
        client.call("session.hello", client="test")
        for method in ("record.find", "schema.get", "audit.checkpoint"):
            expect_code("unauthenticated", client.call, method)
        expect_code(("unauthenticated", "unknown"), client.call, "no.such")


def test_a_msgid_has_32_bits(server):
    with server.connect("sh-sales") as client:
        for msgid in (1 << 32, (1 << 32) + 5, (1 << 64) - 1, -1):
            client.send_raw(request("session.whoami", b"\x80", msgid))
            answer = client.receive()
            equal((answer[1], answer[2]["code"], answer[3]),
                  (0, "invalid", None))
        client.send_raw(request("session.whoami", b"\x80", (1 << 32) - 1))
        equal(client.receive()[1:3], [(1 << 32) - 1, None])


def test_an_unknown_method_is_unknown(server):
    with server.connect("sh-sales") as client:
        for method in ("no.such", "", "record", "record.find ", "x" * 300):
            expect_code(("unknown", "invalid"), client.call, method)
        client.call("session.whoami")


def test_an_unknown_parameter_is_invalid(server):
    with server.connect("sh-sales") as client:
        refused = expect_code("invalid", client.call, "session.whoami",
                              filter=1)
        equal((refused.rule or refused.errors[0]["rule"]), "parameter")
        expect_code("invalid", client.call, "record.find", entity="customer",
                    condition=["=", "grade", "A"])


def test_malformed_bytes_end_the_connection_alone(server):
    for junk in (b"\xc1", b"GET / HTTP/1.1\r\n\r\n", b"\x93\x00\x01\xa1x",
                 b"\x94\x09\x01\xa1x\x90", b"\x90", b"\xc0",
                 b"\x94\xa1x\x01\xa1x\x90", b"\x94\x00\xc0\xa1x\x91\x80",
                 b"\x94\x00\x01\x01\x91\x80", b"\x94\x00\x01\xa1x\x80",
                 b"\x94\x00\x01\xa1x\x92\x80\x80", b"\xc1" + os.urandom(64)):
        # Silence lasts until the deadline of a login, each time anew; a busy
        # machine is as slow as that now and then.
        took = []
        while not took or (min(took) > 5 and len(took) < 4):
            begun = time.monotonic()
            with server.connect() as other:
                refused_or_closed(server, junk, user=None,
                                  codes=("invalid", "unauthenticated",
                                         "too_large", "unknown"))
                other.call("session.hello")
            took.append(time.monotonic() - begun)
        assert min(took) <= 5, "a long silence on %r: %r" % (junk, took)
    still_serves(server)


def test_what_a_header_claims_costs_no_memory(server):
    before = rss(server)
    huge = struct.pack(">I", 0xffffffff)
    for user in (None, "sh-sales"):
        for head in (b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9"):
            for data in (head + huge,
                         b"\x94\x00\x01\xa7x.yyyyy\x91" + head + huge,
                         b"\x94\x00\x01" + head + huge):
                refused_or_closed(
                    server, data + b"\0" * 64, user,
                    codes=("invalid", "too_large", "unauthenticated"))
    grown = rss(server) - before
    assert grown < 96 * MIB, "grew by %d MiB" % (grown // MIB)
    still_serves(server)


def test_a_large_message_is_refused(server):
    before = rss(server)
    data = request("record.find", b"\x81" + msgpack.packb("entity")
                   + text("x" * (2 * MIB)))
    refused_or_closed(server, data, codes=("too_large",))
    assert rss(server) - before < 64 * MIB
    # Before login 4 KiB is the bound.
    data = request("session.hello", b"\x81" + msgpack.packb("client")
                   + text("x" * 8192))
    refused_or_closed(server, data, user=None, codes=("too_large",))
    still_serves(server)


def test_deep_nesting_is_refused(server):
    for depth in (17, 64, 20000):
        tree = b"\x91" * depth + b"\xa1x"
        data = request("record.find", b"\x82" + msgpack.packb("entity")
                       + msgpack.packb("customer") + msgpack.packb("where")
                       + tree)
        refused_or_closed(server, data)
    still_serves(server)


def test_a_key_given_twice_is_refused(server):
    entity = msgpack.packb("entity") + msgpack.packb("customer")
    refused_or_closed(server, request("record.find", b"\x82" + entity * 2))
    limit = msgpack.packb("limit") + b"\x01"
    refused_or_closed(server, request("record.find",
                                      b"\x83" + entity + limit * 2))
    fields = b"\x82" + (msgpack.packb("name") + msgpack.packb("甲乙丙")) * 2
    refused_or_closed(server, request(
        "record.create", b"\x82" + entity + msgpack.packb("fields") + fields),
        user="sh-manager")


def test_a_key_of_bytes_is_refused(server):
    refused_or_closed(server, request(
        "record.find", b"\x81\xc4\x06entity" + msgpack.packb("customer")))


def test_text_must_be_clean_utf8(server):
    entity = msgpack.packb("entity") + msgpack.packb("customer")
    fixed = {"type": "other", "category": "prospect", "source": "phone"}
    packed = b"".join(msgpack.packb(x) for pair in fixed.items() for x in pair)
    for bad in (b"\xff\xfe\xfd", b"\xed\xa0\x80abc", b"\xc0\xaf" b"abc",
                "甲\u202e乙丙".encode(), "甲\u2066乙丙".encode(),
                b"abc\0def", b"abc\x1b[31mdef", b"abc\x07def",
                "甲\ufdd0乙丙".encode() + b"\xf5"):
        fields = b"\x84" + packed + msgpack.packb("name") + text(bad)
        code = refused_or_closed(server, request(
            "record.create",
            b"\x82" + entity + msgpack.packb("fields") + fields),
            user="sh-manager")
        assert code in ("invalid", "closed"), (bad, code)
    # The same record with a clean name is taken: the names were the fault.
    with server.connect("sh-manager") as client:
        client.call("record.create", entity="customer",
                    fields=dict(fixed, name="清楚的名字"))


def test_a_float_is_no_amount(server):
    with server.connect("finance") as client:
        for price in (9.5, float("nan"), float("inf"), "1e5", "1.2.3"):
            expect_code("invalid", client.call, "record.create",
                        entity="product",
                        fields={"name": "浮点", "unit_price": price})


def test_a_msgid_comes_back_whatever_it_is(server):
    with server.connect("sh-sales") as client:
        for msgid in (0, 127, 128, 65536, 0xffffffff):
            client.send_raw(request("session.whoami", b"\x80", msgid))
            equal(client.receive()[1], msgid)


def test_pipelined_answers_carry_their_ids(server):
    with server.connect("sh-sales") as client:
        wanted = {}
        for number in range(200):
            limit = number % 7 + 1
            method = ("record.find", "session.whoami",
                      "schema.get", "no.such")[number % 4]
            params = {"entity": "branch", "limit": limit} \
                if method == "record.find" else {}
            wanted[client.send(method, **params)] = method
        for _ in range(len(wanted)):
            kind, msgid, error, result = client.receive()
            method = wanted.pop(msgid)
            equal(kind, 1)
            if method == "no.such":
                equal(error["code"], "unknown")
            else:
                equal(error, None)
                key = {"record.find": "rows", "session.whoami": "user",
                       "schema.get": "entities"}[method]
                assert key in result, (method, list(result))
        equal(wanted, {})


def test_a_notification_is_not_answered(server):
    with server.connect("sh-sales") as client:
        client.send_raw(b"\x93\x02" + msgpack.packb("session.whoami")
                        + b"\x91\x80")
        try:
            equal(client.call("session.whoami")["user"], "sh-sales")
        except Closed:
            pass
    still_serves(server)


def test_tls_1_2_and_other_protocols_are_refused(server):
    old = ssl.create_default_context(cafile=server.ca)
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    other = context(server.ca)
    other.set_alpn_protocols(["h2"])
    for tls in (old, other):
        try:
            with socket.create_connection(("127.0.0.1", server.port), 120) \
                    as plain, tls.wrap_socket(
                        plain, server_hostname="127.0.0.1") as stream:
                stream.sendall(request("session.hello", b"\x80"))
                data = stream.recv(1)
        except (ssl.SSLError, ConnectionError):
            continue
        equal(data, b"")
    plain = socket.create_connection(("127.0.0.1", server.port), 120)
    plain.sendall(request("session.hello", b"\x80") * 50)
    try:
        # At most a TLS alert, never a MessagePack answer.
        assert plain.recv(100)[:1] in (b"", b"\x15")
    except ConnectionError:
        pass
    plain.close()
    still_serves(server)


def test_a_byte_at_a_time_is_cut_off(server):
    """Ten seconds for handshake and login, however they are stretched."""
    plain = socket.create_connection(("127.0.0.1", server.port), 120)
    login = server.connect()
    begun = time.monotonic()
    data = request("session.login", b"\x82" + text("user") + text("x" * 200)
                   + text("password") + text("y" * 200))
    open_ends = {"handshake": plain, "login": login.stream}
    took = {}
    for at in range(len(data) - 1):
        for name, stream in list(open_ends.items()):
            try:
                stream.settimeout(0.25)
                stream.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03"[
                    at % 10:at % 10 + 1] if name == "handshake"
                    else data[at:at + 1])
                if stream.recv(1) == b"":
                    raise ConnectionError()
            except (TimeoutError, socket.timeout):
                continue
            except (OSError, ssl.SSLError):
                took[name] = time.monotonic() - begun
                del open_ends[name]
        if not open_ends:
            break
    plain.close()
    login.close()
    equal(sorted(took), ["handshake", "login"])
    # Each byte was waited for a quarter of a second: all would have come.
    assert max(took.values()) < (len(data) - 1) / 4, took
    still_serves(server)


def test_a_peer_that_never_reads_costs_little(server):
    before = rss(server)
    with server.connect("auditor") as deaf:
        deaf.stream.settimeout(2)
        sent = 0
        # Far more than the buffers of two sockets hold.
        data = request("schema.get", b"\x81\xa1x" + text("y" * 60000))
        data += request("schema.get", b"\x80") * 16
        try:
            for _ in range(1000):
                deaf.send_raw(data)
                sent += 1
        except (TimeoutError, socket.timeout, ssl.SSLError, ConnectionError,
                BrokenPipeError):
            pass
        assert sent < 1000, "the server read on for ever"
        grown = rss(server) - before
        assert grown < 96 * MIB, "grew by %d MiB" % (grown // MIB)
        still_serves(server)


def test_a_thousand_silent_connections_keep_nobody_out(server):
    low, high = resource.getrlimit(resource.RLIMIT_NOFILE)
    if low < 2048:
        resource.setrlimit(resource.RLIMIT_NOFILE,
                           (min(4096, high), high))
    before = rss(server)
    silent = []
    try:
        for _ in range(1000):
            silent.append(socket.create_connection(
                ("127.0.0.1", server.port), 120))
        begun = time.monotonic()
        while True:  # someone with a password gets in meanwhile
            try:
                with server.connect("sh-sales") as client:
                    equal(client.call("session.whoami")["user"], "sh-sales")
                break
            except (OSError, Closed, RpcError):
                assert time.monotonic() - begun < 120, "kept out"
        grown = rss(server) - before
        assert grown < 128 * MIB, "grew by %d MiB" % (grown // MIB)
        deadline = time.monotonic() + 120
        for plain in silent:
            plain.settimeout(max(0.1, deadline - time.monotonic()))
            try:
                equal(plain.recv(1), b"")
            except ConnectionError:
                pass
    finally:
        for plain in silent:
            plain.close()
    still_serves(server)


def test_wrong_passwords_and_unknown_users_are_one_answer(server):
    said = []
    for user in ("sh-sales2", "nobody-of-this-name"):
        with server.connect() as client:
            refused = expect_code("unauthenticated", client.call,
                                  "session.login", user=user,
                                  password="not the password at all")
            said.append(refused.error)
    equal(said[0], said[1])
    with server.connect() as client:
        client.login("sh-sales2", password_of(server.directory, "sh-sales2"))


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

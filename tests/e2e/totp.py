#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A second factor: asked for after the password alone, each code good once,
taken away by its owner's code or by an administrator with a reason; a role
that demands one gets nothing else until it is there.
"""
import base64
import hashlib
import hmac
import os
import re
import struct
import sys
import threading
import time
import urllib.parse

import lmdb

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, eventually, expect_code, run, until_locked
from kehu_rpc import Client, RpcError
from server import ROOT, Server, password_of, password_path, write_private


def code(secret, step):
    """RFC 6238, by another hand."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">q", step),
                   hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0]
                      & 0x7fffffff) % 10**6)


def now():
    return int(time.time()) // 30


def unused(step):
    """The first after it that lets in now."""
    return max(step + 1, now())


def enroll(server, user):
    """Switches it on with the code of this step; secret, step, recovery."""
    with server.connect(user) as client:
        made = client.call("totp.enroll",
                           password=password_of(server.directory, user))
        step = now()
        codes = client.call("totp.confirm",
                            otp=code(made["secret"], step))["codes"]
    return made, step, codes


def login(server, user, **more):
    """A fresh connection's login, closed again."""
    with server.connect() as client:
        return client.call("session.login", user=user, **dict(
            {"password": password_of(server.directory, user)}, **more))


def refused(server, user, **more):
    return expect_code("unauthenticated", login, server, user, **more).error


def test_enrolling_needs_the_password_and_a_code(server):
    user = "sh-sales"
    with server.connect(user) as client:
        expect_code("denied", client.call, "totp.enroll", password="wrong")
        expect_code("denied", client.call, "totp.enroll")
        equal(expect_code("invalid", client.call, "totp.confirm",
                          otp="000000").rule, "totp_none")
        made = client.call("totp.enroll",
                           password=password_of(server.directory, user))
        uri = urllib.parse.urlparse(made["uri"])
        equal((uri.scheme, uri.netloc, uri.path),
              ("otpauth", "totp", "/" + user))
        equal(urllib.parse.parse_qs(uri.query),
              {"secret": [made["secret"]], "issuer": ["Kehu"]})
        equal(len(base64.b32decode(made["secret"])), 20)
        far = code(made["secret"], now() + 9)
        equal(expect_code("invalid", client.call, "totp.confirm",
                          otp=far).rule, "totp_code")
        equal(client.call("session.whoami")["totp"], False)
    login(server, user)  # not on before it is confirmed


def test_codes_let_in_once_each(server):
    user = "sh-sales2"
    made, step, codes = enroll(server, user)
    equal(len(set(codes)), 10)
    secret = made["secret"]
    equal(refused(server, user).get("rule"), "otp")
    assert "rule" not in refused(server, user, password="wrong")
    assert "rule" not in refused(server, user, otp=code(secret, step))
    typed = code(secret, unused(step))
    answer = login(server, user, otp=" " + typed[:3] + " " + typed[3:])
    equal(answer["user"], user)
    refused(server, user, otp=typed)
    login(server, user, otp=codes[0])
    refused(server, user, otp=codes[0])
    login(server, user, otp=codes[1].lower().replace("-", " "))
    with server.connect() as client:
        client.call("session.login", user=user, otp=codes[2],
                    password=password_of(server.directory, user))
        who = client.call("session.whoami")
        equal((who["totp"], who["recovery_codes"]), (True, 7))


def test_wrong_code_and_wrong_password_are_one_answer(server):
    user = "sh-manager"
    enroll(server, user)
    answers = [refused(server, user, otp="000000"),
               refused(server, user, otp="000000", password="wrong"),
               refused(server, user, otp="nonsense"),
               refused(server, user, password="wrong")]
    with server.connect() as client:
        answers.append(expect_code(
            "unauthenticated", client.call, "session.login",
            user="nobody", password="wrong", otp="000000").error)
    for answer in answers:
        equal(answer, answers[0])
    with server.connect("auditor") as auditor:
        told = eventually(  # counted refusals come by and by
            lambda: sum(e["count"] for e in auditor.call(
                "audit.find", method="session.login", user=user)["rows"]
                        if e.get("why") == "otp"),
            lambda told: told >= 2)
    equal(told, 2)  # a right password that lacked its code


def test_of_many_at_once_with_one_code_one_gets_in(server):
    user = "sh-clerk"
    made, step, _ = enroll(server, user)
    typed = code(made["secret"], unused(step))
    got = []

    def attempt():
        try:
            got.append(login(server, user, otp=typed)["user"])
        except RpcError as no:
            got.append(no.code)
    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(sorted(got), sorted([user] + ["unauthenticated"] * 3))


def test_a_change_of_the_factor_ends_every_session(server):
    user = "sh-support"
    with server.connect(user) as other:
        kept = login(server, user, keep=True)["token"]
        _, _, codes = enroll(server, user)
        expect_code("unauthenticated", other.call, "session.whoami")
        with server.connect() as client:
            expect_code("unauthenticated", client.call, "session.login",
                        token=kept)
    with server.connect() as client:
        client.call("session.login", user=user, otp=codes[0],
                    password=password_of(server.directory, user))
        equal(expect_code("denied", client.call, "totp.disable",
                          otp="000000").rule, "otp")
        equal(expect_code("invalid", client.call, "totp.enroll",
                          password=password_of(server.directory, user)).rule,
              "totp_on")
        client.call("totp.disable", otp=codes[1])
        expect_code("unauthenticated", client.call, "session.whoami")
    login(server, user)


def test_administrator_takes_it_away_with_a_reason(server):
    user = "hz-sales"
    enroll(server, user)
    with server.connect("admin") as admin:
        rows = {r["user"]: r for r in admin.call("user.list")["rows"]}
        equal((rows[user]["totp"], rows["gm"]["totp"]), (True, False))
        equal(expect_code("invalid", admin.call, "user.update", user=user,
                          totp=False).rule, "reason_required")
        expect_code("invalid", admin.call, "user.update", user=user,
                    totp=True, reason="x")
        equal(expect_code("denied", admin.call, "user.update", user="admin",
                          totp=False, reason="my own").rule, "self")
        admin.call("user.update", user=user, totp=False, reason="手机丢失")
    login(server, user)
    with server.connect("auditor") as auditor:
        entries = auditor.call("audit.find", method="user.update")
        assert "手机丢失" in str(entries)


def test_guesses_of_a_code_are_throttled_like_passwords(server):
    user = "hz-manager"
    _, _, codes = enroll(server, user)
    seen = until_locked(lambda: expect_code(
        ("unauthenticated", "locked"), login, server, user,
        otp="000000").error)
    equal(seen[:5], ["unauthenticated"] * 5)
    expect_code("locked", login, server, user, otp=codes[0])


def test_guesses_of_the_first_code_are_throttled_too(server):
    user = "sh-support"
    with server.connect(user) as client:
        client.call("totp.enroll", password=password_of(
            server.directory, user))
        seen = until_locked(lambda: expect_code(
            ("invalid", "locked"), client.call, "totp.confirm",
            otp="000000").error)
    equal(seen[:5], ["invalid"] * 5)


def test_role_that_demands_a_factor_gets_nothing_before(server):
    with open(os.path.join(ROOT, "server", "schema", "default.yaml"),
              encoding="utf-8") as f:
        schema = f.read()
    own, found = re.subn(r"(?m)^  finance:.*$",
                         "  finance:\n    otp: required", schema)
    equal(found, 1)
    path = os.path.join(server.directory, "demanding.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(own)
    strict = Server(os.path.join(server.directory, "strict"))
    os.mkdir(strict.directory, 0o700)
    strict.init(["--schema", path])
    strict.start()
    try:
        with strict.connect("admin") as admin:
            admin.call("record.create", entity="branch",
                       fields={"code": "SH", "name": "上海总部"})
            write_private(password_path(strict.directory, "finance"),
                          "a password of finance")
            admin.call("user.create", user="finance", roles=["finance"],
                       password="a password of finance", branch="SH")
        with strict.connect() as client:
            answer = client.login("finance", "a password of finance")
            equal(answer["must_enroll"], True)
            for method in ("record.find", "audit.checkpoint", "user.list"):
                equal(expect_code("denied", client.call, method,
                                  entity="customer").rule, "totp_enroll")
            client.call("session.whoami")
        _, _, codes = enroll(strict, "finance")
        with strict.connect() as client:
            answer = client.call("session.login", user="finance",
                                 password="a password of finance",
                                 otp=codes[0])
            assert "must_enroll" not in answer
            client.call("record.find", entity="customer")
    finally:
        strict.kill()


def test_book_of_an_older_version_gets_what_it_lacks(server):
    server.stop()
    with lmdb.open(server.data, max_dbs=32) as book:
        for table in (b"factor", b"delay"):
            with book.begin(write=True) as change:
                change.drop(book.open_db(table, change, create=False))
    server.start()
    enroll(server, "gm")


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Administrators are separate, and none of them sees a customer.

`admin` has users, roles, schema and rules; `system` the machine; `auditor`
the log.  init's first account is both of the first; one call makes two.
"""
import os
import re
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run
from kehu_rpc import RpcError
from server import ROOT, Server, password_path, write_private

METHODS = re.findall(r"^METHOD\((\w+),\s+(\w+),", open(
    os.path.join(ROOT, "server/rpc/method.def"), encoding="utf-8").read(),
    re.M)
# What a method is tried with that could tell of a record; of the others the
# row's right decides, and they have no business data to tell.
RECORD = {"entity": "customer", "fields": None, "limit": 5}
MARK = "ZQ行政不可见"


def test_one_call_makes_two_of_the_first_administrator(server):
    with server.connect("admin") as admin:
        equal(sorted(admin.call("session.whoami")["roles"]),
              ["admin", "system"])
        made = admin.call("user.split", user="ops", reason="分开")
        equal(made["roles"], ["system"])
        expect_code("unauthenticated", admin.call, "session.whoami")
    with server.connect() as ops:
        ops.login("ops", made["code"])
        password = secrets.token_urlsafe(18)
        ops.call("session.passwd", old=made["code"], new=password)
        write_private(password_path(server.directory, "ops"), password)
    with server.connect("admin") as admin, server.connect("ops") as ops:
        equal(admin.call("session.whoami")["roles"], ["admin"])
        equal(sorted(admin.call("session.whoami")["rights"]),
              ["import", "roles", "rules", "schema", "users"])
        equal(sorted(ops.call("session.whoami")["rights"]),
              ["backup", "keys", "restore"])
        refused = expect_code("invalid", admin.call, "user.split", user="x")
        equal(refused.rule, "split")
        expect_code("denied", ops.call, "user.split", user="x")


def test_each_has_what_is_his_alone(server):
    tries = {"user.list": {"admin"}, "role.get": {"admin"},
             "schema.document": {"admin"}, "audit.export": {"auditor"},
             "audit.verify": {"auditor"}, "server.status": {"admin", "ops"}}
    for method, may in tries.items():
        params = {"role": "sales"} if method == "role.get" else {}
        for user in ("admin", "ops", "auditor"):
            with server.connect(user) as client:
                if user in may:
                    client.call(method, **params)
                else:
                    expect_code("denied", client.call, method, **params)


def params_of(method, number):
    return [{}, {"entity": "customer"}, {"entity": "customer", "id": number},
            {"id": number}, {"entity": "customer", "id": number, "set": {}},
            {"entity": "contact", "where": ["=", "customer", number]},
            {"entity": "customer", "fields": {"name": MARK}},
            {"entity": "customer", "by": ["city"]},
            {"items": [{"op": "update", "entity": "customer", "id": number,
                        "set": {"name": MARK}}]}]


def test_no_method_tells_an_administrator_of_a_customer(server):
    with server.connect("sh-manager") as manager:
        number = manager.call("record.create", entity="customer", fields={
            "name": MARK, "type": "other", "category": "regular",
            "source": "phone"})["number"]
    leave = {"session.login", "session.logout", "session.passwd",
             "user.create", "user.split"}
    assert len(METHODS) > 30, METHODS
    for user in ("admin", "ops"):
        with server.connect(user) as client:
            for noun, verb in METHODS:
                method = "%s.%s" % (noun, verb)
                if method in leave:
                    continue
                for params in params_of(method, number):
                    try:
                        said = client.call(method, **params)
                    except RpcError as refused:
                        said = refused.error
                        if noun == "record" and "entity" in params:
                            assert refused.code in (
                                "unknown", "denied", "invalid"), said
                    assert MARK not in str(said), (user, method, said)
                    assert number not in str(said), (user, method, said)


def test_the_auditor_writes_nothing(server):
    with server.connect("auditor") as auditor:
        for method, params in (
                ("record.create", {"entity": "customer", "fields": {
                    "name": "审计建", "type": "other", "category": "regular",
                    "source": "phone"}}),
                ("user.create", {"user": "x", "roles": ["gm"]}),
                ("role.apply", {"role": "sales"}),
                ("schema.apply", {"document": "x"}),
                ("policy.apply", {"two_person": []})):
            expect_code(("denied", "unknown"), auditor.call, method, **params)


def test_a_business_role_neither_reads_nor_writes_rights(server):
    for user in ("sh-sales", "sh-manager", "gm", "finance"):
        with server.connect(user) as client:
            for method, params in (
                    ("schema.apply", {"document": "x"}),
                    ("role.apply", {"role": "sales", "grants": []}),
                    ("user.update", {"user": user, "roles": ["gm"]}),
                    ("user.create", {"user": "x", "roles": ["gm"]}),
                    ("policy.apply", {"two_person": []})):
                expect_code("denied", client.call, method, **params)


def test_moving_a_record_needs_rights_on_both_sides(server):
    with server.connect("hz-manager") as hz, \
            server.connect("sh-manager") as sh:
        number = hz.call("record.create", entity="customer", fields={
            "name": "杭州客户", "type": "other", "category": "regular",
            "source": "phone"})["number"]
        expect_code("not_found", sh.call, "record.update", entity="customer",
                    id=number, set={"branch": "SH"})
        own = sh.call("record.create", entity="customer", fields={
            "name": "上海客户", "type": "other", "category": "regular",
            "source": "phone"})["number"]
        expect_code(("denied", "invalid"), sh.call, "record.update",
                    entity="customer", id=own, set={"branch": "HZ"})
    with server.connect("sh-sales") as sales:
        for change in ({"owner": "sh-sales"}, {"branch": "SH"}):
            expect_code(("not_found", "denied", "unknown"), sales.call,
                        "record.update", entity="customer", id=own,
                        set=change)


def test_no_switch_turns_rights_or_the_log_off(server):
    with open(os.path.join(ROOT, "server/config.c"), encoding="utf-8") as f:
        keys = re.findall(r'^\t\{ "(\w+)",', f.read(), re.M)
    assert len(keys) > 20, keys
    for key in keys:
        assert not re.search("audit|right|role|permission|check|trust|second|"
                             "sync|log$", key), key


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

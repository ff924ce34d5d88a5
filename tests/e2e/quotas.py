#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A quota set on a running book holds for everyone who has the role, is told
to him and to the auditor, and outlives the server, also one that is killed.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, eventually, expect_code, run
from kehu_rpc import RpcError
from server import BUILD, Server, far_from_midnight, password_path

SEALED, LOOKUP = 40, 8
CUSTOMER = {"name": "配额测试公司", "type": "other", "category": "regular",
            "source": "phone", "mobile": "13812345678",
            "email": "li.wu77@example.com.cn"}


def set_quota(server, role, quota):
    with server.connect("admin") as admin:
        parts = admin.call("role.get", role=role)
        parts.pop("quota", None)
        if quota is not None:
            parts["quota"] = quota
        return admin.call("role.apply", **parts)


def used(server, user):
    with server.connect(user) as client:
        quota = client.call("session.whoami")["quota"]
    return {line["kind"]: line["used"] for line in quota}


def expect_quota(function, *args, **params):
    error = expect_code("denied", function, *args, **params).error
    equal((error["rule"], "field" in error), ("quota", False))
    assert 0 < error["retry_after_ms"] <= 86400000, error


def look_up(client, mobile):
    return client.call("record.find", entity="customer", scope="own",
                       fields=["name"], where=["=", "mobile", mobile])["rows"]


def test_quota_holds_at_once_and_for_open_sessions(server):
    with server.connect("sh-sales") as sales:
        number = sales.call("record.create", entity="customer",
                            fields=CUSTOMER)["number"]
        equal(sales.call("session.whoami")["quota"], [])
        said = set_quota(server, "sales",
                         {"sealed": SEALED, "lookup": LOOKUP})
        equal(said["quota"], [
            {"kind": "sealed", "before": None, "after": SEALED},
            {"kind": "lookup", "before": None, "after": LOOKUP}])
        for i in range(SEALED // 2):
            got = sales.call("record.get", entity="customer", id=number)
            equal(got["fields"]["mobile"], CUSTOMER["mobile"])
        expect_quota(sales.call, "record.get", entity="customer", id=number)
        expect_quota(sales.call, "record.find", entity="customer",
                     fields=["mobile"])
        listed = sales.call("record.find", entity="customer")["rows"]
        equal(listed[0]["fields"]["mobile"], "138****5678")
        for i in range(LOOKUP):
            equal(len(look_up(sales, CUSTOMER["mobile"] if i % 2 else
                              "13987654321")), i % 2)
        expect_quota(look_up, sales, CUSTOMER["mobile"])
        expect_quota(look_up, sales, "13987654321")
        sales.call("record.update", entity="customer", id=number,
                   set={"city": "上海"})
    equal(used(server, "sh-sales"), {"sealed": SEALED, "lookup": LOOKUP})
    equal(used(server, "sh-sales2"), {"sealed": 0, "lookup": 0})


def test_auditor_finds_who_reached_it(server):
    with server.connect("auditor") as auditor:
        rows = eventually(
            lambda: auditor.call("audit.find", method="quota.used_up",
                                 user="sh-sales")["rows"],
            lambda rows: len(rows) >= 2)
    equal(sorted(row["note"] for row in rows),
          ["lookup: %d of %d" % (LOOKUP, LOOKUP),
           "sealed: %d of %d" % (SEALED, SEALED)])


def test_kehu_says_what_is_used_and_when_it_begins_anew(server):
    def kehu(*words, language="en"):
        return subprocess.run(
            [os.path.join(BUILD, "kehu"), "--server",
             "127.0.0.1:%d" % server.port, "--ca", server.ca, "--user",
             "sh-sales", "--password-file",
             password_path(server.directory, "sh-sales"), *words],
            env=dict(os.environ, LC_ALL="C.UTF-8", KEHU_LANG=language,
                     HOME=server.directory, NO_COLOR="1"),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, check=False)
    shown = kehu("whoami").stdout
    assert "sealed" in shown and "%d" % SEALED in shown, shown
    known = json.loads(kehu("--json", "whoami").stdout)
    equal(known["quota"][1],
          {"kind": "lookup", "used": LOOKUP, "most": LOOKUP})
    refused = kehu("customer", "find", "--fields", "name,mobile")
    equal(refused.returncode, 3)
    assert "quota" in refused.stderr, refused.stderr
    with server.connect("sh-sales") as sales:
        number = sales.call("record.find", entity="customer",
                            fields=["name"])["rows"][0]["number"]
    assert "额度" in kehu("customer", "get", number, language="zh").stderr


def test_counts_outlive_an_end_and_a_kill(server):
    server.stop()
    server.start()
    equal(used(server, "sh-sales"), {"sealed": SEALED, "lookup": LOOKUP})
    with server.connect("sh-sales2") as sales:
        number = sales.call("record.create", entity="customer",
                            fields=dict(CUSTOMER, name="配额二公司"))["number"]
        for _ in range(5):
            sales.call("record.get", entity="customer", id=number)
    server.kill()
    server.start()
    left = used(server, "sh-sales2")["sealed"]
    assert 10 <= left <= 10 + 2 * (SEALED // 16), left
    shown = 10
    with server.connect("sh-sales2") as sales:
        for _ in range(SEALED):
            try:
                sales.call("record.get", entity="customer", id=number)
                shown += 2
            except RpcError:
                break
        expect_quota(sales.call, "record.get", entity="customer", id=number)
    assert SEALED - 6 <= shown <= SEALED, shown


def test_quota_is_exact_over_connections(server):
    set_quota(server, "support", {"lookup": 25})
    clients = [server.connect("sh-support") for _ in range(10)]
    waiting = [(c, c.send("record.find", entity="customer", fields=["name"],
                          where=["=", "mobile", "139%08d" % i]))
               for i in range(6) for c in clients]
    answers = [client.answer(msgid) for client, msgid in waiting]
    for client in clients:
        client.close()
    equal(sum(error is None for error, _ in answers), 25)
    equal({error["rule"] for error, _ in answers if error}, {"quota"})


def test_quota_goes_as_it_came(server):
    set_quota(server, "support", None)
    equal(used(server, "sh-support"), {})
    with server.connect("sh-support") as support:
        support.call("record.find", entity="customer", fields=["name"],
                     where=["=", "mobile", "13900000000"])


def test_quota_that_is_none_is_refused_with_the_role(server):
    for quota in ({"sealed": -1}, {"sealed": "many"}, {"seals": 1}, 5, []):
        refused = expect_code("invalid", set_quota, server, "support", quota)
        assert refused.rule in ("role", "type"), refused.error
    equal(used(server, "sh-support"), {})


if __name__ == "__main__":
    far_from_midnight()
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

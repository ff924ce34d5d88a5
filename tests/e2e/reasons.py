#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Why something was done is in no file in clear, whatever was done, and its
length is bounded: each method that takes a reason is done once with one.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, run
from kehu_rpc import RpcError
from server import ROOT, Server, day_in

WORD = "ZQ-WHY-"  # each reason is this and the method's name
TEXTS = {"name": "ZQ-NAME"}  # what else people type
done = set()


def methods():
    with open(os.path.join(ROOT, "server/rpc/method.def"),
              encoding="utf-8") as f:
        return re.findall(r'^METHOD\((\w+), +(\w+),[^"]*"([^"]*)"\)',
                          f.read(), re.M)


def takers():
    return {"%s.%s" % (noun, verb) for noun, verb, params in methods()
            if "reason" in params.split()}


def do(client, method, **params):
    done.add(method)
    return client.call(method, reason=WORD + method, **params)


def make(client, name, **fields):
    return do(client, "record.create", entity="customer", fields=dict(
        fields, name=name, type="other", category="regular",
        source="phone"))["number"]


def test_records(server):
    with server.connect("loader") as c:
        a, b = make(c, "缘由甲公司", tags=["旧"]), make(c, "缘由乙公司")
        do(c, "record.update", entity="customer", id=a, set={"city": "苏州"})
        do(c, "record.confirm", entity="customer", id=a, fields=["city"])
        do(c, "record.archive", entity="customer", id=a)
        do(c, "record.unarchive", entity="customer", id=a)
        do(c, "record.batch", items=[
            {"op": "update", "entity": "customer", "id": b,
             "set": {"city": "无锡"}, "reason": WORD + "item"}])
        do(c, "tag.rename", **{"entity": "customer", "from": "旧", "to": "新"})
        do(c, "customer.merge", survivor=a, loser=b)
        do(c, "customer.unmerge", loser=b)
        make(c, "缘由丙公司")
        do(c, "change.undo", position=c.call("change.list")["rows"][0][
            "position"])


def test_customers(server):
    with server.connect("sh-manager") as manager, \
            server.connect("sh-sales") as sales, \
            server.connect("finance") as finance, \
            server.connect("privacy") as privacy:
        a = make(manager, "缘由丁公司")
        do(manager, "customer.release", id=a)
        do(sales, "customer.claim", id=a)
        do(finance, "credit.release", id=a)
        do(finance, "record.export", entity="customer", limit=1)
        do(privacy, "customer.export", id=a)
        do(privacy, "customer.erase", id=a)


def test_approvals(server):
    with server.connect("admin") as admin:
        role = admin.call("role.get", role="clerk")
        do(admin, "role.apply", **dict(role, approval=["customer"]))
        do(admin, "role.apply", role="spare", label=["备用", "Spare"],
           grants=[{"on": "own", "levels": {"identity": "read"}}])
        do(admin, "role.remove", role="spare")
    with server.connect("sh-clerk") as clerk:
        a, b = make(clerk, "缘由戊公司"), make(clerk, "缘由己公司")
    with server.connect("sh-manager") as manager:
        do(manager, "record.approve", entity="customer", id=a)
        do(manager, "record.reject", entity="customer", id=b)


def test_administration(server):
    word = {"entity": "customer", "field": "industry", "value": "ZQ"}
    key = {"user": "sh-sales2", "certificate": "ab" * 32}
    with server.connect("admin") as admin:
        do(admin, "dictionary.set", zh="试", en="Try", **word)
        do(admin, "dictionary.remove", to="A", **word)
        do(admin, "certificate.add", **key)
        do(admin, "certificate.remove", **key)
        do(admin, "policy.apply", two_person=[])
        do(admin, "rule.apply", rule={
            "key": "zq", "label": ["试", "Try"], "set": {"grade": "A"},
            "when": ["=", "city", "试"]})
        do(admin, "rule.run")
        do(admin, "schema.apply", document=admin.call("schema.document")[
            "document"])
        do(admin, "user.create", user="zq", password="a long password 9",
           roles=["sales"], branch="SH", **TEXTS)
        do(admin, "user.update", user="zq", roles=["support"])
        do(admin, "user.disable", user="zq")
    with server.connect("sh-sales") as sales:
        made = do(sales, "token.create", roles=["sales"], expires=day_in(9),
                  **TEXTS)
        do(sales, "token.revoke", id=made["id"])


def test_what_waits_for_a_second_person(server):
    with server.connect("sh-support") as support, \
            server.connect("sh-manager") as manager, \
            server.connect("admin") as admin:
        first = do(support, "access.break_glass", role="manager",
                   minutes=9)["pending"]
        do(manager, "request.reject", request=first)
        second = do(support, "access.break_glass", role="manager",
                    minutes=9)["pending"]
        manager.call("request.approve", request=second)
        do(support, "access.end", request=second)
        do(admin, "user.split", user="zq-business", **{
            "password": "another long password"})


def test_each_method_with_a_reason_was_done(server):
    equal(takers() - done, set())


def test_auditor_reads_why(server):
    with server.connect("auditor") as auditor:
        for method in sorted(takers()):
            if method.split(".")[0] not in ("token", "user", "role", "rule"):
                continue
            notes = str([row.get("note") for row in auditor.call(
                "audit.find", method=method)["rows"]])
            assert WORD + method in notes, (method, notes)


def test_no_reason_is_longer_than_its_bound(server):
    long = "很" * 667  # 2,001 bytes
    with server.connect("admin") as admin:
        for noun, verb, params in methods():
            if "reason" not in params.split():
                continue
            try:
                admin.call("%s.%s" % (noun, verb), reason=long)
            except RpcError as refused:
                assert refused.code == "denied" or (
                    refused.code, refused.rule) == ("invalid", "max"), (
                        noun, verb, refused.error)
            else:
                raise AssertionError("%s.%s took it" % (noun, verb))


def test_no_file_holds_one(server):
    """The search itself can find: who did it is in the log in clear."""
    server.stop()
    found, can_find = [], False
    for folder, _, names in os.walk(server.directory):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                text = f.read()
            can_find |= b"sh-manager" in text and name == "data.mdb"
            found += ["%s: %s" % (name, text[i - 40:i + 60]) for word in
                      (WORD, *TEXTS.values()) for i in
                      [text.find(word.encode())] if i >= 0]
    equal(found, [])
    assert can_find


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

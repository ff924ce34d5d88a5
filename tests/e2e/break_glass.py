#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Break-glass: a role for a bounded time, never by one person alone.

Another person approves it, everybody is told while it runs, every entry made
under it says so, and it ends by itself or before.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, eventually, expect_code, run
from server import Server, day_in, password_of

WHY = "机房故障, 查客户电话"
RUNNING = {}


def ask(client, **params):
    return client.call("access.break_glass", **dict(
        {"role": "manager", "minutes": 30, "reason": WHY}, **params))


def test_the_administrator_sees_no_customer_by_himself(server):
    with server.connect("sh-manager") as manager:
        RUNNING["number"] = manager.call(
            "record.create", entity="customer", fields={
                "name": "应急客户", "type": "other", "category": "regular",
                "source": "phone"})["number"]
    with server.connect("admin") as admin:
        expect_code("unknown", admin.call, "record.find", entity="customer")
        expect_code("unknown", admin.call, "record.get", entity="customer",
                    id=RUNNING["number"])


def test_it_needs_a_reason_a_role_and_a_bounded_time(server):
    with server.connect("admin") as admin:
        for wrong, rule in (({"reason": ""}, "reason_required"),
                            ({"role": "nobody"}, "choice"),
                            ({"role": "admin"}, "held_already"),
                            ({"minutes": 241}, "span"),
                            ({"minutes": 0}, "span"),
                            ({"minutes": None}, "span"),
                            ({"until": "2020-01-01T00:00:00.000Z"}, "span"),
                            ({"until": "soon"}, "instant")):
            refused = expect_code("invalid", ask, admin, **wrong)
            equal((wrong, refused.rule), (wrong, rule))
        equal(admin.call("request.list")["rows"], [])


def test_it_waits_for_a_second_person_even_when_nothing_else_does(server):
    with server.connect("admin") as admin:
        equal(admin.call("policy.get")["two_person"], [])
        RUNNING["request"] = ask(admin, role="gm")["pending"]
        refused = expect_code("denied", admin.call, "request.approve",
                              request=RUNNING["request"])
        equal(refused.rule, "self")
        equal(admin.call("session.whoami")["notices"], [])
        expect_code("unknown", admin.call, "record.find", entity="customer")
    with server.connect("sh-sales") as sales:
        expect_code("not_found", sales.call, "request.approve",
                    request=RUNNING["request"])


def test_approved_it_holds_with_the_next_request(server):
    with server.connect("admin") as admin:
        with server.connect("sh-manager") as manager:
            done = manager.call("request.approve",
                                request=RUNNING["request"])
            equal(done["result"]["role"], "gm")
        rows = admin.call("record.find", entity="customer")["rows"]
        equal([row["number"] for row in rows], [RUNNING["number"]])
        assert "gm" in admin.call("session.whoami")["roles"]
        effective = admin.call("user.effective")
        assert [e for e in effective["entities"]
                if e["entity"] == "customer"], effective


def test_everybody_is_told_while_it_runs(server):
    for user in ("sh-sales", "auditor", "admin"):
        with server.connect() as client:
            said = client.login(user, password_of(server.directory, user))
            notices = client.call("session.whoami")["notices"]
            equal(said["notices"], notices)
            equal(len(notices), 1)
            equal({k: notices[0][k] for k in ("user", "role", "by",
                                              "reason", "request")},
                  {"user": "admin", "role": "gm", "by": "sh-manager",
                   "reason": WHY, "request": RUNNING["request"]})
            assert notices[0]["until"].endswith("Z")


def test_what_is_done_under_it_is_marked(server):
    with server.connect("admin") as admin:
        admin.call("record.export", entity="customer")
    with server.connect("auditor") as auditor:
        rows = eventually(  # reads are counted for a second
            lambda: auditor.call("audit.find", user="admin",
                                 limit=100)["rows"],
            lambda rows: {"record.export", "session.reads"} <= {
                row["method"] for row in rows
                if row.get("under") == "break-glass gm"})
    before = [row for row in rows if row["method"] == "request.create"]
    assert not [row for row in before if row.get("under")], before


def test_an_approval_takes_roles_of_ones_own(server):
    with server.connect("sh-sales") as sales:
        request = ask(sales, role="manager")["pending"]
    with server.connect("admin") as admin:
        expect_code("not_found", admin.call, "request.approve",
                    request=request)
    with server.connect("sh-sales") as sales:
        sales.call("request.reject", request=request)


def test_others_cannot_end_it_and_one_of_the_two_can(server):
    with server.connect("sh-sales") as sales:
        expect_code("denied", sales.call, "access.end",
                    request=RUNNING["request"])
        expect_code("not_found", sales.call, "access.end",
                    request="0123456789abcdef")
    with server.connect("admin") as admin:
        with server.connect("sh-manager") as manager:
            manager.call("access.end", request=RUNNING["request"],
                         reason="好了")
        expect_code("unknown", admin.call, "record.find", entity="customer")
        equal(admin.call("session.whoami")["notices"], [])
        expect_code("not_found", admin.call, "access.end",
                    request=RUNNING["request"])


def test_anybody_reads_of_it_in_the_log_and_of_nothing_else(server):
    # What somebody tried in vain is his own affair, and the auditor's.
    with server.connect("auditor") as auditor:
        eventually(
            lambda: [row["result"] for row in auditor.call(
                "audit.find", method="access.break_glass")["rows"]],
            lambda results: "invalid" in results)
    with server.connect("sh-sales") as sales:
        rows = sales.call("audit.find", method="access.break_glass")["rows"]
        done = [(row["method"], row["user"]) for row in rows
                if row["result"] == "ok" and WHY in row["note"]]
        assert ("request.create", "admin") in done, rows
        assert ("request.approve", "sh-manager") in done, rows
        ended = [row for row in rows if row["method"] == "access.end"
                 and row["result"] == "ok"]
        equal((ended[0]["user"], ended[0]["behalf"]), ("sh-manager", "admin"))
        assert ended[0]["note"].endswith("gm: 好了"), ended
        for row in rows:
            equal(row["result"], "ok")
            assert not set(row) - {"position", "time", "method", "result",
                                   "user", "act", "behalf", "note"}, row
        for params in ({}, {"method": "record.export"}, {"user": "admin"}):
            expect_code("denied", sales.call, "audit.find", **params)


def test_under_it_nobody_widens_or_keeps_it(server):
    with server.connect("sh-support") as support, \
            server.connect("sh-manager") as manager:
        request = ask(support, role="admin")["pending"]
        manager.call("request.approve", request=request)
        for role in ("admin", "support"):
            refused = expect_code(
                "denied", support.call, "role.apply", role=role,
                rights=["users", "roles"],
                grants=[{"on": "all", "levels": {"identity": "write"}}])
            equal((role, refused.rule), (role, "self"))
        refused = expect_code(
            "invalid", support.call, "token.create", name="keep",
            roles=["admin"], reason="keep", expires=day_in(1))
        equal(refused.field, "roles")
        support.call("access.end", request=request)
        expect_code("denied", support.call, "user.list")


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What two persons are wanted for, one cannot do.

A call becomes a request; another person approves it; it is done once, as its
requester with his rights of that moment, and the log has both names.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run
from server import Server, day_in, password_of, password_path, \
    write_private

ALL = ["export_clear", "erase", "restore", "roles", "schema", "users"]
DESK = {"role": "desk", "label": ["前台", "Desk"], "rights": [],
        "grants": [{"on": "branch", "levels": {"identity": "read"}}]}
CUSTOMERS = 3


def log_of(server, **which):
    with server.connect("auditor") as auditor:
        return auditor.call("audit.find", limit=200, **which)["rows"]


def approve(server, who, request):
    with server.connect(who) as client:
        return client.call("request.approve", request=request)


def test_nothing_waits_until_it_is_switched_on(server):
    with server.connect("admin") as admin:
        policy = admin.call("policy.get")
        equal(policy, {"two_person": [], "operations": ALL, "approvers": 4})
        admin.call("role.apply", **DESK)
        admin.call("role.remove", role="desk")
        equal(admin.call("request.list"), {"rows": []})
        admin.call("role.apply", role="second", rights=[], grants=[
            {"on": "branch", "rights": ["approve"]}])
        for branch in ("SH", "HZ"):
            admin.call("user.create", user="second-" + branch.lower(),
                       roles=["second"], branch=branch,
                       password="second of %s, long" % branch)
        expect_code("invalid", admin.call, "policy.apply",
                    two_person=["everything"])
        expect_code("invalid", admin.call, "policy.apply")
    with server.connect("gm") as gm:
        expect_code("denied", gm.call, "policy.apply", two_person=[])


def test_it_can_be_switched_on_only_when_two_can_approve(server):
    approvers = ["sh-manager", "hz-manager", "gm", "loader"]
    with server.connect("admin") as admin:
        for login in approvers[1:]:
            admin.call("user.disable", user=login)
        refused = expect_code("invalid", admin.call, "policy.apply",
                              two_person=["roles"])
        equal(refused.rule, "approvers")
        for login in approvers[1:]:
            admin.call("user.update", user=login, disabled=False)
        said = admin.call("policy.apply", reason="制度",
                          two_person=["roles", "users", "export_clear"])
        equal(said["two_person"], ["export_clear", "roles", "users"])
        equal(admin.call("policy.get")["two_person"],
              ["export_clear", "roles", "users"])
        refused = expect_code(
            "invalid", disable_all, admin, approvers)
        equal(refused.rule, "approvers")
        equal(admin.call("server.status")["two_person"],
              ["export_clear", "roles", "users"])
    with server.connect() as sales:
        said = sales.login("sh-sales", password_of(server.directory,
                                                   "sh-sales"))
        for answer in (said, sales.call("session.whoami"),
                       sales.call("policy.get")):
            equal(answer["two_person"], ["export_clear", "roles", "users"])
    assert "export_clear roles users: 制度" in [
        row.get("note") for row in log_of(server, method="policy.apply")]


def disable_all(admin, logins):
    done = []
    try:
        for login in logins:
            admin.call("user.disable", user=login)
            done.append(login)
    finally:
        for login in done:  # giving back waits for the second person
            BACK.append(admin.call("user.update", user=login,
                                   disabled=False)["pending"])


BACK = []


def test_what_was_taken_away_comes_back_with_two_persons(server):
    equal(len(BACK), 2)
    for request in BACK:
        approve(server, "gm", request)
    for login in ("sh-manager", "hz-manager"):
        with server.connect(login) as client:
            equal(client.call("session.whoami")["user"], login)


def test_a_role_changes_when_another_approves_and_once(server):
    with server.connect("admin") as admin, server.connect("gm") as gm:
        asked = admin.call("role.apply", reason="新岗位", **DESK)
        assert set(asked) == {"pending", "until"}, asked
        request = asked["pending"]
        expect_code("not_found", admin.call, "role.get", role="desk")
        refused = expect_code("denied", admin.call, "request.approve",
                              request=request)
        equal(refused.rule, "self")
        row = gm.call("request.list")["rows"][0]
        equal((row["request"], row["user"], row["method"], row["reason"],
               row["state"], row["may_approve"]),
              (request, "admin", "role.apply", "新岗位", "waiting", True))
        seen = gm.call("request.get", request=request)
        equal(seen["params"], dict(DESK, reason="新岗位"))
        equal(seen["withheld"], [])
        assert {"entity": "customer", "field": "name", "on": "branch",
                "before": "none", "after": "read"} in \
            seen["preview"]["levels"], seen["preview"]
        expect_code("not_found", gm.call, "request.get", request="0" * 16)
        assert "preview" not in admin.call("request.get", request=request)
        expect_code("not_found", admin.call, "role.get", role="desk")
        done = gm.call("request.approve", request=request)
        equal((done["state"], done["result"]["role"]), ("done", "desk"))
        assert done["result"]["levels"], done
        equal(admin.call("role.get", role="desk")["label"], DESK["label"])
        refused = expect_code("invalid", gm.call, "request.approve",
                              request=request)
        equal(refused.rule, "decided")
        got = admin.call("request.get", request=request)
        equal((got["state"], got["by"]), ("done", "gm"))
        equal(got["result"]["role"], "desk")
        assert "result" not in admin.call("request.get", request=request)


def test_the_log_has_both_names(server):
    asked = log_of(server, method="request.create")[-1]
    equal((asked["user"], asked["result"]), ("admin", "ok"))
    approved = [row for row in log_of(server, method="request.approve")
                if row.get("act") == "role.apply"][0]
    equal((approved["user"], approved["behalf"], approved["act"]),
          ("gm", "admin", "role.apply"))
    assert approved["note"].endswith("desk: 新岗位"), approved
    assert approved in log_of(server, method="role.apply")
    assert approved in log_of(server, user="admin")


def test_others_know_of_no_request(server):
    with server.connect("admin") as admin:
        request = admin.call("role.remove", role="desk")["pending"]
    for user in ("sh-sales", "finance", "auditor", "privacy"):
        with server.connect(user) as client:
            equal(client.call("request.list"), {"rows": []})
            for method in ("request.get", "request.approve",
                           "request.reject"):
                real = expect_code("not_found", client.call, method,
                                   request=request)
                none = expect_code("not_found", client.call, method,
                                   request="0123456789abcdef")
                equal(real.error, none.error)
    with server.connect("sh-manager") as manager:
        manager.call("request.reject", request=request, reason="还要用")
        equal(manager.call("request.get", request=request)["state"],
              "rejected")
        expect_code("invalid", manager.call, "request.approve",
                    request=request)
    with server.connect("admin") as admin:
        admin.call("role.get", role="desk")
        taken_back = admin.call("role.remove", role="desk")["pending"]
        admin.call("request.reject", request=taken_back)
        equal([row["state"] for row in
               admin.call("request.list", all=True)["rows"]][:2],
              ["rejected", "rejected"])
    notes = [row.get("note", "") for row in
             log_of(server, method="request.reject")]
    assert request + ": 还要用" in notes, notes


def test_what_cannot_succeed_does_not_wait(server):
    with server.connect("admin") as admin:
        refused = expect_code("invalid", admin.call, "role.apply",
                              **dict(DESK, rights=["flying"]))
        equal(refused.rule, "role")
        expect_code("invalid", admin.call, "user.create", user="x1",
                    roles=["nobody"])
        expect_code("denied", admin.call, "user.update", user="admin",
                    roles=["gm"])
        said = admin.call("role.apply", dry_run=True,
                          **dict(DESK, rights=["import"]))
        equal(said["accounts"], 0)
        equal(admin.call("request.list"), {"rows": []})


def test_it_is_done_with_the_rights_of_that_moment(server):
    with server.connect("admin") as admin, server.connect("gm") as gm:
        made = admin.call("user.create", user="deputy", roles=["admin"])
        gm.call("request.approve", request=made["pending"])
        code = admin.call("request.get", request=made["pending"])[
            "result"]["code"]
        with server.connect() as deputy:
            deputy.login("deputy", code)
            deputy.call("session.passwd", old=code,
                        new="a deputy's long pass 91")
        with server.connect() as deputy:
            deputy.login("deputy", "a deputy's long pass 91")
            request = deputy.call("role.apply", **dict(
                DESK, rights=["import"]))["pending"]
            weaker = admin.call("user.update", user="deputy",
                                roles=["support"])["pending"]
            gm.call("request.approve", request=weaker)
        expect_code("denied", gm.call, "request.approve", request=request)
        equal(admin.call("role.get", role="desk")["rights"], [])
        admin.call("user.disable", user="deputy")
        refused = expect_code("invalid", gm.call, "request.approve",
                              request=request)
        equal(refused.rule, "requester")
        gm.call("request.reject", request=request)


def test_a_code_is_told_to_the_requester_alone_and_once(server):
    with server.connect("admin") as admin, server.connect("gm") as gm:
        refused = expect_code("invalid", admin.call, "user.create",
                              user="wang", roles=["manager"], branch="SH",
                              password="a password made by admin 1")
        equal(refused.rule, "code")
        expect_code("invalid", admin.call, "user.update", user="gm",
                    password="a password made by admin 1")
        request = admin.call("user.create", user="wang", roles=["manager"],
                             branch="SH")["pending"]
        seen = gm.call("request.get", request=request)
        assert "code" not in seen["preview"], seen
        done = gm.call("request.approve", request=request)
        equal(done["result"]["user"], "wang")
        assert "code" not in done["result"], done
        assert "result" not in gm.call("request.get", request=request)
        code = admin.call("request.get", request=request)["result"]["code"]
        again = admin.call("request.get", request=request)
        assert "result" not in again, again
        with server.connect() as wang:
            wang.login("wang", code)
            wang.call("session.passwd", old=code, new="wang's own pass 2026")


def test_a_lost_password_takes_two_and_a_code(server):
    with server.connect("admin") as admin, server.connect("gm") as gm:
        refused = expect_code("denied", admin.call, "user.update",
                              user="admin", new_code=True)
        equal(refused.rule, "self")
        request = admin.call("user.update", user="hz-sales",
                             new_code=True)["pending"]
        with server.connect("hz-sales") as client:
            client.call("session.whoami")
        done = gm.call("request.approve", request=request)
        assert "code" not in done["result"], done
        code = admin.call("request.get", request=request)["result"]["code"]
    with server.connect() as client:
        old = password_of(server.directory, "hz-sales")
        expect_code("unauthenticated", client.login, "hz-sales", old)
        client.login("hz-sales", code)
        client.call("session.passwd", old=code, new="a new one for hz 2026")


def test_an_account_does_not_approve_what_its_maker_asks(server):
    with server.connect("admin") as admin:
        request = admin.call("role.remove", role="desk")["pending"]
    with server.connect() as wang:
        wang.login("wang", "wang's own pass 2026")
        refused = expect_code("denied", wang.call, "request.approve",
                              request=request)
        equal(refused.rule, "maker")
    approve(server, "gm", request)
    with server.connect("admin") as admin:
        expect_code("not_found", admin.call, "role.get", role="desk")


def test_a_machine_neither_decides_nor_gets_a_code(server):
    about = {"name": "watch", "reason": "监控", "expires": day_in(30)}
    with server.connect("admin") as admin, server.connect("gm") as gm, \
            server.connect() as few, server.connect() as all_, \
            server.connect() as second:
        for machine, owner, roles in (
                (few, admin, ["system"]), (all_, admin, ["admin", "system"]),
                (second, gm, ["gm"])):
            machine.call("session.login", token=owner.call(
                "token.create", roles=roles, **about)["token"])
        request = admin.call("user.create", user="stolen",
                             roles=["gm"])["pending"]
        equal(second.call("request.list")["rows"], [])
        equal(few.call("request.list")["rows"], [])
        equal(len(all_.call("request.list")["rows"]), 1)
        for method in ("request.get", "request.reject"):
            for machine in (few, second):
                expect_code("not_found", machine.call, method,
                            request=request)
        gm.call("request.approve", request=request)
        assert "result" not in all_.call("request.get", request=request)
        got = admin.call("request.get", request=request)["result"]
        assert got["code"], got


def customers(server):
    with server.connect("sh-manager") as manager:
        for n in range(CUSTOMERS):
            manager.call("record.create", entity="customer", fields={
                "name": "导出客户%d" % n, "type": "other",
                "category": "regular", "source": "phone",
                "mobile": "1381234567%d" % n})


def test_a_clear_export_is_fetched_once(server):
    customers(server)
    ask = {"entity": "customer", "clear": True, "fields": ["name", "remark"],
           "order": ["name"]}
    with server.connect("finance") as finance, server.connect("gm") as gm:
        masked = finance.call("record.export", entity="customer")
        equal(len(masked["rows"]), CUSTOMERS)
        request = finance.call("record.export", reason="对账",
                               **ask)["pending"]
        expect_code("invalid", finance.call, "record.export",
                    request=request, reason="对账", **ask)
        gm.call("request.approve", request=request)
        for other in ({"order": ["-name"]}, {"fields": ["name"]},
                      {"reason": "别的"}, {"archived": True}):
            expect_code("invalid", finance.call, "record.export",
                        **{**ask, "reason": "对账", "request": request,
                           **other})
        expect_code("invalid", gm.call, "record.export", request=request,
                    reason="对账", **ask)
        rows, after = [], None
        for _ in range(CUSTOMERS + 1):
            page = dict(ask, reason="对账", request=request, limit=2)
            if after:
                page["after"] = after
            got = finance.call("record.export", **page)
            rows += got["rows"]
            if not after:  # the first page does not come twice
                expect_code("invalid", finance.call, "record.export", **page)
            after = got["next"]
            if not after:
                break
        equal(len(rows), CUSTOMERS)
        expect_code("invalid", finance.call, "record.export", request=request,
                    reason="对账", **ask)
        equal(finance.call("request.get", request=request)["state"], "done")
    entry = [row for row in log_of(server, method="record.export")
             if row.get("under")][0]
    equal(entry["user"], "finance")
    assert request in entry["under"] and "gm" in entry["under"], entry


def test_an_approver_reads_of_a_request_what_his_view_lets_him(server):
    with server.connect("loader") as loader, server.connect("gm") as gm:
        request = loader.call(
            "record.export", entity="bank", clear=True, reason="查",
            where=["=", "account_no", "6222021001116245702"])["pending"]
        seen = gm.call("request.get", request=request)
        equal(seen["withheld"], ["where"])
        assert "6222" not in str(seen), seen
        equal(seen["params"]["entity"], "bank")
        assert "where" in loader.call("request.get",
                                      request=request)["params"]
        gm.call("request.reject", request=request)


def test_a_branchs_second_approves_what_stays_in_his_branch(server):
    ask = {"entity": "customer", "clear": True, "reason": "分公司"}
    with server.connect("loader") as loader, server.connect() as sh, \
            server.connect() as hz:
        sh.login("second-sh", "second of SH, long")
        hz.login("second-hz", "second of HZ, long")
        wide = loader.call("record.export", **ask)["pending"]
        near = loader.call("record.export", scope="branch", **ask)["pending"]
        for second, request in ((sh, wide), (hz, wide), (hz, near)):
            expect_code("not_found", second.call, "request.approve",
                        request=request)
        sh.call("request.approve", request=near)
        got = loader.call("record.export", scope="branch", request=near,
                          **ask)
        equal(len(got["rows"]), CUSTOMERS)
        loader.call("request.reject", request=wide)
        for word in ("ALL", " all", "everything"):  # none of them is `all`
            other = dict(ask, scope=word, request=loader.call(
                "record.export", scope=word, **ask)["pending"])
            sh.call("request.approve", request=other["request"])
            expect_code("invalid", loader.call, "record.export", **other)


def test_who_was_moved_takes_no_approval_along(server):
    ask = {"entity": "customer", "clear": True, "reason": "r",
           "scope": "branch"}
    with server.connect("loader") as loader, server.connect() as sh:
        sh.login("second-sh", "second of SH, long")
        request = loader.call("record.export", **ask)["pending"]
        sh.call("request.approve", request=request)
    with server.connect("admin") as admin:
        for branch in ("HZ", "SH"):
            moved = admin.call("user.update", user="loader", branch=branch)
            approve(server, "gm", moved["pending"])
            with server.connect("loader") as loader:
                if branch == "HZ":
                    expect_code("invalid", loader.call, "record.export",
                                request=request, **ask)
                else:
                    loader.call("record.export", request=request, **ask)


def at_once(clients, method, **params):
    """How often the same call is done, by all of them at one moment."""
    ids = [client.send(method, **params) for client in clients]
    return [client.answer(i)[0] for client, i in zip(clients, ids)].count(None)


def test_of_many_at_once_one_is_served(server):
    ask = {"entity": "customer", "clear": True, "reason": "对账"}
    many = [server.connect("finance") for _ in range(6)]
    seconds = [server.connect(login) for login in ("gm", "gm", "sh-manager")]
    for _ in range(3):
        request = many[0].call("record.export", **ask)["pending"]
        equal(at_once(seconds, "request.approve", request=request), 1)
        equal(at_once(many, "record.export", request=request, **ask), 1)
    for client in many + seconds:
        client.close()


def test_switching_off_needs_two_as_well(server):
    with server.connect("admin") as admin, server.connect("gm") as gm:
        more = admin.call("policy.apply", two_person=[
            "roles", "users", "export_clear", "schema"])
        assert "schema" in more["two_person"]
        request = admin.call("policy.apply", two_person=[])["pending"]
        assert admin.call("policy.get")["two_person"]
        gm.call("request.approve", request=request)
        equal(admin.call("policy.get")["two_person"], [])
        admin.call("role.apply", **DESK)
    notes = [row["note"] for row in log_of(server, method="policy.apply")
             if row.get("behalf")]
    assert any(note.endswith("none") for note in notes), notes


def enrol(server, login, code):
    password = "own password of %s 2026" % login
    with server.connect() as client:
        client.login(login, code)
        client.call("session.passwd", old=code, new=password)
    write_private(password_path(server.directory, login), password)


def test_accounts_of_one_hand_are_one_person(server):
    with server.connect("admin") as admin:
        admin.call("policy.apply", two_person=["roles"])
        for login, role in (("deputy2", "admin"), ("chief2", "gm")):
            enrol(server, login, admin.call(
                "user.create", user=login, roles=[role])["code"])
        with server.connect("deputy2") as deputy:
            enrol(server, "chief3", deputy.call(
                "user.create", user="chief3", roles=["gm"])["code"])
            by_child = deputy.call("role.remove", role="desk")["pending"]
        by_maker = admin.call("role.remove", role="desk")["pending"]
    for approver, request in (("chief2", by_maker),  # his own
                              ("chief3", by_maker),  # his account's own
                              ("chief2", by_child),  # of the same hand
                              ("chief3", by_child)):
        with server.connect(approver) as client:
            refused = expect_code("denied", client.call, "request.approve",
                                  request=request)
            equal((approver, refused.rule), (approver, "maker"))
    approve(server, "gm", by_child)
    with server.connect("admin") as admin:
        off = admin.call("policy.apply", two_person=[])["pending"]
    approve(server, "sh-manager", off)


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

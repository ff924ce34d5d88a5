#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Roles are living data: read, previewed, replaced whole, taken away.

What changes holds for open sessions with their next request; what does not
parse exactly changes nothing; nobody changes what he himself holds.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run
from server import Server

CUSTOMER = {"name": "角色试验客户", "type": "other", "category": "regular",
            "source": "phone", "mobile": "13812345678"}


def role_of(answer):
    """What role.apply takes of what role.get gave."""
    return dict(answer)


def levels_of(answer, field):
    return {(c["on"], c["before"], c["after"]) for c in answer["levels"]
            if (c["entity"], c["field"]) == ("customer", field)}


def test_a_role_comes_back_as_the_file_states_it(server):
    with server.connect("admin") as admin:
        support = admin.call("role.get", role="support")
        equal(support["role"], "support")
        equal(support["label"], ["客服", "Support"])
        equal(support["rights"], [])
        equal(support["grants"][0]["on"], "branch")
        equal(support["grants"][0]["fields"]["customer.mobile"], "read")
        equal(support["grants"][1],
              {"on": "all", "levels": {"organisation": "read",
                                       "product": "read"}})
        unchanged = admin.call("role.apply", dry_run=True, **support)
        equal((unchanged["levels"], unchanged["rights"],
               unchanged["quota"]), ([], [], []))
        expect_code("not_found", admin.call, "role.get", role="nobody")


def test_roles_are_for_those_with_the_right(server):
    for user in ("sh-manager", "gm", "auditor", "sh-sales"):
        with server.connect(user) as client:
            for method in ("role.get", "role.apply", "role.remove"):
                expect_code("denied", client.call, method, role="sales")


def test_a_dry_run_says_what_would_change_and_changes_nothing(server):
    with server.connect("admin") as admin:
        before = admin.call("role.get", role="support")
        role = role_of(before)
        role["rights"] = ["export"]
        role["grants"] = [dict(role["grants"][0]), role["grants"][1]]
        role["grants"][0]["levels"] = dict(
            role["grants"][0]["levels"], credit="read", remark="none")
        said = admin.call("role.apply", dry_run=True, **role)
        equal(said["accounts"], 1)
        equal(levels_of(said, "credit_limit"), {("branch", "none", "read")})
        equal(levels_of(said, "remark"), {("branch", "read", "none")})
        equal(levels_of(said, "name"), set())
        equal(said["rights"],
              [{"right": "export", "before": False, "after": True}])
        role["quota"] = {"lookup": 7}
        said = admin.call("role.apply", dry_run=True, **role)
        equal(said["quota"], [{"kind": "lookup", "before": None,
                                "after": 7}])
        equal(admin.call("role.get", role="support"), before)


def test_a_changed_role_holds_with_the_next_request(server):
    with server.connect("admin") as admin, \
            server.connect("sh-manager") as manager, \
            server.connect("sh-support") as support:
        number = manager.call("record.create", entity="customer",
                              fields=CUSTOMER)["number"]
        got = support.call("record.get", entity="customer", id=number)
        equal(got["fields"]["mobile"], CUSTOMER["mobile"])
        kept = admin.call("role.get", role="support")
        role = role_of(kept)
        role["grants"] = [dict(kept["grants"][0]), kept["grants"][1]]
        del role["grants"][0]["fields"]
        admin.call("role.apply", reason="少看", **role)
        got = support.call("record.get", entity="customer", id=number)
        equal(got["fields"]["mobile"], "138****5678")
        role["deny"] = ["contact"]
        admin.call("role.apply", reason="不看", **role)
        got = support.call("record.get", entity="customer", id=number)
        assert "mobile" not in got["fields"], got
        expect_code("unknown", support.call, "record.get", entity="customer",
                    id=number, fields=["mobile"])
        admin.call("role.apply", reason="复原", **kept)
        got = support.call("record.get", entity="customer", id=number)
        equal(got["fields"]["mobile"], CUSTOMER["mobile"])


def test_what_does_not_parse_exactly_changes_nothing(server):
    grant = {"on": "branch", "levels": {"identity": "read"}}
    cases = [
        ({"grants": [dict(grant, on="mine")]}, "mine"),
        ({"grants": [dict(grant, levels={"identty": "read"})]}, "identty"),
        ({"grants": [dict(grant, levels={"identity": "reads"})]}, "reads"),
        ({"grants": [dict(grant, fields={"customer.nme": "read"})]},
         "customer.nme"),
        ({"grants": [dict(grant, extra=1)]}, "extra"),
        ({"grants": [grant], "rights": ["exprot"]}, "exprot"),
        ({"grants": [grant], "deny": ["contacts"]}, "contacts"),
        ({"grants": [grant], "label": ["one"]}, "label"),
        ({"grants": {"on": "branch"}}, "grants")]
    with server.connect("admin") as admin:
        before = admin.call("role.get", role="sales")
        for change, word in cases:
            refused = expect_code("invalid", admin.call, "role.apply",
                                  role="sales", **change)
            said = refused.errors[0]["message"]
            assert "sales" in said and word in said, (word, refused.error)
        expect_code("invalid", admin.call, "role.apply", role="Not A Key",
                    grants=[grant])
        expect_code("invalid", admin.call, "role.apply", grants=[grant])
        expect_code("invalid", admin.call, "role.apply", role="sales",
                    grants=[grant], colour="red")
        equal(admin.call("role.get", role="sales"), before)


def test_a_new_role_can_be_given_and_goes_when_nobody_has_it(server):
    with server.connect("admin") as admin:
        admin.call("role.apply", role="phone-desk", label=["电话", "Phones"],
                   grants=[{"on": "branch", "levels": {"identity": "read"}}],
                   rights=[], reason="new")
        assert {"role": "phone-desk", "zh": "电话", "en": "Phones"} in \
            admin.call("role.list")["rows"]
        admin.call("user.create", user="desk", roles=["phone-desk"],
                   branch="SH", password="a quiet long pass word 77")
        refused = expect_code("invalid", admin.call, "role.remove",
                              role="phone-desk")
        equal(refused.rule, "held")
        admin.call("user.update", user="desk", roles=["support"])
        admin.call("role.remove", role="phone-desk", reason="done")
        expect_code("not_found", admin.call, "role.get", role="phone-desk")
        expect_code("not_found", admin.call, "role.remove", role="phone-desk")
        expect_code("invalid", admin.call, "user.update", user="desk",
                    roles=["phone-desk"])
        admin.call("user.disable", user="desk")


def test_nobody_changes_what_he_himself_is(server):
    with server.connect("admin") as admin:
        mine = admin.call("role.get", role="admin")
        for change in ({"dry_run": True}, {}):
            refused = expect_code("denied", admin.call, "role.apply", **mine,
                                  **change)
            equal(refused.rule, "self")
        expect_code("denied", admin.call, "role.remove", role="system")
        for change in ({"roles": ["admin", "manager"]}, {"roles": ["admin"]},
                       {"branch": "SH"}, {"disabled": True},
                       {"password": "a thief's own, long 12"}):
            refused = expect_code("denied", admin.call, "user.update",
                                  user="admin", **change)
            equal(refused.rule, "self")
        admin.call("user.update", user="admin", name="管理员")


def test_somebody_stays_who_can_make_accounts_and_roles(server):
    with server.connect("admin") as admin:
        admin.call("role.apply", role="deputy", rights=["users", "roles"],
                   grants=[], reason="deputy")
        admin.call("user.create", user="deputy", roles=["deputy"],
                   password="another quiet long pass 88")
        with server.connect() as deputy:
            deputy.login("deputy", "another quiet long pass 88")
            weaker = admin.call("role.get", role="admin")
            weaker["rights"] = ["users"]
            said = deputy.call("role.apply", dry_run=True, **weaker)
            equal({r["right"] for r in said["rights"]},
                  {"roles", "schema", "rules"})
            admin.call("user.disable", user="deputy")
        admin.call("user.update", user="deputy", disabled=False,
                   roles=["support"])
        admin.call("role.apply", role="deputy", rights=["roles"], grants=[])
        admin.call("user.update", user="deputy", roles=["deputy"])
        with server.connect() as deputy:
            deputy.login("deputy", "another quiet long pass 88")
            refused = expect_code("invalid", deputy.call, "role.apply",
                                  **weaker | {"rights": ["roles"]})
            equal(refused.rule, "last")
        admin.call("user.disable", user="deputy")


def test_every_change_of_a_role_is_in_the_log(server):
    with server.connect("auditor") as auditor:
        rows = auditor.call("audit.find", method="role.apply",
                            limit=100)["rows"]
    notes = [row.get("note", "") for row in rows if row["result"] == "ok"]
    assert "support: 少看" in notes, notes
    assert not [n for n in notes if n.startswith("sales")], notes
    assert [r for r in rows if r["result"] == "denied"], rows


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The schema of a running book changes, and nobody gains by it.

What is new is at none for every role until a role was applied after it; what
is stored stays readable, and what it was stored by stays as it is.
"""
import copy
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run
from server import ROOT, Server, day_in

EVERYBODY = ["sh-sales", "sh-manager", "sh-clerk", "sh-support", "finance",
             "gm", "auditor", "privacy", "loader", "admin"]
FIELD = {"id": 120, "label": ["车牌", "Plate"], "type": "text", "max": 20,
         "class": "identity"}
KNOWN = {}


def document(admin):
    return admin.call("schema.document")["document"]


def changed(admin, change):
    """The present document with `change` made to it."""
    new = copy.deepcopy(document(admin))
    change(new)
    return new


def apply(admin, change, **more):
    return admin.call("schema.apply", document=changed(admin, change), **more)


def customer_fields(document):
    return document["entities"]["customer"]["fields"]


def add_plate(document):
    customer_fields(document)["plate"] = dict(FIELD)


def customer(server):
    if not KNOWN:
        with server.connect("sh-manager") as manager:
            KNOWN.update(manager.call(
                "record.create", entity="customer", fields={
                    "name": "模式试验客户", "type": "other",
                    "category": "regular", "source": "phone",
                    "owner": "sh-sales", "mobile": "13812345678"}))
    return KNOWN["number"]


def sees(client, number, field):
    try:
        got = client.call("record.get", entity="customer", id=number,
                          fields=[field])
    except Exception as refused:
        return refused.code
    return got["fields"].get(field, "empty")


def test_only_the_right_schema_reads_and_writes_it(server):
    for user in EVERYBODY[:-1]:
        with server.connect(user) as client:
            expect_code("denied", client.call, "schema.document")
            expect_code("denied", client.call, "schema.apply", document="x")


def test_the_document_holds_no_roles_and_takes_none(server):
    with server.connect("admin") as admin:
        now = document(admin)
        assert "roles" not in now and "customer" in now["entities"], now.keys()
        before = admin.call("role.get", role="sales")
        said = apply(admin, lambda d: d.update(
            roles={"sales": {"rights": ["erase"]}}), reason="同样")
        equal(said["changes"], [])
        equal(admin.call("role.get", role="sales"), before)


def test_the_same_file_as_text_changes_nothing(server):
    with open(os.path.join(ROOT, "server/schema/default.yaml"),
              encoding="utf-8") as f:
        text = f.read()
    with server.connect("admin") as admin:
        equal(admin.call("schema.apply", document=text,
                         dry_run=True)["changes"], [])
        refused = expect_code("invalid", admin.call, "schema.apply",
                              document=text + "\n  bad: [")
        assert "line" in refused.errors[0]["message"], refused.error
        expect_code("invalid", admin.call, "schema.apply")


def test_a_dry_run_changes_nothing(server):
    with server.connect("admin") as admin:
        before = admin.call("schema.document")
        said = apply(admin, add_plate, dry_run=True)
        equal(said["changes"], [{"entity": "customer", "field": "plate",
                                 "change": "new"}])
        equal(admin.call("schema.document"), before)


def test_a_new_field_is_nobodys_until_a_role_is_applied(server):
    number = customer(server)
    with server.connect("admin") as admin, \
            server.connect("sh-manager") as manager:
        seen = manager.call("record.get", entity="customer", id=number)
        apply(admin, add_plate, reason="车牌")
        for user in EVERYBODY:
            with server.connect(user) as client:
                equal((user, sees(client, number, "plate")),
                      (user, "unknown"))
                assert "plate" not in str(client.call("schema.get")), user
                for where in (["=", "plate", "x"], ["empty", "plate"]):
                    expect_code("unknown", client.call, "record.find",
                                entity="customer", where=where)
        expect_code(("unknown", "denied"), manager.call, "record.update",
                    entity="customer", id=number, set={"plate": "沪A12345"})
        equal(manager.call("record.get", entity="customer", id=number), seen)
        role = admin.call("role.get", role="manager")
        said = admin.call("role.apply", dry_run=True, **role)
        equal([(c["field"], c["on"], c["before"], c["after"])
               for c in said["levels"]],
              [("plate", "branch", "none", "write")])
        equal(sees(manager, number, "plate"), "unknown")
        admin.call("role.apply", reason="给车牌", **role)
        equal(sees(manager, number, "plate"), "empty")
        manager.call("record.update", entity="customer", id=number,
                     set={"plate": "沪A12345"})
        equal(sees(manager, number, "plate"), "沪A12345")
        with server.connect("sh-sales") as sales:
            equal(sees(sales, number, "plate"), "unknown")


def test_another_class_shows_it_to_nobody_either(server):
    number = customer(server)
    with server.connect("admin") as admin, \
            server.connect("finance") as finance, \
            server.connect("sh-manager") as manager:
        equal(sees(finance, number, "credit_grade"), "empty")
        said = apply(admin, lambda d: customer_fields(d)["mobile"].update(
            {"class": "identity"}), reason="降级")
        equal(said["changes"], [{"entity": "customer", "field": "mobile",
                                 "change": "class"}])
        equal(sees(finance, number, "mobile"), "unknown")
        equal(sees(manager, number, "mobile"), "unknown")
        history = manager.call("record.history", entity="customer",
                               id=number)
        assert "13812345678" not in str(history), history
        apply(admin, lambda d: customer_fields(d)["mobile"].update(
            {"class": "contact"}), reason="复原")
        for role in ("manager", "finance", "sales"):
            admin.call("role.apply", **admin.call("role.get", role=role))
        equal(sees(manager, number, "mobile"), "13812345678")
        equal(sees(finance, number, "mobile"), "138****5678")
        history = manager.call("record.history", entity="customer",
                               id=number)
        assert "13812345678" in str(history), history


def test_another_mask_shows_it_to_nobody_either(server):
    number = customer(server)
    with server.connect("admin") as admin, server.connect("gm") as gm:
        equal(sees(gm, number, "mobile"), "unknown")
        admin.call("role.apply", **admin.call("role.get", role="gm"))
        equal(sees(gm, number, "mobile"), "138****5678")
        apply(admin, lambda d: customer_fields(d)["mobile"].update(
            mask="shown"))
        equal(sees(gm, number, "mobile"), "unknown")
        apply(admin, lambda d: customer_fields(d)["mobile"].update(
            mask="phone"))


def test_what_records_are_stored_by_stays(server):
    def of(entity, **changes):
        return lambda d: d["entities"][entity].update(changes)

    def field(name, **changes):
        return lambda d: customer_fields(d)[name].update(changes)

    def drop(name):
        return lambda d: customer_fields(d).pop(name)

    def drop_entity(document):
        del document["entities"]["feedback"]

    def drop_choice(document):
        del customer_fields(document)["type"]["values"]["public"]

    def reuse(document):
        fields = customer_fields(document)
        del fields["plate"]
        fields["weight"] = {"id": 120, "label": ["重", "Weight"],
                            "type": "decimal", "class": "identity"}

    def derived(document):
        customer_fields(document)["initials2"] = {
            "id": 121, "label": ["码", "Initials"], "type": "text", "max": 9,
            "class": "identity", "derive": {"initials": "name"}}

    def another_sum(document):
        customer_fields(document)["receivable"]["derive"]["sum"][0][
            "add"] = "order.freight"

    def fewer_addends(document):
        del customer_fields(document)["receivable"]["derive"]["sum"][2]

    cases = [(of("customer", scoped=False), "customer"),
             (another_sum, "customer.receivable"),
             (fewer_addends, "customer.receivable"),
             (of("order", retained=False), "order"),
             (field("mobile", sealed=False), "customer.mobile"),
             (field("remark", type="text"), "customer.remark"),
             (field("city", index=[]), "customer.city"),
             (drop("wechat"), "customer.wechat"),
             (drop_entity, "feedback"), (drop_choice, "public"),
             (reuse, "type"), (derived, "customer.initials2")]
    with server.connect("admin") as admin:
        before = admin.call("schema.document")
        for change, word in cases:
            refused = expect_code("invalid", apply, admin, change)
            equal(refused.rule, "schema")
            assert word in refused.errors[0]["message"], (word,
                                                          refused.error)
        refused = expect_code("invalid", apply, admin,
                              lambda d: d["classes"].remove("remark"))
        equal(admin.call("schema.document"), before)


def test_when_an_addend_is_due_may_be_said_later(server):
    """A book made without credit takes it up: no sum is another."""
    def without(document):
        del document["entities"]["customer"]["credit"]
        for part in customer_fields(document)["receivable"]["derive"]["sum"]:
            part.pop("due", None)
            del part["by"]

    with server.connect("admin") as admin:
        before = admin.call("schema.document")["document"]
        apply(admin, without)
        admin.call("schema.apply", document=before, reason="信用")


def test_names_labels_and_choices_may_change(server):
    number = customer(server)

    def change(document):
        fields = customer_fields(document)
        renamed = {("licence" if key == "plate" else key): value
                   for key, value in fields.items()}
        renamed["city"]["label"] = ["市", "Town"]
        renamed["type"]["values"]["club"] = ["社团", "Club"]
        document["entities"]["customer"]["fields"] = renamed

    with server.connect("admin") as admin, \
            server.connect("sh-manager") as manager:
        equal(apply(admin, change)["changes"], [])
        equal(sees(manager, number, "licence"), "沪A12345")
        equal(sees(manager, number, "plate"), "unknown")
        manager.call("record.update", entity="customer", id=number,
                     set={"type": "club"})


def test_a_new_entity_is_nobodys_until_a_role_is_applied(server):
    def add(document):
        document["entities"]["vehicle"] = {
            "id": 40, "label": ["车辆", "Vehicle"], "fields": {
                "code": {"id": 1, "label": ["代码", "Code"], "type": "text",
                         "max": 20, "class": "product"}}}

    with server.connect("admin") as admin, \
            server.connect("finance") as finance:
        said = apply(admin, add, reason="车辆")
        equal(said["changes"][0], {"entity": "vehicle", "change": "new"})
        for user in EVERYBODY:
            with server.connect(user) as client:
                expect_code("unknown", client.call, "record.find",
                            entity="vehicle")
        admin.call("role.apply", **admin.call("role.get", role="finance"))
        made = finance.call("record.create", entity="vehicle",
                            fields={"code": "V1"})
        got = finance.call("record.get", entity="vehicle", id=made["id"])
        equal(got["fields"]["code"], "V1")


def test_it_lives_through_a_restart_and_is_in_the_log(server):
    number = customer(server)
    with server.connect("admin") as admin:
        before = admin.call("schema.document")
    server.stop()
    server.start()
    with server.connect("admin") as admin, \
            server.connect("sh-manager") as manager:
        equal(admin.call("schema.document"), before)
        equal(sees(manager, number, "licence"), "沪A12345")
    with server.connect("auditor") as auditor:
        notes = [row["note"] for row in auditor.call(
            "audit.find", method="schema.apply", limit=100)["rows"]
            if row["result"] == "ok"]
        assert any(note.endswith(": 车牌") for note in notes), notes
        equal(auditor.call("audit.verify")["bad"], 0)



def move_to(zone):
    def change(document):
        document["company"] = {"zone": zone}
    return change


def test_the_day_ends_where_the_company_is(server):
    """From the next request on, for whoever is logged in."""
    with server.connect("admin") as admin, \
            server.connect("sh-sales") as sales:
        for zone, ends in ((None, "T16:00:00.000Z"), ("Z", "T00:00:00.000Z"),
                           ("+05:45", "T18:15:00.000Z"),
                           ("+08:00", "T16:00:00.000Z")):
            if zone:
                apply(admin, move_to(zone))
            made = sales.call("token.create", name="ERP %s" % zone,
                              roles=["sales"], expires=day_in(9), reason="x")
            assert made["expires"].endswith(ends), (zone, made)
        for wrong in ("-05:00", "Asia/Shanghai", "+15:00", ""):
            expect_code("invalid", apply, admin, move_to(wrong))


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

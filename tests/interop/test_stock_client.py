#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A MessagePack-RPC client that we did not write does the main jobs.

Debian's python3-msgpack over ssl; nothing of ours but the names in the
contract.  The audit log's claims are recomputed here from the exported leaves
(RFC 6962 in twenty lines) and its signature is checked by openssl.
"""
import base64
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, eventually, expect_code, run
from server import Server

INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
PERSON = {"type": "person", "category": "regular", "source": "phone"}
COMPANY = {"type": "company", "category": "vip", "source": "visit",
           "uscc": "91110000600037341L"}


def create(client, entity, fields, **more):
    return client.call("record.create", entity=entity, fields=fields, **more)


def test_hello_names_server_and_protocol(server):
    with server.connect() as client:
        hello = client.call("session.hello")
        assert INSTANT.match(hello["time"]), hello
        assert "kehu" in str(hello["server"]).lower(), hello
        assert hello["version"] and hello["protocol"], hello


def test_login_gives_roles_branch_and_checkpoint(server):
    with server.connect() as client:
        with open(os.path.join(server.directory, "passwords", "sh-sales"),
                  encoding="utf-8") as f:
            answer = client.login("sh-sales", f.read().strip())
        equal(answer["user"], "sh-sales")
        equal(answer["roles"], ["sales"])
        equal(answer["branch"], "SH")
        equal(str(answer["checkpoint"]).count("\n\n"), 1)


def test_the_schema_shows_what_the_caller_may_know(server):
    def fields(user):
        with server.connect(user) as client:
            entities = client.call("schema.get")["entities"]
        if isinstance(entities, dict):
            customer = entities["customer"]
        else:
            customer = [e for e in entities
                        if e.get("key", e.get("name")) == "customer"][0]
        found = customer["fields"]
        return set(found if isinstance(found, dict) else
                   (f.get("key", f.get("name")) for f in found))
    assert {"name", "credit_hold"} <= fields("sh-sales")
    assert not {"credit_limit", "person_id"} & fields("sh-sales")
    assert "credit_limit" in fields("finance")


def test_a_customer_lives_through_create_get_update_find(server):
    with server.connect("sh-manager") as client:
        made = create(client, "customer", dict(
            PERSON, name="诸葛小明", mobile="13812345678", city="上海"))
        assert made["number"].startswith("KHSH"), made
        assert isinstance(made["version"], str), made
        equal(made["fields"]["branch"], "SH")
        for key in (made["number"], made["id"]):
            got = client.call("record.get", entity="customer", id=key)
            equal(got["fields"]["name"], "诸葛小明")
            equal(got["number"], made["number"])
        assert INSTANT.match(got["fields"]["created_at"]), got
        changed = client.call("record.update", entity="customer",
                              id=made["number"], version=got["version"],
                              set={"needs": "红茶"}, unset=["city"])
        assert changed["version"] != got["version"]
        expect_code("conflict", client.call, "record.update",
                    entity="customer", id=made["number"],
                    version=got["version"], set={"needs": "绿茶"})
        rows = client.call("record.find", entity="customer", count=True,
                           where=["and", ["contains", "name", "葛小"],
                                  ["not", ["=", "category", "vip"]]])
        equal([row["number"] for row in rows["rows"]], [made["number"]])
        equal(rows["count"], 1)
        equal(rows["next"], None)
        assert "city" not in rows["rows"][0]["fields"] \
            or rows["rows"][0]["fields"]["city"] is None


def test_everything_wrong_comes_at_once(server):
    with server.connect("sh-manager") as client:
        refused = expect_code("invalid", create, client, "customer", {
            "type": "person", "category": "nonsense", "mobile": "12345",
            "email": "a@b"})
        fields = {e["field"] for e in refused.errors}
        assert {"name", "source", "category", "mobile", "email"} <= fields, \
            refused.error


def test_labels_of_both_languages_are_input_keys_are_output(server):
    with server.connect("sh-manager") as client:
        made = create(client, "customer", {
            "name": "标签测试", "type": "个人", "category": "普通",
            "source": "Phone", "mobile": "13900000001"})
        equal(made["fields"]["type"], "person")
        equal(made["fields"]["category"], "regular")
        equal(made["fields"]["source"], "phone")


def test_amounts_are_exact_text(server):
    with server.connect("finance") as client:
        made = create(client, "product", {"name": "整数", "unit_price": 7})
        equal(made["fields"]["unit_price"], "7.00")
        made = create(client, "product",
                      {"name": "精确", "unit_price": "0.1234"})
        equal(made["fields"]["unit_price"], "0.1234")


def test_a_request_id_stores_once(server):
    with server.connect("sh-manager") as client:
        request = str(uuid.uuid4())
        fields = dict(PERSON, name="只存一次", mobile="13900000002")
        first = create(client, "customer", fields, request_id=request)
        again = create(client, "customer", fields, request_id=request)
        equal(again["number"], first["number"])
        rows = client.call("record.find", entity="customer",
                           where=["=", "name", "只存一次"])["rows"]
        equal(len(rows), 1)
        expect_code("invalid", create, client, "customer",
                    dict(fields, name="另一个"), request_id=request)


def test_a_dry_run_writes_nothing(server):
    with server.connect("sh-manager") as client:
        preview = create(client, "customer", dict(
            PERSON, name="只是看看", mobile="+86 139 0000 0003"),
            dry_run=True)
        assert preview.get("number") is None, preview
        assert preview["confirm"], preview
        equal(client.call("record.find", entity="customer",
                          where=["=", "name", "只是看看"])["rows"], [])


def test_a_batch_sees_its_earlier_items(server):
    with server.connect("loader") as client:
        answers = client.call("record.batch", atomic=True, items=[
            {"op": "create", "entity": "customer",
             "fields": dict(COMPANY, name="批量示例有限公司")},
            {"op": "create", "entity": "contact",
             "fields": {"customer": "#0", "name": "王小明",
                        "mobile": "13900000004"}},
            {"op": "update", "entity": "customer", "id": "#0",
             "set": {"needs": "纸箱"}}])
        items = answers if isinstance(answers, list) else answers["items"]
        numbers = [(i.get("result") or i).get("number") for i in items]
        assert numbers[1].startswith(numbers[0] + "/"), items
        got = client.call("record.get", entity="customer", id=numbers[0])
        equal(got["fields"]["needs"], "纸箱")


def test_an_atomic_batch_with_a_bad_item_writes_nothing(server):
    with server.connect("loader") as client:
        good = {"op": "create", "entity": "customer",
                "fields": dict(PERSON, name="全有或全无", mobile="13900000005")}
        bad = {"op": "create", "entity": "customer", "fields": {"name": "x"}}
        refused = expect_code("invalid", client.call, "record.batch",
                              atomic=True, items=[good, bad])
        assert all(e.get("item") == 1 for e in refused.errors), refused.error
        equal(client.call("record.find", entity="customer",
                          where=["=", "name", "全有或全无"])["rows"], [])


def test_a_second_company_with_the_code_is_duplicate(server):
    with server.connect("sh-manager") as client:
        fields = dict(COMPANY, uscc="91110000710926094P")
        create(client, "customer", dict(fields, name="先来有限公司"))
    with server.connect("hz-manager") as client:
        refused = expect_code("duplicate", create, client, "customer",
                              dict(fields, name="后到有限公司"))
        assert "先来" not in str(refused.error), refused.error
        assert "KHSH" not in str(refused.error), refused.error


def test_pages_hold_every_row_once(server):
    with server.connect("loader") as client:
        client.call("record.batch", items=[
            {"op": "create", "entity": "product",
             "fields": {"name": "分页%03d" % n, "unit_price": "1"}}
            for n in range(120)])
        numbers = [row["number"] for row in client.find_all(
            "product", where=["prefix", "name", "分页"], limit=7)]
        equal(len(numbers), 120)
        equal(len(set(numbers)), 120)
        equal(numbers, sorted(numbers))
        down = [row["number"] for row in client.find_all(
            "product", where=["prefix", "name", "分页"], limit=50,
            order=["-number"])]
        equal(down, numbers[::-1])


def test_history_tells_who_when_what_why(server):
    with server.connect("sh-manager") as client:
        made = create(client, "customer", dict(
            PERSON, name="有历史的人", mobile="13900000006"), source="phone")
        client.call("record.update", entity="customer", id=made["number"],
                    set={"needs": "龙井"}, source="visit", reason="拜访所得")
        versions = client.call("record.history", entity="customer",
                               id=made["number"])["versions"]
    equal([v["version"] for v in sorted(
        versions, key=lambda v: v["version"])], [1, 2])
    last = max(versions, key=lambda v: v["version"])
    equal(last["user"], "sh-manager")
    equal(last["source"], "visit")
    equal(last["reason"], "拜访所得")
    assert INSTANT.match(last["at"]), last
    assert "127.0.0.1" in last["from"], last
    changes = {c["field"]: c for c in last["changes"]}
    equal(changes["needs"]["new"], "龙井")
    equal(changes["needs"]["old"], None)


def test_what_is_not_there_and_what_is_hidden_look_alike(server):
    with server.connect("hz-manager") as client:
        made = create(client, "customer", dict(
            PERSON, name="杭州的人", mobile="13900000007"))
    with server.connect("sh-manager") as client:
        hidden = expect_code("not_found", client.call, "record.get",
                             entity="customer", id=made["number"])
        absent = expect_code("not_found", client.call, "record.get",
                             entity="customer", id="KHHZ202699999")
        equal(hidden.error, absent.error)
        secret = expect_code("unknown", client.call, "record.find",
                             entity="customer",
                             where=["=", "no_such_field", "1"])
    with server.connect("sh-sales") as client:
        limit = expect_code("unknown", client.call, "record.find",
                            entity="customer",
                            where=["=", "credit_limit", "1"])
        equal(limit.code, secret.code)


def test_readers_without_the_right_are_denied_the_log(server):
    with server.connect("sh-sales") as client:
        expect_code("denied", client.call, "audit.verify")
        expect_code("denied", client.call, "audit.export", **{"from": 0})
        expect_code(("denied", "unknown"), client.call, "user.create",
                    user="mallory", password="long enough 123", roles=["gm"])


# --- the log, recomputed ---------------------------------------------------

def tree_hash(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + tree_hash(leaves[:half])
                          + tree_hash(leaves[half:])).digest()


def parse_note(note):
    body, signatures = note.split("\n\n", 1)
    origin, size, root = (body + "\n").split("\n")[:3]
    return body + "\n", origin, int(size), base64.b64decode(root), signatures


def export_all(client, size):
    leaves = []
    while len(leaves) < size:
        page = client.call("audit.export", limit=500,
                           **{"from": len(leaves)})["entries"]
        assert page, "the export ends at %d of %d" % (len(leaves), size)
        leaves += page
    return leaves[:size]


def test_the_log_root_is_the_hash_of_its_leaves(server):
    with server.connect("auditor") as client:
        note = client.call("audit.checkpoint")["note"]
        _, _, size, root, _ = parse_note(note)
        leaves = export_all(client, size)
        assert all(isinstance(leaf, bytes) for leaf in leaves)
        equal(tree_hash(leaves), root)


def test_openssl_verifies_the_checkpoint(server):
    with server.connect("auditor") as client:
        answer = client.call("audit.checkpoint")
    body, origin, _, _, signatures = parse_note(answer["note"])
    with open(os.path.join(server.data, "audit.vkey"),
              encoding="ascii") as f:
        vkey = f.read().strip()
    equal(answer["vkey"], vkey)
    name, key_id, key = vkey.split("+", 2)
    key = base64.b64decode(key)
    equal(key[0], 1)
    equal(hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8], key_id)
    line = [s for s in signatures.split("\n")
            if s.startswith("\u2014 " + name + " ")][0]
    signature = base64.b64decode(line.split(" ")[2])
    equal(signature[:4].hex(), key_id)
    with tempfile.TemporaryDirectory() as where:
        paths = {n: os.path.join(where, n) for n in ("key", "sig", "body")}
        der = bytes.fromhex("302a300506032b6570032100") + key[1:]
        for n, data in (("key", der), ("sig", signature[4:]),
                        ("body", body.encode())):
            with open(paths[n], "wb") as f:
                f.write(data)
        verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform",
                  "DER", "-inkey", paths["key"], "-rawin", "-sigfile",
                  paths["sig"], "-in", paths["body"]]
        subprocess.run(verify, check=True, stdout=subprocess.DEVNULL)
        with open(paths["body"], "ab") as f:
            f.write(b"x")
        assert subprocess.run(verify, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode != 0


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def is_consistent(old, old_root, new, new_root, proof):
    """RFC 9162, 2.1.4.2."""
    if old & (old - 1) == 0:
        proof = [old_root] + proof
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = proof[0]
    for step in proof[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(step, first), node(step, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def is_included(leaf, index, size, root, proof):
    """RFC 9162, 2.1.3.2."""
    at, last = index, size - 1
    found = hashlib.sha256(b"\0" + leaf).digest()
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(step, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def test_the_log_only_grows(server):
    with server.connect("auditor") as client:
        _, _, old, old_root, _ = parse_note(
            client.call("audit.checkpoint")["note"])
        with server.connect("sh-manager") as writer:
            create(writer, "customer", dict(
                PERSON, name="再来一位", mobile="13900000008"))
        # Signing follows the commit; it need not be this instant.
        _, _, new, new_root, _ = eventually(
            lambda: parse_note(client.call("audit.checkpoint")["note"]),
            lambda note: note[2] > old)
        proof = [bytes.fromhex(h) for h in client.call(
            "audit.consistency", old=old, new=new)["proof"]]
    assert is_consistent(old, old_root, new, new_root, proof)
    wrong = bytes(32)
    assert not is_consistent(old, wrong, new, new_root, proof)
    assert not is_consistent(old, old_root, new, wrong, proof)


def test_an_entry_is_proven_to_be_in_the_log(server):
    with server.connect("auditor") as client:
        for index in (0, 3, 7):
            answer = client.call("audit.proof", index=index)
            _, _, size, root, _ = parse_note(answer["note"])
            proof = [bytes.fromhex(h) for h in answer["proof"]]
            assert is_included(answer["leaf"], index, size, root, proof)
            assert not is_included(answer["leaf"] + b"x", index, size, root,
                                   proof)


def test_verify_finds_nothing_bad(server):
    with server.connect("auditor") as client:
        counts = client.call("audit.verify")
        equal(counts["bad"], 0)
        assert counts["entries"] > 10 and counts["values"] > 10, counts


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

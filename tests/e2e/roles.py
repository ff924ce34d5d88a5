#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Each role sees exactly its fields of exactly its records, whichever client
asks: masking and scope are the server's.

VIEWS is the claim, written down by hand from the role file: a letter a field,
c clear, m masked, - not there.  Every answer is asked for twice, through kehu
and through the stock client, and must be the same.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run
from kehu_rpc import RpcError
from server import BUILD, Server, password_path

COMPANY = {
    "name": "上海矩阵贸易有限公司", "type": "company", "category": "vip",
    "source": "visit", "uscc": "91110000600037341L", "owner": "sh-sales",
    "phone": "021-52345678", "mobile": "13812345678",
    "email": "li.wu77@example.com.cn", "wechat": "wx_matrix9",
    "remark": "ZQ-SENTINEL-7", "grade": "A", "payment_method": "monthly",
    "credit_limit": "733019.00", "credit_grade": "AA", "id_type": "resident",
    "person_id": "360426199101010071"}
FIELDS = ["name", "uscc", "phone", "mobile", "email", "wechat", "person_id",
          "remark", "grade", "payment_method", "credit_limit",
          "credit_grade", "credit_hold"]
VIEWS = {
    #             n u p m e w i r g t l c h
    "sh-sales":   "c c c c c c - c c c - - c",
    "sh-manager": "c c c c c c m c c c c c c",
    "sh-clerk":   "c c c c c c m c c c - - c",
    "sh-support": "c c c c c m - c c - - - c",
    "finance":    "c c c m m m m c c c c c c",
    "gm":         "c c c m m m - c c c c c c",
    "auditor":    "c c c m m m m m c c c c c",
    "privacy":    "c c c c c c c c c - - - c",
}
BLIND = ["sh-sales2", "hz-sales", "hz-manager", "admin"]
MASKS = {"mobile": "138****5678", "email": "l***@example.com.cn",
         "person_id": "360**************1"}
BANK = {"account_no": "6222021001116245702", "account_name": "矩阵贸易",
        "bank_name": "中国银行"}
BANK_VIEWS = {  # of account_no; None: bank accounts are not known
    "sh-sales": None, "sh-support": None, "sh-manager": "m", "sh-clerk": "m",
    "finance": "c", "gm": "m", "auditor": "m", "privacy": "c"}
KNOWN = {}


def kehu(server, user, *words):
    """(exit status, parsed answer or error) of our own client."""
    home = os.path.join(server.directory, "home")
    os.makedirs(home, exist_ok=True)
    done = subprocess.run(
        [os.path.join(BUILD, "kehu"), "--server",
         "127.0.0.1:%d" % server.port, "--ca", server.ca, "--user", user,
         "--password-file", password_path(server.directory, user), "--json"]
        + list(words), stdin=subprocess.DEVNULL, capture_output=True,
        timeout=60, env={"HOME": home, "LC_ALL": "C.UTF-8",
                         "PATH": os.environ["PATH"],
                         "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home})
    said = done.stdout if done.returncode == 0 else done.stderr
    try:
        return done.returncode, json.loads(said)
    except ValueError:
        raise AssertionError("kehu %r: exit %d, %r %r" % (
            words, done.returncode, done.stdout, done.stderr)) from None


def records(server):
    """The company, a pool customer and one in Hangzhou; made once."""
    if KNOWN:
        return KNOWN
    with server.connect("loader") as client:
        made = client.call("record.create", entity="customer",
                           fields=COMPANY, reason="矩阵")
        KNOWN["company"] = made["number"]
        KNOWN["bank"] = client.call(
            "record.create", entity="bank",
            fields=dict(BANK, customer=made["number"]))["number"]
        KNOWN["contact"] = client.call(
            "record.create", entity="contact", fields={
                "customer": made["number"], "name": "王小明",
                "mobile": "13900001111", "birthday": "1990-05-17"})["number"]
    with server.connect("sh-manager") as client:
        pool = client.call("record.create", entity="customer", fields={
            "name": "公海客户", "type": "other", "category": "prospect",
            "source": "phone", "mobile": "13711112222"})
        client.call("record.update", entity="customer", id=pool["number"],
                    set={}, unset=["owner"])
        KNOWN["pool"] = pool["number"]
    with server.connect("hz-manager") as client:
        KNOWN["hangzhou"] = client.call("record.create", entity="customer",
            fields={"name": "杭州矩阵", "type": "other",
                    "category": "regular", "source": "phone"})["number"]
    return KNOWN


def get_both(server, user, entity, number):
    """What both clients are told; they must be told the same."""
    with server.connect(user) as client:
        try:
            stock = (0, client.call("record.get", entity=entity, id=number))
        except RpcError as refused:
            stock = (3 if refused.code == "denied" else 1, refused.error)
    status, own = kehu(server, user, entity, "get", number)
    equal(status, stock[0])
    if status == 0:
        equal(own, stock[1])
    else:
        equal(own["code"], stock[1]["code"])
    return stock


def letter(row, field, clear):
    value = row["fields"].get(field)
    if field in row["masked"]:
        if value == clear:
            raise AssertionError("%s is called masked but is clear" % field)
        return "m"
    if field not in row["fields"]:
        return "-"
    equal(value, clear)
    return "c"


def test_every_role_sees_its_fields_of_a_customer(server):
    number = records(server)["company"]
    full = dict(COMPANY, credit_hold=False)
    for user, view in VIEWS.items():
        status, row = get_both(server, user, "customer", number)
        equal((user, status), (user, 0))
        seen = " ".join(letter(row, field, full[field]) for field in FIELDS)
        equal((user, seen), (user, view))
        for field, mask in MASKS.items():
            if field in row["masked"]:
                equal((user, field, row["fields"][field]),
                      (user, field, mask))


def test_nothing_hidden_is_anywhere_in_an_answer(server):
    number = records(server)["company"]
    clear_of = {"13812345678": "mobile", "li.wu77@": "email",
                "wx_matrix9": "wechat", "ZQ-SENTINEL-7": "remark",
                "733019": "credit_limit", "360426199101010071": "person_id"}
    for user, view in VIEWS.items():
        levels = dict(zip(FIELDS, view.split()))
        with server.connect(user) as client:
            said = json.dumps([
                client.call("record.get", entity="customer", id=number),
                client.call("record.find", entity="customer"),
                client.call("record.history", entity="customer", id=number),
                client.call("schema.get")], ensure_ascii=False)
        for secret, field in clear_of.items():
            if levels[field] != "c":
                assert secret not in said, (user, field, secret)
            else:
                assert secret in said, (user, field, secret)
        if BANK_VIEWS[user] != "c":
            assert BANK["account_no"] not in said, user


def test_a_bank_account_is_clear_to_finance_alone(server):
    number = records(server)["bank"]
    for user, view in BANK_VIEWS.items():
        status, row = get_both(server, user, "bank", number)
        if view is None:
            equal((user, status != 0), (user, True))
            assert row["code"] in ("unknown", "denied", "not_found"), row
            continue
        equal((user, status), (user, 0))
        equal((user, letter(row, "account_no", BANK["account_no"])),
              (user, view))
        if view == "m":
            assert row["fields"]["account_no"].endswith("5702"), row


def test_records_out_of_scope_do_not_exist(server):
    number = records(server)["company"]
    for user in BLIND:
        for entity, which in (("customer", number),
                              ("contact", records(server)["contact"])):
            status, error = get_both(server, user, entity, which)
            assert status != 0, (user, entity, error)
            assert error["code"] in ("not_found", "unknown", "denied"), error
            assert "矩阵" not in json.dumps(error, ensure_ascii=False)
    with server.connect("hz-sales") as client:
        hidden = expect_code("not_found", client.call, "record.get",
                             entity="customer", id=number)
        absent = expect_code("not_found", client.call, "record.get",
                             entity="customer", id="KHSH202699999")
        equal(hidden.error, absent.error)


def test_a_find_ranges_over_the_callers_records(server):
    known = records(server)
    wanted = {
        "sh-sales": {"company", "pool"}, "sh-sales2": {"pool"},
        "hz-sales": set(), "sh-manager": {"company", "pool"},
        "hz-manager": {"hangzhou"}, "sh-clerk": {"company", "pool"},
        "gm": {"company", "pool", "hangzhou"},
        "finance": {"company", "pool", "hangzhou"},
        "auditor": {"company", "pool", "hangzhou"}}
    for user, names in wanted.items():
        with server.connect(user) as client:
            answer = client.call("record.find", entity="customer", count=True,
                                 limit=100)
        numbers = {row["number"] for row in answer["rows"]}
        equal((user, numbers), (user, {known[n] for n in names}))
        equal((user, answer["count"]), (user, len(names)))
        status, own = kehu(server, user, "customer", "find", "--all")
        equal(status, 0)
        equal((user, {row["number"] for row in own["rows"]}),
              (user, numbers))


def test_a_pool_customer_shows_no_number_to_sales(server):
    status, row = get_both(server, "sh-sales2", "customer",
                           records(server)["pool"])
    equal(status, 0)
    equal(row["fields"]["name"], "公海客户")
    equal(row["fields"]["mobile"], "137****2222")
    assert "mobile" in row["masked"] and "remark" not in row["fields"], row


def test_a_hidden_field_is_unknown_in_every_use(server):
    number = records(server)["company"]
    with server.connect("sh-sales") as client:
        for field in ("credit_limit", "person_id", "no_such_field"):
            for params in (
                    {"where": ["=", field, "1"]}, {"order": [field]},
                    {"where": ["and", ["=", "grade", "A"],
                               ["not", ["or", [">", field, "1"]]]]},
                    {"where": ["empty", field]}, {"fields": [field]},
                    {"where": ["in", field, ["1"]]}):
                expect_code("unknown", client.call, "record.find",
                            entity="customer", **params)
            expect_code("unknown", client.call, "record.get",
                        entity="customer", id=number, fields=[field])
            expect_code(("unknown", "denied"), client.call, "record.update",
                        entity="customer", id=number, set={field: "1"})


def test_masked_values_cannot_be_probed_or_written_back(server):
    number = records(server)["company"]
    with server.connect("auditor") as client:
        expect_code(("denied", "invalid", "unknown"), client.call,
                    "record.find", entity="customer",
                    where=["=", "mobile", "13812345678"])
    with server.connect("sh-clerk") as client:
        expect_code("invalid", client.call, "record.update",
                    entity="customer", id=number,
                    set={"person_id": MASKS["person_id"]})
    with server.connect("privacy") as client:
        got = client.call("record.get", entity="customer", id=number)
        equal(got["fields"]["person_id"], COMPANY["person_id"])


def test_writing_needs_the_right_of_the_field(server):
    number = records(server)["company"]
    tries = {"sh-sales": {"grade": "B"}, "sh-clerk": {"credit_limit": "1"},
             "sh-support": {"name": "改名"}, "auditor": {"remark": "改"},
             "gm": {"name": "改名"}, "sh-manager": {"credit_limit": "1.00"}}
    for user, changes in tries.items():
        with server.connect(user) as client:
            expect_code(("denied", "unknown"), client.call, "record.update",
                        entity="customer", id=number, set=changes,
                        reason="试")
        field, value = next(iter(changes.items()))
        status, error = kehu(server, user, "customer", "set", number,
                             "%s=%s" % (field, value), "--reason", "试")
        equal((user, status), (user, 3 if error["code"] == "denied" else 1))


def test_to_import_is_a_right_of_its_own(server):
    fields = {"customer": records(server)["company"], "kind": "complaint"}
    taken_over = ({"row": "0f" * 32}, {"source": "import"})
    with server.connect("sh-support") as support:
        for more in taken_over:
            refused = expect_code("denied", support.call, "record.create",
                                  entity="feedback", fields=fields, **more)
            equal(refused.field, next(iter(more)))
            said = support.call("record.batch", items=[
                dict(op="create", entity="feedback", fields=fields, **more)])
            equal(said["items"][0]["error"]["code"], "denied")
        entities = support.call("schema.get")["entities"]
        equal({e["may"]["import"] for e in entities}, {False})
        number = support.call("record.create", entity="feedback",
                              fields=fields, source="phone")["number"]
        expect_code("denied", support.call, "record.update",
                    entity="feedback", id=number, set={"priority": "high"},
                    source="import")
    with server.connect("admin") as admin:
        admin.call("record.create", entity="branch", source="import",
                   fields={"code": "NEW", "name": "新分公司"})
    with server.connect("sh-clerk") as clerk:
        for more in taken_over:
            clerk.call("record.create", entity="feedback", fields=fields,
                       **more)


def test_a_change_of_hidden_fields_moves_no_version(server):
    number = records(server)["company"]
    with server.connect("sh-sales") as low, server.connect("finance") as full:
        before = low.call("record.get", entity="customer", id=number)
        history = low.call("record.history", entity="customer", id=number)
        full.call("record.update", entity="customer", id=number,
                  set={"credit_grade": "A"}, reason="年审")
        after = low.call("record.get", entity="customer", id=number)
        equal(after, before)
        equal(low.call("record.history", entity="customer", id=number),
              history)
        low.call("record.update", entity="customer", id=number,
                 version=before["version"], set={"needs": "纸箱"})
        full.call("record.update", entity="customer", id=number,
                  set={"credit_grade": "AA"}, reason="复原")


def test_roles_taken_away_end_at_once(server):
    records(server)
    with server.connect("admin") as admin, \
            server.connect("sh-sales2") as client:
        assert client.call("record.find", entity="customer")["rows"]
        admin.call("user.disable", user="sh-sales2")
        try:
            expect_code("unauthenticated", client.call, "record.find",
                        entity="customer")
        except ConnectionError:
            pass
    with server.connect() as client:
        with open(password_path(server.directory, "sh-sales2"),
                  encoding="utf-8") as f:
            expect_code("unauthenticated", client.login, "sh-sales2",
                        f.read().strip())


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

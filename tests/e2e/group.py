#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`kehu ENTITY group` shows what record.group answers: as a table for people,
with keys for programs; a refusal is a refusal.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, run
from server import BUILD, Server, password_path


def kehu(server, user, *words, language="en"):
    return subprocess.run(
        [os.path.join(BUILD, "kehu"), "--server",
         "127.0.0.1:%d" % server.port, "--ca", server.ca, "--user", user,
         "--password-file", password_path(server.directory, user), *words],
        env=dict(os.environ, LC_ALL="C.UTF-8", KEHU_LANG=language,
                 HOME=server.directory, NO_COLOR="1"),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False)


def fill(server):
    with server.connect("loader") as loader:
        number = loader.call(
            "record.create", entity="customer",
            fields={"name": "分组公司", "type": "other", "source": "phone",
                    "category": "regular"})["number"]
        for status, freight in (("draft", "1.10"), ("draft", "2.20"),
                                ("shipped", "5")):
            loader.call("record.create", entity="order", source="import",
                        fields={"customer": number, "date": "2026-01-01",
                                "status": status, "freight": freight})


def test_programs_get_keys_and_the_wires_answer(server):
    fill(server)
    words = ("order", "group", "--by", "status", "--sum", "freight")
    equal(kehu(server, "finance", "--csv", *words).stdout.splitlines(),
          ["status,count,freight", "draft,2,3.30", "shipped,1,5.00"])
    with server.connect("finance") as finance:
        equal(json.loads(kehu(server, "finance", "--json", *words).stdout),
              finance.call("record.group", entity="order", by=["status"],
                           sum=["freight"]))


def test_people_get_labels_and_may_narrow_it(server):
    shown = kehu(server, "finance", "order", "group", "status = draft", "--by",
                 "状态", "--sum", "运费", language="zh").stdout
    assert "草稿" in shown and "3.30" in shown, shown
    assert "shipped" not in shown and "已发货" not in shown, shown


def test_refusals_are_refusals(server):
    equal(kehu(server, "sh-sales", "customer", "group", "--by",
               "credit_grade").returncode, 1)
    equal(kehu(server, "sh-sales", "customer", "group", "--by",
               "payment_method").returncode, 3)
    equal(kehu(server, "sh-sales", "customer", "group").returncode, 2)


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

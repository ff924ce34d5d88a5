#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A book of another trade: dental clinics, with entities, keys, roles and rules
of its own.  Nothing that is asked for in general hangs on a name of the
default schema.
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run
from server import (BUILD, Server, make_people, password_path,
                    write_private)

SCHEMA = """\
classes: [public, care, place]
entities:
  patient:
    id: 1
    label: [患者, Patient]
    scoped: true
    subject: patient
    number: { series: "HZ{branch}", digits: 6 }
    title: name
    branch: clinic
    owner: dentist
    external: card
    fields:
      no:      { id: 1, label: [病历号, File no.], type: text, max: 40, class: public, auto: number }
      card:    { id: 2, label: [卡号, Card], type: text, max: 30, class: public, index: [plain, unique] }
      name:    { id: 3, label: [姓名, Name], type: text, max: 60, class: care, required: true, sealed: true, index: [blind], mask: name }
      clinic:  { id: 4, label: [门诊, Clinic], type: ref, ref: clinic, class: public }
      dentist: { id: 5, label: [医生, Dentist], type: ref, ref: user, class: public }
  step:
    id: 2
    label: [治疗, Step]
    parent: patient
    subject: patient
    number: child
    fields:
      no:      { id: 1, label: [编号, No.], type: text, max: 60, class: care, auto: number }
      patient: { id: 2, label: [患者, Patient], type: ref, ref: patient, class: care, required: true, once: true, index: [plain] }
      nth:     { id: 3, label: [序号, Nth], type: int, least: 1, most: 999, class: care, counted: true, index: [plain, unique_in_parent] }
  clinic:
    id: 3
    label: [门诊, Clinic]
    number: { field: code }
    fields:
      code: { id: 1, label: [代码, Code], type: text, max: 10, class: place, required: true, once: true, check: code, index: [plain, unique] }
      name: { id: 2, label: [名称, Name], type: text, max: 60, class: place, required: true }
      help: { id: 3, label: [求助, Help], type: text, max: 60, class: place }
roles:
  admin:
    label: [管理, Admin]
    rights: [users, roles, schema, rules]
    grants: [ { on: all, levels: { place: write } } ]
  system:
    label: [运维, System]
    rights: [backup, restore, keys]
  dentist:
    label: [牙医, Dentist]
    rights: [import]
    grants:
      - { on: own, levels: { public: write, care: write } }
      - { on: branch, levels: { public: read, care: masked } }
      - { on: all, levels: { place: read } }
  head:
    label: [院长, Head]
    rights: [audit]
    grants: [ { on: all, levels: { public: read, care: masked } } ]
"""
PEOPLE = [("zhou", ["dentist"], "QD"), ("wu", ["dentist"], "QD"),
          ("sun", ["dentist"], "YT"), ("head", ["head"], None)]


def schema_file(folder, text=SCHEMA):
    path = os.path.join(folder, "schema.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def kehu(server, user, *words):
    return subprocess.run(
        [os.path.join(BUILD, "kehu"), "--server",
         "127.0.0.1:%d" % server.port, "--ca", server.ca, "--user", user,
         "--password-file", password_path(server.directory, user), *words],
        env=dict(os.environ, LC_ALL="C.UTF-8", KEHU_LANG="en",
                 HOME=server.directory, NO_COLOR="1"),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False)


def test_each_sees_his_own_branchs_and_nothing_else(server):
    with server.connect("zhou") as zhou:
        number = zhou.call("record.create", entity="patient", fields={
            "name": "司马光明", "card": "YK-7"})["number"]
        equal(number, "HZQD000001")
    for user, name in (("zhou", "司马光明"), ("wu", "司**"), ("head", "司**")):
        with server.connect(user) as client:
            got = client.call("record.get", entity="patient", id="YK-7")
            equal((user, got["fields"]["name"]), (user, name))
    with server.connect("sun") as sun:
        expect_code("not_found", sun.call, "record.get", entity="patient",
                    id=number)


def test_children_are_numbered_and_counted(server):
    with server.connect("zhou") as zhou:
        number = zhou.call("record.create", entity="patient",
                           fields={"name": "欧阳"})["number"]
        for n in (1, 2):
            got = zhou.call("record.create", entity="step",
                            fields={"patient": number})
            equal((got["number"], got["fields"]["nth"]),
                  ("%s/%d" % (number, n), n))


def test_a_login_tells_the_branchs_line(server):
    with server.connect("admin") as admin:
        admin.call("record.update", entity="clinic", id="YT",
                   set={"help": "分机 12"})
    with server.connect() as client, \
            open(password_path(server.directory, "sun"),
                 encoding="utf-8") as f:
        said = client.call("session.login", user="sun",
                           password=f.read().strip())
        equal((said["branch"], said["help"]), ("YT", "分机 12"))


def test_a_file_is_imported_without_a_field_of_sources(server):
    path = os.path.join(server.directory, "patients.csv")
    with open(path, "w", encoding="gb18030") as f:
        f.write("姓名,卡号\n诸葛甲,YK-8\n上官乙,YK-9\n")
    for new in (2, 0):
        done = kehu(server, "zhou", "patient", "import", path)
        equal(done.returncode, 0)
        assert "new %d" % new in done.stderr, done.stderr
    with server.connect("zhou") as zhou:
        said = zhou.call("record.history", entity="patient", id="YK-9")
        equal(said["versions"][0]["source"], "import")
        assert "form" in [s["key"] for s in
                          zhou.call("schema.get")["sources"]]


def test_the_log_verifies(server):
    with server.connect("head") as head:
        said = head.call("audit.verify")
        equal(said["bad"], 0)
        assert said["values"] > 10, said


def test_a_file_that_would_shut_everybody_out_is_refused(_server):
    bad = [(("  admin:\n", "  chief:\n"), "first account"),
           (("[users, roles, schema, rules]", "[schema]"), "users and roles"),
           (("ref: clinic", "ref: user"), "one entity of branches"),
           (('    number: { series: "HZ{branch}", digits: 6 }\n', ""),
            "patient: has auto: number")]
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        password = os.path.join(folder, "password")
        write_private(password, "one of a stranger's 4")
        for change, why in bad:
            said = subprocess.run(
                [os.path.join(BUILD, "kehud"), "init", "--dir", data,
                 "--schema", schema_file(folder, SCHEMA.replace(*change)),
                 "--admin-password-file", password],
                capture_output=True, text=True, check=False)
            assert said.returncode == 1 and why in said.stderr, (why, said)
            assert not os.path.exists(data), why


if __name__ == "__main__":
    kehud = Server()
    try:
        kehud.init(["--schema", schema_file(kehud.directory)])
        kehud.start()
        with kehud.connect("admin") as first:
            for code, title in (("QD", "青岛"), ("YT", "烟台")):
                first.call("record.create", entity="clinic",
                           fields={"code": code, "name": title})
            make_people(first, kehud.directory, PEOPLE, [])
        sys.exit(run(globals(), kehud))
    finally:
        kehud.close()

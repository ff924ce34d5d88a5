#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the operator wants of passwords: length, kinds, none that was stolen;
and a server that does not start without the list that it was told of.
"""
import hashlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run
from server import BUILD, Server, password_of

STOLEN = ["hunter2hunter2hunter2", "Tr0ub4dor&3 Tr0ub4dor&3"]


def configure(server, **keys):
    with open(os.path.join(server.data, "kehud.conf"), "a",
              encoding="utf-8") as f:
        for key, value in keys.items():
            f.write("%s = %s\n" % (key, value))


def list_path(server):
    return os.path.join(server.directory, "stolen")


def write_list(server, lines):
    with open(list_path(server), "w", encoding="ascii") as f:
        f.write("".join(line + "\n" for line in lines))


def starts(server):
    """Whether it does; then what it said."""
    done = subprocess.run(
        [os.path.join(BUILD, "kehud"), "run", "--dir", server.data,
         "--listen", "127.0.0.1:0"], capture_output=True, text=True,
        timeout=60, check=False)
    return done.returncode, done.stderr


def test_server_does_not_start_without_its_list(server):
    server.stop()
    configure(server, password_breached_file=list_path(server))
    status, said = starts(server)
    assert status != 0 and "password_breached_file cannot be read" in said
    assert list_path(server) not in said
    for lines in ([], ["hunter2"], ["F" * 40, "A" * 40], ["f" * 40]):
        write_list(server, lines)
        status, said = starts(server)
        assert status != 0 and "is no list of SHA-1 digests" in said, lines
    configure(server, password_least=14, password_classes=2)
    write_list(server, sorted(
        hashlib.sha1(p.encode()).hexdigest().upper() + ":7" for p in STOLEN))
    server.start()


def rules(server, password):
    with server.connect("sh-sales") as client:
        no = expect_code("invalid", client.call, "session.passwd",
                         old=password_of(server.directory, "sh-sales"),
                         new=password)
    return {e["rule"]: e["message"] for e in no.errors}


def test_every_rule_names_itself_and_what_would_be_right(server):
    equal(rules(server, "Thirteen char"),
          {"password_length": "use at least 14 characters"})
    equal(set(rules(server, "onlysmallletters")), {"password_classes"})
    for password in STOLEN:
        equal(set(rules(server, password)), {"password_breached"})
    equal(set(rules(server, "qwertyuiop12")),
          {"password_length", "password_common"})


def test_an_administrator_is_bound_by_them_too(server):
    with server.connect("admin") as admin:
        for method, user in (("user.create", "fresh"),
                             ("user.update", "sh-sales2")):
            equal(expect_code("invalid", admin.call, method, user=user,
                              roles=["sales"], password=STOLEN[0]).rule,
                  "password_breached")
        admin.call("user.create", user="fresh", roles=["sales"],
                   password="a horse of 14 or more")


def test_passwords_that_exist_are_not_judged(server):
    server.stop()
    configure(server, password_classes=4)
    server.start()
    with server.connect() as client:
        client.login("fresh", "a horse of 14 or more")


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

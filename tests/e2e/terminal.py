#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What one reads is the same at a terminal and on a pipe, and what a program
reads is the same in every language and goes on having its keys.

Each reading command runs four times: on a pipe, at a terminal of 4,000
columns, and with --json in Chinese and in English.  SHAPES are the keys that
scripts rely on; new ones may come, none may go.
"""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, run
from server import BUILD, Server, password_path

NUMBERS = {}
FIGURES = "columns rows"
RECORD = "fields id masked number version"
FOUND = "next rows rows.fields rows.id rows.masked rows.number rows.version"
SHAPES = [  # user, command, its keys with --json
    ("sh-sales", "whoami", "branch rights roles server session user"),
    ("sh-sales", "customer get {customer}", RECORD),
    ("sh-sales", "customer find", FOUND),
    ("sh-sales", "customer find --count -x", FOUND + " count"),
    ("sh-sales", "customer group --by status", "rows rows.count"),
    ("sh-sales", "customer history {customer}",
     "versions versions.changes versions.source versions.user"),
    ("sh-sales", "customer describe",
     "entity rows rows.key rows.label rows.label.zh rows.level rows.type"),
    ("sh-sales", "customer dossier {customer}", "contacts counts orders"),
    ("sh-sales", "customer timeline {customer}",
     "next rows rows.entity rows.number rows.time"),
    ("sh-sales", "customer policy {customer}", "id number rows version"),
    ("sh-sales", "customer pool", "next rows"),
    ("sh-manager", "customer pending", "next rows"),
    ("sh-manager", "customer duplicates", "rows"),
    ("sh-sales", "due", "more rows"),
    ("sh-sales", "report", "rows rows.name rows.params"),
    ("sh-manager", "report sales --by branch", FIGURES),
    ("gm", "report quality", FIGURES),
    ("finance", "customer credit {customer}",
     "available fields id number stopped version"),
    ("finance", "customer statement {customer}",
     "closing credit debit from opening rows to"),
    ("finance", "customer ageing {customer}", "at balance buckets total"),
    ("finance", "order find", FOUND),
    ("finance", "order get {order}", RECORD),
    ("admin", "user effective sh-sales customer",
     "entities entities.entity entities.fields user"),
    ("auditor", "user statistics", "from rows to"),
    ("admin", "user list", "rows rows.disabled rows.roles rows.user"),
    ("admin", "role list", "rows"),
    ("admin", "role get sales", "grants grants.on label rights role"),
    ("admin", "rule list", "document rows rows.rule version"),
    ("admin", "rule get", "document rows version"),
    ("admin", "dictionary list customer category",
     "rows rows.en rows.value rows.zh"),
    ("admin", "policy show", "approvers operations two_person"),
    ("admin", "request list", "rows"),
    ("admin", "token list", "rows"),
    ("admin", "certificate list", "rows"),
    ("admin", "schema show", "entities entities.fields sources version"),
    ("admin", "schema get", "document document.entities version"),
    ("admin", "server status", "log_size net started store warnings"),
    ("sh-sales", "help", None),
    ("sh-sales", "help find", None),
    ("sh-sales", "profile show", "path profile server user"),
    ("sh-sales", "version", "version"),
]
# Between two runs these are others: ports, moments, counts, cursors.
MOVES = re.compile(r"127\.0\.0\.1:\d+|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|"
                   r"--after \S+|\b[0-9a-f]{16}\b")
MOVING = {"server status", "customer timeline {customer}"}


def line(server, user, command, *more):
    return [os.path.join(BUILD, "kehu"), "--server",
            "127.0.0.1:%d" % server.port, "--ca", server.ca, "--user", user,
            *command.format(**NUMBERS).split(), *more]


def environment(server, lang="en"):
    home = os.path.join(server.directory, "home")
    return dict(os.environ, HOME=home, XDG_CONFIG_HOME=home,
                XDG_STATE_HOME=home, XDG_RUNTIME_DIR=home, KEHU_LANG=lang,
                TERM="xterm", KEHU_PAGER="echo PAGED; cat")


def at_pipe(server, lang, words):
    done = subprocess.run(words, env=environment(server, lang),
                          stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def at_terminal(server, lang, words, columns=4000):
    """Both streams, as they come; a terminal tall enough for no pager."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 60000, columns, 0, 0))
        os.execve(words[0], words, environment(server, lang))
    out = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        out += piece
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    return status, out.decode().replace("\r\n", "\n")


def cells(text):
    """What stands there, wherever it stands: columns differ in width."""
    text = MOVES.sub("_", re.sub(r"\x1b\[[0-9;]*[mK]", "", text))
    return sorted(c for c in re.split(r" {2,}|\n", text)
                  if c.strip("- ") and not c.isdigit())


def keys(value, path=""):
    if isinstance(value, list):
        return set().union(*[keys(one, path) for one in value])
    if not isinstance(value, dict):
        return set()
    own = {(path + "." + k).strip(".") for k in value}
    return own.union(*[keys(value[k], path + "." + k) for k in value])


def test_content_at_a_terminal_is_content_on_a_pipe(server):
    for user, command, _ in SHAPES:
        for lang in "en", "zh":
            words = line(server, user, command)
            status, out, err = at_pipe(server, lang, words)
            equal((command, status, "\x1b" in out + err), (command, 0, False))
            seen = at_terminal(server, lang, words)
            equal((command, seen[0], "PAGED" in seen[1]), (command, 0, False))
            if command not in MOVING:
                equal((command, cells(seen[1])), (command, cells(out + err)))


def test_no_heading_is_left_in_english(server):
    for user, command, _ in SHAPES:
        out = at_pipe(server, "zh", line(server, user, command))[1]
        left = re.findall(r"^(?:.*  )?([A-Z][a-z]+(?: [a-z]+)*)(?:  .*)?\n-----",
                          out, re.M)
        equal((command, left), (command, []))


def test_json_is_the_same_in_every_language_and_keeps_its_keys(server):
    for user, command, shape in SHAPES:
        if shape is None:
            continue
        words = line(server, user, command, "--json")
        said = [at_pipe(server, lang, words) for lang in ("zh", "en")]
        equal((command, said[0][0], said[0][2]), (command, 0, ""))
        there = keys(json.loads(said[0][1]))
        equal(keys(json.loads(said[1][1])), there)
        equal((command, sorted(set(shape.split()) - there)), (command, []))


def test_no_line_is_wider_than_a_narrow_terminal(server):
    """But for what is never cut: numbers, names that stand alone."""
    for columns in 40, 60, 80, 200:
        words = line(server, "sh-manager", "customer find")
        table = at_terminal(server, "zh", words, columns)[1]
        rule = re.search(r"^[- ]{10,}$", re.sub(r"\x1b\[[0-9;]*[mK]", "", table),
                         re.M).group(0)
        equal((columns, len(rule) <= columns), (columns, True))


def fill(server):
    with server.connect("loader") as client:
        customer = client.call("record.create", entity="customer", fields={
            "name": "阿不都·买买提", "type": "person", "category": "regular",
            "source": "phone", "owner": "sh-sales", "mobile": "13800138000"})
        product = client.call("record.create", entity="product",
                              fields={"name": "轴承", "unit_price": "10"})
        order = client.call("record.create", entity="order", fields={
            "customer": customer["number"], "date": "2026-01-05"})
        client.call("record.create", entity="order_line", fields={
            "order": order["number"], "product": product["number"],
            "quantity": "2", "unit_price": "10"})
    for user in {user for user, _, _ in SHAPES}:
        equal(at_pipe(server, "en", line(
            server, user, "login", "--password-file",
            password_path(server.directory, user)))[0], 0)
    NUMBERS.update(customer=customer["number"], order=order["number"])


if __name__ == "__main__":
    with Server() as one:
        fill(one)
        sys.exit(run(globals(), one))

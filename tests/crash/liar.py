#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A server that lies: kehu ends in time, with a status of its own, and what it
prints moves no terminal.

The liar has the book's own certificate.  It passes requests on to an honest
server and changes the answers: values of other types, missing keys, escape
sequences, lists made long, other people's answers, endless ones.

    liar.py [CLAIM ...]         KEHU_LONG=1: ten times as much
    KEHU_SEED=N                 the same lies again
"""
import os
import random
import re
import shlex
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
import msgpack
from claims import equal, run
from hostile import LONG, SEED, clean
from kehu_rpc import Client
from nasty import NASTY, frames, mutate, pack
from server import BUILD, Server, password_path

KEHU = os.path.join(BUILD, "kehu")
LIE_S = 110  # as long as one goes on
STATUSES = {0, 1, 2, 3, 4, 5}
ESCAPES = ["\x1b]0;owned\x07", "\x1b[2J", "a\u009b31m", "\x1b[201~rm\r",
           "\u202ecod.exe", "\x08\x08\x08root", "\r\rok", "\x00", "\x7f"]
# What a terminal obeys: controls but newline and tab, C1, direction marks.
MOVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LIES = NASTY + ESCAPES * 3
COMMANDS = [
    "whoami", "customer find", "customer find --all", "customer find x -x",
    "customer find --json", "customer find --csv", "customer get {n}",
    "customer get {n} --json", "customer history {n}", "customer describe",
    "customer group --by status", "customer set {n} city=上海 --reason r",
    "customer add name=谎言 type=other category=regular --source phone",
    "customer add name=谎言 type=other --dry-run", "customer archive {n}",
    "customer export", "customer import {csv} --dry-run",
    "customer import {csv} --partial", "order find", "audit log",
    "audit verify", "audit checkpoint", "audit proof 3", "audit export -o {o}",
    "user list", "user effective", "user effective admin", "role list",
    "role get sales", "role diff {role}", "policy show", "request list",
    "request show 1", "token list", "certificate list", "schema get",
    "schema show", "server status", "totp enroll", "shell",
    "call record.find {{\"entity\":\"customer\"}}", "__complete customer ",
    "__complete customer set {n} ", "logout"]


class Liar(threading.Thread):
    """Takes connections and answers them; how is `lie`'s business."""

    def __init__(self, server, lie):
        super().__init__(daemon=True)
        self.server, self.lie = server, lie
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_3
        self.tls.set_alpn_protocols(["kehu/1"])
        self.tls.load_cert_chain(
            os.path.join(server.data, "tls", "server.crt"),
            os.path.join(server.data, "tls", "server.key"))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(plain,),
                             daemon=True).start()

    def serve(self, plain):
        try:
            plain.settimeout(60)
            with self.tls.wrap_socket(plain, server_side=True) as peer, \
                    self.server.connect() as honest:
                unpacker = msgpack.Unpacker(strict_map_key=False)
                while data := peer.recv(65536):
                    unpacker.feed(data)
                    for request in unpacker:
                        self.lie(peer, honest, request)
        except (OSError, ValueError):
            plain.close()

    def close(self):
        self.listener.close()


def honest_answer(honest, request):
    _, msgid, method, (params,) = request
    error, result = honest.answer(honest.send(method, **params))
    return msgid, method, error, result


class Distorting:
    """One to three changes to an answer; a login mostly stays as it is."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def __call__(self, peer, honest, request):
        msgid, method, error, result = honest_answer(honest, request)
        if self.rng.random() < (0.9 if method == "session.login" else 0.3):
            answer = pack([1, msgid, error, result])
        else:
            box = mutate({"error": error, "result": result}, self.rng, LIES)
            box = dict(box)
            answer = pack([1, msgid, box.get("error"), box.get("result")])
            if self.rng.random() < 0.03:
                answer = pack(mutate({"": answer}, self.rng, LIES))
        peer.sendall(answer)
        # Where it ends is the client's guess.
        if not frames(answer):
            peer.close()


def kehu(server, port, command, fill, patience_s=3, prefix=()):
    home = os.path.join(server.directory, "home")
    os.makedirs(os.path.join(home, "run"), mode=0o700, exist_ok=True)
    environment = dict(
        os.environ, HOME=home, KEHU_LANG="en", LC_ALL="C.UTF-8", NO_COLOR="1",
        XDG_CONFIG_HOME=home, XDG_STATE_HOME=home,
        XDG_RUNTIME_DIR=os.path.join(home, "run"))
    words = [word.format(**fill) for word in command.split(" ")]
    words = [KEHU, "--server", "127.0.0.1:%d" % port, "--ca", server.ca,
             "--user", fill["user"], "--password-file",
             password_path(server.directory, fill["user"]), "--timeout",
             str(patience_s), "--no-pager", "--yes", *words]
    if prefix:  # a terminal's
        words = [word.replace("%s", shlex.join(words)) for word in prefix]
    return subprocess.run(
        words,
        input="customer find\nrole list\n" if command == "shell" else "",
        capture_output=True, timeout=240, encoding="utf-8",
        errors="surrogateescape", env=environment, check=False)


def wrong(command, done):
    """What must not be, of one run."""
    said = done.stdout + done.stderr
    if done.returncode not in STATUSES:
        return "ended with %d\n%s" % (done.returncode, said[-3000:])
    if "Sanitizer" in said or "runtime error" in said:
        return said[-3000:]
    moves = MOVES.search(said)
    # What is no terminal gets a table's cells as they are.
    if moves and not re.search("export|--csv", command):
        at = moves.start()
        return "prints %r" % said[max(0, at - 60):at + 60]
    return None


def things(server):
    fill = {"user": "admin", "o": os.path.join(server.directory, "leaves"),
            "csv": os.path.join(server.directory, "t.csv"),
            "role": os.path.join(server.directory, "role.yaml")}
    with server.connect("loader") as loader:
        made = loader.call("record.create", entity="customer", fields={
            "name": "谎言客户", "type": "other", "category": "regular",
            "source": "phone", "mobile": "13812345678"})
    fill["n"] = made["number"]
    with open(fill["csv"], "w", encoding="utf-8") as f:
        f.write("name,type,category,source\n谎甲,other,regular,phone\n")
    with open(fill["role"], "w", encoding="utf-8") as f:
        f.write(kehu(server, server.port, "role get sales", fill, 120).stdout)
    return fill


def test_whatever_is_answered_kehu_ends_well(server):
    fill = things(server)
    rng = random.Random(SEED)
    problems, statuses = [], {}
    until = time.monotonic() + 25 * LONG
    count = 0
    while time.monotonic() < until or count < 40:
        command = COMMANDS[count % len(COMMANDS)]
        count += 1
        fill["user"] = rng.choice(["admin", "loader", "auditor", "gm"])
        seed = rng.random()
        liar = Liar(server, Distorting(seed))
        try:
            done = kehu(server, liar.port, command, fill)
        except subprocess.TimeoutExpired:
            problems.append("%s: did not end" % command)
            continue
        finally:
            liar.close()
        statuses[done.returncode] = statuses.get(done.returncode, 0) + 1
        problem = wrong(command, done)
        if problem:
            problems.append("%s (%r): %s" % (command, seed, problem))
    print("       %d commands; statuses %r" % (count, statuses))
    assert not problems, "\n".join(problems[:5])
    assert count > 20 and len(statuses) > 2, statuses


def test_a_row_may_be_anything(server):
    fill = things(server)
    rows = ["\0", None, 7, [], ["in", "name"], {}, {"by": ["x"]},
            {"by": {}, "count": None, "sum": "x"}]

    def lie(peer, honest, request):
        msgid, method, error, result = honest_answer(honest, request)
        if "rows" in (result or {}):
            result["rows"] = rows
        peer.sendall(pack([1, msgid, error, result]))
    for command in COMMANDS + ["customer statement {n}", "report sales",
                               "customer duplicates", "change list"]:
        liar = Liar(server, lie)
        try:
            done = kehu(server, liar.port, command, dict(fill, user="gm"))
        finally:
            liar.close()
        problem = wrong(command, done)
        assert not problem, "%s: %s" % (command, problem)


def test_no_form_of_output_drives_a_terminal(server):
    fill = things(server)
    text = "".join(ESCAPES)

    def lie(peer, honest, request):
        msgid, method, error, result = honest_answer(honest, request)
        if method in ("record.find", "record.export", "record.get"):
            for row in result.get("rows", [result]):
                row["fields"]["name"] = text
        peer.sendall(pack([1, msgid, error, result]))
    for form in ("customer find --csv", "customer find --json",
                 "customer find", "customer export", "customer get {n}",
                 "customer find --jsonl"):
        liar = Liar(server, lie)
        try:
            done = kehu(server, liar.port, form, dict(fill, user="loader"), 120,
                        prefix=["script", "-qec", "%s", "/dev/null"])
        finally:
            liar.close()
        assert "owned" in done.stdout or "root" in done.stdout, done
        moves = MOVES.search(done.stdout.replace("\r\n", "\n"))
        assert not moves, (form, done.stdout)


def ends_in_time(server, lie):
    fill = {"user": "gm"}
    liar = Liar(server, lie)
    begun = time.monotonic()
    try:
        done = kehu(server, liar.port, "whoami", fill)
    finally:
        liar.close()
    equal(done.returncode, 4)
    took = time.monotonic() - begun
    assert took < LIE_S, "ended after %.1f s" % took


def test_answers_to_others_are_not_waited_out_for_ever(server):
    def lie(peer, honest, request):
        until = time.monotonic() + LIE_S
        while time.monotonic() < until:
            peer.sendall(pack([1, 999999, None, {}]) * 100)
            time.sleep(0.001)
    ends_in_time(server, lie)


def test_an_endless_answer_ends(server):
    def lie(peer, honest, request):
        peer.sendall(b"\x94\x01" + msgpack.packb(request[1]) + b"\xc0\xdd" +
                     b"\xff" * 4)
        until = time.monotonic() + LIE_S
        while time.monotonic() < until:
            peer.sendall(b"\xa1x" * 100)
            time.sleep(0.01)
    ends_in_time(server, lie)


def test_a_server_that_says_nothing_is_given_up(server):
    ends_in_time(server, lambda peer, honest, request: None)


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

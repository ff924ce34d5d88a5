#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Guessing is slowed, and no outsider can turn that against anybody: two
hundred failures from many networks leave the owner his way in, whichever way
names are spelt; a restart forgives nothing and forgets nobody.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run
from kehu_rpc import RpcError
from server import Server, password_of

HOME = "127.0.0.1"  # the owner's network; the loopback has 65,535 others


def attempt(server, source, user, password="certainly not this one"):
    """What one login from there is answered: "ok" or a code."""
    with server.connect(source=source) as client:
        try:
            client.login(user, password)
            return "ok"
        except RpcError as no:
            return no.code


def own(server, user, source=HOME):
    return attempt(server, source, user, password_of(server.directory, user))


def shut_out(server, user, *sources):
    """Whether the right password is refused at one of them.  A delay may just
    have ended; then one failure more begins a longer one, and whoever got in
    is known only where he was."""
    for source in sources:
        attempt(server, source, user)
        if own(server, user, source) == "locked":
            return True
    return False


def test_two_hundred_failures_elsewhere_do_not_stop_the_owner(server):
    user = "sh-sales"
    equal(own(server, user), "ok")  # from here on he is known here
    seen = {}
    for i in range(200):
        code = attempt(server, "127.1.%d.1" % i, user)
        seen[code] = seen.get(code, 0) + 1
    equal(set(seen), {"unauthenticated", "locked"})
    assert seen["unauthenticated"] < 60, seen
    equal(own(server, user), "ok")
    # He is a stranger there.
    assert shut_out(server, user, "127.2.0.1", "127.2.1.1", "127.2.2.1")


def test_who_fails_beside_the_owner_does_not_stop_him(server):
    user = "sh-sales2"
    equal(own(server, user), "ok")
    codes = [attempt(server, HOME, "nobody%d" % i) for i in range(40)]
    equal(set(codes), {"unauthenticated", "locked"})
    equal(own(server, user), "ok")
    assert shut_out(server, "sh-clerk", HOME)  # not known here yet
    # Nor is it told who logs in here.
    for i in range(3):
        codes = [attempt(server, HOME, name)
                 for name in (user, "sh-clerk", "nobody%d" % (50 + i))]
        if codes[-1] == "locked":
            break
    equal(codes, ["locked"] * 3)
    equal(own(server, user), "ok")


def test_spellings_share_their_failures(server):
    user = "hz-sales"
    for name in ("hz-sales", "HZ-Sales", " hz-sales ", "ｈｚ-sales",
                 "hz-\uff53ales"):
        equal(attempt(server, "127.3.0.1", name), "unauthenticated")
    assert shut_out(server, user, "127.3.0.1")
    equal(own(server, user, "127.4.0.1"), "ok")


def test_many_at_once_are_not_many_guesses(server):
    """They were all let into the queue before the first had failed."""
    user = "gm"
    with server.connect(source="127.5.0.1") as client:
        ids = [client.send("session.login", user=user, password="wrong" * 3)
               for _ in range(30)]
        codes = [client.answer(i)[0]["code"] for i in ids]
    equal(set(codes), {"unauthenticated", "locked"})
    assert codes.count("unauthenticated") <= 7, codes


def test_a_token_cannot_guess_its_password(server):
    user = "finance"
    with server.connect(user, source="127.10.0.1") as client:
        codes = []
        for _ in range(8):
            codes.append(expect_code(
                ("denied", "locked"), client.call, "session.passwd",
                old="wrong", new="another long password").code)
    equal(codes[-1], "locked")


def test_restart_forgives_nothing_and_forgets_nobody(server):
    user, source, home = "hz-manager", "127.6.0.1", "127.9.0.1"
    equal(own(server, user, home), "ok")
    for _ in range(20):
        attempt(server, source, user)
    for i in range(60):
        attempt(server, "127.7.%d.1" % i, user)
    server.stop()
    server.start()
    assert shut_out(server, user, source)
    assert shut_out(server, user, "127.8.0.1", "127.8.1.1", "127.8.2.1")
    equal(own(server, user, home), "ok")


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Guessing is slowed, and no outsider can turn that against anybody: two
hundred failures from many networks leave the owner his way in, whichever way
names are spelt; a restart forgives nothing and forgets nobody.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, expect_code, run, until_locked
from kehu_rpc import RpcError
from server import Server, password_of

HOME = "127.0.0.1"  # the owner's network; the loopback has 65,535 others


def answer(server, source, user, password="certainly not this one"):
    """What one login from there is answered: its error map."""
    with server.connect(source=source) as client:
        try:
            client.login(user, password)
            return {"code": "ok"}
        except RpcError as no:
            return no.error


def attempt(server, source, user, *password):
    return answer(server, source, user, *password)["code"]


def own(server, user, source=HOME):
    return attempt(server, source, user, password_of(server.directory, user))


def shut_out(server, user, source):
    """The right password is refused there, and not for what is done here:
    whoever has no failures yet has five before he waits.  A delay may just
    have ended; then one failure more begins a longer one."""
    codes = until_locked(lambda: answer(server, source, user))
    assert codes.index("locked") <= 3, codes
    equal(own(server, user, source), "locked")


def test_two_hundred_failures_elsewhere_do_not_stop_the_owner(server):
    user = "sh-sales"
    equal(own(server, user), "ok")  # from here on he is known here
    seen, begun = {}, time.monotonic()
    for i in range(200):
        code = attempt(server, "127.1.%d.1" % i, user)
        seen[code] = seen.get(code, 0) + 1
    equal(set(seen), {"unauthenticated", "locked"})
    # Fifty are free, then a minute is the longest delay.
    minutes = (time.monotonic() - begun) / 60
    assert seen["unauthenticated"] < 60 + minutes, seen
    equal(own(server, user), "ok")
    # He is a stranger there.
    shut_out(server, user, "127.2.0.1")


def test_who_fails_beside_the_owner_does_not_stop_him(server):
    user = "sh-sales2"
    equal(own(server, user), "ok")
    codes = [attempt(server, HOME, "nobody%d" % i) for i in range(40)]
    equal(set(codes), {"unauthenticated", "locked"})
    equal(own(server, user), "ok")
    shut_out(server, "sh-clerk", HOME)  # not known here yet
    # Nor is it told who logs in here.
    until_locked(lambda: answer(server, HOME, "nobody50"))
    equal([attempt(server, HOME, name)
           for name in (user, "sh-clerk", "nobody51")], ["locked"] * 3)
    equal(own(server, user), "ok")


def test_spellings_share_their_failures(server):
    user = "hz-sales"
    for name in ("hz-sales", "HZ-Sales", " hz-sales ", "ｈｚ-sales",
                 "hz-\uff53ales"):
        equal(attempt(server, "127.3.0.1", name), "unauthenticated")
    shut_out(server, user, "127.3.0.1")
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
        codes = until_locked(lambda: expect_code(
            ("denied", "locked"), client.call, "session.passwd",
            old="wrong", new="another long password").error)
    equal(codes[:5], ["denied"] * 5)


def test_restart_forgives_nothing_and_forgets_nobody(server):
    user, source, home = "hz-manager", "127.6.0.1", "127.9.0.1"
    equal(own(server, user, home), "ok")
    for _ in range(20):
        attempt(server, source, user)
    for i in range(60):
        attempt(server, "127.7.%d.1" % i, user)
    server.stop()
    server.start()
    shut_out(server, user, source)
    shut_out(server, user, "127.8.0.1")
    equal(own(server, user, home), "ok")


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

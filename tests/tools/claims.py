# SPDX-License-Identifier: MIT
"""The smallest test runner: functions named test_* of a file are claims.

run(globals(), server) calls each in order with the server, prints one line a
claim, everything of a failing one, and last 'N passed, N failed'; it gives
the exit status.  Names given on the command line choose among them.
"""
import sys
import time
import traceback

import kehu_rpc


class Skip(Exception):
    """Says why a claim could not be put to the test here."""


def expect_code(codes, function, *args, **params):
    """Calls and demands a refusal with one of the codes; gives it."""
    codes = (codes,) if isinstance(codes, str) else codes
    try:
        result = function(*args, **params)
    except kehu_rpc.RpcError as refused:
        if refused.code not in codes:
            raise AssertionError("refused by %r, not by %r" % (
                refused.error, codes)) from None
        return refused
    raise AssertionError("not refused: %r" % (result,))


def equal(is_value, want):
    if is_value != want:
        raise AssertionError("is %r, not %r" % (is_value, want))


def eventually(function, is_right):
    """Calls until what it gives is right: for what comes by and by."""
    deadline = time.monotonic() + 120
    while not is_right(got := function()):
        if time.monotonic() > deadline:
            raise AssertionError("still %r" % (got,))
    return got


def until_locked(guess):
    """Guesses until that is delayed, and for long beside what a guess takes
    here: when a delay is over, the next failure begins a longer one.  Gives
    the codes; `guess` gives an error map."""
    codes = []
    while len(codes) < 10000:
        begun = time.monotonic()
        error = guess()
        took_ms = 1000 * (time.monotonic() - begun)
        codes.append(error["code"])
        if error["code"] == "locked" and \
                error["retry_after_ms"] > max(1000, 50 * took_ms):
            return codes
        if codes[-40:].count("locked") == 0 and len(codes) > 40:
            break
    raise AssertionError("not locked: %r" % codes[:60])


class Claims:
    """Counts what a script claims one after the other; each is a line."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, words, is_true):
        self.passed += bool(is_true)
        self.failed += not is_true
        print("%s %s" % ("ok    " if is_true else "FAILED", words))

    def end(self):
        """Says the sum; gives the exit status."""
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed or not self.passed else 0


def run(names, server):
    chosen = set(sys.argv[1:])
    passed = failed = 0
    for name, function in list(names.items()):
        if not name.startswith("test_") or (chosen and name not in chosen):
            continue
        said = name[5:].replace("_", " ")
        begun = time.monotonic()
        try:
            function(server)
        except Skip as why:
            print("SKIPPED %s: %s" % (said, why))
            continue
        except Exception:  # a claim fails by whatever goes wrong
            failed += 1
            print("FAILED %s" % said)
            traceback.print_exc(file=sys.stdout)
        else:
            passed += 1
            print("ok     %s (%.1f s)" % (said, time.monotonic() - begun))
        sys.stdout.flush()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0

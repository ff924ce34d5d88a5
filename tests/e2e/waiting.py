#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A call that takes long says on a terminal for how long, and nowhere else.

The server is stopped for a while, so that any call is such a one.
"""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import equal, run
import server as tools

LONGEST = 120


def whoami(server, stderr, *flags):
    home = os.path.join(server.directory, "home")
    os.makedirs(home, exist_ok=True)
    return subprocess.Popen(
        [os.path.join(tools.BUILD, "kehu"), "--server",
         "127.0.0.1:%d" % server.port, "--ca", server.ca, "--user", "gm",
         "--password-file", tools.password_path(server.directory, "gm"),
         "whoami", *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=stderr, text=True,
        env=dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, KEHU_LANG="en",
                 XDG_STATE_HOME=home, XDG_RUNTIME_DIR=home,
                 TERM="xterm"))


def read_until(fd, pattern):
    said, end = "", time.monotonic() + LONGEST
    while not re.search(pattern, said) and time.monotonic() < end:
        if select.select([fd], [], [], 1)[0]:
            try:
                piece = os.read(fd, 4096)
            except OSError:  # the other side of the terminal is closed
                break
            said += piece.decode()
    return said


def test_on_a_terminal_the_seconds_are_told_and_wiped(server):
    ours, its = pty.openpty()
    server.process.send_signal(signal.SIGSTOP)
    try:
        process = whoami(server, its)
        os.close(its)
        said = read_until(ours, r"working  0:.*working  0:")
    finally:
        server.process.send_signal(signal.SIGCONT)
    # From the second second on, each once; a slow machine may leave some out.
    told = [int(s) for s in re.findall(r"\r\x1b\[Kworking  0:(\d\d) ", said)]
    assert told[:1] >= [2] and len(told) > 1, said
    equal(told, sorted(set(told)))
    equal("gm" in process.communicate(timeout=LONGEST)[0], True)
    equal(process.returncode, 0)
    equal("\r\x1b[K" in read_until(ours, r"\r\x1b\[K"), True)
    os.close(ours)


def test_piped_it_says_nothing(server):
    server.process.send_signal(signal.SIGSTOP)
    try:
        process = whoami(server, subprocess.PIPE)
        try:
            process.wait(4)
        except subprocess.TimeoutExpired:
            pass
    finally:
        server.process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=LONGEST)
    equal(("gm" in out, "working" in err), (True, False))


def test_nobody_waits_longer_than_he_said(server):
    server.process.send_signal(signal.SIGSTOP)
    try:
        process = whoami(server, subprocess.PIPE, "--timeout", "1")
        process.communicate(timeout=LONGEST)
    finally:
        server.process.send_signal(signal.SIGCONT)
    equal(process.returncode != 0, True)


if __name__ == "__main__":
    with tools.Server() as SERVER:
        sys.exit(run(globals(), SERVER))

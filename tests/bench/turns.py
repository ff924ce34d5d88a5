# SPDX-License-Identifier: MIT
"""Programs that are measured in turns, and what comes out of their rounds.

A side is whatever has turn(seconds) and gives a dictionary with its rate: a
program (tests/bench/turn.h) or a class.  Sides alternate in short turns, so
that other work on the machine disturbs all alike; the middle of the rounds
counts, of ratios the middle of each round's ratio.
"""
import re
import statistics
import subprocess
import sys

WARM_UP = 0.2


def pairs(line):
    return {k: float(v) for k, v in re.findall(r"(\w+)=(\S+)", line)}


def output(arguments):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("bench: %s failed" % " ".join(arguments[:2]))
    return pairs(done.stdout)


class Program:
    """Everything open and warm, waiting for its turns."""

    def __init__(self, arguments):
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.name = " ".join(arguments[:2])
        self.turn(WARM_UP)

    def turn(self, seconds):
        self.process.stdin.write("%s\n" % seconds)
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("bench: %s failed" % self.name)
        return pairs(line)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def alternate(sides, seconds, rounds):
    """For each side its turns; each round another one is first."""
    taken = [[] for _ in sides]
    for n in range(rounds):
        for at in range(len(sides)):
            at = (at + n) % len(sides)
            taken[at].append(sides[at].turn(seconds))
    return taken


def middle(turns, key="rate"):
    return statistics.median(t[key] for t in turns)


def ratio(turns, limits):
    return statistics.median(
        t["rate"] / l["rate"] for t, l in zip(turns, limits))

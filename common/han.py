#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the table of simplified forms that han.c includes.

Pairs of a traditional character of U+4E00..U+9FFF and its simplified one, in
order.  A character that is in use in both scripts (乾, 瞭) stays; of several
simplified ones the first is taken, since they need to be equal and not right.
The variants are Unihan's, of Debian's package unicode-data.
"""
import bz2
import pathlib
import re
import sys

FIRST, LAST = 0x4E00, 0x9FFF
PLACES = ("/usr/share/unicode/Unihan_Variants.txt.bz2",
          "/usr/share/unicode/Unihan_Variants.txt")


def lines(path):
    data = pathlib.Path(path).read_bytes()
    if path.endswith(".bz2"):
        data = bz2.decompress(data)
    return data.decode("utf-8").splitlines()


def read_table(path):
    simple = {}
    for line in lines(path):
        match = re.match(r"U\+([0-9A-F]+)\tkSimplifiedVariant\t(.+)", line)
        if not match:
            continue
        point = int(match[1], 16)
        forms = [int(form, 16) for form in re.findall(r"U\+(\w+)", match[2])]
        near = [form for form in forms if FIRST <= form <= LAST]
        if FIRST <= point <= LAST and point not in forms and near:
            simple[point] = near[0]
    return simple


def settled(simple, point):
    """The form that has no simpler one."""
    seen = set()
    while point in simple and point not in seen:
        seen.add(point)
        point = simple[point]
    return point


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: han.py OUT [UNIHAN_VARIANTS]")
    found = sys.argv[2:] or [p for p in PLACES if pathlib.Path(p).exists()]
    if not found:
        sys.exit("han.py: install the package unicode-data")
    simple = read_table(found[0])
    if len(simple) < 2000:
        sys.exit(f"han.py: {found[0]} has too few variants")
    pairs = [f"{{0x{p:04x},0x{settled(simple, p):04x}}},"
             for p in sorted(simple)]
    rows = ("".join(pairs[i:i + 5]) for i in range(0, len(pairs), 5))
    pathlib.Path(sys.argv[1]).write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()

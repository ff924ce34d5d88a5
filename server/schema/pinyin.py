#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the table of pinyin initials that pinyin.c includes.

One word for each character of U+4E00..U+9FFF: bits 0-25 are the initials a-z
of all its readings, bits 26-30 the initial of the usual one (a is 1), 0 if it
has none.  The readings are Unihan's, of Debian's package unicode-data.
"""
import bz2
import pathlib
import re
import sys
import unicodedata

FIRST, LAST = 0x4E00, 0x9FFF
# In the order in which they name the usual reading.
FIELDS = ("kMandarin", "kTGHZ2013", "kXHC1983")
PLACES = ("/usr/share/unicode/Unihan_Readings.txt.bz2",
          "/usr/share/unicode/Unihan_Readings.txt")


def lines(path):
    data = pathlib.Path(path).read_bytes()
    if path.endswith(".bz2"):
        data = bz2.decompress(data)
    return data.decode("utf-8").splitlines()


def initials(value):
    """ "0149.100:chóng 1502.040:zhòng" gives c, z. """
    for entry in value.split():
        for reading in entry.rsplit(":", 1)[-1].split(","):
            letter = unicodedata.normalize("NFD", reading)[0].lower()
            if not "a" <= letter <= "z":
                sys.exit(f"pinyin.py: no initial in {value!r}")
            yield ord(letter) - ord("a")


def read_table(path):
    readings = {}
    for line in lines(path):
        match = re.match(r"U\+([0-9A-F]+)\t(\w+)\t(.+)", line)
        if match and match[2] in FIELDS:
            readings[int(match[1], 16), match[2]] = list(initials(match[3]))
    return readings


def word(readings, point):
    known = [i for f in FIELDS for i in readings.get((point, f), [])]
    mask = 0
    for initial in known:
        mask |= 1 << initial
    return mask | (known[0] + 1) << 26 if known else 0


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: pinyin.py OUT [UNIHAN_READINGS]")
    found = sys.argv[2:] or [p for p in PLACES if pathlib.Path(p).exists()]
    if not found:
        sys.exit("pinyin.py: install the package unicode-data")
    readings = read_table(found[0])
    words = [word(readings, p) for p in range(FIRST, LAST + 1)]
    if sum(w != 0 for w in words) < 20000:
        sys.exit(f"pinyin.py: {found[0]} has too few readings")
    rows = ("".join(f"0x{w:08x}," for w in words[i:i + 7])
            for i in range(0, len(words), 7))
    pathlib.Path(sys.argv[1]).write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()

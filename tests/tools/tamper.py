#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Alters one byte of one row of a stopped server's data file.

    tamper.py DATA_DIR TABLE [N]

flips the lowest bit of the last byte of the row that is N-th from the end
(0: the last) and prints its key in hex.  In place, in the file: what a
disgruntled administrator would do who knows that a transaction of another
program would be noticed at the next start.  The log must show it.  The server
must have been stopped in order: what its journal still holds it puts back.
"""
import sys

import lmdb


def row(path, table, back):
    with lmdb.open(path, subdir=False, max_dbs=32, map_size=1 << 30,
                   lock=False, readonly=True) as env:
        rows = env.open_db(table.encode(), create=False)
        with env.begin(rows) as txn:
            keys = [key for key, _ in txn.cursor()]
            key = keys[len(keys) - 1 - back]
            return key, txn.get(key)


def main():
    path = sys.argv[1] + "/data.mdb"
    back = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    key, value = row(path, sys.argv[2], back)
    with open(path, "r+b") as f:
        data = bytearray(f.read())
        # Older pages may hold it too; which one counts is not our business.
        at = data.find(key + value)
        while at >= 0:
            data[at + len(key) + len(value) - 1] ^= 1
            at = data.find(key + value, at + 1)
        f.seek(0)
        f.write(data)
    print(key.hex())


if __name__ == "__main__":
    main()

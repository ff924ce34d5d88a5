#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Alters one byte of one row of a stopped server's data file.

    tamper.py DATA_DIR TABLE [N]

flips the lowest bit of the last byte of the row that is N-th from the end
(0: the last) and prints its key in hex.  What a disgruntled administrator
with a database tool would do; the log must show it.
"""
import sys

import lmdb


def main():
    directory, table = sys.argv[1], sys.argv[2]
    back = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    env = lmdb.open(directory + "/data.mdb", subdir=False, max_dbs=32,
                    map_size=1 << 30, lock=False)
    rows = env.open_db(table.encode(), create=False)
    with env.begin(rows, write=True) as txn:
        keys = [key for key, _ in txn.cursor()]
        key = keys[len(keys) - 1 - back]
        value = bytearray(txn.get(key))
        value[-1] ^= 1
        txn.put(key, bytes(value))
    env.close()
    print(key.hex())


if __name__ == "__main__":
    main()

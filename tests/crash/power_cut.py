#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Power cuts under load, again and again: kill_loop.py, and worse.

After each kill, what was not synced is taken from the data file: a page that
changed since the start is as it was then, as it is now, or rubbish, and of the
two that name the newest state one at most is rubbish.  Whatever the mixture,
all must be there that kill_loop.py wants.  When the base moved meanwhile, the
pages of the start are no longer what a disk must have, and the kill is a kill.

    power_cut.py [--cycles 8] [--seed S]
"""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
import kill_loop
from server import Server

PAGE = 4096
METAS = 2


class CutServer(Server):
    cuts = 0
    synced = None

    def read(self, name):
        try:
            with open(os.path.join(self.data, name), "rb") as f:
                return f.read()
        except FileNotFoundError:
            return b""

    def base(self):
        """The newest one's number, 0 when there is none: what is written
        before the first one is synced at once."""
        content = self.read("journal.base")
        return max([int.from_bytes(content[at + 24:at + 32], "big")
                    for at in range(0, len(content), PAGE)] or [0])

    def start(self, *args, **more):
        super().start(*args, **more)
        number = self.base()
        self.synced = self.read("data.mdb"), number
        if not number or self.base() != number:
            self.synced = None

    def kill(self):
        status = super().kill()
        if self.synced and self.base() == self.synced[1]:
            self.cut(self.synced[0])
        self.synced = None
        return status

    def cut(self, old):
        rng = random.Random(os.urandom(8))
        torn = rng.randrange(3)  # 2: neither of the two
        style = rng.choice(["old", "rubbish", "mixed", "mixed"])
        content = bytearray(self.read("data.mdb"))
        for at in range(0, len(content), PAGE):
            page = content[at:at + PAGE]
            was = old[at:at + PAGE].ljust(len(page), b"\0")
            if page == was:
                continue
            fate = rng.choice(["old", "new", "rubbish"]) \
                if style == "mixed" else style
            if at < METAS * PAGE and fate == "rubbish" and at // PAGE != torn:
                fate = "new"
            if fate == "old":
                content[at:at + PAGE] = was
            elif fate == "rubbish":
                content[at:at + PAGE] = rng.randbytes(len(page))
        with open(os.path.join(self.data, "data.mdb"), "r+b") as f:
            f.write(content)
        CutServer.cuts += 1


def main():
    # Soon after the start the base has not moved, mostly.
    failed = kill_loop.main(CutServer, 0.25, lambda: CutServer.cuts)
    print("%s %d of the kills were power cuts" % (
        "ok    " if CutServer.cuts else "FAILED", CutServer.cuts))
    return failed or CutServer.cuts == 0


if __name__ == "__main__":
    sys.exit(main())

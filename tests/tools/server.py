#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A kehud of one's own for a test: made, started, stopped, killed by its pid.

Python tests use the class; bats files use the command line (server.bash).
The server listens on a port that the system chooses and says so in its one
ready line; nothing here sleeps for a guess.

    server.py people DIR PORT   makes the branches and users of PEOPLE
"""
import datetime
import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kehu_rpc

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("KEHU_BUILD", "build"))
READY = re.compile(r"127\.0\.0\.1:(\d+)")


ZONE_S = 8 * 3600  # of the default schema
BRANCHES = [("SH", "上海总部"), ("HZ", "杭州分公司")]
PEOPLE = [  # login, roles, branch
    ("sh-sales", ["sales"], "SH"),
    ("sh-sales2", ["sales"], "SH"),
    ("sh-manager", ["manager"], "SH"),
    ("sh-clerk", ["clerk"], "SH"),
    ("sh-support", ["support"], "SH"),
    ("hz-sales", ["sales"], "HZ"),
    ("hz-manager", ["manager"], "HZ"),
    ("finance", ["finance"], "SH"),
    ("gm", ["gm"], "SH"),
    ("auditor", ["auditor"], "SH"),
    ("privacy", ["privacy"], "SH"),
    ("loader", ["manager", "clerk", "finance"], "SH"),
]


def today():
    """The company's day."""
    zone = datetime.timezone(datetime.timedelta(seconds=ZONE_S))
    return datetime.datetime.now(zone).date()


def write_private(path, text):
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
              "w", encoding="utf-8") as f:
        f.write(text + "\n")


def password_path(directory, user):
    return os.path.join(directory, "passwords", user)


def password_of(directory, user):
    with open(password_path(directory, user), encoding="utf-8") as f:
        return f.read().rstrip("\n")


def day_in(days):
    """The day so many days from now, as the server counts them."""
    return str(today() + datetime.timedelta(days=days))


def far_from_midnight(minutes=5):
    """For claims that name a day: none begins shortly before the company's
    ends."""
    while (time.time() + ZONE_S) % 86400 > 86400 - 60 * minutes:
        time.sleep(1)


def make_people(client, directory, people=None, branches=BRANCHES):
    """Branches and users, by the first administrator."""
    for code, name in branches:
        client.call("record.create", entity="branch",
                    fields={"code": code, "name": name})
    for login, roles, branch in people or PEOPLE:
        password = secrets.token_urlsafe(18)
        write_private(password_path(directory, login), password)
        client.call("user.create", user=login, password=password,
                    roles=roles, branch=branch)


class Server:
    """One data directory and, while started, one process."""

    def __init__(self, directory=None, data=None):
        self.made = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="kehu-test-")
        self.data = data or os.path.join(self.directory, "data")
        self.log_path = os.path.join(self.directory, "kehud.log")
        self.process = None
        self.port = None

    @property
    def ca(self):
        return os.path.join(self.data, "tls", "ca.crt")

    def init(self, more=()):
        write_private(password_path(self.directory, "admin"),
                      secrets.token_urlsafe(18))
        subprocess.run(
            [os.path.join(BUILD, "kehud"), "init", "--dir", self.data,
             "--admin", "admin", "--admin-password-file",
             password_path(self.directory, "admin"), *more],
            check=True, stdout=subprocess.DEVNULL)

    def start(self, wait_s=120, prefix=(), port=0):
        """Starts kehud and returns when it has said where it listens."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                list(prefix) + [
                    os.path.join(BUILD, "kehud"), "run", "--dir", self.data,
                    "--listen", "127.0.0.1:%d" % port],
                stdout=subprocess.PIPE, stderr=log, bufsize=0)
        said = b""
        deadline = time.monotonic() + wait_s
        while True:
            left = deadline - time.monotonic()
            out = self.process.stdout
            if left <= 0 or not select.select([out], [], [], left)[0]:
                self.kill()
                raise RuntimeError("kehud said nothing: %s" % self.log())
            piece = os.read(out.fileno(), 4096)
            if not piece:
                self.process.wait()
                raise RuntimeError("kehud ended: %s" % self.log())
            said += piece
            if b"\n" in said and READY.search(said.decode()):
                self.port = int(READY.search(said.decode()).group(1))
                return

    def log(self):
        with open(self.log_path, "rb") as f:
            return f.read().decode("utf-8", "replace")[-2000:]

    def signal(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(120)
        if self.process:
            self.process.stdout.close()
            status, self.process = self.process.returncode, None
            return status
        return None

    def stop(self):
        return self.signal(signal.SIGTERM)

    def kill(self):
        return self.signal(signal.SIGKILL)

    def connect(self, user=None, timeout=120, source=""):
        client = kehu_rpc.Client("127.0.0.1", self.port, self.ca, timeout,
                                 source=source)
        if user:
            client.login(user, password_of(self.directory, user))
        return client

    def open(self):
        """Init, start, people: what most tests want."""
        self.init()
        self.start()
        with self.connect("admin") as admin:
            make_people(admin, self.directory)
        return self

    def close(self):
        self.kill()
        if self.made:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.open()

    def __exit__(self, *unused):
        self.close()


def main():
    if len(sys.argv) != 4 or sys.argv[1] != "people":
        sys.exit(__doc__)
    server = Server(sys.argv[2])
    server.port = int(sys.argv[3])
    with server.connect("admin") as admin:
        make_people(admin, server.directory)


if __name__ == "__main__":
    main()

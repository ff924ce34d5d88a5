#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whatever is taken away ends what is open: nothing is answered that was asked
after it, neither one reading request after the other, nor work on a worker,
nor a machine's session; and all over a restart."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
import kehu_rpc
from claims import equal, expect_code, run
from server import Server, day_in, password_of

def issue(client, **params):
    return client.call("token.create", name="job", expires=day_in(1),
                       reason="test", **params)


def by_token(server, token):
    client = server.connect()
    client.call("session.login", token=token)
    return client


class Asker(threading.Thread):
    """Asks again and again; knows when it asked what was answered last."""

    def __init__(self, client, method, **params):
        super().__init__()
        self.client, self.method, self.params = client, method, params
        self.answers = 0
        self.asked = self.code = None
        self.started = threading.Event()
        self.start()
        assert self.started.wait(120)

    def run(self):
        try:
            while self.answers < 100000:
                begun = time.monotonic()
                self.client.call(self.method, **self.params)
                self.answers += 1
                self.asked = begun
                self.started.set()
        except kehu_rpc.RpcError as refused:
            self.code = refused.code
        except kehu_rpc.Closed:
            self.code = "closed"
        self.started.set()


def ends(asker, end):
    """Nothing is answered that was asked after `end` was."""
    end()
    done = time.monotonic()
    asker.join(120)
    assert not asker.is_alive(), "still answered: %d" % asker.answers
    assert asker.answers, asker.code
    equal(asker.code, "unauthenticated")
    assert asker.asked < done, "asked %.3f s after it" % (asker.asked - done)


def fill(server):
    with server.connect("loader") as client:
        for _ in range(3):
            client.call("record.batch", items=[
                {"op": "create", "entity": "customer", "fields": {
                    "name": "某某客户%d" % i, "type": "other",
                    "category": "regular", "source": "phone"}}
                for i in range(500)])


def test_closed_account_reads_nothing_more(server):
    fill(server)
    with server.connect("admin") as admin, \
            server.connect("sh-sales2") as client:
        asker = Asker(client, "record.find", entity="customer")
        ends(asker, lambda: admin.call("user.disable", user="sh-sales2"))


def test_revoked_token_ends_its_machine_at_work(server):
    with server.connect("sh-manager") as owner:
        made = issue(owner, roles=["manager"])
        with by_token(server, made["token"]) as machine:
            asker = Asker(machine, "record.export", entity="customer",
                          limit=1000)
            ends(asker,
                 lambda: owner.call("token.revoke", id=made["id"]))
        owner.call("session.whoami")


def test_long_work_of_a_closed_account_stops(server):
    with server.connect("admin") as admin, \
            server.connect("auditor") as client:
        asker = Asker(client, "audit.verify")
        ends(asker, lambda: admin.call("user.disable", user="auditor"))
        admin.call("user.update", user="auditor", disabled=False)


def test_bound_branch_ends_work_from_elsewhere(server):
    binding = {"branch": "SH", "certificate": "00" * 32}
    with server.connect("admin") as admin:
        with server.connect("auditor") as client:
            asker = Asker(client, "audit.verify")
            ends(asker, lambda: admin.call("certificate.add", **binding))
        admin.call("certificate.remove", **binding)
        server.connect("auditor").close()


def test_new_password_ends_every_connection(server):
    with server.connect("admin") as admin, \
            server.connect("gm") as first, server.connect("gm") as second:
        kept = first.call("session.login", user="gm", keep=True,
                          password=password_of(server.directory, "gm"))
        asker = Asker(second, "record.find", entity="customer")
        ends(asker, lambda: admin.call(
            "user.update", user="gm", password="another long password"))
        expect_code("unauthenticated", first.call, "session.whoami")
        with server.connect() as third:
            expect_code("unauthenticated", third.call, "session.login",
                        token=kept["token"])


def test_logins_and_tokens_outlive_the_server(server):
    with server.connect() as client:
        kept = client.call("session.login", user="sh-sales", keep=True,
                           password=password_of(server.directory, "sh-sales"))
        made = issue(client, roles=["sales"], networks=["127.0.0.0/8"])
    server.stop()
    server.start()
    with by_token(server, kept["token"]) as client:
        equal(client.call("session.whoami")["session"], "kept")
    with by_token(server, made["token"]) as client:
        shown = client.call("session.whoami")
        equal(shown["session"], "token")
        equal(shown["token"]["id"], made["id"])


if __name__ == "__main__":
    with Server() as kehud:
        sys.exit(run(globals(), kehud))

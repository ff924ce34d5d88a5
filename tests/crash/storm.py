#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every method at once, by many, while schema, roles and accounts change.

Each asker sends requests of every method of method.def in groups, as some
account, with parameters that mostly fit: records, tokens, requests, cursors
that others were told of.  Meanwhile administrators apply schemas, roles,
policies and certificates, and shut accounts out.  Then the server is stopped
under load.  No answer of a fault, no sanitizer's report, a clean end; then the
log verifies, its counts add up to what was sent, and every record whose
making was answered is there.

    storm.py [--seconds 20] [--seed S]
"""
import argparse
import base64
import collections
import copy
import hmac
import os
import random
import re
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
import msgpack
from kehu_rpc import Closed, RpcError
from server import (PEOPLE, ROOT, Server, day_in, password_of, password_path,
                    write_private)

GONE = (OSError, Closed)  # ssl errors are OSErrors
GROUP = 8
VICTIMS = 6
POOL = 60  # customers without an owner to begin with
ENDS = ("session.logout", "session.passwd", "totp.confirm", "totp.disable",
        "totp.enroll", "session.login", "user.split")
REPORTS = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|"
                     r"runtime error:|assertion|fatal|internal", re.I)
SHUT_OUT = ("victim-", "hz-")  # may be, by the others
SPKI = ["%064x" % n for n in range(1, 9)]


class World:
    """What askers were told and others may use."""

    def __init__(self, document, roles):
        self.document, self.roles = document, roles
        self.kept = collections.defaultdict(
            lambda: collections.deque(maxlen=200))
        self.made = collections.deque(maxlen=2000)
        self.serial = 0

    def any(self, rng, kind, instead="nobody"):
        kept = list(self.kept[kind])
        return rng.choice(kept) if kept and rng.random() < 0.95 else instead

    def learn(self, method, result):
        if not isinstance(result, dict):
            return
        if method == "record.create" and result.get("number") and \
                "skipped" not in result:
            self.kept["number"].append(result["number"])
            self.made.append((result["id"], result["number"]))
        for key, kind in (("pending", "request"), ("id", "id"),
                          ("confirm", "confirm"), ("version", "version"),
                          ("next", "cursor")):
            if isinstance(result.get(key), str):
                self.kept[kind].append(result[key])
        if method == "customer.release" and result.get("number"):
            self.kept["pooled"].append(result["number"])
        if method == "customer.claim" and result.get("number"):
            self.kept["claimed"].append(result["number"])
        if method == "change.list":
            self.kept["position"].extend(
                row["position"] for row in result["rows"])
        if method == "token.create" and "token" in result:
            self.kept["secret"].append(result["token"])
            self.kept["token"].append(result["id"])
        if method == "totp.enroll":
            self.kept["totp"].append(result["secret"])


PASSWORD = "the storm's own password"  # of all victims


def code_of(secret):
    """The six digits of this half minute."""
    mac = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)),
                      struct.pack(">Q", int(time.time()) // 30), "sha1")
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff)
                     % 10 ** 6)


def otp(w, rng):
    secret = w.any(rng, "totp", "")
    return {"otp": code_of(secret) if secret else "123456"}


def maybe(rng, chance, **more):
    return more if rng.random() < chance else {}


def customer(w, rng):
    w.serial += 1
    fields = {"name": "风暴客户 %06d" % (w.serial % 3000), "type": "other",
              "category": rng.choice(["regular", "vip", "bogus"]),
              "source": "phone"}
    if rng.random() < 0.5:
        fields["mobile"] = "138%08d" % rng.randrange(4000)
    if rng.random() < 0.2:
        fields["bank_account"] = "6222%012d" % rng.randrange(9999)
    if rng.random() < 0.1:
        fields["plate"] = "沪A%05d" % rng.randrange(999)
    if rng.random() < 0.2:
        fields.pop(rng.choice(list(fields)))
    return fields


def child(w, rng):
    to = w.any(rng, "number")
    return rng.choice([
        ("contact", {"customer": to, "name": "王小明", "mobile":
                     "139%08d" % rng.randrange(4000)}),
        ("order", {"customer": to, "date": "today", "status": "draft",
                   "freight": "1.50"}),
        ("product", {"name": "产品 %d" % rng.randrange(99),
                     "unit_price": "12.50", "unit": "件"})])


def where(rng):
    return rng.choice([
        ["prefix", "name", "风暴"], ["=", "mobile", "13800000007"],
        ["in", "mobile", ["138%08d" % n for n in range(20)]],
        ["contains", "mobile", "0007"], ["empty", "city"],
        ["and", ["prefix", "name", "风"], ["not", ["=", "category", "vip"]]],
        ["=", "salary", 1], [">", "created_at", "2026-01-01T00:00:00Z"],
        ["=", "credit_limit", "1"], ["=", "plate", "沪A00001"]])


def search(w, rng, **more):
    return dict(more, entity=rng.choice(["customer", "customer", "order"]),
                **maybe(rng, 0.6, where=where(rng)),
                **maybe(rng, 0.4, order=[rng.choice(
                    ["name", "-created_at", "category", "city"])]),
                **maybe(rng, 0.5, limit=rng.choice([1, 3, 50])),
                **maybe(rng, 0.3, scope=rng.choice(
                    ["own", "pool", "branch", "all"])),
                **maybe(rng, 0.2, after=w.any(rng, "cursor", "AAAA")),
                **maybe(rng, 0.3, fields=["name", "mobile"]))


def created(w, rng):
    entity, fields = ("customer", customer(w, rng)) \
        if rng.random() < 0.6 else child(w, rng)
    return dict(entity=entity, fields=fields,
                **maybe(rng, 0.2, request_id="r%d" % rng.randrange(50)),
                **maybe(rng, 0.2, dry_run=True),
                **maybe(rng, 0.1, row="%064x" % rng.randrange(60)),
                **maybe(rng, 0.1, override=["name_similar"], reason="同名"),
                **maybe(rng, 0.05, confirm=w.any(rng, "confirm")))


def updated(w, rng):
    return dict(entity="customer", id=w.any(rng, "number"),
                set=rng.choice([{"city": "杭州"}, {"mobile": "13%09d" %
                               rng.randrange(999)}, {"credit_limit": "5"},
                               {"owner": "sh-sales2"}, {"plate": "x"},
                               {"name": "风"}, {}]),
                **maybe(rng, 0.2, unset=["remark"]),
                **maybe(rng, 0.2, version=w.any(rng, "version")),
                **maybe(rng, 0.2, dry_run=True),
                **maybe(rng, 0.5, reason="风暴"))


def batched(w, rng):
    items = [dict(op="create", entity="customer", fields=customer(w, rng))
             for _ in range(rng.randrange(1, 12))]
    items += [dict(op="update", entity="customer", id=w.any(rng, "number"),
                   set={"city": "北京"}) for _ in range(rng.randrange(3))]
    return dict(items=items, atomic=rng.random() < 0.5,
                **maybe(rng, 0.2, dry_run=True))


def one(w, rng, **more):
    return dict(more, entity="customer", id=w.any(rng, "number"))


def numbered(w, rng):
    return {"id": w.any(rng, "number")}


def role(w, rng):
    key = rng.choice(["sales", "support", "manager", "clerk", "storm"])
    new = copy.deepcopy(w.roles.get(key) or dict(
        w.roles["support"], role="storm"))
    if rng.random() < 0.5:
        new["quota"] = {"lookup": rng.choice([3, 40]),
                        "sealed": rng.choice([2, 30, 500])}
    if rng.random() < 0.3:
        new["deny"] = [rng.choice(["contact", "remark", "credit"])]
    if rng.random() < 0.1:
        new["grants"] = [{"on": "mine"}]
    return dict(new, reason="风暴", **maybe(rng, 0.3, dry_run=True))


def document(w, rng):
    new = copy.deepcopy(w.document)
    fields = new["entities"]["customer"]["fields"]
    kind = rng.randrange(4)
    if kind == 0:
        fields["plate"] = {"id": 120, "label": ["车牌", "Plate"],
                           "type": "text", "max": 20, "class": "identity"}
        w.document = new
    elif kind == 1:
        fields["city"]["label"] = ["城市", "City %d" % rng.randrange(9)]
    elif kind == 2:
        fields["name"]["type"] = "int"
    return dict(document=new, reason="风暴", **maybe(rng, 0.3, dry_run=True))


def victim(rng):
    return "victim-%d" % rng.randrange(VICTIMS)


def account(w, rng, **more):
    return dict(more, user=victim(rng),
                **maybe(rng, 0.5, roles=[rng.choice(
                    ["sales", "support", "storm"])]),
                **maybe(rng, 0.3, branch=rng.choice(["SH", "HZ"])),
                **maybe(rng, 0.3, name="某人"))


def bound(w, rng):
    return dict(certificate=rng.choice(SPKI), reason="风暴",
                **rng.choice([{"user": victim(rng)}, {"branch": "HZ"}]))


def token(w, rng):
    return dict(name="t%d" % rng.randrange(99), expires=day_in(30),
                roles=[rng.choice(["sales", "manager", "admin"])],
                reason="机器",
                **maybe(rng, 0.3, networks=["127.0.0.0/8", "10.1.0.0/16"]),
                **maybe(rng, 0.2, user=victim(rng)))


def audit(rng, **more):
    return dict(more, **maybe(rng, 0.5, limit=5),
                **maybe(rng, 0.5, **{"from": rng.randrange(200)}))


MAKERS = {
    "access.break_glass": lambda w, r: dict(
        role=r.choice(["manager", "support"]), minutes=5, reason="急"),
    "access.end": lambda w, r: dict(request=w.any(r, "request"), reason="完"),
    "audit.checkpoint": lambda w, r: {},
    "audit.consistency": lambda w, r: {"old": r.randrange(9),
                                       "new": r.randrange(400)},
    "audit.export": lambda w, r: audit(r),
    "audit.find": lambda w, r: audit(r, **maybe(
        r, 0.3, method="access.break_glass")),
    "audit.proof": lambda w, r: {"index": r.randrange(400)},
    "audit.verify": lambda w, r: {"from": 0, "to": r.randrange(60)},
    "certificate.add": bound, "certificate.remove": bound,
    "certificate.list": lambda w, r: {},
    "customer.dossier": lambda w, r: {"id": w.any(r, "number")},
    "change.list": lambda w, r: dict(**maybe(r, 0.3, limit=3), **maybe(
        r, 0.2, user="sh-sales")),
    "change.undo": lambda w, r: dict(
        position=w.any(r, "position", 1), reason="风暴",
        **maybe(r, 0.3, redo=True), **maybe(r, 0.2, dry_run=True)),
    "credit.release": lambda w, r: dict(numbered(w, r), reason="款到"),
    "customer.ageing": numbered, "customer.credit": numbered,
    "customer.claim": lambda w, r: {"id": w.any(r, "pooled")},
    "customer.release": lambda w, r: {
        "id": w.any(r, "claimed", w.any(r, "number")), "reason": "风暴"},
    "customer.statement": lambda w, r: dict(numbered(w, r), **maybe(
        r, 0.5, limit=r.randint(1, 3))),
    "customer.merge": lambda w, r: dict(
        loser=w.any(r, "number"), survivor=w.any(r, "number"), reason="重复",
        **maybe(r, 0.3, choose={"city": r.choice(["loser", "survivor"])})),
    "customer.unmerge": lambda w, r: dict(
        loser=w.any(r, "number"), reason="误并"),
    "customer.duplicates": lambda w, r: maybe(
        r, 0.7, id=w.any(r, "number")),
    "customer.erase": lambda w, r: dict(
        numbered(w, r), reason="风暴", **maybe(r, 0.7, dry_run=True)),
    "customer.export": lambda w, r: dict(numbered(w, r), reason="风暴"),
    "customer.policy": lambda w, r: {"id": w.any(r, "number")},
    "customer.timeline": lambda w, r: {"id": w.any(r, "number"), "limit": 5},
    "dictionary.list": lambda w, r: {"entity": "customer",
                                     "field": "category"},
    "dictionary.remove": lambda w, r: {
        "entity": "customer", "field": "category", "value": "storm",
        "to": "regular", "reason": "风暴"},
    "dictionary.set": lambda w, r: {
        "entity": "customer", "field": "category", "value": "storm",
        "zh": "风暴", "en": "Storm", "reason": "风暴"},
    "policy.apply": lambda w, r: {"two_person": r.choice(
        [[], ["roles"], ["users", "export_clear"], ["schema"]])},
    "policy.get": lambda w, r: {},
    "pool.due": lambda w, r: maybe(r, 0.5, user="sh-sales"),
    "record.approve": lambda w, r: one(w, r),
    "record.archive": lambda w, r: one(w, r, reason="旧"),
    "record.confirm": lambda w, r: one(w, r, **maybe(
        r, 0.5, fields=["mobile", "city"])),
    "record.batch": batched, "record.create": created,
    "record.export": lambda w, r: search(w, r, **maybe(
        r, 0.3, clear=True, reason="报表", **maybe(
            r, 0.5, request=w.any(r, "request")))),
    "record.find": lambda w, r: search(w, r, **maybe(r, 0.3, count=True)),
    "record.get": lambda w, r: one(w, r, **maybe(
        r, 0.3, fields=["mobile", "plate"])),
    "record.group": lambda w, r: dict(
        entity="customer", by=[r.choice(["status", "mobile", "category"])],
        **maybe(r, 0.5, where=where(r))),
    "record.history": lambda w, r: one(w, r),
    "record.reject": lambda w, r: one(w, r, reason="退"),
    "record.stages": lambda w, r: one(w, r),
    "record.unarchive": lambda w, r: one(w, r, reason="回"),
    "record.update": updated,
    "report.list": lambda w, r: {},
    "report.run": lambda w, r: {"name": r.choice(
        ["sales", "abc", "credit", "rfm", "retention", "pipeline", "feedback",
         "conversion", "quality"]), "params": maybe(
             r, 0.5, group=r.choice(["customer", "branch", "owner", "grade"]),
             limit=20)},
    "request.approve": lambda w, r: {"request": w.any(r, "request")},
    "request.get": lambda w, r: {"request": w.any(r, "request")},
    "request.list": lambda w, r: {"all": r.random() < 0.5},
    "request.reject": lambda w, r: {"request": w.any(r, "request")},
    "role.apply": role,
    "role.get": lambda w, r: {"role": r.choice(["sales", "storm"])},
    "role.list": lambda w, r: {},
    "role.remove": lambda w, r: {"role": "storm", "reason": "风暴"},
    "rule.apply": lambda w, r: {"rule": {
        "key": "storm", "label": ["风暴", "Storm"],
        "set": {"grade": r.choice(["A", "D"])},
        "when": ["=", "industry", r.choice(["A", "J"])]}, "reason": "风暴"},
    "rule.explain": lambda w, r: {"id": w.any(r, "number")},
    "rule.list": lambda w, r: {},
    "rule.run": lambda w, r: {"reason": "风暴"},
    "rule.simulate": lambda w, r: {},
    "schema.apply": document, "schema.document": lambda w, r: {},
    "schema.get": lambda w, r: {}, "server.status": lambda w, r: {},
    "session.hello": lambda w, r: {"client": "storm"},
    "session.login": lambda w, r: {"token": w.any(r, "secret", "ab" * 24)},
    "session.logout": lambda w, r: {"all": r.random() < 0.5},
    "session.passwd": lambda w, r: {"old": PASSWORD,
                                     "new": r.choice([PASSWORD, "short"])},
    "session.whoami": lambda w, r: {},
    "tag.rename": lambda w, r: {
        "entity": "customer", "from": r.choice(["a", "b"]),
        "to": r.choice(["a", "b"]), "reason": "风暴"},
    "token.create": token,
    "token.list": lambda w, r: maybe(r, 0.5, all=True),
    "token.revoke": lambda w, r: {"id": w.any(r, "token")},
    "totp.confirm": otp, "totp.disable": otp,
    "totp.enroll": lambda w, r: {"password": PASSWORD},
    "user.create": lambda w, r: dict(
        account(w, r, roles=["sales"]), user="new-%d" % r.randrange(999)),
    "user.disable": lambda w, r: {"user": victim(r), "reason": "风暴"},
    "user.effective": lambda w, r: maybe(r, 0.3, user="sh-sales"),
    "user.list": lambda w, r: {},
    "user.split": lambda w, r: {"user": victim(r), "reason": "风暴"},
    "user.statistics": lambda w, r: maybe(r, 0.3, user="sh-sales"),
    "user.update": lambda w, r: account(
        w, r, disabled=r.random() < 0.3, **maybe(r, 0.2, totp=False,
                                                 reason="丢了")),
}


def nothing(world, rng):
    """Of a method that has no maker yet."""
    return {}


def methods():
    with open(os.path.join(ROOT, "server/rpc/method.def"),
              encoding="utf-8") as f:
        return ["%s.%s" % pair for pair in re.findall(
            r"^METHOD\((\w+), +(\w+),", f.read(), re.M)]


class Asker(threading.Thread):
    """One connection after another, as one account, until told to stop."""

    def __init__(self, server, world, login, seed, among, number):
        super().__init__()
        self.server, self.world, self.login = server, world, login
        self.rng, self.among = random.Random(seed), among
        self.source = "127.9.%d.1" % (1 + number)
        self.over = threading.Event()
        self.least = self.most = 0   # requests that the log must count
        self.codes = collections.Counter()
        self.slowest = 0.0
        self.problems = []

    def judge(self, method, params, error, result):
        code = error["code"] if error else "ok"
        self.codes[method, code] += 1
        if code == "internal":
            self.problems.append("%s %r: %r" % (method, params, error))
        if not error:
            self.world.learn(method, result)
        return code

    def group(self, client):
        sent = {}
        for _ in range(GROUP):
            method = self.rng.choice(self.among)
            params = MAKERS.get(method, nothing)(self.world, self.rng)
            self.most += 1
            sent[client.send(method, **params)] = (method, params)
        begun = time.monotonic()
        codes = set()
        for msgid, (method, params) in sent.items():
            answer = client.answer(msgid)
            self.least += 1
            codes.add(self.judge(method, params, *answer))
        self.slowest = max(self.slowest, time.monotonic() - begun)
        return "unauthenticated" not in codes

    def once(self):
        with self.server.connect(timeout=120, source=self.source) as client:
            self.most += 1
            error, _ = client.answer(client.send(
                "session.login", user=self.login, password=password_of(
                    self.server.directory, self.login)))
            self.least += 1
            while not self.over.is_set() and self.group(client):
                pass
            if error:
                time.sleep(0.2)

    def run(self):
        while not self.over.is_set():
            try:
                self.once()
            except GONE as why:
                # A long message of one who is nobody any more ends it.
                if not self.login.startswith(SHUT_OUT) and \
                        not self.over.is_set():
                    self.problems.append("%s: cut off: %r" % (
                        self.login, why))
                    return
            except Exception as why:
                self.problems.append("%s: %r" % (self.login, why))
                return


def make_victims(admin, directory):
    for n in range(VICTIMS):
        login = "victim-%d" % n
        write_private(password_path(directory, login), PASSWORD)
        admin.call("user.create", user=login, password=PASSWORD,
                   roles=["sales"], branch="SH")


def fill_pool(server, world):
    """For those who claim: what they release others may claim again."""
    with server.connect("sh-manager") as manager:
        for n in range(POOL):
            made = manager.call("record.create", entity="customer", fields={
                "name": "公海客户 %06d" % n, "type": "other",
                "category": "regular", "source": "phone"})
            world.learn("customer.release", manager.call(
                "customer.release", id=made["number"], reason="公海"))


def askers_of(server, world, rng):
    """Whoever may be cut off by what is asked plays with that."""
    known = methods()
    calm = [m for m in known if m not in ENDS]
    business = [m for m in known if m.startswith("record.")]
    ruling = [m for m in calm if m.split(".")[0] in (
        "role", "schema", "policy", "user", "certificate", "request",
        "access", "token", "server")]
    logins = [(login, calm + business * 4) for login, _, _ in PEOPLE]
    logins += [("admin", ruling), ("admin", calm)]
    logins += [("privacy", ["customer.erase", "customer.export"])]
    logins += [("victim-%d" % n, known) for n in range(VICTIMS)]
    return [Asker(server, world, login, rng.random(), among, n)
            for n, (login, among) in enumerate(logins)]


def blow(server, askers, seconds):
    """Status of the server's end, with everybody still asking."""
    for asker in askers:
        asker.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.process.poll() is None:
        time.sleep(0.2)
    for asker in askers:
        asker.over.set()
    status = server.stop()
    for asker in askers:
        asker.join(120)
    return status


def counted(auditor):
    total, at, pages = 0, 0, 0
    while at is not None:
        page = auditor.call("audit.export", **{"from": at, "limit": 500})
        at = page["next"]
        pages += 1
        total += sum(
            msgpack.unpackb(leaf, strict_map_key=False)[3].get("count", 1)
            for leaf in page["entries"])
    return total - (pages - 1)


def check_afterwards(server, world, askers, before):
    """What is wrong with what the storm left behind."""
    server.start(120)
    problems = []
    with server.connect("auditor", timeout=120) as auditor:
        total = counted(auditor) - before
        least, most = (sum(getattr(a, k) for a in askers)
                       for k in ("least", "most"))
        # Logging in is not written down yet.
        if not least <= total <= most:
            problems.append("the log counts %d of %d to %d" % (
                total, least, most))
        verified = auditor.call("audit.verify")
        if verified["bad"] or not verified["entries"]:
            problems.append("audit.verify: %r" % verified)
    with server.connect("gm", timeout=120) as gm:
        for record, number in world.made:
            try:
                got = gm.call("record.get", entity="customer", id=number,
                              fields=["name"])
            except RpcError as refused:
                if number.startswith("KH") and "/" not in number:
                    problems.append("%s: %s" % (number, refused))
            else:
                if got["id"] != record and "merged_into" not in got:
                    problems.append("%s is another record" % number)
    return problems


def main():
    parser = argparse.ArgumentParser(description="Asks everything at once.")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else time.time_ns() % 10 ** 9
    print("seed %d" % seed)
    with Server() as server:
        with server.connect("admin") as admin:
            make_victims(admin, server.directory)
            roles = {row["role"]: admin.call("role.get", role=row["role"])
                     for row in admin.call("role.list")["rows"]}
            world = World(admin.call("schema.document")["document"], roles)
        fill_pool(server, world)
        server.stop()
        server.start(120)
        with server.connect("auditor", timeout=120) as auditor:
            before = counted(auditor) + 2  # its greeting, the last page
        askers = askers_of(server, world, random.Random(seed))
        status = blow(server, askers, args.seconds)
        problems = [p for a in askers for p in a.problems]
        if status:
            problems.append("ended with %r" % status)
        else:
            problems += check_afterwards(server, world, askers, before)
        with open(server.log_path, encoding="utf-8", errors="replace") as f:
            log = f.read()
        if REPORTS.search(log):
            problems.append("its log:\n" + log[-20000:])
    codes = sum((a.codes for a in askers), collections.Counter())
    asked = {method for method, _ in codes}
    done = {method for method, code in codes if code == "ok"}
    print("%d requests of %d methods, %d of them done; %d records made; "
          "the slowest group took %.1f s" % (
              sum(codes.values()), len(asked),
              sum(n for (_, code), n in codes.items() if code == "ok"),
              len(world.made), max(a.slowest for a in askers)))
    tries = sum(n for (m, _), n in codes.items() if m == "customer.claim")
    claims = codes["customer.claim", "ok"]
    print("%d of %d claims went through" % (claims, tries))
    if tries >= 200 and not claims:
        problems.append("nobody claimed anybody")
    print("never done: " + " ".join(sorted(asked - done)))
    print("asked without parameters: " + " ".join(sorted(asked - set(MAKERS))))
    for problem in problems[:20]:
        print("FAILED " + problem[:20000])
    good = not problems and len(done) > 30 and len(world.made) > 10
    print("%d passed, %d failed" % (good, not good))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: MIT
"""Wrong messages for hostile.py: valid requests of every kind, made wrong.

MessagePack is packed by hand here, so that a text may be no UTF-8, a map have
a key twice, a length be a lie.  mutate() puts one to three wrong things into
valid parameters; the same `rng` makes the same of them.
"""
import struct

import msgpack


def customer(name, **more):
    return dict({"name": name, "type": "other", "category": "regular",
                 "source": "phone"}, **more)


class Raw(bytes):
    """Goes out as it is."""


class Pairs(list):
    """A map whose keys may come twice."""


def text(raw):
    return Raw(b"\xdb" + struct.pack(">I", len(raw)) + raw)


def pack(value):
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, dict):
        value = Pairs(value.items())
    if isinstance(value, Pairs):
        return b"\xdf" + struct.pack(">I", len(value)) + b"".join(
            pack(k) + pack(v) for k, v in value)
    if isinstance(value, (list, tuple)):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(
            pack(v) for v in value)
    return msgpack.packb(value)


def nested(depth, core="x"):
    for _ in range(depth):
        core = [core]
    return core


def negated(depth):
    tree = ["=", "name", "x"]
    for _ in range(depth):
        tree = ["not", tree]
    return tree


NASTY = [
    None, True, False, 0, 1, -1, 127, 128, 65536, 2 ** 31, 2 ** 32 - 1,
    2 ** 32, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1, -2 ** 31, -2 ** 63, 0.0,
    -0.0, 1e308, float("nan"), float("inf"), "", " ", "\0", "a\0b", "\n",
    "x" * 65536, "汉" * 21846, "é" * 300, "\u202e彡", "\u2066a\u2069",
    "\ufeff", "\u200b", "\U0010ffff", "e\u0301" * 500, "\u1e9b\u0323",
    text(b"\xff\xfe"), text(b"\xed\xa0\x80"), text(b"\xc0\xaf"),
    text(b"\xf4\x90\x80\x80"), text(b"abc\xe6"), b"", b"\xff" * 100,
    b"name", [], {}, [[]], [None], [None] * 1000, [{}] * 1001, ["x"] * 5000,
    nested(7), {"a": {"b": {"c": 1}}}, {1: 2},
    {"": ""}, {None: None}, Pairs([("a", 1), ("a", 2)]),
    {"k%d" % n: n for n in range(300)}, "%s%n%n", "' or 1=1 --",
    "../../../etc/passwd", "#0", "#1", "#-1", "#999999999999999999999", "#",
    "9" * 400, "-" + "9" * 30, "1e999999999", "1." + "0" * 500, ".", "-",
    "0x10", "0" * 16, "f" * 16, "today", "2026-13-45", "0000-00-00",
    "9999-12-31", "-9999-01-01", "2026-02-30T25:61:61Z", ["and"], ["or"],
    ["not"], ["=", "name"], ["=", "name", None], ["=", None, "x"],
    ["in", "name", []], ["in", "name", ["a"] * 3000], ["prefix", "name", ""],
    ["contains", "mobile", "0000"], ["<", "mobile", "1"], ["=", "salary", 1],
    ["has", "tags", [[]]], ["and"] + [["empty", "name"]] * 300,
    ["in", "customer", ["x"] * 600],
]
BROKEN = [  # after these nobody knows where the message ends, or it is closed
    nested(14), nested(40), negated(12), {"a": nested(12)},
    Raw(b"\xc1"), Raw(b"\xc7\x04\x01abcd"), Raw(b"\xd6\xff\0\0\0\1"),
    Raw(b"\xca\x7f\xc0\0\0"), Raw(b"\xdf\xff\xff\xff\xff"),
    Raw(b"\xdd\x00\x10\x00\x00"), Raw(b"\xdb\xff\xff\xff\xf0abc"),
    Raw(b"\xc6\x7f\xff\xff\xff"), Raw(b"\xd9"), Raw(b""),
]
KEYS = ["entity", "id", "fields", "set", "where", "order", "limit", "after",
        "reason", "source", "request_id", "dry_run", "confirm", "override",
        "row", "items", "atomic", "version", "", "x" * 300, "name", "mobile",
        "customer", "op", "from", "user", "token", "scope", "clear"]


def templates(number):
    """Valid parameters of every method, with a known record."""
    made = {"entity": "customer", "fields": customer("变异客户", mobile=
            "13800138000", remark="x", city="上海"), "reason": "r",
            "source": "phone", "request_id": "m1", "dry_run": False,
            "override": ["name_similar"], "row": "ab" * 32}
    find = {"entity": "customer", "where": ["and", ["prefix", "name", "变"],
            ["not", ["in", "category", ["regular", "vip"]]],
            [">", "created_at", "2026-01-01T00:00:00Z"]],
            "order": ["-created_at", "name"], "limit": 20,
            "fields": ["name", "mobile"], "scope": "branch",
            "archived": True}
    batch = {"items": [
        dict(made, op="create"),
        {"op": "create", "entity": "contact",
         "fields": {"customer": "#0", "name": "王小明"}},
        {"op": "create", "entity": "order",
         "fields": {"customer": "#0", "date": "today", "status": "draft"}},
        {"op": "update", "entity": "customer", "id": "#0",
         "set": {"city": "杭州"}, "unset": ["remark"]}],
        "atomic": True, "dry_run": False, "request_id": "b1", "reason": "r"}
    one = {"entity": "customer", "id": number}
    return [
        ("audit.checkpoint", {}), ("audit.consistency", {"old": 1, "new": 9}),
        ("audit.export", {"from": 0, "limit": 5}),
        ("audit.find", {"from": 0, "limit": 5, "user": "gm",
                        "method": "record.create", "entity": "customer",
                        "id": number}),
        ("audit.proof", {"index": 3}),
        ("audit.verify", {"from": 0, "to": 5}),
        ("record.archive", dict(one, reason="r", version="00" * 9)),
        ("record.batch", batch), ("record.batch", batch),
        ("record.create", made), ("record.create", made),
        ("record.create", {"entity": "product", "fields": {
            "name": "产品", "unit_price": "12.50", "unit": "件"}}),
        ("record.export", find), ("record.find", find),
        ("record.find", dict(find, count=True, after="AAAA")),
        ("record.get", dict(one, fields=["name"])), ("record.history", one),
        ("record.unarchive", dict(one, reason="r")),
        ("record.update", dict(one, set={"city": "北京", "mobile":
                               "13900139000"}, unset=["remark"], reason="r",
                               request_id="u1", dry_run=True)),
        ("role.list", {}), ("schema.get", {}), ("server.status", {}),
        ("session.hello", {"client": "x"}), ("session.whoami", {}),
        ("user.effective", {"user": "gm"}), ("user.list", {}),
        ("user.disable", {"user": "victim", "reason": "r"}),
    ]


HASHED = [  # each costs a password hash
    ("session.login", {"user": "nobody", "password": "x" * 20,
                       "keep": True, "otp": "1"}),
    ("session.login", {"token": "ab" * 24}),
    ("session.passwd", {"old": "x" * 20, "new": "y" * 20}),
    ("user.create", {"user": "victim", "password": "z7" * 10,
                     "roles": ["sales"], "branch": "SH", "name": "某",
                     "must_change": True}),
    ("user.update", {"user": "victim", "roles": ["sales"], "branch": "SH",
                     "name": "某", "disabled": False}),
]


def places(value, path=()):
    """Paths of all values inside."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], path + (key,))
    elif isinstance(value, list) and not isinstance(value, Pairs):
        for at, inner in enumerate(value):
            yield from places(inner, path + (at,))


def copied(value):
    if isinstance(value, Pairs):
        return value
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    return [copied(v) for v in value] if isinstance(value, list) else value


def mutate(params, rng, nasty=None):
    """One to three wrong things."""
    nasty = nasty or NASTY
    params = copied(params)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        path = rng.choice([p for p in places(params)] or [()])
        bad = rng.choice(nasty if rng.random() < 0.99 else BROKEN)
        if not path:
            params[rng.choice(KEYS)] = copied(bad)
            continue
        holder = params
        for step in path[:-1]:
            holder = holder[step]
        kind = rng.randrange(6)
        if kind < 4:
            holder[path[-1]] = copied(bad)
        elif kind == 4:
            del holder[path[-1]]
        else:
            holder[path[-1]] = [holder[path[-1]]] * rng.choice((1, 2, 70))
    if rng.random() < 0.05:
        return Pairs(list(params.items()) * 2)
    return params


def request(msgid, method, params):
    return b"\x94\x00" + msgpack.packb(msgid) + pack(method) + b"\x91" \
        + pack(params)


def frames(data):
    """Is it one whole message?  Only those must be answered."""
    try:
        msgpack.unpackb(data, raw=True, strict_map_key=False,
                        object_pairs_hook=lambda pairs: len(list(pairs)))
    except Exception:  # the library has many
        return False
    return True

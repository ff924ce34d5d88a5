# SPDX-License-Identifier: MIT
"""A made-up company: schema, roles, people and values, all out of one seed.

`thing` belongs to people (branch, owner, and a variant whose fields may be of
another class), `part` hangs on a thing, `item` belongs to nobody.  Their
fields differ in class, type, index, seal, watch and mask.  The document is
what `kehud init --schema` takes (JSON is YAML).
"""

CLASSES = ["c0", "c1", "c2", "c3", "c4"]
LEVELS = ["none", "masked", "enter", "read", "create", "write"]
RELATIONS = ["own", "pool", "branch", "all"]
BRANCHES = ["A", "B"]
WORDS = ["alpha", "alder", "beta", "gamma", "gadget", "delta"]
DATES = ["2026-01-05", "2026-02-11", "2026-03-30", "2025-12-31"]
CHOICES = ["low", "mid", "top"]
TYPES = {
    "text": lambda rng: rng.choice(WORDS),
    "note": lambda rng: rng.choice(WORDS) + " " + rng.choice(WORDS),
    "enum": lambda rng: rng.choice(CHOICES),
    "int": lambda rng: rng.randint(0, 9),
    "money": lambda rng: "%d.50" % rng.randint(1, 9),
    "date": lambda rng: rng.choice(DATES),
    "bool": lambda rng: rng.random() < 0.5,
    "list": lambda rng: rng.sample(WORDS, rng.randint(1, 3)),
}
INDEXES = {"text": [[], ["plain"], ["blind"], ["tokens"]],
           "enum": [[], ["plain"]], "int": [[], ["plain"]],
           "date": [[], ["plain"]], "money": [[], ["plain"]],
           "list": [[], ["blind"]]}


def label(word):
    return [word, word]


class World:
    def __init__(self, rng):
        self.rng = rng
        self.entities = {"branch": self.branch(), "thing": self.thing(),
                         "part": self.part(), "item": self.item()}
        self.roles = {"r%d" % n: self.role() for n in range(5)}
        self.people = [("p%d" % n, rng.sample(sorted(self.roles),
                                              rng.randint(1, 3)),
                        BRANCHES[n % 2]) for n in range(6)]

    # --- entities --------------------------------------------------------

    def field(self, number):
        rng = self.rng
        kind = rng.choice(sorted(TYPES))
        field = {"id": number, "label": label("f%d" % number), "type": kind,
                 "class": rng.choice(CLASSES),
                 "mask": rng.choice(["hidden", "shown", "name"])}
        if kind == "enum":
            field["values"] = {c: label(c) for c in CHOICES}
        if kind in ("text", "note", "list"):
            field["max"] = 40
        index = rng.choice(INDEXES.get(kind, [[]]))
        if rng.random() < 0.35:
            field["sealed"] = True
            index = ["blind"] if kind == "text" and rng.random() < 0.8 else []
            if rng.random() < 0.3:
                field["watched"] = True
        if index:
            field["index"] = index
        return field

    def random_fields(self, first, count):
        return {"f%d" % n: self.field(n)
                for n in range(first, first + count)}

    def number(self):
        return {"id": 1, "label": label("no"), "type": "text", "max": 40,
                "class": "c0", "auto": "number", "mask": "shown"}

    @staticmethod
    def branch():
        return {"id": 15, "label": label("branch"), "number": {"field": "code"},
                "title": "name", "fields": {
                    "code": {"id": 1, "label": label("code"), "type": "text",
                             "max": 20, "class": "organisation",
                             "required": True, "once": True,
                             "index": ["plain", "unique"], "mask": "shown"},
                    "name": {"id": 2, "label": label("name"), "type": "text",
                             "max": 100, "class": "organisation",
                             "required": True, "mask": "shown"}}}

    def thing(self):
        fields = {
            "number": self.number(),
            "branch": {"id": 2, "label": label("branch"), "type": "ref",
                       "ref": "branch", "class": "c1", "mask": "shown"},
            "owner": {"id": 3, "label": label("owner"), "type": "ref",
                      "ref": "user", "class": "c1", "mask": "shown",
                      "index": ["plain"]},
            "kind": {"id": 4, "label": label("kind"), "type": "enum",
                     "class": self.rng.choice(CLASSES), "mask": "shown",
                     "values": {c: label(c) for c in CHOICES}}}
        fields.update(self.random_fields(5, self.rng.randint(6, 9)))
        for field in list(fields.values())[4:]:
            if self.rng.random() < 0.25:
                field["variant_class"] = self.rng.choice(CLASSES)
        return {"id": 1, "label": label("thing"), "scoped": True,
                "subject": "thing", "branch": "branch", "owner": "owner",
                "number": {"series": "T{branch}{yyyy}", "digits": 5},
                "title": "number", "variant": ["=", "kind", "top"],
                "fields": fields}

    def part(self):
        fields = {"number": self.number(),
                  "thing": {"id": 2, "label": label("thing"), "type": "ref",
                            "ref": "thing", "class": "c0", "required": True,
                            "once": True, "index": ["plain"],
                            "mask": "shown"}}
        fields.update(self.random_fields(3, self.rng.randint(3, 5)))
        return {"id": 2, "label": label("part"), "parent": "thing",
                "subject": "thing", "number": "child", "title": "number",
                "fields": fields}

    def item(self):
        fields = {"number": self.number()}
        for name, field in self.random_fields(
                2, self.rng.randint(3, 5)).items():
            field.pop("watched", None)  # it is nobody's
            fields[name] = field
        return {"id": 3, "label": label("item"), "title": "number",
                "number": {"series": "I{yyyy}", "digits": 5},
                "fields": fields}

    # --- roles -----------------------------------------------------------

    def grant(self):
        rng = self.rng
        grant = {"on": rng.choice(RELATIONS), "levels": {
            c: rng.choice(LEVELS) for c in CLASSES if rng.random() < 0.7}}
        if rng.random() < 0.3:
            grant["entities"] = rng.sample(["thing", "part", "item"],
                                           rng.randint(1, 2))
        reach = grant.get("entities", ["thing", "part", "item"])
        if rng.random() < 0.5:
            entity = rng.choice(reach)
            name = rng.choice([f for f in self.entities[entity]["fields"]
                               if f != "number"])
            grant["fields"] = {"%s.%s" % (entity, name): rng.choice(LEVELS)}
        if rng.random() < 0.4:
            grant["rights"] = ["lookup"]
        return grant

    def role(self):
        rng = self.rng
        role = {"label": label("role"), "rights": [],
                "grants": [self.grant() for _ in range(rng.randint(1, 3))] +
                [{"on": "all", "levels": {"organisation": "read"}}]}
        if rng.random() < 0.4:
            role["rights"].append("export")
        if rng.random() < 0.3:
            role["deny"] = [rng.choice(CLASSES)]
        return role

    def document(self):
        every = {c: "write" for c in CLASSES}
        roles = {
            "admin": {"label": label("admin"), "rights": [
                "users", "roles", "schema", "rules"], "grants": [
                    {"on": "all", "levels": {"organisation": "write"}}]},
            "system": {"label": label("system"), "rights": [
                "backup", "restore", "keys"], "grants": []},
            "auditor": {"label": label("auditor"), "rights": ["audit"],
                        "grants": []},
            "loader": {"label": label("loader"), "rights": [], "grants": [
                {"on": "all", "levels": dict(every, organisation="read")}]}}
        roles.update(self.roles)
        return {"classes": CLASSES + ["organisation"],
                "entities": self.entities, "roles": roles}

    # --- values ----------------------------------------------------------

    def value(self, field):
        return TYPES[field["type"]](self.rng)

    def free_fields(self, entity):
        """Names that a person may set, as far as the schema goes."""
        return [n for n in self.entities[entity]["fields"]
                if n not in ("number", "branch", "owner", "thing")]

    def values(self, entity):
        fields = self.entities[entity]["fields"]
        return {n: self.value(fields[n]) for n in self.free_fields(entity)
                if self.rng.random() < 0.75}

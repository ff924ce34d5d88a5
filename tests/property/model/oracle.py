# SPDX-License-Identifier: MIT
"""What must come back: a second reckoning of rights, in as few words as can be.

Written from the rules (docs/protocol.md, docs/security.md), not from the
server's code: every level is looked up anew from the roles' own text.
"""

BITS = {"none": "", "masked": "m", "enter": "msn", "read": "r",
        "create": "rn", "write": "rsn"}
RELATIONS = ("own", "pool", "branch", "all")
IMPLIED = {"own": {"own", "all"}, "pool": {"pool", "branch", "all"},
           "branch": {"branch", "all"}, "all": {"all"}}
CHOICES = ["low", "mid", "top"]


class Refused(Exception):
    def __init__(self, code, field=None):
        super().__init__(code)
        self.answer = (code, field)


class Record:
    def __init__(self, entity, row_id, number, values, above=None):
        self.entity, self.id, self.number = entity, row_id, number
        self.values = values
        self.above = above  # the thing that a part hangs on
        self.versions = [{n: (None, v) for n, v in values.items()}]

    @property
    def scope(self):
        return self.above or self

    @property
    def variant(self):
        return self.entity == "thing" and self.values.get("kind") == "top"


class Person:
    """One caller: his view of the company, reckoned field by field."""

    def __init__(self, world, login, roles, branch):
        self.world, self.login, self.branch = world, login, branch
        self.roles = [world.roles[r] for r in roles]
        self.known = {}

    def bits(self, entity, relation, name, variant):
        """What the roles give in one relation; a deny of any takes all."""
        key = entity, relation, name, variant
        if key not in self.known:
            self.known[key] = self.reckon(*key)
        return self.known[key]

    def reckon(self, entity, relation, name, variant):
        field = self.world.entities[entity]["fields"][name]
        of_class = variant and field.get("variant_class") or field["class"]
        given = set()
        for role in self.roles:
            if of_class in role.get("deny", ()):
                return set()
            for grant in role["grants"]:
                on = "all" if entity == "item" else grant["on"]
                if on != relation or entity not in grant.get(
                        "entities", (entity,)):
                    continue
                level = grant.get("fields", {}).get(
                    entity + "." + name, grant["levels"].get(of_class, "none"))
                given |= set(BITS[level])
        # A value without a masked form is read by who may see it masked.
        if field["mask"] == "shown" and "m" in given:
            given.add("r")
        return given

    def level(self, entity, relations, name, variant):
        return set().union(*(self.bits(entity, r, name, variant)
                             for r in relations))

    def range(self, entity):
        """Relations in which he knows of anything at all."""
        fields = self.world.entities[entity]["fields"]
        return {r for r in RELATIONS if any(
            self.bits(entity, r, n, v) for n in fields for v in (0, 1))}

    def knows(self, entity, name):
        fields = self.world.entities[entity]["fields"]
        reach = self.range(entity)
        return name in fields and any(
            self.level(entity, reach, name, v) for v in (0, 1))

    def need_known(self, entity, names):
        for name in names:
            if not self.knows(entity, name):
                raise Refused("unknown", name)

    def looks_up(self, entity, relations):
        return any("lookup" in grant.get("rights", ())
                   and ("all" if entity == "item" else grant["on"]) in relations
                   and entity in grant.get("entities", (entity,))
                   for role in self.roles for grant in role["grants"])

    # --- a record --------------------------------------------------------

    def stands(self, values):
        """His relations to a thing with these values."""
        relations = {"all"}
        if values.get("branch") == self.branch:
            relations.add("branch")
            if not values.get("owner"):
                relations.add("pool")
        if values.get("owner") == self.login:
            relations.add("own")
        return relations

    def relations(self, record):
        if record.entity == "item":
            return {"all"}
        return self.stands(record.scope.values)

    def sees(self, record):
        return bool(self.relations(record) & self.range(record.entity))

    def need_entity(self, entity):
        if not self.range(entity):
            raise Refused("unknown", "entity")

    def need(self, record):
        if not self.sees(record):
            raise Refused("not_found")

    def of(self, record, name):
        return self.level(record.entity, self.relations(record), name,
                          record.variant)

    def show(self, record, wanted=None, mask=lambda field, name: False):
        fields, masked = {}, set()
        for name, field in self.world.entities[record.entity]["fields"].items():
            value = record.values.get(name)
            level = self.of(record, name)
            if value is None or (wanted and name not in wanted):
                continue
            if "r" in level and not mask(field, name):
                fields[name] = value
            elif level & {"r", "m"}:
                fields[name] = masked_form(field, value)
                masked.add(name)
        return {"id": record.id, "number": record.number, "fields": fields,
                "masked": masked}

    # --- requests --------------------------------------------------------

    def get(self, record, wanted):
        self.need_entity(record.entity)
        self.need_known(record.entity, wanted or ())
        self.need(record)
        return self.show(record, wanted)

    def find(self, ask, records, mask_sealed=False):
        entity = ask["entity"]
        self.need_entity(entity)
        reach, only = self.range(entity), ask.get("scope", "all")
        if only != "all" and only in reach:
            reach = {only}
        self.need_known(entity, ask.get("fields", ()))
        for name in ask.get("order", ()):
            self.may_sort(entity, reach, name.lstrip("-"))
        if ask.get("where"):
            leaves = list(leaves_of(ask["where"]))
            for leaf in leaves:
                self.may_filter(entity, reach, leaf)
            for leaf in leaves:
                check_operator(self.world.entities[entity], leaf)
        rows = [r for r in records if r.entity == entity and self.sees(r)
                and (only == "all" or only in self.relations(r))
                and holds(self.world.entities[entity], ask.get("where"), r)]
        rows.sort(key=lambda r: r.number)
        for name in reversed(ask.get("order", ())):
            sort_by(self.world.entities[entity], rows, name)
        return [self.show(r, ask.get("fields"), lambda field, name: mask_sealed
                          and field.get("sealed")) for r in rows]

    def may_everywhere(self, entity, reach, name):
        """In each relation that the search ranges over, variant or not."""
        return all("r" in self.level(entity, IMPLIED[r], name, v)
                   for r in reach for v in (0, 1))

    def may_sort(self, entity, reach, name):
        self.need_known(entity, [name])
        if self.world.entities[entity]["fields"][name].get("sealed"):
            raise Refused("invalid", name)
        if not self.may_everywhere(entity, reach, name):
            raise Refused("denied", name)

    def may_filter(self, entity, reach, leaf):
        op, name = leaf[0], leaf[1]
        self.need_known(entity, [name])
        field = self.world.entities[entity]["fields"][name]
        if not field.get("sealed") or op == "empty":
            if not self.may_everywhere(entity, reach, name):
                raise Refused("denied", name)
            return
        if op not in ("=", "in") or "blind" not in field.get("index", ()):
            raise Refused("invalid", name)
        for relation in reach:
            near = IMPLIED[relation]
            if not self.looks_up(entity, near) or not all(
                    self.level(entity, near, name, v) & {"r", "m"}
                    for v in (0, 1)):
                raise Refused("denied", name)

    def history(self, record):
        """Changes that he may see, oldest first; today's rights count."""
        self.need_entity(record.entity)
        self.need(record)
        fields = self.world.entities[record.entity]["fields"]
        versions = []
        for changes in record.versions:
            seen = set()
            for name, (old, new) in changes.items():
                level = self.of(record, name)
                if "r" in level:
                    seen.add((name, frozen(old), frozen(new), False))
                elif "m" in level:
                    seen.add((name, frozen(masked_form(fields[name], old)),
                              frozen(masked_form(fields[name], new)), True))
            if seen:
                versions.append(seen)
        return versions

    def update(self, record, values):
        """Changes the record and gives the row, or refuses."""
        self.need_entity(record.entity)
        self.need(record)
        self.need_known(record.entity, values)
        after = dict(record.values, **values)
        variant = record.entity == "thing" and after.get("kind") == "top"
        before = self.relations(record)
        then = (self.stands(after) if record.entity == "thing" else before)
        fields = self.world.entities[record.entity]["fields"]
        if not then & self.range(record.entity):
            raise Refused("denied")
        for name in fields:
            if name in values:
                self.may_set(record, name, values[name], before, then, variant)
        # Nobody opens a sealed value to see whether the new one differs, and
        # who types a hidden one again is not told that it was the one.
        changed = {n: v for n, v in values.items() if record.values.get(n) != v
                   or (v is not None and (fields[n].get("sealed") or "r" not in
                       self.level(record.entity, before, n, variant)))}
        if changed:
            record.versions.append({n: (record.values.get(n), v)
                                    for n, v in changed.items()})
            record.values.update(changed)
        return self.show(record, None, lambda field, name: field.get("watched")
                         and name not in changed)

    def create(self, entity, values, above):
        """The new record's values, or a refusal; nothing is stored yet."""
        self.need_entity(entity)
        self.need_known(entity, values)
        whole = {k: v for k, v in values.items() if v is not None}
        if entity == "thing":
            whole.setdefault("branch", self.branch)
            whole.setdefault("owner", self.login)
        is_lost = above and not self.sees(above)
        then = ({"all"} if entity == "item" else
                self.range(entity) if is_lost else
                self.stands(above.values if above else whole))
        variant = entity == "thing" and whole.get("kind") == "top"
        if not then & self.range(entity):
            raise Refused("denied")
        for name in self.world.entities[entity]["fields"]:
            is_own = (name, values.get(name)) in (
                ("branch", self.branch), ("owner", self.login))
            if name in values and not is_own and "n" not in self.level(
                    entity, then, name, variant):
                raise Refused("denied", name)
        if is_lost:  # what he may not know of is a reference to nothing
            raise Refused("invalid", "thing")
        return whole

    def may_set(self, record, name, value, before, then, variant):
        field = self.world.entities[record.entity]["fields"][name]
        level = self.level(record.entity, before, name, variant)
        if "r" in level and not field.get("sealed") and \
                value is not None and record.values.get(name) == value:
            return  # what he reads he may send back
        if "s" not in level:
            raise Refused("denied", name)
        if name in ("branch", "owner") and "s" not in self.level(
                record.entity, then, name, variant):
            raise Refused("denied", name)


# --- values --------------------------------------------------------------

def frozen(value):
    return tuple(value) if isinstance(value, list) else value


def masked_form(field, value):
    if value is None or field["mask"] == "shown":
        return value
    if field["mask"] == "name" and isinstance(value, str):
        return value[0] + "**"
    return "****"


def rank(field, value):
    if field["type"] == "enum":
        return CHOICES.index(value)
    return float(value) if field["type"] == "money" else value


def sort_by(entity, rows, name):
    """Empty ones last, downwards first; equal ones stay as they were."""
    key = name.lstrip("-")

    def place(record):
        value = record.values.get(key)
        return (value is None,
                0 if value is None else rank(entity["fields"][key], value))
    rows.sort(key=place, reverse=name.startswith("-"))


# --- conditions ----------------------------------------------------------

def leaves_of(tree):
    if tree[0] in ("and", "or", "not"):
        for branch in tree[1:]:
            yield from leaves_of(branch)
    else:
        yield tree


def check_operator(entity, leaf):
    op, kind = leaf[0], entity["fields"][leaf[1]]["type"]
    wrong = ((op in ("<", "<=", ">", ">=") and kind in (
        "note", "list", "ref", "bool")) or
        (op == "has" and kind != "list") or
        (op in ("prefix", "contains") and kind not in ("text", "note")) or
        (op in ("=", "!=", "in") and kind == "list"))
    if wrong:
        raise Refused("invalid", leaf[1])


def holds(entity, tree, record):
    if not tree:
        return True
    op = tree[0]
    if op == "and":
        return all(holds(entity, t, record) for t in tree[1:])
    if op == "or":
        return any(holds(entity, t, record) for t in tree[1:])
    if op == "not":
        return not holds(entity, tree[1], record)
    field, value = entity["fields"][tree[1]], record.values.get(tree[1])
    if op == "empty":
        return value is None
    if op == "!=":
        return value != tree[2]
    if value is None:
        return False
    if op == "=":
        return value == tree[2]
    if op == "in":
        return value in tree[2]
    if op == "has" or op == "contains":
        return tree[2] in value
    if op == "prefix":
        return value.startswith(tree[2])
    a, b = rank(field, value), rank(field, tree[2])
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A hundred claim at once: no bound is passed, nobody is owned twice.

The claims of many connections, several a person, for more customers than
their rules allow and for the same ones, go out before the first is answered.
Each person ends with exactly what his rules allow, each customer with one
owner, whose claim was answered; also over a crash, after claims that were
taken back, and when what is owned at once is what bounds.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
from claims import Claims
from server import Server, far_from_midnight, make_people

SELLERS = ["seller-%d" % n for n in range(10)]
LINES = 10  # connections each: a hundred in all
A_DAY = 6
OWNED = 4
CUSTOMERS = 80


def pooled(manager, count):
    """Customers without an owner, by number."""
    numbers = []
    for n in range(count):
        numbers.append(manager.call(
            "record.create", entity="customer", fields=dict(
                name="公海客户%d" % n, type="other", category="regular",
                source="phone"))["number"])
        manager.call("customer.release", id=numbers[-1], reason="公海")
    return numbers


def bound(server, **limits):
    """The rules with these limits, and nothing that returns by itself."""
    with server.connect("admin") as admin:
        document = admin.call("rule.list")["document"]
        document["pool"] = {"limits": [dict(
            key="few", label=["上限", "Few"], **limits)]}
        admin.call("rule.apply", document=document, reason="上限")


def storm(server, wanted):
    """wanted: (login, number) a claim.  (login, number, "ok" or rule)."""
    lines = {login: [server.connect(login) for _ in range(LINES)]
             for login in {login for login, _ in wanted}}
    sent = []
    for at, (login, number) in enumerate(wanted):
        line = lines[login][at % LINES]
        sent.append((login, number, line,
                     line.send("customer.claim", id=number)))
    outcomes = []
    for login, number, line, msgid in sent:
        error, _ = line.answer(msgid)
        outcomes.append((login, number, "ok" if not error else
                         error.get("rule") or error["code"]))
    for line in (line for some in lines.values() for line in some):
        line.close()
    return outcomes


def owners(server, numbers):
    with server.connect("sh-manager") as manager:
        return {number: manager.call(
            "record.get", entity="customer", id=number)["fields"].get("owner")
            for number in numbers}


def count(outcomes, word, login=None):
    return sum(one[2] == word and login in (None, one[0])
               for one in outcomes)


def main():
    claim = Claims()

    far_from_midnight()
    with Server() as server:
        with server.connect("admin") as admin:
            make_people(admin, server.directory,
                        [(login, ["sales"], "SH") for login in SELLERS], [])
        bound(server, a_day=A_DAY)
        with server.connect("sh-manager") as manager:
            numbers = pooled(manager, CUSTOMERS)

        # All of them want the same ten.
        few = numbers[:10]
        outcomes = storm(server, [(login, number) for number in few
                                  for login in SELLERS])
        have = owners(server, few)
        claim("of those who claim one customer one gets him", all(
            [login for login, at, word in outcomes
             if at == number and word == "ok"] == [have[number]]
            for number in few))
        claim("the others do not find him any more, or had enough",
              {one[2] for one in outcomes} <= {"ok", "not_found", "pool_day"})

        # Each wants more than he may have, of what nobody else wants.
        rest = numbers[10:]
        before = [list(have.values()).count(login) for login in SELLERS]
        wanted = [(SELLERS[at % len(SELLERS)], number)
                  for at, number in enumerate(rest)]
        outcomes = storm(server, wanted)
        have = owners(server, numbers)
        claim("each gets all that his day allows, and not one more", all(
            list(have.values()).count(login) == A_DAY for login in SELLERS))
        claim("nobody is sent away for another's haste", all(
            count(outcomes, "ok", login) == A_DAY - had
            for login, had in zip(SELLERS, before)) and
            {one[2] for one in outcomes} == {"ok", "pool_day"})

        # What was taken back, and a crash, open the day again for nobody.
        mine = [number for number, who in have.items() if who == SELLERS[0]]
        with server.connect("sh-manager") as manager:
            manager.call("record.update", entity="customer", id=mine[0],
                         set={"owner": None}, reason="收回")
        server.kill()
        server.start()
        free = [number for number, who in have.items() if not who]
        outcomes = storm(server, [(SELLERS[0], number) for number in free])
        claim("neither a crash nor a return opens the day again",
              free and {one[2] for one in outcomes} == {"pool_day"})

        # Now what is owned at once bounds.
        bound(server, owned=OWNED)
        with server.connect("hz-manager") as manager:
            numbers = pooled(manager, 3 * OWNED)
        outcomes = storm(server, [("hz-sales", number) for number in numbers])
        with server.connect("hz-sales") as seller:
            owned = seller.call("record.find", entity="customer", scope="own",
                                count=True)["count"]
        claim("no more are owned at once than the rule allows",
              owned == OWNED == count(outcomes, "ok") and
              count(outcomes, "pool_owned") == len(numbers) - OWNED)
        with server.connect("auditor") as auditor:
            claim("the log agrees", auditor.call("audit.verify")["bad"] == 0)

    return claim.end()


if __name__ == "__main__":
    sys.exit(main())

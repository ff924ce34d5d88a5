// SPDX-License-Identifier: MIT
/*
 * What the rules of business (schema/book_rules.h) say of one record.
 *
 * A value that somebody gave by hand, other than what the rules say at that
 * moment, is his: it holds until they say something else than what he
 * overruled, or until he empties the field.  What he overruled stands beside
 * the value in the record's cell, and comes and goes with it.
 *
 * A rule that looks at the field it sets is a step: it is taken whenever it
 * holds.  An item of a list is the rule's alone: it is there while the rule
 * holds.
 */
#ifndef SERVER_BOOK_RULES_H
#define SERVER_BOOK_RULES_H

#include "server/book/cuts.h"
#include "server/data/work.h"

/* Who is neither moved nor counted: archived, not let in yet, merged away. */
#define RULES_PASS_OVER (ROW_ARCHIVED | ROW_WITHHELD | ROW_ALIAS)

struct outcome {
	const struct book_rule *rule; /* that decides; NULL: none does */
	struct bytes value;           /* what the field becomes, packed */
	bool differs;                 /* from what it is */
	bool is_overruled;            /* by hand: it stays */
};

/* Is list[at] the first of its rivals?  Each field (item) is decided once. */
bool rules_is_first(const struct book_rules *b, unsigned at);
/* Is one of its rivals, or it, switched on? */
bool rules_is_any_on(const struct book_rules *b, unsigned at);
/* Of list[at] and its rivals. */
enum err rules_decide(
    struct facts *f, unsigned at, struct outcome *out) MUST_USE;

/* Moves the record where the rules say so, by the cuts in `f`. */
enum err rules_apply(struct facts *f) MUST_USE;

#endif

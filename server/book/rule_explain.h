// SPDX-License-Identifier: MIT
/*
 * Why a customer is what he is, and what that gets him.
 *
 * Each field that rules set, the rule that decides it, and the numbers it
 * looked at, as far as the caller may know each: what he may not see is not
 * there, and neither is what hangs on it.  A field that rules give by what is
 * sealed is explained to who reads that alone, and counts as reading it.
 */
#ifndef SERVER_BOOK_RULE_EXPLAIN_H
#define SERVER_BOOK_RULE_EXPLAIN_H

#include "server/book/rules.h"

struct explaining {
	struct desk *desk;
	const struct caller *who;
	struct record *record; /* open, its relations asked */
	struct arena *arena;
	struct buf *out;
	struct shown shown; /* of what is sealed: to be logged by the caller */
};

/* Appends {id, number, version, run, rows}. */
enum err rules_explain(struct explaining *e) MUST_USE;
/* Appends {id, number, version, rows}. */
enum err policy_explain(struct explaining *e) MUST_USE;
/* The rows alone; none where no rules are about such records. */
enum err policy_rows(struct explaining *e) MUST_USE;

#endif

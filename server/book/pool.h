// SPDX-License-Identifier: MIT
/*
 * The pool: taking a customer who has no owner, and who falls back into it.
 *
 * The rules are the company's (schema/book_pool.h).  How many somebody claimed
 * today lies in a row of his own, which every claim of his expects as it was
 * and writes anew: of claims at once one is committed and the others are
 * built again on what it left, so neither the day's bound nor the one of what
 * he owns is ever passed.  That nobody else has the customer is expected as of
 * any change: of two who claim him one does not find him any more.
 *
 *   SERIES 0 'c' be64 user -> format, be64 day, be32 claims of that day
 *
 * A claim that is undone stays counted.  Giving customers away is no claim:
 * whoever may set the owner may do so, and what he gives counts as owned.
 */
#ifndef SERVER_BOOK_POOL_H
#define SERVER_BOOK_POOL_H

#include "server/book/metrics.h"
#include "server/data/work.h"

/* --- claiming: pool.c ----------------------------------------------------*/

struct claimant {
	const struct caller *who;
	const struct pool_limit *limit; /* NULL: none is for him */
	int32_t day;
	uint32_t today, owned; /* before the claim */
	bool has_row;
	uint64_t position; /* of his row */
};

/* How the caller stands today, by the desk's snapshot. */
enum err pool_claimant(struct desk *d, const struct caller *who,
    const struct book_rules *b, struct arena *a, struct claimant *out) MUST_USE;

/* May he have this one, which is open and as it is stored?  What speaks
 * against it is added to `found`; *rule: which, NULL if nothing does.
 * ERR_ELSEWHERE where that takes long. */
enum err pool_judge(struct desk *d, const struct claimant *c,
    struct record *customer, struct findings *found,
    const char **rule) MUST_USE;

/* One claim more, into the plan that gives him the customer. */
void pool_count(const struct claimant *c, struct plan *p);

/* --- falling back: pool_return.c -----------------------------------------*/

struct pool_fate {
	const struct pool_return *rule; /* that decides; NULL: he stays */
	int32_t last, day; /* something happened; he is the pool's */
};

/* What becomes of one who has an owner.  Rules that are off do not count. */
void pool_foresee(struct facts *f, struct pool_fate *out);

/* Does he go today, or should have gone? */
bool pool_returns(struct facts *f, struct pool_fate *out);

/* Does anybody? */
bool pool_has_returns(const struct book_rules *b);

/* Every field that tells when he goes; false ends it. */
bool pool_each_input(const struct book_rules *b, input_fn call, void *ctx);

/* Into the pool, if so. */
void pool_take_back(struct work *w, struct facts *f);

/* --- telling before: pool_due.c ------------------------------------------*/

struct pool_seeing {
	const struct caller *who;
	const struct record *record; /* whose relations were asked */
};

/* May he know of this one all that decides when he goes? */
bool pool_may_tell(const struct book_rules *b, const struct pool_seeing *s);

struct pool_due {
	struct desk *desk;
	const struct caller *who;
	const struct book_rules *rules;
	struct bytes owner; /* a login */
	struct arena *arena;
	struct findings *found;
	struct buf *out;
	struct bytes bad_field; /* with ERR_UNKNOWN and ERR_DENIED */
};

/* Appends {rows, more}: those of the owner's whom a rule's warning is due
 * for, as far as the caller may know of each all that decides. */
enum err pool_tell(struct pool_due *d) MUST_USE;

#endif

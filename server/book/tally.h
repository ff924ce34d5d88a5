// SPDX-License-Identifier: MIT
/*
 * Reports that look at each row of one entity once and add it to its group.
 *
 * A plan says which entity, which of its fields, and the columns; a function
 * says what one row adds.  Each field named is needed of the view before
 * anything is walked, whether a group asks for it or not.  Archived rows
 * count nothing.
 */
#ifndef SERVER_BOOK_TALLY_H
#define SERVER_BOOK_TALLY_H

#include "server/book/dims.h"
#include "server/book/params.h"

#define TALLY_FIELDS   6
#define TALLY_IN_ORDER GROUP_SUMS_MOST

struct tally;

enum tally_form {
	TALLY_COUNT,
	TALLY_AMOUNT,
	TALLY_SHARE,  /* of a sum in another, to four places */
	TALLY_AVERAGE /* likewise, to one */
};

struct tally_column {
	const char *key;
	enum tally_form form;
	unsigned sum, of; /* which sums; `of` for the last two forms */
};

struct tally_plan {
	const char *entity;
	const char *group; /* by default */
	const char *fields[TALLY_FIELDS + 1];
	int date; /* which of them `from`, `to` and month are of; -1: none */
	const struct tally_column *columns; /* the last without key */
	unsigned most_first; /* of which sum; IN_ORDER: as the groups come */
	/* Adds to `of` what a row is; it has been opened. */
	enum err (*add)(struct tally *t, struct record *r,
	    struct decimal of[static GROUP_SUMS_MOST]);
};
struct tally {
	struct report_run *run;
	const struct tally_plan *plan;
	const struct entity *customer, *entity;
	const struct field *fields[TALLY_FIELDS];
	struct grant grants[TALLY_FIELDS];
	struct dims dims;
	struct span span;
	struct groups groups;
	void *ctx; /* the report's own */
};

/* May he, and what is asked. */
enum err tally_resolve(struct report_run *r, const struct tally_plan *plan,
    struct tally *out) MUST_USE;
/* Walks and answers. */
enum err tally_run(struct tally *t) MUST_USE;

/* --- for the plan's function ---------------------------------------------*/

enum err tally_count(struct decimal *sum, int64_t by) MUST_USE;
/* The value of one of the plan's fields, packed; BYTES_NONE without. */
enum err tally_value(struct tally *t, struct record *r, unsigned which,
    struct bytes *out) MUST_USE;
/* Its day; false without. */
bool tally_day(struct tally *t, struct record *r, unsigned which, int32_t *day);
/* Is it one of these keys, each followed by a space? */
bool tally_is(
    struct tally *t, struct record *r, unsigned which, const char *keys);
/* The day on which its present value was set. */
bool tally_set_day(const struct tally *t, const struct record *r,
    unsigned which, int32_t *day);

#endif

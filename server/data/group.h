// SPDX-License-Identifier: MIT
/*
 * Grouping: how many records of each kind, and what they add up to.
 *
 * Over rows that the caller may know of, by fields that he may read in clear
 * in every one of them; sums are exact.  What is masked somewhere in the range
 * is refused, and what is sealed altogether: a sum of few is a value, and the
 * difference of two sums is another (L23).  So a group of one says nothing
 * that its row would not.
 */
#ifndef SERVER_DATA_GROUP_H
#define SERVER_DATA_GROUP_H

#include "server/data/query.h"

#define GROUP_BY   2
#define GROUP_SUMS 4
#define GROUPS     1000

struct grouping {
	const struct field *by[GROUP_BY];
	unsigned by_count;
	const struct field *sums[GROUP_SUMS];
	unsigned sum_count;
	struct grant grants[GROUP_BY + GROUP_SUMS]; /* by, then sums */
	struct bytes bad_field;                     /* with an error */
};

/* `by` and `sum` (may be none) are packed lists of names; q is resolved.
 * ERR_UNKNOWN, ERR_DENIED, ERR_INVALID (findings say why), ERR_TOO_LARGE. */
enum err group_resolve(const struct query *q, struct bytes by, struct bytes sum,
    struct findings *found, struct grouping *out) MUST_USE;

/* Appends {rows: [{by, count, sum}], count}, in the order of the values, empty
 * ones last.  A worker's: looks at FIND_ROWS records at most. */
enum err group_rows(struct desk *d, const struct caller *who,
    const struct query *q, const struct grouping *g, struct arena *a,
    struct buf *out) MUST_USE;

#endif

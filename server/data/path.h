// SPDX-License-Identifier: MIT
/*
 * Ways to the candidates of a search: which keys to walk, in which order.
 *
 * A path is a few scans over one field's index keys (one a branch in scoped
 * entities), merged by the value in the key.  The most selective way wins: a
 * unique value, a keyed digest, a reference, the rarest gram, a plain value
 * or range, and last the list of all numbers.  Candidates are only that: the
 * caller checks scope and condition on the opened record.
 */
#ifndef SERVER_DATA_PATH_H
#define SERVER_DATA_PATH_H

#include "server/data/index.h"
#include "server/data/query.h"

#define PATH_SCANS  256 /* most branches of a company */
#define PATH_VALUES 64  /* of a list that is looked up one by one */

struct path_scan {
	struct scan *scan;
	size_t head;      /* bytes of a key before the value */
	struct bytes key; /* the value part of the current key */
	uint64_t id;
	uint8_t stop[VALUE_KEY + 1]; /* last value; see stop_len */
	size_t stop_len;             /* 0: to the end */
	bool is_live;
	bool is_rows; /* of TABLE_ROW: its keys are records' */
};

struct path {
	struct desk *desk;
	const struct caller *who;
	const struct query *query;
	struct arena *arena;
	const struct field *field; /* whose keys; NULL: rows in id order */
	bool is_listing;           /* goes over everything in scope */
	bool may_repeat;           /* gives a record more than once */
	enum direction direction;
	struct path_scan *scans;
	unsigned count, room;
	uint64_t hits[PATH_VALUES]; /* records of unique values */
	unsigned hit_count;
	uint8_t key[STORE_KEY]; /* of the candidate at hand */
	enum err err;
};

struct candidate {
	uint64_t id;
	struct bytes key; /* the value part; valid until the next call */
};

/* Does the walk yield rows in the order that was asked for?  Equal values
 * come by id, in the walk's direction. */
bool path_is_in_order(const struct query *q);

/* `after`: the place behind which to go on, of a walk that is in order; id 0:
 * from the start. */
enum err path_open(struct desk *d, const struct caller *who,
    const struct query *q, const struct candidate *after, struct arena *a,
    struct path *out) MUST_USE;
/* False at the end or on error: path->err. */
bool path_next(struct path *p, struct candidate *out);
void path_close(struct path *p);

#endif

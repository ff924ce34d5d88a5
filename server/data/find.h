// SPDX-License-Identifier: MIT
/*
 * Searching: from a resolved query to a page of rows.
 *
 * In order, page by page, where an index gives the order; otherwise the
 * matches are gathered and sorted.  Where an index leads to them they may be
 * as many as time allows, and no more than a page is kept; without one
 * FIND_ROWS are looked at in the caller's scope.  What a loop cannot do quickly
 * answers ERR_ELSEWHERE and is done again by a worker.  Cursors are sealed and
 * bound to user, query and schema; they carry the place, never a page number.
 */
#ifndef SERVER_DATA_FIND_H
#define SERVER_DATA_FIND_H

#include "server/data/query.h"

#define FIND_ROWS    10000 /* looked at without an index, in scope */
#define FIND_MOST_NS (30ULL * 1000000000) /* a worker's view of the store */
#define FIND_ON_LOOP 300 /* rows looked at before a worker takes over */

struct find_result {
	unsigned rows;
	bool watched;
	unsigned sealed_clear;
	struct entry_record *touched; /* records with watched values shown */
	unsigned touched_count;
};

/* Appends {rows, next, count?} to `out`. */
enum err find_rows(struct desk *d, const struct caller *who,
    const struct query *q, struct bytes after, bool mask_sealed,
    struct arena *a, struct buf *out, struct find_result *result) MUST_USE;

/* Calls for every match once, opened, in the query's order; what it gets is
 * gone with the next.  At most FIND_ROWS of them, else ERR_TOO_LARGE. */
typedef enum err (*find_match_fn)(void *ctx, struct record *r);
enum err find_each(struct desk *d, const struct caller *who,
    const struct query *q, struct arena *a, find_match_fn call,
    void *ctx) MUST_USE;

#endif

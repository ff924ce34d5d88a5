// SPDX-License-Identifier: MIT
/*
 * All rows of one entity, in order of their ids, which is by age; or those
 * with a date between two days, in its order.
 *
 * No view of the store is held for long, as it would pin its pages: after a
 * second the snapshot is renewed, so what is committed meanwhile may be seen
 * or not, and nothing borrowed from it may be kept over rows_next().  Stops
 * when whoever asked has left.
 */
#ifndef SERVER_DATA_ROWS_H
#define SERVER_DATA_ROWS_H

#include "server/data/desk.h"
#include "server/data/row.h"
#include "server/schema/schema.h"

struct rows {
	struct desk *desk;
	uint8_t entity;
	struct scan *scan;
	uint64_t next;                          /* where the next view begins */
	const struct field *by;                 /* by day; NULL: by id */
	uint8_t at[STORE_KEY], last[STORE_KEY]; /* of its index */
	size_t at_len, last_len;
	uint64_t until_ns;
	unsigned looked_at;
	enum err err;
};

/* From id `from` on; 0 for all. */
void rows_open(
    struct rows *w, struct desk *d, const struct entity *e, uint64_t from);
/* By a plain index over all branches, both days included. */
void rows_open_days(struct rows *w, struct desk *d, const struct field *by,
    int32_t from, int32_t to);
/* The row is valid until the next call.  False at the end or by an error. */
bool rows_next(struct rows *w, uint64_t *id, struct row *row);
/* ERR_OK, or why it ended; what desk_may_go_on() says among it. */
enum err rows_close(struct rows *w) MUST_USE;

/* Instead of the rows of an entity the wrapped keys that lie among them
 * (subject.h), those of entity 0 for the company's.  One may come twice. */
void keys_open(struct rows *w, struct desk *d, uint8_t entity);
bool keys_next(struct rows *w, struct bytes *key, struct bytes *value);

#endif

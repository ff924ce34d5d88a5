// SPDX-License-Identifier: MIT
/*
 * Rows that reserve what is handed out from memory.
 *
 * A counter gives out no more than a committed row has reserved, so a crash
 * costs the rest of a block, and nothing is given twice.  What all such
 * counters have in common is here: a counter's row is written in the
 * background, by a plan of its own, one at a time, and the lock of its table
 * is released meanwhile, since a store may commit and call back at once.  What
 * a row says, how much it reserves and when is the counter's.
 *
 * But for the first of them and the last, all of these are called with the
 * table's lock held, and return with it held.
 */
#ifndef SERVER_STORE_RESERVE_H
#define SERVER_STORE_RESERVE_H

#include <pthread.h>

#include "server/store/store.h"

struct reserves { /* in a table of counters */
	struct store *store;
	pthread_mutex_t lock;
	pthread_cond_t written;
	unsigned writing; /* rows under way */
};

struct reserve { /* in one counter */
	struct reserves *of;
	void (*settle)(struct reserve *r); /* its row is committed */
	bool is_writing;
	enum err outcome;   /* of the last write */
	struct arena arena; /* its plan's */
};

void reserves_init(struct reserves *all, struct store *s);
void reserves_release(struct reserves *all);

void reserve_init(
    struct reserve *r, struct reserves *of, void (*settle)(struct reserve *r));
void reserve_release(struct reserve *r);

/* For a row of which no write is under way: a plan to put it in, NULL without
 * memory.  Either way one of the next two follows. */
struct plan *reserve_begin(struct reserve *r);
void reserve_submit(struct reserve *r, struct plan *p);
/* It is not to be written after all. */
void reserve_drop(struct reserve *r);

/* Until its write is through, until all are; at once if none is under way. */
void reserve_wait(struct reserve *r);
void reserves_wait(struct reserves *all);

#endif

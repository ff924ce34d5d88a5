// SPDX-License-Identifier: MIT
/*
 * A plan's inside, for the committer.
 *
 * Two lists in the order they were asked for: what must hold, what is done.
 * Everything is in the arena of the plan's maker, who must not touch it from
 * store_submit() to completion.  The last fields are the committer's.
 */
#ifndef SERVER_STORE_PLAN_H
#define SERVER_STORE_PLAN_H

#include "server/store/store.h"

enum step_kind { STEP_EXPECT, STEP_PUT, STEP_PUT_AT, STEP_DEL };

struct step {
	struct step *next;
	enum step_kind kind;
	enum table table;
	enum expect expect;
	uint64_t version;
	uint8_t *key; /* STEP_PUT_AT: 8 bytes for the position come first */
	size_t key_len;
	struct bytes value;
};

struct plan {
	struct arena *arena;
	enum err err;
	size_t bytes;
	unsigned cost; /* about how many pages it dirties */
	bool has_draft;
	bool needs_position; /* some STEP_PUT_AT */
	struct bytes draft;
	struct step *expects, **expects_end;
	struct step *writes, **writes_end;

	struct plan *next;
	plan_done_fn done;
	void *ctx;
	enum err outcome;
	uint64_t position;
};

/* By table and key; writes to one key keep their order.  The last thing done
 * to a plan before it is applied: no step may follow. */
void plan_sort_writes(struct plan *p);

#endif

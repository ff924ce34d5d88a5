// SPDX-License-Identifier: MIT
/*
 * One change made to many records, in plans of a few hundred: what a run of
 * rules moves, a tag renamed, a value put in another's place.
 *
 * On a worker, which waits for each commit.  Each plan has an entry of its own
 * that names its records.  A plan that met another change is built anew; one
 * that keeps meeting them ends the sweep with ERR_BUSY: what was committed
 * stays, and the next sweep finds the rest.
 */
#ifndef SERVER_RPC_SWEEP_H
#define SERVER_RPC_SWEEP_H

#include "server/data/ids.h"
#include "server/data/work.h"

struct sweep {
	struct desk *desk;
	const struct caller *who;
	struct draft draft;   /* of each plan's entry, but for its records */
	struct origin origin; /* of what the records are changed by */
	const struct ids *ids;
	/* Changes one record in the work, through server/data alone. */
	enum err (*change)(void *ctx, struct work *w, uint64_t id);
	void *ctx;
	size_t written; /* result: records */
};

enum err sweep_run(struct sweep *s) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * Break-glass: a role given to a person for a bounded time.
 *
 *   META "glass"   sealed [[id, account, role, from, until, approver,
 *                           reason], ...]; absent: none
 *
 * The directory loads it with roles and accounts.  One that is past its time
 * gives nothing, whether or not it still stands there; everybody is told of
 * those that run.  Only server/access and the methods access.* write it.
 */
#ifndef SERVER_ACCESS_GLASS_H
#define SERVER_ACCESS_GLASS_H

#include "server/crypto/sealer.h"
#include "server/store/store.h"

#define GLASS_MOST 32      /* at a time */
#define GLASS_ROW  "glass" /* its key in META, and its seal's purpose */

struct glass {
	uint64_t id;      /* of the request that was approved */
	uint64_t account; /* whose it is */
	const char *role;
	int64_t from_ms, until_ms;
	uint64_t approver; /* account id */
	const char *reason;
};

struct glasses {
	struct glass of[GLASS_MOST];
	size_t count;
};

static inline bool glass_runs(const struct glass *g, int64_t now_ms)
{
	return now_ms < g->until_ms;
}

/* Inside server/access: into the row, and out of its bytes. */
enum err glasses_put(
    struct plan *p, struct sealer *s, const struct glasses *all) MUST_USE;
enum err glasses_unseal(struct sealer *s, struct bytes sealed, struct arena *a,
    struct glasses *out) MUST_USE;

#endif

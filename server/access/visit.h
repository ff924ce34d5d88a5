// SPDX-License-Identifier: MIT
/*
 * When an account last logged in by its password, from where, and how often
 * somebody failed to before: what its owner should see at each login.
 *
 * A row of its own, sealed and bound to the account's id, so that a login
 * moves no account.  It goes into the login's own plan.
 */
#ifndef SERVER_ACCESS_VISIT_H
#define SERVER_ACCESS_VISIT_H

#include "common/arena.h"
#include "server/crypto/sealer.h"
#include "server/store/store.h"

struct visit {
	int64_t at_ms; /* 0: never */
	const char *from;
	uint64_t failures; /* between the one before and this */
};

struct visits { /* the last two */
	struct visit last, before;
};

enum err visits_load(struct snapshot *n, struct sealer *s, uint64_t account,
    struct arena *a, struct visits *out) MUST_USE;
/* The last becomes the one before. */
enum err visits_plan(struct plan *p, struct sealer *s, uint64_t account,
    const struct visits *seen, const struct visit *now) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * The second factor of an account: a seed for TOTP codes and recovery codes.
 *
 * A row of its own, sealed under the system key and bound to the account's
 * id, so that using a code touches no account.  Whoever takes a code puts the
 * changed row into the plan of the request that it lets in: the row is
 * expected as it was read, so of two requests with one code one is refused.
 * The steps that were used only grow; a recovery code is kept as a digest
 * until it is used.
 */
#ifndef SERVER_ACCESS_FACTOR_H
#define SERVER_ACCESS_FACTOR_H

#include "server/access/code.h"
#include "server/access/people.h"
#include "server/access/totp.h"
#include "server/crypto/sealer.h"
#include "server/store/store.h"

#define RECOVERY_CODES  10
#define RECOVERY_GROUPS 3

struct factor {
	uint64_t account;
	bool is_kept;     /* there is a row */
	uint64_t version; /* of it */
	bool is_on;       /* a first code was confirmed */
	uint8_t seed[TOTP_SEED];
	int64_t used; /* the last step that served */
	unsigned recovery_count;
	struct digest recovery[RECOVERY_CODES];
};

/* The account's factor; one without a row is off.  The caller wipes it. */
enum err factor_load(struct snapshot *n, struct sealer *s, uint64_t account,
    struct arena *a, struct factor *out) MUST_USE;
void factor_wipe(struct factor *f);

/* A new seed, not yet on. */
void factor_renew(struct factor *f, const struct random *random);
/* Takes the first code and makes recovery codes; ERR_UNAUTHENTICATED. */
enum err factor_confirm(struct factor *f, struct bytes typed, int64_t now_ms,
    struct arena *a, const struct random *random,
    char codes[static RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)]) MUST_USE;
/* Takes a code, or a recovery code, that has not served before; without
 * ERR_OK nothing is changed.  ERR_UNAUTHENTICATED. */
enum err factor_take(struct factor *f, struct bytes typed, int64_t now_ms,
    struct arena *a) MUST_USE;

/* What factor_load() gave must still be so; then the row is as `f` now. */
enum err factor_plan(
    struct plan *p, struct sealer *s, const struct factor *f) MUST_USE;
void factor_plan_drop(struct plan *p, const struct factor *f);

/* Does a role of this account demand one? */
bool factor_is_due(const struct account *who);

#endif

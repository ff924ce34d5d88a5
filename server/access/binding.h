// SPDX-License-Identifier: MIT
/*
 * Client certificates bound to an account or to a branch, by their key.
 *
 * A certificate is known by the SHA-256 of its public key (SPKI) and by
 * nothing that stands in it: names can be chosen by whoever asks for one.
 * An account with certificates of its own comes by one of them; else an
 * account of a branch that has some comes by one of the branch's; else by
 * any, or none.
 *
 * An account's stand in its row; the branches' in META "certificates", sealed.
 */
#ifndef SERVER_ACCESS_BINDING_H
#define SERVER_ACCESS_BINDING_H

#include "common/arena.h"
#include "common/digest.h"
#include "server/access/people.h"
#include "server/crypto/sealer.h"
#include "server/store/store.h"

#define BINDINGS_MOST 2000 /* of all branches */

struct bound_key {
	uint64_t branch; /* record id */
	struct digest key;
};

struct bindings {
	const struct bound_key *of;
	size_t count;
	uint64_t row; /* version it was loaded from; 0: there is none */
};

/* In the arena.  ERR_CORRUPT. */
enum err bindings_load(struct snapshot *n, struct sealer *s, struct arena *a,
    struct bindings *out) MUST_USE;
/* The list whole, expecting that nobody changed it since. */
enum err bindings_plan(
    struct plan *p, struct sealer *s, const struct bindings *b) MUST_USE;

bool bindings_has(
    const struct bindings *b, uint64_t branch, const uint8_t *spki);
/* `spki` NULL: he showed none. */
bool bindings_admit(
    const struct bindings *b, const struct account *who, const uint8_t *spki);

#endif

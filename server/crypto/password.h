// SPDX-License-Identifier: MIT
/*
 * Stored password hashes: argon2id with a pepper from the keyring.
 *
 * The stored form is ours: version, memory, passes, salt, hash; costs read
 * back are capped before they are used.  password_dummy() burns the same time
 * for a user who does not exist.  Slow on purpose: on the hashing workers
 * only, never on a loop.  Passwords are 1..128 bytes after NFC.
 */
#ifndef SERVER_CRYPTO_PASSWORD_H
#define SERVER_CRYPTO_PASSWORD_H

#include "common/buf.h"
#include "server/crypto/sealer.h"

#define PASSWORD_MOST 128

struct password_cost {
	uint32_t memory_kib; /* 65,536 */
	uint32_t passes;     /* 2 */
};

void password_cost_init(struct password_cost *c);

enum err password_hash(struct sealer *s, const struct password_cost *c,
    struct bytes password, const struct random *random,
    struct buf *stored) MUST_USE;
/* ERR_OK, ERR_DENIED (wrong), ERR_BUSY (no memory), ERR_CORRUPT. */
enum err password_check(
    struct sealer *s, struct bytes password, struct bytes stored) MUST_USE;
/* Costs what a check costs and answers ERR_DENIED. */
enum err password_dummy(struct sealer *s, const struct password_cost *c,
    struct bytes password) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * The opened ring and the two files it is kept in; private to this room.
 *
 * keyring.c reads and writes it, sealer.c derives from it, and nothing else
 * may include this header.  Packing and unpacking work on bytes alone, so
 * that a test and a fuzzer can reach them without files.
 */
#ifndef SERVER_CRYPTO_RING_H
#define SERVER_CRYPTO_RING_H

#include "common/buf.h"
#include "server/crypto/keyfile.h"

#define RING_EPOCHS 64   /* KEKs kept at once */
#define RING_MOST   4096 /* largest file */

struct kek {
	uint32_t epoch; /* from 1, rising */
	uint8_t key[KEY_SIZE];
};

struct ring {
	struct stretch stretch; /* how the root key is made */
	uint8_t store_id[STORE_ID];
	uint8_t index[KEY_SIZE];
	uint8_t system[KEY_SIZE];
	uint32_t count; /* of keks, at least one */
	struct kek keks[RING_EPOCHS];
};

/* What must be known before there is a root key; ERR_CORRUPT. */
enum err ring_stretch(struct bytes file, struct stretch *out) MUST_USE;
/* ERR_UNVERIFIED if the root key is another's, ERR_CORRUPT; `out` is then
 * wiped. */
enum err ring_unpack(struct bytes file, const uint8_t root[static KEY_SIZE],
    struct ring *out) MUST_USE;
enum err ring_pack(const struct ring *r, const uint8_t root[static KEY_SIZE],
    const struct random *random, struct buf *out) MUST_USE;

/* The signing seed, in a file of its own. */
enum err seed_pack(const uint8_t seed[static KEY_SIZE],
    const uint8_t store_id[static STORE_ID],
    const uint8_t root[static KEY_SIZE], const struct random *random,
    struct buf *out) MUST_USE;
enum err seed_unpack(struct bytes file, const uint8_t store_id[static STORE_ID],
    const uint8_t root[static KEY_SIZE],
    uint8_t seed[static KEY_SIZE]) MUST_USE;

struct keyring;
/* Defined by keyring.c, for sealer.c: the newest ring, until it is given
 * back. */
const struct ring *keyring_take(struct keyring *k);
void keyring_give(struct keyring *k, const struct ring *r);

#endif

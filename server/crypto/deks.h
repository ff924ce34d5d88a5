// SPDX-License-Identifier: MIT
/*
 * The cache of opened data keys of one sealer; private to this room.
 *
 * A fixed number of slots, each with a data key and a commit key, found by
 * hash of subject and kind; the least recently used slot is given away.  There
 * are enough for two keys of each customer of the largest batch, which is gone
 * through several times.  The keys themselves lie here and not keyed cipher
 * contexts: a context is fifteen times as large, on the library's own heap,
 * which nobody locks, and whoever reads one customer after the other would
 * find each of them cold.  The sealer keys its one context anew instead.
 */
#ifndef SERVER_CRYPTO_DEKS_H
#define SERVER_CRYPTO_DEKS_H

#include "server/crypto/cipher.h"
#include "server/crypto/root.h"

#define DEKS_SLOTS   2048
#define DEKS_BUCKETS 4096
#define DEKS_NONE    UINT16_MAX

struct dek {
	uint64_t subject;
	enum key_kind kind;
	bool is_held;     /* in a chain, with a key */
	uint16_t chained; /* next of the same bucket */
	uint16_t older;
	uint16_t newer;
	uint8_t key[CIPHER_KEY];
	uint8_t commit[CIPHER_KEY];
};

struct deks {
	uint16_t buckets[DEKS_BUCKETS];
	uint16_t oldest;
	uint16_t newest;
	struct dek slots[DEKS_SLOTS];
};

void deks_init(struct deks *d);
void deks_release(struct deks *d); /* wipes */

/* NULL if it is not there; otherwise it is the newest now. */
struct dek *deks_get(struct deks *d, uint64_t subject, enum key_kind kind);
/* Into the pair's own slot, else into the oldest one. */
struct dek *deks_put(struct deks *d, uint64_t subject, enum key_kind kind,
    const uint8_t key[static CIPHER_KEY],
    const uint8_t commit[static CIPHER_KEY]);

#endif

// SPDX-License-Identifier: MIT
/*
 * The cache of opened data keys of one sealer; private to this room.
 *
 * A fixed number of slots, each with a keyed cipher context (about 1.2 KiB
 * where the library keeps it) and a commit key.  Found by hash of subject and
 * kind; the least recently used slot is given away.  256 slots: 320 KiB a
 * thread, and keying a context anew costs 0.17 us, so a larger cache would
 * buy little.
 */
#ifndef SERVER_CRYPTO_DEKS_H
#define SERVER_CRYPTO_DEKS_H

#include "server/crypto/cipher.h"
#include "server/crypto/root.h"

#define DEKS_SLOTS   256
#define DEKS_BUCKETS 512
#define DEKS_NONE    UINT16_MAX

struct dek {
	uint64_t subject;
	enum key_kind kind;
	bool is_held;     /* in a chain, with a key */
	uint16_t chained; /* next of the same bucket */
	uint16_t older;
	uint16_t newer;
	struct gcm *gcm; /* kept for its next key when not held */
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
/* The key's slot or the oldest one, keyed with `key`. */
struct dek *deks_put(struct deks *d, struct suite *suite, uint64_t subject,
    enum key_kind kind, const uint8_t key[static CIPHER_KEY],
    const uint8_t commit[static CIPHER_KEY]);
/* No copy is left, in the cipher's context neither. */
void deks_drop(struct deks *d, uint64_t subject, enum key_kind kind);

#endif

// SPDX-License-Identifier: MIT
/*
 * The keys of a message's large maps, to find one that occurs twice.
 *
 * For common/unpack alone.  One open-addressed table serves all maps of the
 * message; a map's serial number is part of the key.  Up to 256 keys lie in
 * the set itself; past that the storage doubles with the keys that were truly
 * read, never with an announced count.  The hash is keyed at random for each
 * message, so that a peer cannot choose keys that collide.
 */
#ifndef COMMON_KEYSET_H
#define COMMON_KEYSET_H

#include "common/bytes.h"
#include "common/err.h"

#define KEYSET_OWN 512

struct keyset_slot {
	const uint8_t *key; /* NULL: free */
	uint32_t len;
	uint32_t map;
};

struct keyset {
	struct keyset_slot *slots; /* NULL before the first key */
	size_t size;               /* a power of two */
	size_t used;
	uint8_t seed[16];
	struct keyset_slot own[KEYSET_OWN];
};

void keyset_init(struct keyset *set);
void keyset_release(struct keyset *set);

/* Borrows `key`.  ERR_INVALID if map `map` has it already; ERR_TOO_LARGE if
 * there is no memory to know. */
enum err keyset_add(
    struct keyset *set, uint32_t map, struct bytes key) MUST_USE;

#endif

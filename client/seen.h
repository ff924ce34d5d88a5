// SPDX-License-Identifier: MIT
/*
 * Digests that were met, each with a number: for an import, which tells by
 * them what rows have in common.
 *
 * Open addressing over slots that are never given back; who makes the table
 * says how many digests there can be.
 */
#ifndef CLIENT_SEEN_H
#define CLIENT_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/bytes.h"

struct seen_slot {
	uint64_t of;
	unsigned at; /* 0: free */
};

struct seen {
	struct seen_slot *slots;
	size_t size; /* a power of two */
};

void seen_init(struct seen *s, struct arena *a, size_t most);

/* The digest's own slot, or the free one for it to be noted in. */
struct seen_slot *seen_find(const struct seen *s, uint64_t of);

/* 16 hex digits; false for anything else. */
bool seen_parse(struct bytes text, uint64_t *of);

#endif

// SPDX-License-Identifier: MIT
/*
 * A small hash table of byte keys in a request's arena.
 *
 * For what one unit of work must find again among its own items.  Keys are
 * copied; values are numbers above zero.  Keys that a peer chooses may collide;
 * a request has at most a thousand of them, so that this costs him little more
 * than a list would.
 */
#ifndef SERVER_DATA_LOOKUP_H
#define SERVER_DATA_LOOKUP_H

#include "common/arena.h"

struct lookup_slot;

struct lookup {
	struct arena *arena;
	struct lookup_slot *slots;
	size_t count, room; /* room: a power of two, or 0 */
};

void lookup_init(struct lookup *l, struct arena *a);
/* 0 if absent. */
uint64_t lookup_get(const struct lookup *l, struct bytes key);
/* Replaces the value of a key that is there. */
enum err lookup_put(
    struct lookup *l, struct bytes key, uint64_t value) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * Groups of a report: sums by two numbers that name the group.
 *
 * A hash table in memory of its own, as large as the book has groups: a
 * report over a million customers keeps a million sums.
 */
#ifndef SERVER_BOOK_GROUPS_H
#define SERVER_BOOK_GROUPS_H

#include "common/decimal.h"

#define GROUP_KEYS      2
#define GROUP_SUMS_MOST 6

struct sums {
	uint64_t key[GROUP_KEYS];
	int32_t newest; /* day; INT32_MIN: none */
	struct decimal of[GROUP_SUMS_MOST];
};

struct groups {
	struct sums *list; /* in the order of coming */
	size_t count, room;
	uint32_t *slots; /* place in the list + 1, by hash */
	size_t slot_count;
};

void groups_init(struct groups *g);
void groups_release(struct groups *g);

/* The group, made if it is new; valid until the next one is.  ERR_TOO_LARGE
 * past sixteen million. */
enum err groups_need(struct groups *g, const uint64_t key[static GROUP_KEYS],
    struct sums **out) MUST_USE;
enum err groups_add(struct groups *g, const uint64_t key[static GROUP_KEYS],
    unsigned which, const struct decimal *by) MUST_USE;

#endif

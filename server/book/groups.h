// SPDX-License-Identifier: MIT
/*
 * Groups of a report: sums by a number that names the group.
 *
 * A hash table in memory of its own, as large as the book has groups: a
 * report over a million customers keeps a million sums.
 */
#ifndef SERVER_BOOK_GROUPS_H
#define SERVER_BOOK_GROUPS_H

#include "common/decimal.h"

#define GROUP_SUMS_MOST 4

struct sums {
	uint64_t key;
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

enum err groups_add(struct groups *g, uint64_t key, unsigned which,
    const struct decimal *by) MUST_USE;

#endif

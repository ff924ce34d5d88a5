// SPDX-License-Identifier: MIT
/*
 * Records by their ids, gathered by a walk over the book for a later change.
 *
 * On the heap, as they may be as many as the book has records: no arena's cap
 * is meant for that.  Like all small bookkeeping it ends the process when
 * there is no memory.
 */
#ifndef SERVER_DATA_IDS_H
#define SERVER_DATA_IDS_H

#include <stddef.h>
#include <stdint.h>

struct ids { /* all zero: none */
	uint64_t *list;
	size_t count, room;
};

void ids_add(struct ids *s, uint64_t id);
void ids_release(struct ids *s);

#endif

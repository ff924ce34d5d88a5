// SPDX-License-Identifier: MIT
/*
 * A growing list.  See ids.h.
 */
#include "server/data/ids.h"

#include <stdlib.h>

#define ROOM_FIRST 256

void ids_add(struct ids *s, uint64_t id)
{
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : ROOM_FIRST;
		uint64_t *list = realloc(s->list, room * sizeof *list);

		if (!list)
			abort();
		s->list = list;
		s->room = room;
	}
	s->list[s->count++] = id;
}

void ids_release(struct ids *s)
{
	free(s->list);
	*s = (struct ids){ 0 };
}

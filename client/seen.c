// SPDX-License-Identifier: MIT
/*
 * See seen.h.
 */
#include "client/seen.h"

#include "client/keep.h"
#include "common/digest.h"

void seen_init(struct seen *s, struct arena *a, size_t most)
{
	for (s->size = 16; s->size < 2 * most;)
		s->size *= 2;
	s->slots = keep_array(a, s->size, sizeof(*s->slots));
}

struct seen_slot *seen_find(const struct seen *s, uint64_t of)
{
	size_t at = (size_t)of & (s->size - 1);

	while (s->slots[at].at && s->slots[at].of != of)
		at = (at + 1) & (s->size - 1);
	return &s->slots[at];
}

bool seen_parse(struct bytes text, uint64_t *of)
{
	uint8_t raw[8];

	if (text.len != 2 * sizeof(raw) || hex_parse(text, raw, sizeof(raw)))
		return false;
	*of = get_be64(raw);
	return true;
}

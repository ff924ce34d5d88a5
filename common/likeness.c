// SPDX-License-Identifier: MIT
/*
 * Adding up.  See likeness.h.
 */
#include "common/likeness.h"

#define WHOLE_DOUBT 1000000u

void likeness_begin(struct likeness *l)
{
	*l = (struct likeness){ .doubt = WHOLE_DOUBT };
}

void likeness_add(
    struct likeness *l, const char *part, unsigned weight, unsigned like)
{
	if (!like || l->count == LIKENESS_PARTS)
		return;
	l->doubt =
	    (unsigned)((uint64_t)l->doubt * (10000 - weight * like) / 10000);
	l->parts[l->count++] = part;
}

unsigned likeness_score(const struct likeness *l)
{
	unsigned score = (WHOLE_DOUBT - l->doubt) / (WHOLE_DOUBT / 100);

	return l->differs ? score / 2 : score;
}

// SPDX-License-Identifier: MIT
/*
 * Chance from a seed: the same seed, the same run.
 */
#ifndef SERVER_SELFTEST_DICE_H
#define SERVER_SELFTEST_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t dice_next(struct dice *d)
{
	/* splitmix64 */
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 .. below-1 */
static inline unsigned dice_below(struct dice *d, unsigned below)
{
	return (unsigned)(dice_next(d) % below);
}

static inline bool dice_percent(struct dice *d, unsigned percent)
{
	return dice_below(d, 100) < percent;
}

/* An element of an array. */
#define dice_any(d, list) (list)[dice_below(d, sizeof(list) / sizeof *(list))]

#endif

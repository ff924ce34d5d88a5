// SPDX-License-Identifier: MIT
/*
 * The machine's clock and random bytes.
 *
 * getrandom(2) itself, without a pool in the process: a fork or a restored
 * snapshot cannot repeat what was drawn.
 */
#include "common/clock.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "common/log.h"

static int64_t now_ms(void *ctx)
{
	struct timespec t;

	(void)ctx;
	ASSERT(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void fill(void *ctx, void *out, size_t len)
{
	unsigned char *at = out;

	(void)ctx;
	while (len) {
		ssize_t n = getrandom(at, len, 0);

		ASSERT(n > 0 || errno == EINTR);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
}

const struct clock clock_system = { .now_ms = now_ms };
const struct random random_system = { .fill = fill };

uint64_t clock_monotonic_ns(void)
{
	struct timespec t;

	ASSERT(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

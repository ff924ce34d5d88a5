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

void steady_init(struct steady *s)
{
	atomic_init(&s->ahead_ms, INT64_MIN);
}

int64_t steady_ms(struct steady *s, int64_t wall_ms, uint64_t monotonic_ns)
{
	int64_t passed_ms = (int64_t)(monotonic_ns / 1000000);
	int_fast64_t seen = atomic_load(&s->ahead_ms);
	int_fast64_t now = wall_ms - passed_ms;

	while (seen < now &&
	       !atomic_compare_exchange_weak(&s->ahead_ms, &seen, now))
		;
	return passed_ms + (seen > now ? seen : now);
}

// SPDX-License-Identifier: MIT
/*
 * Time and randomness, injected, so that a test can run the core from a seed.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct clock {
	int64_t (*now_ms)(void *ctx); /* milliseconds since the epoch, UTC */
	void *ctx;
};

struct random {
	void (*fill)(void *ctx, void *out, size_t len); /* never fails */
	void *ctx;
};

/* The machine's own; getrandom(2) directly, ends the process if it fails. */
extern const struct clock clock_system;
extern const struct random random_system;

static inline int64_t clock_now_ms(const struct clock *c)
{
	return c->now_ms(c->ctx);
}

static inline void random_fill(const struct random *r, void *out, size_t len)
{
	r->fill(r->ctx, out, len);
}

/* Monotonic nanoseconds, for durations only. */
uint64_t clock_monotonic_ns(void);

/* Time that never goes back, for what must end: when the wall's clock is set
 * back, this one goes on from where it was, at the pace of the monotonic one.
 * Shared by threads. */
struct steady {
	atomic_int_fast64_t ahead_ms; /* of the wall over the monotonic */
};

void steady_init(struct steady *s);
int64_t steady_ms(struct steady *s, int64_t wall_ms, uint64_t monotonic_ns);

#endif

// SPDX-License-Identifier: MIT
/*
 * Threads for what would stall a loop; each has its own desk.
 *
 * A queue bounded by count: past it ERR_BUSY at once.  Work that was taken is
 * done, whether or not its connection still waits for it.
 */
#ifndef SERVER_RPC_POOL_H
#define SERVER_RPC_POOL_H

#include "common/err.h"
#include "common/task.h"
#include "server/data/desk.h"

struct pool;

struct pool_options {
	unsigned threads;
	unsigned queue; /* most tasks waiting */
	int niceness;   /* of the threads */
	/* On each thread, before its first task and after its last. */
	enum err (*open)(void *ctx, struct desk *desk);
	void (*close)(struct desk *desk);
	void *ctx;
	/* One task; the desk's snapshot is renewed before and rests after. */
	void (*run)(struct task *t, struct desk *desk);
};

enum err pool_open(const struct pool_options *o, struct pool **out) MUST_USE;
enum err pool_push(struct pool *p, struct task *t) MUST_USE; /* any thread */
/* Finishes what was taken, joins the threads; NULL is fine. */
void pool_close(struct pool *p);

#endif

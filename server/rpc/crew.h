// SPDX-License-Identifier: MIT
/*
 * Threads for what would stall a loop; each has its own desk.
 *
 * A queue bounded by count: past it ERR_BUSY at once.  Work that was taken is
 * done, whether or not its connection still waits for it.
 *
 * Tasks may name the source they come from: of one source a single task is
 * under way, while others wait, and it has half of the queue at most.  So a
 * flood from one place takes one thread, and leaves room for everybody else.
 */
#ifndef SERVER_RPC_CREW_H
#define SERVER_RPC_CREW_H

#include "common/err.h"
#include "server/data/desk.h"

struct crew;

/* Embedded in its owner, who may reuse it once `run` was called. */
struct crew_task {
	struct crew_task *next;
	uint64_t source; /* 0: of none in particular */
	void (*run)(struct crew_task *t, struct desk *d);
};

struct crew_options {
	unsigned threads;
	unsigned queue; /* most tasks waiting */
	int niceness;   /* of the threads */
	/* On each thread, before its first task and after its last. */
	enum err (*open)(void *ctx, struct desk *desk);
	void (*close)(struct desk *desk);
	void *ctx;
};

enum err crew_open(const struct crew_options *o, struct crew **out) MUST_USE;
/* Any thread.  Once pushed, the task is another thread's. */
enum err crew_push(struct crew *c, struct crew_task *t) MUST_USE;
/* For what was let in before and waited elsewhere: the bound is not for it. */
enum err crew_push_again(struct crew *c, struct crew_task *t) MUST_USE;
/* Finishes what was taken, joins the threads; NULL is fine. */
void crew_close(struct crew *c);

#endif

// SPDX-License-Identifier: MIT
/*
 * Deadlines of equal span, kept in order without any sorting.
 *
 * All deadlines of one queue last equally long, so the one that was started
 * first passes first and a list is always in order: start, restart and stop
 * are a few pointer moves and no system call, whatever the number of
 * connections.  A deadline is embedded in the caller's struct; zeroed memory
 * is a deadline that does not run.  One thread.
 */
#ifndef SERVER_NET_DEADLINE_H
#define SERVER_NET_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

struct deadline {
	struct deadline *prev; /* NULL: not running */
	struct deadline *next;
	uint64_t due_ms;
};

struct deadline_queue {
	struct deadline head;               /* the ring's fixed point */
	uint64_t span_ms;                   /* of every deadline in here */
	void (*passed)(struct deadline *d); /* it runs no longer by then */
	struct deadline_queue *sibling;     /* the loop's next queue */
};

void deadline_queue_init(struct deadline_queue *q, uint64_t span_ms,
    void (*passed)(struct deadline *d));

/* Starts it or starts it afresh, due one span after now_ms. */
void deadline_start(
    struct deadline_queue *q, struct deadline *d, uint64_t now_ms);
void deadline_stop(struct deadline *d);
bool deadline_is_running(const struct deadline *d);

/* When the first one is due, or DEADLINE_NEVER. */
uint64_t deadline_first(const struct deadline_queue *q);
/* Stops and reports all that are due. */
void deadline_run(struct deadline_queue *q, uint64_t now_ms);

#endif

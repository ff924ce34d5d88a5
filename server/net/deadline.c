// SPDX-License-Identifier: MIT
/*
 * Deadlines of equal span: a ring, the eldest right behind the head.
 *
 * deadline_run() takes one at a time from the front, so that `passed` may
 * start and stop any other, itself included.
 */
#include "server/net/deadline.h"

#include <stddef.h>

void deadline_queue_init(struct deadline_queue *q, uint64_t span_ms,
    void (*passed)(struct deadline *d))
{
	q->head.prev = &q->head;
	q->head.next = &q->head;
	q->head.due_ms = DEADLINE_NEVER;
	q->span_ms = span_ms;
	q->passed = passed;
	q->sibling = NULL;
}

bool deadline_is_running(const struct deadline *d)
{
	return d->prev != NULL;
}

void deadline_stop(struct deadline *d)
{
	if (!deadline_is_running(d))
		return;
	d->prev->next = d->next;
	d->next->prev = d->prev;
	d->prev = NULL;
	d->next = NULL;
}

void deadline_start(
    struct deadline_queue *q, struct deadline *d, uint64_t now_ms)
{
	deadline_stop(d);
	d->due_ms = now_ms + q->span_ms;
	d->prev = q->head.prev;
	d->next = &q->head;
	q->head.prev->next = d;
	q->head.prev = d;
}

uint64_t deadline_first(const struct deadline_queue *q)
{
	return q->head.next->due_ms;
}

void deadline_run(struct deadline_queue *q, uint64_t now_ms)
{
	/* The head itself is never due. */
	while (q->head.next->due_ms <= now_ms) {
		struct deadline *d = q->head.next;
		deadline_stop(d);
		q->passed(d);
	}
}

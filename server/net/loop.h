// SPDX-License-Identifier: MIT
/*
 * The event loop of one thread: readiness, time, posts from other threads.
 *
 * A turn is: run what was posted, run the deadlines that have passed, let
 * the owner do its `round`, let it rest, poll.  The readiness callbacks run
 * inside the poll and should only take note; the work belongs in the round.
 * libevent is seen in loop.c alone; bases take no locks, since each is used
 * by its own thread only and loop_post() is all that others may call.
 */
#ifndef SERVER_NET_LOOP_H
#define SERVER_NET_LOOP_H

#include "server/net/deadline.h"
#include "server/net/net.h"

struct watch; /* readiness of one descriptor */

struct loop_hooks {
	void *ctx;
	bool (*round)(void *ctx); /* true: more is to be done at once */
	void (*resting)(void *ctx);
	void (*tick)(void *ctx); /* about once a second */
};

enum err loop_new(struct loop **out) MUST_USE;
void loop_free(struct loop *l); /* posts that are left are forgotten */

/* Turns until loop_end(). */
void loop_run(struct loop *l, const struct loop_hooks *hooks);
void loop_end(struct loop *l);

/* Monotonic; taken once a turn. */
uint64_t loop_now_ms(struct loop *l);

/* The loop runs the queue's deadlines from now on; borrows. */
void loop_add_deadlines(struct loop *l, struct deadline_queue *q);

/* A signal calls back on the loop's thread; at most two, on one loop of the
 * process.  ERR_INTERNAL if it cannot be caught. */
enum err loop_on_signal(
    struct loop *l, int number, void (*call)(void *ctx), void *ctx) MUST_USE;

struct watch *watch_new(struct loop *l, int fd,
    void (*ready)(void *ctx, bool readable, bool writable), void *ctx);
void watch_free(struct watch *w); /* before the descriptor is closed */
void watch_read(struct watch *w, bool on);
void watch_write(struct watch *w, bool on);

#endif

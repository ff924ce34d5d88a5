// SPDX-License-Identifier: MIT
/*
 * The event loop of one thread, on libevent's core.
 *
 * Posts are pushed on a lock-free stack that the loop takes whole and turns
 * round, which keeps their order.  `asleep` is set just before the poll and
 * taken by the first poster, who alone pays the wake-up; the loop looks at
 * the stack once more after setting it, so that no post is slept over.
 *
 * One timer event serves all deadlines: it is armed for the earliest, before
 * a poll, and only when that has changed.
 */
#include "server/net/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"

#define TICK_MS 1000
#define SIGNALS 2

struct signal_watch {
	struct event *event;
	void (*call)(void *ctx);
	void *ctx;
};

struct loop {
	struct event_base *base;
	struct event *timer;
	struct event *wake;
	int wake_fd;
	_Atomic(struct task *) posts; /* the newest first */
	atomic_bool asleep;
	bool ended;
	uint64_t now_ms;
	uint64_t armed_ms; /* what the timer stands at */
	uint64_t tick_ms;  /* when the next tick is due */
	struct deadline_queue *deadlines;
	struct signal_watch signals[SIGNALS];
};

struct watch {
	struct event read;
	struct event write;
	void (*ready)(void *ctx, bool readable, bool writable);
	void *ctx;
};

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *l = ctx;
	(void)fd;
	(void)what;
	l->armed_ms = DEADLINE_NEVER;
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
	uint64_t count;
	(void)what;
	(void)ctx;
	if (read(fd, &count, sizeof count) < 0)
		log_debug("loop: a wake-up without a count");
}

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
	struct signal_watch *s = ctx;
	(void)fd;
	(void)what;
	s->call(s->ctx);
}

static struct event_base *new_base(void)
{
	struct event_config *c = event_config_new();
	if (!c)
		return NULL;
	event_config_set_flag(
	    c, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	struct event_base *base = event_base_new_with_config(c);
	event_config_free(c);
	return base;
}

enum err loop_new(struct loop **out)
{
	struct loop *l = must_alloc(sizeof *l);
	*l = (struct loop){ .armed_ms = DEADLINE_NEVER };
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	l->base = new_base();
	if (l->wake_fd < 0 || !l->base) {
		log_error("loop: no descriptors left");
		loop_free(l);
		return ERR_UNAVAILABLE;
	}
	l->timer = event_new(l->base, -1, 0, on_timer, l);
	l->wake =
	    event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
	ASSERT(l->timer && l->wake);
	event_add(l->wake, NULL);
	*out = l;
	return ERR_OK;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (unsigned i = 0; i < SIGNALS; i++)
		if (l->signals[i].event)
			event_free(l->signals[i].event);
	if (l->timer)
		event_free(l->timer);
	if (l->wake)
		event_free(l->wake);
	if (l->base)
		event_base_free(l->base);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	free(l);
}

/* --- posts --- */

static void wake_up(struct loop *l)
{
	uint64_t one = 1;
	if (!atomic_exchange(&l->asleep, false))
		return;
	if (write(l->wake_fd, &one, sizeof one) < 0)
		log_debug("loop: a wake-up that was not needed");
}

void loop_post(struct loop *l, struct task *item)
{
	item->next = atomic_load_explicit(&l->posts, memory_order_relaxed);
	while (!atomic_compare_exchange_weak(&l->posts, &item->next, item))
		;
	wake_up(l);
}

static struct task *in_order(struct task *newest)
{
	struct task *first = NULL;
	while (newest) {
		struct task *next = newest->next;
		newest->next = first;
		first = newest;
		newest = next;
	}
	return first;
}

static void run_posts(struct loop *l)
{
	if (!atomic_load_explicit(&l->posts, memory_order_relaxed))
		return;
	struct task *i = in_order(atomic_exchange(&l->posts, NULL));
	while (i) {
		struct task *next = i->next; /* `call` may free i */
		i->call(i);
		i = next;
	}
}

/* --- time --- */

uint64_t loop_now_ms(struct loop *l)
{
	if (l->now_ms == 0)
		l->now_ms = clock_monotonic_ns() / 1000000;
	return l->now_ms;
}

void loop_add_deadlines(struct loop *l, struct deadline_queue *q)
{
	q->sibling = l->deadlines;
	l->deadlines = q;
}

static void run_deadlines(struct loop *l, const struct loop_hooks *hooks)
{
	uint64_t now = loop_now_ms(l);
	for (struct deadline_queue *q = l->deadlines; q; q = q->sibling)
		deadline_run(q, now);
	if (now < l->tick_ms)
		return;
	l->tick_ms = now + TICK_MS;
	hooks->tick(hooks->ctx);
}

static void arm_timer(struct loop *l)
{
	uint64_t due = l->tick_ms;
	uint64_t now = loop_now_ms(l);
	for (struct deadline_queue *q = l->deadlines; q; q = q->sibling)
		if (deadline_first(q) < due)
			due = deadline_first(q);
	if (due == l->armed_ms)
		return;
	uint64_t wait = due > now ? due - now : 1;
	struct timeval in = {
		.tv_sec = (time_t)(wait / 1000),
		.tv_usec = (suseconds_t)(wait % 1000 * 1000),
	};
	event_add(l->timer, &in);
	l->armed_ms = due;
}

/* --- turns --- */

static void poll_once(struct loop *l, bool more)
{
	int flags = EVLOOP_ONCE;
	atomic_store(&l->asleep, !more);
	if (more || atomic_load(&l->posts))
		flags |= EVLOOP_NONBLOCK;
	event_base_loop(l->base, flags);
	atomic_store(&l->asleep, false);
	l->now_ms = 0;
}

void loop_run(struct loop *l, const struct loop_hooks *hooks)
{
	l->ended = false;
	while (!l->ended) {
		run_posts(l);
		run_deadlines(l, hooks);
		bool more = hooks->round(hooks->ctx);
		hooks->resting(hooks->ctx);
		arm_timer(l);
		if (!l->ended)
			poll_once(l, more);
	}
	run_posts(l);
}

void loop_end(struct loop *l)
{
	l->ended = true;
}

enum err loop_on_signal(
    struct loop *l, int number, void (*call)(void *ctx), void *ctx)
{
	unsigned i = 0;
	while (i < SIGNALS && l->signals[i].event)
		i++;
	ASSERT(i < SIGNALS);
	struct signal_watch *s = &l->signals[i];
	*s = (struct signal_watch){ .call = call, .ctx = ctx };
	s->event =
	    event_new(l->base, number, EV_SIGNAL | EV_PERSIST, on_signal, s);
	if (!s->event || event_add(s->event, NULL) != 0)
		return ERR_INTERNAL;
	return ERR_OK;
}

/* --- readiness --- */

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
	struct watch *w = ctx;
	(void)fd;
	w->ready(w->ctx, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

struct watch *watch_new(struct loop *l, int fd,
    void (*ready)(void *ctx, bool readable, bool writable), void *ctx)
{
	struct watch *w = must_alloc(sizeof *w);
	w->ready = ready;
	w->ctx = ctx;
	event_assign(&w->read, l->base, fd, EV_READ | EV_PERSIST, on_ready, w);
	event_assign(
	    &w->write, l->base, fd, EV_WRITE | EV_PERSIST, on_ready, w);
	return w;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	event_del(&w->read);
	event_del(&w->write);
	free(w);
}

static void turn(struct event *e, bool on)
{
	if (on)
		event_add(e, NULL);
	else
		event_del(e);
}

void watch_read(struct watch *w, bool on)
{
	turn(&w->read, on);
}

void watch_write(struct watch *w, bool on)
{
	turn(&w->write, on);
}

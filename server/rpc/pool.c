// SPDX-License-Identifier: MIT
/*
 * A queue, a lock, a few threads; for each the source it works for.
 */
#include "server/rpc/pool.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"

#define SLICE_NS (100 * 1000 * 1000)

/* struct sched_attr of sched_setattr(2), for which the C library has neither
 * declaration nor call. */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t niceness;
	uint32_t priority;
	uint64_t slice_ns, deadline_ns, period_ns;
};

static_assert(sizeof(struct scheduling) == 48, "its first version");

struct pool {
	struct pool_options options;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct pool_task *first;
	unsigned waiting;
	uint64_t *under_way; /* a source a thread; 0: none */
	bool is_closing;
	unsigned running;    /* threads made */
	atomic_uint numbers; /* given out to them */
	pthread_t *threads;
};

static bool is_under_way(const struct pool *p, uint64_t source)
{
	for (unsigned i = 0; source && i < p->options.threads; i++) {
		if (p->under_way[i] == source)
			return true;
	}
	return false;
}

/* The oldest whose source has none under way; its place in the list. */
static struct pool_task **find(struct pool *p)
{
	struct pool_task **at = &p->first;

	while (*at && is_under_way(p, (*at)->source))
		at = &(*at)->next;
	return at;
}

/* By thread `number`, which has done what it took before. */
static struct pool_task *take(struct pool *p, unsigned number)
{
	struct pool_task **at, *t;

	pthread_mutex_lock(&p->lock);
	if (p->under_way[number])
		pthread_cond_broadcast(&p->wake);
	p->under_way[number] = 0;
	while (!*(at = find(p)) && !(p->is_closing && !p->first))
		pthread_cond_wait(&p->wake, &p->lock);
	t = *at;
	if (t) {
		*at = t->next;
		p->waiting--;
		p->under_way[number] = t->source;
	}
	pthread_mutex_unlock(&p->lock);
	return t;
}

/* Of the calling thread.  Beside the smaller share a long slice: whoever wakes
 * has a shorter one and goes first, instead of waiting for a slice to end
 * (Linux 6.12; older ones weigh by niceness alone). */
static void lower_priority(int niceness)
{
	struct scheduling low = { .size = sizeof low,
		.policy = SCHED_OTHER,
		.niceness = niceness,
		.slice_ns = SLICE_NS };

	if (syscall(SYS_sched_setattr, 0, &low, 0) &&
	    setpriority(PRIO_PROCESS, (id_t)gettid(), niceness))
		log_debug("a worker keeps its priority");
}

static void *work(void *ctx)
{
	struct pool *p = ctx;
	unsigned number = atomic_fetch_add(&p->numbers, 1);
	struct desk desk;
	struct pool_task *t;

	if (p->options.niceness)
		lower_priority(p->options.niceness);
	if (p->options.open(p->options.ctx, &desk))
		log_fatal(__FILE__, __LINE__, "a worker has no desk");
	while ((t = take(p, number)) != NULL) {
		t->run(t, &desk);
		snapshot_rest(desk.snapshot);
	}
	p->options.close(&desk);
	return NULL;
}

enum err pool_open(const struct pool_options *o, struct pool **out)
{
	struct pool *p = must_alloc(sizeof *p);

	*p = (struct pool){ .options = *o };
	p->under_way = must_alloc(o->threads * sizeof *p->under_way);
	memset(p->under_way, 0, o->threads * sizeof *p->under_way);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	p->threads = must_alloc(o->threads * sizeof *p->threads);
	while (p->running < o->threads) {
		if (pthread_create(&p->threads[p->running], NULL, work, p)) {
			pool_close(p);
			return ERR_UNAVAILABLE;
		}
		p->running++;
	}
	*out = p;
	return ERR_OK;
}

/* The end of the list, if the task may go there; else NULL. */
static struct pool_task **find_place(
    struct pool *p, const struct pool_task *t, unsigned most)
{
	struct pool_task **at = &p->first;
	unsigned alike = 0;

	for (; *at; at = &(*at)->next)
		alike += t->source && (*at)->source == t->source;
	if (p->is_closing || p->waiting >= most || alike >= most - most / 2)
		return NULL;
	return at;
}

static enum err push(struct pool *p, struct pool_task *t, unsigned most)
{
	struct pool_task **at;
	enum err err = ERR_BUSY;

	pthread_mutex_lock(&p->lock);
	at = find_place(p, t, most);
	if (at) {
		t->next = NULL;
		*at = t;
		p->waiting++;
		err = ERR_OK;
		pthread_cond_signal(&p->wake);
	}
	pthread_mutex_unlock(&p->lock);
	return err;
}

enum err pool_push(struct pool *p, struct pool_task *t)
{
	return push(p, t, p->options.queue);
}

enum err pool_push_again(struct pool *p, struct pool_task *t)
{
	return push(p, t, UINT_MAX);
}

void pool_close(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->is_closing = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->running; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p->under_way);
	free(p);
}

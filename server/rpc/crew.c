// SPDX-License-Identifier: MIT
/*
 * A queue, a lock, a few threads; for each the source it works for.
 */
#include "server/rpc/crew.h"

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

struct crew {
	struct crew_options options;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct crew_task *first;
	unsigned waiting;
	uint64_t *under_way; /* a source a thread; 0: none */
	bool is_closing;
	unsigned running;    /* threads made */
	atomic_uint numbers; /* given out to them */
	pthread_t *threads;
};

static bool is_under_way(const struct crew *c, uint64_t source)
{
	for (unsigned i = 0; source && i < c->options.threads; i++) {
		if (c->under_way[i] == source)
			return true;
	}
	return false;
}

/* The oldest whose source has none under way; its place in the list. */
static struct crew_task **find(struct crew *c)
{
	struct crew_task **at = &c->first;

	while (*at && is_under_way(c, (*at)->source))
		at = &(*at)->next;
	return at;
}

/* By thread `number`, which has done what it took before. */
static struct crew_task *take(struct crew *c, unsigned number)
{
	struct crew_task **at, *t;

	pthread_mutex_lock(&c->lock);
	if (c->under_way[number])
		pthread_cond_broadcast(&c->wake);
	c->under_way[number] = 0;
	while (!*(at = find(c)) && !(c->is_closing && !c->first))
		pthread_cond_wait(&c->wake, &c->lock);
	t = *at;
	if (t) {
		*at = t->next;
		c->waiting--;
		c->under_way[number] = t->source;
	}
	pthread_mutex_unlock(&c->lock);
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
	struct crew *c = ctx;
	unsigned number = atomic_fetch_add(&c->numbers, 1);
	struct desk desk;
	struct crew_task *t;

	if (c->options.niceness)
		lower_priority(c->options.niceness);
	if (c->options.open(c->options.ctx, &desk))
		log_fatal(__FILE__, __LINE__, "a worker has no desk");
	while ((t = take(c, number)) != NULL) {
		t->run(t, &desk);
		snapshot_rest(desk.snapshot);
	}
	c->options.close(&desk);
	return NULL;
}

enum err crew_open(const struct crew_options *o, struct crew **out)
{
	struct crew *c = must_alloc(sizeof *c);

	*c = (struct crew){ .options = *o };
	c->under_way = must_alloc(o->threads * sizeof *c->under_way);
	memset(c->under_way, 0, o->threads * sizeof *c->under_way);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	c->threads = must_alloc(o->threads * sizeof *c->threads);
	while (c->running < o->threads) {
		if (pthread_create(&c->threads[c->running], NULL, work, c)) {
			crew_close(c);
			return ERR_UNAVAILABLE;
		}
		c->running++;
	}
	*out = c;
	return ERR_OK;
}

/* The end of the list, if the task may go there; else NULL. */
static struct crew_task **find_place(
    struct crew *c, const struct crew_task *t, unsigned most)
{
	struct crew_task **at = &c->first;
	unsigned alike = 0;

	for (; *at; at = &(*at)->next)
		alike += t->source && (*at)->source == t->source;
	if (c->is_closing || c->waiting >= most || alike >= most - most / 2)
		return NULL;
	return at;
}

static enum err push(struct crew *c, struct crew_task *t, unsigned most)
{
	struct crew_task **at;
	enum err err = ERR_BUSY;

	pthread_mutex_lock(&c->lock);
	at = find_place(c, t, most);
	if (at) {
		t->next = NULL;
		*at = t;
		c->waiting++;
		err = ERR_OK;
		pthread_cond_signal(&c->wake);
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

enum err crew_push(struct crew *c, struct crew_task *t)
{
	return push(c, t, c->options.queue);
}

enum err crew_push_again(struct crew *c, struct crew_task *t)
{
	return push(c, t, UINT_MAX);
}

void crew_close(struct crew *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->is_closing = true;
	pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->running; i++)
		pthread_join(c->threads[i], NULL);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c->threads);
	free(c->under_way);
	free(c);
}

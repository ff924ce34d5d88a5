// SPDX-License-Identifier: MIT
/*
 * A queue, a lock, a few threads.
 */
#include "server/rpc/pool.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"

struct pool {
	struct pool_options options;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct pool_task *first, **last;
	unsigned waiting;
	bool is_closing;
	unsigned running; /* threads made */
	pthread_t *threads;
};

static struct pool_task *take(struct pool *p)
{
	struct pool_task *t;

	pthread_mutex_lock(&p->lock);
	while (!p->first && !p->is_closing)
		pthread_cond_wait(&p->wake, &p->lock);
	t = p->first;
	if (t) {
		p->first = t->next;
		if (!p->first)
			p->last = &p->first;
		p->waiting--;
	}
	pthread_mutex_unlock(&p->lock);
	return t;
}

static void *work(void *ctx)
{
	struct pool *p = ctx;
	struct desk desk;
	struct pool_task *t;

	if (setpriority(PRIO_PROCESS, (id_t)gettid(), p->options.niceness))
		log_debug("a worker keeps its priority");
	if (p->options.open(p->options.ctx, &desk))
		log_fatal(__FILE__, __LINE__, "a worker has no desk");
	while ((t = take(p)) != NULL) {
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
	p->last = &p->first;
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

static enum err push(struct pool *p, struct pool_task *t, unsigned most)
{
	enum err err = ERR_BUSY;

	pthread_mutex_lock(&p->lock);
	if (p->waiting < most && !p->is_closing) {
		t->next = NULL;
		*p->last = t;
		p->last = &t->next;
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
	free(p);
}

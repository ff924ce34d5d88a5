// SPDX-License-Identifier: MIT
/*
 * The store's life, its figures, and submitting plans.
 */
#include <stdlib.h>

#include "common/log.h"
#include "server/store/inside.h"

void store_options_init(struct store_options *o, const char *dir)
{
	*o = (struct store_options){
		.dir = dir,
		.map_size_mib = 64 * 1024,
		.readers = 64,
		.queue_plans = 4096,
		.queue_bytes = (size_t)256 * 1024 * 1024,
	};
}

enum err store_open(const struct store_options *options, struct store **out)
{
	*out = NULL;
	struct store *s = must_alloc(sizeof(*s));
	memset(s, 0, sizeof(*s));
	enum err err = engine_open(options, &s->engine);
	if (err == ERR_OK)
		err = committer_open(s->engine, options, &s->committer);
	if (err != ERR_OK) {
		engine_close(s->engine);
		free(s);
		return err;
	}
	pthread_mutex_init(&s->lock, NULL);
	if (options->warm)
		s->warmer = warmer_start(options->dir);
	*out = s;
	return ERR_OK;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	warmer_stop(s->warmer);
	committer_close(s->committer);
	ASSERT(!s->snapshots);
	engine_close(s->engine);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void store_refuse(struct store *s, bool refuse)
{
	committer_refuse(s->committer, refuse);
}

uint64_t store_head(const struct store *s)
{
	return committer_head(s->committer);
}

void store_read_figures(struct store *s, struct store_figures *out)
{
	*out = (struct store_figures){ 0 };
	engine_space(s->engine, &out->map_bytes, &out->used_bytes);
	committer_figures(s->committer, out);
	out->oldest_reader_ms = snapshots_oldest_ms(s);
}

void store_set_hook(struct store *s, const struct commit_hook *hook)
{
	committer_set_hook(s->committer, hook);
}

enum err store_submit(
    struct store *s, struct plan *p, plan_done_fn done, void *ctx)
{
	return committer_submit(s->committer, p, done, ctx);
}

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
	enum err outcome;
};

static void wake(struct plan *p, enum err outcome, void *ctx)
{
	struct waiter *w = ctx;
	(void)p;
	pthread_mutex_lock(&w->lock);
	w->outcome = outcome;
	w->is_done = true;
	pthread_cond_signal(&w->done);
	pthread_mutex_unlock(&w->lock);
}

enum err store_commit(struct store *s, struct plan *p)
{
	struct waiter w = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER };
	enum err err = store_submit(s, p, wake, &w);
	if (err == ERR_OK) {
		pthread_mutex_lock(&w.lock);
		while (!w.is_done)
			pthread_cond_wait(&w.done, &w.lock);
		pthread_mutex_unlock(&w.lock);
		err = w.outcome;
	}
	pthread_cond_destroy(&w.done);
	pthread_mutex_destroy(&w.lock);
	return err;
}

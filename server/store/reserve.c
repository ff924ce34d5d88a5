// SPDX-License-Identifier: MIT
/*
 * One plan a row under way.  See reserve.h.
 */
#include "server/store/reserve.h"

#include "common/log.h"

#define PLAN_BLOCK 4096
#define PLAN_CAP   65536

void reserves_init(struct reserves *all, struct store *s)
{
	*all = (struct reserves){ .store = s };
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->written, NULL);
}

void reserves_release(struct reserves *all)
{
	pthread_cond_destroy(&all->written);
	pthread_mutex_destroy(&all->lock);
}

void reserve_init(
    struct reserve *r, struct reserves *of, void (*settle)(struct reserve *r))
{
	*r = (struct reserve){ .of = of, .settle = settle };
	arena_init(&r->arena, PLAN_BLOCK, PLAN_CAP);
}

void reserve_release(struct reserve *r)
{
	arena_release(&r->arena);
}

struct plan *reserve_begin(struct reserve *r)
{
	ASSERT(!r->is_writing);
	r->is_writing = true;
	r->of->writing++;
	arena_reset(&r->arena);
	return plan_new(&r->arena);
}

static void end(struct reserve *r, enum err outcome)
{
	r->outcome = outcome;
	r->is_writing = false;
	r->of->writing--;
	pthread_cond_broadcast(&r->of->written);
}

void reserve_drop(struct reserve *r)
{
	end(r, ERR_OK);
}

/* On the committer's thread. */
static void on_written(struct plan *p, enum err outcome, void *ctx)
{
	struct reserve *r = ctx;
	struct reserves *all = r->of;

	(void)p;
	pthread_mutex_lock(&all->lock);
	if (!outcome)
		r->settle(r);
	end(r, outcome);
	pthread_mutex_unlock(&all->lock);
}

void reserve_submit(struct reserve *r, struct plan *p)
{
	enum err err = ERR_TOO_LARGE;

	if (p) {
		pthread_mutex_unlock(&r->of->lock);
		err = store_submit(r->of->store, p, on_written, r);
		pthread_mutex_lock(&r->of->lock);
	}
	if (err)
		end(r, err);
}

void reserve_wait(struct reserve *r)
{
	while (r->is_writing)
		pthread_cond_wait(&r->of->written, &r->of->lock);
}

void reserves_wait(struct reserves *all)
{
	while (all->writing)
		pthread_cond_wait(&all->written, &all->lock);
}

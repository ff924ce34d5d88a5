// SPDX-License-Identifier: MIT
/*
 * One task, under way or not; the first loop whose tick finds it due pushes
 * it.
 */
#include "server/rpc/sweep.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "common/log.h"
#include "server/rpc/inside.h"
#include "server/rpc/replay.h"

#define SWEEP_BLOCK (64 * 1024)
#define SWEEP_CAP   (4 * 1024 * 1024)

struct sweep {
	struct pool_task task;
	atomic_bool is_under_way;
	atomic_int_fast64_t due_ms;
	struct uses *uses;
};

struct sweep *sweep_new(void)
{
	struct sweep *s = must_alloc(sizeof *s);

	*s = (struct sweep){ .is_under_way = false };
	return s;
}

void sweep_free(struct sweep *s)
{
	free(s);
}

static enum err plan_all(struct sweep *s, struct desk *d, struct arena *a,
    struct plan *p, unsigned *count)
{
	int64_t now = clock_now_ms(d->clock);
	unsigned replays, tokens, uses;
	enum err err = snapshot_renew(d->snapshot);

	if (!err)
		err = replay_plan_sweep(p, d->snapshot, now, &replays);
	if (!err)
		err = token_plan_sweep(
		    p, d->snapshot, d->sealer, now, a, &tokens);
	if (!err)
		err = uses_plan(s->uses, p, d->snapshot, d->sealer, a, &uses);
	*count = err ? 0 : replays + tokens + uses;
	return err;
}

static void run(struct pool_task *t, struct desk *d)
{
	struct sweep *s = (struct sweep *)t;
	unsigned count = 0;
	struct arena arena;
	struct plan *p;
	enum err err;

	arena_init(&arena, SWEEP_BLOCK, SWEEP_CAP);
	p = plan_new(&arena);
	err = p ? plan_all(s, d, &arena, p, &count) : ERR_TOO_LARGE;
	if (!err && count)
		err = store_commit(d->store, p);
	if (err)
		log_warning("what has expired was not swept out");
	arena_release(&arena);
	atomic_store(&s->is_under_way, false);
}

void sweep_tick(struct rpc *r, int64_t now_ms)
{
	struct sweep *s = r->sweep;
	int_fast64_t due = atomic_load(&s->due_ms);

	if (now_ms < due || atomic_exchange(&s->is_under_way, true))
		return;
	atomic_store(&s->due_ms, now_ms + SWEEP_EVERY_MS);
	s->task.run = run;
	s->uses = r->uses;
	if (pool_push(r->workers, &s->task))
		atomic_store(&s->is_under_way, false);
}

// SPDX-License-Identifier: MIT
/*
 * One row a chore; the first loop whose tick finds it due pushes it, and it is
 * under way at most once.
 */
#include "server/rpc/chore.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/log.h"
#include "server/access/throttle.h"
#include "server/access/uses.h"
#include "server/data/register.h"
#include "server/data/round.h"
#include "server/rpc/expiry.h"
#include "server/rpc/inside.h"
#include "server/rpc/replay.h"
#include "server/rpc/rule_run.h"

#define SWEEP_EVERY_MS (10 * 60 * 1000)
#define KEEP_EVERY_MS  1000
#define AGAIN_MS       (60 * 1000) /* after it failed */
#define HOUR_MS        INT64_C(3600000)
#define PLAN_BLOCK     (64 * 1024)
#define PLAN_CAP       (4 * 1024 * 1024)
#define FINISH_PLANS   1000

/* What one run works with. */
struct run {
	struct rpc *rpc;
	struct desk *desk; /* NULL at the end */
	struct arena arena;
	struct plan *plan;
	unsigned count; /* of rows that the plan changes */
};

struct chore_row {
	int64_t every_ms;
	int64_t again_ms; /* after it failed; 0: as ever */
	enum err (*plan)(struct run *r);
	void (*undo)(struct rpc *r); /* it was not committed; or NULL */
	bool at_start;               /* also before anybody is answered */
	bool at_end;                 /* also when all has stopped */
	const char *complaint;
};

static enum err plan_sweep(struct run *r)
{
	int64_t now = clock_now_ms(r->desk->clock);
	unsigned replays = 0, tokens = 0, uses = 0;
	enum err err = snapshot_renew(r->desk->snapshot);

	if (!err)
		err = replay_plan_sweep(
		    r->plan, r->desk->snapshot, now, &replays);
	if (!err)
		err = token_plan_sweep(r->plan, r->desk->snapshot,
		    r->desk->sealer, now, &r->arena, &tokens);
	if (!err)
		err = uses_plan(r->rpc->uses, r->plan, r->desk->snapshot,
		    r->desk->sealer, &r->arena, &uses);
	r->count = replays + tokens + uses;
	return err;
}

/* Each of what ended has a plan and an entry of its own. */
static enum err note_expiry(struct run *r)
{
	return expiry_turn(r->desk, &r->arena);
}

/* Its steps commit by themselves. */
static enum err turn_keys(struct run *r)
{
	return round_turn(r->desk, r->rpc->options.keyring, &r->arena);
}

/* A book that was put back erases whoever was erased since, before it answers
 * anybody. */
static enum err keep_register(struct run *r)
{
	const char *path = r->rpc->options.register_path;

	return path ? register_turn(r->desk, path) : ERR_OK;
}

/* Once a day, from the hour on; what was missed while nobody ran is made up.
 * Nobody's act: the entries name no account. */
static enum err run_rules(struct run *r)
{
	static const struct caller nobody = { .login = "",
		.roles = "",
		.branch_code = "",
		.peer = "",
		.source = "rule" };
	const struct draft draft = { .method = "rule.run" };
	int64_t hour_ms = r->rpc->options.rules_hour * HOUR_MS;
	int64_t since_ms;
	size_t moved;
	bool done;
	enum err err;

	if (hour_ms >= DAY_MS)
		return ERR_OK;
	err = desk_refresh(r->desk);
	if (err)
		return err;
	since_ms =
	    desk_day_begins(r->desk,
		desk_day(r->desk, clock_now_ms(r->desk->clock) - hour_ms)) +
	    hour_ms;
	err = rule_run_is_done(r->desk, since_ms, &done);
	return err || done ? err : rule_run(r->desk, &nobody, &draft, &moved);
}

static enum err plan_throttle(struct run *r)
{
	return throttle_plan(r->rpc->throttle, r->plan, &r->count);
}

static void undo_throttle(struct rpc *r)
{
	throttle_unsaved(r->throttle);
}

static const struct chore_row rows[] = {
	{ SWEEP_EVERY_MS, 0, plan_sweep, NULL, false, false,
	    "what has expired was not swept out" },
	{ SWEEP_EVERY_MS, 0, note_expiry, NULL, false, false,
	    "what ended by itself has no entry" },
	{ KEEP_EVERY_MS, 0, turn_keys, NULL, false, false,
	    "a round of keys could not be finished; it goes on later" },
	{ KEEP_EVERY_MS, AGAIN_MS, keep_register, NULL, true, false,
	    "the register of erased customers could not be kept" },
	{ SWEEP_EVERY_MS, 0, run_rules, NULL, false, false,
	    "the rules were not run to the end" },
	{ KEEP_EVERY_MS, 0, plan_throttle, undo_throttle, false, true,
	    "who failed to log in was not kept" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct chore {
	struct crew_task task;
	struct rpc *rpc;
	const struct chore_row *row;
	atomic_bool is_under_way;
	atomic_int_fast64_t due_ms;
};

struct chores {
	struct rpc *rpc;
	struct chore of[ROWS];
};

struct chores *chores_new(struct rpc *r)
{
	struct chores *c = must_alloc(sizeof *c);

	*c = (struct chores){ .rpc = r };
	for (size_t i = 0; i < ROWS; i++)
		c->of[i] = (struct chore){ .rpc = r, .row = &rows[i] };
	return c;
}

void chores_free(struct chores *c)
{
	free(c);
}

/* A server that stops waits for nothing long: it goes on after the start. */
static bool is_stopping(struct rpc *r)
{
	return atomic_load(&r->service) == SERVICE_DRAINING;
}

/* `count`: rows that changed. */
static enum err perform(struct rpc *rpc, const struct chore_row *row,
    struct desk *d, unsigned *count)
{
	struct run r = { .rpc = rpc, .desk = d };
	enum err err = ERR_TOO_LARGE;

	arena_init(&r.arena, PLAN_BLOCK, PLAN_CAP);
	r.plan = plan_new(&r.arena);
	if (r.plan)
		err = row->plan(&r);
	if (!err && r.count)
		err = store_commit(rpc->options.store, r.plan);
	if (err && row->undo)
		row->undo(rpc);
	if (err && !is_stopping(rpc))
		log_warning("%s", row->complaint);
	arena_release(&r.arena);
	*count = r.count;
	return err;
}

/* Long work asks between two steps. */
static enum err ask_leave(void *ctx)
{
	return is_stopping(ctx) ? ERR_UNAVAILABLE : ERR_OK;
}

static void run(struct crew_task *t, struct desk *d)
{
	struct chore *c =
	    (struct chore *)((char *)t - offsetof(struct chore, task));
	unsigned count;

	d->leave = (struct leave){ .ask = ask_leave, .ctx = c->rpc };
	if (desk_may_go_on(d) == ERR_OK && perform(c->rpc, c->row, d, &count) &&
	    c->row->again_ms)
		atomic_store(
		    &c->due_ms, clock_now_ms(d->clock) + c->row->again_ms);
	d->leave.ask = NULL;
	atomic_store(&c->is_under_way, false);
}

static void tick(struct chore *c, int64_t now_ms)
{
	int_fast64_t due = atomic_load(&c->due_ms);

	if (now_ms < due || atomic_exchange(&c->is_under_way, true))
		return;
	atomic_store(&c->due_ms, now_ms + c->row->every_ms);
	c->task.run = run;
	if (crew_push(c->rpc->workers, &c->task))
		atomic_store(&c->is_under_way, false);
}

void chores_tick(struct chores *c)
{
	int64_t now = clock_now_ms(c->rpc->options.clock);

	for (size_t i = 0; i < ROWS; i++)
		tick(&c->of[i], now);
}

void chores_begin(struct chores *c, struct desk *d)
{
	for (size_t i = 0; i < ROWS; i++) {
		unsigned count;

		/* What failed has complained, and is tried again. */
		if (rows[i].at_start)
			(void)perform(c->rpc, &rows[i], d, &count);
	}
}

void chores_finish(struct chores *c)
{
	for (size_t i = 0; i < ROWS; i++) {
		unsigned left = rows[i].at_end ? FINISH_PLANS : 0, count;

		while (
		    left && !perform(c->rpc, &rows[i], NULL, &count) && count)
			left--;
	}
}

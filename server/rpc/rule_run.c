// SPDX-License-Identifier: MIT
/*
 * See rule_run.h.
 */
#include "server/rpc/rule_run.h"

#include "server/audit/entry.h"
#include "server/book/rule_moves.h"
#include "server/rpc/sweep.h"

#define DONE_ROW  "rule_run"
#define RUN_BLOCK (64 * 1024)
#define RUN_CAP   (1024 * 1024)

struct run {
	const struct book_rules *rules;
	struct cuts cuts;
};

static enum err change(void *ctx, struct work *w, uint64_t id)
{
	struct run *r = ctx;

	return moves_apply(w, r->rules, &r->cuts, id);
}

/* With an entry: that rules were run is told also when nobody moved. */
static enum err keep_cuts(
    struct desk *d, const struct run *r, const struct draft *like)
{
	struct draft draft = *like;
	struct arena arena;
	struct plan *p;
	enum err err;

	arena_init(&arena, RUN_BLOCK, RUN_CAP);
	p = plan_new(&arena);
	draft.count = 0;
	draft.clear = arena_format(&arena, "version %u", r->rules->version);
	err = p ? cuts_put(p, d, r->rules, &r->cuts) : ERR_TOO_LARGE;
	if (!err)
		err = draft_plan(&draft, p);
	if (!err)
		err = store_commit(d->store, p);
	arena_release(&arena);
	return err;
}

/* One that was broken off, by a stop or a kill, is not done. */
static enum err keep_end(struct desk *d, int64_t begun_ms)
{
	struct arena arena;
	struct plan *p;
	uint8_t raw[8];
	enum err err;

	put_be64(raw, (uint64_t)begun_ms);
	arena_init(&arena, RUN_BLOCK, RUN_CAP);
	p = plan_new(&arena);
	if (p)
		plan_put(p, TABLE_META, bytes_text(DONE_ROW),
		    bytes_of(raw, sizeof raw));
	err = p ? store_commit(d->store, p) : ERR_TOO_LARGE;
	arena_release(&arena);
	return err;
}

enum err rule_run(struct desk *d, const struct caller *who,
    const struct draft *draft, size_t *moved)
{
	struct run r = { .rules = directory_schema(d->directory)->rules };
	struct ids moves = { 0 };
	struct sweep sweep = { .desk = d,
		.who = who,
		.draft = *draft,
		.ids = &moves,
		.change = change,
		.ctx = &r };
	enum err err;

	*moved = 0;
	if (!r.rules)
		return ERR_OK;
	err = cuts_find(d, who, r.rules, &r.cuts);
	if (!err)
		err = keep_cuts(d, &r, draft);
	if (!err)
		err = moves_find(d, who, r.rules, &r.cuts, &moves);
	if (!err)
		err = sweep_run(&sweep);
	if (!err)
		err = keep_end(d, r.cuts.at_ms);
	*moved = sweep.written;
	ids_release(&moves);
	return err;
}

enum err rule_run_is_done(struct desk *d, int64_t since_ms, bool *done)
{
	struct row row;
	enum err err;

	*done = true;
	if (!directory_schema(d->directory)->rules)
		return ERR_OK;
	err = snapshot_get(d->snapshot, TABLE_META, bytes_text(DONE_ROW), &row);
	*done = !err && row.value.len == 8 &&
		(int64_t)get_be64(row.value.data) >= since_ms;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

// SPDX-License-Identifier: MIT
/*
 * Entries for what is over.  See expiry.h.
 */
#include "server/rpc/expiry.h"

#include "server/access/glass.h"
#include "server/audit/entry.h"
#include "server/data/record.h"
#include "server/rpc/pending.h"

/* No customer is concerned, and no request: the count is of another entry. */
static enum err commit(struct desk *d, struct plan *p, struct draft *draft)
{
	enum err err;

	draft->count = 0;
	err = draft_plan(draft, p);
	if (!err)
		err = store_commit(d->store, p);
	/* Somebody else was faster: the next turn looks again. */
	return err == ERR_CONFLICT ? ERR_OK : err;
}

/* --- break-glass ---------------------------------------------------------*/

static enum err end_glass(struct desk *d, struct arena *a, size_t at)
{
	struct glasses kept = *directory_glasses(d->directory);
	struct glass over = kept.of[at];
	struct plan *p = plan_new(a);
	struct draft draft = { .method = "access.end",
		.act = "access.break_glass",
		.behalf = directory_login(d->directory, over.account) };
	char id[ID_TEXT];
	enum err err;

	if (!p)
		return ERR_TOO_LARGE;
	id_format(over.id, id);
	draft.clear =
	    arena_format(a, "%s: %s: its time is over", id, over.role);
	kept.count--;
	memmove(&kept.of[at], &kept.of[at + 1],
	    (kept.count - at) * sizeof(kept.of[0]));
	err = directory_plan_glasses(p, d->directory, d->sealer, &kept);
	return err ? err : commit(d, p, &draft);
}

/* One at a time: each commit makes another list. */
static enum err end_glasses(struct desk *d, struct arena *a)
{
	const struct glasses *all = directory_glasses(d->directory);
	int64_t now = clock_now_ms(d->clock);
	enum err err = ERR_OK;
	size_t at = 0;

	while (!err && at < all->count) {
		if (glass_runs(&all->of[at], now)) {
			at++;
			continue;
		}
		err = end_glass(d, a, at);
		if (!err)
			err = desk_refresh(d);
		all = err ? all : directory_glasses(d->directory);
	}
	return err;
}

/* --- requests ------------------------------------------------------------*/

struct over {
	int64_t now_ms;
	uint64_t expired[EXPIRY_AT_ONCE], forgotten[EXPIRY_AT_ONCE];
	size_t expired_count, forgotten_count;
};

static bool collect(void *ctx, const struct pending *p)
{
	struct over *o = ctx;

	if (!p->is_noted && o->expired_count < EXPIRY_AT_ONCE)
		o->expired[o->expired_count++] = p->id;
	else if (p->is_noted && o->now_ms - p->made_ms > PENDING_KEEP_MS &&
		 o->forgotten_count < EXPIRY_AT_ONCE)
		o->forgotten[o->forgotten_count++] = p->id;
	return true;
}

static enum err expire(struct desk *d, struct arena *a, uint64_t id)
{
	struct plan *plan = plan_new(a);
	struct draft draft = { .method = "request.expire" };
	struct pending p;
	char text[ID_TEXT];
	enum err err = plan ? pending_load(d, id, a, &p) : ERR_TOO_LARGE;

	if (err)
		return err;
	id_format(id, text);
	draft.act = arena_text(a, p.method);
	draft.behalf = directory_login(d->directory, p.requester);
	draft.clear = text;
	err = pending_plan(plan, d->sealer, &p);
	return err ? err : commit(d, plan, &draft);
}

static enum err forget(struct desk *d, struct arena *a, const struct over *o)
{
	struct plan *p = plan_new(a);

	if (!p)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < o->forgotten_count; i++)
		pending_plan_forget(p, o->forgotten[i]);
	return o->forgotten_count ? store_commit(d->store, p) : ERR_OK;
}

static enum err end_requests(struct desk *d, struct arena *a)
{
	struct over o = { .now_ms = clock_now_ms(d->clock) };
	enum err err = pending_each(d, collect, &o);

	for (size_t i = 0; !err && i < o.expired_count; i++)
		err = expire(d, a, o.expired[i]);
	return err ? err : forget(d, a, &o);
}

enum err expiry_turn(struct desk *d, struct arena *a)
{
	enum err err = desk_refresh(d);

	if (!err)
		err = end_glasses(d, a);
	return err ? err : end_requests(d, a);
}

// SPDX-License-Identifier: MIT
/*
 * See sweep.h.
 */
#include "server/rpc/sweep.h"

#include "server/audit/entry.h"

#define AT_ONCE     200
#define TRIES       8
#define SWEEP_BLOCK (256 * 1024)
#define SWEEP_CAP   ((size_t)64 * 1024 * 1024)

static enum err plan_records(
    struct sweep *s, struct work *w, struct plan *p, size_t *written)
{
	struct touched touched;
	struct draft draft = s->draft;
	enum err err = work_save(w, p, &touched);

	*written = touched.count;
	if (err || plan_is_empty(p))
		return err;
	draft.branch = 0; /* its records', not the caller's */
	draft.count = 0;
	touched_note(&touched, &draft);
	err = draft_plan(&draft, p);
	return err ? err : store_commit(s->desk->store, p);
}

static enum err change_some(struct sweep *s, const uint64_t *ids, size_t count,
    struct arena *a, size_t *written)
{
	const struct work_options options = { .origin = s->origin };
	struct findings found;
	struct work w;
	struct plan *p = plan_new(a);
	enum err err = p ? desk_look(s->desk) : ERR_TOO_LARGE;

	*written = 0;
	findings_init(&found, a);
	if (!err)
		err = directory_recheck_schema(
		    s->desk->directory, s->desk->snapshot);
	work_init(&w, s->desk, s->who, a, &found, &options, NULL, 0);
	for (size_t i = 0; !err && i < count; i++)
		err = s->change(s->ctx, &w, ids[i]);
	return err ? err : plan_records(s, &w, p, written);
}

static enum err change_until_through(
    struct sweep *s, const uint64_t *ids, size_t count)
{
	enum err err = ERR_CONFLICT;

	for (unsigned i = 0; i < TRIES && err == ERR_CONFLICT; i++) {
		struct arena arena;
		size_t written;

		arena_init(&arena, SWEEP_BLOCK, SWEEP_CAP);
		err = change_some(s, ids, count, &arena, &written);
		arena_release(&arena);
		if (!err)
			s->written += written;
	}
	return err == ERR_CONFLICT ? ERR_BUSY : err;
}

enum err sweep_run(struct sweep *s)
{
	enum err err = ERR_OK;

	for (size_t at = 0; !err && at < s->ids->count; at += AT_ONCE) {
		size_t left = s->ids->count - at;

		err = desk_may_go_on(s->desk);
		if (!err)
			err = change_until_through(s, s->ids->list + at,
			    left < AT_ONCE ? left : AT_ONCE);
	}
	return err;
}

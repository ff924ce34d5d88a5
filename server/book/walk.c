// SPDX-License-Identifier: MIT
/*
 * See walk.h.
 */
#include "server/book/walk.h"

#include "server/data/alias.h"
#include "server/data/rows.h"

struct walk {
	struct report_run *run;
	const struct entity *entity;
	walk_fn call;
	void *ctx;
	struct arena scratch; /* of one row */
};

static enum err find_scope(struct report_run *run, struct walk_row *row)
{
	const struct record *r = &row->record;
	const struct entity *subject = r->entity->subject;
	struct record peeked = *r;
	enum err err = ERR_OK;

	row->scope = r->header;
	row->customer = subject == r->entity ? r->id : r->header.subject;
	if (r->entity->scoped || !subject || subject == r->entity)
		return ERR_OK;
	err = record_peek(run->desk, subject, row->customer, &peeked);
	if (!err)
		err = alias_follow(
		    run->desk, subject, &row->customer, &peeked.header);
	row->scope = peeked.header;
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

static bool is_in_range(
    const struct report_run *run, const struct header *scope)
{
	const struct caller *who = run->who;
	unsigned relations =
	    relations_of(who->user, who->branch, scope->branch, scope->owner);

	/* What nobody approved counts nowhere. */
	return relations & run->range && !(scope->flags & ROW_WITHHELD) &&
	       (!run->only || relations & run->only);
}

static enum err take(struct walk *w, uint64_t id, const struct row *found)
{
	struct walk_row row = { .arena = &w->scratch };
	enum err err;

	arena_reset(&w->scratch);
	row.record = (struct record){ .entity = w->entity,
		.id = id,
		.row = found->value,
		.position = found->version,
		.arena = &w->scratch };
	err = header_parse(found->value, &row.record.header);
	if (!err)
		err = find_scope(w->run, &row);
	if (err || row.record.header.flags & (ROW_ALIAS | ROW_WITHDRAWN) ||
	    !is_in_range(w->run, &row.scope))
		return err;
	return w->call(w->ctx, &row);
}

static enum err walk(struct walk *w, struct rows *rows)
{
	struct row row;
	uint64_t id;
	enum err err = ERR_OK, ended;

	arena_init(&w->scratch, WALK_BLOCK, WALK_CAP);
	while (!err && rows_next(rows, &id, &row))
		err = take(w, id, &row);
	ended = rows_close(rows);
	arena_release(&w->scratch);
	return err ? err : ended;
}

enum err walk_rows(
    struct report_run *run, const struct entity *e, walk_fn call, void *ctx)
{
	struct walk w = { .run = run, .entity = e, .call = call, .ctx = ctx };
	struct rows rows;

	rows_open(&rows, run->desk, e, 0);
	return walk(&w, &rows);
}

enum err walk_days(struct report_run *run, const struct field *by, int32_t from,
    int32_t to, walk_fn call, void *ctx)
{
	struct walk w = {
		.run = run, .entity = by->entity, .call = call, .ctx = ctx
	};
	struct rows rows;

	if (!(by->index & INDEX_PLAIN) || by->entity->scoped)
		return walk_rows(run, by->entity, call, ctx);
	rows_open_days(&rows, run->desk, by, from, to);
	return walk(&w, &rows);
}

enum err walk_open(
    struct report_run *run, struct walk_row *row, struct record **out)
{
	*out = record_keep(row->arena, &row->record);
	return *out ? record_open(run->desk, *out) : ERR_TOO_LARGE;
}

enum err walk_load(struct report_run *run, struct walk_row *row,
    const struct entity *e, uint64_t id, struct record **out)
{
	enum err err = record_load(run->desk, row->arena, e, id, out);

	if (!err)
		err = record_open(run->desk, *out);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

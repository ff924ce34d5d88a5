// SPDX-License-Identifier: MIT
/*
 * See walk.h.
 */
#include "server/book/walk.h"

#define LOOKS_A_LEAVE 256
#define VIEW_NS       UINT64_C(1000000000)
#define SCRATCH_BLOCK (64 * 1024)
#define SCRATCH_CAP   (4 * 1024 * 1024)

struct walk {
	struct report_run *run;
	const struct entity *entity;
	walk_fn call;
	void *ctx;
	struct arena scratch; /* of one row */
	uint64_t next;        /* where the next view begins; 0: nowhere */
};

static enum err find_scope(
    struct report_run *run, const struct record *r, struct header *scope)
{
	const struct entity *subject = r->entity->subject;
	struct record peeked;
	enum err err;

	*scope = r->header;
	if (r->entity->scoped || !subject || subject == r->entity)
		return ERR_OK;
	err = record_peek(run->desk, subject, r->header.subject, &peeked);
	*scope = peeked.header;
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

static bool is_in_range(
    const struct report_run *run, const struct header *scope)
{
	const struct caller *who = run->who;
	unsigned relations =
	    relations_of(who->user, who->branch, scope->branch, scope->owner);

	return relations & run->range && (!run->only || relations & run->only);
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
		err = find_scope(w->run, &row.record, &row.scope);
	return err || !is_in_range(w->run, &row.scope) ? err
						       : w->call(w->ctx, &row);
}

static enum err walk_view(struct walk *w)
{
	const uint64_t until_ns = clock_monotonic_ns() + VIEW_NS;
	struct desk *d = w->run->desk;
	uint8_t from[ROW_KEY];
	unsigned looked_at = 0;
	struct scan *scan;
	struct bytes key;
	struct row row;
	enum err err;

	row_key(w->entity->id, w->next, from);
	w->next = 0;
	err = scan_open(d->snapshot, TABLE_ROW, bytes_of(&w->entity->id, 1),
	    bytes_of(from, sizeof from), SCAN_UP, &scan);
	if (err)
		return err;
	while (!err && scan_next(scan, &key, &row)) {
		uint64_t id = get_be64(key.data + 1);

		if (looked_at++ % LOOKS_A_LEAVE == LOOKS_A_LEAVE - 1) {
			err = desk_may_go_on(d);
			w->next = id;
			if (err || clock_monotonic_ns() > until_ns)
				break;
			w->next = 0;
		}
		err = take(w, id, &row);
	}
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

enum err walk_rows(
    struct report_run *run, const struct entity *e, walk_fn call, void *ctx)
{
	struct walk w = { .run = run, .entity = e, .call = call, .ctx = ctx };
	enum err err;

	arena_init(&w.scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	do {
		err = walk_view(&w);
		if (!err && w.next)
			err = snapshot_renew(run->desk->snapshot);
	} while (!err && w.next);
	arena_release(&w.scratch);
	return err;
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

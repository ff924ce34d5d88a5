// SPDX-License-Identifier: MIT
/*
 * Duplicates in the whole book, page by page.  See duplicates.h.
 *
 * Goes over the rows as they lie, by id, which is by age: each record is held
 * against older ones alone, so that a pair comes once.  Rows out of the
 * caller's sight are passed over by their plain header and make no page
 * longer or shorter.
 */
#include <stdlib.h>

#include "server/book/duplicates.h"
#include "server/data/rows.h"

#define SCRATCH_BLOCK (32 * 1024)
#define SCRATCH_CAP   (8 * 1024 * 1024)

struct walk {
	struct duplicates duplicates;
	struct duplicates_page *page;
	const struct entity *entity;
	struct arena scratch;
	duplicate_fn call; /* NULL: they are counted alone */
	void *ctx;
};

static enum err look_at(struct walk *w, struct record *peeked)
{
	struct record *r;
	enum err err;

	arena_reset(&w->scratch);
	r = record_keep(&w->scratch, peeked);
	err = r ? record_open(w->duplicates.desk, r) : ERR_TOO_LARGE;
	w->duplicates.below = peeked->id;
	return err ? err : duplicates_of(&w->duplicates, r, w->call, w->ctx);
}

static enum err take_row(struct walk *w, uint64_t id, struct bytes row)
{
	struct record peeked = { .entity = w->entity, .id = id, .row = row };
	unsigned relations;
	enum err err = header_parse(row, &peeked.header);

	if (!err)
		err = record_relations(
		    w->duplicates.desk, w->duplicates.who, &peeked, &relations);
	if (err || !(relations & view_range(w->duplicates.entity)) ||
	    peeked.header.flags & (ROW_ARCHIVED | ROW_ALIAS))
		return err;
	w->page->looked_at++;
	return w->call ? look_at(w, &peeked) : ERR_OK;
}

static bool is_full(const struct walk *w)
{
	return w->call && w->page->looked_at == DUPLICATES_PAGE;
}

/* Rows behind page->after, which moves along; 0 when there are no more. */
static enum err walk(struct walk *w)
{
	uint64_t after = w->page->after, id;
	struct rows rows;
	struct row row;
	enum err err = ERR_OK, ended;

	arena_init(&w->scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	rows_open(&rows, w->duplicates.desk, w->entity, after + 1);
	w->page->after = 0;
	while (!err && rows_next(&rows, &id, &row)) {
		err = take_row(w, id, row.value);
		if (is_full(w)) {
			w->page->after = id;
			break;
		}
	}
	ended = rows_close(&rows);
	arena_release(&w->scratch);
	return err ? err : ended;
}

enum err duplicates_walk(struct duplicates d, struct duplicates_page *p,
    duplicate_fn call, void *ctx)
{
	struct walk w = { .duplicates = d,
		.page = p,
		.entity = view_entity_schema(d.entity),
		.call = call,
		.ctx = ctx };
	enum err err;

	w.duplicates.without_sealed =
	    meter_is_bounded(d.who->meter, QUOTA_LOOKUP);
	w.duplicates.often = calloc(OFTEN_SLOTS, sizeof(uint64_t));
	if (!w.duplicates.often)
		return ERR_TOO_LARGE;
	err = walk(&w);
	free(w.duplicates.often);
	return err;
}

enum err duplicates_total(struct duplicates d, uint64_t *total)
{
	struct duplicates_page page = { 0 };
	struct walk w = { .duplicates = d,
		.page = &page,
		.entity = view_entity_schema(d.entity) };
	enum err err = walk(&w);

	*total = page.looked_at;
	return err;
}

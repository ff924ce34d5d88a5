// SPDX-License-Identifier: MIT
/*
 * Archiving.  See archive.h.
 */
#include "server/data/archive.h"

#include "server/data/history.h"

#define ARCHIVED "archived"

static const struct field *archive_field(const struct entity *e)
{
	const struct field *f = e->status_field;

	for (unsigned i = 0; f && i < f->choice_count; i++)
		if (!strcmp(f->choices[i].key, ARCHIVED))
			return f;
	return NULL;
}

static bool is_archived(const struct record *r)
{
	return r->header.flags & ROW_ARCHIVED;
}

/* Whoever may set the status, or else the record's title. */
static bool may_archive(const struct item *it)
{
	const struct record *r = it->record;
	const struct field *f = archive_field(r->entity);
	struct grant g;

	if (!f)
		f = r->entity->title_field;
	if (!f)
		f = &r->entity->fields[1];
	return view_grant(
	    it->entity, r->relations, record_is_variant(r), f, USE_SET, &g);
}

/* The status that the newest archiving replaced. */
static enum err status_before(
    struct work *w, struct record *r, const struct field *f, struct bytes *out)
{
	struct history_walk walk;
	enum err err = history_begin(&walk, w->desk, r);

	*out = BYTES_NONE;
	while (!err && !out->len) {
		err = history_next(&walk);
		for (unsigned i = 0; !err && i < walk.step.change_count; i++)
			if (walk.step.changes[i].field == f &&
			    bytes_is(value_text(f, walk.step.changes[i].value),
				ARCHIVED))
				*out = walk.step.changes[i].old;
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err set_status(
    struct work *w, struct record *r, const struct field *f, bool archive)
{
	struct bytes status = value_pack_text(w->arena, bytes_text(ARCHIVED));
	enum err err = ERR_OK;

	if (!archive)
		err = status_before(w, r, f, &status);
	if (!err)
		cell_set(r, f, status);
	return err;
}

enum err archive_apply(struct work *w, struct item *it)
{
	struct record *r = it->record;
	const struct field *f = archive_field(r->entity);

	if (!it->archive)
		return ERR_OK;
	if (!may_archive(it)) {
		it->err = ERR_DENIED;
		return ERR_OK;
	}
	if (is_archived(r) == (it->archive > 0))
		return ERR_OK;
	r->is_changed = true;
	if (f)
		return set_status(w, r, f, it->archive > 0);
	r->header.flags ^= ROW_ARCHIVED;
	return ERR_OK;
}

void archive_settle(struct work *w, struct item *it)
{
	struct record *r = it->record;
	const struct field *f = archive_field(r->entity);
	bool was = is_archived(r);
	bool is = f ? bytes_is(value_text(f, r->cells[f->slot].value), ARCHIVED)
		    : was;

	if (was && is && r->is_changed && !it->archive && !it->merging)
		findings_add(w->found, FINDING_ERROR, f ? f->key : "", ARCHIVED,
		    "this record is archived; unarchive it first");
	r->header.flags &= (uint8_t)~ROW_ARCHIVED;
	if (is)
		r->header.flags |= ROW_ARCHIVED;
}

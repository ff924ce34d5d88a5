// SPDX-License-Identifier: MIT
/*
 * Archiving.  See archive.h.
 */
#include "server/data/archive.h"

#include "server/data/history.h"
#include "server/data/index.h"

#define ARCHIVED  "archived"
#define WITHDRAWN "withdrawn"

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

/* --- taken back, and given again -----------------------------------------*/

static bool is_withdrawn(const struct record *r)
{
	return r->header.flags & ROW_WITHDRAWN;
}

/* Does a record that the caller may know of, and that this work does not
 * withdraw, name this one there?  What is out of his sight stays as it is. */
static enum err is_named_by(
    struct work *w, const struct record *r, const struct field *f, bool *named)
{
	const struct view_entity *ve = view_entity_of(w->who->view, f->entity);
	struct bytes ref = value_pack_ref(w->arena, r->id, BYTES_NONE), key;
	uint8_t prefix[STORE_KEY];
	size_t len = index_prefix(f, 'p', false, 0, prefix);
	struct scan *scan;
	struct row row;
	enum err err;

	if (!ve || f->entity->scoped || !(f->index & INDEX_PLAIN))
		return ERR_OK;
	len += index_plain(f, ref, prefix + len);
	err = scan_open(w->desk->snapshot, TABLE_INDEX, bytes_of(prefix, len),
	    BYTES_NONE, SCAN_UP, &scan);
	if (err)
		return err;
	while (!err && !*named && scan_next(scan, &key, &row)) {
		struct record *other;
		unsigned relations;

		err = work_record(w, f->entity, index_record(key), &other);
		if (!err)
			err = record_relations(
			    w->desk, w->who, other, &relations);
		*named =
		    !err && relations & view_range(ve) && !is_withdrawn(other);
	}
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

static enum err check_unnamed(struct work *w, const struct record *r)
{
	const struct schema *s = directory_schema(w->desk->directory);
	bool named = false;
	enum err err = ERR_OK;

	for (unsigned i = 0; i < s->entity_count; i++)
		for (unsigned k = 0; k < s->entities[i].field_count; k++) {
			const struct field *f = &s->entities[i].fields[k];

			if (!err && !named && f->type == TYPE_REF &&
			    f->ref == r->entity)
				err = is_named_by(w, r, f, &named);
		}
	if (named)
		findings_add(w->found, FINDING_ERROR, "", "in_use",
		    "other records belong to this one; take those back first");
	return err;
}

/* Nothing comes back under what is withdrawn. */
static enum err check_parent(struct work *w, const struct record *r)
{
	struct record *parent;
	enum err err;

	if (!r->entity->parent)
		return ERR_OK;
	err = work_record(w, r->entity->parent, record_parent(r), &parent);
	if (!err && is_withdrawn(parent))
		findings_add(w->found, FINDING_ERROR, "", WITHDRAWN,
		    "this record was taken back; undo that first");
	return err;
}

/* What is sealed and unique is looked up again before it comes back. */
static enum err open_unique(struct work *w, struct record *r)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->sealed_count; i++) {
		const struct field *f = r->entity->sealed[i];
		struct cell *c = &r->cells[f->slot];

		if (!(f->index & (INDEX_UNIQUE | INDEX_WITHIN)) || c->opened ||
		    !c->sealed.len)
			continue;
		err = history_unseal(
		    w->desk, r, f, c->version, c->sealed, &c->value);
		c->opened = !err;
	}
	return err;
}

static enum err give_again(struct work *w, struct record *r)
{
	enum err err = check_parent(w, r);

	return err ? err : open_unique(w, r);
}

/* The marks as they were. */
static enum err restore_marks(struct work *w, struct item *it)
{
	struct record *r = it->record;
	uint8_t moved = (r->header.flags ^ it->restore->marks) & ROW_MARKS;

	if (!moved)
		return ERR_OK;
	if (!may_archive(it)) {
		it->err = ERR_DENIED;
		return ERR_OK;
	}
	r->header.flags ^= moved;
	r->is_changed = true;
	it->archive = r->header.flags & ROW_ARCHIVED ? 1 : -1;
	if (!(moved & ROW_WITHDRAWN))
		return ERR_OK;
	return is_withdrawn(r) ? check_unnamed(w, r) : give_again(w, r);
}

/* --- both ----------------------------------------------------------------*/

enum err archive_apply(struct work *w, struct item *it)
{
	struct record *r = it->record;
	const struct field *f = archive_field(r->entity);

	if (it->restore)
		return restore_marks(w, it);
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

	is |= is_withdrawn(r);
	if (is_withdrawn(r) && r->is_changed && !it->restore)
		findings_add(w->found, FINDING_ERROR, "", WITHDRAWN,
		    "this record was taken back; undo that first");
	else if (was && is && r->is_changed && !it->archive && !it->merging)
		findings_add(w->found, FINDING_ERROR, f ? f->key : "", ARCHIVED,
		    "this record is archived; unarchive it first");
	r->header.flags &= (uint8_t)~ROW_ARCHIVED;
	if (is)
		r->header.flags |= ROW_ARCHIVED;
}

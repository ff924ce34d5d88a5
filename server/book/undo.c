// SPDX-License-Identifier: MIT
/*
 * A request's records as items that put back.  See undo.h.
 */
#include "server/book/undo.h"

#include <stdlib.h>

#define SCRATCH_BLOCK (64 * 1024)
#define SCRATCH_CAP   (16 * 1024 * 1024)

/* --- the records ---------------------------------------------------------*/

struct written { /* by the plan */
	const struct entity *entity;
	uint64_t id;
};

static enum err scan_written(struct desk *d, struct arena *a, uint64_t position,
    struct written **list, size_t *count)
{
	const struct schema *s = directory_schema(d->directory);
	uint8_t prefix[8];
	struct bytes key;
	struct scan *scan;
	struct row row;
	enum err err;

	put_be64(prefix, position);
	*count = 0;
	*list = arena_array(a, UNDO_MOST, sizeof **list);
	if (!*list)
		return ERR_TOO_LARGE;
	err = scan_open(d->snapshot, TABLE_HISTORY,
	    bytes_of(prefix, sizeof prefix), BYTES_NONE, SCAN_UP, &scan);
	if (err)
		return err;
	while (!err && scan_next(scan, &key, &row)) {
		if (*count == UNDO_MOST)
			err = ERR_TOO_LARGE;
		else if (key.len != 8 + ROW_KEY || !s->by_id[key.data[8]])
			err = ERR_CORRUPT;
		else
			(*list)[(*count)++] =
			    (struct written){ s->by_id[key.data[8]],
				    get_be64(key.data + 9) };
	}
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err || *count ? err : ERR_NOT_FOUND;
}

/* --- what was changed since ----------------------------------------------*/

static bool may_know(const struct caller *who, const struct record *r)
{
	const struct view_entity *ve = view_entity_of(who->view, r->entity);

	return ve && r->relations & view_range(ve);
}

static const char *number_of(const struct undo *u, const struct record *r)
{
	return may_know(u->work->who, r)
		   ? arena_text(u->work->arena, record_number(r))
		   : NULL;
}

static void tell_changed(struct undo *u, const struct record *r,
    const struct restore *s, const bool *changed)
{
	struct findings *found = u->work->found;

	/* Of one out of his sight not even that its mark was moved. */
	if (!may_know(u->work->who, r))
		return;
	found->record = number_of(u, r);
	if (s->is_marked_since)
		findings_add(found, FINDING_ERROR, "", "changed_since",
		    "this was changed since; take that back first");
	for (unsigned i = 0; i < r->entity->field_count; i++)
		if (changed[i])
			findings_add(found, FINDING_ERROR,
			    r->entity->fields[i].key, "changed_since",
			    "this was changed since; take that back first");
	found->record = NULL;
}

/* --- items ---------------------------------------------------------------*/

static bool is_by_rules(const struct restore *s, const struct record *r)
{
	return !s->count && !s->makes &&
	       !((r->header.flags ^ s->marks) & ROW_MARKS);
}

static enum err add_item(struct undo *u, struct record *r,
    const struct restore *s, struct bytes override_)
{
	struct item *it = &u->work->items[u->count];

	u->restores[u->count] = *s;
	u->records[u->count] = r;
	*it = (struct item){ .entity =
				 view_entity_of(u->work->who->view, r->entity),
		.record = r,
		.override_ = override_,
		.restore = &u->restores[u->count++] };
	/* Of what he may know nothing at all he is told no more than of what
	 * is out of his sight. */
	return it->entity ? ERR_OK : ERR_NOT_FOUND;
}

static enum err read_one(struct undo *u, const struct written *at,
    uint64_t position, struct arena *scratch, struct bytes override_)
{
	struct work *w = u->work;
	bool *changed =
	    arena_array(scratch, at->entity->field_count, sizeof *changed);
	struct restore s;
	struct record *r;
	unsigned relations;
	enum err err =
	    changed ? work_record(w, at->entity, at->id, &r) : ERR_TOO_LARGE;

	if (!err)
		err = record_relations(w->desk, w->who, r, &relations);
	if (!err)
		err = restore_read(w, view_entity_of(w->who->view, at->entity),
		    r, position, scratch, &s, changed);
	if (err)
		return err;
	if (is_by_rules(&s, r)) {
		u->by_rules[u->ruled_count] = s;
		u->ruled[u->ruled_count++] = r;
		return ERR_OK;
	}
	if (u->is_anothers && may_know(w->who, r) &&
	    !(view_rights(w->who->view, relations) & RIGHT_OVERRIDE))
		return ERR_DENIED;
	tell_changed(u, r, &s, changed);
	return add_item(u, r, &s, override_);
}

static enum err read_all(struct undo *u, const struct written *list,
    size_t count, uint64_t position, struct bytes override_)
{
	struct arena scratch;
	enum err err = ERR_OK;

	arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	for (size_t i = 0; !err && i < count; i++) {
		arena_reset(&scratch);
		err = read_one(u, &list[i], position, &scratch, override_);
	}
	arena_release(&scratch);
	return err;
}

static int depth_of(const struct item *it)
{
	const struct entity *e = view_entity_schema(it->entity);
	int depth = 1;

	while (e->parent) {
		e = e->parent;
		depth++;
	}
	return it->restore->makes ? -depth : depth;
}

static int compare_depth(const void *a, const void *b)
{
	return depth_of(a) - depth_of(b);
}

/* Children are withdrawn before their parents and come back after them. */
static void sort_items(struct undo *u)
{
	struct work *w = u->work;

	w->item_count = u->count;
	qsort(w->items, u->count, sizeof *w->items, compare_depth);
}

enum err undo_read(struct undo *u, struct bytes override_, uint64_t position)
{
	struct work *w = u->work;
	struct arena *a = w->arena;
	unsigned errors = w->found->errors;
	struct written *list;
	size_t count;
	enum err err = scan_written(w->desk, a, position, &list, &count);

	if (err)
		return err;
	w->items = arena_array(a, count, sizeof *w->items);
	u->restores = arena_array(a, count, sizeof *u->restores);
	u->records = arena_array(a, count, sizeof(struct record *));
	u->by_rules = arena_array(a, count, sizeof *u->by_rules);
	u->ruled = arena_array(a, count, sizeof(struct record *));
	if (!w->items || !u->restores || !u->records || !u->by_rules ||
	    !u->ruled)
		return ERR_TOO_LARGE;
	err = read_all(u, list, count, position, override_);
	if (!err && w->found->errors != errors)
		err = ERR_CONFLICT;
	if (!err)
		sort_items(u);
	return err;
}

/* --- applying ------------------------------------------------------------*/

/* A field that is hidden from him today is not named to him. */
static void hide_field(struct item *it)
{
	if (it->bad_field.len && !view_field(it->entity, it->bad_field))
		it->bad_field = BYTES_NONE;
}

enum err undo_apply(struct undo *u, struct item **refused)
{
	struct work *w = u->work;
	enum err err = ERR_OK;

	*refused = NULL;
	for (size_t i = 0; !err && i < w->item_count; i++) {
		struct item *it = &w->items[i];

		w->found->record =
		    number_of(u, u->records[it->restore - u->restores]);
		err = work_apply(w, i);
		w->found->record = NULL;
		if (err || !it->err)
			continue;
		hide_field(it);
		*refused = it;
		return it->err;
	}
	for (size_t i = 0; i < u->count; i++)
		restore_end(u->records[i], &u->restores[i]);
	for (size_t i = 0; i < u->ruled_count; i++)
		restore_end(u->ruled[i], &u->by_rules[i]);
	return err;
}

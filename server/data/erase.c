// SPDX-License-Identifier: MIT
/*
 * Emptying records.  See erase.h.
 */
#include "server/data/erase.h"

#include "server/data/alias.h"
#include "server/data/children.h"
#include "server/data/index.h"

#define IMPORT_HEAD 2 /* entity, field 0 */

/* --- one record ----------------------------------------------------------*/

static bool is_kept(const struct record *r, const struct field *f)
{
	return f == r->entity->number_field || f == r->entity->alias_field;
}

static void empty(struct record *r, const struct origin *origin)
{
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];

		if (!is_kept(r, f))
			cell_set(r, f, BYTES_NONE);
	}
	r->header.flags &= ROW_VARIANT | ROW_ALIAS | ROW_JOINED;
	r->header.flags |= ROW_ERASED | ROW_ARCHIVED;
	r->origin = *origin;
	r->is_changed = true;
}

/* --- and its children ----------------------------------------------------*/

struct erasure {
	struct work *work;
	const struct origin *origin;
};

static enum err erase_tree(struct erasure *x, struct record *r);

static enum err erase_child(void *ctx, struct record *found)
{
	struct erasure *x = ctx;
	struct record *child;
	enum err err = work_record(x->work, found->entity, found->id, &child);

	return err ? err : erase_tree(x, child);
}

static bool is_personal_child(const struct entity *e, const struct entity *of)
{
	return e->parent_field && e->parent_field->ref == of && !e->retained &&
	       e->subject && e->subject == of->subject;
}

static enum err erase_tree(struct erasure *x, struct record *r)
{
	const struct schema *schema =
	    directory_schema(x->work->desk->directory);
	enum err err = ERR_OK;

	if (record_is_erased(r))
		return ERR_OK;
	for (unsigned i = 0; !err && i < schema->entity_count; i++) {
		const struct entity *e = &schema->entities[i];
		struct children c = { .desk = x->work->desk,
			.up = e->parent_field,
			.owner = r->id,
			.with_withdrawn = true,
			.call = erase_child,
			.ctx = x };

		if (is_personal_child(e, r->entity))
			err = children_each(&c);
		if (!err)
			err = desk_may_go_on(x->work->desk);
	}
	if (!err)
		empty(r, x->origin);
	return err;
}

enum err erase_subject(
    struct work *w, struct record *subject, const struct origin *origin)
{
	struct erasure x = { w, origin };
	struct alias_set set;
	enum err err;

	if (!w->desk->may_wait)
		return ERR_ELSEWHERE;
	err = alias_set(w->desk, subject->entity, subject->id, w->arena, &set);
	for (size_t i = 0; !err && i < set.count; i++) {
		struct record *r;

		err = work_record(w, subject->entity, set.ids[i], &r);
		if (!err)
			err = erase_tree(&x, r);
	}
	return err;
}

/* --- what imports have left ----------------------------------------------*/

static bool erases(struct work *w, const struct entity *e, uint64_t id)
{
	struct record *r;

	return work_holds(w, e, id) && !work_record(w, e, id, &r) &&
	       record_is_erased(r);
}

static bool erases_any(const struct work *w, const struct entity *e)
{
	for (size_t i = 0; i < w->record_count; i++)
		if (w->records[i]->entity == e &&
		    record_is_erased(w->records[i]))
			return true;
	return false;
}

/* By record alone they cannot be found: all of an entity's are looked at. */
static enum err drop_imports(
    struct work *w, const struct entity *e, struct plan *p)
{
	uint8_t prefix[IMPORT_HEAD] = { e->id, 0 };
	struct scan *scan;
	struct bytes key;
	struct row row;
	enum err err = scan_open(w->desk->snapshot, TABLE_UNIQUE,
	    bytes_of(prefix, sizeof prefix), BYTES_NONE, SCAN_UP, &scan);

	if (err)
		return err;
	while (!err && scan_next(scan, &key, &row)) {
		if (row.value.len == 8 &&
		    erases(w, e, get_be64(row.value.data)))
			plan_del(p, TABLE_UNIQUE, key);
		err = desk_may_go_on(w->desk);
	}
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

enum err erase_imports(struct work *w, struct plan *p)
{
	const struct schema *schema = directory_schema(w->desk->directory);
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < schema->entity_count; i++)
		if (erases_any(w, &schema->entities[i]))
			err = drop_imports(w, &schema->entities[i], p);
	return err;
}

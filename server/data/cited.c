// SPDX-License-Identifier: MIT
/*
 * Cited changes.  See cited.h.
 */
#include "server/data/cited.h"

#include "server/audit/auditlog.h"

#define SCRATCH_BLOCK (16 * 1024)
#define SCRATCH_CAP   (1024 * 1024)

static bool sees_any(const struct view_entity *ve, const struct record *r,
    const struct entry_record *e)
{
	const uint8_t *levels =
	    view_levels(ve, r->relations, record_is_variant(r));

	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = e->fields[i] < SCHEMA_FIELDS
					    ? r->entity->by_id[e->fields[i]]
					    : NULL;

		if (f && levels[f->slot])
			return true;
	}
	return false;
}

/* Whose it is, merged customers taken together; of a new record's customer
 * its reference names the one that stands. */
static uint64_t whose(const struct record *r)
{
	return r->customer ? r->customer : r->header.subject;
}

static bool is_change_of(
    struct work *w, uint64_t customer, const struct entry_record *e)
{
	const struct schema *s = directory_schema(w->desk->directory);
	const struct entity *entity =
	    e->entity < SCHEMA_ENTITIES ? s->by_id[e->entity] : NULL;
	const struct view_entity *ve =
	    entity ? view_entity_of(w->who->view, entity) : NULL;
	struct record r;
	unsigned relations;

	return ve && e->touch == TOUCH_WRITE &&
	       !record_peek(w->desk, entity, e->id, &r) &&
	       !record_relations(w->desk, w->who, &r, &relations) &&
	       whose(&r) == customer && relations & view_range(ve) &&
	       sees_any(ve, &r, e);
}

static bool is_cited(
    struct work *w, struct arena *scratch, uint64_t customer, uint64_t position)
{
	struct bytes leaf;
	struct entry e;

	if (auditlog_leaf(w->desk->snapshot, position, &leaf) ||
	    leaf_parse(leaf, scratch, &e) || e.draft.result ||
	    strcmp(e.result, "ok"))
		return false;
	for (size_t i = 0; i < e.draft.record_count; i++)
		if (is_change_of(w, customer, &e.draft.records[i]))
			return true;
	return false;
}

void cited_check(struct work *w, const struct record *r)
{
	struct arena scratch;

	arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		const struct cell *c = &r->cells[i];
		struct reader in = reader_of(c->value);

		if (!f->is_change || !c->changed || !c->value.len ||
		    is_cited(w, &scratch, whose(r), read_uint(&in)))
			continue;
		findings_add(w->found, FINDING_ERROR, f->key, "change",
		    "no change of this customer that you may know of stands "
		    "there in the log");
	}
	arena_release(&scratch);
}

// SPDX-License-Identifier: MIT
/*
 * See known.h.
 */
#include "server/data/known.h"

bool known_record(struct desk *d, const struct caller *who,
    const struct entry_record *e, struct record *out)
{
	const struct schema *s = directory_schema(d->directory);
	const struct entity *entity =
	    e->entity < SCHEMA_ENTITIES ? s->by_id[e->entity] : NULL;
	const struct view_entity *ve =
	    entity ? view_entity_of(who->view, entity) : NULL;
	unsigned relations;

	return ve && !record_peek(d, entity, e->id, out) &&
	       !record_relations(d, who, out, &relations) &&
	       relations & view_range(ve);
}

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
	return !e->field_count;
}

bool known_change(struct desk *d, const struct caller *who,
    const struct entry_record *e, struct record *out)
{
	return e->touch == TOUCH_WRITE && known_record(d, who, e, out) &&
	       sees_any(view_entity_of(who->view, out->entity), out, e);
}

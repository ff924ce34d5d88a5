// SPDX-License-Identifier: MIT
/*
 * See scope.h.
 */
#include "server/data/scope.h"

#include "common/date.h"

enum err scope_fill(struct work *w, struct record *r)
{
	const struct field *branch = r->entity->branch_field;
	const struct field *owner = r->entity->owner_field;
	const struct caller *who = w->who;

	if (!r->entity->scoped)
		return ERR_OK;
	if (!r->cells[branch->slot].value.len && who->branch)
		cell_set(r, branch,
		    value_pack_ref(
			w->arena, who->branch, bytes_text(who->branch_code)));
	if (!r->cells[owner->slot].was && !r->cells[owner->slot].value.len)
		cell_set(r, owner,
		    value_pack_ref(
			w->arena, who->user, bytes_text(who->login)));
	if (!r->cells[branch->slot].value.len)
		findings_add(w->found, FINDING_ERROR, branch->key, "required",
		    "say which branch it belongs to");
	return w->arena->err;
}

/* That it was confirmed makes it no other. */
static bool is_another(const struct record *r, const struct field *f)
{
	const struct cell *c = &r->cells[f->slot];

	return r->is_new ||
	       (c->was && value_compare(f, c->value, c->was->value));
}

static void note_days(struct work *w, struct record *r)
{
	const struct entity *e = r->entity;
	char today[DATE_TEXT];

	date_format(w->today, today);
	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		if (f->day_of && is_another(r, f->day_of))
			cell_set(
			    r, f, value_pack_text(w->arena, bytes_text(today)));
	}
}

void scope_settle(struct work *w, struct record *r)
{
	const struct entity *e = r->entity;
	struct value_source values = record_source(w, r);

	if (e->scoped) {
		r->header.branch =
		    value_ref(r->cells[e->branch_field->slot].value);
		r->header.owner =
		    value_ref(r->cells[e->owner_field->slot].value);
		r->relations = relations_of(w->who->user, w->who->branch,
		    r->header.branch, r->header.owner);
	}
	note_days(w, r);
	r->header.flags &= (uint8_t)~ROW_VARIANT;
	if (e->variant && condition_holds(e, e->variant, &values, w->arena))
		r->header.flags |= ROW_VARIANT;
}

void scope_give(struct work *w, struct record *r, uint64_t user,
    const char *login, const char *rule, uint32_t version)
{
	const struct field *owner = r->entity->owner_field;
	struct bytes value =
	    user ? value_pack_ref(w->arena, user, bytes_text(login))
		 : BYTES_NONE;

	if (rule)
		work_move(r, owner, value, rule, version);
	else
		cell_set(r, owner, value);
	scope_settle(w, r);
}

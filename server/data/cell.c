// SPDX-License-Identifier: MIT
/*
 * One value of a record in another's place; what it was is kept beside it.
 * See work.h.
 */
#include "server/data/work.h"

void cell_replace(struct record *r, const struct field *f, struct bytes value)
{
	struct cell *c = &r->cells[f->slot];

	if (!c->was) {
		struct cell *was = arena_alloc(r->arena, sizeof *was);

		if (!was)
			return;
		*was = *c;
		c->was = was;
	}
	c->value = value;
	c->sealed = BYTES_NONE;
	c->overruled = BYTES_NONE;
	c->opened = true;
	r->is_changed = true;
}

void cell_set(struct record *r, const struct field *f, struct bytes value)
{
	struct cell *c = &r->cells[f->slot];
	bool was_sealed = !c->opened && c->sealed.len;

	if (was_sealed || !bytes_equal(c->value, value))
		cell_replace(r, f, value);
}

void cell_confirm(struct record *r, const struct field *f, struct bytes value)
{
	cell_replace(r, f, value);
	r->cells[f->slot].confirmed = true;
}

void cell_resume(
    struct record *r, const struct field *f, struct bytes overruled)
{
	struct cell *c = &r->cells[f->slot];

	if (!c->was)
		return;
	c->given = false;
	c->overruled = overruled;
}

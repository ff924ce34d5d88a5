// SPDX-License-Identifier: MIT
/*
 * From levels to fates.
 *
 * A field that the reader may not see is shared all the same when another is
 * computed from it that he may see: a sum tells of its parts.
 */
#include "server/selftest/fate.h"

#include "server/schema/book_rules.h"

#define DERIVED_DEPTH 6

/* Relations that hold between the reader and a row in each spot. */
static const unsigned relations[SPOTS] = {
	[SPOT_OWN] = RELATION_OWN | RELATION_BRANCH | RELATION_ALL,
	[SPOT_POOL] = RELATION_POOL | RELATION_BRANCH | RELATION_ALL,
	[SPOT_MATE] = RELATION_BRANCH | RELATION_ALL,
	[SPOT_FAR] = RELATION_ALL,
};

struct deciding {
	const struct schema *schema; /* the view's own */
	const struct view *view;
	enum spot spot;
};

static bool uses(const struct derive *d, const struct field *f)
{
	for (unsigned i = 0; i < d->from_count; i++)
		if (d->from[i] == f)
			return true;
	for (unsigned i = 0; i < d->part_count; i++)
		if (d->parts[i].field == f)
			return true;
	return false;
}

static unsigned own_bits(const struct deciding *d, const struct field *f)
{
	const struct view_entity *ve = view_entity_of(d->view, f->entity);
	unsigned set = relations[d->spot];

	if (!ve || !(set & view_range(ve)))
		return 0;
	return (view_level(ve, set, false, f) | view_level(ve, set, true, f)) &
	       (MAY_SEE | MAY_SEE_MASKED);
}

static unsigned bits_of(
    const struct deciding *d, const struct field *f, unsigned depth);

static bool is_another(void *ctx, const struct field *input)
{
	return input != ctx;
}

/* A rule of business tells of its inputs to whoever sees what it sets: it was
 * declassified. */
static bool tells_of(const struct book_rules *b, const struct book_rule *r,
    const struct field *f)
{
	return !book_each_input(b, r->when, is_another, (void *)(uintptr_t)f);
}

static unsigned bits_by_rules(
    const struct deciding *d, const struct field *f, unsigned depth)
{
	const struct book_rules *b = d->schema->rules;
	unsigned bits = 0;

	for (unsigned i = 0; b && i < b->count; i++)
		if (b->list[i].target != f && tells_of(b, &b->list[i], f) &&
		    bits_of(d, b->list[i].target, depth))
			bits |= MAY_SEE;
	return bits;
}

static unsigned bits_of(
    const struct deciding *d, const struct field *f, unsigned depth)
{
	unsigned bits = own_bits(d, f);

	for (unsigned i = 0; depth && i < d->schema->entity_count; i++) {
		const struct entity *e = &d->schema->entities[i];

		for (unsigned k = 0; k < e->field_count; k++)
			if (uses(&e->fields[k].derive, f) &&
			    bits_of(d, &e->fields[k], depth - 1))
				bits |= MAY_SEE;
	}
	return depth ? bits | bits_by_rules(d, f, depth - 1) : bits;
}

static enum fate fate_of(unsigned bits)
{
	return bits & MAY_SEE          ? FATE_SHARED
	       : bits & MAY_SEE_MASKED ? FATE_ALIKE
				       : FATE_SECRET;
}

static bool may_look_up(const struct deciding *d, const struct field *f)
{
	const struct view_entity *ve = view_entity_of(d->view, f->entity);
	unsigned set = relations[d->spot];
	struct grant g;

	return ve && f->sealed &&
	       (view_grant(ve, set, false, f, USE_SEARCH, &g) ||
		   view_grant(ve, set, true, f, USE_SEARCH, &g));
}

static void decide_entity(
    struct fates *out, const struct deciding *d, const struct entity *e)
{
	const struct view_entity *ve = view_entity_of(d->view, e);

	out->known[e->id][d->spot] = ve && relations[d->spot] & view_range(ve);
	for (unsigned i = 0; i < e->field_count; i++)
		out->looked_up[e->id][i] |= may_look_up(d, &e->fields[i]);
	for (unsigned i = 0; i < e->field_count; i++)
		out->of[e->id][d->spot][i] =
		    (uint8_t)fate_of(bits_of(d, &e->fields[i], DERIVED_DEPTH));
}

/* Who reads the log is told what was done, though not with which values. */
static bool may_differ(const struct view *view, enum spot spot)
{
	unsigned rights = view_rights(view, RELATION_ALL);

	if (spot != SPOT_FAR)
		rights |= view_rights(view, RELATION_BRANCH) |
			  view_rights(view, RELATION_OWN);
	return !(rights & RIGHT_AUDIT);
}

void fates_decide(
    struct fates *f, const struct schema *schema, const struct view *view)
{
	struct deciding d = { schema, view, 0 };

	for (unsigned at = 0; at < SPOTS; at++) {
		d.spot = (enum spot)at;
		f->may_differ[at] = may_differ(view, d.spot);
		for (unsigned i = 0; i < schema->entity_count; i++)
			decide_entity(f, &d, &schema->entities[i]);
	}
}

bool fates_hide(const struct fates *f, const struct entity *e, enum spot at)
{
	if (f->known[e->id][at])
		return false;
	for (unsigned i = 0; i < e->field_count; i++)
		if (f->of[e->id][at][i] != FATE_SECRET)
			return false;
	return true;
}

// SPDX-License-Identifier: MIT
/*
 * Third part of linking: what bounds a customer's credit (`credit:`).
 *
 * Which of the entity's fields say it is the company's to declare; that they
 * are of the kind that the rule reckons with is checked here, so that the
 * rule itself asks nothing.
 */
#include "server/schema/compile.h"

#define TRIES_USUAL 6

struct credit_reading {
	struct credit credit;
	const char *exposure, *limit, *days, *hold, *grade, *until, *up_to;
	struct bytes frozen;
};

/* Which key names which member, and of which type its field is. */
static const struct {
	const char *key;
	size_t from, to;
	enum field_type type;
} members[] = {
#define MEMBER(name, type)                                                     \
	{                                                                      \
#name, offsetof(struct credit_reading, name),                  \
		    offsetof(struct credit, name), type                        \
	}
	MEMBER(exposure, TYPE_DECIMAL),
	MEMBER(limit, TYPE_MONEY),
	MEMBER(days, TYPE_INT),
	MEMBER(hold, TYPE_BOOL),
	MEMBER(grade, TYPE_ENUM),
	MEMBER(until, TYPE_DATE),
	MEMBER(up_to, TYPE_MONEY),
#undef MEMBER
};

#define MEMBERS (sizeof members / sizeof *members)

static void link_member(struct compiler *c, const struct entity *e,
    const struct credit_reading *in, size_t at, struct credit *out)
{
	const char *name =
	    *(const char *const *)(const void *)((const char *)in +
						 members[at].from);
	const struct field *f;

	if (!name)
		return;
	f = compile_field(c, e, bytes_text(name));
	if (f && f->type != members[at].type)
		compile_fail(c, "credit: %s is a %s", members[at].key,
		    field_type_word(members[at].type));
	*(const struct field **)(void *)((char *)out + members[at].to) = f;
}

/* An addend's place on the statement is its date. */
static void check_exposure(struct compiler *c, const struct field *f)
{
	bool fits = f && f->derive.kind == DERIVE_SUM;

	for (unsigned i = 0; fits && i < f->derive.part_count; i++)
		fits =
		    f->derive.parts[i].by &&
		    f->derive.parts[i].child->parent_field->index & INDEX_PLAIN;
	if (!fits)
		compile_fail(c, "credit: exposure is a sum whose parts say "
				"by which date");
}

/* What the rule may open, of what is sealed. */
static void mark_weighed(const struct field *f)
{
	if (f)
		((struct field *)(uintptr_t)f)->weighed = true;
}

void compile_credit(struct compiler *c, struct entity *e, struct bytes packed)
{
#define READ(member) offsetof(struct credit_reading, member)
	static const struct key_row rows[] = {
		{ "exposure", key_text, READ(exposure), 0, 0 },
		{ "limit", key_text, READ(limit), 0, 0 },
		{ "days", key_text, READ(days), 0, 0 },
		{ "hold", key_text, READ(hold), 0, 0 },
		{ "grade", key_text, READ(grade), 0, 0 },
		{ "until", key_text, READ(until), 0, 0 },
		{ "up_to", key_text, READ(up_to), 0, 0 },
		{ "frozen", key_raw, READ(frozen), 0, 0 },
		{ "overdue", key_small, READ(credit.overdue), 1, 255 },
		{ "tries", key_small, READ(credit.tries), 1, 255 },
	};
#undef READ
	struct credit_reading in = { .credit.tries = TRIES_USUAL };
	struct credit *out = compile_array(c, 1, sizeof *out);

	compile_keys(c, packed, rows, sizeof rows / sizeof *rows, &in);
	if (!out || c->err)
		return;
	*out = in.credit;
	for (size_t i = 0; i < MEMBERS && !c->err; i++)
		link_member(c, e, &in, i, out);
	if (!c->err)
		check_exposure(c, out->exposure);
	if (!c->err && in.frozen.len)
		out->frozen = compile_condition(c, e, in.frozen);
	if (!c->err && !out->until != !out->up_to)
		compile_fail(c, "credit: a release has until and up_to");
	mark_weighed(out->limit);
	mark_weighed(out->up_to);
	e->credit = out;
}

/* --- how the exposure is reckoned ----------------------------------------*/

static bool is_same_condition(const struct cond *a, const struct cond *b)
{
	if (!a || !b)
		return a == b;
	if (a->op != b->op || a->count != b->count ||
	    !bytes_equal(a->field, b->field) ||
	    !bytes_equal(a->value, b->value))
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!is_same_condition(a->items[i], b->items[i]))
			return false;
	return true;
}

/* The figure that adds up by month what the part adds up at all. */
static const struct field *figure_like(
    const struct entity *e, const struct derive_part *part)
{
	for (unsigned i = 0; i < e->figure_count; i++) {
		const struct derive *d = &e->figures[i].derive;

		if (d->part_count == 1 && d->parts[0].field == part->field &&
		    d->parts[0].by == part->by && d->parts[0].sign > 0 &&
		    is_same_condition(d->parts[0].when, part->when))
			return &e->figures[i];
	}
	return NULL;
}

/* Its reference to a child that is a promise. */
static const struct field *promise_of(
    const struct derive *all, const struct entity *e)
{
	for (unsigned i = 0; i < e->field_count; i++)
		for (unsigned k = 0; k < all->part_count; k++)
			if (all->parts[k].sign > 0 && e->fields[i].ref &&
			    e->fields[i].ref == all->parts[k].child)
				return &e->fields[i];
	return NULL;
}

static bool is_never_negative(const struct field *f)
{
	const struct derive *d = &f->derive;
	struct decimal none = decimal_int(0), one = decimal_int(1);

	if (d->kind == DERIVE_NONE)
		return f->has_least && decimal_compare(&f->least, &none) >= 0;
	if (d->kind != DERIVE_SUM && d->kind != DERIVE_PRODUCT)
		return false;
	for (unsigned i = 0; i < d->part_count; i++)
		if (d->parts[i].sign < 0 ||
		    !is_never_negative(d->parts[i].field))
			return false;
	for (unsigned i = 0; i < d->from_count; i++)
		if (d->complement[i]
			? !d->from[i]->has_most ||
			      decimal_compare(&d->from[i]->most, &one) > 0
			: !is_never_negative(d->from[i]))
			return false;
	return true;
}

static bool is_found_by_day(const struct derive_part *part)
{
	return part->child->parent_field->index & INDEX_TIMED &&
	       part->by == part->child->time_field && part->by->required;
}

static void link_exposure(const struct entity *e, struct credit *credit)
{
	const struct derive *d = &credit->exposure->derive;

	credit->is_kept = true;
	for (unsigned i = 0; i < d->part_count; i++) {
		const struct derive_part *part = &d->parts[i];

		if (part->sign < 0)
			credit->pays[i] = promise_of(d, part->child);
		credit->kept[i] = figure_like(e, part);
		credit->is_kept &=
		    credit->kept[i] && is_found_by_day(part) &&
		    is_never_negative(part->field) &&
		    (!credit->pays[i] || credit->pays[i]->index & INDEX_PLAIN);
	}
}

void compile_accounts(struct compiler *c)
{
	for (unsigned i = 0; i < c->schema->entity_count; i++) {
		const struct entity *e = &c->entities[i];

		if (e->credit)
			link_exposure(e, (struct credit *)(uintptr_t)e->credit);
	}
}

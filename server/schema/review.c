// SPDX-License-Identifier: MIT
/*
 * What a record's parent keeps of its reviews (`reviews:`).
 *
 * That the fields are dates of the parent that a rule may set is checked
 * here, so that server/book asks nothing.
 */
#include "server/schema/compile.h"

struct review_reading {
	const char *last, *next;
	struct bytes when;
};

static const struct field *link_date(
    struct compiler *c, const struct entity *of, const char *name)
{
	const struct field *f =
	    name ? compile_field(c, of, bytes_text(name)) : NULL;

	if (!c->err && (!f || f->type != TYPE_DATE || f->sealed ||
			   f->derive.kind || f->is_auto || f->once))
		compile_fail(c, "reviews: last and next are dates of the "
				"parent that can be set");
	return f;
}

void compile_review(struct compiler *c, struct entity *e, struct bytes packed)
{
#define READ(member) offsetof(struct review_reading, member)
	static const struct key_row rows[] = {
		{ "last", key_text, READ(last), 0, 0 },
		{ "next", key_text, READ(next), 0, 0 },
		{ "when", key_raw, READ(when), 0, 0 },
	};
#undef READ
	struct review_reading in = { .when = BYTES_NONE };
	struct review *out = compile_array(c, 1, sizeof *out);

	compile_keys(c, packed, rows, sizeof rows / sizeof *rows, &in);
	if (!c->err &&
	    (!e->parent || !e->time_field || e->time_field->type != TYPE_DATE))
		compile_fail(c, "reviews: a child whose time is a date");
	if (!out || c->err)
		return;
	out->last = link_date(c, e->parent, in.last);
	if (!c->err)
		out->next = link_date(c, e->parent, in.next);
	if (!c->err && in.when.len)
		out->when = compile_condition(c, e, in.when);
	e->review = out;
}

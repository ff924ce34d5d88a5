// SPDX-License-Identifier: MIT
/*
 * Why a caller may do with a field what he may: the words of user.effective.
 *
 * Read off the roles as the document states them, line by line, beside the
 * compiled view's verdict; nothing here decides anything.
 */
#include "common/pack.h"
#include "server/access/directory.h"
#include "server/access/inside.h"

struct explain {
	const struct policies *roles;
	uint64_t held; /* roles, a bit each */
	const struct view *view;
	const struct field *field;
	bool variant;
	struct buf *out;
};

static bool is_held(const struct explain *x, unsigned at)
{
	return x->held >> at & 1;
}

/* One origin of a level: [role, relation, level, "class" or "field", line of
 * the role's grants, from 1]. */
static uint32_t explain_grant(
    const struct explain *x, const struct policy *p, unsigned line)
{
	const struct grant_rule *g = &p->grants[line];
	const struct field *f = x->field;
	bool by_field;
	unsigned bits = grant_bits(g, f, x->variant, &by_field);
	bool scoped = entity_is_scoped(f->entity);

	if (!bits || !grant_covers(g, f->entity))
		return 0;
	pack_array(x->out, 5);
	pack_cstr(x->out, p->role.key);
	pack_cstr(x->out, relation_word(scoped ? g->relation : RELATION_ALL));
	pack_cstr(x->out, level_word(bits));
	pack_cstr(x->out, by_field ? "field" : "class");
	pack_uint(x->out, line + 1);
	return 1;
}

static void explain_grants(const struct explain *x)
{
	size_t mark = pack_array_open(x->out);
	uint32_t count = 0;

	for (unsigned i = 0; i < x->roles->count; i++) {
		const struct policy *p = &x->roles->of[i];

		for (unsigned k = 0; is_held(x, i) && k < p->grant_count; k++)
			count += explain_grant(x, p, k);
	}
	pack_array_close(x->out, mark, count);
}

static void explain_denies(const struct explain *x)
{
	size_t mark = pack_array_open(x->out);
	uint32_t count = 0;

	for (unsigned i = 0; i < x->roles->count; i++) {
		const struct policy *p = &x->roles->of[i];

		if (!is_held(x, i) || !policy_denies(p, x->field, x->variant))
			continue;
		pack_cstr(x->out, p->role.key);
		count++;
	}
	pack_array_close(x->out, mark, count);
}

static void explain_levels(const struct explain *x)
{
	const struct view_entity *ve =
	    view_entity_of(x->view, x->field->entity);
	unsigned range = ve ? view_range(ve) : 0;
	size_t mark = pack_map_open(x->out);
	uint32_t count = 0;

	for (unsigned r = 1; r < RELATION_SETS; r <<= 1) {
		if (!(range & r))
			continue;
		pack_key_cstr(x->out, relation_word(r),
		    level_word(view_level(ve, r, x->variant, x->field)));
		count++;
	}
	pack_map_close(x->out, mark, count);
}

void directory_explain(const struct directory *d, uint64_t roles,
    const struct view *view, const struct field *f, struct buf *out)
{
	const char *const *classes = directory_schema(d)->classes;
	struct explain x = { directory_policies(d), roles, view, f, false,
		out };
	bool differs = f->class_of != f->class_variant;

	pack_map(out, differs ? 8 : 4);
	for (unsigned variant = 0; variant <= differs; variant++) {
		x.variant = variant;
		pack_key_cstr(out, variant ? "variant_class" : "class",
		    classes[variant ? f->class_variant : f->class_of]);
		pack_cstr(out, variant ? "variant_levels" : "levels");
		explain_levels(&x);
		pack_cstr(out, variant ? "variant_grants" : "grants");
		explain_grants(&x);
		pack_cstr(out, variant ? "variant_denies" : "denies");
		explain_denies(&x);
	}
}

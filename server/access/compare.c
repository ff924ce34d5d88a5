// SPDX-License-Identifier: MIT
/*
 * Two views side by side, cell by cell.  See compare.h.
 *
 * Levels are looked up where the relation alone holds: that is what a line
 * of the role file says, and what its reader compares.
 */
#include "server/access/compare.h"

#include "common/pack.h"

struct compare {
	const struct view *before, *after;
	struct buf *out;
	uint32_t count;
};

static unsigned level_in(const struct view *v, const struct field *f,
    unsigned relation, bool variant)
{
	const struct view_entity *ve =
	    view_entity(v, bytes_text(f->entity->key));
	const struct field *same =
	    ve ? entity_field(view_entity_schema(ve), bytes_text(f->key))
	       : NULL;

	return same ? view_level(ve, relation, variant, same) : 0;
}

static void compare_level(
    struct compare *c, const struct field *f, unsigned relation, bool variant)
{
	unsigned before = level_in(c->before, f, relation, variant);
	unsigned after = level_in(c->after, f, relation, variant);

	if (before == after)
		return;
	pack_map(c->out, variant ? 6 : 5);
	pack_key_cstr(c->out, "entity", f->entity->key);
	pack_key_cstr(c->out, "field", f->key);
	pack_key_cstr(c->out, "on", relation_word(relation));
	pack_key_cstr(c->out, "before", level_word(before));
	pack_key_cstr(c->out, "after", level_word(after));
	if (variant)
		pack_key_bool(c->out, "variant", true);
	c->count++;
}

static void compare_field(struct compare *c, const struct field *f)
{
	bool differs = f->class_of != f->class_variant;

	for (unsigned r = 1; r < RELATION_SETS; r <<= 1) {
		compare_level(c, f, r, false);
		if (differs)
			compare_level(c, f, r, true);
	}
}

void compare_levels(const struct schema *schema, const struct view *before,
    const struct view *after, struct buf *out)
{
	struct compare c = { before, after, out, 0 };
	size_t mark = pack_array_open(out);

	for (unsigned i = 0; i < schema->entity_count; i++) {
		const struct entity *e = &schema->entities[i];

		for (unsigned k = 0; k < e->field_count; k++)
			compare_field(&c, &e->fields[k]);
	}
	pack_array_close(out, mark, c.count);
}

/* --- rights --------------------------------------------------------------*/

/* Where it would hold of itself already. */
static unsigned wider(unsigned relation)
{
	if (relation == RELATION_POOL)
		return RELATION_BRANCH;
	return relation == RELATION_ALL ? 0 : RELATION_ALL;
}

/* What holds of `relation` in `e` and does not hold more widely anyway; 0 and
 * NULL: of the roles by themselves, in every entity. */
static unsigned rights_in(
    const struct view *v, unsigned relation, const struct entity *e)
{
	const struct view_entity *ve =
	    e ? view_entity(v, bytes_text(e->key)) : NULL;
	unsigned everywhere = view_rights(v, relation);

	if (ve)
		return view_entity_rights(ve, relation) &
		       ~view_entity_rights(ve, wider(relation)) & ~everywhere;
	if (e)
		return 0;
	return relation ? everywhere & ~view_rights(v, wider(relation))
			: everywhere;
}

static void compare_right(struct compare *c, unsigned right, bool is_after,
    unsigned relation, const struct entity *e)
{
	pack_map(c->out, 3u + (relation != 0) + (e != NULL));
	pack_key_cstr(c->out, "right", right_word(right));
	if (relation)
		pack_key_cstr(c->out, "on", relation_word(relation));
	if (e)
		pack_key_cstr(c->out, "entity", e->key);
	pack_key_bool(c->out, "before", !is_after);
	pack_key_bool(c->out, "after", is_after);
	c->count++;
}

static void compare_set(
    struct compare *c, unsigned relation, const struct entity *e)
{
	unsigned before = rights_in(c->before, relation, e);
	unsigned after = rights_in(c->after, relation, e);

	for (unsigned right = 1; right <= RIGHT_LAST; right <<= 1) {
		if ((before ^ after) & right)
			compare_right(c, right, after & right, relation, e);
	}
}

void compare_rights(const struct schema *schema, const struct view *before,
    const struct view *after, struct buf *out)
{
	struct compare c = { before, after, out, 0 };
	size_t mark = pack_array_open(out);

	compare_set(&c, 0, NULL);
	for (unsigned r = 1; r < RELATION_SETS; r <<= 1) {
		compare_set(&c, r, NULL);
		for (unsigned i = 0; i < schema->entity_count; i++)
			compare_set(&c, r, &schema->entities[i]);
	}
	pack_array_close(out, mark, c.count);
}

static void pack_bound(struct buf *out, const char *key, uint64_t most)
{
	pack_cstr(out, key);
	if (most == QUOTA_NONE)
		pack_nil(out);
	else
		pack_uint(out, most);
}

void compare_quotas(
    const struct view *before, const struct view *after, struct buf *out)
{
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	for (enum quota_kind k = 0; k < QUOTA_KINDS; k++) {
		uint64_t was = view_quota(before, k), is = view_quota(after, k);

		if (was == is)
			continue;
		pack_map(out, 3);
		pack_key_cstr(out, "kind", quota_word(k));
		pack_bound(out, "before", was);
		pack_bound(out, "after", is);
		count++;
	}
	pack_array_close(out, mark, count);
}

static bool waits(const struct view *v, const char *key)
{
	const struct view_entity *ve = view_entity(v, bytes_text(key));

	return ve && view_waits(ve);
}

void compare_waits(const struct schema *schema, const struct view *before,
    const struct view *after, struct buf *out)
{
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	for (unsigned i = 0; i < schema->entity_count; i++) {
		const char *key = schema->entities[i].key;

		if (waits(before, key) == waits(after, key))
			continue;
		pack_map(out, 3);
		pack_key_cstr(out, "entity", key);
		pack_key_bool(out, "before", waits(before, key));
		pack_key_bool(out, "after", waits(after, key));
		count++;
	}
	pack_array_close(out, mark, count);
}

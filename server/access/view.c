// SPDX-License-Identifier: MIT
/*
 * Compiling roles into tables, and looking decisions up in them.
 *
 * For each entity: levels[variant][set of relations][slot], one byte each.
 * The four single relations are filled from the grants, then cleared where a
 * role denies, then every set is the OR of its members.  Outside that no
 * code unites anything, so a row's level is one load.
 *
 * Relations imply others: what is his own is also any row, and a pool row
 * lies in the branch.  A range therefore has at each of its relations what
 * the relation and those it implies give together; a row met by the range
 * never has less.
 */
#include "server/access/view.h"
#include "server/access/role.h"

#include "common/digest.h"
#include "common/log.h"

struct view_entity {
	const struct entity *entity; /* NULL: the caller knows nothing of it */
	const struct view *view;
	const uint8_t *levels; /* [variant][set][slot] */
	unsigned range;
	bool waits;
	unsigned rights[RELATION_SETS];
};

struct view {
	const struct schema *schema;
	struct view_entity of[SCHEMA_ENTITIES];
	unsigned rights[RELATION_SETS];
	uint64_t quota[QUOTA_KINDS];
	uint64_t fingerprint;
};

/* What a use needs: any of the bits. */
static const uint8_t needed[USE_COUNT] = {
	[USE_PROJECT] = MAY_SEE | MAY_SEE_MASKED,
	[USE_FILTER] = MAY_SEE,
	[USE_SORT] = MAY_SEE,
	[USE_GROUP] = MAY_SEE,
	[USE_AGGREGATE] = MAY_SEE,
	[USE_SEARCH] = MAY_SEE | MAY_SEE_MASKED,
	[USE_JOIN] = MAY_SEE,
	[USE_UNIQUE] = MAY_SET | MAY_SET_NEW,
	[USE_SET] = MAY_SET,
	[USE_SET_NEW] = MAY_SET | MAY_SET_NEW,
	[USE_COPY] = MAY_SEE,
	[USE_TEMPLATE] = MAY_SEE,
};

/* Relations that hold wherever this one does. */
static unsigned with_implied(unsigned relation)
{
	if (relation == RELATION_POOL)
		return RELATION_POOL | RELATION_BRANCH | RELATION_ALL;
	return relation | RELATION_ALL;
}

/* --- compiling -----------------------------------------------------------*/

struct compile {
	const struct policies *roles;
	uint64_t chosen; /* a bit a role */
	uint64_t denying;
	struct arena *arena;
};

static size_t place(const struct entity *e, bool variant, unsigned set)
{
	return ((variant ? RELATION_SETS : 0u) + set) * (size_t)e->field_count;
}

static void add_grant(const struct grant_rule *g, const struct entity *e,
    unsigned relation, uint8_t *levels)
{
	for (unsigned variant = 0; variant < 2; variant++) {
		uint8_t *at = levels + place(e, variant, relation);

		for (unsigned i = 0; i < e->field_count; i++)
			at[i] |= (uint8_t)grant_bits(
			    g, &e->fields[i], variant, NULL);
	}
}

static void take_denied(
    const struct policy *p, const struct entity *e, uint8_t *levels)
{
	for (unsigned variant = 0; variant < 2; variant++) {
		for (unsigned i = 0; i < e->field_count; i++) {
			if (!policy_denies(p, &e->fields[i], variant))
				continue;
			for (unsigned r = 1; r < RELATION_SETS; r <<= 1)
				levels[place(e, variant, r) + i] = 0;
		}
	}
}

static void unite_levels(const struct entity *e, uint8_t *levels)
{
	for (unsigned variant = 0; variant < 2; variant++) {
		for (unsigned set = 1; set < RELATION_SETS; set++) {
			unsigned low = set & -set;
			const uint8_t *a = levels + place(e, variant, low);
			const uint8_t *b =
			    levels + place(e, variant, set ^ low);
			uint8_t *to = levels + place(e, variant, set);

			for (unsigned i = 0; i < e->field_count; i++)
				to[i] = a[i] | b[i];
		}
	}
}

static void unite_rights(unsigned rights[static RELATION_SETS], unsigned base)
{
	rights[0] |= base;
	for (unsigned set = 1; set < RELATION_SETS; set++)
		rights[set] |= rights[set & -set] | rights[set & (set - 1)];
}

static unsigned reach(const struct entity *e, const uint8_t *levels)
{
	unsigned range = 0;

	for (unsigned variant = 0; variant < 2; variant++) {
		for (unsigned r = 1; r < RELATION_SETS; r <<= 1) {
			const uint8_t *at = levels + place(e, variant, r);

			for (unsigned i = 0; i < e->field_count; i++)
				range |= at[i] ? r : 0;
		}
	}
	return range;
}

static bool is_chosen(const struct compile *c, unsigned at)
{
	return c->chosen >> at & 1;
}

static unsigned base_rights(const struct compile *c)
{
	unsigned rights = 0;

	for (unsigned i = 0; i < c->roles->count; i++) {
		if (is_chosen(c, i))
			rights |= c->roles->of[i].role.rights;
	}
	return rights;
}

static void add_role(const struct policy *p, struct view_entity *ve,
    bool scoped, uint8_t *levels)
{
	for (unsigned i = 0; i < p->grant_count; i++) {
		const struct grant_rule *g = &p->grants[i];
		unsigned relation = scoped ? g->relation : RELATION_ALL;

		if (!grant_covers(g, ve->entity))
			continue;
		add_grant(g, ve->entity, relation, levels);
		ve->rights[relation] |= g->rights;
	}
}

static bool lets_enter(const struct policy *p, const struct entity *e)
{
	for (unsigned i = 0; i < p->grant_count; i++)
		for (unsigned f = 0; f < e->field_count; f++)
			if (grant_covers(&p->grants[i], e) &&
			    grant_bits(
				&p->grants[i], &e->fields[f], false, NULL) &
				(MAY_SET | MAY_SET_NEW))
				return true;
	return false;
}

static bool compile_waits(const struct compile *c, const struct entity *e)
{
	bool waits = false;

	for (unsigned i = 0; e->approval_field && i < c->roles->count; i++) {
		const struct policy *p = &c->roles->of[i];

		if (!is_chosen(c, i) || !lets_enter(p, e))
			continue;
		if (!(p->waits >> e->id & 1))
			return false;
		waits = true;
	}
	return waits;
}

static enum err compile_entity(
    const struct compile *c, const struct entity *e, struct view_entity *ve)
{
	size_t size = place(e, true, RELATION_SETS);
	uint8_t *levels = arena_alloc(c->arena, size ? size : 1);
	bool scoped = entity_is_scoped(e);

	if (!levels)
		return ERR_TOO_LARGE;
	ve->entity = e;
	for (unsigned i = 0; i < c->roles->count; i++) {
		if (is_chosen(c, i))
			add_role(&c->roles->of[i], ve, scoped, levels);
	}
	for (unsigned i = 0; i < c->roles->count; i++) {
		if ((c->chosen | c->denying) >> i & 1)
			take_denied(&c->roles->of[i], e, levels);
	}
	ve->range = reach(e, levels);
	unite_levels(e, levels);
	unite_rights(ve->rights, base_rights(c));
	ve->levels = levels;
	ve->waits = compile_waits(c, e);
	if (!ve->range)
		ve->entity = NULL;
	return ERR_OK;
}

static void compile_rights(const struct compile *c, struct view *v)
{
	for (unsigned i = 0; i < c->roles->count; i++) {
		const struct policy *p = &c->roles->of[i];

		for (unsigned k = 0; is_chosen(c, i) && k < p->grant_count;
		     k++) {
			if (p->grants[k].everywhere)
				v->rights[p->grants[k].relation] |=
				    p->grants[k].rights;
		}
	}
	unite_rights(v->rights, base_rights(c));
}

static void compile_quota(const struct compile *c, struct view *v)
{
	for (unsigned i = 0; i < c->roles->count; i++) {
		const uint64_t *of = c->roles->of[i].role.quota;

		for (unsigned k = 0; is_chosen(c, i) && k < QUOTA_KINDS; k++)
			if (v->quota[k] < of[k])
				v->quota[k] = of[k];
	}
}

/* Cells of (field, variant, relation, level) on their way into a digest. */
struct cells {
	struct digest sum;
	uint8_t of[64][8];
	size_t count;
};

static void mix_cells(struct cells *c)
{
	struct bytes parts[] = { bytes_of(c->sum.of, DIGEST_SIZE),
		bytes_of(c->of, c->count * sizeof(c->of[0])) };

	digest_parts(parts, 2, &c->sum);
	c->count = 0;
}

/* Everything that is not none, so that hidden fields may come and go; single
 * relations are enough, the sets follow from them. */
static void mix_levels(const struct view_entity *ve, bool variant,
    unsigned relation, struct cells *c)
{
	const struct entity *e = ve->entity;
	const uint8_t *at = ve->levels + place(e, variant, relation);

	for (unsigned i = 0; i < e->field_count; i++) {
		uint8_t *cell = c->of[c->count];

		if (!at[i])
			continue;
		put_be32(cell, e->fields[i].bound);
		cell[4] = variant;
		cell[5] = (uint8_t)relation;
		put_be16(cell + 6, at[i]);
		if (++c->count == sizeof(c->of) / sizeof(c->of[0]))
			mix_cells(c);
	}
}

static void compile_fingerprint(struct view *v)
{
	struct cells cells = { .count = 0 };

	for (unsigned i = 0; i < SCHEMA_ENTITIES; i++) {
		for (unsigned r = 1; r < RELATION_SETS; r <<= 1) {
			if (!v->of[i].entity)
				continue;
			mix_levels(&v->of[i], false, r, &cells);
			mix_levels(&v->of[i], true, r, &cells);
		}
	}
	mix_cells(&cells);
	v->fingerprint = get_be64(cells.sum.of);
}
enum err view_compile(const struct schema *schema, const struct policies *roles,
    uint64_t chosen, uint64_t denying, struct arena *a, const struct view **out)
{
	struct compile c = { roles, chosen, denying, a };
	struct view *v = arena_alloc(a, sizeof(*v));

	if (!v)
		return ERR_TOO_LARGE;
	v->schema = schema;
	for (unsigned i = 0; i < schema->entity_count; i++) {
		const struct entity *e = &schema->entities[i];
		enum err err = compile_entity(&c, e, &v->of[e->id]);

		if (err != ERR_OK)
			return err;
		v->of[e->id].view = v;
	}
	compile_rights(&c, v);
	compile_quota(&c, v);
	compile_fingerprint(v);
	*out = v;
	return ERR_OK;
}

/* --- asking --------------------------------------------------------------*/

const struct view_entity *view_entity(const struct view *v, struct bytes key)
{
	const struct entity *e = schema_entity(v->schema, key);

	return e ? view_entity_of(v, e) : NULL;
}

const struct view_entity *view_entity_of(
    const struct view *v, const struct entity *e)
{
	const struct view_entity *ve = &v->of[e->id];

	return ve->entity == e ? ve : NULL;
}

const struct entity *view_entity_schema(const struct view_entity *ve)
{
	return ve->entity;
}

bool view_waits(const struct view_entity *ve)
{
	return ve->waits;
}

unsigned view_range(const struct view_entity *ve)
{
	return ve->range;
}

const uint8_t *view_levels(
    const struct view_entity *ve, unsigned relations, bool variant)
{
	/* A relation outside the range has nothing but zeros. */
	return ve->levels +
	       place(ve->entity, variant, relations & (RELATION_SETS - 1));
}

unsigned view_level(const struct view_entity *ve, unsigned relations,
    bool variant, const struct field *f)
{
	ASSERT(f->entity == ve->entity);
	return view_levels(ve, relations, variant)[f->slot];
}

const struct field *view_field(const struct view_entity *ve, struct bytes key)
{
	const struct field *f = entity_field(ve->entity, key);

	if (!f)
		return NULL;
	if (!view_level(ve, ve->range, false, f) &&
	    !view_level(ve, ve->range, true, f))
		return NULL;
	return f;
}

static bool permits(unsigned bits, unsigned rights, enum use u)
{
	if (u >= USE_COUNT || !(bits & needed[u]))
		return false;
	return u != USE_SEARCH || (rights & RIGHT_LOOKUP);
}

static bool hand_out(
    const struct field *f, unsigned bits, enum use u, struct grant *out)
{
	*out = (struct grant){ f, (uint8_t)bits, (uint8_t)u };
	return true;
}

bool view_grant(const struct view_entity *ve, unsigned relations, bool variant,
    const struct field *f, enum use u, struct grant *out)
{
	unsigned bits = view_level(ve, relations, variant, f);
	unsigned rights = ve->rights[relations & (RELATION_SETS - 1)];

	*out = (struct grant){ NULL, 0, 0 };
	return permits(bits, rights, u) && hand_out(f, bits, u, out);
}

bool view_grant_weighed(const struct field *f, struct grant *out)
{
	*out = (struct grant){ NULL, 0, 0 };
	return (f->weighed || f->decides) &&
	       hand_out(f, MAY_SEE, USE_WEIGH, out);
}

/* Who sees in clear may see masked; who sets at any time, at first. */
static unsigned with_lesser(unsigned bits)
{
	if (bits & MAY_SEE)
		bits |= MAY_SEE_MASKED;
	if (bits & MAY_SET)
		bits |= MAY_SET_NEW;
	return bits;
}

bool view_grant_range(const struct view_entity *ve, unsigned range,
    const struct field *f, enum use u, struct grant *out)
{
	unsigned common = ~0u;

	*out = (struct grant){ NULL, 0, 0 };
	if (!range || range & ~(RELATION_SETS - 1u))
		return false;
	for (unsigned r = 1; r < RELATION_SETS; r <<= 1) {
		unsigned set = with_implied(r);

		if (!(range & r))
			continue;
		for (unsigned variant = 0; variant < 2; variant++) {
			unsigned bits = view_level(ve, set, variant, f);

			if (!permits(bits, ve->rights[set], u))
				return false;
			common &= with_lesser(bits);
		}
	}
	return hand_out(f, common, u, out);
}

static unsigned rights_in(const unsigned *rights, unsigned relations)
{
	unsigned common = ~0u;

	if (!relations)
		return rights[0];
	for (unsigned r = 1; r < RELATION_SETS; r <<= 1) {
		if (relations & r)
			common &= rights[with_implied(r)];
	}
	return common;
}

unsigned view_rights(const struct view *v, unsigned relations)
{
	return rights_in(v->rights, relations & (RELATION_SETS - 1));
}

unsigned view_entity_rights(const struct view_entity *ve, unsigned relations)
{
	return rights_in(ve->rights, relations & (RELATION_SETS - 1));
}

unsigned view_row_rights(const struct view_entity *ve, unsigned relations)
{
	return ve->rights[relations & (RELATION_SETS - 1)];
}

uint64_t view_quota(const struct view *v, enum quota_kind kind)
{
	return v->quota[kind];
}

uint64_t view_fingerprint(const struct view *v)
{
	return v->fingerprint;
}

// SPDX-License-Identifier: MIT
/*
 * The view against a second, naive implementation.
 *
 * From a seed come a random schema and random roles, as a model and as the
 * YAML that states it.  The naive side looks at the model alone and decides
 * each (roles, entity, field, variant, relations, use) from the sentences of
 * the design; every cell of the compiled view must say the same.  The seed
 * is printed; KEHU_SEED repeats a run, KEHU_CASES makes it longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/access/role.h"
#include "server/access/view.h"

#define CLASSES  5
#define ENTITIES 4
#define FIELDS   4
#define ROLES    4
#define GRANTS   4

static const char *const relations[] = { "own", "pool", "branch", "all" };
static const char *const levels[] = { "none", "masked", "enter", "read",
	"create", "write" };
static const unsigned level_bits[] = { 0, 1, 1 | 4 | 8, 2, 2 | 8, 2 | 4 | 8 };

struct model_grant {
	unsigned relation; /* 0..3 */
	bool lists;        /* entities */
	bool covers[ENTITIES];
	int of_class[CLASSES];          /* level */
	int of_field[ENTITIES][FIELDS]; /* level, -1: not given */
	bool lookup;
};

struct model {
	uint64_t seed;
	int class_of[ENTITIES][FIELDS], class_variant[ENTITIES][FIELDS];
	bool shown[ENTITIES][FIELDS];
	struct {
		unsigned grants;
		struct model_grant grant[GRANTS];
		bool deny[CLASSES];
		bool lookup;
	} role[ROLES];
};

/* e0 is scoped, e1 hangs on it, e2 hangs on e1, e3 is the company's. */
static const bool is_scoped[ENTITIES] = { true, true, true, false };

struct fixture {
	struct model model;
	struct buf yaml, document;
	struct schema *schema;
	struct arena arena;
	struct policies roles;
};

static unsigned chance(struct model *m, unsigned below)
{
	uint64_t z = m->seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ z >> 31) % below);
}

/* --- making --------------------------------------------------------------*/

static void make_grant(struct model *m, struct model_grant *g)
{
	g->relation = chance(m, 4);
	g->lists = chance(m, 3) == 0;
	g->lookup = chance(m, 3) == 0;
	for (int c = 0; c < CLASSES; c++)
		g->of_class[c] = chance(m, 2) ? (int)chance(m, 6) : 0;
	for (int e = 0; e < ENTITIES; e++) {
		g->covers[e] = !g->lists || chance(m, 2);
		for (int f = 0; f < FIELDS; f++)
			g->of_field[e][f] = g->covers[e] && !chance(m, 12)
						? (int)chance(m, 6)
						: -1;
	}
}

static void make_model(struct model *m, uint64_t seed)
{
	memset(m, 0, sizeof(*m));
	m->seed = seed;
	for (int e = 0; e < ENTITIES; e++) {
		for (int f = 0; f < FIELDS; f++) {
			/* The last class is one that no role knows of. */
			m->class_of[e][f] = (int)chance(m, CLASSES);
			m->class_variant[e][f] = e == 0
						     ? (int)chance(m, CLASSES)
						     : m->class_of[e][f];
			m->shown[e][f] = chance(m, 6) == 0;
		}
	}
	for (int r = 0; r < ROLES; r++) {
		m->role[r].grants = chance(m, GRANTS + 1);
		m->role[r].lookup = chance(m, 6) == 0;
		for (int c = 0; c < CLASSES; c++)
			m->role[r].deny[c] = chance(m, 10) == 0;
		for (unsigned g = 0; g < m->role[r].grants; g++)
			make_grant(m, &m->role[r].grant[g]);
	}
}

static void __attribute__((format(printf, 2, 3)))
say(struct buf *b, const char *format, ...)
{
	char line[400];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buf_append_text(b, line);
}

static void write_schema(struct buf *b, const struct model *m)
{
	static const char *const heads[ENTITIES] = {
		"scoped: true, subject: e0, branch: br, owner: ow, "
		"variant: [\"=\", f0, x],",
		"subject: e0, parent: e0,", "subject: e0, parent: e1,",
		"number: { field: f0 },"
	};
	say(b, "classes: [c0, c1, c2, c3, c4, cz]\nentities:\n");
	for (int e = 0; e < ENTITIES; e++) {
		say(b, "  e%d: { id: %d, label: [a, b], %s fields: {\n", e,
		    e + 1, heads[e]);
		for (int f = 0; f < FIELDS; f++)
			say(b,
			    "    f%d: { id: %d, label: [a, b], type: text, "
			    "max: 9, class: c%d, variant_class: c%d%s },\n",
			    f, f + 1, m->class_of[e][f], m->class_variant[e][f],
			    m->shown[e][f] ? ", mask: shown" : "");
		if (e == 0)
			say(b,
			    "    br: { id: 8, label: [a, b], type: ref, ref: "
			    "e3, class: cz },\n    ow: { id: 9, label: [a, b], "
			    "type: ref, ref: user, class: cz }\n");
		if (e == 1 || e == 2)
			say(b,
			    "    e%d: { id: 9, label: [a, b], type: ref, ref: "
			    "e%d, class: cz, once: true, required: true }\n",
			    e - 1, e - 1);
		say(b, "  } }\n");
	}
}

static void write_grant(struct buf *b, const struct model_grant *g)
{
	say(b, "      - { on: %s, levels: {", relations[g->relation]);
	for (int c = 0; c < CLASSES; c++)
		if (g->of_class[c])
			say(b, " c%d: %s,", c, levels[g->of_class[c]]);
	say(b, " }, fields: {");
	for (int e = 0; e < ENTITIES; e++)
		for (int f = 0; f < FIELDS; f++)
			if (g->of_field[e][f] >= 0)
				say(b, " e%d.f%d: %s,", e, f,
				    levels[g->of_field[e][f]]);
	say(b, " }, rights: [%s]", g->lookup ? "lookup" : "");
	if (g->lists) {
		say(b, ", entities: [");
		for (int e = 0; e < ENTITIES; e++)
			if (g->covers[e])
				say(b, "e%d, ", e);
		say(b, "]");
	}
	say(b, " }\n");
}

static void write_roles(struct buf *b, const struct model *m)
{
	say(b, "roles:\n");
	for (int r = 0; r < ROLES; r++) {
		say(b, "  r%d:\n    rights: [%s]\n    deny: [", r,
		    m->role[r].lookup ? "lookup" : "");
		for (int c = 0; c < CLASSES; c++)
			if (m->role[r].deny[c])
				say(b, "c%d, ", c);
		say(b, "]\n");
		if (m->role[r].grants)
			say(b, "    grants:\n");
		for (unsigned g = 0; g < m->role[r].grants; g++)
			write_grant(b, &m->role[r].grant[g]);
	}
}

static void open_fixture(struct fixture *f, uint64_t seed)
{
	char message[200] = "";
	make_model(&f->model, seed);
	buf_init(&f->yaml, 1 << 18);
	buf_init(&f->document, 1 << 18);
	arena_init(&f->arena, 65536, 1 << 24);
	write_schema(&f->yaml, &f->model);
	write_roles(&f->yaml, &f->model);
	enum err e = document_parse(
	    buf_bytes(&f->yaml), &f->document, message, sizeof(message));
	if (e == ERR_OK)
		e = schema_compile(buf_bytes(&f->document), 1, &f->schema,
		    message, sizeof(message));
	if (e == ERR_OK)
		e = policies_parse(f->schema->document, f->schema, &f->arena,
		    &f->roles, message, sizeof(message));
	if (e != ERR_OK)
		fail_msg("seed %llu: %s", (unsigned long long)seed, message);
}

static void close_fixture(struct fixture *f)
{
	schema_free(f->schema);
	buf_release(&f->yaml);
	buf_release(&f->document);
	arena_release(&f->arena);
}

/* --- the naive side ------------------------------------------------------*/

static unsigned naive_bits(const struct model *m, const struct model_grant *g,
    int e, int f, bool variant)
{
	int level = g->of_field[e][f];
	if (level < 0)
		level = g->of_class[variant ? m->class_variant[e][f]
					    : m->class_of[e][f]];
	unsigned bits = level_bits[level];
	if (m->shown[e][f] && (bits & 1))
		bits = (bits | 2) & ~1u;
	return bits;
}

/* A grant speaks of a row if its relation holds there; to what belongs to
 * nobody every relation is "any row". */
static bool naive_applies(const struct model_grant *g, int e, unsigned holding)
{
	if (!g->covers[e])
		return false;
	return is_scoped[e] ? holding >> g->relation & 1 : holding >> 3 & 1;
}

static unsigned naive_level(const struct model *m, unsigned chosen, int e,
    int f, bool variant, unsigned holding)
{
	int class = variant ? m->class_variant[e][f] : m->class_of[e][f];
	unsigned bits = 0;
	for (int r = 0; r < ROLES; r++) {
		if (!(chosen >> r & 1))
			continue;
		if (m->role[r].deny[class])
			return 0;
		for (unsigned g = 0; g < m->role[r].grants; g++)
			if (naive_applies(&m->role[r].grant[g], e, holding))
				bits |= naive_bits(
				    m, &m->role[r].grant[g], e, f, variant);
	}
	return bits;
}

static bool naive_lookup(
    const struct model *m, unsigned chosen, int e, unsigned holding)
{
	for (int r = 0; r < ROLES; r++) {
		if (!(chosen >> r & 1))
			continue;
		if (m->role[r].lookup)
			return true;
		for (unsigned g = 0; g < m->role[r].grants; g++)
			if (m->role[r].grant[g].lookup &&
			    naive_applies(&m->role[r].grant[g], e, holding))
				return true;
	}
	return false;
}

static bool naive_use(unsigned bits, bool lookup, enum use u)
{
	switch (u) {
	case USE_PROJECT:
		return bits & 3;
	case USE_SEARCH:
		return lookup && (bits & 3);
	case USE_SET:
		return bits & 4;
	case USE_SET_NEW:
	case USE_UNIQUE:
		return bits & 12;
	default:
		return bits & 2;
	}
}

/* Every set of relations that a row met by the range can have. */
static bool naive_range(const struct model *m, unsigned chosen, int e, int f,
    unsigned range, enum use u)
{
	for (unsigned holding = 8; holding < 16; holding++) {
		bool is_pool = holding & 2, is_branch = holding & 4;
		if (!(holding & range) || (is_pool && !is_branch))
			continue;
		for (int variant = 0; variant < 2; variant++) {
			unsigned bits =
			    naive_level(m, chosen, e, f, variant, holding);
			if (!naive_use(
				bits, naive_lookup(m, chosen, e, holding), u))
				return false;
		}
	}
	return true;
}

/* --- comparing -----------------------------------------------------------*/

static bool naive_knows(const struct model *m, unsigned chosen, int e, int f)
{
	return naive_level(m, chosen, e, f, false, 15) ||
	       naive_level(m, chosen, e, f, true, 15);
}

static void compare_field(const struct fixture *x, unsigned chosen, int e,
    int f, const struct view_entity *ve)
{
	const struct model *m = &x->model;
	char key[8];
	snprintf(key, sizeof(key), "f%d", f);
	const struct field *field =
	    entity_field(view_entity_schema(ve), bytes_text(key));
	const struct field *seen = view_field(ve, bytes_text(key));
	struct grant g;
	assert_true(seen == (naive_knows(m, chosen, e, f) ? field : NULL));
	for (unsigned holding = 0; holding < 16; holding++) {
		for (int variant = 0; variant < 2; variant++) {
			unsigned bits =
			    naive_level(m, chosen, e, f, variant, holding);
			assert_int_equal(
			    view_level(ve, holding, variant, field), bits);
			bool lookup = naive_lookup(m, chosen, e, holding);
			for (unsigned u = 0; u < USE_COUNT; u++) {
				bool given = view_grant(
				    ve, holding, variant, field, u, &g);
				assert_int_equal(
				    given, naive_use(bits, lookup, u));
				assert_true(g.field == (given ? field : NULL));
			}
		}
		for (unsigned u = 0; holding && u < USE_COUNT; u++) {
			bool given =
			    view_grant_range(ve, holding, field, u, &g);
			assert_int_equal(
			    given, naive_range(m, chosen, e, f, holding, u));
			assert_true(!given || g.bits);
		}
	}
	assert_false(view_grant_range(ve, 0, field, USE_PROJECT, &g));
}

static void compare_entity(
    const struct fixture *x, unsigned chosen, int e, const struct view *v)
{
	char key[8];
	snprintf(key, sizeof(key), "e%d", e);
	const struct view_entity *ve = view_entity(v, bytes_text(key));
	bool any = false;
	for (int f = 0; f < FIELDS; f++)
		any = any || naive_knows(&x->model, chosen, e, f);
	assert_int_equal(ve != NULL, any);
	if (!ve)
		return;
	assert_null(view_field(ve, bytes_text("f9")));
	for (int f = 0; f < FIELDS; f++)
		compare_field(x, chosen, e, f, ve);
}

static unsigned long number_from(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void test_compiled_view_equals_naive_rules(void **state)
{
	unsigned long seed = number_from("KEHU_SEED", 20261122);
	unsigned long cases = number_from("KEHU_CASES", 60);
	(void)state;
	print_message("seed %lu\n", seed);
	for (unsigned long i = 0; i < cases; i++) {
		struct fixture x = { .schema = NULL };
		open_fixture(&x, seed + i);
		for (unsigned chosen = 0; chosen < 1 << ROLES; chosen++) {
			const struct view *v;
			assert_int_equal(view_compile(x.schema, &x.roles,
					     chosen, chosen, &x.arena, &v),
			    ERR_OK);
			for (int e = 0; e < ENTITIES; e++)
				compare_entity(&x, chosen, e, v);
			assert_null(view_entity(v, bytes_text("e9")));
		}
		close_fixture(&x);
	}
}

/* --- single sentences ----------------------------------------------------*/

struct small {
	struct buf document;
	struct schema *schema;
	struct arena arena;
	struct policies roles;
	const struct view *view; /* of all its roles */
};

static const char one_entity[] =
    "classes: [c0, c1, c2, cz]\nentities:\n"
    "  b: { id: 2, label: [a, b], number: { field: code }, fields: {\n"
    "    code: { id: 1, label: [a, b], type: text, max: 9, class: cz } } }\n"
    "  e0: { id: 1, label: [a, b], scoped: true, subject: e0, branch: br, "
    "owner: ow, fields: {\n"
    "    br: { id: 8, label: [a, b], type: ref, ref: b, class: cz },\n"
    "    ow: { id: 9, label: [a, b], type: ref, ref: user, class: cz },\n"
    "    f0: { id: 1, label: [a, b], type: text, max: 9, class: c0 },\n"
    "    f1: { id: 2, label: [a, b], type: text, max: 9, class: c1 },\n"
    "    ";

static void open_small(struct small *s, const char *field, const char *roles)
{
	char yaml[2000], message[200] = "";
	snprintf(yaml, sizeof(yaml), "%s%s } }\nroles:\n%s", one_entity, field,
	    roles);
	buf_init(&s->document, 1 << 16);
	arena_init(&s->arena, 4096, 1 << 20);
	enum err e = document_parse(
	    bytes_text(yaml), &s->document, message, sizeof(message));
	if (e == ERR_OK)
		e = schema_compile(buf_bytes(&s->document), 1, &s->schema,
		    message, sizeof(message));
	if (e == ERR_OK)
		e = policies_parse(s->schema->document, s->schema, &s->arena,
		    &s->roles, message, sizeof(message));
	if (e == ERR_OK)
		e = view_compile(s->schema, &s->roles,
		    (UINT64_C(1) << s->roles.count) - 1, 0, &s->arena,
		    &s->view);
	if (e != ERR_OK)
		fail_msg("%s", message);
}

static void close_small(struct small *s)
{
	schema_free(s->schema);
	buf_release(&s->document);
	arena_release(&s->arena);
}

#define SELLER                                                                 \
	"  a: { grants: [ { on: own, levels: { c0: write, c1: read } } ] }\n"
#define NEW_FIELD "f2: { id: 3, label: [a, b], type: text, max: 9, class: c2 }"

static void test_new_field_is_hidden_and_moves_no_fingerprint(void **state)
{
	struct small before, after;
	(void)state;
	open_small(&before, "", SELLER);
	open_small(&after, NEW_FIELD, SELLER);
	const struct view_entity *ve =
	    view_entity(after.view, bytes_text("e0"));
	assert_non_null(ve);
	assert_null(view_field(ve, bytes_text("f2")));
	assert_null(view_field(ve, bytes_text("misspelt")));
	assert_non_null(view_field(ve, bytes_text("f1")));
	assert_true(
	    view_fingerprint(before.view) == view_fingerprint(after.view));
	close_small(&before);
	close_small(&after);
}

static void test_fingerprint_moves_with_what_is_visible(void **state)
{
	struct small one, other;
	(void)state;
	open_small(&one, "", SELLER);
	open_small(&other, "",
	    "  a: { grants: [ { on: own, levels: { c0: write, c1: masked } } ] "
	    "}\n");
	assert_true(view_fingerprint(one.view) != view_fingerprint(other.view));
	close_small(&one);
	close_small(&other);
}

static void test_deny_of_any_role_wins(void **state)
{
	struct small s;
	(void)state;
	open_small(&s, "",
	    SELLER "  b: { deny: [c1], grants: [ { on: all, fields: { e0.f1: "
		   "write } } ] }\n");
	const struct view_entity *ve = view_entity(s.view, bytes_text("e0"));
	assert_null(view_field(ve, bytes_text("f1")));
	assert_non_null(view_field(ve, bytes_text("f0")));
	assert_int_equal(view_range(ve), RELATION_OWN);
	close_small(&s);
}

#define WAITS                                                                  \
	"st: { id: 4, label: [a, b], type: enum, class: cz, by_server: true, " \
	"values: { pending: [a, b], approved: [a, b], rejected: [a, b] } } }," \
	" approval: st, number: { field: f0"
#define TRAINEE                                                                \
	"  t: { approval: [e0], grants: [ { on: branch, levels: { c0: write "  \
	"} } "                                                                 \
	"] }\n"
#define READER "  r: { grants: [ { on: all, levels: { c0: read } } ] }\n"

static bool waits(const char *roles)
{
	struct small s;
	bool is;

	open_small(&s, WAITS, roles);
	is = view_waits(view_entity(s.view, bytes_text("e0")));
	close_small(&s);
	return is;
}

/* Another role that lets him enter it without says more. */
static void test_what_is_entered_waits_if_each_role_says_so(void **state)
{
	(void)state;
	assert_true(waits(TRAINEE));
	assert_true(waits(TRAINEE READER));
	assert_false(waits(TRAINEE SELLER));
	assert_false(waits(SELLER));
	assert_false(waits(READER));
}

static void test_entity_without_a_visible_field_is_unknown(void **state)
{
	struct small s;
	(void)state;
	open_small(&s, "",
	    "  a: { grants: [ { on: all, levels: { c2: write } } ] }\n");
	assert_null(view_entity(s.view, bytes_text("e0")));
	assert_null(
	    view_entity_of(s.view, schema_entity(s.schema, bytes_text("e0"))));
	close_small(&s);
}

static void test_masked_never_filters_and_lookup_needs_its_right(void **state)
{
	static const enum use refused[] = { USE_FILTER, USE_SORT, USE_GROUP,
		USE_AGGREGATE, USE_JOIN, USE_COPY, USE_TEMPLATE };
	struct small s;
	struct grant g;
	(void)state;
	open_small(&s, "",
	    "  a: { grants: [ { on: branch, levels: { c0: masked } }, { on: "
	    "own, levels: { c0: masked }, rights: [lookup] } ] }\n");
	const struct view_entity *ve = view_entity(s.view, bytes_text("e0"));
	const struct field *f = view_field(ve, bytes_text("f0"));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_false(
		    view_grant_range(ve, RELATION_OWN, f, refused[i], &g));
	assert_true(view_grant_range(ve, RELATION_OWN, f, USE_PROJECT, &g));
	assert_true(view_grant_range(ve, RELATION_OWN, f, USE_SEARCH, &g));
	assert_false(view_grant_range(ve, RELATION_BRANCH, f, USE_SEARCH, &g));
	assert_false(view_grant_range(
	    ve, RELATION_OWN | RELATION_BRANCH, f, USE_SEARCH, &g));
	assert_int_equal(view_rights(s.view, RELATION_OWN), RIGHT_LOOKUP);
	assert_int_equal(
	    view_rights(s.view, RELATION_OWN | RELATION_BRANCH), 0);
	assert_int_equal(view_rights(s.view, 0), 0);
	close_small(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compiled_view_equals_naive_rules),
		cmocka_unit_test(
		    test_new_field_is_hidden_and_moves_no_fingerprint),
		cmocka_unit_test(test_fingerprint_moves_with_what_is_visible),
		cmocka_unit_test(test_deny_of_any_role_wins),
		cmocka_unit_test(
		    test_what_is_entered_waits_if_each_role_says_so),
		cmocka_unit_test(
		    test_entity_without_a_visible_field_is_unknown),
		cmocka_unit_test(
		    test_masked_never_filters_and_lookup_needs_its_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Two roles together: every pair of (level, relation), with and without a
 * deny, in every set of relations that can hold; against a reckoning of its
 * own that knows neither bits nor views.
 *
 * test_view.c draws larger cases at random; here none is left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/access/role.h"
#include "server/access/view.h"

#define LEVELS    6
#define RELATIONS 4
#define ROLES     (LEVELS * RELATIONS)
#define DENY      ROLES       /* the role that denies, and nothing else */
#define OLD       (ROLES + 1) /* applied before the field was there */

static const char *const relations[RELATIONS] = { "own", "pool", "branch",
	"all" };
/* What each level lets one do: see in clear, see masked, set when the record
 * is made, set later. */
static const struct {
	const char *word;
	bool sees, sees_masked, makes, sets;
} levels[LEVELS] = {
	{ "none", false, false, false, false },
	{ "masked", false, true, false, false },
	{ "enter", false, true, true, true },
	{ "read", true, false, false, false },
	{ "create", true, false, true, false },
	{ "write", true, false, true, true },
};

struct fixture {
	struct buf yaml, document;
	struct schema *schema;
	struct arena arena, views;
	struct policies roles;
	const struct field *field, *newer;
};

static void __attribute__((format(printf, 2, 3)))
say(struct buf *b, const char *format, ...)
{
	char line[300];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buf_append_text(b, line);
}

static void write_document(struct buf *b)
{
	buf_append_text(b,
	    "classes: [c, other]\nentities:\n"
	    "  e: { id: 1, label: [a, b], scoped: true, subject: e, "
	    "branch: br, owner: ow, fields: {\n"
	    "    f: { id: 1, label: [a, b], type: text, max: 9, class: c },\n"
	    "    n: { id: 2, label: [a, b], type: text, max: 9, class: c, "
	    "since: 2 },\n"
	    "    br: { id: 8, label: [a, b], type: ref, ref: e2, class: "
	    "other },\n"
	    "    ow: { id: 9, label: [a, b], type: ref, ref: user, class: "
	    "other } } }\n"
	    "  e2: { id: 2, label: [a, b], number: { field: f }, fields: {\n"
	    "    f: { id: 1, label: [a, b], type: text, max: 9, class: "
	    "other } } }\nroles:\n");
	for (unsigned i = 0; i < ROLES; i++)
		say(b,
		    "  r%u: { since: 2, grants: [ { on: %s, levels: { c: %s } "
		    "} ] }\n",
		    i, relations[i % RELATIONS], levels[i / RELATIONS].word);
	say(b, "  deny: { deny: [c] }\n"
	       "  old: { grants: [ { on: all, levels: { c: write }, fields: { "
	       "e.n: write } } ] }\n");
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char message[200] = "";
	const struct entity *e;

	buf_init(&f->yaml, 1 << 18);
	buf_init(&f->document, 1 << 18);
	arena_init(&f->arena, 65536, 1 << 24);
	arena_init(&f->views, 65536, 1 << 26);
	write_document(&f->yaml);
	if (document_parse(buf_bytes(&f->yaml), &f->document, message,
		sizeof(message)) != ERR_OK ||
	    schema_compile(buf_bytes(&f->document), 2, &f->schema, message,
		sizeof(message)) != ERR_OK ||
	    policies_parse(f->schema->document, f->schema, &f->arena, &f->roles,
		message, sizeof(message)) != ERR_OK)
		fail_msg("%s", message);
	e = schema_entity(f->schema, bytes_text("e"));
	f->field = entity_field(e, bytes_text("f"));
	f->newer = entity_field(e, bytes_text("n"));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	schema_free(f->schema);
	buf_release(&f->yaml);
	buf_release(&f->document);
	arena_release(&f->arena);
	arena_release(&f->views);
	free(f);
	return 0;
}

static unsigned level_of(struct fixture *f, uint64_t chosen,
    const struct field *field, unsigned holding)
{
	const struct view *v;
	const struct view_entity *ve;

	assert_int_equal(
	    view_compile(f->schema, &f->roles, chosen, chosen, &f->views, &v),
	    ERR_OK);
	ve = view_entity_of(v, field->entity);
	return ve ? view_level(ve, holding, false, field) : 0;
}

/* Does a role of the pair that has `may` speak of such a row? */
static bool either(const unsigned pair[2], unsigned holding, size_t offset)
{
	for (unsigned i = 0; i < 2; i++) {
		const char *level = (const char *)&levels[pair[i] / RELATIONS];
		bool may;

		memcpy(&may, level + offset, sizeof(may));
		if (may && holding >> pair[i] % RELATIONS & 1)
			return true;
	}
	return false;
}

#define EITHER(may) either(pair, holding, offsetof(__typeof__(levels[0]), may))

static void check_pair(
    struct fixture *f, const unsigned pair[2], bool denied, unsigned holding)
{
	uint64_t chosen = UINT64_C(1) << pair[0] | UINT64_C(1) << pair[1] |
			  (denied ? UINT64_C(1) << DENY : 0);
	unsigned is = level_of(f, chosen, f->field, holding);

	if (!!(is & MAY_SEE) != (!denied && EITHER(sees)) ||
	    !!(is & MAY_SEE_MASKED) != (!denied && EITHER(sees_masked)) ||
	    !!(is & MAY_SET_NEW) != (!denied && EITHER(makes)) ||
	    !!(is & MAY_SET) != (!denied && EITHER(sets)))
		fail_msg("%s on %s and %s on %s%s, held %u: is %u",
		    levels[pair[0] / RELATIONS].word,
		    relations[pair[0] % RELATIONS],
		    levels[pair[1] / RELATIONS].word,
		    relations[pair[1] % RELATIONS], denied ? ", denied" : "",
		    holding, is);
}

static void test_two_roles_unite_and_a_deny_wins_in_every_case(void **state)
{
	struct fixture *f = *state;

	for (unsigned a = 0; a < ROLES; a++) {
		arena_reset(&f->views);
		for (unsigned b = 0; b < ROLES; b++)
			for (unsigned on = 0; on < RELATION_SETS; on++)
				for (unsigned denied = 0; denied < 2; denied++)
					check_pair(f, (unsigned[]){ a, b },
					    denied, on);
	}
}

static void test_no_older_role_reaches_a_newer_field(void **state)
{
	struct fixture *f = *state;
	uint64_t old = UINT64_C(1) << OLD;
	uint64_t both = old | 1u << (1 * RELATIONS + 3); /* masked on all */

	assert_int_equal(level_of(f, old, f->field, RELATION_ALL),
	    MAY_SEE | MAY_SET | MAY_SET_NEW);
	assert_int_equal(level_of(f, old, f->newer, RELATION_ALL), 0);
	assert_int_equal(
	    level_of(f, both, f->newer, RELATION_ALL), MAY_SEE_MASKED);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(test_two_roles_unite_and_a_deny_wins_in_every_case),
		WITH(test_no_older_role_reaches_a_newer_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

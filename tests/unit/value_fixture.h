// SPDX-License-Identifier: MIT
/*
 * What the tests of values share: the default schema, and values of one record
 * that lie in no store.
 */
#ifndef TESTS_UNIT_VALUE_FIXTURE_H
#define TESTS_UNIT_VALUE_FIXTURE_H

#include "common/date.h"
#include "common/pack.h"
#include "server/schema/schema.h"
#include "server/schema/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
	struct schema *schema;
	struct arena arena;
	struct findings found;
	struct bytes values[SCHEMA_FIELDS]; /* of the record, by slot */
	struct value_context context;
};

static inline struct bytes of_record(void *ctx, const struct field *f)
{
	struct fixture *x = ctx;
	return x->values[f->slot];
}

static inline int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof *x);
	struct buf document;
	char message[256];

	buf_init(&document, 4 << 20);
	assert_int_equal(document_parse(document_default(), &document, message,
			     sizeof message),
	    ERR_OK);
	assert_int_equal(schema_compile(buf_bytes(&document), 1, &x->schema,
			     message, sizeof message),
	    ERR_OK);
	buf_release(&document);
	arena_init(&x->arena, 65536, 1 << 22);
	findings_init(&x->found, &x->arena);
	x->context.record = (struct value_source){ of_record, x };
	assert_int_equal(date_join(2026, 11, 22, &x->context.today), ERR_OK);
	*state = x;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *x = *state;

	arena_release(&x->arena);
	schema_free(x->schema);
	free(x);
	return 0;
}

static inline const struct field *field(
    struct fixture *x, const char *entity, const char *key)
{
	const struct field *f = entity_field(
	    schema_entity(x->schema, bytes_text(entity)), bytes_text(key));
	if (!f)
		fail_msg("no %s.%s", entity, key);
	return f;
}

static inline struct bytes accept(
    struct fixture *x, const struct field *f, struct bytes given)
{
	struct bytes out;

	findings_init(&x->found, &x->arena);
	assert_int_equal(
	    value_accept(f, &x->context, given, &x->arena, &x->found, &out),
	    ERR_OK);
	return out;
}

static inline struct bytes text(struct fixture *x, const char *s)
{
	return value_pack_text(&x->arena, bytes_text(s));
}

/* `normal`: NULL if `rule` refuses, "" if the field is emptied. */
static inline void takes(struct fixture *x, const char *entity, const char *key,
    const char *given, const char *normal, const char *rule)
{
	const struct field *f = field(x, entity, key);
	struct bytes out = accept(x, f, text(x, given));

	if (rule &&
	    (!x->found.first || strcmp(x->found.first->rule, rule) != 0))
		fail_msg("%s=%s: %s, not %s", key, given,
		    x->found.first ? x->found.first->rule : "silent", rule);
	if (!normal) {
		assert_int_equal(x->found.errors, 1);
		return;
	}
	if (x->found.errors)
		fail_msg("%s=%s: %s", key, given, x->found.first->message);
	if (!bytes_is(value_text(f, out), normal))
		fail_msg("%s=%s: %.*s", key, given, (int)out.len,
		    (const char *)out.data);
}

/* --- the tables ----------------------------------------------------------*/

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif

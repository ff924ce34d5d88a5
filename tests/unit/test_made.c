// SPDX-License-Identifier: MIT
/*
 * Made-up values fit every field of the default schema, and differ.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "server/schema/value.h"
#include "server/selftest/made.h"

static struct schema *default_schema(void)
{
	static char message[400];
	struct schema *s;
	struct buf document;

	buf_init(&document, 4 * 1024 * 1024);
	assert_int_equal(document_parse(document_default(), &document, message,
			     sizeof message),
	    ERR_OK);
	assert_int_equal(schema_compile(buf_bytes(&document), 1, &s, message,
			     sizeof message),
	    ERR_OK);
	buf_release(&document);
	return s;
}

static bool is_typed(const struct field *f)
{
	return !f->is_auto && !f->derive.kind && f->type != TYPE_REF;
}

static void test_every_field_has_values(void **state)
{
	struct schema *s = default_schema();
	struct arena a;

	(void)state;
	arena_init(&a, 65536, 64 * 1024 * 1024);
	for (unsigned i = 0; i < s->entity_count; i++)
		for (unsigned k = 0; k < s->entities[i].field_count; k++) {
			const struct field *f = &s->entities[i].fields[k];
			struct bytes one, other;

			if (!is_typed(f))
				continue;
			one = made_value(f, 6, &a);
			other = made_value(f, 7, &a);
			if (!one.len || bytes_equal(one, other))
				fail_msg("%s.%s", s->entities[i].key, f->key);
		}
	arena_release(&a);
	schema_free(s);
}

/* Of those with a mask that hides something. */
static void test_hidden_parts_vary_under_one_mask(void **state)
{
	struct schema *s = default_schema();
	unsigned varied = 0;
	struct arena a;

	(void)state;
	arena_init(&a, 65536, 64 * 1024 * 1024);
	for (unsigned i = 0; i < s->entity_count; i++)
		for (unsigned k = 0; k < s->entities[i].field_count; k++) {
			const struct field *f = &s->entities[i].fields[k];
			struct bytes one, other;

			if (!is_typed(f) || f->mask == MASK_SHOWN)
				continue;
			one = made_value(f, 20, &a);
			other = made_alike(f, one, 21, &a);
			assert_true(bytes_equal(
			    mask_value(f, one, &a), mask_value(f, other, &a)));
			varied += !bytes_equal(one, other);
			if (f->sealed && bytes_equal(one, other))
				fail_msg("%s.%s", s->entities[i].key, f->key);
		}
	assert_true(varied > 20);
	arena_release(&a);
	schema_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_has_values),
		cmocka_unit_test(test_hidden_parts_vary_under_one_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

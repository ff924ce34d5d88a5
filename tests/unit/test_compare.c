// SPDX-License-Identifier: MIT
/*
 * Two answers match when nothing differs but what is admitted to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/pack.h"
#include "server/selftest/compare.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

/* {key: value} */
static struct buf map_of(const char *key, const char *value)
{
	struct buf b;

	buf_init(&b, 4096);
	pack_map(&b, 1);
	pack_key_cstr(&b, key, value);
	return b;
}

static bool match(
    struct versions *v, const char *key, const char *one, const char *other)
{
	struct buf a = map_of(key, one), b = map_of(key, other);
	bool out = answers_match(v, buf_bytes(&a), buf_bytes(&b));

	buf_release(&a);
	buf_release(&b);
	return out;
}

static void test_texts_must_be_equal(void **state)
{
	struct versions *v = versions_new();

	(void)state;
	assert_true(match(v, "city", "上海", "上海"));
	assert_false(match(v, "city", "上海", "杭州"));
	assert_false(match(v, "city", "上海", ""));
	assert_false(match(v, "message", "line\nline\na", "line\nline\nb"));
	versions_free(v);
}

static void test_digests_of_what_is_hidden_may_differ(void **state)
{
	struct versions *v = versions_new();

	(void)state;
	assert_true(match(v, "leaf", HEX "0", HEX "1"));
	assert_false(match(v, "leaf", HEX "0", HEX "x"));
	assert_false(match(v, "leaf", HEX "0", HEX));
	versions_free(v);
}

static void test_heads_must_agree_on_the_size(void **state)
{
	struct versions *v = versions_new();

	(void)state;
	assert_true(match(v, "note", "kehu/1\n12\nroot", "kehu/1\n12\nother"));
	assert_false(match(v, "note", "kehu/1\n12\nroot", "kehu/1\n13\nroot"));
	versions_free(v);
}

/* What moved in one book alone told that something hidden changed. */
static void test_version_stands_for_one_version(void **state)
{
	struct versions *v = versions_new();

	(void)state;
	assert_true(match(v, "version", "a1", "b1"));
	assert_true(match(v, "version", "a1", "b1"));
	assert_true(match(v, "version", "a2", "b2"));
	assert_false(match(v, "version", "a1", "b3"));
	assert_false(match(v, "version", "a4", "b2"));
	assert_true(match(v, "version", "same", "same"));
	assert_false(match(v, "version", "same", "moved"));
	versions_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_must_be_equal),
		cmocka_unit_test(test_digests_of_what_is_hidden_may_differ),
		cmocka_unit_test(test_heads_must_agree_on_the_size),
		cmocka_unit_test(test_version_stands_for_one_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Borrowed bytes: order, prefixes, lines.
 */
#include "common/bytes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_a_prefix_comes_first(void **state)
{
	(void)state;
	assert_true(bytes_compare(bytes_text("ab"), bytes_text("abc")) < 0);
	assert_true(bytes_compare(bytes_text("b"), bytes_text("abc")) > 0);
	assert_true(bytes_compare(BYTES_NONE, bytes_text("")) == 0);
	assert_true(bytes_compare(BYTES_NONE, bytes_of("", 1)) < 0);
}

static void test_everything_starts_with_nothing(void **state)
{
	(void)state;
	assert_true(bytes_starts(bytes_text("abc"), bytes_text("ab")));
	assert_true(bytes_starts(BYTES_NONE, BYTES_NONE));
	assert_false(bytes_starts(bytes_text("ab"), bytes_text("abc")));
	assert_false(bytes_starts(bytes_text("abc"), bytes_text("b")));
}

static void test_lines_are_taken_one_by_one(void **state)
{
	struct bytes rest = bytes_text("one\n\nlast");

	(void)state;
	assert_true(bytes_is(bytes_take_line(&rest), "one"));
	assert_true(bytes_is(bytes_take_line(&rest), ""));
	assert_true(bytes_is(rest, "last"));
	assert_true(bytes_is(bytes_take_line(&rest), "last"));
	assert_int_equal(rest.len, 0);
	assert_int_equal(bytes_take_line(&rest).len, 0);
	rest = BYTES_NONE;
	assert_int_equal(bytes_take_line(&rest).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_prefix_comes_first),
		cmocka_unit_test(test_everything_starts_with_nothing),
		cmocka_unit_test(test_lines_are_taken_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Claims about the error table: wire words, their way back, exit statuses.
 *
 * Every word that the contract names must exist, each must come back as the
 * kind that is sent, and kinds that never travel must not be named by a word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/err.h"
#include <errno.h>

static void test_every_kind_has_a_word_and_a_sentence(void **state)
{
	(void)state;
	for (int e = 0; e < ERR_COUNT; e++) {
		assert_true(strlen(err_word((enum err)e)) > 0);
		assert_true(strlen(err_text((enum err)e)) > 0);
	}
}

static void test_parse_inverts_word_for_kinds_that_are_sent(void **state)
{
	(void)state;
	for (int e = ERR_OK; e <= ERR_INTERNAL; e++)
		assert_int_equal(err_parse(err_word((enum err)e)), e);
}

static void test_parse_never_yields_a_kind_that_is_not_sent(void **state)
{
	(void)state;
	for (int e = ERR_CORRUPT; e < ERR_COUNT; e++)
		assert_true(err_parse(err_word((enum err)e)) <= ERR_INTERNAL);
}

static void test_parse_of_a_foreign_word_is_internal(void **state)
{
	(void)state;
	assert_int_equal(err_parse("no_such_word"), ERR_INTERNAL);
	assert_int_equal(err_parse(""), ERR_INTERNAL);
	assert_int_equal(err_parse("Invalid"), ERR_INTERNAL);
}

static void test_exit_statuses_are_those_of_the_contract(void **state)
{
	(void)state;
	assert_int_equal(err_exit(ERR_OK), 0);
	assert_int_equal(err_exit(ERR_INVALID), 1);
	assert_int_equal(err_exit(ERR_USAGE), 2);
	assert_int_equal(err_exit(ERR_DENIED), 3);
	assert_int_equal(err_exit(ERR_UNAUTHENTICATED), 3);
	assert_int_equal(err_exit(ERR_UNREACHABLE), 4);
	assert_int_equal(err_exit(ERR_UNTRUSTED), 4);
	assert_int_equal(err_exit(ERR_UNVERIFIED), 5);
	assert_int_equal(err_exit(ERR_INTERRUPTED), 130);
}

static void test_errno_is_translated(void **state)
{
	(void)state;
	assert_int_equal(err_errno(ENOSPC), ERR_FULL);
	assert_int_equal(err_errno(EDQUOT), ERR_FULL);
	assert_int_equal(err_errno(ENOENT), ERR_NOT_FOUND);
	assert_int_equal(err_errno(EIO), ERR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_has_a_word_and_a_sentence),
		cmocka_unit_test(
		    test_parse_inverts_word_for_kinds_that_are_sent),
		cmocka_unit_test(
		    test_parse_never_yields_a_kind_that_is_not_sent),
		cmocka_unit_test(test_parse_of_a_foreign_word_is_internal),
		cmocka_unit_test(test_exit_statuses_are_those_of_the_contract),
		cmocka_unit_test(test_errno_is_translated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

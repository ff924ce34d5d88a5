// SPDX-License-Identifier: MIT
/*
 * Patterns: what they match, what is none, and that none runs away.
 */
#include "server/schema/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/clock.h"

#define LONG_TEXT 4000

static const struct pattern *compile(
    struct arena *a, const char *text, const char **why)
{
	return pattern_compile(a, bytes_text(text), why);
}

static bool matches(const char *pattern, const char *text)
{
	struct arena a;
	const char *why;
	const struct pattern *p;
	bool is;

	arena_init(&a, 65536, 1 << 20);
	p = compile(&a, pattern, &why);
	if (!p)
		fail_msg("%s: %s", pattern, why);
	is = pattern_matches(p, bytes_text(text));
	arena_release(&a);
	return is;
}

static void test_the_whole_text_matches_or_not_at_all(void **state)
{
	static const struct {
		const char *pattern, *yes, *no;
	} rows[] = {
		{ "[A-Z]{2}-\\d{4,6}", "AB-12345", "AB-123" },
		{ "[A-Z]{2}-\\d{4,6}", "AB-1234", "xAB-1234" },
		{ "[A-Z]{2}-\\d{4,6}", "AB-123456", "AB-1234567" },
		{ "a|bc", "bc", "abc" },
		{ "(a|bc)d", "bcd", "bc" },
		{ "(ab)*", "abab", "aba" },
		{ "a?b+", "bbb", "a" },
		{ "a{3}", "aaa", "aa" },
		{ "a{2,}", "aaaaa", "a" },
		{ "(a|b){2}c{0,1}", "ab", "abcc" },
		{ "[^,;]+", "甲乙 丙", "甲,乙" },
		{ "[一-龥]{2,4}", "上海示例", "上海a" },
		{ "(上海|北京)市.*", "北京市海淀区", "天津市" },
		{ "\\w+@\\w+\\.cn", "a_1@b.cn", "a@b,cn" },
		{ "[\\]\\-]+", "]-]", "[" },
		{ "a\\|b", "a|b", "a" },
		{ "(a*)*b", "aab", "aa" },
		{ "(|x)y", "y", "x" },
		{ "[a|b]|c", "|", "d" },
		{ "\\s", "\xe3\x80\x80", "a" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!matches(rows[i].pattern, rows[i].yes))
			fail_msg("%s refuses %s", rows[i].pattern, rows[i].yes);
		if (matches(rows[i].pattern, rows[i].no))
			fail_msg("%s takes %s", rows[i].pattern, rows[i].no);
	}
}

static void test_what_is_no_pattern_is_refused(void **state)
{
	static const char *const bad[] = { "", "(", ")", "a)", "(a", "[a", "a]",
		"[]", "[^]", "*a", "a**", "a{2", "a{3,2}", "a{,}x{", "{2}",
		"()", "a()", "\\", "\\q", "[\\d]", "[z-a]", "^a", "a$",
		"a{401}", "(a{100}){100}",
		"((((((((((((((((((((((a"
		"))))))))))))))))))))))" };
	struct arena a;
	const char *why;

	(void)state;
	arena_init(&a, 65536, 1 << 22);
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		why = NULL;
		if (compile(&a, bad[i], &why))
			fail_msg("%s is taken", bad[i]);
		assert_non_null(why);
	}
	arena_release(&a);
}

/* What takes others' engines years: nested repetition, and near misses. */
static void test_no_pattern_runs_away(void **state)
{
	static const char *const heavy[] = { "(a*)*b", "(a|aa)+b", "(a?){30}b",
		"((a*)*)*b", "(.*a){20}b", "(a+a+)+b" };
	char text[LONG_TEXT + 1];
	uint64_t began = clock_monotonic_ns();

	(void)state;
	memset(text, 'a', LONG_TEXT);
	text[LONG_TEXT] = 0;
	for (unsigned i = 0; i < sizeof heavy / sizeof *heavy; i++)
		assert_false(matches(heavy[i], text));
	/* Milliseconds each; the bound is for a machine that is busy. */
	assert_true(clock_monotonic_ns() - began < UINT64_C(5000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_whole_text_matches_or_not_at_all),
		cmocka_unit_test(test_what_is_no_pattern_is_refused),
		cmocka_unit_test(test_no_pattern_runs_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

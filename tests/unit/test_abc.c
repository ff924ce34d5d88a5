// SPDX-License-Identifier: MIT
/*
 * ABC classes and RFM scores, by hand: borders, ties, nothing at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "server/book/abc.h"
#include "server/book/rfm.h"

/* The classes of customers with these values, in the order of their ids. */
static const char *classes(
    const char *limits, enum abc_border border, const int *values, size_t count)
{
	static char text[32];
	struct abc_scheme scheme = { .border = border };
	struct abc_line lines[16] = { 0 };
	struct decimal whole;

	assert_true(abc_parse(bytes_text(limits), &scheme));
	for (size_t i = 0; i < count; i++)
		lines[i] = (struct abc_line){ .id = i + 1,
			.value = decimal_int(values[i]) };
	assert_int_equal(abc_classify(lines, count, &scheme, &whole), ERR_OK);
	for (size_t i = 0; i < count; i++)
		text[lines[i].id - 1] = abc_letter(lines[i].class_of);
	text[count] = 0;
	return text;
}

#define CLASSES(limits, border, ...)                                           \
	classes(limits, border, (const int[]){ __VA_ARGS__ },                  \
	    sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void test_who_crosses_the_limit_is_in_or_out(void **state)
{
	(void)state;
	/* 50, 80, 95, 100 per cent: nobody crosses. */
	assert_string_equal(CLASSES("80,95", ABC_INCL, 50, 30, 15, 5), "AABC");
	assert_string_equal(CLASSES("80,95", ABC_BELOW, 50, 30, 15, 5), "AABC");
	/* 50, 85: the second one crosses 80. */
	assert_string_equal(CLASSES("80,95", ABC_INCL, 50, 35, 10, 5), "AABC");
	assert_string_equal(CLASSES("80,95", ABC_BELOW, 50, 35, 10, 5), "ABBC");
	/* One who is all: A by the first, the last by the second. */
	assert_string_equal(CLASSES("80,95", ABC_INCL, 7), "A");
	assert_string_equal(CLASSES("80,95", ABC_BELOW, 7), "C");
	assert_string_equal(CLASSES("100", ABC_BELOW, 7, 1), "AA");
}

static void test_equal_values_are_in_one_class(void **state)
{
	(void)state;
	assert_string_equal(CLASSES("50,95", ABC_INCL, 25, 25, 25, 25), "AAAA");
	assert_string_equal(CLASSES("50,95", ABC_INCL, 40, 20, 20, 20), "AAAA");
	assert_string_equal(
	    CLASSES("50,95", ABC_BELOW, 40, 20, 20, 20), "ABBB");
}

static void test_who_brought_nothing_is_last(void **state)
{
	(void)state;
	assert_string_equal(CLASSES("80,95", ABC_INCL, 0, -5, 10), "CCA");
	assert_string_equal(CLASSES("80,95", ABC_INCL, 0, 0), "CC");
	/* What was returned takes nothing off the others' whole. */
	assert_string_equal(CLASSES("80,95", ABC_INCL, 80, 15, 5, -50), "ABCC");
}

static void test_limits_rise_or_are_refused(void **state)
{
	static const char *const wrong[] = { "", "80,80", "95,80", "0", "101",
		"x", "1,2,3,4,5,6,7,8,9,10" };
	struct abc_scheme s;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(abc_parse(bytes_text(wrong[i]), &s));
	assert_true(abc_parse(bytes_text("33.3,66.6,99.9"), &s));
	assert_int_equal(s.limit_count, 3);
}

static void test_hundredths_are_not_lost_at_a_limit(void **state)
{
	struct abc_scheme scheme = abc_usual();
	struct abc_line lines[2] = { 0 };
	struct decimal whole;

	/* 79.99... per cent and the rest: exact to the last digit. */
	(void)state;
	assert_int_equal(decimal_parse(bytes_text("799999999999999.999999"),
			     &lines[0].value),
	    ERR_OK);
	assert_int_equal(decimal_parse(bytes_text("200000000000000.000001"),
			     &lines[1].value),
	    ERR_OK);
	lines[1].id = 1;
	assert_int_equal(abc_classify(lines, 2, &scheme, &whole), ERR_OK);
	assert_int_equal(lines[0].class_of, 0);
	assert_int_equal(lines[1].class_of, 0);
}

static const char *scores(
    unsigned bins, enum rfm_ties ties, const int *values, size_t count)
{
	static char text[32];
	struct rfm_line lines[16] = { 0 };

	for (size_t i = 0; i < count; i++) {
		lines[i].id = i;
		for (unsigned a = 0; a < RFM_AXES; a++)
			lines[i].value[a] = decimal_int(values[i]);
	}
	rfm_score(lines, count, bins, ties);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(lines[i].id, i);
		assert_int_equal(lines[i].score[0], lines[i].score[2]);
		text[i] = (char)('0' + lines[i].score[RFM_MONEY]);
	}
	text[count] = 0;
	return text;
}

#define SCORES(bins, ties, ...)                                                \
	scores(bins, ties, (const int[]){ __VA_ARGS__ },                       \
	    sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void test_bins_are_of_equal_size(void **state)
{
	(void)state;
	assert_string_equal(SCORES(5, RFM_LOW, 10, 20, 30, 40, 50), "12345");
	assert_string_equal(SCORES(2, RFM_LOW, 9, 1, 8, 2), "2121");
	assert_string_equal(SCORES(5, RFM_LOW, 3), "1");
	assert_string_equal(SCORES(3, RFM_LOW, 1, 2, 3, 4, 5, 6), "112233");
}

static void test_equal_values_have_one_score(void **state)
{
	(void)state;
	assert_string_equal(SCORES(5, RFM_LOW, 1, 1, 1, 1, 2), "11115");
	assert_string_equal(SCORES(5, RFM_HIGH, 1, 1, 1, 1, 2), "44445");
	assert_string_equal(SCORES(4, RFM_LOW, 7, 7, 7, 7), "1111");
	assert_string_equal(SCORES(4, RFM_HIGH, 7, 7, 7, 7), "4444");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_crosses_the_limit_is_in_or_out),
		cmocka_unit_test(test_equal_values_are_in_one_class),
		cmocka_unit_test(test_who_brought_nothing_is_last),
		cmocka_unit_test(test_limits_rise_or_are_refused),
		cmocka_unit_test(test_hundredths_are_not_lost_at_a_limit),
		cmocka_unit_test(test_bins_are_of_equal_size),
		cmocka_unit_test(test_equal_values_have_one_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Days and instants: what is admitted, the calendar's corners, both ways.
 */
#include "common/date.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FIRST (-719162)
#define LAST  2932896

static int32_t day_of(const char *text)
{
	int32_t day;
	assert_int_equal(date_parse(bytes_text(text), &day), ERR_OK);
	return day;
}

static int64_t ms_of(const char *text)
{
	int64_t ms;
	assert_int_equal(instant_parse(bytes_text(text), &ms), ERR_OK);
	return ms;
}

static void test_known_days_have_known_numbers(void **state)
{
	(void)state;
	assert_int_equal(day_of("1970-01-01"), 0);
	assert_int_equal(day_of("1969-12-31"), -1);
	assert_int_equal(day_of("2000-02-29"), 11016);
	assert_int_equal(day_of("2026-11-22"), 20779);
	assert_int_equal(day_of("0001-01-01"), FIRST);
	assert_int_equal(day_of("9999-12-31"), LAST);
}

static void test_date_refuses_days_that_are_none(void **state)
{
	static const char *const wrong[] = { "", "2026-11-2", "2026-11-222",
		"2026/11/22", "20261122", "0000-01-01", "2026-00-10",
		"2026-13-01", "2026-01-00", "2026-04-31", "2026-02-29",
		"1900-02-29", " 026-11-22", "2026-11-2x", "-026-11-22",
		"2026-+1-22", "2026-11-22 " };
	int32_t day;
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
		    date_parse(bytes_text(wrong[i]), &day), ERR_INVALID);
	assert_int_equal(day_of("2000-02-29") + 1, day_of("2000-03-01"));
}

static void test_every_day_survives_both_ways(void **state)
{
	char text[DATE_TEXT];
	char before[DATE_TEXT] = "";
	(void)state;
	for (int32_t day = FIRST; day <= LAST; day++) {
		date_format(day, text);
		assert_int_equal(day_of(text), day);
		assert_true(strcmp(before, text) < 0);
		memcpy(before, text, sizeof(text));
	}
}

static void test_split_and_join_are_inverse(void **state)
{
	int year, month, mday;
	int32_t day;
	(void)state;
	date_split(11016, &year, &month, &mday);
	assert_int_equal(year, 2000);
	assert_int_equal(month, 2);
	assert_int_equal(mday, 29);
	assert_int_equal(date_join(2000, 2, 29, &day), ERR_OK);
	assert_int_equal(day, 11016);
	assert_int_equal(date_join(2001, 2, 29, &day), ERR_INVALID);
	assert_int_equal(date_join(10000, 1, 1, &day), ERR_INVALID);
}

static void test_format_stays_within_the_calendar(void **state)
{
	char text[DATE_TEXT];
	char instant[INSTANT_TEXT];
	(void)state;
	date_format(INT32_MIN, text);
	assert_string_equal(text, "0001-01-01");
	date_format(INT32_MAX, text);
	assert_string_equal(text, "9999-12-31");
	instant_format(INT64_MIN, instant);
	assert_string_equal(instant, "0001-01-01T00:00:00.000Z");
	instant_format(INT64_MAX, instant);
	assert_string_equal(instant, "9999-12-31T23:59:59.999Z");
}

static void test_instant_admits_fractions_and_offsets(void **state)
{
	int64_t base = ms_of("2026-11-22T08:00:00Z");
	(void)state;
	assert_int_equal(ms_of("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(base, 20779 * 86400000LL + 8 * 3600000);
	assert_int_equal(ms_of("2026-11-22T08:00:00.000Z"), base);
	assert_int_equal(ms_of("2026-11-22T08:00:00.5Z"), base + 500);
	assert_int_equal(ms_of("2026-11-22T08:00:00.0019Z"), base + 1);
	assert_int_equal(ms_of("2026-11-22T08:00:00.123456789Z"), base + 123);
	assert_int_equal(ms_of("2026-11-22T16:00:00+08:00"), base);
	assert_int_equal(ms_of("2026-11-22T02:30:00.000-05:30"), base);
	assert_int_equal(ms_of("2026-11-23T00:00:00+16:00"), base);
}

static void test_instant_refuses_the_malformed(void **state)
{
	static const char *const wrong[] = { "", "2026-11-22",
		"2026-11-22T08:00:00", "2026-11-22 08:00:00Z",
		"2026-11-22T08:00Z", "2026-11-22T24:00:00Z",
		"2026-11-22T08:60:00Z", "2026-11-22T08:00:60Z",
		"2026-11-22T08:00:00.Z", "2026-11-22T08:00:00.1234567890Z",
		"2026-11-22T08:00:00Zx", "2026-11-22T08:00:00+0800",
		"2026-11-22T08:00:00+08", "2026-11-22T08:00:00+24:00",
		"2026-11-22T08:00:00+08:60", "2026-11-22T08:00:00 08:00",
		"2026-02-30T08:00:00Z", "2026-11-22T-8:00:00Z",
		"0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01" };
	int64_t ms;
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
		    instant_parse(bytes_text(wrong[i]), &ms), ERR_INVALID);
}

static void test_instants_survive_both_ways(void **state)
{
	static const int64_t instants[] = { 0, -1, 1, -86400000, -86400001,
		1795334400123, FIRST * 86400000LL,
		LAST * 86400000LL + 86399999 };
	char text[INSTANT_TEXT];
	(void)state;
	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		instant_format(instants[i], text);
		assert_int_equal(strlen(text), INSTANT_TEXT - 1);
		assert_int_equal(ms_of(text), instants[i]);
	}
	instant_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

static int32_t zone_of(const char *text)
{
	int32_t zone_ms;
	assert_int_equal(zone_parse(bytes_text(text), &zone_ms), ERR_OK);
	return zone_ms;
}

static void test_zone_is_so_far_before_utc(void **state)
{
	static const char *const wrong[] = { "", "+8", "+0800", "08:00",
		"-01:00", "+14:01", "+24:00", "Asia/Shanghai", "Z " };
	int32_t zone_ms;
	(void)state;
	assert_int_equal(zone_of("Z"), 0);
	assert_int_equal(zone_of("+00:00"), 0);
	assert_int_equal(zone_of("+08:00"), 28800000);
	assert_int_equal(zone_of("+05:45"), 20700000);
	assert_int_equal(zone_of("+14:00"), 50400000);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
		    zone_parse(bytes_text(wrong[i]), &zone_ms), ERR_INVALID);
}

static void test_day_begins_at_midnight_of_its_zone(void **state)
{
	const int32_t china = zone_of("+08:00");
	const int64_t midnight = ms_of("2026-11-22T16:00:00Z");
	(void)state;
	assert_int_equal(day_at(midnight - 1, china), day_of("2026-11-22"));
	assert_int_equal(day_at(midnight, china), day_of("2026-11-23"));
	assert_int_equal(day_at(midnight, 0), day_of("2026-11-22"));
	assert_int_equal(day_begins(day_of("2026-11-23"), china), midnight);
	assert_int_equal(day_at(-1, 0), -1);
	assert_int_equal(day_at(day_begins(-5, china), china), -5);
	assert_int_equal(day_at(day_begins(-5, china) - 1, china), -6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_days_have_known_numbers),
		cmocka_unit_test(test_date_refuses_days_that_are_none),
		cmocka_unit_test(test_every_day_survives_both_ways),
		cmocka_unit_test(test_split_and_join_are_inverse),
		cmocka_unit_test(test_format_stays_within_the_calendar),
		cmocka_unit_test(test_instant_admits_fractions_and_offsets),
		cmocka_unit_test(test_instant_refuses_the_malformed),
		cmocka_unit_test(test_instants_survive_both_ways),
		cmocka_unit_test(test_zone_is_so_far_before_utc),
		cmocka_unit_test(test_day_begins_at_midnight_of_its_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * What people type after `find`, against the tree that goes out (as JSON).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/json.h"
#include "client/query.h"
#include "common/date.h"

static const struct field fields[] = {
	{ .key = { (const uint8_t *)"grade", 5 },
	    .zh = { (const uint8_t *)"等级", 6 },
	    .type = TYPE_ENUM },
	{ .key = { (const uint8_t *)"city", 4 }, .type = TYPE_TEXT },
	{ .key = { (const uint8_t *)"last_order", 10 }, .type = TYPE_DATE },
	{ .key = { (const uint8_t *)"days", 4 }, .type = TYPE_INT },
	{ .key = { (const uint8_t *)"tags", 4 }, .type = TYPE_LIST },
};

static const struct entity entity = { .fields = fields,
	.field_count = sizeof(fields) / sizeof(*fields) };

static int32_t day_of(const char *text)
{
	int32_t day = 0;

	assert_int_equal(date_parse(bytes_text(text), &day), ERR_OK);
	return day;
}

static void check(const char *typed, const char *expected)
{
	struct arena a;
	struct buf tree, json;
	struct query_failure failure;

	arena_init(&a, 4096, KEEP_CAP);
	buf_init(&tree, 65536);
	buf_init(&json, 65536);
	assert_int_equal(query_parse(&a, &entity, bytes_text(typed),
			     day_of("2026-11-22"), &tree, &failure),
	    ERR_OK);
	json_append(&json, buf_bytes(&tree));
	buf_append_byte(&json, 0);
	assert_string_equal((const char *)buf_bytes(&json).data, expected);
	buf_release(&tree);
	buf_release(&json);
	arena_release(&a);
}

static enum query_problem problem_of(const char *typed)
{
	struct arena a;
	struct buf tree;
	struct query_failure failure;

	arena_init(&a, 4096, KEEP_CAP);
	buf_init(&tree, 65536);
	assert_int_equal(
	    query_parse(&a, &entity, bytes_text(typed), 0, &tree, &failure),
	    ERR_USAGE);
	buf_release(&tree);
	arena_release(&a);
	return failure.problem;
}

static void test_contract_example_becomes_its_tree(void **state)
{
	(void)state;
	check("grade = A and city in (上海, 北京) and last_order < today-90d",
	    "[\"and\",[\"=\",\"grade\",\"A\"],"
	    "[\"in\",\"city\",[\"上海\",\"北京\"]],"
	    "[\"<\",\"last_order\",\"2026-08-24\"]]");
}

static void test_one_condition_stands_alone(void **state)
{
	(void)state;
	check("city=上海", "[\"=\",\"city\",\"上海\"]");
}

static void test_and_binds_tighter_than_or(void **state)
{
	(void)state;
	check("grade=A or grade=B and days>=30",
	    "[\"or\",[\"=\",\"grade\",\"A\"],[\"and\",[\"=\",\"grade\","
	    "\"B\"],[\">=\",\"days\",30]]]");
}

static void test_brackets_and_not_group(void **state)
{
	(void)state;
	check("not (grade=A or grade=B)",
	    "[\"not\",[\"or\",[\"=\",\"grade\",\"A\"],[\"=\",\"grade\","
	    "\"B\"]]]");
	check("city not in (a,b)", "[\"not\",[\"in\",\"city\",[\"a\",\"b\"]]]");
}

static void test_conditions_side_by_side_mean_and(void **state)
{
	(void)state;
	check("grade=A city=b",
	    "[\"and\",[\"=\",\"grade\",\"A\"],[\"=\",\"city\",\"b\"]]");
}

static void test_labels_and_chinese_signs_are_accepted(void **state)
{
	(void)state;
	check("等级＝A 且 city 包含 海",
	    "[\"and\",[\"=\",\"grade\",\"A\"],[\"contains\",\"city\","
	    "\"海\"]]");
	check("（grade=A 或 grade=B）",
	    "[\"or\",[\"=\",\"grade\",\"A\"],[\"=\",\"grade\",\"B\"]]");
}

static void test_quotes_keep_spaces_and_signs(void **state)
{
	(void)state;
	check("city = \"St. John = x\"", "[\"=\",\"city\",\"St. John = x\"]");
}

static void test_emptiness_has_two_elements(void **state)
{
	(void)state;
	check("city is empty", "[\"empty\",\"city\"]");
	check("city is not empty", "[\"not\",[\"empty\",\"city\"]]");
	check("city 为空", "[\"empty\",\"city\"]");
}

static void test_tags_are_asked_one_by_one(void **state)
{
	(void)state;
	check("tags has vip", "[\"has\",\"tags\",\"vip\"]");
}

static void test_unknown_field_goes_out_as_typed(void **state)
{
	(void)state;
	check("secret = 1", "[\"=\",\"secret\",\"1\"]");
}

static void test_what_is_missing_is_named(void **state)
{
	(void)state;
	assert_int_equal(problem_of("grade"), QUERY_NO_OPERATOR);
	assert_int_equal(problem_of("grade = "), QUERY_NO_VALUE);
	assert_int_equal(problem_of("= A"), QUERY_NO_FIELD);
	assert_int_equal(problem_of("(grade = A"), QUERY_OPEN_BRACKET);
	assert_int_equal(problem_of("grade = 'A"), QUERY_OPEN_QUOTE);
	assert_int_equal(problem_of("grade = A)"), QUERY_REST);
	assert_int_equal(
	    problem_of("((((((((((((grade=A))))))))))))"), QUERY_TOO_DEEP);
}

static void test_days_count_in_the_calendar(void **state)
{
	int32_t today = day_of("2026-03-31");
	int32_t day;

	(void)state;
	assert_true(query_parse_day(bytes_text("today"), today, &day));
	assert_int_equal(day, today);
	assert_true(query_parse_day(bytes_text("-1m"), today, &day));
	assert_int_equal(day, day_of("2026-02-28"));
	assert_true(query_parse_day(bytes_text("today+2w"), today, &day));
	assert_int_equal(day, day_of("2026-04-14"));
	assert_true(query_parse_day(bytes_text("today-1y"), today, &day));
	assert_int_equal(day, day_of("2025-03-31"));
	assert_false(query_parse_day(bytes_text("tomorrow"), today, &day));
	assert_false(query_parse_day(bytes_text("-xd"), today, &day));
}

static void test_words_are_told_from_conditions(void **state)
{
	(void)state;
	assert_false(query_is_condition(bytes_text("tshmy")));
	assert_false(query_is_condition(bytes_text("上海 坦森")));
	assert_true(query_is_condition(bytes_text("grade=A")));
	assert_true(query_is_condition(bytes_text("city contains x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract_example_becomes_its_tree),
		cmocka_unit_test(test_one_condition_stands_alone),
		cmocka_unit_test(test_and_binds_tighter_than_or),
		cmocka_unit_test(test_brackets_and_not_group),
		cmocka_unit_test(test_conditions_side_by_side_mean_and),
		cmocka_unit_test(test_labels_and_chinese_signs_are_accepted),
		cmocka_unit_test(test_quotes_keep_spaces_and_signs),
		cmocka_unit_test(test_emptiness_has_two_elements),
		cmocka_unit_test(test_tags_are_asked_one_by_one),
		cmocka_unit_test(test_unknown_field_goes_out_as_typed),
		cmocka_unit_test(test_what_is_missing_is_named),
		cmocka_unit_test(test_days_count_in_the_calendar),
		cmocka_unit_test(test_words_are_told_from_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

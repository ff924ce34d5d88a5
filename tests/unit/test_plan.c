// SPDX-License-Identifier: MIT
/*
 * Plans: what they refuse, what they remember, what they count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/store/plan.h"

static int set_up(void **state)
{
	struct arena *a = malloc(sizeof(*a));
	arena_init(a, 4096, (size_t)4 * 1024 * 1024);
	*state = a;
	return 0;
}

static int tear_down(void **state)
{
	arena_release(*state);
	free(*state);
	return 0;
}

static struct bytes zeros(size_t len)
{
	static const uint8_t data[STORE_VALUE + 1];
	return bytes_of(data, len);
}

static void test_plan_of_new_arena_is_empty(void **state)
{
	struct plan *p = plan_new(*state);
	assert_true(plan_is_empty(p));
	assert_int_equal(plan_error(p), ERR_OK);
	plan_expect(p, TABLE_ROW, zeros(4), EXPECT_PRESENT, 0);
	plan_draft(p, zeros(10));
	assert_true(plan_is_empty(p));
	plan_del(p, TABLE_ROW, zeros(4));
	assert_false(plan_is_empty(p));
}

static void test_plan_copies_what_it_is_given(void **state)
{
	uint8_t key[3] = "abc";
	uint8_t value[3] = "xyz";
	struct plan *p = plan_new(*state);
	plan_put(p, TABLE_ROW, bytes_of(key, 3), bytes_of(value, 3));
	memset(key, 0, 3);
	memset(value, 0, 3);
	assert_memory_equal(p->writes->key, "abc", 3);
	assert_memory_equal(p->writes->value.data, "xyz", 3);
}

static void test_plan_refuses_keys_that_are_too_long(void **state)
{
	struct plan *p = plan_new(*state);
	plan_put(p, TABLE_ROW, zeros(STORE_KEY), zeros(1));
	assert_int_equal(plan_error(p), ERR_OK);
	plan_put(p, TABLE_ROW, zeros(STORE_KEY + 1), zeros(1));
	assert_int_equal(plan_error(p), ERR_TOO_LARGE);
	p = plan_new(*state);
	plan_put_at(p, TABLE_HISTORY, zeros(STORE_KEY - 7), zeros(1));
	assert_int_equal(plan_error(p), ERR_TOO_LARGE);
	p = plan_new(*state);
	plan_del(p, TABLE_ROW, zeros(0));
	assert_int_equal(plan_error(p), ERR_INVALID);
}

static void test_plan_refuses_values_that_are_too_long(void **state)
{
	struct plan *p = plan_new(*state);
	plan_put(p, TABLE_ROW, zeros(1), zeros(STORE_VALUE));
	assert_int_equal(plan_error(p), ERR_OK);
	plan_put(p, TABLE_ROW, zeros(1), zeros(STORE_VALUE + 1));
	assert_int_equal(plan_error(p), ERR_TOO_LARGE);
}

static void test_plan_refuses_what_a_table_cannot_hold(void **state)
{
	struct plan *p = plan_new(*state);
	plan_put(p, TABLE_INDEX, zeros(1), zeros(1));
	assert_int_equal(plan_error(p), ERR_INVALID);
	p = plan_new(*state);
	plan_expect(p, TABLE_INDEX, zeros(1), EXPECT_VERSION, 0);
	assert_int_equal(plan_error(p), ERR_INVALID);
}

static void test_plan_remembers_the_arena_cap(void **state)
{
	struct arena small;
	(void)state;
	arena_init(&small, 1024, 4096);
	struct plan *p = plan_new(&small);
	plan_put(p, TABLE_ROW, zeros(4), zeros(8000));
	assert_int_equal(plan_error(p), ERR_TOO_LARGE);
	plan_put(p, TABLE_ROW, zeros(4), zeros(1));
	assert_int_equal(plan_error(p), ERR_TOO_LARGE);
	assert_true(plan_is_empty(p));
	arena_release(&small);
}

static void test_plan_bytes_cover_keys_values_and_draft(void **state)
{
	struct plan *p = plan_new(*state);
	plan_put(p, TABLE_ROW, zeros(10), zeros(500));
	plan_draft(p, zeros(300));
	assert_true(plan_bytes(p) >= 810);
	assert_int_equal(plan_draft_of(p).len, 300);
	plan_draft(p, zeros(20));
	assert_int_equal(plan_draft_of(p).len, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_plan_of_new_arena_is_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_plan_copies_what_it_is_given, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_plan_refuses_keys_that_are_too_long, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_plan_refuses_values_that_are_too_long, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_plan_refuses_what_a_table_cannot_hold, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_plan_remembers_the_arena_cap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_plan_bytes_cover_keys_values_and_draft, set_up,
		    tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Claims about the request arena: the cap, zeroes, alignment, wiping.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena.h"
#include <stdalign.h>
#include <stdbool.h>

static bool is_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i])
			return false;
	return true;
}

static void test_alloc_up_to_the_cap_succeeds(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 64, 1000);
	assert_non_null(arena_alloc(&a, 1000));
	assert_int_equal(a.err, ERR_OK);
	arena_release(&a);
}

static void test_alloc_past_the_cap_is_null_and_remembered(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 64, 1000);
	assert_null(arena_alloc(&a, 1001));
	assert_int_equal(a.err, ERR_TOO_LARGE);
	assert_null(arena_alloc(&a, 1));
	arena_reset(&a);
	assert_int_equal(a.err, ERR_OK);
	assert_non_null(arena_alloc(&a, 1));
	arena_release(&a);
}

static void test_sum_of_allocs_is_capped(void **state)
{
	(void)state;
	struct arena a;
	size_t had = 0;

	arena_init(&a, 64, 1000);
	while (arena_alloc(&a, 48))
		had += 48;
	assert_true(had <= 1000 && had > 900);
	assert_int_equal(a.err, ERR_TOO_LARGE);
	arena_release(&a);
}

static void test_more_keeps_what_a_list_holds(void **state)
{
	struct arena a;
	uint64_t *list = NULL;
	size_t room = 0;

	(void)state;
	arena_init(&a, 4096, 1 << 20);
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t *wider = arena_more(&a, list, i, &room, sizeof *list);

		assert_non_null(wider);
		assert_true(room > i && (wider == list || room >= 2 * i));
		list = wider;
		list[i] = i;
	}
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
	a.cap = a.used;
	assert_null(arena_more(&a, list, room, &room, sizeof *list));
	assert_int_equal(a.err, ERR_TOO_LARGE);
	arena_release(&a);
}

static void test_array_refuses_an_overflowing_product(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 64, SIZE_MAX);
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	assert_true(a.err != ERR_OK);
	arena_reset(&a);
	assert_non_null(arena_array(&a, 3, 5));
	arena_release(&a);
}

static void test_memory_is_zero_and_aligned_over_resets(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 256, 1 << 20);
	for (int round = 0; round < 20; round++) {
		for (size_t len = 1; len < 400; len += 13) {
			uint8_t *at = arena_alloc(&a, len);

			assert_non_null(at);
			assert_int_equal(
			    (uintptr_t)at % alignof(max_align_t), 0);
			assert_true(is_zero(at, len));
			memset(at, 0xee, len);
			assert_non_null(arena_text(&a, bytes_text("odd")));
		}
		arena_reset(&a);
	}
	arena_release(&a);
}

static void test_reset_wipes_the_kept_block(void **state)
{
	(void)state;
	struct arena a;
	struct bytes copy;

	arena_init(&a, 256, 1000);
	copy = arena_copy(&a, bytes_text("secret"));
	assert_true(bytes_is(copy, "secret"));
	arena_reset(&a);
	assert_true(is_zero(copy.data, 6));
	assert_int_equal(a.used, 0);
	arena_release(&a);
}

static void test_rewinding_wipes_and_gives_back_what_came_since(void **state)
{
	(void)state;
	struct arena a;
	struct arena_mark mark;
	uint8_t *kept, *wiped;

	arena_init(&a, 64, 200);
	kept = arena_alloc(&a, 16);
	memset(kept, 1, 16);
	mark = arena_mark(&a);
	for (unsigned i = 0; i < 3; i++) {
		wiped = arena_alloc(&a, 32);
		memset(wiped, 2, 32);
		assert_non_null(arena_alloc(&a, 100));
		assert_null(arena_alloc(&a, 100));
		arena_rewind(&a, mark);
		assert_true(is_zero(wiped, 32));
		assert_int_equal(a.used, 16);
		assert_int_equal(a.err, ERR_OK);
	}
	assert_int_equal(kept[15], 1);
	arena_release(&a);
}

static void test_copies_past_the_cap_are_empty(void **state)
{
	(void)state;
	struct arena a;
	struct bytes copy;

	arena_init(&a, 64, 5);
	copy = arena_copy(&a, bytes_text("sixsix"));
	assert_null(copy.data);
	assert_int_equal(copy.len, 0);
	arena_reset(&a);
	assert_null(arena_text(&a, bytes_text("five5")));
	arena_reset(&a);
	assert_string_equal(arena_text(&a, bytes_text("four")), "four");
	arena_release(&a);
}

static void test_format_prints_whole_or_not_at_all(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 16, 64);
	assert_string_equal(arena_format(&a, "%s-%d", "row", 42), "row-42");
	assert_string_equal(arena_format(&a, "%040d", 7) + 38, "07");
	assert_null(arena_format(&a, "%0100d", 7));
	assert_int_equal(a.err, ERR_TOO_LARGE);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc_up_to_the_cap_succeeds),
		cmocka_unit_test(
		    test_alloc_past_the_cap_is_null_and_remembered),
		cmocka_unit_test(test_sum_of_allocs_is_capped),
		cmocka_unit_test(test_array_refuses_an_overflowing_product),
		cmocka_unit_test(test_more_keeps_what_a_list_holds),
		cmocka_unit_test(test_memory_is_zero_and_aligned_over_resets),
		cmocka_unit_test(test_reset_wipes_the_kept_block),
		cmocka_unit_test(
		    test_rewinding_wipes_and_gives_back_what_came_since),
		cmocka_unit_test(test_copies_past_the_cap_are_empty),
		cmocka_unit_test(test_format_prints_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Claims about the capped buffer: the cap, the sticky error, consuming.
 *
 * A random walk against a plain array checks that no pattern of appending and
 * consuming loses, repeats or reorders a byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/buf.h"

static void test_append_up_to_the_cap_fits(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 4);
	buf_append(&b, "abcd", 4);
	assert_int_equal(b.err, ERR_OK);
	assert_true(bytes_is(buf_bytes(&b), "abcd"));
	buf_release(&b);
}

static void test_append_past_the_cap_changes_nothing(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 4);
	buf_append(&b, "abc", 3);
	buf_append(&b, "de", 2);
	assert_int_equal(b.err, ERR_TOO_LARGE);
	assert_true(bytes_is(buf_bytes(&b), "abc"));
	buf_release(&b);
}

static void test_what_is_moved_outlives_the_buffer(void **state)
{
	(void)state;
	struct arena a;
	struct buf b;
	struct bytes moved;

	arena_init(&a, 64, 8);
	buf_init(&b, 4);
	buf_append(&b, "abcd", 4);
	moved = buf_move(&b, &a);
	assert_true(bytes_is(moved, "abcd"));
	assert_null(b.data);
	/* What is not whole is nothing: the buffer's cap, then the arena's. */
	buf_append(&b, "abcde", 5);
	assert_null(buf_move(&b, &a).data);
	assert_int_equal(b.err, ERR_OK);
	buf_append(&b, "abcd", 4);
	assert_non_null(buf_move(&b, &a).data);
	buf_append(&b, "a", 1);
	assert_null(buf_move(&b, &a).data);
	arena_release(&a);
}

static void test_error_is_sticky_until_reset(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 2);
	buf_append(&b, "abc", 3);
	buf_append(&b, "a", 1);
	assert_int_equal(b.err, ERR_TOO_LARGE);
	assert_int_equal(buf_bytes(&b).len, 0);
	assert_null(buf_room(&b, 1));
	buf_reset(&b);
	buf_append(&b, "a", 1);
	assert_int_equal(b.err, ERR_OK);
	assert_true(bytes_is(buf_bytes(&b), "a"));
	buf_release(&b);
}

static void test_cap_counts_unread_bytes_alone(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 4);
	for (int i = 0; i < 10000; i++) {
		buf_append(&b, "abcd", 4);
		buf_consume(&b, 3);
		assert_int_equal(b.err, ERR_OK);
		buf_consume(&b, 1);
	}
	assert_true(b.size <= 256);
	buf_release(&b);
}

static void test_empty_append_is_no_failure(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 0);
	buf_append(&b, NULL, 0);
	buf_append_bytes(&b, BYTES_NONE);
	assert_int_equal(b.err, ERR_OK);
	assert_non_null(buf_room(&b, 0));
	buf_append_byte(&b, 1);
	assert_int_equal(b.err, ERR_TOO_LARGE);
	buf_release(&b);
}

static void test_huge_room_is_refused_without_overflow(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_append_byte(&b, 1);
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(b.err, ERR_TOO_LARGE);
	buf_release(&b);
}

static void test_trim_gives_back_only_an_empty_buffer(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 10);
	buf_append_text(&b, "ab");
	buf_trim(&b);
	assert_true(bytes_is(buf_bytes(&b), "ab"));
	buf_consume(&b, 2);
	buf_trim(&b);
	assert_null(b.data);
	assert_int_equal(b.size, 0);
	buf_append_text(&b, "cd");
	assert_true(bytes_is(buf_bytes(&b), "cd"));
	buf_release(&b);
}

static void test_truncate_keeps_the_front(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 10);
	buf_append_text(&b, "xabcd");
	buf_consume(&b, 1);
	buf_truncate(&b, 9);
	assert_true(bytes_is(buf_bytes(&b), "abcd"));
	buf_truncate(&b, 2);
	assert_true(bytes_is(buf_bytes(&b), "ab"));
	buf_release(&b);
}

static void test_random_walk_keeps_every_byte_in_order(void **state)
{
	(void)state;
	enum { CAP = 5000 };
	struct buf b;
	uint8_t piece[CAP];
	uint32_t written = 0;
	uint32_t taken = 0;

	srand(7);
	buf_init(&b, CAP);
	for (int round = 0; round < 20000; round++) {
		size_t unread = buf_bytes(&b).len;
		size_t add = (size_t)rand() % (CAP - unread + 1);
		size_t drop;

		for (size_t i = 0; i < add; i++)
			piece[i] = (uint8_t)(written++ * 7);
		buf_append(&b, piece, add);
		assert_int_equal(b.err, ERR_OK);
		drop = (size_t)rand() % (unread + add + 1);
		for (size_t i = 0; i < drop; i++)
			if (buf_bytes(&b).data[i] != (uint8_t)(taken++ * 7))
				fail_msg("byte %u differs", taken - 1);
		buf_consume(&b, drop);
		assert_true(b.size <= 2 * CAP);
	}
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append_up_to_the_cap_fits),
		cmocka_unit_test(test_append_past_the_cap_changes_nothing),
		cmocka_unit_test(test_what_is_moved_outlives_the_buffer),
		cmocka_unit_test(test_error_is_sticky_until_reset),
		cmocka_unit_test(test_cap_counts_unread_bytes_alone),
		cmocka_unit_test(test_empty_append_is_no_failure),
		cmocka_unit_test(test_huge_room_is_refused_without_overflow),
		cmocka_unit_test(test_trim_gives_back_only_an_empty_buffer),
		cmocka_unit_test(test_truncate_keeps_the_front),
		cmocka_unit_test(test_random_walk_keeps_every_byte_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

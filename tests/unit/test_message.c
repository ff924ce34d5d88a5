// SPDX-License-Identifier: MIT
/*
 * Claims about the scanner: where a message ends, however the input is cut.
 *
 * Every verdict is taken twice, fed whole and fed one byte at a time, and must
 * be the same; the end must be where the strict reader sees it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/message.h"
#include "common/unpack.h"

#define CAP 4096

static enum err scan_whole(
    const uint8_t *data, size_t len, size_t cap, size_t *used)
{
	struct message_scan s;

	message_begin(&s);
	return message_scan(&s, data, len, cap, used);
}

static enum err scan_bytewise(
    const uint8_t *data, size_t len, size_t cap, size_t *used)
{
	struct message_scan s;
	enum err e = ERR_BUSY;

	message_begin(&s);
	*used = 0;
	for (size_t i = 0; i < len && e == ERR_BUSY; i++) {
		size_t one;

		e = message_scan(&s, data + i, 1, cap, &one);
		*used += one;
	}
	return e;
}

/* The verdict, the same in both ways. */
static enum err scan(const void *data, size_t len, size_t cap, size_t *used)
{
	size_t used_bytewise;
	enum err e = scan_whole(data, len, cap, used);

	assert_int_equal(scan_bytewise(data, len, cap, &used_bytewise), e);
	if (e == ERR_OK || e == ERR_BUSY)
		assert_int_equal(*used, used_bytewise);
	return e;
}

static void test_message_ends_where_it_ends(void **state)
{
	(void)state;
	static const char message[] =
	    "\x94\x00\xcd\x01\x02\xa5hello\x91\x82\xa1k\xc0\xd9\x02kk"
	    "\xcb\0\0\0\0\0\0\0\0\xc0\xc0";
	size_t len = sizeof(message) - 3;
	size_t used;

	assert_int_equal(scan(message, len + 2, CAP, &used), ERR_OK);
	assert_int_equal(used, len);
	for (size_t cut = 0; cut < len; cut++) {
		assert_int_equal(scan(message, cut, CAP, &used), ERR_BUSY);
		assert_int_equal(used, cut);
	}
}

static void test_single_values_are_messages(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "\x7f", 1 },
		{ "\x80", 1 },
		{ "\x90", 1 },
		{ "\xa0", 1 },
		{ "\xc0", 1 },
		{ "\xc4\x00", 2 },
		{ "\xcc\x01", 2 },
		{ "\xca\0\0\0\0", 5 },
		{ "\xdd\0\0\0\0", 5 },
		{ "\xdb\0\0\0\1x", 6 },
		{ "\xff", 1 },
	};
	size_t used;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    scan(rows[i].bytes, rows[i].len, CAP, &used), ERR_OK);
		assert_int_equal(used, rows[i].len);
	}
}

static void test_reserved_and_extension_bytes_are_invalid(void **state)
{
	(void)state;
	static const uint8_t bad[] = { 0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6,
		0xd7, 0xd8 };
	size_t used;

	for (size_t i = 0; i < sizeof(bad); i++)
		assert_int_equal(scan(&bad[i], 1, CAP, &used), ERR_INVALID);
}

static void test_cap_is_exact(void **state)
{
	(void)state;
	uint8_t data[CAP + 8] = { 0xda };
	size_t used;

	put_be16(data + 1, CAP - 3);
	assert_int_equal(scan(data, CAP, CAP, &used), ERR_OK);
	assert_int_equal(used, CAP);
	put_be16(data + 1, CAP - 2);
	assert_int_equal(scan(data, 3, CAP, &used), ERR_TOO_LARGE);
}

static void test_cap_counts_what_other_levels_still_need(void **state)
{
	(void)state;
	/* Three items: the first takes 4 bytes, two more at least 1 each. */
	static const char message[] = "\x93\xa3"
				      "abc\xc0\xc0";
	size_t used;

	assert_int_equal(scan(message, 7, 7, &used), ERR_OK);
	assert_int_equal(scan(message, 2, 6, &used), ERR_TOO_LARGE);
}

static void test_cut_header_counts_towards_the_cap(void **state)
{
	(void)state;
	size_t used;

	assert_int_equal(scan("\xcd\0\0", 3, 3, &used), ERR_OK);
	assert_int_equal(scan("\xcd", 1, 2, &used), ERR_TOO_LARGE);
	assert_int_equal(scan("\xdc\0", 2, 3, &used), ERR_BUSY);
	assert_int_equal(scan("\xdc", 1, 2, &used), ERR_TOO_LARGE);
}

static void test_announced_length_of_all_ones_is_too_large(void **state)
{
	(void)state;
	static const uint8_t firsts[] = { 0xc6, 0xdb, 0xdd, 0xdf };
	uint8_t head[5];
	size_t used;

	memset(head, 0xff, sizeof(head));
	for (size_t i = 0; i < sizeof(firsts); i++) {
		head[0] = firsts[i];
		assert_int_equal(scan(head, 5, CAP, &used), ERR_TOO_LARGE);
		assert_int_equal(scan(head, 5, 1 << 20, &used), ERR_TOO_LARGE);
	}
}

static size_t nest(uint8_t *out, unsigned depth, uint8_t innermost)
{
	for (unsigned i = 0; i + 1 < depth; i++)
		out[i] = 0x91;
	out[depth - 1] = innermost;
	return depth;
}

static void test_nesting_of_16_passes_and_17_does_not(void **state)
{
	(void)state;
	uint8_t data[64];
	size_t used;
	size_t len = nest(data, 16, 0x90);

	assert_int_equal(scan(data, len, CAP, &used), ERR_OK);
	len = nest(data, 16, 0x91);
	data[len] = 0xc0;
	assert_int_equal(scan(data, len + 1, CAP, &used), ERR_OK);
	len = nest(data, 17, 0x90);
	assert_int_equal(scan(data, len, CAP, &used), ERR_TOO_LARGE);
	len = nest(data, 17, 0x80);
	assert_int_equal(scan(data, len, CAP, &used), ERR_TOO_LARGE);
}

static void test_many_openers_in_a_row_do_not_nest(void **state)
{
	(void)state;
	uint8_t data[1003] = { 0xdc, 0x03, 0xe8 };
	size_t used;

	memset(data + 3, 0x90, 1000);
	assert_int_equal(scan(data, sizeof(data), CAP, &used), ERR_OK);
	assert_int_equal(used, sizeof(data));
}

static void test_million_openers_are_refused_at_once(void **state)
{
	(void)state;
	static uint8_t data[1000000];
	size_t used;

	memset(data, 0x91, sizeof(data));
	assert_int_equal(
	    scan(data, sizeof(data), 1 << 20, &used), ERR_TOO_LARGE);
	assert_true(used <= 17);
}

static void test_pipelined_messages_are_told_apart(void **state)
{
	(void)state;
	static const uint8_t data[] = "\x92\x01\xa1x\x93\x01\x02\x03\x91";
	struct message_scan s;
	size_t used;

	message_begin(&s);
	assert_int_equal(message_scan(&s, data, 9, CAP, &used), ERR_OK);
	assert_int_equal(used, 4);
	message_begin(&s);
	assert_int_equal(message_scan(&s, data + 4, 5, CAP, &used), ERR_OK);
	assert_int_equal(used, 4);
	message_begin(&s);
	assert_false(s.begun);
	assert_int_equal(message_scan(&s, data + 8, 1, CAP, &used), ERR_BUSY);
	assert_true(s.begun);
}

/* All prefixes of one to four bytes of each class, and random tails. */
static void test_end_agrees_with_the_reader_on_random_input(void **state)
{
	(void)state;
	const struct unpack_limits limits = { MESSAGE_DEPTH, UINT32_MAX };
	uint8_t data[40];
	unsigned whole = 0;

	srand(11);
	for (int round = 0; round < 400000; round++) {
		size_t len = 1 + (size_t)rand() % sizeof(data);
		struct reader r;
		size_t used;
		enum err e;

		for (size_t i = 0; i < len; i++)
			data[i] = (uint8_t)(rand() % 3 ? 0x80 + rand() % 0x24
						       : rand());
		e = scan(data, len, CAP, &used);
		r = reader_of(bytes_of(data, len));
		read_skip(&r);
		if (e == ERR_OK) {
			whole++;
			assert_int_equal(r.err, ERR_OK);
			assert_int_equal((size_t)(r.at - data), used);
		} else if (e != ERR_TOO_LARGE) {
			assert_int_equal(r.err, ERR_INVALID);
		}
		if (unpack_check(bytes_of(data, len), &limits) == ERR_OK) {
			assert_int_equal(e, ERR_OK);
			assert_int_equal(used, len);
		}
	}
	assert_true(whole > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_ends_where_it_ends),
		cmocka_unit_test(test_single_values_are_messages),
		cmocka_unit_test(test_reserved_and_extension_bytes_are_invalid),
		cmocka_unit_test(test_cap_is_exact),
		cmocka_unit_test(test_cap_counts_what_other_levels_still_need),
		cmocka_unit_test(test_cut_header_counts_towards_the_cap),
		cmocka_unit_test(
		    test_announced_length_of_all_ones_is_too_large),
		cmocka_unit_test(test_nesting_of_16_passes_and_17_does_not),
		cmocka_unit_test(test_many_openers_in_a_row_do_not_nest),
		cmocka_unit_test(test_million_openers_are_refused_at_once),
		cmocka_unit_test(test_pipelined_messages_are_told_apart),
		cmocka_unit_test(
		    test_end_agrees_with_the_reader_on_random_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

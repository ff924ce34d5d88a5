// SPDX-License-Identifier: MIT
/*
 * Claims about packing: the shortest form of each value, late headers, the cap.
 *
 * Bytes are compared with the MessagePack specification's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/pack.h"

static void expect(struct buf *b, const char *bytes, size_t len)
{
	assert_int_equal(b->err, ERR_OK);
	assert_int_equal(buf_bytes(b).len, len);
	assert_memory_equal(buf_bytes(b).data, bytes, len);
	buf_reset(b);
}

#define EXPECT(b, bytes) expect(b, bytes, sizeof(bytes) - 1)

static void test_integers_take_their_shortest_form(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 100);
	pack_int(&b, 0);
	EXPECT(&b, "\x00");
	pack_int(&b, 127);
	EXPECT(&b, "\x7f");
	pack_int(&b, 128);
	EXPECT(&b, "\xcc\x80");
	pack_int(&b, -32);
	EXPECT(&b, "\xe0");
	pack_int(&b, -33);
	EXPECT(&b, "\xd0\xdf");
	pack_int(&b, 65536);
	EXPECT(&b, "\xce\x00\x01\x00\x00");
	pack_int(&b, INT64_MIN);
	EXPECT(&b, "\xd3\x80\0\0\0\0\0\0\0");
	pack_uint(&b, UINT64_MAX);
	EXPECT(&b, "\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
	buf_release(&b);
}

static void test_scalars_and_short_forms(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 100);
	pack_nil(&b);
	pack_bool(&b, true);
	pack_bool(&b, false);
	EXPECT(&b, "\xc0\xc3\xc2");
	pack_cstr(&b, "");
	pack_text(&b, bytes_text("ab"));
	pack_bin(&b, bytes_text("c"));
	EXPECT(&b, "\xa0\xa2"
		   "ab\xc4\x01"
		   "c");
	pack_map(&b, 4);
	pack_key_text(&b, "a", bytes_text("b"));
	pack_key_cstr(&b, "c", "d");
	pack_key_int(&b, "e", -1);
	pack_key_bool(&b, "f", true);
	EXPECT(&b, "\x84\xa1"
		   "a\xa1"
		   "b\xa1"
		   "c\xa1"
		   "d\xa1"
		   "e\xff\xa1"
		   "f\xc3");
	buf_release(&b);
}

static void test_text_lengths_choose_the_header(void **state)
{
	(void)state;
	static const struct {
		size_t len;
		size_t header;
		uint8_t first;
	} rows[] = {
		{ 31, 1, 0xbf },
		{ 32, 2, 0xd9 },
		{ 255, 2, 0xd9 },
		{ 256, 3, 0xda },
		{ 65535, 3, 0xda },
		{ 65536, 5, 0xdb },
	};
	static const char text[65536];
	struct buf b;

	buf_init(&b, 70000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pack_text(&b, bytes_of(text, rows[i].len));
		assert_int_equal(
		    buf_bytes(&b).len, rows[i].len + rows[i].header);
		assert_int_equal(buf_bytes(&b).data[0], rows[i].first);
		buf_reset(&b);
	}
	buf_release(&b);
}

static void test_late_headers_are_filled_at_their_mark(void **state)
{
	(void)state;
	struct buf b;
	size_t outer;
	size_t inner;

	buf_init(&b, 100);
	pack_nil(&b);
	buf_consume(&b, 1);
	outer = pack_array_open(&b);
	inner = pack_map_open(&b);
	pack_key_int(&b, "k", 5);
	pack_map_close(&b, inner, 1);
	pack_nil(&b);
	pack_array_close(&b, outer, 2);
	EXPECT(&b, "\xdc\x00\x02\xde\x00\x01\xa1k\x05\xc0");
	buf_release(&b);
}

static void test_late_header_holds_65535_and_no_more(void **state)
{
	(void)state;
	struct buf b;
	size_t mark;

	buf_init(&b, 100);
	mark = pack_array_open(&b);
	pack_array_close(&b, mark, 65535);
	EXPECT(&b, "\xdc\xff\xff");
	mark = pack_map_open(&b);
	pack_map_close(&b, mark, 65536);
	assert_int_equal(b.err, ERR_TOO_LARGE);
	buf_release(&b);
}

static void test_cap_is_exact_and_sticky(void **state)
{
	(void)state;
	struct buf b;
	size_t mark;

	buf_init(&b, 4);
	pack_cstr(&b, "abc");
	EXPECT(&b, "\xa3"
		   "abc");
	pack_cstr(&b, "abcd");
	assert_int_equal(b.err, ERR_TOO_LARGE);
	mark = pack_array_open(&b);
	pack_array_close(&b, mark, 0);
	pack_nil(&b);
	assert_int_equal(b.err, ERR_TOO_LARGE);
	buf_release(&b);
}

static void test_raw_of_nothing_is_refused(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 10);
	pack_raw(&b, bytes_of("\xc0", 1));
	EXPECT(&b, "\xc0");
	pack_raw(&b, BYTES_NONE);
	assert_int_equal(b.err, ERR_INTERNAL);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers_take_their_shortest_form),
		cmocka_unit_test(test_scalars_and_short_forms),
		cmocka_unit_test(test_text_lengths_choose_the_header),
		cmocka_unit_test(test_late_headers_are_filled_at_their_mark),
		cmocka_unit_test(test_late_header_holds_65535_and_no_more),
		cmocka_unit_test(test_cap_is_exact_and_sticky),
		cmocka_unit_test(test_raw_of_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

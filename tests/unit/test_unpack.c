// SPDX-License-Identifier: MIT
/*
 * Claims about strict reading: what is admitted, each bound, each getter.
 *
 * The differential test compares the verdict with msgpack-c's own unpacker on
 * random messages, wherever that one may be fed: never an announced 32-bit
 * count, for which it would allocate without looking.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/message.h"
#include "common/pack.h"
#include "common/unpack.h"
#include <math.h>
#include <msgpack.h>
#include <stdio.h>
#include <time.h>

static const struct unpack_limits limits = { 16, 100000 };

static enum err check(const void *data, size_t len)
{
	return unpack_check(bytes_of(data, len), &limits);
}

#define CHECK(text) check(text, sizeof(text) - 1)

static void test_check_admits_a_request(void **state)
{
	(void)state;
	assert_int_equal(
	    CHECK("\x94\x00\x01\xa1m\x91\x82\xa1k\xc0\xa1l\xc3"), ERR_OK);
	assert_int_equal(CHECK("\xa6\xe5\xae\xa2\xe6\x88\xb7"), ERR_OK);
	assert_int_equal(CHECK("\xca\x3f\x80\0\0"), ERR_OK);
}

static void test_check_refuses_nothing_and_trailing_bytes(void **state)
{
	(void)state;
	assert_int_equal(check(NULL, 0), ERR_INVALID);
	assert_int_equal(CHECK("\xc0\xc0"), ERR_INVALID);
	assert_int_equal(CHECK("\x91\x01\x90"), ERR_INVALID);
}

static void test_check_refuses_every_cut_of_a_message(void **state)
{
	(void)state;
	static const char message[] = "\x95\xcd\x01\x02\xda\x00\x03"
				      "abc\xc4\x01x\x81\xd9\x01k"
				      "\xdc\x00\x01\xc0\xcb\0\0\0\0\0\0\0\0";

	assert_int_equal(CHECK(message), ERR_OK);
	for (size_t cut = 0; cut < sizeof(message) - 1; cut++)
		assert_int_equal(check(message, cut), ERR_INVALID);
}

static void test_check_refuses_extensions_and_the_reserved_byte(void **state)
{
	(void)state;
	assert_int_equal(CHECK("\xc1"), ERR_INVALID);
	assert_int_equal(CHECK("\xd4\x01\x00"), ERR_INVALID);
	assert_int_equal(CHECK("\xc7\x01\x01\x00"), ERR_INVALID);
	assert_int_equal(CHECK("\xd6\xff\0\0\0\0"), ERR_INVALID);
}

static void test_check_refuses_nan_and_no_other_float(void **state)
{
	(void)state;
	assert_int_equal(CHECK("\xca\x7f\xc0\0\0"), ERR_INVALID);
	assert_int_equal(CHECK("\xca\xff\x80\0\1"), ERR_INVALID);
	assert_int_equal(CHECK("\xcb\x7f\xf8\0\0\0\0\0\0"), ERR_INVALID);
	assert_int_equal(CHECK("\xcb\xff\xf0\0\0\0\0\0\1"), ERR_INVALID);
	assert_int_equal(CHECK("\xcb\x7f\xef\xff\xff\xff\xff\xff\xff"), ERR_OK);
}

static void test_check_refuses_keys_that_are_not_text(void **state)
{
	(void)state;
	assert_int_equal(CHECK("\x81\x01\x01"), ERR_INVALID);
	assert_int_equal(CHECK("\x81\xc0\x01"), ERR_INVALID);
	assert_int_equal(CHECK("\x81\xc4\x01k\x01"), ERR_INVALID);
	assert_int_equal(CHECK("\x81\x90\x01"), ERR_INVALID);
}

static void test_check_refuses_invalid_utf8_in_values_and_keys(void **state)
{
	(void)state;
	assert_int_equal(CHECK("\xa1\x80"), ERR_INVALID);
	assert_int_equal(CHECK("\xa2\xc0\x80"), ERR_INVALID);
	assert_int_equal(CHECK("\xa3\xed\xa0\x80"), ERR_INVALID);
	assert_int_equal(CHECK("\xa4\xf4\x90\x80\x80"), ERR_INVALID);
	assert_int_equal(CHECK("\xaa"
			       "12345678\xe5\xae"),
	    ERR_INVALID);
	assert_int_equal(CHECK("\x81\xa1\xff\x01"), ERR_INVALID);
	assert_int_equal(CHECK("\xc4\x01\xff"), ERR_OK);
}

static void test_check_refuses_duplicate_keys_in_any_header(void **state)
{
	(void)state;
	assert_int_equal(CHECK("\x82\xa1k\x01\xa1k\x02"), ERR_INVALID);
	assert_int_equal(CHECK("\x82\xa1k\x01\xd9\x01k\x02"), ERR_INVALID);
	assert_int_equal(CHECK("\x82\xa0\x01\xa0\x02"), ERR_INVALID);
	assert_int_equal(CHECK("\x82\xa1k\x81\xa1k\x01\xa1k\x02"), ERR_INVALID);
}

static void test_check_admits_one_key_in_two_maps(void **state)
{
	(void)state;
	assert_int_equal(CHECK("\x82\xa1k\x81\xa1k\x01\xa1l\x02"), ERR_OK);
	assert_int_equal(CHECK("\x92\x81\xa1k\x01\x81\xa1k\x01"), ERR_OK);
	assert_int_equal(CHECK("\x82\xa1k\x01\xa2k\x00\x02"), ERR_OK);
}

/* A map of `count` keys; key number `twin` is the first key once more. */
static void make_map(struct buf *b, uint32_t count, uint32_t twin)
{
	char key[16];

	pack_map(b, count);
	for (uint32_t i = 0; i < count; i++) {
		(void)snprintf(key, sizeof(key), "key%u", i == twin ? 0 : i);
		pack_key_int(b, key, i);
	}
}

static void test_check_finds_a_twin_key_in_maps_of_every_size(void **state)
{
	(void)state;
	static const uint32_t sizes[] = { 2, 31, 32, 33, 64, 256, 257, 258, 513,
		5000 };
	struct buf b;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make_map(&b, sizes[i], UINT32_MAX);
		assert_int_equal(unpack_check(buf_bytes(&b), &limits), ERR_OK);
		buf_reset(&b);
		make_map(&b, sizes[i], sizes[i] - 1);
		assert_int_equal(
		    unpack_check(buf_bytes(&b), &limits), ERR_INVALID);
		buf_reset(&b);
	}
	buf_release(&b);
}

static void test_check_keeps_keys_of_many_large_maps_apart(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 1 << 20);
	pack_array(&b, 200);
	for (int i = 0; i < 200; i++)
		make_map(&b, 40, UINT32_MAX);
	assert_int_equal(unpack_check(buf_bytes(&b), &limits), ERR_OK);
	buf_release(&b);
}

static double check_ms(uint32_t pairs)
{
	const struct unpack_limits wide = { 16, UINT32_MAX };
	struct timespec from;
	struct timespec to;
	struct buf b;

	buf_init(&b, 1 << 24);
	make_map(&b, pairs, UINT32_MAX);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	assert_int_equal(unpack_check(buf_bytes(&b), &wide), ERR_OK);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	buf_release(&b);
	return (double)(to.tv_sec - from.tv_sec) * 1e3 +
	       (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static void test_check_of_a_huge_map_is_not_quadratic(void **state)
{
	(void)state;
	double small = check_ms(20000) + 0.5;

	/* Ten times the pairs: quadratic would be 100 times the work. */
	assert_true(check_ms(200000) < 50 * small);
}

static void test_depth_is_admitted_at_the_bound_and_refused_past_it(
    void **state)
{
	(void)state;
	uint8_t data[18];
	const struct unpack_limits two = { 2, 10 };

	memset(data, 0x91, sizeof(data));
	data[15] = 0x90;
	assert_int_equal(check(data, 16), ERR_OK);
	data[15] = 0x91;
	data[16] = 0xc0;
	assert_int_equal(check(data, 17), ERR_OK);
	data[16] = 0x90;
	assert_int_equal(check(data, 17), ERR_TOO_LARGE);
	assert_int_equal(unpack_check(bytes_of("\x91\x90", 2), &two), ERR_OK);
	assert_int_equal(
	    unpack_check(bytes_of("\x91\x91\x80", 3), &two), ERR_TOO_LARGE);
}

static void test_elements_are_counted_over_all_levels(void **state)
{
	(void)state;
	const struct unpack_limits five = { 16, 5 };

	assert_int_equal(
	    unpack_check(bytes_of("\x92\x92\1\2\x81\xa1k\1", 8), &five),
	    ERR_OK);
	assert_int_equal(
	    unpack_check(bytes_of("\x92\x92\1\2\x82\xa1k\1\xa1l\1", 11), &five),
	    ERR_TOO_LARGE);
}

static void test_announced_lengths_of_all_ones_are_refused(void **state)
{
	(void)state;
	assert_int_equal(CHECK("\xdd\xff\xff\xff\xff"), ERR_TOO_LARGE);
	assert_int_equal(CHECK("\xdf\xff\xff\xff\xff"), ERR_TOO_LARGE);
	assert_int_equal(CHECK("\xdb\xff\xff\xff\xff"), ERR_INVALID);
	assert_int_equal(CHECK("\xc6\xff\xff\xff\xff"), ERR_INVALID);
	assert_int_equal(CHECK("\xdd\x00\x00\xff\xff"), ERR_INVALID);
}

static void test_integers_read_back_at_their_ends(void **state)
{
	(void)state;
	static const int64_t values[] = { 0, 1, 127, 128, 255, 256, 65535,
		65536, UINT32_MAX, INT64_MAX, -1, -32, -33, -128, -129, -32768,
		-32769, INT32_MIN, INT64_MIN };
	struct buf b;

	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct reader r;

		pack_int(&b, values[i]);
		r = reader_of(buf_bytes(&b));
		assert_int_equal(reader_peek(&r), UNPACK_INT);
		assert_true(read_int(&r) == values[i]);
		assert_int_equal(r.err, ERR_OK);
		assert_true(r.at == r.end);
		r = reader_of(buf_bytes(&b));
		(void)read_uint(&r);
		assert_int_equal(r.err, values[i] < 0 ? ERR_INVALID : ERR_OK);
		buf_reset(&b);
	}
	buf_release(&b);
}

static void test_big_integer_is_big_and_no_int(void **state)
{
	(void)state;
	struct bytes big = bytes_of("\xcf\x80\0\0\0\0\0\0\0", 9);
	struct reader r = reader_of(big);

	assert_int_equal(reader_peek(&r), UNPACK_BIG);
	assert_int_equal(read_int(&r), 0);
	assert_int_equal(r.err, ERR_INVALID);
	r = reader_of(big);
	assert_true(read_uint(&r) == (uint64_t)1 << 63);
	assert_int_equal(r.err, ERR_OK);
}

static void test_reader_error_is_sticky_and_yields_nothing(void **state)
{
	(void)state;
	struct reader r = reader_of(bytes_of("\x01\xa1x\xc3\x91\x05", 6));

	assert_int_equal(read_text(&r).len, 0);
	assert_int_equal(r.err, ERR_INVALID);
	assert_int_equal(read_int(&r), 0);
	assert_null(read_text(&r).data);
	assert_false(read_bool(&r));
	assert_int_equal(read_array(&r), 0);
	assert_null(read_raw(&r).data);
	assert_int_equal(reader_peek(&r), UNPACK_END);
}

static void test_reader_reads_each_type_in_turn(void **state)
{
	(void)state;
	struct reader r = reader_of(bytes_of(
	    "\xc0\xc3\xc2\xa2hi\xc4\x01z\x92\x01\x02\x81\xa1k\xc0\x05", 17));

	read_nil(&r);
	assert_true(read_bool(&r));
	assert_false(read_bool(&r));
	assert_true(bytes_is(read_text(&r), "hi"));
	assert_int_equal(reader_peek(&r), UNPACK_BIN);
	assert_true(bytes_is(read_bin(&r), "z"));
	assert_int_equal(read_raw(&r).len, 3);
	assert_int_equal(read_map(&r), 1);
	read_skip(&r);
	read_skip(&r);
	assert_int_equal(read_int(&r), 5);
	assert_int_equal(r.err, ERR_OK);
	assert_int_equal(reader_peek(&r), UNPACK_END);
}

static void test_reader_never_announces_more_than_is_there(void **state)
{
	(void)state;
	struct reader r = reader_of(bytes_of("\xdd\xff\xff\xff\xff\xc0", 6));

	assert_int_equal(read_array(&r), 0);
	assert_int_equal(r.err, ERR_INVALID);
	r = reader_of(bytes_of("\x82\xa1k\xc0", 4));
	assert_int_equal(read_map(&r), 0);
	assert_int_equal(r.err, ERR_INVALID);
}

static void test_lookup_finds_a_key_or_nothing(void **state)
{
	(void)state;
	struct bytes map = bytes_of("\x83\xa1"
				    "a\x91\x01\xa2"
				    "bb\xa1x\xa0\x07",
	    12);

	assert_int_equal(unpack_lookup(map, "a").len, 2);
	assert_true(bytes_equal(unpack_lookup(map, "bb"), bytes_text("\xa1x")));
	assert_int_equal(unpack_lookup(map, "").len, 1);
	assert_int_equal(unpack_lookup(map, "c").len, 0);
	assert_null(unpack_lookup(bytes_of("\x91\xa1"
					   "a",
				      3),
	    "a")
			.data);
	assert_null(unpack_lookup(BYTES_NONE, "a").data);
	assert_null(unpack_lookup(bytes_of("\x81\x01\x02", 3), "").data);
}

static void test_pairs_give_what_lookup_gives(void **state)
{
	/* {"a": 1, "bb": "x"} */
	struct bytes map = bytes_text("\x82\xa1"
				      "a\x01\xa2"
				      "bb\xa1x");
	struct pairs p;

	(void)state;
	assert_int_equal(unpack_pairs(map, &p), ERR_OK);
	assert_int_equal(p.count, 2);
	assert_true(bytes_equal(pairs_get(&p, "bb"), bytes_text("\xa1x")));
	assert_int_equal(pairs_get(&p, "a").len, 1);
	assert_null(pairs_get(&p, "b").data);
}

static void test_pairs_refuse_more_than_they_hold(void **state)
{
	uint8_t map[3 + 3 * (UNPACK_PAIRS + 1)] = { 0xde, 0, UNPACK_PAIRS + 1 };
	struct pairs p;

	(void)state;
	for (unsigned i = 0; i <= UNPACK_PAIRS; i++) {
		map[3 + 3 * i] = 0xa1;
		map[4 + 3 * i] = (uint8_t)('a' + i);
	}
	assert_int_equal(
	    unpack_pairs(bytes_of(map, sizeof(map)), &p), ERR_INVALID);
	assert_int_equal(p.count, 0);
	map[2] = UNPACK_PAIRS;
	assert_int_equal(
	    unpack_pairs(bytes_of(map, sizeof(map) - 3), &p), ERR_OK);
	assert_int_equal(unpack_pairs(bytes_text("\x01"), &p), ERR_INVALID);
	assert_int_equal(p.count, 0);
}

/* Whether our contract admits what the library has built. */
static bool admits(const msgpack_object *o);

static bool admits_map(const msgpack_object_map *map)
{
	for (uint32_t i = 0; i < map->size; i++) {
		if (map->ptr[i].key.type != MSGPACK_OBJECT_STR ||
		    !admits(&map->ptr[i].key) || !admits(&map->ptr[i].val))
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (msgpack_object_equal(
				map->ptr[i].key, map->ptr[j].key))
				return false;
	}
	return true;
}

static bool is_ascii(const char *text, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (text[i] & 0x80)
			return false;
	return true;
}

static bool admits(const msgpack_object *o)
{
	switch (o->type) {
	case MSGPACK_OBJECT_EXT:
		return false;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return !isnan(o->via.f64);
	case MSGPACK_OBJECT_STR:
		return is_ascii(o->via.str.ptr, o->via.str.size);
	case MSGPACK_OBJECT_MAP:
		return admits_map(&o->via.map);
	case MSGPACK_OBJECT_ARRAY:
		for (uint32_t i = 0; i < o->via.array.size; i++)
			if (!admits(&o->via.array.ptr[i]))
				return false;
		return true;
	default:
		return true;
	}
}

static void pack_random(struct buf *b, int depth)
{
	static const char *const keys[] = { "a", "b", "name", "mobile", "" };
	uint32_t count = (uint32_t)rand() % 4;

	switch (rand() % (depth ? 9 : 6)) {
	case 0:
		pack_nil(b);
		break;
	case 1:
		pack_int(b, (int64_t)rand() - rand());
		break;
	case 2:
		pack_cstr(b, keys[rand() % 5]);
		break;
	case 3:
		pack_bin(b, bytes_text(keys[rand() % 5]));
		break;
	case 4:
		pack_bool(b, rand() % 2);
		break;
	case 5:
		buf_append(b, "\xcb\x7f\xf0\0\0\0\0\0", 8);
		buf_append_byte(b, (uint8_t)(rand() % 2));
		break;
	case 6:
		pack_array(b, count);
		while (count--)
			pack_random(b, depth - 1);
		break;
	default:
		pack_map(b, count);
		while (count--) {
			pack_cstr(b, keys[rand() % 5]);
			pack_random(b, depth - 1);
		}
	}
}

static bool may_feed_library(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] == 0xdd || s.data[i] == 0xdf || s.data[i] > 0xf0)
			return false;
	return true;
}

static void mutate(struct buf *b)
{
	size_t len = buf_bytes(b).len;

	if (rand() % 4 == 0)
		b->data[(size_t)rand() % len] = (uint8_t)rand();
	if (rand() % 8 == 0)
		buf_truncate(b, 1 + (size_t)rand() % len);
	if (rand() % 16 == 0)
		buf_append_byte(b, (uint8_t)rand());
}

static void test_check_agrees_with_the_library_on_random_messages(void **state)
{
	(void)state;
	unsigned admitted = 0;
	unsigned refused = 0;
	struct buf b;

	srand(5);
	buf_init(&b, 1 << 16);
	for (int round = 0; round < 100000; round++) {
		msgpack_unpacked built;
		size_t end = 0;
		bool theirs;
		bool ours;

		buf_reset(&b);
		pack_random(&b, 5);
		mutate(&b);
		if (!may_feed_library(buf_bytes(&b)))
			continue;
		msgpack_unpacked_init(&built);
		theirs =
		    msgpack_unpack_next(&built,
			(const char *)buf_bytes(&b).data, buf_bytes(&b).len,
			&end) == MSGPACK_UNPACK_SUCCESS &&
		    end == buf_bytes(&b).len && admits(&built.data);
		ours = unpack_check(buf_bytes(&b), &limits) == ERR_OK;
		/* Text past ASCII is where only one of the two looks. */
		if (theirs)
			assert_true(ours);
		if (ours && !theirs)
			assert_false(is_ascii((const char *)buf_bytes(&b).data,
			    (uint32_t)buf_bytes(&b).len));
		admitted += theirs;
		refused += !theirs;
		msgpack_unpacked_destroy(&built);
	}
	assert_true(admitted > 10000 && refused > 10000);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_admits_a_request),
		cmocka_unit_test(test_check_refuses_nothing_and_trailing_bytes),
		cmocka_unit_test(test_check_refuses_every_cut_of_a_message),
		cmocka_unit_test(
		    test_check_refuses_extensions_and_the_reserved_byte),
		cmocka_unit_test(test_check_refuses_nan_and_no_other_float),
		cmocka_unit_test(test_check_refuses_keys_that_are_not_text),
		cmocka_unit_test(
		    test_check_refuses_invalid_utf8_in_values_and_keys),
		cmocka_unit_test(
		    test_check_refuses_duplicate_keys_in_any_header),
		cmocka_unit_test(test_check_admits_one_key_in_two_maps),
		cmocka_unit_test(
		    test_check_finds_a_twin_key_in_maps_of_every_size),
		cmocka_unit_test(
		    test_check_keeps_keys_of_many_large_maps_apart),
		cmocka_unit_test(test_check_of_a_huge_map_is_not_quadratic),
		cmocka_unit_test(
		    test_depth_is_admitted_at_the_bound_and_refused_past_it),
		cmocka_unit_test(test_elements_are_counted_over_all_levels),
		cmocka_unit_test(
		    test_announced_lengths_of_all_ones_are_refused),
		cmocka_unit_test(test_integers_read_back_at_their_ends),
		cmocka_unit_test(test_big_integer_is_big_and_no_int),
		cmocka_unit_test(
		    test_reader_error_is_sticky_and_yields_nothing),
		cmocka_unit_test(test_reader_reads_each_type_in_turn),
		cmocka_unit_test(
		    test_reader_never_announces_more_than_is_there),
		cmocka_unit_test(test_lookup_finds_a_key_or_nothing),
		cmocka_unit_test(test_pairs_give_what_lookup_gives),
		cmocka_unit_test(test_pairs_refuse_more_than_they_hold),
		cmocka_unit_test(
		    test_check_agrees_with_the_library_on_random_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

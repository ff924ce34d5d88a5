// SPDX-License-Identifier: MIT
/*
 * The fixed layout of a stored row: what goes in comes out, what is cut or
 * longer than it says is refused, and every seal is bound to its own place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/data/row.h"

static const struct header sample = { .entity = 3,
	.flags = ROW_VARIANT,
	.sealed_count = 2,
	.version = 7,
	.key_version = 1,
	.subject = UINT64_C(0x1122334455667788),
	.branch = 5,
	.owner = 6,
	.body_len = 4 };

static void test_header_comes_back_as_it_went(void **state)
{
	uint8_t raw[ROW_HEADER], again[ROW_HEADER];
	struct header h;

	(void)state;
	header_format(&sample, raw);
	assert_int_equal(header_parse(bytes_of(raw, sizeof raw), &h), ERR_OK);
	header_format(&h, again);
	assert_memory_equal(again, raw, sizeof raw);
	assert_true(h.subject == sample.subject && h.owner == sample.owner);
	assert_int_equal(h.sealed_count, sample.sealed_count);
	assert_int_equal(h.flags, sample.flags);
}

static void test_short_or_foreign_header_is_refused(void **state)
{
	uint8_t raw[ROW_HEADER];
	struct header h;

	(void)state;
	header_format(&sample, raw);
	for (size_t len = 0; len < ROW_HEADER; len++)
		assert_int_equal(
		    header_parse(bytes_of(raw, len), &h), ERR_CORRUPT);
	raw[0]++;
	assert_int_equal(
	    header_parse(bytes_of(raw, sizeof raw), &h), ERR_CORRUPT);
}

static void test_body_longer_than_the_row_is_refused(void **state)
{
	uint8_t raw[ROW_HEADER + 3] = { 0 };
	struct bytes body, fields;

	(void)state;
	header_format(&sample, raw);
	assert_int_equal(
	    row_split(bytes_of(raw, sizeof raw), &sample, &body, &fields),
	    ERR_CORRUPT);
}

static void test_sealed_fields_come_back_in_order(void **state)
{
	const struct sealed_field one = { 4, 9, bytes_text("first") };
	const struct sealed_field two = { 5, 1, bytes_text("") };
	struct sealed_field f;
	struct bytes left;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	row_append_field(&b, &one);
	row_append_field(&b, &two);
	left = buf_bytes(&b);
	assert_true(row_next_field(&left, &f));
	assert_int_equal(f.field, 4);
	assert_int_equal(f.version, 9);
	assert_true(bytes_is(f.sealed, "first"));
	assert_true(row_next_field(&left, &f));
	assert_int_equal(f.field, 5);
	assert_int_equal(f.sealed.len, 0);
	assert_false(row_next_field(&left, &f));
	assert_int_equal(left.len, 0);
	buf_release(&b);
}

static void test_cut_sealed_field_stays_unread(void **state)
{
	const struct sealed_field one = { 4, 9, bytes_text("first") };
	struct sealed_field f;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	row_append_field(&b, &one);
	for (size_t len = 0; len < buf_bytes(&b).len; len++) {
		struct bytes left = bytes_of(buf_bytes(&b).data, len);

		assert_false(row_next_field(&left, &f));
		assert_int_equal(left.len, len);
	}
	buf_release(&b);
}

static void test_field_too_long_for_its_length_is_refused(void **state)
{
	static const uint8_t zeros[UINT16_MAX + 1];
	const struct sealed_field f = { 1, 1, bytes_of(zeros, sizeof zeros) };
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	row_append_field(&b, &f);
	assert_int_equal(b.err, ERR_TOO_LARGE);
	buf_release(&b);
}

/* Change any part of where a seal lies, and its binding is another. */
static void test_each_part_of_a_place_binds(void **state)
{
	static const uint8_t store[STORE_ID] = { 1 }, other[STORE_ID] = { 2 };
	const struct binding base = { store, TABLE_ROW, 1, 2, 3, 4, 5, 6 };
	struct binding changed[8];
	uint8_t a[ROW_AAD], b[ROW_AAD];

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		changed[i] = base;
	changed[0].store_id = other;
	changed[1].table = TABLE_HISTORY;
	changed[2].entity++;
	changed[3].field++;
	changed[4].record++;
	changed[5].subject++;
	changed[6].key_version++;
	changed[7].version++;
	binding_aad(&base, a);
	for (unsigned i = 0; i < 8; i++) {
		binding_aad(&changed[i], b);
		assert_memory_not_equal(a, b, ROW_AAD);
	}
}

static void test_rows_of_an_entity_lie_in_order_of_their_ids(void **state)
{
	uint8_t a[ROW_KEY], b[ROW_KEY];

	(void)state;
	row_key(1, 255, a);
	row_key(1, 256, b);
	assert_true(memcmp(a, b, ROW_KEY) < 0);
	row_key(2, 0, a);
	assert_true(memcmp(a, b, ROW_KEY) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_comes_back_as_it_went),
		cmocka_unit_test(test_short_or_foreign_header_is_refused),
		cmocka_unit_test(test_body_longer_than_the_row_is_refused),
		cmocka_unit_test(test_sealed_fields_come_back_in_order),
		cmocka_unit_test(test_cut_sealed_field_stays_unread),
		cmocka_unit_test(test_field_too_long_for_its_length_is_refused),
		cmocka_unit_test(test_each_part_of_a_place_binds),
		cmocka_unit_test(
		    test_rows_of_an_entity_lie_in_order_of_their_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

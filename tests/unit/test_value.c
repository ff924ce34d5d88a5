// SPDX-License-Identifier: MIT
/*
 * Values: accepted, brought to their normal form, compared, keyed.
 */
#include "value_fixture.h"

/* --- normal forms --------------------------------------------------------*/

static void test_texts_are_trimmed_and_composed(void **state)
{
	takes(*state, "customer", "name", "  甲乙公司 ", "甲乙公司", NULL);
	takes(
	    *state, "customer", "country", "Cafe\xcc\x81", "Caf\xc3\xa9", NULL);
	takes(*state, "customer", "country", "   ", "", NULL);
	takes(*state, "customer", "name", "\xef\xbb\xbf甲\xe2\x80\x8b乙",
	    "甲乙", NULL);
	takes(*state, "customer", "country", "\xe2\x81\xa0\xef\xbb\xbf", "",
	    NULL);
	takes(*state, "customer", "remark", "a\r\nb\rc", "a\nb\nc", NULL);
	takes(*state, "customer", "country", "a\nb", NULL, "control");
	takes(*state, "customer", "country",
	    "a\xe2\x80\xae"
	    "b",
	    NULL, "control");
	takes(*state, "customer", "country", "a\xff", NULL, "encoding");
	takes(*state, "customer", "short_name",
	    "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一",
	    NULL, "max");
}

static void test_marks_that_a_check_takes_off_need_not_fit(void **state)
{
	takes(*state, "customer", "uscc", " 9111 0000 6000 3734 1L",
	    "91110000600037341L", NULL);
	takes(*state, "customer", "uscc", "91110000600037341L0", NULL,
	    "uscc_length");
}

static void test_choices_take_key_and_both_labels(void **state)
{
	takes(*state, "customer", "category", "regular", "regular", NULL);
	takes(*state, "customer", "category", "普通", "regular", NULL);
	takes(*state, "customer", "category", "Regular", "regular", NULL);
	takes(*state, "customer", "category", " VIP ", "vip", NULL);
	takes(*state, "customer", "category", "ＶＩＰ", "vip", NULL);
	takes(*state, "customer", "category", "gold", NULL, "value");
	takes(*state, "customer", "industry", "制造业", "C", NULL);
	takes(*state, "customer", "industry", "游戏", "游戏", NULL);
}

static void test_amounts_are_exact_texts(void **state)
{
	takes(*state, "payment", "amount", "1234.5", "1234.50", NULL);
	takes(*state, "payment", "amount", "0012", "12.00", NULL);
	takes(*state, "payment", "amount", "１２３４．５", "1234.50", NULL);
	takes(*state, "payment", "amount", "　12 ", "12.00", NULL);
	takes(*state, "payment", "amount", "10²", NULL, "number");
	takes(*state, "payment", "amount", "一百", NULL, "number");
	takes(*state, "payment", "amount", "\xff", NULL, "number");
	takes(*state, "payment", "amount", "1.2.3", NULL, "number");
	takes(*state, "payment", "amount", "1e5", NULL, "number");
	takes(*state, "payment", "amount", "test", NULL, "number");
	takes(*state, "payment", "amount", "1,234.00", NULL, "number");
	takes(*state, "payment", "amount", "1.005", NULL, "places");
	takes(*state, "payment", "amount", "-1", NULL, "range");
	takes(*state, "payment", "amount", "1234567890123456", NULL, "digits");
	takes(*state, "order_line", "quantity", "999999999999999.999999",
	    "999999999999999.999999", NULL);
	takes(*state, "order_line", "quantity", "0.0000001", NULL, "digits");
	takes(*state, "order_line", "discount", "0.15", "0.15", NULL);
	takes(*state, "order_line", "discount", "1.01", NULL, "range");
	takes(*state, "order_line", "unit_price", "14.125", "14.125", NULL);
	takes(*state, "customer", "credit_days", "30.5", NULL, "whole");
	takes(*state, "customer", "credit_days", "366", NULL, "range");
}

static void test_integers_are_taken_and_floats_refused(void **state)
{
	struct fixture *x = *state;
	const uint8_t twelve[] = { 12 };
	const uint8_t half[] = { 0xCB, 0x3F, 0xE0, 0, 0, 0, 0, 0, 0 };
	const uint8_t huge[] = { 0xD3, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
		0xFF };
	const struct field *f = field(x, "payment", "amount");

	assert_true(bytes_is(
	    value_text(f, accept(x, f, bytes_of(twelve, 1))), "12.00"));
	accept(x, f, bytes_of(half, sizeof half));
	assert_string_equal(x->found.first->rule, "float");
	accept(x, f, bytes_of(huge, sizeof huge));
	assert_string_equal(x->found.first->rule, "digits");
}

static void test_dates_are_brought_to_iso(void **state)
{
	takes(*state, "order", "date", "2026-11-22", "2026-11-22", NULL);
	takes(*state, "order", "date", "2026/1/2", "2026-01-02", NULL);
	takes(*state, "order", "date", "2026.11.22", "2026-11-22", NULL);
	takes(*state, "order", "date", "2026年11月22日", "2026-11-22", NULL);
	takes(*state, "order", "date", "20261122", "2026-11-22", NULL);
	takes(*state, "order", "date", "２０２６／１１／２２", "2026-11-22",
	    NULL);
	takes(*state, "order", "date", "2026/1/2 0:00", "2026-01-02", NULL);
	takes(*state, "order", "date", "2026-11-22 00:00:00.000", "2026-11-22",
	    NULL);
	takes(*state, "order", "date", "2026-11-22 08:00", NULL, "date");
	takes(*state, "order", "date", "2026-11-22 0", NULL, "date");
	takes(*state, "order", "date", "20261132", NULL, "date");
	takes(*state, "order", "date", "2026112", NULL, "date");
	takes(*state, "order", "date", "202611221", NULL, "date");
	takes(*state, "order", "date", "today", "2026-11-22", NULL);
	takes(*state, "order", "date", "2026-02-30", NULL, "date");
	takes(*state, "order", "date", "22/11/2026", NULL, "date");
	takes(*state, "order", "date", "11-22-26", NULL, "date");
	takes(*state, "order", "date", "2026-11", NULL, "date");
	takes(*state, "activity", "at", "2026-11-22T08:00:00+08:00",
	    "2026-11-22T00:00:00.000Z", NULL);
	takes(*state, "activity", "at", "2026-11-20",
	    "2026-11-20T00:00:00.000Z", NULL);
	takes(*state, "activity", "at", "2027-01-01", NULL, "future");
}

static void test_lists_are_split_and_lose_doubles(void **state)
{
	struct fixture *x = *state;
	const struct field *f = field(x, "customer", "tags");
	struct reader r;

	r = reader_of(accept(x, f, text(x, "甲; 乙；甲;;")));
	assert_int_equal(read_array(&r), 2);
	assert_true(bytes_is(read_text(&r), "甲"));
	assert_true(bytes_is(read_text(&r), "乙"));
	assert_int_equal(accept(x, f, text(x, " ; ")).len, 0);
	r = reader_of(accept(
	    x, field(x, "customer", "phones"), text(x, "02152345678;95588")));
	assert_int_equal(read_array(&r), 2);
	assert_true(bytes_is(read_text(&r), "021-52345678"));
}

static void test_wrong_types_are_refused(void **state)
{
	struct fixture *x = *state;
	const struct entity *e =
	    schema_entity(x->schema, bytes_text("customer"));
	const uint8_t map[] = { 0x80 };

	for (unsigned i = 0; i < e->field_count; i++) {
		accept(x, &e->fields[i], bytes_of(map, 1));
		assert_int_equal(x->found.errors, 1);
		assert_string_equal(x->found.first->rule, "type");
	}
}

static void test_nil_and_empty_text_empty_a_field(void **state)
{
	struct fixture *x = *state;
	const struct entity *e =
	    schema_entity(x->schema, bytes_text("customer"));
	const uint8_t nil[] = { 0xC0 };

	for (unsigned i = 0; i < e->field_count; i++) {
		assert_int_equal(
		    accept(x, &e->fields[i], bytes_of(nil, 1)).len, 0);
		assert_int_equal(accept(x, &e->fields[i], text(x, "")).len, 0);
		assert_int_equal(x->found.count, 0);
	}
	assert_true(value_is_empty(BYTES_NONE));
	assert_true(value_is_empty(text(x, "")));
	assert_false(value_is_empty(text(x, "0")));
}

static void test_the_country_decides_how_a_phone_is_read(void **state)
{
	struct fixture *x = *state;

	takes(x, "customer", "phone", "(5) 555-4729", NULL, "phone_area");
	x->values[field(x, "customer", "country")->slot] = text(x, "Mexico");
	takes(x, "customer", "phone", "(5) 555-4729", "(5) 555-4729", NULL);
}

static void test_references_keep_id_and_shown_text(void **state)
{
	struct fixture *x = *state;
	const struct field *f = field(x, "order", "customer");
	struct bytes v =
	    value_pack_ref(&x->arena, 77, bytes_text("KHSH202600001"));

	assert_int_equal(value_ref(v), 77);
	assert_true(bytes_is(value_text(f, v), "KHSH202600001"));
	assert_int_equal(value_ref(text(x, "77")), 0);
	assert_int_equal(value_ref(BYTES_NONE), 0);
	assert_false(value_is_empty(v));
}

/* --- order and keys ------------------------------------------------------*/

static void agree(struct fixture *x, const struct field *f, const char *less,
    const char *more)
{
	struct bytes a = accept(x, f, text(x, less));
	struct bytes b = accept(x, f, text(x, more));
	uint8_t key_a[VALUE_KEY], key_b[VALUE_KEY];
	size_t len_a = value_key(f, a, key_a), len_b = value_key(f, b, key_b);

	assert_true(len_a && len_b);
	assert_true(value_compare(f, a, b) < 0);
	assert_true(value_compare(f, b, a) > 0);
	assert_int_equal(value_compare(f, a, a), 0);
	assert_true(
	    bytes_compare(bytes_of(key_a, len_a), bytes_of(key_b, len_b)) < 0);
}

static void test_keys_sort_as_values_do(void **state)
{
	struct fixture *x = *state;

	agree(x, field(x, "customer", "category"), "vip", "regular");
	agree(x, field(x, "customer", "industry"), "T", "自填");
	agree(x, field(x, "customer", "credit_days"), "9", "10");
	agree(x, field(x, "order_line", "quantity"), "9.5", "10");
	agree(x, field(x, "order", "date"), "1969-12-31", "1970-01-01");
	agree(x, field(x, "activity", "at"), "2026-11-20",
	    "2026-11-20T00:00:01Z");
	agree(x, field(x, "customer", "external_no"), "A1", "A10");
	agree(x, field(x, "customer", "credit_hold"), "false", "true");
}

static void test_long_keys_stay_short_and_apart(void **state)
{
	struct fixture *x = *state;
	const struct field *f = field(x, "customer", "external_no");
	uint8_t a[VALUE_KEY], b[VALUE_KEY];
	const char *one = "零一二三四五六七八九零一二三四五六七八九零一二三四"
			  "五六七八九零一二甲";
	const char *two = "零一二三四五六七八九零一二三四五六七八九零一二三四"
			  "五六七八九零一二乙";

	assert_int_equal(value_key(f, text(x, one), a), VALUE_KEY);
	assert_int_equal(value_key(f, text(x, two), b), VALUE_KEY);
	assert_memory_not_equal(a, b, VALUE_KEY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_texts_are_trimmed_and_composed),
		CASE(test_marks_that_a_check_takes_off_need_not_fit),
		CASE(test_choices_take_key_and_both_labels),
		CASE(test_amounts_are_exact_texts),
		CASE(test_integers_are_taken_and_floats_refused),
		CASE(test_dates_are_brought_to_iso),
		CASE(test_lists_are_split_and_lose_doubles),
		CASE(test_wrong_types_are_refused),
		CASE(test_nil_and_empty_text_empty_a_field),
		CASE(test_the_country_decides_how_a_phone_is_read),
		CASE(test_references_keep_id_and_shown_text),
		CASE(test_keys_sort_as_values_do),
		CASE(test_long_keys_stay_short_and_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

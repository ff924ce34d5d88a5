// SPDX-License-Identifier: MIT
/*
 * Decimals: what is read, exactness, the one rounding, the order of keys.
 */
#include "common/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct decimal parsed(const char *text)
{
	struct decimal v;
	assert_int_equal(decimal_parse_stored(bytes_text(text), &v), ERR_OK);
	return v;
}

static void assert_shown(
    const struct decimal *v, unsigned places, const char *expected)
{
	char text[DECIMAL_TEXT];
	size_t len = decimal_format(v, places, text);
	assert_string_equal(text, expected);
	assert_int_equal(len, strlen(expected));
}

static enum err try(const char *text)
{
	struct decimal v;
	return decimal_parse(bytes_text(text), &v);
}

static void test_parse_refuses_what_is_no_plain_decimal(void **state)
{
	static const char *const wrong[] = { "", "-", "+1", ".", ".5", "5.",
		"-.5", "1.2.3", "1e5", "0x10", " 1", "1 ", "1,000", "--1",
		"test", "１", "1.-5", "NaN", "inf" };
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(try(wrong[i]), ERR_INVALID);
	assert_int_equal(try("1.5"), ERR_OK);
}

static void test_parse_admits_15_digits_before_and_6_after(void **state)
{
	(void)state;
	assert_int_equal(try("123456789012345"), ERR_OK);
	assert_int_equal(try("-123456789012345.123456"), ERR_OK);
	assert_int_equal(try("1234567890123456"), ERR_TOO_LARGE);
	assert_int_equal(try("1.1234567"), ERR_TOO_LARGE);
	assert_int_equal(try("1234567890123456x"), ERR_INVALID);
}

static void test_parse_of_stored_values_admits_20_and_18(void **state)
{
	struct decimal v;
	(void)state;
	v = parsed("-12345678901234567890.123456789012345678");
	assert_shown(&v, 0, "-12345678901234567890.123456789012345678");
	assert_true(decimal_is_storable(&v));
	v = parsed("-99999999999999999999.5");
	assert_true(decimal_is_storable(&v));
	assert_int_equal(decimal_add(&v, &v, &v), ERR_OK);
	assert_false(decimal_is_storable(&v));
	assert_int_equal(
	    decimal_parse_stored(bytes_text("123456789012345678901"), &v),
	    ERR_TOO_LARGE);
	assert_int_equal(
	    decimal_parse_stored(bytes_text("0.1234567890123456789"), &v),
	    ERR_TOO_LARGE);
}

static void test_parse_gives_zero_on_failure(void **state)
{
	struct decimal v = { .digits = 7, .scale = 3 };
	(void)state;
	assert_int_equal(decimal_parse(bytes_text("7x"), &v), ERR_INVALID);
	assert_true(v.digits == 0 && v.scale == 0);
}

static void test_parse_does_not_read_past_its_bytes(void **state)
{
	struct decimal v;
	(void)state;
	assert_int_equal(decimal_parse(bytes_of("12.5678", 4), &v), ERR_OK);
	assert_shown(&v, 0, "12.5");
}

static void test_format_pads_to_places_and_drops_no_digit(void **state)
{
	static const struct {
		const char *in;
		unsigned places;
		const char *out;
	} rows[] = {
		{ "0", 0, "0" },
		{ "0", 2, "0.00" },
		{ "-0", 2, "0.00" },
		{ "-0.05", 0, "-0.05" },
		{ "1234.5", 2, "1234.50" },
		{ "1234.5000", 2, "1234.50" },
		{ "1234.5000", 0, "1234.5" },
		{ "1234.5678", 2, "1234.5678" },
		{ "100", 0, "100" },
		{ "-100.00", 0, "-100" },
		{ "0007", 1, "7.0" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decimal v = parsed(rows[i].in);
		assert_shown(&v, rows[i].places, rows[i].out);
	}
}

static void test_format_has_room_for_the_longest(void **state)
{
	char text[DECIMAL_TEXT];
	struct decimal v = { .digits = -1 };
	(void)state;
	for (int i = 0; i < 37; i++)
		v.digits = v.digits * 10 - 1;
	assert_int_equal(decimal_format(&v, 18, text), DECIMAL_TEXT - 1 - 1);
	assert_int_equal(strlen(text), 1 + 38 + 1 + 18);
}

static struct decimal times(const char *a, const char *b)
{
	struct decimal left = parsed(a);
	struct decimal right = parsed(b);
	struct decimal out;
	assert_int_equal(decimal_mul(&left, &right, &out), ERR_OK);
	return out;
}

/* price * quantity * (1 - discount), as Northwind's order lines have it */
static struct decimal line(
    const char *price, const char *quantity, const char *discount)
{
	struct decimal gross = times(price, quantity);
	struct decimal one = decimal_int(1);
	struct decimal off = parsed(discount);
	struct decimal share, out;
	assert_int_equal(decimal_sub(&one, &off, &share), ERR_OK);
	assert_int_equal(decimal_mul(&gross, &share, &out), ERR_OK);
	return out;
}

static void test_order_lines_are_exact(void **state)
{
	struct decimal v = line("14", "12", "0.05");
	(void)state;
	assert_shown(&v, 2, "159.60");
	v = line("64.8", "7", "0.15");
	assert_shown(&v, 2, "385.56");
	v = line("16.8", "15", "0.15");
	assert_shown(&v, 2, "214.20");
	v = line("2.5", "3", "0.05");
	assert_shown(&v, 2, "7.125");
}

static void test_sum_is_rounded_once(void **state)
{
	struct decimal sum = decimal_int(0);
	struct decimal part = line("2.5", "3", "0.05");
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(decimal_add(&sum, &part, &sum), ERR_OK);
	assert_shown(&sum, 2, "21.375");
	sum = decimal_round(&sum, 2);
	assert_shown(&sum, 2, "21.38"); /* not 3 * 7.13 = 21.39 */
}

static void test_tenth_and_two_tenths_are_three_tenths(void **state)
{
	struct decimal a = parsed("0.1");
	struct decimal b = parsed("0.20");
	struct decimal c = parsed("0.3");
	struct decimal sum;
	(void)state;
	assert_int_equal(decimal_add(&a, &b, &sum), ERR_OK);
	assert_int_equal(decimal_compare(&sum, &c), 0);
}

static void test_round_goes_half_away_from_zero(void **state)
{
	static const struct {
		const char *in;
		unsigned places;
		const char *out;
	} rows[] = {
		{ "2.5", 0, "3" },
		{ "-2.5", 0, "-3" },
		{ "2.4999", 0, "2" },
		{ "-2.4999", 0, "-2" },
		{ "1.005", 2, "1.01" },
		{ "-1.005", 2, "-1.01" },
		{ "1.00499", 2, "1" },
		{ "-0.004", 2, "0" },
		{ "999.995", 2, "1000" },
		{ "0.5", 6, "0.5" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decimal v = parsed(rows[i].in);
		v = decimal_round(&v, rows[i].places);
		assert_shown(&v, 0, rows[i].out);
	}
}

static void test_results_past_38_digits_are_too_large(void **state)
{
	struct decimal a = parsed("12345678901234567891");
	struct decimal b = parsed("12345678901234567.891");
	struct decimal c = parsed("0.000000000000000001");
	struct decimal out;
	(void)state;
	assert_int_equal(decimal_mul(&a, &a, &out), ERR_TOO_LARGE);
	assert_int_equal(decimal_mul(&a, &b, &out), ERR_TOO_LARGE);
	assert_int_equal(decimal_mul(&c, &c, &out), ERR_TOO_LARGE);
	assert_true(out.digits == 0);
	out = parsed("99999999999999999999.999999999999999999");
	a = parsed("-99999999999999999999.999999999999999999");
	/* Together they are more than the integer takes. */
	assert_int_equal(decimal_sub(&a, &out, &b), ERR_TOO_LARGE);
	assert_int_equal(decimal_add(&out, &out, &b), ERR_TOO_LARGE);
	assert_int_equal(decimal_add(&out, &c, &out), ERR_TOO_LARGE);
}

static void test_zeros_at_the_end_do_not_overflow(void **state)
{
	struct decimal a = parsed("2.000000000000000000");
	struct decimal b = parsed("0.500000000000000000");
	struct decimal out;
	(void)state;
	assert_int_equal(decimal_mul(&a, &b, &out), ERR_OK);
	assert_shown(&out, 0, "1");
	a = parsed("12345678901234567890");
	a = times("12345678901234567890", "1000000000000000000");
	assert_int_equal(decimal_add(&a, &b, &out), ERR_TOO_LARGE);
	b = parsed("5.000000000000000000");
	assert_int_equal(decimal_add(&a, &b, &out), ERR_OK);
	assert_shown(&out, 0, "12345678901234567890000000000000000005");
}

static void test_compare_looks_at_values_not_at_scales(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		int order;
	} rows[] = {
		{ "1", "1.000", 0 },
		{ "0", "-0.0", 0 },
		{ "-1", "1", -1 },
		{ "-0.5", "0.5", -1 },
		{ "-0.5", "-0.4", -1 },
		{ "1.1", "1.09", 1 },
		{ "99999999999999999999", "0.000000000000000001", 1 },
		{ "99999999999999999999",
		    "99999999999999999999.000000000000000001", -1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decimal a = parsed(rows[i].a);
		struct decimal b = parsed(rows[i].b);
		assert_int_equal(decimal_compare(&a, &b), rows[i].order);
		assert_int_equal(decimal_compare(&b, &a), -rows[i].order);
	}
}

static uint64_t step(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 11;
}

/* Of any size and scale, near zero as often as far away. */
static struct decimal some_value(uint64_t *seed)
{
	uint64_t digits = step(seed) >> step(seed) % 53;
	int64_t value = step(seed) % 2 ? (int64_t)digits : -(int64_t)digits;
	struct decimal v = decimal_int(value);
	v.scale = (uint8_t)(step(seed) % 7);
	return v;
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void test_keys_order_as_numbers(void **state)
{
	uint64_t seed = 20261122;
	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint8_t a_key[DECIMAL_KEY], b_key[DECIMAL_KEY];
		struct decimal a = some_value(&seed);
		struct decimal b = some_value(&seed);
		assert_int_equal(decimal_key(&a, a_key), ERR_OK);
		assert_int_equal(decimal_key(&b, b_key), ERR_OK);
		assert_int_equal(sign(memcmp(a_key, b_key, DECIMAL_KEY)),
		    decimal_compare(&a, &b));
	}
}

static void test_key_is_equal_for_equal_values(void **state)
{
	uint8_t a_key[DECIMAL_KEY], b_key[DECIMAL_KEY];
	struct decimal a = parsed("-1.5");
	struct decimal b = parsed("-1.50000000");
	(void)state;
	assert_int_equal(decimal_key(&a, a_key), ERR_OK);
	assert_int_equal(decimal_key(&b, b_key), ERR_OK);
	assert_memory_equal(a_key, b_key, DECIMAL_KEY);
}

static void test_key_refuses_a_seventh_place(void **state)
{
	uint8_t key[DECIMAL_KEY];
	struct decimal v = parsed("0.0000001");
	(void)state;
	assert_int_equal(decimal_key(&v, key), ERR_TOO_LARGE);
}

static void test_format_and_parse_are_inverse(void **state)
{
	uint64_t seed = 7;
	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[DECIMAL_TEXT];
		struct decimal v = some_value(&seed);
		decimal_format(&v, (unsigned)(i % 7), text);
		struct decimal back = parsed(text);
		assert_int_equal(decimal_compare(&v, &back), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_refuses_what_is_no_plain_decimal),
		cmocka_unit_test(
		    test_parse_admits_15_digits_before_and_6_after),
		cmocka_unit_test(test_parse_of_stored_values_admits_20_and_18),
		cmocka_unit_test(test_parse_gives_zero_on_failure),
		cmocka_unit_test(test_parse_does_not_read_past_its_bytes),
		cmocka_unit_test(test_format_pads_to_places_and_drops_no_digit),
		cmocka_unit_test(test_format_has_room_for_the_longest),
		cmocka_unit_test(test_order_lines_are_exact),
		cmocka_unit_test(test_sum_is_rounded_once),
		cmocka_unit_test(test_tenth_and_two_tenths_are_three_tenths),
		cmocka_unit_test(test_round_goes_half_away_from_zero),
		cmocka_unit_test(test_results_past_38_digits_are_too_large),
		cmocka_unit_test(test_zeros_at_the_end_do_not_overflow),
		cmocka_unit_test(test_compare_looks_at_values_not_at_scales),
		cmocka_unit_test(test_keys_order_as_numbers),
		cmocka_unit_test(test_key_is_equal_for_equal_values),
		cmocka_unit_test(test_key_refuses_a_seventh_place),
		cmocka_unit_test(test_format_and_parse_are_inverse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

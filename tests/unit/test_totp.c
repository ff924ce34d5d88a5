// SPDX-License-Identifier: MIT
/*
 * Codes as the RFCs have them, each good once.
 */
#include "default_book.h"

#include <ctype.h>

#include "server/access/factor.h"

#define MINUTE 60000

static uint8_t rfc_seed[] = "12345678901234567890";

/* RFC 4226, appendix D. */
static void test_codes_of_rfc_4226(void **state)
{
	static const uint32_t codes[] = { 755224, 287082, 359152, 969429,
		338314, 254676, 287922, 162583, 399871, 520489 };

	(void)state;
	for (int64_t i = 0; i < 10; i++)
		assert_int_equal(totp_code(rfc_seed, i), codes[i]);
}

/* RFC 6238, appendix B: SHA-1, the last six of its eight digits. */
static void test_codes_of_rfc_6238(void **state)
{
	static const struct {
		int64_t seconds;
		uint32_t code;
	} cases[] = { { 59, 287082 }, { 1111111109, 81804 },
		{ 1111111111, 50471 }, { 1234567890, 5924 },
		{ 2000000000, 279037 }, { INT64_C(20000000000), 353130 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(
		    totp_code(rfc_seed, totp_step(cases[i].seconds * 1000)),
		    cases[i].code);
}

/* RFC 4648's alphabet; the seed that many authenticators show as example. */
static void test_secret_is_base32(void **state)
{
	char secret[TOTP_SECRET];

	(void)state;
	totp_secret(rfc_seed, secret);
	assert_string_equal(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

static void test_only_six_digits_are_a_code(void **state)
{
	static const char *const right[] = { "081804", " 081 804 ",
		"0 8 1 8 0 4" };
	static const char *const wrong[] = { "", "81804", "0818041", "08180a",
		"-81804", "081804\n", "0818 0401" };
	uint32_t code;

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
		assert_true(totp_parse(bytes_text(right[i]), &code));
		assert_int_equal(code, 81804);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(totp_parse(bytes_text(wrong[i]), &code));
}

static void test_window_is_one_step_either_way(void **state)
{
	(void)state;
	for (int64_t step = 1000; step < 1010; step++) {
		uint32_t code = totp_code(rfc_seed, step);

		for (int64_t off = -3; off <= 3; off++) {
			int64_t now_ms = (step + off) * 30000 + 12345;
			bool fits = off >= -1 && off <= 1;

			assert_int_equal(totp_match(rfc_seed, code, now_ms, 0),
			    fits ? step : -1);
		}
	}
}

/* --- kept ----------------------------------------------------------------*/

static int set_up(void **state)
{
	struct office *o = office_new();

	o->book->now_ms = INT64_C(1111111109000);
	*state = o;
	return 0;
}

static int tear_down(void **state)
{
	office_free(*state);
	return 0;
}

static struct factor load(struct office *o)
{
	struct factor f;

	assert_int_equal(snapshot_renew(o->book->snapshot), ERR_OK);
	assert_int_equal(factor_load(o->book->snapshot, o->book->sealer, 7,
			     &o->book->arena, &f),
	    ERR_OK);
	return f;
}

static enum err keep(struct office *o, const struct factor *f)
{
	struct plan *p = book_plan(o->book);

	assert_int_equal(factor_plan(p, o->book->sealer, f), ERR_OK);
	return book_commit(o->book, p);
}

static const char *code_at(struct office *o, const struct factor *f, int off)
{
	int64_t step = totp_step(o->book->now_ms) + off;

	return arena_format(
	    &o->book->arena, "%06u", (unsigned)totp_code(f->seed, step));
}

static enum err take(struct office *o, struct factor *f, const char *typed)
{
	return factor_take(
	    f, bytes_text(typed), o->book->now_ms, &o->book->arena);
}

/* On, confirmed by the code of the step before. */
static struct factor enrol(struct office *o,
    char codes[static RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)])
{
	struct factor f = load(o);

	factor_renew(&f, &o->book->random);
	assert_int_equal(
	    factor_confirm(&f, bytes_text(code_at(o, &f, -1)), o->book->now_ms,
		&o->book->arena, &o->book->random, codes),
	    ERR_OK);
	assert_int_equal(keep(o, &f), ERR_OK);
	return load(o);
}

static void test_account_without_a_row_has_no_factor(void **state)
{
	struct factor f = load(*state);

	assert_false(f.is_kept || f.is_on);
	assert_int_equal(take(*state, &f, "000000"), ERR_UNAUTHENTICATED);
}

static void test_factor_is_off_until_a_code_confirms_it(void **state)
{
	struct office *o = *state;
	char codes[RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)];
	struct factor f = load(o);

	factor_renew(&f, &o->book->random);
	assert_int_equal(keep(o, &f), ERR_OK);
	f = load(o);
	assert_true(f.is_kept && !f.is_on);
	assert_int_equal(take(o, &f, code_at(o, &f, 0)), ERR_UNAUTHENTICATED);
	assert_int_equal(
	    factor_confirm(&f, bytes_text(code_at(o, &f, 2)), o->book->now_ms,
		&o->book->arena, &o->book->random, codes),
	    ERR_UNAUTHENTICATED);
	assert_false(f.is_on);
	f = enrol(o, codes);
	assert_true(f.is_on);
	assert_int_equal(f.recovery_count, RECOVERY_CODES);
}

static void test_no_step_serves_twice(void **state)
{
	struct office *o = *state;
	char codes[RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)];
	struct factor f = enrol(o, codes);
	const char *next = code_at(o, &f, 1);

	/* The one that confirmed has served. */
	assert_int_equal(take(o, &f, code_at(o, &f, -1)), ERR_UNAUTHENTICATED);
	assert_int_equal(take(o, &f, next), ERR_OK);
	assert_int_equal(keep(o, &f), ERR_OK);
	f = load(o);
	assert_int_equal(take(o, &f, next), ERR_UNAUTHENTICATED);
	/* Neither does an earlier one, once a later has. */
	assert_int_equal(take(o, &f, code_at(o, &f, 0)), ERR_UNAUTHENTICATED);
	o->book->now_ms += MINUTE;
	assert_int_equal(take(o, &f, code_at(o, &f, 0)), ERR_OK);
}

static void test_two_with_one_code_are_one_and_a_conflict(void **state)
{
	struct office *o = *state;
	char codes[RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)];
	struct factor one = enrol(o, codes), two = load(o);
	const char *code = code_at(o, &one, 0);

	assert_int_equal(take(o, &one, code), ERR_OK);
	assert_int_equal(take(o, &two, code), ERR_OK);
	assert_int_equal(keep(o, &one), ERR_OK);
	assert_int_equal(keep(o, &two), ERR_CONFLICT);
	two = load(o);
	assert_int_equal(take(o, &two, code), ERR_UNAUTHENTICATED);
}

static void test_spaces_and_wide_digits_are_tolerated(void **state)
{
	struct office *o = *state;
	char codes[RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)];
	struct factor f = enrol(o, codes);
	const char *code = code_at(o, &f, 0);
	char wide[64], *to = wide;

	for (unsigned i = 0; i < 6; i++)
		to += sprintf(to, "%s\xef\xbc%c", i == 3 ? "\xe3\x80\x80" : "",
		    0x90 + code[i] - '0');
	assert_int_equal(take(o, &f, wide), ERR_OK);
}

static void test_each_recovery_code_serves_once(void **state)
{
	struct office *o = *state;
	char codes[RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)];
	struct factor f = enrol(o, codes);

	for (unsigned i = 0; i < RECOVERY_CODES; i++) {
		assert_int_equal(strlen(codes[i]), 14);
		assert_int_equal(take(o, &f, codes[i]), ERR_OK);
		assert_int_equal(keep(o, &f), ERR_OK);
		f = load(o);
		assert_int_equal(take(o, &f, codes[i]), ERR_UNAUTHENTICATED);
		assert_int_equal(f.recovery_count, RECOVERY_CODES - 1 - i);
	}
}

static void test_recovery_code_may_be_typed_otherwise(void **state)
{
	struct office *o = *state;
	char codes[RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)];
	struct factor f = enrol(o, codes);

	for (char *c = codes[3]; *c; c++)
		*c = *c == '-' ? ' ' : (char)tolower((unsigned char)*c);
	assert_int_equal(take(o, &f, codes[3]), ERR_OK);
	codes[4][0] = codes[4][0] == 'A' ? 'B' : 'A';
	assert_int_equal(take(o, &f, codes[4]), ERR_UNAUTHENTICATED);
	assert_int_equal(take(o, &f, ""), ERR_UNAUTHENTICATED);
	assert_int_equal(take(o, &f, "\xff\xff"), ERR_UNAUTHENTICATED);
}

static void test_store_holds_neither_seed_nor_codes_in_clear(void **state)
{
	struct office *o = *state;
	char codes[RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)];
	struct factor f = enrol(o, codes);
	uint8_t key[8];
	struct row row;

	put_be64(key, 7);
	assert_int_equal(snapshot_get(o->book->snapshot, TABLE_FACTOR,
			     bytes_of(key, 8), &row),
	    ERR_OK);
	assert_null(memmem(row.value.data, row.value.len, f.seed, TOTP_SEED));
	for (unsigned i = 0; i < RECOVERY_CODES; i++)
		assert_null(memmem(row.value.data, row.value.len,
		    &f.recovery[i], DIGEST_SIZE));
}

static void test_row_of_another_account_does_not_open(void **state)
{
	struct office *o = *state;
	char codes[RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)];
	uint8_t key[8];
	struct factor f;
	struct row row;

	enrol(o, codes);
	put_be64(key, 7);
	assert_int_equal(snapshot_get(o->book->snapshot, TABLE_FACTOR,
			     bytes_of(key, 8), &row),
	    ERR_OK);
	struct plan *p = book_plan(o->book);
	put_be64(key, 8);
	plan_put(p, TABLE_FACTOR, bytes_of(key, 8), row.value);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	assert_int_equal(snapshot_renew(o->book->snapshot), ERR_OK);
	assert_int_equal(factor_load(o->book->snapshot, o->book->sealer, 8,
			     &o->book->arena, &f),
	    ERR_CORRUPT);
	assert_false(f.is_on);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes_of_rfc_4226),
		cmocka_unit_test(test_codes_of_rfc_6238),
		cmocka_unit_test(test_secret_is_base32),
		cmocka_unit_test(test_only_six_digits_are_a_code),
		cmocka_unit_test(test_window_is_one_step_either_way),
		WITH(test_account_without_a_row_has_no_factor),
		WITH(test_factor_is_off_until_a_code_confirms_it),
		WITH(test_no_step_serves_twice),
		WITH(test_two_with_one_code_are_one_and_a_conflict),
		WITH(test_spaces_and_wide_digits_are_tolerated),
		WITH(test_each_recovery_code_serves_once),
		WITH(test_recovery_code_may_be_typed_otherwise),
		WITH(test_store_holds_neither_seed_nor_codes_in_clear),
		WITH(test_row_of_another_account_does_not_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

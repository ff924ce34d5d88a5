// SPDX-License-Identifier: MIT
/*
 * Password hashes: right, wrong, peppered, capped, and as slow for nobody as
 * for somebody.
 */
#include <time.h>

#include "keyring_fixture.h"

#include "server/crypto/password.h"

#define STORED 57 /* version 1, memory 4, passes 4, salt 16, hash 32 */

struct fixture {
	struct keyring *ring;
	struct sealer *sealer;
	struct buf stored;
	struct password_cost cheap;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->ring = new_ring();
	f->sealer = sealer_new(f->ring, &random_system);
	f->cheap = (struct password_cost){ 64, 1 };
	buf_init(&f->stored, 1024);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sealer_free(f->sealer);
	keyring_close(f->ring);
	buf_release(&f->stored);
	free(f);
	return 0;
}

static enum err hash(struct fixture *f, struct bytes password)
{
	buf_reset(&f->stored);
	return password_hash(
	    f->sealer, &f->cheap, password, &random_system, &f->stored);
}

static enum err check(struct fixture *f, struct bytes password)
{
	return password_check(f->sealer, password, buf_bytes(&f->stored));
}

static void test_the_right_password_passes_and_others_do_not(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(hash(f, bytes_text("correct horse")), ERR_OK);
	assert_int_equal(buf_bytes(&f->stored).len, STORED);
	assert_int_equal(check(f, bytes_text("correct horse")), ERR_OK);
	assert_int_equal(check(f, bytes_text("correct horsf")), ERR_DENIED);
	assert_int_equal(check(f, bytes_text("correct horse ")), ERR_DENIED);
	assert_int_equal(check(f, bytes_text("correct hors")), ERR_DENIED);
}

static void test_equal_passwords_are_stored_differently(void **state)
{
	struct fixture *f = *state;
	uint8_t first[STORED];
	assert_int_equal(hash(f, bytes_text("same")), ERR_OK);
	memcpy(first, buf_bytes(&f->stored).data, STORED);
	assert_int_equal(hash(f, bytes_text("same")), ERR_OK);
	assert_memory_not_equal(
	    first + 9, buf_bytes(&f->stored).data + 9, STORED - 9);
}

static void test_a_hash_is_worth_nothing_without_its_keyring(void **state)
{
	struct fixture *f = *state;
	struct keyring *k = new_ring();
	struct sealer *other = sealer_new(k, &random_system);
	assert_int_equal(hash(f, bytes_text("correct horse")), ERR_OK);
	assert_int_equal(password_check(other, bytes_text("correct horse"),
			     buf_bytes(&f->stored)),
	    ERR_DENIED);
	sealer_free(other);
	keyring_close(k);
}

static void test_normal_forms_are_one_password(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(hash(f, bytes_text("caf\xc3\xa9")), ERR_OK);
	assert_int_equal(check(f, bytes_text("cafe\xcc\x81")), ERR_OK);
	assert_int_equal(check(f, bytes_text("cafe")), ERR_DENIED);
}

static void test_impossible_passwords_are_invalid_or_wrong(void **state)
{
	struct fixture *f = *state;
	char longest[PASSWORD_MOST + 1];
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(hash(f, BYTES_NONE), ERR_INVALID);
	assert_int_equal(hash(f, bytes_text("\xff\xfe")), ERR_INVALID);
	assert_int_equal(
	    hash(f, bytes_of(longest, PASSWORD_MOST + 1)), ERR_INVALID);
	assert_int_equal(hash(f, bytes_of(longest, PASSWORD_MOST)), ERR_OK);
	assert_int_equal(check(f, bytes_of(longest, PASSWORD_MOST)), ERR_OK);
	assert_int_equal(
	    check(f, bytes_of(longest, PASSWORD_MOST + 1)), ERR_DENIED);
	assert_int_equal(check(f, BYTES_NONE), ERR_DENIED);
	assert_int_equal(check(f, bytes_text("\xff\xfe")), ERR_DENIED);
}

static void test_costs_are_capped_before_they_are_used(void **state)
{
	static const struct password_cost bad[] = { { UINT32_MAX, 1 },
		{ 64, UINT32_MAX }, { 0, 1 }, { 64, 0 }, { 256 * 1024 + 1, 1 },
		{ 64, 17 } };
	struct fixture *f = *state;
	uint8_t stored[STORED];
	assert_int_equal(hash(f, bytes_text("x")), ERR_OK);
	memcpy(stored, buf_bytes(&f->stored).data, STORED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_be32(stored + 1, bad[i].memory_kib);
		put_be32(stored + 5, bad[i].passes);
		assert_int_equal(password_check(f->sealer, bytes_text("x"),
				     bytes_of(stored, STORED)),
		    ERR_CORRUPT);
		assert_int_equal(
		    password_hash(f->sealer, &bad[i], bytes_text("x"),
			&random_system, &f->stored),
		    ERR_INVALID);
		assert_int_equal(
		    password_dummy(f->sealer, &bad[i], bytes_text("x")),
		    ERR_INVALID);
	}
}

static void test_a_damaged_hash_is_corrupt_or_wrong(void **state)
{
	struct fixture *f = *state;
	uint8_t stored[STORED];
	assert_int_equal(hash(f, bytes_text("x")), ERR_OK);
	memcpy(stored, buf_bytes(&f->stored).data, STORED);
	for (size_t len = 0; len < STORED; len++)
		assert_int_equal(password_check(f->sealer, bytes_text("x"),
				     bytes_of(stored, len)),
		    ERR_CORRUPT);
	stored[0]++;
	assert_int_equal(password_check(f->sealer, bytes_text("x"),
			     bytes_of(stored, STORED)),
	    ERR_CORRUPT);
	stored[0]--;
	for (size_t i = 9; i < STORED; i++) {
		stored[i] ^= 1;
		assert_int_equal(password_check(f->sealer, bytes_text("x"),
				     bytes_of(stored, STORED)),
		    ERR_DENIED);
		stored[i] ^= 1;
	}
}

static void test_the_default_cost_is_the_settled_one(void **state)
{
	struct password_cost c;
	(void)state;
	password_cost_init(&c);
	assert_int_equal(c.memory_kib, 65536);
	assert_int_equal(c.passes, 2);
}

static uint64_t thread_cpu_ns(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t cost_of(struct fixture *f, struct bytes stored)
{
	struct bytes guess = bytes_text("guess");
	uint64_t start = thread_cpu_ns();
	enum err e = stored.len ? password_check(f->sealer, guess, stored)
				: password_dummy(f->sealer, &f->cheap, guess);

	assert_int_equal(e, ERR_DENIED);
	return thread_cpu_ns() - start;
}

static bool alike(uint64_t a, uint64_t b)
{
	return a < 2 * b && b < 2 * a;
}

/* The best of some turns each: other work on the machine only adds. */
static void test_nobody_costs_what_somebody_costs(void **state)
{
	struct fixture *f = *state;
	uint64_t real = UINT64_MAX, dummy = UINT64_MAX;

	f->cheap = (struct password_cost){ 8192, 2 };
	assert_int_equal(hash(f, bytes_text("right")), ERR_OK);
	for (int i = 0; i < 9 || (!alike(real, dummy) && i < 200); i++) {
		uint64_t took = cost_of(f, buf_bytes(&f->stored));

		real = took < real ? took : real;
		took = cost_of(f, BYTES_NONE);
		dummy = took < dummy ? took : dummy;
	}
	assert_true(alike(real, dummy));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_right_password_passes_and_others_do_not),
		TEST(test_equal_passwords_are_stored_differently),
		TEST(test_a_hash_is_worth_nothing_without_its_keyring),
		TEST(test_normal_forms_are_one_password),
		TEST(test_impossible_passwords_are_invalid_or_wrong),
		TEST(test_costs_are_capped_before_they_are_used),
		TEST(test_a_damaged_hash_is_corrupt_or_wrong),
		TEST(test_the_default_cost_is_the_settled_one),
		TEST(test_nobody_costs_what_somebody_costs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * The sealer: its keys are bound to subject, purpose, field and book, and the
 * opened ones are kept and forgotten as they are used.
 */
#include "sealer_fixture.h"

#include "server/crypto/deks.h"

/* --- data keys ------------------------------------------------------------*/

static void test_another_sealer_opens_a_wrapped_pair(void **state)
{
	struct fixture *f = *state;
	struct bytes sealed = seal_text(f, "secret"), back;
	uint8_t a[32], b[32];
	struct dek *dek;
	struct sealer *s = sealer_new(f->ring, &random_system);
	assert_null(dek_cached(s, 1, KEY_PERSONAL));
	assert_int_equal(
	    dek_open(s, 1, KEY_PERSONAL, buf_bytes(&f->wrapped), &dek), ERR_OK);
	assert_ptr_equal(dek_cached(s, 1, KEY_PERSONAL), dek);
	assert_int_equal(
	    unseal(s, dek, bytes_text("aad"), sealed, &f->arena, &back),
	    ERR_OK);
	assert_true(bytes_is(back, "secret"));
	commit_value(f->sealer, f->dek, 1, 2, 3, bytes_text("v"), a);
	commit_value(s, dek, 1, 2, 3, bytes_text("v"), b);
	assert_memory_equal(a, b, 32);
	sealer_free(s);
}

static void test_a_wrapped_pair_is_bound_to_subject_and_kind(void **state)
{
	struct fixture *f = *state;
	struct bytes wrapped = buf_bytes(&f->wrapped);
	struct dek *dek;
	assert_int_equal(
	    dek_open(f->sealer, 2, KEY_PERSONAL, wrapped, &dek), ERR_CORRUPT);
	assert_null(dek);
	assert_int_equal(
	    dek_open(f->sealer, 1, KEY_LEDGER, wrapped, &dek), ERR_CORRUPT);
	assert_null(dek);
}

static void test_a_wrapped_pair_is_bound_to_its_book(void **state)
{
	struct fixture *f = *state;
	struct dek *dek;
	struct keyring *k = new_ring();
	struct sealer *s = sealer_new(k, &random_system);
	assert_int_equal(
	    dek_open(s, 1, KEY_PERSONAL, buf_bytes(&f->wrapped), &dek),
	    ERR_CORRUPT);
	sealer_free(s);
	keyring_close(k);
}

static void test_a_touched_wrapped_pair_is_refused(void **state)
{
	struct fixture *f = *state;
	struct bytes wrapped = buf_bytes(&f->wrapped);
	uint8_t copy[128];
	struct dek *dek;
	memcpy(copy, wrapped.data, wrapped.len);
	for (size_t bit = 0; bit < wrapped.len * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		enum err e = dek_open(f->sealer, 1, KEY_PERSONAL,
		    bytes_of(copy, wrapped.len), &dek);
		/* Bytes 1 to 4 are the epoch: another one is gone. */
		bool is_epoch = bit / 8 >= 1 && bit / 8 <= 4;
		assert_int_equal(e, is_epoch ? ERR_NOT_FOUND : ERR_CORRUPT);
		assert_null(dek);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < wrapped.len; len++)
		assert_int_equal(dek_open(f->sealer, 1, KEY_PERSONAL,
				     bytes_of(copy, len), &dek),
		    ERR_CORRUPT);
}

static void test_the_cache_keeps_the_recently_used(void **state)
{
	struct fixture *f = *state;
	struct dek *dek;
	for (uint64_t i = 2; i < 2 * DEKS_SLOTS; i++) {
		buf_reset(&f->wrapped);
		assert_int_equal(
		    dek_make(f->sealer, i, KEY_LEDGER, &f->wrapped, &dek),
		    ERR_OK);
		/* Used all along, so it never leaves, and it is still right. */
		assert_ptr_equal(
		    dek_cached(f->sealer, 1, KEY_PERSONAL), f->dek);
	}
	assert_null(dek_cached(f->sealer, 2, KEY_LEDGER));
	for (uint64_t i = 3 * DEKS_SLOTS / 2; i < 2 * DEKS_SLOTS; i++)
		assert_non_null(dek_cached(f->sealer, i, KEY_LEDGER));
	struct bytes sealed = seal_text(f, "still mine"), back;
	assert_int_equal(open_sealed(f, sealed, &back), ERR_OK);
}

static void test_an_evicted_key_opens_again(void **state)
{
	struct fixture *f = *state;
	struct bytes sealed = seal_text(f, "secret"), back;
	struct buf others;
	struct dek *dek;
	buf_init(&others, 65536);
	for (uint64_t i = 2; i < 2 * DEKS_SLOTS; i++) {
		buf_reset(&others);
		assert_int_equal(
		    dek_make(f->sealer, i, KEY_PERSONAL, &others, &dek),
		    ERR_OK);
	}
	assert_null(dek_cached(f->sealer, 1, KEY_PERSONAL));
	assert_int_equal(dek_open(f->sealer, 1, KEY_PERSONAL,
			     buf_bytes(&f->wrapped), &f->dek),
	    ERR_OK);
	assert_int_equal(open_sealed(f, sealed, &back), ERR_OK);
	assert_true(bytes_is(back, "secret"));
	buf_release(&others);
}

static void test_a_renewed_sealer_has_no_opened_key(void **state)
{
	struct fixture *f = *state;
	struct dek *dek;
	assert_int_equal(
	    dek_make(f->sealer, 1, KEY_LEDGER, &f->wrapped, &dek), ERR_OK);
	assert_int_equal(
	    dek_make(f->sealer, 2, KEY_LEDGER, &f->wrapped, &dek), ERR_OK);
	sealer_renew(f->sealer);
	assert_null(dek_cached(f->sealer, 1, KEY_PERSONAL));
	assert_null(dek_cached(f->sealer, 1, KEY_LEDGER));
	assert_null(dek_cached(f->sealer, 2, KEY_LEDGER));
}

/* Times of use by subject, 0 for not held; the oldest leaves. */
static void model_use(uint32_t *used, size_t count, size_t i, uint32_t now)
{
	size_t held = 0, oldest = count;
	for (size_t j = 0; j < count; j++) {
		if (!used[j])
			continue;
		held++;
		if (oldest == count || used[j] < used[oldest])
			oldest = j;
	}
	if (!used[i] && held == DEKS_SLOTS)
		used[oldest] = 0;
	used[i] = now;
}

static void test_the_cache_agrees_with_a_plain_model(void **state)
{
	enum { SUBJECTS = 5 * DEKS_SLOTS / 2, STEPS = 40000 };
	struct fixture *f = *state;
	uint32_t used[SUBJECTS] = { 0 };
	struct dek *dek;
	uint32_t x = 1;
	sealer_renew(f->sealer);
	for (uint32_t step = 1; step <= STEPS; step++) {
		x = x * 1664525 + 1013904223;
		uint32_t i = (x >> 16) % SUBJECTS;
		if ((x >> 8) % 15013 == 0) {
			sealer_renew(f->sealer);
			memset(used, 0, sizeof(used));
			continue;
		}
		dek = dek_cached(f->sealer, 100 + i, KEY_PERSONAL);
		assert_int_equal(dek != NULL, used[i] != 0);
		buf_reset(&f->wrapped);
		if (!dek)
			assert_int_equal(dek_make(f->sealer, 100 + i,
					     KEY_PERSONAL, &f->wrapped, &dek),
			    ERR_OK);
		model_use(used, SUBJECTS, i, step);
	}
}

/* --- the system key -------------------------------------------------------*/

static void test_system_sealing_is_bound_to_purpose_and_aad(void **state)
{
	struct fixture *f = *state;
	struct bytes back;
	assert_int_equal(seal_system(f->sealer, "cursor", bytes_text("u1"),
			     bytes_text("state"), &f->sealed),
	    ERR_OK);
	struct bytes sealed = buf_bytes(&f->sealed);
	assert_int_equal(unseal_system(f->sealer, "cursor", bytes_text("u1"),
			     sealed, &f->arena, &back),
	    ERR_OK);
	assert_true(bytes_is(back, "state"));
	assert_int_equal(unseal_system(f->sealer, "cursor", bytes_text("u2"),
			     sealed, &f->arena, &back),
	    ERR_CORRUPT);
	assert_int_equal(unseal_system(f->sealer, "token", bytes_text("u1"),
			     sealed, &f->arena, &back),
	    ERR_CORRUPT);
	/* The same bytes, cut elsewhere. */
	assert_int_equal(unseal_system(f->sealer, "cursoru", bytes_text("1"),
			     sealed, &f->arena, &back),
	    ERR_CORRUPT);
}

static void test_system_mac_tells_parts_and_purposes_apart(void **state)
{
	struct fixture *f = *state;
	uint8_t a[32], b[32];
	struct bytes two[] = { bytes_text("ab"), bytes_text("c") };
	struct bytes cut[] = { bytes_text("a"), bytes_text("bc") };
	struct bytes one[] = { bytes_text("abc") };
	system_mac(f->sealer, "version", two, 2, a);
	system_mac(f->sealer, "version", two, 2, b);
	assert_memory_equal(a, b, 32);
	system_mac(f->sealer, "version", cut, 2, b);
	assert_memory_not_equal(a, b, 32);
	system_mac(f->sealer, "version", one, 1, b);
	assert_memory_not_equal(a, b, 32);
	system_mac(f->sealer, "confirm", two, 2, b);
	assert_memory_not_equal(a, b, 32);
}

/* --- blind indexes and commitments ----------------------------------------*/

static void test_blind_values_are_equal_for_equal_values_alone(void **state)
{
	struct fixture *f = *state;
	struct sealer *other = sealer_new(f->ring, &random_system);
	uint8_t a[BLIND_SIZE], b[BLIND_SIZE];
	blind_value(f->sealer, 3, bytes_text("13800138000"), a);
	blind_value(other, 3, bytes_text("13800138000"), b);
	assert_memory_equal(a, b, BLIND_SIZE);
	blind_value(f->sealer, 3, bytes_text("13800138001"), b);
	assert_memory_not_equal(a, b, BLIND_SIZE);
	blind_value(f->sealer, 4, bytes_text("13800138000"), b);
	assert_memory_not_equal(a, b, BLIND_SIZE);
	blind_token(f->sealer, 3, bytes_text("13800138000"), b);
	assert_memory_not_equal(a, b, TOKEN_SIZE);
	sealer_free(other);
}

static void test_blind_values_stay_equal_past_the_key_cache(void **state)
{
	enum { FIELDS = 1000 };
	struct fixture *f = *state;
	static uint8_t first[FIELDS][BLIND_SIZE];
	uint8_t again[BLIND_SIZE];
	for (uint32_t i = 0; i < FIELDS; i++)
		blind_value(f->sealer, i, bytes_text("x"), first[i]);
	for (uint32_t i = 0; i < FIELDS; i++) {
		blind_value(f->sealer, i, bytes_text("x"), again);
		assert_memory_equal(first[i], again, BLIND_SIZE);
	}
}

static void test_blind_values_differ_between_books(void **state)
{
	struct fixture *f = *state;
	uint8_t a[BLIND_SIZE], b[BLIND_SIZE];
	struct keyring *k = new_ring();
	struct sealer *s = sealer_new(k, &random_system);
	blind_value(f->sealer, 3, bytes_text("x"), a);
	blind_value(s, 3, bytes_text("x"), b);
	assert_memory_not_equal(a, b, BLIND_SIZE);
	sealer_free(s);
	keyring_close(k);
}

static void test_commitments_are_bound_to_place_and_value(void **state)
{
	struct fixture *f = *state;
	uint8_t a[32], b[32];
	struct bytes v = bytes_text("value");
	commit_value(f->sealer, f->dek, 1, 2, 3, v, a);
	commit_value(f->sealer, f->dek, 1, 2, 3, v, b);
	assert_memory_equal(a, b, 32);
	commit_value(f->sealer, f->dek, 9, 2, 3, v, b);
	assert_memory_not_equal(a, b, 32);
	commit_value(f->sealer, f->dek, 1, 9, 3, v, b);
	assert_memory_not_equal(a, b, 32);
	commit_value(f->sealer, f->dek, 1, 2, 9, v, b);
	assert_memory_not_equal(a, b, 32);
	commit_value(f->sealer, f->dek, 1, 2, 3, bytes_text("valuf"), b);
	assert_memory_not_equal(a, b, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_another_sealer_opens_a_wrapped_pair),
		TEST(test_a_wrapped_pair_is_bound_to_subject_and_kind),
		TEST(test_a_wrapped_pair_is_bound_to_its_book),
		TEST(test_a_touched_wrapped_pair_is_refused),
		TEST(test_the_cache_keeps_the_recently_used),
		TEST(test_an_evicted_key_opens_again),
		TEST(test_a_renewed_sealer_has_no_opened_key),
		TEST(test_the_cache_agrees_with_a_plain_model),
		TEST(test_system_sealing_is_bound_to_purpose_and_aad),
		TEST(test_system_mac_tells_parts_and_purposes_apart),
		TEST(test_blind_values_are_equal_for_equal_values_alone),
		TEST(test_blind_values_stay_equal_past_the_key_cache),
		TEST(test_blind_values_differ_between_books),
		TEST(test_commitments_are_bound_to_place_and_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

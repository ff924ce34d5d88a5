// SPDX-License-Identifier: MIT
/*
 * The sealer: what was touched is refused, what is refused releases nothing,
 * and no nonce meets two texts, whatever the random source does.
 */
#include "sealer_fixture.h"

/* --- known answers --------------------------------------------------------*/

/* Test case 16 of the GCM specification (McGrew and Viega). */
static void test_gcm_gives_the_specifications_known_answer(void **state)
{
	static const char key_hex[] =
	    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
	static const char nonce_hex[] = "cafebabefacedbaddecaf888";
	static const char text_hex[] =
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
	static const char aad_hex[] =
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2";
	static const char sealed_hex[] =
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";
	static const char tag_hex[] = "76fc6ece0f4e1768cddf8853bb2d551b";
	uint8_t key[32], nonce[12], text[60], aad[20], sealed[60], tag[16];
	uint8_t got[16], back[60];
	(void)state;
	assert_int_equal(hex_parse(bytes_text(key_hex), key, 32), ERR_OK);
	assert_int_equal(hex_parse(bytes_text(nonce_hex), nonce, 12), ERR_OK);
	assert_int_equal(hex_parse(bytes_text(text_hex), text, 60), ERR_OK);
	assert_int_equal(hex_parse(bytes_text(aad_hex), aad, 20), ERR_OK);
	assert_int_equal(hex_parse(bytes_text(sealed_hex), sealed, 60), ERR_OK);
	assert_int_equal(hex_parse(bytes_text(tag_hex), tag, 16), ERR_OK);
	memcpy(back, text, 60);
	struct suite *s = suite_new();
	struct gcm *g = gcm_new(s, key);
	struct bytes parts[] = { bytes_of(aad, 7), bytes_of(aad + 7, 13) };
	gcm_seal(g, nonce, parts, 2, text, 60, got);
	assert_memory_equal(text, sealed, 60);
	assert_memory_equal(got, tag, 16);
	assert_int_equal(
	    gcm_open(g, nonce, parts, 2, bytes_of(sealed, 60), tag, text),
	    ERR_OK);
	assert_memory_equal(text, back, 60);
	gcm_free(g);
	suite_free(s);
}

/* RFC 4231, case 1, its key of 20 bytes filled up with zeros as HMAC does. */
static void test_mac_gives_the_rfcs_known_answer(void **state)
{
	static const char want_hex[] =
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
	uint8_t key[32] = { 0 }, want[32], got[32];
	struct bytes parts[] = { bytes_text("Hi "), bytes_text("There") };
	(void)state;
	memset(key, 0x0b, 20);
	assert_int_equal(hex_parse(bytes_text(want_hex), want, 32), ERR_OK);
	struct suite *s = suite_new();
	struct mac *m = mac_new(key);
	for (int i = 0; i < 3; i++) {
		mac_parts(m, parts, 2, got);
		assert_memory_equal(got, want, 32);
		mac_once(key, parts, 2, got);
		assert_memory_equal(got, want, 32);
	}
	mac_free(m);
	suite_free(s);
}

/* --- round trips ----------------------------------------------------------*/

static void test_unseal_gives_back_what_was_sealed(void **state)
{
	struct fixture *f = *state;
	uint8_t text[700];
	struct bytes back;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof(text); len += len < 70 ? 1 : 45) {
		struct bytes in = bytes_of(text, len);
		buf_reset(&f->sealed);
		arena_reset(&f->arena);
		assert_int_equal(seal(f->sealer, f->dek, bytes_text("aad"), in,
				     64, &f->sealed),
		    ERR_OK);
		assert_int_equal(buf_bytes(&f->sealed).len, seal_size(len, 64));
		assert_int_equal(
		    open_sealed(f, buf_bytes(&f->sealed), &back), ERR_OK);
		assert_true(bytes_equal(in, back));
	}
}

static void test_seal_appends_and_leaves_what_was_there(void **state)
{
	struct fixture *f = *state;
	struct bytes back;
	buf_append_text(&f->sealed, "head");
	assert_int_equal(seal(f->sealer, f->dek, bytes_text("aad"),
			     bytes_text("body"), 16, &f->sealed),
	    ERR_OK);
	struct bytes all = buf_bytes(&f->sealed);
	assert_memory_equal(all.data, "head", 4);
	assert_int_equal(
	    open_sealed(f, bytes_of(all.data + 4, all.len - 4), &back), ERR_OK);
	assert_true(bytes_is(back, "body"));
}

static void test_lengths_are_equal_within_a_granule(void **state)
{
	(void)state;
	assert_int_equal(seal_size(0, 64), seal_size(64, 64));
	assert_int_equal(seal_size(1, 64), seal_size(63, 64));
	assert_int_equal(seal_size(65, 64), seal_size(64, 64) + 64);
	assert_int_equal(seal_size(64, 64), 64 + SEAL_OVERHEAD);
}

static void test_seal_past_the_buffers_cap_adds_nothing(void **state)
{
	struct fixture *f = *state;
	struct buf small;
	buf_init(&small, 40);
	assert_int_equal(seal(f->sealer, f->dek, bytes_text("aad"),
			     bytes_text("text"), 16, &small),
	    ERR_TOO_LARGE);
	assert_int_equal(buf_bytes(&small).len, 0);
	buf_release(&small);
}

static void test_unseal_past_the_arenas_cap_is_too_large(void **state)
{
	struct fixture *f = *state;
	struct bytes sealed = seal_text(f, "text"), back;
	struct arena tiny;
	arena_init(&tiny, 8, 8);
	assert_int_equal(
	    unseal(f->sealer, f->dek, bytes_text("aad"), sealed, &tiny, &back),
	    ERR_TOO_LARGE);
	assert_null(back.data);
	arena_release(&tiny);
}

/* --- refusals -------------------------------------------------------------*/

static void test_every_truncation_is_refused(void **state)
{
	struct fixture *f = *state;
	struct bytes sealed = seal_text(f, "account 6222 0001");
	for (size_t len = 0; len < sealed.len; len++) {
		assert_refused(f, bytes_of(sealed.data, len), "6222");
		assert_refused(
		    f, bytes_of(sealed.data + sealed.len - len, len), "6222");
	}
}

static void test_every_bit_flip_is_refused(void **state)
{
	struct fixture *f = *state;
	struct bytes sealed = seal_text(f, "account 6222 0001"), back;
	uint8_t copy[128];
	assert_true(sealed.len <= sizeof(copy));
	memcpy(copy, sealed.data, sealed.len);
	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(f, bytes_of(copy, sealed.len), "6222");
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(
	    open_sealed(f, bytes_of(copy, sealed.len), &back), ERR_OK);
}

static void test_an_appended_byte_is_refused(void **state)
{
	struct fixture *f = *state;
	seal_text(f, "account 6222 0001");
	buf_append_byte(&f->sealed, 0);
	assert_refused(f, buf_bytes(&f->sealed), "6222");
}

static void test_another_aad_is_refused(void **state)
{
	static const char *const others[] = { "", "aa", "aae", "aad ", "Aad" };
	struct fixture *f = *state;
	struct bytes sealed = seal_text(f, "secret"), back;
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(
		    unseal(f->sealer, f->dek, bytes_text(others[i]), sealed,
			&f->arena, &back),
		    ERR_CORRUPT);
		assert_null(back.data);
	}
}

static void test_another_key_is_refused(void **state)
{
	struct fixture *f = *state;
	struct bytes sealed = seal_text(f, "secret"), back;
	struct dek *ledger, *other;
	assert_int_equal(
	    dek_make(f->sealer, 1, KEY_LEDGER, &f->wrapped, &ledger), ERR_OK);
	assert_int_equal(
	    dek_make(f->sealer, 2, KEY_PERSONAL, &f->wrapped, &other), ERR_OK);
	assert_int_equal(unseal(f->sealer, ledger, bytes_text("aad"), sealed,
			     &f->arena, &back),
	    ERR_CORRUPT);
	assert_int_equal(unseal(f->sealer, other, bytes_text("aad"), sealed,
			     &f->arena, &back),
	    ERR_CORRUPT);
}

/* --- nonces ---------------------------------------------------------------*/

static void seal_frozen(struct sealer *s, struct dek *dek, const char *aad,
    const char *text, uint8_t nonce[static NONCE])
{
	struct buf out;
	buf_init(&out, 4096);
	assert_int_equal(
	    seal(s, dek, bytes_text(aad), bytes_text(text), 16, &out), ERR_OK);
	memcpy(nonce, buf_bytes(&out).data, NONCE);
	buf_release(&out);
}

static void test_frozen_random_gives_no_two_texts_one_nonce(void **state)
{
	enum { COUNT = 400 };
	struct fixture *f = *state;
	uint8_t nonces[COUNT][NONCE];
	char text[32];
	struct sealer *s = sealer_new(f->ring, &frozen);
	struct dek *dek;
	assert_int_equal(
	    dek_open(s, 1, KEY_PERSONAL, buf_bytes(&f->wrapped), &dek), ERR_OK);
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "text %d", i / 2);
		seal_frozen(s, dek, i % 2 ? "aad" : "other", text, nonces[i]);
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(nonces[i], nonces[j], NONCE);
	}
	sealer_free(s);
}

static void test_frozen_random_tells_aad_from_text(void **state)
{
	struct fixture *f = *state;
	uint8_t a[NONCE], b[NONCE];
	struct sealer *s = sealer_new(f->ring, &frozen);
	struct dek *dek;
	assert_int_equal(
	    dek_open(s, 1, KEY_PERSONAL, buf_bytes(&f->wrapped), &dek), ERR_OK);
	/* Joined, both are "abcd". */
	seal_frozen(s, dek, "abc", "d", a);
	seal_frozen(s, dek, "ab", "cd", b);
	assert_memory_not_equal(a, b, NONCE);
	sealer_free(s);
}

static void test_equal_texts_get_different_nonces(void **state)
{
	struct fixture *f = *state;
	uint8_t a[NONCE], b[NONCE];
	seal_frozen(f->sealer, f->dek, "aad", "text", a);
	seal_frozen(f->sealer, f->dek, "aad", "text", b);
	assert_memory_not_equal(a, b, NONCE);
}

static void test_frozen_random_gives_subjects_different_keys(void **state)
{
	struct fixture *f = *state;
	struct bytes back;
	struct dek *a, *b;
	struct sealer *s = sealer_new(f->ring, &frozen);
	assert_int_equal(dek_make(s, 1, KEY_PERSONAL, &f->wrapped, &a), ERR_OK);
	assert_int_equal(dek_make(s, 2, KEY_PERSONAL, &f->wrapped, &b), ERR_OK);
	assert_int_equal(
	    seal(s, a, bytes_text("aad"), bytes_text("text"), 16, &f->sealed),
	    ERR_OK);
	assert_int_equal(unseal(s, b, bytes_text("aad"), buf_bytes(&f->sealed),
			     &f->arena, &back),
	    ERR_CORRUPT);
	sealer_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gcm_gives_the_specifications_known_answer),
		TEST(test_mac_gives_the_rfcs_known_answer),
		TEST(test_unseal_gives_back_what_was_sealed),
		TEST(test_seal_appends_and_leaves_what_was_there),
		TEST(test_lengths_are_equal_within_a_granule),
		TEST(test_seal_past_the_buffers_cap_adds_nothing),
		TEST(test_unseal_past_the_arenas_cap_is_too_large),
		TEST(test_every_truncation_is_refused),
		TEST(test_every_bit_flip_is_refused),
		TEST(test_an_appended_byte_is_refused),
		TEST(test_another_aad_is_refused),
		TEST(test_another_key_is_refused),
		TEST(test_frozen_random_gives_no_two_texts_one_nonce),
		TEST(test_frozen_random_tells_aad_from_text),
		TEST(test_equal_texts_get_different_nonces),
		TEST(test_frozen_random_gives_subjects_different_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

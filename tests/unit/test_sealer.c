// SPDX-License-Identifier: MIT
/*
 * The sealer: what was touched is refused, what is refused releases nothing,
 * and no nonce meets two texts, whatever the random source does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/digest.h"
#include "server/crypto/cipher.h"
#include "server/crypto/sealer.h"

#define NONCE 12

struct fixture {
	struct keyring *ring;
	struct sealer *sealer;
	struct arena arena;
	struct buf wrapped;
	struct buf sealed;
	struct dek *dek;
};

/* Always the same bytes, as a machine restored twice from one image. */
static void fill_frozen(void *ctx, void *out, size_t len)
{
	(void)ctx;
	memset(out, 0x5a, len);
}

static const struct random frozen = { fill_frozen, NULL };

static void remove_keys(const char *base)
{
	static const char *const names[] = { "/keys/ring", "/keys/seed",
		"/keys/root.key", "/keys", "" };
	char path[128];
	for (size_t i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s%s", base, names[i]);
		remove(path);
	}
}

static struct keyring *new_ring(void)
{
	char base[] = "/tmp/kehu-sealer-XXXXXX";
	char dir[64], spec[96];
	struct keyring *k;
	assert_non_null(mkdtemp(base));
	snprintf(dir, sizeof(dir), "%s/keys", base);
	snprintf(spec, sizeof(spec), "file:%s/root.key", dir);
	struct root_source root = { .spec = spec };
	assert_int_equal(keyring_create(dir, &root, &random_system), ERR_OK);
	assert_int_equal(keyring_open(dir, &root, &k), ERR_OK);
	remove_keys(base);
	return k;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->ring = new_ring();
	f->sealer = sealer_new(f->ring, &random_system);
	arena_init(&f->arena, 65536, 1 << 20);
	buf_init(&f->wrapped, 4096);
	buf_init(&f->sealed, 1 << 20);
	assert_int_equal(
	    dek_make(f->sealer, 1, KEY_PERSONAL, &f->wrapped, &f->dek), ERR_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sealer_free(f->sealer);
	keyring_close(f->ring);
	arena_release(&f->arena);
	buf_release(&f->wrapped);
	buf_release(&f->sealed);
	free(f);
	return 0;
}

static struct bytes seal_text(struct fixture *f, const char *text)
{
	buf_reset(&f->sealed);
	assert_int_equal(seal(f->sealer, f->dek, bytes_text("aad"),
			     bytes_text(text), 16, &f->sealed),
	    ERR_OK);
	return buf_bytes(&f->sealed);
}

static enum err open_sealed(
    struct fixture *f, struct bytes sealed, struct bytes *text)
{
	return unseal(
	    f->sealer, f->dek, bytes_text("aad"), sealed, &f->arena, text);
}

/* Refused, and neither the answer nor the arena holds any of the text. */
static void assert_refused(
    struct fixture *f, struct bytes sealed, const char *secret)
{
	struct bytes text;
	arena_reset(&f->arena);
	size_t len = 256;
	const uint8_t *seen = arena_alloc(&f->arena, len);
	assert_non_null(seen);
	arena_reset(&f->arena);
	assert_int_equal(open_sealed(f, sealed, &text), ERR_CORRUPT);
	assert_null(text.data);
	assert_int_equal(text.len, 0);
	assert_null(memmem(seen, len, secret, strlen(secret)));
}

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
	for (uint64_t i = 2; i < 2000; i++) {
		buf_reset(&f->wrapped);
		assert_int_equal(
		    dek_make(f->sealer, i, KEY_LEDGER, &f->wrapped, &dek),
		    ERR_OK);
		/* Used all along, so it never leaves, and it is still right. */
		assert_ptr_equal(
		    dek_cached(f->sealer, 1, KEY_PERSONAL), f->dek);
	}
	assert_null(dek_cached(f->sealer, 2, KEY_LEDGER));
	for (uint64_t i = 2000 - 128; i < 2000; i++)
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
	for (uint64_t i = 2; i < 400; i++)
		assert_int_equal(
		    dek_make(f->sealer, i, KEY_PERSONAL, &others, &dek),
		    ERR_OK);
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

/* Times of use by subject, 0 for not held; the oldest of 256 leaves. */
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
	if (!used[i] && held == 256)
		used[oldest] = 0;
	used[i] = now;
}

static void test_the_cache_agrees_with_a_plain_model(void **state)
{
	enum { SUBJECTS = 600, STEPS = 20000 };
	struct fixture *f = *state;
	uint32_t used[SUBJECTS] = { 0 };
	struct dek *dek;
	uint32_t x = 1;
	sealer_renew(f->sealer);
	for (uint32_t step = 1; step <= STEPS; step++) {
		x = x * 1664525 + 1013904223;
		uint32_t i = (x >> 16) % SUBJECTS;
		if ((x >> 8) % 7001 == 0) {
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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

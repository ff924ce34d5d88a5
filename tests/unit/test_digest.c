// SPDX-License-Identifier: MIT
/*
 * Claims about digests, hex, base64 and the slow hash, by published vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/digest.h"
#include "common/secret.h"

static void expect_hex(const uint8_t *data, size_t len, const char *expected)
{
	char text[129];

	hex_format(bytes_of(data, len), text);
	assert_string_equal(text, expected);
}

static void test_sha256_gives_the_nist_vectors(void **state)
{
	(void)state;
	const struct bytes parts[] = { bytes_text("a"), BYTES_NONE,
		bytes_text("bc") };
	struct digest d;

	digest_bytes(BYTES_NONE, &d);
	expect_hex(d.of, DIGEST_SIZE,
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest_bytes(bytes_text("abc"), &d);
	expect_hex(d.of, DIGEST_SIZE,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_parts(parts, 3, &d);
	expect_hex(d.of, DIGEST_SIZE,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_same_compares_the_length_given(void **state)
{
	(void)state;
	assert_true(digest_same("abcd", "abcx", 3));
	assert_false(digest_same("abcd", "abcx", 4));
	assert_true(digest_same("a", "b", 0));
}

static void test_hex_parse_wants_exactly_its_length(void **state)
{
	(void)state;
	uint8_t out[3] = { 0 };

	assert_int_equal(hex_parse(bytes_text("00fFa1"), out, 3), ERR_OK);
	expect_hex(out, 3, "00ffa1");
	assert_int_equal(hex_parse(bytes_text("00ff"), out, 3), ERR_INVALID);
	assert_int_equal(
	    hex_parse(bytes_text("00ffa100"), out, 3), ERR_INVALID);
	assert_int_equal(hex_parse(bytes_text("00ffa"), out, 3), ERR_INVALID);
	assert_int_equal(hex_parse(bytes_text("00fg00"), out, 3), ERR_INVALID);
	assert_int_equal(hex_parse(bytes_text("00 f00"), out, 3), ERR_INVALID);
	assert_int_equal(hex_parse(BYTES_NONE, out, 0), ERR_OK);
}

static void test_base64_gives_the_rfc_4648_vectors(void **state)
{
	(void)state;
	static const char *const rows[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	struct buf b;

	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		base64_append(&b, bytes_text(rows[i][0]));
		assert_true(bytes_is(buf_bytes(&b), rows[i][1]));
		buf_reset(&b);
		assert_int_equal(
		    base64_parse(bytes_text(rows[i][1]), &b), ERR_OK);
		assert_true(bytes_is(buf_bytes(&b), rows[i][0]));
		buf_reset(&b);
	}
	buf_release(&b);
}

static void test_base64_round_trips_every_length(void **state)
{
	(void)state;
	uint8_t data[200];
	struct buf text;
	struct buf back;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37);
	buf_init(&text, 400);
	buf_init(&back, 200);
	for (size_t len = 0; len <= sizeof(data); len++) {
		buf_reset(&text);
		buf_reset(&back);
		base64_append(&text, bytes_of(data, len));
		assert_int_equal(buf_bytes(&text).len, (len + 2) / 3 * 4);
		assert_int_equal(base64_parse(buf_bytes(&text), &back), ERR_OK);
		assert_true(bytes_equal(buf_bytes(&back), bytes_of(data, len)));
	}
	buf_release(&text);
	buf_release(&back);
}

static void test_base64_parse_refuses_other_spellings(void **state)
{
	(void)state;
	static const char *const bad[] = { "Zg", "Zg=", "Zg===", "Z",
		"Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm-_",
		"Zg==Zg==", "====", "=", "Zm9v=" };
	struct buf b;

	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    base64_parse(bytes_text(bad[i]), &b), ERR_INVALID);
		assert_int_equal(buf_bytes(&b).len, 0);
	}
	buf_release(&b);
}

static void test_base64_parse_exact_wants_its_length(void **state)
{
	(void)state;
	uint8_t out[3];

	assert_int_equal(
	    base64_parse_exact(bytes_text("Zm9v"), out, 3), ERR_OK);
	assert_memory_equal(out, "foo", 3);
	assert_int_equal(
	    base64_parse_exact(bytes_text("Zm8="), out, 3), ERR_INVALID);
	assert_int_equal(
	    base64_parse_exact(bytes_text("Zm9vYg=="), out, 3), ERR_INVALID);
	assert_int_equal(base64_parse_exact(BYTES_NONE, out, 3), ERR_INVALID);
}

static void test_stretch_is_a_function_of_all_its_inputs(void **state)
{
	(void)state;
	const uint8_t salt[STRETCH_SALT] = "0123456789abcde";
	const uint8_t other[STRETCH_SALT] = "0123456789abcdX";
	struct bytes word = bytes_text("password");
	uint8_t a[DIGEST_SIZE];
	uint8_t b[DIGEST_SIZE];

	assert_int_equal(stretch_password(word, salt, 64, 1, a), ERR_OK);
	assert_int_equal(stretch_password(word, salt, 64, 1, b), ERR_OK);
	assert_memory_equal(a, b, DIGEST_SIZE);
	assert_int_equal(stretch_password(word, other, 64, 1, b), ERR_OK);
	assert_memory_not_equal(a, b, DIGEST_SIZE);
	assert_int_equal(stretch_password(word, salt, 128, 1, b), ERR_OK);
	assert_memory_not_equal(a, b, DIGEST_SIZE);
	assert_int_equal(stretch_password(word, salt, 64, 2, b), ERR_OK);
	assert_memory_not_equal(a, b, DIGEST_SIZE);
	assert_int_equal(stretch_password(BYTES_NONE, salt, 64, 1, b), ERR_OK);
	assert_memory_not_equal(a, b, DIGEST_SIZE);
}

static void test_guarded_memory_is_zero_and_wiping_wipes(void **state)
{
	(void)state;
	uint8_t *key = secret_new(32);

	for (int i = 0; i < 32; i++)
		assert_int_equal(key[i], 0);
	memset(key, 7, 32);
	secret_wipe(key, 31);
	assert_int_equal(key[0], 0);
	assert_int_equal(key[30], 0);
	assert_int_equal(key[31], 7);
	secret_free(key);
	secret_free(NULL);
	secret_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256_gives_the_nist_vectors),
		cmocka_unit_test(test_same_compares_the_length_given),
		cmocka_unit_test(test_hex_parse_wants_exactly_its_length),
		cmocka_unit_test(test_base64_gives_the_rfc_4648_vectors),
		cmocka_unit_test(test_base64_round_trips_every_length),
		cmocka_unit_test(test_base64_parse_refuses_other_spellings),
		cmocka_unit_test(test_base64_parse_exact_wants_its_length),
		cmocka_unit_test(test_stretch_is_a_function_of_all_its_inputs),
		cmocka_unit_test(test_guarded_memory_is_zero_and_wiping_wipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Claims about signed notes: round trip, foreign keys, every changed byte.
 *
 * The verifier keys of other people's programs are those that the Go project
 * publishes; signing is done here by libsodium, as the server does elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/note.h"
#include <sodium.h>

struct fixture {
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	struct verifier by;
	struct checkpoint head;
	struct buf text;
	struct buf note;
};

static void sign(
    struct fixture *f, const struct verifier *by, const uint8_t *secret)
{
	uint8_t signature[NOTE_SIGNATURE];
	struct bytes text = buf_bytes(&f->text);

	crypto_sign_detached(signature, NULL, text.data, text.len, secret);
	note_format(text, by, signature, &f->note);
	assert_int_equal(f->note.err, ERR_OK);
}

static void begin(struct fixture *f)
{
	uint8_t seed[crypto_sign_SEEDBYTES] =
	    "a fixed seed of this one test...";
	uint8_t public[NOTE_PUBLIC];

	memset(f, 0, sizeof(*f));
	crypto_sign_seed_keypair(public, f->secret, seed);
	verifier_init(&f->by, "kehu.example/log", public);
	memcpy(f->head.origin, "kehu.example/log", 17);
	f->head.size = 18446744073709551615u;
	memset(f->head.root.of, 0xa5, DIGEST_SIZE);
	buf_init(&f->text, 1000);
	buf_init(&f->note, 2000);
	checkpoint_format(&f->head, &f->text);
	sign(f, &f->by, f->secret);
}

static void end(struct fixture *f)
{
	buf_release(&f->text);
	buf_release(&f->note);
}

static void test_published_verifier_keys_round_trip(void **state)
{
	(void)state;
	static const char *const keys[] = {
		"PeterNeumann+c74f20a3+"
		"ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"sum.golang.org+033de0ae+"
		"Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
	};
	struct verifier v;
	struct buf out;

	buf_init(&out, 300);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
		    verifier_parse(bytes_text(keys[i]), &v), ERR_OK);
		buf_reset(&out);
		verifier_format(&v, &out);
		assert_true(bytes_is(buf_bytes(&out), keys[i]));
	}
	buf_release(&out);
}

static void test_verifier_parse_refuses_what_does_not_fit(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"PeterNeumann",
		"PeterNeumann+c74f20a3",
		"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"Peter Neumann+c74f20a3+"
		"ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a4+"
		"ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+"
		"ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=",
		"PeterNeumann+c74f20a3+"
		"Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+"
		"ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
	};
	struct verifier v;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    verifier_parse(bytes_text(bad[i]), &v), ERR_INVALID);
}

static void test_checkpoint_text_is_three_lines(void **state)
{
	(void)state;
	struct checkpoint c = { .origin = "log", .size = 7 };
	struct buf out;

	buf_init(&out, 100);
	checkpoint_format(&c, &out);
	assert_true(bytes_is(buf_bytes(&out),
	    "log\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"));
	buf_release(&out);
}

static void test_open_gives_back_what_was_signed(void **state)
{
	(void)state;
	struct fixture f;
	struct checkpoint got;

	begin(&f);
	assert_int_equal(note_open(buf_bytes(&f.note), &f.by, &got), ERR_OK);
	assert_string_equal(got.origin, f.head.origin);
	assert_true(got.size == f.head.size);
	assert_memory_equal(got.root.of, f.head.root.of, DIGEST_SIZE);
	end(&f);
}

static void test_no_single_changed_byte_opens(void **state)
{
	(void)state;
	struct fixture f;
	struct checkpoint got;

	begin(&f);
	for (size_t i = 0; i < buf_bytes(&f.note).len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			f.note.data[f.note.start + i] ^= (uint8_t)(1 << bit);
			assert_int_not_equal(
			    note_open(buf_bytes(&f.note), &f.by, &got), ERR_OK);
			assert_true(got.size == 0);
			f.note.data[f.note.start + i] ^= (uint8_t)(1 << bit);
		}
	}
	end(&f);
}

static void test_no_cut_of_a_note_opens(void **state)
{
	(void)state;
	struct fixture f;
	struct checkpoint got;

	begin(&f);
	for (size_t len = 0; len < buf_bytes(&f.note).len; len++)
		assert_int_not_equal(
		    note_open(
			bytes_of(buf_bytes(&f.note).data, len), &f.by, &got),
		    ERR_OK);
	end(&f);
}

static void test_another_keys_signature_alone_is_unverified(void **state)
{
	(void)state;
	uint8_t seed[crypto_sign_SEEDBYTES] = "another";
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	uint8_t public[NOTE_PUBLIC];
	struct verifier other;
	struct checkpoint got;
	struct fixture f;

	begin(&f);
	crypto_sign_seed_keypair(public, secret, seed);
	verifier_init(&other, "kehu.example/log", public);
	assert_int_equal(
	    note_open(buf_bytes(&f.note), &other, &got), ERR_UNVERIFIED);
	buf_reset(&f.note);
	/* The right name and hash, the wrong key. */
	sign(&f, &f.by, secret);
	assert_int_equal(
	    note_open(buf_bytes(&f.note), &f.by, &got), ERR_UNVERIFIED);
	end(&f);
}

static void test_witness_signatures_are_passed_over(void **state)
{
	(void)state;
	struct fixture f;
	struct checkpoint got;

	begin(&f);
	buf_append_text(
	    &f.note, "\xe2\x80\x94 witness.example AAAAAAAAAAAAAAAA\n");
	assert_int_equal(note_open(buf_bytes(&f.note), &f.by, &got), ERR_OK);
	buf_append_text(&f.note, "no signature\n");
	assert_int_equal(
	    note_open(buf_bytes(&f.note), &f.by, &got), ERR_INVALID);
	end(&f);
}

static void expect_open(const char *text, enum err expected)
{
	struct fixture f;
	struct checkpoint got;

	begin(&f);
	buf_reset(&f.text);
	buf_reset(&f.note);
	buf_append_text(&f.text, text);
	sign(&f, &f.by, f.secret);
	assert_int_equal(note_open(buf_bytes(&f.note), &f.by, &got), expected);
	end(&f);
}

#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

static void test_signed_text_must_be_a_checkpoint(void **state)
{
	(void)state;
	expect_open("log\n0\n" ROOT, ERR_OK);
	expect_open("log\n1\n" ROOT "an extension\n", ERR_OK);
	expect_open("If you think cryptography is the answer to your problem,\n"
		    "then you don't know what your problem is.\n",
	    ERR_INVALID);
	expect_open("\n1\n" ROOT, ERR_INVALID);
	expect_open("log\n\n" ROOT, ERR_INVALID);
	expect_open("log\n01\n" ROOT, ERR_INVALID);
	expect_open("log\n+1\n" ROOT, ERR_INVALID);
	expect_open("log\n18446744073709551616\n" ROOT, ERR_INVALID);
	expect_open("log\n1\nAAAA\n", ERR_INVALID);
	expect_open("l\x01g\n1\n" ROOT, ERR_INVALID);
	expect_open("l\xffg\n1\n" ROOT, ERR_INVALID);
}

static void test_origin_is_bounded(void **state)
{
	(void)state;
	char text[NOTE_ORIGIN + 80];

	memset(text, 'o', NOTE_ORIGIN);
	strcpy(text + NOTE_ORIGIN - 1, "\n1\n" ROOT);
	expect_open(text, ERR_OK);
	memset(text, 'o', NOTE_ORIGIN);
	strcpy(text + NOTE_ORIGIN, "\n1\n" ROOT);
	expect_open(text, ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_verifier_keys_round_trip),
		cmocka_unit_test(test_verifier_parse_refuses_what_does_not_fit),
		cmocka_unit_test(test_checkpoint_text_is_three_lines),
		cmocka_unit_test(test_open_gives_back_what_was_signed),
		cmocka_unit_test(test_no_single_changed_byte_opens),
		cmocka_unit_test(test_no_cut_of_a_note_opens),
		cmocka_unit_test(
		    test_another_keys_signature_alone_is_unverified),
		cmocka_unit_test(test_witness_signatures_are_passed_over),
		cmocka_unit_test(test_signed_text_must_be_a_checkpoint),
		cmocka_unit_test(test_origin_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

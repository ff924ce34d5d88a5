// SPDX-License-Identifier: MIT
/*
 * The keyring: made once, opened by its own root key alone, damaged nowhere
 * unnoticed, turned without loss, and a signer that never goes back.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/crypto/keyring.h"
#include "server/crypto/ring.h"
#include "server/crypto/sealer.h"

struct fixture {
	char base[64];
	char dir[96];
	char spec[128];
	struct root_source root;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	log_set_level(LOG_ERROR);
	snprintf(f->base, sizeof(f->base), "/tmp/kehu-keyring-XXXXXX");
	if (!mkdtemp(f->base))
		return -1;
	snprintf(f->dir, sizeof(f->dir), "%s/keys", f->base);
	snprintf(f->spec, sizeof(f->spec), "file:%s/root.key", f->base);
	f->root.spec = f->spec;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "keys/ring", "keys/seed",
		"keys/root.key", "root.key", "other.key", "keys" };
	struct fixture *f = *state;
	char path[128];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->base, names[i]);
		remove(path);
	}
	int left = remove(f->base);
	free(f);
	return left;
}

static void create(struct fixture *f)
{
	assert_int_equal(
	    keyring_create(f->dir, &f->root, &random_system), ERR_OK);
}

static struct keyring *open_ring(struct fixture *f)
{
	struct keyring *k;
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_OK);
	return k;
}

static size_t load(const struct fixture *f, const char *name, uint8_t *out)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", f->base, name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t len = fread(out, 1, RING_MOST, file);
	fclose(file);
	return len;
}

static void store(
    const struct fixture *f, const char *name, const void *data, size_t len)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", f->base, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static void test_create_then_open_gives_the_same_store_id(void **state)
{
	struct fixture *f = *state;
	uint8_t a[STORE_ID], b[STORE_ID], zeros[STORE_ID] = { 0 };
	create(f);
	struct keyring *k = open_ring(f);
	keyring_store_id(k, a);
	assert_int_equal(keyring_epoch(k), 1);
	keyring_close(k);
	k = open_ring(f);
	keyring_store_id(k, b);
	keyring_close(k);
	assert_memory_equal(a, b, STORE_ID);
	assert_memory_not_equal(a, zeros, STORE_ID);
}

static void test_create_twice_is_a_conflict_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	uint8_t before[RING_MOST], after[RING_MOST];
	create(f);
	size_t len = load(f, "keys/ring", before);
	assert_int_equal(
	    keyring_create(f->dir, &f->root, &random_system), ERR_CONFLICT);
	assert_int_equal(load(f, "keys/ring", after), len);
	assert_memory_equal(before, after, len);
}

static void test_files_are_for_their_owner_alone(void **state)
{
	static const char *const names[] = { "keys/ring", "keys/seed",
		"root.key" };
	struct fixture *f = *state;
	char path[128];
	struct stat st;
	mode_t old = umask(0);
	create(f);
	umask(old);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", f->base, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	assert_int_equal(stat(f->dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_root_key_file_is_64_hex_digits_and_a_newline(void **state)
{
	struct fixture *f = *state;
	uint8_t text[RING_MOST];
	create(f);
	assert_int_equal(load(f, "root.key", text), 65);
	assert_int_equal(text[64], '\n');
	for (size_t i = 0; i < 64; i++)
		assert_non_null(memchr("0123456789abcdef", text[i], 16));
}

static void test_create_keeps_a_root_key_that_exists(void **state)
{
	struct fixture *f = *state;
	uint8_t text[RING_MOST];
	char key[66];
	memset(key, 'a', 64);
	key[64] = '\n';
	store(f, "root.key", key, 65);
	create(f);
	assert_int_equal(load(f, "root.key", text), 65);
	assert_memory_equal(text, key, 65);
	keyring_close(open_ring(f));
}

static void test_open_without_keys_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct keyring *k;
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_NOT_FOUND);
	assert_null(k);
	create(f);
	char path[128];
	snprintf(path, sizeof(path), "%s/root.key", f->base);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_NOT_FOUND);
}

static void test_open_refuses_another_root_key(void **state)
{
	struct fixture *f = *state;
	struct keyring *k;
	char key[66];
	create(f);
	memset(key, '7', 64);
	key[64] = '\n';
	store(f, "root.key", key, 65);
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_UNVERIFIED);
	assert_null(k);
}

static void test_open_refuses_a_root_key_others_can_read(void **state)
{
	struct fixture *f = *state;
	struct keyring *k;
	char path[128];
	create(f);
	snprintf(path, sizeof(path), "%s/root.key", f->base);
	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		assert_int_equal(chmod(path, 0600 | bit), 0);
		assert_int_equal(
		    keyring_open(f->dir, &f->root, &k), ERR_DENIED);
	}
	assert_int_equal(chmod(path, 0600), 0);
	keyring_close(open_ring(f));
}

static void test_open_refuses_what_is_no_root_key(void **state)
{
	static const char *const texts[] = { "", "00", "not hex at all" };
	struct fixture *f = *state;
	struct keyring *k;
	char longer[67];
	create(f);
	for (size_t i = 0; i < 3; i++) {
		store(f, "root.key", texts[i], strlen(texts[i]));
		assert_int_equal(
		    keyring_open(f->dir, &f->root, &k), ERR_INVALID);
	}
	memset(longer, '0', sizeof(longer));
	store(f, "root.key", longer, sizeof(longer));
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_INVALID);
	longer[0] = 'g';
	store(f, "root.key", longer, 64);
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_INVALID);
	f->root.spec = "paper:here";
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_INVALID);
}

static void test_every_bit_flip_of_the_files_is_refused(void **state)
{
	static const char *const names[] = { "keys/ring", "keys/seed" };
	struct fixture *f = *state;
	struct keyring *k;
	uint8_t file[RING_MOST];
	create(f);
	for (size_t n = 0; n < 2; n++) {
		size_t len = load(f, names[n], file);
		/* A bit of each byte: each costs a whole open. */
		for (size_t i = 0; i < len; i++) {
			file[i] ^= (uint8_t)(1 << i % 8);
			store(f, names[n], file, len);
			assert_int_equal(
			    keyring_open(f->dir, &f->root, &k), ERR_CORRUPT);
			file[i] ^= (uint8_t)(1 << i % 8);
		}
		store(f, names[n], file, len);
	}
	keyring_close(open_ring(f));
}

static void test_every_truncation_of_the_files_is_refused(void **state)
{
	static const char *const names[] = { "keys/ring", "keys/seed" };
	struct fixture *f = *state;
	struct keyring *k;
	uint8_t file[RING_MOST];
	create(f);
	for (size_t n = 0; n < 2; n++) {
		size_t len = load(f, names[n], file);
		for (size_t i = 0; i < len; i++) {
			store(f, names[n], file, i);
			assert_int_equal(
			    keyring_open(f->dir, &f->root, &k), ERR_CORRUPT);
		}
		store(f, names[n], file, len);
	}
}

static void test_a_ring_with_a_mended_digest_is_still_refused(void **state)
{
	struct fixture *f = *state;
	struct keyring *k;
	struct digest d;
	uint8_t file[RING_MOST];
	create(f);
	size_t len = load(f, "keys/ring", file);
	/* The last byte of the tag, the digest made right again. */
	file[len - DIGEST_SIZE - 1] ^= 1;
	digest_bytes(bytes_of(file, len - DIGEST_SIZE), &d);
	memcpy(file + len - DIGEST_SIZE, d.of, DIGEST_SIZE);
	store(f, "keys/ring", file, len);
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_CORRUPT);
}

static void test_costs_in_a_ring_file_are_capped(void **state)
{
	struct fixture *f = *state;
	struct stretch how;
	struct digest d;
	uint8_t file[RING_MOST];
	create(f);
	size_t len = load(f, "keys/ring", file);
	assert_int_equal(ring_stretch(bytes_of(file, len), &how), ERR_OK);
	assert_int_equal(how.memory_kib, 0);
	put_be32(file + 9, UINT32_MAX);
	put_be32(file + 13, 3);
	digest_bytes(bytes_of(file, len - DIGEST_SIZE), &d);
	memcpy(file + len - DIGEST_SIZE, d.of, DIGEST_SIZE);
	assert_int_equal(ring_stretch(bytes_of(file, len), &how), ERR_CORRUPT);
}

static void test_a_passphrase_opens_its_ring_and_no_other_does(void **state)
{
	struct fixture *f = *state;
	struct keyring *k;
	struct root_source file = f->root;
	f->root.spec = "passphrase";
	f->root.passphrase = bytes_text("four words on paper");
	create(f);
	keyring_close(open_ring(f));
	f->root.passphrase = bytes_text("four words on papers");
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_UNVERIFIED);
	assert_int_equal(keyring_open(f->dir, &file, &k), ERR_UNVERIFIED);
}

static void test_a_credential_is_a_root_key(void **state)
{
	struct fixture *f = *state;
	struct keyring *k;
	char key[66];
	memset(key, 'b', 64);
	key[64] = '\n';
	store(f, "other.key", key, 65);
	f->root.spec = "credential:other.key";
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(
	    keyring_create(f->dir, &f->root, &random_system), ERR_NOT_FOUND);
	setenv("CREDENTIALS_DIRECTORY", f->base, 1);
	create(f);
	keyring_close(open_ring(f));
	f->root.spec = "credential:../other.key";
	assert_int_equal(keyring_open(f->dir, &f->root, &k), ERR_INVALID);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_beside_data_is_told_from_elsewhere(void **state)
{
	struct fixture *f = *state;
	char spec[128];
	create(f);
	assert_false(keyring_is_beside_data(&f->root, f->dir));
	assert_true(keyring_is_beside_data(&f->root, f->base));
	snprintf(spec, sizeof(spec), "file:%s/../keys/root.key", f->dir);
	store(f, "keys/root.key", "", 0);
	struct root_source beside = { .spec = spec };
	assert_true(keyring_is_beside_data(&beside, f->dir));
	beside.spec = "passphrase";
	assert_false(keyring_is_beside_data(&beside, f->dir));
}

static void test_rotation_keeps_old_keys_until_they_are_retired(void **state)
{
	struct fixture *f = *state;
	struct buf old, new;
	struct dek *dek;
	create(f);
	buf_init(&old, 256);
	buf_init(&new, 256);
	struct keyring *k = open_ring(f);
	struct sealer *s = sealer_new(k, &random_system);
	assert_int_equal(dek_make(s, 7, KEY_PERSONAL, &old, &dek), ERR_OK);

	assert_int_equal(keyring_rotate(k, &random_system), ERR_OK);
	assert_int_equal(keyring_epoch(k), 2);
	assert_int_equal(
	    dek_open(s, 7, KEY_PERSONAL, buf_bytes(&old), &dek), ERR_OK);
	sealer_free(s);
	keyring_close(k);
	k = open_ring(f);
	assert_int_equal(keyring_epoch(k), 2);
	s = sealer_new(k, &random_system);
	assert_int_equal(
	    dek_rewrap(s, 7, KEY_PERSONAL, buf_bytes(&old), &new), ERR_OK);
	assert_int_equal(dek_epoch(buf_bytes(&old)), 1);
	assert_int_equal(dek_epoch(buf_bytes(&new)), 2);

	assert_int_equal(keyring_retire(k, 3, &random_system), ERR_INVALID);
	assert_int_equal(keyring_retire(k, 2, &random_system), ERR_OK);
	assert_int_equal(
	    dek_open(s, 7, KEY_PERSONAL, buf_bytes(&new), &dek), ERR_OK);
	sealer_follow(s);
	assert_non_null(dek_cached(s, 7, KEY_PERSONAL));
	sealer_renew(s);
	assert_null(dek_cached(s, 7, KEY_PERSONAL));
	assert_int_equal(
	    dek_open(s, 7, KEY_PERSONAL, buf_bytes(&old), &dek), ERR_OK);
	sealer_catch_up(s);
	assert_int_equal(
	    dek_open(s, 7, KEY_PERSONAL, buf_bytes(&old), &dek), ERR_NOT_FOUND);
	sealer_free(s);
	keyring_close(k);
	k = open_ring(f);
	s = sealer_new(k, &random_system);
	assert_int_equal(
	    dek_open(s, 7, KEY_PERSONAL, buf_bytes(&old), &dek), ERR_NOT_FOUND);
	assert_int_equal(
	    dek_open(s, 7, KEY_PERSONAL, buf_bytes(&new), &dek), ERR_OK);
	sealer_free(s);
	keyring_close(k);
	buf_release(&old);
	buf_release(&new);
}

static void test_a_full_ring_still_opens_and_refuses_one_more(void **state)
{
	struct fixture *f = *state;
	create(f);
	struct keyring *k = open_ring(f);
	for (uint32_t i = 1; i < RING_EPOCHS; i++)
		assert_int_equal(keyring_rotate(k, &random_system), ERR_OK);
	assert_int_equal(keyring_rotate(k, &random_system), ERR_FULL);
	keyring_close(k);
	k = open_ring(f);
	assert_int_equal(keyring_epoch(k), RING_EPOCHS);
	keyring_close(k);
}

/* --- the signer -----------------------------------------------------------*/

static struct checkpoint checkpoint_at(uint64_t size, uint8_t root)
{
	struct checkpoint c = { .origin = "kehu.example/book", .size = size };
	memset(c.root.of, root, sizeof(c.root.of));
	return c;
}

static void test_a_signature_holds_under_the_notes_verifier(void **state)
{
	struct fixture *f = *state;
	struct checkpoint c = checkpoint_at(42, 9), back;
	uint8_t signature[NOTE_SIGNATURE], public[NOTE_PUBLIC];
	struct verifier v;
	struct buf text, note;
	create(f);
	struct keyring *k = open_ring(f);
	keyring_public(k, public);
	verifier_init(&v, "kehu.example/book", public);
	assert_int_equal(keyring_sign(k, &c, signature), ERR_OK);
	buf_init(&text, 4096);
	buf_init(&note, 4096);
	checkpoint_format(&c, &text);
	note_format(buf_bytes(&text), &v, signature, &note);
	assert_int_equal(note_open(buf_bytes(&note), &v, &back), ERR_OK);
	assert_int_equal(back.size, 42);
	signature[0] ^= 1;
	buf_reset(&note);
	note_format(buf_bytes(&text), &v, signature, &note);
	assert_int_equal(
	    note_open(buf_bytes(&note), &v, &back), ERR_UNVERIFIED);
	buf_release(&text);
	buf_release(&note);
	keyring_close(k);
}

static void test_the_signer_refuses_what_is_no_extension(void **state)
{
	struct fixture *f = *state;
	struct checkpoint ten = checkpoint_at(10, 1);
	struct checkpoint nine = checkpoint_at(9, 1);
	struct checkpoint fork = checkpoint_at(10, 2);
	struct checkpoint next = checkpoint_at(11, 3);
	uint8_t signature[NOTE_SIGNATURE];
	create(f);
	struct keyring *k = open_ring(f);
	assert_int_equal(keyring_sign(k, &ten, signature), ERR_OK);
	assert_int_equal(keyring_sign(k, &nine, signature), ERR_CONFLICT);
	assert_int_equal(keyring_sign(k, &fork, signature), ERR_CONFLICT);
	assert_int_equal(keyring_sign(k, &ten, signature), ERR_OK);
	assert_int_equal(keyring_sign(k, &next, signature), ERR_OK);
	keyring_close(k);
}

static void test_the_public_key_survives_a_new_start(void **state)
{
	struct fixture *f = *state;
	uint8_t a[NOTE_PUBLIC], b[NOTE_PUBLIC];
	create(f);
	struct keyring *k = open_ring(f);
	keyring_public(k, a);
	assert_int_equal(keyring_rotate(k, &random_system), ERR_OK);
	keyring_close(k);
	k = open_ring(f);
	keyring_public(k, b);
	keyring_close(k);
	assert_memory_equal(a, b, NOTE_PUBLIC);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_create_then_open_gives_the_same_store_id),
		TEST(test_create_twice_is_a_conflict_and_changes_nothing),
		TEST(test_files_are_for_their_owner_alone),
		TEST(test_root_key_file_is_64_hex_digits_and_a_newline),
		TEST(test_create_keeps_a_root_key_that_exists),
		TEST(test_open_without_keys_is_not_found),
		TEST(test_open_refuses_another_root_key),
		TEST(test_open_refuses_a_root_key_others_can_read),
		TEST(test_open_refuses_what_is_no_root_key),
		TEST(test_every_bit_flip_of_the_files_is_refused),
		TEST(test_every_truncation_of_the_files_is_refused),
		TEST(test_a_ring_with_a_mended_digest_is_still_refused),
		TEST(test_costs_in_a_ring_file_are_capped),
		TEST(test_a_passphrase_opens_its_ring_and_no_other_does),
		TEST(test_a_credential_is_a_root_key),
		TEST(test_beside_data_is_told_from_elsewhere),
		TEST(test_rotation_keeps_old_keys_until_they_are_retired),
		TEST(test_a_full_ring_still_opens_and_refuses_one_more),
		TEST(test_a_signature_holds_under_the_notes_verifier),
		TEST(test_the_signer_refuses_what_is_no_extension),
		TEST(test_the_public_key_survives_a_new_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

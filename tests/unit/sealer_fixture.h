// SPDX-License-Identifier: MIT
/*
 * What the tests of the sealer share: a keyring, a sealer, a pair of keys, and
 * a random source that says the same for ever.
 */
#ifndef TESTS_UNIT_SEALER_FIXTURE_H
#define TESTS_UNIT_SEALER_FIXTURE_H

#include "keyring_fixture.h"

#include "common/clock.h"
#include "common/digest.h"
#include "server/crypto/cipher.h"

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
static inline void fill_frozen(void *ctx, void *out, size_t len)
{
	(void)ctx;
	memset(out, 0x5a, len);
}

static const struct random frozen = { fill_frozen, NULL };

static inline int setup(void **state)
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

static inline int teardown(void **state)
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

static inline struct bytes seal_text(struct fixture *f, const char *text)
{
	buf_reset(&f->sealed);
	assert_int_equal(seal(f->sealer, f->dek, bytes_text("aad"),
			     bytes_text(text), 16, &f->sealed),
	    ERR_OK);
	return buf_bytes(&f->sealed);
}

static inline enum err open_sealed(
    struct fixture *f, struct bytes sealed, struct bytes *text)
{
	return unseal(
	    f->sealer, f->dek, bytes_text("aad"), sealed, &f->arena, text);
}

/* Refused, and neither the answer nor the arena holds any of the text. */
static inline void assert_refused(
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

/* --- the tables ----------------------------------------------------------*/

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

// SPDX-License-Identifier: MIT
/*
 * Everything that the crypto room reads from disk, as arbitrary bytes.
 *
 * The first byte chooses the reader, the rest is its input.  None may crash,
 * and none may accept: forging a tag is not for a fuzzer to manage.  What is
 * sealed from the input must open to it, and must not once a bit is turned.
 * Keys come from a fixed sequence, so that a finding can be run again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "server/crypto/ring.h"
#include "server/crypto/sealer.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	uint32_t state;
	struct keyring *ring;
	struct sealer *sealer;
	struct dek *dek;
	struct arena arena;
	struct buf buf;
} world;

static void fill_sequence(void *ctx, void *out, size_t len)
{
	uint32_t *x = ctx;
	for (size_t i = 0; i < len; i++) {
		*x = *x * 1664525 + 1013904223;
		((uint8_t *)out)[i] = (uint8_t)(*x >> 24);
	}
}

static const struct random sequence = { fill_sequence, &world.state };

static void make_ring(void)
{
	static const char *const names[] = { "/keys/ring", "/keys/seed",
		"/keys/root.key", "/keys", "" };
	char base[] = "/tmp/kehu-fuzz-XXXXXX";
	char dir[64], spec[96], path[128];
	ASSERT(mkdtemp(base));
	snprintf(dir, sizeof(dir), "%s/keys", base);
	snprintf(spec, sizeof(spec), "file:%s/root.key", dir);
	struct root_source root = { .spec = spec };
	ASSERT(keyring_create(dir, &root, &sequence) == ERR_OK);
	ASSERT(keyring_open(dir, &root, &world.ring) == ERR_OK);
	for (size_t i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s%s", base, names[i]);
		remove(path);
	}
}

static void release_world(void)
{
	sealer_free(world.sealer);
	keyring_close(world.ring);
	arena_release(&world.arena);
	buf_release(&world.buf);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	make_ring();
	world.sealer = sealer_new(world.ring, &sequence);
	arena_init(&world.arena, 65536, 1 << 20);
	buf_init(&world.buf, 1 << 20);
	ASSERT(dek_make(world.sealer, 1, KEY_PERSONAL, &world.buf,
		   &world.dek) == ERR_OK);
	/* The leak checker does not look into locked memory. */
	atexit(release_world); /* now: to run before OpenSSL's own */
	return 0;
}

static void try_unseal(struct bytes input)
{
	struct bytes text;
	enum err e = unseal(world.sealer, world.dek, bytes_text("aad"), input,
	    &world.arena, &text);
	ASSERT(e != ERR_OK && text.data == NULL && text.len == 0);
}

static void try_unseal_system(struct bytes input)
{
	struct bytes text;
	enum err e = unseal_system(world.sealer, "cursor", bytes_text("aad"),
	    input, &world.arena, &text);
	ASSERT(e != ERR_OK && text.data == NULL && text.len == 0);
}

static void try_dek(struct bytes input)
{
	struct dek *dek;
	enum err e = dek_open(world.sealer, 2, KEY_LEDGER, input, &dek);
	ASSERT(e != ERR_OK && dek == NULL);
	ASSERT(dek_cached(world.sealer, 2, KEY_LEDGER) == NULL);
}

static void try_ring(struct bytes input)
{
	static const uint8_t root[KEY_SIZE];
	uint8_t seed[KEY_SIZE];
	struct ring *ring = malloc(sizeof(*ring));
	struct stretch how;
	ASSERT(ring);
	if (ring_stretch(input, &how) == ERR_OK)
		ASSERT(how.passes <= 16);
	ASSERT(ring_unpack(input, root, ring) != ERR_OK);
	ASSERT(seed_unpack(input, root, root, seed) != ERR_OK);
	free(ring);
}

/* Its first two bytes say which bit is turned. */
static void try_round(struct bytes input)
{
	struct bytes text;
	uint8_t flip[2] = { 0, 0 };
	memcpy(flip, input.data, input.len < 2 ? input.len : 2);
	buf_reset(&world.buf);
	ASSERT(seal(world.sealer, world.dek, bytes_text("aad"), input, 16,
		   &world.buf) == ERR_OK);
	struct bytes sealed = buf_bytes(&world.buf);
	ASSERT(unseal(world.sealer, world.dek, bytes_text("aad"), sealed,
		   &world.arena, &text) == ERR_OK);
	ASSERT(bytes_equal(text, input));
	size_t bit = get_be16(flip) % (sealed.len * 8);
	world.buf.data[world.buf.start + bit / 8] ^= (uint8_t)(1 << bit % 8);
	try_unseal(sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct bytes) = { try_unseal,
		try_unseal_system, try_dek, try_ring, try_round };
	if (size < 2 || size > 65536)
		return 0;
	/* Of its own, so that the sanitizer sees a step past its end. */
	uint8_t *copy = malloc(size - 1);
	ASSERT(copy);
	memcpy(copy, data + 1, size - 1);
	arena_reset(&world.arena);
	readers[data[0] % 5](bytes_of(copy, size - 1));
	free(copy);
	return 0;
}

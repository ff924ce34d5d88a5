// SPDX-License-Identifier: MIT
/*
 * Nanoseconds an operation of the crypto room, one line each: the best of
 * five rounds, since other work on the machine only adds.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/crypto/password.h"

#define ROUNDS  5
#define TURNS   20000
#define WRAPPED 1024 /* subjects, more than a cache holds */

struct bench {
	struct keyring *ring;
	struct sealer *sealer;
	struct dek *dek;
	struct arena arena;
	struct buf out;
	struct buf wrapped[WRAPPED];
	struct bytes small; /* sealed, 24 bytes of text */
	struct bytes body;  /* sealed, 700 bytes of text */
	uint8_t text[700];
	uint32_t next;
};

static const char aad[] = "store, table, record, subject, field, version";

static void open_keys(struct bench *b)
{
	static const char *const names[] = { "/keys/ring", "/keys/seed",
		"/keys/root.key", "/keys", "" };
	char base[] = "/tmp/kehu-bench-XXXXXX";
	char dir[64], spec[96], path[128];
	ASSERT(mkdtemp(base));
	snprintf(dir, sizeof(dir), "%s/keys", base);
	snprintf(spec, sizeof(spec), "file:%s/root.key", dir);
	struct root_source root = { .spec = spec };
	ASSERT(keyring_create(dir, &root, &random_system) == ERR_OK);
	ASSERT(keyring_open(dir, &root, &b->ring) == ERR_OK);
	for (size_t i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s%s", base, names[i]);
		remove(path);
	}
	b->sealer = sealer_new(b->ring, &random_system);
}

static struct bytes sealed_text(struct bench *b, size_t len)
{
	struct buf out;
	buf_init(&out, 4096);
	ASSERT(seal(b->sealer, b->dek, bytes_text(aad), bytes_of(b->text, len),
		   16, &out) == ERR_OK);
	return buf_bytes(&out);
}

static void run_dek_open(struct bench *b)
{
	struct dek *dek;
	uint32_t i = b->next++ % WRAPPED;
	ASSERT(dek_open(b->sealer, i, KEY_PERSONAL, buf_bytes(&b->wrapped[i]),
		   &dek) == ERR_OK);
}

static void run_dek_cached(struct bench *b)
{
	ASSERT(dek_cached(b->sealer, WRAPPED, KEY_PERSONAL) == b->dek);
}

static void unseal_one(struct bench *b, struct bytes sealed)
{
	struct bytes text;
	arena_reset(&b->arena);
	ASSERT(unseal(b->sealer, b->dek, bytes_text(aad), sealed, &b->arena,
		   &text) == ERR_OK);
}

static void run_unseal_24(struct bench *b)
{
	unseal_one(b, b->small);
}

static void run_unseal_700(struct bench *b)
{
	unseal_one(b, b->body);
}

static void seal_one(struct bench *b, size_t len)
{
	buf_reset(&b->out);
	ASSERT(seal(b->sealer, b->dek, bytes_text(aad), bytes_of(b->text, len),
		   16, &b->out) == ERR_OK);
}

static void run_seal_24(struct bench *b)
{
	seal_one(b, 24);
}

static void run_seal_700(struct bench *b)
{
	seal_one(b, 700);
}

static void run_blind_value(struct bench *b)
{
	uint8_t out[BLIND_SIZE];
	blind_value(b->sealer, 7, bytes_of(b->text, 18), out);
}

static void run_blind_token(struct bench *b)
{
	uint8_t out[TOKEN_SIZE];
	blind_token(b->sealer, 7, bytes_of(b->text, 6), out);
}

static void run_commit_value(struct bench *b)
{
	uint8_t out[32];
	commit_value(b->sealer, b->dek, 1, 2, 3, bytes_of(b->text, 24), out);
}

static void run_system_mac(struct bench *b)
{
	uint8_t out[32];
	struct bytes parts[] = { bytes_of(b->text, 8), bytes_of(b->text, 8),
		bytes_of(b->text, 8) };
	system_mac(b->sealer, "version", parts, 3, out);
}

static void run_seal_system(struct bench *b)
{
	buf_reset(&b->out);
	ASSERT(seal_system(b->sealer, "cursor", bytes_text(aad),
		   bytes_of(b->text, 48), &b->out) == ERR_OK);
}

static void run_dek_make(struct bench *b)
{
	struct dek *dek;
	buf_reset(&b->out);
	ASSERT(dek_make(b->sealer, WRAPPED + 1, KEY_PERSONAL, &b->out, &dek) ==
	       ERR_OK);
}

static void run_sign(struct bench *b)
{
	uint8_t signature[NOTE_SIGNATURE];
	struct checkpoint c = { .origin = "kehu.example/book",
		.size = ++b->next };
	ASSERT(keyring_sign(b->ring, &c, signature) == ERR_OK);
}

static void prepare(struct bench *b)
{
	struct dek *dek;
	open_keys(b);
	arena_init(&b->arena, 65536, 65536);
	buf_init(&b->out, 4096);
	for (uint32_t i = 0; i < WRAPPED; i++) {
		buf_init(&b->wrapped[i], 256);
		ASSERT(dek_make(b->sealer, i, KEY_PERSONAL, &b->wrapped[i],
			   &dek) == ERR_OK);
	}
	ASSERT(dek_make(b->sealer, WRAPPED, KEY_PERSONAL, &b->out, &b->dek) ==
	       ERR_OK);
	b->small = sealed_text(b, 24);
	b->body = sealed_text(b, 700);
}

static uint64_t measure(
    struct bench *b, void (*run)(struct bench *), unsigned turns)
{
	uint64_t best = UINT64_MAX;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = clock_monotonic_ns();
		for (unsigned i = 0; i < turns; i++)
			run(b);
		uint64_t took = (clock_monotonic_ns() - start) / turns;
		best = took < best ? took : best;
	}
	return best;
}

static void print_password(struct bench *b)
{
	struct password_cost c;
	password_cost_init(&c);
	uint64_t start = clock_monotonic_ns();
	ASSERT(
	    password_dummy(b->sealer, &c, bytes_text("guess")) == ERR_DENIED);
	printf("%-22s %8.1f ms\n", "password_dummy",
	    (double)(clock_monotonic_ns() - start) / 1e6);
}

/* Of one sealer with its cache full; its own structure is locked memory
 * beside the heap. */
static void print_memory(struct bench *b)
{
	struct dek *dek;
	size_t before = mallinfo2().uordblks;
	struct sealer *s = sealer_new(b->ring, &random_system);
	for (uint32_t i = 0; i < WRAPPED; i++)
		ASSERT(dek_open(s, i, KEY_PERSONAL, buf_bytes(&b->wrapped[i]),
			   &dek) == ERR_OK);
	printf("%-22s %8zu KiB\n", "heap of a sealer",
	    (mallinfo2().uordblks - before) / 1024);
	sealer_free(s);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*run)(struct bench *b);
		unsigned turns;
	} rows[] = {
		{ "dek_cached", run_dek_cached, TURNS },
		{ "unseal 24", run_unseal_24, TURNS },
		{ "unseal 700", run_unseal_700, TURNS },
		{ "seal 24", run_seal_24, TURNS },
		{ "seal 700", run_seal_700, TURNS },
		{ "blind_value 18", run_blind_value, TURNS },
		{ "blind_token 6", run_blind_token, TURNS },
		{ "commit_value 24", run_commit_value, TURNS },
		{ "system_mac 3 parts", run_system_mac, TURNS },
		{ "seal_system 48", run_seal_system, TURNS },
		{ "dek_make", run_dek_make, TURNS },
		{ "dek_open, uncached", run_dek_open, TURNS },
		{ "keyring_sign", run_sign, TURNS / 20 },
	};
	static struct bench b;
	prepare(&b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		printf("%-22s %8llu ns\n", rows[i].name,
		    (unsigned long long)measure(
			&b, rows[i].run, rows[i].turns));
	print_password(&b);
	print_memory(&b);
	sealer_free(b.sealer);
	keyring_close(b.ring);
	return 0;
}

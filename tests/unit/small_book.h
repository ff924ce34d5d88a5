// SPDX-License-Identifier: MIT
/*
 * A small book for unit tests: folder, keys, sealer, store, clock, chance.
 *
 * The store commits inline and the clock stands still until a test moves it,
 * so a run is the same each time.  Reopening closes and opens store and keys
 * over the same files.
 */
#ifndef TESTS_UNIT_SMALL_BOOK_H
#define TESTS_UNIT_SMALL_BOOK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/crypto/sealer.h"
#include "server/store/store.h"

struct book {
	char dir[64], keys_dir[96], note[96];
	int64_t now_ms;
	uint64_t seed;
	struct clock clock;
	struct random random;
	struct keyring *keys;
	struct sealer *sealer;
	struct store *store;
	struct snapshot *snapshot;
	struct arena arena;
};

static inline int64_t book_now(void *ctx)
{
	return ((struct book *)ctx)->now_ms;
}

static inline uint64_t book_chance(struct book *b)
{
	/* splitmix64 */
	uint64_t z = b->seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline void book_fill(void *ctx, void *out, size_t len)
{
	uint8_t *at = out;
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)book_chance(ctx);
}

static inline void book_open(struct book *b, bool create)
{
	struct root_source root = { .spec = "" };
	struct store_options o;
	char spec[128];
	snprintf(spec, sizeof(spec), "file:%s/root.key", b->keys_dir);
	root.spec = spec;
	if (create)
		assert_int_equal(
		    keyring_create(b->keys_dir, &root, &b->random), ERR_OK);
	assert_int_equal(keyring_open(b->keys_dir, &root, &b->keys), ERR_OK);
	b->sealer = sealer_new(b->keys, &b->random);
	store_options_init(&o, b->dir);
	o.create = create;
	o.inline_commit = true;
	o.map_size_mib = 64;
	assert_int_equal(store_open(&o, &b->store), ERR_OK);
	assert_int_equal(snapshot_open(b->store, &b->snapshot), ERR_OK);
}

static inline void book_close(struct book *b)
{
	snapshot_close(b->snapshot);
	store_close(b->store);
	sealer_free(b->sealer);
	keyring_close(b->keys);
}

static inline struct book *book_new(void)
{
	struct book *b = calloc(1, sizeof(*b));
	log_set_level(LOG_ERROR);
	snprintf(b->dir, sizeof(b->dir), "/tmp/kehu-book-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->keys_dir, sizeof(b->keys_dir), "%s/keys", b->dir);
	snprintf(b->note, sizeof(b->note), "%s/note", b->dir);
	b->now_ms = INT64_C(1800000000000);
	b->seed = 7;
	b->clock = (struct clock){ book_now, b };
	b->random = (struct random){ book_fill, b };
	arena_init(&b->arena, 65536, (size_t)256 * 1024 * 1024);
	book_open(b, true);
	return b;
}

/* The folder, after book_close(). */
static inline void book_remove(struct book *b)
{
	static const char *const names[] = { "data.mdb", "lock.mdb",
		"store.lock", "note", "note.new", "kept.mdb", "keys/ring",
		"keys/seed", "keys/root.key", "keys" };
	char path[160];
	arena_release(&b->arena);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", b->dir, names[i]);
		remove(path);
	}
	assert_int_equal(rmdir(b->dir), 0);
	free(b);
}

static inline void book_free(struct book *b)
{
	book_close(b);
	book_remove(b);
}

static inline struct plan *book_plan(struct book *b)
{
	struct plan *p = plan_new(&b->arena);
	assert_non_null(p);
	return p;
}

/* With a draft that is an empty map, so that it gets a position. */
static inline enum err book_commit(struct book *b, struct plan *p)
{
	enum err e;
	plan_draft(p, bytes_text("\x80"));
	e = store_commit(b->store, p);
	assert_int_equal(snapshot_renew(b->snapshot), ERR_OK);
	return e;
}

#endif

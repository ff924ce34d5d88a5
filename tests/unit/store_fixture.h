// SPDX-License-Identifier: MIT
/*
 * What the tests of the store share: a store in a folder of its own, that a
 * test puts rows into and opens again.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "server/store/store.h"

struct fixture {
	char dir[64];
	struct store_options options;
	struct store *store;
	struct snapshot *snapshot;
	struct arena arena;
	uint64_t seed;
};

static inline void reopen(struct fixture *f)
{
	snapshot_close(f->snapshot);
	f->snapshot = NULL;
	store_close(f->store);
	f->options.create = false;
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
}

static inline struct fixture *new_fixture(bool inline_commit)
{
	struct fixture *f = calloc(1, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/kehu-test-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	store_options_init(&f->options, f->dir);
	f->options.create = true;
	f->options.inline_commit = inline_commit;
	f->options.map_size_mib = 4096;
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
	arena_init(&f->arena, 65536, (size_t)16 * 1024 * 1024);
	return f;
}

static inline void remove_dir(const char *dir)
{
	static const char *names[] = { "data.mdb", "lock.mdb", "store.lock",
		"journal.0", "journal.1", "journal.base" };
	char path[256];
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static inline int set_up_inline(void **state)
{
	*state = new_fixture(true);
	return 0;
}

static inline int set_up(void **state)
{
	*state = new_fixture(false);
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	snapshot_close(f->snapshot);
	store_close(f->store);
	arena_release(&f->arena);
	remove_dir(f->dir);
	free(f);
	return 0;
}

static inline struct plan *fresh_plan(struct fixture *f)
{
	arena_reset(&f->arena);
	return plan_new(&f->arena);
}

static inline struct plan *logged_plan(struct fixture *f)
{
	struct plan *p = fresh_plan(f);
	plan_draft(p, bytes_text("draft"));
	return p;
}

static inline struct bytes text(const char *s)
{
	return bytes_text(s);
}

/* Bytes that tell their place, so that pieces cannot be swapped. */
static inline struct bytes long_value(size_t len, unsigned salt)
{
	static uint8_t room[STORE_VALUE];
	for (size_t i = 0; i < len; i++)
		room[i] = (uint8_t)(i / 251 + i * 7 + salt);
	return bytes_of(room, len);
}

static inline enum err put(
    struct fixture *f, enum table t, struct bytes key, struct bytes value)
{
	struct plan *p = logged_plan(f);
	plan_put(p, t, key, value);
	return store_commit(f->store, p);
}

static inline enum err get(
    struct fixture *f, enum table t, struct bytes key, struct row *out)
{
	enum err err = snapshot_renew(f->snapshot);
	return err == ERR_OK ? snapshot_get(f->snapshot, t, key, out) : err;
}

static inline size_t count_rows(struct fixture *f, enum table t)
{
	struct scan *s;
	struct bytes key;
	struct row row;
	size_t n = 0;
	assert_int_equal(snapshot_renew(f->snapshot), ERR_OK);
	assert_int_equal(
	    scan_open(f->snapshot, t, BYTES_NONE, BYTES_NONE, SCAN_UP, &s),
	    ERR_OK);
	while (scan_next(s, &key, &row))
		n++;
	assert_int_equal(scan_error(s), ERR_OK);
	scan_close(s);
	return n;
}

/* --- the tables ----------------------------------------------------------*/

#define INLINE(test)                                                           \
	cmocka_unit_test_setup_teardown(test, set_up_inline, tear_down)
#define THREAD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif

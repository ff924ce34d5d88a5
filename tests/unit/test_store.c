// SPDX-License-Identifier: MIT
/*
 * The store against a model: long rows, expectations, batches, positions,
 * reopening, a full disk, and a process killed under load.
 *
 * The model is a sorted array of rows that random plans change in the same
 * way; whole scans in both directions must show the same.  Its seed is
 * printed; KEHU_SEED repeats a run, KEHU_PLANS makes it longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

static void reopen(struct fixture *f)
{
	snapshot_close(f->snapshot);
	f->snapshot = NULL;
	store_close(f->store);
	f->options.create = false;
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
}

static struct fixture *new_fixture(bool inline_commit)
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

static void remove_dir(const char *dir)
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

static int set_up_inline(void **state)
{
	*state = new_fixture(true);
	return 0;
}

static int set_up(void **state)
{
	*state = new_fixture(false);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	snapshot_close(f->snapshot);
	store_close(f->store);
	arena_release(&f->arena);
	remove_dir(f->dir);
	free(f);
	return 0;
}

static struct plan *fresh_plan(struct fixture *f)
{
	arena_reset(&f->arena);
	return plan_new(&f->arena);
}

static struct plan *logged_plan(struct fixture *f)
{
	struct plan *p = fresh_plan(f);
	plan_draft(p, bytes_text("draft"));
	return p;
}

static struct bytes text(const char *s)
{
	return bytes_text(s);
}

/* Bytes that tell their place, so that pieces cannot be swapped. */
static struct bytes long_value(size_t len, unsigned salt)
{
	static uint8_t room[STORE_VALUE];
	for (size_t i = 0; i < len; i++)
		room[i] = (uint8_t)(i / 251 + i * 7 + salt);
	return bytes_of(room, len);
}

static enum err put(
    struct fixture *f, enum table t, struct bytes key, struct bytes value)
{
	struct plan *p = logged_plan(f);
	plan_put(p, t, key, value);
	return store_commit(f->store, p);
}

static enum err get(
    struct fixture *f, enum table t, struct bytes key, struct row *out)
{
	enum err err = snapshot_renew(f->snapshot);
	return err == ERR_OK ? snapshot_get(f->snapshot, t, key, out) : err;
}

static size_t count_rows(struct fixture *f, enum table t)
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

/* --- life ----------------------------------------------------------------*/

static void test_open_without_a_store_is_not_found(void **state)
{
	char dir[] = "/tmp/kehu-test-store-XXXXXX";
	struct store_options o;
	struct store *s;
	(void)state;
	assert_non_null(mkdtemp(dir));
	store_options_init(&o, dir);
	assert_int_equal(store_open(&o, &s), ERR_NOT_FOUND);
	assert_null(s);
	remove_dir(dir);
}

static void test_open_refuses_a_second_opener(void **state)
{
	struct fixture *f = *state;
	struct store *second;
	f->options.create = false;
	assert_int_equal(store_open(&f->options, &second), ERR_CONFLICT);
	assert_int_equal(put(f, TABLE_ROW, text("k"), text("v")), ERR_OK);
}

static void test_create_refuses_an_existing_store(void **state)
{
	struct fixture *f = *state;
	struct store *again;
	snapshot_close(f->snapshot);
	store_close(f->store);
	f->snapshot = NULL;
	f->store = NULL;
	f->options.create = true;
	assert_int_equal(store_open(&f->options, &again), ERR_DUPLICATE);
	reopen(f);
}

static void test_open_refuses_a_foreign_file(void **state)
{
	char dir[] = "/tmp/kehu-test-store-XXXXXX";
	char path[256];
	struct store_options o;
	struct store *s;
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	struct bytes junk = long_value(16384, 3);
	assert_int_equal(write(fd, junk.data, junk.len), 16384);
	close(fd);
	store_options_init(&o, dir);
	assert_int_equal(store_open(&o, &s), ERR_CORRUPT);
	remove_dir(dir);
}

static void test_readers_past_the_limit_are_busy(void **state)
{
	struct fixture *f = *state;
	struct snapshot *more[64];
	unsigned n = 0;
	snapshot_close(f->snapshot);
	f->snapshot = NULL;
	store_close(f->store);
	f->options.create = false;
	f->options.readers = 8;
	/* An old lock file would keep its size. */
	char path[256];
	snprintf(path, sizeof(path), "%s/lock.mdb", f->dir);
	unlink(path);
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	while (n < 64 && snapshot_open(f->store, &more[n]) == ERR_OK)
		n++;
	assert_int_equal(n, 8);
	assert_int_equal(snapshot_open(f->store, &more[n]), ERR_BUSY);
	while (n > 0)
		snapshot_close(more[--n]);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
}

/* --- rows ----------------------------------------------------------------*/

static void test_long_values_come_back_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 1899, 1900, 1901, 3799, 3800,
		3801, 5700, 100000, STORE_VALUE - 1, STORE_VALUE };
	static const enum table tables[] = { TABLE_ROW, TABLE_LOG };
	struct fixture *f = *state;
	struct row row;
	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			struct bytes v = long_value(sizes[i], (unsigned)i);
			assert_int_equal(
			    put(f, tables[t], text("key"), v), ERR_OK);
			assert_int_equal(
			    get(f, tables[t], text("key"), &row), ERR_OK);
			assert_true(bytes_equal(row.value, v));
		}
	reopen(f);
	assert_int_equal(get(f, TABLE_ROW, text("key"), &row), ERR_OK);
	assert_int_equal(row.value.len, STORE_VALUE);
}

/* Those freed since the base was moved are kept: see server/store/keeper.h. */
static void test_shorter_value_gives_the_pieces_back(void **state)
{
	struct fixture *f = *state;
	struct store_figures before, after;
	struct row row;
	for (unsigned i = 0; i < 100; i++) {
		if (i == 40)
			store_read_figures(f->store, &before);
		assert_int_equal(
		    put(f, TABLE_ROW, text("key"), long_value(STORE_VALUE, i)),
		    ERR_OK);
		assert_int_equal(
		    put(f, TABLE_ROW, text("key"), text("short")), ERR_OK);
		assert_int_equal(get(f, TABLE_ROW, text("key"), &row), ERR_OK);
		assert_int_equal(row.value.len, 5);
	}
	store_read_figures(f->store, &after);
	assert_true(
	    after.used_bytes < before.used_bytes + (size_t)16 * STORE_VALUE);
}

static void test_keys_of_every_length_are_found(void **state)
{
	static const size_t sizes[] = { 1, 2, 119, 120 };
	struct fixture *f = *state;
	uint8_t key[STORE_KEY + 1];
	struct row row;
	memset(key, 0xff, sizeof(key));
	for (size_t i = 0; i < 4; i++)
		for (size_t len = 0; len < 5000; len += 1900)
			assert_int_equal(
			    put(f, TABLE_ROW, bytes_of(key, sizes[i]),
				long_value(len, (unsigned)sizes[i])),
			    ERR_OK);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
		    get(f, TABLE_ROW, bytes_of(key, sizes[i]), &row), ERR_OK);
		assert_true(bytes_equal(
		    row.value, long_value(3800, (unsigned)sizes[i])));
	}
	assert_int_equal(get(f, TABLE_ROW, bytes_of(key, STORE_KEY + 1), &row),
	    ERR_NOT_FOUND);
	assert_int_equal(get(f, TABLE_ROW, BYTES_NONE, &row), ERR_NOT_FOUND);
	assert_int_equal(
	    put(f, TABLE_ROW, bytes_of(key, STORE_KEY + 1), text("v")),
	    ERR_TOO_LARGE);
}

static void test_snapshot_keeps_long_rows_until_renew(void **state)
{
	struct fixture *f = *state;
	struct row a, b;
	assert_int_equal(
	    put(f, TABLE_ROW, text("a"), long_value(9000, 1)), ERR_OK);
	assert_int_equal(
	    put(f, TABLE_ROW, text("b"), long_value(9000, 2)), ERR_OK);
	assert_int_equal(get(f, TABLE_ROW, text("a"), &a), ERR_OK);
	assert_int_equal(
	    snapshot_get(f->snapshot, TABLE_ROW, text("b"), &b), ERR_OK);
	assert_true(bytes_equal(a.value, long_value(9000, 1)));
	assert_true(bytes_equal(b.value, long_value(9000, 2)));
}

static void test_snapshot_shows_one_moment_until_renew(void **state)
{
	struct fixture *f = *state;
	struct row row;
	assert_int_equal(put(f, TABLE_ROW, text("k"), text("old")), ERR_OK);
	assert_int_equal(get(f, TABLE_ROW, text("k"), &row), ERR_OK);
	assert_int_equal(snapshot_head(f->snapshot), 1);
	assert_int_equal(put(f, TABLE_ROW, text("k"), text("new")), ERR_OK);
	assert_true(bytes_is(row.value, "old"));
	assert_int_equal(
	    snapshot_get(f->snapshot, TABLE_ROW, text("k"), &row), ERR_OK);
	assert_true(bytes_is(row.value, "old"));
	snapshot_rest(f->snapshot);
	assert_int_equal(get(f, TABLE_ROW, text("k"), &row), ERR_OK);
	assert_true(bytes_is(row.value, "new"));
	assert_int_equal(snapshot_head(f->snapshot), store_head(f->store));
}

static void test_figures_tell_readers_and_commits(void **state)
{
	struct fixture *f = *state;
	struct store_figures g;
	snapshot_rest(f->snapshot);
	store_read_figures(f->store, &g);
	assert_int_equal(g.oldest_reader_ms, 0);
	assert_int_equal(g.map_bytes, (uint64_t)4096 * 1024 * 1024);
	assert_int_equal(snapshot_renew(f->snapshot), ERR_OK);
	uint64_t start = clock_monotonic_ns();
	while (clock_monotonic_ns() - start < 3000000)
		sched_yield();
	store_read_figures(f->store, &g);
	assert_true(g.oldest_reader_ms >= 3);
	assert_int_equal(put(f, TABLE_ROW, text("k"), text("v")), ERR_OK);
	struct plan *p = fresh_plan(f);
	plan_expect(p, TABLE_ROW, text("k"), EXPECT_ABSENT, 0);
	assert_int_equal(store_commit(f->store, p), ERR_CONFLICT);
	store_read_figures(f->store, &g);
	assert_int_equal(g.plans, 2);
	assert_int_equal(g.plans_refused, 1);
	assert_false(g.full);
	assert_int_equal(g.queued_plans, 0);
	assert_int_equal(g.queued_bytes, 0);
}

/* --- expectations and positions ------------------------------------------*/

static enum err expect_and_put(struct fixture *f, const char *key,
    enum expect e, uint64_t version, struct plan **out)
{
	struct plan *p = logged_plan(f);
	plan_expect(p, TABLE_ROW, text("always"), EXPECT_ABSENT, 0);
	plan_expect(p, TABLE_ROW, text(key), e, version);
	plan_put(p, TABLE_ROW, text(key), text("value"));
	*out = p;
	return store_commit(f->store, p);
}

static void test_expectations_decide(void **state)
{
	struct fixture *f = *state;
	struct plan *p;
	struct row row;
	assert_int_equal(
	    expect_and_put(f, "k", EXPECT_PRESENT, 0, &p), ERR_CONFLICT);
	assert_int_equal(get(f, TABLE_ROW, text("k"), &row), ERR_NOT_FOUND);
	assert_int_equal(expect_and_put(f, "k", EXPECT_ABSENT, 0, &p), ERR_OK);
	assert_int_equal(plan_position(p), 1);
	assert_int_equal(get(f, TABLE_ROW, text("k"), &row), ERR_OK);
	assert_int_equal(row.version, 1);
	assert_int_equal(
	    expect_and_put(f, "k", EXPECT_ABSENT, 0, &p), ERR_CONFLICT);
	assert_int_equal(expect_and_put(f, "k", EXPECT_PRESENT, 0, &p), ERR_OK);
	assert_int_equal(
	    expect_and_put(f, "k", EXPECT_VERSION, 1, &p), ERR_CONFLICT);
	assert_int_equal(expect_and_put(f, "k", EXPECT_VERSION, 3, &p), ERR_OK);
	assert_int_equal(
	    expect_and_put(f, "none", EXPECT_VERSION, 0, &p), ERR_CONFLICT);
}

static void test_positions_continue_after_reopen_and_conflicts(void **state)
{
	struct fixture *f = *state;
	struct plan *p;
	for (uint64_t i = 0; i < 20; i++) {
		assert_int_equal(store_head(f->store), i);
		enum expect e = i % 3 == 1 ? EXPECT_PRESENT : EXPECT_ABSENT;
		char key[16];
		snprintf(key, sizeof(key), "%u", (unsigned)i);
		assert_int_equal(expect_and_put(f, key, e, 0, &p),
		    i % 3 == 1 ? ERR_CONFLICT : ERR_OK);
		assert_int_equal(plan_position(p), i);
		if (i % 5 == 0)
			reopen(f);
	}
	assert_int_equal(snapshot_renew(f->snapshot), ERR_OK);
	assert_int_equal(snapshot_head(f->snapshot), 20);
}

static void test_housekeeping_takes_no_position(void **state)
{
	struct fixture *f = *state;
	struct plan *p = fresh_plan(f);
	struct row row;
	plan_put(p, TABLE_TOKEN, text("t"), text("v"));
	assert_int_equal(store_commit(f->store, p), ERR_OK);
	assert_int_equal(store_head(f->store), 0);
	assert_int_equal(get(f, TABLE_TOKEN, text("t"), &row), ERR_OK);
	p = fresh_plan(f);
	plan_put_at(p, TABLE_HISTORY, text("t"), text("v"));
	assert_int_equal(store_commit(f->store, p), ERR_INVALID);
}

/* Steps are applied by table and key, whatever the order they came in. */
static void test_later_writes_to_a_key_win(void **state)
{
	struct fixture *f = *state;
	struct row r;
	assert_int_equal(put(f, TABLE_ROW, text("c"), text("old")), ERR_OK);
	struct plan *p = logged_plan(f);
	plan_put(p, TABLE_ROW, text("b"), text("first"));
	plan_del(p, TABLE_ROW, text("c"));
	plan_put(p, TABLE_LEDGER, text("a"), text("other table"));
	plan_put(p, TABLE_ROW, text("a"), text("gone"));
	plan_put(p, TABLE_ROW, text("b"), text("second"));
	plan_del(p, TABLE_ROW, text("a"));
	plan_put(p, TABLE_ROW, text("c"), text("new"));
	plan_put(p, TABLE_ROW, text("b"), text("last"));
	assert_int_equal(store_commit(f->store, p), ERR_OK);
	assert_int_equal(get(f, TABLE_ROW, text("a"), &r), ERR_NOT_FOUND);
	assert_int_equal(get(f, TABLE_ROW, text("b"), &r), ERR_OK);
	assert_true(bytes_equal(r.value, text("last")));
	assert_int_equal(get(f, TABLE_ROW, text("c"), &r), ERR_OK);
	assert_true(bytes_equal(r.value, text("new")));
	assert_int_equal(get(f, TABLE_LEDGER, text("a"), &r), ERR_OK);
}

static void test_put_at_lies_under_the_position(void **state)
{
	struct fixture *f = *state;
	struct row row;
	uint8_t key[11] = { 0, 0, 0, 0, 0, 0, 0, 1, 'a', 'b', 'c' };
	assert_int_equal(put(f, TABLE_ROW, text("k"), text("v")), ERR_OK);
	struct plan *p = logged_plan(f);
	plan_put_at(p, TABLE_HISTORY, text("zzz"), long_value(5000, 2));
	plan_put_at(p, TABLE_HISTORY, text("abc"), long_value(2500, 1));
	assert_int_equal(store_commit(f->store, p), ERR_OK);
	assert_int_equal(
	    get(f, TABLE_HISTORY, bytes_of(key, 11), &row), ERR_OK);
	assert_true(bytes_equal(row.value, long_value(2500, 1)));
	memcpy(key + 8, "zzz", 3);
	assert_int_equal(
	    get(f, TABLE_HISTORY, bytes_of(key, 11), &row), ERR_OK);
	assert_true(bytes_equal(row.value, long_value(5000, 2)));
}

/* --- scans ---------------------------------------------------------------*/

static void expect_scan(struct fixture *f, const char *prefix, const char *from,
    enum direction d, const char *want)
{
	char got[256] = "";
	struct scan *s;
	struct bytes key;
	struct row row;
	assert_int_equal(scan_open(f->snapshot, TABLE_INDEX, text(prefix),
			     text(from), d, &s),
	    ERR_OK);
	while (scan_next(s, &key, &row)) {
		size_t at = strlen(got);
		snprintf(got + at, sizeof(got) - at, "%.*s ", (int)key.len,
		    (const char *)key.data);
		assert_int_equal(row.version, 0);
		assert_int_equal(row.value.len, 0);
	}
	assert_false(scan_next(s, &key, &row));
	assert_int_equal(scan_error(s), ERR_OK);
	scan_close(s);
	assert_string_equal(got, want);
}

static void test_scans_keep_to_prefix_and_start(void **state)
{
	static const char *keys[] = { "a", "b", "b1", "b2", "b3", "c", "\xff",
		"\xff\xff" };
	struct fixture *f = *state;
	expect_scan(f, "", "", SCAN_UP, "");
	expect_scan(f, "", "", SCAN_DOWN, "");
	struct plan *p = logged_plan(f);
	for (size_t i = 0; i < 8; i++)
		plan_put(p, TABLE_INDEX, text(keys[i]), BYTES_NONE);
	assert_int_equal(store_commit(f->store, p), ERR_OK);
	assert_int_equal(snapshot_renew(f->snapshot), ERR_OK);
	expect_scan(f, "b", "", SCAN_UP, "b b1 b2 b3 ");
	expect_scan(f, "b", "", SCAN_DOWN, "b3 b2 b1 b ");
	expect_scan(f, "b", "b2", SCAN_UP, "b2 b3 ");
	expect_scan(f, "b", "b2", SCAN_DOWN, "b2 b1 b ");
	expect_scan(f, "b", "b22", SCAN_UP, "b3 ");
	expect_scan(f, "b", "b22", SCAN_DOWN, "b2 b1 b ");
	expect_scan(f, "b", "a", SCAN_UP, "b b1 b2 b3 ");
	expect_scan(f, "b", "a", SCAN_DOWN, "");
	expect_scan(f, "b", "c", SCAN_UP, "");
	expect_scan(f, "b", "zz", SCAN_DOWN, "b3 b2 b1 b ");
	expect_scan(f, "d", "", SCAN_UP, "");
	expect_scan(f, "d", "", SCAN_DOWN, "");
	expect_scan(f, "\xff", "", SCAN_UP, "\xff \xff\xff ");
	expect_scan(f, "\xff", "", SCAN_DOWN, "\xff\xff \xff ");
	expect_scan(f, "\xff\xff", "", SCAN_DOWN, "\xff\xff ");
	expect_scan(f, "", "c", SCAN_UP, "c \xff \xff\xff ");
	expect_scan(f, "", "c", SCAN_DOWN, "c b3 b2 b1 b a ");
	expect_scan(
	    f, "", "\xff\xff\xff", SCAN_DOWN, "\xff\xff \xff c b3 b2 b1 b a ");
}

static void test_scan_is_not_disturbed_by_writes(void **state)
{
	struct fixture *f = *state;
	struct scan *s;
	struct bytes key;
	struct row row;
	for (unsigned i = 0; i < 200; i++) {
		uint8_t k[4];
		put_be32(k, i);
		assert_int_equal(
		    put(f, TABLE_ROW, bytes_of(k, 4), long_value(i * 17, i)),
		    ERR_OK);
	}
	assert_int_equal(snapshot_renew(f->snapshot), ERR_OK);
	assert_int_equal(scan_open(f->snapshot, TABLE_ROW, BYTES_NONE,
			     BYTES_NONE, SCAN_UP, &s),
	    ERR_OK);
	for (unsigned i = 0; i < 200; i++) {
		uint8_t k[4];
		assert_true(scan_next(s, &key, &row));
		assert_int_equal(get_be32(key.data), i);
		assert_true(bytes_equal(row.value, long_value(i * 17, i)));
		put_be32(k, (i * 37) % 200);
		struct plan *p = logged_plan(f);
		plan_del(p, TABLE_ROW, bytes_of(k, 4));
		plan_put(p, TABLE_ROW, long_value(4 + i % 50, i), text("x"));
		assert_int_equal(store_commit(f->store, p), ERR_OK);
	}
	assert_false(scan_next(s, &key, &row));
	scan_close(s);
	assert_true(count_rows(f, TABLE_ROW) > 50);
}

/* --- the model -----------------------------------------------------------*/

#define MODEL_MOST 2048

struct model_row {
	enum table table;
	uint8_t key[STORE_KEY];
	size_t key_len;
	uint64_t version;
	size_t len;
	unsigned salt;
};

struct model {
	struct model_row rows[MODEL_MOST];
	size_t count;
};

static const enum table model_tables[] = { TABLE_META, TABLE_ROW, TABLE_INDEX,
	TABLE_LOG, TABLE_TILE };

static uint64_t dice(struct fixture *f, uint64_t sides)
{
	f->seed ^= f->seed << 13;
	f->seed ^= f->seed >> 7;
	f->seed ^= f->seed << 17;
	return f->seed % sides;
}

static struct bytes model_key(const struct model_row *r)
{
	return bytes_of(r->key, r->key_len);
}

/* The place of (t, key), or where it would go. */
static size_t model_find(
    const struct model *m, enum table t, struct bytes key, bool *is_there)
{
	size_t i = 0;
	*is_there = false;
	for (; i < m->count; i++) {
		const struct model_row *r = &m->rows[i];
		int order = r->table != t ? (int)r->table - (int)t
					  : bytes_compare(model_key(r), key);
		*is_there = order == 0;
		if (order >= 0)
			break;
	}
	return i;
}

static void model_put(struct model *m, const struct model_row *row)
{
	bool is_there;
	size_t i = model_find(m, row->table, model_key(row), &is_there);
	if (!is_there) {
		assert_true(m->count < MODEL_MOST);
		memmove(&m->rows[i + 1], &m->rows[i],
		    (m->count - i) * sizeof(*row));
		m->count++;
	}
	m->rows[i] = *row;
}

static void model_del(struct model *m, enum table t, struct bytes key)
{
	bool is_there;
	size_t i = model_find(m, t, key, &is_there);
	if (!is_there)
		return;
	m->count--;
	memmove(
	    &m->rows[i], &m->rows[i + 1], (m->count - i) * sizeof(*m->rows));
}

/* One of about 350 keys of all lengths. */
static void random_key(struct fixture *f, struct model_row *row)
{
	static const size_t lengths[] = { 1, 2, 3, 8, 50, 119, 120 };
	row->table = model_tables[dice(f, 5)];
	row->key_len = lengths[dice(f, 7)];
	memset(row->key, (int)dice(f, 2) * 255, row->key_len);
	row->key[row->key_len / 2] = (uint8_t)dice(f, 10);
}

static void random_value(struct fixture *f, struct model_row *row)
{
	static const size_t lengths[] = { 0, 1, 40, 300, 900, 1899, 1900, 1901,
		3799, 3800, 3801, 5700, 20000 };
	row->len = row->table == TABLE_INDEX ? 0 : lengths[dice(f, 13)];
	row->salt = (unsigned)dice(f, 256);
}

static bool has_version(enum table t)
{
	return t == TABLE_META || t == TABLE_ROW;
}

/* Adds a true or a false expectation; returns whether it holds. */
static bool random_expectation(
    struct fixture *f, const struct model *m, struct plan *p)
{
	struct model_row row;
	bool is_there;
	random_key(f, &row);
	size_t i = model_find(m, row.table, model_key(&row), &is_there);
	enum expect e = (enum expect)dice(f, has_version(row.table) ? 3 : 2);
	uint64_t version = is_there ? m->rows[i].version + dice(f, 2) : 0;
	if (dice(f, 4) > 0 && e != EXPECT_VERSION)
		e = is_there ? EXPECT_PRESENT : EXPECT_ABSENT;
	plan_expect(p, row.table, model_key(&row), e, version);
	if (e == EXPECT_VERSION)
		return is_there && version == m->rows[i].version;
	return is_there == (e == EXPECT_PRESENT);
}

static void random_write(struct fixture *f, struct model *m, struct plan *p,
    uint64_t version, bool applies)
{
	struct model_row row = { .version = version };
	random_key(f, &row);
	if (dice(f, 3) == 0) {
		plan_del(p, row.table, model_key(&row));
		if (applies)
			model_del(m, row.table, model_key(&row));
		return;
	}
	random_value(f, &row);
	plan_put(p, row.table, model_key(&row), long_value(row.len, row.salt));
	if (applies)
		model_put(m, &row);
}

static void random_plan(struct fixture *f, struct model *m)
{
	struct plan *p = logged_plan(f);
	uint64_t head = store_head(f->store);
	bool holds = true;
	for (uint64_t n = dice(f, 3); n > 0; n--)
		holds &= random_expectation(f, m, p);
	for (uint64_t n = 1 + dice(f, 8); n > 0; n--)
		random_write(f, m, p, head, holds);
	assert_int_equal(plan_error(p), ERR_OK);
	assert_int_equal(
	    store_commit(f->store, p), holds ? ERR_OK : ERR_CONFLICT);
	assert_int_equal(plan_position(p), head);
	assert_int_equal(store_head(f->store), head + 1);
}

static void check_row(
    const struct model_row *want, struct bytes key, const struct row *row)
{
	assert_true(bytes_equal(key, model_key(want)));
	assert_true(bytes_equal(row->value, long_value(want->len, want->salt)));
	if (has_version(want->table))
		assert_int_equal(row->version, want->version);
}

static void check_table(
    struct fixture *f, const struct model *m, enum table t, enum direction d)
{
	size_t first = 0, end, n = 0;
	struct scan *s;
	struct bytes key;
	struct row row;
	while (first < m->count && m->rows[first].table < t)
		first++;
	end = first;
	while (end < m->count && m->rows[end].table == t)
		end++;
	assert_int_equal(
	    scan_open(f->snapshot, t, BYTES_NONE, BYTES_NONE, d, &s), ERR_OK);
	for (; scan_next(s, &key, &row); n++) {
		assert_true(first + n < end);
		check_row(&m->rows[d == SCAN_UP ? first + n : end - 1 - n], key,
		    &row);
	}
	assert_int_equal(scan_error(s), ERR_OK);
	assert_int_equal(n, end - first);
	scan_close(s);
}

static void check_model(struct fixture *f, const struct model *m)
{
	struct row row;
	assert_int_equal(snapshot_renew(f->snapshot), ERR_OK);
	for (size_t i = 0; i < 5; i++) {
		check_table(f, m, model_tables[i], SCAN_UP);
		check_table(f, m, model_tables[i], SCAN_DOWN);
	}
	for (size_t i = 0; i < m->count; i++) {
		struct bytes key = model_key(&m->rows[i]);
		assert_int_equal(
		    snapshot_get(f->snapshot, m->rows[i].table, key, &row),
		    ERR_OK);
		check_row(&m->rows[i], key, &row);
	}
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);
	return s ? strtoull(s, NULL, 0) : otherwise;
}

static void test_random_plans_match_the_model(void **state)
{
	struct fixture *f = *state;
	struct model *m = calloc(1, sizeof(*m));
	uint64_t seed;
	random_fill(&random_system, &seed, sizeof(seed));
	f->seed = number_from("KEHU_SEED", seed | 1);
	uint64_t plans = number_from("KEHU_PLANS", 600);
	print_message("KEHU_SEED=%llu\n", (unsigned long long)f->seed);
	for (uint64_t i = 0; i < plans; i++) {
		random_plan(f, m);
		if (i % 40 == 39)
			check_model(f, m);
		if (i % 150 == 149)
			reopen(f);
	}
	check_model(f, m);
	/* All gone: every piece must have gone with its row. */
	struct store_figures before, after;
	while (m->count > 0) {
		struct plan *p = logged_plan(f);
		for (int n = 0; n < 50 && m->count > 0; n++) {
			struct model_row row = m->rows[m->count - 1];
			plan_del(p, row.table, model_key(&row));
			model_del(m, row.table, model_key(&row));
		}
		assert_int_equal(store_commit(f->store, p), ERR_OK);
	}
	check_model(f, m);
	store_read_figures(f->store, &before);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(
		    put(f, TABLE_ROW, text("long"), long_value(100000, i)),
		    ERR_OK);
	store_read_figures(f->store, &after);
	assert_true(after.used_bytes <= before.used_bytes + 4 * 100000);
	free(m);
}

/* --- batches -------------------------------------------------------------*/

/* Holds the committer in the first completion until the gate opens. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool is_held, is_open;
	int landed;
	enum err outcomes[16];
};

struct ticket {
	struct gate *gate;
	int index;
};

static void gate_init(struct gate *g)
{
	*g = (struct gate){ 0 };
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->moved, NULL);
}

static void hold(struct plan *p, enum err outcome, void *ctx)
{
	struct gate *g = ctx;
	(void)p;
	(void)outcome;
	pthread_mutex_lock(&g->lock);
	g->is_held = true;
	pthread_cond_broadcast(&g->moved);
	while (!g->is_open)
		pthread_cond_wait(&g->moved, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void land(struct plan *p, enum err outcome, void *ctx)
{
	struct ticket *t = ctx;
	(void)p;
	pthread_mutex_lock(&t->gate->lock);
	t->gate->outcomes[t->index] = outcome;
	t->gate->landed++;
	pthread_cond_broadcast(&t->gate->moved);
	pthread_mutex_unlock(&t->gate->lock);
}

static void close_gate(struct fixture *f, struct gate *g)
{
	struct plan *p = logged_plan(f);
	assert_int_equal(store_submit(f->store, p, hold, g), ERR_OK);
	pthread_mutex_lock(&g->lock);
	while (!g->is_held)
		pthread_cond_wait(&g->moved, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void open_gate(struct gate *g, int wanted)
{
	pthread_mutex_lock(&g->lock);
	g->is_open = true;
	pthread_cond_broadcast(&g->moved);
	while (g->landed < wanted)
		pthread_cond_wait(&g->moved, &g->lock);
	pthread_mutex_unlock(&g->lock);
	pthread_cond_destroy(&g->moved);
	pthread_mutex_destroy(&g->lock);
}

static void test_plans_of_one_batch_see_each_other(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	struct ticket tickets[3];
	struct plan *plans[3];
	struct store_figures before, after;
	struct row row;
	gate_init(&gate);
	close_gate(f, &gate);
	store_read_figures(f->store, &before);
	for (int i = 0; i < 3; i++) {
		tickets[i] = (struct ticket){ &gate, i };
		plans[i] = plan_new(&f->arena);
		plan_draft(plans[i], text("d"));
		plan_expect(plans[i], TABLE_ROW, text("k"),
		    i == 2 ? EXPECT_VERSION : EXPECT_ABSENT, 1);
		plan_put(plans[i], TABLE_ROW, text("k"),
		    long_value(3000, (unsigned)i));
		assert_int_equal(
		    store_submit(f->store, plans[i], land, &tickets[i]),
		    ERR_OK);
	}
	open_gate(&gate, 3);
	store_read_figures(f->store, &after);
	assert_int_equal(after.commits, before.commits + 1);
	assert_int_equal(gate.outcomes[0], ERR_OK);
	assert_int_equal(gate.outcomes[1], ERR_CONFLICT);
	assert_int_equal(gate.outcomes[2], ERR_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(plan_position(plans[i]), i + 1);
	assert_int_equal(get(f, TABLE_ROW, text("k"), &row), ERR_OK);
	assert_int_equal(row.version, 3);
	assert_true(bytes_equal(row.value, long_value(3000, 2)));
}

static void test_queue_past_its_bounds_is_busy(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	struct ticket tickets[4];
	snapshot_close(f->snapshot);
	f->snapshot = NULL;
	store_close(f->store);
	f->options.create = false;
	f->options.queue_plans = 3;
	f->options.queue_bytes = 10000;
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	gate_init(&gate);
	close_gate(f, &gate);
	struct plan *big = plan_new(&f->arena);
	plan_put(big, TABLE_ROW, text("big"), long_value(20000, 0));
	assert_int_equal(
	    store_submit(f->store, big, land, &tickets[0]), ERR_BUSY);
	for (int i = 0; i < 4; i++) {
		struct plan *p = plan_new(&f->arena);
		tickets[i] = (struct ticket){ &gate, i };
		plan_put(p, TABLE_ROW, text("k"), text("v"));
		assert_int_equal(store_submit(f->store, p, land, &tickets[i]),
		    i < 3 ? ERR_OK : ERR_BUSY);
	}
	open_gate(&gate, 3);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
}

static void test_close_finishes_accepted_plans(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	struct ticket tickets[10];
	gate_init(&gate);
	for (int i = 0; i < 10; i++) {
		uint8_t key = (uint8_t)i;
		struct plan *p = plan_new(&f->arena);
		tickets[i] = (struct ticket){ &gate, i };
		plan_draft(p, text("d"));
		plan_put(p, TABLE_ROW, bytes_of(&key, 1), text("v"));
		assert_int_equal(
		    store_submit(f->store, p, land, &tickets[i]), ERR_OK);
	}
	reopen(f);
	open_gate(&gate, 10);
	assert_int_equal(count_rows(f, TABLE_ROW), 10);
	assert_int_equal(store_head(f->store), 10);
}

/* --- the hook ------------------------------------------------------------*/

struct journal {
	unsigned appended, conflicts, finished, settled, undone;
	uint64_t next, kept; /* positions; kept after the last commit */
};

static enum err journal_append(void *ctx, struct writer *w, uint64_t position,
    struct bytes draft, enum err outcome)
{
	struct journal *j = ctx;
	uint8_t key[8];
	struct row row;
	assert_int_equal(position, j->next);
	j->next++;
	j->appended++;
	j->conflicts += outcome == ERR_CONFLICT;
	put_be64(key, position);
	enum err err = writer_put(w, TABLE_LOG, bytes_of(key, 8), draft);
	if (err == ERR_OK)
		err = writer_get(w, TABLE_LOG, bytes_of(key, 8), &row);
	if (err == ERR_OK)
		assert_true(bytes_equal(row.value, draft));
	return err;
}

static enum err journal_finish(void *ctx, struct writer *w)
{
	struct journal *j = ctx;
	j->finished++;
	return writer_put(w, TABLE_META, text("root"), text("r"));
}

static void journal_settle(void *ctx, bool committed)
{
	struct journal *j = ctx;
	if (committed) {
		j->settled++;
		j->kept = j->next;
	} else {
		j->undone++;
		j->next = j->kept;
	}
}

static void test_hook_logs_every_draft_whatever_the_outcome(void **state)
{
	struct fixture *f = *state;
	struct journal j = { 0 };
	struct commit_hook hook = { &j, journal_append, journal_finish,
		journal_settle };
	struct row row;
	store_set_hook(f->store, &hook);
	assert_int_equal(put(f, TABLE_ROW, text("k"), text("v")), ERR_OK);
	struct plan *p = fresh_plan(f);
	plan_draft(p, long_value(6000, 9));
	plan_expect(p, TABLE_ROW, text("k"), EXPECT_ABSENT, 0);
	plan_put(p, TABLE_ROW, text("k"), text("w"));
	assert_int_equal(store_commit(f->store, p), ERR_CONFLICT);
	p = fresh_plan(f);
	plan_put(p, TABLE_TOKEN, text("t"), text("v"));
	assert_int_equal(store_commit(f->store, p), ERR_OK);
	assert_int_equal(j.appended, 2);
	assert_int_equal(j.conflicts, 1);
	assert_int_equal(j.finished, 2);
	assert_int_equal(j.settled, 2);
	assert_int_equal(count_rows(f, TABLE_LOG), 2);
	assert_int_equal(get(f, TABLE_ROW, text("k"), &row), ERR_OK);
	assert_true(bytes_is(row.value, "v"));
	uint8_t key[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	assert_int_equal(get(f, TABLE_LOG, bytes_of(key, 8), &row), ERR_OK);
	assert_true(bytes_equal(row.value, long_value(6000, 9)));
}

/* --- a full disk ---------------------------------------------------------*/

/* A mount of our own name space: it goes with the process. */
static bool mount_small(const char *dir)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", dir, "tmpfs", 0, "size=12m,mode=0700") == 0;
}

static uint32_t fill_disk(struct fixture *f)
{
	uint32_t n = 0;
	uint8_t key[4];
	enum err err = ERR_OK;
	while (err == ERR_OK && n < 10000) {
		put_be32(key, n);
		err = put(f, TABLE_ROW, bytes_of(key, 4), long_value(9000, n));
		n += err == ERR_OK;
	}
	assert_int_equal(err, ERR_FULL);
	return n;
}

static void check_filled(struct fixture *f, uint32_t from, uint32_t to)
{
	struct row row;
	uint8_t key[4];
	for (uint32_t i = from; i < to; i++) {
		put_be32(key, i);
		assert_int_equal(
		    get(f, TABLE_ROW, bytes_of(key, 4), &row), ERR_OK);
		assert_true(bytes_equal(row.value, long_value(9000, i)));
	}
}

static void drop_rows(struct fixture *f, uint32_t from, uint32_t to)
{
	uint8_t key[4];
	for (uint32_t i = from; i < to; i++) {
		struct plan *p = logged_plan(f);
		put_be32(key, i);
		plan_del(p, TABLE_ROW, bytes_of(key, 4));
		assert_int_equal(store_commit(f->store, p), ERR_OK);
	}
}

static void recover_from_full(struct fixture *f)
{
	struct journal j = { 0 };
	struct commit_hook hook = { &j, journal_append, journal_finish,
		journal_settle };
	struct store_figures g;
	store_set_hook(f->store, &hook);
	uint32_t n = fill_disk(f);
	uint64_t head = store_head(f->store);
	assert_true(n > 100);
	assert_int_equal(head, n);
	store_read_figures(f->store, &g);
	assert_true(g.full);
	check_filled(f, 0, n);
	snapshot_rest(f->snapshot);
	assert_true(j.undone > 0);
	drop_rows(f, 0, n / 2);
	store_read_figures(f->store, &g);
	assert_false(g.full);
	for (uint32_t i = 0; i < n / 4; i++) {
		uint8_t key[4];
		put_be32(key, i);
		assert_int_equal(
		    put(f, TABLE_ROW, bytes_of(key, 4), long_value(9000, i)),
		    ERR_OK);
	}
	check_filled(f, 0, n / 4);
	check_filled(f, n / 2, n);
	reopen(f);
	assert_int_equal(store_head(f->store), head + n / 2 + n / 4);
	check_filled(f, n / 2, n);
}

static void test_full_disk_refuses_and_recovers_without_reopening(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	(void)state;
	snprintf(f->dir, sizeof(f->dir), "/tmp/kehu-test-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	if (!mount_small(f->dir)) {
		print_message("SKIPPED: mounting a small tmpfs needs root\n");
		rmdir(f->dir);
		free(f);
		skip();
	}
	store_options_init(&f->options, f->dir);
	f->options.create = true;
	arena_init(&f->arena, 65536, (size_t)16 * 1024 * 1024);
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
	recover_from_full(f);
	snapshot_close(f->snapshot);
	store_close(f->store);
	arena_release(&f->arena);
	assert_int_equal(umount(f->dir), 0);
	rmdir(f->dir);
	free(f);
}

static void test_full_map_lets_small_plans_of_a_batch_pass(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	struct ticket tickets[3];
	struct plan *plans[3];
	snapshot_close(f->snapshot);
	f->snapshot = NULL;
	store_close(f->store);
	f->options.create = false;
	f->options.map_size_mib = 1;
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	gate_init(&gate);
	close_gate(f, &gate);
	for (int i = 0; i < 3; i++) {
		uint8_t key = (uint8_t)i;
		tickets[i] = (struct ticket){ &gate, i };
		plans[i] = plan_new(&f->arena);
		plan_draft(plans[i], text("d"));
		plan_put(plans[i], TABLE_ROW, bytes_of(&key, 1),
		    long_value(i == 1 ? STORE_VALUE : 100, 0));
		assert_int_equal(
		    store_submit(f->store, plans[i], land, &tickets[i]),
		    ERR_OK);
	}
	open_gate(&gate, 3);
	assert_int_equal(gate.outcomes[0], ERR_OK);
	assert_int_equal(gate.outcomes[1], ERR_FULL);
	assert_int_equal(gate.outcomes[2], ERR_OK);
	assert_int_equal(plan_position(plans[0]), 1);
	assert_int_equal(plan_position(plans[2]), 2);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
	assert_int_equal(count_rows(f, TABLE_ROW), 2);
}

/* --- killed --------------------------------------------------------------*/

/*
 * Round n of the child puts row n and bumps "last" to n in one plan, then
 * tells n to the parent.  Never returns.
 */
static void write_until_killed(const char *dir, int tell, uint32_t first)
{
	struct store_options o;
	struct store *s;
	struct arena a;
	store_options_init(&o, dir);
	if (store_open(&o, &s) != ERR_OK)
		_exit(1);
	arena_init(&a, 65536, (size_t)4 * 1024 * 1024);
	for (uint32_t n = first;; n++) {
		uint8_t key[4];
		put_be32(key, n);
		arena_reset(&a);
		struct plan *p = plan_new(&a);
		plan_draft(p, text("d"));
		plan_put(p, TABLE_ROW, bytes_of(key, 4),
		    long_value(n * 97 % 6000, n));
		plan_put(p, TABLE_META, text("last"), bytes_of(key, 4));
		if (store_commit(s, p) != ERR_OK ||
		    write(tell, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

/* Kills a child after `wanted` acknowledgements; returns the last one. */
static uint32_t kill_round(struct fixture *f, uint32_t first, uint32_t wanted)
{
	int pipes[2];
	uint32_t last = 0, n;
	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0)
		write_until_killed(f->dir, pipes[1], first);
	assert_true(child > 0);
	close(pipes[1]);
	for (uint32_t i = 0; i < wanted; i++) {
		assert_int_equal(read(pipes[0], &n, sizeof(n)), sizeof(n));
		last = n;
	}
	kill(child, SIGKILL);
	while (read(pipes[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	close(pipes[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return last;
}

static void check_after_kill(struct fixture *f, uint32_t acknowledged)
{
	struct row row;
	uint8_t key[4];
	assert_int_equal(get(f, TABLE_META, text("last"), &row), ERR_OK);
	uint32_t last = get_be32(row.value.data);
	assert_in_range(last, acknowledged, acknowledged + 1);
	assert_int_equal(store_head(f->store), last + 1);
	assert_int_equal(count_rows(f, TABLE_ROW), last + 1);
	for (uint32_t i = 0; i <= last; i++) {
		put_be32(key, i);
		assert_int_equal(
		    get(f, TABLE_ROW, bytes_of(key, 4), &row), ERR_OK);
		assert_true(
		    bytes_equal(row.value, long_value(i * 97 % 6000, i)));
		assert_int_equal(row.version, i);
	}
}

static void test_kill_loses_no_acknowledged_plan(void **state)
{
	struct fixture *f = *state;
	for (uint32_t round = 0; round < 8; round++) {
		uint32_t first = (uint32_t)store_head(f->store);
		snapshot_close(f->snapshot);
		store_close(f->store);
		f->snapshot = NULL;
		f->store = NULL;
		uint32_t last = kill_round(f, first, 5 + round * 9);
		reopen(f);
		check_after_kill(f, last);
	}
}

#define INLINE(test)                                                           \
	cmocka_unit_test_setup_teardown(test, set_up_inline, tear_down)
#define THREAD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_without_a_store_is_not_found),
		cmocka_unit_test(test_open_refuses_a_foreign_file),
		INLINE(test_open_refuses_a_second_opener),
		INLINE(test_create_refuses_an_existing_store),
		INLINE(test_readers_past_the_limit_are_busy),
		INLINE(test_long_values_come_back_whole),
		INLINE(test_shorter_value_gives_the_pieces_back),
		INLINE(test_keys_of_every_length_are_found),
		INLINE(test_snapshot_keeps_long_rows_until_renew),
		THREAD(test_snapshot_shows_one_moment_until_renew),
		THREAD(test_figures_tell_readers_and_commits),
		THREAD(test_expectations_decide),
		INLINE(test_positions_continue_after_reopen_and_conflicts),
		INLINE(test_housekeeping_takes_no_position),
		INLINE(test_later_writes_to_a_key_win),
		INLINE(test_put_at_lies_under_the_position),
		INLINE(test_scans_keep_to_prefix_and_start),
		INLINE(test_scan_is_not_disturbed_by_writes),
		INLINE(test_random_plans_match_the_model),
		THREAD(test_plans_of_one_batch_see_each_other),
		THREAD(test_queue_past_its_bounds_is_busy),
		THREAD(test_close_finishes_accepted_plans),
		INLINE(test_hook_logs_every_draft_whatever_the_outcome),
		THREAD(test_full_map_lets_small_plans_of_a_batch_pass),
		THREAD(test_kill_loses_no_acknowledged_plan),
		cmocka_unit_test(
		    test_full_disk_refuses_and_recovers_without_reopening),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

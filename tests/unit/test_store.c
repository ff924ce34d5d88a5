// SPDX-License-Identifier: MIT
/*
 * The store: life, long rows, expectations, positions, scans.
 */
#include "store_fixture.h"

#include <sched.h>

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

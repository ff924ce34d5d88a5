// SPDX-License-Identifier: MIT
/*
 * Failures delay, and nobody can make them delay another.
 */
#include "small_book.h"

#include "server/access/throttle.h"

static const uint8_t secret[DIGEST_SIZE] = "of the book";

static bool admitted(
    struct throttle *t, int64_t now_ms, const char *login, const char *peer)
{
	int64_t wait;
	enum err e = throttle_admit(t, now_ms, bytes_text(login), peer, &wait);
	assert_true(e == ERR_OK ? wait == 0 : wait > 0);
	return e == ERR_OK;
}

/* How long he waits whose password was right or wrong; 0: he is answered. */
static int64_t judged(
    struct throttle *t, const char *login, const char *peer, bool is_right)
{
	int64_t wait;
	enum err e =
	    throttle_judge(t, 1000, bytes_text(login), peer, is_right, &wait);
	assert_true(e == ERR_OK ? wait == 0 : wait > 0);
	return wait;
}

static void fail_times(struct throttle *t, unsigned count, int64_t now_ms,
    const char *login, const char *peer)
{
	for (unsigned i = 0; i < count; i++)
		throttle_failed(t, now_ms, bytes_text(login), peer);
}

static void test_failures_delay_and_time_forgives(void **state)
{
	struct throttle *t = throttle_new(secret);
	int64_t wait;
	(void)state;
	fail_times(t, 4, 1000, "wang", "192.0.2.1:99");
	assert_true(admitted(t, 1000, "wang", "192.0.2.1:99"));
	fail_times(t, 1, 1000, "wang", "192.0.2.1:99");
	assert_false(admitted(t, 1000, "wang", "192.0.2.1:99"));
	assert_true(admitted(t, 3000, "wang", "192.0.2.1:99"));
	fail_times(t, 20, 3000, "wang", "192.0.2.1:99");
	assert_int_equal(
	    throttle_admit(t, 3000, bytes_text("wang"), "192.0.2.1:99", &wait),
	    ERR_LOCKED);
	assert_int_equal(wait, 15 * 60 * 1000);
	/* A clock set back does not make it longer. */
	assert_int_equal(throttle_admit(t, -1000000, bytes_text("wang"),
			     "192.0.2.1:99", &wait),
	    ERR_LOCKED);
	assert_int_equal(wait, 15 * 60 * 1000);
	assert_true(admitted(t, 4000000, "wang", "192.0.2.1:99"));
	throttle_failed(t, 8000000, bytes_text("wang"), "192.0.2.1:99");
	assert_true(admitted(t, 8000000, "wang", "192.0.2.1:99"));
	throttle_free(t);
}

static void test_spellings_ports_and_neighbours_share_a_throttle(void **state)
{
	struct throttle *t = throttle_new(secret);
	(void)state;
	fail_times(t, 5, 1000, "wang", "192.0.2.1:99");
	assert_false(admitted(t, 1000, " WANG ", "192.0.2.1:100"));
	assert_false(admitted(t, 1000, "ｗａｎｇ", "192.0.2.77"));
	assert_false(admitted(t, 1000, "wang", "[::ffff:192.0.2.5]:7"));
	assert_true(admitted(t, 1000, "wang", "198.51.100.1:99"));
	assert_true(admitted(t, 1000, "song", "192.0.2.1:99"));
	fail_times(t, 5, 1000, "song", "[2001:db8::1]:99");
	assert_false(admitted(t, 1000, "song", "[2001:db8::ffff]:1"));
	assert_true(admitted(t, 1000, "song", "[2001:db8:0:1::1]:1"));
	throttle_free(t);
}

static void test_unfit_names_share_one_throttle(void **state)
{
	struct throttle *t = throttle_new(secret);
	(void)state;
	for (char c = '!'; c < '!' + 5; c++) {
		char name[] = { c, ' ', c, '\0' };
		fail_times(t, 1, 1000, name, "192.0.2.1:99");
	}
	assert_false(admitted(t, 1000, "/ / /", "192.0.2.1:99"));
	throttle_free(t);
}

static void test_success_is_never_throttled(void **state)
{
	struct throttle *t = throttle_new(secret);
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		assert_true(admitted(t, 1000, "wang", "192.0.2.1:99"));
		throttle_passed(t, 1000, bytes_text("wang"), "192.0.2.1:99");
	}
	fail_times(t, 4, 1000, "wang", "192.0.2.1:99");
	throttle_passed(t, 1000, bytes_text("wang"), "192.0.2.1:99");
	fail_times(t, 4, 1000, "wang", "192.0.2.1:99");
	assert_true(admitted(t, 1000, "wang", "192.0.2.1:99"));
	throttle_free(t);
}

static void test_outsider_cannot_lock_the_owner_out(void **state)
{
	struct throttle *t = throttle_new(secret);
	(void)state;
	throttle_passed(t, 1000, bytes_text("wang"), "192.0.2.1:99");
	for (unsigned i = 0; i < 200; i++) {
		char peer[40];
		snprintf(peer, sizeof(peer), "10.1.%u.1:5", i);
		fail_times(t, 1, 1000, "wang", peer);
	}
	assert_true(admitted(t, 1000, "wang", "192.0.2.1:99"));
	assert_false(admitted(t, 1000, "wang", "198.51.100.1:99"));
	/* And nobody waits for that longer than a minute. */
	assert_true(admitted(t, 61000, "wang", "198.51.100.1:99"));
	throttle_free(t);
}

static void test_source_that_tries_many_names_is_delayed(void **state)
{
	struct throttle *t = throttle_new(secret);
	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		char name[16];
		snprintf(name, sizeof(name), "user%u", i);
		fail_times(t, 1, 1000, name, "192.0.2.1:99");
	}
	assert_false(admitted(t, 1000, "fresh", "192.0.2.1:99"));
	assert_true(admitted(t, 1000, "fresh", "198.51.100.1:99"));
	throttle_free(t);
}

/* --- who is known --------------------------------------------------------*/

static void test_known_pair_is_stopped_by_its_own_failures_alone(void **state)
{
	struct throttle *t = throttle_new(secret);
	(void)state;
	throttle_passed(t, 1000, bytes_text("wang"), "192.0.2.1:99");
	for (unsigned i = 0; i < 60; i++) {
		char name[16];
		snprintf(name, sizeof(name), "user%u", i);
		fail_times(t, 1, 1000, name, "192.0.2.7:99");
	}
	assert_int_equal(judged(t, "wang", "192.0.2.1:99", true), 0);
	assert_true(judged(t, "song", "192.0.2.1:99", true) > 0);
	assert_true(judged(t, "wang", "192.0.2.1:99", false) > 0);
	fail_times(t, 5, 1000, "wang", "192.0.2.1:99");
	assert_false(admitted(t, 1000, "wang", "192.0.2.1:99"));
	throttle_free(t);
}

/* Who guesses beside others learns by no answer, wait or cost which of them
 * log in there: both are hashed, and both wait. */
static void test_known_and_unknown_names_look_alike(void **state)
{
	static const char *const names[] = { "wang", "song" };
	const char *peer = "192.0.2.1:99";
	struct throttle *t = throttle_new(secret);
	int64_t waits[2], seen;
	(void)state;
	throttle_passed(t, 1000, bytes_text("wang"), peer);
	for (unsigned i = 0; i < 31; i++) {
		char name[16];
		snprintf(name, sizeof(name), "user%u", i);
		fail_times(t, 1, 1000, name, peer);
	}
	for (unsigned i = 0; i < 2; i++) {
		assert_true(admitted(t, 1000, names[i], peer));
		waits[i] = judged(t, names[i], peer, false);
	}
	assert_true(waits[0] > 0 && waits[0] == waits[1]);
	for (unsigned i = 0; i < 2; i++)
		fail_times(t, 5, 1000, names[i], peer);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    throttle_admit(t, 1000, bytes_text(names[i]), peer, &seen),
		    ERR_LOCKED);
		waits[i] = seen;
	}
	assert_int_equal(waits[0], waits[1]);
	throttle_free(t);
}

static void test_known_pair_is_forgotten_after_a_quarter(void **state)
{
	const int64_t day = INT64_C(24) * 3600 * 1000;
	struct throttle *t = throttle_new(secret);
	(void)state;
	throttle_passed(t, day, bytes_text("wang"), "192.0.2.1:99");
	for (unsigned i = 0; i < 2; i++) {
		int64_t now = day + (i ? 91 : 89) * day;
		for (unsigned k = 0; k < 200; k++) {
			char peer[40];
			snprintf(peer, sizeof(peer), "10.1.%u.1:5", k);
			fail_times(t, 1, now, "wang", peer);
		}
		assert_int_equal(admitted(t, now, "wang", "192.0.2.1:99"), !i);
	}
	throttle_free(t);
}

/* Every account, from as many sources as there can be. */
static void flood(struct throttle *t, unsigned count, int64_t now_ms)
{
	for (unsigned i = 0; i < count; i++) {
		char name[16], peer[40];
		snprintf(name, sizeof(name), "user%u", i % 3000);
		snprintf(
		    peer, sizeof(peer), "10.%u.%u.1:5", i / 250 % 250, i % 250);
		fail_times(t, 1, now_ms, name, peer);
	}
}

static void test_no_flood_drives_out_who_is_known(void **state)
{
	struct throttle *t = throttle_new(secret);
	(void)state;
	throttle_passed(t, 1000, bytes_text("user7"), "192.0.2.1:99");
	flood(t, 100000, 2000);
	fail_times(t, 50, 2000, "user7", "203.0.113.1:5");
	assert_false(admitted(t, 2000, "user7", "198.51.100.1:99"));
	assert_true(admitted(t, 2000, "user7", "192.0.2.1:99"));
	throttle_free(t);
}

static void test_flood_drives_out_no_delay_that_runs(void **state)
{
	struct throttle *t = throttle_new(secret);
	(void)state;
	fail_times(t, 20, 1000, "wang", "192.0.2.1:99");
	flood(t, 50000, 2000);
	assert_false(admitted(t, 2000, "wang", "192.0.2.1:99"));
	throttle_free(t);
}

/* --- kept ----------------------------------------------------------------*/

static unsigned save(struct book *b, struct throttle *t)
{
	unsigned count, all = 0;
	do {
		struct plan *p = book_plan(b);
		assert_int_equal(throttle_plan(t, p, &count), ERR_OK);
		assert_true(count <= THROTTLE_ROWS);
		if (count)
			assert_int_equal(store_commit(b->store, p), ERR_OK);
		all += count;
	} while (count);
	return all;
}

static struct throttle *load(struct book *b, const uint8_t of[DIGEST_SIZE])
{
	struct throttle *t = throttle_new(of);
	assert_int_equal(snapshot_renew(b->snapshot), ERR_OK);
	assert_int_equal(throttle_load(t, b->snapshot), ERR_OK);
	return t;
}

static void test_restart_forgives_nothing_and_forgets_nobody(void **state)
{
	struct book *b = *state;
	struct throttle *t = throttle_new(secret);
	int64_t wait;
	fail_times(t, 20, 1000, "wang", "192.0.2.1:99");
	throttle_passed(t, 1000, bytes_text("song"), "192.0.2.9:1");
	assert_true(save(b, t) > 0);
	assert_int_equal(save(b, t), 0);
	throttle_free(t);
	t = load(b, secret);
	assert_int_equal(
	    throttle_admit(t, 1000, bytes_text("wang"), "192.0.2.1:99", &wait),
	    ERR_LOCKED);
	assert_int_equal(wait, 15 * 60 * 1000);
	fail_times(t, 60, 1000, "song", "10.0.0.1:1");
	assert_false(admitted(t, 1000, "song", "10.0.1.1:1"));
	assert_true(admitted(t, 1000, "song", "192.0.2.9:1"));
	throttle_free(t);
}

static void test_flood_fills_a_bounded_number_of_rows(void **state)
{
	struct book *b = *state;
	struct throttle *t = throttle_new(secret);
	unsigned rows = 0;
	struct bytes key;
	struct scan *scan;
	struct row row;
	for (unsigned i = 0; i < 3; i++) {
		flood(t, 100000, 1000 + i);
		assert_true(save(b, t) <= 8192);
	}
	assert_int_equal(snapshot_renew(b->snapshot), ERR_OK);
	assert_int_equal(scan_open(b->snapshot, TABLE_DELAY, BYTES_NONE,
			     BYTES_NONE, SCAN_UP, &scan),
	    ERR_OK);
	while (scan_next(scan, &key, &row))
		rows++;
	scan_close(scan);
	assert_true(rows > 1000 && rows <= 8192);
	throttle_free(t);
}

static void test_what_was_not_written_comes_again(void **state)
{
	struct book *b = *state;
	struct throttle *t = throttle_new(secret);
	unsigned count;
	fail_times(t, 20, 1000, "wang", "192.0.2.1:99");
	assert_int_equal(throttle_plan(t, book_plan(b), &count), ERR_OK);
	assert_int_equal(count, 3);
	throttle_unsaved(t);
	assert_int_equal(save(b, t), 3);
	throttle_free(t);
}

static void test_rows_that_are_none_are_passed_over(void **state)
{
	static const char *const keys[] = { "", "a", "\xff\xff", "abc" };
	struct book *b = *state;
	struct plan *p = book_plan(b);
	for (unsigned i = 1; i < 4; i++)
		plan_put(p, TABLE_DELAY, bytes_text(keys[i]),
		    bytes_text("twenty-eight bytes of a row"));
	assert_int_equal(store_commit(b->store, p), ERR_OK);
	throttle_free(load(b, secret));
}

static int set_up(void **state)
{
	*state = book_new();
	return 0;
}

static int tear_down(void **state)
{
	book_free(*state);
	return 0;
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures_delay_and_time_forgives),
		cmocka_unit_test(
		    test_spellings_ports_and_neighbours_share_a_throttle),
		cmocka_unit_test(test_unfit_names_share_one_throttle),
		cmocka_unit_test(test_success_is_never_throttled),
		cmocka_unit_test(test_outsider_cannot_lock_the_owner_out),
		cmocka_unit_test(test_source_that_tries_many_names_is_delayed),
		cmocka_unit_test(
		    test_known_pair_is_stopped_by_its_own_failures_alone),
		cmocka_unit_test(test_known_and_unknown_names_look_alike),
		cmocka_unit_test(test_known_pair_is_forgotten_after_a_quarter),
		cmocka_unit_test(test_no_flood_drives_out_who_is_known),
		cmocka_unit_test(test_flood_drives_out_no_delay_that_runs),
		WITH(test_restart_forgives_nothing_and_forgets_nobody),
		WITH(test_flood_fills_a_bounded_number_of_rows),
		WITH(test_what_was_not_written_comes_again),
		WITH(test_rows_that_are_none_are_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

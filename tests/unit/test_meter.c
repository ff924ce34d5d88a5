// SPDX-License-Identifier: MIT
/*
 * The counters behind quotas: exact over threads, days and a clean restart,
 * and never in the user's favour after a crash.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/access/quota.h"

#define THREADS 8
#define TRIES   500

struct fixture {
	char dir[64];
	struct store *store;
	struct quotas *quotas;
	struct snapshot *snapshot;
	int32_t today;
};

static void reopen(struct fixture *f, bool create)
{
	struct store_options o;

	store_options_init(&o, f->dir);
	o.map_size_mib = 64;
	o.create = create;
	assert_int_equal(store_open(&o, &f->store), ERR_OK);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
	f->quotas = quotas_new(f->store);
	f->today = 20000;
}

/* A crash is an end at which nobody stops the quotas. */
static void shut(struct fixture *f, bool is_crash)
{
	if (!is_crash)
		quotas_stop(f->quotas);
	snapshot_close(f->snapshot);
	store_close(f->store);
	quotas_free(f->quotas);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/test_meter.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	reopen(f, true);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	shut(f, false);
	snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static struct meter meter_of(struct fixture *f, uint64_t user, uint64_t most)
{
	return (struct meter){ .quotas = f->quotas,
		.snapshot = f->snapshot,
		.user = user,
		.most = { most, QUOTA_NONE },
		.today = f->today,
		.may_wait = true };
}

static enum err take(
    struct fixture *f, uint64_t user, uint64_t most, uint64_t count)
{
	struct meter m = meter_of(f, user, most);

	return meter_take(&m, QUOTA_SEALED, count);
}

/* How many of `most` are to be had one by one. */
static unsigned take_all(struct fixture *f, uint64_t user, uint64_t most)
{
	unsigned count = 0;
	enum err err;

	while (!(err = take(f, user, most, 1)))
		count++;
	assert_int_equal(err, ERR_DENIED);
	return count;
}

static uint64_t used(struct fixture *f, uint64_t user)
{
	uint64_t counts[QUOTA_KINDS];

	assert_int_equal(
	    quotas_used(f->quotas, f->snapshot, user, f->today, counts),
	    ERR_OK);
	return counts[QUOTA_SEALED];
}

static void test_every_bound_is_exact(void **state)
{
	static const uint64_t bounds[] = { 0, 1, 2, 15, 16, 17, 50, 64, 65, 500,
		2000 };

	for (unsigned i = 0; i < sizeof bounds / sizeof *bounds; i++)
		assert_int_equal(take_all(*state, i + 1, bounds[i]), bounds[i]);
}

static void test_more_than_is_left_takes_nothing(void **state)
{
	assert_int_equal(take(*state, 1, 10, 7), ERR_OK);
	assert_int_equal(take(*state, 1, 10, 4), ERR_DENIED);
	assert_int_equal(take(*state, 1, 10, UINT64_MAX), ERR_DENIED);
	assert_int_equal(used(*state, 1), 7);
	assert_int_equal(take(*state, 1, 10, 3), ERR_OK);
}

static void test_what_is_given_back_can_be_taken_again(void **state)
{
	struct meter m = meter_of(*state, 1, 4);

	assert_int_equal(meter_take(&m, QUOTA_SEALED, 4), ERR_OK);
	assert_int_equal(meter_take(&m, QUOTA_SEALED, 1), ERR_DENIED);
	assert_true(m.is_used_up);
	meter_give_back(&m, QUOTA_SEALED, 3);
	assert_int_equal(m.taken[QUOTA_SEALED], 1);
	assert_int_equal(take_all(*state, 1, 4), 3);
}

static void test_a_new_day_begins_at_nothing(void **state)
{
	struct fixture *f = *state;
	struct meter m = meter_of(f, 1, 9);

	assert_int_equal(meter_take(&m, QUOTA_SEALED, 9), ERR_OK);
	assert_int_equal(take(f, 1, 9, 1), ERR_DENIED);
	f->today++;
	assert_int_equal(take(f, 1, 9, 2), ERR_OK);
	/* Yesterday's is not today's to give. */
	meter_give_back(&m, QUOTA_SEALED, 9);
	assert_int_equal(used(f, 1), 2);
}

static void test_clock_set_back_gives_nothing_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(take(f, 1, 5, 5), ERR_OK);
	f->today -= 3;
	assert_int_equal(take(f, 1, 5, 1), ERR_DENIED);
}

static void test_narrowed_bound_holds_at_once(void **state)
{
	assert_int_equal(take(*state, 1, 100, 50), ERR_OK);
	assert_int_equal(take(*state, 1, 40, 1), ERR_DENIED);
	assert_int_equal(take(*state, 1, 51, 1), ERR_OK);
}

/* Asked on a loop: the block comes in the background. */
static void test_loop_never_waits_for_a_block(void **state)
{
	struct meter m = meter_of(*state, 1, 1000);
	unsigned elsewhere = 0, taken = 0;

	m.may_wait = false;
	while (taken < 1000) {
		enum err err = meter_take(&m, QUOTA_SEALED, 1);

		taken += !err;
		elsewhere += err == ERR_ELSEWHERE;
		if (err)
			assert_int_equal(take(*state, 1, 1000, 1), ERR_OK);
		taken += err != ERR_OK;
	}
	assert_true(elsewhere > 0);
	assert_int_equal(meter_take(&m, QUOTA_SEALED, 1), ERR_DENIED);
}

struct runner {
	struct fixture *fixture;
	atomic_uint *got;
};

static void *run(void *arg)
{
	struct runner *r = arg;

	for (unsigned i = 0; i < TRIES; i++)
		if (!take(r->fixture, 1, 777, 1))
			atomic_fetch_add(r->got, 1);
	return NULL;
}

static void test_bound_is_exact_over_threads(void **state)
{
	pthread_t threads[THREADS];
	atomic_uint got = 0;
	struct runner r = { *state, &got };

	/* Its row is read once, by whoever comes first. */
	used(*state, 1);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run, &r), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(got, 777);
}

static void test_clean_end_keeps_the_count(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(take(f, 1, 500, 123), ERR_OK);
	shut(f, false);
	reopen(f, false);
	assert_int_equal(used(f, 1), 123);
	assert_int_equal(take_all(f, 1, 500), 377);
}

static void test_crash_costs_less_than_two_blocks_and_gives_nothing(
    void **state)
{
	struct fixture *f = *state;
	unsigned shown = 0;

	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(take(f, 1, 500, 20), ERR_OK);
		shown += 20;
		shut(f, true);
		reopen(f, false);
		assert_true(used(f, 1) >= shown);
		assert_true(used(f, 1) < shown + 2 * (i + 1) * (500 / 16));
	}
	assert_true(shown + take_all(f, 1, 500) <= 500);
}

/* --- telling -------------------------------------------------------------*/

struct told {
	unsigned count, used_up;
	struct quota_event last;
	bool is_deaf;
};

static bool tell(void *ctx, struct plan *p, const struct quota_event *e)
{
	struct told *t = ctx;

	(void)p;
	if (t->is_deaf)
		return false;
	t->count++;
	t->used_up += e->is_used_up;
	t->last = *e;
	return true;
}

static void tick(struct fixture *f, struct told *t)
{
	/* A row under way is waited for: it would put off the telling. */
	quotas_stop(f->quotas);
	quotas_tick(f->quotas, tell, t);
	quotas_stop(f->quotas);
}

static void test_each_mark_is_told_once(void **state)
{
	struct fixture *f = *state;
	struct told t = { 0 };

	assert_int_equal(take(f, 1, 10, 7), ERR_OK);
	tick(f, &t);
	assert_int_equal(t.count, 0);
	assert_int_equal(take(f, 1, 10, 1), ERR_OK);
	t.is_deaf = true;
	tick(f, &t);
	t.is_deaf = false;
	tick(f, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.used_up, 0);
	assert_int_equal(take(f, 1, 10, 5), ERR_DENIED);
	tick(f, &t);
	tick(f, &t);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.used_up, 1);
	assert_int_equal(t.last.user, 1);
	assert_int_equal(t.last.used, 8);
	assert_int_equal(t.last.most, 10);
	/* Also over an end. */
	shut(f, true);
	reopen(f, false);
	assert_int_equal(take(f, 1, 10, 5), ERR_DENIED);
	tick(f, &t);
	assert_int_equal(t.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_every_bound_is_exact),
		TEST(test_more_than_is_left_takes_nothing),
		TEST(test_what_is_given_back_can_be_taken_again),
		TEST(test_a_new_day_begins_at_nothing),
		TEST(test_clock_set_back_gives_nothing_back),
		TEST(test_narrowed_bound_holds_at_once),
		TEST(test_loop_never_waits_for_a_block),
		TEST(test_bound_is_exact_over_threads),
		TEST(test_clean_end_keeps_the_count),
		TEST(test_crash_costs_less_than_two_blocks_and_gives_nothing),
		TEST(test_each_mark_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

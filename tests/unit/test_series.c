// SPDX-License-Identifier: MIT
/*
 * Numbers: unique over threads and over a reopened store, formatted by the
 * pattern, one counter a branch and year.
 */
#include "common/date.h"
#include "server/schema/series.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 100
#define EACH    200

struct fixture {
	char dir[64];
	struct store *store;
	struct series *series;
};

static void reopen(struct fixture *f, bool create)
{
	struct store_options o;

	store_options_init(&o, f->dir);
	o.map_size_mib = 64;
	o.create = create;
	assert_int_equal(store_open(&o, &f->store), ERR_OK);
	f->series = series_new(f->store);
}

static void shut(struct fixture *f)
{
	series_free(f->series);
	store_close(f->store);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/test_series.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	reopen(f, true);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	shut(f);
	snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static uint64_t next(struct fixture *f, const char *scope)
{
	uint64_t number = 0;
	assert_int_equal(
	    series_next(f->series, 1, bytes_text(scope), true, &number),
	    ERR_OK);
	return number;
}

static void test_numbers_begin_at_one_and_go_on(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 10000; i++)
		assert_int_equal(next(*state, "SH/2026"), i);
}

static void test_each_scope_counts_for_itself(void **state)
{
	assert_int_equal(next(*state, "SH/2026"), 1);
	assert_int_equal(next(*state, "BJ/2026"), 1);
	assert_int_equal(next(*state, "SH/2026"), 2);
	assert_int_equal(next(*state, "SH/2027"), 1);
}

static void give_back(struct fixture *f, uint64_t number)
{
	series_return(f->series, 1, bytes_text("SH/2026"), number);
}

static void test_only_the_newest_is_given_again(void **state)
{
	struct fixture *f = *state;
	uint64_t first = next(f, "SH/2026"), second = next(f, "SH/2026");

	give_back(f, first); /* a later one is out */
	assert_int_equal(next(f, "SH/2026"), second + 1);
	give_back(f, second + 1);
	give_back(f, second);
	assert_int_equal(next(f, "SH/2026"), second);
	assert_int_equal(next(f, "SH/2026"), second + 1);
}

static void test_a_reopened_store_repeats_no_number(void **state)
{
	struct fixture *f = *state;
	uint64_t last = 0;

	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 100; i++) {
			uint64_t number = next(f, "SH/2026");
			assert_true(number > last);
			last = number;
		}
		shut(f);
		reopen(f, false);
	}
}

struct taker {
	struct fixture *f;
	uint64_t got[EACH];
	enum err err;
};

static void *take(void *arg)
{
	struct taker *t = arg;
	for (unsigned i = 0; i < EACH && t->err == ERR_OK; i++)
		t->err = series_next(
		    t->f->series, 7, bytes_text("SH/2026"), true, &t->got[i]);
	return NULL;
}

static void test_a_hundred_threads_get_no_number_twice(void **state)
{
	struct taker *takers = calloc(THREADS, sizeof *takers);
	uint8_t *seen = calloc(THREADS * EACH + 1, 1);
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		takers[i].f = *state;
		assert_int_equal(
		    pthread_create(&threads[i], NULL, take, &takers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(takers[i].err, ERR_OK);
		for (unsigned j = 0; j < EACH; j++) {
			assert_in_range(takers[i].got[j], 1, THREADS * EACH);
			assert_int_equal(seen[takers[i].got[j]]++, 0);
		}
	}
	free(takers);
	free(seen);
}

/* A loop never waits: it is sent to a worker, or finds the block refilled. */
static void test_a_loop_is_sent_to_a_worker_for_a_new_block(void **state)
{
	struct fixture *f = *state;
	uint64_t number, last = 0;
	unsigned sent = 0;

	for (unsigned i = 0; i < 5000; i++) {
		enum err e = series_next(
		    f->series, 1, bytes_text("SH/2026"), false, &number);
		if (e == ERR_ELSEWHERE) {
			sent++;
			number = next(f, "SH/2026");
		} else {
			assert_int_equal(e, ERR_OK);
		}
		assert_true(number > last);
		last = number;
	}
	assert_true(sent >= 1);
	assert_int_equal(last, 5000);
}

static void test_the_pattern_makes_number_and_scope(void **state)
{
	struct entity e = { .series = "KH{branch}{yyyy}", .series_digits = 5 };
	struct entity plain = { .series = "P", .series_digits = 5 };
	struct arena a;
	int32_t day = 0;

	(void)state;
	arena_init(&a, 4096, 65536);
	assert_int_equal(date_join(2026, 11, 22, &day), ERR_OK);
	assert_true(bytes_is(
	    series_format(&e, bytes_text("SH"), day, 42, &a), "KHSH202600042"));
	assert_true(
	    bytes_is(series_format(&e, bytes_text("SH"), day, 1234567, &a),
		"KHSH20261234567"));
	assert_true(bytes_is(
	    series_format(&plain, bytes_text("SH"), day, 7, &a), "P00007"));
	assert_true(
	    bytes_is(series_scope(&e, bytes_text("SH"), day, &a), "SH/2026"));
	assert_true(
	    bytes_is(series_scope(&plain, bytes_text("SH"), day, &a), "/"));
	arena_release(&a);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_numbers_begin_at_one_and_go_on),
		CASE(test_each_scope_counts_for_itself),
		CASE(test_only_the_newest_is_given_again),
		CASE(test_a_reopened_store_repeats_no_number),
		CASE(test_a_hundred_threads_get_no_number_twice),
		CASE(test_a_loop_is_sent_to_a_worker_for_a_new_block),
		cmocka_unit_test(test_the_pattern_makes_number_and_scope),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

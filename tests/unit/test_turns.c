// SPDX-License-Identifier: MIT
/*
 * Turns: first come, first served, over any number of keys at once.
 */
#include "server/rpc/turns.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PEOPLE  8
#define THREADS 4
#define EACH    5000
#define MANY    400

struct person {
	struct turn turn;
	bool is_called;
};

struct fixture {
	struct turns *turns;
	struct person people[PEOPLE];
};

static void on_turn(struct turn *t)
{
	((struct person *)t)->is_called = true;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->turns = turns_new(on_turn);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	/* Whoever waits has his turn once those before him have gone. */
	for (unsigned i = 0; i < PEOPLE * PEOPLE; i++)
		if (!f->people[i % PEOPLE].turn.blocked)
			turns_give(f->turns, &f->people[i % PEOPLE].turn, 0);
	turns_free(f->turns);
	free(f);
	return 0;
}

/* Person `who` asks for one key, or for two. */
static enum turn_word ask(
    struct fixture *f, unsigned who, uint64_t one, uint64_t other)
{
	const uint64_t keys[] = { one, other };
	enum turn_word word;

	assert_int_equal(
	    turns_take(f->turns, &f->people[who].turn, keys, 2, 10, &word),
	    ERR_OK);
	return word;
}

static void give(struct fixture *f, unsigned who, uint64_t head)
{
	turns_give(f->turns, &f->people[who].turn, head);
}

static void test_who_wants_another_key_does_not_wait(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 1), TURN_GO);
	assert_int_equal(ask(f, 1, 2, 2), TURN_GO);
}

static void test_those_that_wait_are_called_in_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 1), TURN_GO);
	assert_int_equal(ask(f, 1, 1, 1), TURN_WAIT);
	assert_int_equal(ask(f, 2, 1, 1), TURN_WAIT);
	assert_false(f->people[1].is_called);
	give(f, 0, 0);
	assert_true(f->people[1].is_called);
	assert_false(f->people[2].is_called);
	give(f, 1, 0);
	assert_true(f->people[2].is_called);
}

static void test_who_comes_late_does_not_run_past(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 1), TURN_GO);
	assert_int_equal(ask(f, 1, 1, 1), TURN_WAIT);
	give(f, 0, 0);
	/* 1 was called, but has not come yet. */
	assert_int_equal(ask(f, 0, 1, 1), TURN_WAIT);
	assert_int_equal(ask(f, 1, 1, 1), TURN_GO);
}

static void test_many_keys_are_had_at_once_or_not(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 1), TURN_GO);
	assert_int_equal(ask(f, 1, 2, 2), TURN_GO);
	assert_int_equal(ask(f, 2, 1, 2), TURN_WAIT);
	give(f, 0, 0);
	assert_false(f->people[2].is_called);
	give(f, 1, 0);
	assert_true(f->people[2].is_called);
}

static void test_who_wants_many_is_not_passed_by_who_wants_one(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 1), TURN_GO);
	assert_int_equal(ask(f, 1, 1, 2), TURN_WAIT);
	assert_int_equal(ask(f, 2, 2, 2), TURN_WAIT);
	give(f, 0, 0);
	assert_true(f->people[1].is_called);
	assert_false(f->people[2].is_called);
	give(f, 1, 0);
	assert_true(f->people[2].is_called);
}

static void test_crossing_wishes_do_not_lock(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 2), TURN_GO);
	assert_int_equal(ask(f, 1, 2, 3), TURN_WAIT);
	assert_int_equal(ask(f, 2, 3, 1), TURN_WAIT);
	give(f, 0, 0);
	assert_true(f->people[1].is_called);
	give(f, 1, 0);
	assert_true(f->people[2].is_called);
	give(f, 2, 0);
	assert_int_equal(ask(f, 3, 1, 3), TURN_GO);
}

static void test_what_was_built_before_anothers_turn_is_stale(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 1), TURN_GO);
	give(f, 0, 11);
	assert_int_equal(ask(f, 1, 1, 1), TURN_STALE);
	/* It has its turn: built again, it goes. */
	assert_int_equal(ask(f, 2, 1, 1), TURN_WAIT);
	assert_int_equal(ask(f, 1, 1, 1), TURN_GO);
	give(f, 1, 10);
	assert_true(f->people[2].is_called);
}

static void test_what_was_built_after_is_not(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 1), TURN_GO);
	give(f, 0, 10);
	assert_int_equal(ask(f, 1, 1, 1), TURN_GO);
}

/* Two batches over other customers have nothing to do with each other. */
static void test_many_other_keys_make_nothing_stale(void **state)
{
	struct fixture *f = *state;
	uint64_t keys[2][MANY];
	enum turn_word word;

	for (uint64_t i = 0; i < 2 * MANY; i++)
		keys[i / MANY][i % MANY] = i << 20;
	for (unsigned who = 0; who < 2; who++) {
		assert_int_equal(turns_take(f->turns, &f->people[who].turn,
				     keys[who], MANY, 10, &word),
		    ERR_OK);
		assert_int_equal(word, TURN_GO);
		give(f, who, 11);
	}
	assert_int_equal(ask(f, 2, keys[0][1], keys[1][1]), TURN_STALE);
}

static void test_fewer_keys_keep_the_turn_others_queue_anew(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 2), TURN_GO);
	assert_int_equal(ask(f, 1, 2, 2), TURN_WAIT);
	assert_int_equal(ask(f, 0, 2, 2), TURN_GO);
	assert_false(f->people[1].is_called);
	assert_int_equal(ask(f, 0, 2, 3), TURN_WAIT);
	assert_true(f->people[1].is_called);
	give(f, 1, 0);
	assert_true(f->people[0].is_called);
}

static void test_giving_twice_gives_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, 0, 1, 1), TURN_GO);
	give(f, 0, 0);
	assert_int_equal(ask(f, 1, 1, 1), TURN_GO);
	give(f, 0, 0);
	assert_int_equal(ask(f, 2, 1, 1), TURN_WAIT);
}

/* --- over threads --------------------------------------------------------*/

struct hand {
	struct turn turn;
	pthread_t thread;
	struct turns *turns;
	atomic_bool is_called;
	unsigned number;
	unsigned (*counts)[3]; /* guarded by nothing but turns */
};

static void on_hands_turn(struct turn *t)
{
	atomic_store(&((struct hand *)t)->is_called, true);
}

static void *take_turns(void *arg)
{
	struct hand *h = arg;

	for (unsigned i = 0; i < EACH; i++) {
		const uint64_t keys[] = { (h->number + i) % 3, i % 3 };
		enum turn_word word;

		if (turns_take(h->turns, &h->turn, keys, 2, 1, &word))
			break;
		while (
		    word == TURN_WAIT && !atomic_exchange(&h->is_called, false))
			sched_yield();
		(*h->counts)[keys[0]]++;
		(*h->counts)[keys[1]]++;
		turns_give(h->turns, &h->turn, 0);
	}
	return NULL;
}

static void test_only_one_at_a_time_has_a_key(void **state)
{
	struct hand hands[THREADS] = { 0 };
	unsigned counts[3] = { 0 };
	struct turns *turns = turns_new(on_hands_turn);

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		hands[i].turns = turns;
		hands[i].number = i;
		hands[i].counts = &counts;
		assert_int_equal(pthread_create(&hands[i].thread, NULL,
				     take_turns, &hands[i]),
		    0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(hands[i].thread, NULL);
	assert_int_equal(counts[0] + counts[1] + counts[2], 2 * THREADS * EACH);
	turns_free(turns);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_wants_another_key_does_not_wait),
		TEST(test_those_that_wait_are_called_in_order),
		TEST(test_who_comes_late_does_not_run_past),
		TEST(test_many_keys_are_had_at_once_or_not),
		TEST(test_who_wants_many_is_not_passed_by_who_wants_one),
		TEST(test_crossing_wishes_do_not_lock),
		TEST(test_what_was_built_before_anothers_turn_is_stale),
		TEST(test_what_was_built_after_is_not),
		TEST(test_many_other_keys_make_nothing_stale),
		TEST(test_fewer_keys_keep_the_turn_others_queue_anew),
		TEST(test_giving_twice_gives_once),
		cmocka_unit_test(test_only_one_at_a_time_has_a_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

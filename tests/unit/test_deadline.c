// SPDX-License-Identifier: MIT
/*
 * Deadlines of equal span: order, restart, stop from within.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/net/deadline.h"

struct entry {
	struct deadline deadline; /* first, so that it is the entry */
	unsigned passed;
	struct entry *stops; /* another one, when this passes */
	struct deadline_queue *again;
};

static void on_passed(struct deadline *d)
{
	struct entry *e = (struct entry *)(void *)d;
	assert_false(deadline_is_running(d));
	e->passed++;
	if (e->stops)
		deadline_stop(&e->stops->deadline);
	if (e->again)
		deadline_start(e->again, d, 1000);
}

static void test_empty_queue_is_never_due(void **state)
{
	struct deadline_queue q;
	(void)state;
	deadline_queue_init(&q, 10, on_passed);
	assert_true(deadline_first(&q) == DEADLINE_NEVER);
	deadline_run(&q, DEADLINE_NEVER - 1);
}

static void test_deadline_passes_once_and_not_early(void **state)
{
	struct deadline_queue q;
	struct entry a = { .passed = 0 };
	struct entry b = { .passed = 0 };
	(void)state;
	deadline_queue_init(&q, 10, on_passed);
	deadline_start(&q, &a.deadline, 100);
	deadline_start(&q, &b.deadline, 105);
	assert_int_equal(deadline_first(&q), 110);
	deadline_run(&q, 109);
	assert_int_equal(a.passed, 0);
	deadline_run(&q, 110);
	assert_int_equal(a.passed, 1);
	assert_int_equal(b.passed, 0);
	assert_int_equal(deadline_first(&q), 115);
	deadline_run(&q, 200);
	deadline_run(&q, 300);
	assert_int_equal(a.passed, 1);
	assert_int_equal(b.passed, 1);
}

static void test_restart_moves_it_behind_the_others(void **state)
{
	struct deadline_queue q;
	struct entry a = { .passed = 0 };
	struct entry b = { .passed = 0 };
	(void)state;
	deadline_queue_init(&q, 10, on_passed);
	deadline_start(&q, &a.deadline, 100);
	deadline_start(&q, &b.deadline, 101);
	deadline_start(&q, &a.deadline, 105);
	deadline_run(&q, 112);
	assert_int_equal(a.passed, 0);
	assert_int_equal(b.passed, 1);
	assert_int_equal(deadline_first(&q), 115);
}

static void test_passing_may_stop_others_and_start_itself(void **state)
{
	struct deadline_queue q;
	struct entry b = { .passed = 0 };
	struct entry a = { .stops = &b, .again = &q };
	(void)state;
	deadline_queue_init(&q, 10, on_passed);
	deadline_start(&q, &a.deadline, 100);
	deadline_start(&q, &b.deadline, 100);
	deadline_run(&q, 200);
	assert_int_equal(a.passed, 1);
	assert_int_equal(b.passed, 0);
	assert_int_equal(deadline_first(&q), 1010);
	deadline_stop(&a.deadline);
	deadline_stop(&a.deadline);
	assert_true(deadline_first(&q) == DEADLINE_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_queue_is_never_due),
		cmocka_unit_test(test_deadline_passes_once_and_not_early),
		cmocka_unit_test(test_restart_moves_it_behind_the_others),
		cmocka_unit_test(test_passing_may_stop_others_and_start_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

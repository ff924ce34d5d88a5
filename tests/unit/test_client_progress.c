// SPDX-License-Identifier: MIT
/*
 * How fast long work goes, which is what the time left is guessed by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/progress.h"

#define SECOND UINT64_C(1000000000)

/* From second `from` to `to`, `each` a second more. */
static void go_on(struct progress *p, unsigned from, unsigned to, uint64_t each)
{
	for (unsigned s = from; s <= to; s++)
		progress_mark(p, p->done + (s ? each : 0), s * SECOND);
}

static void test_nothing_is_known_at_the_start(void **state)
{
	struct progress p = { .total = 1000 };

	(void)state;
	assert_int_equal(progress_rate(&p, 0), 0);
	progress_mark(&p, 0, 0);
	assert_int_equal(progress_rate(&p, 0), 0);
	assert_int_equal(progress_rate(&p, 2 * SECOND), 0);
}

static void test_an_even_pace_is_told_as_it_is(void **state)
{
	struct progress p = { .total = 100000 };

	(void)state;
	go_on(&p, 0, 10, 50);
	assert_int_equal(progress_rate(&p, 10 * SECOND), 50);
	go_on(&p, 11, 100, 50);
	assert_int_equal(progress_rate(&p, 100 * SECOND), 50);
}

static void test_what_was_before_half_a_minute_does_not_count(void **state)
{
	struct progress p = { .total = 1000000 };

	(void)state;
	go_on(&p, 0, 60, 1000);
	go_on(&p, 61, 100, 10);
	assert_int_equal(progress_rate(&p, 100 * SECOND), 10);
}

static void test_a_standstill_comes_to_nothing(void **state)
{
	struct progress p = { .total = 1000 };

	(void)state;
	go_on(&p, 0, 5, 20);
	progress_mark(&p, p.done, 200 * SECOND);
	assert_int_equal(progress_rate(&p, 200 * SECOND), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_known_at_the_start),
		cmocka_unit_test(test_an_even_pace_is_told_as_it_is),
		cmocka_unit_test(
		    test_what_was_before_half_a_minute_does_not_count),
		cmocka_unit_test(test_a_standstill_comes_to_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

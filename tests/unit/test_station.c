// SPDX-License-Identifier: MIT
/*
 * What a station and the pools hold while nobody asks them anything.
 */
#include "whole_book.h"

/* Or the store keeps every page that is written from then on. */
static void test_whoever_is_idle_holds_no_snapshot(void **state)
{
	struct whole *w = *state;
	struct store_figures figures;

	new_customer(w, "sh-sales", "某某客户", "");
	snapshot_rest(w->book->snapshot);
	snapshot_rest(w->desk.snapshot);
	station_rest(w->station);
	store_read_figures(w->book->store, &figures);
	assert_int_equal(figures.oldest_reader_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_whoever_is_idle_holds_no_snapshot, whole_setup,
		    whole_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Credit: by trying amounts nobody finds a limit that he may not read.
 */
#include "credit_book.h"

/* --- trying amounts ------------------------------------------------------*/

#define RANGE 1048576 /* that the limit is known to lie in */
#define STEPS 40

/* Half by half; each order that passes is cancelled.  Appends what he is
 * told: 1 for yes. */
static const char *search(struct whole *w, const char *who, const char *id)
{
	static char told[STEPS + 1];
	unsigned long low = 0, high = RANGE;

	memset(told, 0, sizeof told);
	for (unsigned i = 0; i < STEPS && high - low > 1; i++) {
		unsigned long middle = (low + high) / 2;
		char amount[24];

		snprintf(amount, sizeof amount, "%lu", middle);
		order(w, who, id, "confirmed", amount);
		told[i] = w->ok ? '1' : '0';
		if (!w->ok) {
			is_held(w);
			high = middle;
			continue;
		}
		low = middle;
		update(w, who, "order", at(w, "items.0.number"),
		    "'status':'cancelled'");
	}
	return told;
}

/* Six answers say something, then all are no: limits that lie in the same
 * sixty-fourth of the range are told apart by nothing. */
static void test_halving_amounts_does_not_give_the_limit(void **state)
{
	struct whole *w = *state;
	static const char *const limits[] = { "393217", "400000", "409599" };
	char *first = NULL;

	for (unsigned i = 0; i < 3; i++) {
		const char *id = customer(w, limits[i]);
		const char *told = search(w, "sh-sales", id);

		assert_null(strchr(told + 6, '1'));
		if (first)
			assert_string_equal(told, first);
		else
			first = strdup(told);
		order(w, "sh-sales", id, "confirmed", "0.01");
		is_held(w);
	}
	free(first);
	/* Whoever may read it finds it, and the test finds something. */
	assert_non_null(
	    strchr(search(w, "finance", customer(w, "400000")) + 6, '1'));
}

/* Whoever counted up in previews would be refused once a digit: they say
 * neither yes nor no, and are no trials. */
static void test_a_preview_tells_nothing_of_the_limit(void **state)
{
	struct whole *w = *state;
	static const char *const amounts[] = { "1", "999", "1000", "5000" };
	const char *id = customer(w, "1000");
	const char *number = must_order(w, id, "confirmed", "1");

	for (unsigned i = 0; i < 12; i++)
		must(w, "sh-sales", "record.create",
		    "{'entity':'order_line','dry_run':true,'fields':{"
		    "'order':'%s','product':'%s','quantity':'1',"
		    "'unit_price':'%s'}}",
		    number, product, amounts[i % 4]);
	must_order(w, id, "confirmed", "999");
	order(w, "sh-sales", id, "confirmed", "0.01");
	is_held(w);
}

/* Let through and not stored, for another item's or a token's sake, is a
 * trial as well; and no batch says which of its items was too much. */
static void test_what_is_not_stored_was_a_trial(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");
	const char *number = must_order(w, id, "confirmed", "1");

	for (unsigned i = 0; i < 6; i++) {
		ask(w, "sh-sales", "record.batch",
		    "{'atomic':true,'items':[{'op':'create','entity':"
		    "'order_line','fields':{'order':'%s','product':'%s',"
		    "'quantity':'1','unit_price':'1'}},{'op':'create',"
		    "'entity':'order_line','fields':{'order':'%s'}}]}",
		    number, product, number);
		assert_false(w->ok);
		assert_string_not_equal(at(w, "rule"), RULE);
	}
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
	id = customer(w, "1000");
	number = must_order(w, id, "confirmed", "1");
	for (unsigned i = 0; i < 6; i++)
		refused(w, "invalid", "sh-sales", "record.create",
		    "{'entity':'order_line','confirm':'00','fields':{'order':"
		    "'%s','product':'%s','quantity':'1','unit_price':'1'}}",
		    number, product);
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
}

static void test_what_is_stored_was_none_before_a_refusal(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	for (unsigned i = 0; i < 20; i++)
		must_order(w, id, "confirmed", "1");
	order(w, "sh-sales", id, "confirmed", "5000");
	is_held(w);
	for (unsigned i = 0; i < 5; i++)
		must_order(w, id, "confirmed", "1");
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
}

static void test_a_batch_says_not_which_item_was_too_much(void **state)
{
	struct whole *w = *state;
	static const char *const limits[] = { "150", "250" };
	char *first = NULL;

	for (unsigned i = 0; i < 2; i++) {
		const char *id = customer(w, limits[i]);
		const char *n = must_order(w, id, "confirmed", "1");

#define LINE                                                                   \
	"{'op':'create','entity':'order_line','fields':{'order':'%s',"         \
	"'product':'%s','quantity':'1','unit_price':'100'}}"
		ask(w, "sh-sales", "record.batch",
		    "{'atomic':true,'items':[" LINE "," LINE "," LINE "]}", n,
		    product, n, product, n, product);
#undef LINE
		is_held(w);
		if (first)
			assert_string_equal(w->text, first);
		else
			first = strdup(w->text);
	}
	free(first);
}

static void test_trials_end_with_the_day_and_are_ones_own(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	for (unsigned i = 0; i < 7; i++)
		order(w, "sh-sales", id, "confirmed", "5000");
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
	/* Neither another customer's nor another's. */
	must_order(w, customer(w, "1000"), "confirmed", "1");
	order(w, "sh-clerk", id, "confirmed", "1");
	assert_true(w->ok);
	w->book->now_ms += 86400000;
	must_order(w, id, "confirmed", "1");
}

static void test_who_reads_the_limit_is_not_counted(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	for (unsigned i = 0; i < 9; i++)
		order(w, "finance", id, "confirmed", "5000");
	is_held(w);
	order(w, "finance", id, "confirmed", "1");
	assert_true(w->ok);
}

static void test_the_auditor_reads_who_was_refused_what(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000"), *internal;

	must(
	    w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}", id);
	internal = at(w, "id");
	order(w, "sh-sales", id, "confirmed", "5000");
	station_tick(w->station);
	must(w, "auditor", "audit.find",
	    "{'method':'record.batch','user':'sh-sales','limit':1}");
	assert_string_equal(at(w, "rows.0.result"), "invalid");
	assert_string_equal(at(w, "rows.0.why"), RULE);
	assert_string_equal(at(w, "rows.0.customer"), internal);
	/* Also of a batch that goes on without it. */
	must(w, "sh-sales", "record.batch",
	    "{'items':[{'op':'create','entity':'order','fields':{'customer':"
	    "'%s','date':'2026-01-01','status':'confirmed'}},{'op':'create',"
	    "'entity':'order_line','fields':{'order':'#0','product':'%s',"
	    "'quantity':'1','unit_price':'5000'}}]}",
	    id, product);
	must(w, "auditor", "audit.find",
	    "{'method':'record.batch','user':'sh-sales','limit':1}");
	assert_string_equal(at(w, "rows.0.result"), "ok");
	assert_string_equal(at(w, "rows.0.why"), RULE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_halving_amounts_does_not_give_the_limit),
		cmocka_unit_test(test_a_preview_tells_nothing_of_the_limit),
		cmocka_unit_test(test_what_is_not_stored_was_a_trial),
		cmocka_unit_test(test_what_is_stored_was_none_before_a_refusal),
		cmocka_unit_test(test_a_batch_says_not_which_item_was_too_much),
		cmocka_unit_test(test_trials_end_with_the_day_and_are_ones_own),
		cmocka_unit_test(test_who_reads_the_limit_is_not_counted),
		cmocka_unit_test(test_the_auditor_reads_who_was_refused_what),
	};

	return cmocka_run_group_tests(tests, set_up, whole_teardown);
}

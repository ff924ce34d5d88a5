// SPDX-License-Identifier: MIT
/*
 * Credit: the hold, set by persons or by itself, and what passes it all the
 * same.
 */
#include "credit_book.h"

/* --- the hold ------------------------------------------------------------*/

static void test_a_hold_stops_orders_and_no_drafts(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, NULL), *draft;

	refused(w, "invalid", "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{'credit_hold':true}}", id);
	assert_string_equal(at(w, "rule"), "reason_required");
	set_hold(w, "finance", id, "true");
	assert_true(w->ok);
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
	ask(w, "sh-sales", "record.create",
	    "{'entity':'order','fields':{'customer':'%s','date':'2026-01-01',"
	    "'status':'confirmed'}}",
	    id);
	is_held(w);
	draft = must_order(w, id, "draft", "1");
	update(w, "sh-sales", "order", draft, "'status':'confirmed'");
	is_held(w);
}

static void test_whoever_set_the_hold_does_not_lift_it(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, NULL);

	set_hold(w, "finance", id, "true");
	set_hold(w, "finance", id, "false");
	assert_string_equal(at(w, "rule"), "second_person");
	set_hold(w, "sh-sales", id, "false");
	assert_string_equal(at(w, "code"), "denied");
	set_hold(w, "loader", id, "false");
	assert_true(w->ok);
	must_order(w, id, "confirmed", "1");
}

static void test_a_refusal_is_the_same_whatever_the_cause(void **state)
{
	struct whole *w = *state;
	const char *held = customer(w, NULL), *bounded = customer(w, "1");
	const char *one = must_order(w, held, "draft", "5");
	const char *other = must_order(w, bounded, "draft", "5");
	char *first;

	set_hold(w, "finance", held, "true");
	update(w, "sh-sales", "order", one, "'status':'confirmed'");
	is_held(w);
	first = strdup(w->text);
	update(w, "sh-sales", "order", other, "'status':'confirmed'");
	assert_string_equal(w->text, first);
	assert_null(strstr(first, "limit"));
	free(first);
}

static void test_nobody_orders_who_is_suspended(void **state)
{
	struct whole *w = *state;
	static const char *const words[] = { "suspended", "blacklisted" };

	for (unsigned i = 0; i < 2; i++) {
		const char *id = customer(w, NULL), *draft;
		char set[60];

		draft = must_order(w, id, "draft", "5");
		snprintf(set, sizeof set, "'status':'%s'", words[i]);
		update(w, "sh-manager", "customer", id, set);
		assert_true(w->ok);
		order(w, "sh-sales", id, "draft", "5");
		assert_string_equal(at(w, "rule"), "customer_suspended");
		update(w, "sh-sales", "order", draft, "'status':'confirmed'");
		assert_string_equal(at(w, "rule"), "customer_suspended");
		pay(w, id, "1");
	}
}

/* --- a release -----------------------------------------------------------*/

/* finance asks, gm approves. */
static void release(struct whole *w, const char *id, const char *more)
{
	const char *request;

	must(w, "finance", "credit.release",
	    "{'id':'%s','reason':'款已在途'%s}", id, more);
	request = at(w, "pending");
	must(w, "gm", "request.approve", "{'request':'%s'}", request);
	assert_string_equal(at(w, "state"), "done");
}

static void test_a_release_takes_two_persons(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "100"), *request;

	refused(w, "denied", "sh-sales", "credit.release",
	    "{'id':'%s','reason':'急'}", id);
	refused(w, "denied", "sh-manager", "credit.release",
	    "{'id':'%s','reason':'急'}", id);
	refused(w, "invalid", "finance", "credit.release", "{'id':'%s'}", id);
	refused(w, "invalid", "finance", "credit.release",
	    "{'id':'%s','reason':'急','until':'2099-01-01'}", id);
	refused(w, "invalid", "finance", "credit.release",
	    "{'id':'%s','reason':'急','amount':'many'}", id);
	must(w, "finance", "credit.release", "{'id':'%s','reason':'急'}", id);
	request = at(w, "pending");
	order(w, "sh-sales", id, "confirmed", "500");
	is_held(w);
	/* Who may not know the customer learns of no request. */
	must(w, "hz-manager", "request.list", "{}");
	assert_string_equal(at(w, "rows"), "[]");
	refused(w, "not_found", "hz-manager", "request.get", "{'request':'%s'}",
	    request);
	refused(w, "not_found", "hz-manager", "request.approve",
	    "{'request':'%s'}", request);
	ask(w, "finance", "request.approve", "{'request':'%s'}", request);
	assert_false(w->ok);
	must(w, "gm", "request.approve", "{'request':'%s'}", request);
	must_order(w, id, "confirmed", "500");
	/* Nobody writes it by hand. */
	refused(w, "invalid", "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{'release_until':"
	    "'2099-01-01'}}",
	    id);
	/* Why stands in his history, and not in the log. */
	must(w, "finance", "record.history", "{'entity':'customer','id':'%s'}",
	    id);
	assert_true(says(w, "release_until"));
	assert_true(says(w, "急"));
	must(w, "auditor", "audit.find", "{'limit':20}");
	assert_true(says(w, "credit.release"));
	assert_false(says(w, "急"));
}

static void test_a_release_reaches_as_far_as_it_says(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "100");

	set_hold(w, "finance", id, "true");
	release(w, id, ",'amount':'250'");
	must_order(w, id, "confirmed", "200");
	order(w, "sh-sales", id, "confirmed", "50.01");
	is_held(w);
	must_order(w, id, "confirmed", "50");
	pay(w, id, "250");
	w->book->now_ms += INT64_C(8) * 86400000;
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
}

static void test_a_hold_set_anew_ends_a_release(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "100");

	release(w, id, "");
	must_order(w, id, "confirmed", "500");
	set_hold(w, "loader", id, "true");
	assert_true(w->ok);
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
}

/* --- the hold that sets itself -------------------------------------------*/

static void test_facts_past_the_limit_set_the_hold_and_lift_it(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	must_order(w, id, "confirmed", "800");
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'降','set':{"
	    "'credit_limit':'500'}}",
	    id);
	assert_string_equal(hold_of(w, id), "true");
	pay(w, id, "299");
	assert_string_equal(hold_of(w, id), "true");
	pay(w, id, "1");
	assert_string_equal(hold_of(w, id), "false");
	must(w, "sh-sales", "record.history",
	    "{'entity':'customer','id':'%s','field':'credit_hold'}", id);
	assert_true(says(w, "\"rule\":\"credit"));
	assert_false(says(w, "limit"));
	assert_false(says(w, "500"));
}

static void test_a_persons_hold_is_not_lifted_by_the_rule(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	must_order(w, id, "confirmed", "100");
	set_hold(w, "finance", id, "true");
	pay(w, id, "100");
	assert_string_equal(hold_of(w, id), "true");
}

static void test_the_black_list_is_left_by_steps(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, NULL);

	update(w, "sh-sales", "customer", id, "'status':'blacklisted'");
	assert_true(w->ok);
	update(w, "sh-sales", "customer", id, "'status':'active'");
	assert_string_equal(at(w, "rule"), "move");
	update(w, "sh-sales", "customer", id, "'status':'erased'");
	assert_string_equal(at(w, "rule"), "move");
	update(w, "sh-sales", "customer", id, "'status':'suspended'");
	assert_true(w->ok);
	update(w, "sh-sales", "customer", id, "'status':'active'");
	assert_true(w->ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_hold_stops_orders_and_no_drafts),
		cmocka_unit_test(test_whoever_set_the_hold_does_not_lift_it),
		cmocka_unit_test(test_a_refusal_is_the_same_whatever_the_cause),
		cmocka_unit_test(test_nobody_orders_who_is_suspended),
		cmocka_unit_test(test_a_release_takes_two_persons),
		cmocka_unit_test(test_a_release_reaches_as_far_as_it_says),
		cmocka_unit_test(test_a_hold_set_anew_ends_a_release),
		cmocka_unit_test(
		    test_facts_past_the_limit_set_the_hold_and_lift_it),
		cmocka_unit_test(test_a_persons_hold_is_not_lifted_by_the_rule),
		cmocka_unit_test(test_the_black_list_is_left_by_steps),
	};

	return cmocka_run_group_tests(tests, set_up, whole_teardown);
}

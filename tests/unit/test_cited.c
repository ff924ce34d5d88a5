// SPDX-License-Identifier: MIT
/*
 * A field that names a change takes one of the same customer that the caller
 * may know of, and refuses every other position in the same words.
 */
#include "whole_book.h"

static const char *task(struct whole *w, const char *customer)
{
	must(w, "sh-support", "record.create",
	    "{'entity':'feedback','fields':{'customer':'%s','kind':'staff',"
	    "'about':'phone','desc':'打不通','due_at':'2027-02-01'}}",
	    customer);
	return at(w, "id");
}

/* The log position of the newest change that `login` sees. */
static const char *newest(
    struct whole *w, const char *login, const char *customer)
{
	const char *position = "";

	must(w, login, "record.history", "{'entity':'customer','id':'%s'}",
	    customer);
	for (unsigned i = 0; i < 20; i++) {
		char path[40];

		snprintf(path, sizeof path, "versions.%u.position", i);
		if (*at(w, path))
			position = at(w, path);
	}
	return position;
}

static void set(struct whole *w, const char *login, const char *customer,
    const char *values)
{
	must(w, login, "record.update",
	    "{'entity':'customer','id':'%s','set':{%s},'reason':'核实'}",
	    customer, values);
}

#define SOLVED "{'entity':'feedback','id':'%s','set':{'solved_by':%s}}"

static void test_a_change_of_the_same_customer_is_taken(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(
	    w, "sh-manager", "引证公司", ",'phone':'021-52345678'");
	const char *id = task(w, customer);

	set(w, "sh-clerk", customer, "'phone':'021-52345699'");
	must(w, "sh-clerk", "record.update", SOLVED, id,
	    newest(w, "sh-clerk", customer));
}

static void test_another_entry_is_refused_whatever_it_is(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-manager", "甲公司", "");
	const char *other = new_customer(w, "sh-manager", "乙公司", "");
	const char *id = task(w, customer), *foreign, *words;

	foreign = newest(w, "sh-manager", other);
	refused(
	    w, "invalid", "sh-clerk", "record.update", SOLVED, id, "99999999");
	assert_string_equal(at(w, "errors.0.rule"), "change");
	words = arena_text(&w->book->arena, bytes_text(w->text));
	refused(w, "invalid", "sh-clerk", "record.update", SOLVED, id, foreign);
	assert_string_equal(w->text, words);
	refused(w, "invalid", "sh-clerk", "record.update", SOLVED, id, "0");
	assert_string_equal(w->text, words);
}

/* That finance changed a credit limit is not the clerk's to find out. */
static void test_a_hidden_change_is_one_that_is_not_there(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-manager", "丙公司", "");
	const char *id = task(w, customer), *hidden;

	set(w, "finance", customer, "'credit_limit':'50000'");
	hidden = newest(w, "finance", customer);
	assert_string_not_equal(hidden, newest(w, "sh-clerk", customer));
	refused(w, "invalid", "sh-clerk", "record.update", SOLVED, id, hidden);
	assert_string_equal(at(w, "errors.0.rule"), "change");
}

static void test_merged_customers_are_one(void **state)
{
	struct whole *w = *state;
	const char *heir = new_customer(w, "sh-manager", "合并公司", "");
	const char *gone = new_customer(w, "sh-manager", "合并公司一", "");
	const char *id = task(w, heir), *position;

	set(w, "sh-clerk", gone, "'phone':'021-52345699'");
	position = newest(w, "sh-clerk", gone);
	refused(
	    w, "invalid", "sh-clerk", "record.update", SOLVED, id, position);
	must(w, "sh-manager", "customer.merge",
	    "{'survivor':'%s','loser':'%s','reason':'同一家'}", heir, gone);
	must(w, "sh-clerk", "record.update", SOLVED, id, position);
}

/* Saving something else does not judge an old citation anew. */
static void test_a_citation_that_stands_is_left_alone(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-manager", "丁公司", "");
	const char *id = task(w, customer);

	must(w, "sh-clerk", "record.update", SOLVED, id,
	    newest(w, "sh-clerk", customer));
	must(w, "sh-support", "record.update",
	    "{'entity':'feedback','id':'%s','set':{'priority':'high'}}", id);
	must(w, "sh-clerk", "record.update",
	    "{'entity':'feedback','id':'%s','unset':['solved_by']}", id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_change_of_the_same_customer_is_taken),
		cmocka_unit_test(test_another_entry_is_refused_whatever_it_is),
		cmocka_unit_test(test_a_hidden_change_is_one_that_is_not_there),
		cmocka_unit_test(test_merged_customers_are_one),
		cmocka_unit_test(test_a_citation_that_stands_is_left_alone),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

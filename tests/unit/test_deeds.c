// SPDX-License-Identifier: MIT
/*
 * Statistics of people: what they made and changed, what was refused, what
 * others corrected; counted within the reader's rights.
 */
#include "whole_book.h"

/* One figure of one person in the last answer; 0 if he is not in it. */
static int64_t figure(struct whole *w, const char *login, const char *key)
{
	for (unsigned i = 0; i < WHOLE_PEOPLE; i++) {
		char path[60];

		snprintf(path, sizeof path, "rows.%u.user", i);
		if (strcmp(at(w, path), login))
			continue;
		snprintf(path, sizeof path, "rows.%u.%s", i, key);
		return strtoll(at(w, path), NULL, 10);
	}
	return 0;
}

static int64_t asked(
    struct whole *w, const char *reader, const char *login, const char *key)
{
	must(w, reader, "user.statistics", "{}");
	return figure(w, login, key);
}

static void set(
    struct whole *w, const char *login, const char *id, const char *values)
{
	must(w, login, "record.update",
	    "{'entity':'customer','id':'%s','set':{%s}}", id, values);
}

static void test_records_and_changes_count_for_who_made_them(void **state)
{
	struct whole *w = *state;
	int64_t made = asked(w, "auditor", "sh-clerk", "records");
	int64_t changed = figure(w, "sh-clerk", "changes");
	const char *id = new_customer(w, "sh-clerk", "录入公司", "");

	set(w, "sh-clerk", id, "'city':'上海','fax':'021-52345678'");
	assert_int_equal(asked(w, "auditor", "sh-clerk", "records"), made + 1);
	assert_int_equal(figure(w, "sh-clerk", "changes"), changed + 2);
}

static void test_refused_entries_count_by_what_was_wrong(void **state)
{
	struct whole *w = *state;
	int64_t invalid = asked(w, "auditor", "sh-clerk", "invalid");
	int64_t denied = figure(w, "sh-clerk", "denied");
	const char *id = new_customer(w, "sh-clerk", "被拒公司", "");

	refused(w, "invalid", "sh-clerk", "record.update",
	    "{'entity':'customer','id':'%s','set':{'mobile':'12'}}", id);
	refused(w, "denied", "sh-clerk", "record.update",
	    "{'entity':'customer','id':'%s','set':{'grade':'A'}}", id);
	refused(w, "not_found", "sh-clerk", "record.get",
	    "{'entity':'customer','id':'KHSH209900009'}");
	station_tick(w->station);
	assert_int_equal(
	    asked(w, "auditor", "sh-clerk", "invalid"), invalid + 1);
	assert_int_equal(figure(w, "sh-clerk", "denied"), denied + 1);
}

/* By another person, another value, and nothing that moves by itself. */
static void test_what_another_replaces_was_wrong(void **state)
{
	struct whole *w = *state;
	int64_t before = asked(w, "auditor", "sh-clerk", "corrected");
	const char *id = new_customer(
	    w, "sh-clerk", "更正公司", ",'city':'杭州','mobile':'13800138000'");

	set(w, "sh-clerk", id, "'city':'上海'"); /* himself */
	assert_int_equal(asked(w, "auditor", "sh-clerk", "corrected"), before);
	set(w, "sh-manager", id, "'city':'苏州'");
	assert_int_equal(
	    asked(w, "auditor", "sh-clerk", "corrected"), before + 1);
	set(w, "sh-manager", id, "'province':'江苏'"); /* was empty */
	assert_int_equal(
	    asked(w, "auditor", "sh-clerk", "corrected"), before + 1);
}

static void test_a_state_that_moves_was_no_mistake(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-manager", "状态公司", "");
	int64_t before = asked(w, "auditor", "sh-support", "corrected");
	const char *id;

	must(w, "sh-support", "record.create",
	    "{'entity':'feedback','fields':{'customer':'%s','kind':'question',"
	    "'desc':'何时到货'}}",
	    customer);
	id = at(w, "id");
	must(w, "sh-manager", "record.update",
	    "{'entity':'feedback','id':'%s','set':{'status':'in_progress'}}",
	    id);
	assert_int_equal(
	    asked(w, "auditor", "sh-support", "corrected"), before);
}

/* The auditor reads no mobile number, so its correction is not his to know. */
static void test_fields_that_the_reader_may_not_read_count_nothing(void **state)
{
	struct whole *w = *state;
	int64_t auditor = asked(w, "auditor", "sh-clerk", "corrected");
	int64_t manager = asked(w, "sh-manager", "sh-clerk", "corrected");
	const char *id =
	    new_customer(w, "sh-clerk", "隐藏公司", ",'mobile':'13800138000'");

	set(w, "sh-manager", id, "'mobile':'13800138009'");
	assert_int_equal(asked(w, "auditor", "sh-clerk", "corrected"), auditor);
	assert_int_equal(
	    asked(w, "sh-manager", "sh-clerk", "corrected"), manager + 1);
}

static void test_a_branch_counts_its_own(void **state)
{
	struct whole *w = *state;
	int64_t here = asked(w, "sh-manager", "hz-clerk", "records");
	int64_t there = asked(w, "hz-manager", "hz-clerk", "records");

	new_customer(w, "hz-clerk", "杭州公司", "");
	assert_int_equal(asked(w, "sh-manager", "hz-clerk", "records"), here);
	assert_int_equal(
	    asked(w, "hz-manager", "hz-clerk", "records"), there + 1);
}

static void test_days_bound_what_is_counted(void **state)
{
	struct whole *w = *state;

	new_customer(w, "sh-clerk", "旧公司", "");
	w->book->now_ms += INT64_C(3) * 86400000;
	must(w, "auditor", "user.statistics", "{}");
	assert_true(figure(w, "sh-clerk", "records") > 0);
	must(w, "auditor", "user.statistics", "{'from':'%s'}", at(w, "to"));
	assert_int_equal(figure(w, "sh-clerk", "records"), 0);
	must(w, "auditor", "user.statistics", "{'user':'sh-clerk'}");
	assert_string_equal(at(w, "rows.0.user"), "sh-clerk");
	assert_string_equal(at(w, "rows.1"), "");
	refused(w, "invalid", "auditor", "user.statistics",
	    "{'from':'2027-02-01','to':'2027-01-01'}");
	refused(w, "invalid", "auditor", "user.statistics", "{'from':'soon'}");
}

static void test_who_reads_no_log_has_no_statistics(void **state)
{
	static const char *const people[] = { "sh-clerk", "sh-sales",
		"sh-support", "finance", "admin" };
	struct whole *w = *state;

	for (size_t i = 0; i < sizeof people / sizeof *people; i++)
		refused(w, "denied", people[i], "user.statistics", "{}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_records_and_changes_count_for_who_made_them),
		cmocka_unit_test(test_refused_entries_count_by_what_was_wrong),
		cmocka_unit_test(test_what_another_replaces_was_wrong),
		cmocka_unit_test(test_a_state_that_moves_was_no_mistake),
		cmocka_unit_test(
		    test_fields_that_the_reader_may_not_read_count_nothing),
		cmocka_unit_test(test_a_branch_counts_its_own),
		cmocka_unit_test(test_days_bound_what_is_counted),
		cmocka_unit_test(test_who_reads_no_log_has_no_statistics),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

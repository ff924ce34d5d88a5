// SPDX-License-Identifier: MIT
/*
 * What follows by itself: rules over a customer's own figures are applied in
 * the plan that moved them, as changes of their own in the history.
 */
#include "whole_ask.h"

#include "common/date.h"

static void assert_status(
    struct whole *w, const char *customer, const char *status)
{
	must(
	    w, "gm", "record.get", "{'entity':'customer','id':'%s'}", customer);
	assert_string_equal(at(w, "fields.status"), status);
}

static void test_first_order_converts(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "loader", "转正甲公司", "");

	assert_status(w, customer, "prospect");
	new_order(w, customer, "2026-01-31", "draft");
	assert_status(w, customer, "prospect");
	new_order(w, customer, "2026-01-31", "confirmed");
	assert_status(w, customer, "active");
}

static void test_a_draft_converts_when_it_is_confirmed(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "loader", "转正乙公司", "");
	const char *order = new_order(w, customer, "2026-01-31", "draft");

	must(w, "loader", "record.update",
	    "{'entity':'order','id':'%s','set':{'status':'confirmed'}}", order);
	assert_status(w, customer, "active");
}

static void test_history_names_rule_and_version(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "loader", "转正丙公司", "");

	new_order(w, customer, "2026-01-31", "confirmed");
	must(w, "gm", "record.history", "{'entity':'customer','id':'%s'}",
	    customer);
	assert_string_equal(at(w, "versions.1.source"), "rule");
	assert_string_equal(
	    at(w, "versions.1.reason"), "rule conversion, version 1");
	assert_string_equal(at(w, "versions.1.changes.0.field"), "status");
	assert_string_equal(at(w, "versions.1.changes.0.rule"), "conversion");
	assert_string_equal(at(w, "versions.1.changes.0.rule_version"), "1");
}

/* A suspended customer stays so, and a preview moves nothing. */
static void test_nobody_else_is_moved(void **state)
{
	struct whole *w = *state;
	const char *customer =
	    new_customer(w, "loader", "停用公司", ",'status':'suspended'");

	refused(w, "invalid", "loader", "record.create",
	    "{'entity':'order','fields':{'customer':'%s','date':'2026-01-31',"
	    "'status':'confirmed'}}",
	    customer);
	assert_status(w, customer, "suspended");
	customer = new_customer(w, "loader", "预览公司", "");
	must(w, "loader", "record.create",
	    "{'entity':'order','dry_run':true,'fields':{'customer':'%s',"
	    "'date':'2026-01-31','status':'confirmed'}}",
	    customer);
	assert_status(w, customer, "prospect");
}

/* He may write orders and not who the customer is. */
static void test_it_asks_nobodys_rights(void **state)
{
	struct whole *w = *state;
	const char *customer =
	    new_customer(w, "loader", "财务公司", ",'owner':'sh-sales'");

	refused(w, "denied", "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{'status':'active'}}",
	    customer);
	must(w, "finance", "record.create",
	    "{'entity':'order','fields':{'customer':'%s','date':'2026-01-31',"
	    "'status':'confirmed'}}",
	    customer);
	assert_status(w, customer, "active");
}

static void test_a_batch_settles_once_for_all(void **state)
{
	struct whole *w = *state;

	must(w, "loader", "record.batch",
	    "{'items':[{'op':'create','entity':'customer','fields':{'name':"
	    "'批量公司','type':'other','category':'regular','source':'phone'}},"
	    "{'op':'create','entity':'order','fields':{'customer':'#0',"
	    "'date':'2026-01-31','status':'confirmed'}}]}");
	assert_string_equal(at(w, "failed"), "0");
	assert_string_equal(at(w, "items.0.fields.status"), "active");
}

/* --- grades --------------------------------------------------------------*/

/* An order of so much in a month of the year before this one. */
static void buy(struct whole *w, const char *customer, unsigned months_ago,
    const char *price)
{
	int year, month, day;
	int32_t today = (int32_t)(w->book->now_ms / 86400000);
	char date[40];

	date_split(today, &year, &month, &day);
	month -= (int)months_ago;
	if (month < 1) {
		month += 12;
		year--;
	}
	snprintf(date, sizeof date, "%d-%.2d-01", year, month);
	new_line(w, new_order(w, customer, date, "confirmed"),
	    new_product(w, "茶"), 1, price);
}

static void assert_grade(
    struct whole *w, const char *customer, const char *grade)
{
	must(
	    w, "gm", "record.get", "{'entity':'customer','id':'%s'}", customer);
	assert_string_equal(at(w, "fields.grade"), grade);
}

static void set_grade(struct whole *w, const char *customer, const char *grade)
{
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'grade':'%s'}}", customer,
	    grade);
}

static void test_grades_follow_amount_and_evenness(void **state)
{
	struct whole *w = *state;
	const char *steady = new_customer(w, "loader", "稳定公司", "");
	const char *sudden = new_customer(w, "loader", "突发公司", "");

	assert_grade(w, steady, "C");
	buy(w, steady, 0, "1.00");
	assert_grade(w, steady, "B");
	for (unsigned i = 0; i < 6; i++)
		buy(w, steady, i, "20000.00");
	assert_grade(w, steady, "A");
	buy(w, sudden, 2, "500000.00");
	assert_grade(w, sudden, "B");
}

/* Before the window begins it is long ago. */
static void test_the_window_is_twelve_months(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "loader", "窗口公司", "");

	buy(w, customer, 12, "10.00");
	assert_grade(w, customer, "C");
	buy(w, customer, 11, "10.00");
	assert_grade(w, customer, "B");
}

static void test_a_grade_by_hand_holds_until_the_rules_say_another(void **state)
{
	struct whole *w = *state;
	const char *customer =
	    new_customer(w, "loader", "手工公司", ",'grade':'D'");

	assert_grade(w, customer, "D");
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'无锡'}}", customer);
	assert_grade(w, customer, "D");
	buy(w, customer, 0, "10.00");
	assert_grade(w, customer, "B");
	set_grade(w, customer, "A");
	buy(w, customer, 1, "10.00");
	assert_grade(w, customer, "A");
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','unset':['grade']}", customer);
	assert_grade(w, customer, "B");
	/* What the rules say is nobody's. */
	set_grade(w, customer, "B");
	for (unsigned i = 0; i < 6; i++)
		buy(w, customer, i, "20000.00");
	assert_grade(w, customer, "A");
}

/* --- reviews and flags ---------------------------------------------------*/

static const char *seen(
    struct whole *w, const char *customer, const char *field)
{
	must(
	    w, "gm", "record.get", "{'entity':'customer','id':'%s'}", customer);
	return at(w, field);
}

#define REVIEW "{'entity':'review','fields':{'customer':'%s',"

static void test_a_review_moves_the_date_when_it_counts(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "loader", "审核公司",
	    ",'owner':'sh-sales','review_due_at':'2026-01-05'");
	const char *due = "fields.review_due_at", *last = "fields.reviewed_at";

	must(w, "sh-sales", "record.create", REVIEW "'result':'failed'}}",
	    customer);
	assert_string_equal(seen(w, customer, due), "2026-01-05");
	must(w, "sh-sales", "record.create",
	    REVIEW "'result':'passed'},'dry_run':true}", customer);
	assert_string_equal(seen(w, customer, due), "2026-01-05");
	must(w, "sh-sales", "record.create",
	    REVIEW "'result':'passed','at':'2026-02-01'}}", customer);
	assert_string_equal(seen(w, customer, last), "2026-02-01");
	assert_string_not_equal(seen(w, customer, due), "2026-01-05");
	/* The older one comes late, and says nothing. */
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'review_due_at':"
	    "'2026-03-01'}}",
	    customer);
	must(w, "sh-sales", "record.create",
	    REVIEW "'result':'passed','at':'2026-01-31'}}", customer);
	assert_string_equal(seen(w, customer, last), "2026-02-01");
	assert_string_equal(seen(w, customer, due), "2026-03-01");
}

static void flag(struct whole *w, const char *customer, const char *more)
{
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'phone_bad':true%s}}",
	    customer, more);
	assert_string_equal(seen(w, customer, "fields.phone_bad"), "true");
}

static void test_a_flag_goes_with_its_value(void **state)
{
	struct whole *w = *state;
	const char *customer =
	    new_customer(w, "loader", "座机公司", ",'phone':'021-52345678'");

	/* Said of the value that the same request gives. */
	flag(w, customer, ",'phone':'021-52345679'");
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'上海'}}", customer);
	assert_string_equal(seen(w, customer, "fields.phone_bad"), "true");
	must(w, "loader", "record.confirm",
	    "{'entity':'customer','id':'%s','fields':['phone']}", customer);
	assert_string_equal(seen(w, customer, "fields.phone_bad"), "");
	flag(w, customer, "");
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','unset':['phone']}", customer);
	assert_string_equal(seen(w, customer, "fields.phone_bad"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_order_converts),
		cmocka_unit_test(test_a_draft_converts_when_it_is_confirmed),
		cmocka_unit_test(test_history_names_rule_and_version),
		cmocka_unit_test(test_nobody_else_is_moved),
		cmocka_unit_test(test_it_asks_nobodys_rights),
		cmocka_unit_test(test_a_batch_settles_once_for_all),
		cmocka_unit_test(test_grades_follow_amount_and_evenness),
		cmocka_unit_test(test_the_window_is_twelve_months),
		cmocka_unit_test(
		    test_a_grade_by_hand_holds_until_the_rules_say_another),
		cmocka_unit_test(test_a_review_moves_the_date_when_it_counts),
		cmocka_unit_test(test_a_flag_goes_with_its_value),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

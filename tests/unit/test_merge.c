// SPDX-License-Identifier: MIT
/*
 * Two customers become one, and two again: who may, what is read meanwhile,
 * and that nothing moved.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "whole_ask.h"

#include <cmocka.h>

static void merge(struct whole *w, const char *who, const char *loser,
    const char *survivor, const char *more)
{
	must(w, who, "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'重复'%s}", loser, survivor,
	    more);
}

static void part(struct whole *w, const char *who, const char *loser)
{
	must(w, who, "customer.unmerge", "{'loser':'%s','reason':'误并'}",
	    loser);
}

/* Confirmed, of so much. */
static const char *order_of(
    struct whole *w, const char *customer, const char *amount)
{
	const char *product = new_product(w, "红茶");
	const char *order = new_order(w, customer, "2026-03-15", "draft");

	new_line(w, order, product, 1, amount);
	must(w, "loader", "record.update",
	    "{'entity':'order','id':'%s','set':{'status':'confirmed'}}", order);
	return order;
}

static unsigned rows(struct whole *w)
{
	unsigned count = 0;
	char path[40];

	for (;; count++) {
		snprintf(path, sizeof path, "rows.%u.id", count);
		if (!*at(w, path))
			return count;
	}
}

static void test_the_loser_answers_as_the_survivor(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "留存甲公司", "");
	const char *b = new_customer(
	    w, "sh-manager", "并入乙公司", ",'external_no':'OLD-77'");

	merge(w, "sh-manager", b, a, "");
	assert_string_equal(at(w, "number"), a);
	assert_string_equal(at(w, "merged"), b);
	assert_string_equal(value(w, "sh-manager", b, "name"), "留存甲公司");
	assert_string_equal(at(w, "merged_into"), a);
	assert_string_equal(
	    value(w, "sh-manager", "OLD-77", "name"), "留存甲公司");
	must(w, "sh-manager", "record.get", "{'entity':'customer','id':'%s'}",
	    a);
	assert_string_equal(at(w, "merged_into"), "");
	must(w, "sh-manager", "record.find",
	    "{'entity':'customer','where':['prefix','name','并入']}");
	assert_int_equal(rows(w), 0);
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'上海'}}", b);
	assert_string_equal(value(w, "sh-manager", a, "city"), "上海");
}

static void test_children_of_both_are_the_survivors(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "loader", "母甲公司", "");
	const char *b = new_customer(w, "loader", "母乙公司", "");
	const char *order;

	order_of(w, a, "100.00");
	order = order_of(w, b, "20.50");
	merge(w, "loader", b, a, "");
	for (unsigned i = 0; i < 2; i++) {
		must(w, "loader", "record.find",
		    "{'entity':'order','where':['=','customer','%s']}",
		    i ? a : b);
		assert_int_equal(rows(w), 2);
	}
	must(w, "loader", "record.get", "{'entity':'order','id':'%s'}", order);
	assert_string_equal(at(w, "fields.customer"), a);
	assert_string_equal(value(w, "loader", a, "receivable"), "120.50");
	assert_string_equal(
	    value(w, "loader", a, "last_order_at"), "2026-03-15");
	/* What is shown can be sent back. */
	must(w, "loader", "record.update",
	    "{'entity':'order','id':'%s','set':{'customer':'%s'}}", order, a);
	must(w, "loader", "record.group",
	    "{'entity':'order','by':['customer'],'where':['=','customer',"
	    "'%s']}",
	    a);
	assert_string_equal(at(w, "rows.0.count"), "2");
	must(w, "loader", "report.run",
	    "{'name':'sales','params':{'group':'customer','limit':10000}}");
	assert_true(says(w, "120.50"));
	assert_false(says(w, "20.50\",\"share\":\"0"));
	/* The totals of what was the loser's go on. */
	order_of(w, b, "1.00");
	assert_string_equal(value(w, "loader", a, "receivable"), "121.50");
	part(w, "loader", b);
	assert_string_equal(value(w, "loader", a, "receivable"), "101.00");
	assert_string_equal(value(w, "loader", b, "receivable"), "20.50");
	must(w, "loader", "record.get", "{'entity':'order','id':'%s'}", order);
	assert_string_equal(at(w, "fields.customer"), b);
}

static void test_chosen_values_come_over_and_go_back(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-sales", "择值甲公司",
	    ",'city':'上海','uscc':'91110000600037341L'");
	const char *b = new_customer(w, "sh-sales", "择值乙公司",
	    ",'city':'北京','mobile':'13911113333',"
	    "'uscc':'91110000710926094P'");

	merge(w, "sh-manager", b, a,
	    ",'choose':{'city':'loser','mobile':'loser','uscc':'loser',"
	    "'phone':'survivor'}");
	assert_string_equal(at(w, "fields.city"), "北京");
	assert_false(says(w, "13911113333"));
	assert_string_equal(value(w, "sh-manager", a, "mobile"), "13911113333");
	assert_string_equal(
	    value(w, "sh-manager", a, "uscc"), "91110000710926094P");
	/* The code that was given up is free, the one taken over is not. */
	refused(w, "duplicate", "sh-manager", "record.create",
	    "{'entity':'customer','fields':{'name':'撞码公司','type':'other',"
	    "'category':'regular','source':'phone','uscc':"
	    "'91110000710926094P'}}");
	part(w, "sh-manager", b);
	assert_string_equal(value(w, "sh-manager", a, "city"), "上海");
	assert_string_equal(value(w, "sh-manager", a, "mobile"), "");
	assert_string_equal(
	    value(w, "sh-manager", a, "uscc"), "91110000600037341L");
	assert_string_equal(value(w, "sh-manager", b, "mobile"), "13911113333");
	assert_string_equal(
	    value(w, "sh-manager", b, "uscc"), "91110000710926094P");
}

static void test_what_was_set_since_stays(void **state)
{
	struct whole *w = *state;
	const char *a =
	    new_customer(w, "sh-manager", "后改甲公司", ",'city':'上海'");
	const char *b =
	    new_customer(w, "sh-manager", "后改乙公司", ",'city':'北京'");

	merge(w, "sh-manager", b, a, ",'choose':{'city':'loser'}");
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'广州'}}", a);
	part(w, "sh-manager", b);
	assert_string_equal(value(w, "sh-manager", a, "city"), "广州");
}

static void test_a_code_kept_by_both_parts_from_neither(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "码甲公司", "");
	const char *b = new_customer(
	    w, "sh-manager", "码乙公司", ",'external_no':'BOTH-1'");

	merge(w, "sh-manager", b, a, "");
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'external_no':'BOTH-1'}}",
	    a);
	refused(w, "duplicate", "sh-manager", "customer.unmerge",
	    "{'loser':'%s','reason':'误并'}", b);
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','unset':['external_no']}", a);
	part(w, "sh-manager", b);
	assert_string_equal(
	    value(w, "sh-manager", "BOTH-1", "name"), "码乙公司");
}

/* L62: rights on both, and nothing hidden comes into sight. */
static void test_a_merger_needs_rights_on_both(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "权甲公司", "");
	const char *b = new_customer(w, "sh-manager", "权乙公司", "");
	const char *far = new_customer(w, "hz-manager", "权远公司", "");
	static const char form[] =
	    "{'loser':'%s','survivor':'%s','reason':'重复'}";

	refused(w, "denied", "sh-sales", "customer.merge", form, b, a);
	refused(w, "not_found", "sh-manager", "customer.merge", form, far, a);
	refused(w, "not_found", "sh-manager", "customer.merge", form, a, far);
	refused(w, "invalid", "sh-manager", "customer.merge", form, a, a);
	refused(w, "invalid", "sh-manager", "customer.merge",
	    "{'loser':'%s','survivor':'%s'}", b, a);
	refused(w, "invalid", "sh-manager", "customer.unmerge",
	    "{'loser':'%s','reason':'误并'}", a);
	merge(w, "sh-manager", b, a, "");
	refused(w, "not_found", "hz-manager", "customer.unmerge",
	    "{'loser':'%s','reason':'误并'}", b);
}

static void test_hidden_values_stay_and_are_never_shown(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "loader", "藏甲公司", "");
	const char *b = new_customer(w, "loader", "藏乙公司",
	    ",'person_id':'11010519491231002X','id_type':'resident'");

	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{'credit_limit':'424242'},"
	    "'reason':'核定'}",
	    b);
	/* A manager has ids masked: he chooses none. */
	refused(w, "denied", "sh-manager", "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'重复','choose':"
	    "{'person_id':'loser'}}",
	    b, a);
	refused(w, "unknown", "sh-manager", "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'重复','choose':"
	    "{'no_such_field':'loser'}}",
	    b, a);
	/* He reads the limit and may not set it. */
	refused(w, "denied", "sh-manager", "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'重复','choose':"
	    "{'credit_limit':'loser'}}",
	    b, a);
	merge(w, "sh-manager", b, a, "");
	assert_false(says(w, "424242"));
	assert_false(says(w, "11010519491231002X"));
	assert_string_equal(value(w, "finance", a, "credit_limit"), "");
	assert_string_equal(value(w, "finance", a, "person_id"), "");
	part(w, "sh-manager", b);
	assert_string_equal(
	    value(w, "finance", b, "credit_limit"), "424242.00");
	assert_string_equal(
	    value(w, "privacy", b, "person_id"), "11010519491231002X");
}

static void test_aliases_of_aliases_are_followed(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "链甲公司", "");
	const char *b = new_customer(w, "sh-manager", "链乙公司", "");
	const char *c = new_customer(w, "sh-manager", "链丙公司", "");

	order_of(w, a, "1.00");
	order_of(w, b, "10.00");
	order_of(w, c, "100.00");
	merge(w, "sh-manager", a, b, "");
	merge(w, "sh-manager", b, c, "");
	assert_string_equal(value(w, "sh-manager", a, "name"), "链丙公司");
	assert_string_equal(value(w, "loader", c, "receivable"), "111.00");
	/* No way round. */
	refused(w, "invalid", "sh-manager", "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'重复'}", c, a);
	refused(w, "invalid", "sh-manager", "customer.unmerge",
	    "{'loser':'%s','reason':'误并'}", a);
	part(w, "sh-manager", b);
	assert_string_equal(value(w, "loader", b, "receivable"), "11.00");
	assert_string_equal(value(w, "loader", c, "receivable"), "100.00");
	part(w, "sh-manager", a);
	assert_string_equal(value(w, "loader", a, "receivable"), "1.00");
	assert_string_equal(value(w, "loader", b, "receivable"), "10.00");
}

static void test_archived_ones_merge_but_take_nobody_in(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "档甲公司", "");
	const char *b = new_customer(w, "sh-manager", "档乙公司", "");

	must(w, "sh-manager", "record.archive",
	    "{'entity':'customer','id':'%s'}", b);
	refused(w, "invalid", "sh-manager", "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'重复'}", a, b);
	merge(w, "sh-manager", b, a, "");
	part(w, "sh-manager", b);
	assert_string_equal(value(w, "sh-manager", b, "status"), "archived");
}

static void test_histories_stay_apart_and_are_shown_together(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "史甲公司", "");
	const char *b = new_customer(w, "sh-manager", "史乙公司", "");

	merge(w, "sh-manager", b, a, "");
	must(w, "sh-manager", "record.history",
	    "{'entity':'customer','id':'%s'}", b);
	assert_string_equal(at(w, "number"), a);
	assert_string_equal(at(w, "merged.0.number"), b);
	assert_true(says(w, "史乙公司"));
	assert_string_equal(
	    at(w, "merged.0.versions.1.changes.0.field"), "merged_into");
	assert_string_equal(at(w, "merged.0.versions.1.reason"), "重复");
	part(w, "sh-manager", b);
	must(w, "sh-manager", "record.history",
	    "{'entity':'customer','id':'%s'}", a);
	assert_string_equal(at(w, "merged"), "");
}

static void test_one_primary_contact_for_both(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "联甲公司", "");
	const char *b = new_customer(w, "sh-manager", "联乙公司", "");
	static const char contact[] =
	    "{'entity':'contact','fields':{'customer':'%s','name':'%s',"
	    "'mobile':'%s'%s}}";

	must(w, "sh-manager", "record.create", contact, a, "王一一",
	    "13800138001", "");
	must(w, "sh-manager", "record.create", contact, b, "王二二",
	    "13800138002", "");
	merge(w, "sh-manager", b, a, "");
	must(w, "sh-manager", "record.create", contact, b, "王三三",
	    "13800138003", ",'is_primary':true");
	must(w, "sh-manager", "record.find",
	    "{'entity':'contact','where':['and',['=','customer','%s'],"
	    "['=','is_primary',true]]}",
	    a);
	assert_int_equal(rows(w), 1);
	assert_string_equal(at(w, "rows.0.fields.name"), "王三三");
}

static void test_the_log_verifies(void **state)
{
	struct whole *w = *state;

	must(w, "auditor", "audit.verify", "{}");
	assert_string_equal(at(w, "bad"), "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_loser_answers_as_the_survivor),
		cmocka_unit_test(test_children_of_both_are_the_survivors),
		cmocka_unit_test(test_chosen_values_come_over_and_go_back),
		cmocka_unit_test(test_what_was_set_since_stays),
		cmocka_unit_test(test_a_code_kept_by_both_parts_from_neither),
		cmocka_unit_test(test_a_merger_needs_rights_on_both),
		cmocka_unit_test(test_hidden_values_stay_and_are_never_shown),
		cmocka_unit_test(test_aliases_of_aliases_are_followed),
		cmocka_unit_test(test_archived_ones_merge_but_take_nobody_in),
		cmocka_unit_test(
		    test_histories_stay_apart_and_are_shown_together),
		cmocka_unit_test(test_one_primary_contact_for_both),
		cmocka_unit_test(test_the_log_verifies),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

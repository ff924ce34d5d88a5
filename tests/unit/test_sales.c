// SPDX-License-Identifier: MIT
/*
 * The sales report is the sum of the rows that its reader may know of, by
 * whichever of its two walks, and is refused where an input is not his.
 */
#include "whole_ask.h"

static const char *make_order(struct whole *w, const char *customer,
    const char *date, const char *status, const char *product,
    const char *price)
{
	const char *order = new_order(w, customer, date, status);

	new_line(w, order, product, 2, price);
	return order;
}

/* Two customers of two owners, orders in two months, a draft, a return. */
static void fill(struct whole *w)
{
	const char *mine, *mates, *tea, *ink;

	tea = new_product(w, "红茶");
	ink = new_product(w, "墨盒");
	mine = new_customer(w, "loader", "销售甲公司", ",'owner':'sh-sales'");
	mates = new_customer(w, "loader", "销售乙公司", ",'owner':'sh-sales2'");
	make_order(w, mine, "2026-01-31", "confirmed", tea, "10.005");
	make_order(w, mine, "2026-02-01", "closed", ink, "7.00");
	make_order(w, mine, "2026-02-02", "draft", ink, "1000.00");
	make_order(w, mates, "2026-02-28", "shipped", tea, "100.00");
	must(w, "loader", "record.create",
	    "{'entity':'return','fields':{'customer':'%s','date':'2026-02-03'"
	    ",'amount':'5.00','product':'%s'}}",
	    mine, tea);
}

static void assert_total(struct whole *w, const char *net, const char *orders)
{
	assert_string_equal(at(w, "total.net"), net);
	assert_string_equal(at(w, "total.orders"), orders);
}

static void test_both_walks_give_the_same(void **state)
{
	/* The second of each begins within the month: the children's walk. */
	static const char *const spans[][2] = {
		{ "'from':'2026-01'", "'from':'2026-01-02'" },
		{ "'to':'2026-02'", "'from':'2000-01-02','to':'2026-02-28'" },
	};
	static const char *const groups[] = { "customer", "branch", "owner",
		"month" };
	struct whole *w = *state;
	char params[128], *first;

	fill(w);
	for (unsigned i = 0; i < 2; i++)
		for (unsigned g = 0; g < 4; g++) {
			snprintf(params, sizeof params, "%s,'group':'%s'",
			    spans[i][0], groups[g]);
			report(w, "gm", "sales", params);
			first = strdup(w->text);
			snprintf(params, sizeof params, "%s,'group':'%s'",
			    spans[i][1], groups[g]);
			report(w, "gm", "sales", params);
			assert_string_equal(w->text, first);
			free(first);
		}
}

static void test_each_sees_the_sum_of_his_rows(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "sales", "");
	assert_total(w, "229.01", "3");
	report(w, "sh-sales", "sales", "");
	assert_total(w, "29.01", "2");
	report(w, "sh-sales2", "sales", "");
	assert_total(w, "200.00", "1");
	report(w, "hz-manager", "sales", "");
	assert_total(w, "0.00", "0");
}

static void test_days_are_days(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "sales", "'from':'2026-02-01','to':'2026-02-27'");
	assert_total(w, "9.00", "1");
	report(w, "gm", "sales", "'from':'2026-01','to':'2026-01'");
	assert_total(w, "20.01", "1");
	refused(w, "invalid", "gm", "report.run",
	    "{'name':'sales','params':{'from':'2026-02-30'}}");
	refused(w, "invalid", "gm", "report.run",
	    "{'name':'sales','params':{'from':'2026-03','to':'2026-02'}}");
}

static void test_products_are_counted_by_their_lines(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "sales", "'group':'product'");
	assert_string_equal(at(w, "rows.0.name"), "红茶");
	assert_string_equal(at(w, "rows.0.gross"), "220.01");
	assert_string_equal(at(w, "rows.0.net"), "215.01");
	assert_string_equal(at(w, "rows.1.gross"), "14.00");
	assert_string_equal(at(w, "total.net"), "229.01");
}

static void test_groups_are_fields_of_the_customer_too(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "sales", "'group':'category'");
	assert_string_equal(at(w, "rows.0.category"), "regular");
	assert_string_equal(at(w, "rows.0.net"), "229.01");
	report(w, "gm", "sales", "'group':'product,category'");
	assert_string_equal(at(w, "rows.0.name"), "红茶");
	assert_string_equal(at(w, "rows.0.category"), "regular");
	assert_string_equal(at(w, "rows.0.net"), "215.01");
	report(w, "gm", "sales", "'group':'owner,month'");
	assert_string_equal(at(w, "rows.0.owner"), "sh-sales");
	assert_string_equal(at(w, "rows.0.month"), "2026-01");
	assert_string_equal(at(w, "rows.1.net"), "9.00");
	assert_string_equal(at(w, "rows.2.owner"), "sh-sales2");
	refused(w, "invalid", "gm", "report.run",
	    "{'name':'sales','params':{'group':'branch,owner,month'}}");
	refused(w, "invalid", "gm", "report.run",
	    "{'name':'sales','params':{'group':'owner,owner'}}");
	refused(w, "invalid", "gm", "report.run",
	    "{'name':'sales','params':{'group':'name'}}");
	refused(w, "unknown", "gm", "report.run",
	    "{'name':'sales','params':{'group':'no_such'}}");
	/* What a salesman may not know of is as misspelt. */
	refused(w, "unknown", "sh-sales", "report.run",
	    "{'name':'sales','params':{'group':'credit_grade'}}");
	refused(w, "denied", "gm", "report.run",
	    "{'name':'sales','params':{'group':'credit_grade'}}");
}

static void test_scope_narrows(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "sales", "'scope':'branch'");
	assert_total(w, "229.01", "3");
	report(w, "gm", "sales", "'scope':'own'");
	assert_total(w, "0.00", "0");
	report(w, "hz-loader", "sales", "");
	assert_total(w, "229.01", "3");
	report(w, "hz-loader", "sales", "'scope':'branch'");
	assert_total(w, "0.00", "0");
	refused(w, "denied", "sh-sales", "report.run",
	    "{'name':'sales','params':{'scope':'pool'}}");
}

static void test_list_has_what_one_may_run(void **state)
{
	struct whole *w = *state;

	must(w, "gm", "report.list", "{}");
	assert_true(says(w, "'sales'") || says(w, "\"sales\""));
	must(w, "sh-support", "report.list", "{}");
	assert_false(says(w, "sales"));
	must(w, "admin", "report.list", "{}");
	assert_string_equal(at(w, "rows"), "[]");
}

/* Support reads orders and not payments or returns: no net, no report. */
static void test_one_hidden_input_refuses_the_report(void **state)
{
	struct whole *w = *state;

	refused(w, "unknown", "sh-support", "report.run", "{'name':'sales'}");
	refused(w, "unknown", "admin", "report.run", "{'name':'sales'}");
	refused(w, "unknown", "gm", "report.run", "{'name':'no_such'}");
	refused(w, "invalid", "gm", "report.run",
	    "{'name':'sales','params':{'where':'x'}}");
	assert_string_equal(at(w, "rule"), "parameter");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_walks_give_the_same),
		cmocka_unit_test(test_each_sees_the_sum_of_his_rows),
		cmocka_unit_test(test_days_are_days),
		cmocka_unit_test(test_products_are_counted_by_their_lines),
		cmocka_unit_test(test_groups_are_fields_of_the_customer_too),
		cmocka_unit_test(test_scope_narrows),
		cmocka_unit_test(test_list_has_what_one_may_run),
		cmocka_unit_test(test_one_hidden_input_refuses_the_report),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

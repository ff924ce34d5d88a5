// SPDX-License-Identifier: MIT
/*
 * The reports over one small book: figures by hand, each reader his own rows.
 */
#include "whole_ask.h"

static void order_for(struct whole *w, const char *customer, const char *date,
    const char *product, const char *price)
{
	new_line(
	    w, new_order(w, customer, date, "confirmed"), product, 1, price);
}

/* 70, 20, 10 of a hundred; one who only ordered a draft. */
static void test_fill(void **state)
{
	struct whole *w = *state;
	const char *big, *middle, *small, *idle, *tea;

	tea = new_product(w, "红茶");
	big = new_customer(w, "loader", "大客户公司", ",'owner':'sh-sales'");
	middle =
	    new_customer(w, "loader", "中客户公司", ",'owner':'sh-sales2'");
	small = new_customer(w, "loader", "小客户公司", ",'owner':'sh-sales2'");
	idle = new_customer(w, "loader", "无单公司", "");
	order_for(w, big, "2026-01-10", tea, "30.00");
	order_for(w, big, "2026-02-10", tea, "40.00");
	order_for(w, middle, "2026-03-05", tea, "20.00");
	order_for(w, small, "2025-12-31", tea, "10.00");
	must(w, "loader", "record.create",
	    "{'entity':'order','fields':{'customer':'%s','date':'2026-03-01'}}",
	    idle);
}

static void test_abc_by_share_of_net_sales(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "abc", "");
	assert_at(w, "rows.0.name", "大客户公司");
	assert_at(w, "rows.0.share", "0.7000");
	assert_at(w, "rows.0.class", "A");
	assert_at(w, "rows.1.upto", "0.9000");
	assert_at(w, "rows.1.class", "A");
	assert_at(w, "rows.2.class", "B");
	assert_at(w, "rows.3", "");
	assert_at(w, "total.net", "100.00");
	report(w, "gm", "abc", "'border':'below'");
	assert_at(w, "rows.0.class", "A");
	assert_at(w, "rows.1.class", "B");
	assert_at(w, "rows.2.class", "C");
	report(w, "gm", "abc", "'limits':'90','from':'2026-01'");
	assert_at(w, "rows.1.class", "A");
	assert_at(w, "total.net", "90.00");
	report(w, "sh-sales2", "abc", "");
	assert_at(w, "rows.0.share", "0.6667");
	assert_at(w, "total.net", "30.00");
	refused(w, "invalid", "gm", "report.run",
	    "{'name':'abc','params':{'limits':'95,80'}}");
}

static void test_abc_classes_alone(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "abc", "'group':'class','border':'below'");
	assert_at(w, "rows.0.class", "A");
	assert_at(w, "rows.0.customers", "1");
	assert_at(w, "rows.0.net", "70.00");
	assert_at(w, "rows.1.upto", "0.9000");
	assert_at(w, "rows.2.customers_share", "0.3333");
	assert_at(w, "total.customers", "3");
	assert_at(w, "total.upto", "1.0000");
}

static void test_rfm_scores_by_rank(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "rfm", "'at':'2026-03-31','bins':3");
	/* middle is the latest, big orders most often and for most. */
	assert_at(w, "rows.0.name", "中客户公司");
	assert_at(w, "rows.0.r", "3");
	assert_at(w, "rows.0.f", "1");
	assert_at(w, "rows.0.m", "2");
	assert_at(w, "rows.0.last", "2026-03-05");
	assert_at(w, "rows.0.days", "26");
	assert_at(w, "rows.1.orders", "2");
	assert_at(w, "rows.1.r", "2");
	assert_at(w, "rows.1.f", "3");
	assert_at(w, "rows.1.m", "3");
	assert_at(w, "rows.2.r", "1");
	assert_at(w, "total.net", "100.00");
	report(w, "gm", "rfm", "'at':'2026-03-31','bins':3,'ties':'high'");
	assert_at(w, "rows.0.f", "2");
}

/* The ledger knows the last day of all alone: a day before it is found among
 * the orders, and both ways agree where both can be gone. */
static void test_rfm_of_an_earlier_day(void **state)
{
	struct whole *w = *state;
	char *ledger;

	report(w, "gm", "rfm", "'at':'2026-01-31'");
	assert_at(w, "rows.0.last", "2026-01-10");
	assert_at(w, "rows.0.net", "30.00");
	assert_at(w, "total.net", "40.00");
	report(w, "gm", "rfm", "'at':'2026-03-31'");
	ledger = strdup(w->text);
	report(w, "gm", "rfm", "'at':'2026-03-31','from':'2000-01-02'");
	assert_string_equal(w->text, ledger);
	free(ledger);
}

static void test_rfm_cells_count_customers(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "rfm", "'at':'2026-03','bins':2,'group':'cell'");
	assert_at(w, "total.customers", "3");
	assert_at(w, "total.share", "1.0000");
	report(w, "sh-sales", "rfm", "'group':'cell'");
	assert_at(w, "rows.0.customers", "1");
	assert_at(w, "rows.0.r", "1");
	refused(w, "invalid", "gm", "report.run",
	    "{'name':'rfm','params':{'bins':1}}");
	refused(w, "unknown", "sh-support", "report.run", "{'name':'rfm'}");
}

static void test_retention_by_period(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "retention", "'period':'month'");
	assert_at(w, "rows.0.period", "2025-12");
	assert_at(w, "rows.0.new", "1");
	assert_at(w, "rows.1.period", "2026-01");
	assert_at(w, "rows.1.lost", "1");
	assert_at(w, "rows.1.retention", "0.0000");
	assert_at(w, "rows.2.kept", "1");
	assert_at(w, "rows.2.retention", "1.0000");
	assert_at(w, "rows.3.new", "1");
	assert_at(w, "rows.3.lost", "1");
	assert_at(w, "total.customers", "3");
	assert_at(w, "total.kept", "1");
	/* Who came before the days asked for is not new in them. */
	report(w, "gm", "retention",
	    "'from':'2026-02','to':'2026-02',"
	    "'period':'month'");
	assert_at(w, "rows.0.customers", "1");
	assert_at(w, "rows.0.new", "0");
	assert_at(w, "rows.0.kept", "1");
	assert_at(w, "rows.1", "");
	report(w, "sh-sales", "retention", "'period':'year'");
	assert_at(w, "rows.0.period", "2026");
	assert_at(w, "rows.0.new", "1");
	report(w, "gm", "retention", "");
	assert_at(w, "rows.0.period", "2025Q4");
	refused(w, "invalid", "gm", "report.run",
	    "{'name':'retention','params':{'from':'2026-02-02'}}");
}

static void set_credit(struct whole *w, const char *name, const char *fields)
{
	must(w, "finance", "record.find",
	    "{'entity':'customer','where':['=','name','%s']}", name);
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{%s},'reason':'x'}",
	    at(w, "rows.0.number"), fields);
}

static void test_credit_shows_who_owes(void **state)
{
	struct whole *w = *state;

	set_credit(
	    w, "大客户公司", "'credit_limit':'280.00','credit_grade':'BB'");
	set_credit(w, "无单公司", "'credit_hold':true");
	must(w, "finance", "record.find",
	    "{'entity':'customer','where':['=','name','大客户公司']}");
	must(w, "finance", "record.create",
	    "{'entity':'payment','fields':{'customer':'%s','date':"
	    "'2026-02-20','amount':'0.01'}}",
	    at(w, "rows.0.number"));
	report(w, "finance", "credit", "");
	assert_at(w, "rows.0.name", "大客户公司");
	assert_at(w, "rows.0.owed", "69.99");
	assert_at(w, "rows.0.overdue", "69.99");
	assert_at(w, "rows.0.credit_limit", "280.00");
	assert_at(w, "rows.0.usage", "0.2500");
	assert_at(w, "rows.0.credit_grade", "BB");
	assert_at(w, "rows.1.usage", "null");
	assert_at(w, "rows.3.name", "无单公司");
	assert_at(w, "rows.3.credit_hold", "true");
	assert_at(w, "total.owed", "99.99");
	report(w, "hz-manager", "credit", "");
	assert_at(w, "total.owed", "0.00");
	refused(w, "unknown", "sh-sales", "report.run", "{'name':'credit'}");
	refused(w, "unknown", "sh-clerk", "report.run", "{'name':'credit'}");
}

/* Limits that went out are entries, and what is not shown is none. */
static void test_limits_shown_are_in_the_log(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "credit", "'limit':1");
	must(w, "auditor", "audit.find", "{'method':'report.run','limit':1}");
	assert_at(w, "rows.0.user", "gm");
	assert_at(w, "rows.0.records.0.entity", "customer");
	assert_at(w, "rows.0.records.0.touch", "read");
	assert_at(w, "rows.0.records.1", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_abc_by_share_of_net_sales),
		cmocka_unit_test(test_abc_classes_alone),
		cmocka_unit_test(test_rfm_scores_by_rank),
		cmocka_unit_test(test_rfm_of_an_earlier_day),
		cmocka_unit_test(test_rfm_cells_count_customers),
		cmocka_unit_test(test_retention_by_period),
		cmocka_unit_test(test_credit_shows_who_owes),
		cmocka_unit_test(test_limits_shown_are_in_the_log),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

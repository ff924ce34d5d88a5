// SPDX-License-Identifier: MIT
/*
 * A customer's account: what he ordered, paid and gave back, in order, and
 * what of it is open and for how long.
 */
#include "whole_book.h"

static const char *product;

static int set_up(void **state)
{
	int failed = whole_setup(state);

	must(*state, "sh-manager", "record.create",
	    "{'entity':'product','fields':{'name':'纸箱','unit':'只',"
	    "'category':'box','unit_price':'1'}}");
	product = at(*state, "number");
	return failed;
}

static const char *order(struct whole *w, const char *id, const char *date,
    const char *due, const char *status, const char *amount)
{
	must(w, "loader", "record.batch",
	    "{'atomic':true,'items':[{'op':'create','entity':'order','fields':"
	    "{'customer':'%s','date':'%s','due_date':'%s','status':'%s'}},"
	    "{'op':'create','entity':'order_line','fields':{'order':'#0',"
	    "'product':'%s','quantity':'1','unit_price':'%s'}}]}",
	    id, date, due, status, product, amount);
	return at(w, "items.0.number");
}

static void money(struct whole *w, const char *entity, const char *id,
    const char *date, const char *amount, const char *for_order)
{
	must(w, "loader", "record.create",
	    "{'entity':'%s','fields':{'customer':'%s','date':'%s','amount':"
	    "'%s','order':'%s'}}",
	    entity, id, date, amount, for_order);
}

/* With terms of thirty days. */
static const char *customer(struct whole *w)
{
	return new_customer(
	    w, "loader", "往来公司", ",'owner':'sh-sales','credit_days':30");
}

static void is_at(struct whole *w, const char *path, const char *value)
{
	if (strcmp(at(w, path), value))
		fail_msg("%s is %s, not %s", path, at(w, path), value);
}

static void test_a_statement_runs_from_balance_to_balance(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w), *first;

	first = order(w, id, "2026-01-10", "", "closed", "100.50");
	order(w, id, "2026-02-01", "", "confirmed", "40");
	order(w, id, "2026-02-02", "", "draft", "7777");
	order(w, id, "2026-02-03", "", "cancelled", "8888");
	money(w, "payment", id, "2026-02-01", "100.50", first);
	money(w, "return", id, "2026-03-05", "15.25", "");
	must(w, "sh-sales", "customer.statement", "{'id':'%s'}", id);
	is_at(w, "opening", "0.00");
	is_at(w, "rows.0.date", "2026-01-10");
	is_at(w, "rows.0.kind", "order");
	is_at(w, "rows.0.line", first);
	is_at(w, "rows.0.balance", "100.50");
	is_at(w, "rows.1.kind", "order");
	is_at(w, "rows.1.balance", "140.50");
	is_at(w, "rows.2.kind", "payment");
	is_at(w, "rows.2.order", first);
	is_at(w, "rows.2.credit", "100.50");
	is_at(w, "rows.2.balance", "40.00");
	is_at(w, "rows.3.kind", "return");
	is_at(w, "rows.3.order", "null");
	is_at(w, "closing", "24.75");
	is_at(w, "rows.4", "");
	must(w, "sh-sales", "customer.statement",
	    "{'id':'%s','from':'2026-02','to':'2026-02'}", id);
	is_at(w, "opening", "100.50");
	is_at(w, "debit", "40.00");
	is_at(w, "credit", "100.50");
	is_at(w, "closing", "40.00");
	is_at(w, "rows.2", "");
	must(w, "finance", "record.get",
	    "{'entity':'customer','id':'%s','fields':['receivable']}", id);
	is_at(w, "fields.receivable", "24.75");
}

/* Though it opens what came since alone; what was archived, and what a merged
 * customer ordered, are lines all the same. */
static void test_a_statement_since_a_day_is_the_end_of_the_whole(void **state)
{
	static const char *const openings[][3] = { { "2026-01-01", "0.00",
						       "4" },
		{ "2026-01-10", "0.00", "4" }, { "2026-01-11", "100.50", "3" },
		{ "2026-02-01", "100.50", "3" },
		{ "2026-02-02", "140.50", "2" }, { "2026-02-20", "70.50", "1" },
		{ "2026-03-01", "78.50", "0" } };
	struct whole *w = *state;
	const char *id = customer(w), *other = customer(w), *put_away;

	order(w, id, "2026-01-10", "", "closed", "100.50");
	put_away = order(w, id, "2026-02-01", "", "closed", "40");
	money(w, "payment", id, "2026-02-19", "70", "");
	order(w, other, "2026-02-20", "", "closed", "8");
	must(w, "sh-manager", "record.archive", "{'entity':'order','id':'%s'}",
	    put_away);
	must(w, "sh-manager", "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'同一家'}", other, id);
	for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
		char behind[16];

		must(w, "sh-manager", "customer.statement",
		    "{'id':'%s','from':'%s'}", id, openings[i][0]);
		is_at(w, "opening", openings[i][1]);
		is_at(w, "closing", "78.50");
		snprintf(behind, sizeof behind, "rows.%s", openings[i][2]);
		is_at(w, behind, "");
	}
}

/* A payment pays the order that it names, then the oldest. */
static void test_ageing_says_what_is_open_and_how_long(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w), *second;

	order(w, id, "2026-01-01", "2026-01-31", "closed", "100");
	second = order(w, id, "2026-02-01", "", "shipped", "50");
	order(w, id, "2026-03-01", "2026-06-30", "confirmed", "30");
	money(w, "payment", id, "2026-03-02", "60", second);
	must(w, "sh-sales", "customer.ageing", "{'id':'%s','at':'2026-04-15'}",
	    id);
	/* Ten more than the second takes went to the first. */
	is_at(w, "rows.0.open", "90.00");
	is_at(w, "rows.0.days", "74");
	is_at(w, "rows.0.bucket", "61-90");
	is_at(w, "rows.1.due", "2026-06-30");
	is_at(w, "rows.1.bucket", "current");
	is_at(w, "rows.2", "");
	is_at(w, "buckets.61-90", "90.00");
	is_at(w, "buckets.current", "30.00");
	is_at(w, "buckets.90+", "0.00");
	is_at(w, "total", "120.00");
	is_at(w, "balance", "120.00");
	/* Before the payment: the second is due thirty days after its date. */
	must(w, "sh-sales", "customer.ageing", "{'id':'%s','at':'2026-03-01'}",
	    id);
	is_at(w, "rows.1.due", "2026-03-03");
	is_at(w, "rows.1.bucket", "current");
	is_at(w, "rows.0.bucket", "1-30");
	is_at(w, "total", "180.00");
	/* At the borders. */
	must(w, "sh-sales", "customer.ageing", "{'id':'%s','at':'2026-01-31'}",
	    id);
	is_at(w, "rows.0.bucket", "current");
	must(w, "sh-sales", "customer.ageing", "{'id':'%s','at':'2026-02-01'}",
	    id);
	is_at(w, "rows.0.bucket", "1-30");
}

static void test_what_is_paid_too_much_stands_in_his_favour(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w);

	money(w, "payment", id, "2026-01-01", "500", "");
	order(w, id, "2026-02-01", "", "confirmed", "120");
	must(w, "sh-sales", "customer.ageing", "{'id':'%s'}", id);
	is_at(w, "rows.0", "");
	is_at(w, "total", "0.00");
	is_at(w, "unallocated", "380.00");
	is_at(w, "balance", "-380.00");
}

/* Its lines are orders and money: who lacks one of them gets neither. */
static void test_an_account_is_whole_or_refused(void **state)
{
	struct whole *w = *state;
	static const char *const methods[] = { "customer.statement",
		"customer.ageing" };
	const char *id = customer(w);

	order(w, id, "2026-01-01", "", "closed", "4711");
	for (unsigned i = 0; i < 2; i++) {
		refused(w, "denied", "sh-clerk", methods[i], "{'id':'%s'}", id);
		refused(
		    w, "denied", "sh-support", methods[i], "{'id':'%s'}", id);
		refused(w, "denied", "privacy", methods[i], "{'id':'%s'}", id);
		refused(
		    w, "not_found", "hz-sales", methods[i], "{'id':'%s'}", id);
		refused(
		    w, "not_found", "sh-sales2", methods[i], "{'id':'%s'}", id);
		refused(w, "denied", "admin", methods[i], "{'id':'%s'}", id);
		must(w, "auditor", methods[i], "{'id':'%s'}", id);
		must(w, "sh-manager", methods[i], "{'id':'%s'}", id);
	}
}

static void test_credit_is_shown_as_far_as_the_view_goes(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w);

	must(w, "gm", "record.update",
	    "{'entity':'customer','id':'%s','reason':'初评','set':{"
	    "'credit_limit':'1000','credit_grade':'A'}}",
	    id);
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'复评','set':{"
	    "'credit_grade':'AA'}}",
	    id);
	order(w, id, "2026-01-01", "", "closed", "250.50");
	must(w, "finance", "customer.credit", "{'id':'%s'}", id);
	is_at(w, "fields.credit_limit", "1000.00");
	is_at(w, "fields.receivable", "250.50");
	is_at(w, "available", "749.50");
	is_at(w, "overdue", "250.50");
	is_at(w, "stopped", "false");
	is_at(w, "grades.0.reason", "初评");
	is_at(w, "grades.1.old", "A");
	is_at(w, "grades.1.new", "AA");
	is_at(w, "grades.1.user", "finance");
	/* A look at a watched value is an entry, that names both. */
	must(w, "auditor", "audit.find",
	    "{'method':'customer.credit','user':'finance','limit':1}");
	assert_true(says(w, "credit_limit"));
	assert_true(says(w, "credit_grade"));
	must(w, "sh-sales", "customer.credit", "{'id':'%s'}", id);
	is_at(w, "fields.credit_hold", "false");
	is_at(w, "fields.credit_limit", "");
	is_at(w, "available", "null");
	is_at(w, "grades", "[]");
	is_at(w, "overdue", "250.50");
	assert_false(says(w, "1000"));
	must(w, "sh-clerk", "customer.credit", "{'id':'%s'}", id);
	is_at(w, "overdue", "null");
	is_at(w, "fields.receivable", "");
	/* Nor, who may not know of the hold, whether he is stopped. */
	must(w, "admin", "role.apply",
	    "{'role':'support','rights':[],'grants':[{'on':'branch','levels':"
	    "{'identity':'read','org':'read'}}]}");
	must(w, "sh-support", "customer.credit", "{'id':'%s'}", id);
	is_at(w, "fields", "{}");
	is_at(w, "stopped", "null");
}

/* --- being late ----------------------------------------------------------*/

/* The default schema, in which being late by so many days stops orders. */
static void bear(struct whole *w, const char *overdue)
{
	struct plan *p = book_plan(w->book);
	struct bytes all = document_default();
	const char *mark = "tries: 6";
	const uint8_t *found = memmem(all.data, all.len, mark, strlen(mark));
	struct buf yaml, document;
	char message[200];

	assert_non_null(found);
	buf_init(&yaml, STORE_VALUE);
	buf_init(&document, STORE_VALUE);
	buf_append(&yaml, all.data, (size_t)(found - all.data));
	buf_append_text(&yaml, overdue);
	buf_append(&yaml, found, all.len - (size_t)(found - all.data));
	assert_int_equal(document_parse(buf_bytes(&yaml), &document, message,
			     sizeof message),
	    ERR_OK);
	whole_refresh(w);
	assert_int_equal(directory_plan_schema(p, w->desk.directory,
			     w->book->sealer, buf_bytes(&document), 1),
	    ERR_OK);
	assert_int_equal(book_commit(w->book, p), ERR_OK);
	buf_release(&yaml);
	buf_release(&document);
}

static void confirm(struct whole *w, const char *number)
{
	ask(w, "sh-sales", "record.update",
	    "{'entity':'order','id':'%s','set':{'status':'confirmed'}}",
	    number);
}

/* Who comes with his first order is stored with it. */
static void order_at_once(struct whole *w)
{
	must(w, "loader", "record.batch",
	    "{'atomic':true,'source':'import','items':[{'op':'create','entity':"
	    "'customer','fields':{'name':'新来公司','type':'other','category':"
	    "'regular','source':'import'}},{'op':'create','entity':'order',"
	    "'fields':{'customer':'#0','date':'2025-01-01','status':"
	    "'confirmed'}},{'op':'create','entity':'order_line','fields':{"
	    "'order':'#1','product':'%s','quantity':'1','unit_price':'7'}}]}",
	    product);
	must(w, "sh-manager", "customer.ageing", "{'id':'%s'}",
	    at(w, "items.0.number"));
	is_at(w, "total", "7.00");
}

static void test_being_late_stops_orders_where_the_company_says_so(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w), *old, *draft;

	old = order(w, id, "2025-01-01", "2025-02-01", "shipped", "100");
	order(w, id, "2025-01-02", "", "confirmed", "1");
	bear(w, "overdue: 60, ");
	draft = order(w, id, "2026-02-01", "", "draft", "5");
	confirm(w, draft);
	assert_string_equal(at(w, "rule"), "credit_hold");
	must(w, "sh-sales", "customer.credit", "{'id':'%s'}", id);
	is_at(w, "stopped", "true");
	money(w, "payment", id, "2026-01-01", "100", old);
	confirm(w, draft);
	assert_string_equal(at(w, "rule"), "credit_hold");
	money(w, "payment", id, "2026-01-01", "1", "");
	confirm(w, draft);
	assert_true(w->ok);
	order_at_once(w);
	bear(w, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_statement_runs_from_balance_to_balance),
		cmocka_unit_test(
		    test_a_statement_since_a_day_is_the_end_of_the_whole),
		cmocka_unit_test(test_ageing_says_what_is_open_and_how_long),
		cmocka_unit_test(
		    test_what_is_paid_too_much_stands_in_his_favour),
		cmocka_unit_test(test_an_account_is_whole_or_refused),
		cmocka_unit_test(test_credit_is_shown_as_far_as_the_view_goes),
		cmocka_unit_test(
		    test_being_late_stops_orders_where_the_company_says_so),
	};

	return cmocka_run_group_tests(tests, set_up, whole_teardown);
}

// SPDX-License-Identifier: MIT
/*
 * A request is taken back whole or not at all, with the rights of today; what
 * was taken back counts nowhere, and can be given again.
 */
#include "whole_ask.h"

static const char *found(struct whole *w, const char *login, const char *where)
{
	must(w, login, "record.find",
	    "{'entity':'customer','archived':true,'where':%s}", where);
	return at(w, "rows.0.number");
}

static void undo(
    struct whole *w, const char *login, unsigned long long position)
{
	must(w, login, "change.undo", "{'position':%llu,'reason':'录错'}",
	    position);
}

static void redo(
    struct whole *w, const char *login, unsigned long long position)
{
	must(
	    w, login, "change.undo", "{'position':%llu,'redo':true}", position);
}

static void test_old_values_come_back_and_go_again(void **state)
{
	struct whole *w = *state;
	unsigned long long changed, undone;
	const char *id;

	new_customer(
	    w, "sh-sales", "回退公司", ",'mobile':'13812345678','city':'苏州'");
	id = at(w, "id");
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'mobile':'13900000001',"
	    "'needs':'茶','name':'改名公司'},'unset':['city']}",
	    id);
	changed = last(w);
	undo(w, "sh-sales", changed);
	undone = last(w);
	assert_string_equal(at(w, "records.0.done"), "changed");
	assert_string_equal(value(w, "sh-sales", id, "mobile"), "13812345678");
	assert_string_equal(at(w, "fields.city"), "苏州");
	assert_string_equal(at(w, "fields.name"), "回退公司");
	assert_string_equal(at(w, "fields.needs"), "");
	assert_string_not_equal(
	    found(w, "sh-manager", "['contains','name','回退公']"), "");
	assert_string_equal(
	    found(w, "sh-manager", "['contains','name','改名公']"), "");
	must(w, "sh-sales", "record.history", "{'entity':'customer','id':'%s'}",
	    id);
	assert_true(says(w, "undo of "));
	assert_true(says(w, ": 录错"));
	refused(w, "invalid", "sh-sales", "change.undo", "{'position':%llu}",
	    undone);
	redo(w, "sh-sales", undone);
	assert_string_equal(value(w, "sh-sales", id, "mobile"), "13900000001");
	assert_string_equal(at(w, "fields.city"), "");
	/* Done again, it can be taken back again. */
	undo(w, "sh-sales", changed);
	assert_string_equal(value(w, "sh-sales", id, "mobile"), "13812345678");
	refused(w, "conflict", "sh-sales", "change.undo", "{'position':%llu}",
	    changed);
	assert_int_equal(count_bad(w), 0);
}

static void test_what_was_made_is_withdrawn_and_given_again(void **state)
{
	struct whole *w = *state;
	unsigned long long made, undone, taken;
	const char *id, *number;

	must(w, "sh-manager", "record.create",
	    "{'entity':'customer','fields':{'name':'误建公司','type':'company',"
	    "'category':'regular','source':'phone','mobile':'13812345999',"
	    "'uscc':'91110000600037341L'}}");
	id = at(w, "id");
	number = at(w, "number");
	made = last(w);
	undo(w, "sh-manager", made);
	undone = last(w);
	assert_string_equal(at(w, "records.0.done"), "withdrawn");
	assert_string_equal(at(w, "records.0.number"), number);
	assert_string_equal(
	    found(w, "sh-manager", "['=','mobile','13812345999']"), "");
	assert_string_equal(
	    found(w, "sh-manager", "['contains','name','误建']"), "");
	assert_string_equal(found(w, "sh-manager",
				"['and',['=','status','prospect'],"
				"['contains','name','误建']]"),
	    "");
	must(w, "sh-manager", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
	assert_string_equal(at(w, "withdrawn"), "true");
	refused(w, "invalid", "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'上海'}}", id);
	refused(w, "invalid", "sh-manager", "record.unarchive",
	    "{'entity':'customer','id':'%s'}", id);
	refused(w, "invalid", "sh-manager", "record.create",
	    "{'entity':'contact','fields':{'customer':'%s','name':'甲',"
	    "'mobile':'13812345000'}}",
	    number);
	/* Its unique code is free, and then it is not. */
	must(w, "hz-manager", "record.create",
	    "{'entity':'customer','fields':{'name':'另一公司','type':'company',"
	    "'category':'regular','source':'phone',"
	    "'uscc':'91110000600037341L'}}");
	taken = last(w);
	refused(w, "duplicate", "sh-manager", "change.undo",
	    "{'position':%llu,'redo':true}", undone);
	undo(w, "hz-manager", taken);
	redo(w, "sh-manager", undone);
	assert_string_equal(at(w, "records.0.done"), "restored");
	assert_string_equal(
	    found(w, "sh-manager", "['=','mobile','13812345999']"), number);
	assert_string_equal(
	    found(w, "sh-manager", "['contains','name','误建']"), number);
	assert_string_equal(at(w, "rows.0.withdrawn"), "");
	assert_int_equal(count_bad(w), 0);
}

static void test_sums_are_as_if_it_had_never_been(void **state)
{
	struct whole *w = *state;
	unsigned long long ordered, paid;
	const char *id, *product;

	new_customer(w, "loader", "往来公司", "");
	id = at(w, "id");
	product = new_product(w, "茶叶甲");
	must(w, "loader", "record.batch",
	    "{'atomic':true,'source':'import','items':["
	    "{'op':'create','entity':'order','fields':{'customer':'%s',"
	    "'date':'2026-03-01','status':'confirmed'}},"
	    "{'op':'create','entity':'order_line','fields':{'order':'#0',"
	    "'product':'%s','quantity':'3','unit_price':'100'}},"
	    "{'op':'create','entity':'order_line','fields':{'order':'#0',"
	    "'product':'%s','quantity':'1','unit_price':'50'}}]}",
	    id, product, product);
	ordered = last(w);
	assert_string_equal(value(w, "loader", id, "receivable"), "350.00");
	must(w, "loader", "record.create",
	    "{'entity':'payment','fields':{'customer':'%s',"
	    "'date':'2026-03-02','amount':'120'}}",
	    id);
	paid = last(w);
	assert_string_equal(value(w, "loader", id, "receivable"), "230.00");
	undo(w, "loader", paid);
	assert_string_equal(value(w, "loader", id, "receivable"), "350.00");
	undo(w, "loader", ordered);
	ordered = last(w);
	assert_string_equal(at(w, "records.2.done"), "withdrawn");
	assert_string_equal(at(w, "records.3.done"), "");
	assert_string_equal(value(w, "loader", id, "receivable"), "0.00");
	assert_string_equal(at(w, "fields.last_order_at"), "");
	must(w, "loader", "report.run",
	    "{'name':'sales','params':{'group':'customer'}}");
	assert_false(says(w, "350"));
	redo(w, "loader", ordered);
	assert_string_equal(value(w, "loader", id, "receivable"), "350.00");
	assert_int_equal(count_bad(w), 0);
}

static void test_nothing_is_done_where_somebody_changed_the_same(void **state)
{
	struct whole *w = *state;
	unsigned long long batch;
	char a[40], b[40];

	must(w, "sh-sales", "record.batch",
	    "{'items':[{'op':'create','entity':'customer','fields':{"
	    "'name':'甲批公司','type':'other','category':'regular',"
	    "'source':'phone'}},"
	    "{'op':'create','entity':'customer','fields':{"
	    "'name':'乙批公司','type':'other','category':'regular',"
	    "'source':'phone'}}]}");
	batch = last(w);
	snprintf(a, sizeof a, "%s", at(w, "items.0.number"));
	snprintf(b, sizeof b, "%s", at(w, "items.1.number"));
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'无锡'}}", b);
	refused(w, "conflict", "sh-sales", "change.undo", "{'position':%llu}",
	    batch);
	assert_string_equal(at(w, "errors.0.record"), b);
	assert_string_equal(at(w, "errors.0.field"), "city");
	assert_string_equal(at(w, "errors.0.rule"), "changed_since");
	assert_string_equal(at(w, "errors.1.record"), "");
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}", a);
	assert_string_equal(at(w, "withdrawn"), "");
	/* One after the other, newest first, it goes. */
	refused(w, "not_found", "sh-sales", "change.undo", "{'position':%llu}",
	    batch + 1);
	undo(w, "sh-manager", batch + 1);
	undo(w, "sh-sales", batch);
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}", b);
	assert_string_equal(at(w, "withdrawn"), "true");
}

/* Finance set a limit that sales cannot know of: sales is told nothing. */
static void test_hidden_change_neither_refuses_nor_is_told(void **state)
{
	struct whole *w = *state;
	unsigned long long made;
	const char *id;

	new_customer(w, "sh-sales", "暗改公司", "");
	id = at(w, "id");
	made = last(w);
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'授信','set':{"
	    "'credit_limit':'424242'}}",
	    id);
	must(w, "finance", "record.create",
	    "{'entity':'bank','fields':{'customer':'%s','account_no':"
	    "'6222021001116245702','account_name':'暗户','bank_name':'行'}}",
	    id);
	must(w, "sh-sales", "change.undo", "{'position':%llu,'dry_run':true}",
	    made);
	undo(w, "sh-sales", made);
	assert_false(says(w, "credit"));
	assert_string_equal(at(w, "records.1.done"), "");
	must(w, "sh-sales", "change.list", "{}");
	assert_string_equal(at(w, "rows.0.records"), "1");
}

static void test_children_keep_their_parent(void **state)
{
	struct whole *w = *state;
	unsigned long long made;
	const char *id;

	new_customer(w, "sh-sales", "有子公司", "");
	id = at(w, "id");
	made = last(w);
	must(w, "sh-sales", "record.create",
	    "{'entity':'contact','fields':{'customer':'%s','name':'乙',"
	    "'mobile':'13812345000'}}",
	    id);
	refused(
	    w, "invalid", "sh-sales", "change.undo", "{'position':%llu}", made);
	assert_string_equal(at(w, "errors.0.rule"), "in_use");
	undo(w, "sh-sales", made + 1);
	undo(w, "sh-sales", made);
	/* Nothing comes back under what is withdrawn. */
	refused(w, "invalid", "sh-sales", "change.undo",
	    "{'position':%llu,'redo':true}", made + 2);
	assert_string_equal(at(w, "errors.0.rule"), "withdrawn");
	redo(w, "sh-sales", made + 3);
	redo(w, "sh-sales", made + 2);
}

static void test_anothers_change_needs_the_right_to_override(void **state)
{
	struct whole *w = *state;
	unsigned long long made;
	const char *id;

	new_customer(w, "sh-sales", "他人公司", "");
	id = at(w, "id");
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'苏州'}}", id);
	made = last(w);
	refused(w, "not_found", "sh-clerk", "change.undo", "{'position':%llu}",
	    made);
	refused(w, "not_found", "finance", "change.undo", "{'position':%llu}",
	    made);
	/* Another branch's manager knows of no such change. */
	refused(w, "not_found", "hz-manager", "change.undo",
	    "{'position':%llu}", made);
	refused(w, "not_found", "hz-manager", "change.undo",
	    "{'position':99999999}");
	assert_string_equal(value(w, "sh-sales", id, "city"), "苏州");
	undo(w, "sh-manager", made);
	assert_string_equal(value(w, "sh-sales", id, "city"), "");
	/* What the manager took back, sales reads of in his own list. */
	must(w, "sh-sales", "change.list", "{'limit':5}");
	assert_string_equal(at(w, "rows.0.undone"), "true");
	assert_string_equal(at(w, "rows.1.undone"), "false");
	refused(
	    w, "denied", "sh-sales", "change.list", "{'user':'sh-manager'}");
	must(w, "sh-manager", "change.list", "{'user':'sh-sales','limit':3}");
	assert_string_equal(at(w, "rows.0.user"), "sh-sales");
	/* Out of scope nothing is listed. */
	must(w, "hz-manager", "change.list", "{'user':'sh-sales'}");
	assert_string_equal(at(w, "rows.0.position"), "");
}

/* Whatever was done at a position out of sight, it is one that is not there. */
static void test_positions_out_of_sight_are_all_alike(void **state)
{
	struct whole *w = *state;
	unsigned long long first, end;
	const char *id;
	char *none;

	refused(w, "not_found", "hz-manager", "change.undo",
	    "{'position':99999999}");
	none = strdup(w->text);
	new_customer(w, "sh-sales", "远方公司", ",'city':'苏州'");
	id = at(w, "id");
	first = last(w);
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'无锡'}}", id);
	undo(w, "sh-sales", last(w));
	must(w, "sh-sales", "record.confirm", "{'entity':'customer','id':'%s'}",
	    id);
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'常州'}}", id);
	must(w, "sh-manager", "record.archive",
	    "{'entity':'customer','id':'%s'}", id);
	end = last(w);
	for (; first <= end; first++)
		for (unsigned redone = 0; redone < 2; redone++) {
			refused(w, "not_found", "hz-manager", "change.undo",
			    "{'position':%llu,'redo':%s}", first,
			    redone ? "true" : "false");
			assert_string_equal(w->text, none);
		}
	free(none);
}

/* The right is that of today: who handed a customer over changes it no more. */
static void test_undo_needs_todays_rights(void **state)
{
	struct whole *w = *state;
	unsigned long long made;
	const char *id;

	new_customer(w, "sh-sales", "交出公司", "");
	id = at(w, "id");
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'苏州'}}", id);
	made = last(w);
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'sh-sales2'}}", id);
	refused(w, "not_found", "sh-sales", "change.undo", "{'position':%llu}",
	    made);
	assert_string_equal(value(w, "sh-manager", id, "city"), "苏州");
}

static void test_import_that_was_undone_can_come_again(void **state)
{
	static const char batch[] =
	    "{'source':'import','request_id':'%s','items':[{'op':'create',"
	    "'entity':'customer','row':'%064d','fields':{'name':'再来公司',"
	    "'type':'other','category':'regular','external_no':'ZL-1'}}]}";
	struct whole *w = *state;

	must(w, "sh-manager", "record.batch", batch, "imp/1", 7);
	must(w, "sh-manager", "record.batch", batch, "imp/2", 7);
	assert_string_equal(at(w, "items.0.skipped"), "true");
	must(w, "sh-manager", "change.undo", "{'request':'imp/1'}");
	must(w, "sh-manager", "record.batch", batch, "imp/3", 7);
	assert_string_equal(at(w, "items.0.skipped"), "");
	assert_string_not_equal(
	    found(w, "sh-manager", "['=','external_no','ZL-1']"), "");
	assert_string_equal(at(w, "rows.1.number"), "");
	must(w, "sh-manager", "record.batch", batch, "imp/4", 7);
	assert_string_equal(at(w, "items.0.skipped"), "true");
}

static void test_same_undo_is_done_once(void **state)
{
	struct whole *w = *state;
	unsigned long long made;

	new_customer(w, "sh-sales", "一次公司", "");
	made = last(w);
	for (unsigned i = 0; i < 2; i++) {
		must(w, "sh-sales", "change.undo",
		    "{'position':%llu,'request_id':'u1'}", made);
		assert_string_equal(at(w, "records.0.done"), "withdrawn");
	}
}

/* A first order makes a customer of a prospect; without it he is none. */
static void test_what_rules_set_is_put_back(void **state)
{
	struct whole *w = *state;
	unsigned long long ordered;
	const char *id;

	new_customer(w, "loader", "转正公司", "");
	id = at(w, "id");
	must(w, "loader", "record.create",
	    "{'entity':'order','source':'import','fields':{'customer':'%s',"
	    "'date':'2026-03-01','status':'confirmed'}}",
	    id);
	ordered = last(w);
	assert_string_equal(value(w, "loader", id, "status"), "active");
	undo(w, "loader", ordered);
	assert_string_equal(at(w, "records.1.done"), "");
	assert_string_equal(value(w, "loader", id, "status"), "prospect");
	must(w, "loader", "record.history",
	    "{'entity':'customer','id':'%s','field':'status'}", id);
	assert_string_equal(at(w, "versions.2.changes.0.rule"), "conversion");
	assert_string_equal(at(w, "versions.2.source"), "rule");
}

static void test_one_of_its_siblings_comes_back(void **state)
{
	struct whole *w = *state;
	const char *number, *first;

	number = new_customer(w, "sh-sales", "联系公司", "");
	for (unsigned i = 0; i < 2; i++)
		must(w, "sh-sales", "record.create",
		    "{'entity':'contact','fields':{'customer':'%s',"
		    "'name':'联系人','mobile':'1380013800%u'}}",
		    number, i);
	must(w, "sh-sales", "record.update",
	    "{'entity':'contact','id':'%s','set':{'is_primary':true}}",
	    at(w, "number"));
	undo(w, "sh-sales", last(w));
	must(w, "sh-sales", "record.find",
	    "{'entity':'contact','where':['=','customer','%s']}", number);
	first = at(w, "rows.0.fields.is_primary");
	assert_string_equal(first, "true");
	assert_string_equal(at(w, "rows.1.fields.is_primary"), "false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_values_come_back_and_go_again),
		cmocka_unit_test(
		    test_what_was_made_is_withdrawn_and_given_again),
		cmocka_unit_test(test_sums_are_as_if_it_had_never_been),
		cmocka_unit_test(
		    test_nothing_is_done_where_somebody_changed_the_same),
		cmocka_unit_test(
		    test_hidden_change_neither_refuses_nor_is_told),
		cmocka_unit_test(test_children_keep_their_parent),
		cmocka_unit_test(
		    test_anothers_change_needs_the_right_to_override),
		cmocka_unit_test(test_positions_out_of_sight_are_all_alike),
		cmocka_unit_test(test_undo_needs_todays_rights),
		cmocka_unit_test(test_import_that_was_undone_can_come_again),
		cmocka_unit_test(test_same_undo_is_done_once),
		cmocka_unit_test(test_what_rules_set_is_put_back),
		cmocka_unit_test(test_one_of_its_siblings_comes_back),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

// SPDX-License-Identifier: MIT
/*
 * Grouping adds up what the caller may read, and nothing else: the same as
 * adding up his rows by hand, over the same rows, or a refusal.
 */
#include "whole_book.h"

static void new_order(struct whole *w, const char *customer, const char *status,
    const char *freight)
{
	must(w, "loader", "record.create",
	    "{'entity':'order','source':'import','fields':{'customer':'%s',"
	    "'date':'2026-01-01','status':'%s','freight':'%s'}}",
	    customer, status, freight);
}

static int set_up(void **state)
{
	struct whole *w = whole_new();
	const char *here;

	here = new_customer(w, "sh-sales", "甲一公司", ",'city':'上海'");
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{'credit_days':30}}", here);
	new_order(w, here, "draft", "0.10");
	new_order(w, here, "draft", "0.20");
	new_order(w, here, "shipped", "900719925474099.01");
	new_order(w, here, "shipped", "0.99");
	new_customer(w, "sh-sales2", "甲二公司", ",'city':'上海'");
	new_customer(w, "sh-manager", "甲三公司", ",'grade':'A'");
	new_customer(w, "hz-sales", "乙一公司", ",'city':'杭州'");
	*state = w;
	return 0;
}

static void test_groups_count_and_add_up_exactly(void **state)
{
	struct whole *w = *state;

	must(w, "finance", "record.group",
	    "{'entity':'order','by':['status'],'sum':['freight']}");
	assert_string_equal(w->text,
	    "{\"rows\":[{\"by\":{\"status\":\"draft\"},\"count\":2,\"sum\":{"
	    "\"freight\":\"0.30\"}},{\"by\":{\"status\":\"shipped\"},"
	    "\"count\":2,\"sum\":{\"freight\":\"900719925474100.00\"}}],"
	    "\"count\":4}");
	must(w, "finance", "record.group",
	    "{'entity':'order','by':['status','customer'],"
	    "'where':['=','status','draft']}");
	assert_string_equal(at(w, "count"), "2");
	assert_string_equal(at(w, "rows.0.count"), "2");
	assert_string_equal(at(w, "rows.0.sum"), "{}");
	assert_true(*at(w, "rows.0.by.customer") == 'K');
}

/* What is empty is a group of its own, the last. */
static void test_groups_are_of_the_callers_rows_alone(void **state)
{
	struct whole *w = *state;
	static const char by_city[] = "{'entity':'customer','by':['city']%s}";

	must(w, "sh-manager", "record.group", by_city, "");
	assert_string_equal(w->text,
	    "{\"rows\":[{\"by\":{\"city\":\"上海\"},\"count\":2,\"sum\":{}},"
	    "{\"by\":{\"city\":null},\"count\":1,\"sum\":{}}],\"count\":3}");
	must(w, "hz-manager", "record.group", by_city, "");
	assert_false(says(w, "上海"));
	assert_string_equal(at(w, "count"), "1");
	must(w, "sh-sales", "record.group", by_city, "");
	assert_string_equal(at(w, "count"), "1");
	must(w, "gm", "record.group", by_city, "");
	assert_string_equal(at(w, "count"), "4");
	must(w, "sh-manager", "record.group", by_city,
	    ",'where':['=','grade','A']");
	assert_string_equal(at(w, "count"), "1");
	must(w, "sh-manager", "record.archive",
	    "{'entity':'customer','id':'%s'}",
	    new_customer(w, "sh-manager", "甲四公司", ""));
	must(w, "sh-manager", "record.group", by_city, "");
	assert_string_equal(at(w, "count"), "3");
	must(w, "sh-manager", "record.group", by_city, ",'archived':true");
	assert_string_equal(at(w, "count"), "4");
}

/* L21 to L23: hidden, sealed, and masked for some of the rows. */
static void test_what_is_not_clear_in_every_row_is_refused(void **state)
{
	struct whole *w = *state;
	static const struct {
		const char *code, *login, *ask;
	} cases[] = {
		{ "unknown", "sh-sales", "'by':['credit_grade']" },
		{ "unknown", "sh-sales",
		    "'by':['city'],'sum':['credit_limit']" },
		{ "unknown", "sh-sales", "'by':['nothing']" },
		{ "invalid", "gm", "'by':['credit_grade']" },
		{ "invalid", "gm", "'by':['city'],'sum':['credit_limit']" },
		{ "invalid", "gm", "'by':['city'],'sum':['receivable']" },
		{ "invalid", "privacy", "'by':['mobile']" },
		/* Read of one's own, hidden in the pool. */
		{ "denied", "sh-sales", "'by':['payment_method']" },
		{ "denied", "sh-sales", "'by':['city'],'sum':['credit_days']" },
		{ "invalid", "gm", "'by':['tags']" },
		{ "invalid", "gm", "'by':['updated_at']" },
		{ "invalid", "gm", "'by':['city'],'sum':['name']" },
		{ "invalid", "gm", "'by':[]" },
		{ "invalid", "gm", "'by':'city'" },
		{ "invalid", "gm", "'by':['city','type','status']" },
		{ "invalid", "gm", "'by':['city'],'limit':1" },
		{ "unknown", "sh-sales",
		    "'by':['city'],'where':['=','credit_limit','1']" },
		{ "denied", "finance",
		    "'by':['city'],'where':['empty','mobile']" },
	};

	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
		refused(w, cases[i].code, cases[i].login, "record.group",
		    "{'entity':'customer',%s}", cases[i].ask);
	must(w, "sh-sales", "record.group",
	    "{'entity':'customer','by':['payment_method'],"
	    "'sum':['credit_days'],'scope':'own'}");
	assert_string_equal(at(w, "rows.0.sum.credit_days"), "30");
	refused(w, "unknown", "sh-sales", "record.group",
	    "{'entity':'bank','by':['kind']}");
}

/* L58: every total is the sum of the rows that its reader reads. */
static void test_groups_are_what_the_rows_add_up_to(void **state)
{
	struct whole *w = *state;
	static const char *const logins[] = { "sh-sales", "sh-sales2",
		"hz-sales", "sh-manager", "hz-manager", "sh-clerk", "finance",
		"gm", "auditor", "privacy", "loader" };

	for (unsigned i = 0; i < sizeof logins / sizeof *logins; i++) {
		int rows, groups = 0;
		char path[40];

		must(w, logins[i], "record.find",
		    "{'entity':'customer','count':true,'limit':1}");
		rows = atoi(at(w, "count"));
		must(w, logins[i], "record.group",
		    "{'entity':'customer','by':['type','city']}");
		assert_int_equal(atoi(at(w, "count")), rows);
		for (unsigned k = 0;; k++) {
			snprintf(path, sizeof path, "rows.%u.count", k);
			if (!*at(w, path))
				break;
			groups += atoi(at(w, path));
		}
		assert_int_equal(groups, rows);
	}
}

/* A group may be looked up as a row may, and it is logged and counted. */
static void test_looking_up_by_groups_is_looking_up(void **state)
{
	struct whole *w = *state;
	static const char *const lines[][2] = { { "sales",
	    "quota: { lookup: 1 }" } };
	static const char look_up[] =
	    "{'entity':'customer','by':['city'],'scope':'own',"
	    "'where':['=','mobile','13899990000']}";

	whole_roles(w, lines, 1);
	must(w, "sh-sales", "record.group", look_up);
	must(w, "auditor", "audit.find",
	    "{'user':'sh-sales','method':'record.group','limit':1}");
	assert_string_equal(at(w, "rows.0.method"), "record.group");
	refused(w, "denied", "sh-sales", "record.group", look_up);
	assert_string_equal(at(w, "rule"), "quota");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_count_and_add_up_exactly),
		cmocka_unit_test(test_groups_are_of_the_callers_rows_alone),
		cmocka_unit_test(
		    test_what_is_not_clear_in_every_row_is_refused),
		cmocka_unit_test(test_groups_are_what_the_rows_add_up_to),
		cmocka_unit_test(test_looking_up_by_groups_is_looking_up),
	};

	return cmocka_run_group_tests(tests, set_up, whole_teardown);
}

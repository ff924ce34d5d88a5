// SPDX-License-Identifier: MIT
/*
 * Quotas: what a user may see in clear and look up on a day is counted on
 * every path, refused whole when it is used up, and no refusal says more than
 * that.
 *
 * Each test begins on a day of its own, so the counts begin at nothing.
 */
#include "whole_book.h"

#define DAY_MS INT64_C(86400000)

static const char *const lines[][2] = {
	{ "sales", "quota: { sealed: 6, lookup: 3 }" },
	{ "manager", "quota: { lookup: 4 }" },
	{ "clerk", "quota: { lookup: 4 }" },
	{ "finance", "quota: { sealed: 0 }" },
	{ "privacy", "quota: { sealed: 2 }" },
	{ "auditor", "quota: { sealed: 2 }" },
};

static int set_up(void **state)
{
	struct whole *w = whole_new();

	whole_roles(w, lines, sizeof lines / sizeof *lines);
	*state = w;
	return 0;
}

static void next_day(struct whole *w)
{
	w->book->now_ms += DAY_MS;
	for (unsigned i = 0; i < 20; i++)
		station_tick(w->station);
}

/* -1: no bound. */
static int used(struct whole *w, const char *login, const char *kind)
{
	char path[40];

	must(w, login, "session.whoami", "{}");
	for (unsigned i = 0;; i++) {
		snprintf(path, sizeof path, "quota.%u.kind", i);
		if (!*at(w, path))
			return -1;
		if (strcmp(at(w, path), kind) != 0)
			continue;
		snprintf(path, sizeof path, "quota.%u.used", i);
		return atoi(at(w, path));
	}
}

/* Refused for the quota, and the answer is the same whatever was asked. */
static void used_up(struct whole *w)
{
	if (w->ok || strcmp(at(w, "code"), "denied") ||
	    strcmp(at(w, "rule"), "quota"))
		fail_msg("not refused for the quota: %s", w->text);
	assert_true(atoll(at(w, "retry_after_ms")) > 0);
	assert_true(atoll(at(w, "retry_after_ms")) <= DAY_MS);
	assert_string_equal(at(w, "field"), "");
	assert_string_equal(at(w, "errors"), "");
}

#define THREE                                                                  \
	",'mobile':'13812345678','email':'a.b@example.com','remark':'甲乙'"

static void test_sealed_values_count_each_time_they_are_shown(void **state)
{
	struct whole *w = *state;
	const char *id;

	next_day(w);
	id = new_customer(w, "sh-sales", "计数公司", THREE);
	assert_int_equal(used(w, "sh-sales", "sealed"), 0);
	must(
	    w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}", id);
	assert_int_equal(used(w, "sh-sales", "sealed"), 3);
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['name','mobile']}", id);
	assert_int_equal(used(w, "sh-sales", "sealed"), 4);
	must(w, "sh-sales", "record.find",
	    "{'entity':'customer','where':['=','name','计数公司'],"
	    "'fields':['email']}");
	assert_int_equal(used(w, "sh-sales", "sealed"), 5);
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['name']}", id);
	assert_int_equal(used(w, "sh-sales", "sealed"), 5);
	assert_int_equal(used(w, "sh-sales2", "sealed"), 0);
	assert_string_equal(at(w, "quota.0.most"), "6");
}

static void test_what_does_not_fit_is_refused_whole_and_costs_nothing(
    void **state)
{
	struct whole *w = *state;
	const char *id;

	next_day(w);
	id = new_customer(w, "sh-sales", "整体公司", THREE);
	for (unsigned i = 0; i < 5; i++)
		must(w, "sh-sales", "record.get",
		    "{'entity':'customer','id':'%s','fields':['mobile']}", id);
	for (unsigned i = 0; i < 3; i++) {
		ask(w, "sh-sales", "record.get",
		    "{'entity':'customer','id':'%s'}", id);
		used_up(w);
		ask(w, "sh-sales", "record.find",
		    "{'entity':'customer','where':['=','name','整体公司'],"
		    "'fields':['mobile','email']}");
		used_up(w);
		ask(w, "sh-sales", "record.history",
		    "{'entity':'customer','id':'%s'}", id);
		used_up(w);
	}
	assert_int_equal(used(w, "sh-sales", "sealed"), 5);
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['remark']}", id);
	assert_int_equal(used(w, "sh-sales", "sealed"), 6);
	ask(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['remark']}", id);
	used_up(w);
	next_day(w);
	must(
	    w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}", id);
}

static void test_history_counts_old_and_new(void **state)
{
	struct whole *w = *state;
	const char *id;

	next_day(w);
	id = new_customer(w, "sh-sales", "历史公司", ",'mobile':'13812345678'");
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'mobile':'13812345679'}}",
	    id);
	must(w, "sh-sales", "record.history", "{'entity':'customer','id':'%s'}",
	    id);
	/* New; old and new. */
	assert_int_equal(used(w, "sh-sales", "sealed"), 3);
}

/* A used-up quota keeps nobody from his work, nor does work show more. */
static void test_changes_show_in_clear_only_what_they_set(void **state)
{
	struct whole *w = *state;
	const char *id;

	next_day(w);
	id = new_customer(w, "sh-sales", "改动公司", THREE);
	assert_true(says(w, "13812345678"));
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'杭州',"
	    "'mobile':'13812345679'}}",
	    id);
	assert_true(says(w, "13812345679"));
	assert_true(says(w, "a***@example.com"));
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{},'dry_run':true}", id);
	assert_true(says(w, "138****5679"));
	must(w, "sh-sales", "record.batch",
	    "{'items':[{'op':'update','entity':'customer','id':'%s',"
	    "'set':{'city':'上海'}}]}",
	    id);
	assert_true(says(w, "138****5679") && !says(w, "甲乙"));
	must(w, "sh-sales", "record.archive", "{'entity':'customer','id':'%s'}",
	    id);
	assert_true(says(w, "138****5679") && !says(w, "甲乙"));
	assert_int_equal(used(w, "sh-sales", "sealed"), 0);
}

/* A second role; his session goes on. */
static void give_role(struct whole *w, const char *login, const char *role)
{
	struct office *o = w->office;
	const struct account *before;
	struct account after;

	assert_int_equal(office_refresh(o), ERR_OK);
	before = office_find(o, login);
	after = *before;
	after.roles[after.role_count++] =
	    directory_role(o->directory, bytes_text(role));
	assert_int_equal(office_put(o, before, &after), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
	whole_session(w, login)->identity.stamp = office_find(o, login)->stamp;
}

static void test_lists_and_exports_count_what_they_name(void **state)
{
	struct whole *w = *state;
	static const char *const methods[] = { "record.find", "record.export" };
	static const char where[] =
	    "{'entity':'customer','where':['=','name','出口公司']%s}";

	next_day(w);
	give_role(w, "privacy", "auditor"); /* who may export */
	new_customer(w, "sh-sales", "出口公司", THREE);
	for (unsigned i = 0; i < 2; i++) {
		const char *clear = i ? ",'clear':true" : "";
		char named[100];

		must(w, "privacy", methods[i], where, clear);
		assert_true(says(w, "138****5678") && !says(w, "甲乙"));
		snprintf(named, sizeof named,
		    ",'fields':['mobile','email','remark']%s", clear);
		ask(w, "privacy", methods[i], where, named);
		used_up(w);
		snprintf(named, sizeof named, ",'fields':['mobile']%s", clear);
		must(w, "privacy", methods[i], where, named);
		assert_true(says(w, "13812345678"));
		assert_int_equal(used(w, "privacy", "sealed"), i + 1);
	}
}

/* Finance may see nothing in clear; the masked ones are free. */
static void test_quota_of_nothing_leaves_masks(void **state)
{
	struct whole *w = *state;
	const char *id;

	next_day(w);
	id = new_customer(w, "sh-sales", "零额公司", ",'mobile':'13812345678'");
	must(w, "finance", "record.get", "{'entity':'customer','id':'%s'}", id);
	assert_true(says(w, "138****5678"));
	must(w, "gm", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'424242'}}",
	    id);
	ask(w, "finance", "record.get", "{'entity':'customer','id':'%s'}", id);
	used_up(w);
	must(w, "gm", "record.get", "{'entity':'customer','id':'%s'}", id);
}

/* --- look-ups ------------------------------------------------------------*/

/* Where his newest entry of the method lies in the log; "": nowhere. */
static const char *newest(
    struct whole *w, const char *login, const char *method)
{
	must(w, "auditor", "audit.find",
	    "{'user':'%s','method':'%s','limit':1}", login, method);
	return at(w, "rows.0.position");
}

static void test_look_ups_count_whether_they_hit_or_miss(void **state)
{
	struct whole *w = *state;
	static const char by_mobile[] =
	    "{'entity':'customer','scope':'own','fields':['name'],"
	    "'where':%s}";

	const char *before;

	next_day(w);
	new_customer(w, "sh-sales", "查询公司", ",'mobile':'13811112222'");
	before = newest(w, "sh-sales", "record.find");
	must(w, "sh-sales", "record.find", by_mobile,
	    "['in','mobile',['13811112222','13811112223']]");
	assert_string_not_equal(newest(w, "sh-sales", "record.find"), before);
	assert_int_equal(used(w, "sh-sales", "lookup"), 2);
	/* Two more do not fit, one does. */
	ask(w, "sh-sales", "record.find", by_mobile,
	    "['or',['=','mobile','13811112222'],['=','email','a@b.cn']]");
	used_up(w);
	must(w, "sh-sales", "record.find", by_mobile,
	    "['contains','mobile','2222']");
	assert_int_equal(used(w, "sh-sales", "lookup"), 3);
	ask(w, "sh-sales", "record.find", by_mobile,
	    "['=','mobile','13811112222']");
	used_up(w);
	ask(w, "sh-sales", "record.find", by_mobile,
	    "['=','mobile','13999999999']");
	used_up(w);
	ask(w, "sh-sales", "record.find", by_mobile,
	    "['not',['=','mobile','13999999999']]");
	used_up(w);
	must(
	    w, "sh-sales", "record.find", by_mobile, "['=','name','查询公司']");
}

/* A preview that asks whether an id is taken is a look-up, and in the log. */
static void test_uniqueness_is_a_look_up(void **state)
{
	struct whole *w = *state;
	static const char make[] = "{'entity':'customer','fields':{'name':'%s',"
				   "'type':'person','category':'regular',"
				   "'source':'phone','id_type':'resident',"
				   "'person_id':'%s'}%s}";
	static const char *const ids[] = { "360426199101010071",
		"11010519491231002X" };
	const char *id;

	next_day(w);
	assert_string_equal(newest(w, "sh-clerk", "record.create"), "");
	must(w, "sh-clerk", "record.create", make, "王小明", ids[1],
	    ",'dry_run':true");
	assert_string_not_equal(newest(w, "sh-clerk", "record.create"), "");
	assert_int_equal(used(w, "sh-clerk", "lookup"), 1);
	/* Stored with it: nothing was found out. */
	must(w, "sh-clerk", "record.create", make, "王小明", ids[0], "");
	assert_int_equal(used(w, "sh-clerk", "lookup"), 1);
	refused(w, "duplicate", "sh-clerk", "record.create", make, "李小红",
	    ids[0], "");
	assert_int_equal(used(w, "sh-clerk", "lookup"), 2);
	refused(w, "duplicate", "sh-clerk", "record.create", make, "李小红",
	    ids[0], ",'dry_run':true");
	/* What is not stored for another fault has been told all the same. */
	refused(
	    w, "invalid", "sh-clerk", "record.create", make, "李", ids[1], "");
	assert_int_equal(used(w, "sh-clerk", "lookup"), 4);
	/* Taken or free, stored or not: one answer. */
	for (unsigned i = 0; i < 4; i++) {
		ask(w, "sh-clerk", "record.create", make, "李小红", ids[i % 2],
		    i < 2 ? ",'dry_run':true" : "");
		used_up(w);
	}
	next_day(w);
	must(w, "sh-clerk", "record.create", make, "李小红", ids[1], "");
	id = at(w, "id");
	assert_int_equal(used(w, "sh-clerk", "lookup"), 0);
	/* A value that goes again has found something out. */
	for (int i = 1; i <= 4; i++) {
		must(w, "sh-clerk", "record.update",
		    "{'entity':'customer','id':'%s','set':{'person_id':'%s'}}",
		    id, i % 2 ? "360426199003070046" : ids[1]);
		assert_int_equal(used(w, "sh-clerk", "lookup"), i);
	}
}

/* L33: that another branch has the code is told, a few times a day. */
static void test_taken_company_wide_codes_are_told_a_few_times(void **state)
{
	struct whole *w = *state;
	static const char make[] = "{'entity':'customer','fields':{'name':'%s',"
				   "'type':'other','category':'regular',"
				   "'source':'phone','external_no':'%s'}%s}";
	static const char *const ways[] = { "", ",'dry_run':true" };

	next_day(w);
	must(w, "hz-manager", "record.create", make, "占号公司", "OLD-1", "");
	for (unsigned i = 0; i < 4; i++)
		refused(w, "duplicate", "sh-manager", "record.create", make,
		    "试号公司", "OLD-1", ways[i % 2]);
	assert_int_equal(used(w, "sh-manager", "lookup"), 4);
	for (unsigned i = 0; i < 4; i++) {
		ask(w, "sh-manager", "record.create", make, "试号公司",
		    i < 2 ? "OLD-1" : "NEW-1", ways[i % 2]);
		used_up(w);
	}
	/* Without a code he goes on. */
	new_customer(w, "sh-manager", "无号公司", "");
}

static void test_batch_asks_as_often_as_its_items(void **state)
{
	struct whole *w = *state;
	static const char item[] =
	    "{'op':'create','entity':'customer','fields':{'name':'批号公司',"
	    "'type':'other','category':'regular','source':'phone',"
	    "'external_no':'OLD-2'}}";

	next_day(w);
	new_customer(w, "hz-manager", "占二公司", ",'external_no':'OLD-2'");
	must(w, "sh-manager", "record.batch", "{'items':[%s,%s,%s]}", item,
	    item, item);
	assert_string_equal(at(w, "items.2.error.code"), "duplicate");
	assert_int_equal(used(w, "sh-manager", "lookup"), 3);
	assert_string_not_equal(newest(w, "sh-manager", "record.batch"), "");
	ask(w, "sh-manager", "record.batch", "{'items':[%s,%s],'dry_run':true}",
	    item, item);
	used_up(w);
	assert_int_equal(used(w, "sh-manager", "lookup"), 4);
}

/* L63: a row that another branch imported. */
static void test_imported_rows_of_others_are_look_ups(void **state)
{
	struct whole *w = *state;
	static const char row[] =
	    "{'entity':'customer','row':'%064d','fields':{'name':'进口公司',"
	    "'type':'other','category':'regular'},'source':'import'%s}";

	next_day(w);
	must(w, "hz-manager", "record.create", row, 7, "");
	must(w, "hz-manager", "record.create", row, 7, "");
	assert_string_equal(at(w, "skipped"), "true");
	assert_int_equal(used(w, "hz-manager", "lookup"), 0);
	for (unsigned i = 0; i < 4; i++)
		refused(w, "duplicate", "sh-manager", "record.create", row, 7,
		    i % 2 ? ",'dry_run':true" : "");
	ask(w, "sh-manager", "record.create", row, 7, "");
	used_up(w);
	ask(w, "sh-manager", "record.create", row, 8, ",'dry_run':true");
	used_up(w);
}

/* Contacts' names are sealed: an equal one is found by those alone who may
 * look it up, never in the pool, where names are masked. */
static void test_likely_duplicates_are_no_oracle_of_masked_names(void **state)
{
	struct whole *w = *state;
	static const char make[] = "{'entity':'contact','fields':{'name':"
				   "'诸葛明月','customer':'%s'}%s}";
	const char *pool, *mine;

	next_day(w);
	pool = new_customer(w, "sh-manager", "公海公司", "");
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':null}}", pool);
	must(w, "sh-manager", "record.create", make, pool, "");
	mine = new_customer(w, "sh-sales", "自有公司", "");
	must(w, "sh-sales", "record.create", make, mine, ",'dry_run':true");
	assert_string_equal(at(w, "duplicates"), "[]");
	must(w, "sh-sales", "record.create", make, mine, "");
	must(w, "sh-sales", "record.create", make, mine, ",'dry_run':true");
	assert_true(strstr(at(w, "duplicates"), "诸葛明月") != NULL);
	assert_int_equal(used(w, "sh-sales", "lookup"), 2);
	assert_int_equal(used(w, "sh-sales", "sealed"), 1);
}

/* --- roles, the log ------------------------------------------------------*/

static void test_second_role_never_narrows(void **state)
{
	struct whole *w = *state;

	next_day(w);
	/* manager 4, clerk 4, finance without a bound. */
	assert_int_equal(used(w, "loader", "lookup"), -1);
	/* finance 0, manager and clerk without a bound. */
	assert_int_equal(used(w, "loader", "sealed"), -1);
	assert_int_equal(used(w, "gm", "sealed"), -1);
	assert_string_equal(at(w, "quota"), "[]");
}

static unsigned told(struct whole *w, const char *method, const char *user)
{
	unsigned count = 0;
	char path[20];

	station_tick(w->station);
	must(w, "auditor", "audit.find", "{'user':'%s','method':'%s'}", user,
	    method);
	for (;; count++) {
		snprintf(path, sizeof path, "rows.%u.method", count);
		if (!*at(w, path))
			return count;
	}
}

static void test_auditor_is_told_once_a_day(void **state)
{
	struct whole *w = *state;
	unsigned nearly, gone;
	const char *id;

	next_day(w);
	id =
	    new_customer(w, "sh-sales2", "告知公司", ",'mobile':'13812345678'");
	nearly = told(w, "quota.nearly", "sh-sales2");
	gone = told(w, "quota.used_up", "sh-sales2");
	for (unsigned i = 1; i <= 9; i++) {
		ask(w, "sh-sales2", "record.get",
		    "{'entity':'customer','id':'%s','fields':['mobile']}", id);
		assert_int_equal(w->ok, i <= 6);
		assert_int_equal(
		    told(w, "quota.nearly", "sh-sales2"), nearly + (i >= 5));
		assert_int_equal(
		    told(w, "quota.used_up", "sh-sales2"), gone + (i >= 6));
	}
	must(w, "auditor", "audit.find",
	    "{'user':'sh-sales2','method':'quota.used_up','limit':1}");
	assert_string_equal(at(w, "rows.0.note"), "sealed: 6 of 6");
	assert_string_equal(at(w, "rows.0.count"), "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_sealed_values_count_each_time_they_are_shown),
		cmocka_unit_test(
		    test_what_does_not_fit_is_refused_whole_and_costs_nothing),
		cmocka_unit_test(test_history_counts_old_and_new),
		cmocka_unit_test(test_changes_show_in_clear_only_what_they_set),
		cmocka_unit_test(test_lists_and_exports_count_what_they_name),
		cmocka_unit_test(test_quota_of_nothing_leaves_masks),
		cmocka_unit_test(test_look_ups_count_whether_they_hit_or_miss),
		cmocka_unit_test(test_uniqueness_is_a_look_up),
		cmocka_unit_test(
		    test_taken_company_wide_codes_are_told_a_few_times),
		cmocka_unit_test(test_batch_asks_as_often_as_its_items),
		cmocka_unit_test(test_imported_rows_of_others_are_look_ups),
		cmocka_unit_test(
		    test_likely_duplicates_are_no_oracle_of_masked_names),
		cmocka_unit_test(test_second_role_never_narrows),
		cmocka_unit_test(test_auditor_is_told_once_a_day),
	};

	return cmocka_run_group_tests(tests, set_up, whole_teardown);
}

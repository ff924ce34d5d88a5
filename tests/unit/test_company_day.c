// SPDX-License-Identifier: MIT
/*
 * The day is the company's: all that is counted, due or told by days turns at
 * midnight in the zone of the schema, which is 16:00 UTC in China.
 */
#include "whole_book.h"

static const char *const lines[][2] = {
	{ "sales", "quota: { sealed: 6 }" },
};

static int set_up(void **state)
{
	struct whole *w = whole_new();

	whole_roles(w, lines, sizeof lines / sizeof *lines);
	*state = w;
	return 0;
}

/* The next request is one second later. */
static void be_at(struct whole *w, const char *instant)
{
	int64_t ms;

	assert_int_equal(instant_parse(bytes_text(instant), &ms), ERR_OK);
	assert_true(ms > w->book->now_ms);
	w->book->now_ms = ms;
}

static const char *pooled(struct whole *w, const char *name)
{
	const char *id = new_customer(w, "sh-manager", name, "");

	must(w, "sh-manager", "customer.release", "{'id':'%s','reason':'公海'}",
	    id);
	return id;
}

static const char *of(struct whole *w, const char *customer, const char *path)
{
	must(
	    w, "gm", "record.get", "{'entity':'customer','id':'%s'}", customer);
	return at(w, path);
}

static void test_claims_are_counted_by_it(void **state)
{
	struct whole *w = *state;
	const char *a = pooled(w, "午夜甲公司"), *b = pooled(w, "午夜乙公司");

	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer','pool':{'limits':[{'key':'few',"
	    "'label':['少','Few'],'a_day':1}]}},'reason':'公海'}");
	be_at(w, "2027-01-15T15:59:50Z");
	must(w, "sh-sales", "customer.claim", "{'id':'%s'}", a);
	refused(w, "invalid", "sh-sales", "customer.claim", "{'id':'%s'}", b);
	assert_true(says(w, "again from 2027-01-16"));
	be_at(w, "2027-01-15T15:59:59Z");
	must(w, "sh-sales", "customer.claim", "{'id':'%s'}", b);
	assert_string_equal(at(w, "today"), "1");
	assert_string_equal(of(w, a, "fields.owner_since"), "2027-01-15");
	assert_string_equal(of(w, b, "fields.owner_since"), "2027-01-16");
}

static void test_quotas_are_counted_by_it(void **state)
{
	struct whole *w = *state;
	const char *a;

	be_at(w, "2027-01-15T15:00:00Z");
	a = new_customer(w, "sh-sales", "限额公司", ",'mobile':'13812345678'");
	for (unsigned i = 0; i < 6; i++)
		must(w, "sh-sales", "record.get",
		    "{'entity':'customer','id':'%s','fields':['mobile']}", a);
	be_at(w, "2027-01-15T15:58:59Z");
	refused(w, "denied", "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['mobile']}", a);
	assert_string_equal(at(w, "retry_after_ms"), "60000");
	be_at(w, "2027-01-15T15:59:59Z");
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['mobile']}", a);
}

static void test_what_was_on_a_day_ends_with_it(void **state)
{
	struct whole *w = *state;
	const char *a;

	be_at(w, "2027-01-15T15:59:00Z");
	a = new_customer(w, "sh-sales", "昨日公司", "");
	be_at(w, "2027-01-15T15:59:59Z");
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'name':'今日公司'}}", a);
	must(w, "gm", "record.get",
	    "{'entity':'customer','id':'%s','at':'2027-01-15'}", a);
	assert_string_equal(at(w, "fields.name"), "昨日公司");
	must(w, "gm", "record.get",
	    "{'entity':'customer','id':'%s','at':'2027-01-16'}", a);
	assert_string_equal(at(w, "fields.name"), "今日公司");
	must(w, "auditor", "user.statistics",
	    "{'user':'sh-sales','from':'2027-01-15','to':'2027-01-15'}");
	assert_string_equal(at(w, "rows.0.records"), "1");
	assert_string_equal(at(w, "rows.0.changes"), "0");
	must(w, "auditor", "user.statistics",
	    "{'user':'sh-sales','from':'2027-01-16'}");
	assert_string_equal(at(w, "to"), "2027-01-16");
	assert_string_equal(at(w, "rows.0.records"), "0");
	assert_string_equal(at(w, "rows.0.changes"), "2");
}

static void test_a_token_lasts_for_its_last_day(void **state)
{
	struct whole *w = *state;

	be_at(w, "2027-01-15T15:59:00Z");
	must(w, "loader", "token.create",
	    "{'name':'ERP','roles':['clerk'],'expires':'2027-01-15',"
	    "'reason':'接口'}");
	assert_string_equal(at(w, "expires"), "2027-01-15T16:00:00.000Z");
}

/* Of the log; whether it is time is looked at every ten minutes. */
static unsigned nights(struct whole *w)
{
	unsigned count = 0;
	char path[24];

	station_tick(w->station);
	/* The worker takes one after the other. */
	must(w, "auditor", "audit.find", "{'limit':1}");
	must(w, "auditor", "audit.find", "{'method':'rule.run'}");
	for (;
	     snprintf(path, sizeof path, "rows.%u.method", count), *at(w, path);
	     count++)
		;
	return count;
}

static void test_the_night_is_the_companys(void **state)
{
	struct whole *w = *state;
	unsigned before;

	w->rpc->options.rules_hour = 2;
	before = nights(w);
	be_at(w, "2027-01-15T17:45:00Z");
	assert_int_equal(nights(w), before);
	be_at(w, "2027-01-15T18:00:00Z");
	assert_int_equal(nights(w), before + 1);
	be_at(w, "2027-01-16T17:45:00Z");
	assert_int_equal(nights(w), before + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, whole_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_claims_are_counted_by_it),
		TEST(test_quotas_are_counted_by_it),
		TEST(test_what_was_on_a_day_ends_with_it),
		TEST(test_a_token_lasts_for_its_last_day),
		TEST(test_the_night_is_the_companys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Every kind of change goes the one way: tried out it stores nothing, done it
 * is one entry with its request id, asked again it is told and not done again.
 */
#include "whole_ask.h"

struct kind {
	const char *login, *method;
	const char *told; /* what the same request tells again */
	bool has_trial;
};

static void assert_goes_the_way(
    struct whole *w, const struct kind *k, const char *params)
{
	unsigned long long before = last(w);
	char first[200];

	if (k->has_trial) {
		must(w, k->login, k->method, "{%s,'dry_run':true}", params);
		assert_int_equal(last(w), before);
	}
	must(w, k->login, k->method, "{%s,'request_id':'%s'}", params,
	    k->method);
	assert_int_equal(last(w), before + 1);
	assert_string_not_equal(at(w, k->told), "");
	snprintf(first, sizeof first, "%s", at(w, k->told));
	must(w, k->login, k->method, "{%s,'request_id':'%s'}", params,
	    k->method);
	assert_int_equal(last(w), before + 1);
	assert_string_equal(at(w, k->told), first);
	refused(w, "invalid", k->login, k->method,
	    "{%s,'request_id':'%s','source':'visit'}", params, k->method);
	assert_string_equal(at(w, "rule"), "request_id");
	must(w, "auditor", "audit.find", "{'from':%llu,'limit':1}", before + 1);
	assert_at(w, "rows.0.method", k->method);
	assert_at(w, "rows.0.request_id", k->method);
}

static void test_records_go_the_way(void **state)
{
	static const char made[] =
	    "'entity':'customer','fields':{'name':'同路公司','type':'other',"
	    "'category':'regular','source':'phone'}";
	struct whole *w = *state;
	char params[200];
	const char *id;

	assert_goes_the_way(w,
	    &(struct kind){ "sh-manager", "record.create", "number", true },
	    made);
	id = new_customer(w, "sh-manager", "改动公司", "");
	snprintf(params, sizeof params,
	    "'entity':'customer','id':'%s','set':{'city':'苏州'}", id);
	assert_goes_the_way(w,
	    &(struct kind){ "sh-manager", "record.update", "version", true },
	    params);
	snprintf(params, sizeof params,
	    "'items':[{'op':'update','entity':'customer','id':'%s',"
	    "'set':{'city':'无锡'}}]",
	    id);
	assert_goes_the_way(w,
	    &(struct kind){
		"sh-manager", "record.batch", "items.0.version", true },
	    params);
	snprintf(params, sizeof params, "'entity':'customer','id':'%s'", id);
	assert_goes_the_way(w,
	    &(struct kind){ "sh-manager", "record.archive", "version", false },
	    params);
}

static void test_mergers_and_undoing_go_the_way(void **state)
{
	struct whole *w = *state;
	const char *one = new_customer(w, "sh-manager", "留下公司", "");
	const char *two = new_customer(w, "sh-manager", "并入公司", "");
	char params[200];

	snprintf(params, sizeof params,
	    "'survivor':'%s','loser':'%s','reason':'重复'", one, two);
	assert_goes_the_way(w,
	    &(struct kind){ "sh-manager", "customer.merge", "merged", true },
	    params);
	snprintf(params, sizeof params, "'loser':'%s','reason':'误并'", two);
	assert_goes_the_way(w,
	    &(struct kind){ "sh-manager", "customer.unmerge", "parted", true },
	    params);
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'扬州'}}", one);
	snprintf(params, sizeof params, "'position':%llu", last(w));
	assert_goes_the_way(w,
	    &(struct kind){
		"sh-manager", "change.undo", "records.0.number", true },
	    params);
}

static void test_an_erasure_goes_the_way(void **state)
{
	struct whole *w = *state;
	char params[200];

	snprintf(params, sizeof params, "'id':'%s','reason':'本人要求'",
	    new_customer(w, "sh-manager", "注销公司", ""));
	assert_goes_the_way(w,
	    &(struct kind){ "privacy", "customer.erase", "number", true },
	    params);
}

/* Of all its parameters, not of those alone that are read first. */
static void test_a_wrong_type_stores_nothing(void **state)
{
	struct whole *w = *state;
	unsigned long long before;

	new_customer(w, "sh-manager", "标签公司", ",'tags':['旧']");
	before = last(w);
	refused(w, "invalid", "sh-manager", "tag.rename",
	    "{'entity':'customer','from':'旧','to':'新','scope':5}");
	assert_int_equal(last(w), before);
	must(w, "sh-manager", "tag.rename",
	    "{'entity':'customer','from':'旧','to':'新'}");
	assert_at(w, "renamed", "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_go_the_way),
		cmocka_unit_test(test_mergers_and_undoing_go_the_way),
		cmocka_unit_test(test_an_erasure_goes_the_way),
		cmocka_unit_test(test_a_wrong_type_stores_nothing),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

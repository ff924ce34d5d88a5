// SPDX-License-Identifier: MIT
/*
 * Rules of business from the outside: applied in versions, told to who may
 * know, tried before they hold, run over the whole book.
 */
#include "whole_ask.h"

#include "common/date.h"
#include "server/rpc/rule_run.h"

/* Of today: in every window. */
static void buy(struct whole *w, const char *customer, const char *price)
{
	char day[DATE_TEXT];

	date_format((int32_t)(w->book->now_ms / 86400000), day);
	new_line(w, new_order(w, customer, day, "confirmed"),
	    new_product(w, "茶"), 1, price);
}

static const char *get(struct whole *w, const char *customer, const char *path)
{
	must(
	    w, "gm", "record.get", "{'entity':'customer','id':'%s'}", customer);
	return at(w, path);
}

/* --- the whole book ------------------------------------------------------*/

#define SHARES                                                                 \
	"'metrics':{'net':{'label':['净','Net'],'sum':['sales']},"            \
	"'abc':{'label':['类','Class'],'class_of':'net','limits':[%s],"       \
	"'border':'%s'}},"                                                     \
	"'list':[{'key':'a','label':['甲','A'],'set':{'grade':'A'},"          \
	"'when':['=','abc',1]},{'key':'b','label':['乙','B'],"                \
	"'set':{'grade':'B'},'when':['=','abc',2]},{'key':'c',"                \
	"'label':['丙','C'],'set':{'grade':'C'}}]"

static void apply_shares(
    struct whole *w, const char *limits, const char *border)
{
	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer'," SHARES "},'reason':'ABC'}", limits,
	    border);
	must(w, "admin", "rule.run", "{}");
}

static void assert_grades(
    struct whole *w, const char *const *customers, const char *grades)
{
	for (unsigned i = 0; grades[i]; i++) {
		char grade[] = { grades[i], 0 };

		assert_string_equal(
		    get(w, customers[i], "fields.grade"), grade);
	}
}

/* 40 + 40 are the 80 of 100: the second fills the class, equal ones are
 * together. */
static void test_shares_and_their_borders(void **state)
{
	static const char *const amounts[] = { "40.00", "40.00", "10.00",
		"6.00", "4.00" };
	struct whole *w = *state;
	const char *customers[6];
	char name[40];

	for (unsigned i = 0; i < 6; i++) {
		snprintf(name, sizeof name, "份额%u公司", i);
		customers[i] = new_customer(w, "loader", name, "");
		if (i < 5)
			buy(w, customers[i], amounts[i]);
	}
	apply_shares(w, "80,95", "incl");
	/* Before the third lie 80 %: he is past the limit. */
	assert_grades(w, customers, "AABBCC");
	apply_shares(w, "50,95", "incl");
	/* The second crosses 50 %, and fills it. */
	assert_grades(w, customers, "AABBCC");
	apply_shares(w, "50,95", "below");
	/* The first has 40 %, and who has as much is where he is. */
	assert_grades(w, customers, "AABCCC");
	apply_shares(w, "39,95", "below");
	assert_grades(w, customers, "BBBCCC");
}

static void test_a_run_tells_what_it_did(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "loader", "运行公司", "");

	apply_shares(w, "80,95", "incl");
	assert_string_equal(get(w, customer, "fields.grade"), "C");
	buy(w, customer, "100000.00");
	/* Shares wait for the run. */
	assert_string_equal(get(w, customer, "fields.grade"), "C");
	must(w, "admin", "rule.run", "{'reason':'月底'}");
	assert_string_equal(get(w, customer, "fields.grade"), "A");
	must(w, "gm", "rule.explain", "{'id':'%s'}", customer);
	assert_string_equal(at(w, "rows.0.rule"), "a");
	assert_string_equal(at(w, "rows.0.by_run"), "true");
	assert_string_equal(at(w, "rows.0.numbers.0.name"), "abc");
	assert_string_equal(at(w, "rows.0.numbers.0.value"), "1");
	must(w, "gm", "record.history", "{'entity':'customer','id':'%s'}",
	    customer);
	assert_true(says(w, "\"source\":\"rule\""));
	assert_true(says(w, "rule a, version"));
}

/* What a run moves bears who asked for it, and its records. */
static void test_a_run_bears_who_asked_for_it(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "loader", "署名公司", "");

	apply_shares(w, "80,95", "incl");
	buy(w, customer, "70000.00");
	must(w, "admin", "rule.run", "{}");
	must(w, "auditor", "audit.find",
	    "{'method':'rule.run','entity':'customer','id':'%s'}", customer);
	assert_string_equal(at(w, "rows.0.user"), "admin");
	must(w, "gm", "record.history", "{'entity':'customer','id':'%s'}",
	    customer);
	assert_true(says(w, "\"user\":\"admin\""));
}

/* Nobody's session is unused for a month. */
static void live_on(struct whole *w)
{
	static const char *const people[] = { "admin", "gm", "auditor",
		"loader", "privacy", "finance", "sh-manager", "sh-sales",
		"sh-clerk", "hz-sales" };

	w->book->now_ms += INT64_C(20) * 86400000;
	for (unsigned i = 0; i < sizeof people / sizeof *people; i++)
		must(w, people[i], "session.whoami", "{}");
}

static void night(struct whole *w)
{
	w->rpc->options.rules_hour = 0;
	station_tick(w->station);
	/* The worker takes one after the other. */
	must(w, "auditor", "audit.find", "{'limit':1}");
	w->rpc->options.rules_hour = 24;
}

/* By the rules that come with the book: nobody has to ask who is late. */
static void test_the_night_marks_who_is_late_for_review(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "逾审公司", "");
	char day[DATE_TEXT];

	date_format((int32_t)(w->book->now_ms / 86400000) + 18, day);
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'review_due_at':'%s',"
	    "'tags':['老客户']}}",
	    customer, day);
	night(w);
	assert_string_equal(get(w, customer, "fields.tags"), "[\"老客户\"]");
	live_on(w);
	night(w);
	assert_string_equal(
	    get(w, customer, "fields.tags"), "[\"老客户\",\"审核逾期\"]");
	live_on(w);
	night(w);
	assert_string_equal(get(w, customer, "fields.tags"),
	    "[\"老客户\",\"审核逾期\",\"审核逾期超一周\"]");
	must(w, "sh-manager", "record.history",
	    "{'entity':'customer','id':'%s','field':'tags'}", customer);
	assert_true(says(w, "review_too_late"));
	must(w, "sh-manager", "record.create",
	    "{'entity':'review','fields':{'customer':'%s','result':"
	    "'passed'}}",
	    customer);
	assert_string_equal(get(w, customer, "fields.tags"), "[\"老客户\"]");
}

static void test_the_night_runs_what_time_changed(void **state)
{
	struct whole *w = *state;
	const char *customer;

	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer','metrics':{'year':{'label':['年',"
	    "'Year'],'sum':['orders'],'months':12}},'list':[{'key':'b',"
	    "'label':['乙','B'],'set':{'grade':'B'},'when':['>','year',0]},"
	    "{'key':'c','label':['丙','C'],'set':{'grade':'C'}}]},"
	    "'reason':'x'}");
	customer = new_customer(w, "loader", "久别公司", "");
	buy(w, customer, "10.00");
	assert_string_equal(get(w, customer, "fields.grade"), "B");
	for (unsigned i = 0; i < 20; i++)
		live_on(w);
	night(w);
	assert_string_equal(get(w, customer, "fields.grade"), "C");
}

static enum err stop_at_once(void *ctx)
{
	(void)ctx;
	return ERR_UNAVAILABLE;
}

static void test_a_run_that_was_left_is_due_again(void **state)
{
	static const struct caller nobody = { .login = "",
		.roles = "",
		.branch_code = "",
		.peer = "",
		.source = "rule" };
	const struct draft draft = { .method = "rule.run" };
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "续跑公司", "");
	size_t moved;
	bool done;

	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer','list':[{'key':'t','label':['甲',"
	    "'T'],'set':{'tags':'续跑'}}]},'reason':'x'}");
	w->book->now_ms += 1000;
	w->desk.leave = (struct leave){ stop_at_once, w, 0 };
	assert_int_equal(desk_refresh(&w->desk), ERR_OK);
	assert_int_equal(
	    rule_run(&w->desk, &nobody, &draft, &moved), ERR_UNAVAILABLE);
	assert_int_equal(desk_refresh(&w->desk), ERR_OK);
	assert_int_equal(
	    rule_run_is_done(&w->desk, w->book->now_ms, &done), ERR_OK);
	assert_false(done);
	w->desk.leave.ask = NULL;
	assert_int_equal(rule_run(&w->desk, &nobody, &draft, &moved), ERR_OK);
	assert_int_equal(desk_refresh(&w->desk), ERR_OK);
	assert_int_equal(
	    rule_run_is_done(&w->desk, w->book->now_ms, &done), ERR_OK);
	assert_true(done);
	assert_true(strstr(get(w, customer, "fields.tags"), "续跑") != NULL);
}

/* --- applying ------------------------------------------------------------*/

static void test_versions_are_counted_and_kept(void **state)
{
	struct whole *w = *state;
	char *before;
	int version;

	must(w, "admin", "rule.list", "{}");
	before = strdup(w->text);
	version = atoi(at(w, "version"));
	must(w, "admin", "rule.apply",
	    "{'rule':{'key':'vip','label':['贵','Vip'],'set':{'category':'vip'}"
	    ",'when':['=','industry','J']},'reason':'金融'}");
	assert_int_equal(atoi(at(w, "version")), version + 1);
	assert_string_equal(at(w, "changes.0.rule"), "vip");
	assert_string_equal(at(w, "changes.0.change"), "new");
	must(w, "admin", "rule.list", "{'version':%d}", version);
	assert_true(strstr(before, w->text + strlen("{\"version\":1")));
	refused(w, "not_found", "gm", "rule.list", "{'version':%d}", version);
	must(w, "admin", "rule.apply", "{'remove':'vip'}");
	assert_string_equal(at(w, "changes.0.change"), "removed");
	refused(w, "not_found", "admin", "rule.apply", "{'remove':'vip'}");
	free(before);
}

static void test_what_cannot_be_is_refused(void **state)
{
	static const char *const rules[] = {
		"'set':{'mobile':'13800138000'}", /* sealed */
		"'set':{'name':'x'}",             /* names him */
		"'set':{'status':'archived'}",
		"'set':{'grade':'Z'}",
		"'set':{'grade':'A'},'when':['>','credit_limit','1']",
		"'set':{'grade':'A'},'when':['=','no_such','x']",
		"'set':{'type':'person'}", /* what kind of record */
		"'set':{}",
		"'set':{'owner':'gm'}",
	};
	struct whole *w = *state;

	for (unsigned i = 0; i < sizeof rules / sizeof *rules; i++) {
		refused(w, "invalid", "admin", "rule.apply",
		    "{'rule':{'key':'k','label':['甲','K'],%s},'reason':'x',"
		    "'declassify':true}",
		    rules[i]);
		assert_string_equal(at(w, "errors.0.rule"), "rules");
	}
	refused(w, "denied", "gm", "rule.apply", "{'remove':'a'}");
	refused(w, "invalid", "admin", "rule.apply", "{}");
}

/* Support reads tags and not money. */
static void test_telling_is_answered_for(void **state)
{
	static const char rule[] =
	    "'rule':{'key':'owing','label':['欠','Owes'],'set':{'tags':'欠款'},"
	    "'when':['>','paid_all',0]}";
	struct whole *w = *state;

	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer','metrics':{'paid_all':{'label':['收',"
	    "'Paid'],'sum':['paid']}},'list':[]},'reason':'x'}");
	refused(w, "invalid", "admin", "rule.apply", "{%s,'reason':'x'}", rule);
	assert_string_equal(at(w, "errors.0.rule"), "declassify");
	assert_string_equal(at(w, "errors.0.field"), "tags");
	assert_true(says(w, "class money"));
	refused(w, "invalid", "admin", "rule.apply", "{%s,'declassify':true}",
	    rule);
	must(w, "admin", "rule.apply",
	    "{%s,'declassify':true,'reason':'客服需要'}", rule);
	assert_string_equal(at(w, "declassified.0.class"), "money");
	must(w, "auditor", "audit.find", "{'method':'rule.apply'}");
	assert_true(says(w, "declassified: money in tags"));
	/* A rule that is off tells nothing yet. */
	must(w, "admin", "rule.apply",
	    "{'rule':{'key':'off','off':true,'label':['关','Off'],'set':"
	    "{'category':'vip'},'when':['>','paid_all',0]},'reason':'x'}");
	/* It stays answered for. */
	must(w, "admin", "rule.apply", "{'remove':'owing','reason':'x'}");
	must(w, "admin", "rule.apply", "{%s,'reason':'x'}", rule);
}

/* --- knowing -------------------------------------------------------------*/

/* Whoever reads no order hears of no rule over orders, nor of its numbers. */
static void test_hidden_inputs_are_not_told(void **state)
{
	struct whole *w = *state;
	const char *customer =
	    new_customer(w, "loader", "知情公司", ",'owner':'sh-sales'");

	apply_shares(w, "80,95", "incl");
	buy(w, customer, "50.00");
	must(w, "gm", "rule.list", "{}");
	assert_true(says(w, "\"rule\":\"a\""));
	assert_false(says(w, "document"));
	must(w, "privacy", "rule.list", "{}");
	assert_false(says(w, "\"rule\":\"a\""));
	must(w, "privacy", "rule.explain", "{'id':'%s'}", customer);
	assert_string_equal(at(w, "rows.0.field"), "grade");
	assert_false(says(w, "abc"));
	refused(w, "unknown", "privacy", "rule.simulate", "{}");
	refused(w, "denied", "sh-manager", "rule.simulate", "{}");
	refused(w, "unknown", "admin", "rule.explain", "{'id':'%s'}", customer);
	refused(w, "not_found", "hz-sales", "rule.explain", "{'id':'%s'}",
	    customer);
	refused(w, "denied", "gm", "rule.run", "{}");
}

/* A rule that somebody makes up tells him no hidden field from a misspelt
 * one, sealed or not; who makes rules is told what is wrong. */
static void test_a_made_up_rule_names_no_hidden_field(void **state)
{
	struct whole *w = *state;
	static const char rule[] =
	    "{'rule':{'key':'t','label':['标','T'],'set':{'grade':'A'},"
	    "'when':['=','%s','x']}}";
	static const char *const hidden[] = { "credit_grade", "release_until",
		"person_id", "no_such" };
	char *first = NULL;

	for (unsigned i = 0; i < 4; i++) {
		refused(
		    w, "unknown", "sh-sales", "rule.simulate", rule, hidden[i]);
		if (!first)
			first = strdup(w->text);
		assert_string_equal(w->text, first);
	}
	free(first);
	refused(w, "invalid", "admin", "rule.simulate", rule, "no_such");
}

static void test_a_rule_in_force_names_no_hidden_field(void **state)
{
	struct whole *w = *state;

	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer','list':[{'key':'t','label':['标','T']"
	    ",'set':{'tags':'现结'},'when':['empty','release_until']}]},"
	    "'declassify':true,'reason':'x'}");
	refused(w, "unknown", "sh-sales", "rule.simulate", "{}");
	assert_string_equal(at(w, "field"), "rule");
	must(w, "sh-manager", "rule.simulate", "{'scope':'branch'}");
}

static void test_simulation_moves_nobody(void **state)
{
	struct whole *w = *state;
	const char *customer =
	    new_customer(w, "loader", "模拟公司", ",'owner':'sh-sales'");

	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer','list':[]},'reason':'x'}");
	must(w, "sh-sales", "rule.simulate",
	    "{'document':{'of':'customer','list':[{'key':'t','label':['标','T']"
	    ",'set':{'tags':'新标签'},'when':['=','city','']},{'key':'g',"
	    "'label':['级','G'],'set':{'category':'vip'},'when':['!=',"
	    "'category','vip']}]}}");
	assert_string_equal(at(w, "moves.0.field"), "category");
	assert_string_equal(at(w, "moves.0.new"), "vip");
	assert_true(says(w, "模拟公司"));
	assert_string_equal(get(w, customer, "fields.category"), "regular");
}

static void test_a_class_gets_its_policy(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "loader", "政策公司", "");

	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'category':'vip'}}",
	    customer);
	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer','attributes':{'discount':['折扣',"
	    "'Discount']},'policies':[{'key':'v','label':['贵','Vip'],'when':"
	    "['=','category','vip'],'give':{'discount':'8%%'}},{'key':'r',"
	    "'label':['余','Rest'],'give':{'discount':'0%%'}}]},'reason':'x'}");
	must(w, "gm", "customer.policy", "{'id':'%s'}", customer);
	assert_string_equal(at(w, "rows.0.value"), "8%");
	assert_string_equal(at(w, "rows.0.policy"), "v");
	customer = new_customer(w, "loader", "平常公司", "");
	must(w, "gm", "customer.policy", "{'id':'%s'}", customer);
	assert_string_equal(at(w, "rows.0.value"), "0%");
}

/* --- what is sealed ------------------------------------------------------*/

#define BAD_CREDIT                                                             \
	"'document':{'of':'customer','list':[{'key':'bad','label':['差',"     \
	"'Bad'],'set':{'grade':'D'},'when':['in','credit_grade',['C','D']]},"  \
	"{'key':'rest','label':['余','Rest'],'set':{'grade':'B'}}]}"

static void credit(struct whole *w, const char *customer, const char *grade)
{
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'评','set':{"
	    "'credit_grade':'%s'}}",
	    customer, grade);
}

static void test_a_sealed_field_decides_where_somebody_answers(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "评级公司", "");

	refused(w, "invalid", "admin", "rule.apply", "{" BAD_CREDIT "}");
	assert_string_equal(at(w, "rule"), "declassify");
	must(w, "admin", "rule.apply",
	    "{" BAD_CREDIT ",'declassify':true,'reason':'风控'}");
	assert_string_equal(at(w, "declassified.0.class"), "credit");
	credit(w, customer, "AA");
	assert_string_equal(get(w, customer, "fields.grade"), "B");
	credit(w, customer, "D");
	assert_string_equal(get(w, customer, "fields.grade"), "D");
	credit(w, customer, "A");
	must(w, "admin", "rule.run", "{}");
	assert_string_equal(get(w, customer, "fields.grade"), "B");
}

/* Which rule it was tells of the sealed field; so does a policy by it. */
static void test_the_sealed_part_is_told_to_its_readers(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "评级二公司", "");

	must(w, "admin", "rule.apply",
	    "{" BAD_CREDIT ",'declassify':true,'reason':'风控'}");
	credit(w, customer, "D");
	must(w, "sh-sales", "rule.explain", "{'id':'%s'}", customer);
	assert_string_equal(at(w, "rows"), "[]");
	must(w, "sh-sales", "rule.list", "{}");
	assert_false(says(w, "credit_grade"));
	must(w, "gm", "rule.explain", "{'id':'%s'}", customer);
	assert_string_equal(at(w, "rows.0.rule"), "bad");
	assert_string_equal(at(w, "rows.0.numbers.0.value"), "D");
	must(w, "auditor", "audit.find", "{'method':'rule.explain'}");
	assert_true(says(w, "credit_grade"));

	refused(w, "unknown", "sh-sales", "rule.simulate",
	    "{" BAD_CREDIT ",'scope':'own'}");
	must(w, "gm", "rule.simulate",
	    "{'rule':{'key':'bad','label':['差','Bad'],'set':{'grade':'C'},"
	    "'when':['=','credit_grade','D']}}");
	assert_true(says(w, customer));
	must(w, "auditor", "audit.find", "{'method':'rule.simulate'}");
	assert_true(says(w, "weighs sealed values"));
	refused(w, "invalid", "admin", "rule.apply",
	    "{'document':{'of':'customer','attributes':{'x':['甲','X']},"
	    "'policies':[{'key':'p','label':['甲','P'],'give':{'x':'1'},"
	    "'when':['=','credit_grade','D']}]}}");
}

/* He reads what the rule sets and not what it weighs: he would ask by it. */
static void test_who_would_be_told_does_not_make_the_rule(void **state)
{
	struct whole *w = *state;

	must(w, "admin", "role.apply",
	    "{'role':'clerk','label':['录入','Clerk'],'rights':['rules'],"
	    "'grants':[{'on':'branch','levels':{'identity':'write','class':"
	    "'read'}}]}");
	refused(w, "denied", "sh-clerk", "rule.apply",
	    "{" BAD_CREDIT ",'declassify':true,'reason':'试'}");
	assert_string_equal(at(w, "rule"), "self");
	must(w, "admin", "role.apply",
	    "{'role':'clerk','label':['录入','Clerk'],'rights':['rules'],"
	    "'grants':[{'on':'branch','levels':{'identity':'write','class':"
	    "'read','credit':'read'}}]}");
	must(w, "sh-clerk", "rule.apply",
	    "{" BAD_CREDIT ",'declassify':true,'reason':'定'}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_night_marks_who_is_late_for_review),
		cmocka_unit_test(test_shares_and_their_borders),
		cmocka_unit_test(test_a_run_tells_what_it_did),
		cmocka_unit_test(test_a_run_bears_who_asked_for_it),
		cmocka_unit_test(test_the_night_runs_what_time_changed),
		cmocka_unit_test(test_a_run_that_was_left_is_due_again),
		cmocka_unit_test(test_versions_are_counted_and_kept),
		cmocka_unit_test(test_what_cannot_be_is_refused),
		cmocka_unit_test(test_telling_is_answered_for),
		cmocka_unit_test(test_hidden_inputs_are_not_told),
		cmocka_unit_test(test_a_made_up_rule_names_no_hidden_field),
		cmocka_unit_test(test_a_rule_in_force_names_no_hidden_field),
		cmocka_unit_test(test_simulation_moves_nobody),
		cmocka_unit_test(test_a_class_gets_its_policy),
		cmocka_unit_test(
		    test_a_sealed_field_decides_where_somebody_answers),
		cmocka_unit_test(test_the_sealed_part_is_told_to_its_readers),
		cmocka_unit_test(test_who_would_be_told_does_not_make_the_rule),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

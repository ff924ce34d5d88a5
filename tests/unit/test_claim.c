// SPDX-License-Identifier: MIT
/*
 * The pool: who claims whom within which bounds, and who falls back by itself.
 */
#include "whole_book.h"

#include "common/date.h"
#include "server/book/rule_moves.h"

#define DAY_MS INT64_C(86400000)

static const char *pooled(struct whole *w, const char *name)
{
	const char *id = new_customer(w, "sh-manager", name, "");

	must(w, "sh-manager", "customer.release", "{'id':'%s','reason':'公海'}",
	    id);
	return id;
}

static const char *of_customer(
    struct whole *w, const char *customer, const char *path)
{
	must(
	    w, "gm", "record.get", "{'entity':'customer','id':'%s'}", customer);
	return at(w, path);
}

static void assert_owner(
    struct whole *w, const char *customer, const char *owner)
{
	assert_string_equal(of_customer(w, customer, "fields.owner"), owner);
}

/* Nobody's session is unused for a month. */
static void pass_days(struct whole *w, int days)
{
	static const char *const people[] = { "admin", "gm", "auditor",
		"loader", "finance", "sh-manager", "sh-sales", "sh-support",
		"hz-sales" };

	for (; days > 0; days -= 20) {
		w->book->now_ms += (days < 20 ? days : 20) * DAY_MS;
		for (unsigned i = 0; i < sizeof people / sizeof *people; i++)
			must(w, people[i], "session.whoami", "{}");
	}
}

static const char *day_of(struct whole *w, int days_on)
{
	static char day[DATE_TEXT];

	date_format((int32_t)(w->book->now_ms / DAY_MS) + days_on, day);
	return day;
}

/* Rules that are nothing but the pool's. */
static void apply_pool(struct whole *w, const char *pool)
{
	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer','pool':{%s}},'reason':'公海'}", pool);
}

static void night(struct whole *w)
{
	must(w, "admin", "rule.run", "{}");
}

static void claim(struct whole *w, const char *login, const char *customer)
{
	must(w, login, "customer.claim", "{'id':'%s'}", customer);
}

static void no_claim(
    struct whole *w, const char *login, const char *customer, const char *rule)
{
	refused(w, "invalid", login, "customer.claim", "{'id':'%s'}", customer);
	assert_string_equal(at(w, "rule"), rule);
}

/* --- claiming ------------------------------------------------------------*/

static void test_claim_counts_and_makes_him_the_owner(void **state)
{
	struct whole *w = *state;
	const char *customer = pooled(w, "领取公司");

	assert_owner(w, customer, "");
	must(w, "sh-sales", "customer.claim", "{'id':'%s','dry_run':true}",
	    customer);
	assert_owner(w, customer, "");
	claim(w, "sh-sales", customer);
	assert_string_equal(at(w, "today"), "1");
	assert_string_equal(at(w, "a_day"), "20");
	assert_string_equal(at(w, "owned"), "1");
	assert_owner(w, customer, "sh-sales");
	assert_string_equal(
	    of_customer(w, customer, "fields.owner_since"), day_of(w, 0));
	no_claim(w, "sh-sales", customer, "pool_owner");
}

/* The pool of his own branch, with the right in the grant: nobody else. */
static void test_claim_needs_the_right_in_the_row(void **state)
{
	struct whole *w = *state;
	const char *customer = pooled(w, "权限公司");

	refused(w, "not_found", "hz-sales", "customer.claim", "{'id':'%s'}",
	    customer);
	refused(w, "denied", "gm", "customer.claim", "{'id':'%s'}", customer);
	refused(w, "invalid", "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner_since':'2020-01-01'}"
	    "}",
	    customer);
	assert_owner(w, customer, "");
}

static void test_same_request_claims_once(void **state)
{
	struct whole *w = *state;
	const char *customer = pooled(w, "重发公司");
	const char *other = pooled(w, "重发乙公司");

	for (unsigned i = 0; i < 3; i++)
		must(w, "sh-sales", "customer.claim",
		    "{'id':'%s','request_id':'r1'}", customer);
	assert_string_equal(at(w, "today"), "1");
	claim(w, "sh-sales", other);
	assert_string_equal(at(w, "today"), "2");
}

static void test_a_new_day_opens_at_midnight(void **state)
{
	struct whole *w = *state;
	const char *a = pooled(w, "每日甲公司"), *b = pooled(w, "每日乙公司");

	apply_pool(w, "'limits':[{'key':'few','label':['少','Few'],"
		      "'a_day':1}]");
	claim(w, "sh-sales", a);
	no_claim(w, "sh-sales", b, "pool_day");
	assert_true(says(w, day_of(w, 1)));
	assert_true(says(w, "rule few"));
	/* Taking it back, or giving it away, opens nothing. */
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':null}}", a);
	no_claim(w, "sh-sales", b, "pool_day");
	pass_days(w, 1);
	claim(w, "sh-sales", b);
}

static void test_archived_customers_are_owned_still(void **state)
{
	struct whole *w = *state;
	const char *a = pooled(w, "持有甲公司"), *b = pooled(w, "持有乙公司");
	const char *given = pooled(w, "持有丙公司");

	apply_pool(w, "'limits':[{'key':'few','label':['少','Few'],"
		      "'owned':1}]");
	claim(w, "sh-sales", a);
	no_claim(w, "sh-sales", b, "pool_owned");
	must(w, "sh-sales", "record.archive",
	    "{'entity':'customer','id':'%s','reason':'停业'}", a);
	no_claim(w, "sh-sales", b, "pool_owned");
	must(w, "sh-sales", "customer.release", "{'id':'%s','reason':'停业'}",
	    a);
	claim(w, "sh-sales", b);
	assert_string_equal(at(w, "most"), "1");
	/* A hand-over is no claim, and is not refused. */
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'sh-sales'}}",
	    given);
	assert_owner(w, given, "sh-sales");
}

static void test_who_lost_him_waits(void **state)
{
	struct whole *w = *state;
	const char *customer = pooled(w, "冷却公司");

	claim(w, "sh-sales", customer);
	must(w, "sh-sales", "customer.release", "{'id':'%s','reason':'无意向'}",
	    customer);
	no_claim(w, "sh-sales", customer, "pool_again");
	assert_true(says(w, day_of(w, 30)));
	pass_days(w, 29);
	no_claim(w, "sh-sales", customer, "pool_again");
	pass_days(w, 1);
	claim(w, "sh-sales", customer);
}

/* Whoever may only claim has no other way to a customer of the pool. */
static void test_nothing_else_takes_from_the_pool(void **state)
{
	struct whole *w = *state;
	const char *customer = pooled(w, "旁路公司"), *released;
	const char *own = new_customer(w, "sh-sales", "自有公司", "");

	must(w, "sh-manager", "change.list", "{'limit':1}");
	released = at(w, "rows.0.position");
	refused(w, "denied", "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'sh-sales'}}",
	    customer);
	refused(w, "denied", "sh-sales", "record.batch",
	    "{'atomic':true,'source':'import','items':[{'op':'update',"
	    "'entity':'customer','id':'%s','set':{'owner':'sh-sales'}}]}",
	    customer);
	refused(w, "denied", "sh-sales", "customer.merge",
	    "{'survivor':'%s','loser':'%s','reason':'并'}", own, customer);
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'sh-sales'}}",
	    customer);
	must(w, "sh-sales", "customer.release", "{'id':'%s','reason':'放'}",
	    customer);
	must(w, "sh-sales", "change.list", "{'limit':1}");
	refused(w, "denied", "sh-sales", "change.undo",
	    "{'position':%s,'reason':'反悔'}", at(w, "rows.0.position"));
	refused(w, "not_found", "sh-sales", "change.undo",
	    "{'position':%s,'reason':'别人的'}", released);
	assert_owner(w, customer, "");
}

/* It takes no change at all. */
static void test_what_is_withdrawn_is_not_given_up(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "撤回公司", "");

	must(w, "sh-sales", "change.list", "{'limit':1}");
	must(w, "sh-sales", "change.undo", "{'position':%s,'reason':'x'}",
	    at(w, "rows.0.position"));
	refused(w, "invalid", "sh-sales", "customer.release",
	    "{'id':'%s','reason':'x'}", id);
	assert_string_equal(at(w, "rule"), "pool_closed");
}

/* Merging him away does not make another of him. */
static void test_who_was_given_up_waits_under_another_number(void **state)
{
	struct whole *w = *state;
	const char *given_up = new_customer(w, "sh-sales", "放弃公司", ""),
		   *other = pooled(w, "合并公司");

	must(w, "sh-sales", "customer.release", "{'id':'%s','reason':'x'}",
	    given_up);
	must(w, "sh-manager", "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'同一家'}", given_up,
	    other);
	no_claim(w, "sh-sales", other, "pool_again");
	must(w, "sh-manager", "customer.unmerge",
	    "{'loser':'%s','reason':'两家'}", given_up);
	claim(w, "sh-sales", other);
}

/* A slip in a role's name opens nothing. */
static void test_whom_no_limit_is_for_claims_nobody(void **state)
{
	struct whole *w = *state;
	const char *customer = pooled(w, "无规公司");

	apply_pool(w, "'limits':[{'key':'few','label':['少','Few'],"
		      "'roles':['slaes']}]");
	no_claim(w, "sh-sales", customer, "pool_limit");
	apply_pool(w, "'limits':[{'key':'few','label':['少','Few'],"
		      "'roles':['clerk','sales']}]");
	claim(w, "sh-sales", customer);
	assert_string_equal(at(w, "a_day"), "null");
}

static void test_release_says_why_and_is_the_owners(void **state)
{
	struct whole *w = *state;
	const char *customer = pooled(w, "释放公司");

	refused(w, "invalid", "sh-manager", "customer.release",
	    "{'id':'%s','reason':'再放'}", customer);
	assert_string_equal(at(w, "rule"), "pool_owner");
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'sh-sales'}}",
	    customer);
	refused(w, "invalid", "sh-sales", "customer.release", "{'id':'%s'}",
	    customer);
	refused(w, "denied", "gm", "customer.release",
	    "{'id':'%s','reason':'不是我的'}", customer);
	must(w, "sh-sales", "customer.release", "{'id':'%s','reason':'无意向'}",
	    customer);
	assert_owner(w, customer, "");
}

/* --- falling back --------------------------------------------------------*/

static void test_idle_prospect_falls_back_by_rule(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "闲置公司", "");

	pass_days(w, 89);
	night(w);
	assert_owner(w, customer, "sh-sales");
	pass_days(w, 1);
	night(w);
	assert_owner(w, customer, "");
	must(w, "gm", "record.history",
	    "{'entity':'customer','id':'%s','field':'owner'}", customer);
	assert_true(says(w, "rule idle_prospect, version"));
	assert_true(says(w, "\"source\":\"rule\""));
	no_claim(w, "sh-sales", customer, "pool_again");
}

static void test_what_happened_keeps_him(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "跟进公司", "");
	const char *best = new_customer(w, "sh-sales", "贵宾公司", "");
	const char *buyer = new_customer(w, "sh-sales", "成交公司", "");

	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'category':'vip'}}", best);
	must(w, "loader", "record.create",
	    "{'entity':'order','fields':{'customer':'%s','date':'%s',"
	    "'status':'confirmed'}}",
	    buyer, day_of(w, 0));
	pass_days(w, 80);
	must(w, "sh-sales", "record.create",
	    "{'entity':'activity','fields':{'customer':'%s','kind':'phone',"
	    "'content':'问候'}}",
	    customer);
	pass_days(w, 60);
	night(w);
	assert_owner(w, customer, "sh-sales");
	assert_owner(w, best, "sh-sales");
	assert_owner(w, buyer, "sh-sales");
	pass_days(w, 30);
	night(w);
	assert_owner(w, customer, "");
	assert_owner(w, best, "sh-sales");
	assert_owner(w, buyer, "sh-sales");
}

/* A payment, and a stage that an opportunity enters; not that it is looked
 * over. */
static void test_payments_and_stages_keep_him(void **state)
{
	struct whole *w = *state;
	const char *payer = new_customer(w, "sh-sales", "付款公司", "");
	const char *hot = new_customer(w, "sh-sales", "商机公司", "");
	const char *cold = new_customer(w, "sh-sales", "旧商机公司", "");
	const char *moved, *touched;

	must(w, "sh-sales", "record.create",
	    "{'entity':'opportunity','fields':{'customer':'%s','name':'采购'}}",
	    hot);
	moved = at(w, "number");
	must(w, "sh-sales", "record.create",
	    "{'entity':'opportunity','fields':{'customer':'%s','name':'采购'}}",
	    cold);
	touched = at(w, "number");
	pass_days(w, 80);
	must(w, "finance", "record.create",
	    "{'entity':'payment','fields':{'customer':'%s','date':'%s',"
	    "'amount':'10'}}",
	    payer, day_of(w, 0));
	must(w, "sh-sales", "record.update",
	    "{'entity':'opportunity','id':'%s','set':{'stage':'qualified'}}",
	    moved);
	assert_string_equal(at(w, "fields.stage_since"), day_of(w, 0));
	must(w, "sh-sales", "record.update",
	    "{'entity':'opportunity','id':'%s','set':{'prob':40}}", touched);
	pass_days(w, 60);
	night(w);
	assert_owner(w, payer, "sh-sales");
	assert_owner(w, hot, "sh-sales");
	assert_owner(w, cold, "");
	pass_days(w, 30);
	night(w);
	assert_owner(w, payer, "");
	assert_owner(w, hot, "");
}

/* The run's plan stands or falls with what it was reckoned from. */
static void test_call_in_the_same_moment_keeps_him(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "同时公司", "");
	const struct work_options options = { .dry_run = false };
	const struct draft draft = { .method = "rule.run" };
	struct arena *a = &w->book->arena;
	struct plan *p = plan_new(a);
	struct touched touched;
	struct findings found;
	struct caller who;
	struct work work;
	uint64_t id;

	assert_true(id_parse(bytes_text(at(w, "id")), &id));
	pass_days(w, 90);
	who = whole_caller(w, "gm");
	findings_init(&found, a);
	work_init(&work, &w->desk, &who, a, &found, &options, NULL, 0);
	assert_int_equal(
	    moves_apply(
		&work, directory_schema(w->desk.directory)->rules, NULL, id),
	    ERR_OK);
	assert_int_equal(work_save(&work, p, &touched), ERR_OK);
	assert_int_equal(touched.count, 1);
	assert_int_equal(draft_plan(&draft, p), ERR_OK);
	must(w, "sh-sales", "record.create",
	    "{'entity':'activity','fields':{'customer':'%s','kind':'phone',"
	    "'content':'问候'}}",
	    customer);
	assert_int_equal(store_commit(w->book->store, p), ERR_CONFLICT);
	assert_owner(w, customer, "sh-sales");
}

static void test_new_owner_begins_anew(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-manager", "移交公司", "");

	pass_days(w, 60);
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'sh-sales'}}",
	    customer);
	/* To confirm the owner is no new one. */
	pass_days(w, 60);
	must(w, "sh-manager", "record.confirm",
	    "{'entity':'customer','id':'%s','fields':['owner']}", customer);
	night(w);
	assert_owner(w, customer, "sh-sales");
	pass_days(w, 30);
	night(w);
	assert_owner(w, customer, "");
}

/* --- telling before ------------------------------------------------------*/

static void test_owner_is_warned_before(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "预警公司", "");

	pass_days(w, 82);
	must(w, "sh-sales", "pool.due", "{}");
	assert_false(says(w, customer));
	pass_days(w, 1);
	must(w, "sh-sales", "pool.due", "{}");
	assert_string_equal(at(w, "rows.0.number"), customer);
	assert_string_equal(at(w, "rows.0.rule"), "idle_prospect");
	assert_string_equal(at(w, "rows.0.day"), day_of(w, 7));
	must(w, "sh-manager", "pool.due", "{'user':'sh-sales'}");
	assert_true(says(w, customer));
	must(w, "sh-manager", "pool.due", "{}");
	assert_false(says(w, customer));
	/* Who may not know all that decides is not told. */
	must(w, "sh-support", "pool.due", "{'user':'sh-sales'}");
	assert_false(says(w, customer));
	refused(w, "unknown", "admin", "pool.due", "{}");
}

static void test_explanation_names_the_day(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "说明公司", "");

	must(w, "gm", "rule.explain", "{'id':'%s'}", customer);
	assert_true(says(w, "idle_prospect"));
	assert_true(says(w, day_of(w, 90)));
	must(w, "sh-support", "rule.explain", "{'id':'%s'}", customer);
	assert_false(says(w, "idle_prospect"));
}

static void test_simulation_tells_who_would_fall_back(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-sales", "试算公司", "");

	pass_days(w, 90);
	must(w, "gm", "rule.simulate", "{}");
	assert_true(says(w, "\"field\":\"owner\",\"old\":null,\"new\":null,"
			    "\"rule\":\"idle_prospect\",\"count\":1"));
	assert_true(says(w, customer));
	assert_owner(w, customer, "sh-sales");
}

/* --- the rules -----------------------------------------------------------*/

static void bad_pool(struct whole *w, const char *pool, const char *words)
{
	refused(w, "invalid", "admin", "rule.apply",
	    "{'document':{'of':'customer','pool':{%s}},'reason':'x'}", pool);
	assert_true(says(w, words));
}

static void test_what_is_no_rule_is_refused(void **state)
{
	struct whole *w = *state;

	bad_pool(w, "'limits':[{'key':'a'}]", "key and label");
	bad_pool(
	    w, "'limits':[{'key':'a','label':['a','a'],'a_day':-1}]", "a_day");
	bad_pool(w, "'active':['name']", "dates");
	bad_pool(w, "'active':['no_such']", "no_such");
	bad_pool(
	    w, "'returns':[{'key':'a','label':['a','a'],'days':0}]", "days");
	bad_pool(w,
	    "'returns':[{'key':'a','label':['a','a'],'days':9},"
	    "{'key':'a','label':['a','a']}]",
	    "twice");
	bad_pool(w,
	    "'returns':[{'key':'a','label':['a','a'],'days':9,"
	    "'when':['=','credit_limit','1']}]",
	    "sealed");
	bad_pool(w, "'retruns':[]", "retruns");
}

/* That a customer is let go tells of what the rule looked at. */
static void test_return_that_tells_more_is_refused(void **state)
{
	static const char *const looks =
	    "{'document':{'of':'customer','pool':{'active':['last_order_at'],"
	    "'returns':[{'key':'a','label':['a','a'],'days':9,"
	    "'when':['=','payment_method','cash']}]}},'reason':'x'%s}";
	struct whole *w = *state;

	refused(w, "invalid", "admin", "rule.apply", looks, "");
	assert_string_equal(at(w, "rule"), "declassify");
	must(w, "admin", "rule.apply", looks, ",'declassify':true");
	assert_string_equal(at(w, "declassified.0.field"), "owner");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, whole_setup, whole_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_claim_counts_and_makes_him_the_owner),
		TEST(test_claim_needs_the_right_in_the_row),
		TEST(test_same_request_claims_once),
		TEST(test_a_new_day_opens_at_midnight),
		TEST(test_archived_customers_are_owned_still),
		TEST(test_who_lost_him_waits),
		TEST(test_nothing_else_takes_from_the_pool),
		TEST(test_what_is_withdrawn_is_not_given_up),
		TEST(test_who_was_given_up_waits_under_another_number),
		TEST(test_whom_no_limit_is_for_claims_nobody),
		TEST(test_release_says_why_and_is_the_owners),
		TEST(test_idle_prospect_falls_back_by_rule),
		TEST(test_what_happened_keeps_him),
		TEST(test_payments_and_stages_keep_him),
		TEST(test_call_in_the_same_moment_keeps_him),
		TEST(test_new_owner_begins_anew),
		TEST(test_owner_is_warned_before),
		TEST(test_explanation_names_the_day),
		TEST(test_simulation_tells_who_would_fall_back),
		TEST(test_what_is_no_rule_is_refused),
		TEST(test_return_that_tells_more_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

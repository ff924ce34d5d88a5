// SPDX-License-Identifier: MIT
/*
 * Sessions: what ends them, and that it is the next request that notices.
 */
#include "whole_book.h"

#include "server/data/find.h"
#include "server/data/verify.h"

#define HOUR INT64_C(3600000)
#define YEAR "2028-01-01"

/* Another connection, nobody yet. */
static void connect_as(struct whole *w, const char *name, const char *peer)
{
	w->people[w->people_count].login = name;
	w->people[w->people_count++].session =
	    session_new(w->station, w, peer, NULL);
}

/* A token of `login`, who knows it as `name`; for good until the book goes. */
static const char *issue(struct whole *w, const char *login, const char *more)
{
	must(w, login, "token.create",
	    "{'name':'ERP','expires':'" YEAR "','reason':'nightly'%s}", more);
	return at(w, "token");
}

static void log_in(struct whole *w, const char *name, const char *token)
{
	must(w, name, "session.login", "{'token':'%s'}", token);
}

static const char *sales = ",'roles':['sales']";

static void test_machine_has_its_tokens_roles_alone(void **state)
{
	struct whole *w = *state;
	connect_as(w, "erp", "10.0.0.7:1");
	log_in(w, "erp", issue(w, "loader", ",'roles':['clerk']"));
	assert_string_equal(at(w, "roles"), "[\"clerk\"]");
	must(w, "erp", "session.whoami", "{}");
	assert_string_equal(at(w, "user"), "loader");
	assert_string_equal(at(w, "roles"), "[\"clerk\"]");
	assert_string_equal(
	    at(w, "own_roles"), "[\"manager\",\"clerk\",\"finance\"]");
	assert_string_equal(at(w, "session"), "token");
	assert_string_equal(at(w, "token.name"), "ERP");
	must(w, "loader", "session.whoami", "{}");
	assert_string_equal(
	    at(w, "roles"), "[\"manager\",\"clerk\",\"finance\"]");
	/* what finance alone may do */
	const char *number = new_customer(w, "loader", "某某客户", "");
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'credit_limit':'500'},'"
	    "reason':'x'}",
	    number);
	ask(w, "erp", "record.update",
	    "{'entity':'customer','id':'%s','set':{'credit_limit':'900'},'"
	    "reason':'x'}",
	    number);
	assert_false(w->ok);
}

/* What a role takes away is no role's to leave out. */
static void test_token_leaves_no_denial_and_no_limit_behind(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(
		       w, "sh-sales", "备注公司", ",'remark':'机密'"),
		   *other = new_customer(w, "sh-manager", "公海公司", ""),
		   *token = issue(w, "sh-sales", sales);

	must(w, "sh-manager", "customer.release", "{'id':'%s','reason':'x'}",
	    other);
	must(w, "admin", "role.apply",
	    "{'role':'trainee','label':['见习','Trainee'],'deny':['remark']}");
	must(w, "admin", "user.update",
	    "{'user':'sh-sales','roles':['sales','trainee']}");
	must(w, "admin", "rule.apply",
	    "{'document':{'of':'customer','pool':{'limits':[{'key':'few',"
	    "'label':['少','Few'],'roles':['trainee'],'a_day':0},{'key':'all',"
	    "'label':['多','Many']}]}},'reason':'x'}");
	connect_as(w, "erp", "10.0.0.7:1");
	log_in(w, "erp", token);
	assert_string_equal(at(w, "roles"), "[\"sales\"]");
	must(w, "erp", "record.get", "{'entity':'customer','id':'%s'}", id);
	assert_false(says(w, "机密"));
	refused(w, "unknown", "erp", "record.get",
	    "{'entity':'customer','id':'%s','fields':['remark']}", id);
	refused(w, "invalid", "erp", "customer.claim", "{'id':'%s'}", other);
	assert_string_equal(at(w, "rule"), "pool_day");
}

/* By its person's request ids it could try which value he set. */
static void test_machine_does_not_replay_what_its_person_did(void **state)
{
	struct whole *w = *state;
	static const char set[] =
	    "{'entity':'customer','id':'%s','reason':'r','request_id':'%s',"
	    "'set':{'credit_limit':'424242'}}";
	const char *id = new_customer(w, "loader", "重放公司", "");

	must(w, "loader", "record.update", set, id, "by-person");
	connect_as(w, "erp", "10.0.0.7:1");
	log_in(w, "erp", issue(w, "loader", ",'roles':['clerk']"));
	refused(w, "unknown", "erp", "record.update", set, id, "by-person");
	must(w, "loader", "record.update", set, id, "by-person");
}

static void test_token_has_no_role_that_its_account_lacks(void **state)
{
	struct whole *w = *state;
	refused(w, "invalid", "sh-sales", "token.create",
	    "{'name':'x','expires':'" YEAR
	    "','reason':'x','roles':['manager']}");
	assert_true(says(w, "choice"));
	refused(w, "invalid", "sh-sales", "token.create",
	    "{'name':'x','expires':'" YEAR "','reason':'x','roles':[]}");
	refused(w, "invalid", "sh-sales", "token.create",
	    "{'name':'x','expires':'" YEAR "','reason':'x'}");
}

static void test_token_must_have_name_end_and_reason(void **state)
{
	static const char *const params[] = {
		"{'expires':'2028-01-01','reason':'x','roles':['sales']}",
		"{'name':'x','reason':'x','roles':['sales']}",
		"{'name':'x','expires':'2028-01-01','roles':['sales']}",
		"{'name':'x','expires':'2020-01-01','reason':'x',"
		"'roles':['sales']}",
		"{'name':'x','expires':'2030-01-01','reason':'x',"
		"'roles':['sales']}",
		"{'name':'x','expires':'soon','reason':'x','roles':['sales']}",
		"{'name':'x','expires':'2028-01-01','reason':'x',"
		"'roles':['sales'],'networks':['10.0.0.1/8']}",
		"{'name':'x\x1b[2J','expires':'2028-01-01','reason':'x',"
		"'roles':['sales']}",
	};
	struct whole *w = *state;
	for (size_t i = 0; i < sizeof(params) / sizeof(*params); i++)
		refused(
		    w, "invalid", "sh-sales", "token.create", "%s", params[i]);
}

static void test_tokens_of_others_are_for_who_makes_accounts(void **state)
{
	struct whole *w = *state;
	const char *of_sales = ",'roles':['sales'],'user':'sh-sales'";
	refused(w, "denied", "sh-manager", "token.create",
	    "{'name':'x','expires':'" YEAR "','reason':'x'%s}", of_sales);
	refused(w, "denied", "sh-manager", "token.create",
	    "{'name':'x','expires':'" YEAR
	    "','reason':'x','roles':['sales'],'user':'nobody'}");
	connect_as(w, "erp", "10.0.0.7:1");
	log_in(w, "erp", issue(w, "admin", of_sales));
	must(w, "erp", "session.whoami", "{}");
	assert_string_equal(at(w, "user"), "sh-sales");
	must(w, "sh-sales", "token.list", "{}");
	const char *id = at(w, "rows.0.id");
	assert_string_equal(at(w, "rows.0.name"), "ERP");
	assert_string_equal(at(w, "rows.0.kind"), "issued");
	must(w, "sh-manager", "token.list", "{}");
	assert_string_equal(at(w, "rows"), "[]");
	refused(w, "denied", "sh-manager", "token.list", "{'all':true}");
	refused(w, "denied", "sh-manager", "token.list", "{'user':'sh-sales'}");
	must(w, "admin", "token.list", "{'all':true}");
	assert_string_equal(at(w, "rows.0.id"), id);
	refused(
	    w, "not_found", "sh-manager", "token.revoke", "{'id':'%s'}", id);
	refused(w, "not_found", "sh-manager", "token.revoke",
	    "{'id':'0123456789abcdef'}");
	must(w, "erp", "session.whoami", "{}");
	must(w, "admin", "token.revoke", "{'id':'%s'}", id);
}

static void test_machine_makes_no_tokens_and_no_passwords(void **state)
{
	struct whole *w = *state;
	connect_as(w, "erp", "10.0.0.7:1");
	log_in(w, "erp", issue(w, "admin", ",'roles':['admin']"));
	must(w, "erp", "user.list", "{}");
	refused(w, "denied", "erp", "token.create",
	    "{'name':'x','expires':'" YEAR "','reason':'x','roles':['admin']}");
	assert_true(says(w, "token"));
	refused(w, "denied", "erp", "token.list", "{}");
	refused(w, "denied", "erp", "session.logout", "{'all':true}");
	refused(w, "denied", "erp", "request.approve", "{'request':'x'}");
	refused(w, "denied", "erp", "session.passwd", "{'old':'x','new':'y'}");
	refused(w, "denied", "erp", "user.update",
	    "{'user':'sh-sales','password':'a new long password'}");
	refused(w, "denied", "erp", "user.create",
	    "{'user':'mallory','roles':['gm']}");
}

static const char *refusal(struct whole *w, const char *name, const char *token)
{
	refused(w, "unauthenticated", name, "session.login", "{'token':'%s'}",
	    token);
	return arena_text(&w->book->arena, bytes_text(w->text));
}

static void test_every_refused_token_is_one_answer(void **state)
{
	struct whole *w = *state;
	const char *wrong = "00000000000000000000000000000000"
			    "00000000000000000000000000000000";
	const char *bound = issue(
	    w, "sh-sales", ",'roles':['sales'],'networks':['10.1.0.0/16']");
	const char *revoked = issue(w, "sh-sales", sales);
	const char *id = at(w, "id");
	must(w, "sh-sales", "token.revoke", "{'id':'%s'}", id);
	connect_as(w, "here", "10.1.0.9:1");
	connect_as(w, "there", "10.2.0.9:1");
	const char *text = refusal(w, "there", wrong);
	assert_string_equal(refusal(w, "there", bound), text);
	assert_string_equal(refusal(w, "there", revoked), text);
	assert_string_equal(refusal(w, "there", "nonsense"), text);
	log_in(w, "here", bound);
	w->book->now_ms += 400 * 24 * HOUR;
	assert_string_equal(refusal(w, "there", bound), text);
}

static void test_the_log_says_which_token_and_why_not(void **state)
{
	struct whole *w = *state;
	const char *bound = issue(
	    w, "sh-sales", ",'roles':['sales'],'networks':['10.1.0.0/16']");
	const char *id = at(w, "id");
	connect_as(w, "here", "10.1.0.9:1");
	connect_as(w, "there", "10.2.0.9:1");
	refusal(w, "there", bound);
	log_in(w, "here", bound);
	new_customer(w, "here", "某某客户", "");
	w->book->now_ms += 1000;
	station_tick(w->station);
	must(w, "auditor", "audit.find",
	    "{'user':'sh-sales','method':'record.create'}");
	assert_string_equal(at(w, "rows.0.token"), id);
	must(w, "auditor", "audit.find",
	    "{'user':'sh-sales','method':'session.login'}");
	assert_string_equal(at(w, "rows.0.token"), id);
	assert_string_equal(at(w, "rows.0.why"), "elsewhere");
	assert_string_equal(at(w, "rows.0.result"), "unauthenticated");
	assert_string_equal(at(w, "rows.1.token"), id);
	assert_string_equal(at(w, "rows.1.result"), "ok");
}

static void test_machine_revokes_itself_alone(void **state)
{
	struct whole *w = *state;
	connect_as(w, "erp", "10.0.0.7:1");
	issue(w, "sh-sales", sales);
	const char *other = at(w, "id");
	const char *token = issue(w, "sh-sales", sales);
	const char *own = at(w, "id");
	log_in(w, "erp", token);
	refused(w, "not_found", "erp", "token.revoke", "{'id':'%s'}", other);
	must(w, "erp", "token.revoke", "{'id':'%s'}", own);
	refused(w, "unauthenticated", "erp", "session.whoami", "{}");
}

static void test_changed_role_holds_with_the_next_request(void **state)
{
	struct whole *w = *state;
	connect_as(w, "erp", "10.0.0.7:1");
	log_in(w, "erp", issue(w, "sh-clerk", ",'roles':['clerk']"));
	const char *number = new_customer(w, "erp", "某某客户", "");
	must(w, "erp", "record.get", "{'entity':'customer','id':'%s'}", number);
	must(w, "admin", "role.apply",
	    "{'role':'clerk','label':['文员','clerk'],'grants':[],"
	    "'reason':'x'}");
	refused(w, "unknown", "erp", "record.get",
	    "{'entity':'customer','id':'%s'}", number);
	refused(w, "unknown", "sh-clerk", "record.get",
	    "{'entity':'customer','id':'%s'}", number);
	must(w, "sh-sales", "record.find", "{'entity':'customer'}");
}

static void test_next_login_on_a_connection_is_not_the_tokens(void **state)
{
	struct whole *w = *state;
	must(w, "admin", "user.update",
	    "{'user':'sh-manager','password':'a new long password'}");
	connect_as(w, "erp", "10.0.0.7:1");
	log_in(w, "erp", issue(w, "sh-sales", sales));
	must(w, "erp", "session.login",
	    "{'user':'sh-manager','password':'a new long password'}");
	must(w, "erp", "session.whoami", "{}");
	assert_string_equal(at(w, "user"), "sh-manager");
	assert_string_equal(at(w, "session"), "password");
	must(w, "auditor", "audit.find",
	    "{'user':'sh-manager','method':'session.login'}");
	assert_string_equal(at(w, "rows.0.result"), "ok");
	assert_string_equal(at(w, "rows.0.token"), "");
}

/* --- what ends an open session -------------------------------------------*/

static void test_revoked_token_ends_its_sessions_alone(void **state)
{
	struct whole *w = *state;
	connect_as(w, "erp", "10.0.0.7:1");
	connect_as(w, "web", "10.0.0.7:2");
	log_in(w, "erp", issue(w, "sh-sales", sales));
	const char *other = issue(w, "sh-sales", sales);
	log_in(w, "web", other);
	must(w, "sh-sales", "token.list", "{}");
	const char *first = at(w, "rows.0.id");
	must(w, "sh-sales", "token.revoke", "{'id':'%s'}", first);
	ask(w, "erp", "session.whoami", "{}");
	bool erp = w->ok;
	ask(w, "web", "session.whoami", "{}");
	assert_true(erp != w->ok);
	must(w, "sh-sales", "session.whoami", "{}");
}

static void test_disabled_user_is_out_with_the_next_request(void **state)
{
	struct whole *w = *state;
	connect_as(w, "erp", "10.0.0.7:1");
	const char *token = issue(w, "sh-sales", sales);
	log_in(w, "erp", token);
	must(w, "admin", "user.disable", "{'user':'sh-sales'}");
	refused(w, "unauthenticated", "sh-sales", "session.whoami", "{}");
	refused(w, "unauthenticated", "erp", "session.whoami", "{}");
	refusal(w, "erp", token);
}

static void test_role_taken_away_is_gone_with_the_next_request(void **state)
{
	struct whole *w = *state;
	connect_as(w, "erp", "10.0.0.7:1");
	const char *token = issue(w, "loader", ",'roles':['finance']");
	log_in(w, "erp", token);
	must(w, "admin", "user.update",
	    "{'user':'loader','roles':['manager','clerk']}");
	refused(w, "unauthenticated", "loader", "session.whoami", "{}");
	refused(w, "unauthenticated", "erp", "session.whoami", "{}");
	/* it may come back, with nothing of what was taken */
	log_in(w, "erp", token);
	must(w, "erp", "session.whoami", "{}");
	assert_string_equal(at(w, "roles"), "[]");
	refused(w, "unknown", "erp", "record.find", "{'entity':'customer'}");
}

static void test_changed_password_ends_every_session(void **state)
{
	struct whole *w = *state;
	must(w, "admin", "user.update",
	    "{'user':'sh-sales','password':'a new long password'}");
	refused(w, "unauthenticated", "sh-sales", "session.whoami", "{}");
	must(w, "sh-sales", "session.login",
	    "{'user':'sh-sales','password':'a new long password',"
	    "'keep':true}");
	const char *kept = at(w, "token");
	connect_as(w, "laptop", "10.0.0.9:1");
	log_in(w, "laptop", kept);
	must(w, "laptop", "session.passwd",
	    "{'old':'a new long password','new':'and yet another one'}");
	refused(w, "unauthenticated", "laptop", "session.whoami", "{}");
	refused(w, "unauthenticated", "sh-sales", "session.whoami", "{}");
	refusal(w, "laptop", kept);
}

static const char *keep(struct whole *w, const char *name)
{
	must(w, name, "session.login",
	    "{'user':'sh-sales','password':'a new long password',"
	    "'keep':true}");
	return at(w, "token");
}

static void with_password(struct whole *w)
{
	must(w, "admin", "user.update",
	    "{'user':'sh-sales','password':'a new long password'}");
	connect_as(w, "desk", "10.0.0.8:1");
	connect_as(w, "laptop", "10.0.0.9:1");
}

static void test_logout_ends_what_hangs_on_the_token(void **state)
{
	struct whole *w = *state;
	with_password(w);
	const char *kept = keep(w, "desk");
	keep(w, "sh-sales");
	log_in(w, "laptop", kept);
	must(w, "laptop", "session.logout", "{}");
	refused(w, "unauthenticated", "desk", "session.whoami", "{}");
	must(w, "sh-sales", "session.whoami", "{}");
}

static void test_logout_of_all_ends_all_of_the_user_alone(void **state)
{
	struct whole *w = *state;
	with_password(w);
	const char *kept = keep(w, "desk");
	keep(w, "sh-sales");
	connect_as(w, "erp", "10.0.0.7:1");
	const char *token = issue(w, "sh-sales", sales);
	log_in(w, "erp", token);
	must(w, "sh-sales", "session.logout", "{'all':true}");
	refused(w, "unauthenticated", "sh-sales", "session.whoami", "{}");
	refused(w, "unauthenticated", "desk", "session.whoami", "{}");
	refused(w, "unauthenticated", "erp", "session.whoami", "{}");
	refusal(w, "laptop", kept);
	log_in(w, "erp", token);
	must(w, "sh-sales2", "session.whoami", "{}");
}

static void test_machine_that_logs_out_keeps_its_token(void **state)
{
	struct whole *w = *state;
	connect_as(w, "erp", "10.0.0.7:1");
	const char *token = issue(w, "sh-sales", sales);
	log_in(w, "erp", token);
	must(w, "erp", "session.logout", "{}");
	refused(w, "unauthenticated", "erp", "session.whoami", "{}");
	log_in(w, "erp", token);
}

/* --- work that takes long ------------------------------------------------*/

static enum err refuse_leave(void *ctx)
{
	++*(unsigned *)ctx;
	return ERR_UNAUTHENTICATED;
}

static void test_long_work_stops_when_its_session_ends(void **state)
{
	struct whole *w = *state;
	unsigned asked = 0;
	struct verify_result values;
	for (unsigned i = 0; i < 80; i++)
		new_customer(w, "sh-sales", "某某客户", "");
	whole_refresh(w);
	w->desk.leave = (struct leave){ refuse_leave, &asked, 0 };
	assert_int_equal(verify_values(&w->desk, 0, UINT64_MAX, &values),
	    ERR_UNAUTHENTICATED);
	assert_int_equal(asked, 1);
	/* not asked again before its time, and then it may go on */
	assert_int_equal(
	    verify_values(&w->desk, 0, UINT64_MAX, &values), ERR_OK);
	assert_int_equal(asked, 1);

	struct caller who = whole_caller(w, "sh-sales");
	struct query_ask ask = { .entity = view_entity(
				     who.view, bytes_text("customer")),
		.limit = 100 };
	struct query query;
	struct find_result found;
	struct findings findings;
	struct buf out;
	buf_init(&out, 1 << 24);
	findings_init(&findings, &w->book->arena);
	assert_int_equal(query_resolve(&w->desk, &who, &ask, &w->book->arena,
			     &findings, &query),
	    ERR_OK);
	w->desk.leave.next_ns = 0;
	assert_int_equal(find_rows(&w->desk, &who, &query, BYTES_NONE, true,
			     &w->book->arena, &out, &found),
	    ERR_UNAUTHENTICATED);
	assert_int_equal(asked, 2);
	buf_release(&out);
}

/* It was closed while the request waited for a worker. */
static void test_long_work_stops_when_its_client_has_left(void **state)
{
	struct whole *w = *state;
	struct session *s;
	connect_as(w, "gm who left", "10.0.0.8:1");
	s = whole_session(w, "gm who left");
	s->identity = whole_session(w, "gm")->identity;
	must(w, "gm who left", "report.run", "{'name':'quality'}");
	atomic_store(&s->is_over, true);
	refused(w, "unauthenticated", "gm who left", "report.run",
	    "{'name':'quality'}");
	w->people_count--; /* it went with its last answer */
}

/* --- what its owner is told ----------------------------------------------*/

static void fail_login(struct whole *w, const char *name)
{
	refused(w, "unauthenticated", name, "session.login",
	    "{'user':'sh-sales','password':'not the password'}");
}

static void test_whoami_tells_of_others_under_ones_name(void **state)
{
	struct whole *w = *state;
	with_password(w);
	keep(w, "desk");
	must(w, "desk", "session.whoami", "{}");
	assert_string_equal(at(w, "sessions"), "0");
	assert_string_equal(at(w, "last_login"), "null");
	assert_string_equal(at(w, "failures"), "0");
	fail_login(w, "laptop");
	fail_login(w, "laptop");
	const char *kept = keep(w, "laptop");
	must(w, "laptop", "session.whoami", "{}");
	assert_string_equal(at(w, "sessions"), "1");
	assert_string_equal(at(w, "last_login.from"), "10.0.0.8:1");
	assert_string_equal(at(w, "failures"), "2");
	/* the desk sees the newer login, and what failed since */
	must(w, "desk", "session.whoami", "{}");
	assert_string_equal(at(w, "last_login.from"), "10.0.0.9:1");
	assert_string_equal(at(w, "failures"), "0");
	/* coming back by the token is the same session */
	connect_as(w, "again", "10.0.0.9:2");
	log_in(w, "again", kept);
	fail_login(w, "sh-sales");
	must(w, "again", "session.whoami", "{}");
	assert_string_equal(at(w, "sessions"), "2");
	assert_string_equal(at(w, "last_login.from"), "10.0.0.8:1");
	assert_string_equal(at(w, "failures"), "3");
	must(w, "laptop", "session.logout", "{}");
	must(w, "desk", "session.whoami", "{}");
	assert_string_equal(at(w, "sessions"), "1");
}

/* --- time ----------------------------------------------------------------*/

static void test_session_lasts_a_shift_and_no_longer(void **state)
{
	struct whole *w = *state;
	with_password(w);
	const char *kept = keep(w, "desk");
	w->book->now_ms += 10 * HOUR - 60 * 1000;
	must(w, "desk", "session.whoami", "{}");
	log_in(w, "laptop", kept);
	w->book->now_ms += 60 * 1000;
	refused(w, "unauthenticated", "desk", "session.whoami", "{}");
	refused(w, "unauthenticated", "laptop", "session.whoami", "{}");
	refusal(w, "laptop", kept);
}

static void test_session_ends_when_it_lies_unused(void **state)
{
	struct whole *w = *state;
	w->book->now_ms += WHOLE_IDLE_MS - 60 * 1000;
	must(w, "sh-sales", "session.whoami", "{}");
	w->book->now_ms += 120 * 1000;
	must(w, "sh-sales", "session.whoami", "{}");
	refused(w, "unauthenticated", "sh-sales2", "session.whoami", "{}");
	/* and asking again does not wake it */
	refused(w, "unauthenticated", "sh-sales2", "session.whoami", "{}");
}

static void test_a_clock_set_back_lengthens_no_session(void **state)
{
	struct whole *w = *state;
	with_password(w);
	const char *kept = keep(w, "desk");
	w->book->now_ms += 9 * HOUR;
	must(w, "desk", "session.whoami", "{}");
	w->book->now_ms += HOUR;
	refused(w, "unauthenticated", "desk", "session.whoami", "{}");
	w->book->now_ms -= 5 * HOUR;
	refused(w, "unauthenticated", "desk", "session.whoami", "{}");
	refusal(w, "laptop", kept);
}

int main(void)
{
#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, whole_setup, whole_teardown)
	const struct CMUnitTest tests[] = {
		WITH(test_machine_has_its_tokens_roles_alone),
		WITH(test_token_leaves_no_denial_and_no_limit_behind),
		WITH(test_machine_does_not_replay_what_its_person_did),
		WITH(test_token_has_no_role_that_its_account_lacks),
		WITH(test_token_must_have_name_end_and_reason),
		WITH(test_tokens_of_others_are_for_who_makes_accounts),
		WITH(test_machine_makes_no_tokens_and_no_passwords),
		WITH(test_machine_revokes_itself_alone),
		WITH(test_changed_role_holds_with_the_next_request),
		WITH(test_next_login_on_a_connection_is_not_the_tokens),
		WITH(test_every_refused_token_is_one_answer),
		WITH(test_the_log_says_which_token_and_why_not),
		WITH(test_revoked_token_ends_its_sessions_alone),
		WITH(test_disabled_user_is_out_with_the_next_request),
		WITH(test_role_taken_away_is_gone_with_the_next_request),
		WITH(test_changed_password_ends_every_session),
		WITH(test_logout_ends_what_hangs_on_the_token),
		WITH(test_logout_of_all_ends_all_of_the_user_alone),
		WITH(test_machine_that_logs_out_keeps_its_token),
		WITH(test_long_work_stops_when_its_session_ends),
		WITH(test_long_work_stops_when_its_client_has_left),
		WITH(test_whoami_tells_of_others_under_ones_name),
		WITH(test_session_lasts_a_shift_and_no_longer),
		WITH(test_session_ends_when_it_lies_unused),
		WITH(test_a_clock_set_back_lengthens_no_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Every request takes the same steps in the same order, and a refusal at one
 * of them says nothing of what the later ones would have found.
 */
#include "whole_book.h"

#include "server/rpc/method.h"

static void test_nothing_but_hello_and_login_without_a_session(void **state)
{
	struct whole *w = *state;
	struct session *s = whole_session(w, "gm");
	struct identity kept = s->identity;

	s->identity = (struct identity){ 0 };
	for (size_t i = 0; i < method_count(); i++) {
		const struct method *m = method_at(i);

		if (!strcmp(m->name, "session.hello") ||
		    !strcmp(m->name, "session.login"))
			continue;
		refused(w, "unauthenticated", "gm", m->name, "{}");
		refused(w, "unauthenticated", "gm", m->name, "{'nonsense':1}");
	}
	must(w, "gm", "session.hello", "{}");
	s->identity = kept;
}

static void test_changed_account_ends_its_sessions(void **state)
{
	struct whole *w = *state;
	struct session *s = whole_session(w, "gm");

	s->identity.stamp++;
	refused(w, "unauthenticated", "gm", "session.whoami", "{}");
	s->identity.stamp--;
	must(w, "gm", "session.whoami", "{}");
}

static void test_who_must_change_his_password_does_that_first(void **state)
{
	struct whole *w = *state;
	struct session *s = whole_session(w, "gm");

	s->identity.must_change = true;
	refused(w, "denied", "gm", "record.find", "{'entity':'customer'}");
	assert_string_equal(at(w, "rule"), "password_change");
	s->identity.must_change = false;
}

static void test_unknown_parameter_is_refused_everywhere(void **state)
{
	struct whole *w = *state;

	for (size_t i = 0; i < method_count(); i++) {
		const struct method *m = method_at(i);

		ask(w, "admin", m->name, "{'n_o_n_e':1}");
		assert_false(w->ok);
		if (strcmp(at(w, "code"), "denied"))
			assert_string_equal(at(w, "rule"), "parameter");
	}
}

static void test_missing_right_comes_before_parameters(void **state)
{
	struct whole *w = *state;

	refused(w, "denied", "sh-sales", "user.create", "{'n_o_n_e':1}");
	refused(w, "denied", "sh-sales", "record.export", "{'entity':'none'}");
	refused(w, "denied", "sh-sales", "audit.export", "{'from':'x'}");
	refused(w, "denied", "sh-clerk", "audit.find", "{'entity':'none'}");
}

static void test_unknown_method_is_unknown(void **state)
{
	refused(*state, "unknown", "gm", "record.drop", "{}");
	refused(*state, "unknown", "gm", "", "{}");
}

/* Hidden entity, misspelt entity: one answer. */
static void test_hidden_entity_is_a_misspelt_one(void **state)
{
	struct whole *w = *state;
	static const char *const methods[] = { "record.get", "record.find",
		"record.history" };
	const char *hidden;

	for (unsigned i = 0; i < 3; i++) {
		bool find = i == 1;

		refused(w, "unknown", "sh-sales", methods[i],
		    "{'entity':'bank'%s}", find ? "" : ",'id':'1'");
		hidden = arena_text(&w->book->arena, bytes_text(w->text));
		refused(w, "unknown", "sh-sales", methods[i],
		    "{'entity':'banc'%s}", find ? "" : ",'id':'1'");
		assert_string_equal(w->text, hidden);
	}
}

/* Out of scope, never made: one answer, whichever way it is named. */
static void test_record_out_of_scope_is_one_that_is_not_there(void **state)
{
	struct whole *w = *state;
	const char *number =
	    new_customer(w, "hz-sales", "域外公司", ",'external_no':'OUT-1'");
	const char *ids[] = { number, at(w, "id"), "OUT-1" };
	static const char *const asks[][2] = { { "record.get", "" },
		{ "record.history", "" }, { "record.update", ",'set':{}" },
		{ "record.update", ",'set':{'city':'x'},'version':'1'" },
		{ "record.archive", "" }, { "record.unarchive", "" } };

	for (unsigned i = 0; i < 6; i++) {
		const char *nothing;

		refused(w, "not_found", "sh-manager", asks[i][0],
		    "{'entity':'customer','id':'NONE-1'%s}", asks[i][1]);
		nothing = arena_text(&w->book->arena, bytes_text(w->text));
		for (unsigned k = 0; k < 3; k++) {
			refused(w, "not_found", "sh-manager", asks[i][0],
			    "{'entity':'customer','id':'%s'%s}", ids[k],
			    asks[i][1]);
			assert_string_equal(w->text, nothing);
		}
	}
}

static void test_reference_out_of_scope_is_one_that_is_not_there(void **state)
{
	struct whole *w = *state;
	const char *number = new_customer(w, "hz-sales", "域外二公司", "");
	static const char make[] =
	    "{'entity':'contact','fields':{'name':'王小明','customer':'%s'}}";
	const char *nothing;

	refused(w, "invalid", "sh-sales", "record.create", make, "NONE-1");
	nothing = arena_text(&w->book->arena, bytes_text(w->text));
	refused(w, "invalid", "sh-sales", "record.create", make, number);
	assert_string_equal(w->text, nothing);
	must(w, "sh-sales", "record.find",
	    "{'entity':'contact','where':['=','customer','%s']}", number);
	assert_string_equal(at(w, "rows"), "[]");
}

/* The hidden field in whatever place, operator and depth. */
static void test_hidden_field_is_unknown_however_it_is_used(void **state)
{
	struct whole *w = *state;
	static const char *const asks[] = { "'fields':['%s']", "'order':['%s']",
		"'order':['-%s']", "'order':['name','%s']",
		"'where':['=','%s','x']", "'where':['>','%s','1']",
		"'where':['in','%s',['x']]", "'where':['prefix','%s','x']",
		"'where':['contains','%s','x']", "'where':['has','%s','x']",
		"'where':['empty','%s']", "'where':['!=','%s',null]",
		"'where':['not',['or',['and',['=','%s','x']]]]" };
	static const char *const hidden[] = { "credit_limit", "person_id",
		"credit_grade", "id_type" };
	char params[300], part[200];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (unsigned i = 0; i < sizeof asks / sizeof *asks; i++) {
		char wanted[300];

		snprintf(part, sizeof part, asks[i], "no_field_no");
		snprintf(
		    params, sizeof params, "{'entity':'customer',%s}", part);
		refused(w, "unknown", "sh-sales", "record.find", "%s", params);
		snprintf(wanted, sizeof wanted, "%s", at(w, "message"));
		for (unsigned k = 0; k < 4; k++) {
			snprintf(part, sizeof part, asks[i], hidden[k]);
			snprintf(params, sizeof params,
			    "{'entity':'customer',%s}", part);
			refused(w, "unknown", "sh-sales", "record.find", "%s",
			    params);
			assert_string_equal(at(w, "field"), hidden[k]);
			assert_string_equal(at(w, "message"), wanted);
			assert_string_equal(at(w, "errors"), "");
		}
	}
#pragma GCC diagnostic pop
}

/* The pool's mobiles are masked, so nobody may try numbers on the pool. */
static void test_masked_field_is_no_filter(void **state)
{
	struct whole *w = *state;

	refused(w, "denied", "sh-sales", "record.find",
	    "{'entity':'customer','where':['=','mobile','13800138000']}");
	refused(w, "denied", "sh-sales", "record.find",
	    "{'entity':'customer','scope':'pool','where':['=','mobile',"
	    "'13800138000']}");
	must(w, "sh-sales", "record.find",
	    "{'entity':'customer','scope':'own','where':['=','mobile',"
	    "'13800138000']}");
	refused(w, "denied", "finance", "record.find",
	    "{'entity':'customer','where':['empty','mobile']}");
}

static void test_schema_shows_a_role_its_fields_alone(void **state)
{
	struct whole *w = *state;

	must(w, "sh-sales", "schema.get", "{}");
	assert_false(says(w, "credit_limit"));
	assert_false(says(w, "person_id"));
	assert_false(says(w, "account_no"));
	must(w, "sh-sales", "user.effective", "{}");
	assert_false(says(w, "credit_limit"));
	assert_false(says(w, "person_id"));
	assert_false(says(w, "account_no"));
	refused(
	    w, "denied", "sh-sales", "user.effective", "{'user':'finance'}");
}

static void test_reader_archives_nothing(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "只读公司", "");

	refused(w, "denied", "auditor", "record.archive",
	    "{'entity':'customer','id':'%s'}", id);
	refused(w, "denied", "sh-support", "record.archive",
	    "{'entity':'customer','id':'%s'}", id);
	refused(w, "denied", "finance", "record.archive",
	    "{'entity':'customer','id':'%s'}", id);
	must(w, "sh-sales", "record.archive", "{'entity':'customer','id':'%s'}",
	    id);
}

static void test_export_masks_what_is_sealed(void **state)
{
	struct whole *w = *state;

	new_customer(w, "sh-manager", "导出公司",
	    ",'mobile':'13812345678','remark':'机密备注'");
	must(w, "sh-manager", "record.export",
	    "{'entity':'customer','where':['=','name','导出公司']}");
	assert_true(says(w, "138****5678"));
	assert_false(says(w, "13812345678"));
	assert_false(says(w, "机密备注"));
	refused(w, "denied", "sh-manager", "record.export",
	    "{'entity':'customer','clear':true}");
}

/* L51: a branch's log has nothing of another's records. */
static void test_branch_log_has_no_record_of_another_branch(void **state)
{
	struct whole *w = *state;
	const char *number = new_customer(w, "hz-sales", "外账公司", "");
	const char *customer = at(w, "id"), *payment;

	must(w, "finance", "record.create",
	    "{'entity':'payment','fields':{'customer':'%s','date':"
	    "'2026-01-01','amount':'10'}}",
	    number);
	payment = at(w, "id");
	must(w, "sh-manager", "audit.find", "{'limit':1000}");
	assert_false(says(w, payment));
	assert_false(says(w, customer));
	must(w, "hz-manager", "audit.find", "{'limit':1000}");
	assert_true(says(w, payment));
	assert_true(says(w, customer));
	must(w, "auditor", "audit.find", "{'limit':1000}");
	assert_true(says(w, payment));
}

/* One request over two branches: each sees its own part. */
static void test_log_entry_over_two_branches_shows_each_its_part(void **state)
{
	struct whole *w = *state;
	const char *here, *there;

	new_customer(w, "sh-sales", "此地公司", "");
	here = at(w, "id");
	new_customer(w, "hz-sales", "彼地公司", "");
	there = at(w, "id");
	must(w, "finance", "record.batch",
	    "{'items':[{'op':'update','entity':'customer','id':'%s','set':{"
	    "'payment_method':'cash'}},{'op':'update','entity':'customer',"
	    "'id':'%s','set':{'payment_method':'cash'}}]}",
	    here, there);
	must(w, "sh-manager", "audit.find",
	    "{'method':'record.batch','limit':1}");
	assert_true(says(w, here));
	assert_false(says(w, there));
}

static bool log_has(struct whole *w, const char *method, const char *words)
{
	char path[60];

	must(w, "auditor", "audit.find", "{'method':'%s','limit':1}", method);
	snprintf(path, sizeof path, "rows.0.records.0.fields");
	return strstr(at(w, path), words) != NULL;
}

/* L52: neither a preview nor a change nor history reads past the log. */
static void test_watched_value_never_goes_out_unlogged(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "看管公司", "");

	must(w, "gm", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'424242'}}",
	    id);
	assert_true(says(w, "424242.00"));
	must(w, "gm", "record.update",
	    "{'entity':'customer','id':'%s','set':{},'dry_run':true}", id);
	assert_false(says(w, "424242"));
	must(w, "gm", "record.update",
	    "{'entity':'customer','id':'%s','set':{}}", id);
	assert_false(says(w, "424242"));
	must(w, "gm", "record.update",
	    "{'entity':'customer','id':'%s','set':{'steward':'gm'}}", id);
	assert_false(says(w, "424242"));
	must(w, "gm", "record.get", "{'entity':'customer','id':'%s'}", id);
	assert_true(says(w, "424242"));
	assert_true(log_has(w, "record.get", "credit_limit"));
	must(w, "gm", "record.history", "{'entity':'customer','id':'%s'}", id);
	assert_true(says(w, "424242"));
	assert_true(log_has(w, "record.history", "credit_limit"));
	must(w, "gm", "record.find",
	    "{'entity':'customer','where':['=','name','看管公司']}");
	assert_true(log_has(w, "record.find", "credit_limit"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_nothing_but_hello_and_login_without_a_session),
		cmocka_unit_test(test_changed_account_ends_its_sessions),
		cmocka_unit_test(
		    test_who_must_change_his_password_does_that_first),
		cmocka_unit_test(test_unknown_parameter_is_refused_everywhere),
		cmocka_unit_test(test_missing_right_comes_before_parameters),
		cmocka_unit_test(test_unknown_method_is_unknown),
		cmocka_unit_test(test_hidden_entity_is_a_misspelt_one),
		cmocka_unit_test(
		    test_record_out_of_scope_is_one_that_is_not_there),
		cmocka_unit_test(
		    test_reference_out_of_scope_is_one_that_is_not_there),
		cmocka_unit_test(
		    test_hidden_field_is_unknown_however_it_is_used),
		cmocka_unit_test(test_masked_field_is_no_filter),
		cmocka_unit_test(test_schema_shows_a_role_its_fields_alone),
		cmocka_unit_test(test_watched_value_never_goes_out_unlogged),
		cmocka_unit_test(test_reader_archives_nothing),
		cmocka_unit_test(test_export_masks_what_is_sealed),
		cmocka_unit_test(
		    test_branch_log_has_no_record_of_another_branch),
		cmocka_unit_test(
		    test_log_entry_over_two_branches_shows_each_its_part),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

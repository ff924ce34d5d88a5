// SPDX-License-Identifier: MIT
/*
 * Direct reads: each way to a record shows a role the same of it.
 */
#include "whole_book.h"

#define LIMIT  "424242.00"
#define PERSON "P5555" /* how they all begin */

static const char *const readers[] = { "sh-sales", "sh-support", "sh-clerk",
	"sh-manager", "finance", "gm", "auditor", "privacy" };

/* A customer of sh-sales' with hidden figures, and children. */
static const char *filled_customer(struct whole *w, const char *name)
{
	char more[160];
	const char *number;

	snprintf(more, sizeof more,
	    ",'owner':'sh-sales','id_type':'passport','person_id':'" PERSON
	    "%06u','mobile':'13812345678','city':'上海'",
	    (unsigned)(w->book->now_ms / 1000 % 1000000));
	number = new_customer(w, "loader", name, more);
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'" LIMIT "'}}",
	    number);
	must(w, "loader", "record.create",
	    "{'entity':'contact','fields':{'customer':'%s','name':'王小明'}}",
	    number);
	return number;
}

static char *kept(struct whole *w, const char *path)
{
	return strdup(at(w, path));
}

/* --- L02, L05, L72: one record, every answer -----------------------------*/

static void test_list_shows_a_record_as_get_does(void **state)
{
	struct whole *w = *state;
	const char *number = filled_customer(w, "列表同详情公司");

	for (unsigned i = 0; i < sizeof readers / sizeof *readers; i++) {
		char *fields, *masked;

		must(w, readers[i], "record.get",
		    "{'entity':'customer','id':'%s'}", number);
		fields = kept(w, "fields");
		masked = kept(w, "masked");
		must(w, readers[i], "record.find",
		    "{'entity':'customer','where':['=','number','%s']}",
		    number);
		assert_string_equal(at(w, "rows.0.fields"), fields);
		assert_string_equal(at(w, "rows.0.masked"), masked);
		free(fields);
		free(masked);
	}
}

static void no_secret(struct whole *w, const char *what)
{
	if (says(w, LIMIT) || says(w, "424242") || says(w, PERSON))
		fail_msg("%s tells: %s", what, w->text);
}

static void test_answer_to_a_change_shows_no_more_than_a_read(void **state)
{
	struct whole *w = *state;
	const char *number = filled_customer(w, "回显公司");

	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'杭州'},"
	    "'request_id':'echo'}",
	    number);
	no_secret(w, "update");
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'杭州'},"
	    "'request_id':'echo'}",
	    number);
	no_secret(w, "the same again");
	must(w, "sh-sales", "record.batch",
	    "{'items':[{'op':'update','entity':'customer','id':'%s',"
	    "'set':{'city':'上海'}}]}",
	    number);
	no_secret(w, "batch");
	must(w, "sh-sales", "record.archive", "{'entity':'customer','id':'%s'}",
	    number);
	no_secret(w, "archive");
	must(w, "sh-sales", "record.unarchive",
	    "{'entity':'customer','id':'%s'}", number);
	no_secret(w, "unarchive");
}

static void test_archived_record_hides_what_it_hid(void **state)
{
	struct whole *w = *state;
	const char *number = filled_customer(w, "归档公司");

	must(w, "loader", "record.archive", "{'entity':'customer','id':'%s'}",
	    number);
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
	no_secret(w, "get");
	must(w, "sh-sales", "record.find",
	    "{'entity':'customer','archived':true,"
	    "'where':['=','number','%s']}",
	    number);
	assert_string_equal(at(w, "rows.0.number"), number);
	no_secret(w, "find");
	refused(w, "not_found", "hz-sales", "record.get",
	    "{'entity':'customer','id':'%s'}", number);
	refused(w, "not_found", "hz-sales", "record.unarchive",
	    "{'entity':'customer','id':'%s'}", number);
}

/* --- L06, L07, L08, L16: names that are no names -------------------------*/

static void test_paths_aliases_and_functions_are_unknown_names(void **state)
{
	struct whole *w = *state;
	static const char *const names[] = { "bank.account_no",
		"customer.credit_limit", "bank.*", "*", "name as x",
		"upper(name)", "length(credit_limit)", "credit_limit is null",
		"coalesce(credit_limit,1)", "bank[0]", "orders.customer.name",
		"Name", "name ", "ｎａｍｅ" };
	static const char *const uses[] = { "'fields':['%s']", "'order':['%s']",
		"'where':['empty','%s']", "'where':['=','%s','1']" };
	char part[200];

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		for (unsigned k = 0; k < 4; k++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(part, sizeof part, uses[k], names[i]);
#pragma GCC diagnostic pop
			/* Not even for who sees everything. */
			refused(w, "unknown", "gm", "record.find",
			    "{'entity':'customer',%s}", part);
			assert_string_equal(at(w, "field"), names[i]);
		}
}

static void test_reference_shows_a_number_and_no_record(void **state)
{
	struct whole *w = *state;
	const char *number = filled_customer(w, "引用公司");

	must(w, "sh-support", "record.find",
	    "{'entity':'contact','where':['=','customer','%s']}", number);
	assert_string_equal(at(w, "rows.0.fields.customer"), number);
	assert_false(says(w, "引用公司"));
	/* A child's own entity decides, not that of its customer. */
	refused(w, "unknown", "sh-sales", "record.find",
	    "{'entity':'bank','where':['=','customer','%s']}", number);
}

/* --- L10, L11: what is computed or filled in -----------------------------*/

static void test_sum_needs_the_right_of_what_it_adds_up(void **state)
{
	struct whole *w = *state;
	const char *number = filled_customer(w, "应收公司");

	must(w, "finance", "record.create",
	    "{'entity':'payment','fields':{'customer':'%s','date':'2026-01-01'"
	    ",'amount':'7777.77'}}",
	    number);
	must(w, "finance", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
	assert_string_equal(at(w, "fields.receivable"), "-7777.77");
	must(w, "sh-support", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
	assert_false(says(w, "7777"));
	refused(w, "unknown", "sh-support", "record.find",
	    "{'entity':'customer','where':['empty','receivable']}");
}

static void test_defaults_come_from_nobodys_record(void **state)
{
	struct whole *w = *state;

	filled_customer(w, "先例公司");
	must(w, "hz-sales", "record.create",
	    "{'entity':'customer','dry_run':true,'fields':{'name':'新来公司',"
	    "'type':'other','category':'regular','source':'phone'}}");
	assert_string_equal(at(w, "fields.branch"), "HZ");
	assert_string_equal(at(w, "fields.owner"), "hz-sales");
	assert_string_equal(at(w, "fields.city"), "");
	assert_string_equal(at(w, "fields.mobile"), "");
	assert_string_equal(at(w, "duplicates"), "[]");
}

/* --- L25, L63: calling a record by what one may not read -----------------*/

/* The clerk reads customers, but for their former numbers; id numbers he may
 * type in and not read. */
static void hide_former_numbers(struct whole *w)
{
	must(w, "admin", "role.apply",
	    "{'role':'clerk','label':['录入','Clerk'],'rights':['import'],"
	    "'grants':[{'on':'branch','levels':{'identity':'write','org':"
	    "'write','class':'write','contact':'write','person_id':'enter',"
	    "'activity':'write'},'fields':{'customer.external_no':'none'}}]}");
}

static void test_hidden_former_number_names_nothing(void **state)
{
	struct whole *w = *state;
	static const char *const asks[][2] = {
		{ "record.get", "{'entity':'customer','id':'%s'}" },
		{ "record.history", "{'entity':'customer','id':'%s'}" },
		{ "record.update", "{'entity':'customer','id':'%s','set':{}}" },
		{ "customer.dossier", "{'id':'%s'}" },
		{ "record.create", "{'entity':'activity','fields':{'kind':"
				   "'phone','customer':'%s'}}" },
	};
	const char *number;

	new_customer(w, "sh-manager", "旧号公司", ",'external_no':'OLD-4711'");
	must(w, "sh-clerk", "record.get",
	    "{'entity':'customer','id':'OLD-4711'}");
	number = at(w, "number");
	hide_former_numbers(w);
	must(w, "sh-clerk", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (unsigned i = 0; i < sizeof asks / sizeof *asks; i++) {
		char *nothing;

		ask(w, "sh-clerk", asks[i][0], asks[i][1], "OLD-4712");
		assert_false(w->ok);
		nothing = strdup(w->text);
		ask(w, "sh-clerk", asks[i][0], asks[i][1], "OLD-4711");
		assert_string_equal(w->text, nothing);
		free(nothing);
	}
#pragma GCC diagnostic pop
}

/* Whoever tries the digests of rows tries the values in them. */
static void test_imported_row_is_known_to_who_may_read_it(void **state)
{
	struct whole *w = *state;
	static const char row[] =
	    "{'entity':'customer','row':'%064d','fields':{'name':'%s',"
	    "'type':'other','category':'regular','id_type':'passport',"
	    "'person_id':'" PERSON "%06d'},'source':'import'}";

	must(w, "loader", "record.create", row, 31, "他人证件公司", 31);
	refused(w, "duplicate", "sh-clerk", "record.create", row, 31,
	    "他人证件公司", 31);
	must(w, "sh-clerk", "record.create", row, 32, "本人证件公司", 32);
	must(w, "sh-clerk", "record.create", row, 32, "本人证件公司", 32);
	assert_string_equal(at(w, "skipped"), "true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_shows_a_record_as_get_does),
		cmocka_unit_test(
		    test_answer_to_a_change_shows_no_more_than_a_read),
		cmocka_unit_test(test_archived_record_hides_what_it_hid),
		cmocka_unit_test(
		    test_paths_aliases_and_functions_are_unknown_names),
		cmocka_unit_test(test_reference_shows_a_number_and_no_record),
		cmocka_unit_test(test_sum_needs_the_right_of_what_it_adds_up),
		cmocka_unit_test(test_defaults_come_from_nobodys_record),
		cmocka_unit_test(test_hidden_former_number_names_nothing),
		cmocka_unit_test(test_imported_row_is_known_to_who_may_read_it),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

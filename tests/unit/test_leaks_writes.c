// SPDX-License-Identifier: MIT
/*
 * Writes, batches and the log: what cannot be seen is neither moved nor told.
 */
#include "whole_book.h"

#include "server/audit/auditlog.h"

#define LIMIT "424242.00"

static const char *kept(struct whole *w)
{
	return arena_text(&w->book->arena, bytes_text(w->text));
}

static const char *with_limit(struct whole *w, const char *name)
{
	const char *number =
	    new_customer(w, "loader", name, ",'owner':'sh-sales'");

	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'" LIMIT "'}}",
	    number);
	return number;
}

static void has_limit(struct whole *w, const char *number)
{
	must(w, "finance", "record.get",
	    "{'entity':'customer','id':'%s','fields':['credit_limit']}",
	    number);
	assert_string_equal(at(w, "fields.credit_limit"), LIMIT);
}

/* --- L25: names typed in --------------------------------------------------*/

/* Who may not name an owner learns from none which accounts there are. */
static void test_owner_who_is_not_there_is_anothers(void **state)
{
	struct whole *w = *state;
	static const char *const owners[] = { "hz-sales", "admin", "nobody-7" };
	const char *ours = new_customer(w, "sh-sales", "探名公司", "");
	const char *answers[2] = { NULL, NULL };

	for (unsigned i = 0; i < 3; i++) {
		refused(w, "denied", "sh-sales", "record.create",
		    "{'entity':'customer','dry_run':true,'fields':{"
		    "'name':'某某公司','type':'other','category':'regular',"
		    "'source':'phone','owner':'%s'}}",
		    owners[i]);
		if (answers[0])
			assert_string_equal(w->text, answers[0]);
		answers[0] = kept(w);
		refused(w, "denied", "sh-sales", "record.update",
		    "{'entity':'customer','id':'%s','dry_run':true,"
		    "'set':{'city':'x','owner':'%s'}}",
		    ours, owners[i]);
		if (answers[1])
			assert_string_equal(w->text, answers[1]);
		answers[1] = kept(w);
	}
}

/* --- L71: many at a time -------------------------------------------------*/

static void test_batch_judges_each_item_by_itself(void **state)
{
	struct whole *w = *state;
	const char *ours = with_limit(w, "本批公司");
	const char *theirs = new_customer(w, "hz-sales", "别批公司", "");

	must(w, "sh-sales", "record.batch",
	    "{'items':["
	    "{'op':'update','entity':'customer','id':'%s','set':{'city':'a'}},"
	    "{'op':'update','entity':'customer','id':'%s','set':{'city':'b'}},"
	    "{'op':'update','entity':'customer','id':'%s',"
	    "'set':{'credit_limit':'1.00'}},"
	    "{'op':'create','entity':'bank','fields':{'customer':'%s'}}]}",
	    ours, theirs, ours, ours);
	assert_string_equal(at(w, "failed"), "3");
	assert_string_equal(at(w, "items.0.fields.city"), "a");
	assert_string_equal(at(w, "items.1.error.code"), "not_found");
	assert_string_equal(at(w, "items.2.error.code"), "unknown");
	assert_string_equal(at(w, "items.3.error.code"), "unknown");
	has_limit(w, ours);
	must(w, "hz-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    theirs);
	assert_string_equal(at(w, "fields.city"), "");
}

static void test_refused_batch_tells_of_no_item_but_the_first_bad(void **state)
{
	struct whole *w = *state;
	const char *ours = with_limit(w, "整批公司");

	refused(w, "not_found", "sh-sales", "record.batch",
	    "{'atomic':true,'items':["
	    "{'op':'update','entity':'customer','id':'%s','set':{'city':'c'}},"
	    "{'op':'update','entity':'customer','id':'NONE-9','set':{}}]}",
	    ours);
	assert_string_equal(at(w, "items"), "");
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    ours);
	assert_string_equal(at(w, "fields.city"), "");
}

/* --- L18, L76, L79: what is not named stays ------------------------------*/

static void test_writing_back_what_was_read_leaves_the_rest(void **state)
{
	struct whole *w = *state;
	const char *number = with_limit(w, "写回公司");

	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'上海',"
	    "'needs':null},'unset':['industry']}",
	    number);
	has_limit(w, number);
}

static void test_value_with_an_operator_is_no_value(void **state)
{
	struct whole *w = *state;
	const char *number = with_limit(w, "运算公司");
	static const char *const values[] = { "{'$inc':1}", "['+',1]",
		"'credit_limit+1'", "{'$max':'1.00'}" };

	for (unsigned i = 0; i < 4; i++) {
		refused(w, "unknown", "sh-sales", "record.update",
		    "{'entity':'customer','id':'%s','set':{'credit_limit':%s}}",
		    number, values[i]);
		refused(w, "invalid", "finance", "record.update",
		    "{'entity':'customer','id':'%s','reason':'定',"
		    "'set':{'credit_limit':%s}}",
		    number, values[i]);
	}
	has_limit(w, number);
}

static void test_refused_condition_changes_and_shows_nothing(void **state)
{
	struct whole *w = *state;

	with_limit(w, "条件公司");
	refused(w, "unknown", "sh-sales", "record.find",
	    "{'entity':'customer','where':['or',['=','city','上海'],"
	    "['=','credit_limit','" LIMIT "']]}");
	assert_string_equal(at(w, "rows"), "");
}

/* --- L53: the log's words ------------------------------------------------*/

/* No leaf has the constant, whoever searched for it. */
static void test_log_has_no_constant_of_a_search(void **state)
{
	struct whole *w = *state;
	uint64_t head;

	new_customer(w, "loader", "查号公司", ",'mobile':'13987654321'");
	must(w, "sh-manager", "record.find",
	    "{'entity':'customer','where':['=','mobile','13987654321']}");
	must(w, "sh-manager", "record.export",
	    "{'entity':'customer','where':['=','city','哨兵城']}");
	whole_refresh(w);
	head = snapshot_head(w->desk.snapshot);
	for (uint64_t i = 0; i < head; i++) {
		struct bytes leaf;

		assert_int_equal(
		    auditlog_leaf(w->desk.snapshot, i, &leaf), ERR_OK);
		assert_null(memmem(leaf.data, leaf.len, "13987654321", 11));
		assert_null(memmem(leaf.data, leaf.len, "87654321", 8));
		assert_null(memmem(leaf.data, leaf.len, "哨兵城", 9));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owner_who_is_not_there_is_anothers),
		cmocka_unit_test(test_batch_judges_each_item_by_itself),
		cmocka_unit_test(
		    test_refused_batch_tells_of_no_item_but_the_first_bad),
		cmocka_unit_test(
		    test_writing_back_what_was_read_leaves_the_rest),
		cmocka_unit_test(test_value_with_an_operator_is_no_value),
		cmocka_unit_test(
		    test_refused_condition_changes_and_shows_nothing),
		cmocka_unit_test(test_log_has_no_constant_of_a_search),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

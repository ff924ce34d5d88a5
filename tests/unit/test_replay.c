// SPDX-License-Identifier: MIT
/*
 * A request that is sent again changes nothing and is answered as before,
 * with today's rights.
 */
#include "whole_book.h"

#define MAKE                                                                   \
	"{'entity':'customer','request_id':'%s','fields':{'name':'%s',"        \
	"'type':'other','category':'regular','source':'phone'}}"

static void test_same_request_makes_one_record(void **state)
{
	struct whole *w = *state;
	const char *first;

	must(w, "sh-sales", "record.create", MAKE, "r-1", "甲一公司");
	first = at(w, "id");
	must(w, "sh-sales", "record.create", MAKE, "r-1", "甲一公司");
	assert_string_equal(at(w, "id"), first);
	must(w, "sh-sales", "record.find",
	    "{'entity':'customer','where':['=','name','甲一公司']}");
	assert_string_equal(at(w, "rows.1"), "");
}

static void test_same_id_for_something_else_is_refused(void **state)
{
	struct whole *w = *state;

	must(w, "sh-sales", "record.create", MAKE, "r-2", "乙一公司");
	refused(
	    w, "invalid", "sh-sales", "record.create", MAKE, "r-2", "乙二公司");
	assert_string_equal(at(w, "rule"), "request_id");
}

/* It stays in the log for good, and a report's is an entry of its own. */
static void test_an_id_is_short(void **state)
{
	struct whole *w = *state;

	refused(w, "invalid", "sh-sales", "record.create",
	    "{'entity':'customer','request_id':'%0201d','fields':{}}", 1);
	assert_string_equal(at(w, "field"), "request_id");
	refused(w, "invalid", "sh-sales", "report.run",
	    "{'name':'sales','request_id':'%0201d'}", 1);
	assert_string_equal(at(w, "field"), "request_id");
	must(w, "sh-sales", "report.run",
	    "{'name':'sales','request_id':'%0200d'}", 1);
}

static void test_request_ids_are_per_user(void **state)
{
	struct whole *w = *state;
	const char *first;

	must(w, "sh-sales", "record.create", MAKE, "r-3", "丙一公司");
	first = at(w, "id");
	must(w, "hz-sales", "record.create", MAKE, "r-3", "丙一公司");
	assert_string_not_equal(at(w, "id"), first);
}

static void test_preview_is_not_remembered(void **state)
{
	struct whole *w = *state;
	static const char *const make =
	    "{'entity':'customer','request_id':'r-4','dry_run':%s,'fields':"
	    "{'name':'丁一公司','type':'other','category':'regular',"
	    "'source':'phone'}}";

	must(w, "sh-sales", "record.create", make, "true");
	assert_string_equal(at(w, "number"), "");
	must(w, "sh-sales", "record.create", make, "false");
	assert_memory_equal(at(w, "number"), "KHSH", 4);
}

static void test_replay_is_shown_with_todays_rights(void **state)
{
	struct whole *w = *state;
	const char *id;

	must(w, "sh-sales", "record.create", MAKE, "r-5", "戊一公司");
	id = at(w, "id");
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'sh-sales2'}}", id);
	refused(w, "not_found", "sh-sales", "record.create", MAKE, "r-5",
	    "戊一公司");
}

static const char batch[] =
    "{'request_id':'%s','items':["
    "{'op':'create','entity':'customer','fields':{'name':'%s',"
    "'type':'other','category':'regular','source':'phone'}},"
    "{'op':'create','entity':'customer','fields':{'name':'','type':'x'}},"
    "{'op':'create','entity':'contact','fields':{'customer':'#0',"
    "'name':'王小明'}}]}";

/* The item that failed stored nothing that could be shown. */
static void test_replayed_batch_keeps_its_failed_items(void **state)
{
	struct whole *w = *state;
	const char *first;

	must(w, "sh-manager", "record.batch", batch, "r-6", "己一公司");
	assert_string_equal(at(w, "failed"), "1");
	assert_string_equal(at(w, "items.1.error.code"), "invalid");
	first = at(w, "items.2.id");
	must(w, "sh-manager", "record.batch", batch, "r-6", "己一公司");
	assert_string_equal(at(w, "failed"), "1");
	assert_string_equal(at(w, "items.1.error.code"), "invalid");
	assert_string_equal(at(w, "items.2.id"), first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_request_makes_one_record),
		cmocka_unit_test(test_same_id_for_something_else_is_refused),
		cmocka_unit_test(test_an_id_is_short),
		cmocka_unit_test(test_request_ids_are_per_user),
		cmocka_unit_test(test_preview_is_not_remembered),
		cmocka_unit_test(test_replay_is_shown_with_todays_rights),
		cmocka_unit_test(test_replayed_batch_keeps_its_failed_items),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

// SPDX-License-Identifier: MIT
/*
 * Previews: what they show, what their token binds, what they keep quiet.
 */
#include "whole_book.h"

static const char make[] =
    "{'entity':'customer','fields':{'name':'%s','type':'other','category':"
    "'regular','source':'phone'}%s%s%s}";

static const char *preview(struct whole *w, const char *login, const char *name)
{
	must(w, login, "record.create", make, name, ",'dry_run':true", "", "");
	return at(w, "confirm");
}

static void test_what_was_previewed_is_confirmed(void **state)
{
	struct whole *w = *state;
	const char *token = preview(w, "sh-sales", "预览公司");

	must(w, "sh-sales", "record.create", make, "预览公司", ",'confirm':'",
	    token, "'");
}

static void test_other_values_are_not_confirmed(void **state)
{
	struct whole *w = *state;
	const char *token = preview(w, "sh-sales", "预览公司");

	refused(w, "invalid", "sh-sales", "record.create", make, "另一公司",
	    ",'confirm':'", token, "'");
	assert_string_equal(at(w, "rule"), "confirm");
}

static uint64_t number_made(struct whole *w, const char *name)
{
	const char *number;

	must(w, "sh-sales", "record.create", make, name, "", "", "");
	number = at(w, "number");
	return strtoull(number + strcspn(number, "0123456789"), NULL, 10);
}

static void test_what_is_refused_burns_no_number(void **state)
{
	struct whole *w = *state;
	uint64_t first = number_made(w, "第一公司");
	const char *token = preview(w, "sh-sales", "预览公司");

	refused(w, "invalid", "sh-sales", "record.create", make, "另一公司",
	    ",'confirm':'", token, "'");
	assert_int_equal(number_made(w, "第二公司"), first + 1);
}

static void test_anothers_token_confirms_nothing(void **state)
{
	struct whole *w = *state;
	const char *token = preview(w, "sh-sales", "预览公司");

	refused(w, "invalid", "sh-sales2", "record.create", make, "预览公司",
	    ",'confirm':'", token, "'");
}

static void test_token_ends_after_a_quarter_of_an_hour(void **state)
{
	struct whole *w = *state;
	const char *token = preview(w, "sh-sales", "预览公司");

	w->book->now_ms += 15 * 60 * 1000;
	refused(w, "invalid", "sh-sales", "record.create", make, "预览公司",
	    ",'confirm':'", token, "'");
}

static void test_token_of_a_batch_binds_all_items(void **state)
{
	struct whole *w = *state;
	static const char batch[] =
	    "{'items':[{'op':'create','entity':'customer','fields':{'name':"
	    "'批甲公司','type':'other','category':'regular','source':'phone'}},"
	    "{'op':'create','entity':'customer','fields':{'name':'%s','type':"
	    "'other','category':'regular','source':'phone'}}]%s%s%s}";
	const char *token;

	must(w, "sh-sales", "record.batch", batch, "批乙公司",
	    ",'dry_run':true", "", "");
	token = at(w, "confirm");
	refused(w, "invalid", "sh-sales", "record.batch", batch, "批丙公司",
	    ",'confirm':'", token, "'");
	must(w, "sh-sales", "record.batch", batch, "批乙公司", ",'confirm':'",
	    token, "'");
}

static void test_preview_writes_nothing(void **state)
{
	struct whole *w = *state;
	uint64_t before;

	preview(w, "sh-sales", "空写公司");
	before = store_head(w->book->store);
	preview(w, "sh-sales", "空写公司");
	assert_int_equal(store_head(w->book->store), before);
	must(w, "sh-sales", "record.find",
	    "{'entity':'customer','where':['=','name','空写公司']}");
	assert_string_equal(at(w, "rows"), "[]");
}

static void test_preview_of_an_update_hides_the_hidden(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "隐值公司", "");

	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'424242'}}",
	    id);
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','dry_run':true,'set':{'city':"
	    "'上海'}}",
	    id);
	assert_false(says(w, "424242"));
	assert_false(says(w, "credit_limit"));
}

static void test_preview_of_an_update_masks_the_masked(void **state)
{
	struct whole *w = *state;
	const char *id =
	    new_customer(w, "loader", "掩值公司", ",'mobile':'13812345678'");

	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','dry_run':true,'set':{"
	    "'payment_method':'cash'}}",
	    id);
	assert_string_equal(at(w, "fields.mobile"), "138****5678");
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{'payment_method':'cash'}}",
	    id);
	assert_string_equal(at(w, "fields.mobile"), "138****5678");
}

static void test_duplicates_show_what_the_caller_knows(void **state)
{
	struct whole *w = *state;

	new_customer(w, "sh-manager", "重名（上海）有限公司", "");
	must(w, "sh-manager", "record.create", make, "重名(上海)有限公司",
	    ",'dry_run':true", "", "");
	assert_string_equal(
	    at(w, "duplicates.0.fields.name"), "重名（上海）有限公司");
}

static void test_duplicates_tell_nothing_of_other_branches(void **state)
{
	struct whole *w = *state;
	const char *before;

	preview(w, "hz-sales", "异地公司");
	before = arena_text(&w->book->arena, bytes_text(at(w, "duplicates")));
	new_customer(w, "sh-sales", "异地公司", "");
	preview(w, "hz-sales", "异地公司");
	assert_string_equal(at(w, "duplicates"), before);
	assert_string_equal(before, "[]");
	preview(w, "sh-sales2", "异地公司");
	assert_string_equal(at(w, "duplicates"), "[]");
}

/* A value taken anywhere is all that is said, and by one who may set it. */
static void test_taken_value_names_nobody(void **state)
{
	struct whole *w = *state;
	const char *number;

	number = new_customer(
	    w, "sh-sales", "占码公司", ",'uscc':'91110000600037341L'");
	refused(w, "duplicate", "hz-sales", "record.create",
	    "{'entity':'customer','fields':{'name':'撞码公司','type':'other',"
	    "'category':'regular','source':'phone','uscc':"
	    "'91110000600037341L'}}");
	assert_false(says(w, number));
	assert_false(says(w, "占码"));
	assert_false(says(w, "SH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_previewed_is_confirmed),
		cmocka_unit_test(test_other_values_are_not_confirmed),
		cmocka_unit_test(test_what_is_refused_burns_no_number),
		cmocka_unit_test(test_anothers_token_confirms_nothing),
		cmocka_unit_test(test_token_ends_after_a_quarter_of_an_hour),
		cmocka_unit_test(test_token_of_a_batch_binds_all_items),
		cmocka_unit_test(test_preview_writes_nothing),
		cmocka_unit_test(test_preview_of_an_update_hides_the_hidden),
		cmocka_unit_test(test_preview_of_an_update_masks_the_masked),
		cmocka_unit_test(test_duplicates_show_what_the_caller_knows),
		cmocka_unit_test(
		    test_duplicates_tell_nothing_of_other_branches),
		cmocka_unit_test(test_taken_value_names_nobody),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

// SPDX-License-Identifier: MIT
/*
 * Likely duplicates: which are found, why, and what nobody is told.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "whole_book.h"

#include <cmocka.h>

/* The pair of two numbers in the last answer, or -1. */
static int pair_at(struct whole *w, const char *one, const char *other)
{
	for (int i = 0;; i++) {
		char path[40];
		const char *a, *b;

		snprintf(path, sizeof path, "rows.%d.record.number", i);
		a = at(w, path);
		snprintf(path, sizeof path, "rows.%d.other.number", i);
		b = at(w, path);
		if (!*a)
			return -1;
		if ((!strcmp(a, one) && !strcmp(b, other)) ||
		    (!strcmp(a, other) && !strcmp(b, one)))
			return i;
	}
}

static const char *of_pair(struct whole *w, int i, const char *what)
{
	char path[60];

	snprintf(path, sizeof path, "rows.%d.%s", i, what);
	return at(w, path);
}

static const char *preview(
    struct whole *w, const char *who, const char *name, const char *more)
{
	must(w, who, "record.create",
	    "{'entity':'customer','dry_run':true,'fields':{'name':'%s',"
	    "'type':'other','category':'regular','source':'phone'%s}}",
	    name, more);
	return at(w, "duplicates");
}

static void test_a_preview_tells_score_and_reasons(void **state)
{
	struct whole *w = *state;
	const char *number = new_customer(
	    w, "sh-manager", "上海打分贸易有限公司", ",'phone':'021-52345678'");

	preview(w, "sh-manager", "打分贸易（上海）公司",
	    ",'phone':'(021) 5234 5678'");
	assert_string_equal(at(w, "duplicates.0.number"), number);
	assert_string_equal(
	    at(w, "duplicates.0.reasons"), "[\"name\",\"phone\"]");
	assert_string_equal(at(w, "duplicates.0.score"), "82");
	assert_false(says(w, "52345678\"}"));
	preview(w, "sh-manager", "上海打分贸易发展有限公司", "");
	assert_string_equal(at(w, "duplicates"), "[]");
}

static void test_sealed_numbers_are_compared_unopened(void **state)
{
	struct whole *w = *state;
	const char *number =
	    new_customer(w, "sh-sales", "暗号公司", ",'mobile':'13911112222'");

	preview(w, "sh-sales", "暗号公司", ",'mobile':'139-1111-2222'");
	assert_string_equal(at(w, "duplicates.0.number"), number);
	assert_string_equal(
	    at(w, "duplicates.0.reasons"), "[\"name\",\"mobile\"]");
}

static void test_one_record_is_held_against_all(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "单查贸易有限公司", "");
	const char *b = new_customer(w, "sh-manager", "贸易单查公司", "");
	int i;

	must(w, "sh-manager", "customer.duplicates", "{'id':'%s'}", a);
	i = pair_at(w, a, b);
	assert_true(i >= 0);
	assert_string_equal(of_pair(w, i, "record.number"), a);
	must(w, "sh-manager", "customer.duplicates", "{'id':'%s','least':90}",
	    a);
	assert_string_equal(at(w, "rows"), "[]");
	refused(w, "not_found", "hz-manager", "customer.duplicates",
	    "{'id':'%s'}", a);
	refused(w, "unknown", "admin", "customer.duplicates", "{}");
}

static void test_the_whole_book_has_each_pair_once(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "全书五金有限公司", "");
	const char *b = new_customer(w, "sh-manager", "全书（五金）公司", "");
	unsigned met = 0;

	must(w, "sh-manager", "customer.duplicates", "{}");
	assert_string_equal(at(w, "looked_at"), at(w, "total"));
	assert_string_equal(at(w, "next"), "null");
	for (int i = 0; *of_pair(w, i, "score"); i++)
		met += !strcmp(of_pair(w, i, "record.number"), b) &&
		       !strcmp(of_pair(w, i, "other.number"), a);
	assert_int_equal(met, 1);
	assert_true(pair_at(w, a, b) >= 0);
}

static void test_two_codes_keep_two_companies_apart(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(
	    w, "sh-manager", "分码机械公司", ",'uscc':'91110000600037341L'");

	preview(
	    w, "sh-manager", "分码机械公司", ",'uscc':'91110000710926094P'");
	assert_string_equal(at(w, "duplicates"), "[]");
	preview(w, "sh-manager", "分码机械公司", "");
	assert_string_equal(at(w, "duplicates.0.number"), a);
}

static void test_archived_ones_are_in_no_list(void **state)
{
	struct whole *w = *state;
	const char *a = new_customer(w, "sh-manager", "旧档仪表公司", "");

	must(w, "sh-manager", "record.archive",
	    "{'entity':'customer','id':'%s'}", a);
	preview(w, "sh-manager", "旧档仪表公司", "");
	assert_string_equal(at(w, "duplicates"), "[]");
}

/* L34: what lies out of sight changes no answer, in no number. */
static void test_others_records_change_no_answer(void **state)
{
	struct whole *w = *state;
	const char *before;

	new_customer(w, "hz-manager", "远处化工有限公司", "");
	new_customer(w, "hz-manager", "远处（化工）公司", "");
	must(w, "hz-manager", "customer.duplicates", "{}");
	before = arena_text(&w->book->arena, bytes_text(w->text));
	assert_true(says(w, "远处"));
	for (unsigned i = 0; i < 120; i++)
		new_customer(w, "sh-manager", "远处化工有限公司",
		    ",'phone':'010-12345678'");
	must(w, "hz-manager", "customer.duplicates", "{}");
	assert_string_equal(w->text, before);
}

/* L34: nor does a field that he may not compare. */
static void test_hidden_fields_are_no_reasons(void **state)
{
	struct whole *w = *state;
	const char *a =
	    new_customer(w, "loader", "王乙己", ",'mobile':'13822223333'");
	const char *b = new_customer(w, "loader", "丁丙甲",
	    ",'mobile':'13822223333','email':'one@example.com'");

	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'email':"
	    "'one@example.com'}}",
	    a);
	must(w, "sh-manager", "customer.duplicates", "{'id':'%s'}", b);
	assert_true(pair_at(w, a, b) >= 0);
	/* gm has contact data masked and may look nothing up. */
	must(w, "gm", "customer.duplicates", "{'id':'%s','least':1}", b);
	assert_int_equal(pair_at(w, a, b), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_preview_tells_score_and_reasons),
		cmocka_unit_test(test_sealed_numbers_are_compared_unopened),
		cmocka_unit_test(test_one_record_is_held_against_all),
		cmocka_unit_test(test_the_whole_book_has_each_pair_once),
		cmocka_unit_test(test_two_codes_keep_two_companies_apart),
		cmocka_unit_test(test_archived_ones_are_in_no_list),
		cmocka_unit_test(test_hidden_fields_are_no_reasons),
		cmocka_unit_test(test_others_records_change_no_answer),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}

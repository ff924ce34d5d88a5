// SPDX-License-Identifier: MIT
/*
 * Tables and what is printed: columns of Chinese, cutting, harmless text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/pager.h"
#include "client/screen.h"
#include "client/table.h"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 4096, KEEP_CAP);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void fill(struct table *t)
{
	static const char *const cells[] = { "KH1", "上海坦森行", "7.50", "x",
		"KH22", "Acme", "1,234.00", "yy" };

	table_init(t, &arena);
	table_column(t, bytes_text("编号"), 0, false, true);
	table_column(t, bytes_text("名称"), 1, false, false);
	table_column(t, bytes_text("金额"), 2, true, true);
	table_column(t, bytes_text("备注"), 3, false, false);
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		table_cell(t, bytes_text(cells[i]));
}

static void check(unsigned width, bool cut, const char *expected)
{
	struct table t;
	struct buf out;

	fill(&t);
	buf_init(&out, 65536);
	table_format(&t, width, cut, &out);
	buf_append_byte(&out, 0);
	assert_string_equal((const char *)buf_bytes(&out).data, expected);
	buf_release(&out);
}

static void test_chinese_counts_two_columns(void **state)
{
	(void)state;
	check(0, true,
	    "编号  名称            金额  备注\n"
	    "----  ----------  --------  ----\n"
	    "KH1   上海坦森行      7.50  x\n"
	    "KH22  Acme        1,234.00  yy\n");
}

static void test_least_wanted_column_leaves_first(void **state)
{
	(void)state;
	check(30, true,
	    "编号  名称            金额\n"
	    "----  ----------  --------\n"
	    "KH1   上海坦森行      7.50\n"
	    "KH22  Acme        1,234.00\n");
}

static void test_numbers_are_never_cut(void **state)
{
	struct table t;
	struct buf out;

	(void)state;
	table_init(&t, &arena);
	table_column(&t, bytes_text("no"), 0, false, true);
	table_column(&t, bytes_text("name"), 0, false, false);
	table_cell(&t, bytes_text("KHSH01202600108"));
	table_cell(&t, bytes_text("上海坦森行贸易"));
	buf_init(&out, 65536);
	table_format(&t, 24, true, &out);
	buf_append_byte(&out, 0);
	assert_string_equal((const char *)buf_bytes(&out).data,
	    "no               name\n"
	    "---------------  -------\n"
	    "KHSH01202600108  上海坦~\n");
	buf_release(&out);
}

static void test_nothing_is_cut_when_not_wanted(void **state)
{
	(void)state;
	check(8, false,
	    "编号\n"
	    "----\n"
	    "KH1\n"
	    "KH22\n");
}

static void test_control_characters_become_visible(void **state)
{
	struct bytes evil = bytes_text("a\033[2Jb\xE2\x80\xAE"
				       "c\nd");

	(void)state;
	assert_string_equal(
	    (const char *)screen_clean(&arena, evil, false).data,
	    "a\\x1b[2Jb\\u{202e}c\\nd");
	assert_string_equal(
	    (const char *)screen_clean(&arena, bytes_text("a\nb"), true).data,
	    "a\nb");
}

static void test_last_column_continues_below_itself(void **state)
{
	struct table t;
	struct buf out;

	(void)state;
	table_init(&t, &arena);
	t.wraps = true;
	table_column(&t, bytes_text("no"), 0, false, true);
	table_column(&t, bytes_text("why"), 0, false, true);
	table_cell(&t, bytes_text("1"));
	table_cell(&t, bytes_text("the last character does not fit the rest"));
	table_cell(&t, bytes_text("2"));
	table_cell(
	    &t, bytes_text("末位与其余各位不符, 请对照营业执照上的代码"));
	buf_init(&out, 65536);
	table_format(&t, 30, true, &out);
	buf_append_byte(&out, 0);
	assert_string_equal((const char *)buf_bytes(&out).data,
	    "no  why\n"
	    "--  --------------------------\n"
	    "1   the last character does\n"
	    "    not fit the rest\n"
	    "2   末位与其余各位不符,\n"
	    "    请对照营业执照上的代码\n");
	buf_release(&out);
}

static void test_height_counts_wrapped_lines_and_no_colours(void **state)
{
	(void)state;
	assert_int_equal(pager_lines(bytes_text(""), 10), 0);
	assert_int_equal(pager_lines(bytes_text("a\nb"), 10), 2);
	assert_int_equal(pager_lines(bytes_text("上海坦森行\n"), 10), 1);
	assert_int_equal(pager_lines(bytes_text("上海坦森行x\n"), 10), 2);
	assert_int_equal(
	    pager_lines(bytes_text("\033[1;31m0123456789\033[0m\n"), 10), 1);
	assert_int_equal(pager_lines(bytes_text("\033[\033\n"), 10), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_chinese_counts_two_columns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_least_wanted_column_leaves_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_numbers_are_never_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_nothing_is_cut_when_not_wanted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_control_characters_become_visible, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_last_column_continues_below_itself, set_up, tear_down),
		cmocka_unit_test(
		    test_height_counts_wrapped_lines_and_no_colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

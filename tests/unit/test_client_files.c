// SPDX-License-Identifier: MIT
/*
 * What the client reads and writes: JSON, CSV, YAML, catalogues, arguments,
 * suggestions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/args.h"
#include "client/catalogue.h"
#include "client/json.h"
#include "client/sheet.h"
#include "client/suggest.h"
#include "client/words.h"
#include "client/yaml.h"
#include "client/yaml_write.h"

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

static const char *json_of(struct bytes packed)
{
	struct buf out;

	buf_init(&out, 65536);
	json_append(&out, packed);
	return (const char *)keep_buf(&arena, &out).data;
}

static const char *round_trip(const char *json)
{
	struct buf packed;
	char why[160];

	buf_init(&packed, 65536);
	assert_int_equal(
	    json_read(bytes_text(json), &packed, why, sizeof(why)), ERR_OK);
	return json_of(keep_buf(&arena, &packed));
}

static void test_json_survives_a_round_trip(void **state)
{
	const char *json = "{\"a\":[1,-2,true,null,\"\\\"x\\n上海\"],"
			   "\"b\":{\"c\":\"1234.50\"},\"d\":[]}";

	(void)state;
	assert_string_equal(round_trip(json), json);
	assert_string_equal(
	    round_trip("9223372036854775807"), "9223372036854775807");
}

static void test_json_refuses_floats(void **state)
{
	struct buf packed;
	char why[160];

	(void)state;
	buf_init(&packed, 65536);
	assert_int_equal(
	    json_read(bytes_text("{\"a\":1.5}"), &packed, why, sizeof(why)),
	    ERR_INVALID);
	buf_release(&packed);
}

static void test_yaml_keeps_codes_as_text(void **state)
{
	struct buf packed;
	char why[160];

	(void)state;
	buf_init(&packed, 65536);
	assert_int_equal(
	    yaml_read(
		bytes_text("单位: name\ncode: 007\nn: 7\nl: [a, \"1\"]\n"),
		&packed, why, sizeof(why)),
	    ERR_OK);
	assert_string_equal(json_of(keep_buf(&arena, &packed)),
	    "{\"单位\":\"name\",\"code\":\"007\",\"n\":7,\"l\":[\"a\","
	    "\"1\"]}");
}

/* JSON to packed to YAML to packed to JSON: the same again. */
static void test_yaml_comes_back_as_it_was_written(void **state)
{
	static const char *const values[] = {
		"{\"a\":\"b\"}",
		"{\"roles\":{\"sales\":{\"label\":[\"销售\",\"Sales person\"],"
		"\"rights\":[],\"grants\":[{\"on\":\"own\",\"levels\":{},"
		"\"fields\":{\"customer.uscc\":\"create\"}}]}}}",
		"{\"texts\":[\"true\",\"007\",\"12\",\"\",\" a\",\"a \",\"a: "
		"b\","
		"\"#x\",\"null\",\"~\",\"it's \\\"so\\\"\",\"-x\",\"a  b\"]}",
		"{\"numbers\":[12,-3,true,false],\"none\":null,\"map\":{}}",
		"{\"long\":{\"aaaaaaaaaaaaaaaaaaaa\":"
		"\"bbbbbbbbbbbbbbbbbbbbbbbbb\","
		"\"cccccccccccccccccccc\":[\"dddddddddddddddddd\",\"e\"]}}",
		"{\"lists\":[[\"a\",[\"b\"]],[],{\"c\":[{\"d\":1}]}]}",
	};
	struct buf packed, yaml, again;
	char why[160];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		buf_init(&packed, 65536);
		buf_init(&yaml, 65536);
		buf_init(&again, 65536);
		assert_int_equal(
		    json_read(bytes_text(values[i]), &packed, why, sizeof(why)),
		    ERR_OK);
		yaml_write(buf_bytes(&packed), &yaml);
		buf_append_byte(&yaml, 0);
		assert_int_equal(
		    yaml_read(bytes_text((const char *)buf_bytes(&yaml).data),
			&again, why, sizeof(why)),
		    ERR_OK);
		buf_append_byte(&again, 0xc0);
		assert_string_equal(
		    strtok((char *)(uintptr_t)json_of(buf_bytes(&again)), "\n"),
		    values[i]);
		buf_release(&packed);
		buf_release(&yaml);
		buf_release(&again);
	}
}

static void test_yaml_refuses_aliases(void **state)
{
	struct buf packed;
	char why[160];

	(void)state;
	buf_init(&packed, 65536);
	assert_int_equal(yaml_read(bytes_text("a: &x [1]\nb: *x\n"), &packed,
			     why, sizeof(why)),
	    ERR_INVALID);
	buf_release(&packed);
}

static void test_csv_counts_lines_as_an_editor(void **state)
{
	struct sheet s;

	(void)state;
	assert_int_equal(sheet_parse(&s, &arena,
			     bytes_text("\xEF\xBB\xBF"
					"a,b\r\n\"x\ny\",1\r\n\r\nz,2"),
			     ENCODING_DETECT),
	    ERR_OK);
	assert_int_equal(s.encoding, ENCODING_UTF8_BOM);
	assert_int_equal(s.count, 3);
	assert_true(bytes_is(s.rows[0].cells[0], "a"));
	assert_int_equal(s.rows[1].line, 2);
	assert_true(bytes_is(s.rows[1].cells[0], "x\ny"));
	assert_int_equal(s.rows[2].line, 5);
	assert_true(bytes_is(s.rows[2].raw, "z,2"));
}

static void test_csv_detects_gb18030(void **state)
{
	struct sheet s;

	(void)state;
	assert_int_equal(
	    sheet_parse(&s, &arena, bytes_text("\xC9\xCF\xBA\xA3,x\n1,2\n"),
		ENCODING_DETECT),
	    ERR_OK);
	assert_int_equal(s.encoding, ENCODING_GB18030);
	assert_true(bytes_is(s.rows[0].cells[0], "上海"));
}

static void test_csv_refuses_stray_quotes_and_bytes(void **state)
{
	struct sheet s;

	(void)state;
	assert_int_equal(sheet_parse(&s, &arena, bytes_text("a,b\n\"x\"y,1\n"),
			     ENCODING_DETECT),
	    ERR_INVALID);
	assert_int_equal(
	    sheet_parse(&s, &arena, bytes_text("a\n\"open\n"), ENCODING_DETECT),
	    ERR_INVALID);
	assert_int_equal(
	    sheet_parse(&s, &arena, bytes_text("a\xFF\xFF\n"), ENCODING_DETECT),
	    ERR_INVALID);
}

static void test_csv_quotes_what_needs_it(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	sheet_append(&out, bytes_text("plain"), true);
	sheet_append(&out, bytes_text("a,\"b\""), false);
	sheet_append(&out, bytes_text("x\ny"), false);
	sheet_end_row(&out);
	assert_string_equal((const char *)keep_buf(&arena, &out).data,
	    "plain,\"a,\"\"b\"\"\",\"x\ny\"\r\n");
}

static void test_catalogue_answers_in_chinese(void **state)
{
	struct words w;

	(void)state;
	words_init(&w, "zh_CN.UTF-8");
	assert_string_equal(words_say(&w, "Next"), "下一步");
	assert_string_equal(words_say(&w, "ok"), "成功");
	assert_string_equal(
	    words_say(&w, "no such sentence"), "no such sentence");
	words_init(&w, "en");
	assert_string_equal(words_say(&w, "Next"), "Next");
}

static void test_cut_catalogue_translates_nothing_wrongly(void **state)
{
	struct words w = { BYTES_NONE, true };
	struct bytes whole = catalogue_chinese();

	(void)state;
	for (size_t len = 0; len < whole.len; len += 61) {
		struct bytes cut =
		    keep_bytes(&arena, bytes_of(whole.data, len));
		words_use(&w, cut);
		const char *said = words_say(&w, "Next");
		assert_true(!strcmp(said, "Next") || !strcmp(said, "下一步"));
	}
}

static unsigned distance(const char *a, const char *b)
{
	return suggest_distance(bytes_text(a), bytes_text(b));
}

static void test_distance_counts_swaps_once(void **state)
{
	(void)state;
	assert_int_equal(distance("find", "find"), 0);
	assert_int_equal(distance("fnid", "find"), 1);
	assert_int_equal(distance("", "abc"), 3);
	assert_int_equal(distance("客户名", "客户名称"), 1);
}

static bool is_pinyin(const char *word, const char *initials)
{
	return suggest_is_pinyin(bytes_text(word), bytes_text(initials));
}

static void test_pinyin_is_known_by_its_initials(void **state)
{
	(void)state;
	assert_true(is_pinyin("khdj", "khdj"));
	assert_true(is_pinyin("kehudengji", "khdj"));
	assert_true(is_pinyin("dj", "khdj"));
	assert_true(is_pinyin("dengji", "khdj"));
	assert_true(is_pinyin("hangye", "xy hy"));
	assert_true(is_pinyin("zhongguo", "zg"));
	assert_true(is_pinyin("xian", "xa"));
	assert_true(is_pinyin("xian", "x"));
	assert_false(is_pinyin("dengj", "khdj"));
	assert_false(is_pinyin("j", "khdj"));
	assert_false(is_pinyin("ji", "khdj"));
	assert_false(is_pinyin("dengjis", "khdj"));
	assert_false(is_pinyin("", "khdj"));
	assert_false(is_pinyin("khdj", ""));
}

static void test_suggestions_are_near_and_few(void **state)
{
	struct suggestions s;

	(void)state;
	suggest_begin(&s, bytes_text("categry"));
	suggest_offer(&s, bytes_text("number"), bytes_text("number"));
	suggest_offer(&s, bytes_text("category"), bytes_text("category"));
	assert_int_equal(s.count, 1);
	assert_true(bytes_is(s.found[0], "category"));
	for (int i = 0; i < 9; i++) {
		const char *name = keep_format(&arena, "category%d", i);
		suggest_offer(&s, bytes_text(name), bytes_text(name));
	}
	assert_int_equal(s.count, SUGGEST_MOST);
	assert_true(bytes_is(s.found[0], "category"));
}

static void test_flags_stand_anywhere(void **state)
{
	struct args args;
	char *const argv[] = { (char[]){ "customer" }, (char[]){ "--json" },
		(char[]){ "find" }, (char[]){ "--limit=5" }, (char[]){ "-y" },
		(char[]){ "--order" }, (char[]){ "-name" }, (char[]){ "--" },
		(char[]){ "--x" } };

	(void)state;
	assert_int_equal(args_parse(&args, &arena, 9, argv), ERR_OK);
	assert_int_equal(args.count, 3);
	assert_string_equal(args.words[2], "--x");
	assert_string_equal(args.values[FLAG_LIMIT], "5");
	assert_string_equal(args.values[FLAG_ORDER], "-name");
	assert_non_null(args.values[FLAG_YES]);
}

static void test_unknown_flag_is_named(void **state)
{
	struct args args;
	char *const argv[] = { (char[]){ "--jsn" } };

	(void)state;
	assert_int_equal(args_parse(&args, &arena, 1, argv), ERR_USAGE);
	assert_string_equal(args.bad, "--jsn");
}

/* Parses one flag and says which was found to have a wrong value. */
static enum flag wrong_value(char *flag)
{
	struct args args;
	char *const argv[] = { flag };

	assert_int_equal(args_parse(&args, &arena, 1, argv), ERR_OK);
	return args_wrong_value(&args);
}

static void test_values_of_another_kind_are_found(void **state)
{
	(void)state;
	assert_int_equal(wrong_value((char[]){ "--limit=20" }), FLAGS);
	assert_int_equal(wrong_value((char[]){ "--limit=x" }), FLAG_LIMIT);
	assert_int_equal(wrong_value((char[]){ "--limit=" }), FLAG_LIMIT);
	assert_int_equal(
	    wrong_value((char[]){ "--limit=99999999999" }), FLAG_LIMIT);
	assert_int_equal(wrong_value((char[]){ "--width=-5" }), FLAG_WIDTH);
	assert_int_equal(wrong_value((char[]){ "--lang=zh_CN" }), FLAGS);
	assert_int_equal(wrong_value((char[]){ "--lang=fr" }), FLAG_LANG);
	assert_int_equal(wrong_value((char[]){ "--scope=mine" }), FLAG_SCOPE);
	assert_int_equal(wrong_value((char[]){ "--reason=N" }), FLAGS);
}

static void test_a_word_inside_a_label_is_near(void **state)
{
	struct suggestions s;

	(void)state;
	suggest_begin(&s, bytes_text("等级"));
	suggest_offer(&s, bytes_text("客户等级"), bytes_text("grade"));
	suggest_offer(&s, bytes_text("城市"), bytes_text("city"));
	assert_int_equal(s.count, 1);
	assert_true(bytes_is(s.found[0], "grade"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_json_survives_a_round_trip),
		TEST(test_json_refuses_floats),
		TEST(test_yaml_keeps_codes_as_text),
		TEST(test_yaml_comes_back_as_it_was_written),
		TEST(test_yaml_refuses_aliases),
		TEST(test_csv_counts_lines_as_an_editor),
		TEST(test_csv_detects_gb18030),
		TEST(test_csv_refuses_stray_quotes_and_bytes),
		TEST(test_csv_quotes_what_needs_it),
		TEST(test_catalogue_answers_in_chinese),
		TEST(test_cut_catalogue_translates_nothing_wrongly),
		TEST(test_distance_counts_swaps_once),
		TEST(test_pinyin_is_known_by_its_initials),
		TEST(test_suggestions_are_near_and_few),
		TEST(test_flags_stand_anywhere),
		TEST(test_unknown_flag_is_named),
		TEST(test_values_of_another_kind_are_found),
		TEST(test_a_word_inside_a_label_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

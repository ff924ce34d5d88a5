// SPDX-License-Identifier: MIT
/*
 * Text: validity, forms, comparison keys of real names, grams, width.
 */
#include "common/text.h"

#include "arena_fixture.h"

struct pair {
	const char *in;
	const char *out;
};

typedef enum err (*map_fn)(struct arena *a, struct bytes s, struct bytes *out);

static void assert_bytes(struct bytes got, const char *expected)
{
	if (!bytes_is(got, expected))
		fail_msg("got \"%.*s\", not \"%s\"", (int)got.len,
		    (const char *)got.data, expected);
}

static void assert_maps(
    struct arena *a, map_fn map, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes out;
		assert_int_equal(map(a, bytes_text(pairs[i].in), &out), ERR_OK);
		assert_bytes(out, pairs[i].out);
	}
}

static void test_utf8_is_strict(void **state)
{
	static const char *const wrong[] = { "\x80", "\xC0\x80", "\xC1\xBF",
		"\xE0\x80\x80", "\xED\xA0\x80", "\xED\xBF\xBF",
		"\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE4\xB8", "a\xFF",
		"\xF0\x80\x80\x80" };
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(text_is_utf8(bytes_text(wrong[i])));
	assert_true(text_is_utf8(BYTES_NONE));
	assert_true(text_is_utf8(bytes_of("a\0b", 3)));
	assert_true(text_is_utf8(bytes_text("é客𠀀\xF4\x8F\xBF\xBF")));
}

static void test_next_decodes_and_ends(void **state)
{
	struct bytes s = bytes_text("aé客𠀀");
	(void)state;
	assert_int_equal(text_count(s), 4);
	assert_int_equal(text_next(&s), 'a');
	assert_int_equal(text_next(&s), 0xE9);
	assert_int_equal(text_next(&s), 0x5BA2);
	assert_int_equal(text_next(&s), 0x20000);
	assert_int_equal(text_next(&s), -1);
	assert_int_equal(s.len, 0);
}

static void test_next_replaces_and_passes_a_broken_byte(void **state)
{
	struct bytes s = bytes_text("\xE4\xB8x");
	(void)state;
	assert_int_equal(text_next(&s), 0xFFFD);
	assert_int_equal(text_next(&s), 0xFFFD);
	assert_int_equal(text_next(&s), 'x');
	assert_int_equal(text_next(&s), -1);
}

static void test_put_encodes_what_next_decodes(void **state)
{
	static const int32_t points[] = { 0, 'a', 0x7FF, 0x800, 0xFFFD, 0x10000,
		0x10FFFF };
	struct buf out;
	(void)state;
	buf_init(&out, 64);
	for (size_t i = 0; i < COUNT(points); i++)
		text_put(&out, points[i]);
	text_put(&out, 0xD800);
	struct bytes s = buf_bytes(&out);
	for (size_t i = 0; i < COUNT(points); i++)
		assert_int_equal(text_next(&s), points[i]);
	assert_int_equal(text_next(&s), 0xFFFD);
	assert_int_equal(s.len, 0);
	buf_release(&out);
}

static void test_nfc_composes_and_keeps_width(void **state)
{
	static const struct pair pairs[] = {
		{ "", "" },
		{ "abc", "abc" },
		{ "e\xCC\x81", "é" },
		{ "\xEF\xBC\x91", "\xEF\xBC\x91" },
		{ "客户", "客户" },
		{ "\xE1\x84\x80\xE1\x85\xA1", "가" },
	};
	assert_maps(*state, text_nfc, pairs, COUNT(pairs));
}

static void test_nfkc_makes_full_width_half_width(void **state)
{
	static const struct pair pairs[] = {
		{ "１３９１２３４５６７８", "13912345678" },
		{ "ＡＢＣ－（１）", "ABC-(1)" },
		{ "ｶﾞ", "ガ" },
		{ "①", "1" },
		{ "ﬁ", "fi" },
		{ "　", " " },
	};
	assert_maps(*state, text_nfkc, pairs, COUNT(pairs));
}

static void test_forms_refuse_broken_text(void **state)
{
	struct bytes out = bytes_text("x");
	assert_int_equal(
	    text_nfc(*state, bytes_text("a\xED\xA0\x80"), &out), ERR_INVALID);
	assert_int_equal(out.len, 0);
	assert_int_equal(
	    text_compare_key(*state, bytes_text("\xFF"), &out), ERR_INVALID);
	assert_int_equal(
	    text_fold(*state, bytes_text("\xFF"), &out), ERR_INVALID);
}

static void test_forms_stop_at_the_arenas_cap(void **state)
{
	struct arena small;
	struct bytes out;
	(void)state;
	arena_init(&small, 64, 64);
	assert_int_equal(
	    text_nfc(&small, bytes_text("一二三四五六七八九十一二三四五六七八"),
		&out),
	    ERR_TOO_LARGE);
	assert_int_equal(out.len, 0);
	arena_release(&small);
}

static void test_results_do_not_borrow_the_input(void **state)
{
	char name[] = "abc";
	struct bytes out;
	assert_int_equal(text_nfc(*state, bytes_text(name), &out), ERR_OK);
	name[0] = 'x';
	assert_bytes(out, "abc");
}

static void test_trim_takes_white_space_of_any_script(void **state)
{
	(void)state;
	assert_bytes(text_trim(bytes_text(" \t客 户　\n")), "客 户");
	assert_bytes(text_trim(bytes_text("客")), "客");
	assert_bytes(text_trim(bytes_text(" 　 ")), "");
	assert_bytes(text_trim(BYTES_NONE), "");
	assert_bytes(
	    text_trim(bytes_text("\xC2\x85 客\xE2\x80\xA9\xC2\xA0")), "客");
	assert_bytes(
	    text_trim(bytes_text("\xEF\xBB\xBF 客\xE2\x80\x8B ")), "客");
	/* What is broken is no space. */
	assert_bytes(text_trim(bytes_text("客 \xE3\x80")), "客 \xE3\x80");
	assert_bytes(text_trim(bytes_text(" \x80\x80\x80\x80\x80")),
	    "\x80\x80\x80\x80\x80");
}

static void test_what_nobody_sees_is_dropped(void **state)
{
	struct bytes out;

	assert_int_equal(
	    text_visible(*state,
		bytes_text("a\xEF\xBB\xBF客\xE2\x80\x8B户\xE2\x81\xA0"), &out),
	    ERR_OK);
	assert_bytes(out, "a客户");
	assert_int_equal(
	    text_visible(*state, bytes_text("a \xE2\x80\x8D b"), &out), ERR_OK);
	assert_bytes(out, "a \xE2\x80\x8D b");
}

static void test_controls_are_recognised(void **state)
{
	static const int32_t controls[] = { 0, 9, 10, 0x1F, 0x7F, 0x80, 0x9F,
		0x61C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2066,
		0x2069, 0x378, 0xFFFF, 0xD800, 0x110000 };
	static const int32_t others[] = { ' ', 'a', 0x7E, 0xA0, 0xE9, 0x3000,
		0x4E00, 0x200D, 0x2027, 0x202F, 0x2065 - 0x10, 0x1F600,
		0x20000 };
	(void)state;
	for (size_t i = 0; i < COUNT(controls); i++)
		assert_true(text_is_control(controls[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(text_is_control(others[i]));
}

static void test_words_are_letters_marks_and_digits(void **state)
{
	(void)state;
	assert_true(text_is_word('a') && text_is_word('7'));
	assert_true(text_is_word(0x5BA2) && text_is_word(0x301));
	assert_false(text_is_word(' ') || text_is_word('-'));
	assert_false(text_is_word('+') || text_is_word(0x3002));
	assert_false(text_is_word(-1));
}

static void test_chinese_companies_lose_suffix_and_brackets(void **state)
{
	static const struct pair pairs[] = {
		{ "上海坦森行贸易有限公司", "上海坦森行贸易" },
		{ "上海坦森行贸易有限责任公司", "上海坦森行贸易" },
		{ "上海坦森行贸易股份有限公司", "上海坦森行贸易" },
		{ "上海坦森行贸易股份", "上海坦森行贸易" },
		{ " 上海坦森行 贸易 有限公司 ", "上海坦森行贸易" },
		{ "腾讯科技（深圳）有限公司", "腾讯科技深圳" },
		{ "腾讯科技(深圳)有限公司", "腾讯科技深圳" },
		{ "有限公司", "有限公司" },
		{ "有限公司研究所", "有限公司研究所" },
		{ "３Ｍ中国有限公司", "3m中国" },
		{ "3M 中国 Co., Ltd.", "3m中国" },
		{ "「李」·娜", "李娜" },
	};
	assert_maps(*state, text_compare_key, pairs, COUNT(pairs));
}

static void test_a_name_is_one_in_both_scripts(void **state)
{
	static const struct pair pairs[] = {
		{ "華騰電子股份有限公司", "华腾电子" },
		{ "台灣長榮國際貿易有限責任公司", "台湾长荣国际贸易" },
		{ "後海飯店", "后海饭店" },
		{ "乾坤", "乾坤" },
		{ "著名", "著名" },
		{ "東京Ｔｏｙｏｔａ株式會社", "东京toyota株式会社" },
	};
	assert_maps(*state, text_compare_key, pairs, COUNT(pairs));
}

static void test_latin_companies_lose_whole_last_words_alone(void **state)
{
	static const struct pair pairs[] = {
		{ "Around the Horn Ltd", "aroundthehorn" },
		{ "Around-the-Horn, LTD.", "aroundthehorn" },
		{ "Tansen Trading Co., Ltd.", "tansentrading" },
		{ "Tansen Trading Co.,Ltd", "tansentrading" },
		{ "Müller GmbH & Co. KG", "müller" },
		{ "Blauer See Delikatessen G.m.b.H.", "blauerseedelikatessen" },
		{ "Comércio Mineiro S.A.", "comérciomineiro" },
		{ "STRASSE Inc", "strasse" },
		{ "Straße Inc", "strasse" },
		{ "Vinc", "vinc" },
		{ "Zinc", "zinc" },
		{ "Inc", "inc" },
		{ "Ltd Limited", "ltd" },
		{ "Limited Brands", "limitedbrands" },
		{ "C++ Shop", "c++shop" },
		{ "L'Oréal SA", "loréal" },
	};
	assert_maps(*state, text_compare_key, pairs, COUNT(pairs));
}

static void test_key_of_signs_alone_is_empty(void **state)
{
	static const struct pair pairs[] = {
		{ "", "" },
		{ "()（）。-", "" },
		{ "\xE2\x80\x8B", "" },
	};
	assert_maps(*state, text_compare_key, pairs, COUNT(pairs));
}

static void test_key_ignores_what_cannot_be_seen(void **state)
{
	static const struct pair pairs[] = {
		{ "李\xE2\x80\x8B娜", "李娜" },
		{ "李\xE2\x80\xAE娜", "李娜" },
		{ "Ad\xC2\xADmin", "admin" },
	};
	assert_maps(*state, text_compare_key, pairs, COUNT(pairs));
}

static void test_fold_keeps_single_spaces_and_signs(void **state)
{
	static const struct pair pairs[] = {
		{ "  Ａ　\t b,  C ", "a b, c" },
		{ "ΣΊΣΥΦΟΣ", "σίσυφοσ" },
		{ "有限公司", "有限公司" },
		{ " ", "" },
	};
	assert_maps(*state, text_fold, pairs, COUNT(pairs));
}

struct collected {
	unsigned count;
	char text[128];
};

static void collect(void *ctx, struct bytes gram)
{
	struct collected *c = ctx;
	size_t len = strlen(c->text);
	c->count++;
	assert_true(len + gram.len + 2 < sizeof(c->text));
	memcpy(c->text + len, gram.data, gram.len);
	memcpy(c->text + len + gram.len, "|", 2);
}

static void test_grams_start_with_the_mark(void **state)
{
	struct collected c = { 0 };
	(void)state;
	text_grams(bytes_text("坦森x行"), collect, &c);
	assert_string_equal(c.text, "\002坦|坦森|森x|x行|");
	assert_int_equal(c.count, 4);
}

static void test_grams_of_one_sign_and_of_none(void **state)
{
	struct collected one = { 0 };
	struct collected none = { 0 };
	(void)state;
	text_grams(bytes_text("李"), collect, &one);
	assert_string_equal(one.text, "\002李|");
	text_grams(BYTES_NONE, collect, &none);
	assert_int_equal(none.count, 0);
}

static void test_width_counts_columns(void **state)
{
	(void)state;
	assert_int_equal(text_width(bytes_text("客户ab")), 6);
	assert_int_equal(text_width(bytes_text("（）")), 4);
	assert_int_equal(text_width(bytes_text("e\xCC\x81")), 1);
	assert_int_equal(text_width(bytes_text("\x1B\n\xE2\x80\xAE")), 0);
	assert_int_equal(text_width(BYTES_NONE), 0);
	assert_int_equal(text_char_width(0x3042), 2);
	assert_int_equal(text_char_width(0xAC00), 2);
	assert_int_equal(text_char_width(0x1F600), 2);
}

static void test_ambiguous_signs_count_one(void **state)
{
	static const int32_t ambiguous[] = { 0xA7, 0xB0, 0xB1, 0xD7, 0x2026,
		0x2160, 0x2460, 0x25CF, 0x2605, 0x3B1, 0x416, 0x2500 };
	(void)state;
	for (size_t i = 0; i < COUNT(ambiguous); i++)
		assert_int_equal(text_char_width(ambiguous[i]), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_is_strict),
		cmocka_unit_test(test_next_decodes_and_ends),
		cmocka_unit_test(test_next_replaces_and_passes_a_broken_byte),
		cmocka_unit_test(test_put_encodes_what_next_decodes),
		cmocka_unit_test(test_nfc_composes_and_keeps_width),
		cmocka_unit_test(test_nfkc_makes_full_width_half_width),
		cmocka_unit_test(test_forms_refuse_broken_text),
		cmocka_unit_test(test_forms_stop_at_the_arenas_cap),
		cmocka_unit_test(test_results_do_not_borrow_the_input),
		cmocka_unit_test(test_trim_takes_white_space_of_any_script),
		cmocka_unit_test(test_what_nobody_sees_is_dropped),
		cmocka_unit_test(test_controls_are_recognised),
		cmocka_unit_test(test_words_are_letters_marks_and_digits),
		cmocka_unit_test(
		    test_chinese_companies_lose_suffix_and_brackets),
		cmocka_unit_test(test_a_name_is_one_in_both_scripts),
		cmocka_unit_test(
		    test_latin_companies_lose_whole_last_words_alone),
		cmocka_unit_test(test_key_of_signs_alone_is_empty),
		cmocka_unit_test(test_key_ignores_what_cannot_be_seen),
		cmocka_unit_test(test_fold_keeps_single_spaces_and_signs),
		cmocka_unit_test(test_grams_start_with_the_mark),
		cmocka_unit_test(test_grams_of_one_sign_and_of_none),
		cmocka_unit_test(test_width_counts_columns),
		cmocka_unit_test(test_ambiguous_signs_count_one),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

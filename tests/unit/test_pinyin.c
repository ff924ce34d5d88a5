// SPDX-License-Identifier: MIT
/*
 * Pinyin initials: every reading counts, the usual one first, eight at most.
 */
#include "server/schema/pinyin.h"

#include "arena_fixture.h"

#include "common/text.h"

struct made {
	struct bytes of[PINYIN_VARIANTS];
	size_t count;
};

static struct made variants_of(struct arena *a, const char *name)
{
	struct made made;
	struct bytes key;
	assert_int_equal(text_compare_key(a, bytes_text(name), &key), ERR_OK);
	made.count = pinyin_initials(a, key, PINYIN_VARIANTS, made.of);
	return made;
}

static bool holds(const struct made *made, const char *initials)
{
	for (size_t i = 0; i < made->count; i++)
		if (bytes_is(made->of[i], initials))
			return true;
	return false;
}

static bool matches(struct arena *a, const char *letters, const char *name)
{
	struct bytes key;
	assert_int_equal(text_compare_key(a, bytes_text(name), &key), ERR_OK);
	return pinyin_matches(bytes_text(letters), key);
}

static void test_characters_with_several_readings_have_all(void **state)
{
	static const struct {
		const char *name;
		const char *initials[3];
	} rows[] = {
		{ "曾", { "c", "z" } },
		{ "重", { "z", "c" } },
		{ "长", { "z", "c" } },
		{ "行", { "x", "h" } },
		{ "厦", { "s", "x" } },
		{ "仇", { "c", "q" } },
		{ "区", { "q", "o" } },
		{ "单", { "d", "c", "s" } },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct made made = variants_of(*state, rows[i].name);
		for (size_t j = 0; j < 3 && rows[i].initials[j]; j++) {
			assert_true(holds(&made, rows[i].initials[j]));
			assert_true(
			    matches(*state, rows[i].initials[j], rows[i].name));
		}
		assert_false(matches(*state, "b", rows[i].name));
	}
}

static void test_usual_readings_come_first(void **state)
{
	struct made made = variants_of(*state, "行");
	assert_true(bytes_is(made.of[0], "x"));
	made = variants_of(*state, "重");
	assert_true(bytes_is(made.of[0], "z"));
	made = variants_of(*state, "李娜");
	assert_true(bytes_is(made.of[0], "ln"));
}

static void test_company_is_found_by_an_unusual_reading(void **state)
{
	struct made made = variants_of(*state, "坦森行贸易有限公司");
	assert_true(bytes_is(made.of[0], "tsxmy"));
	assert_true(holds(&made, "tshmy"));
	assert_true(matches(*state, "tshmy", "坦森行贸易有限公司"));
	assert_true(matches(*state, "tsxmy", "坦森行贸易有限公司"));
}

static void test_letters_and_digits_stand_for_themselves(void **state)
{
	struct made made = variants_of(*state, "3M中国有限公司");
	assert_int_equal(made.count, 1);
	assert_true(bytes_is(made.of[0], "3mzg"));
	made = variants_of(*state, "Alfreds Futterkiste");
	assert_int_equal(made.count, 1);
	assert_true(bytes_is(made.of[0], "alfredsfutterkiste"));
	made = variants_of(*state, "Øл中");
	assert_true(bytes_is(made.of[0], "øлz"));
}

static void test_signs_are_passed_over(void **state)
{
	struct bytes variant;
	struct bytes name = bytes_text("-A+中 (国)");
	assert_int_equal(pinyin_initials(*state, name, 1, &variant), 1);
	assert_true(bytes_is(variant, "azg"));
	assert_true(pinyin_matches(bytes_text("a z+g"), name));
}

static void test_variants_are_at_most_eight_and_differ(void **state)
{
	struct made made = variants_of(*state, "重行长曾单厦区仇");
	assert_int_equal(made.count, PINYIN_VARIANTS);
	for (size_t i = 0; i < made.count; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(bytes_equal(made.of[i], made.of[j]));
}

static void test_variants_are_as_few_as_asked(void **state)
{
	struct bytes variants[2] = { BYTES_NONE, bytes_text("kept") };
	struct bytes name = bytes_text("行长");
	assert_int_equal(pinyin_initials(*state, name, 1, variants), 1);
	assert_true(bytes_is(variants[0], "xz") || bytes_is(variants[0], "xc"));
	assert_true(bytes_is(variants[1], "kept"));
	assert_int_equal(pinyin_initials(*state, name, 0, variants), 0);
}

static void test_two_characters_give_every_combination(void **state)
{
	static const char *const all[] = { "xz", "xc", "hz", "hc" };
	struct made made = variants_of(*state, "行长");
	assert_int_equal(made.count, COUNT(all));
	for (size_t i = 0; i < COUNT(all); i++)
		assert_true(holds(&made, all[i]));
}

static void test_every_variant_matches_its_name(void **state)
{
	static const char *const names[] = { "坦森行贸易", "重庆长安", "曾厦",
		"3M中国", "单行区A仇" };
	for (size_t i = 0; i < COUNT(names); i++) {
		struct made made = variants_of(*state, names[i]);
		assert_true(made.count > 0);
		for (size_t j = 0; j < made.count; j++)
			assert_true(
			    pinyin_matches(made.of[j], bytes_text(names[i])));
	}
}

static void test_match_is_of_a_start_in_either_case(void **state)
{
	assert_true(matches(*state, "t", "坦森行贸易"));
	assert_true(matches(*state, "TSH", "坦森行贸易"));
	assert_true(matches(*state, "3m", "3M中国"));
	assert_true(matches(*state, "坦s", "坦森行贸易"));
	assert_false(matches(*state, "sh", "坦森行贸易"));
	assert_false(matches(*state, "tshmyz", "坦森行贸易"));
	assert_false(matches(*state, "", "坦森行贸易"));
	assert_false(matches(*state, "-", "坦森行贸易"));
	assert_false(matches(*state, "a", ""));
}

static void test_name_without_letters_has_no_variant(void **state)
{
	struct bytes variants[PINYIN_VARIANTS];
	assert_int_equal(
	    pinyin_initials(*state, BYTES_NONE, PINYIN_VARIANTS, variants), 0);
	assert_int_equal(pinyin_initials(*state, bytes_text("+-"),
			     PINYIN_VARIANTS, variants),
	    0);
}

static void test_full_arena_gives_no_variant(void **state)
{
	struct bytes variants[PINYIN_VARIANTS];
	struct arena small;
	(void)state;
	arena_init(&small, 16, 16);
	assert_int_equal(pinyin_initials(&small, bytes_text("坦森行贸易"),
			     PINYIN_VARIANTS, variants),
	    0);
	assert_int_equal(small.err, ERR_TOO_LARGE);
	arena_release(&small);
}

static void test_block_has_readings_to_its_ends(void **state)
{
	struct bytes variant;
	assert_int_equal(
	    pinyin_initials(*state, bytes_text("一"), 1, &variant), 1);
	assert_true(bytes_is(variant, "y"));
	assert_int_equal(
	    pinyin_initials(*state, bytes_text("龥"), 1, &variant), 1);
	assert_true(bytes_is(variant, "y"));
	assert_int_equal(
	    pinyin_initials(*state, bytes_text("㐀𠀀"), 1, &variant), 1);
	assert_true(bytes_is(variant, "㐀𠀀"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_characters_with_several_readings_have_all),
		TEST(test_usual_readings_come_first),
		TEST(test_company_is_found_by_an_unusual_reading),
		TEST(test_letters_and_digits_stand_for_themselves),
		TEST(test_signs_are_passed_over),
		TEST(test_variants_are_at_most_eight_and_differ),
		TEST(test_variants_are_as_few_as_asked),
		TEST(test_two_characters_give_every_combination),
		TEST(test_every_variant_matches_its_name),
		TEST(test_match_is_of_a_start_in_either_case),
		TEST(test_name_without_letters_has_no_variant),
		TEST(test_full_arena_gives_no_variant),
		TEST(test_block_has_readings_to_its_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * The words for one finding of the server, in both languages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/finding.h"
#include "client/schema.h"
#include "client/tell.h"
#include "common/pack.h"

#define TEXT(s)                                                                \
	{                                                                      \
		(const uint8_t *)(s), sizeof(s) - 1                            \
	}

static const struct choice categories[] = {
	{ .key = TEXT("vip"), .zh = TEXT("VIP"), .en = TEXT("VIP") },
	{ .key = TEXT("regular"), .zh = TEXT("普通"), .en = TEXT("Regular") },
};

static const struct field fields[] = {
	{ .key = TEXT("category"),
	    .zh = TEXT("客户类别"),
	    .en = TEXT("Category"),
	    .type = TYPE_ENUM,
	    .choices = categories,
	    .choice_count = 2 },
};

static const struct entity entity = { .key = TEXT("customer"),
	.zh = TEXT("客户"),
	.en = TEXT("Customer"),
	.fields = fields,
	.field_count = 1 };

static struct schema schema = { .entities = &entity, .entity_count = 1 };

static int set_up(void **state)
{
	static struct app app;

	app = (struct app){ .entity = &entity, .schema = &schema };
	arena_init(&app.arena, 4096, KEEP_CAP);
	*state = &app;
	return 0;
}

static int tear_down(void **state)
{
	struct app *app = *state;

	arena_release(&app->arena);
	return 0;
}

/* What is said of a finding, in `language`. */
static const char *say(struct app *app, const char *language, const char *field,
    const char *rule, const char *message)
{
	struct buf map;

	words_init(&app->words, language);
	buf_init(&map, 4096);
	pack_map(&map, 3);
	pack_key_cstr(&map, "field", field);
	pack_key_cstr(&map, "rule", rule);
	pack_key_cstr(&map, "message", message);
	return finding_say(app, keep_buf(&app->arena, &map));
}

static void test_rule_key_chooses_the_chinese_words(void **state)
{
	assert_string_equal(
	    say(*state, "zh", "uscc", "uscc_length", "some other words"),
	    "代码为 18 位");
	assert_string_equal(
	    say(*state, "en", "uscc", "uscc_length", "some other words"),
	    "some other words");
}

static void test_a_known_sentence_wins_over_its_rule(void **state)
{
	assert_string_equal(
	    say(*state, "zh", "roles", "max", "at most eight roles"),
	    "最多八个角色");
}

static void test_numbers_in_a_sentence_are_kept(void **state)
{
	assert_string_equal(
	    say(*state, "zh", "name", "max", "at most 100 characters"),
	    "最多 100 个字");
	assert_string_equal(say(*state, "zh", "days", "range",
				"a number from 0 up to 365 is expected"),
	    "应为 0 至 365 的数");
	assert_string_equal(say(*state, "zh", "days", "range",
				"a number up to 365 is expected"),
	    "应为不大于 365 的数");
}

static void test_an_entity_in_a_sentence_has_its_label(void **state)
{
	assert_string_equal(say(*state, "zh", "customer", "reference",
				"there is no such customer that you may use"),
	    "没有您可用的客户");
}

static void test_a_refused_choice_lists_the_labels(void **state)
{
	assert_string_equal(
	    say(*state, "zh", "category", "value", "one of vip, regular"),
	    "可用: VIP, 普通");
	assert_string_equal(
	    say(*state, "en", "category", "value", "one of vip, regular"),
	    "one of: VIP, Regular");
}

static void test_unknown_words_are_said_as_they_came(void **state)
{
	assert_string_equal(
	    say(*state, "zh", "x", "house_rule", "ask the boss first"),
	    "ask the boss first");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rule_key_chooses_the_chinese_words),
		TEST(test_a_known_sentence_wins_over_its_rule),
		TEST(test_numbers_in_a_sentence_are_kept),
		TEST(test_an_entity_in_a_sentence_has_its_label),
		TEST(test_a_refused_choice_lists_the_labels),
		TEST(test_unknown_words_are_said_as_they_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

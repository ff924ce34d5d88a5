// SPDX-License-Identifier: MIT
/*
 * Names that mean one company, and names that only look alike.
 */
#include "server/book/likeness.h"

#include "arena_fixture.h"

#include "common/text.h"

#define LIKE_ENOUGH 80 /* of which three quarters are a score of 60 */

static unsigned names(struct arena *a, const char *one, const char *other)
{
	struct bytes x, y;

	assert_int_equal(text_compare_key(a, bytes_text(one), &x), ERR_OK);
	assert_int_equal(text_compare_key(a, bytes_text(other), &y), ERR_OK);
	assert_int_equal(likeness_of_names(x, y), likeness_of_names(y, x));
	return likeness_of_names(x, y);
}

static void test_names_of_one_company_are_alike(void **state)
{
	static const char *const pairs[][2] = {
		{ "上海示例贸易有限公司", "上海示例贸易有限责任公司" },
		{ "上海示例贸易有限公司", "上海示例贸易" },
		{ "上海示例贸易股份有限公司", "上海示例贸易有限公司" },
		{ "示例（上海）贸易有限公司", "示例(上海)贸易有限公司" },
		{ "示例上海贸易有限公司", "示例【上海】贸易有限公司" },
		{ "上海示例贸易有限公司", "示例贸易（上海）有限公司" },
		{ "ＡＢＣ电子有限公司", "abc电子有限公司" },
		{ "Northwind Traders Ltd.", "NORTHWIND TRADERS LIMITED" },
		{ "Northwind Traders", "Traders Northwind Inc" },
		{ "Northwind Traders", "Northwind Trader" },
		{ "上海 示例 贸易 有限公司", "上海示例贸易有限公司" },
		{ "臺灣示例電子股份有限公司", "台湾示例电子有限公司" },
		{ "广州市示例贸易有限公司", "广州示例贸易有限公司" },
		{ "浙江省杭州市示例厂", "浙江杭州示例厂" },
		{ "新疆维吾尔自治区棉麻公司", "新疆维吾尔自治区棉麻有限公司" },
	};

	for (size_t i = 0; i < COUNT(pairs); i++)
		if (names(*state, pairs[i][0], pairs[i][1]) < LIKE_ENOUGH)
			fail_msg("%s, %s", pairs[i][0], pairs[i][1]);
}

static void test_near_misses_are_not_alike(void **state)
{
	static const char *const pairs[][2] = {
		{ "上海示例贸易有限公司", "上海示例贸易发展有限公司" },
		{ "上海示例贸易有限公司", "北京示例贸易有限公司" },
		{ "上海示例贸易有限公司", "上海实例贸易有限公司" },
		{ "上海市第一人民医院", "上海市第二人民医院" },
		{ "第一中学", "第二中学" },
		{ "上海市", "上海" },
		{ "广州市示例贸易有限公司", "广州实例贸易有限公司" },
		{ "中国工商银行上海分行", "中国建设银行上海分行" },
		{ "中国建设银行上海分行", "中国建设银行北京分行" },
		{ "广州东升电子有限公司", "广州东升电器有限公司" },
		{ "华为技术有限公司", "华为终端有限公司" },
		{ "Northwind Traders", "Southwind Traders" },
		{ "王伟", "王伟" }, /* many people's name */
		{ "王小明", "王大明" },
		{ "有限公司", "上海示例贸易有限公司" },
		{ "", "上海示例贸易" },
	};

	for (size_t i = 0; i < COUNT(pairs); i++)
		if (names(*state, pairs[i][0], pairs[i][1]) >= LIKE_ENOUGH)
			fail_msg("%s, %s", pairs[i][0], pairs[i][1]);
}

static void test_names_of_any_length_are_compared(void **state)
{
	char name[1200];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(names(*state, name, name), 100);
	assert_int_equal(names(*state, "x", "y"), 0);
}

static void test_an_address_is_its_own_or_its_end(void **state)
{
	const struct bytes whole = bytes_text("上海市浦东新区世纪大道1号"),
			   without = bytes_text("浦东新区世纪大道1号"),
			   next = bytes_text("浦东新区世纪大道2号"),
			   door = bytes_text("大道1号");

	(void)state;
	assert_int_equal(likeness_of_addresses(whole, whole), 100);
	assert_int_equal(likeness_of_addresses(whole, without), 100);
	assert_int_equal(likeness_of_addresses(without, whole), 100);
	assert_int_equal(likeness_of_addresses(whole, next), 0);
	assert_int_equal(likeness_of_addresses(whole, door), 0);
	assert_int_equal(likeness_of_addresses(BYTES_NONE, BYTES_NONE), 0);
}

static void test_parts_leave_less_and_less_doubt(void **state)
{
	struct likeness l;

	(void)state;
	likeness_begin(&l);
	assert_int_equal(likeness_score(&l), 0);
	likeness_add(&l, "name", 75, 100);
	assert_int_equal(likeness_score(&l), 75);
	likeness_add(&l, "phone", 40, 0);
	assert_int_equal(l.count, 1);
	likeness_add(&l, "mobile", 60, 100);
	assert_int_equal(likeness_score(&l), 90);
	assert_string_equal(l.parts[1], "mobile");
	for (unsigned i = 0; i < 2 * LIKENESS_PARTS; i++)
		likeness_add(&l, "more", 99, 100);
	assert_int_equal(l.count, LIKENESS_PARTS);
	assert_true(likeness_score(&l) <= 100);
}

static void test_two_codes_that_differ_speak_against_it(void **state)
{
	struct likeness l;

	(void)state;
	likeness_begin(&l);
	likeness_add(&l, "name", 75, 100);
	l.differs = true;
	assert_int_equal(likeness_score(&l), 37);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names_of_one_company_are_alike),
		TEST(test_near_misses_are_not_alike),
		TEST(test_names_of_any_length_are_compared),
		TEST(test_an_address_is_its_own_or_its_end),
		TEST(test_parts_leave_less_and_less_doubt),
		TEST(test_two_codes_that_differ_speak_against_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

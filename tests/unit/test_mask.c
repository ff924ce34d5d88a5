// SPDX-License-Identifier: MIT
/*
 * Masks: what is left is what the tables say, and never the whole.
 */
#include "server/schema/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
	enum mask_kind mask;
	const char *text, *masked;
} forms[] = {
	{ MASK_HIDDEN, "秘密", "****" },
	{ MASK_NAME, "王小明", "王**" },
	{ MASK_NAME, "Anna", "A**" },
	{ MASK_COMPANY, "上海示例贸易有限公司", "上**公司" },
	{ MASK_COMPANY, "张三", "张**" },
	{ MASK_PHONE, "13800138000", "138****8000" },
	{ MASK_PHONE, "021-52345678", "021-****5678" },
	{ MASK_PHONE, "021-52345678-801", "021-****5678" },
	{ MASK_PHONE, "95588", "****" },
	{ MASK_EMAIL, "zhang@qq.com", "z***@qq.com" },
	{ MASK_EMAIL, "broken", "****" },
	{ MASK_WECHAT, "wxabcdef", "wx****" },
	{ MASK_WECHAT, "wx1", "****" },
	{ MASK_PERSON_ID, "11010519491231002X", "110**************X" },
	{ MASK_PERSON_ID, "E123456", "****" },
	{ MASK_ACCOUNT, "6222020200015702", "******5702" },
	{ MASK_ACCOUNT, "12345", "****" },
	{ MASK_ADDRESS, "上海市浦东新区世纪大道1号", "上海市浦东新区***" },
	{ MASK_ADDRESS, "Obere Str. 57", "****" },
	{ MASK_BUCKET, "60000.00", "50000-100000" },
	{ MASK_BUCKET, "50000.00", "50000-100000" },
	{ MASK_BUCKET, "0.00", "0-10000" },
	{ MASK_BUCKET, "99000000.00", ">10000000" },
	{ MASK_BUCKET, "-5", "****" },
	{ MASK_BIRTHDAY, "1990-05-17", "1990-**-**" },
	{ MASK_SHOWN, "经理", "经理" },
};

static void test_masked_forms_are_as_listed(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 4096, 65536);
	for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct field f = { .type = TYPE_TEXT, .mask = forms[i].mask };
		struct bytes got = value_text(&f,
		    mask_value(&f,
			value_pack_text(&a, bytes_text(forms[i].text)), &a));
		if (!bytes_is(got, forms[i].masked))
			fail_msg("%s: %.*s", forms[i].text, (int)got.len,
			    (const char *)got.data);
	}
	arena_release(&a);
}

/* Of any text, whatever its form, no mask but `shown` lets half through. */
static void test_no_mask_shows_an_odd_text_whole(void **state)
{
	static const char *const odd[] = { "1", "12", "王", "@", "a@", "-",
		"----------", "区", "0-0-0-0-0-0-0-0", "12345678", "1234567-1",
		"0000000000000-1", "..........." };
	struct arena a;

	(void)state;
	arena_init(&a, 4096, 65536);
	for (unsigned m = 0; m < MASK_SHOWN; m++)
		for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++) {
			struct field f = { .type = TYPE_TEXT,
				.mask = (enum mask_kind)m };
			struct bytes got = value_text(&f,
			    mask_value(&f,
				value_pack_text(&a, bytes_text(odd[i])), &a));
			assert_true(got.len > 0);
			assert_false(bytes_is(got, odd[i]));
			assert_non_null(memchr(got.data, '*', got.len)
					    ? got.data
					: m == MASK_BUCKET ? got.data
							   : NULL);
		}
	arena_release(&a);
}

static void test_an_empty_value_has_no_masked_form(void **state)
{
	struct field f = { .type = TYPE_TEXT, .mask = MASK_NAME };
	struct arena a;

	(void)state;
	arena_init(&a, 4096, 65536);
	assert_int_equal(mask_value(&f, BYTES_NONE, &a).len, 0);
	arena_release(&a);
}

static void test_values_that_are_no_text_are_hidden(void **state)
{
	struct field f = { .type = TYPE_INT, .mask = MASK_NAME };
	const uint8_t thirty = 30;
	struct arena a;
	struct field text = { .type = TYPE_TEXT };

	(void)state;
	arena_init(&a, 4096, 65536);
	assert_true(bytes_is(
	    value_text(&text, mask_value(&f, bytes_of(&thirty, 1), &a)),
	    "****"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masked_forms_are_as_listed),
		cmocka_unit_test(test_no_mask_shows_an_odd_text_whole),
		cmocka_unit_test(test_an_empty_value_has_no_masked_form),
		cmocka_unit_test(test_values_that_are_no_text_are_hidden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Values: accepted, brought to their normal form, compared, keyed; rules and
 * conditions over a whole record.
 */
#include "common/date.h"
#include "common/pack.h"
#include "server/schema/schema.h"
#include "server/schema/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
	struct schema *schema;
	struct arena arena;
	struct findings found;
	struct bytes values[SCHEMA_FIELDS]; /* of the record, by slot */
	struct value_context context;
};

static struct bytes of_record(void *ctx, const struct field *f)
{
	struct fixture *x = ctx;
	return x->values[f->slot];
}

static int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof *x);
	struct buf document;
	char message[256];

	buf_init(&document, 4 << 20);
	assert_int_equal(document_parse(document_default(), &document, message,
			     sizeof message),
	    ERR_OK);
	assert_int_equal(schema_compile(buf_bytes(&document), 1, &x->schema,
			     message, sizeof message),
	    ERR_OK);
	buf_release(&document);
	arena_init(&x->arena, 65536, 1 << 22);
	findings_init(&x->found, &x->arena);
	x->context.record = (struct value_source){ of_record, x };
	assert_int_equal(date_join(2026, 11, 22, &x->context.today), ERR_OK);
	*state = x;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *x = *state;

	arena_release(&x->arena);
	schema_free(x->schema);
	free(x);
	return 0;
}

static const struct field *field(
    struct fixture *x, const char *entity, const char *key)
{
	const struct field *f = entity_field(
	    schema_entity(x->schema, bytes_text(entity)), bytes_text(key));
	if (!f)
		fail_msg("no %s.%s", entity, key);
	return f;
}

static struct bytes accept(
    struct fixture *x, const struct field *f, struct bytes given)
{
	struct bytes out;

	findings_init(&x->found, &x->arena);
	assert_int_equal(
	    value_accept(f, &x->context, given, &x->arena, &x->found, &out),
	    ERR_OK);
	return out;
}

static struct bytes text(struct fixture *x, const char *s)
{
	return value_pack_text(&x->arena, bytes_text(s));
}

/* `normal`: NULL if `rule` refuses, "" if the field is emptied. */
static void takes(struct fixture *x, const char *entity, const char *key,
    const char *given, const char *normal, const char *rule)
{
	const struct field *f = field(x, entity, key);
	struct bytes out = accept(x, f, text(x, given));

	if (rule &&
	    (!x->found.first || strcmp(x->found.first->rule, rule) != 0))
		fail_msg("%s=%s: %s, not %s", key, given,
		    x->found.first ? x->found.first->rule : "silent", rule);
	if (!normal) {
		assert_int_equal(x->found.errors, 1);
		return;
	}
	if (x->found.errors)
		fail_msg("%s=%s: %s", key, given, x->found.first->message);
	if (!bytes_is(value_text(f, out), normal))
		fail_msg("%s=%s: %.*s", key, given, (int)out.len,
		    (const char *)out.data);
}

static void test_texts_are_trimmed_and_composed(void **state)
{
	takes(*state, "customer", "name", "  甲乙公司 ", "甲乙公司", NULL);
	takes(
	    *state, "customer", "country", "Cafe\xcc\x81", "Caf\xc3\xa9", NULL);
	takes(*state, "customer", "country", "   ", "", NULL);
	takes(*state, "customer", "remark", "a\r\nb\rc", "a\nb\nc", NULL);
	takes(*state, "customer", "country", "a\nb", NULL, "control");
	takes(*state, "customer", "country",
	    "a\xe2\x80\xae"
	    "b",
	    NULL, "control");
	takes(*state, "customer", "country", "a\xff", NULL, "encoding");
	takes(*state, "customer", "short_name",
	    "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一",
	    NULL, "max");
}

static void test_choices_take_key_and_both_labels(void **state)
{
	takes(*state, "customer", "category", "regular", "regular", NULL);
	takes(*state, "customer", "category", "普通", "regular", NULL);
	takes(*state, "customer", "category", "Regular", "regular", NULL);
	takes(*state, "customer", "category", " VIP ", "vip", NULL);
	takes(*state, "customer", "category", "gold", NULL, "value");
	takes(*state, "customer", "industry", "制造业", "C", NULL);
	takes(*state, "customer", "industry", "游戏", "游戏", NULL);
}

static void test_amounts_are_exact_texts(void **state)
{
	takes(*state, "payment", "amount", "1234.5", "1234.50", NULL);
	takes(*state, "payment", "amount", "0012", "12.00", NULL);
	takes(*state, "payment", "amount", "1.2.3", NULL, "number");
	takes(*state, "payment", "amount", "1e5", NULL, "number");
	takes(*state, "payment", "amount", "test", NULL, "number");
	takes(*state, "payment", "amount", "1,234.00", NULL, "number");
	takes(*state, "payment", "amount", "1.005", NULL, "places");
	takes(*state, "payment", "amount", "-1", NULL, "range");
	takes(*state, "payment", "amount", "1234567890123456", NULL, "digits");
	takes(*state, "order_line", "discount", "0.15", "0.15", NULL);
	takes(*state, "order_line", "discount", "1.01", NULL, "range");
	takes(*state, "order_line", "unit_price", "14.125", "14.125", NULL);
	takes(*state, "customer", "credit_days", "30.5", NULL, "whole");
	takes(*state, "customer", "credit_days", "366", NULL, "range");
}

static void test_integers_are_taken_and_floats_refused(void **state)
{
	struct fixture *x = *state;
	const uint8_t twelve[] = { 12 };
	const uint8_t half[] = { 0xCB, 0x3F, 0xE0, 0, 0, 0, 0, 0, 0 };
	const uint8_t huge[] = { 0xD3, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
		0xFF };
	const struct field *f = field(x, "payment", "amount");

	assert_true(bytes_is(
	    value_text(f, accept(x, f, bytes_of(twelve, 1))), "12.00"));
	accept(x, f, bytes_of(half, sizeof half));
	assert_string_equal(x->found.first->rule, "float");
	accept(x, f, bytes_of(huge, sizeof huge));
	assert_string_equal(x->found.first->rule, "digits");
}

static void test_dates_are_brought_to_iso(void **state)
{
	takes(*state, "order", "date", "2026-11-22", "2026-11-22", NULL);
	takes(*state, "order", "date", "2026/1/2", "2026-01-02", NULL);
	takes(*state, "order", "date", "2026.11.22", "2026-11-22", NULL);
	takes(*state, "order", "date", "2026年11月22日", "2026-11-22", NULL);
	takes(*state, "order", "date", "today", "2026-11-22", NULL);
	takes(*state, "order", "date", "2026-02-30", NULL, "date");
	takes(*state, "order", "date", "22/11/2026", NULL, "date");
	takes(*state, "order", "date", "11-22-26", NULL, "date");
	takes(*state, "order", "date", "2026-11", NULL, "date");
	takes(*state, "activity", "at", "2026-11-22T08:00:00+08:00",
	    "2026-11-22T00:00:00.000Z", NULL);
	takes(*state, "activity", "at", "2026-11-20",
	    "2026-11-20T00:00:00.000Z", NULL);
	takes(*state, "activity", "at", "2027-01-01", NULL, "future");
}

static void test_lists_are_split_and_lose_doubles(void **state)
{
	struct fixture *x = *state;
	const struct field *f = field(x, "customer", "tags");
	struct reader r;

	r = reader_of(accept(x, f, text(x, "甲; 乙；甲;;")));
	assert_int_equal(read_array(&r), 2);
	assert_true(bytes_is(read_text(&r), "甲"));
	assert_true(bytes_is(read_text(&r), "乙"));
	assert_int_equal(accept(x, f, text(x, " ; ")).len, 0);
	r = reader_of(accept(
	    x, field(x, "customer", "phones"), text(x, "02152345678;95588")));
	assert_int_equal(read_array(&r), 2);
	assert_true(bytes_is(read_text(&r), "021-52345678"));
}

static void test_wrong_types_are_refused(void **state)
{
	struct fixture *x = *state;
	const struct entity *e =
	    schema_entity(x->schema, bytes_text("customer"));
	const uint8_t map[] = { 0x80 };

	for (unsigned i = 0; i < e->field_count; i++) {
		accept(x, &e->fields[i], bytes_of(map, 1));
		assert_int_equal(x->found.errors, 1);
		assert_string_equal(x->found.first->rule, "type");
	}
}

static void test_nil_and_empty_text_empty_a_field(void **state)
{
	struct fixture *x = *state;
	const struct entity *e =
	    schema_entity(x->schema, bytes_text("customer"));
	const uint8_t nil[] = { 0xC0 };

	for (unsigned i = 0; i < e->field_count; i++) {
		assert_int_equal(
		    accept(x, &e->fields[i], bytes_of(nil, 1)).len, 0);
		assert_int_equal(accept(x, &e->fields[i], text(x, "")).len, 0);
		assert_int_equal(x->found.count, 0);
	}
	assert_true(value_is_empty(BYTES_NONE));
	assert_true(value_is_empty(text(x, "")));
	assert_false(value_is_empty(text(x, "0")));
}

static void test_the_country_decides_how_a_phone_is_read(void **state)
{
	struct fixture *x = *state;

	takes(x, "customer", "phone", "(5) 555-4729", NULL, "phone_area");
	x->values[field(x, "customer", "country")->slot] = text(x, "Mexico");
	takes(x, "customer", "phone", "(5) 555-4729", "(5) 555-4729", NULL);
}

static void test_references_keep_id_and_shown_text(void **state)
{
	struct fixture *x = *state;
	const struct field *f = field(x, "order", "customer");
	struct bytes v =
	    value_pack_ref(&x->arena, 77, bytes_text("KHSH202600001"));

	assert_int_equal(value_ref(v), 77);
	assert_true(bytes_is(value_text(f, v), "KHSH202600001"));
	assert_int_equal(value_ref(text(x, "77")), 0);
	assert_int_equal(value_ref(BYTES_NONE), 0);
	assert_false(value_is_empty(v));
}

/* --- order and keys ------------------------------------------------------*/

static void agree(struct fixture *x, const struct field *f, const char *less,
    const char *more)
{
	struct bytes a = accept(x, f, text(x, less));
	struct bytes b = accept(x, f, text(x, more));
	uint8_t key_a[VALUE_KEY], key_b[VALUE_KEY];
	size_t len_a = value_key(f, a, key_a), len_b = value_key(f, b, key_b);

	assert_true(len_a && len_b);
	assert_true(value_compare(f, a, b) < 0);
	assert_true(value_compare(f, b, a) > 0);
	assert_int_equal(value_compare(f, a, a), 0);
	assert_true(
	    bytes_compare(bytes_of(key_a, len_a), bytes_of(key_b, len_b)) < 0);
}

static void test_keys_sort_as_values_do(void **state)
{
	struct fixture *x = *state;

	agree(x, field(x, "customer", "category"), "vip", "regular");
	agree(x, field(x, "customer", "industry"), "T", "自填");
	agree(x, field(x, "customer", "credit_days"), "9", "10");
	agree(x, field(x, "order_line", "quantity"), "9.5", "10");
	agree(x, field(x, "order", "date"), "1969-12-31", "1970-01-01");
	agree(x, field(x, "activity", "at"), "2026-11-20",
	    "2026-11-20T00:00:01Z");
	agree(x, field(x, "customer", "external_no"), "A1", "A10");
	agree(x, field(x, "customer", "credit_hold"), "false", "true");
}

static void test_long_keys_stay_short_and_apart(void **state)
{
	struct fixture *x = *state;
	const struct field *f = field(x, "customer", "external_no");
	uint8_t a[VALUE_KEY], b[VALUE_KEY];
	const char *one = "零一二三四五六七八九零一二三四五六七八九零一二三四"
			  "五六七八九零一二甲";
	const char *two = "零一二三四五六七八九零一二三四五六七八九零一二三四"
			  "五六七八九零一二乙";

	assert_int_equal(value_key(f, text(x, one), a), VALUE_KEY);
	assert_int_equal(value_key(f, text(x, two), b), VALUE_KEY);
	assert_memory_not_equal(a, b, VALUE_KEY);
}

/* --- rules ---------------------------------------------------------------*/

static void set(struct fixture *x, const char *key, const char *value)
{
	x->values[field(x, "customer", key)->slot] =
	    value ? text(x, value) : BYTES_NONE;
}

static bool speaks(const struct fixture *x, const char *name, const char *rule,
    enum severity s)
{
	for (const struct finding *f = x->found.first; f; f = f->next)
		if (!strcmp(f->field, name) && !strcmp(f->rule, rule))
			return f->severity == s;
	return false;
}

static void check(struct fixture *x)
{
	findings_init(&x->found, &x->arena);
	entity_check(schema_entity(x->schema, bytes_text("customer")),
	    &x->context, &x->found);
}

static void test_a_customer_lacks_what_settled_says(void **state)
{
	struct fixture *x = *state;

	check(x);
	assert_int_equal(x->found.errors, 4);
	assert_true(speaks(x, "name", "required", FINDING_ERROR));
	assert_true(speaks(x, "type", "required", FINDING_ERROR));
	assert_true(speaks(x, "category", "required", FINDING_ERROR));
	assert_true(speaks(x, "source", "required", FINDING_ERROR));
}

static void fill(struct fixture *x, const char *type)
{
	set(x, "name", "甲乙公司");
	set(x, "type", type);
	set(x, "category", "regular");
	set(x, "source", "phone");
}

static void test_a_chinese_company_needs_its_code(void **state)
{
	struct fixture *x = *state;

	fill(x, "company");
	check(x);
	assert_int_equal(x->found.errors, 0);
	assert_true(speaks(x, "uscc", "uscc_missing", FINDING_OVERRIDE));
	set(x, "country", "中国");
	check(x);
	assert_true(speaks(x, "uscc", "uscc_missing", FINDING_OVERRIDE));
	set(x, "country", "Germany");
	check(x);
	assert_int_equal(x->found.count, 0);
	set(x, "country", NULL);
	set(x, "source", "import");
	check(x);
	assert_int_equal(x->found.count, 0);
	set(x, "source", "phone");
	set(x, "uscc", "91110000600037341L");
	check(x);
	assert_int_equal(x->found.count, 0);
}

static void test_a_person_is_recommended_a_mobile_and_consent(void **state)
{
	struct fixture *x = *state;
	const struct entity *e =
	    schema_entity(x->schema, bytes_text("customer"));

	fill(x, "person");
	check(x);
	assert_int_equal(x->found.errors + x->found.overridable, 0);
	assert_int_equal(x->found.warnings, 2);
	assert_true(speaks(x, "mobile", "mobile_recommended", FINDING_WARNING));
	assert_int_equal(entity_completeness(e, &x->context.record, NULL, NULL),
	    4 * 100 / 6);
	set(x, "mobile", "13800138000");
	set(x, "consent", "2026-11-01");
	check(x);
	assert_int_equal(x->found.count, 0);
	assert_int_equal(
	    entity_completeness(e, &x->context.record, NULL, NULL), 100);
}

/* --- conditions ----------------------------------------------------------*/

static bool holds(struct fixture *x, const char *yaml)
{
	const struct entity *e =
	    schema_entity(x->schema, bytes_text("customer"));
	struct buf document;
	struct cond *cond;
	struct reader r;
	char message[200], whole[300];

	snprintf(whole, sizeof whole, "c: %s", yaml);
	buf_init(&document, 65536);
	assert_int_equal(document_parse(bytes_text(whole), &document, message,
			     sizeof message),
	    ERR_OK);
	r = reader_of(
	    arena_copy(&x->arena, unpack_lookup(buf_bytes(&document), "c")));
	buf_release(&document);
	assert_int_equal(cond_read(&r, &x->arena, &cond), ERR_OK);
	findings_init(&x->found, &x->arena);
	if (condition_prepare(e, cond, &x->arena, &x->found) != ERR_OK)
		fail_msg("%s: %s", yaml, x->found.first->message);
	return condition_holds(e, cond, &x->context.record, &x->arena);
}

static void fill_more(struct fixture *x)
{
	fill(x, "company");
	set(x, "name", "上海示例贸易有限公司");
	set(x, "mobile", "13800138000");
	set(x, "next_follow_at", "2026-12-01");
	x->values[field(x, "customer", "tags")->slot] =
	    accept(x, field(x, "customer", "tags"), text(x, "VIP;老客户"));
	x->values[field(x, "customer", "owner")->slot] =
	    value_pack_ref(&x->arena, 9, bytes_text("zhangwei"));
	x->values[field(x, "customer", "credit_days")->slot] =
	    accept(x, field(x, "customer", "credit_days"), text(x, "30"));
}

static void test_conditions_that_hold(void **state)
{
	static const char *const held[] = {
		"[\"=\", category, 普通]",
		"[\"=\", category, regular]",
		"[\"!=\", category, vip]",
		"[in, category, [vip, 普通]]",
		"[\"=\", name, 上海示例贸易]",
		"[prefix, name, 上海示例]",
		"[contains, name, 示例 贸易]",
		"[\"=\", mobile, +86 138 0013 8000]",
		"[contains, mobile, \"8000\"]",
		"[has, tags, vip]",
		"[has, tags, 老客户]",
		"[empty, grade]",
		"[not, [empty, name]]",
		"[\"=\", owner, zhangwei]",
		"[\"=\", owner, \"9\"]",
		"[\">\", next_follow_at, 2026-11-30]",
		"[\"<=\", next_follow_at, 2026/12/1]",
		"[\">=\", credit_days, 30]",
		"[\"<\", credit_days, \"31\"]",
		"[\"!=\", grade, A]",
		"[and, [\"=\", type, company], [or, [empty, uscc], [empty, "
		"name]]]",
	};
	struct fixture *x = *state;

	fill_more(x);
	for (unsigned i = 0; i < sizeof held / sizeof *held; i++)
		if (!holds(x, held[i]))
			fail_msg("does not hold: %s", held[i]);
}

static void test_conditions_that_do_not_hold(void **state)
{
	static const char *const held[] = {
		"[\"=\", category, vip]",
		"[in, category, [vip]]",
		"[\"=\", name, 上海]",
		"[prefix, name, 示例]",
		"[contains, mobile, \"1380\"]",
		"[has, tags, 客户]",
		"[\"=\", grade, A]",
		"[\"<\", last_order_at, 2026-01-01]",
		"[\">\", last_order_at, 2026-01-01]",
		"[\">\", credit_days, 30]",
		"[\"=\", owner, \"8\"]",
		"[contains, short_name, 示]",
		"[and, [\"=\", type, company], [empty, name]]",
	};
	struct fixture *x = *state;

	fill_more(x);
	for (unsigned i = 0; i < sizeof held / sizeof *held; i++)
		if (holds(x, held[i]))
			fail_msg("holds: %s", held[i]);
}

static enum err prepare(struct fixture *x, const char *field_name,
    enum cond_op op, struct bytes value)
{
	struct cond c = {
		.op = op, .field = bytes_text(field_name), .value = value
	};

	findings_init(&x->found, &x->arena);
	return condition_prepare(
	    schema_entity(x->schema, bytes_text("customer")), &c, &x->arena,
	    &x->found);
}

static void test_senseless_conditions_are_refused(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(
	    prepare(x, "nothing", COND_EQ, text(x, "a")), ERR_UNKNOWN);
	assert_int_equal(
	    prepare(x, "category", COND_EQ, text(x, "gold")), ERR_INVALID);
	assert_int_equal(prepare(x, "next_follow_at", COND_LT, text(x, "soon")),
	    ERR_INVALID);
	assert_int_equal(
	    prepare(x, "tags", COND_EQ, text(x, "a")), ERR_INVALID);
	assert_int_equal(
	    prepare(x, "name", COND_HAS, text(x, "a")), ERR_INVALID);
	assert_int_equal(
	    prepare(x, "credit_days", COND_PREFIX, text(x, "3")), ERR_INVALID);
	assert_int_equal(
	    prepare(x, "owner", COND_LT, text(x, "a")), ERR_INVALID);
	assert_int_equal(
	    prepare(x, "category", COND_IN, text(x, "vip")), ERR_INVALID);
	assert_int_equal(x->found.errors, 1);
}

static void test_a_resolved_reference_is_compared_by_id(void **state)
{
	struct fixture *x = *state;
	const struct entity *e =
	    schema_entity(x->schema, bytes_text("customer"));
	struct cond c = { .op = COND_EQ, .field = bytes_text("owner") };

	fill_more(x);
	findings_init(&x->found, &x->arena);
	c.value = value_pack_ref(&x->arena, 9, bytes_text("renamed"));
	assert_int_equal(
	    condition_prepare(e, &c, &x->arena, &x->found), ERR_OK);
	assert_true(condition_holds(e, &c, &x->context.record, &x->arena));
	c.value = value_pack_ref(&x->arena, 8, bytes_text("zhangwei"));
	assert_int_equal(
	    condition_prepare(e, &c, &x->arena, &x->found), ERR_OK);
	assert_false(condition_holds(e, &c, &x->context.record, &x->arena));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* --- a company's own rules ----------------------------------------------*/

static const char own_rules[] =
    "    rules:\n"
    "      - { key: former_format, refuse: external_no,"
    " pattern: '[A-Z]{2}-\\d{4}', message: [形, form] }\n"
    "      - { key: days_most, refuse: credit_days, most: 30, override: true,"
    " when: ['=', category, prospect], message: [多, many] }\n"
    "      - { key: follow_from, warn: next_follow_at, least: 2026-01-01,"
    " message: [早, early] }\n"
    "      - { key: note_words, refuse: remark, pattern: '[^!]*',"
    " message: [叹, shout] }\n";

/* The default schema with these rules of the customer in place of its own. */
static enum err with_rules(
    const char *rules, struct schema **out, char *message, size_t size)
{
	struct bytes all = document_default();
	const char *text = (const char *)all.data;
	const char *from = memmem(text, all.len, "    rules:\n", 11);
	const char *to = strstr(from, "\n  contact:") + 1;
	struct buf yaml, document;
	enum err e;

	buf_init(&yaml, 4 << 20);
	buf_init(&document, 4 << 20);
	buf_append(&yaml, text, (size_t)(from - text));
	buf_append_text(&yaml, rules);
	buf_append(&yaml, to, all.len - (size_t)(to - text));
	e = document_parse(buf_bytes(&yaml), &document, message, size);
	*out = NULL;
	if (e == ERR_OK)
		e = schema_compile(buf_bytes(&document), 2, out, message, size);
	buf_release(&yaml);
	buf_release(&document);
	return e;
}

static void use_rules(struct fixture *x)
{
	char message[256] = "";

	schema_free(x->schema);
	if (with_rules(own_rules, &x->schema, message, sizeof message))
		fail_msg("%s", message);
	fill(x, "person");
}

static void test_an_own_rule_judges_form_and_bounds(void **state)
{
	struct fixture *x = *state;

	use_rules(x);
	set(x, "external_no", "AB-1234");
	set(x, "category", "regular");
	x->values[field(x, "customer", "credit_days")->slot] =
	    accept(x, field(x, "customer", "credit_days"), text(x, "45"));
	set(x, "next_follow_at", "2026-01-01");
	check(x);
	assert_int_equal(x->found.count, 0);
	set(x, "external_no", "AB-12345");
	set(x, "category", "prospect");
	set(x, "next_follow_at", "2025-12-31");
	check(x);
	assert_true(speaks(x, "external_no", "former_format", FINDING_ERROR));
	assert_true(speaks(x, "credit_days", "days_most", FINDING_OVERRIDE));
	assert_true(
	    speaks(x, "next_follow_at", "follow_from", FINDING_WARNING));
	assert_string_equal(x->found.first->zh, "形");
}

static void test_an_old_value_is_not_judged_anew(void **state)
{
	struct fixture *x = *state;

	use_rules(x);
	set(x, "external_no", "nothing like it");
	x->context.before = x->context.record;
	check(x);
	assert_false(speaks(x, "external_no", "former_format", FINDING_ERROR));
	x->context.before.get = NULL;
	check(x);
	assert_true(speaks(x, "external_no", "former_format", FINDING_ERROR));
}

/* Of a sealed value that nobody opened it is known that it is there. */
static void test_an_unopened_value_is_not_judged(void **state)
{
	static const uint8_t there[] = { 0xc3 };
	struct fixture *x = *state;

	use_rules(x);
	x->values[field(x, "customer", "remark")->slot] =
	    bytes_of(there, sizeof there);
	check(x);
	assert_false(speaks(x, "remark", "note_words", FINDING_ERROR));
	set(x, "remark", "so!");
	check(x);
	assert_true(speaks(x, "remark", "note_words", FINDING_ERROR));
}

static void test_a_rule_that_says_nothing_is_refused(void **state)
{
	static const char *const bad[] = {
		"{ key: a, refuse: name, message: [a, a] }",
		"{ key: a, refuse: name, pattern: '(', message: [a, a] }",
		"{ key: a, refuse: type, pattern: 'a', message: [a, a] }",
		"{ key: a, require: name, pattern: 'a', message: [a, a] }",
		"{ key: a, refuse: name, most: 3, message: [a, a] }",
		"{ key: a, refuse: credit_days, most: x, message: [a, a] }",
		"{ key: a, refuse: credit_days, most: 3 }",
	};
	char message[256], rules[300];
	struct schema *s;

	(void)state;
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(
		    rules, sizeof rules, "    rules:\n      - %s\n", bad[i]);
		if (!with_rules(rules, &s, message, sizeof message))
			fail_msg("taken: %s", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_texts_are_trimmed_and_composed),
		CASE(test_choices_take_key_and_both_labels),
		CASE(test_amounts_are_exact_texts),
		CASE(test_integers_are_taken_and_floats_refused),
		CASE(test_dates_are_brought_to_iso),
		CASE(test_lists_are_split_and_lose_doubles),
		CASE(test_wrong_types_are_refused),
		CASE(test_nil_and_empty_text_empty_a_field),
		CASE(test_the_country_decides_how_a_phone_is_read),
		CASE(test_references_keep_id_and_shown_text),
		CASE(test_keys_sort_as_values_do),
		CASE(test_long_keys_stay_short_and_apart),
		CASE(test_a_customer_lacks_what_settled_says),
		CASE(test_a_chinese_company_needs_its_code),
		CASE(test_a_person_is_recommended_a_mobile_and_consent),
		CASE(test_conditions_that_hold),
		CASE(test_conditions_that_do_not_hold),
		CASE(test_a_resolved_reference_is_compared_by_id),
		CASE(test_senseless_conditions_are_refused),
		CASE(test_an_own_rule_judges_form_and_bounds),
		CASE(test_an_old_value_is_not_judged_anew),
		CASE(test_an_unopened_value_is_not_judged),
		CASE(test_a_rule_that_says_nothing_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

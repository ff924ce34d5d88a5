// SPDX-License-Identifier: MIT
/*
 * Rules and conditions over the values of a whole record.
 */
#include "value_fixture.h"

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

static void test_what_completes_a_company_is_counted_in_silence(void **state)
{
	struct fixture *x = *state;
	const struct entity *e =
	    schema_entity(x->schema, bytes_text("customer"));
	bool missing[SCHEMA_FIELDS] = { false };

	fill(x, "company");
	set(x, "uscc", "91110000600037341L");
	check(x);
	assert_int_equal(x->found.count, 0);
	assert_int_equal(
	    entity_completeness(e, &x->context.record, NULL, missing),
	    5 * 100 / 8);
	assert_true(
	    missing[entity_field(e, bytes_text("payment_method"))->slot]);
	set(x, "address", "上海市浦东新区世纪大道1号");
	set(x, "industry", "C");
	set(x, "payment_method", "cash");
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
		CASE(test_a_customer_lacks_what_settled_says),
		CASE(test_a_chinese_company_needs_its_code),
		CASE(test_a_person_is_recommended_a_mobile_and_consent),
		CASE(test_what_completes_a_company_is_counted_in_silence),
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

// SPDX-License-Identifier: MIT
/*
 * The schema compiler: the default schema is taken and means what it says;
 * each contradiction is refused with the entity and field in the message.
 */
#include "server/schema/schema.h"
#include "server/schema/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROOM (4 * 1024 * 1024)

static enum err compile(struct bytes yaml, struct schema **out, char *message)
{
	struct buf document;
	enum err e;

	buf_init(&document, ROOM);
	message[0] = 0;
	e = document_parse(yaml, &document, message, 256);
	*out = NULL;
	if (e == ERR_OK)
		e = schema_compile(buf_bytes(&document), 1, out, message, 256);
	buf_release(&document);
	return e;
}

static struct schema *standard(void)
{
	struct schema *s;
	char message[256];
	enum err e = compile(document_default(), &s, message);

	if (e != ERR_OK)
		fail_msg("default.yaml: %s", message);
	return s;
}

static const struct field *field(
    const struct schema *s, const char *entity, const char *key)
{
	const struct entity *e = schema_entity(s, bytes_text(entity));
	const struct field *f;

	assert_non_null(e);
	f = entity_field(e, bytes_text(key));
	if (!f)
		fail_msg("no %s.%s", entity, key);
	return f;
}

static void test_default_schema_compiles(void **state)
{
	struct schema *s = standard();
	(void)state;
	assert_int_equal(s->entity_count, 15);
	assert_int_equal(s->version, 1);
	schema_free(s);
}

static void test_contract_sealed_and_watched_fields_are(void **state)
{
	static const struct {
		const char *entity, *key;
		bool watched;
	} sealed[] = {
		{ "customer", "person_id", true },
		{ "customer", "mobile", false },
		{ "customer", "email", false },
		{ "customer", "wechat", false },
		{ "customer", "remark", false },
		{ "customer", "credit_limit", true },
		{ "customer", "credit_grade", true },
		{ "customer", "release_up_to", true },
		{ "customer", "receivable", false },
		{ "customer", "address", false },
		{ "bank", "account_no", true },
		{ "bank", "account_name", true },
		{ "contact", "name", false },
		{ "contact", "phone", false },
		{ "contact", "mobile", false },
		{ "contact", "email", false },
		{ "contact", "wechat", false },
		{ "contact", "birthday", true },
		{ "address", "receiver", false },
		{ "address", "phone", false },
		{ "invoice", "bank_line", false },
	};
	struct schema *s = standard();
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof sealed / sizeof *sealed; i++) {
		const struct field *f =
		    field(s, sealed[i].entity, sealed[i].key);
		assert_true(f->sealed);
		assert_int_equal(f->watched, sealed[i].watched);
	}
	for (unsigned i = 0; i < s->entity_count; i++)
		count += s->entities[i].sealed_count;
	assert_int_equal(count, sizeof sealed / sizeof *sealed);
	schema_free(s);
}

static void test_children_know_parent_and_subject(void **state)
{
	struct schema *s = standard();
	const struct entity *customer =
	    schema_entity(s, bytes_text("customer"));
	const struct entity *line = schema_entity(s, bytes_text("order_line"));

	(void)state;
	assert_ptr_equal(customer->subject, customer);
	assert_null(customer->parent);
	assert_true(customer->scoped);
	assert_string_equal(customer->branch_field->key, "branch");
	assert_string_equal(line->parent->key, "order");
	assert_string_equal(line->parent_field->key, "order");
	assert_ptr_equal(line->subject, customer);
	assert_true(line->retained);
	assert_int_equal(
	    customer->number_field->index, INDEX_PLAIN | INDEX_UNIQUE);
	assert_null(schema_entity(s, bytes_text("product"))->subject);
	schema_free(s);
}

static void test_derivations_are_linked(void **state)
{
	struct schema *s = standard();
	const struct derive *owed = &field(s, "customer", "receivable")->derive;
	const struct derive *line = &field(s, "order_line", "amount")->derive;

	(void)state;
	assert_int_equal(owed->kind, DERIVE_SUM);
	assert_int_equal(owed->part_count, 3);
	assert_int_equal(owed->parts[0].sign, 1);
	assert_int_equal(owed->parts[1].sign, -1);
	assert_non_null(owed->parts[0].when);
	assert_string_equal(owed->parts[2].field->entity->key, "return");
	assert_int_equal(line->kind, DERIVE_PRODUCT);
	assert_int_equal(line->from_count, 3);
	assert_true(line->complement[2]);
	assert_false(line->complement[0]);
	schema_free(s);
}

static struct schema *standard_with(const char *was, const char *is)
{
	struct bytes text = document_default();
	const char *at = memmem(text.data, text.len, was, strlen(was));
	struct schema *s;
	struct buf out;
	char message[256];

	if (!at)
		fail_msg("default.yaml has no %s", was);
	buf_init(&out, ROOM);
	buf_append(&out, text.data, (size_t)(at - (const char *)text.data));
	buf_append(&out, is, strlen(is));
	buf_append(&out, at + strlen(was),
	    (size_t)((const char *)text.data + text.len - at) - strlen(was));
	if (compile(buf_bytes(&out), &s, message) != ERR_OK)
		fail_msg("%s: %s", is, message);
	buf_release(&out);
	return s;
}

static bool keeps_account(struct schema *s)
{
	const struct credit *c =
	    schema_entity(s, bytes_text("customer"))->credit;
	bool is_kept = c->is_kept;

	schema_free(s);
	return is_kept;
}

/* One word otherwise, and it has to be walked. */
static void test_an_account_is_kept_while_all_of_it_is(void **state)
{
	static const char *const words[][2] = {
		{ "months: [ { add: order.amount, by: order.date, when: [in, "
		  "status, [confirmed",
		    "months: [ { add: order.amount, by: order.date, when: [in, "
		    "status, [draft" },
		{ "months: [ { add: payment.amount, by: payment.date",
		    "months: [ { add: return.amount, by: return.date" },
		{ "type: decimal, least: 0, class: order, required: true",
		    "type: decimal, class: order, required: true" },
		{ "type: decimal, least: 0, most: 1,", "type: decimal," },
	};
	struct schema *s = standard();
	const struct credit *c =
	    schema_entity(s, bytes_text("customer"))->credit;

	(void)state;
	assert_null(c->pays[0]);
	assert_ptr_equal(c->pays[1], field(s, "payment", "order"));
	assert_ptr_equal(c->pays[2], field(s, "return", "order"));
	assert_string_equal(c->kept[0]->key, "sales");
	assert_string_equal(c->kept[1]->key, "paid");
	assert_true(keeps_account(s));
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		assert_false(
		    keeps_account(standard_with(words[i][0], words[i][1])));
}

static void test_every_field_has_a_class_and_labels(void **state)
{
	struct schema *s = standard();

	(void)state;
	for (unsigned i = 0; i < s->entity_count; i++)
		for (unsigned j = 0; j < s->entities[i].field_count; j++) {
			const struct field *f = &s->entities[i].fields[j];
			assert_in_range(f->class_of, 0, s->class_count - 1);
			assert_true(f->label.zh[0] && f->label.en[0]);
			assert_ptr_equal(f->entity, &s->entities[i]);
			assert_ptr_equal(
			    entity_field(&s->entities[i], bytes_text(f->key)),
			    f);
		}
	assert_string_equal(
	    s->classes[field(s, "customer", "address")->class_variant],
	    "contact");
	assert_string_equal(
	    s->classes[field(s, "customer", "address")->class_of], "identity");
	schema_free(s);
}

static struct bytes no_value(void *ctx, const struct field *f)
{
	(void)ctx;
	(void)f;
	return BYTES_NONE;
}

/* An example that the field itself refused would teach a wrong form. */
static void test_every_example_is_accepted(void **state)
{
	struct schema *s = standard();
	struct value_context context = { .record = { no_value, NULL },
		.today = 20780 };
	struct arena a;

	(void)state;
	arena_init(&a, 65536, 1 << 20);
	for (unsigned i = 0; i < s->entity_count; i++)
		for (unsigned j = 0; j < s->entities[i].field_count; j++) {
			const struct field *f = &s->entities[i].fields[j];
			struct findings found;
			struct bytes out;
			findings_init(&found, &a);
			assert_int_equal(
			    value_accept(f, &context,
				value_pack_text(&a, bytes_text(f->example)), &a,
				&found, &out),
			    ERR_OK);
			if (found.errors || found.overridable)
				fail_msg("%s.%s: %s", f->entity->key, f->key,
				    found.first->message);
			arena_reset(&a);
		}
	arena_release(&a);
	schema_free(s);
}

static void test_a_missing_field_is_not_found(void **state)
{
	struct schema *s = standard();
	const struct entity *e = schema_entity(s, bytes_text("customer"));

	(void)state;
	assert_null(entity_field(e, bytes_text("nam")));
	assert_null(entity_field(e, bytes_text("")));
	assert_null(schema_entity(s, bytes_text("client")));
	assert_int_equal(schema_class(s, bytes_text("nothing")), -1);
	schema_free(s);
}

#define FIELD(rest)                                                            \
	"classes: [k]\nentities:\n  thing:\n    id: 1\n    label: [a, b]\n"    \
	"    fields:\n      x: { id: 1, label: [a, b], " rest " }\n"
#define TEXT "type: text, max: 9, class: k"

#define STATES       "type: enum, class: k, values: { a: [a, A], b: [b, B] }"
#define MOVES(moves) STATES ", mask: shown, moves: " moves

static const struct {
	const char *yaml, *message;
} refusals[] = {
	{ FIELD("type: text, max: 9"), "thing.x: names no class" },
	{ FIELD("type: text, max: 9, class: z"), "thing.x: there is no class" },
	{ FIELD("type: string, class: k"), "thing.x: there is no type" },
	{ FIELD("class: k"), "thing.x: has no type" },
	{ FIELD("type: text, class: k"), "thing.x: has no max" },
	{ FIELD(TEXT ", check: luck"), "thing.x: there is no check" },
	{ FIELD(TEXT ", mask: veil"), "thing.x: there is no mask" },
	{ FIELD(TEXT ", colour: red"), "thing.x: there is no key colour" },
	{ FIELD(TEXT ", sealed: yes"), "thing.x: sealed: true or false" },
	{ FIELD(TEXT ", index: [fast]"), "thing.x: there is no index" },
	{ FIELD(TEXT ", index: [unique]"), "thing.x: is unique without" },
	{ FIELD("type: int, class: k, counted: true, "
		"index: [plain, unique]"),
	    "thing.x: is counted: a whole number, unique in a parent" },
	{ FIELD(TEXT ", index: [blind, unique_in_parent]"),
	    "thing.x: is unique in a parent" },
	{ FIELD(TEXT ", sealed: true, index: [plain]"), "thing.x: is sealed" },
	{ FIELD(TEXT ", least: 1"), "thing.x: least and most" },
	{ FIELD(TEXT ", needs: y"), "thing.x: thing has no field y" },
	{ FIELD(TEXT ", derive: { initials: x }"), "thing.x: is derived from" },
	{ FIELD(TEXT ", derive: { luck: x }"), "thing.x: there is no such" },
	{ FIELD(TEXT ", default: 0123456789"), "thing.x: its default" },
	{ FIELD(TEXT ", auto: number, required: true"),
	    "thing.x: is set by the server" },
	{ FIELD("type: enum, class: k"), "thing.x: values belong" },
	{ FIELD("type: enum, class: k, values: { a: one }"),
	    "thing.x: values: [Chinese" },
	{ FIELD(MOVES("{ a: [c] }")), "thing.x: moves: there is no value c" },
	{ FIELD(MOVES("{ c: [a] }")), "thing.x: moves: there is no value c" },
	{ FIELD(MOVES("[a]")), "thing.x: moves: a map" },
	{ FIELD(MOVES("{ a: b }")), "thing.x: moves: each value once" },
	{ FIELD(MOVES("{ a: [b] }") ", sealed: true"), "thing.x: has moves" },
	{ FIELD(STATES ", moves: { a: [b] }"), "thing.x: has moves" },
	{ FIELD(TEXT) "    time: x\n", "thing: time: a date" },
	{ FIELD("type: date, class: k, index: [plain, timed]"),
	    "thing.x: is timed, and no parent" },
	{ FIELD(TEXT) "    section: things\n", "thing: section: of a child" },
	{ FIELD(TEXT) "    reviews: { last: x, next: x }\n",
	    "thing: reviews: a child" },
	{ FIELD(TEXT ", flags: x"), "thing.x: flags: an open bool" },
	{ FIELD("type: date, class: k, day_of: x, by_server: true"),
	    "thing.x: is the day of another" },
	{ FIELD("type: date, class: k") "      y: { id: 2, label: [a, b], "
					"type: date, class: k, day_of: x }\n",
	    "thing.y: is the day of another" },
	{ FIELD("type: int, class: k, change: true"), "thing.x: a change is" },
	{ FIELD("type: date, class: k, check: email"),
	    "thing.x: its check is for" },
	{ FIELD("type: ref, class: k"), "thing.x: ref belongs" },
	{ FIELD("type: ref, ref: nobody, class: k"),
	    "thing.x: there is no entity" },
	{ FIELD("type: note, max: 9, class: k, index: [plain]"),
	    "thing.x: has no order" },
	{ FIELD(TEXT) "      y: { id: 1, label: [a, b], " TEXT " }\n",
	    "thing.y: its id is also" },
	{ FIELD(TEXT) "  other: { id: 1, label: [a, b], fields: { x: { id: 1,"
		      " label: [a, b], " TEXT " } } }\n",
	    "other: its id is also" },
	{ FIELD(TEXT) "    scoped: true\n", "thing: is scoped" },
	{ FIELD(TEXT) "    retained: true\n", "thing: is retained" },
	{ FIELD(TEXT) "    number: child\n", "thing: is numbered as a child" },
	{ FIELD(TEXT) "    number: { series: N }\n", "thing: has no field" },
	{ FIELD(TEXT) "    number: { series: \"N{week}\" }\n",
	    "thing: number: a series knows" },
	{ FIELD(TEXT) "    title: y\n", "thing: thing has no field y" },
	{ FIELD(TEXT) "    parent: nobody\n", "thing: there is no entity" },
	{ FIELD(TEXT) "    variant: [is, x, y]\n", "thing: the condition" },
	{ FIELD(TEXT) "    variant: [\"=\", y, y]\n",
	    "thing: condition on y: there is" },
	{ FIELD(TEXT) "    rules: [ { key: r, when: [empty, x],"
		      " message: [a, b] } ]\n",
	    "thing: a rule has" },
	{ FIELD(TEXT) "    rules: [ { key: r, warn: x, when: [empty, x],"
		      " mesage: [a, b] } ]\n",
	    "thing: there is no key mesage" },
	{ "classes: [k, k]\nentities: {}\n", "schema: the class k" },
	{ "classes: [k]\n", "schema: entities" },
	{ "entities: {}\n", "schema: classes" },
	{ "classes: [k]\nentities: {}\nextra: 1\n", "schema: there is no key" },
	{ "classes: [k]\nentities: {}\ncompany: { zone: \"-05:00\" }\n",
	    "schema: company: zone is" },
	{ "classes: [k]\nentities: {}\ncompany: { zone: China }\n",
	    "schema: company: zone is" },
	{ "classes: [k]\nentities: {}\ncompany: { name: K }\n",
	    "schema: there is no key name" },
};

static void test_contradictions_are_refused_by_name(void **state)
{
	char message[256];

	(void)state;
	for (unsigned i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct schema *s;
		enum err e = compile(bytes_text(refusals[i].yaml), &s, message);
		if (e != ERR_INVALID || strncmp(message, refusals[i].message,
					    strlen(refusals[i].message)) != 0)
			fail_msg("%s\nsaid: %s\nwanted: %s", refusals[i].yaml,
			    message, refusals[i].message);
		assert_null(s);
	}
}

static void test_the_plain_example_compiles(void **state)
{
	struct schema *s;
	char message[256];

	(void)state;
	assert_int_equal(compile(bytes_text(FIELD(TEXT)), &s, message), ERR_OK);
	schema_free(s);
	schema_free(NULL);
}

#define OWNED(entity, since)                                                   \
	"classes: [k]\nentities:\n  place:\n    id: 2\n    label: [a, b]\n"    \
	"    number: { field: c }\n    fields:\n"                              \
	"      c: { id: 1, label: [a, b], required: true, " TEXT               \
	", index: [plain, unique] }\n"                                         \
	"  thing:\n    id: 1\n    label: [a, b]\n"                             \
	"    scoped: true\n    branch: x\n    owner: y\n" entity               \
	"    fields:\n"                                                        \
	"      x: { id: 1, label: [a, b], type: ref, ref: place, class: k }\n" \
	"      y: { id: 2, label: [a, b], type: ref, ref: user, class: k }\n"  \
	"      z: { id: 3, label: [a, b], type: date, class: k, "              \
	"by_server: true" since " }\n"

static void test_since_when_is_said_by_field_or_of_the_owner(void **state)
{
	static const char *const ways[] = { OWNED("", ", day_of: y"),
		OWNED("    owner_since: z\n", "") };

	(void)state;
	for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct schema *s;
		char message[256];

		if (compile(bytes_text(ways[i]), &s, message))
			fail_msg("%s", message);
		assert_ptr_equal(
		    field(s, "thing", "z")->day_of, field(s, "thing", "y"));
		schema_free(s);
	}
}

static int32_t zone_of(const char *yaml)
{
	struct schema *s;
	char message[256];
	int32_t zone_ms;

	assert_int_equal(compile(bytes_text(yaml), &s, message), ERR_OK);
	zone_ms = s->zone_ms;
	schema_free(s);
	return zone_ms;
}

static void test_company_is_in_china_or_says_where(void **state)
{
	(void)state;
	assert_int_equal(zone_of(FIELD(TEXT)), 8 * 3600000);
	assert_int_equal(zone_of(FIELD(TEXT) "company: {}\n"), 8 * 3600000);
	assert_int_equal(
	    zone_of(FIELD(TEXT) "company: { zone: \"+09:30\" }\n"), 34200000);
	assert_int_equal(zone_of(FIELD(TEXT) "company: { zone: Z }\n"), 0);
}

static void test_truncated_documents_are_refused(void **state)
{
	struct buf document;
	struct schema *s;
	char message[256];
	struct bytes whole;

	(void)state;
	buf_init(&document, ROOM);
	assert_int_equal(document_parse(document_default(), &document, message,
			     sizeof message),
	    ERR_OK);
	whole = buf_bytes(&document);
	for (size_t len = 0; len < whole.len; len += 97)
		assert_int_not_equal(schema_compile(bytes_of(whole.data, len),
					 1, &s, message, sizeof message),
		    ERR_OK);
	buf_release(&document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_schema_compiles),
		cmocka_unit_test(test_contract_sealed_and_watched_fields_are),
		cmocka_unit_test(test_children_know_parent_and_subject),
		cmocka_unit_test(test_derivations_are_linked),
		cmocka_unit_test(test_an_account_is_kept_while_all_of_it_is),
		cmocka_unit_test(test_every_field_has_a_class_and_labels),
		cmocka_unit_test(test_every_example_is_accepted),
		cmocka_unit_test(test_a_missing_field_is_not_found),
		cmocka_unit_test(test_contradictions_are_refused_by_name),
		cmocka_unit_test(test_the_plain_example_compiles),
		cmocka_unit_test(
		    test_since_when_is_said_by_field_or_of_the_owner),
		cmocka_unit_test(test_company_is_in_china_or_says_where),
		cmocka_unit_test(test_truncated_documents_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

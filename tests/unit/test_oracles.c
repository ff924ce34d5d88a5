// SPDX-License-Identifier: MIT
/*
 * Nobody guesses what he may not see: not by conditions, orders or tails
 * (L14 to L20, L30), not by amounts tried against a credit limit (L32), not
 * by previews, tokens and repeated requests, and not by what it costs to
 * refuse (L39).
 *
 * That something is refused before data is touched is shown by data that
 * cannot be read: whoever touches it answers `internal`.
 */
#include "whole_book.h"

#define DAY_MS INT64_C(86400000)

static const char *const lines[][2] = {
	{ "sales", "quota: { sealed: 1, lookup: 1 }" },
	{ "clerk", "quota: { lookup: 10 }" },
};

static int set_up(void **state)
{
	struct whole *w = whole_new();

	whole_roles(w, lines, sizeof lines / sizeof *lines);
	*state = w;
	return 0;
}

static const char *kept(struct whole *w)
{
	return arena_text(&w->book->arena, bytes_text(w->text));
}

/* --- conditions, orders, groups: every role, entity, field and scope
 * ----------*/

struct use_case {
	struct whole *whole;
	const char *login;
	const struct view_entity *ve;
	const struct field *field;
	unsigned range;
	const char *scope;
	unsigned asked;
};

static const struct form {
	const char *text; /* with the field and a constant */
	enum { EXACT, TAIL, EMPTY, OTHER, ORDER, GROUP } kind;
} forms[] = {
	{ "'where':['=','%s','%s']", EXACT },
	{ "'where':['in','%s',['%s','z']]", EXACT },
	{ "'where':['contains','%s','%s']", TAIL },
	{ "'where':['empty','%s']", EMPTY },
	{ "'where':['not',['empty','%s']]", EMPTY },
	{ "'where':['!=','%s','%s']", OTHER },
	{ "'where':['<','%s','%s']", OTHER },
	{ "'where':['<=','%s','%s']", OTHER },
	{ "'where':['>','%s','%s']", OTHER },
	{ "'where':['>=','%s','%s']", OTHER },
	{ "'where':['prefix','%s','%s']", OTHER },
	{ "'where':['has','%s','%s']", OTHER },
	{ "'where':['not',['or',['and',['<','%s','%s']]]]", OTHER },
	{ "'order':['%s']", ORDER },
	{ "'order':['-%s']", ORDER },
	{ "'by':['%s']", GROUP },
	{ "'by':[],'sum':['%s']", GROUP },
};

static unsigned reach_of(unsigned relation)
{
	if (relation == RELATION_POOL)
		return RELATION_POOL | RELATION_BRANCH | RELATION_ALL;
	return relation | RELATION_ALL;
}

/* In each relation of the range, of natural persons and of others. */
static bool everywhere(const struct use_case *c, unsigned bits, unsigned right)
{
	for (unsigned r = 1; r < RELATION_SETS; r <<= 1) {
		unsigned set = reach_of(r);

		if (!(c->range & r))
			continue;
		if (!(view_level(c->ve, set, false, c->field) & bits) ||
		    !(view_level(c->ve, set, true, c->field) & bits) ||
		    (view_entity_rights(c->ve, r) & right) != right)
			return false;
	}
	return true;
}

/* The word of the refusal; NULL: he may. */
static const char *expected(const struct use_case *c, const struct form *f)
{
	const struct field *field = c->field;
	bool clear = everywhere(c, MAY_SEE, 0);
	bool looks_up =
	    (f->kind == EXACT &&
		field->index & (INDEX_BLIND | INDEX_UNIQUE | INDEX_WITHIN)) ||
	    (f->kind == TAIL && field->index & INDEX_TAIL);

	if (!field->sealed || f->kind == EMPTY)
		return clear ? NULL : "denied";
	if (!looks_up)
		return "invalid";
	return everywhere(c, MAY_SEE | MAY_SEE_MASKED, RIGHT_LOOKUP) ? NULL
								     : "denied";
}

/* The same words, whatever constant is tried. */
static void try_form(struct use_case *c, const struct form *f)
{
	static const char *const constants[] = { "1234", "9876" };
	const char *want = expected(c, f), *first = NULL;
	struct whole *w = c->whole;
	char part[200];

	for (unsigned i = 0; want && i < 2; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(
		    part, sizeof part, f->text, c->field->key, constants[i]);
#pragma GCC diagnostic pop
		refused(w, want, c->login,
		    f->kind == GROUP ? "record.group" : "record.find",
		    "{'entity':'%s',%s%s}", c->field->entity->key, part,
		    c->scope);
		assert_string_equal(at(w, "field"), c->field->key);
		if (first)
			assert_string_equal(w->text, first);
		first = kept(w);
		c->asked++;
	}
}

static void try_field(struct use_case *c)
{
	static const struct {
		const char *text;
		unsigned relation;
	} scopes[] = { { "", 0 }, { ",'scope':'own'", RELATION_OWN },
		{ ",'scope':'pool'", RELATION_POOL },
		{ ",'scope':'branch'", RELATION_BRANCH } };
	unsigned range = view_range(c->ve);

	for (unsigned s = 0; s < 4; s++) {
		c->scope = scopes[s].text;
		c->range =
		    range & scopes[s].relation ? scopes[s].relation : range;
		for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++)
			try_form(c, &forms[i]);
		arena_reset(&c->whole->book->arena);
	}
}

/* The view is the desk's own: it outlives what the requests read. */
static unsigned try_role(struct whole *w, const char *login)
{
	const struct view *v = whole_caller(w, login).view;
	const struct schema *schema = directory_schema(w->desk.directory);
	struct use_case c = { .whole = w, .login = login };

	for (unsigned e = 0; e < schema->entity_count; e++) {
		const struct entity *entity = &schema->entities[e];

		c.ve = view_entity_of(v, entity);
		for (unsigned i = 0; c.ve && i < entity->field_count; i++) {
			c.field = &entity->fields[i];
			if (view_field(c.ve, bytes_text(c.field->key)))
				try_field(&c);
		}
	}
	return c.asked;
}

static void test_masked_fields_are_no_condition_order_or_group(void **state)
{
	static const char *const logins[] = { "sh-sales", "sh-manager",
		"sh-clerk", "sh-support", "finance", "gm", "auditor", "privacy",
		"loader" };
	unsigned asked = 0;

	for (unsigned i = 0; i < sizeof logins / sizeof *logins; i++)
		asked += try_role(*state, logins[i]);
	assert_true(asked > 5000);
}

/* Doubled, misplaced, of another shape: refused, never passed over. */
static void test_conditions_of_another_shape_are_refused(void **state)
{
	struct whole *w = *state;
	static const char *const wheres[] = { "['=','mobile']", "['=']", "[]",
		"{'=':['mobile','1']}", "'mobile = 1'", "['and']",
		"['and',['=','name','x'],7]", "['near','name','x']",
		"['=','name','x','y']",
		"['not',['=','name','x'],['=','name','x']]",
		"['=',['mobile'],'1']", "['=','customer.mobile','1']",
		"['=','mobile ','1']", "['=','MOBILE','1']", "['=','','1']" };

	for (unsigned i = 0; i < sizeof wheres / sizeof *wheres; i++) {
		ask(w, "sh-sales", "record.find",
		    "{'entity':'customer','where':%s}", wheres[i]);
		if (w->ok)
			fail_msg("%s is taken", wheres[i]);
	}
}

/* --- without touching data -----------------------------------------------*/

/* Rows whose bodies do not open. */
static void break_row(struct whole *w, const char *entity, const char *id)
{
	struct bytes row = whole_row(w, entity, id);
	uint8_t *copy = arena_alloc(&w->book->arena, row.len);

	memcpy(copy, row.data, row.len);
	copy[ROW_HEADER + 20] ^= 1;
	whole_put_row(w, entity, id, bytes_of(copy, row.len));
}

static void test_what_is_refused_was_never_read(void **state)
{
	struct whole *w = *state;
	static const char *const asks[][2] = {
		{ "unknown", "'where':['=','credit_limit','1']" },
		{ "unknown", "'where':['empty','person_id']" },
		{ "unknown", "'order':['credit_limit']" },
		{ "unknown", "'fields':['credit_limit']" },
		{ "denied", "'where':['=','mobile','13812345678']" },
		{ "denied", "'where':['empty','email']" },
		{ "invalid", "'order':['mobile']" },
		{ "invalid", "'where':['prefix','mobile','138']" },
	};
	const char *id;
	struct bytes before;

	new_customer(w, "hz-sales", "未读公司", ",'mobile':'13812345678'");
	id = at(w, "id");
	before = whole_row(w, "customer", id);
	for (unsigned i = 0; i < sizeof asks / sizeof *asks; i++) {
		const char *sound;

		refused(w, asks[i][0], "hz-sales", "record.find",
		    "{'entity':'customer',%s}", asks[i][1]);
		sound = kept(w);
		break_row(w, "customer", id);
		ask(w, "hz-sales", "record.find", "{'entity':'customer'}");
		assert_string_equal(at(w, "code"), "internal");
		refused(w, asks[i][0], "hz-sales", "record.find",
		    "{'entity':'customer',%s}", asks[i][1]);
		assert_string_equal(w->text, sound);
		whole_put_row(w, "customer", id, before);
	}
	break_row(w, "customer", id);
	refused(w, "unknown", "hz-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['credit_limit']}", id);
	refused(w, "internal", "hz-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['name']}", id);
	whole_put_row(w, "customer", id, before);
}

/* With the quota used up neither the search nor the seal is begun. */
static void test_used_up_quota_opens_and_searches_nothing(void **state)
{
	struct whole *w = *state;
	static const char look_up[] =
	    "{'entity':'customer','fields':['name'],'scope':'own','where':["
	    "'=','mobile','13812340000']}";
	const char *id;

	w->book->now_ms += DAY_MS;
	new_customer(w, "hz-sales", "用尽公司", ",'mobile':'13812340000'");
	id = at(w, "id");
	must(w, "hz-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['mobile']}", id);
	must(w, "hz-sales", "record.find", look_up);
	break_row(w, "customer", id);
	refused(w, "denied", "hz-sales", "record.find", look_up);
	assert_string_equal(at(w, "rule"), "quota");
	w->book->now_ms += DAY_MS;
	refused(w, "internal", "hz-sales", "record.find", look_up);
}

/* --- previews, tokens, repeated requests ---------------------------------*/

/* The answer without what differs from one request to the next. */
static const char *bare(struct whole *w)
{
	static const char *const keys[] = { "\"confirm\":\"", "\"id\":\"",
		"\"version\":\"", "\"number\":\"", "\"order\":\"",
		"\"customer\":\"", "\"created_at\":\"", "\"updated_at\":\"" };
	char *text = arena_text(&w->book->arena, bytes_text(w->text));

	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
		for (char *from = strstr(text, keys[i]); from;
		     from = strstr(from, keys[i])) {
			char *to;

			from += strlen(keys[i]);
			to = strchr(from, '"');
			memmove(from, to, strlen(to) + 1);
		}
	return text;
}

/* Who types an id in and cannot read it is not told when he typed the one
 * that is there: neither by the preview nor by the version. */
static void test_typing_a_hidden_value_again_looks_like_another(void **state)
{
	struct whole *w = *state;
	static const char set[] =
	    "{'entity':'customer','id':'%s','set':{'person_id':'%s'}%s}";
	static const char *const values[] = { "P5555001", "P5599001" };
	const char *id, *answers[2], *before;

	w->book->now_ms += DAY_MS;
	id = new_customer(w, "sh-clerk", "打字公司", "");
	must(w, "sh-clerk", "record.update",
	    "{'entity':'customer','id':'%s','set':{'id_type':'passport',"
	    "'person_id':'%s'}}",
	    id, values[0]);
	for (unsigned i = 0; i < 2; i++) {
		must(w, "sh-clerk", "record.update", set, id, values[i],
		    ",'dry_run':true");
		answers[i] = bare(w);
	}
	assert_string_equal(answers[0], answers[1]);
	must(
	    w, "sh-clerk", "record.get", "{'entity':'customer','id':'%s'}", id);
	before = at(w, "version");
	must(w, "sh-clerk", "record.update", set, id, values[0], "");
	assert_string_not_equal(at(w, "version"), before);
	answers[0] = bare(w);
	must(w, "sh-clerk", "record.update", set, id, values[1], "");
	answers[1] = bare(w);
	assert_string_equal(answers[0], answers[1]);
}

/* What he typed last, taken back, and that once more: what he is told. */
static const char *take_back(struct whole *w)
{
	const char *position, *first;

	must(w, "sh-clerk", "change.list", "{'limit':1}");
	position = at(w, "rows.0.position");
	ask(w, "sh-clerk", "change.undo", "{'position':%s,'reason':'录错'}",
	    position);
	first = at(w, "records.0.done");
	ask(w, "sh-clerk", "change.undo",
	    "{'position':%s,'reason':'录错','dry_run':true}", position);
	return arena_format(&w->book->arena, "%s, %s", first, at(w, "rule"));
}

/* Nor does the past tell him, or taking it back: no value is `confirmed` to
 * who does not see it. */
static void test_the_past_of_a_hidden_value_looks_alike(void **state)
{
	struct whole *w = *state;
	static const char *const values[][2] = { { "P5511001", "P5511001" },
		{ "P5522001", "P5533001" } };
	const char *told[2];

	w->book->now_ms += DAY_MS;
	for (unsigned i = 0; i < 2; i++) {
		const char *id = new_customer(w, "sh-clerk", "往事公司", "");

		must(w, "sh-clerk", "record.update",
		    "{'entity':'customer','id':'%s','set':{'id_type':"
		    "'passport','person_id':'%s'}}",
		    id, values[i][0]);
		must(w, "sh-clerk", "record.update",
		    "{'entity':'customer','id':'%s','set':{'person_id':'%s'}}",
		    id, values[i][1]);
		must(w, "sh-clerk", "record.history",
		    "{'entity':'customer','id':'%s'}", id);
		assert_false(says(w, "confirmed"));
		must(w, "sh-clerk", "record.get",
		    "{'entity':'customer','id':'%s','meta':true}", id);
		assert_string_equal(at(w, "meta.person_id.set_at"),
		    at(w, "meta.person_id.confirmed_at"));
		told[i] = take_back(w);
	}
	assert_string_equal(told[0], "changed, changed_since");
	assert_string_equal(told[1], told[0]);
}

/* Nor is he told of one that is not sealed: by a role that enters names and
 * numbers and does not read them. */
static void test_typing_a_plain_hidden_value_looks_alike(void **state)
{
	struct whole *w = *state;
	static const char set[] = "{'entity':'customer','id':'%s',"
				  "'set':{'phone':'021-6234567%u'}%s%s}";
	const char *id, *answers[2], *nothing, *before;

	must(w, "admin", "role.apply",
	    "{'role':'support','rights':[],'grants':[{'on':'branch','levels':"
	    "{'identity':'enter','org':'read','class':'read'}}]}");
	id = new_customer(
	    w, "sh-manager", "键入公司", ",'phone':'021-62345670'");
	must(w, "sh-support", "record.update",
	    "{'entity':'customer','id':'%s','set':{},'dry_run':true}", id);
	nothing =
	    arena_format(&w->book->arena, ",'confirm':'%s'", at(w, "confirm"));
	for (unsigned i = 0; i < 2; i++)
		refused(w, "invalid", "sh-support", "record.update", set, id, i,
		    nothing, "");
	for (unsigned i = 0; i < 2; i++) {
		must(w, "sh-support", "record.get",
		    "{'entity':'customer','id':'%s'}", id);
		before = at(w, "version");
		must(w, "sh-support", "record.update", set, id, 0, "", "");
		assert_string_not_equal(at(w, "version"), before);
		answers[i] = bare(w);
	}
	assert_string_equal(answers[0], answers[1]);
}

/* The same request again is the same answer and asks for nothing anew. */
static void test_repeated_request_tells_and_costs_nothing_more(void **state)
{
	struct whole *w = *state;
	static const char make[] =
	    "{'items':[{'op':'create','entity':'customer','fields':{'name':"
	    "'重发公司','type':'other','category':'regular','source':'phone',"
	    "'external_no':'%s'}},{'op':'create','entity':'customer','fields':"
	    "{'name':'重发二公司','type':'other','category':'regular',"
	    "'source':'phone'}}],'request_id':'%s'}";

	w->book->now_ms += DAY_MS;
	new_customer(w, "hz-manager", "占号公司", ",'external_no':'REP-1'");
	for (unsigned i = 0; i < 12; i++) {
		must(w, "sh-clerk", "record.batch", make, "REP-1", "once");
		assert_string_equal(at(w, "items.0.error.code"), "duplicate");
	}
	must(w, "sh-clerk", "session.whoami", "{}");
	assert_string_equal(at(w, "quota.0.used"), "1");
	/* Other values under the same id are not looked at. */
	refused(
	    w, "invalid", "sh-clerk", "record.batch", make, "REP-2", "once");
	assert_string_equal(at(w, "rule"), "request_id");
}

/* Yes or no, and only when somebody with the right to it says so. */
static void test_credit_hold_is_yes_or_no(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "冻结公司", "");

	must(w, "gm", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'0'}}",
	    id);
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['credit_hold']}", id);
	assert_string_equal(at(w, "fields.credit_hold"), "false");
	refused(w, "denied", "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'credit_hold':true}}", id);
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'逾期','set':{"
	    "'credit_hold':true}}",
	    id);
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['credit_hold']}", id);
	assert_string_equal(at(w, "fields"), "{\"credit_hold\":true}");
	must(w, "sh-sales", "record.history", "{'entity':'customer','id':'%s'}",
	    id);
	assert_false(says(w, "credit_limit"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_masked_fields_are_no_condition_order_or_group),
		cmocka_unit_test(test_conditions_of_another_shape_are_refused),
		cmocka_unit_test(test_what_is_refused_was_never_read),
		cmocka_unit_test(
		    test_typing_a_hidden_value_again_looks_like_another),
		cmocka_unit_test(test_the_past_of_a_hidden_value_looks_alike),
		cmocka_unit_test(test_typing_a_plain_hidden_value_looks_alike),
		cmocka_unit_test(
		    test_repeated_request_tells_and_costs_nothing_more),
		cmocka_unit_test(test_credit_hold_is_yes_or_no),
		cmocka_unit_test(test_used_up_quota_opens_and_searches_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, whole_teardown);
}

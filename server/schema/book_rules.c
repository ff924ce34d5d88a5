// SPDX-License-Identifier: MIT
/*
 * The section `rules` of a schema document.  See book_rules.h.
 *
 * A condition of these rules is one like any other, over an entity that has
 * the metrics among its fields.
 */
#include "server/schema/book_rules.h"

#include "common/unpack.h"
#include "server/schema/compile.h"
#include "server/schema/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARCHIVED     "archived"
#define DAYS_MOST    3660
#define GIFT_MOST    200 /* bytes of what a policy gives */

/* --- rules ---------------------------------------------------------------*/

struct rule_reading {
	struct book_rule rule;
	struct bytes set, when;
};

#define RULE(member) offsetof(struct rule_reading, rule.member)

/* clang-format off */
static const struct key_row rule_rows[] = {
	{ "key",   key_text,  RULE(key), 0, 0 },
	{ "label", key_label, RULE(label), 0, 0 },
	{ "set",   key_raw,   offsetof(struct rule_reading, set), 0, 0 },
	{ "when",  key_raw,   offsetof(struct rule_reading, when), 0, 0 },
	{ "off",   key_bool,  RULE(is_off), 0, 0 },
};
/* clang-format on */

const char *book_target_fault(const struct entity *e, const struct field *f)
{
	if (f->sealed || f->watched)
		return "is sealed: a rule neither sees nor sets it";
	if (f->derive.kind || f->is_auto || f->once)
		return "is not set after the record was made";
	if (f->type == TYPE_REF || f->type == TYPE_INSTANT)
		return "names somebody or a moment: no rule sets it";
	if (f->index & (INDEX_UNIQUE | INDEX_WITHIN) || f == e->title_field ||
	    f == e->number_field)
		return "names the record: no rule sets it";
	return book_looks_at(e->variant, f)
		   ? "decides what kind of record it is"
		   : NULL;
}

static bool is_days(struct bytes packed)
{
	struct reader r = reader_of(packed);
	int64_t days = read_int(&r);

	return !r.err && days >= 0 && days <= DAYS_MOST;
}

/* In the form in which it is stored; of a list an item as it is compared. */
static bool accept_value(
    struct compiler *c, struct book_rule *out, struct bytes given)
{
	const struct value_context context = { .today = 0 };
	const struct field *f = out->target;
	struct reader r = reader_of(given);
	struct findings found;

	findings_init(&found, c->arena);
	out->value = given;
	if (f->type == TYPE_DATE)
		return is_days(given);
	if (f->type == TYPE_LIST)
		return reader_peek(&r) == UNPACK_TEXT && !value_is_empty(given);
	return !value_accept(
		   f, &context, given, c->arena, &found, &out->value) &&
	       !found.errors && out->value.len;
}

/* One pair: the field and what it becomes. */
static void read_set(struct compiler *c, const struct book_rules *b,
    struct book_rule *out, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t count = read_map(&r);
	struct bytes name = read_text(&r), value = read_raw(&r);
	const char *why;

	if (r.err || count != 1) {
		compile_fail(c, "set: one field and its value are expected");
		return;
	}
	out->target = compile_field(c, b->of, name);
	why = out->target ? book_target_fault(b->of, out->target) : NULL;
	if (why)
		compile_fail(c, "%s %s", out->target->key, why);
	else if (out->target && !accept_value(c, out, value))
		compile_fail(c, "%s does not take this value%s",
		    out->target->key,
		    out->target->type == TYPE_DATE
			? ": a number of days from now"
			: "");
	else if (out->target && out->target == b->of->status_field &&
		 bytes_is(value_text(out->target, out->value), ARCHIVED))
		compile_fail(c, "no rule archives");
}

static void read_rule(struct compiler *c, const struct book_rules *b,
    struct book_rule *out, struct bytes packed)
{
	struct rule_reading in = { .set = BYTES_NONE };

	compile_keys(c, packed, rule_rows, COUNT(rule_rows), &in);
	c->field = in.rule.key;
	if (!c->err && (!in.rule.key || !in.rule.label.zh || !in.set.len))
		compile_fail(c, "a rule has key, label and set");
	if (!c->err)
		compile_word(c, bytes_text(in.rule.key));
	if (!c->err)
		read_set(c, b, &in.rule, in.set);
	if (!c->err && in.when.len)
		in.rule.when = compile_rule_when(c, b, in.when, true);
	if (!c->err)
		in.rule.is_step = book_looks_at(in.rule.when, in.rule.target);
	*out = in.rule;
	c->field = NULL;
}

bool book_rule_rivals(const struct book_rule *a, const struct book_rule *b)
{
	return a->target == b->target &&
	       (a->target->type != TYPE_LIST ||
		   bytes_equal(value_text(a->target, a->value),
		       value_text(b->target, b->value)));
}

/* Who is applied by the run alone: with one rule for a field all of them. */
static void mark_whole(const struct book_rules *b, struct book_rule *list)
{
	for (unsigned i = 0; i < b->count; i++)
		for (unsigned k = 0; k < b->count; k++)
			if (book_rule_rivals(&list[i], &list[k]) &&
			    book_looks_at_whole(b, list[k].when))
				list[i].is_whole = true;
}

static bool note_weighed(void *ctx, const struct field *f)
{
	struct book_rules *b = ctx;
	unsigned i = 0;

	while (i < b->weigh_count && b->weighs[i] != f)
		i++;
	if (!f->decides || i < b->weigh_count)
		return true;
	if (i < BOOK_WEIGHS)
		b->weighs[b->weigh_count++] = f;
	return i < BOOK_WEIGHS;
}

static void list_weighed(struct compiler *c, struct book_rules *b)
{
	for (unsigned i = 0; i < b->count; i++)
		if (!b->list[i].is_off &&
		    !book_each_input(b, b->list[i].when, note_weighed, b))
			compile_fail(c, "list: too many sealed fields decide");
}

static void read_list(
    struct compiler *c, struct book_rules *b, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t count = packed.len ? read_array(&r) : 0;
	struct book_rule *list;

	if (r.err || count > BOOK_RULES) {
		compile_fail(c, "list: a list of at most %d rules is expected",
		    BOOK_RULES);
		return;
	}
	list = compile_array(c, count, sizeof *list);
	b->list = list;
	for (; b->count < count && !c->err; b->count++) {
		read_rule(c, b, &list[b->count], read_raw(&r));
		for (unsigned i = 0; !c->err && i < b->count; i++)
			if (!strcmp(list[i].key, list[b->count].key))
				compile_fail(
				    c, "%s stands there twice", list[i].key);
	}
	if (!c->err)
		mark_whole(b, list);
	if (!c->err)
		list_weighed(c, b);
}

/* --- policies ------------------------------------------------------------*/

static void read_attributes(
    struct compiler *c, struct book_rules *b, struct bytes packed)
{
	static const struct key_row row = { "attributes", key_label, 0, 0, 0 };
	struct reader r = reader_of(packed);
	uint32_t count = packed.len ? read_map(&r) : 0;
	struct book_attribute *list;

	if (r.err || count > BOOK_ATTRIBUTES) {
		compile_fail(
		    c, "attributes: a map of at most %d", BOOK_ATTRIBUTES);
		return;
	}
	list = compile_array(c, count, sizeof *list);
	b->attributes = list;
	for (; b->attribute_count < count && !c->err; b->attribute_count++) {
		struct book_attribute *a = &list[b->attribute_count];

		a->key = compile_word(c, read_text(&r));
		key_label(c, read_raw(&r), &a->label, &row);
	}
}

static void read_gifts(struct compiler *c, const struct book_rules *b,
    struct book_policy *p, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t left = read_map(&r);

	if (r.err || !left)
		compile_fail(c, "give: a map of attributes and texts");
	for (; left && !c->err; left--) {
		struct bytes key = read_text(&r), value = read_raw(&r);
		unsigned at = 0;

		while (at < b->attribute_count &&
		       !bytes_is(key, b->attributes[at].key))
			at++;
		if (at == b->attribute_count || value.len > GIFT_MOST)
			compile_fail(c, "give: no such attribute, or too long");
		else
			p->gives[at] = compile_text(c, value);
	}
}

static void read_policy(struct compiler *c, const struct book_rules *b,
    struct book_policy *out, struct bytes packed)
{
	struct reading {
		struct book_policy policy;
		struct bytes give, when;
	} in = { .give = BYTES_NONE };
	static const struct key_row rows[] = {
		{ "key", key_text, offsetof(struct reading, policy.key), 0, 0 },
		{ "label", key_label, offsetof(struct reading, policy.label), 0,
		    0 },
		{ "give", key_raw, offsetof(struct reading, give), 0, 0 },
		{ "when", key_raw, offsetof(struct reading, when), 0, 0 },
	};

	compile_keys(c, packed, rows, COUNT(rows), &in);
	c->field = in.policy.key;
	if (!c->err && (!in.policy.key || !in.policy.label.zh))
		compile_fail(c, "a policy has key, label and give");
	if (!c->err)
		compile_word(c, bytes_text(in.policy.key));
	if (!c->err)
		read_gifts(c, b, &in.policy, in.give);
	if (!c->err && in.when.len)
		in.policy.when = compile_rule_when(c, b, in.when, false);
	if (!c->err && book_looks_at_whole(b, in.policy.when))
		compile_fail(c, "a policy hangs on the record alone: let a "
				"rule set a field");
	*out = in.policy;
	c->field = NULL;
}

static void read_policies(
    struct compiler *c, struct book_rules *b, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t count = packed.len ? read_array(&r) : 0;
	struct book_policy *list;

	if (r.err || count > BOOK_POLICIES) {
		compile_fail(
		    c, "policies: a list of at most %d", BOOK_POLICIES);
		return;
	}
	list = compile_array(c, count, sizeof *list);
	b->policies = list;
	for (; b->policy_count < count && !c->err; b->policy_count++)
		read_policy(c, b, &list[b->policy_count], read_raw(&r));
}

/* --- declassified --------------------------------------------------------*/

static void read_declassified(
    struct compiler *c, struct book_rules *b, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t count = packed.len ? read_array(&r) : 0;
	struct book_declassified *list;

	if (r.err || count > BOOK_RULES) {
		compile_fail(c, "declassified: a list of [field, class]");
		return;
	}
	list = compile_array(c, count, sizeof *list);
	b->declassified = list;
	for (; b->declassified_count < count && !c->err;
	     b->declassified_count++) {
		struct book_declassified *d = &list[b->declassified_count];
		uint32_t two = read_array(&r);
		struct bytes name = read_text(&r), class = read_text(&r);
		int class_of = schema_class(c->schema, class);

		d->target = entity_field(b->of, name);
		d->class_of = (uint8_t)class_of;
		if (r.err || two != 2 || !d->target || class_of < 0)
			compile_fail(c, "declassified: a list of [field, "
					"class]");
	}
}

/* --- all -----------------------------------------------------------------*/

struct section {
	const char *of;
	uint16_t version;
	struct bytes metrics, list, attributes, policies, declassified, pool;
};

#define SECTION(member) offsetof(struct section, member)

/* clang-format off */
static const struct key_row section_rows[] = {
	{ "of",           key_text,  SECTION(of), 0, 0 },
	{ "version",      key_short, SECTION(version), 1, UINT16_MAX },
	{ "metrics",      key_raw,   SECTION(metrics), 0, 0 },
	{ "list",         key_raw,   SECTION(list), 0, 0 },
	{ "attributes",   key_raw,   SECTION(attributes), 0, 0 },
	{ "policies",     key_raw,   SECTION(policies), 0, 0 },
	{ "declassified", key_raw,   SECTION(declassified), 0, 0 },
	{ "pool",         key_raw,   SECTION(pool), 0, 0 },
};
/* clang-format on */

void compile_book_rules(struct compiler *c, struct bytes packed)
{
	struct section in = { .version = 1 };
	struct book_rules *b = compile_array(c, 1, sizeof *b);

	c->entity = BOOK_SECTION;
	compile_keys(c, packed, section_rows, COUNT(section_rows), &in);
	if (!c->err && !in.of)
		compile_fail(c, "of: names the entity");
	if (!c->err)
		b->of = compile_entity(c, bytes_text(in.of));
	if (!c->err && !b->of->scoped)
		compile_fail(c, "of: an entity with branch and owner");
	if (!c->err)
		b->version = in.version;
	if (!c->err)
		compile_metrics(c, b, in.metrics);
	if (!c->err)
		read_list(c, b, in.list);
	if (!c->err)
		read_attributes(c, b, in.attributes);
	if (!c->err)
		read_policies(c, b, in.policies);
	if (!c->err)
		read_declassified(c, b, in.declassified);
	if (!c->err && in.pool.len)
		compile_pool(c, b, in.pool);
	c->entity = NULL;
	c->schema->rules = b;
}

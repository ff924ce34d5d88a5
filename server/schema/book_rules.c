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

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define METRIC_PLACES 2
#define MONTHS_MOST   1200
#define ARCHIVED      "archived"

const struct metric *book_metric(
    const struct book_rules *b, const struct field *f)
{
	return f->slot < b->of->field_count
		   ? NULL
		   : &b->metrics[f->slot - b->of->field_count];
}

/* --- metrics -------------------------------------------------------------*/

struct metric_reading {
	struct field as;
	struct bytes kinds[METRIC_DAYS + 1];
	uint16_t months;
};

#define AS(member) offsetof(struct metric_reading, as.member)
#define KIND(kind) offsetof(struct metric_reading, kinds[kind])

/* clang-format off */
static const struct key_row metric_rows[] = {
	{ "label",      key_label, AS(label), 0, 0 },
	{ "sum",        key_raw,   KIND(METRIC_SUM), 0, 0 },
	{ "active",     key_raw,   KIND(METRIC_ACTIVE), 0, 0 },
	{ "spread",     key_raw,   KIND(METRIC_SPREAD), 0, 0 },
	{ "days_since", key_raw,   KIND(METRIC_DAYS), 0, 0 },
	{ "months",     key_short, offsetof(struct metric_reading, months), 1,
	  MONTHS_MOST },
};
/* clang-format on */

/* "returns", or "-returns" to take it off. */
static void read_part(struct compiler *c, const struct entity *e,
    struct metric *m, struct bytes name)
{
	bool off = name.len && name.data[0] == '-';
	const struct field *f;

	if (off)
		name = bytes_of(name.data + 1, name.len - 1);
	f = entity_figure(e, name);
	if (!f || m->part_count == METRIC_PARTS) {
		compile_fail(c, "a metric adds up 1 to %d figures of %s",
		    METRIC_PARTS, e->key);
		return;
	}
	m->parts[m->part_count].figure = f;
	m->parts[m->part_count++].sign = off ? -1 : 1;
}

static void read_parts(struct compiler *c, const struct entity *e,
    struct metric *m, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t left = read_array(&r);

	if (r.err || !left)
		compile_fail(c, "a metric adds up a list of figures");
	for (; left && !c->err; left--)
		read_part(c, e, m, read_text(&r));
}

static void read_since(struct compiler *c, const struct entity *e,
    struct metric *m, struct bytes packed)
{
	const char *name = compile_text(c, packed);

	if (!name)
		return;
	m->since = compile_field(c, e, bytes_text(name));
	if (m->since && m->since->type != TYPE_DATE)
		compile_fail(c, "days_since is of a date");
}

static void read_metric(struct compiler *c, struct book_rules *b,
    struct metric *m, struct field *as, struct bytes key, struct bytes packed)
{
	struct metric_reading in = { .as = { .type = TYPE_DECIMAL,
					 .places = METRIC_PLACES,
					 .hint = { "", "" },
					 .example = "" } };
	unsigned kinds = 0;

	in.as.key = compile_word(c, key);
	c->field = in.as.key;
	compile_keys(c, packed, metric_rows, COUNT(metric_rows), &in);
	for (unsigned k = 0; !c->err && k < COUNT(in.kinds); k++)
		if (in.kinds[k].len) {
			m->kind = k;
			kinds++;
		}
	if (!c->err && (kinds != 1 || !in.as.label.zh))
		compile_fail(c, "a metric has a label and one of sum, active, "
				"spread, days_since");
	if (!c->err && entity_field(&b->seen, key))
		compile_fail(c, "there is a field of this name");
	if (!c->err && m->kind == METRIC_DAYS)
		read_since(c, b->of, m, in.kinds[m->kind]);
	else if (!c->err)
		read_parts(c, b->of, m, in.kinds[m->kind]);
	m->months = in.months;
	in.as.entity = b->of;
	in.as.slot = as->slot;
	*as = in.as;
	m->as = as;
	if (!c->err)
		compile_hash(&b->seen, as);
	c->field = NULL;
}

/* The entity's fields, and behind them a field for each metric. */
static void read_metrics(
    struct compiler *c, struct book_rules *b, struct bytes packed)
{
	const struct entity *e = b->of;
	struct reader r = reader_of(packed);
	uint32_t count = packed.len ? read_map(&r) : 0;
	struct field *fields;
	struct metric *metrics;

	if (r.err || count > BOOK_METRICS ||
	    count + e->field_count >= SCHEMA_FIELDS) {
		compile_fail(c, "metrics: a map of at most %d is expected",
		    BOOK_METRICS);
		return;
	}
	fields = compile_array(c, e->field_count + count, sizeof *fields);
	metrics = compile_array(c, count, sizeof *metrics);
	if (!fields || !metrics)
		return;
	b->seen = *e;
	memcpy(fields, e->fields, e->field_count * sizeof *fields);
	b->seen.fields = fields;
	b->metrics = metrics;
	for (uint32_t i = 0; i < count && !c->err; i++) {
		struct field *as = &fields[e->field_count + i];
		struct bytes key = read_text(&r);

		as->slot = (uint16_t)(e->field_count + i);
		read_metric(c, b, &metrics[i], as, key, read_raw(&r));
	}
	b->metric_count = count;
}

/* --- rules ---------------------------------------------------------------*/

struct rule_reading {
	struct book_rule rule;
	struct bytes set, when;
};

#define RULE(member)    offsetof(struct rule_reading, rule.member)
#define READING(member) offsetof(struct rule_reading, member)

/* clang-format off */
static const struct key_row rule_rows[] = {
	{ "key",   key_text,  RULE(key), 0, 0 },
	{ "label", key_label, RULE(label), 0, 0 },
	{ "set",   key_raw,   READING(set), 0, 0 },
	{ "when",  key_raw,   READING(when), 0, 0 },
};
/* clang-format on */

static bool looks_at(const struct cond *c, const struct field *f)
{
	if (!c)
		return false;
	for (uint32_t i = 0; i < c->count; i++)
		if (looks_at(c->items[i], f))
			return true;
	return !c->count && bytes_is(c->field, f->key);
}

/* Why a rule cannot set the field; NULL: it can. */
static const char *target_fault(const struct entity *e, const struct field *f)
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
	return looks_at(e->variant, f) ? "decides what kind of record it is"
				       : NULL;
}

static const char *input_fault(const struct book_rules *b, const struct cond *c)
{
	const struct field *f;
	const char *why = NULL;

	for (uint32_t i = 0; !why && i < c->count; i++)
		why = input_fault(b, c->items[i]);
	if (why || c->count)
		return why;
	f = entity_field(&b->seen, c->field);
	return f && f->sealed && !f->derive.kind
		   ? "looks at a sealed field: a rule does not see it"
		   : NULL;
}

/* One pair: the field and what it becomes. */
static void read_set(struct compiler *c, const struct book_rules *b,
    struct book_rule *out, struct bytes packed)
{
	const struct value_context context = { .today = 0 };
	struct reader r = reader_of(packed);
	uint32_t count = read_map(&r);
	struct bytes name = read_text(&r), value = read_raw(&r);
	struct findings found;
	const char *why;

	if (r.err || count != 1) {
		compile_fail(c, "set: one field and its value are expected");
		return;
	}
	out->target = compile_field(c, b->of, name);
	if (!out->target)
		return;
	why = target_fault(b->of, out->target);
	if (why) {
		compile_fail(c, "%s %s", out->target->key, why);
		return;
	}
	findings_init(&found, c->arena);
	out->value = value;
	if (out->target->type != TYPE_LIST &&
	    (value_accept(
		 out->target, &context, value, c->arena, &found, &out->value) ||
		found.errors || !out->value.len))
		compile_fail(
		    c, "%s does not take this value", out->target->key);
	else if (out->target == b->of->status_field &&
		 bytes_is(value_text(out->target, out->value), ARCHIVED))
		compile_fail(c, "no rule archives");
}

static void read_rule(struct compiler *c, const struct book_rules *b,
    struct book_rule *out, struct bytes packed)
{
	struct rule_reading in = { .set = BYTES_NONE };
	const char *why;

	compile_keys(c, packed, rule_rows, COUNT(rule_rows), &in);
	c->field = in.rule.key;
	if (!c->err && (!in.rule.key || !in.rule.label.zh || !in.set.len))
		compile_fail(c, "a rule has key, label and set");
	if (!c->err)
		compile_word(c, bytes_text(in.rule.key));
	if (!c->err)
		read_set(c, b, &in.rule, in.set);
	if (!c->err && in.when.len)
		in.rule.when = compile_condition(c, &b->seen, in.when);
	why = !c->err && in.rule.when ? input_fault(b, in.rule.when) : NULL;
	if (why)
		compile_fail(c, "%s", why);
	*out = in.rule;
	c->field = NULL;
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
}

/* --- all -----------------------------------------------------------------*/

struct section {
	const char *of;
	uint16_t version;
	struct bytes metrics, list;
};

void compile_book_rules(struct compiler *c, struct bytes packed)
{
	static const struct key_row rows[] = {
		{ "of", key_text, offsetof(struct section, of), 0, 0 },
		{ "version", key_short, offsetof(struct section, version), 1,
		    UINT16_MAX },
		{ "metrics", key_raw, offsetof(struct section, metrics), 0, 0 },
		{ "list", key_raw, offsetof(struct section, list), 0, 0 },
	};
	struct section in = { .version = 1 };
	struct book_rules *b = compile_array(c, 1, sizeof *b);

	c->entity = "rules";
	compile_keys(c, packed, rows, COUNT(rows), &in);
	if (!c->err && !in.of)
		compile_fail(c, "of: names the entity");
	if (!c->err)
		b->of = compile_entity(c, bytes_text(in.of));
	if (!c->err && !b->of->scoped)
		compile_fail(c, "of: an entity with branch and owner");
	if (!c->err)
		b->version = in.version;
	if (!c->err)
		read_metrics(c, b, in.metrics);
	if (!c->err)
		read_list(c, b, in.list);
	c->entity = NULL;
	c->schema->rules = b;
}

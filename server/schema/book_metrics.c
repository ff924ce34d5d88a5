// SPDX-License-Identifier: MIT
/*
 * The metrics of the section `rules`, and what they are made of.
 */
#include "server/schema/book_rules.h"

#include "common/unpack.h"
#include "server/schema/compile.h"
#include "server/schema/value.h"

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define METRIC_PLACES 2 /* of an amount */
#define MONTHS_MOST   1200
#define BINS_USUAL    5

const struct metric *book_metric(
    const struct book_rules *b, const struct field *f)
{
	return f->slot < b->of->field_count
		   ? NULL
		   : &b->metrics[f->slot - b->of->field_count];
}

bool metric_is_whole(const struct metric *m)
{
	return m && m->of;
}

/* --- reading -------------------------------------------------------------*/

struct metric_reading {
	struct field as;
	struct metric metric;
	struct bytes kinds[METRIC_KINDS];
	struct bytes limits;
	const char *border, *best, *ties;
	uint8_t bins;
};

#define AS(member)      offsetof(struct metric_reading, as.member)
#define METRIC(member)  offsetof(struct metric_reading, metric.member)
#define READING(member) offsetof(struct metric_reading, member)
#define KIND(kind)      READING(kinds[kind])

/* clang-format off */
static const struct key_row metric_rows[] = {
	{ "label",      key_label, AS(label), 0, 0 },
	{ "sum",        key_raw,   KIND(METRIC_SUM), 0, 0 },
	{ "active",     key_raw,   KIND(METRIC_ACTIVE), 0, 0 },
	{ "spread",     key_raw,   KIND(METRIC_SPREAD), 0, 0 },
	{ "days_since", key_raw,   KIND(METRIC_DAYS), 0, 0 },
	{ "class_of",   key_raw,   KIND(METRIC_CLASS), 0, 0 },
	{ "bin_of",     key_raw,   KIND(METRIC_BIN), 0, 0 },
	{ "months",     key_short, METRIC(months), 1, MONTHS_MOST },
	{ "limits",     key_raw,   READING(limits), 0, 0 },
	{ "border",     key_text,  READING(border), 0, 0 },
	{ "bins",       key_small, READING(bins), 2, METRIC_CUTS },
	{ "best",       key_text,  READING(best), 0, 0 },
	{ "ties",       key_text,  READING(ties), 0, 0 },
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

static void read_parts(struct compiler *c, struct book_rules *b,
    struct metric_reading *in, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t left = read_array(&r);

	if (r.err || !left)
		compile_fail(c, "a metric adds up a list of figures");
	for (; left && !c->err; left--)
		read_part(c, b->of, &in->metric, read_text(&r));
}

static void read_since(struct compiler *c, struct book_rules *b,
    struct metric_reading *in, struct bytes packed)
{
	const char *name = compile_text(c, packed);

	if (!name)
		return;
	in->metric.since = compile_field(c, b->of, bytes_text(name));
	if (in->metric.since && in->metric.since->type != TYPE_DATE)
		compile_fail(c, "days_since is of a date");
}

static bool is_word(struct compiler *c, const char *word, const char *usual,
    const char *other, const char *key)
{
	if (word && strcmp(word, usual) && strcmp(word, other))
		compile_fail(c, "%s is %s or %s", key, usual, other);
	return word && !strcmp(word, other);
}

static void read_limits(
    struct compiler *c, struct metric *m, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t count = packed.len ? read_array(&r) : 0;
	struct decimal last = decimal_int(0), most = decimal_int(100);

	for (; count && m->limit_count < METRIC_CUTS && !c->err; count--) {
		struct decimal *limit = &m->limits[m->limit_count++];
		enum err err = ERR_OK;

		if (reader_peek(&r) == UNPACK_INT)
			*limit = decimal_int(read_int(&r));
		else
			err = decimal_parse(read_text(&r), limit);
		if (err || r.err || decimal_compare(limit, &last) <= 0 ||
		    decimal_compare(limit, &most) > 0)
			compile_fail(c, "limits are per cents that rise");
		last = *limit;
	}
	if (!c->err && (count || !m->limit_count))
		compile_fail(
		    c, "limits: a list of 1 to %d per cents", METRIC_CUTS);
}

/* One that stands before it, so that none is of itself. */
static void read_whole(struct compiler *c, struct book_rules *b,
    struct metric_reading *in, struct bytes packed)
{
	const char *name = compile_text(c, packed);
	const struct field *f =
	    name ? entity_field(&b->seen, bytes_text(name)) : NULL;
	struct metric *m = &in->metric;

	if (c->err)
		return;
	m->of = f ? book_metric(b, f) : NULL;
	if (!m->of || m->of->of) {
		compile_fail(c, "class_of and bin_of name a metric above "
				"that looks at one record");
		return;
	}
	if (m->kind == METRIC_CLASS)
		read_limits(c, m, in->limits);
	m->below = is_word(c, in->border, "incl", "below", "border");
	m->low_is_best = is_word(c, in->best, "high", "low", "best");
	m->ties_high = is_word(c, in->ties, "low", "high", "ties");
	m->bins = in->bins;
}

typedef void (*kind_fn)(struct compiler *c, struct book_rules *b,
    struct metric_reading *in, struct bytes packed);

static const kind_fn kinds[METRIC_KINDS] = { [METRIC_SUM] = read_parts,
	[METRIC_ACTIVE] = read_parts,
	[METRIC_SPREAD] = read_parts,
	[METRIC_DAYS] = read_since,
	[METRIC_CLASS] = read_whole,
	[METRIC_BIN] = read_whole };

static void read_kind(
    struct compiler *c, struct book_rules *b, struct metric_reading *in)
{
	unsigned count = 0;

	for (unsigned k = 0; k < METRIC_KINDS; k++)
		if (in->kinds[k].len) {
			in->metric.kind = k;
			count++;
		}
	if (count != 1 || !in->as.label.zh)
		compile_fail(c, "a metric has a label and one of sum, active, "
				"spread, days_since, class_of, bin_of");
	if (!c->err)
		kinds[in->metric.kind](c, b, in, in->kinds[in->metric.kind]);
}

/* Amounts have cents; what is counted, in months, days or places, is whole. */
static uint8_t places_of(const struct metric *m)
{
	if (m->kind != METRIC_SUM)
		return 0;
	for (unsigned i = 0; i < m->part_count; i++) {
		const struct derive *d = &m->parts[i].figure->derive;

		for (unsigned k = 0; k < d->part_count; k++)
			if (d->parts[k].field)
				return METRIC_PLACES;
	}
	return 0;
}

static void read_metric(struct compiler *c, struct book_rules *b,
    struct metric *m, struct field *as, struct bytes key, struct bytes packed)
{
	struct metric_reading in = { .as = { .type = TYPE_DECIMAL,
					 .entity = b->of,
					 .slot = as->slot,
					 .hint = { "", "" },
					 .example = "" },
		.bins = BINS_USUAL };

	in.as.key = compile_word(c, key);
	c->field = in.as.key;
	if (!c->err && entity_field(&b->seen, key))
		compile_fail(c, "there is a field of this name");
	if (!c->err)
		compile_keys(c, packed, metric_rows, COUNT(metric_rows), &in);
	if (!c->err)
		read_kind(c, b, &in);
	in.as.places = places_of(&in.metric);
	*as = in.as;
	*m = in.metric;
	m->as = as;
	if (!c->err)
		compile_hash(&b->seen, as);
	c->field = NULL;
}

/* The entity's fields, and behind them a field for each metric. */
void compile_metrics(
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
	for (; b->metric_count < count && !c->err; b->metric_count++) {
		unsigned i = b->metric_count;
		struct field *as = &fields[e->field_count + i];
		struct bytes key = read_text(&r);

		as->slot = (uint16_t)(e->field_count + i);
		read_metric(c, b, &metrics[i], as, key, read_raw(&r));
	}
}

/* --- what they are made of -----------------------------------------------*/

static bool each_of_child(const struct derive_part *part, const struct cond *c,
    input_fn call, void *ctx)
{
	if (!c)
		return true;
	for (uint32_t i = 0; i < c->count; i++)
		if (!each_of_child(part, c->items[i], call, ctx))
			return false;
	return c->count || call(ctx, entity_field(part->child, c->field));
}

bool metric_each_input(const struct metric *m, input_fn call, void *ctx)
{
	if (m->of)
		return metric_each_input(m->of, call, ctx);
	if (m->since)
		return call(ctx, m->since);
	for (unsigned i = 0; i < m->part_count; i++) {
		const struct derive *d = &m->parts[i].figure->derive;

		for (unsigned k = 0; k < d->part_count; k++) {
			const struct derive_part *part = &d->parts[k];

			if ((part->field && !call(ctx, part->field)) ||
			    !call(ctx, part->by) ||
			    !each_of_child(part, part->when, call, ctx))
				return false;
		}
	}
	return true;
}

bool book_each_input(const struct book_rules *b, const struct cond *when,
    input_fn call, void *ctx)
{
	const struct field *f;
	const struct metric *m;

	if (!when)
		return true;
	for (uint32_t i = 0; i < when->count; i++)
		if (!book_each_input(b, when->items[i], call, ctx))
			return false;
	if (when->count)
		return true;
	f = entity_field(&b->seen, when->field);
	m = book_metric(b, f);
	return m ? metric_each_input(m, call, ctx)
		 : call(ctx, &b->of->fields[f->slot]);
}

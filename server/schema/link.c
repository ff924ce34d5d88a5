// SPDX-License-Identifier: MIT
/*
 * Second pass of the schema compiler: names become pointers.
 *
 * References, parents, the fields that an entity singles out, numbering,
 * derivations, rules and the variant's condition.
 */
#include "common/unpack.h"
#include "server/schema/compile.h"
#include "server/schema/pattern.h"
#include "server/schema/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct bytes name_of(struct compiler *c, struct bytes packed)
{
	const char *text = compile_text(c, packed);
	return text ? bytes_text(text) : BYTES_NONE;
}

/* --- fields that an entity singles out -----------------------------------*/

static const struct {
	size_t from, to;
} singled[] = {
	{ offsetof(struct raw_entity, title),
	    offsetof(struct entity, title_field) },
	{ offsetof(struct raw_entity, branch),
	    offsetof(struct entity, branch_field) },
	{ offsetof(struct raw_entity, owner),
	    offsetof(struct entity, owner_field) },
	{ offsetof(struct raw_entity, status),
	    offsetof(struct entity, status_field) },
	{ offsetof(struct raw_entity, area),
	    offsetof(struct entity, area_field) },
	{ offsetof(struct raw_entity, approval),
	    offsetof(struct entity, approval_field) },
	{ offsetof(struct raw_entity, external),
	    offsetof(struct entity, external_field) },
	{ offsetof(struct raw_entity, time),
	    offsetof(struct entity, time_field) },
};

static void link_singled(
    struct compiler *c, struct entity *e, const struct raw_entity *raw)
{
	for (unsigned i = 0; i < COUNT(singled) && c->err == ERR_OK; i++) {
		const struct bytes *name =
		    (const void *)((const char *)raw + singled[i].from);
		if (name->len)
			*(const struct field **)(void *)((char *)e +
							 singled[i].to) =
			    compile_field(c, e, name_of(c, *name));
	}
	if (c->err == ERR_OK && e->scoped &&
	    (!e->branch_field || !e->owner_field))
		compile_fail(c, "is scoped and names no branch and owner");
}

/* As schemas said it before `day_of`. */
static void link_owner_since(
    struct compiler *c, const struct entity *e, const struct raw_entity *raw)
{
	const struct field *f =
	    raw->owner_since.len
		? compile_field(c, e, name_of(c, raw->owner_since))
		: NULL;

	if (f)
		((struct field *)(uintptr_t)f)->day_of = e->owner_field;
}

static void link_family(
    struct compiler *c, struct entity *e, const struct raw_entity *raw)
{
	if (raw->subject.len)
		e->subject = compile_entity(c, name_of(c, raw->subject));
	if (!raw->parent.len || c->err != ERR_OK)
		return;
	e->parent = compile_entity(c, name_of(c, raw->parent));
	if (!e->parent)
		return;
	e->parent_field = compile_field(c, e, bytes_text(e->parent->key));
	if (e->parent_field &&
	    (e->parent_field->type != TYPE_REF || !e->parent_field->required))
		compile_fail(c, "the parent's field must be required and "
				"refer to it");
}

/* --- numbers -------------------------------------------------------------*/

struct numbering_reading {
	const char *series, *field;
	uint8_t digits;
};

static bool is_pattern(const char *series)
{
	for (const char *at = strchr(series, '{'); at; at = strchr(at + 1, '{'))
		if (strncmp(at, "{branch}", 8) != 0 &&
		    strncmp(at, "{yyyy}", 6) != 0)
			return false;
	return strlen(series) <= 40;
}

static void read_series(
    struct compiler *c, struct entity *e, struct bytes packed)
{
	static const struct key_row rows[] = {
		{ "series", key_text,
		    offsetof(struct numbering_reading, series), 0, 0 },
		{ "field", key_text, offsetof(struct numbering_reading, field),
		    0, 0 },
		{ "digits", key_small,
		    offsetof(struct numbering_reading, digits), 5, 15 },
	};
	struct numbering_reading in = { .digits = 5 };

	compile_keys(c, packed, rows, COUNT(rows), &in);
	if (c->err != ERR_OK)
		return;
	if (!in.series == !in.field) {
		compile_fail(c, "number: a series or a field");
		return;
	}
	if (in.series && !is_pattern(in.series)) {
		compile_fail(c, "number: a series knows {branch} and {yyyy}");
		return;
	}
	e->numbering = in.series ? NUMBER_SERIES : NUMBER_CODE;
	e->series = in.series;
	e->series_digits = in.digits;
	if (in.field)
		e->number_field = compile_field(c, e, bytes_text(in.field));
}

static void link_numbering(
    struct compiler *c, struct entity *e, const struct raw_entity *raw)
{
	struct field *fields = (struct field *)(uintptr_t)e->fields;
	struct reader r = reader_of(raw->number);

	for (unsigned i = 0; i < e->field_count; i++)
		if (fields[i].derive.kind == DERIVE_NUMBER) {
			fields[i].index |= INDEX_PLAIN | INDEX_UNIQUE;
			e->number_field = &fields[i];
		}
	if (!raw->number.len)
		return;
	if (reader_peek(&r) == UNPACK_MAP) {
		read_series(c, e, raw->number);
	} else if (bytes_is(name_of(c, raw->number), "child")) {
		e->numbering = NUMBER_CHILD;
		if (!e->parent)
			compile_fail(c, "is numbered as a child, of no parent");
	} else {
		compile_fail(c, "number: child, or a map");
	}
	if (c->err == ERR_OK && !e->number_field)
		compile_fail(c, "has no field with auto: number");
}

/* --- derived fields ------------------------------------------------------*/

struct part_reading {
	const char *add, *subtract, *of, *count, *by, *due;
	struct bytes when;
};

/* "order.amount", a field of a child. */
static const struct field *child_field(
    struct compiler *c, const struct entity *e, const char *path)
{
	const char *dot = strchr(path, '.');
	const struct entity *child;

	if (!dot) {
		compile_fail(c, "%.60s: entity.field is expected", path);
		return NULL;
	}
	child = compile_entity(c, bytes_of(path, (size_t)(dot - path)));
	if (!child)
		return NULL;
	if (child->parent != e) {
		compile_fail(c, "%s is no child of %s", child->key, e->key);
		return NULL;
	}
	return compile_field(c, child, bytes_text(dot + 1));
}

/* "order", a child whose records are counted. */
static const struct entity *counted_child(
    struct compiler *c, const struct entity *e, const char *name)
{
	const struct entity *child = compile_entity(c, bytes_text(name));

	if (child && child->parent != e)
		compile_fail(c, "%s is no child of %s", child->key, e->key);
	return child;
}

/* Which words a part of that derivation has. */
static bool fits_kind(const struct part_reading *in, enum derive_kind kind)
{
	int ways = !!in->add + !!in->subtract + !!in->of + !!in->count;

	return ways == 1 && (kind == DERIVE_LATEST) == !!in->of &&
	       (kind != DERIVE_MONTHS || in->by) &&
	       (kind == DERIVE_MONTHS || !in->count) &&
	       (kind != DERIVE_LATEST || !in->by) &&
	       (kind == DERIVE_SUM || !in->due);
}

static const struct field *child_date(struct compiler *c,
    const struct entity *e, const struct entity *child, const char *path)
{
	const struct field *f = child_field(c, e, path);

	if (f && (f->entity != child || f->type != TYPE_DATE))
		compile_fail(c, "by and due: a date of the same child");
	return f;
}

static void link_part(struct compiler *c, const struct entity *e,
    const struct part_reading *in, struct derive_part *part)
{
	const char *path = in->add        ? in->add
			   : in->subtract ? in->subtract
					  : in->of;

	if (in->count)
		part->child = counted_child(c, e, in->count);
	else
		part->field = child_field(c, e, path);
	if (part->field)
		part->child = part->field->entity;
	part->sign = in->subtract ? -1 : 1;
	if (c->err == ERR_OK && in->by)
		part->by = child_date(c, e, part->child, in->by);
	if (c->err == ERR_OK && in->due)
		part->due = child_date(c, e, part->child, in->due);
	if (c->err == ERR_OK && in->when.len)
		part->when = compile_condition(c, part->child, in->when);
}

static void read_part(struct compiler *c, const struct entity *e,
    struct field *f, struct bytes packed)
{
	static const struct key_row rows[] = {
		{ "add", key_text, offsetof(struct part_reading, add), 0, 0 },
		{ "subtract", key_text, offsetof(struct part_reading, subtract),
		    0, 0 },
		{ "of", key_text, offsetof(struct part_reading, of), 0, 0 },
		{ "count", key_text, offsetof(struct part_reading, count), 0,
		    0 },
		{ "by", key_text, offsetof(struct part_reading, by), 0, 0 },
		{ "due", key_text, offsetof(struct part_reading, due), 0, 0 },
		{ "when", key_raw, offsetof(struct part_reading, when), 0, 0 },
	};
	struct part_reading in = { .when = BYTES_NONE };

	compile_keys(c, packed, rows, COUNT(rows), &in);
	if (c->err != ERR_OK)
		return;
	if (!fits_kind(&in, f->derive.kind)) {
		compile_fail(c, "a sum adds or subtracts, a latest is of; a "
				"figure also counts, and says by which date; "
				"a sum may say when it is due");
		return;
	}
	link_part(c, e, &in, &f->derive.parts[f->derive.part_count++]);
}

static void read_parts(struct compiler *c, const struct entity *e,
    struct field *f, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t count = read_array(&r);

	if (r.err != ERR_OK || count == 0 || count > 4) {
		compile_fail(c, "derive: a list of 1 to 4 is expected");
		return;
	}
	while (count-- && c->err == ERR_OK)
		read_part(c, e, f, read_raw(&r));
}

/* "price", or "1-discount". */
static void read_factor(struct compiler *c, const struct entity *e,
    struct field *f, struct bytes packed)
{
	struct bytes name = name_of(c, packed);
	struct derive *d = &f->derive;
	bool complement = bytes_starts(name, bytes_text("1-"));

	if (complement)
		name = bytes_of(name.data + 2, name.len - 2);
	d->complement[d->from_count] = complement;
	d->from[d->from_count++] = compile_field(c, e, name);
}

static void read_factors(struct compiler *c, const struct entity *e,
    struct field *f, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t count = read_array(&r);

	if (r.err != ERR_OK || count == 0 || count > 4) {
		compile_fail(c, "derive: a list of 1 to 4 fields");
		return;
	}
	while (count-- && c->err == ERR_OK)
		read_factor(c, e, f, read_raw(&r));
}

static const struct {
	const char *word;
	enum derive_kind kind;
	void (*read)(struct compiler *c, const struct entity *e,
	    struct field *f, struct bytes packed);
} derivations[] = {
	{ "product", DERIVE_PRODUCT, read_factors },
	{ "initials", DERIVE_INITIALS, read_factor },
	{ "sum", DERIVE_SUM, read_parts },
	{ "latest", DERIVE_LATEST, read_parts },
};

static void link_derive(struct compiler *c, const struct entity *e,
    struct field *f, struct bytes packed)
{
	struct reader r = reader_of(packed);
	struct bytes word;

	f->is_auto |= f->derive.kind != DERIVE_NONE;
	if (!packed.len)
		return;
	if (read_map(&r) != 1 || r.err != ERR_OK || f->is_auto) {
		compile_fail(c, "derive: one way to derive it");
		return;
	}
	word = read_text(&r);
	for (unsigned i = 0; i < COUNT(derivations); i++)
		if (bytes_is(word, derivations[i].word)) {
			f->derive.kind = derivations[i].kind;
			f->is_auto = true;
			derivations[i].read(c, e, f, read_raw(&r));
			return;
		}
	compile_fail(c, "there is no such derivation");
}

/* What a rule may empty, and about a value that can change. */
static void link_flags(struct compiler *c, const struct entity *e,
    struct field *f, struct bytes raw)
{
	f->flags = compile_field(c, e, name_of(c, raw));
	if (c->err == ERR_OK &&
	    (f->type != TYPE_BOOL || f->sealed || f->watched || f->is_auto ||
		f->once || f->required || f->flags->derive.kind))
		compile_fail(c, "flags: an open bool, about a value that "
				"somebody gives");
}

static void link_field(struct compiler *c, const struct entity *e,
    struct field *f, const struct raw_field *raw)
{
	c->field = f->key;
	if (f->ref_name && strcmp(f->ref_name, "user") != 0)
		f->ref = compile_entity(c, bytes_text(f->ref_name));
	if (raw->needs.len)
		f->companion = compile_field(c, e, name_of(c, raw->needs));
	if (c->err == ERR_OK && raw->flags.len)
		link_flags(c, e, f, raw->flags);
	if (c->err == ERR_OK && raw->day_of.len)
		f->day_of = compile_field(c, e, name_of(c, raw->day_of));
	if (c->err == ERR_OK)
		link_derive(c, e, f, raw->derive);
	c->field = NULL;
}

/* --- figures -------------------------------------------------------------*/

struct figure_reading {
	struct field figure;
	struct bytes months;
};

static void read_figure(struct compiler *c, const struct entity *e,
    struct bytes key, struct bytes packed, struct field *out)
{
	static const struct key_row rows[] = {
		{ "id", key_small, offsetof(struct figure_reading, figure.id),
		    1, SCHEMA_FIGURES - 1 },
		{ "label", key_label,
		    offsetof(struct figure_reading, figure.label), 0, 0 },
		{ "months", key_raw, offsetof(struct figure_reading, months), 0,
		    0 },
	};
	struct figure_reading in = { .figure = { .entity = e,
					 .type = TYPE_DECIMAL,
					 .derive.kind = DERIVE_MONTHS } };

	in.figure.key = compile_word(c, key);
	c->field = in.figure.key;
	compile_keys(c, packed, rows, COUNT(rows), &in);
	if (c->err == ERR_OK && (!in.figure.id || !in.figure.label.zh))
		compile_fail(c, "a figure has id, label and months");
	if (c->err == ERR_OK)
		read_parts(c, e, &in.figure, in.months);
	*out = in.figure;
	c->field = NULL;
}

static void link_figures(
    struct compiler *c, struct entity *e, const struct raw_entity *raw)
{
	struct reader r = reader_of(raw->figures);
	uint32_t count = raw->figures.len ? read_map(&r) : 0;
	struct field *figures;
	uint32_t seen = 0;

	if (r.err != ERR_OK || count >= SCHEMA_FIGURES) {
		compile_fail(c, "figures: a map of at most %d is expected",
		    SCHEMA_FIGURES - 1);
		return;
	}
	figures = compile_array(c, count, sizeof *figures);
	for (uint32_t i = 0; i < count && c->err == ERR_OK; i++) {
		struct bytes key = read_text(&r);

		read_figure(c, e, key, read_raw(&r), &figures[i]);
		if (c->err == ERR_OK && seen >> figures[i].id & 1)
			compile_fail(c, "figures: an id stands there twice");
		seen |= 1u << figures[i].id;
	}
	e->figures = figures;
	e->figure_count = count;
}

/* --- rules ---------------------------------------------------------------*/

struct rule_reading {
	struct rule rule;
	struct bytes when, least, most;
	const char *pattern;
	const char *fields[RULE_COMPLETE + 1]; /* by action */
};

#define RULE(member)    offsetof(struct rule_reading, rule.member)
#define READING(member) offsetof(struct rule_reading, member)
#define ACTION(action)  offsetof(struct rule_reading, fields[action])

/* clang-format off */
static const struct key_row rule_rows[] = {
	{ "key",       key_text,  RULE(key), 0, 0 },
	{ "when",      key_raw,   READING(when), 0, 0 },
	{ "pattern",   key_text,  READING(pattern), 0, 0 },
	{ "least",     key_raw,   READING(least), 0, 0 },
	{ "most",      key_raw,   READING(most), 0, 0 },
	{ "require",   key_text,  ACTION(RULE_REQUIRE), 0, 0 },
	{ "refuse",    key_text,  ACTION(RULE_REFUSE), 0, 0 },
	{ "warn",      key_text,  ACTION(RULE_WARN), 0, 0 },
	{ "recommend", key_text,  ACTION(RULE_RECOMMEND), 0, 0 },
	{ "complete",  key_text,  ACTION(RULE_COMPLETE), 0, 0 },
	{ "override",  key_bool,  RULE(may_override), 0, 0 },
	{ "message",   key_label, RULE(message), 0, 0 },
};
/* clang-format on */

/* A bound as it is compared: in the field's own form. */
static struct bytes rule_bound(
    struct compiler *c, const struct field *f, struct bytes given)
{
	const struct value_context context = { .today = 0 };
	struct field bare = *f;
	struct findings found;
	struct bytes out = BYTES_NONE;

	if (!given.len)
		return out;
	findings_init(&found, c->arena);
	bare.check = NULL;
	bare.has_least = bare.has_most = false;
	if (f->type != TYPE_INT && f->type != TYPE_DECIMAL &&
	    f->type != TYPE_MONEY && f->type != TYPE_DATE)
		compile_fail(c, "least and most are for numbers and dates");
	else if (value_accept(&bare, &context, given, c->arena, &found, &out) ||
		 found.errors || !out.len)
		compile_fail(c, "a bound of %s is expected", f->key);
	return out;
}

static const struct pattern *rule_pattern(
    struct compiler *c, const struct field *f, const char *text)
{
	const struct pattern *p;
	const char *why;

	if (!text)
		return NULL;
	if (f->type != TYPE_TEXT && f->type != TYPE_NOTE) {
		compile_fail(c, "a pattern is for texts");
		return NULL;
	}
	p = pattern_compile(c->arena, bytes_text(text), &why);
	if (!p)
		compile_fail(c, "pattern: %s", why);
	return p;
}

/* What the rule says of its field's value, if anything. */
static void read_demands(struct compiler *c, struct rule_reading *in)
{
	struct rule *r = &in->rule;

	if (!in->pattern && !in->least.len && !in->most.len)
		return;
	if (r->action != RULE_REFUSE && r->action != RULE_WARN)
		compile_fail(c, "pattern, least and most refuse or warn");
	r->pattern = rule_pattern(c, r->field, in->pattern);
	r->least = rule_bound(c, r->field, in->least);
	r->most = rule_bound(c, r->field, in->most);
}

/* What completes a record only counts: it says nothing. */
static bool is_whole(const struct rule_reading *in, unsigned actions)
{
	bool says_when =
	    in->when.len || in->pattern || in->least.len || in->most.len;
	bool speaks = in->rule.action != RULE_COMPLETE;

	return in->rule.key && says_when && !in->rule.message.zh == !speaks &&
	       actions == 1;
}

static void read_rule(struct compiler *c, const struct entity *e,
    struct rule *out, struct bytes packed)
{
	struct rule_reading in = { .when = BYTES_NONE };
	unsigned actions = 0;

	compile_keys(c, packed, rule_rows, COUNT(rule_rows), &in);
	for (unsigned a = 0; a < COUNT(in.fields) && c->err == ERR_OK; a++) {
		if (!in.fields[a])
			continue;
		in.rule.action = (enum rule_action)a;
		in.rule.field = compile_field(c, e, bytes_text(in.fields[a]));
		actions++;
	}
	if (c->err == ERR_OK && !is_whole(&in, actions))
		compile_fail(c, "a rule has key, message, one of require, "
				"refuse, warn, recommend, and when, pattern, "
				"least or most; one that completes has no "
				"message");
	if (c->err == ERR_OK)
		read_demands(c, &in);
	if (c->err == ERR_OK && in.when.len)
		in.rule.when = compile_condition(c, e, in.when);
	*out = in.rule;
}

static void link_rules(
    struct compiler *c, struct entity *e, const struct raw_entity *raw)
{
	struct reader r = reader_of(raw->rules);
	uint32_t count = raw->rules.len ? read_array(&r) : 0;
	struct rule *rules;

	if (r.err != ERR_OK || count > 100) {
		compile_fail(c, "rules: a list of at most 100 is expected");
		return;
	}
	rules = compile_array(c, count, sizeof *rules);
	e->rules = rules;
	e->rule_count = count;
	for (uint32_t i = 0; i < count && c->err == ERR_OK; i++)
		read_rule(c, e, &rules[i], read_raw(&r));
}

/* --- aliases -------------------------------------------------------------*/

static void link_alias(struct compiler *c, struct entity *e)
{
	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		if (f->derive.kind != DERIVE_ALIAS)
			continue;
		if (f->ref != e || !e->scoped || e->subject != e)
			compile_fail(c, "auto: alias is a reference of what "
					"is scoped to its like");
		e->alias_field = f;
	}
}

/* --- all -----------------------------------------------------------------*/

static void link_entity(
    struct compiler *c, struct entity *e, const struct raw_entity *raw)
{
	struct field *fields = (struct field *)(uintptr_t)e->fields;

	for (unsigned i = 0; i < e->field_count && c->err == ERR_OK; i++)
		link_field(c, e, &fields[i], &raw->field[i]);
	if (c->err == ERR_OK)
		link_singled(c, e, raw);
	if (c->err == ERR_OK)
		link_owner_since(c, e, raw);
	if (c->err == ERR_OK)
		link_numbering(c, e, raw);
	if (c->err == ERR_OK && raw->variant.len)
		e->variant = compile_condition(c, e, raw->variant);
	if (c->err == ERR_OK)
		link_alias(c, e);
	if (c->err == ERR_OK)
		link_figures(c, e, raw);
	if (c->err == ERR_OK)
		link_rules(c, e, raw);
	if (c->err == ERR_OK && raw->credit.len)
		compile_credit(c, e, raw->credit);
	if (c->err == ERR_OK && raw->reviews.len)
		compile_review(c, e, raw->reviews);
}

/* Parents first: a derivation asks whose child an entity is. */
void compile_links(struct compiler *c)
{
	unsigned count = c->schema->entity_count;

	for (unsigned i = 0; i < count && c->err == ERR_OK; i++) {
		c->entity = c->entities[i].key;
		link_family(c, &c->entities[i], &c->raw[i]);
	}
	for (unsigned i = 0; i < count && c->err == ERR_OK; i++) {
		c->entity = c->entities[i].key;
		link_entity(c, &c->entities[i], &c->raw[i]);
	}
	c->entity = NULL;
}

// SPDX-License-Identifier: MIT
/*
 * See rule_explain.h.
 */
#include "server/book/rule_explain.h"

#include "common/date.h"
#include "common/pack.h"
#include "server/book/pool.h"
#include "server/book/rule_rights.h"

#define NUMBERS_MOST 40

struct numbers { /* what some conditions look at, each once */
	const struct field *of[NUMBERS_MOST];
	unsigned count;
};

static void pack_label(struct buf *out, const struct label *label)
{
	pack_key_cstr(out, "zh", label->zh);
	pack_key_cstr(out, "en", label->en);
}

static void pack_head(
    struct explaining *e, const struct book_rules *b, uint32_t pairs)
{
	char id[ID_TEXT];

	id_format(e->record->id, id);
	pack_map(e->out, 3 + pairs);
	pack_key_cstr(e->out, "id", id);
	pack_key_text(e->out, "number", record_number(e->record));
	pack_key_int(e->out, "version", b->version);
}

/* --- numbers -------------------------------------------------------------*/

static void gather(
    struct numbers *n, const struct book_rules *b, const struct cond *c)
{
	const struct field *f;

	if (!c)
		return;
	for (uint32_t i = 0; i < c->count; i++)
		gather(n, b, c->items[i]);
	f = c->count ? NULL : entity_field(&b->seen, c->field);
	for (unsigned i = 0; f && i < n->count; i++)
		if (n->of[i] == f)
			return;
	if (f && n->count < NUMBERS_MOST)
		n->of[n->count++] = f;
}

static bool shows(void *ctx, const struct field *f)
{
	const struct explaining *e = ctx;

	return rules_shows_field(e->who, e->record, f);
}

static bool shows_number(
    struct explaining *e, const struct book_rules *b, const struct field *f)
{
	const struct metric *m = book_metric(b, f);

	return m ? metric_each_input(m, shows, e)
		 : shows(e, &b->of->fields[f->slot]);
}

static void pack_numbers(
    struct explaining *e, struct facts *f, const struct numbers *n)
{
	struct value_source values = facts_source(f);
	size_t mark;
	uint32_t count = 0;

	pack_cstr(e->out, "numbers");
	mark = pack_array_open(e->out);
	for (unsigned i = 0; i < n->count; i++) {
		if (!shows_number(e, f->rules, n->of[i]))
			continue;
		pack_map(e->out, 4);
		pack_key_cstr(e->out, "name", n->of[i]->key);
		pack_label(e->out, &n->of[i]->label);
		pack_cstr(e->out, "value");
		pack_raw_or_nil(e->out, values.get(values.ctx, n->of[i]));
		count++;
	}
	pack_array_close(e->out, mark, count);
}

/* --- one field -----------------------------------------------------------*/

/* Of the rules that were asked: those before the one that decided, and it. */
static void gather_asked(struct numbers *n, const struct book_rules *b,
    unsigned at, const struct book_rule *decided)
{
	for (unsigned i = at; i < b->count; i++) {
		if (b->list[i].is_off ||
		    !book_rule_rivals(&b->list[at], &b->list[i]))
			continue;
		gather(n, b, b->list[i].when);
		if (&b->list[i] == decided)
			return;
	}
}

static enum err explain_field(
    struct explaining *e, struct facts *f, unsigned at)
{
	const struct book_rule *first = &f->rules->list[at];
	struct numbers numbers = { .count = 0 };
	struct outcome o;
	enum err err = rules_decide(f, at, &o);

	if (err)
		return err;
	gather_asked(&numbers, f->rules, at, o.rule);
	pack_map(e->out, 7 + (o.rule ? 2u : 0u));
	pack_key_cstr(e->out, "field", first->target->key);
	pack_cstr(e->out, "value");
	pack_raw_or_nil(e->out, e->record->cells[first->target->slot].value);
	pack_cstr(e->out, "rule");
	if (o.rule) {
		pack_cstr(e->out, o.rule->key);
		pack_label(e->out, &o.rule->label);
	} else {
		pack_nil(e->out);
	}
	pack_cstr(e->out, "says");
	pack_raw_or_nil(e->out, o.rule ? o.rule->value : BYTES_NONE);
	pack_key_bool(e->out, "overruled", o.is_overruled);
	pack_key_bool(e->out, "by_run", first->is_whole);
	pack_numbers(e, f, &numbers);
	return ERR_OK;
}

/* --- the pool ------------------------------------------------------------*/

static void pack_day(
    struct explaining *e, const char *name, const struct label *l, int32_t day)
{
	char text[DATE_TEXT];

	date_format(day, text);
	pack_map(e->out, 4);
	pack_key_cstr(e->out, "name", name);
	pack_label(e->out, l);
	pack_key_cstr(e->out, "value", text);
}

/* When he is nobody's any more, and since when nothing happened. */
static void explain_pool(struct explaining *e, const struct pool_fate *fate)
{
	static const struct label last = { "最近活动", "Last activity" };
	static const struct label day = { "回收日期", "Back in the pool" };
	const struct field *owner = e->record->entity->owner_field;

	pack_map(e->out, 9);
	pack_key_cstr(e->out, "field", owner->key);
	pack_key_text(e->out, "value",
	    value_text(owner, e->record->cells[owner->slot].value));
	pack_key_cstr(e->out, "rule", fate->rule->key);
	pack_label(e->out, &fate->rule->label);
	pack_cstr(e->out, "says");
	pack_nil(e->out);
	pack_key_bool(e->out, "overruled", false);
	pack_key_bool(e->out, "by_run", true);
	pack_cstr(e->out, "numbers");
	pack_array(e->out, 2);
	pack_day(e, "last", &last, fate->last);
	pack_day(e, "day", &day, fate->day);
}

static bool returns(
    struct explaining *e, struct facts *f, struct pool_fate *fate)
{
	const struct pool_seeing s = { e->who, e->record };

	pool_foresee(f, fate);
	return fate->rule && pool_may_tell(f->rules, &s);
}

/* --- what is sealed ------------------------------------------------------*/

struct telling {
	struct explaining *explaining;
	enum err err;
};

static bool shows_weighed(void *ctx, const struct field *f)
{
	return !f->decides || shows(ctx, f);
}

/* Once, however many rules look at it. */
static bool show_weighed(void *ctx, const struct field *f)
{
	struct telling *t = ctx;
	struct explaining *e = t->explaining;
	const struct view_entity *ve = view_entity_of(e->who->view, f->entity);
	struct bytes value;
	struct grant g;

	if (f->decides && !e->shown.fields[f->id] &&
	    view_grant(ve, e->record->relations, record_is_variant(e->record),
		f, USE_PROJECT, &g))
		t->err = record_show_value(
		    e->desk, e->who, e->record, &g, &value, &e->shown);
	return !t->err;
}

/* Of all rules for the field: which of them holds tells of each. */
static bool each_rival_input(
    const struct book_rules *b, unsigned at, input_fn call, void *ctx)
{
	for (unsigned i = at; i < b->count; i++)
		if (!b->list[i].is_off &&
		    book_rule_rivals(&b->list[at], &b->list[i]) &&
		    !book_each_input(b, b->list[i].when, call, ctx))
			return false;
	return true;
}

static enum err explain_all(struct explaining *e, struct facts *f)
{
	const struct book_rules *b = f->rules;
	size_t mark = pack_array_open(e->out);
	struct pool_fate fate;
	uint32_t count = 0;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < b->count; i++) {
		struct telling t = { e, ERR_OK };

		if (!rules_is_first(b, i) || !rules_is_any_on(b, i) ||
		    !rules_shows_field(e->who, e->record, b->list[i].target) ||
		    !each_rival_input(b, i, shows_weighed, e))
			continue;
		err = each_rival_input(b, i, show_weighed, &t)
			  ? explain_field(e, f, i)
			  : t.err;
		count++;
	}
	if (!err && returns(e, f, &fate)) {
		explain_pool(e, &fate);
		count++;
	}
	pack_array_close(e->out, mark, count);
	return err ? err : e->out->err;
}

static struct facts facts_of(struct explaining *e, const struct book_rules *b)
{
	return (struct facts){ .rules = b,
		.record = e->record,
		.today = desk_today(e->desk),
		.arena = e->arena };
}

enum err rules_explain(struct explaining *e)
{
	const struct book_rules *b =
	    directory_schema(e->desk->directory)->rules;
	struct cuts *cuts = arena_alloc(e->arena, sizeof *cuts);
	struct facts f = facts_of(e, b);
	enum err err =
	    cuts ? record_united(e->desk, e->record, &f.ledger) : ERR_TOO_LARGE;

	if (!err)
		err = cuts_load(e->desk, b, e->arena, cuts);
	if (err)
		return err;
	f.cuts = cuts;
	err = facts_weigh(&f, e->desk);
	if (err)
		return err;
	pack_head(e, b, 2);
	pack_cstr(e->out, "run");
	if (cuts->version)
		pack_instant(e->out, cuts->at_ms);
	else
		pack_nil(e->out);
	pack_cstr(e->out, "rows");
	return explain_all(e, &f);
}

/* --- policies ------------------------------------------------------------*/

/* The first that gives it and holds.  False: the caller may not know. */
static bool find_policy(struct explaining *e, struct facts *f, unsigned at,
    const struct book_policy **out)
{
	const struct book_rules *b = f->rules;
	struct value_source values = facts_source(f);

	*out = NULL;
	for (unsigned i = 0; !*out && i < b->policy_count; i++) {
		const struct book_policy *p = &b->policies[i];

		if (!p->gives[at])
			continue;
		if (!rules_shows(e->who, e->record, b, p->when))
			return false;
		if (!p->when ||
		    condition_holds(&b->seen, p->when, &values, f->arena))
			*out = p;
	}
	return *out;
}

static void pack_policy(const struct book_policy *p,
    const struct book_attribute *attribute, const char *value, struct buf *out)
{
	pack_map(out, 7);
	pack_key_cstr(out, "attribute", attribute->key);
	pack_label(out, &attribute->label);
	pack_key_cstr(out, "value", value);
	pack_key_cstr(out, "policy", p->key);
	pack_key_cstr(out, "policy_zh", p->label.zh);
	pack_key_cstr(out, "policy_en", p->label.en);
}

enum err policy_rows(struct explaining *e)
{
	const struct book_rules *b =
	    directory_schema(e->desk->directory)->rules;
	bool is_about = b && b->of == e->record->entity;
	struct facts f = facts_of(e, b);
	size_t mark = pack_array_open(e->out);
	uint32_t count = 0;
	enum err err = record_united(e->desk, e->record, &f.ledger);

	for (unsigned i = 0; !err && is_about && i < b->attribute_count; i++) {
		const struct book_policy *p;

		if (!find_policy(e, &f, i, &p))
			continue;
		pack_policy(p, &b->attributes[i], p->gives[i], e->out);
		count++;
	}
	pack_array_close(e->out, mark, count);
	return err ? err : e->out->err;
}

enum err policy_explain(struct explaining *e)
{
	pack_head(e, directory_schema(e->desk->directory)->rules, 1);
	pack_cstr(e->out, "rows");
	return policy_rows(e);
}

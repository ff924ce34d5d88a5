// SPDX-License-Identifier: MIT
/*
 * Quality of the customers' data: complete, valid, reviewed, fresh.
 *
 * Judged are the fields that the caller may know of in every row he ranges
 * over: whether a value is there (sealed ones are not opened for it), and
 * whether it still passes its check and the company's rules (plain ones that
 * he reads in clear, and rules that look at no others).
 */
#include "server/book/tally.h"

#include "server/schema/value.h"

#define YEAR_DAYS 365
#define VALID_CAP ((size_t)1024 * 1024)

enum { QUALITY_REVIEW, QUALITY_CHANGED };
enum { CUSTOMERS, COMPLETENESS, COMPLETE, INVALID, OVERDUE, STALE };

struct quality {
	bool knows[SCHEMA_FIELDS]; /* by slot: whether it is there */
	bool reads[SCHEMA_FIELDS]; /* the value, to check it */
	bool *rules;               /* by place: all that it looks at */
	struct arena scratch;      /* of one record's checks */
};

struct seen { /* one record as its judge may see it */
	const struct quality *quality;
	const struct record *record;
};

/* What is sealed is there, whatever it says. */
static struct bytes seen_value(void *ctx, const struct field *f)
{
	static const uint8_t yes = 0xc3;
	struct seen *s = ctx;

	if (!s->quality->knows[f->slot])
		return BYTES_NONE;
	if (s->record->cells[f->slot].sealed.len)
		return bytes_of(&yes, 1);
	return s->quality->reads[f->slot]       ? record_plain(s->record, f)
	       : record_plain(s->record, f).len ? bytes_of(&yes, 1)
						: BYTES_NONE;
}

/* --- the question --------------------------------------------------------*/

/* Values that came from outside; what the server makes is right. */
static bool has_check(const struct field *f)
{
	return !f->sealed && !f->is_auto && !f->derive.kind &&
	       f->type != TYPE_REF;
}

/* Of a sealed value no rule says more than whether it is there. */
static bool may_judge(
    const struct quality *q, const struct entity *e, const struct cond *c)
{
	const struct field *f;

	if (!c)
		return true;
	if (c->op != COND_AND && c->op != COND_OR && c->op != COND_NOT) {
		f = entity_field(e, c->field);
		return c->op == COND_EMPTY ? q->knows[f->slot]
					   : q->reads[f->slot];
	}
	for (uint32_t i = 0; i < c->count; i++)
		if (!may_judge(q, e, c->items[i]))
			return false;
	return true;
}

static enum err learn_rules(const struct tally *t, struct quality *q)
{
	const struct entity *e = t->entity;

	q->rules =
	    arena_array(t->run->arena, e->rule_count + 1, sizeof *q->rules);
	if (!q->rules)
		return ERR_TOO_LARGE;
	for (unsigned i = 0; i < e->rule_count; i++)
		q->rules[i] = q->reads[e->rules[i].field->slot] &&
			      may_judge(q, e, e->rules[i].when);
	return ERR_OK;
}

static enum err learn(const struct tally *t, struct quality *q)
{
	const struct view_entity *ve =
	    view_entity_of(t->run->who->view, t->entity);
	struct grant grant;

	for (unsigned i = 0; i < t->entity->field_count; i++) {
		const struct field *f = &t->entity->fields[i];

		q->knows[i] =
		    view_grant_range(ve, t->run->range, f, USE_PROJECT, &grant);
		q->reads[i] = !f->sealed && view_grant_range(ve, t->run->range,
						f, USE_AGGREGATE, &grant);
	}
	return learn_rules(t, q);
}

/* --- one customer --------------------------------------------------------*/

static bool keeps_rules(
    struct quality *q, struct record *r, const struct value_context *context)
{
	const struct entity *e = r->entity;

	for (unsigned i = 0; i < e->rule_count; i++)
		if (q->rules[i] &&
		    rule_refuses(e, &e->rules[i], context, &q->scratch))
			return false;
	return true;
}

static bool passes_checks(
    struct quality *q, struct record *r, const struct value_context *context)
{
	struct findings found;
	struct bytes normal;

	findings_init(&found, &q->scratch);
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct bytes value = record_plain(r, f);

		if (!q->reads[i] || !has_check(f) || value_is_empty(value))
			continue;
		if (value_accept(
			f, context, value, &q->scratch, &found, &normal) ||
		    found.errors)
			return false;
	}
	return true;
}

static bool is_valid(
    struct quality *q, struct record *r, const struct value_context *context)
{
	arena_reset(&q->scratch);
	return passes_checks(q, r, context) && keeps_rules(q, r, context);
}

static enum err add_customer(struct tally *t, struct record *r,
    struct decimal of[static GROUP_SUMS_MOST])
{
	struct seen seen = { t->ctx, r };
	struct value_context context = { .record = { seen_value, &seen },
		.today = t->run->today };
	unsigned complete = entity_completeness(
	    r->entity, &context.record, seen.quality->knows, NULL);
	int32_t day;
	enum err err = tally_count(&of[CUSTOMERS], 1);

	if (!err)
		err = tally_count(&of[COMPLETENESS], complete);
	if (!err)
		err = tally_count(&of[COMPLETE], complete == 100);
	if (!err)
		err = tally_count(&of[INVALID], !is_valid(t->ctx, r, &context));
	if (!err)
		err = tally_count(
		    &of[OVERDUE], tally_day(t, r, QUALITY_REVIEW, &day) &&
				      day < t->run->today);
	return err ? err
		   : tally_count(
			 &of[STALE], tally_day(t, r, QUALITY_CHANGED, &day) &&
					 day < t->run->today - YEAR_DAYS);
}

enum err report_quality(struct report_run *r)
{
	static const struct tally_column columns[] = {
		{ "customers", TALLY_COUNT, CUSTOMERS, 0 },
		{ "completeness", TALLY_AVERAGE, COMPLETENESS, CUSTOMERS },
		{ "complete", TALLY_SHARE, COMPLETE, CUSTOMERS },
		{ "invalid", TALLY_COUNT, INVALID, 0 },
		{ "overdue", TALLY_COUNT, OVERDUE, 0 },
		{ "stale", TALLY_COUNT, STALE, 0 },
		{ 0 },
	};
	static const struct tally_plan plan = { "customer", "branch",
		{ "review_due_at", "updated_at" }, -1, columns, TALLY_IN_ORDER,
		add_customer };
	struct quality q = { 0 };
	struct tally t;
	enum err err = tally_resolve(r, &plan, &t);

	if (err || r->only_asks)
		return err;
	t.ctx = &q;
	arena_init(&q.scratch, 16 * 1024, VALID_CAP);
	err = learn(&t, &q);
	if (!err)
		err = tally_run(&t);
	arena_release(&q.scratch);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * A whole record judged: required and recommended fields, rules, and how
 * complete it is.
 */
#include "server/schema/machine.h"
#include "server/schema/pattern.h"

/* Rules look at few values; this holds what their comparisons need. */
#define SCRATCH_BLOCK (16 * 1024)
#define SCRATCH_CAP   (1024 * 1024)

static bool is_missing(const struct value_source *record, const struct field *f)
{
	return value_is_empty(record->get(record->ctx, f));
}

static void judge_field(const struct field *f,
    const struct value_source *record, struct findings *found)
{
	if ((!f->required && !f->recommended) || !is_missing(record, f))
		return;
	findings_add(found, f->required ? FINDING_ERROR : FINDING_WARNING,
	    f->key, f->required ? "required" : "recommended",
	    f->required ? "a value is required" : "a value is recommended");
}

static enum severity severity_of(const struct rule *r)
{
	if (r->action == RULE_WARN || r->action == RULE_RECOMMEND)
		return FINDING_WARNING;
	return r->may_override ? FINDING_OVERRIDE : FINDING_ERROR;
}

static bool asks_for_value(const struct rule *r)
{
	return r->action == RULE_REQUIRE || r->action == RULE_RECOMMEND ||
	       r->action == RULE_COMPLETE;
}

static bool has_demands(const struct rule *r)
{
	return r->pattern || r->least.len || r->most.len;
}

/* A value is judged when it is set, as by its field's own check: one that
 * was stored before the rule stays until somebody changes it.  Of a sealed
 * value that nobody opened no more is known than that it is there. */
static bool meets_demands(const struct rule *r, const struct value_context *c)
{
	const struct field *f = r->field;
	struct bytes value = c->record.get(c->record.ctx, f);
	struct reader in = reader_of(value);

	if (value_is_empty(value) || reader_peek(&in) == UNPACK_BOOL ||
	    (c->before.get &&
		bytes_equal(c->before.get(c->before.ctx, f), value)))
		return true;
	if (r->least.len && value_compare(f, value, r->least) < 0)
		return false;
	if (r->most.len && value_compare(f, value, r->most) > 0)
		return false;
	return !r->pattern || pattern_matches(r->pattern, value_text(f, value));
}

static bool is_broken(const struct entity *e, const struct rule *r,
    const struct value_context *c, struct arena *scratch)
{
	if (asks_for_value(r) && !is_missing(&c->record, r->field))
		return false;
	if (has_demands(r) && meets_demands(r, c))
		return false;
	return !r->when || condition_holds(e, r->when, &c->record, scratch);
}

bool rule_refuses(const struct entity *e, const struct rule *r,
    const struct value_context *c, struct arena *scratch)
{
	return r->action == RULE_REFUSE && is_broken(e, r, c, scratch);
}

void entity_check(const struct entity *e, const struct value_context *c,
    struct findings *found)
{
	for (unsigned i = 0; i < e->field_count; i++)
		judge_field(&e->fields[i], &c->record, found);
	for (unsigned i = 0; i < e->rule_count; i++) {
		const struct rule *r = &e->rules[i];

		if (r->action != RULE_COMPLETE &&
		    is_broken(e, r, c, found->arena))
			findings_add_worded(found, severity_of(r),
			    r->field->key, r->key, r->message.en,
			    r->message.zh);
	}
	machine_check(e, c, found);
}

static bool is_wanted_by_rule(const struct entity *e, const struct field *f,
    const struct value_source *record, struct arena *scratch)
{
	for (unsigned i = 0; i < e->rule_count; i++)
		if (e->rules[i].field == f && asks_for_value(&e->rules[i]) &&
		    condition_holds(e, e->rules[i].when, record, scratch))
			return true;
	return false;
}

unsigned entity_completeness(const struct entity *e,
    const struct value_source *record, const bool *counts, bool *missing)
{
	unsigned wanted = 0, given = 0;
	struct arena scratch;

	arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		if (counts && !counts[i])
			continue;
		if (!f->required && !f->recommended &&
		    !is_wanted_by_rule(e, f, record, &scratch))
			continue;
		wanted++;
		if (!is_missing(record, f))
			given++;
		else if (missing)
			missing[i] = true;
	}
	arena_release(&scratch);
	return wanted ? given * 100 / wanted : 100;
}

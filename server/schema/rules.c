// SPDX-License-Identifier: MIT
/*
 * A whole record judged: required and recommended fields, rules, and how
 * complete it is.
 */
#include "server/schema/machine.h"

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
	return r->action == RULE_REQUIRE || r->action == RULE_RECOMMEND;
}

static void judge_rule(const struct entity *e, const struct rule *r,
    const struct value_source *record, struct findings *found)
{
	if (asks_for_value(r) && !is_missing(record, r->field))
		return;
	if (!condition_holds(e, r->when, record, found->arena))
		return;
	findings_add(
	    found, severity_of(r), r->field->key, r->key, "%s", r->message.en);
}

void entity_check(const struct entity *e, const struct value_context *c,
    struct findings *found)
{
	for (unsigned i = 0; i < e->field_count; i++)
		judge_field(&e->fields[i], &c->record, found);
	for (unsigned i = 0; i < e->rule_count; i++)
		judge_rule(e, &e->rules[i], &c->record, found);
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
    const struct value_source *record, const bool *counts)
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
		given += !is_missing(record, f);
	}
	arena_release(&scratch);
	return wanted ? given * 100 / wanted : 100;
}

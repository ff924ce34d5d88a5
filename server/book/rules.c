// SPDX-License-Identifier: MIT
/*
 * Rules over a customer's own figures, applied with what moved them.
 *
 * Of the rules for one field the first that holds decides; a later field sees
 * what was decided for an earlier one.  See schema/book_rules.h.
 */
#include "server/book/metrics.h"
#include "server/book/settle.h"

static bool is_first_of_its_field(const struct book_rules *b, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (b->list[i].target == b->list[at].target)
			return false;
	return true;
}

static const struct book_rule *decide(
    struct facts *f, const struct field *target)
{
	const struct book_rules *b = f->rules;
	struct value_source values = facts_source(f);

	for (unsigned i = 0; i < b->count; i++)
		if (b->list[i].target == target &&
		    (!b->list[i].when ||
			condition_holds(
			    &b->seen, b->list[i].when, &values, f->arena)))
			return &b->list[i];
	return NULL;
}

static enum err settle_record(
    struct work *w, const struct book_rules *b, struct record *r)
{
	struct facts f = { .rules = b,
		.desk = w->desk,
		.record = r,
		.today = (int32_t)(w->now_ms / 86400000),
		.arena = w->arena };
	enum err err = record_ledger(w->desk, r, &f.ledger);

	for (unsigned i = 0; !err && i < b->count; i++) {
		const struct book_rule *rule =
		    is_first_of_its_field(b, i) ? decide(&f, b->list[i].target)
						: NULL;

		if (rule)
			work_move(r, rule->target, rule->value, rule->key,
			    b->version);
	}
	return err ? err : w->arena->err;
}

enum err settle_rules(struct work *w)
{
	const struct book_rules *b =
	    directory_schema(w->desk->directory)->rules;
	enum err err = ERR_OK;

	for (size_t i = 0; b && !err && i < w->record_count; i++) {
		struct record *r = w->records[i];
		bool moved = r->is_changed || (r->ledger && r->ledger->changed);

		if (r->entity == b->of && moved &&
		    !(r->header.flags & (ROW_ARCHIVED | ROW_WITHHELD)))
			err = settle_record(w, b, r);
	}
	return err;
}

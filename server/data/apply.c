// SPDX-License-Identifier: MIT
/*
 * Items of a unit of work, one after the other.
 *
 * An item that fails leaves no trace: the cells it touched are put back, and
 * numbers and totals are taken only after everything else held.
 */
#include "server/data/approval.h"
#include "server/data/archive.h"
#include "server/data/cited.h"
#include "server/data/confirmed.h"
#include "server/data/merge.h"
#include "server/data/probe.h"
#include "server/data/refs.h"
#include "server/data/scope.h"
#include "server/data/siblings.h"
#include "server/data/totals.h"
#include "server/data/work.h"

#define EPOCH_2020_MS  1577836800000
#define ID_RANDOM_BITS 22

/* Time-ordered, so that new rows lie together; random below, so that an id
 * says nothing of how many there are.  All items of a request share the
 * millisecond, so a hit among them is not rare; one that is stored already
 * makes the plan fail and be built anew. */
static uint64_t new_id(struct work *w, const struct entity *e)
{
	uint64_t ms = (uint64_t)(w->now_ms - EPOCH_2020_MS), id;
	uint32_t low;

	if (!w->drawn_left) {
		random_fill(w->desk->random, w->drawn, sizeof w->drawn);
		w->drawn_left = sizeof w->drawn / sizeof *w->drawn;
	}
	low = w->drawn[--w->drawn_left];
	id = ms << ID_RANDOM_BITS | (low & ((1u << ID_RANDOM_BITS) - 1));
	while (work_holds(w, e, id))
		id++;
	return id;
}

/* --- checks of the whole record ------------------------------------------*/

static struct bytes default_of(
    struct work *w, const struct origin *o, const struct field *f)
{
	if (f->of_request && o->is_named && field_has_choice(f, o->source))
		return value_pack_text(w->arena, o->source);
	if (f->import_fallback.len && bytes_is(o->source, "import"))
		return f->import_fallback;
	return f->fallback;
}

static enum err fill_defaults(struct work *w, struct record *r)
{
	struct value_context context = work_context(w, r);
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct bytes fallback = default_of(w, &r->origin, f);
		struct bytes value = BYTES_NONE;

		if (r->cells[i].value.len)
			continue;
		if (f->counted)
			err = siblings_next(w, r, f, &fallback);
		if (err || !fallback.len)
			continue;
		err = value_accept(
		    f, &context, fallback, w->arena, w->found, &value);
		if (!err)
			cell_set(r, f, value);
	}
	return err;
}

static bool is_overridden(const struct item *it, const char *rule)
{
	struct reader rules = reader_of(it->override_);
	uint32_t left;

	if (!it->override_.len)
		return false;
	for (left = read_array(&rules); left && !rules.err; left--)
		if (bytes_is(read_text(&rules), rule))
			return true;
	return false;
}

/* May he know each field that the condition looks at? */
static bool knows_condition(
    const struct entity *e, const uint8_t *levels, const struct cond *c)
{
	const struct field *f;

	if (c->op == COND_AND || c->op == COND_OR || c->op == COND_NOT) {
		for (uint32_t i = 0; i < c->count; i++)
			if (!knows_condition(e, levels, c->items[i]))
				return false;
		return true;
	}
	f = entity_field(e, c->field);
	return f && levels[f->slot];
}

/* A warning would tell of what it is about and of what it hangs on. */
static bool may_be_warned(const struct entity *e, const uint8_t *levels,
    const struct finding *finding)
{
	const struct field *f = entity_field(e, bytes_text(finding->field));

	if (!f || !levels[f->slot])
		return false;
	for (unsigned i = 0; i < e->rule_count; i++)
		if (e->rules[i].when && !strcmp(e->rules[i].key, finding->rule))
			return knows_condition(e, levels, e->rules[i].when);
	return true;
}

/* Is an error on the same field among the findings up to `last`? */
static bool has_error(const struct findings *found, const struct finding *last,
    const struct finding *about)
{
	const struct finding *f = last ? found->first : NULL;

	for (; f; f = f == last ? NULL : f->next)
		if (f->item == about->item && f->severity == FINDING_ERROR &&
		    !strcmp(f->field, about->field))
			return true;
	return false;
}

static void drop(struct findings *found, struct finding *f)
{
	found->errors -= f->severity == FINDING_ERROR;
	found->overridable -= f->severity == FINDING_OVERRIDE;
	found->warnings -= f->severity == FINDING_WARNING;
	found->count--;
}

/* Of what the whole record's check found (behind `last`): not what the
 * caller may not be told, nor that a value is missing where one was bad. */
static void weed(struct work *w, const struct item *it, const struct record *r,
    struct finding *last)
{
	struct findings *found = w->found;
	const uint8_t *levels =
	    view_levels(it->entity, r->relations, record_is_variant(r));
	struct finding **link = last ? &last->next : &found->first;

	found->last = last;
	while (*link) {
		struct finding *f = *link;

		if (has_error(found, last, f) ||
		    (f->severity == FINDING_WARNING &&
			!may_be_warned(r->entity, levels, f))) {
			drop(found, f);
			*link = f->next;
			continue;
		}
		found->last = f;
		link = &f->next;
	}
}

/* A refusal about a field that the caller may not know of stands, and names
 * neither the field nor the rule. */
static void veil(struct work *w, const struct item *it, const struct record *r,
    struct finding *last)
{
	const uint8_t *levels =
	    view_levels(it->entity, r->relations, record_is_variant(r));
	struct finding *f = last ? last->next : w->found->first;

	for (; f; f = f->next) {
		const struct field *field =
		    entity_field(r->entity, bytes_text(f->field));

		if (f->severity == FINDING_WARNING || !field ||
		    levels[field->slot])
			continue;
		f->field = "";
		f->rule = "hidden_rule";
		f->message = "a rule of the company refuses this; ask whoever "
			     "keeps the book";
		f->zh = NULL;
	}
}

/* What the caller overrides becomes a warning; it needs right and reason. */
static void settle_overrides(struct work *w, struct item *it, struct record *r)
{
	unsigned rights = view_rights(w->who->view, r->relations);
	int item = w->found->item;

	for (struct finding *f = w->found->first; f; f = f->next) {
		if (f->item != item || f->severity != FINDING_OVERRIDE ||
		    !is_overridden(it, f->rule))
			continue;
		if (!(rights & RIGHT_OVERRIDE)) {
			it->err = ERR_DENIED;
			it->bad_field = bytes_text("override");
			return;
		}
		if (!it->origin.reason.len) {
			findings_add(w->found, FINDING_ERROR, f->field,
			    "reason_required", "an override needs a reason");
			continue;
		}
		f->severity = FINDING_WARNING;
		w->found->overridable--;
		w->found->warnings++;
		w->overridden++;
	}
}

/* --- numbers -------------------------------------------------------------*/

static enum err branch_code(
    struct work *w, struct record *r, struct bytes *code)
{
	struct record *scope = r;
	enum err err = ERR_OK;

	*code = BYTES_NONE;
	if (!r->entity->scoped && r->entity->subject &&
	    r->entity->subject != r->entity)
		err = work_record(
		    w, r->entity->subject, r->header.subject, &scope);
	if (!err && scope->entity->branch_field)
		*code = value_text(scope->entity->branch_field,
		    scope->cells[scope->entity->branch_field->slot].value);
	return err;
}

static enum err series_number(
    struct work *w, struct record *r, struct bytes *number)
{
	struct given_number *given = arena_alloc(w->arena, sizeof *given);
	struct bytes code;
	enum err err = branch_code(w, r, &code);

	if (err || !given)
		return err ? err : ERR_TOO_LARGE;
	*given = (struct given_number){ .next = w->given,
		.entity = r->entity,
		.scope = series_scope(r->entity, code, w->today, w->arena) };
	err = series_next(w->desk->series, r->entity->id, given->scope,
	    w->desk->may_wait, &given->number);
	if (err)
		return err;
	w->given = given;
	*number =
	    series_format(r->entity, code, w->today, given->number, w->arena);
	return ERR_OK;
}

void work_return_numbers(struct work *w)
{
	for (; w->given; w->given = w->given->next)
		series_return(w->desk->series, w->given->entity->id,
		    w->given->scope, w->given->number);
}

static enum err child_number(
    struct work *w, struct record *r, struct bytes *number)
{
	struct record *parent;
	struct bytes above;
	struct counter counter;
	char *text;
	enum err err =
	    work_record(w, r->entity->parent, record_parent(r), &parent);

	if (!err)
		err = ledger_counter(w->desk, parent, r->entity, &counter);
	counter.count++;
	if (!err)
		err = ledger_set_counter(parent, r->entity, counter);
	if (err)
		return err;
	above = record_number(parent);
	text = arena_format(w->arena, "%.*s/%llu", (int)above.len,
	    (const char *)above.data, (unsigned long long)counter.count);
	*number = text ? bytes_text(text) : BYTES_NONE;
	return ERR_OK;
}

static enum err give_number(struct work *w, struct record *r)
{
	const struct field *f = r->entity->number_field;
	struct bytes number = BYTES_NONE;
	enum err err;

	if (!f)
		return ERR_OK;
	if (r->entity->numbering == NUMBER_SERIES)
		err = series_number(w, r, &number);
	else if (r->entity->numbering == NUMBER_CHILD)
		err = child_number(w, r, &number);
	else
		return ERR_OK;
	if (err)
		return err;
	cell_set(r, f, value_pack_text(w->arena, number));
	return w->arena->err;
}

/* --- one item ------------------------------------------------------------*/

static enum err check_record(
    struct work *w, struct item *it, struct record *r, unsigned *duplicates)
{
	struct value_context context = work_context(w, r);
	struct finding *last = w->found->last;

	entity_check(r->entity, &context, w->found);
	cited_check(w, r);
	weed(w, it, r, last);
	settle_overrides(w, it, r);
	veil(w, it, r, last);
	return probe_unique(w, it, r, duplicates);
}

/* The item's own error, from what was found about it. */
static void judge(const struct work *w, struct item *it,
    const struct findings *before, unsigned duplicates)
{
	/* Counted, because past their bound they are not kept. */
	unsigned errors = w->found->errors - before->errors;
	unsigned refusals =
	    errors + w->found->overridable - before->overridable;

	if (it->err || !refusals)
		return;
	it->err = refusals == duplicates ? ERR_DUPLICATE : ERR_INVALID;
}

static enum err start_create(struct work *w, struct item *it)
{
	const struct entity *e = view_entity_schema(it->entity);
	bool stored;
	enum err err;

	if (it->import_row.len) {
		err = probe_import(w, it, &stored);
		if (err || stored) {
			it->skipped = stored;
			return err;
		}
	}
	it->record = record_new(w->arena, e, new_id(w, e));
	return it->record ? ERR_OK : ERR_TOO_LARGE;
}

static bool version_fits(
    struct work *w, const struct item *it, struct record *r)
{
	char now[VERSION_TEXT];

	if (!it->version.len || r->is_changed)
		return true;
	record_meet(r, it->entity);
	record_version_text(w->desk, w->who, r, now);
	return bytes_is(it->version, now);
}

/* One that this work holds already is found as if it were asked for by id. */
static enum err find_restored(struct work *w, struct item *it)
{
	unsigned relations;
	enum err err =
	    record_relations(w->desk, w->who, it->record, &relations);

	if (err)
		return err;
	return relations & view_range(it->entity) ? ERR_OK : ERR_NOT_FOUND;
}

/* By "#n" an earlier item's record, else one that is stored. */
static enum err find_updated(struct work *w, struct item *it)
{
	const struct entity *e = view_entity_schema(it->entity);
	struct record *r;
	struct item *earlier;
	enum err err;

	if (it->restore)
		return find_restored(w, it);
	if (work_names_item(w, it->id, &earlier)) {
		it->record = earlier && !earlier->err ? earlier->record : NULL;
		return it->record && it->record->entity == e ? ERR_OK
							     : ERR_NOT_FOUND;
	}
	err = (it->merging == MERGE_PART ? record_find_alias
					 : record_find_by_text)(
	    w->desk, w->who, it->entity, it->id, w->arena, &r);
	return err ? err : work_take(w, r, &it->record);
}

static enum err start_update(struct work *w, struct item *it)
{
	unsigned relations;
	enum err err = find_updated(w, it);

	if (err == ERR_NOT_FOUND) {
		it->err = err;
		return ERR_OK;
	}
	if (!err)
		err = record_relations(w->desk, w->who, it->record, &relations);
	if (!err && !version_fits(w, it, it->record))
		it->err = ERR_CONFLICT;
	return err;
}

static enum err complete(struct work *w, struct item *it)
{
	struct record *r = it->record;
	enum err err = ERR_OK;

	r->is_changed |= it->is_create;
	if (it->is_create)
		err = fill_defaults(w, r);
	if (!err && it->is_create)
		err = scope_fill(w, r);
	if (err)
		return err;
	scope_settle(w, r);
	archive_settle(w, it);
	approval_settle(w, it);
	merge_settle(r);
	return r->is_changed ? derive_values(w, r) : ERR_OK;
}

/* Totals move, and the business says whether they may: in a trial too. */
static enum err move_totals(
    struct work *w, struct item *it, const struct cell *before)
{
	struct moved moved;
	enum err err = totals_keep(w, it->record, before, &moved);

	if (!err)
		err = derive_totals(w, it->record, before);
	if (!err && w->desk->guard)
		err = w->desk->guard(w, it, &moved);
	if (!err && it->err)
		totals_put_back(&moved);
	return err;
}

/* What reaches beyond the record: only once the item holds. */
static enum err spread(
    struct work *w, struct item *it, const struct cell *before)
{
	struct record *r = it->record;
	enum err err = move_totals(w, it, before);

	if (err || it->err)
		return err;
	err = probe_claim_unique(w, r);
	if (!err && r->is_changed)
		err = siblings_settle(w, r);
	if (!err && r->is_changed)
		err = siblings_count(w, r);
	if (err || w->options.dry_run || !it->is_create)
		return err;
	return give_number(w, r);
}

static enum err finish(struct work *w, struct item *it,
    const struct cell *before, const struct findings *found_before)
{
	unsigned duplicates = 0;
	enum err err = complete(w, it);

	/* What is amiss with a record keeps nobody from merging it. */
	if (!err && it->record->is_changed && !it->merging)
		err = check_record(w, it, it->record, &duplicates);
	if (err)
		return err;
	judge(w, it, found_before, duplicates);
	return it->err ? ERR_OK : spread(w, it, before);
}

/* The record as it was before this item, to go back to and to reckon from. */
struct keep {
	struct cell *cells; /* NULL: nobody will ask for it */
	struct header header;
	struct origin origin;
	unsigned relations;
	bool is_changed;
};

static enum err keep_record(
    struct work *w, const struct item *it, struct keep *k)
{
	const struct record *r = it->record;
	size_t size = r->entity->field_count * sizeof *k->cells;
	/* Of a request that is undone as a whole nothing goes on. */
	bool is_alone =
	    (w->item_count == 1 || it->restore) && !r->entity->parent;

	*k = (struct keep){ NULL, r->header, r->origin, r->relations,
		r->is_changed };
	if (it->is_create || is_alone)
		return ERR_OK;
	k->cells = arena_alloc(w->arena, size);
	if (!k->cells)
		return ERR_TOO_LARGE;
	memcpy(k->cells, r->cells, size);
	return ERR_OK;
}

static void put_back(struct record *r, const struct keep *k)
{
	if (!k->cells)
		return;
	memcpy(r->cells, k->cells, r->entity->field_count * sizeof *k->cells);
	r->header = k->header;
	r->origin = k->origin;
	r->relations = k->relations;
	r->is_changed = k->is_changed;
}

/* An item's own source and reason, else the request's. */
static void settle_origin(const struct work *w, struct item *it)
{
	const struct origin *all = &w->options.origin;

	it->origin.is_named = it->origin.source.len || all->is_named;
	if (!it->origin.source.len)
		it->origin.source = all->source;
	if (!it->origin.reason.len)
		it->origin.reason = all->reason;
}

/* A file's row, and what is said to come from a file: softer rules hold for
 * it, and the row's digest tells whether it is stored. */
static bool may_import(const struct work *w, struct item *it)
{
	const struct view *v = w->who->view;
	bool is_row = it->import_row.len;

	if (!is_row && !bytes_is(it->origin.source, "import"))
		return true;
	if ((view_rights(v, 0) | view_rights(v, view_range(it->entity))) &
	    RIGHT_IMPORT)
		return true;
	it->err = ERR_DENIED;
	it->bad_field = bytes_text(is_row ? "row" : "source");
	return false;
}

enum err work_apply(struct work *w, size_t at)
{
	struct item *it = &w->items[at];
	struct findings before = *w->found;
	struct keep keep;
	enum err err;

	settle_origin(w, it);
	if (!may_import(w, it))
		return ERR_OK;
	err = it->is_create ? start_create(w, it) : start_update(w, it);
	if (err || it->err || it->skipped)
		return err;
	err = keep_record(w, it, &keep);
	it->record->origin = it->origin;
	if (!err)
		err = accept_values(w, it, it->record);
	if (!err && !it->err)
		err = confirmed_apply(w, it);
	if (!err && !it->err)
		err = archive_apply(w, it);
	if (!err && !it->err)
		err = approval_apply(w, it);
	if (!err && !it->err)
		err = merge_apply(w, it);
	if (!err && !it->err)
		err = finish(w, it, keep.cells, &before);
	if (err)
		return err;
	if (it->err) {
		put_back(it->record, &keep);
		return ERR_OK;
	}
	if (it->is_create)
		err = probe_claim_import(w, it);
	if (!err && it->is_create)
		err = work_add(w, it->record);
	return !err && it->record->is_new ? work_name(w, it->record) : err;
}

// SPDX-License-Identifier: MIT
/*
 * Items of a unit of work, one after the other.
 *
 * An item that fails leaves no trace: the cells it touched are put back, and
 * numbers and totals are taken only after everything else held.
 */
#include "server/data/archive.h"
#include "server/data/index.h"
#include "server/data/refs.h"
#include "server/data/siblings.h"
#include "server/data/totals.h"
#include "server/data/work.h"

#define EPOCH_2020_MS  1577836800000
#define ID_RANDOM_BITS 22

/* Time-ordered, so that new rows lie together; random below, so that an id
 * says nothing of how many there are. */
static uint64_t new_id(struct work *w)
{
	uint64_t ms = (uint64_t)(w->now_ms - EPOCH_2020_MS);
	uint32_t low;

	random_fill(w->desk->random, &low, sizeof low);
	return ms << ID_RANDOM_BITS | (low & ((1u << ID_RANDOM_BITS) - 1));
}

/* --- import rows ---------------------------------------------------------*/

#define IMPORT_KEY (2 + DIGEST_SIZE)

/* "kept beside the record": under a field number that no field has. */
static struct bytes import_key(struct work *w, const struct item *it)
{
	uint8_t key[IMPORT_KEY] = { view_entity_schema(it->entity)->id, 0 };

	memcpy(key + 2, it->import_row.data, DIGEST_SIZE);
	return arena_copy(w->arena, bytes_of(key, sizeof key));
}

static enum err find_import(struct work *w, struct item *it, bool *found)
{
	struct bytes key = import_key(w, it);
	struct row row;
	enum err err;

	*found = false;
	for (size_t i = 0; i < w->import_count; i++)
		*found |= bytes_equal(w->import_keys[i], key);
	if (*found)
		return ERR_OK;
	err = snapshot_get(w->desk->snapshot, TABLE_UNIQUE, key, &row);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	*found = true;
	err = work_record(w, view_entity_schema(it->entity),
	    index_record(row.value), &it->record);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void claim_import(struct work *w, struct item *it)
{
	if (!it->import_row.len)
		return;
	w->import_keys[w->import_count] = import_key(w, it);
	w->import_ids[w->import_count++] = it->record->id;
}

/* --- checks of the whole record ------------------------------------------*/

static enum err fill_defaults(struct work *w, struct record *r)
{
	struct value_source values = record_source(w, r);
	struct value_context context = { .record = values,
		.today = (int32_t)(w->now_ms / 86400000) };
	bool import = bytes_is(w->options.source, "import");
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct bytes fallback = import && f->import_fallback.len
					    ? f->import_fallback
					    : f->fallback;
		struct bytes value = BYTES_NONE;

		if (!fallback.len || r->cells[i].value.len)
			continue;
		err = value_accept(
		    f, &context, fallback, w->arena, w->found, &value);
		if (!err)
			cell_set(r, f, value);
	}
	return err;
}

/* Branch and owner of a new record are its creator's unless given. */
static enum err fill_scope(struct work *w, struct record *r)
{
	const struct field *branch = r->entity->branch_field;
	const struct field *owner = r->entity->owner_field;
	const struct caller *who = w->who;

	if (!r->entity->scoped)
		return ERR_OK;
	if (!r->cells[branch->slot].value.len && who->branch)
		cell_set(r, branch,
		    value_pack_ref(
			w->arena, who->branch, bytes_text(who->branch_code)));
	if (!r->cells[owner->slot].changed && !r->cells[owner->slot].value.len)
		cell_set(r, owner,
		    value_pack_ref(
			w->arena, who->user, bytes_text(who->login)));
	if (!r->cells[branch->slot].value.len)
		findings_add(w->found, FINDING_ERROR, branch->key, "required",
		    "say which branch it belongs to");
	return w->arena->err;
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
		if (!w->options.reason.len) {
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

/* --- uniqueness ----------------------------------------------------------*/

static enum err taken_by_other(
    struct work *w, struct record *r, const struct field *f, bool *taken)
{
	uint8_t key[STORE_KEY];
	size_t len = index_unique(w->desk, f, record_parent(r),
	    r->cells[f->slot].value, w->arena, key);
	uint64_t by = lookup_get(&w->claimed, bytes_of(key, len));
	struct row row;
	enum err err;

	*taken = by && by != r->id;
	if (*taken || by)
		return ERR_OK;
	err = snapshot_get(
	    w->desk->snapshot, TABLE_UNIQUE, bytes_of(key, len), &row);
	if (err == ERR_OK) {
		*taken = index_record(row.value) != r->id;
		return ERR_OK;
	}
	return err == ERR_NOT_FOUND
		   ? lookup_put(&w->claimed, bytes_of(key, len), r->id)
		   : err;
}

/* That a value is taken is all that is said (SETTLED 20). */
static enum err check_unique(
    struct work *w, struct record *r, unsigned *duplicates)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		bool taken = false;

		if (!(f->index & (INDEX_UNIQUE | INDEX_WITHIN)) ||
		    !r->cells[i].changed || !r->cells[i].value.len)
			continue;
		err = taken_by_other(w, r, f, &taken);
		if (!taken)
			continue;
		++*duplicates;
		findings_add(w->found, FINDING_ERROR, f->key, "unique",
		    "this value is taken; ask whoever keeps the book");
	}
	return err;
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
	int32_t today = (int32_t)(w->now_ms / 86400000);
	struct bytes code, scope;
	uint64_t count;
	enum err err = branch_code(w, r, &code);

	if (err)
		return err;
	scope = series_scope(r->entity, code, today, w->arena);
	err = series_next(
	    w->desk->series, r->entity->id, scope, w->desk->may_wait, &count);
	if (!err)
		*number =
		    series_format(r->entity, code, today, count, w->arena);
	return err;
}

static enum err child_number(
    struct work *w, struct record *r, struct bytes *number)
{
	struct record *parent;
	struct bytes above;
	uint64_t count;
	char *text;
	enum err err =
	    work_record(w, r->entity->parent, record_parent(r), &parent);

	if (!err)
		err = ledger_count(w->desk, parent, r->entity, &count);
	if (err)
		return err;
	above = record_number(parent);
	text = arena_format(w->arena, "%.*s/%llu", (int)above.len,
	    (const char *)above.data, (unsigned long long)count);
	*number = text ? bytes_text(text) : BYTES_NONE;
	return ERR_OK;
}

static enum err give_number(struct work *w, struct record *r)
{
	const struct field *f = r->entity->number_field;
	struct bytes number = BYTES_NONE;
	enum err err;

	if (w->options.dry_run || !f || !r->is_new)
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

static void set_header(struct work *w, struct record *r)
{
	const struct entity *e = r->entity;
	struct value_source values = record_source(w, r);

	if (e->scoped) {
		r->header.branch =
		    value_ref(r->cells[e->branch_field->slot].value);
		r->header.owner =
		    value_ref(r->cells[e->owner_field->slot].value);
		r->relations = relations_of(w->who->user, w->who->branch,
		    r->header.branch, r->header.owner);
	}
	r->header.flags &= (uint8_t)~ROW_VARIANT;
	if (e->variant && condition_holds(e, e->variant, &values, w->arena))
		r->header.flags |= ROW_VARIANT;
}

static enum err check_record(
    struct work *w, struct item *it, struct record *r, unsigned *duplicates)
{
	struct value_context context = { .record = record_source(w, r),
		.today = (int32_t)(w->now_ms / 86400000),
		.is_import = bytes_is(w->options.source, "import") };

	entity_check(r->entity, &context, w->found);
	settle_overrides(w, it, r);
	return check_unique(w, r, duplicates);
}

/* The item's own error, from what was found about it. */
static void judge(
    struct work *w, struct item *it, unsigned before, unsigned duplicates)
{
	if (it->err)
		return;
	if (w->found->errors > before)
		it->err = w->found->errors - before == duplicates
			      ? ERR_DUPLICATE
			      : ERR_INVALID;
	for (struct finding *f = w->found->first; f && !it->err; f = f->next)
		if (f->item == w->found->item &&
		    f->severity == FINDING_OVERRIDE)
			it->err = ERR_INVALID;
}

static enum err start_create(struct work *w, struct item *it)
{
	bool stored;
	enum err err;

	if (it->import_row.len) {
		err = find_import(w, it, &stored);
		if (err || stored) {
			it->skipped = stored;
			return err;
		}
	}
	it->record =
	    record_new(w->arena, view_entity_schema(it->entity), new_id(w));
	return it->record ? ERR_OK : ERR_TOO_LARGE;
}

static bool version_fits(
    struct work *w, const struct item *it, const struct record *r)
{
	char now[VERSION_TEXT];

	if (!it->version.len || r->is_changed)
		return true;
	record_version_text(w->desk, w->who, it->entity, r, now);
	return bytes_is(it->version, now);
}

/* By "#n" an earlier item's record, else one that is stored. */
static enum err find_updated(struct work *w, struct item *it)
{
	const struct entity *e = view_entity_schema(it->entity);
	struct record *r;
	struct item *earlier;
	enum err err;

	if (work_names_item(w, it->id, &earlier)) {
		it->record = earlier && !earlier->err ? earlier->record : NULL;
		return it->record && it->record->entity == e ? ERR_OK
							     : ERR_NOT_FOUND;
	}
	err = record_find_by_text(
	    w->desk, w->who, it->entity, it->id, w->arena, &r);
	return err ? err : work_record(w, e, r->id, &it->record);
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

static enum err finish(struct work *w, struct item *it,
    const struct cell *before, unsigned errors_before)
{
	struct record *r = it->record;
	unsigned duplicates = 0;
	enum err err = ERR_OK;

	r->is_changed |= r->is_new;
	if (r->is_new)
		err = fill_defaults(w, r);
	if (!err && r->is_new)
		err = fill_scope(w, r);
	if (err)
		return err;
	set_header(w, r);
	archive_settle(w, it);
	if (r->is_changed) {
		err = siblings_settle(w, r);
		if (!err)
			err = derive_values(w, r);
		if (!err)
			err = check_record(w, it, r, &duplicates);
	}
	judge(w, it, errors_before, duplicates);
	if (err || it->err || w->options.dry_run)
		return err;
	err = give_number(w, r);
	return err ? err : derive_totals(w, r, r->is_new ? NULL : before);
}

/* The record as it was before this item, to go back to. */
struct keep {
	struct cell *cells;
	struct header header;
	bool is_changed;
};

static enum err keep_record(
    struct work *w, const struct record *r, struct keep *k)
{
	size_t size = r->entity->field_count * sizeof *k->cells;

	*k = (struct keep){ arena_alloc(w->arena, size), r->header,
		r->is_changed };
	if (!k->cells)
		return ERR_TOO_LARGE;
	memcpy(k->cells, r->cells, size);
	return ERR_OK;
}

static void put_back(struct record *r, const struct keep *k)
{
	memcpy(r->cells, k->cells, r->entity->field_count * sizeof *k->cells);
	r->header = k->header;
	r->is_changed = k->is_changed;
}

enum err work_apply(struct work *w, size_t at)
{
	struct item *it = &w->items[at];
	unsigned errors_before = w->found->errors;
	struct keep keep;
	enum err err =
	    it->is_create ? start_create(w, it) : start_update(w, it);

	if (err || it->err || it->skipped)
		return err;
	err = keep_record(w, it->record, &keep);
	if (!err)
		err = accept_values(w, it, it->record);
	if (!err && !it->err)
		err = archive_apply(w, it);
	if (!err && !it->err)
		err = finish(w, it, keep.cells, errors_before);
	if (err)
		return err;
	if (it->err) {
		put_back(it->record, &keep);
		return ERR_OK;
	}
	if (!it->is_create)
		return ERR_OK;
	claim_import(w, it);
	return work_add(w, it->record);
}

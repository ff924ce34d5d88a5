// SPDX-License-Identifier: MIT
/*
 * What is taken already.  See probe.h.
 */
#include "server/data/probe.h"

#include "server/data/alias.h"
#include "server/data/index.h"
#include "server/data/merge.h"

/* --- import rows ---------------------------------------------------------*/

#define IMPORT_KEY (2 + DIGEST_SIZE)

/* "kept beside the record": under a field number that no field has. */
static struct bytes import_key(struct work *w, const struct item *it)
{
	uint8_t key[IMPORT_KEY] = { view_entity_schema(it->entity)->id, 0 };

	memcpy(key + 2, it->import_row.data, DIGEST_SIZE);
	return arena_copy(w->arena, bytes_of(key, sizeof key));
}

/* A row's digest is made of all its values: whoever tries digests tries each
 * of them.  They are known to who made the record, and to who may read all
 * that it has or once had. */
static bool is_known_to(const struct caller *who, const struct view_entity *ve,
    const struct record *r)
{
	bool is_his = r->is_new;

	for (unsigned i = 0; !is_his && i < r->stamp_count; i++)
		is_his =
		    r->stamps[i].version == 1 && r->stamps[i].user == who->user;
	for (unsigned i = 0; !is_his && i < r->entity->field_count; i++) {
		struct grant g;

		if (r->cells[i].version &&
		    !view_grant(ve, r->relations, record_is_variant(r),
			&r->entity->fields[i], USE_FILTER, &g))
			return false;
	}
	return true;
}

static enum err find_import(struct work *w, struct item *it, bool *found)
{
	struct row row = { .version = 0 };
	unsigned relations;
	uint64_t id;
	enum err err;

	*found = false;
	it->import_key = import_key(w, it);
	if (!it->import_key.data)
		return ERR_TOO_LARGE;
	id = lookup_get(&w->imported, it->import_key);
	err = id ? ERR_OK
		 : snapshot_get(
		       w->desk->snapshot, TABLE_UNIQUE, it->import_key, &row);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	err = work_record(w, view_entity_schema(it->entity),
	    id ? id : index_record(row.value), &it->record);
	/* What was taken back may be imported again. */
	it->import_again = !err && it->record->header.flags & ROW_WITHDRAWN;
	it->import_at = row.version;
	if (it->import_again)
		return ERR_OK;
	*found = true;
	if (!err)
		err = record_relations(w->desk, w->who, it->record, &relations);
	/* Another's row: that it is there is all that is said. */
	if (!err && !(relations & view_range(it->entity) &&
			is_known_to(w->who, it->entity, it->record)))
		it->err = ERR_DUPLICATE;
	if (!err)
		err = work_heir(w, it->record, &it->record);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

/* A row that somebody else imported is a look-up that hit. */
enum err probe_import(struct work *w, struct item *it, bool *found)
{
	struct meter *m = w->who->meter;
	enum err err = meter_take(m, QUOTA_LOOKUP, 1);

	*found = false;
	if (!err)
		err = find_import(w, it, found);
	if (!err && !it->err)
		meter_give_back(m, QUOTA_LOOKUP, 1);
	return err;
}

enum err probe_claim_import(struct work *w, struct item *it)
{
	return it->import_key.len
		   ? lookup_put(&w->imported, it->import_key, it->record->id)
		   : ERR_OK;
}

/* --- uniqueness ----------------------------------------------------------*/

static enum err taken_among(struct work *w, struct record *r,
    const struct field *f, uint64_t parent, bool *taken)
{
	uint8_t key[STORE_KEY];
	size_t len = index_unique(
	    w->desk, f, parent, r->cells[f->slot].value, w->arena, key);
	uint64_t by = lookup_get(&w->claimed, bytes_of(key, len));
	bool shares;
	struct row row;
	enum err err;

	*taken = by && by != r->id;
	if (by)
		return ERR_OK;
	err = snapshot_get(
	    w->desk->snapshot, TABLE_UNIQUE, bytes_of(key, len), &row);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	err = merge_shares(w, r, index_record(row.value), &shares);
	*taken = !shares;
	return err;
}

/* Among the children of one parent and of those merged into it. */
static enum err taken_by_sibling(
    struct work *w, struct record *r, const struct field *f, bool *taken)
{
	struct alias_set set;
	struct record *parent;
	enum err err =
	    work_record(w, r->entity->parent, record_parent(r), &parent);

	if (!err)
		err = work_heir(w, parent, &parent);
	if (err || parent->is_new)
		return err ? err
			   : taken_among(w, r, f, record_parent(r), taken);
	err = alias_set(w->desk, parent->entity, parent->id, w->arena, &set);
	for (size_t i = 0; !err && !*taken && i < set.count; i++)
		err = taken_among(w, r, f, set.ids[i], taken);
	return err;
}

static enum err taken_by_other(
    struct work *w, struct record *r, const struct field *f, bool *taken)
{
	return f->index & INDEX_WITHIN && record_parent(r)
		   ? taken_by_sibling(w, r, f, taken)
		   : taken_among(w, r, f, record_parent(r), taken);
}

static bool is_claim(const struct record *r, const struct field *f)
{
	const struct cell *c = &r->cells[f->slot];
	bool returns = r->flags_before & ~r->header.flags & ROW_WITHDRAWN;

	return f->index & (INDEX_UNIQUE | INDEX_WITHIN) &&
	       ((c->was && !c->confirmed) || returns) && c->value.len;
}

/* Taken from the caller's look-ups before anything is looked at, whether or
 * not there turns out to be something to tell: a refusal tells nothing.  A
 * sealed value is told to be free too, unless a new record keeps it. */
static enum err probe_value(struct work *w, struct item *it, struct record *r,
    const struct field *f, bool *taken)
{
	struct meter *m = w->who->meter;
	enum err err = meter_take(m, QUOTA_LOOKUP, 1);

	if (!err)
		err = taken_by_other(w, r, f, taken);
	if (err || (*taken && (f->sealed || f->index & INDEX_UNIQUE)))
		return err;
	if (f->sealed)
		it->found_free += it->is_create;
	else
		meter_give_back(m, QUOTA_LOOKUP, 1);
	return ERR_OK;
}

/* That a value is taken is all that is said. */
enum err probe_unique(
    struct work *w, struct item *it, struct record *r, unsigned *duplicates)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		bool taken = false;

		if (!is_claim(r, f))
			continue;
		err = probe_value(w, it, r, f, &taken);
		if (err || !taken)
			continue;
		++*duplicates;
		findings_add(w->found, FINDING_ERROR, f->key, "unique",
		    "this value is taken; ask whoever keeps the book");
	}
	return err;
}

/* For later items, once this one holds. */
enum err probe_claim_unique(struct work *w, struct record *r)
{
	uint8_t key[STORE_KEY];
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		size_t len;

		if (!is_claim(r, f))
			continue;
		len = index_unique(w->desk, f, record_parent(r),
		    r->cells[i].value, w->arena, key);
		err = lookup_put(&w->claimed, bytes_of(key, len), r->id);
	}
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * Aliases made and taken away.  See merge.h.
 */
#include "server/data/merge.h"

#include "server/data/alias.h"
#include "server/data/index.h"

static bool may_merge(const struct item *it, unsigned relations)
{
	return relations & view_range(it->entity) &&
	       view_entity_rights(it->entity, relations) & RIGHT_MERGE;
}

static void refuse(struct work *w, const char *rule, const char *why)
{
	findings_add(w->found, FINDING_ERROR, "", rule, "%s", why);
}

static enum err merge(struct work *w, struct item *it)
{
	struct record *r = it->record, *heir = it->heir;
	unsigned relations;
	enum err err = record_relations(w->desk, w->who, heir, &relations);

	if (err)
		return err;
	if (!may_merge(it, r->relations) || !may_merge(it, relations))
		it->err = ERR_DENIED;
	else if (r == heir)
		refuse(w, "merge_self", "these two are one record already");
	else if ((r->header.flags | heir->header.flags) & ROW_WITHHELD)
		refuse(w, "merge_waiting", "one of the two is not approved");
	else if (heir->header.flags & ROW_ARCHIVED)
		refuse(w, "merge_archived",
		    "the record that stays is archived; unarchive it first");
	else
		cell_set(r, r->entity->alias_field,
		    value_pack_ref(w->arena, heir->id, record_number(heir)));
	return w->arena->err;
}

/* Into whose lists it goes back must be his as well. */
static enum err part(struct work *w, struct item *it)
{
	const struct caller *who = w->who;
	struct record *r = it->record;
	const struct entity *e = r->entity;
	unsigned after = relations_of(who->user, who->branch, r->header.branch,
	    value_ref(r->cells[e->owner_field->slot].value));

	if (!(r->header.flags & ROW_ALIAS))
		refuse(w, "merge_none", "this record is merged into no other");
	else if (!may_merge(it, r->relations) || !may_merge(it, after))
		it->err = ERR_DENIED;
	else if (it->heir->header.flags & ROW_ALIAS)
		refuse(w, "merge_later",
		    "its survivor was merged itself; undo that first");
	else
		cell_set(r, e->alias_field, BYTES_NONE);
	return ERR_OK;
}

enum err merge_apply(struct work *w, struct item *it)
{
	if (it->merging == MERGE_INTO)
		return merge(w, it);
	return it->merging == MERGE_PART ? part(w, it) : ERR_OK;
}

void merge_settle(struct record *r)
{
	const struct field *f = r->entity->alias_field;
	uint64_t heir = f ? value_ref(r->cells[f->slot].value) : 0;

	r->header.flags &= (uint8_t)~ROW_ALIAS;
	if (!heir)
		return;
	r->header.flags |= ROW_ALIAS;
	r->header.owner = heir;
}

enum err merge_shares(
    struct work *w, const struct record *r, uint64_t holder, bool *shares)
{
	struct record *other, *heir, *own = NULL;
	enum err err;

	*shares = holder == r->id;
	if (*shares || r->is_new || !r->entity->alias_field)
		return ERR_OK;
	err = work_record(w, r->entity, holder, &other);
	if (!err)
		err = work_heir(w, other, &heir);
	if (!err)
		err = work_record(w, r->entity, r->id, &own);
	if (!err)
		err = work_heir(w, own, &own);
	*shares = !err && own == heir;
	return err;
}

/* --- the heir ------------------------------------------------------------*/

static enum err has_others(struct work *w, const struct record *heir,
    const struct record *merged, bool *others)
{
	struct alias_set all, gone;
	enum err err =
	    alias_set(w->desk, heir->entity, heir->id, w->arena, &all);

	if (!err)
		err = alias_set(
		    w->desk, merged->entity, merged->id, w->arena, &gone);
	*others = !err && all.count > 1 + gone.count;
	return err;
}

static enum err check_key(struct work *w, struct record *heir,
    const struct field *f, const struct index_key *key)
{
	bool shares = true;
	struct row row;
	enum err err = ERR_OK;

	if (key->table == TABLE_UNIQUE)
		err = snapshot_get(w->desk->snapshot, key->table,
		    bytes_of(key->key, key->len), &row);
	if (!err && key->table == TABLE_UNIQUE)
		err = merge_shares(w, heir, index_record(row.value), &shares);
	if (!err && !shares)
		findings_add(w->found, FINDING_ERROR, f->key, "unique",
		    "this value is taken; ask whoever keeps the book");
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* A unique value that the heir took over goes with the one that had it. */
static enum err check_values(struct work *w, struct record *heir)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < heir->entity->field_count; i++) {
		const struct field *f = &heir->entity->fields[i];
		const struct cell *c = &heir->cells[i];
		struct index_keys keys;

		if (!(f->index & INDEX_UNIQUE) || c->was)
			continue;
		index_keys_init(&keys, w->arena);
		if (f->sealed)
			index_expand(heir, f, 0, 0, c->keys, &keys);
		else
			index_add(w->desk, heir, f, heir->header.branch, 0,
			    c->value, &keys);
		err = keys.err;
		for (size_t k = 0; !err && k < keys.count; k++)
			err = check_key(w, heir, f, &keys.list[k]);
	}
	return err;
}

enum err merge_mark(struct work *w, struct record *heir, struct record *merged)
{
	bool stays = merged->header.flags & ROW_ALIAS;
	enum err err = ERR_OK;

	if (!stays)
		err = check_values(w, heir);
	if (!err && !stays)
		err = has_others(w, heir, merged, &stays);
	if (err)
		return err;
	heir->header.flags &= (uint8_t)~ROW_JOINED;
	if (stays)
		heir->header.flags |= ROW_JOINED;
	if (!heir->is_changed)
		heir->origin = merged->origin;
	heir->is_changed = true;
	return ERR_OK;
}

void merge_plan(const struct record *r, struct plan *p)
{
	const struct field *f = r->entity->alias_field;
	const struct cell *c = f ? &r->cells[f->slot] : NULL;
	uint8_t key[ALIAS_KEY];

	if (!c || !c->was)
		return;
	if (c->was->value.len) {
		alias_key(r->entity, value_ref(c->was->value), r->id, key);
		plan_del(p, TABLE_INDEX, bytes_of(key, sizeof key));
	}
	if (c->value.len) {
		alias_key(r->entity, value_ref(c->value), r->id, key);
		plan_put(p, TABLE_INDEX, bytes_of(key, sizeof key), BYTES_NONE);
	}
}

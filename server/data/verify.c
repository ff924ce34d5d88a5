// SPDX-License-Identifier: MIT
/*
 * Verifying values against the log.  See verify.h.
 */
#include "server/data/verify.h"

#include "common/log.h"
#include "server/audit/auditlog.h"
#include "server/data/history.h"
#include "server/data/rows.h"

#define ARENA_BLOCK (256 * 1024)
#define ARENA_CAP   (64 * 1024 * 1024)

struct verifier_run {
	struct desk *desk;
	uint64_t from, to;
	struct verify_result *result;
	struct arena arena; /* of one record */
	struct history_rooms rooms;
	struct arena entry_arena; /* of the entry parsed last */
	struct entry entry;
	bool has_entry;
};

/* Versions of one plan lie together, so the last entry is often the next. */
static enum err need_entry(struct verifier_run *v, uint64_t position)
{
	enum err err;

	if (v->has_entry && v->entry.position == position)
		return ERR_OK;
	v->has_entry = false;
	arena_reset(&v->entry_arena);
	err = auditlog_entry(
	    v->desk->snapshot, position, &v->entry_arena, &v->entry);
	v->has_entry = !err;
	return err;
}

static const struct entry_record *find_written(
    const struct verifier_run *v, const struct record *r, uint32_t version)
{
	for (size_t i = 0; i < v->entry.draft.record_count; i++) {
		const struct entry_record *e = &v->entry.draft.records[i];

		if (e->id == r->id && e->entity == r->entity->id &&
		    e->version == version && e->touch == TOUCH_WRITE)
			return e;
	}
	return NULL;
}

static enum err commit_change(struct verifier_run *v, struct record *r,
    const struct history_change *c, uint32_t version, struct commitment *out)
{
	struct arena_mark mark = arena_mark(r->arena);
	struct bytes value = c->value;
	struct dek *key;
	enum err err = ERR_OK;

	if (c->sealed.len)
		err = history_unseal(
		    v->desk, r, c->field, c->version, c->sealed, &value);
	if (!err)
		err = subject_key(v->desk, r->entity, r->header.subject,
		    header_key_kind(r->entity, &r->header), &key);
	out->field = c->field->bound;
	if (!err)
		commit_value(v->desk->sealer, key, r->id, c->field->bound,
		    version, value, out->of);
	arena_rewind(r->arena, mark);
	return err;
}

/* The entry lists fields by ascending id; so does the digest. */
static enum err digest_step(struct verifier_run *v, struct record *r,
    const struct history_step *s, struct digest *root)
{
	struct commitment list[SCHEMA_FIELDS];
	size_t count = 0;
	enum err err = ERR_OK;

	for (unsigned id = 1; !err && id < SCHEMA_FIELDS; id++)
		for (unsigned i = 0; !err && i < s->change_count; i++)
			if (s->changes[i].field->id == id)
				err = commit_change(v, r, &s->changes[i],
				    s->version, &list[count++]);
	v->result->values += count;
	entry_root(list, count, root);
	return err;
}

/* What is missing or broken does not agree; what this run itself fails at, for
 * want of memory say, tells nothing of the record. */
static enum err check_step(struct verifier_run *v, struct record *r,
    const struct history_step *s, bool *agrees)
{
	const struct entry_record *e = NULL;
	struct digest root;
	enum err err = need_entry(v, s->position);

	if (!err)
		e = find_written(v, r, s->version);
	if (e && e->has_root)
		err = digest_step(v, r, s, &root);
	*agrees = !err && e && e->has_root &&
		  digest_same(root.of, e->root.of, DIGEST_SIZE);
	return err == ERR_CORRUPT || err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err verify_record(
    struct verifier_run *v, const struct entity *e, uint64_t id)
{
	struct history_walk walk;
	struct record *r;
	bool agrees;
	enum err err = record_load(v->desk, &v->arena, e, id, &r);

	if (!err)
		err = record_open(v->desk, r);
	if (!err)
		err = history_begin_long(&walk, v->desk, r, &v->rooms);
	while (!err) {
		err = history_next(&walk);
		if (err || walk.step.position < v->from ||
		    walk.step.position >= v->to)
			continue;
		v->result->rows++;
		err = check_step(v, r, &walk.step, &agrees);
		if (err || agrees)
			continue;
		v->result->bad++;
		log_error("log position %llu: a stored %s does not agree",
		    (unsigned long long)walk.step.position, e->key);
	}
	while (err == ERR_NOT_FOUND && !(err = history_skip(&walk))) {
		v->result->erased +=
		    walk.step.position >= v->from && walk.step.position < v->to;
		err = ERR_NOT_FOUND;
	}
	if (err == ERR_CORRUPT) {
		v->result->bad++;
		return ERR_OK;
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err verify_entity(struct verifier_run *v, const struct entity *e)
{
	uint64_t id, renewals = 0;
	struct rows rows;
	struct row row;
	enum err err = ERR_OK;

	rows_open(&rows, v->desk, e, 0);
	while (!err && rows_next(&rows, &id, &row)) {
		if (snapshot_renewals(v->desk->snapshot) != renewals)
			v->has_entry =
			    false; /* it borrowed of the one before */
		renewals = snapshot_renewals(v->desk->snapshot);
		arena_reset(&v->arena);
		err = verify_record(v, e, id);
	}
	enum err ended = rows_close(&rows);
	return err ? err : ended;
}

enum err verify_values(
    struct desk *d, uint64_t from, uint64_t to, struct verify_result *out)
{
	const struct schema *schema = directory_schema(d->directory);
	struct verifier_run v = {
		.desk = d, .from = from, .to = to, .result = out
	};
	enum err err = ERR_OK;

	*out = (struct verify_result){ 0 };
	arena_init(&v.arena, ARENA_BLOCK, ARENA_CAP);
	arena_init(&v.entry_arena, ARENA_BLOCK, ARENA_CAP);
	history_rooms_init(&v.rooms);
	for (unsigned i = 0; !err && i < schema->entity_count; i++)
		err = verify_entity(&v, &schema->entities[i]);
	history_rooms_release(&v.rooms);
	arena_release(&v.arena);
	arena_release(&v.entry_arena);
	return err;
}

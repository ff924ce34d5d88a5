// SPDX-License-Identifier: MIT
/*
 * Mergers and their undoing.  See merge.h.
 */
#include "server/book/merge.h"

#include "common/pack.h"
#include "server/book/merge_single.h"
#include "server/data/alias.h"
#include "server/data/history.h"
#include "server/data/merge.h"
#include "server/data/refs.h"

#define VALUES_CAP (1024 * 1024)

struct values { /* for the survivor's item */
	struct work *work;
	struct item *item;
	struct buf set, unset;
	uint32_t set_count, unset_count;
};

static struct values values_of(struct work *w)
{
	struct values v = { .work = w, .item = &w->items[1] };

	buf_init(&v.set, VALUES_CAP);
	buf_init(&v.unset, VALUES_CAP);
	return v;
}

/* A reference travels as its text, all else as it is stored. */
static void put_value(
    struct values *v, const struct field *f, struct bytes value)
{
	if (!value.len) {
		pack_raw(&v->unset, f->packed_key);
		v->unset_count++;
		return;
	}
	pack_raw(&v->set, f->packed_key);
	if (f->type == TYPE_REF)
		pack_text(&v->set, value_text(f, value));
	else
		pack_raw(&v->set, value);
	v->set_count++;
}

static struct bytes headed(struct arena *a, struct buf *of, uint32_t count,
    void (*head)(struct buf *out, uint32_t count))
{
	struct buf out;

	buf_init(&out, VALUES_CAP);
	head(&out, count);
	buf_append_bytes(&out, buf_bytes(of));
	buf_release(of);
	return buf_move(&out, a);
}

static enum err values_end(struct values *v)
{
	enum err err = v->set.err ? v->set.err : v->unset.err;

	v->item->set = headed(v->work->arena, &v->set, v->set_count, pack_map);
	v->item->unset =
	    headed(v->work->arena, &v->unset, v->unset_count, pack_array);
	return err ? err : v->work->arena->err;
}

/* The survivor's item, and what concerns both. */
static enum err finish(struct work *w)
{
	struct item *merged = &w->items[0], *heir = &w->items[1];
	enum err err = heir->err ? ERR_OK : work_apply(w, 1);

	if (err || heir->err)
		return err;
	err = merge_mark(w, merged->heir, merged->record);
	if (!err && w->found->errors)
		heir->err = ERR_DUPLICATE;
	return err;
}

/* --- merging -------------------------------------------------------------*/

static enum err take_record(
    struct work *w, struct item *it, struct record **out)
{
	struct record *found;
	enum err err = record_find_by_text(
	    w->desk, w->who, it->entity, it->id, w->arena, &found);

	if (err == ERR_NOT_FOUND)
		it->err = err;
	return err ? err : work_take(w, found, out);
}

/* It is copied and shown to nobody; still it is read. */
static enum err read_chosen(struct values *v, struct record *from,
    const struct field *f, struct bytes *out)
{
	struct work *w = v->work;
	struct grant g;
	enum err err;

	if (!view_grant(v->item->entity, from->relations,
		record_is_variant(from), f, USE_COPY, &g)) {
		v->item->err = ERR_DENIED;
		v->item->bad_field = bytes_text(f->key);
		return ERR_OK;
	}
	err = meter_take(w->who->meter, QUOTA_SEALED, f->sealed);
	return err ? err : record_value(w->desk, from, &g, out);
}

static enum err choose_one(struct values *v, struct record *from,
    struct bytes name, struct bytes whose)
{
	const struct field *f = view_field(v->item->entity, name);
	struct bytes value = BYTES_NONE;
	enum err err;

	if (!f) {
		v->item->err = ERR_UNKNOWN;
		v->item->bad_field = name;
		return ERR_OK;
	}
	if (bytes_is(whose, "survivor"))
		return ERR_OK;
	if (!bytes_is(whose, "loser")) {
		findings_add(v->work->found, FINDING_ERROR, "choose", "choice",
		    "each field is the survivor's or the loser's");
		v->item->err = ERR_INVALID;
		return ERR_OK;
	}
	err = read_chosen(v, from, f, &value);
	if (!err && !v->item->err)
		put_value(v, f, value);
	return err;
}

static enum err choose_all(
    struct work *w, struct record *from, struct bytes choose)
{
	struct values v = values_of(w);
	struct reader in = reader_of(choose);
	uint32_t left = choose.len ? read_map(&in) : 0;
	enum err err = ERR_OK, ended;

	for (; left && !err && !v.item->err && !in.err; left--) {
		struct bytes name = read_text(&in);

		err = choose_one(&v, from, name, read_text(&in));
	}
	if (!err && in.err) {
		findings_add(w->found, FINDING_ERROR, "choose", "type",
		    "choose is a map of fields: survivor or loser");
		v.item->err = ERR_INVALID;
	}
	ended = values_end(&v);
	return err ? err : ended;
}

enum err book_merge(struct work *w, struct bytes choose)
{
	struct item *merged = &w->items[0], *heir = &w->items[1];
	struct record *loser;
	enum err err = take_record(w, merged, &loser);

	if (!err)
		err = take_record(w, heir, &merged->heir);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	merged->merging = MERGE_INTO;
	err = work_apply(w, 0);
	if (err || merged->err)
		return err;
	err = choose_all(w, loser, choose);
	if (!err)
		err = finish(w);
	return err || heir->err ? err : merge_single(w, loser, merged->heir);
}

/* --- parting -------------------------------------------------------------*/

/* A record as it is stored, to look back from. */
static enum err open_stored(struct work *w, const struct record *r,
    struct record **out, struct history_walk *walk)
{
	enum err err = record_load(w->desk, w->arena, r->entity, r->id, out);

	if (!err)
		err = record_open(w->desk, *out);
	return err ? err : history_begin(walk, w->desk, *out);
}

/* Where the log has the merger. */
static enum err find_merger(
    struct work *w, const struct record *merged, uint64_t *position)
{
	const struct field *f = merged->entity->alias_field;
	struct history_walk walk;
	struct record *stored;
	enum err err = open_stored(w, merged, &stored, &walk);

	while (!err) {
		err = history_next(&walk);
		if (err || walk.step.version != stored->cells[f->slot].version)
			continue;
		*position = walk.step.position;
		return ERR_OK;
	}
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

struct look_back { /* at what the merger did to the heir */
	struct work *work;
	struct values values;
	/* By slot: what of it still stands, and goes. */
	const struct history_change **undone;
	struct record *heir, *merged; /* as they are stored */
	uint64_t *setters; /* by slot: where it was last set since; 0 */
	uint64_t at;       /* of the merger */
};

static bool is_derived(const struct field *f)
{
	return f->is_auto || f->derive.kind;
}

/* Compared by value: a later merger that was taken back set it anew. */
static enum err still_stands(
    struct look_back *b, const struct history_change *c, bool *stands)
{
	const struct cell *now = &b->heir->cells[c->field->slot];
	struct desk *d = b->work->desk;
	struct bytes then_value = c->value, now_value = now->value;
	enum err err = ERR_OK;

	if (c->sealed.len)
		err = history_unseal(
		    d, b->heir, c->field, c->version, c->sealed, &then_value);
	if (!err && now->sealed.len)
		err = history_unseal(d, b->heir, c->field, now->version,
		    now->sealed, &now_value);
	*stands = !err && bytes_equal(then_value, now_value);
	return err;
}

static enum err put_back(struct look_back *b, const struct history_change *c)
{
	struct bytes old = c->old;
	struct grant g;
	enum err err = ERR_OK;

	if (!view_grant(b->values.item->entity, b->heir->relations,
		record_is_variant(b->heir), c->field, USE_SET, &g)) {
		b->values.item->err = ERR_DENIED;
		return ERR_OK;
	}
	if (c->old_sealed.len)
		err = history_unseal(b->work->desk, b->heir, c->field,
		    c->old_version, c->old_sealed, &old);
	if (!err)
		put_value(&b->values, c->field, old);
	return err;
}

/* Did another merger into the same heir, which stands, set the value? */
static enum err is_merger(struct look_back *b, uint64_t position, bool *is)
{
	struct alias_set set;
	struct work *w = b->work;
	enum err err =
	    alias_set(w->desk, b->heir->entity, b->heir->id, w->arena, &set);

	*is = false;
	for (size_t i = 1; !err && !*is && i < set.count; i++) {
		struct record *other;
		uint64_t its;

		err = record_load(
		    w->desk, w->arena, b->heir->entity, set.ids[i], &other);
		if (err || other->header.owner != b->heir->id ||
		    other->id == b->merged->id)
			continue;
		err = find_merger(w, other, &its);
		*is = !err && its == position;
	}
	return err;
}

static enum err take_back(struct look_back *b, const struct history_change *c)
{
	bool stands, is_later = false;
	enum err err = still_stands(b, c, &stands);

	if (err)
		return err;
	if (stands) {
		b->undone[c->field->slot] = c;
		return c->rule.len ? ERR_OK : put_back(b, c);
	}
	err = is_merger(b, b->setters[c->field->slot], &is_later);
	if (is_later) {
		findings_add(b->work->found, FINDING_ERROR, "", "merge_later",
		    "its survivor was merged again since; undo that first");
		b->values.item->err = ERR_INVALID;
	}
	return err;
}

static void note_setters(struct look_back *b, const struct history_step *s)
{
	for (unsigned i = 0; i < s->change_count; i++) {
		uint64_t *setter = &b->setters[s->changes[i].field->slot];

		if (!*setter)
			*setter = s->position;
	}
}

static enum err walk_back(struct look_back *b, struct history_walk *walk)
{
	enum err err;

	for (;;) {
		err = history_next(walk);
		if (err || walk->step.position <= b->at)
			break;
		note_setters(b, &walk->step);
	}
	if (err || walk->step.position < b->at)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	for (unsigned i = 0;
	     !err && i < walk->step.change_count && !b->values.item->err; i++)
		if (!is_derived(walk->step.changes[i].field))
			err = take_back(b, &walk->step.changes[i]);
	return err;
}

static enum err look_back_begin(
    struct look_back *b, struct work *w, struct record *merged, uint64_t at)
{
	unsigned n = merged->entity->field_count;

	*b = (struct look_back){ .work = w, .merged = merged, .at = at };
	b->setters = arena_array(w->arena, n, sizeof *b->setters);
	b->undone = arena_array(w->arena, n, sizeof *b->undone);
	b->values = values_of(w);
	return b->setters && b->undone ? ERR_OK : ERR_TOO_LARGE;
}

static enum err take_back_all(struct look_back *b, struct record *heir)
{
	struct work *w = b->work;
	struct history_walk walk;
	unsigned relations;
	enum err err = record_relations(w->desk, w->who, heir, &relations);
	enum err ended;

	if (!err)
		err = open_stored(w, heir, &b->heir, &walk);
	if (!err)
		b->heir->relations = relations;
	if (!err)
		err = walk_back(b, &walk);
	ended = values_end(&b->values);
	return err ? err : ended;
}

/* What a rule made of the two of them goes, what holds of the one it will make
 * anew; and values overrule again what they did before. */
static void take_rules_back(const struct look_back *b, struct record *heir)
{
	for (unsigned i = 0; i < heir->entity->field_count; i++) {
		const struct history_change *c = b->undone[i];

		if (c && c->rule.len)
			cell_set(heir, c->field, c->old);
		if (c)
			cell_resume(heir, c->field, c->old_overruled);
	}
}

/* As it lies, and what it was merged into. */
static enum err take_merged(struct work *w, struct item *it)
{
	struct record *r;
	enum err err = record_find_alias(
	    w->desk, w->who, it->entity, it->id, w->arena, &r);

	if (err == ERR_NOT_FOUND)
		it->err = err;
	if (!err)
		err = work_take(w, r, &r);
	if (err)
		return err;
	it->heir = r;
	return r->header.flags & ROW_ALIAS
		   ? work_record(w, r->entity, r->header.owner, &it->heir)
		   : ERR_OK;
}

static void name_heir(struct work *w)
{
	char id[ID_TEXT];
	char *text;

	id_format(w->items[0].heir->id, id);
	text = arena_text(w->arena, bytes_text(id));
	w->items[1].id = text ? bytes_text(text) : BYTES_NONE;
}

enum err book_part(struct work *w)
{
	struct item *merged = &w->items[0];
	struct look_back b;
	uint64_t position;
	enum err err = take_merged(w, merged);

	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	name_heir(w);
	merged->merging = MERGE_PART;
	err = work_apply(w, 0);
	if (err || merged->err)
		return err;
	err = find_merger(w, merged->record, &position);
	if (!err)
		err = look_back_begin(&b, w, merged->record, position);
	if (!err)
		err = take_back_all(&b, merged->heir);
	if (!err)
		err = finish(w);
	if (err || w->items[1].err)
		return err;
	take_rules_back(&b, merged->heir);
	return part_single(w, merged->record, position);
}

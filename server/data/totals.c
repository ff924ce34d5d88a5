// SPDX-License-Identifier: MIT
/*
 * Derived values.  See totals.h; the formulas are the schema's.
 */
#include "server/data/totals.h"

#include "common/text.h"
#include "server/data/children.h"
#include "server/data/figures.h"
#include "server/schema/pinyin.h"

#define INITIALS_MOST 8

/* --- in the record -------------------------------------------------------*/

static enum err product(struct work *w, struct record *r, const struct field *f)
{
	struct decimal one = decimal_int(1), value = one, factor;
	struct bytes packed;

	for (unsigned i = 0; i < f->derive.from_count; i++) {
		const struct field *from = f->derive.from[i];
		enum err err = ERR_OK;

		if (!value_decimal(r->cells[from->slot].value, &factor) &&
		    !f->derive.complement[i]) {
			cell_set(r, f, BYTES_NONE);
			return ERR_OK;
		}
		if (f->derive.complement[i])
			err = decimal_sub(&one, &factor, &factor);
		if (!err)
			err = decimal_mul(&value, &factor, &value);
		if (err)
			return err;
	}
	packed = value_pack_decimal(w->arena, &value, f->places);
	if (!packed.data)
		return ERR_TOO_LARGE;
	cell_set(r, f, packed);
	return ERR_OK;
}

/* Every way to read it, one word each: a search looks inside. */
static enum err initials(
    struct work *w, struct record *r, const struct field *f)
{
	const struct field *from = f->derive.from[0];
	struct bytes key, variants[INITIALS_MOST], packed;
	struct buf text;
	size_t count;
	enum err err;

	err = text_compare_key(
	    w->arena, value_text(from, r->cells[from->slot].value), &key);
	if (err)
		return err;
	count = pinyin_initials(w->arena, key, INITIALS_MOST, variants);
	buf_init(&text, 1024);
	for (size_t i = 0; i < count; i++) {
		if (buf_bytes(&text).len + variants[i].len + 1 > f->max)
			break;
		if (i)
			buf_append_byte(&text, ' ');
		buf_append_bytes(&text, variants[i]);
	}
	packed =
	    count ? value_pack_text(w->arena, buf_bytes(&text)) : BYTES_NONE;
	buf_release(&text);
	cell_set(r, f, packed);
	return ERR_OK;
}

enum err derive_values(struct work *w, struct record *r)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];

		if (f->derive.kind == DERIVE_PRODUCT)
			err = product(w, r, f);
		else if (f->derive.kind == DERIVE_INITIALS &&
			 r->cells[f->derive.from[0]->slot].was)
			err = initials(w, r, f);
	}
	return err;
}

/* --- in ledgers ----------------------------------------------------------*/

struct cells_source {
	struct desk *desk;
	struct arena *arena;
	struct record *record;
	const struct cell *cells;
	uint8_t flags;
};

static struct cells_source as_it_is(struct work *w, struct record *r)
{
	return (struct cells_source){ w->desk, w->arena, r, r->cells,
		r->header.flags };
}

static struct bytes cell_value(void *ctx, const struct field *f)
{
	struct cells_source *s = ctx;
	struct ledger *l;

	if (f->derive.kind == DERIVE_SUM || f->derive.kind == DERIVE_LATEST)
		return record_ledger(s->desk, s->record, &l)
			   ? BYTES_NONE
			   : ledger_get(l, f->id);
	return s->cells[f->slot].value;
}

static bool counts(struct cells_source *s, const struct derive_part *part)
{
	struct value_source values = { cell_value, s };

	if (s->flags & ROW_WITHDRAWN)
		return false;
	return !part->when || condition_holds(s->record->entity, part->when,
				  &values, s->arena);
}

static struct decimal signed_by(struct decimal v, int sign)
{
	v.digits *= sign;
	return v;
}

/* Where an addend goes: to which owner, and for a figure to which month. */
struct aim {
	uint64_t owner;
	uint16_t month;
};

static struct aim aim_of(
    const struct derive_part *part, const struct cell *cells)
{
	const struct field *up = part->child->parent_field, *by = part->by;

	if (!cells)
		return (struct aim){ 0 };
	return (struct aim){ value_ref(cells[up->slot].value),
		by ? figure_month(by, cells[by->slot].value) : MONTH_NONE };
}

static enum err pass_on(struct work *w, struct record *r,
    const struct field *total, const struct decimal *by);

static enum err add_to(struct work *w, const struct field *total,
    struct aim aim, const struct decimal *by)
{
	struct decimal sum = decimal_int(0);
	struct bytes packed;
	struct record *r;
	struct ledger *l;
	enum err err;

	if (!aim.owner || !by->digits)
		return ERR_OK;
	err = work_record(w, total->entity, aim.owner, &r);
	if (!err)
		err = record_ledger(w->desk, r, &l);
	if (err)
		return err;
	if (total->derive.kind == DERIVE_MONTHS)
		return figure_add(l, total, aim.month, by, r->arena);
	value_decimal(ledger_get(l, total->id), &sum);
	err = decimal_add(&sum, by, &sum);
	if (err)
		return err;
	packed = value_pack_decimal(w->arena, &sum, total->places);
	if (!packed.data)
		return ERR_TOO_LARGE;
	err = ledger_set(l, total->id, packed);
	return err ? err : pass_on(w, r, total, by);
}

/* To one total of its parent that has `total` among its parts. */
static enum err pass_to(struct work *w, struct record *r, const struct field *f,
    const struct field *total, const struct decimal *by)
{
	struct cells_source now = as_it_is(w, r);
	enum err err = ERR_OK;

	if (f->derive.kind != DERIVE_SUM && f->derive.kind != DERIVE_MONTHS)
		return ERR_OK;
	for (unsigned k = 0; !err && k < f->derive.part_count; k++) {
		const struct derive_part *part = &f->derive.parts[k];
		struct decimal step = signed_by(*by, part->sign);

		if (part->field == total && counts(&now, part))
			err = add_to(w, f, aim_of(part, r->cells), &step);
	}
	return err;
}

/* A total that moved is itself an addend of totals further up.  Only a
 * parent has totals of its children: the schema's compiler sees to it. */
static enum err pass_on(struct work *w, struct record *r,
    const struct field *total, const struct decimal *by)
{
	const struct entity *owner = r->entity->parent;
	enum err err = ERR_OK;

	for (unsigned i = 0; owner && !err && i < owner->field_count; i++)
		err = pass_to(w, r, &owner->fields[i], total, by);
	for (unsigned i = 0; owner && !err && i < owner->figure_count; i++)
		err = pass_to(w, r, &owner->figures[i], total, by);
	return err;
}

static struct decimal addend(
    struct cells_source *s, const struct derive_part *part)
{
	struct decimal v = decimal_int(0);

	if (!s->cells || !counts(s, part))
		return v;
	if (!part->field)
		return decimal_int(1);
	value_decimal(cell_value(s, part->field), &v);
	return signed_by(v, part->sign);
}

static enum err move_sum(struct work *w, const struct field *f,
    const struct derive_part *part, struct cells_source *before,
    struct cells_source *after)
{
	struct aim from = aim_of(part, before->cells);
	struct aim to = aim_of(part, after->cells);
	struct decimal old = addend(before, part), new = addend(after, part);
	enum err err;

	if (from.owner == to.owner && from.month == to.month) {
		err = decimal_sub(&new, &old, &new);
		return err ? err : add_to(w, f, to, &new);
	}
	old = signed_by(old, -1);
	err = add_to(w, f, from, &old);
	return err ? err : add_to(w, f, to, &new);
}

/* --- the latest ----------------------------------------------------------*/

struct latest { /* of the children of one owner */
	struct work *work;
	const struct derive_part *part;
	const struct field *up;
	uint64_t owner;
	struct bytes value;
	struct children *walk; /* in which they are met; NULL: none */
};

/* What this child has to say of that owner; none if nothing. */
static struct bytes candidate(struct cells_source *s,
    const struct derive_part *part, const struct field *up, uint64_t owner)
{
	if (!s->cells || value_ref(s->cells[up->slot].value) != owner ||
	    !counts(s, part))
		return BYTES_NONE;
	return s->cells[part->field->slot].value;
}

static bool is_later(const struct field *f, struct bytes a, struct bytes b)
{
	return a.len && (!b.len || value_compare(f, a, b) > 0);
}

static void meet(struct latest *l, struct record *child)
{
	struct cells_source now = as_it_is(l->work, child);
	struct bytes value = candidate(&now, l->part, l->up, l->owner);

	if (is_later(l->part->field, value, l->value))
		l->value = arena_copy(l->work->arena, value);
}

/* Newest first, the first stored one that says anything says it all. */
static enum err meet_child(void *ctx, struct record *child)
{
	struct latest *l = ctx;
	struct cells_source now = as_it_is(l->work, child);

	l->walk->is_enough = candidate(&now, l->part, l->up, l->owner).len;
	meet(l, child);
	return ERR_OK;
}

/* Anew, among all children of every kind. */
static enum err find_latest(struct latest *l, const struct field *f)
{
	struct children children = { .desk = l->work->desk,
		.work = l->work,
		.owner = l->owner,
		.call = meet_child,
		.ctx = l };
	enum err err = ERR_OK;

	l->walk = &children;
	for (unsigned k = 0; !err && k < f->derive.part_count; k++) {
		l->part = &f->derive.parts[k];
		l->up = l->part->field->entity->parent_field;
		children.up = l->up;
		children.newest_first =
		    l->up->index & INDEX_TIMED &&
		    l->part->field == l->part->child->time_field;
		if (l->up->index & INDEX_PLAIN)
			err = children_each(&children);
	}
	return err;
}

/* Forward by comparison; back only if the one that stood there went. */
static enum err move_latest_of(struct work *w, const struct field *f,
    const struct derive_part *part, uint64_t id, struct cells_source *before,
    struct cells_source *after)
{
	struct latest l = { .work = w,
		.part = part,
		.up = after->record->entity->parent_field,
		.owner = id };
	struct bytes old = candidate(before, part, l.up, id);
	struct bytes stands;
	struct record *owner;
	struct ledger *ledger;
	enum err err = work_record(w, f->entity, id, &owner);

	if (!err)
		err = record_ledger(w->desk, owner, &ledger);
	if (err)
		return err;
	stands = ledger_get(ledger, f->id);
	meet(&l, after->record);
	if (old.len && !is_later(part->field, stands, old) &&
	    is_later(part->field, stands, l.value))
		err = find_latest(&l, f);
	else if (!is_later(part->field, l.value, stands))
		return ERR_OK;
	if (!l.value.len)
		l.value = bytes_text("");
	return err ? err : ledger_set(ledger, f->id, l.value);
}

static enum err move_latest(struct work *w, const struct field *f,
    const struct derive_part *part, struct cells_source *before,
    struct cells_source *after)
{
	const struct field *up = after->record->entity->parent_field;
	uint64_t from =
	    before->cells ? value_ref(before->cells[up->slot].value) : 0;
	uint64_t to = value_ref(after->cells[up->slot].value);
	enum err err = ERR_OK;

	if (from && from != to)
		err = move_latest_of(w, f, part, from, before, after);
	return err || !to ? err : move_latest_of(w, f, part, to, before, after);
}

static enum err move_field(struct work *w, const struct field *f,
    struct cells_source *before, struct cells_source *after)
{
	enum err err = ERR_OK;

	for (unsigned k = 0; !err && k < f->derive.part_count; k++) {
		const struct derive_part *part = &f->derive.parts[k];

		if (part->child != after->record->entity)
			continue;
		err = f->derive.kind == DERIVE_LATEST
			  ? move_latest(w, f, part, before, after)
			  : move_sum(w, f, part, before, after);
	}
	return err;
}

bool totals_count(struct desk *d, struct record *r, const struct cell *cells,
    const struct derive_part *part)
{
	struct cells_source s = { d, r->arena, r, cells,
		cells == r->cells ? r->header.flags : r->flags_before };

	return cells && counts(&s, part);
}

enum err totals_keep(struct work *w, struct record *r,
    const struct cell *before, struct moved *out)
{
	const struct entity *e = r->entity;
	enum err err = ERR_OK;

	out->before = before;
	out->count = 0;
	while (!err && e->parent && out->count < TOTALS_ABOVE) {
		struct record *up;
		struct ledger *l;

		e = e->parent;
		err = work_record(w, e, record_parent(r), &up);
		if (!err)
			err = record_ledger(w->desk, up, &l);
		if (err)
			break;
		out->above[out->count].record = up;
		out->above[out->count++].was = *l;
		r = up;
	}
	return err;
}

void totals_put_back(const struct moved *m)
{
	for (unsigned i = 0; i < m->count; i++)
		*m->above[i].record->ledger = m->above[i].was;
}

enum err derive_totals(
    struct work *w, struct record *r, const struct cell *before)
{
	const struct entity *owner = r->entity->parent;
	struct cells_source was = { w->desk, w->arena, r, before,
		r->flags_before };
	struct cells_source now = as_it_is(w, r);
	enum err err = ERR_OK;

	for (unsigned i = 0; owner && !err && i < owner->field_count; i++) {
		const struct field *f = &owner->fields[i];

		if (f->derive.kind == DERIVE_SUM ||
		    f->derive.kind == DERIVE_LATEST)
			err = move_field(w, f, &was, &now);
	}
	for (unsigned i = 0; owner && !err && i < owner->figure_count; i++)
		err = move_field(w, &owner->figures[i], &was, &now);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * Derived values.  See totals.h; the formulas are the schema's.
 */
#include "server/data/totals.h"

#include "common/text.h"
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
			 r->cells[f->derive.from[0]->slot].changed)
			err = initials(w, r, f);
	}
	return err;
}

/* --- in ledgers ----------------------------------------------------------*/

struct cells_source {
	struct work *work;
	struct record *record;
	const struct cell *cells;
};

static struct bytes cell_value(void *ctx, const struct field *f)
{
	struct cells_source *s = ctx;
	struct ledger *l;

	if (f->derive.kind == DERIVE_SUM || f->derive.kind == DERIVE_LATEST)
		return record_ledger(s->work->desk, s->record, &l)
			   ? BYTES_NONE
			   : ledger_get(l, f->id);
	return s->cells[f->slot].value;
}

static bool counts(struct cells_source *s, const struct derive_part *part)
{
	struct value_source values = { cell_value, s };

	return !part->when || condition_holds(s->record->entity, part->when,
				  &values, s->work->arena);
}

/* The reference of `child` to the entity that keeps the total. */
static const struct field *way_up(
    const struct entity *child, const struct entity *owner)
{
	if (child->parent == owner && child->parent_field)
		return child->parent_field;
	for (unsigned i = 0; i < child->field_count; i++)
		if (child->fields[i].ref == owner)
			return &child->fields[i];
	return NULL;
}

static enum err pass_on(struct work *w, struct record *r,
    const struct field *total, const struct decimal *by);

static enum err add_to(struct work *w, const struct field *total,
    uint64_t owner, const struct decimal *by)
{
	struct decimal sum = decimal_int(0);
	struct record *r;
	struct ledger *l;
	enum err err;

	if (!owner || !by->digits)
		return ERR_OK;
	err = work_record(w, total->entity, owner, &r);
	if (!err)
		err = record_ledger(w->desk, r, &l);
	if (err)
		return err;
	value_decimal(ledger_get(l, total->id), &sum);
	err = decimal_add(&sum, by, &sum);
	if (!err)
		err = ledger_set(l, total->id,
		    value_pack_decimal(w->arena, &sum, total->places));
	return err ? err : pass_on(w, r, total, by);
}

static struct decimal signed_by(struct decimal v, int sign)
{
	v.digits *= sign;
	return v;
}

/* A total that moved is itself an addend of totals further up. */
static enum err pass_on(struct work *w, struct record *r,
    const struct field *total, const struct decimal *by)
{
	const struct schema *schema = directory_schema(w->desk->directory);
	struct cells_source now = { w, r, r->cells };
	enum err err = ERR_OK;

	for (unsigned e = 0; e < schema->entity_count; e++) {
		const struct entity *owner = &schema->entities[e];

		for (unsigned i = 0; !err && i < owner->field_count; i++) {
			const struct field *f = &owner->fields[i];

			for (unsigned k = 0; f->derive.kind == DERIVE_SUM &&
					     !err && k < f->derive.part_count;
			     k++) {
				const struct derive_part *part =
				    &f->derive.parts[k];
				const struct field *up =
				    way_up(r->entity, owner);
				struct decimal step =
				    signed_by(*by, part->sign);

				if (part->field == total && up &&
				    counts(&now, part))
					err = add_to(w, f,
					    value_ref(r->cells[up->slot].value),
					    &step);
			}
		}
	}
	return err;
}

static struct decimal addend(
    struct cells_source *s, const struct derive_part *part)
{
	struct decimal v = decimal_int(0);

	if (s->cells && counts(s, part))
		value_decimal(cell_value(s, part->field), &v);
	return signed_by(v, part->sign);
}

static enum err move_sum(struct work *w, const struct field *f,
    const struct derive_part *part, struct cells_source *before,
    struct cells_source *after)
{
	const struct field *up = way_up(after->record->entity, f->entity);
	uint64_t from =
	    before->cells ? value_ref(before->cells[up->slot].value) : 0;
	uint64_t to = value_ref(after->cells[up->slot].value);
	struct decimal old = addend(before, part), new = addend(after, part);
	enum err err;

	if (from == to) {
		err = decimal_sub(&new, &old, &new);
		return err ? err : add_to(w, f, to, &new);
	}
	old = signed_by(old, -1);
	err = add_to(w, f, from, &old);
	return err ? err : add_to(w, f, to, &new);
}

/* Only forward: the latest date stays when an older record is corrected. */
static enum err move_latest(struct work *w, const struct field *f,
    const struct derive_part *part, struct cells_source *after)
{
	const struct field *up = way_up(after->record->entity, f->entity);
	struct bytes value = after->cells[part->field->slot].value;
	struct record *owner;
	struct ledger *l;
	enum err err;

	if (!value.len || !counts(after, part))
		return ERR_OK;
	err = work_record(
	    w, f->entity, value_ref(after->cells[up->slot].value), &owner);
	if (!err)
		err = record_ledger(w->desk, owner, &l);
	if (err)
		return err;
	if (ledger_get(l, f->id).len &&
	    value_compare(part->field, ledger_get(l, f->id), value) >= 0)
		return ERR_OK;
	return ledger_set(l, f->id, arena_copy(w->arena, value));
}

static enum err move_field(struct work *w, const struct field *f,
    struct cells_source *before, struct cells_source *after)
{
	enum err err = ERR_OK;

	for (unsigned k = 0; !err && k < f->derive.part_count; k++) {
		const struct derive_part *part = &f->derive.parts[k];

		if (part->field->entity != after->record->entity)
			continue;
		err = f->derive.kind == DERIVE_SUM
			  ? move_sum(w, f, part, before, after)
			  : move_latest(w, f, part, after);
	}
	return err;
}

enum err derive_totals(
    struct work *w, struct record *r, const struct cell *before)
{
	const struct schema *schema = directory_schema(w->desk->directory);
	struct cells_source was = { w, r, before };
	struct cells_source now = { w, r, r->cells };
	enum err err = ERR_OK;

	for (unsigned e = 0; e < schema->entity_count; e++) {
		const struct entity *owner = &schema->entities[e];

		for (unsigned i = 0; !err && i < owner->field_count; i++) {
			const struct field *f = &owner->fields[i];

			if (f->derive.kind == DERIVE_SUM ||
			    f->derive.kind == DERIVE_LATEST)
				err = move_field(w, f, &was, &now);
		}
	}
	return err;
}

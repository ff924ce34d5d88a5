// SPDX-License-Identifier: MIT
/*
 * Figures of a record and of all that were merged into it, as one.
 *
 * Each keeps a ledger row of its own, which its own children move, so that
 * taking a merger back gives each what is its; whoever reads gets the sum.
 * A united ledger is never written.  record_united() is record.h's,
 * work_united() work.h's.
 */
#include "server/data/alias.h"
#include "server/data/figures.h"
#include "server/data/work.h"

static enum err add_sum(struct ledger *to, const struct field *f,
    struct bytes value, struct arena *a)
{
	struct decimal sum = decimal_int(0), other = decimal_int(0);
	struct bytes packed;
	enum err err;

	value_decimal(ledger_get(to, f->id), &sum);
	value_decimal(value, &other);
	err = decimal_add(&sum, &other, &sum);
	if (err)
		return err;
	packed = value_pack_decimal(a, &sum, f->places);
	return packed.data ? ledger_set(to, f->id, packed) : ERR_TOO_LARGE;
}

static enum err add_latest(
    struct ledger *to, const struct field *f, struct bytes value)
{
	struct bytes stands = ledger_get(to, f->id);

	if (!value.len || (stands.len && value_compare(f, value, stands) <= 0))
		return ERR_OK;
	return ledger_set(to, f->id, value);
}

static enum err add_months(struct ledger *to, const struct field *figure,
    const struct ledger *from, struct arena *a)
{
	struct bytes rest = figure_of(from, figure);
	struct decimal value;
	uint16_t month;
	enum err err = ERR_OK;

	while (!err && figure_next(&rest, &month, &value))
		err = figure_add(to, figure, month, &value, a);
	return err;
}

/* Counters give numbers and are each one's own. */
static enum err add_ledger(const struct entity *e, struct ledger *to,
    const struct ledger *from, struct arena *a)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < from->total_count; i++) {
		const struct total *t = &from->totals[i];
		const struct field *f =
		    t->field < LEDGER_COUNTER ? e->by_id[t->field] : NULL;

		if (f && f->derive.kind == DERIVE_SUM)
			err = add_sum(to, f, t->value, a);
		else if (f)
			err = add_latest(to, f, t->value);
	}
	for (unsigned i = 0; !err && i < e->figure_count; i++)
		err = add_months(to, &e->figures[i], from, a);
	to->absent &= from->absent;
	return err;
}

static enum err copy_own(
    struct desk *d, struct record *r, struct arena *a, struct ledger **out)
{
	struct ledger *own;
	enum err err = record_ledger(d, r, &own);

	if (err)
		return err;
	*out = arena_alloc(a, sizeof **out);
	if (!*out)
		return ERR_TOO_LARGE;
	**out = *own;
	return ERR_OK;
}

/* --- as stored -----------------------------------------------------------*/

static enum err add_stored(
    struct desk *d, struct record *r, uint64_t id, struct ledger *to)
{
	struct record *merged;
	struct ledger *l;
	enum err err = record_load(d, r->arena, r->entity, id, &merged);

	if (!err)
		err = record_ledger(d, merged, &l);
	return err ? err : add_ledger(r->entity, to, l, r->arena);
}

static enum err unite(struct desk *d, struct record *r)
{
	struct alias_set set;
	struct ledger *all;
	enum err err = alias_set(d, r->entity, r->id, r->arena, &set);

	if (!err)
		err = copy_own(d, r, r->arena, &all);
	for (size_t i = 1; !err && i < set.count; i++)
		err = add_stored(d, r, set.ids[i], all);
	if (!err)
		r->united = all;
	return err;
}

enum err record_united(
    struct desk *d, struct record *r, const struct ledger **out)
{
	struct ledger *own;
	enum err err = ERR_OK;

	if (!(r->header.flags & ROW_JOINED)) {
		err = record_ledger(d, r, &own);
		*out = own;
		return err;
	}
	if (!r->united)
		err = unite(d, r);
	*out = r->united;
	return err;
}

/* --- in a work -----------------------------------------------------------*/

enum err work_heir(struct work *w, struct record *r, struct record **out)
{
	enum err err = ERR_OK;

	for (*out = r; !err && (*out)->header.flags & ROW_ALIAS;)
		err = work_record(w, r->entity, (*out)->header.owner, out);
	return err;
}

static enum err is_of(
    struct work *w, struct record *r, struct record *heir, bool *is)
{
	enum err err = ERR_OK;

	*is = r->entity == heir->entity;
	if (*is)
		err = work_heir(w, r, &r);
	*is = !err && r == heir;
	return err;
}

/* All that are merged into it in the store come into the work first, so that
 * what this work merges or parts is seen as it will be.  Each that comes in
 * brings its own. */
static enum err take_in(struct work *w, struct record *heir)
{
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < w->record_count; i++) {
		struct record *r = w->records[i], *merged;
		struct alias_set set = { .count = 0 };
		bool is;

		err = is_of(w, r, heir, &is);
		if (!err && is && !r->is_new)
			err = alias_set(
			    w->desk, r->entity, r->id, w->arena, &set);
		for (size_t k = 1; !err && k < set.count; k++)
			err = work_record(w, r->entity, set.ids[k], &merged);
	}
	return err;
}

static enum err add_at_hand(
    struct work *w, struct record *heir, struct record *r, struct ledger *to)
{
	struct ledger *l;
	bool is;
	enum err err = is_of(w, r, heir, &is);

	if (err || !is || r == heir)
		return err;
	err = record_ledger(w->desk, r, &l);
	return err ? err : add_ledger(r->entity, to, l, w->arena);
}

enum err work_united(
    struct work *w, struct record *r, const struct ledger **out)
{
	struct ledger *all;
	enum err err;

	if (!(r->header.flags & ROW_JOINED))
		return record_united(w->desk, r, out);
	err = take_in(w, r);
	if (!err)
		err = copy_own(w->desk, r, w->arena, &all);
	for (size_t i = 0; !err && i < w->record_count; i++)
		err = add_at_hand(w, r, w->records[i], all);
	*out = err ? NULL : all;
	return err;
}

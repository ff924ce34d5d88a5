// SPDX-License-Identifier: MIT
/*
 * One line, and all of them.  See dues.h.
 */
#include "server/book/dues.h"

#include <stdlib.h>

#include "common/date.h"
#include "common/log.h"
#include "server/data/figures.h"
#include "server/data/totals.h"

#define DUES_MOST    200000
#define DUES_FIRST   64
#define NUMBERS_STEP (64 * 1024)
#define NUMBERS_MOST (32 * 1024 * 1024)

/* --- one line ------------------------------------------------------------*/

static bool read_day(
    const struct record *r, const struct field *f, int32_t *day)
{
	struct bytes date = f ? record_plain(r, f) : BYTES_NONE;

	return date.len && !date_parse(value_text(f, date), day);
}

static enum err amount_of(struct dues *d, const struct derive_part *part,
    struct record *child, struct decimal *out)
{
	const struct field *f = part->field;
	struct ledger *l;
	enum err err = ERR_OK;

	*out = decimal_int(0);
	if (f->derive.kind == DERIVE_SUM) {
		err = record_ledger(d->desk, child, &l);
		if (!err)
			value_decimal(ledger_get(l, f->id), out);
	} else
		value_decimal(record_plain(child, f), out);
	out->digits *= part->sign;
	return err;
}

static struct due *new_line(struct dues *d)
{
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : DUES_FIRST;
		d->list = must_grow(d->list, d->room * sizeof *d->list);
	}
	return &d->list[d->count++];
}

static void read_names(struct dues *d, const struct field *names,
    const struct record *child, struct due *l)
{
	struct bytes ref = names ? record_plain(child, names) : BYTES_NONE;

	if (!ref.len)
		return;
	l->names = value_ref(ref);
	l->names_number = arena_copy(&d->arena, value_text(names, ref));
}

enum err dues_take(struct dues *d, unsigned at, struct record *child)
{
	const struct derive_part *part = &d->credit->exposure->derive.parts[at];
	struct due l = { .part = part, .id = child->id };
	enum err err;

	if (!totals_count(d->desk, child, child->cells, part) ||
	    !read_day(child, part->by, &l.date))
		return ERR_OK;
	if (d->count == DUES_MOST)
		return ERR_TOO_LARGE;
	err = amount_of(d, part, child, &l.amount);
	if (err)
		return err;
	if (!read_day(child, part->due, &l.day))
		l.day = l.date + (int32_t)d->days;
	l.number = arena_copy(&d->arena, record_number(child));
	read_names(d, d->credit->pays[at], child, &l);
	*new_line(d) = l;
	return d->arena.err;
}

/* --- their order ---------------------------------------------------------*/

/* Numbers count up, and grow longer. */
static int by_number(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len ? memcmp(a.data, b.data, a.len) : 0;
}

int dues_compare(const void *a, const void *b)
{
	const struct due *x = a, *y = b;
	int order;

	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	if (x->part->sign != y->part->sign)
		return y->part->sign - x->part->sign;
	order = by_number(x->number, y->number);
	if (order)
		return order;
	return (x->id > y->id) - (x->id < y->id);
}

void dues_sort(struct dues *d, size_t first)
{
	if (d->count > first + 1)
		qsort(d->list + first, d->count - first, sizeof *d->list,
		    dues_compare);
}

/* --- all of them ---------------------------------------------------------*/

struct gathering {
	struct dues *dues;
	unsigned part;
};

static enum err take(void *ctx, struct record *child)
{
	struct gathering *g = ctx;

	return dues_take(g->dues, g->part, child);
}

static enum err gather_part(struct dues *d, unsigned part)
{
	struct gathering g = { d, part };
	struct children children = { .desk = d->desk,
		.up =
		    d->credit->exposure->derive.parts[part].child->parent_field,
		.owner = d->customer->id,
		.with_merged = true,
		.call = take,
		.ctx = &g };

	return children_each(&children);
}

enum err dues_gather(struct dues *d)
{
	enum err err = ERR_OK;

	d->is_whole = true;
	d->count = 0;
	for (unsigned i = 0; !err && i < d->credit->exposure->derive.part_count;
	     i++)
		err = gather_part(d, i);
	if (!err)
		dues_sort(d, 0);
	return err;
}

/* --- life ----------------------------------------------------------------*/

static int64_t days_of(const struct record *r, const struct field *f)
{
	struct reader in = reader_of(f ? record_plain(r, f) : BYTES_NONE);

	return f && record_plain(r, f).len ? read_int(&in) : 0;
}

/* A line that is in no month would be in none of the sums. */
static enum err has_all_by_month(const struct dues *d, bool *has)
{
	const struct field *exposure = d->credit->exposure;
	struct decimal owed = decimal_int(0), sum;
	enum err err = ERR_OK;

	value_decimal(ledger_get(d->figures, exposure->id), &owed);
	for (unsigned i = 0; !err && i < exposure->derive.part_count; i++) {
		err = figure_sum(d->figures, d->credit->kept[i], MONTH_FIRST,
		    MONTH_LAST, &sum);
		sum.digits *= exposure->derive.parts[i].sign;
		if (!err)
			err = decimal_sub(&owed, &sum, &owed);
	}
	*has = !owed.digits;
	return err;
}

/* Loaded anew: the one that was given may be in a work that moved his. */
static enum err load_figures(struct dues *d)
{
	struct record *stored;
	enum err err = record_load(
	    d->desk, &d->arena, d->customer->entity, d->customer->id, &stored);

	if (!err)
		err = alias_set(
		    d->desk, stored->entity, stored->id, &d->arena, &d->owners);
	return err ? err : record_united(d->desk, stored, &d->figures);
}

enum err dues_begin(struct dues *d, struct desk *desk, struct record *customer)
{
	const struct credit *credit = customer->entity->credit;
	bool has = false;
	enum err err = ERR_OK;

	*d = (struct dues){ .desk = desk,
		.customer = customer,
		.credit = credit,
		.days = days_of(customer, credit->days) };
	arena_init(&d->arena, NUMBERS_STEP, NUMBERS_MOST);
	d->is_whole = customer->is_new; /* nothing of him is stored */
	if (d->is_whole)
		return ERR_OK;
	if (credit->is_kept)
		err = load_figures(d);
	if (!err && d->figures)
		err = has_all_by_month(d, &has);
	return err || has ? err : dues_gather(d);
}

void dues_release(struct dues *d)
{
	arena_release(&d->arena);
	free(d->list);
}

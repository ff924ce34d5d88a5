// SPDX-License-Identifier: MIT
/*
 * Gathering the lines, and what pays what.  See dues.h.
 */
#include "server/book/dues.h"

#include <stdlib.h>

#include "common/date.h"
#include "common/log.h"
#include "server/data/totals.h"

#define DUES_MOST    200000
#define DUES_FIRST   64
#define DAY_MS       86400000
#define NUMBERS_STEP (64 * 1024)
#define NUMBERS_MOST (32 * 1024 * 1024)

struct gathering {
	struct dues *dues;
	const struct derive_part *part;
	const struct field *names; /* the part's reference to an order; NULL */
};

/* --- one line ------------------------------------------------------------*/

static bool read_day(
    const struct record *r, const struct field *f, int32_t *day)
{
	struct bytes date = f ? record_plain(r, f) : BYTES_NONE;

	return date.len && !date_parse(value_text(f, date), day);
}

static enum err amount_of(
    struct gathering *g, struct record *child, struct decimal *out)
{
	const struct field *f = g->part->field;
	struct ledger *l;
	enum err err = ERR_OK;

	*out = decimal_int(0);
	if (f->derive.kind == DERIVE_SUM) {
		err = record_ledger(g->dues->desk, child, &l);
		if (!err)
			value_decimal(ledger_get(l, f->id), out);
	} else
		value_decimal(record_plain(child, f), out);
	out->digits *= g->part->sign;
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

static void read_names(
    struct gathering *g, const struct record *child, struct due *l)
{
	struct bytes ref =
	    g->names ? record_plain(child, g->names) : BYTES_NONE;

	if (!ref.len)
		return;
	l->names = value_ref(ref);
	l->names_number =
	    arena_copy(&g->dues->arena, value_text(g->names, ref));
}

static enum err take(void *ctx, struct record *child)
{
	struct gathering *g = ctx;
	struct dues *d = g->dues;
	struct due l = { .part = g->part, .id = child->id };
	enum err err;

	if (!totals_count(d->desk, child, child->cells, g->part) ||
	    !read_day(child, g->part->by, &l.date))
		return ERR_OK;
	if (d->count == DUES_MOST)
		return ERR_TOO_LARGE;
	err = amount_of(g, child, &l.amount);
	if (err)
		return err;
	if (!read_day(child, g->part->due, &l.day))
		l.day = l.date + (int32_t)d->days;
	l.number = arena_copy(&d->arena, record_number(child));
	read_names(g, child, &l);
	*new_line(d) = l;
	return d->arena.err;
}

/* --- all of them ---------------------------------------------------------*/

/* Which order it is about: the reference to a child that is a promise. */
static const struct field *order_field(
    const struct derive *all, const struct entity *e)
{
	for (unsigned i = 0; i < e->field_count; i++)
		for (unsigned k = 0; k < all->part_count; k++)
			if (all->parts[k].sign > 0 && e->fields[i].ref &&
			    e->fields[i].ref == all->parts[k].child)
				return &e->fields[i];
	return NULL;
}

static enum err gather_part(struct dues *d, const struct derive_part *part)
{
	struct gathering g = { d, part,
		part->sign > 0
		    ? NULL
		    : order_field(&d->credit->exposure->derive, part->child) };
	struct children children = { .desk = d->desk,
		.up = part->child->parent_field,
		.owner = d->customer->id,
		.with_merged = true,
		.since = d->is_since,
		.from_ms = (int64_t)d->since * DAY_MS,
		.call = take,
		.ctx = &g };

	return children_each(&children);
}

/* Numbers count up, and grow longer. */
static int by_number(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len ? memcmp(a.data, b.data, a.len) : 0;
}

/* A day's orders before what pays them. */
static int in_order(const void *a, const void *b)
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

static int64_t days_of(const struct record *r, const struct field *f)
{
	struct reader in = reader_of(f ? record_plain(r, f) : BYTES_NONE);

	return f && record_plain(r, f).len ? read_int(&in) : 0;
}

static void begin(struct dues *d, struct desk *desk, struct record *customer)
{
	const struct credit *credit = customer->entity->credit;

	*d = (struct dues){ .desk = desk,
		.customer = customer,
		.credit = credit,
		.days = days_of(customer, credit->days) };
	arena_init(&d->arena, NUMBERS_STEP, NUMBERS_MOST);
}

static enum err gather(struct dues *d)
{
	const struct derive *all = &d->credit->exposure->derive;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < all->part_count; i++)
		err = gather_part(d, &all->parts[i]);
	if (!err && d->count > 1)
		qsort(d->list, d->count, sizeof *d->list, in_order);
	return err;
}

enum err dues_gather(struct dues *d, struct desk *desk, struct record *customer)
{
	begin(d, desk, customer);
	return gather(d);
}

/* Is each line found by its date, and none without one? */
static bool is_timed(const struct derive *all)
{
	for (unsigned i = 0; i < all->part_count; i++) {
		const struct derive_part *part = &all->parts[i];

		if (!(part->child->parent_field->index & INDEX_TIMED) ||
		    part->by != part->child->time_field || !part->by->required)
			return false;
	}
	return true;
}

enum err dues_gather_since(
    struct dues *d, struct desk *desk, struct record *customer, int32_t day)
{
	const struct field *exposure = customer->entity->credit->exposure;
	const struct ledger *figures;
	enum err err;

	begin(d, desk, customer);
	d->is_since = is_timed(&exposure->derive);
	d->since = day;
	err = gather(d);
	if (err || !d->is_since)
		return err;
	err = record_united(desk, customer, &figures);
	if (!err)
		value_decimal(ledger_get(figures, exposure->id), &d->before);
	for (size_t i = 0; !err && i < d->count; i++)
		err = decimal_sub(&d->before, &d->list[i].amount, &d->before);
	return err;
}

void dues_release(struct dues *d)
{
	arena_release(&d->arena);
	free(d->list);
}

/* --- what pays what ------------------------------------------------------*/

struct settling {
	struct due **orders; /* by id */
	size_t count;
};

static int by_id(const void *a, const void *b)
{
	const struct due *x = *(struct due *const *)a;
	const struct due *y = *(struct due *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

static struct due *order_of(const struct settling *s, uint64_t id)
{
	struct due key = { .id = id }, *at = &key, **found;

	if (!id || !s->count)
		return NULL;
	found = bsearch(&at, s->orders, s->count, sizeof at, by_id);
	return found ? *found : NULL;
}

/* As much of the payment as the order takes. */
static enum err pay(struct due *order, struct due *payment)
{
	struct decimal sum, nothing = decimal_int(0);
	enum err err = decimal_add(&order->open, &payment->open, &sum);
	bool is_more = decimal_compare(&sum, &nothing) < 0;

	if (err)
		return err;
	order->open = is_more ? nothing : sum;
	payment->open = is_more ? sum : nothing;
	return ERR_OK;
}

/* What names an order goes first, so that it pays that one. */
static enum err pay_named(struct dues *d, size_t count, struct settling *s)
{
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < count; i++) {
		struct due *order = due_is_order(&d->list[i])
					? NULL
					: order_of(s, d->list[i].names);

		if (order)
			err = pay(order, &d->list[i]);
	}
	return err;
}

/* Both lists are in order of their dates: each is walked once. */
static enum err pay_oldest(struct dues *d, size_t count)
{
	size_t order = 0;
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < count; i++) {
		struct due *payment = &d->list[i];

		if (due_is_order(payment))
			continue;
		while (!err && payment->open.digits && order < count) {
			if (due_is_order(&d->list[order]) &&
			    d->list[order].open.digits)
				err = pay(&d->list[order], payment);
			if (payment->open.digits)
				order++;
		}
	}
	return err;
}

enum err dues_settle(struct dues *d, int32_t at)
{
	struct settling s = { .count = 0 };
	size_t count = 0;
	enum err err;

	s.orders = must_alloc((d->count + 1) * sizeof *s.orders);
	while (count < d->count && d->list[count].date <= at) {
		struct due *l = &d->list[count++];

		l->open = l->amount;
		if (due_is_order(l))
			s.orders[s.count++] = l;
	}
	if (s.count > 1)
		qsort(s.orders, s.count, sizeof *s.orders, by_id);
	err = pay_named(d, count, &s);
	if (!err)
		err = pay_oldest(d, count);
	free(s.orders);
	return err;
}

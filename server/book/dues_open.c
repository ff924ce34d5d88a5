// SPDX-License-Identifier: MIT
/*
 * What pays what, and so what is open.
 *
 * Each order is paid by what names it, and the oldest of them by all the rest.
 * So what is open adds up to what he owes, and is what is left of the newest
 * orders: those are walked back until they cover it.  A payment that names an
 * order is found by that reference.  With all lines at hand it is done as it
 * is said, and comes out the same.
 */
#include <stdlib.h>

#include "common/log.h"
#include "server/book/dues_days.h"

/* Of the list, up to and with that day. */
static size_t count_until(const struct dues *d, int32_t at)
{
	size_t count = 0;

	while (count < d->count && d->list[count].date <= at)
		count++;
	return count;
}

/* --- with all at hand ----------------------------------------------------*/

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
static enum err pay_named(struct dues *d, struct settling *s)
{
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < d->count; i++) {
		struct due *order = due_is_order(&d->list[i])
					? NULL
					: order_of(s, d->list[i].names);

		if (order)
			err = pay(order, &d->list[i]);
	}
	return err;
}

/* Both lists are in order of their dates: each is walked once. */
static enum err pay_oldest(struct dues *d)
{
	size_t order = 0;
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < d->count; i++) {
		struct due *payment = &d->list[i];

		if (due_is_order(payment))
			continue;
		while (!err && payment->open.digits && order < d->count) {
			if (due_is_order(&d->list[order]) &&
			    d->list[order].open.digits)
				err = pay(&d->list[order], payment);
			if (payment->open.digits)
				order++;
		}
		if (!err)
			err = decimal_sub(
			    &d->unallocated, &payment->open, &d->unallocated);
	}
	return err;
}

static enum err settle(struct dues *d)
{
	struct settling s = { .count = 0 };
	enum err err;

	s.orders = must_alloc((d->count + 1) * sizeof *s.orders);
	for (size_t i = 0; i < d->count; i++) {
		d->list[i].open = d->list[i].amount;
		if (due_is_order(&d->list[i]))
			s.orders[s.count++] = &d->list[i];
	}
	if (s.count > 1)
		qsort(s.orders, s.count, sizeof *s.orders, by_id);
	err = pay_named(d, &s);
	if (!err)
		err = pay_oldest(d);
	free(s.orders);
	return err;
}

/* --- from the newest back ------------------------------------------------*/

struct naming {
	struct dues *dues;
	unsigned part;
	int32_t at;
	struct decimal left; /* of the order that is named */
};

static bool is_his(const struct dues *d, uint64_t owner)
{
	for (size_t i = 0; i < d->owners.count; i++)
		if (d->owners.ids[i] == owner)
			return true;
	return false;
}

static enum err take_named(void *ctx, struct record *payment)
{
	struct naming *n = ctx;
	struct dues *d = n->dues;
	size_t before = d->count;
	enum err err;

	if (!is_his(d, record_parent(payment)))
		return ERR_OK;
	err = dues_take(d, n->part, payment);
	if (!err && d->count > before && d->list[before].date <= n->at)
		err = decimal_add(&n->left, &d->list[before].amount, &n->left);
	d->count = before;
	return err;
}

/* What the payments that name it leave of an order. */
static enum err left_of(
    struct dues *d, const struct due *order, int32_t at, struct decimal *left)
{
	struct naming n = { .dues = d, .at = at, .left = order->amount };
	struct children payments = { .desk = d->desk,
		.owner = order->id,
		.call = take_named,
		.ctx = &n,
		.looked_at = d->looked_at };
	enum err err = ERR_OK;

	for (; !err && n.part < d->credit->exposure->derive.part_count;
	     n.part++) {
		payments.up = d->credit->pays[n.part];
		if (payments.up && payments.up->ref == order->part->child)
			err = children_each(&payments);
	}
	d->looked_at = payments.looked_at;
	*left = n.left.digits > 0 ? n.left : decimal_int(0);
	return err;
}

/* As much of it as is still owed. */
static enum err open_order(
    struct dues *d, size_t i, int32_t at, struct decimal *owed)
{
	struct due order = d->list[i];
	enum err err = left_of(d, &order, at, &order.open);

	if (decimal_compare(&order.open, owed) > 0)
		order.open = *owed;
	d->list[i].open = order.open;
	return err ? err : decimal_sub(owed, &order.open, owed);
}

static enum err open_newest(struct dues *d, int32_t at, struct decimal *owed)
{
	struct dues_days w;
	int32_t day;
	enum err err = dues_days_open(&w, d, at, SCAN_DOWN, true);

	d->count = 0;
	while (!err && owed->digits > 0 && dues_days_peek(&w, &day)) {
		size_t first = d->count;

		dues_days_take(&w, day);
		err = w.err;
		for (size_t i = d->count; !err && i > first; i--)
			err = open_order(d, i - 1, at, owed);
	}
	err = err ? err : w.err;
	dues_days_close(&w);
	return err;
}

static enum err owed_at(struct dues *d, int32_t at, struct decimal *owed)
{
	struct sides s;
	enum err err = dues_before(d, at + 1, &s);

	return err ? err : decimal_sub(&s.debit, &s.credit, owed);
}

/* What does not cover what he owes is gathered and reckoned as it stands. */
static enum err open_kept(struct dues *d, int32_t at)
{
	struct decimal owed = decimal_int(0);
	enum err err = owed_at(d, at, &owed);

	if (!err && owed.digits < 0)
		err = decimal_sub(&d->unallocated, &owed, &d->unallocated);
	if (!err)
		err = open_newest(d, at, &owed);
	return err || owed.digits <= 0 ? err : dues_gather(d);
}

/* --- the answer ----------------------------------------------------------*/

static void keep_open(struct dues *d)
{
	size_t count = 0;

	for (size_t i = 0; i < d->count; i++)
		if (due_is_order(&d->list[i]) && d->list[i].open.digits)
			d->list[count++] = d->list[i];
	d->count = count;
	dues_sort(d, 0);
}

enum err dues_open(struct dues *d, int32_t at)
{
	enum err err = d->is_whole ? ERR_OK : open_kept(d, at);

	if (!err && d->is_whole) {
		d->count = count_until(d, at);
		err = settle(d);
	}
	keep_open(d);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * What all lines before a day add up to; and the lines from a day on.
 *
 * Of whole months it is in the figures; of the month that the day is in, the
 * lines on the day's shorter side are opened.
 */
#include "common/date.h"
#include "server/book/dues_days.h"
#include "server/book/params.h"
#include "server/data/figures.h"

#define MIDDLE 15 /* days of a month */

static enum err add_line(struct sides *s, const struct due *l, int sign)
{
	struct decimal amount = l->amount;

	amount.digits *= sign;
	return due_is_order(l) ? decimal_add(&s->debit, &amount, &s->debit)
			       : decimal_sub(&s->credit, &amount, &s->credit);
}

static enum err add_listed(const struct dues *d, int32_t day, struct sides *out)
{
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < d->count && d->list[i].date < day; i++)
		err = add_line(out, &d->list[i], 1);
	return err;
}

/* Up to and with that month. */
static enum err add_months(
    const struct dues *d, uint16_t last, struct sides *out)
{
	const struct derive *parts = &d->credit->exposure->derive;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < parts->part_count; i++) {
		struct decimal *side =
		    parts->parts[i].sign > 0 ? &out->debit : &out->credit;
		struct decimal sum;

		err = figure_sum(
		    d->figures, d->credit->kept[i], MONTH_FIRST, last, &sum);
		if (!err)
			err = decimal_add(side, &sum, side);
	}
	return err;
}

/* Both days included. The list stays as it is. */
static enum err add_days(
    struct dues *d, const struct span *days, int sign, struct sides *out)
{
	size_t before = d->count;
	struct dues_days w;
	int32_t day;
	enum err err = dues_days_open(&w, d, days->from, SCAN_UP, false);

	while (!err && dues_days_peek(&w, &day) && day <= days->to) {
		dues_days_take(&w, day);
		for (size_t i = before; !err && i < d->count; i++)
			err = add_line(out, &d->list[i], sign);
		d->count = before;
	}
	err = err ? err : w.err;
	dues_days_close(&w);
	return err;
}

enum err dues_before(struct dues *d, int32_t day, struct sides *out)
{
	uint16_t month = figure_month_of(day);
	int32_t first = figure_month_first(month);
	bool is_late = day - first > MIDDLE;
	struct span rest = { is_late ? day : first,
		!is_late              ? day - 1
		: month == MONTH_LAST ? DAY_LAST
				      : span_month_end(first) };
	enum err err;

	*out = (struct sides){ decimal_int(0), decimal_int(0) };
	if (d->is_whole)
		return add_listed(d, day, out);
	err = add_months(d, is_late ? month : (uint16_t)(month - 1), out);
	if (!err && rest.from <= rest.to)
		err = add_days(d, &rest, is_late ? -1 : 1, out);
	return err;
}

/* How many lines of the list, from its `first` on, are behind that place. */
static size_t behind(
    const struct dues *d, size_t first, const struct due *place)
{
	size_t count = 0;

	for (size_t i = first; i < d->count; i++)
		count += !place || dues_compare(&d->list[i], place) > 0;
	return count;
}

enum err dues_fill(
    struct dues *d, int32_t day, const struct due *place, size_t most)
{
	struct dues_days w;
	size_t count = 0;
	int32_t next;
	enum err err;

	if (d->is_whole)
		return ERR_OK;
	d->count = 0;
	err = dues_days_open(&w, d, day, SCAN_UP, false);
	while (!err && count <= most && dues_days_peek(&w, &next)) {
		size_t first = d->count;

		dues_days_take(&w, next);
		count += behind(d, first, place);
	}
	err = err ? err : w.err;
	dues_days_close(&w);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * Retention: who bought in a period, and of them who had bought in the one
 * before, came for the first time, came back, or stayed away.
 *
 * From the customers' ledger rows alone: the months in which they ordered.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/pack.h"
#include "server/book/sales.h"
#include "server/book/sheet.h"
#include "server/data/figures.h"

#define PERIODS_MOST 1200

struct period {
	int64_t customers, first, kept, back, lost;
};

struct retention {
	struct sales sales;
	unsigned kind;        /* of period */
	unsigned months;      /* of one */
	uint32_t from, to;    /* numbers of periods asked for */
	struct period *list;  /* the first is number `base` */
	uint32_t base, count; /* met, inside of what is asked for */
	int64_t customers;    /* with any order among them */
};

/* --- the question --------------------------------------------------------*/

static enum err resolve(struct report_run *r, struct retention *t)
{
	static const char *const kinds[] = { "month", "quarter", "year", NULL };
	static const unsigned months[] = { 1, 3, 12 };
	enum err err = sales_resolve(r, "customer", &t->sales);

	t->kind = 1;
	if (!err)
		err = sales_span(&t->sales);
	if (!err)
		err = params_word(r, "period", kinds, &t->kind);
	if (!err && !span_is_months(&t->sales.span))
		err = params_refuse(r, "from", "date", "whole months");
	t->months = months[t->kind];
	t->from = figure_month_of(t->sales.span.from) / t->months;
	t->to = figure_month_of(t->sales.span.to) / t->months;
	return err ? err : params_limit(r);
}

/* --- one customer --------------------------------------------------------*/

static enum err need_period(
    struct retention *t, uint32_t number, struct period **out)
{
	if (!t->count)
		t->base = number;
	while (number < t->base || number >= t->base + t->count) {
		if (t->count == PERIODS_MOST)
			return ERR_TOO_LARGE;
		if (number < t->base) {
			memmove(
			    t->list + 1, t->list, t->count * sizeof *t->list);
			t->base--;
			t->list[0] = (struct period){ 0 };
		} else {
			t->list[t->count] = (struct period){ 0 };
		}
		t->count++;
	}
	*out = &t->list[number - t->base];
	return ERR_OK;
}

static bool is_asked(const struct retention *t, uint32_t number)
{
	return number >= t->from && number <= t->to;
}

/* `last`: the period in which he bought before; 0: never. */
static enum err bought(struct retention *t, uint32_t number, uint32_t last)
{
	struct period *p;
	enum err err = need_period(t, number, &p);

	if (err)
		return err;
	p->customers++;
	p->first += !last;
	p->kept += last && last + 1 == number;
	p->back += last && last + 1 < number;
	return ERR_OK;
}

/* Lost is who bought in the period before and not in this one: so far, while
 * it runs. */
static enum err stayed_away(struct retention *t, uint32_t number)
{
	struct period *p;
	enum err err;

	if (!is_asked(t, number) ||
	    number > figure_month_of(t->sales.run->today) / t->months)
		return ERR_OK;
	err = need_period(t, number, &p);
	if (!err)
		p->lost++;
	return err;
}

static enum err take_customer(void *ctx, struct walk_row *row)
{
	struct retention *t = ctx;
	uint32_t last = 0, number;
	struct decimal value;
	const struct ledger *l;
	struct bytes rest;
	uint16_t month;
	bool is_met = false;
	enum err err = record_united(t->sales.run->desk, &row->record, &l);

	if (err || l->absent)
		return err;
	rest = figure_of(l, t->sales.figures[MEASURE_ORDERS]);
	while (!err && figure_next(&rest, &month, &value)) {
		number = month / t->months;
		if (number == last)
			continue;
		if (last && last + 1 < number)
			err = stayed_away(t, last + 1);
		if (!err && is_asked(t, number)) {
			err = bought(t, number, last);
			is_met = true;
		}
		last = number;
	}
	t->customers += is_met;
	return !err && last ? stayed_away(t, last + 1) : err;
}

/* --- the answer ----------------------------------------------------------*/

static void pack_number(
    struct buf *out, const struct retention *t, uint32_t number)
{
	const uint32_t month = number * t->months;
	const unsigned year = month / 12;
	char text[24];

	if (t->months == 12)
		snprintf(text, sizeof text, "%04u", year);
	else if (t->months == 3)
		snprintf(
		    text, sizeof text, "%04uQ%u", year, month % 12 / 3 + 1);
	else
		snprintf(text, sizeof text, "%04u-%02u", year, month % 12 + 1);
	pack_key_cstr(out, "period", text);
}

/* Of those of the period before, whether it is shown or not: kept and lost
 * are all of them. */
static void pack_period(struct buf *out, const struct period *p)
{
	const struct decimal kept = decimal_int(p->kept);
	const struct decimal before = decimal_int(p->kept + p->lost);

	pack_key_int(out, "customers", p->customers);
	pack_key_int(out, "new", p->first);
	pack_key_int(out, "kept", p->kept);
	pack_key_int(out, "back", p->back);
	pack_key_int(out, "lost", p->lost);
	sheet_share(out, "retention", &kept, &before);
}

static enum err answer(const struct retention *t, struct buf *out)
{
	static const char *const columns[] = { "period", "customers", "new",
		"kept", "back", "lost", "retention" };
	const unsigned limit = t->sales.run->limit;
	uint32_t shown = t->count < limit ? t->count : limit;
	struct period total = { .customers = t->customers };

	pack_map(out, 4);
	pack_cstr(out, "columns");
	pack_array(out, 7);
	for (unsigned i = 0; i < 7; i++)
		pack_cstr(out, columns[i]);
	pack_cstr(out, "rows");
	pack_array(out, shown);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct period *p = &t->list[i];

		total.first += p->first;
		total.kept += p->kept;
		total.back += p->back;
		total.lost += p->lost;
		if (i >= shown)
			continue;
		pack_map(out, 7);
		pack_number(out, t, t->base + i);
		pack_period(out, p);
	}
	pack_cstr(out, "total");
	pack_map(out, 6);
	pack_period(out, &total);
	pack_key_int(out, "more", (int64_t)(t->count - shown));
	return out->err;
}

enum err report_retention(struct report_run *r)
{
	struct retention t = { .list = NULL };
	enum err err = resolve(r, &t);

	if (err || r->only_asks)
		return err;
	t.list = must_alloc(PERIODS_MOST * sizeof *t.list);
	err = walk_rows(r, t.sales.customer, take_customer, &t);
	if (!err)
		err = answer(&t, r->out);
	free(t.list);
	return err;
}

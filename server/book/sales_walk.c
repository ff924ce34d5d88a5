// SPDX-License-Identifier: MIT
/*
 * The two walks.  See sales.h.
 */
#include "server/book/sales.h"

#include "common/date.h"
#include "server/data/children.h"
#include "server/data/figures.h"
#include "server/schema/value.h"

struct part_walk { /* of the children of one part */
	struct sales *sales;
	enum measure measure;
	const struct derive_part *part;
	const struct field *product; /* by product alone: their reference */
	const struct entity *lines;  /* that have it in the child's place */
	const struct field *amount;  /* of the lines, or of the child */
	int also;                    /* the product's dim, or -1 */
};

struct counting { /* one child that counts */
	struct part_walk *walk;
	struct walk_row *row;
	int32_t day;
};

static enum err add(struct sales *s, const uint64_t *key, enum measure m,
    const struct decimal *by)
{
	return by->digits ? groups_add(&s->groups, key, m, by) : ERR_OK;
}

static enum err note_newest(struct sales *s, const uint64_t *key, int32_t day)
{
	struct sums *group;
	enum err err = groups_need(&s->groups, key, &group);

	if (!err && day > group->newest)
		group->newest = day;
	return err;
}

/* --- over whole months: ledger rows --------------------------------------*/

/* Which of the two keys is the month's; -1: none. */
static int month_at(const struct dims *d)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->of[i].kind == DIM_MONTH)
			return (int)i;
	return -1;
}

static enum err add_months(struct sales *s, const struct ledger *l,
    enum measure m, uint64_t *key, int at)
{
	struct bytes rest = figure_of(l, s->figures[m]);
	struct decimal value;
	uint16_t month;
	enum err err = ERR_OK;

	while (!err && figure_next(&rest, &month, &value)) {
		if (month < figure_month_of(s->span.from) ||
		    month > figure_month_of(s->span.to))
			continue;
		key[at] = month;
		err = add(s, key, m, &value);
	}
	return err;
}

static enum err add_figure(
    struct sales *s, const struct ledger *l, enum measure m, uint64_t *key)
{
	int at = month_at(&s->dims);
	struct decimal sum;
	enum err err;

	if (at >= 0)
		return add_months(s, l, m, key, at);
	err = figure_sum(l, s->figures[m], figure_month_of(s->span.from),
	    figure_month_of(s->span.to), &sum);
	return err ? err : add(s, key, m, &sum);
}

/* The ledger knows the last day of all: one behind the span hides the last
 * one within it, and the children must be asked. */
static enum err add_newest(
    struct sales *s, const struct ledger *l, const uint64_t *key)
{
	struct bytes value = ledger_get(l, s->newest->id);
	int32_t day;

	if (value_is_empty(value) ||
	    date_parse(value_text(s->newest, value), &day))
		return ERR_OK;
	if (day > s->span.to)
		return ERR_ELSEWHERE;
	return day < s->span.from ? ERR_OK : note_newest(s, key, day);
}

static enum err take_customer(void *ctx, struct walk_row *row)
{
	struct sales *s = ctx;
	uint64_t key[GROUP_KEYS];
	const struct ledger *l;
	enum err err = record_united(s->run->desk, &row->record, &l);

	if (err || l->absent)
		return err;
	err = dims_key(&s->dims, row, NULL, 0, key);
	for (unsigned m = 0; !err && m < MEASURES; m++)
		err = add_figure(s, l, m, key);
	if (!err && s->newest)
		err = add_newest(s, l, key);
	return err;
}

/* --- between days: the children ------------------------------------------*/

static struct bytes child_value(
    struct sales *s, struct record *r, const struct field *f)
{
	struct ledger *l;

	if (f->derive.kind == DERIVE_SUM)
		return record_ledger(s->run->desk, r, &l)
			   ? BYTES_NONE
			   : ledger_get(l, f->id);
	return record_plain(r, f);
}

struct child { /* for a condition to ask */
	struct sales *sales;
	struct record *record;
};

static struct bytes asked_value(void *ctx, const struct field *f)
{
	struct child *c = ctx;

	return child_value(c->sales, c->record, f);
}

/* Does this order (return) count, and on which day? */
static bool counts(
    const struct part_walk *w, struct record *r, struct arena *a, int32_t *day)
{
	const struct derive_part *part = w->part;
	struct child child = { w->sales, r };
	struct value_source values = { asked_value, &child };
	struct bytes date = record_plain(r, part->by);

	if (!date.len || date_parse(value_text(part->by, date), day) ||
	    *day < w->sales->span.from || *day > w->sales->span.to)
		return false;
	return !part->when ||
	       condition_holds(part->child, part->when, &values, a);
}

/* Dims are the customer's: the row of a child leads there. */
static enum err group_of(struct part_walk *w, struct walk_row *row,
    struct record *r, int32_t day, uint64_t *key)
{
	struct sales *s = w->sales;
	struct walk_row customer = { .scope = row->scope,
		.customer = row->customer,
		.arena = row->arena };
	enum err err = record_peek(
	    s->run->desk, s->customer, row->customer, &customer.record);

	if (!err)
		err = dims_key(
		    &s->dims, &customer, NULL, figure_month_of(day), key);
	if (!err && w->also >= 0)
		key[w->also] = value_ref(record_plain(r, w->product));
	return err;
}

/* What the order, return or line says of the amount. */
static enum err add_amount(struct counting *c, struct record *r)
{
	struct part_walk *w = c->walk;
	struct decimal value = decimal_int(1);
	uint64_t key[GROUP_KEYS];
	enum err err = group_of(w, c->row, r, c->day, key);

	if (w->amount &&
	    !value_decimal(child_value(w->sales, r, w->amount), &value))
		value = decimal_int(0);
	value.digits *= w->part->sign;
	if (!err)
		err = add(w->sales, key, w->measure, &value);
	return !err && w->sales->newest && w->measure == MEASURE_ORDERS
		   ? note_newest(w->sales, key, c->day)
		   : err;
}

static enum err take_line(void *ctx, struct record *line)
{
	return add_amount(ctx, line);
}

static enum err take_lines(struct counting *c)
{
	struct children lines = { .desk = c->walk->sales->run->desk,
		.up = c->walk->lines->parent_field,
		.owner = c->row->record.id,
		.call = take_line,
		.ctx = c };

	return children_each(&lines);
}

static enum err take_child(void *ctx, struct walk_row *row)
{
	struct part_walk *w = ctx;
	struct counting c = { .walk = w, .row = row };
	struct record *r;
	enum err err = walk_open(w->sales->run, row, &r);

	if (err || !counts(w, r, row->arena, &c.day))
		return err;
	return w->lines ? take_lines(&c) : add_amount(&c, r);
}

/* By product an order is its lines. */
static enum err take_part(struct part_walk *w)
{
	w->product = w->also >= 0 ? sales_product(w->part) : NULL;
	/* How many orders a product is in is no number of orders. */
	if (w->also >= 0 && !w->product)
		return ERR_OK;
	w->lines = w->product && w->product->entity != w->part->child
		       ? w->product->entity
		       : NULL;
	w->amount =
	    w->lines ? w->part->field->derive.parts[0].field : w->part->field;
	return walk_days(w->sales->run, w->part->by, w->sales->span.from,
	    w->sales->span.to, take_child, w);
}

static enum err take_children(struct sales *s)
{
	struct part_walk w = { .sales = s, .also = dims_also(&s->dims) };
	enum err err = ERR_OK;

	for (unsigned m = 0; m < MEASURES; m++) {
		const struct derive *d = &s->figures[m]->derive;

		for (unsigned i = 0; !err && i < d->part_count; i++) {
			w.measure = m;
			w.part = &d->parts[i];
			err = take_part(&w);
		}
	}
	return err;
}

enum err sales_walk(struct sales *s)
{
	enum err err = ERR_ELSEWHERE;

	if (s->by_ledger)
		err = walk_rows(s->run, s->customer, take_customer, s);
	if (err != ERR_ELSEWHERE)
		return err;
	groups_release(&s->groups);
	groups_init(&s->groups);
	return take_children(s);
}

// SPDX-License-Identifier: MIT
/*
 * The two walks.  See sales.h.
 *
 * Rows out of the range are passed over by their plain header; nothing of
 * them is opened.
 */
#include "server/book/sales.h"

#include "common/date.h"
#include "server/data/figures.h"
#include "server/schema/value.h"

#define LOOKS_A_LEAVE 256
#define SCRATCH_BLOCK (64 * 1024)
#define SCRATCH_CAP   (4 * 1024 * 1024)

struct walk {
	struct sales *sales;
	struct desk *desk;
	struct arena scratch; /* of one row */
	enum measure measure;
	const struct derive_part *part;
	const struct field *product; /* of the rows walked; by product alone */
	const struct field *amount;  /* likewise, in place of the part's */
};

typedef enum err (*row_fn)(
    struct walk *w, uint64_t id, const struct header *header);

/* --- rows ----------------------------------------------------------------*/

static bool is_in_range(const struct walk *w, const struct header *customer)
{
	const struct caller *who = w->sales->run->who;

	return relations_of(
		   who->user, who->branch, customer->branch, customer->owner) &
	       w->sales->range;
}

static enum err each_row(struct walk *w, const struct entity *e, row_fn call)
{
	struct bytes key;
	struct header header;
	struct scan *scan;
	struct row row;
	unsigned looked_at = 0;
	enum err err = scan_open(w->desk->snapshot, TABLE_ROW,
	    bytes_of(&e->id, 1), BYTES_NONE, SCAN_UP, &scan);

	if (err)
		return err;
	while (!err && scan_next(scan, &key, &row)) {
		arena_reset(&w->scratch);
		err = header_parse(row.value, &header);
		if (!err)
			err = call(w, get_be64(key.data + 1), &header);
		if (!err && ++looked_at % LOOKS_A_LEAVE == 0)
			err = desk_may_go_on(w->desk);
	}
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

static enum err add(
    struct walk *w, uint64_t key, enum measure m, const struct decimal *by)
{
	return by->digits ? groups_add(&w->sales->groups, key, m, by) : ERR_OK;
}

/* --- over whole months: ledger rows --------------------------------------*/

static uint16_t month_of(int32_t day)
{
	int year, month, mday;

	date_split(day, &year, &month, &mday);
	return (uint16_t)(year * 12 + month - 1);
}

static enum err add_months(
    struct walk *w, const struct ledger *l, enum measure m)
{
	const struct sales *s = w->sales;
	struct bytes rest = figure_of(l, s->figures[m]);
	struct decimal value;
	uint16_t month;
	enum err err = ERR_OK;

	while (!err && figure_next(&rest, &month, &value))
		if (month >= month_of(s->from) && month <= month_of(s->to))
			err = add(w, month, m, &value);
	return err;
}

static enum err add_figure(
    struct walk *w, const struct ledger *l, enum measure m, uint64_t key)
{
	const struct sales *s = w->sales;
	struct decimal sum;
	enum err err;

	if (s->by == BY_MONTH)
		return add_months(w, l, m);
	err = figure_sum(
	    l, s->figures[m], month_of(s->from), month_of(s->to), &sum);
	return err ? err : add(w, key, m, &sum);
}

static uint64_t key_of(
    const struct sales *s, uint64_t id, const struct header *customer)
{
	return s->by == BY_BRANCH  ? customer->branch
	       : s->by == BY_OWNER ? customer->owner
				   : id;
}

static enum err take_customer(
    struct walk *w, uint64_t id, const struct header *header)
{
	struct record r = { .entity = w->sales->customer,
		.id = id,
		.header = *header,
		.arena = &w->scratch };
	struct ledger *l;
	enum err err;

	if (!is_in_range(w, header))
		return ERR_OK;
	err = record_ledger(w->desk, &r, &l);
	for (unsigned m = 0; !err && m < MEASURES; m++)
		err = add_figure(w, l, m, key_of(w->sales, id, header));
	return err;
}

/* --- between days: the children ------------------------------------------*/

static struct bytes child_value(
    struct walk *w, struct record *r, const struct field *f)
{
	struct ledger *l;

	if (f->derive.kind == DERIVE_SUM)
		return record_ledger(w->desk, r, &l) ? BYTES_NONE
						     : ledger_get(l, f->id);
	return record_plain(r, f);
}

struct child { /* for a condition to ask */
	struct walk *walk;
	struct record *record;
};

static struct bytes asked_value(void *ctx, const struct field *f)
{
	struct child *c = ctx;

	return child_value(c->walk, c->record, f);
}

/* Does this order (return) count, and on which day? */
static bool counts(struct walk *w, struct record *r, int32_t *day)
{
	const struct derive_part *part = w->part;
	struct child child = { w, r };
	struct value_source values = { asked_value, &child };
	struct bytes date = record_plain(r, part->by);

	if (!date.len || date_parse(value_text(part->by, date), day) ||
	    *day < w->sales->from || *day > w->sales->to)
		return false;
	return !part->when ||
	       condition_holds(part->child, part->when, &values, &w->scratch);
}

static enum err customer_header(struct walk *w, uint64_t id, struct header *out)
{
	uint8_t key[ROW_KEY];
	struct row row;
	enum err err;

	row_key(w->sales->customer->id, id, key);
	err = snapshot_get(
	    w->desk->snapshot, TABLE_ROW, bytes_of(key, sizeof key), &row);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	return header_parse(row.value, out);
}

static enum err open_record(
    struct walk *w, const struct entity *e, uint64_t id, struct record **out)
{
	enum err err = record_load(w->desk, &w->scratch, e, id, out);

	return err ? err : record_open(w->desk, *out);
}

/* The order of a line, or the child itself. */
static enum err open_counting(
    struct walk *w, struct record *r, struct record **counting)
{
	*counting = r;
	if (r->entity == w->part->child)
		return ERR_OK;
	return open_record(w, w->part->child,
	    value_ref(record_plain(r, r->entity->parent_field)), counting);
}

static enum err take_child(
    struct walk *w, uint64_t id, const struct header *header)
{
	const struct entity *e =
	    w->product ? w->product->entity : w->part->child;
	const struct field *amount = w->amount ? w->amount : w->part->field;
	struct record *r, *counting;
	struct header customer;
	struct decimal value = decimal_int(1);
	int32_t day;
	uint64_t key;
	enum err err = customer_header(w, header->subject, &customer);

	if (err || !is_in_range(w, &customer))
		return err;
	err = open_record(w, e, id, &r);
	if (!err)
		err = open_counting(w, r, &counting);
	if (err || !counts(w, counting, &day))
		return err;
	if (amount && !value_decimal(child_value(w, r, amount), &value))
		return ERR_OK;
	value.digits *= w->part->sign;
	key = w->product ? value_ref(record_plain(r, w->product))
	      : w->sales->by == BY_MONTH
		  ? month_of(day)
		  : key_of(w->sales, header->subject, &customer);
	return add(w, key, w->measure, &value);
}

/* By product an order is its lines. */
static void choose_rows(struct walk *w)
{
	bool by_product = w->sales->by == BY_PRODUCT;

	w->product = by_product ? sales_product(w->part) : NULL;
	w->amount = w->product && w->product->entity != w->part->child
			? w->part->field->derive.parts[0].field
			: NULL;
}

static enum err take_part(struct walk *w)
{
	choose_rows(w);
	/* How many orders a product is in is no number of orders. */
	if (w->sales->by == BY_PRODUCT && !w->product)
		return ERR_OK;
	return each_row(
	    w, w->product ? w->product->entity : w->part->child, take_child);
}

static enum err take_children(struct walk *w)
{
	enum err err = ERR_OK;

	for (unsigned m = 0; m < MEASURES; m++) {
		const struct derive *d = &w->sales->figures[m]->derive;

		for (unsigned i = 0; !err && i < d->part_count; i++) {
			w->measure = m;
			w->part = &d->parts[i];
			err = take_part(w);
		}
	}
	return err;
}

enum err sales_walk(struct sales *s)
{
	struct walk w = { .sales = s, .desk = s->run->desk };
	enum err err;

	arena_init(&w.scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	if (s->is_whole_months && s->by != BY_PRODUCT)
		err = each_row(&w, s->customer, take_customer);
	else
		err = take_children(&w);
	arena_release(&w.scratch);
	return err;
}

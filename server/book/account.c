// SPDX-License-Identifier: MIT
/*
 * Statement and ageing.  See account.h.
 */
#include "server/book/account.h"

#include "common/date.h"
#include "common/pack.h"
#include "server/book/sheet.h"

#define DAY_MS 86400000

/* --- rights --------------------------------------------------------------*/

struct reader_of_account {
	const struct caller *who;
	unsigned relations;
	bool is_variant;
};

static bool may_read(const struct reader_of_account *r, const struct field *f)
{
	const struct view_entity *ve =
	    f ? view_entity_of(r->who->view, f->entity) : NULL;
	struct grant g;

	return ve &&
	       view_grant(
		   ve, r->relations, r->is_variant, f, USE_PROJECT, &g) &&
	       g.bits & MAY_SEE;
}

static bool may_read_condition(const struct reader_of_account *r,
    const struct entity *e, const struct cond *c)
{
	if (!c)
		return true;
	if (c->op != COND_AND && c->op != COND_OR && c->op != COND_NOT)
		return may_read(r, entity_field(e, c->field));
	for (uint32_t i = 0; i < c->count; i++)
		if (!may_read_condition(r, e, c->items[i]))
			return false;
	return true;
}

static bool may_read_part(
    const struct reader_of_account *r, const struct derive_part *part)
{
	return may_read(r, part->field) && may_read(r, part->by) &&
	       (!part->due || may_read(r, part->due)) &&
	       may_read_condition(r, part->child, part->when);
}

bool account_may_read(
    const struct caller *who, const struct record *customer, unsigned relations)
{
	struct reader_of_account r = { who, relations,
		record_is_variant(customer) };
	const struct credit *credit = customer->entity->credit;

	if (!credit || (credit->days && !may_read(&r, credit->days)))
		return false;
	/* A child has no variant of its own. */
	r.is_variant = false;
	for (unsigned i = 0; i < credit->exposure->derive.part_count; i++)
		if (!may_read_part(&r, &credit->exposure->derive.parts[i]))
			return false;
	return true;
}

/* --- cells ---------------------------------------------------------------*/

static void pack_day(struct buf *out, const char *key, int32_t day)
{
	char text[DATE_TEXT];

	date_format(day, text);
	pack_key_cstr(out, key, text);
}

static void pack_day_or_nil(
    struct buf *out, const char *key, int32_t day, int32_t open_end)
{
	if (day != open_end) {
		pack_day(out, key, day);
		return;
	}
	pack_cstr(out, key);
	pack_nil(out);
}

static void pack_head(struct buf *out, const struct record *customer)
{
	char id[ID_TEXT];

	id_format(customer->id, id);
	pack_key_cstr(out, "id", id);
	pack_key_text(out, "number", record_number(customer));
}

/* --- the statement -------------------------------------------------------*/

struct statement {
	const struct dues *dues;
	struct span span;
	size_t from, to; /* its lines, the last not included */
	struct decimal balance, debit, credit;
	struct buf *out;
};

static void pack_side(
    struct buf *out, const char *key, const struct decimal *v, int sign)
{
	struct decimal amount = *v;

	amount.digits *= sign;
	sheet_amount(out, key, &amount);
}

static void pack_text_or_nil(
    struct buf *out, const char *key, struct bytes text)
{
	if (text.len) {
		pack_key_text(out, key, text);
		return;
	}
	pack_cstr(out, key);
	pack_nil(out);
}

static enum err pack_line(struct statement *s, const struct due *l)
{
	bool is_order = due_is_order(l);
	struct decimal none = decimal_int(0);
	struct decimal *side = is_order ? &s->debit : &s->credit;
	enum err err = decimal_add(&s->balance, &l->amount, &s->balance);

	if (!err)
		err = is_order ? decimal_add(side, &l->amount, side)
			       : decimal_sub(side, &l->amount, side);
	pack_map(s->out, 7);
	pack_day(s->out, "date", l->date);
	pack_key_cstr(s->out, "kind", l->part->child->key);
	pack_key_text(s->out, "line", l->number);
	pack_text_or_nil(s->out, "order", l->names_number);
	pack_side(s->out, "debit", is_order ? &l->amount : &none, 1);
	pack_side(s->out, "credit", is_order ? &none : &l->amount, -1);
	sheet_amount(s->out, "balance", &s->balance);
	return err;
}

/* What came before is the opening balance. */
static enum err find_lines(struct statement *s)
{
	const struct dues *d = s->dues;
	enum err err = ERR_OK;

	for (; s->from < d->count && d->list[s->from].date < s->span.from;
	     s->from++)
		err = err ? err
			  : decimal_add(&s->balance, &d->list[s->from].amount,
				&s->balance);
	for (s->to = s->from;
	     s->to < d->count && d->list[s->to].date <= s->span.to;)
		s->to++;
	return err;
}

static enum err pack_statement(struct statement *s)
{
	struct buf *out = s->out;
	enum err err = find_lines(s);

	pack_map(out, 9);
	pack_head(out, s->dues->customer);
	pack_day_or_nil(out, "from", s->span.from, DAY_FIRST);
	pack_day_or_nil(out, "to", s->span.to, DAY_LAST);
	sheet_amount(out, "opening", &s->balance);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)(s->to - s->from));
	for (size_t i = s->from; !err && i < s->to; i++)
		err = pack_line(s, &s->dues->list[i]);
	sheet_amount(out, "debit", &s->debit);
	sheet_amount(out, "credit", &s->credit);
	sheet_amount(out, "closing", &s->balance);
	return err ? err : out->err;
}

enum err account_statement(struct report_run *r, struct record *customer)
{
	struct statement s = { .out = r->out };
	struct dues d;
	enum err err = params_span(r, &s.span);

	if (err)
		return err;
	err = s.span.from > DAY_FIRST
		  ? dues_gather_since(&d, r->desk, customer, s.span.from)
		  : dues_gather(&d, r->desk, customer);
	s.dues = &d;
	s.balance = d.before;
	if (!err)
		err = pack_statement(&s);
	dues_release(&d);
	return err;
}

/* --- ageing --------------------------------------------------------------*/

/* By days past due, each up to and with its last. */
static const struct bucket {
	const char *key;
	int32_t last;
} buckets[] = {
	{ "current", 0 },
	{ "1-30", 30 },
	{ "31-60", 60 },
	{ "61-90", 90 },
	{ "90+", INT32_MAX },
};

#define BUCKETS (sizeof buckets / sizeof *buckets)

struct ageing {
	const struct dues *dues;
	int32_t at;
	struct decimal of[BUCKETS], total, unallocated;
	struct buf *out;
};

static size_t bucket_of(const struct ageing *a, const struct due *l)
{
	size_t i = 0;

	while (a->at - l->day > buckets[i].last)
		i++;
	return i;
}

/* What is less than the smallest coin is reckoned, and no line. */
static bool is_listed(const struct due *l)
{
	return due_is_order(l) &&
	       decimal_round(&l->open, SHEET_PLACES).digits != 0;
}

static enum err add_line(struct ageing *a, const struct due *l)
{
	struct decimal *sum = &a->of[bucket_of(a, l)];
	enum err err;

	if (!due_is_order(l))
		return decimal_sub(&a->unallocated, &l->open, &a->unallocated);
	err = decimal_add(sum, &l->open, sum);
	return err ? err : decimal_add(&a->total, &l->open, &a->total);
}

static void pack_open(struct ageing *a, const struct due *l)
{
	struct buf *out = a->out;

	pack_map(out, 7);
	pack_key_text(out, "order", l->number);
	pack_day(out, "date", l->date);
	pack_day(out, "due", l->day);
	pack_key_int(out, "days", a->at > l->day ? a->at - l->day : 0);
	sheet_amount(out, "amount", &l->amount);
	sheet_amount(out, "open", &l->open);
	pack_key_cstr(out, "bucket", buckets[bucket_of(a, l)].key);
}

static enum err sum_up(struct ageing *a)
{
	const struct dues *d = a->dues;
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < d->count && d->list[i].date <= a->at;
	     i++)
		err = add_line(a, &d->list[i]);
	return err;
}

static void pack_rows(struct ageing *a)
{
	const struct dues *d = a->dues;
	size_t mark = pack_array_open(a->out);
	uint32_t count = 0;

	for (size_t i = 0; i < d->count && d->list[i].date <= a->at; i++)
		if (is_listed(&d->list[i])) {
			pack_open(a, &d->list[i]);
			count++;
		}
	pack_array_close(a->out, mark, count);
}

static enum err pack_ageing(struct ageing *a)
{
	struct decimal balance;
	struct buf *out = a->out;
	enum err err = sum_up(a);

	if (!err)
		err = decimal_sub(&a->total, &a->unallocated, &balance);
	if (err)
		return err;
	pack_map(out, 8);
	pack_head(out, a->dues->customer);
	pack_day(out, "at", a->at);
	pack_cstr(out, "rows");
	pack_rows(a);
	pack_cstr(out, "buckets");
	pack_map(out, BUCKETS);
	for (size_t i = 0; i < BUCKETS; i++)
		sheet_amount(out, buckets[i].key, &a->of[i]);
	sheet_amount(out, "total", &a->total);
	sheet_amount(out, "unallocated", &a->unallocated);
	sheet_amount(out, "balance", &balance);
	return out->err;
}

enum err account_ageing(struct report_run *r, struct record *customer)
{
	struct ageing a = { .at = (int32_t)(clock_now_ms(r->desk->clock) /
					    DAY_MS),
		.out = r->out };
	struct dues d;
	enum err err = params_day(r, "at", true, &a.at);

	if (err)
		return err;
	err = dues_gather(&d, r->desk, customer);
	a.dues = &d;
	if (!err)
		err = dues_settle(&d, a.at);
	if (!err)
		err = pack_ageing(&a);
	dues_release(&d);
	return err;
}

/* --- for the rule --------------------------------------------------------*/

enum err account_overdue(struct desk *desk, struct record *customer, int32_t at,
    int32_t days, struct decimal *out)
{
	struct dues d;
	enum err err = dues_gather(&d, desk, customer);

	*out = decimal_int(0);
	if (!err)
		err = dues_settle(&d, at);
	for (size_t i = 0; !err && i < d.count && d.list[i].date <= at; i++)
		if (due_is_order(&d.list[i]) && at - d.list[i].day > days)
			err = decimal_add(out, &d.list[i].open, out);
	dues_release(&d);
	return err;
}

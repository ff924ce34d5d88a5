// SPDX-License-Identifier: MIT
/*
 * Who may read an account, and its ageing.  See account.h.
 */
#include "server/book/account.h"

#include "common/date.h"
#include "common/pack.h"
#include "server/book/sheet.h"

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

void account_pack_day(struct buf *out, const char *key, int32_t day)
{
	char text[DATE_TEXT];

	date_format(day, text);
	pack_key_cstr(out, key, text);
}

void account_pack_head(struct buf *out, const struct record *customer)
{
	char id[ID_TEXT];

	id_format(customer->id, id);
	pack_key_cstr(out, "id", id);
	pack_key_text(out, "number", record_number(customer));
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
	const struct dues *dues; /* what is open */
	int32_t at;
	struct decimal of[BUCKETS], total;
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
	return decimal_round(&l->open, SHEET_PLACES).digits != 0;
}

static enum err add_line(struct ageing *a, const struct due *l)
{
	struct decimal *sum = &a->of[bucket_of(a, l)];
	enum err err = decimal_add(sum, &l->open, sum);

	return err ? err : decimal_add(&a->total, &l->open, &a->total);
}

static void pack_open(struct ageing *a, const struct due *l)
{
	struct buf *out = a->out;

	pack_map(out, 7);
	pack_key_text(out, "order", l->number);
	account_pack_day(out, "date", l->date);
	account_pack_day(out, "due", l->day);
	pack_key_int(out, "days", a->at > l->day ? a->at - l->day : 0);
	sheet_amount(out, "amount", &l->amount);
	sheet_amount(out, "open", &l->open);
	pack_key_cstr(out, "bucket", buckets[bucket_of(a, l)].key);
}

static enum err sum_up(struct ageing *a)
{
	const struct dues *d = a->dues;
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < d->count; i++)
		err = add_line(a, &d->list[i]);
	return err;
}

static void pack_open_orders(struct ageing *a)
{
	const struct dues *d = a->dues;
	size_t mark = pack_array_open(a->out);
	uint32_t count = 0;

	for (size_t i = 0; i < d->count; i++)
		if (is_listed(&d->list[i])) {
			pack_open(a, &d->list[i]);
			count++;
		}
	pack_array_close(a->out, mark, count);
}

static enum err pack_ageing(struct ageing *a)
{
	const struct decimal *unallocated = &a->dues->unallocated;
	struct decimal balance;
	struct buf *out = a->out;
	enum err err = sum_up(a);

	if (!err)
		err = decimal_sub(&a->total, unallocated, &balance);
	if (err)
		return err;
	pack_map(out, 8);
	account_pack_head(out, a->dues->customer);
	account_pack_day(out, "at", a->at);
	pack_cstr(out, "rows");
	pack_open_orders(a);
	pack_cstr(out, "buckets");
	pack_map(out, BUCKETS);
	for (size_t i = 0; i < BUCKETS; i++)
		sheet_amount(out, buckets[i].key, &a->of[i]);
	sheet_amount(out, "total", &a->total);
	sheet_amount(out, "unallocated", unallocated);
	sheet_amount(out, "balance", &balance);
	return out->err;
}

static enum err open_at(
    struct dues *d, struct desk *desk, struct record *customer, int32_t at)
{
	enum err err = dues_begin(d, desk, customer);

	return err ? err : dues_open(d, at);
}

enum err account_ageing(struct report_run *r, struct record *customer)
{
	struct dues d = { .customer = customer };
	struct ageing a = {
		.dues = &d, .at = desk_today(r->desk), .out = r->out
	};
	enum err err = params_day(r, "at", true, &a.at);

	if (err)
		return err;
	err = open_at(&d, r->desk, customer, a.at);
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
	enum err err = open_at(&d, desk, customer, at);

	*out = decimal_int(0);
	for (size_t i = 0; !err && i < d.count; i++)
		if (at - d.list[i].day > days)
			err = decimal_add(out, &d.list[i].open, out);
	dues_release(&d);
	return err;
}

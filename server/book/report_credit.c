// SPDX-License-Identifier: MIT
/*
 * Credit: who owes, how much of it is overdue, and how he stands to his limit.
 *
 * What is owed and overdue is reckoned of every customer, also of who was put
 * away: a debt is one until it is paid.  Limit and grade are opened for the
 * rows that are shown, one by one, each counted and each an entry of the log.
 * So rows come by what is overdue, then by what is owed, and no sum is made of
 * what is sealed.
 */
#include <stdlib.h>

#include "common/log.h"
#include "common/pack.h"
#include "server/book/account.h"
#include "server/book/dims.h"
#include "server/book/need.h"
#include "server/book/sheet.h"
#include "server/schema/value.h"

enum { LIMIT, GRADE, HOLD, SHOWN };

struct line {
	uint64_t id;
	struct decimal owed, overdue;
};

struct risks {
	struct report_run *run;
	const struct entity *customer;
	const struct credit *credit;
	struct grant shown[SHOWN];
	struct dims dims;
	struct line *lines;
	size_t count, room;
	struct decimal owed, overdue;
};

/* --- the question --------------------------------------------------------*/

/* In clear, wherever it may be met: a mask makes no usage. */
static enum err need_clear(
    struct report_run *r, const struct field *f, struct grant *out)
{
	const struct view_entity *ve = view_entity_of(r->who->view, f->entity);

	r->bad_field = bytes_text(f->key);
	if (!view_field(ve, r->bad_field))
		return ERR_UNKNOWN;
	if (!view_grant_range(ve, r->range, f, USE_PROJECT, out) ||
	    !(out->bits & MAY_SEE))
		return ERR_DENIED;
	r->bad_field = BYTES_NONE;
	return ERR_OK;
}

static enum err need_account(struct risks *k)
{
	const struct derive *d = &k->credit->exposure->derive;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < d->part_count; i++)
		err = need_rows(k->run, d->parts[i].child);
	for (unsigned i = 0; !err && i < d->part_count; i++)
		err = need_part(k->run, &d->parts[i]);
	return err ? err
		   : need_field(k->run, k->credit->exposure, USE_AGGREGATE);
}

static enum err resolve(struct report_run *r, struct risks *k)
{
	enum err err;

	*k = (struct risks){ .run = r };
	err = need_customers(r, &k->customer);
	if (err)
		return err;
	k->credit = k->customer->credit;
	k->dims = (struct dims){ .run = r, .customer = k->customer };
	if (!k->credit || !k->credit->limit || !k->credit->grade ||
	    !k->credit->hold) {
		r->bad_field = bytes_text("name");
		return ERR_UNKNOWN;
	}
	err = need_account(k);
	if (!err)
		err = need_clear(r, k->credit->limit, &k->shown[LIMIT]);
	if (!err)
		err = need_clear(r, k->credit->grade, &k->shown[GRADE]);
	if (!err)
		err = need_clear(r, k->credit->hold, &k->shown[HOLD]);
	if (!err)
		err = dims_take(&k->dims, "customer");
	return err ? err : params_limit(r);
}

/* --- who owes ------------------------------------------------------------*/

static enum err keep(struct risks *k, const struct line *line)
{
	enum err err = decimal_add(&k->owed, &line->owed, &k->owed);

	if (k->count == k->room) {
		k->room = k->room ? 2 * k->room : 256;
		k->lines = must_grow(k->lines, k->room * sizeof *k->lines);
	}
	k->lines[k->count++] = *line;
	return err ? err
		   : decimal_add(&k->overdue, &line->overdue, &k->overdue);
}

static bool is_held(const struct risks *k, const struct record *r)
{
	struct reader in = reader_of(record_plain(r, k->credit->hold));

	return record_plain(r, k->credit->hold).len && read_bool(&in);
}

static enum err take_customer(void *ctx, struct walk_row *row)
{
	struct risks *k = ctx;
	struct line line = { .id = row->record.id };
	const struct ledger *l;
	struct record *r;
	enum err err = walk_open(k->run, row, &r);

	if (!err)
		err = record_united(k->run->desk, r, &l);
	if (err)
		return err;
	value_decimal(ledger_get(l, k->credit->exposure->id), &line.owed);
	if (line.owed.digits > 0)
		err = account_overdue(
		    k->run->desk, r, k->run->today, 0, &line.overdue);
	return err || (!line.owed.digits && !is_held(k, r)) ? err
							    : keep(k, &line);
}

static int worst_first(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = decimal_compare(&y->overdue, &x->overdue);

	if (!order)
		order = decimal_compare(&y->owed, &x->owed);
	return order ? order : (x->id > y->id) - (x->id < y->id);
}

/* --- the answer ----------------------------------------------------------*/

/* Of a limit that is none, everything is too much: no share says so. */
static void pack_usage(
    struct buf *out, const struct decimal *owed, struct bytes limit)
{
	struct decimal most;

	if (value_decimal(limit, &most) && most.digits > 0)
		sheet_share(out, "usage", owed, &most);
	else {
		pack_cstr(out, "usage");
		pack_nil(out);
	}
}

static void pack_value(struct buf *out, const char *key, struct bytes value)
{
	pack_cstr(out, key);
	pack_raw_or_nil(out, value);
}

static enum err pack_shown(
    struct risks *k, const struct line *line, struct record *r, struct buf *out)
{
	struct shown shown = { .masked = 0 };
	struct bytes values[SHOWN];
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < SHOWN; i++)
		err = record_show_value(k->run->desk, k->run->who, r,
		    &k->shown[i], &values[i], &shown);
	if (err)
		return err;
	sheet_amount(out, "owed", &line->owed);
	sheet_amount(out, "overdue", &line->overdue);
	pack_value(out, k->credit->limit->key, values[LIMIT]);
	pack_usage(out, &line->owed, values[LIMIT]);
	pack_value(out, k->credit->grade->key, values[GRADE]);
	pack_value(out, k->credit->hold->key, values[HOLD]);
	return report_note(k->run, r, &shown);
}

static enum err pack_line(
    struct risks *k, const struct line *line, struct buf *out)
{
	const uint64_t key[GROUP_KEYS] = { line->id, 0 };
	struct arena scratch;
	struct record *r;
	enum err err;

	pack_map(out, 8);
	err = dims_pack(&k->dims, key, out);
	arena_init(&scratch, WALK_BLOCK, WALK_CAP);
	if (!err)
		err = record_load(
		    k->run->desk, &scratch, k->customer, line->id, &r);
	if (!err)
		err = record_open(k->run->desk, r);
	if (!err)
		err = pack_shown(k, line, r, out);
	arena_release(&scratch);
	return err;
}

static enum err answer(struct risks *k, struct buf *out)
{
	const char *const rest[] = { "owed", "overdue", k->credit->limit->key,
		"usage", k->credit->grade->key, k->credit->hold->key };
	size_t shown = k->count < k->run->limit ? k->count : k->run->limit;
	enum err err = ERR_OK;

	if (k->count > 1)
		qsort(k->lines, k->count, sizeof *k->lines, worst_first);
	pack_map(out, 4);
	pack_cstr(out, "columns");
	pack_array(out, 8);
	dims_columns(&k->dims, out);
	for (unsigned i = 0; i < 6; i++)
		pack_cstr(out, rest[i]);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)shown);
	for (size_t i = 0; !err && i < shown; i++)
		err = pack_line(k, &k->lines[i], out);
	pack_cstr(out, "total");
	pack_map(out, 2);
	sheet_amount(out, "owed", &k->owed);
	sheet_amount(out, "overdue", &k->overdue);
	pack_key_int(out, "more", (int64_t)(k->count - shown));
	return err ? err : out->err;
}

enum err report_credit(struct report_run *r)
{
	struct risks k;
	enum err err = resolve(r, &k);

	if (err || r->only_asks)
		return err;
	err = walk_rows(r, k.customer, take_customer, &k);
	if (!err)
		err = answer(&k, r->out);
	free(k.lines);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * See tally.h.
 */
#include "server/book/tally.h"

#include <stdlib.h>

#include "common/date.h"
#include "common/log.h"
#include "common/pack.h"
#include "server/book/need.h"
#include "server/book/sheet.h"
#include "server/data/figures.h"
#include "server/schema/value.h"

/* --- the question --------------------------------------------------------*/

static enum err need_fields(struct tally *t)
{
	const char *const *keys = t->plan->fields;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && keys[i]; i++) {
		t->fields[i] = entity_field(t->entity, bytes_text(keys[i]));
		if (!t->fields[i]) {
			t->run->bad_field = bytes_text("name");
			return ERR_UNKNOWN;
		}
		err = need_grant(
		    t->run, t->fields[i], USE_AGGREGATE, &t->grants[i]);
	}
	return err;
}

enum err tally_resolve(
    struct report_run *r, const struct tally_plan *plan, struct tally *out)
{
	enum err err;

	*out = (struct tally){ .run = r, .plan = plan };
	err = need_customers(r, &out->customer);
	if (!err)
		err = need_entity(r, plan->entity, &out->entity);
	if (!err)
		err = need_fields(out);
	if (err)
		return err;
	out->dims = (struct dims){ .run = r,
		.customer = out->customer,
		.child = out->entity == out->customer ? NULL : out->entity };
	err = dims_read(&out->dims, plan->group, plan->date >= 0, NULL);
	out->span = (struct span){ DAY_FIRST, DAY_LAST };
	if (!err && plan->date >= 0)
		err = params_span(r, &out->span);
	return err ? err : params_limit(r);
}

/* --- one row -------------------------------------------------------------*/

enum err tally_count(struct decimal *sum, int64_t by)
{
	const struct decimal add = decimal_int(by);

	return decimal_add(sum, &add, sum);
}

enum err tally_value(
    struct tally *t, struct record *r, unsigned which, struct bytes *out)
{
	return record_value(t->run->desk, r, &t->grants[which], out);
}

bool tally_day(struct tally *t, struct record *r, unsigned which, int32_t *day)
{
	const struct field *f = t->fields[which];
	struct bytes value, text;
	int64_t ms;

	if (tally_value(t, r, which, &value) || value_is_empty(value))
		return false;
	text = value_text(f, value);
	if (f->type != TYPE_INSTANT)
		return !date_parse(text, day);
	if (instant_parse(text, &ms))
		return false;
	*day = desk_day(t->run->desk, ms);
	return true;
}

bool tally_is(
    struct tally *t, struct record *r, unsigned which, const char *keys)
{
	struct bytes value, text;
	size_t len;

	if (tally_value(t, r, which, &value) || value_is_empty(value))
		return false;
	text = value_text(t->fields[which], value);
	for (; *keys; keys += len + 1) {
		len = strcspn(keys, " ");
		if (bytes_equal(text, bytes_of(keys, len)))
			return true;
	}
	return false;
}

bool tally_set_day(
    const struct tally *t, const struct record *r, unsigned which, int32_t *day)
{
	uint32_t version = r->cells[t->fields[which]->slot].version;

	for (unsigned i = 0; i < r->stamp_count; i++)
		if (r->stamps[i].version == version) {
			*day = desk_day(t->run->desk, r->stamps[i].at_ms);
			return true;
		}
	return false;
}

/* Without a date it counts where no days are asked for. */
static bool is_in_span(struct tally *t, struct record *r, uint16_t *month)
{
	const bool is_any = t->span.from == DAY_FIRST && t->span.to == DAY_LAST;
	int32_t day;

	*month = 0;
	if (t->plan->date < 0)
		return true;
	if (!tally_day(t, r, (unsigned)t->plan->date, &day))
		return is_any;
	*month = figure_month_of(day);
	return day >= t->span.from && day <= t->span.to;
}

static enum err take(void *ctx, struct walk_row *row)
{
	struct tally *t = ctx;
	uint64_t key[GROUP_KEYS];
	struct record *r;
	struct sums *group;
	uint16_t month;
	enum err err;

	if (row->record.header.flags & ROW_ARCHIVED)
		return ERR_OK;
	err = walk_open(t->run, row, &r);
	if (err || !is_in_span(t, r, &month))
		return err;
	record_meet(r, view_entity_of(t->run->who->view, r->entity));
	err = dims_key(&t->dims, row, t->dims.child ? r : NULL, month, key);
	if (!err)
		err = groups_need(&t->groups, key, &group);
	return err ? err : t->plan->add(t, r, group->of);
}

/* --- the answer ----------------------------------------------------------*/

static unsigned column_count(const struct tally_plan *plan)
{
	unsigned count = 0;

	while (plan->columns[count].key)
		count++;
	return count;
}

static void pack_sums(
    const struct tally_plan *plan, const struct decimal *of, struct buf *out)
{
	for (const struct tally_column *c = plan->columns; c->key; c++)
		switch (c->form) {
		case TALLY_COUNT:
			sheet_count(out, c->key, &of[c->sum]);
			break;
		case TALLY_AMOUNT:
			sheet_amount(out, c->key, &of[c->sum]);
			break;
		case TALLY_SHARE:
			sheet_share(out, c->key, &of[c->sum], &of[c->of]);
			break;
		case TALLY_AVERAGE:
			sheet_ratio(out, c->key, &of[c->sum], &of[c->of], 1);
			break;
		}
}

struct line {
	const struct sums *sums;
	const struct tally *tally;
};

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	const struct tally *t = x->tally;
	unsigned by = t->plan->most_first;
	int order = 0;

	if (by < GROUP_SUMS_MOST && !dims_has(&t->dims, DIM_MONTH))
		order = decimal_compare(&y->sums->of[by], &x->sums->of[by]);
	return order ? order
		     : dims_compare(&t->dims, x->sums->key, y->sums->key);
}

static enum err add_up(const struct tally *t, struct decimal *total)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < t->groups.count; i++)
		for (unsigned s = 0; !err && s < GROUP_SUMS_MOST; s++)
			err = decimal_add(
			    &total[s], &t->groups.list[i].of[s], &total[s]);
	return err;
}

static enum err pack_lines(
    struct tally *t, const struct line *lines, const struct decimal *total)
{
	const unsigned columns = column_count(t->plan);
	struct buf *out = t->run->out;
	size_t count = t->groups.count;
	size_t shown = count < t->run->limit ? count : t->run->limit;
	enum err err = ERR_OK;

	pack_map(out, 4);
	pack_cstr(out, "columns");
	pack_array(out, dims_cells(&t->dims) + columns);
	dims_columns(&t->dims, out);
	for (unsigned i = 0; i < columns; i++)
		pack_cstr(out, t->plan->columns[i].key);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)shown);
	for (size_t i = 0; !err && i < shown; i++) {
		pack_map(out, dims_cells(&t->dims) + columns);
		err = dims_pack(&t->dims, lines[i].sums->key, out);
		pack_sums(t->plan, lines[i].sums->of, out);
	}
	pack_cstr(out, "total");
	pack_map(out, columns);
	pack_sums(t->plan, total, out);
	pack_key_int(out, "more", (int64_t)(count - shown));
	return err ? err : out->err;
}

static enum err answer(struct tally *t)
{
	struct line *lines = must_alloc((t->groups.count + 1) * sizeof *lines);
	struct decimal total[GROUP_SUMS_MOST] = { 0 };
	enum err err = add_up(t, total);

	for (size_t i = 0; i < t->groups.count; i++)
		lines[i] = (struct line){ &t->groups.list[i], t };
	if (t->groups.count > 1)
		qsort(lines, t->groups.count, sizeof *lines, compare_lines);
	if (!err)
		err = pack_lines(t, lines, total);
	free(lines);
	return err;
}

enum err tally_run(struct tally *t)
{
	enum err err;

	groups_init(&t->groups);
	err = walk_rows(t->run, t->entity, take, t);
	if (!err)
		err = answer(t);
	groups_release(&t->groups);
	return err;
}

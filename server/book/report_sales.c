// SPDX-License-Identifier: MIT
/*
 * The sales report's answer: groups by what they brought, most first.
 *
 * Each row names its group as people know it (a number, a code, a login
 * name, a month) and, where the caller may read it, by its name.
 */
#include <stdlib.h>

#include "common/log.h"
#include "common/pack.h"
#include "server/book/sales.h"
#include "server/book/sheet.h"

#define CELLS 5

struct line { /* of the report */
	const struct sums *sums;
	struct decimal net;
	const struct dims *dims;
};

static int most_first(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = decimal_compare(&y->net, &x->net);

	return order ? order
		     : dims_compare(x->dims, x->sums->key, y->sums->key);
}

static int in_order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return dims_compare(x->dims, x->sums->key, y->sums->key);
}

static void pack_sums(const struct sums *s, const struct decimal *net,
    const struct decimal *whole, struct buf *out)
{
	sheet_count(out, "orders", &s->of[MEASURE_ORDERS]);
	sheet_amount(out, "gross", &s->of[MEASURE_SALES]);
	sheet_amount(out, "returns", &s->of[MEASURE_RETURNS]);
	sheet_amount(out, "net", net);
	sheet_share(out, "share", net, whole);
}

static void pack_columns(const struct dims *d, struct buf *out)
{
	static const char *const rest[CELLS] = { "orders", "gross", "returns",
		"net", "share" };

	pack_cstr(out, "columns");
	pack_array(out, dims_cells(d) + CELLS);
	dims_columns(d, out);
	for (unsigned i = 0; i < CELLS; i++)
		pack_cstr(out, rest[i]);
}

static enum err pack_lines(struct sales *s, const struct line *lines)
{
	struct buf *out = s->run->out;
	size_t count = s->groups.count;
	size_t shown = count < s->run->limit ? count : s->run->limit;
	struct sums total;
	struct decimal net;
	enum err err = sales_total(s, &total);

	if (!err)
		err = sales_net(&total, &net);
	if (err)
		return err;
	pack_map(out, 4);
	pack_columns(&s->dims, out);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)shown);
	for (size_t i = 0; !err && i < shown; i++) {
		pack_map(out, dims_cells(&s->dims) + CELLS);
		err = dims_pack(&s->dims, lines[i].sums->key, out);
		pack_sums(lines[i].sums, &lines[i].net, &net, out);
	}
	pack_cstr(out, "total");
	pack_map(out, CELLS);
	pack_sums(&total, &net, &net, out);
	pack_key_int(out, "more", (int64_t)(count - shown));
	return err ? err : out->err;
}

static enum err answer(struct sales *s)
{
	size_t count = s->groups.count;
	struct line *lines = must_alloc((count + 1) * sizeof *lines);
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < count; i++) {
		lines[i].sums = &s->groups.list[i];
		lines[i].dims = &s->dims;
		err = sales_net(lines[i].sums, &lines[i].net);
	}
	if (!err && count > 1)
		qsort(lines, count, sizeof *lines,
		    dims_has(&s->dims, DIM_MONTH) ? in_order : most_first);
	if (!err)
		err = pack_lines(s, lines);
	free(lines);
	return err;
}

enum err report_sales(struct report_run *r)
{
	struct sales s;
	enum err err = sales_resolve(r, NULL, &s);

	if (!err)
		err = sales_span(&s);
	if (!err)
		err = params_limit(r);
	if (err || r->only_asks)
		return err;
	groups_init(&s.groups);
	err = sales_walk(&s);
	if (!err)
		err = answer(&s);
	groups_release(&s.groups);
	return err;
}

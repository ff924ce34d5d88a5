// SPDX-License-Identifier: MIT
/*
 * ABC classes: each customer that bought or returned, or the classes alone.
 */
#include <stdlib.h>

#include "common/log.h"
#include "common/pack.h"
#include "server/book/abc.h"
#include "server/book/sales.h"
#include "server/book/sheet.h"

enum { OF_CUSTOMERS, OF_CLASSES };

struct abc {
	struct sales sales;
	struct abc_scheme scheme;
	unsigned of;
	struct abc_line *lines;
	size_t count;
	struct decimal whole, net; /* above zero; of all */
};

static enum err read_limits(struct report_run *r, struct abc_scheme *s)
{
	struct bytes text;
	enum err err = params_text(r, "limits", &text);

	if (err || !text.len || abc_parse(text, s))
		return err;
	return params_refuse(r, "limits", "range",
	    "per cents that rise, at most 100, such as 80,95");
}

static enum err resolve(struct report_run *r, struct abc *a)
{
	static const char *const borders[] = { "incl", "below", NULL };
	static const char *const kinds[] = { "customer", "class", NULL };
	unsigned border = ABC_INCL;
	enum err err = sales_resolve(r, "customer", &a->sales);

	if (!err)
		err = sales_span(&a->sales);
	if (!err)
		err = read_limits(r, &a->scheme);
	if (!err)
		err = params_word(r, "border", borders, &border);
	if (!err)
		err = params_word(r, "group", kinds, &a->of);
	a->scheme.border = border == ABC_BELOW ? ABC_BELOW : ABC_INCL;
	return err ? err : params_limit(r);
}

static enum err classify(struct abc *a)
{
	const struct groups *g = &a->sales.groups;
	enum err err = ERR_OK;

	a->count = g->count;
	a->lines = must_alloc((g->count + 1) * sizeof *a->lines);
	for (size_t i = 0; !err && i < g->count; i++) {
		a->lines[i] = (struct abc_line){ .id = g->list[i].key[0] };
		err = sales_net(&g->list[i], &a->lines[i].value);
		if (!err)
			err = decimal_add(&a->net, &a->lines[i].value, &a->net);
	}
	return err ? err
		   : abc_classify(a->lines, a->count, &a->scheme, &a->whole);
}

/* --- the answer ----------------------------------------------------------*/

static void pack_class(struct buf *out, unsigned class_of)
{
	const char letter = abc_letter(class_of);

	pack_key_text(out, "class", bytes_of(&letter, 1));
}

static enum err pack_customers(struct abc *a, struct buf *out)
{
	size_t shown =
	    a->count < a->sales.run->limit ? a->count : a->sales.run->limit;
	enum err err = ERR_OK;

	pack_cstr(out, "columns");
	pack_array(out, 6);
	dims_columns(&a->sales.dims, out);
	for (unsigned i = 0; i < 4; i++)
		pack_cstr(out, (const char *const[]){
				   "net", "share", "upto", "class" }[i]);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)shown);
	for (size_t i = 0; !err && i < shown; i++) {
		const struct abc_line *line = &a->lines[i];
		const uint64_t key[GROUP_KEYS] = { line->id, 0 };

		pack_map(out, 6);
		err = dims_pack(&a->sales.dims, key, out);
		sheet_amount(out, "net", &line->value);
		sheet_share(out, "share", &line->value, &a->whole);
		sheet_share(out, "upto", &line->upto, &a->whole);
		pack_class(out, line->class_of);
	}
	pack_cstr(out, "total");
	pack_map(out, 1);
	sheet_amount(out, "net", &a->net);
	pack_key_int(out, "more", (int64_t)(a->count - shown));
	return err;
}

static enum err sum_classes(
    const struct abc *a, struct decimal *nets, int64_t *counts)
{
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < a->count; i++) {
		unsigned c = a->lines[i].class_of;

		counts[c]++;
		err = decimal_add(&nets[c], &a->lines[i].value, &nets[c]);
	}
	return err;
}

static void pack_class_row(struct abc *a, struct buf *out, int64_t count,
    const struct decimal *net, const struct decimal *upto)
{
	const struct decimal customers = decimal_int(count);
	const struct decimal all = decimal_int((int64_t)a->count);

	pack_key_int(out, "customers", count);
	sheet_share(out, "customers_share", &customers, &all);
	sheet_amount(out, "net", net);
	sheet_share(out, "share", net, &a->whole);
	sheet_share(out, "upto", upto, &a->whole);
}

static enum err pack_classes(struct abc *a, struct buf *out)
{
	static const char *const columns[] = { "class", "customers",
		"customers_share", "net", "share", "upto" };
	struct decimal nets[ABC_LIMITS + 1] = { 0 }, upto = { 0, 0 };
	int64_t counts[ABC_LIMITS + 1] = { 0 };
	enum err err = sum_classes(a, nets, counts);

	pack_cstr(out, "columns");
	pack_array(out, 6);
	for (unsigned i = 0; i < 6; i++)
		pack_cstr(out, columns[i]);
	pack_cstr(out, "rows");
	pack_array(out, a->scheme.limit_count + 1);
	for (unsigned c = 0; !err && c <= a->scheme.limit_count; c++) {
		err = decimal_add(&upto, &nets[c], &upto);
		pack_map(out, 6);
		pack_class(out, c);
		pack_class_row(a, out, counts[c], &nets[c], &upto);
	}
	pack_cstr(out, "total");
	pack_map(out, 5);
	pack_class_row(a, out, (int64_t)a->count, &a->net, &a->net);
	pack_key_int(out, "more", 0);
	return err;
}

enum err report_abc(struct report_run *r)
{
	struct abc a = { .scheme = abc_usual() };
	enum err err = resolve(r, &a);

	if (err || r->only_asks)
		return err;
	groups_init(&a.sales.groups);
	err = sales_walk(&a.sales);
	if (!err)
		err = classify(&a);
	pack_map(r->out, 4);
	if (!err)
		err = a.of == OF_CLASSES ? pack_classes(&a, r->out)
					 : pack_customers(&a, r->out);
	free(a.lines);
	groups_release(&a.sales.groups);
	return err ? err : r->out->err;
}

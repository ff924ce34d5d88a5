// SPDX-License-Identifier: MIT
/*
 * The sales report's answer: groups by what they brought, most first.
 *
 * Each row names its group as people know it (a number, a code, a login
 * name, a month) and, where the caller may read it, by its name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/pack.h"
#include "server/book/sales.h"
#include "server/data/record.h"

#define PLACES       2
#define SHARE_PLACES 4

struct line { /* of the report */
	const struct sums *sums;
	struct decimal net;
};

struct sheet {
	struct sales *sales;
	struct line *lines;
	struct sums total;
	struct decimal net; /* of the total */
};

/* --- figures -------------------------------------------------------------*/

static enum err net_of(const struct sums *s, struct decimal *net)
{
	return decimal_sub(&s->of[MEASURE_SALES], &s->of[MEASURE_RETURNS], net);
}

static enum err sum_up(struct sheet *t)
{
	const struct groups *g = &t->sales->groups;
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < g->count; i++) {
		t->lines[i].sums = &g->list[i];
		err = net_of(&g->list[i], &t->lines[i].net);
		for (unsigned m = 0; !err && m < MEASURES; m++)
			err = decimal_add(&t->total.of[m], &g->list[i].of[m],
			    &t->total.of[m]);
	}
	return err ? err : net_of(&t->total, &t->net);
}

static int most_first(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = decimal_compare(&y->net, &x->net);

	return order ? order
		     : (x->sums->key > y->sums->key) -
			   (x->sums->key < y->sums->key);
}

static int months_in_order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return (x->sums->key > y->sums->key) - (x->sums->key < y->sums->key);
}

/* --- packing -------------------------------------------------------------*/

static void pack_amount(
    struct buf *out, const char *key, const struct decimal *v, unsigned places)
{
	struct decimal shown = decimal_round(v, places);
	char text[DECIMAL_TEXT];

	decimal_format(&shown, places, text);
	pack_key_cstr(out, key, text);
}

/* Of the whole, to four places. */
static void pack_share(
    struct buf *out, const struct decimal *part, const struct decimal *whole)
{
	struct decimal a = decimal_round(part, PLACES);
	struct decimal b = decimal_round(whole, PLACES);
	struct decimal share = { 0, SHARE_PLACES };
	decimal_digits ten = 1, half;

	/* One scale for both: a fraction of whole numbers. */
	for (unsigned i = a.scale; i < b.scale; i++)
		a.digits *= 10;
	for (unsigned i = b.scale; i < a.scale; i++)
		b.digits *= 10;
	for (unsigned i = 0; i < SHARE_PLACES; i++)
		ten *= 10;
	if (b.digits > 0) {
		half = a.digits < 0 ? -b.digits / 2 : b.digits / 2;
		share.digits = (a.digits * ten + half) / b.digits;
	}
	pack_amount(out, "share", &share, SHARE_PLACES);
}

static void pack_sums(struct sheet *t, const struct sums *s,
    const struct decimal *net, struct buf *out)
{
	pack_key_int(out, "orders", (int64_t)s->of[MEASURE_ORDERS].digits);
	pack_amount(out, "gross", &s->of[MEASURE_SALES], PLACES);
	pack_amount(out, "returns", &s->of[MEASURE_RETURNS], PLACES);
	pack_amount(out, "net", net, PLACES);
	pack_share(out, net, &t->net);
}

/* --- who a group is ------------------------------------------------------*/

static const struct entity *group_entity(const struct sales *s)
{
	const struct schema *schema = directory_schema(s->run->desk->directory);

	return s->by == BY_CUSTOMER
		   ? s->customer
		   : schema_entity(schema, bytes_text(sales_word(s->by)));
}

/* Its name, in clear or masked as he may see it there; else empty. */
static enum err name_of(struct sales *s, struct record *r, struct bytes *packed)
{
	const struct view_entity *ve =
	    view_entity_of(s->run->who->view, r->entity);
	const struct field *f = r->entity->title_field;
	unsigned relations;
	struct grant grant;
	enum err err;

	*packed = BYTES_NONE;
	if (!ve || !f)
		return ERR_OK;
	err = record_relations(s->run->desk, s->run->who, r, &relations);
	if (err || !view_grant(ve, relations, record_is_variant(r), f,
		       USE_PROJECT, &grant))
		return err;
	return record_value(s->run->desk, r, &grant, packed);
}

static enum err pack_record(
    struct sales *s, uint64_t id, const struct entity *e, struct buf *out)
{
	struct bytes name = BYTES_NONE;
	struct record *r;
	enum err err = record_load(s->run->desk, s->run->arena, e, id, &r);

	if (!err)
		err = record_open(s->run->desk, r);
	if (!err)
		err = name_of(s, r, &name);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	pack_key_text(out, sales_word(s->by), record_number(r));
	pack_cstr(out, "name");
	if (name.len)
		pack_raw(out, name);
	else
		pack_nil(out);
	return ERR_OK;
}

static void pack_login(struct sales *s, uint64_t id, struct buf *out)
{
	const struct account *who =
	    directory_account_by_id(s->run->desk->directory, id);

	pack_key_cstr(out, sales_word(s->by), who ? who->login : "");
	pack_key_cstr(out, "name", who ? who->name : "");
}

static void pack_month(struct sales *s, uint64_t month, struct buf *out)
{
	char text[16];

	snprintf(text, sizeof text, "%04u-%02u", (unsigned)(month / 12),
	    (unsigned)(month % 12 + 1));
	pack_key_cstr(out, sales_word(s->by), text);
	pack_key_cstr(out, "name", "");
}

static enum err pack_group(struct sales *s, uint64_t key, struct buf *out)
{
	const struct entity *e;

	if (s->by == BY_MONTH)
		pack_month(s, key, out);
	else if (s->by == BY_OWNER)
		pack_login(s, key, out);
	else if ((e = group_entity(s)) != NULL && key)
		return pack_record(s, key, e, out);
	else {
		pack_key_cstr(out, sales_word(s->by), "");
		pack_key_cstr(out, "name", "");
	}
	return ERR_OK;
}

static void pack_columns(const struct sales *s, struct buf *out)
{
	static const char *const rest[] = { "name", "orders", "gross",
		"returns", "net", "share" };
	const size_t count = sizeof rest / sizeof *rest;

	pack_cstr(out, "columns");
	pack_array(out, (uint32_t)(1 + count));
	pack_cstr(out, sales_word(s->by));
	for (size_t i = 0; i < count; i++)
		pack_cstr(out, rest[i]);
}

static enum err pack_sheet(struct sheet *t)
{
	struct sales *s = t->sales;
	struct buf *out = s->run->out;
	size_t count = s->groups.count;
	size_t shown = count < s->limit ? count : s->limit;
	enum err err = ERR_OK;

	pack_map(out, 4);
	pack_columns(s, out);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)shown);
	for (size_t i = 0; !err && i < shown; i++) {
		const struct line *l = &t->lines[i];

		pack_map(out, 7);
		err = pack_group(s, l->sums->key, out);
		pack_sums(t, l->sums, &l->net, out);
	}
	pack_cstr(out, "total");
	pack_map(out, 5);
	pack_sums(t, &t->total, &t->net, out);
	pack_key_int(out, "more", (int64_t)(count - shown));
	return err ? err : out->err;
}

/* --- the report ----------------------------------------------------------*/

static enum err make_sheet(struct sales *s)
{
	struct sheet t = { .sales = s };
	size_t count = s->groups.count;
	enum err err;

	t.lines = must_alloc((count + 1) * sizeof *t.lines);
	err = sum_up(&t);
	if (!err && count > 1)
		qsort(t.lines, count, sizeof *t.lines,
		    s->by == BY_MONTH ? months_in_order : most_first);
	if (!err)
		err = pack_sheet(&t);
	free(t.lines);
	return err;
}

enum err report_sales(struct report_run *r)
{
	struct sales s;
	enum err err = sales_resolve(r, &s);

	if (err)
		return err;
	groups_init(&s.groups);
	err = sales_walk(&s);
	if (!err)
		err = make_sheet(&s);
	groups_release(&s.groups);
	return err;
}

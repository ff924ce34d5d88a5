// SPDX-License-Identifier: MIT
/*
 * RFM scores: each customer with an order up to a day, or the cells alone.
 */
#include <stdlib.h>

#include "common/date.h"
#include "common/log.h"
#include "common/pack.h"
#include "server/book/need.h"
#include "server/book/rfm.h"
#include "server/book/sales.h"
#include "server/book/sheet.h"

enum { OF_CUSTOMERS, OF_CELLS };

struct rfm {
	struct sales sales;
	int64_t bins;
	unsigned ties, of;
	struct rfm_line *lines;
	size_t count;
	struct decimal orders, net;
};

struct scores { /* customers with the same three scores */
	uint8_t score[RFM_AXES];
	int64_t customers;
	struct decimal orders, net;
};

/* --- the question --------------------------------------------------------*/

/* The customer's field that keeps the newest day of what is counted. */
static const struct field *newest_field(const struct sales *s)
{
	const struct derive_part *orders =
	    &s->figures[MEASURE_ORDERS]->derive.parts[0];

	for (unsigned i = 0; i < s->customer->field_count; i++) {
		const struct field *f = &s->customer->fields[i];

		if (f->derive.kind == DERIVE_LATEST &&
		    f->derive.part_count == 1 &&
		    f->derive.parts[0].field == orders->by)
			return f;
	}
	return NULL;
}

static enum err resolve_days(struct report_run *r, struct sales *s)
{
	s->span = (struct span){ DAY_FIRST, r->today };
	enum err err = params_day(r, "from", false, &s->span.from);
	if (!err)
		err = params_day(r, "at", true, &s->span.to);
	if (!err && s->span.from > s->span.to)
		err = params_refuse(r, "from", "range", "from lies behind at");
	s->newest = newest_field(s);
	/* Nothing lies behind today but what the walk notices. */
	s->by_ledger =
	    s->newest && span_is_months(&(struct span){ s->span.from,
			     s->span.to >= r->today ? DAY_LAST : s->span.to });
	return err;
}

static enum err resolve(struct report_run *r, struct rfm *m)
{
	static const char *const kinds[] = { "customer", "cell", NULL };
	static const char *const ties[] = { "low", "high", NULL };
	enum err err = sales_resolve(r, "customer", &m->sales);

	if (!err)
		err = resolve_days(r, &m->sales);
	if (!err)
		err = params_int(r, "bins", 2, RFM_BINS_MOST, &m->bins);
	if (!err)
		err = params_word(r, "ties", ties, &m->ties);
	if (!err)
		err = params_word(r, "group", kinds, &m->of);
	return err ? err : params_limit(r);
}

/* --- the scores ----------------------------------------------------------*/

/* Who returned something and bought nothing has no last order. */
static enum err score(struct rfm *m)
{
	const struct groups *g = &m->sales.groups;
	enum err err = ERR_OK;

	m->lines = must_alloc((g->count + 1) * sizeof *m->lines);
	for (size_t i = 0; !err && i < g->count; i++) {
		const struct sums *s = &g->list[i];
		struct rfm_line *line = &m->lines[m->count];

		if (s->newest == INT32_MIN)
			continue;
		*line = (struct rfm_line){ .id = s->key[0] };
		line->value[RFM_RECENCY] = decimal_int(s->newest);
		line->value[RFM_FREQUENCY] = s->of[MEASURE_ORDERS];
		err = sales_net(s, &line->value[RFM_MONEY]);
		if (!err)
			err = decimal_add(
			    &m->net, &line->value[RFM_MONEY], &m->net);
		if (!err)
			err = decimal_add(
			    &m->orders, &s->of[MEASURE_ORDERS], &m->orders);
		m->count++;
	}
	if (!err)
		rfm_score(m->lines, m->count, (unsigned)m->bins,
		    (enum rfm_ties)m->ties);
	return err;
}

/* Best scores first, then most money, then by id. */
static int best_first(const void *a, const void *b)
{
	const struct rfm_line *x = a, *y = b;
	int order = memcmp(y->score, x->score, sizeof x->score);

	if (!order)
		order =
		    decimal_compare(&y->value[RFM_MONEY], &x->value[RFM_MONEY]);
	return order ? order : (x->id > y->id) - (x->id < y->id);
}

/* --- the answer ----------------------------------------------------------*/

static void pack_scores(struct buf *out, const uint8_t *score)
{
	pack_key_int(out, "r", score[RFM_RECENCY]);
	pack_key_int(out, "f", score[RFM_FREQUENCY]);
	pack_key_int(out, "m", score[RFM_MONEY]);
}

static void pack_words(
    struct buf *out, const char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		pack_cstr(out, words[i]);
}

static enum err pack_line(
    struct rfm *m, const struct rfm_line *line, struct buf *out)
{
	const uint64_t key[GROUP_KEYS] = { line->id, 0 };
	const int32_t last = (int32_t)line->value[RFM_RECENCY].digits;
	char day[DATE_TEXT];
	enum err err;

	date_format(last, day);
	pack_map(out, 9);
	err = dims_pack(&m->sales.dims, key, out);
	pack_key_cstr(out, "last", day);
	pack_key_int(out, "days", m->sales.span.to - last);
	sheet_count(out, "orders", &line->value[RFM_FREQUENCY]);
	sheet_amount(out, "net", &line->value[RFM_MONEY]);
	pack_scores(out, line->score);
	return err;
}

static enum err pack_customers(struct rfm *m, struct buf *out)
{
	static const char *const rest[] = { "last", "days", "orders", "net",
		"r", "f", "m" };
	const unsigned limit = m->sales.run->limit;
	size_t shown = m->count < limit ? m->count : limit;
	enum err err = ERR_OK;

	pack_cstr(out, "columns");
	pack_array(out, 9);
	dims_columns(&m->sales.dims, out);
	pack_words(out, rest, 7);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)shown);
	for (size_t i = 0; !err && i < shown; i++)
		err = pack_line(m, &m->lines[i], out);
	pack_cstr(out, "total");
	pack_map(out, 2);
	sheet_count(out, "orders", &m->orders);
	sheet_amount(out, "net", &m->net);
	pack_key_int(out, "more", (int64_t)(m->count - shown));
	return err;
}

/* The lines of one cell stand side by side. */
static enum err fold(const struct rfm *m, struct scores *cells, size_t *count)
{
	enum err err = ERR_OK;

	*count = 0;
	for (size_t i = 0; !err && i < m->count; i++) {
		const struct rfm_line *line = &m->lines[i];
		struct scores *c = *count ? &cells[*count - 1] : NULL;

		if (!c || memcmp(c->score, line->score, sizeof c->score)) {
			c = &cells[(*count)++];
			*c = (struct scores){ .customers = 0 };
			memcpy(c->score, line->score, sizeof c->score);
		}
		c->customers++;
		err = decimal_add(
		    &c->orders, &line->value[RFM_FREQUENCY], &c->orders);
		if (!err)
			err = decimal_add(
			    &c->net, &line->value[RFM_MONEY], &c->net);
	}
	return err;
}

static void pack_sums(struct rfm *m, struct buf *out, int64_t customers,
    const struct decimal *orders, const struct decimal *net)
{
	pack_key_int(out, "customers", customers);
	sheet_count(out, "orders", orders);
	sheet_amount(out, "net", net);
	sheet_share(out, "share", net, &m->net);
}

static void pack_cells(
    struct rfm *m, const struct scores *cells, size_t count, struct buf *out)
{
	static const char *const columns[] = { "r", "f", "m", "customers",
		"orders", "net", "share" };
	const unsigned limit = m->sales.run->limit;
	size_t shown = count < limit ? count : limit;

	pack_cstr(out, "columns");
	pack_array(out, 7);
	pack_words(out, columns, 7);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)shown);
	for (size_t i = 0; i < shown; i++) {
		pack_map(out, 7);
		pack_scores(out, cells[i].score);
		pack_sums(m, out, cells[i].customers, &cells[i].orders,
		    &cells[i].net);
	}
	pack_cstr(out, "total");
	pack_map(out, 4);
	pack_sums(m, out, (int64_t)m->count, &m->orders, &m->net);
	pack_key_int(out, "more", (int64_t)(count - shown));
}

static enum err answer(struct rfm *m, struct buf *out)
{
	struct scores cells[RFM_BINS_MOST * RFM_BINS_MOST * RFM_BINS_MOST];
	size_t count;
	enum err err;

	if (m->count > 1)
		qsort(m->lines, m->count, sizeof *m->lines, best_first);
	pack_map(out, 4);
	if (m->of == OF_CUSTOMERS)
		return pack_customers(m, out);
	err = fold(m, cells, &count);
	if (!err)
		pack_cells(m, cells, count, out);
	return err;
}

enum err report_rfm(struct report_run *r)
{
	struct rfm m = { .bins = RFM_BINS_USUAL };
	enum err err = resolve(r, &m);

	if (err || r->only_asks)
		return err;
	groups_init(&m.sales.groups);
	err = sales_walk(&m.sales);
	if (!err)
		err = score(&m);
	if (!err)
		err = answer(&m, r->out);
	free(m.lines);
	groups_release(&m.sales.groups);
	return err ? err : r->out->err;
}

// SPDX-License-Identifier: MIT
/*
 * Metrics: windows over the figures of one ledger row.  See metrics.h.
 *
 * All of it is whole-number arithmetic, so that anybody who reckons a metric
 * anew from the orders gets the same.
 */
#include "server/book/metrics.h"

#include "common/date.h"
#include "server/book/weigh.h"
#include "server/data/figures.h"

#define WINDOW_MOST 1200 /* months */
#define CENTS       2
/* Sums of more cents would not fit where squares of them are added up. */
#define SPREAD_MOST ((decimal_digits)1000000000000000)

/* --- windows -------------------------------------------------------------*/

static uint16_t month_of(int32_t day)
{
	int year, month, mday;

	date_split(day, &year, &month, &mday);
	return (uint16_t)(year * 12 + month - 1);
}

static uint16_t window_start(const struct facts *f, const struct metric *m)
{
	uint16_t now = month_of(f->today);

	return m->months && m->months < now ? (uint16_t)(now - m->months + 1)
					    : MONTH_FIRST;
}

static enum err sum_parts(const struct facts *f, const struct metric *m,
    uint16_t from, uint16_t to, struct decimal *sum)
{
	enum err err = ERR_OK;

	*sum = decimal_int(0);
	for (unsigned i = 0; !err && i < m->part_count; i++) {
		struct decimal part;

		err =
		    figure_sum(f->ledger, m->parts[i].figure, from, to, &part);
		part.digits *= m->parts[i].sign;
		if (!err)
			err = decimal_add(sum, &part, sum);
	}
	return err;
}

/* --- of each month -------------------------------------------------------*/

struct months {
	unsigned count, active;
	decimal_digits sum, squares; /* of cents */
};

static decimal_digits to_cents(const struct decimal *v)
{
	struct decimal cents = decimal_round(v, CENTS);

	for (unsigned at = cents.scale; at < CENTS; at++)
		cents.digits *= 10;
	return cents.digits;
}

/* Each month's sum of the parts, in one pass over each figure. */
static enum err sum_months(const struct facts *f, const struct metric *m,
    uint16_t from, uint16_t to, struct decimal *sums)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < m->part_count; i++) {
		struct bytes rest = figure_of(f->ledger, m->parts[i].figure);
		struct decimal value;
		uint16_t month;

		while (!err && figure_next(&rest, &month, &value)) {
			if (month < from || month > to)
				continue;
			value.digits *= m->parts[i].sign;
			err = decimal_add(
			    &sums[month - from], &value, &sums[month - from]);
		}
	}
	return err;
}

static enum err look_at_months(
    const struct facts *f, const struct metric *m, struct months *out)
{
	uint16_t to = month_of(f->today), from = window_start(f, m);
	struct decimal *sums;
	enum err err;

	*out = (struct months){ .count = to - from + 1u };
	if (out->count > WINDOW_MOST)
		from = (uint16_t)(to - WINDOW_MOST + 1);
	sums = arena_array(f->arena, to - from + 1u, sizeof *sums);
	err = sums ? sum_months(f, m, from, to, sums) : ERR_TOO_LARGE;
	for (unsigned at = 0; !err && at <= (unsigned)(to - from); at++) {
		decimal_digits cents = to_cents(&sums[at]);

		if (cents > SPREAD_MOST || cents < -SPREAD_MOST)
			return ERR_TOO_LARGE;
		out->active += cents != 0;
		out->sum += cents;
		out->squares += cents * cents;
	}
	return err;
}

static decimal_digits square_root(decimal_digits v)
{
	decimal_digits low = 0, high = v < 4 ? v : v / 2 + 1;

	if (high > INT64_MAX)
		high = INT64_MAX;
	while (low < high) {
		decimal_digits middle = low + (high - low + 1) / 2;

		if (middle * middle <= v)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* 100 * deviation / mean, rounded down: all under one root. */
static bool spread(const struct months *m, struct decimal *out)
{
	decimal_digits n = m->count;

	if (m->sum <= 0)
		return false;
	out->scale = 0;
	out->digits = square_root(
	    10000 * (n * m->squares - m->sum * m->sum) / (m->sum * m->sum));
	return true;
}

/* --- one metric ----------------------------------------------------------*/

static bool days_since(
    struct facts *f, const struct metric *m, struct decimal *out)
{
	struct value_source values = facts_source(f);
	struct bytes value = values.get(values.ctx, m->since);
	int32_t day;

	if (value_is_empty(value) ||
	    date_parse(value_text(m->since, value), &day))
		return false;
	*out = decimal_int(f->today - day);
	return true;
}

static bool spread_of(
    struct facts *f, const struct metric *m, struct decimal *out)
{
	struct months months;

	return !look_at_months(f, m, &months) && spread(&months, out);
}

static bool active(struct facts *f, const struct metric *m, struct decimal *out)
{
	struct months months;

	if (look_at_months(f, m, &months))
		return false;
	*out = decimal_int(months.active);
	return true;
}

static bool sum(struct facts *f, const struct metric *m, struct decimal *out)
{
	return !sum_parts(f, m, window_start(f, m), month_of(f->today), out);
}

/* --- places in the whole book --------------------------------------------*/

/* How many of the cuts, from the best on, lie above the value. */
static unsigned cuts_above(
    const struct facts *f, const struct metric *m, const struct decimal *value)
{
	size_t at = (size_t)(m - f->rules->metrics);
	unsigned above = 0;

	while (above < f->cuts->of[at].count &&
	       (!f->cuts->of[at].has[above] ||
		   decimal_compare(value, &f->cuts->of[at].least[above]) < 0))
		above++;
	return above;
}

static bool class_in_book(
    struct facts *f, const struct metric *m, struct decimal *out)
{
	struct decimal value;

	if (!f->cuts || !metric_reckon(f, m->of, &value))
		return false;
	*out = decimal_int(value.digits > 0 ? 1 + cuts_above(f, m, &value)
					    : m->limit_count + 1);
	return true;
}

static bool bin_in_book(
    struct facts *f, const struct metric *m, struct decimal *out)
{
	struct decimal value;

	if (!f->cuts || !metric_binned(f, m, &value))
		return false;
	*out = decimal_int(m->bins - cuts_above(f, m, &value));
	return true;
}

bool metric_binned(struct facts *f, const struct metric *m, struct decimal *out)
{
	if (!metric_reckon(f, m->of, out))
		return false;
	if (!m->low_is_best)
		return out->digits > 0;
	out->digits = -out->digits;
	return true;
}

typedef bool (*reckon_fn)(
    struct facts *f, const struct metric *m, struct decimal *out);

bool metric_reckon(struct facts *f, const struct metric *m, struct decimal *out)
{
	static const reckon_fn by_kind[METRIC_KINDS] = { [METRIC_SUM] = sum,
		[METRIC_ACTIVE] = active,
		[METRIC_SPREAD] = spread_of,
		[METRIC_DAYS] = days_since,
		[METRIC_CLASS] = class_in_book,
		[METRIC_BIN] = bin_in_book };

	return by_kind[m->kind](f, m, out);
}

/* --- as conditions ask ---------------------------------------------------*/

/* Several rules ask for one; but a rule may set the date that another counts
 * the days of. */
static struct bytes metric_packed(struct facts *f, const struct metric *m)
{
	size_t at = (size_t)(m - f->rules->metrics);
	struct decimal value;

	if (!f->asked[at] || m->kind == METRIC_DAYS) {
		f->told[at] =
		    metric_reckon(f, m, &value)
			? value_pack_decimal(f->arena, &value, m->as->places)
			: BYTES_NONE;
		f->asked[at] = true;
	}
	return f->told[at];
}

static struct bytes weighed_value(const struct facts *f, const char *key)
{
	for (unsigned i = 0; i < f->rules->weigh_count; i++)
		if (!strcmp(f->rules->weighs[i]->key, key))
			return f->weighed[i];
	return BYTES_NONE;
}

static struct bytes get(void *ctx, const struct field *field)
{
	struct facts *f = ctx;
	const struct metric *m = book_metric(f->rules, field);

	if (m)
		return metric_packed(f, m);
	if (field->derive.kind == DERIVE_SUM ||
	    field->derive.kind == DERIVE_LATEST)
		return ledger_get(f->ledger, field->id);
	return field->sealed ? weighed_value(f, field->key)
			     : f->record->cells[field->slot].value;
}

enum err facts_weigh(struct facts *f, struct desk *d)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < f->rules->weigh_count; i++)
		err = weigh_value(
		    d, f->record, f->rules->weighs[i], &f->weighed[i]);
	return err;
}

void facts_turn(struct facts *f, struct record *r, struct arena *a)
{
	f->record = r;
	f->arena = a;
	memset(f->asked, 0, sizeof f->asked);
	memset(f->weighed, 0, sizeof f->weighed);
}

struct value_source facts_source(struct facts *f)
{
	return (struct value_source){ get, f };
}

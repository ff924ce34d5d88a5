// SPDX-License-Identifier: MIT
/*
 * Falling back.  See pool.h.
 */
#include "common/date.h"
#include "server/book/pool.h"
#include "server/data/scope.h"

#define DAY_MS INT64_C(86400000)

/* The first that is on and holds. */
static const struct pool_return *find_rule(struct facts *f)
{
	const struct book_pool *p = f->rules->pool;
	struct value_source values = facts_source(f);

	for (unsigned i = 0; i < p->return_count; i++) {
		const struct pool_return *r = &p->returns[i];

		if (!r->is_off && (!r->when || condition_holds(&f->rules->seen,
						   r->when, &values, f->arena)))
			return r;
	}
	return NULL;
}

static bool read_day(const struct field *f, struct bytes value, int32_t *day)
{
	struct bytes text = value_text(f, value);
	int64_t ms;

	if (f->type == TYPE_DATE)
		return !date_parse(text, day);
	if (instant_parse(text, &ms))
		return false;
	*day = (int32_t)(ms / DAY_MS);
	return true;
}

/* What is not dated never happened. */
static bool find_last(struct facts *f, int32_t *last)
{
	const struct book_pool *p = f->rules->pool;
	struct value_source values = facts_source(f);
	bool found = false;

	for (unsigned i = 0; i < p->active_count; i++) {
		struct bytes value = values.get(values.ctx, p->active[i]);
		int32_t day;

		if (value_is_empty(value) ||
		    !read_day(p->active[i], value, &day))
			continue;
		if (!found || day > *last)
			*last = day;
		found = true;
	}
	return found;
}

void pool_foresee(struct facts *f, struct pool_fate *out)
{
	const struct pool_return *r = NULL;

	*out = (struct pool_fate){ .rule = NULL };
	if (f->rules->pool && f->record->header.owner)
		r = find_rule(f);
	if (!r || r->days == POOL_NONE || !find_last(f, &out->last))
		return;
	out->rule = r;
	out->day = out->last + r->days;
}

static bool is_over(const struct facts *f, const struct pool_fate *fate)
{
	return fate->rule && fate->day <= f->today;
}

bool pool_returns(struct facts *f)
{
	struct pool_fate fate;

	pool_foresee(f, &fate);
	return is_over(f, &fate);
}

bool pool_each_input(const struct book_rules *b, input_fn call, void *ctx)
{
	const struct book_pool *p = b->pool;
	bool goes_on = true, is_on = false;

	for (unsigned i = 0; p && goes_on && i < p->return_count; i++) {
		if (p->returns[i].is_off)
			continue;
		is_on |= p->returns[i].days != POOL_NONE;
		goes_on = book_each_input(b, p->returns[i].when, call, ctx);
	}
	for (unsigned i = 0; is_on && goes_on && i < p->active_count; i++)
		goes_on = call(ctx, p->active[i]);
	return goes_on;
}

void pool_take_back(struct work *w, struct facts *f)
{
	struct pool_fate fate;

	pool_foresee(f, &fate);
	if (!is_over(f, &fate))
		return;
	/* An order on its way keeps him. */
	f->record->weighed = true;
	scope_give(w, f->record, 0, NULL, fate.rule->key, f->rules->version);
}

// SPDX-License-Identifier: MIT
/*
 * Falling back.  See pool.h.
 */
#include "common/date.h"
#include "server/book/pool.h"
#include "server/data/scope.h"

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

static bool read_day(const struct book_pool *p, const struct field *f,
    struct bytes value, int32_t *day)
{
	struct bytes text = value_text(f, value);
	int64_t ms;

	if (f->type == TYPE_DATE)
		return !date_parse(text, day);
	if (instant_parse(text, &ms))
		return false;
	*day = day_at(ms, p->zone_ms);
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
		    !read_day(p, p->active[i], value, &day))
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

bool pool_returns(struct facts *f, struct pool_fate *out)
{
	pool_foresee(f, out);
	return out->rule && out->day <= f->today;
}

bool pool_has_returns(const struct book_rules *b)
{
	const struct book_pool *p = b->pool;
	bool has = false;

	for (unsigned i = 0; p && i < p->return_count; i++)
		has |= !p->returns[i].is_off && p->returns[i].days != POOL_NONE;
	return has;
}

bool pool_each_input(const struct book_rules *b, input_fn call, void *ctx)
{
	const struct book_pool *p = b->pool;

	if (!pool_has_returns(b))
		return true;
	for (unsigned i = 0; i < p->return_count; i++)
		if (!p->returns[i].is_off &&
		    !book_each_input(b, p->returns[i].when, call, ctx))
			return false;
	for (unsigned i = 0; i < p->active_count; i++)
		if (!call(ctx, p->active[i]))
			return false;
	return true;
}

void pool_take_back(struct work *w, struct facts *f)
{
	struct pool_fate fate;

	if (!pool_returns(f, &fate))
		return;
	/* An order on its way keeps him. */
	f->record->weighed = true;
	scope_give(w, f->record, 0, NULL, fate.rule->key, f->rules->version);
}

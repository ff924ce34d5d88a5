// SPDX-License-Identifier: MIT
/*
 * Conditions of the rules of business: what they may look at, and do.  See
 * book_rules.h.
 */
#include "server/schema/book_rules.h"
#include "server/schema/compile.h"

static bool is_open(void *ctx, const struct field *f)
{
	(void)ctx;
	return !f->sealed || f->derive.kind;
}

static bool is_open_or_decides(void *ctx, const struct field *f)
{
	return f->decides || is_open(ctx, f);
}

struct cond *compile_rule_when(struct compiler *c, const struct book_rules *b,
    struct bytes packed, bool may_weigh)
{
	struct cond *when = compile_condition(c, &b->seen, packed);

	if (!c->err && !book_each_input(b, when,
			   may_weigh ? is_open_or_decides : is_open, NULL))
		compile_fail(c, "looks at a sealed field: it does not see it");
	return when;
}

bool book_looks_at(const struct cond *c, const struct field *f)
{
	if (!c)
		return false;
	for (uint32_t i = 0; i < c->count; i++)
		if (book_looks_at(c->items[i], f))
			return true;
	return !c->count && bytes_is(c->field, f->key);
}

bool book_looks_at_whole(const struct book_rules *b, const struct cond *c)
{
	if (!c)
		return false;
	for (uint32_t i = 0; i < c->count; i++)
		if (book_looks_at_whole(b, c->items[i]))
			return true;
	return !c->count && metric_is_whole(book_metric(
				b, entity_field(&b->seen, c->field)));
}

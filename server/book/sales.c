// SPDX-License-Identifier: MIT
/*
 * The question: parameters and rights.  See sales.h.
 *
 * Whoever asks must be granted every input of every figure, in each relation
 * that the report ranges over; it ranges over what he may know of in all of
 * the entities concerned.
 */
#include "server/book/sales.h"

#include "common/date.h"
#include "server/schema/value.h"

#define LIMIT_USUAL 1000
#define LIMIT_MOST  10000
#define DAY_FIRST   (-719162) /* 0001-01-01 */
#define DAY_LAST    2932896   /* 9999-12-31 */

static const char *const figure_keys[MEASURES] = { "sales", "orders",
	"returns" };

static const char *const by_words[BY_COUNT] = { "customer", "product", "branch",
	"owner", "month" };

const char *sales_word(enum by by)
{
	return by_words[by];
}

/* --- parameters ----------------------------------------------------------*/

static enum err refuse(
    struct report_run *r, const char *param, const char *rule, const char *why)
{
	findings_add(r->found, FINDING_ERROR, param, rule, "%s", why);
	return ERR_INVALID;
}

static enum err read_text_param(
    struct report_run *r, const char *key, struct bytes *out)
{
	struct bytes raw = pairs_get(&r->params, key);
	struct reader in = reader_of(raw);

	*out = BYTES_NONE;
	if (!raw.len || reader_peek(&in) == UNPACK_NIL)
		return ERR_OK;
	*out = read_text(&in);
	return in.err ? refuse(r, key, "type", "this parameter is a text")
		      : ERR_OK;
}

static enum err read_by(struct report_run *r, struct sales *s)
{
	struct bytes word;
	enum err err = read_text_param(r, "group", &word);

	if (err || !word.len)
		return err;
	for (s->by = 0; s->by < BY_COUNT; s->by++)
		if (bytes_is(word, by_words[s->by]))
			return ERR_OK;
	return refuse(r, "group", "choice",
	    "group is customer, product, branch, owner or month");
}

static int32_t month_end(int32_t day)
{
	int year, month, mday;
	int32_t next = DAY_LAST + 1;

	date_split(day, &year, &month, &mday);
	if (month == 12 && year == 9999)
		return DAY_LAST;
	if (date_join(year + month / 12, month % 12 + 1, 1, &next))
		return DAY_LAST;
	return next - 1;
}

/* "2026-03-15", or "2026-03" for its first or last day. */
static enum err read_day(
    struct report_run *r, const char *key, bool is_last, int32_t *day)
{
	struct bytes text;
	char *whole;
	enum err err = read_text_param(r, key, &text);

	if (err || !text.len)
		return err;
	whole = arena_format(
	    r->arena, "%.*s-01", (int)text.len, (const char *)text.data);
	if (!whole)
		return ERR_TOO_LARGE;
	if (!date_parse(text, day))
		return ERR_OK;
	if (date_parse(bytes_text(whole), day))
		return refuse(
		    r, key, "date", "a day, 2026-03-31, or a month, 2026-03");
	if (is_last)
		*day = month_end(*day);
	return ERR_OK;
}

static bool is_month_start(int32_t day)
{
	int year, month, mday;

	date_split(day, &year, &month, &mday);
	return mday == 1;
}

static enum err read_days(struct report_run *r, struct sales *s)
{
	enum err err;

	s->from = DAY_FIRST;
	s->to = DAY_LAST;
	err = read_day(r, "from", false, &s->from);
	if (!err)
		err = read_day(r, "to", true, &s->to);
	if (!err && s->from > s->to)
		err = refuse(r, "from", "range", "from lies behind to");
	s->is_whole_months =
	    !err && is_month_start(s->from) && month_end(s->to) == s->to;
	return err;
}

static enum err read_limit(struct report_run *r, struct sales *s)
{
	struct bytes raw = pairs_get(&r->params, "limit");
	struct reader in = reader_of(raw);
	int64_t limit = raw.len ? read_int(&in) : LIMIT_USUAL;

	if (in.err || limit < 1)
		return refuse(r, "limit", "type", "a whole number from 1");
	s->limit = limit < LIMIT_MOST ? (unsigned)limit : LIMIT_MOST;
	return ERR_OK;
}

/* It narrows what he has, and never widens it. */
static enum err read_scope(struct report_run *r, unsigned *only)
{
	struct bytes word;
	enum err err = read_text_param(r, "scope", &word);

	*only = ~0u;
	if (err || !word.len)
		return err;
	*only = relation_parse(word);
	if (!*only)
		return refuse(
		    r, "scope", "choice", "scope is own, pool, branch or all");
	if (*only == RELATION_ALL)
		*only = ~0u;
	return ERR_OK;
}

/* --- rights --------------------------------------------------------------*/

static const struct field *product_field(const struct entity *e)
{
	for (unsigned i = 0; i < e->field_count; i++)
		if (e->fields[i].ref &&
		    !strcmp(e->fields[i].ref->key, by_words[BY_PRODUCT]))
			return &e->fields[i];
	return NULL;
}

const struct field *sales_product(const struct derive_part *part)
{
	const struct field *own = product_field(part->child);
	const struct field *sum = part->field;

	if (own || !sum || !sum->derive.part_count)
		return own;
	return product_field(sum->derive.parts[0].child);
}

static enum err need_entity(
    struct sales *s, const struct entity *e, const struct view_entity **out)
{
	*out = view_entity_of(s->run->who->view, e);
	if (*out)
		return ERR_OK;
	s->run->bad_field = bytes_text("name");
	return ERR_UNKNOWN;
}

static enum err need_field(struct sales *s, const struct field *f, enum use use)
{
	const struct view_entity *ve;
	struct grant grant;
	enum err err = need_entity(s, f->entity, &ve);

	if (err)
		return err;
	s->run->bad_field = bytes_text(f->key);
	if (!view_field(ve, s->run->bad_field))
		return ERR_UNKNOWN;
	if (f->sealed && !f->derive.kind)
		return ERR_DENIED;
	if (!view_grant_range(ve, s->range, f, use, &grant))
		return ERR_DENIED;
	s->run->bad_field = BYTES_NONE;
	return ERR_OK;
}

static enum err need_condition(
    struct sales *s, const struct entity *e, const struct cond *c)
{
	enum err err = ERR_OK;

	if (!c)
		return ERR_OK;
	if (c->op != COND_AND && c->op != COND_OR && c->op != COND_NOT)
		return need_field(s, entity_field(e, c->field), USE_AGGREGATE);
	for (uint32_t i = 0; !err && i < c->count; i++)
		err = need_condition(s, e, c->items[i]);
	return err;
}

/* A sum may be used where all that it sums may be. */
static enum err need_amount(struct sales *s, const struct field *f)
{
	enum err err = need_field(s, f, USE_AGGREGATE);

	for (unsigned i = 0; !err && i < f->derive.part_count; i++)
		err = need_amount(s, f->derive.parts[i].field);
	return err;
}

static enum err need_part(struct sales *s, const struct derive_part *part)
{
	const struct field *product = sales_product(part);
	enum err err = need_field(s, part->by, USE_AGGREGATE);

	if (!err && part->field)
		err = need_amount(s, part->field);
	if (!err && s->by == BY_PRODUCT && product)
		err = need_field(s, product, USE_GROUP);
	return err ? err : need_condition(s, part->child, part->when);
}

typedef enum err (*part_fn)(struct sales *s, const struct derive_part *part);

static enum err each_part(struct sales *s, part_fn call)
{
	enum err err = ERR_OK;

	for (unsigned m = 0; m < MEASURES; m++) {
		const struct derive *d = &s->figures[m]->derive;

		for (unsigned i = 0; !err && i < d->part_count; i++)
			err = call(s, &d->parts[i]);
	}
	return err;
}

/* Rows that he may know of as an order, as a return, and as a customer. */
static enum err narrow(struct sales *s, const struct derive_part *part)
{
	const struct view_entity *ve;
	enum err err = need_entity(s, part->child, &ve);

	if (!err)
		s->range &= view_range(ve);
	return err;
}

static enum err need_group(struct sales *s)
{
	const struct entity *e = s->customer;
	const struct field *by = s->by == BY_BRANCH  ? e->branch_field
				 : s->by == BY_OWNER ? e->owner_field
						     : e->number_field;

	return need_field(s, by, USE_GROUP);
}

static enum err find_figures(struct sales *s)
{
	const struct view *v = s->run->who->view;

	s->customers = view_entity(v, bytes_text("customer"));
	s->run->bad_field = bytes_text("name");
	if (!s->customers)
		return ERR_UNKNOWN;
	s->customer = view_entity_schema(s->customers);
	for (unsigned m = 0; m < MEASURES; m++) {
		s->figures[m] =
		    entity_figure(s->customer, bytes_text(figure_keys[m]));
		if (!s->figures[m])
			return ERR_UNKNOWN;
	}
	s->run->bad_field = BYTES_NONE;
	return ERR_OK;
}

static enum err check_rights(struct sales *s, unsigned only)
{
	enum err err = find_figures(s);

	if (err)
		return err;
	s->range = view_range(s->customers);
	err = each_part(s, narrow);
	s->range &= only;
	if (!err && !s->range)
		err = ERR_DENIED;
	if (!err)
		err = each_part(s, need_part);
	return err ? err : need_group(s);
}

enum err sales_resolve(struct report_run *r, struct sales *out)
{
	unsigned only;
	enum err err;

	*out = (struct sales){ .run = r };
	err = read_scope(r, &only);
	if (!err)
		err = read_by(r, out);
	if (!err)
		err = check_rights(out, only);
	if (!err)
		err = read_days(r, out);
	return err ? err : read_limit(r, out);
}

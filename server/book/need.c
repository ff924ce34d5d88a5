// SPDX-License-Identifier: MIT
/*
 * See need.h.
 */
#include "server/book/need.h"

#include "server/book/params.h"

static enum err read_scope(struct report_run *r)
{
	struct bytes word;
	enum err err = params_text(r, "scope", &word);

	if (err || !word.len)
		return err;
	r->only = relation_parse(word);
	if (!r->only)
		return params_refuse(
		    r, "scope", "choice", "scope is own, pool, branch or all");
	if (r->only == RELATION_ALL)
		r->only = 0;
	else if (r->range & r->only)
		r->range = r->only;
	return ERR_OK;
}

static enum err find_entity(
    struct report_run *r, const char *key, const struct view_entity **out)
{
	*out = view_entity(r->who->view, bytes_text(key));
	if (*out)
		return ERR_OK;
	r->bad_field = bytes_text("name");
	return ERR_UNKNOWN;
}

enum err need_customers(struct report_run *r, const struct entity **customer)
{
	const struct view_entity *ve;
	enum err err = find_entity(r, "customer", &ve);

	if (err)
		return err;
	*customer = view_entity_schema(ve);
	r->range = view_range(ve);
	r->only = 0;
	return read_scope(r);
}

enum err need_rows(struct report_run *r, const struct entity *e)
{
	const struct view_entity *ve = view_entity_of(r->who->view, e);

	if (!ve) {
		r->bad_field = bytes_text("name");
		return ERR_UNKNOWN;
	}
	r->range &= view_range(ve);
	return r->range ? ERR_OK : ERR_DENIED;
}

enum err need_entity(
    struct report_run *r, const char *key, const struct entity **out)
{
	const struct view_entity *ve;
	enum err err = find_entity(r, key, &ve);

	if (err)
		return err;
	*out = view_entity_schema(ve);
	return need_rows(r, *out);
}

static enum err need_use(struct report_run *r, const struct field *f,
    bool is_closed, enum use use, struct grant *out)
{
	const struct view_entity *ve = view_entity_of(r->who->view, f->entity);

	r->bad_field = bytes_text(f->key);
	if (!ve || !view_field(ve, r->bad_field))
		return ERR_UNKNOWN;
	if (is_closed || !view_grant_range(ve, r->range, f, use, out))
		return ERR_DENIED;
	r->bad_field = BYTES_NONE;
	return ERR_OK;
}

enum err need_grant(struct report_run *r, const struct field *f, enum use use,
    struct grant *out)
{
	return need_use(r, f, f->sealed && !f->derive.kind, use, out);
}

enum err need_field(struct report_run *r, const struct field *f, enum use use)
{
	struct grant grant;

	return need_grant(r, f, use, &grant);
}

enum err need_weighed(struct report_run *r, const struct field *f)
{
	bool is_counted = meter_is_bounded(r->who->meter, QUOTA_SEALED);
	struct grant grant;

	return need_use(r, f, is_counted, USE_AGGREGATE, &grant);
}

enum err need_condition(
    struct report_run *r, const struct entity *e, const struct cond *c)
{
	enum err err = ERR_OK;

	if (!c)
		return ERR_OK;
	if (c->op != COND_AND && c->op != COND_OR && c->op != COND_NOT)
		return need_field(r, entity_field(e, c->field), USE_AGGREGATE);
	for (uint32_t i = 0; !err && i < c->count; i++)
		err = need_condition(r, e, c->items[i]);
	return err;
}

enum err need_amount(struct report_run *r, const struct field *f)
{
	enum err err = need_field(r, f, USE_AGGREGATE);

	for (unsigned i = 0; !err && i < f->derive.part_count; i++)
		err = need_amount(r, f->derive.parts[i].field);
	return err;
}

enum err need_part(struct report_run *r, const struct derive_part *part)
{
	enum err err =
	    part->by ? need_field(r, part->by, USE_AGGREGATE) : ERR_OK;

	if (!err && part->due)
		err = need_field(r, part->due, USE_AGGREGATE);
	if (!err && part->field)
		err = need_amount(r, part->field);
	return err ? err : need_condition(r, part->child, part->when);
}

// SPDX-License-Identifier: MIT
/*
 * customer.merge and customer.unmerge: two customers become one, and two
 * again.
 *
 * A change like any other (change.h), of two records at once.  The answer
 * is the survivor's row with sealed values masked: what a merger takes over
 * was read by the one who chose it, and is not shown to him again.
 */
#include "common/pack.h"
#include "server/book/merge.h"
#include "server/data/alias.h"
#include "server/rpc/change.h"
#include "server/rpc/method.h"
#include "server/rpc/reply.h"

struct merger {
	struct item items[MERGE_ITEMS];
	bool parts;
};

/* --- parameters ----------------------------------------------------------*/

static enum err read_entity(struct request *r, const struct view_entity **out)
{
	enum err err = request_entity_of(r, "customer", out);

	if (err || view_entity_schema(*out)->alias_field)
		return err;
	r->bad_field = bytes_text("customer");
	return ERR_UNKNOWN;
}

static enum err read_one(struct change *c, const char *key, struct item *it)
{
	it->override_ = param_raw(c->request, "override");
	it->origin = c->options.origin;
	return request_id(c->request, key, &it->id);
}

static enum err read_merger(struct change *c)
{
	struct merger *m = c->own;
	enum err err;

	c->items = m->items;
	c->count = MERGE_ITEMS;
	if (!c->options.origin.reason.len)
		return request_refuse(c->request, "reason", "required",
		    "say why: it is kept in the history of both");
	err = read_entity(c->request, &m->items[0].entity);
	m->items[1].entity = m->items[0].entity;
	if (!err)
		err = read_one(c, "loser", &m->items[0]);
	if (!err && !m->parts)
		err = read_one(c, "survivor", &m->items[1]);
	return err;
}

/* --- both ----------------------------------------------------------------*/

static enum err apply_merger(struct change *c)
{
	struct request *r = c->request;
	struct merger *m = c->own;
	enum err err = m->parts ? book_part(&c->work)
				: book_merge(&c->work, param_raw(r, "choose"));

	for (unsigned i = 0; !err && i < MERGE_ITEMS; i++)
		if (m->items[i].err)
			err = change_refusal(r, &m->items[i]);
	return err;
}

static enum err load_again(
    struct change *c, const struct replayed *was, size_t count)
{
	enum err err = count == MERGE_ITEMS ? ERR_OK : ERR_NOT_FOUND;

	for (unsigned i = 0; !err && i < MERGE_ITEMS; i++)
		err = change_load(c, &was[i], &c->items[i]);
	return err;
}

static enum err answer(struct change *c)
{
	struct request *r = c->request;
	const struct merger *m = c->own;
	const struct item *merged = &c->items[0], *heir = &c->items[1];
	struct show_options options = { .mask_sealed = true, .more = 2 };
	struct shown shown;
	enum err err = record_show(r->desk, &r->caller, heir->entity,
	    heir->record, &options, &r->out, &shown);

	pack_key_text(&r->out, m->parts ? "parted" : "merged",
	    record_number(merged->record));
	pack_cstr(&r->out, "warnings");
	reply_pack_findings(&r->out, &r->found, FINDING_WARNING, -1);
	return err;
}

static enum err run(struct request *r, bool parts)
{
	static const struct change_kind kind = { .read = read_merger,
		.apply = apply_merger,
		.again = load_again,
		.answer = answer };
	struct merger m = { .parts = parts };

	return change_run(r, &kind, &m);
}

enum err on_customer_merge(struct request *r)
{
	return run(r, false);
}

enum err on_customer_unmerge(struct request *r)
{
	return run(r, true);
}

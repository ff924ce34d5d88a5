// SPDX-License-Identifier: MIT
/*
 * customer.claim and customer.release: out of the pool, and back into it.
 *
 * Changes like any other (change.h), of one field that the caller need not be
 * able to set: that he may is the right `claim` in a grant for the row.  Who
 * may have whom, and how many, is server/book/pool.h's; a refusal tells of the
 * caller and of a customer whom he can see, and of nobody else.
 */
#include "common/pack.h"
#include "server/book/pool.h"
#include "server/data/scope.h"
#include "server/rpc/change.h"
#include "server/rpc/method.h"

#define UNTAKABLE (ROW_ARCHIVED | ROW_WITHHELD | ROW_WITHDRAWN)

struct giving {
	const struct book_rules *rules;
	struct item item; /* the customer */
	struct claimant claimant;
	unsigned more; /* claims than those of the claimant: this one, or none
			  if it was counted before */
};

/* --- whom ----------------------------------------------------------------*/

static enum err read_customer(struct change *c)
{
	struct request *r = c->request;
	struct giving *g = c->own;
	enum err err;

	c->items = &g->item;
	c->count = 1;
	err = request_id(r, "id", &g->item.id);
	if (err)
		return err;
	g->rules = directory_schema(r->desk->directory)->rules;
	if (!g->rules) {
		r->bad_field = bytes_text("rules");
		return ERR_NOT_FOUND;
	}
	return request_entity_of(r, g->rules->of->key, &g->item.entity);
}

static enum err find_customer(struct change *c)
{
	struct item *it = c->items;
	unsigned relations;
	enum err err = change_take(c, it, &relations);

	if (!err && !(view_row_rights(it->entity, relations) & RIGHT_CLAIM))
		err = ERR_DENIED;
	return err;
}

static enum err refuse(
    struct request *r, const char *rule, const char *en, const char *zh)
{
	findings_add_worded(&r->found, FINDING_ERROR, "", rule, en, zh);
	return ERR_INVALID;
}

/* --- what becomes of him -------------------------------------------------*/

/* Claims of one person are made one after another. */
static enum err take_turns(struct request *r)
{
	uint64_t *owners =
	    arena_array(&r->arena, r->owner_count + 1, sizeof *owners);

	if (!owners)
		return ERR_TOO_LARGE;
	if (r->owner_count)
		memcpy(owners, r->owners, r->owner_count * sizeof *owners);
	owners[r->owner_count++] = r->caller.user;
	r->owners = owners;
	return ERR_OK;
}

static enum err judge(struct request *r, struct giving *g)
{
	const struct header *h = &g->item.record->header;
	struct claimant *c = &g->claimant;
	const char *rule;
	enum err err;

	if (h->owner == r->caller.user)
		return refuse(r, "pool_owner", "this customer is yours already",
		    "该客户已归您所有");
	if (h->owner)
		return refuse(r, "pool_owner", "this customer has an owner",
		    "该客户已有负责人");
	if (h->flags & UNTAKABLE)
		return refuse(r, "pool_closed",
		    "this customer is put away, or waits for approval",
		    "该客户已归档或待审批");
	err = pool_claimant(r->desk, &r->caller, g->rules, &r->arena, c);
	if (!err)
		err = pool_judge(r->desk, c, g->item.record, &r->found, &rule);
	if (err || !rule)
		return err;
	r->draft.why = rule;
	r->draft.subject = h->subject;
	return ERR_INVALID;
}

static enum err claim(struct change *c)
{
	struct request *r = c->request;
	struct giving *g = c->own;
	enum err err = find_customer(c);

	if (!err)
		err = judge(r, g);
	if (err)
		return err;
	g->more = 1;
	scope_give(
	    &c->work, g->item.record, r->caller.user, r->caller.login, NULL, 0);
	return ERR_OK;
}

static enum err plan_claim(struct change *c)
{
	const struct giving *g = c->own;

	pool_count(&g->claimant, c->request->plan);
	return take_turns(c->request);
}

static enum err release(struct change *c)
{
	struct request *r = c->request;
	struct record *customer;
	enum err err = find_customer(c);

	if (err)
		return err;
	customer = c->items->record;
	if (!customer->header.owner)
		return refuse(r, "pool_owner", "this customer has no owner",
		    "该客户没有负责人");
	if (customer->header.flags & ROW_WITHDRAWN)
		return refuse(r, "pool_closed", "this customer was taken back",
		    "该客户的录入已被撤销");
	if (!c->options.origin.reason.len)
		return request_refuse(r, "reason", "required",
		    "say why: it stays in the record's history");
	scope_give(&c->work, customer, 0, NULL, NULL, 0);
	return ERR_OK;
}

/* As it stands today, for who may still know of him. */
static enum err load_again(
    struct change *c, const struct replayed *was, size_t count)
{
	struct request *r = c->request;
	struct giving *g = c->own;
	enum err err = count == 1 ? ERR_OK : ERR_CORRUPT;

	if (!err)
		err = change_load_heir(c, was, &g->item);
	if (!err)
		err = record_open(r->desk, g->item.record);
	return err ? err
		   : pool_claimant(r->desk, &r->caller, g->rules, &r->arena,
			 &g->claimant);
}

/* --- answers -------------------------------------------------------------*/

static void pack_customer(
    struct buf *out, const struct record *r, uint32_t more)
{
	char id[ID_TEXT];

	id_format(r->id, id);
	pack_map(out, 2 + more);
	pack_key_cstr(out, "id", id);
	pack_key_text(out, "number", record_number(r));
}

static void pack_bound(struct buf *out, const char *key, uint32_t number,
    uint16_t most, bool is_counted)
{
	pack_cstr(out, key);
	if (is_counted && most != POOL_NONE)
		pack_uint(out, number);
	else
		pack_nil(out);
}

/* What he has of what he may; nothing where nothing bounds it. */
static enum err pack_claim(struct change *c)
{
	const struct giving *g = c->own;
	const struct claimant *by = &g->claimant;
	const struct pool_limit *l = by->limit;
	struct buf *out = &c->request->out;
	bool fits = l != NULL;
	uint16_t a_day = fits ? l->a_day : 0, owned = fits ? l->owned : 0;

	pack_customer(out, g->item.record, 4);
	pack_bound(out, "today", by->today + g->more, 0, true);
	pack_bound(out, "a_day", a_day, a_day, fits);
	pack_bound(out, "owned", by->owned + g->more, owned, fits);
	pack_bound(out, "most", owned, owned, fits);
	return out->err;
}

static enum err pack_release(struct change *c)
{
	pack_customer(&c->request->out, c->items->record, 0);
	return c->request->out.err;
}

/* --- both ----------------------------------------------------------------*/

enum err on_customer_claim(struct request *r)
{
	static const struct change_kind kind = { .read = read_customer,
		.apply = claim,
		.plan = plan_claim,
		.again = load_again,
		.answer = pack_claim };
	struct giving g = { .more = 0 };

	return change_run(r, &kind, &g);
}

enum err on_customer_release(struct request *r)
{
	static const struct change_kind kind = { .read = read_customer,
		.apply = release,
		.again = load_again,
		.answer = pack_release };
	struct giving g = { .more = 0 };

	return change_run(r, &kind, &g);
}

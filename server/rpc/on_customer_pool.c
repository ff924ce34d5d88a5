// SPDX-License-Identifier: MIT
/*
 * customer.claim and customer.release: out of the pool, and back into it.
 *
 * Changes like any other, of one field that the caller need not be able to
 * set: that he may is the right `claim` in a grant for the row.  Who may have
 * whom, and how many, is server/book/pool.h's; a refusal tells of the caller
 * and of a customer whom he can see, and of nobody else.
 */
#include "common/pack.h"
#include "server/book/pool.h"
#include "server/book/settle.h"
#include "server/data/refs.h"
#include "server/data/scope.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/replay.h"

#define UNTAKABLE (ROW_ARCHIVED | ROW_WITHHELD | ROW_WITHDRAWN)

struct giving {
	struct request *request;
	const struct book_rules *rules;
	struct work work;
	struct work_options options;
	struct item item; /* the customer */
	struct claimant claimant;
};

/* --- whom ----------------------------------------------------------------*/

static enum err read_params(struct giving *g)
{
	struct request *r = g->request;
	enum err err = change_options(r, &g->options);

	if (err)
		return err;
	g->item.id = param_text(r, "id");
	if (param_error(r))
		return param_error(r);
	if (!g->item.id.len)
		return request_refuse(r, "id", "required",
		    "say which: a number or an internal id");
	g->rules = directory_schema(r->desk->directory)->rules;
	if (!g->rules) {
		r->bad_field = bytes_text("rules");
		return ERR_NOT_FOUND;
	}
	g->item.entity = view_entity_of(r->caller.view, g->rules->of);
	if (g->item.entity)
		return ERR_OK;
	r->bad_field = bytes_text(g->rules->of->key);
	return ERR_UNKNOWN;
}

/* Into the work, as it is stored. */
static enum err find_customer(struct giving *g)
{
	struct request *r = g->request;
	struct item *it = &g->item;
	unsigned relations;
	enum err err = record_find_by_text(
	    r->desk, &r->caller, it->entity, it->id, &r->arena, &it->record);

	if (!err)
		err = work_take(&g->work, it->record, &it->record);
	if (!err)
		err = record_relations(
		    r->desk, &r->caller, it->record, &relations);
	if (!err && !(view_row_rights(it->entity, relations) & RIGHT_CLAIM))
		err = ERR_DENIED;
	if (err)
		return err;
	it->record->origin = g->work.options.origin;
	return ERR_OK;
}

static enum err refuse(
    struct request *r, const char *rule, const char *en, const char *zh)
{
	findings_add_worded(&r->found, FINDING_ERROR, "", rule, en, zh);
	return ERR_INVALID;
}

/* --- what becomes of him -------------------------------------------------*/

static enum err finish(struct giving *g)
{
	enum err err = book_settle(&g->work);

	return err || g->options.dry_run ? err
					 : change_plan(g->request, &g->work);
}

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

static enum err judge(struct giving *g)
{
	struct request *r = g->request;
	const struct header *h = &g->item.record->header;
	struct claimant *c = &g->claimant;
	const char *rule;
	enum err err;

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

static enum err claim(struct giving *g)
{
	struct request *r = g->request;
	enum err err = judge(g);

	if (err)
		return err;
	scope_give(
	    &g->work, g->item.record, r->caller.user, r->caller.login, NULL, 0);
	err = finish(g);
	if (err || g->options.dry_run)
		return err;
	pool_count(&g->claimant, r->plan);
	return take_turns(r);
}

static enum err release(struct giving *g)
{
	struct request *r = g->request;

	if (!g->item.record->header.owner)
		return refuse(r, "pool_owner", "this customer has no owner",
		    "该客户没有负责人");
	if (!g->work.options.origin.reason.len)
		return request_refuse(r, "reason", "required",
		    "say why: it stays in the record's history");
	scope_give(&g->work, g->item.record, 0, NULL, NULL, 0);
	return finish(g);
}

/* --- answers -------------------------------------------------------------*/

static void pack_customer(struct giving *g, uint32_t more)
{
	struct buf *out = &g->request->out;
	char id[ID_TEXT];

	id_format(g->item.record->id, id);
	pack_map(out, 2 + more);
	pack_key_cstr(out, "id", id);
	pack_key_text(out, "number", record_number(g->item.record));
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
static void pack_claim(struct giving *g, uint32_t more)
{
	const struct claimant *c = &g->claimant;
	const struct pool_limit *l = c->limit;
	struct buf *out = &g->request->out;
	bool fits = l != NULL;
	uint16_t a_day = fits ? l->a_day : 0, owned = fits ? l->owned : 0;

	pack_customer(g, 4);
	pack_bound(out, "today", c->today + more, 0, true);
	pack_bound(out, "a_day", a_day, a_day, fits);
	pack_bound(out, "owned", c->owned + more, owned, fits);
	pack_bound(out, "most", owned, owned, fits);
}

static void pack_release(struct giving *g, uint32_t more)
{
	(void)more;
	pack_customer(g, 0);
}

/* --- both ----------------------------------------------------------------*/

struct way {
	enum err (*act)(struct giving *g);
	void (*pack)(struct giving *g, uint32_t more);
};

static const struct way claiming = { claim, pack_claim };
static const struct way releasing = { release, pack_release };

static enum err apply(struct giving *g, const struct way *way)
{
	struct request *r = g->request;
	enum err err = work_init(&g->work, r->desk, &r->caller, &r->arena,
	    &r->found, &g->options, &g->item, 1);

	if (!err)
		err = find_customer(g);
	if (!err)
		err = way->act(g);
	if (!err)
		way->pack(g, 1);
	return err ? err : r->out.err;
}

/* As it stands today, for who may still know of him. */
static enum err answer_again(
    struct giving *g, const struct way *way, const struct replayed *was)
{
	struct request *r = g->request;
	unsigned relations;
	enum err err = record_load_heir(
	    r->desk, &r->arena, g->rules->of, was->id, &g->item.record);

	if (!err)
		err = record_relations(
		    r->desk, &r->caller, g->item.record, &relations);
	if (!err && !(relations & view_range(g->item.entity)))
		err = ERR_NOT_FOUND;
	if (!err)
		err = record_open(r->desk, g->item.record);
	if (!err)
		err = pool_claimant(
		    r->desk, &r->caller, g->rules, &r->arena, &g->claimant);
	if (!err)
		way->pack(g, 0);
	return err ? err : r->out.err;
}

static enum err run(struct request *r, const struct way *way)
{
	struct giving *g = arena_alloc(&r->arena, sizeof *g);
	struct replayed *was;
	size_t count;
	enum err err;

	if (!g)
		return ERR_TOO_LARGE;
	*g = (struct giving){ .request = r };
	err = read_params(g);
	if (err)
		return err;
	err = replay_find(r, &was, &count);
	if (!err)
		return count == 1 ? answer_again(g, way, was) : ERR_CORRUPT;
	return err == ERR_NOT_FOUND ? apply(g, way) : err;
}

enum err on_customer_claim(struct request *r)
{
	return run(r, &claiming);
}

enum err on_customer_release(struct request *r)
{
	return run(r, &releasing);
}

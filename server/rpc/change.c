// SPDX-License-Identifier: MIT
/*
 * See change.h.
 */
#include "server/rpc/change.h"

#include "server/book/credit.h"
#include "server/book/settle.h"
#include "server/data/refs.h"
#include "server/rpc/confirm.h"
#include "server/rpc/item.h"

/* --- options -------------------------------------------------------------*/

static enum err read_options(struct request *r, struct work_options *o)
{
	enum err err;

	*o = (struct work_options){ .dry_run = param_bool(r, "dry_run") };
	if (param_error(r))
		return param_error(r);
	err = item_read_origin(r, &r->given, &o->origin);
	return err ? err : replay_id(r, &o->request_id);
}

enum err change_take(struct change *c, struct item *it, unsigned *relations)
{
	struct request *r = c->request;
	enum err err = record_find_by_text(
	    r->desk, &r->caller, it->entity, it->id, &r->arena, &it->record);

	if (!err)
		err = work_take(&c->work, it->record, &it->record);
	if (err)
		return err;
	it->record->origin = c->work.options.origin;
	return record_relations(r->desk, &r->caller, it->record, relations);
}

/* --- refusals ------------------------------------------------------------*/

/* A rule of the business: the log says which, and of which customer. */
void change_note_refusal(struct request *r, const struct item *it)
{
	if (!it->why)
		return;
	r->draft.why = it->why;
	r->draft.subject = it->record->header.subject;
}

enum err change_refusal(struct request *r, const struct item *it)
{
	r->bad_field = it->bad_field;
	change_note_refusal(r, it);
	r->rule = it->rule;
	if (it->err == ERR_CONFLICT)
		r->rule = "version";
	return it->err;
}

enum err change_apply(struct change *c)
{
	enum err err = ERR_OK;

	c->is_idle = true;
	for (size_t i = 0; !err && i < c->count; i++) {
		const struct item *it = &c->items[i];

		err = work_apply(&c->work, i);
		if (!err && it->err)
			err = change_refusal(c->request, it);
		c->is_idle &= it->skipped;
	}
	return err;
}

/* --- answered before -----------------------------------------------------*/

static enum err check_known(struct change *c, const struct item *it)
{
	struct request *r = c->request;
	unsigned relations;
	enum err err =
	    record_relations(r->desk, &r->caller, it->record, &relations);

	if (err)
		return err;
	return relations & view_range(it->entity) ? ERR_OK : ERR_NOT_FOUND;
}

enum err change_load(
    struct change *c, const struct replayed *was, struct item *it)
{
	struct request *r = c->request;
	enum err err = record_load(r->desk, &r->arena,
	    view_entity_schema(it->entity), was->id, &it->record);

	if (!err)
		err = check_known(c, it);
	return err ? err : record_open(r->desk, it->record);
}

enum err change_load_heir(
    struct change *c, const struct replayed *was, struct item *it)
{
	struct request *r = c->request;
	enum err err = record_load_heir(r->desk, &r->arena,
	    view_entity_schema(it->entity), was->id, &it->record);

	return err ? err : check_known(c, it);
}

/* --- the plan ------------------------------------------------------------*/

static enum err remember(struct request *r, const struct work *w)
{
	struct replayed *list =
	    arena_array(&r->arena, w->item_count, sizeof *list);

	if (!list)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < w->item_count; i++) {
		const struct item *it = &w->items[i];

		list[i] = it->err ? (struct replayed){ 0, (uint64_t)it->err }
				  : (struct replayed){ it->record->entity->id,
					    it->record->id };
	}
	replay_plan(r, list, w->item_count);
	return plan_error(r->plan);
}

static enum err keep(struct change *c, const struct change_kind *kind)
{
	struct request *r = c->request;
	struct work *w = &c->work;
	enum err err = confirm_check(r, w->items, w->item_count);

	if (err || c->is_idle)
		return err;
	err = request_save(r, w);
	if (err)
		return err;
	credit_keep(w);
	if (!plan_is_empty(r->plan))
		err = remember(r, w);
	return err || !kind->plan ? err : kind->plan(c);
}

/* --- the way -------------------------------------------------------------*/

static enum err perform(struct change *c, const struct change_kind *kind)
{
	struct request *r = c->request;
	enum err err;

	work_init(&c->work, r->desk, &r->caller, &r->arena, &r->found,
	    &c->options, c->items, c->count);
	err = kind->apply(c);
	if (!err && !c->is_idle && !kind->ends_all)
		err = book_settle(&c->work);
	if (!err && !c->options.dry_run)
		err = keep(c, kind);
	if (err)
		work_return_numbers(&c->work);
	return err;
}

enum err change_run(
    struct request *r, const struct change_kind *kind, void *own)
{
	struct change *c = arena_alloc(&r->arena, sizeof *c);
	struct replayed *was;
	size_t count;
	enum err err;

	if (!c)
		return ERR_TOO_LARGE;
	*c = (struct change){ .request = r, .own = own };
	err = read_options(r, &c->options);
	if (!err)
		err = kind->read(c);
	if (err)
		return err;
	err = replay_find(r, &was, &count);
	if (!err)
		err = kind->again(c, was, count);
	else if (err == ERR_NOT_FOUND)
		err = perform(c, kind);
	return err ? err : kind->answer(c);
}

// SPDX-License-Identifier: MIT
/*
 * customer.erase: of a customer nothing is left but his number.
 *
 * A change like any other (on_change.c), of many records at once, that nobody
 * can take back: what it empties (data/erase.h) cannot be opened again.  The
 * round of keys that takes it from older copies too begins within a second
 * (data/round.h).
 */
#include "common/pack.h"
#include "server/data/erase.h"
#include "server/data/refs.h"
#include "server/data/round.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/replay.h"

struct erasing {
	struct request *request;
	const struct view_entity *entity;
	struct work work;
	struct work_options options;
	struct item item; /* the customer */
};

/* --- parameters ----------------------------------------------------------*/

static enum err read_params(struct erasing *x)
{
	struct request *r = x->request;
	enum err err = change_options(r, &x->options);

	if (err)
		return err;
	x->item.id = param_text(r, "id");
	if (param_error(r))
		return param_error(r);
	if (!x->item.id.len)
		return request_refuse(r, "id", "required",
		    "say which: a number or an internal id");
	if (!x->options.origin.reason.len)
		return request_refuse(r, "reason", "required",
		    "say why: it stays in the record's history");
	x->entity = view_entity(r->caller.view, bytes_text("customer"));
	x->item.entity = x->entity;
	if (x->entity)
		return ERR_OK;
	r->bad_field = bytes_text("customer");
	return ERR_UNKNOWN;
}

static enum err find_customer(struct erasing *x)
{
	struct request *r = x->request;
	unsigned relations;
	enum err err = record_find_by_text(r->desk, &r->caller, x->entity,
	    x->item.id, &r->arena, &x->item.record);

	if (!err)
		err = work_take(&x->work, x->item.record, &x->item.record);
	if (!err)
		err = record_relations(
		    r->desk, &r->caller, x->item.record, &relations);
	if (err)
		return err;
	return view_entity_rights(x->entity, relations) & RIGHT_ERASE
		   ? ERR_OK
		   : ERR_DENIED;
}

/* --- the plan ------------------------------------------------------------*/

static unsigned count_erased(const struct work *w)
{
	unsigned count = 0;

	for (size_t i = 0; i < w->record_count; i++)
		count += record_is_erased(w->records[i]);
	return count;
}

static enum err plan(struct erasing *x)
{
	struct request *r = x->request;
	enum err err = change_plan(r, &x->work);

	if (!err)
		err = erase_imports(&x->work, r->plan);
	if (err)
		return err;
	round_want(r->plan);
	return plan_error(r->plan);
}

/* --- the answer ----------------------------------------------------------*/

static void pack_answer(
    struct request *r, const struct record *erased, unsigned count)
{
	char id[ID_TEXT];

	id_format(erased->id, id);
	pack_map(&r->out, 4);
	pack_key_cstr(&r->out, "id", id);
	pack_key_text(&r->out, "number", record_number(erased));
	pack_key_bool(&r->out, "erased", record_is_erased(erased));
	pack_key_int(&r->out, "records", count);
}

static enum err apply(struct erasing *x)
{
	struct request *r = x->request;
	enum err err = work_init(&x->work, r->desk, &r->caller, &r->arena,
	    &r->found, &x->options, &x->item, 1);

	if (!err)
		err = find_customer(x);
	if (!err)
		err = erase_subject(
		    &x->work, x->item.record, &x->work.options.origin);
	if (!err && !x->options.dry_run)
		err = plan(x);
	if (!err)
		pack_answer(r, x->item.record, count_erased(&x->work));
	return err;
}

static enum err answer_again(
    struct erasing *x, const struct replayed *list, size_t count)
{
	struct request *r = x->request;
	struct record *erased;
	enum err err = count == 1 ? ERR_OK : ERR_NOT_FOUND;

	if (!err)
		err = record_load(r->desk, &r->arena,
		    view_entity_schema(x->entity), list->id, &erased);
	if (!err)
		err = record_open(r->desk, erased);
	if (!err)
		pack_answer(r, erased, 0);
	return err;
}

enum err on_customer_erase(struct request *r)
{
	struct erasing *x = arena_alloc(&r->arena, sizeof *x);
	struct replayed *list;
	size_t count;
	enum err err;

	if (!x)
		return ERR_TOO_LARGE;
	x->request = r;
	err = read_params(x);
	if (err)
		return err;
	err = replay_find(r, &list, &count);
	if (!err)
		return answer_again(x, list, count);
	return err == ERR_NOT_FOUND ? apply(x) : err;
}

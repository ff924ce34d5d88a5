// SPDX-License-Identifier: MIT
/*
 * customer.erase: of a customer nothing is left but his number.
 *
 * A change like any other (change.h), of many records at once, that nobody
 * can take back: what it empties (data/erase.h) cannot be opened again.  The
 * round of keys that takes it from older copies too begins within a second
 * (data/round.h).
 */
#include "common/pack.h"
#include "server/data/erase.h"
#include "server/data/register.h"
#include "server/data/round.h"
#include "server/rpc/change.h"
#include "server/rpc/method.h"

static enum err read_customer(struct change *c)
{
	struct request *r = c->request;
	struct item *it = c->own;
	enum err err;

	c->items = it;
	c->count = 1;
	err = request_id(r, "id", &it->id);
	if (err)
		return err;
	if (!c->options.origin.reason.len)
		return request_refuse(r, "reason", "required",
		    "say why: it stays in the record's history");
	return request_entity_of(r, "customer", &it->entity);
}

static enum err erase(struct change *c)
{
	struct item *it = c->items;
	unsigned relations;
	enum err err = change_take(c, it, &relations);

	if (err)
		return err;
	if (!(view_entity_rights(it->entity, relations) & RIGHT_ERASE))
		return ERR_DENIED;
	return erase_subject(&c->work, it->record, &c->work.options.origin);
}

static enum err plan_round(struct change *c)
{
	struct plan *p = c->request->plan;
	enum err err = erase_imports(&c->work, p);

	if (err)
		return err;
	round_want(p);
	register_want(&c->work, p);
	return plan_error(p);
}

static enum err load_again(
    struct change *c, const struct replayed *was, size_t count)
{
	struct request *r = c->request;
	struct item *it = c->items;
	enum err err = count == 1 ? ERR_OK : ERR_NOT_FOUND;

	if (!err)
		err = record_load(r->desk, &r->arena,
		    view_entity_schema(it->entity), was->id, &it->record);
	return err ? err : record_open(r->desk, it->record);
}

static unsigned count_erased(const struct work *w)
{
	unsigned count = 0;

	for (size_t i = 0; i < w->record_count; i++)
		count += record_is_erased(w->records[i]);
	return count;
}

static enum err answer(struct change *c)
{
	const struct record *erased = c->items->record;
	struct buf *out = &c->request->out;
	char id[ID_TEXT];

	id_format(erased->id, id);
	pack_map(out, 4);
	pack_key_cstr(out, "id", id);
	pack_key_text(out, "number", record_number(erased));
	pack_key_bool(out, "erased", record_is_erased(erased));
	pack_key_int(out, "records", count_erased(&c->work));
	return ERR_OK;
}

enum err on_customer_erase(struct request *r)
{
	static const struct change_kind kind = { .read = read_customer,
		.apply = erase,
		.plan = plan_round,
		.again = load_again,
		.answer = answer,
		.ends_all = true };
	struct item customer = { .is_create = false };

	return change_run(r, &kind, &customer);
}

// SPDX-License-Identifier: MIT
/*
 * customer.export: all that the book has of one customer, for himself.
 *
 * Himself and his children of every kind, in clear, through the caller's view
 * like any read: each watched value is logged with its record before it goes
 * out, and a second person is asked where clear exports need one.
 */
#include "common/pack.h"
#include "server/data/alias.h"
#include "server/data/children.h"
#include "server/data/refs.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

struct bundle {
	struct request *request;
	const struct view_entity *entity; /* of the rows under way */
	uint32_t count;                   /* of them */
};

static enum err read_params(struct request *r, struct bytes *id)
{
	*id = param_text(r, "id");
	if (!param_text(r, "reason").len)
		return request_refuse(r, "reason", "required",
		    "say why his data goes out in clear");
	if (!param_error(r) && !id->len)
		return request_refuse(r, "id", "required",
		    "say which: a number or an internal id");
	return param_error(r);
}

/* What concerns a customer says why nowhere in clear. */
static enum err note_reason(struct request *r, const struct record *customer)
{
	struct dek *key;
	enum err err = subject_key(r->desk, customer->entity,
	    customer->header.subject, KEY_PERSONAL, &key);

	if (err)
		return err;
	commit_value(r->desk->sealer, key, customer->id, 0,
	    customer->header.version, param_text(r, "reason"),
	    r->draft.reason.of);
	r->draft.has_reason = true;
	r->draft.subject = customer->id;
	r->draft.branch = customer->header.branch;
	r->must_log = true;
	return ERR_OK;
}

/* Out of his sight it is passed over, as in every list. */
static enum err pack_row(struct bundle *b, struct record *record)
{
	struct request *r = b->request;
	struct show_options options = { .more = 0 };
	struct shown shown;
	unsigned relations;
	enum err err =
	    record_relations(r->desk, &r->caller, record, &relations);

	if (err || !(relations & view_range(b->entity)))
		return err;
	b->count++;
	err = record_show(
	    r->desk, &r->caller, b->entity, record, &options, &r->out, &shown);
	return err ? err : request_note_read(r, record, &shown);
}

static enum err pack_child(void *ctx, struct record *child)
{
	return pack_row(ctx, child);
}

static enum err pack_children(
    struct request *r, const struct entity *e, const struct record *customer)
{
	struct bundle b = { .request = r,
		.entity = view_entity_of(r->caller.view, e) };
	struct children c = { .desk = r->desk,
		.up = e->parent_field,
		.owner = customer->id,
		.with_merged = true,
		.call = pack_child,
		.ctx = &b };
	size_t mark;
	enum err err;

	pack_cstr(&r->out, e->key);
	mark = pack_array_open(&r->out);
	err = children_each(&c);
	pack_array_close(&r->out, mark, b.count);
	return err;
}

static bool is_child(
    struct request *r, const struct entity *e, const struct entity *of)
{
	return e->parent_field && e->parent_field->ref == of &&
	       view_entity_of(r->caller.view, e);
}

/* {customer: [himself, and who was merged into him], contact: [...], ...} */
static enum err pack_all(
    struct request *r, const struct view_entity *ve, struct record *customer)
{
	const struct schema *s = directory_schema(r->desk->directory);
	struct bundle b = { .request = r, .entity = ve };
	struct alias_set set;
	size_t rows, mark = pack_map_open(&r->out);
	uint32_t count = 1;
	enum err err =
	    alias_set(r->desk, customer->entity, customer->id, &r->arena, &set);

	pack_cstr(&r->out, customer->entity->key);
	rows = pack_array_open(&r->out);
	for (size_t i = 0; !err && i < set.count; i++) {
		struct record *one;

		err = record_load(
		    r->desk, &r->arena, customer->entity, set.ids[i], &one);
		if (!err)
			err = pack_row(&b, one);
	}
	pack_array_close(&r->out, rows, b.count);
	for (unsigned i = 0; !err && i < s->entity_count; i++)
		if (is_child(r, &s->entities[i], customer->entity)) {
			err = pack_children(r, &s->entities[i], customer);
			count++;
		}
	pack_map_close(&r->out, mark, count);
	return err;
}

enum err on_customer_export(struct request *r)
{
	const struct view_entity *ve;
	struct record *customer;
	struct bytes id;
	enum err err = read_params(r, &id);

	if (!err)
		err = request_entity_of(r, "customer", &ve);
	if (!err)
		err = request_record(r, ve, id, &customer);
	if (!err)
		err = note_reason(r, customer);
	return err ? err : pack_all(r, ve, customer);
}

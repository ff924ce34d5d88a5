// SPDX-License-Identifier: MIT
/*
 * record.*: one record created, updated, confirmed, archived, approved.
 *
 * Changes of one item (item.h), which says what the method says of it.
 */
#include "server/rpc/change.h"
#include "server/rpc/item.h"
#include "server/rpc/method.h"

static enum err read_one(struct change *c)
{
	struct request *r = c->request;

	c->items = c->own;
	c->count = 1;
	return item_read(r, &r->given, c->items);
}

static enum err load_again(
    struct change *c, const struct replayed *was, size_t count)
{
	const struct entity *e = view_entity_schema(c->items->entity);

	return count && was->entity == e->id
		   ? change_load_heir(c, was, c->items)
		   : ERR_NOT_FOUND;
}

static enum err answer(struct change *c)
{
	return c->options.dry_run
		   ? item_pack_preview(c->request, c->items, -1, NULL)
		   : item_pack(c->request, c->items, -1);
}

static enum err change_one(struct request *r, struct item item)
{
	static const struct change_kind kind = { .read = read_one,
		.apply = change_apply,
		.again = load_again,
		.answer = answer };

	return change_run(r, &kind, &item);
}

enum err on_record_create(struct request *r)
{
	return change_one(r, (struct item){ .is_create = true });
}

enum err on_record_update(struct request *r)
{
	return change_one(r, (struct item){ .is_create = false });
}

enum err on_record_confirm(struct request *r)
{
	return change_one(r, (struct item){ .confirms = true });
}

enum err on_record_archive(struct request *r)
{
	return change_one(r, (struct item){ .archive = 1 });
}

enum err on_record_unarchive(struct request *r)
{
	return change_one(r, (struct item){ .archive = -1 });
}

enum err on_record_approve(struct request *r)
{
	return change_one(r, (struct item){ .approval = APPROVAL_APPROVED });
}

enum err on_record_reject(struct request *r)
{
	return change_one(r, (struct item){ .approval = APPROVAL_REJECTED });
}

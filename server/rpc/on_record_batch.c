// SPDX-License-Identifier: MIT
/*
 * record.batch: many records created and updated, one after the other.
 *
 * One change (change.h).  A bad item is that item's error; only a batch that
 * is atomic is refused with it.
 */
#include "common/pack.h"
#include "server/book/duplicates.h"
#include "server/book/marks.h"
#include "server/rpc/change.h"
#include "server/rpc/confirm.h"
#include "server/rpc/inside.h"
#include "server/rpc/item.h"
#include "server/rpc/method.h"
#include "server/rpc/reply.h"

#define BATCH_MOST       1000
#define PREVIEWS_ON_LOOP 8

struct batch {
	size_t failed;
	bool is_atomic;
	bool is_brief;         /* of what held, no more than that it did */
	bool tells_duplicates; /* though it is brief */
	bool tells_marks;      /* of the records that it would make */
	uint64_t *often;       /* of a preview: see book/duplicates.h */
};

/* --- parameters ----------------------------------------------------------*/

/* What only the whole batch can say (dry_run, request_id) no item says. */
static enum err check_words(
    struct request *r, const struct pairs *map, bool is_create)
{
	const char *words =
	    is_create
		? "op entity fields source reason override row "
		: "op entity id version set unset source reason override ";

	for (unsigned i = 0; i < map->count; i++) {
		if (param_is_known(words, map->keys[i]))
			continue;
		r->bad_field = map->keys[i];
		return request_refuse(
		    r, "items", "parameter", "an item has no such parameter");
	}
	return ERR_OK;
}

static enum err read_one(struct request *r, struct bytes map, struct item *it)
{
	struct bytes op = BYTES_NONE;
	struct pairs pairs;
	enum err err = unpack_pairs(map, &pairs);

	err = err ? ERR_OK : item_read_text(r, &pairs, "op", &op);
	*it = (struct item){ .is_create = bytes_is(op, "create") };
	if (!err && !it->is_create && !bytes_is(op, "update"))
		err = request_refuse(r, "items", "op",
		    "each item is a map with op create or update");
	if (!err)
		err = check_words(r, &pairs, it->is_create);
	return err ? err : item_read(r, &pairs, it);
}

/* A bad item is that item's error, not the request's. */
static enum err read_items(struct change *c)
{
	struct request *r = c->request;
	struct reader in = reader_of(param_raw(r, "items"));
	uint32_t count = read_array(&in);

	if (in.err || !count)
		return request_refuse(
		    r, "items", "type", "items is a list of items");
	if (count > BATCH_MOST)
		return ERR_TOO_LARGE;
	c->items = arena_array(&r->arena, count, sizeof *c->items);
	if (!c->items)
		return ERR_TOO_LARGE;
	c->count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct item *it = &c->items[i];

		r->found.item = (int)i;
		r->bad_field = BYTES_NONE;
		it->err = read_one(r, read_raw(&in), it);
		it->bad_field = r->bad_field;
		if (it->err == ERR_TOO_LARGE)
			return it->err;
	}
	r->bad_field = BYTES_NONE;
	return in.err;
}

static enum err read_batch(struct change *c)
{
	struct request *r = c->request;
	struct batch *b = c->own;

	b->is_atomic = param_bool(r, "atomic");
	b->is_brief = param_bool(r, "brief");
	b->tells_duplicates = c->options.dry_run && param_bool(r, "duplicates");
	b->tells_marks =
	    c->options.dry_run && b->is_brief && param_bool(r, "marks");
	return param_error(r) ? param_error(r) : read_items(c);
}

/* --- all of them ---------------------------------------------------------*/

/* Each item is held against the whole book: a worker's, unless they are few. */
static enum err prepare_preview(struct change *c)
{
	struct request *r = c->request;
	struct batch *b = c->own;

	if (!c->options.dry_run || (b->is_brief && !b->tells_duplicates))
		return ERR_OK;
	if (c->count > PREVIEWS_ON_LOOP && !r->desk->may_wait)
		return ERR_ELSEWHERE;
	b->often = arena_array(&r->arena, OFTEN_SLOTS, sizeof *b->often);
	return b->often ? ERR_OK : ERR_TOO_LARGE;
}

static enum err apply_each(struct change *c)
{
	struct request *r = c->request;
	struct batch *b = c->own;
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < c->count; i++) {
		r->found.item = (int)i;
		if (!c->items[i].err)
			err = work_apply(&c->work, i);
		b->failed += c->items[i].err != ERR_OK;
	}
	r->found.item = -1;
	/* What follows from a trial that shows no record is seen by nobody. */
	c->is_idle =
	    b->failed == c->count || (c->options.dry_run && b->is_brief);
	return err;
}

/* All of it or nothing: the first error, with all findings.  Which of the
 * items was too much for a customer's credit would tell how much is. */
static enum err refuse_all(struct change *c)
{
	size_t i = 0;

	for (size_t at = 0; at < c->count; at++)
		if (c->items[at].why)
			findings_fold(&c->request->found, c->items[at].why);
	while (!c->items[i].err)
		i++;
	return change_refusal(c->request, &c->items[i]);
}

/* Those of a batch that goes on without them are in its entry. */
static void note_refusals(struct change *c)
{
	for (size_t i = 0; i < c->count; i++) {
		change_note_refusal(c->request, &c->items[i]);
		c->request->must_log |= c->items[i].why != NULL;
	}
}

static enum err apply_batch(struct change *c)
{
	struct batch *b = c->own;
	enum err err = prepare_preview(c);

	if (!err)
		err = apply_each(c);
	if (err)
		return err;
	if (b->failed && b->is_atomic)
		return refuse_all(c);
	note_refusals(c);
	return ERR_OK;
}

/* --- answered before -----------------------------------------------------*/

/* An item that was refused is refused again, without the details. */
static enum err load_one(
    struct change *c, struct item *it, const struct replayed *was)
{
	enum err err;

	if (!it->err && !was->entity)
		it->err = (enum err)was->id;
	if (it->err)
		return ERR_OK;
	if (was->entity != view_entity_schema(it->entity)->id)
		return ERR_CORRUPT;
	err = change_load_heir(c, was, it);
	if (err == ERR_NOT_FOUND)
		it->err = err;
	return it->err ? ERR_OK : err;
}

static enum err load_again(
    struct change *c, const struct replayed *was, size_t count)
{
	struct batch *b = c->own;
	enum err err = count == c->count ? ERR_OK : ERR_CORRUPT;

	for (size_t i = 0; !err && i < c->count; i++) {
		err = load_one(c, &c->items[i], &was[i]);
		b->failed += c->items[i].err != ERR_OK;
	}
	return err;
}

/* --- the answer ----------------------------------------------------------*/

static bool has_marks(const struct batch *b, const struct item *it)
{
	return b->tells_marks && it->is_create && it->record && !it->skipped;
}

static enum err pack_marks(struct change *c, const struct item *it)
{
	struct buf *out = &c->request->out;

	if (!has_marks(c->own, it))
		return ERR_OK;
	pack_cstr(out, "marks");
	return marks_pack(&c->work, it, out);
}

static enum err pack_brief(struct change *c, const struct item *it)
{
	const struct batch *b = c->own;
	struct buf *out = &c->request->out;
	bool tells = b->tells_duplicates && !it->skipped;
	bool marks = has_marks(b, it);
	enum err err = ERR_OK;

	pack_map(out, 0u + it->skipped + tells + 2u * marks);
	if (it->skipped)
		pack_key_bool(out, "skipped", true);
	if (tells) {
		pack_cstr(out, "duplicates");
		err = request_pack_duplicates(c->request, it, b->often, out);
	}
	if (!err && marks) {
		pack_cstr(out, "owner");
		err = marks_pack_owner(&c->work, it, out);
	}
	return err ? err : pack_marks(c, it);
}

static enum err pack_one(struct change *c, int at)
{
	const struct batch *b = c->own;
	struct request *r = c->request;
	struct item *it = &c->items[at];

	if (it->err) {
		pack_map(&r->out, 1u + has_marks(b, it));
		pack_cstr(&r->out, "error");
		reply_pack_error(
		    &r->out, it->err, it->bad_field, NULL, &r->found, at);
		return pack_marks(c, it);
	}
	if (b->is_brief)
		return pack_brief(c, it);
	return c->options.dry_run ? item_pack_preview(r, it, at, b->often)
				  : item_pack(r, it, at);
}

static enum err answer(struct change *c)
{
	const struct batch *b = c->own;
	struct buf *out = &c->request->out;
	/* What nobody was shown is not confirmed. */
	bool to_confirm = c->options.dry_run && !b->is_brief;
	enum err err = ERR_OK;

	pack_map(out, 2u + to_confirm);
	pack_key_int(out, "failed", (int64_t)b->failed);
	if (to_confirm) {
		pack_cstr(out, "confirm");
		confirm_pack(c->request, c->items, c->count, out);
	}
	pack_cstr(out, "items");
	pack_array(out, (uint32_t)c->count);
	for (size_t i = 0; !err && i < c->count; i++)
		err = pack_one(c, (int)i);
	return err;
}

enum err on_record_batch(struct request *r)
{
	static const struct change_kind kind = { .read = read_batch,
		.apply = apply_batch,
		.again = load_again,
		.answer = answer };
	struct batch b = { .failed = 0 };

	return change_run(r, &kind, &b);
}

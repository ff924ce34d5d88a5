// SPDX-License-Identifier: MIT
/*
 * tag.rename: one item of a list in another's place, in every record of the
 * caller's that has it.
 *
 * It is an ordinary change of up to a thousand records, all or none, with all
 * that an update asks of each; `more` says that there are others.
 */
#include "common/pack.h"
#include "server/data/find.h"
#include "server/rpc/change.h"
#include "server/rpc/method.h"

#define RENAME_MOST 1000

struct renaming {
	struct request *r;
	const struct view_entity *ve;
	const struct field *field;
	struct bytes from, to;
	struct item *items;
	size_t count;
	bool more;
};

/* --- what is asked -------------------------------------------------------*/

static enum err read_names(struct request *r, struct renaming *n)
{
	struct bytes field = param_text(r, "field");
	enum err err = request_entity(r, &n->ve);

	n->r = r;
	n->from = param_text(r, "from");
	n->to = param_text(r, "to");
	if (err || param_error(r))
		return err ? err : param_error(r);
	if (!field.len)
		field = bytes_text("tags");
	n->field = view_field(n->ve, field);
	r->bad_field = field;
	if (!n->field)
		return ERR_UNKNOWN;
	r->bad_field = BYTES_NONE;
	if (n->field->type != TYPE_LIST)
		return request_refuse(
		    r, "field", "type", "this field is no list");
	if (!n->from.len || !n->to.len)
		return request_refuse(
		    r, "from", "required", "say which word, and which instead");
	return ERR_OK;
}

static enum err resolve(struct renaming *n, struct query *q)
{
	struct request *r = n->r;
	struct query_ask ask = { .entity = n->ve,
		.scope = param_text(r, "scope"),
		.limit = QUERY_LIMIT };
	struct buf where;
	enum err err;

	buf_init(&where, STORE_VALUE);
	pack_array(&where, 3);
	pack_cstr(&where, "has");
	pack_cstr(&where, n->field->key);
	pack_text(&where, n->from);
	ask.where = buf_move(&where, &r->arena);
	if (!ask.where.data)
		return ERR_TOO_LARGE;
	err = query_resolve(r->desk, &r->caller, &ask, &r->arena, &r->found, q);
	if (err)
		r->bad_field = q->bad_field;
	return err;
}

/* --- each record ---------------------------------------------------------*/

/* The list with `to` where `from` stood, and not twice. */
static struct bytes renamed(const struct renaming *n, struct bytes list)
{
	struct reader in = reader_of(list);
	uint32_t left = read_array(&in), count = 0;
	struct buf out;
	size_t mark;
	bool has = false;

	buf_init(&out, STORE_VALUE);
	pack_map(&out, 1);
	pack_cstr(&out, n->field->key);
	mark = pack_array_open(&out);
	for (; left && !in.err; left--) {
		struct bytes one = read_text(&in);
		bool is_it = bytes_equal(one, n->from);

		is_it |= bytes_equal(one, n->to);
		if (is_it && has)
			continue;
		has |= is_it;
		pack_text(&out, is_it ? n->to : one);
		count++;
	}
	pack_array_close(&out, mark, count);
	return buf_move(&out, &n->r->arena);
}

static enum err take(void *ctx, struct record *record)
{
	struct renaming *n = ctx;
	struct item *it = &n->items[n->count];
	char id[ID_TEXT];

	if (n->count == RENAME_MOST) {
		n->more = true;
		return ERR_OK;
	}
	id_format(record->id, id);
	*it = (struct item){ .entity = n->ve,
		.id = arena_copy(&n->r->arena, bytes_text(id)),
		.set = renamed(n, record_plain(record, n->field)) };
	n->count++;
	return it->set.data && it->id.data ? ERR_OK : ERR_TOO_LARGE;
}

/* --- all of them ---------------------------------------------------------*/

static enum err read_records(struct change *c)
{
	struct request *r = c->request;
	struct renaming *n = c->own;
	struct query q;
	enum err err = read_names(r, n);

	if (!err)
		err = resolve(n, &q);
	if (err)
		return err;
	n->items = arena_array(&r->arena, RENAME_MOST, sizeof *n->items);
	if (!n->items)
		return ERR_TOO_LARGE;
	err = find_each(r->desk, &r->caller, &q, &r->arena, take, n);
	c->items = n->items;
	c->count = n->count;
	return err;
}

static enum err answer(struct change *c)
{
	const struct renaming *n = c->own;
	struct buf *out = &c->request->out;

	pack_map(out, 2);
	pack_key_int(out, "renamed", (int64_t)n->count);
	pack_key_bool(out, "more", n->more);
	return ERR_OK;
}

enum err on_tag_rename(struct request *r)
{
	static const struct change_kind kind = {
		.read = read_records, .apply = change_apply, .answer = answer
	};
	struct renaming n = { .count = 0 };

	return change_run(r, &kind, &n);
}

// SPDX-License-Identifier: MIT
/*
 * change.undo: what one request changed is taken back, whole.
 *
 * A change like any other (change.h); its entry names the one that it undoes
 * (on_change.c).  A merger is parted again, all else is put back
 * (book/undo.h).
 */
#include "common/pack.h"
#include "server/audit/auditlog.h"
#include "server/book/merge.h"
#include "server/book/undo.h"
#include "server/data/known.h"
#include "server/rpc/change.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

/* --- which ---------------------------------------------------------------*/

static enum err not_there(struct request *r)
{
	r->bad_field = bytes_text("position");
	return ERR_NOT_FOUND;
}

/* The position that `position` names, or the request id in `request`. */
static enum err read_position(struct request *r, uint64_t *out)
{
	struct bytes id = param_text(r, "request");
	int64_t at = param_int(r, "position", -1);
	enum err err;

	if (param_error(r))
		return param_error(r);
	if (at < 0 && !id.len)
		return request_refuse(r, "position", "required",
		    "say which: a position that change.list tells");
	*out = (uint64_t)at;
	if (at >= 0)
		return ERR_OK;
	err = replay_position(r, id, out);
	return err == ERR_NOT_FOUND ? not_there(r) : err;
}

static bool knows_any(struct request *r, const struct draft *d)
{
	struct record peeked;

	for (size_t i = 0; i < d->record_count; i++)
		if (known_change(r->desk, &r->caller, &d->records[i], &peeked))
			return true;
	return false;
}

/* Nobody takes back another's work without the right to override; that he
 * may know of the records is asked of each of them. */
static bool may_override(const struct request *r)
{
	const struct view *v = r->caller.view;

	return (view_rights(v, RELATION_ALL) | view_rights(v, RELATION_BRANCH) |
		   view_rights(v, RELATION_OWN)) &
	       RIGHT_OVERRIDE;
}

/* A change of records that the caller made, or may override: another's of
 * which he may know nothing is one that is not there. */
static enum err need_change(
    struct request *r, uint64_t position, struct entry *e)
{
	enum err err =
	    position < snapshot_head(r->desk->snapshot)
		? auditlog_entry(r->desk->snapshot, position, &r->arena, e)
		: ERR_NOT_FOUND;

	if (err)
		return err == ERR_NOT_FOUND ? not_there(r) : err;
	if (!entry_is_done(e) || !e->draft.record_count ||
	    (e->draft.user != r->caller.user &&
		(!may_override(r) || !knows_any(r, &e->draft))))
		return not_there(r);
	return ERR_OK;
}

bool change_is_final(const struct entry *e)
{
	static const char *const methods[] = { "customer.erase",
		"customer.unmerge", "record.confirm" };

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (e->draft.method && !strcmp(e->draft.method, methods[i]))
			return true;
	return false;
}

static enum err check_kind(struct request *r, const struct entry *e)
{
	if (change_is_final(e))
		return request_refuse(
		    r, "position", "undo", "undo does not take this back");
	if (e->draft.undoes && !param_bool(r, "redo"))
		return request_refuse(r, "position", "redo",
		    "this took another change back; say redo to have that "
		    "again");
	if (!e->draft.undoes && param_bool(r, "redo"))
		return request_refuse(r, "position", "no_undo",
		    "this took nothing back; there is nothing to do again");
	return param_error(r);
}

/* "undo of 4711: said reason": in the history of each record. */
static enum err word_reason(struct change *c)
{
	const struct entry *e = c->own;
	struct bytes said = c->options.origin.reason;
	char *text = arena_format(&c->request->arena, "%s %llu%s%.*s",
	    e->draft.undoes ? "redo of" : "undo of",
	    (unsigned long long)(e->draft.undoes ? e->draft.undoes
						 : e->position),
	    said.len ? ": " : "", (int)said.len, (const char *)said.data);

	c->options.origin.reason = text ? bytes_text(text) : BYTES_NONE;
	return text ? ERR_OK : ERR_TOO_LARGE;
}

static enum err read_change(struct change *c)
{
	struct request *r = c->request;
	struct entry *e = c->own;
	uint64_t position;
	enum err err = read_position(r, &position);

	if (!err)
		err = need_change(r, position, e);
	if (!err)
		err = check_kind(r, e);
	return err ? err : word_reason(c);
}

/* What is out of his sight makes the request one that is not there. */
static enum err refuse(struct request *r, const struct item *it)
{
	return it->err == ERR_NOT_FOUND ? not_there(r) : change_refusal(r, it);
}

/* --- putting back --------------------------------------------------------*/

static enum err put_back(struct change *c)
{
	struct request *r = c->request;
	const struct entry *e = c->own;
	struct undo *u = arena_alloc(&r->arena, sizeof *u);
	struct item *refused;
	enum err err;

	if (!u)
		return ERR_TOO_LARGE;
	*u = (struct undo){ .work = &c->work,
		.is_anothers = e->draft.user != r->caller.user };
	err = undo_read(u, param_raw(r, "override"), e->position);
	if (err)
		return err == ERR_NOT_FOUND ? not_there(r) : err;
	if (!u->count)
		return request_refuse(
		    r, "position", "undo", "undo does not take this back");
	err = undo_apply(u, &refused);
	if (refused)
		return refuse(r, refused);
	c->items = c->work.items;
	c->count = c->work.item_count;
	r->draft.undoes = e->position;
	return err;
}

/* --- a merger ------------------------------------------------------------*/

static bool is_merger(const struct entry *e)
{
	return e->draft.method && !strcmp(e->draft.method, "customer.merge");
}

/* The one of its records that was merged into the other, as an item. */
static enum err find_merged(
    struct request *r, const struct entry *e, struct item *it)
{
	const struct schema *s = directory_schema(r->desk->directory);
	char *id = arena_alloc(&r->arena, ID_TEXT);

	if (!id)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < e->draft.record_count; i++) {
		const struct entry_record *er = &e->draft.records[i];
		const struct entity *entity = s->by_id[er->entity];
		struct record peeked;

		if (!entity || record_peek(r->desk, entity, er->id, &peeked) ||
		    !(peeked.header.flags & ROW_ALIAS))
			continue;
		id_format(er->id, id);
		it->id = bytes_text(id);
		it->entity = view_entity_of(r->caller.view, entity);
	}
	return it->entity ? ERR_OK : not_there(r);
}

static bool may_part(
    const struct request *r, const struct entry *e, const struct record *record)
{
	const struct view *v = r->caller.view;

	return view_rights(v, RELATION_ALL) & RIGHT_MERGE &&
	       (e->draft.user == r->caller.user ||
		   view_rights(v, record->relations) & RIGHT_OVERRIDE);
}

/* What customer.unmerge does, of a position. */
static enum err part(struct change *c)
{
	struct request *r = c->request;
	const struct entry *e = c->own;
	struct item *items = arena_array(&r->arena, MERGE_ITEMS, sizeof *items);
	enum err err = items ? find_merged(r, e, items) : ERR_TOO_LARGE;

	if (err)
		return err;
	items[0].origin = c->options.origin;
	items[0].override_ = param_raw(r, "override");
	items[1].entity = items[0].entity;
	c->items = c->work.items = items;
	c->count = c->work.item_count = MERGE_ITEMS;
	err = book_part(&c->work);
	for (unsigned i = 0; !err && i < MERGE_ITEMS; i++) {
		if (items[i].err)
			err = refuse(r, &items[i]);
		else if (!may_part(r, e, items[i].record))
			err = ERR_DENIED;
	}
	r->draft.undoes = e->position;
	return err;
}

/* --- either --------------------------------------------------------------*/

static enum err apply(struct change *c)
{
	return is_merger(c->own) ? part(c) : put_back(c);
}

/* --- whether it would be ------------------------------------------------*/

static enum err attempt(struct request *r, struct entry *e, struct arena *a)
{
	struct change *c = arena_alloc(a, sizeof *c);

	if (!c)
		return ERR_TOO_LARGE;
	*c = (struct change){
		.request = r, .own = e, .options = { .dry_run = true }
	};
	work_init(
	    &c->work, r->desk, &r->caller, a, &r->found, &c->options, NULL, 0);
	return apply(c);
}

/* Without meter and guard it costs nothing and counts nowhere; so of what
 * they are there for it must not tell either. */
enum err change_try_undo(
    struct request *r, struct entry *e, struct arena *a, const char **rule)
{
	const struct draft draft = r->draft;
	const struct findings found = r->found;
	guard_fn guard = r->desk->guard;
	struct meter *meter = r->caller.meter;
	enum err err;

	findings_init(&r->found, a);
	r->desk->guard = NULL;
	r->caller.meter = NULL;
	err = attempt(r, e, a);
	r->desk->guard = guard;
	r->caller.meter = meter;
	*rule = r->rule          ? r->rule
		: r->found.first ? r->found.first->rule
				 : NULL;
	r->draft = draft;
	r->found = found;
	r->rule = NULL;
	r->bad_field = BYTES_NONE;
	return err;
}

/* --- as a change ---------------------------------------------------------*/

/* As far as he may know of them today. */
static enum err load_again(
    struct change *c, const struct replayed *was, size_t count)
{
	struct request *r = c->request;
	const struct schema *s = directory_schema(r->desk->directory);
	enum err err = ERR_OK;

	c->items = arena_array(&r->arena, count + 1, sizeof *c->items);
	if (!c->items)
		return ERR_TOO_LARGE;
	for (size_t i = 0; !err && i < count; i++) {
		struct item *it = &c->items[c->count];

		it->entity =
		    view_entity_of(r->caller.view, s->by_id[was[i].entity]);
		if (!it->entity)
			continue;
		err = change_load(c, &was[i], it);
		c->count += !err;
		if (err == ERR_NOT_FOUND)
			err = ERR_OK;
	}
	return err;
}

static const char *word_of(const struct item *it)
{
	return it->record->header.flags & ROW_WITHDRAWN   ? "withdrawn"
	       : it->record->flags_before & ROW_WITHDRAWN ? "restored"
							  : "changed";
}

static enum err answer(struct change *c)
{
	const struct entry *e = c->own;
	struct buf *out = &c->request->out;
	char id[ID_TEXT];

	pack_map(out, 2);
	pack_key_int(out, "position", (int64_t)e->position);
	pack_cstr(out, "records");
	pack_array(out, (uint32_t)c->count);
	for (size_t i = 0; i < c->count; i++) {
		const struct record *record = c->items[i].record;

		id_format(record->id, id);
		pack_map(out, 4);
		pack_key_cstr(out, "entity", record->entity->key);
		pack_key_cstr(out, "id", id);
		pack_key_text(out, "number", record_number(record));
		pack_key_cstr(out, "done", word_of(&c->items[i]));
	}
	return ERR_OK;
}

enum err on_change_undo(struct request *r)
{
	static const struct change_kind kind = { .read = read_change,
		.apply = apply,
		.again = load_again,
		.answer = answer };
	struct entry entry;

	return change_run(r, &kind, &entry);
}

// SPDX-License-Identifier: MIT
/*
 * change.*: what was changed, request by request, and taking it back.
 *
 * The log says who changed what, so a list of one's own changes is a look
 * back through it.  Taking one back is a change like any other
 * (server/book/undo.h); its entry names the one it undoes, so the list can
 * tell what is undone.
 */
#include "common/pack.h"
#include "server/audit/auditlog.h"
#include "server/book/merge.h"
#include "server/book/settle.h"
#include "server/book/undo.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/replay.h"

#define ROWS       20
#define ROWS_MOST  100
#define LOOK_MOST  100000 /* entries looked at in one answer */
#define LOOK_ARENA (16 * 1024 * 1024)

/* --- whose ---------------------------------------------------------------*/

static bool is_done(const struct entry *e)
{
	return !e->draft.result && !strcmp(e->result, "ok");
}

/* What is not taken back here: those who were parted are merged again, an
 * erased one is gone, and a confirmation changed no value. */
static bool is_final(const struct entry *e)
{
	static const char *const methods[] = { "customer.erase",
		"customer.unmerge", "record.confirm" };

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (e->draft.method && !strcmp(e->draft.method, methods[i]))
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

/* --- the list ------------------------------------------------------------*/

struct list {
	struct request *request;
	struct bytes user; /* whose; none: the caller's */
	struct lookup undone;
	struct arena arena; /* of one entry */
	uint64_t before;    /* positions shown are below it */
	uint32_t shown;
};

static struct bytes place_key(uint64_t position, uint8_t key[static 8])
{
	put_be64(key, position);
	return bytes_of(key, 8);
}

static bool is_undone(const struct list *l, uint64_t position)
{
	uint8_t key[8];

	return lookup_get(&l->undone, place_key(position, key));
}

/* What was undone and done again is not undone: the newest speaks first. */
static enum err note_undone(struct list *l, const struct entry *e)
{
	uint8_t key[8];

	if (!e->draft.undoes || !is_done(e) || is_undone(l, e->position))
		return ERR_OK;
	return lookup_put(
	    &l->undone, place_key(e->draft.undoes, key), e->position);
}

/* A record that was changed where he may see it; a hidden change is none. */
static bool may_know(
    struct request *r, const struct entry_record *e, struct record *out)
{
	const struct schema *s = directory_schema(r->desk->directory);
	const struct entity *entity =
	    e->entity < SCHEMA_ENTITIES ? s->by_id[e->entity] : NULL;
	const struct view_entity *ve =
	    entity ? view_entity_of(r->caller.view, entity) : NULL;
	const uint8_t *levels;
	unsigned relations;

	if (!ve || e->touch != TOUCH_WRITE ||
	    record_peek(r->desk, entity, e->id, out) ||
	    record_relations(r->desk, &r->caller, out, &relations) ||
	    !(relations & view_range(ve)))
		return false;
	levels = view_levels(ve, relations, record_is_variant(out));
	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = entity->by_id[e->fields[i]];

		if (f && levels[f->slot])
			return true;
	}
	return !e->field_count;
}

struct sums { /* of one entry, as far as the caller may know */
	struct record *first;
	unsigned records, made;
};

static void count_records(
    struct list *l, const struct draft *d, struct sums *out)
{
	*out = (struct sums){ 0 };
	for (size_t i = 0; i < d->record_count; i++) {
		struct record peeked;

		if (!may_know(l->request, &d->records[i], &peeked))
			continue;
		if (!out->first)
			out->first = record_keep(&l->arena, &peeked);
		out->records++;
		out->made += d->records[i].version == 1;
	}
}

static enum err pack_change(
    struct list *l, const struct entry *e, const struct sums *s)
{
	const struct draft *d = &e->draft;
	struct buf *out = &l->request->out;
	enum err err = record_open(l->request->desk, s->first);

	if (err)
		return err;
	pack_map(out,
	    9u + (d->undoes != 0) + (d->request != NULL) + (d->source != NULL));
	pack_key_int(out, "position", (int64_t)e->position);
	pack_key_instant(out, "time", e->time_ms);
	pack_key_cstr(out, "user", d->login ? d->login : "");
	pack_key_cstr(out, "method", d->method ? d->method : "");
	pack_key_cstr(out, "entity", s->first->entity->key);
	pack_key_text(out, "number", record_number(s->first));
	pack_key_int(out, "records", s->records);
	pack_key_int(out, "made", s->made);
	pack_key_bool(out, "undone", is_undone(l, e->position));
	if (d->undoes)
		pack_key_int(out, "undoes", (int64_t)d->undoes);
	if (d->request)
		pack_key_cstr(out, "request_id", d->request);
	if (d->source)
		pack_key_cstr(out, "source", d->source);
	l->shown++;
	return out->err;
}

static bool is_asked(const struct list *l, const struct entry *e)
{
	const struct draft *d = &e->draft;

	if (!is_done(e) || !d->record_count || is_final(e))
		return false;
	return l->user.len ? d->login && bytes_is(l->user, d->login)
			   : d->user == l->request->caller.user;
}

static enum err look_at(struct list *l, uint64_t position)
{
	struct desk *d = l->request->desk;
	struct entry e;
	struct bytes leaf;
	struct sums sums;
	enum err err = desk_may_go_on(d);

	arena_reset(&l->arena);
	if (!err)
		err = auditlog_leaf(d->snapshot, position, &leaf);
	if (!err)
		err = leaf_parse(leaf, &l->arena, &e);
	if (!err)
		err = note_undone(l, &e);
	if (err || position >= l->before || !is_asked(l, &e))
		return err;
	count_records(l, &e.draft, &sums);
	return sums.first ? pack_change(l, &e, &sums) : ERR_OK;
}

/* Another's are for whoever reads the log, or may take them back. */
static enum err read_whose(struct request *r, struct list *l)
{
	unsigned rights = view_rights(r->caller.view, RELATION_ALL) |
			  view_rights(r->caller.view, RELATION_BRANCH);

	l->user = param_text(r, "user");
	if (param_error(r) || !l->user.len ||
	    bytes_is(l->user, r->caller.login))
		return param_error(r);
	return rights & (RIGHT_AUDIT | RIGHT_OVERRIDE) ? ERR_OK : ERR_DENIED;
}

/* Newest first.  What came after page and page is looked at for what it
 * undid. */
enum err on_change_list(struct request *r)
{
	struct list l = { .request = r };
	uint64_t at = snapshot_head(r->desk->snapshot);
	uint64_t limit = (uint64_t)param_int(r, "limit", ROWS);
	unsigned looked = 0;
	size_t mark;
	enum err err;

	l.before = (uint64_t)param_int(r, "after", INT64_MAX);
	err = read_whose(r, &l);
	if (err)
		return err;
	limit = limit < ROWS_MOST ? limit : ROWS_MOST;
	lookup_init(&l.undone, &r->arena);
	arena_init(&l.arena, 16 * 1024, LOOK_ARENA);
	pack_map(&r->out, 2);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	while (!err && at && l.shown < limit && looked++ < LOOK_MOST)
		err = look_at(&l, --at);
	pack_array_close(&r->out, mark, l.shown);
	pack_cstr(&r->out, "next");
	if (at)
		pack_uint(&r->out, at);
	else
		pack_nil(&r->out);
	arena_release(&l.arena);
	return err;
}

/* --- undoing -------------------------------------------------------------*/

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
		if (may_know(r, &d->records[i], &peeked))
			return true;
	return false;
}

/* A change of records that the caller made, or may override: another's of
 * which he may know nothing is one that is not there. */
static enum err need_change(
    struct request *r, uint64_t position, struct entry *e)
{
	struct bytes leaf;
	enum err err = position < snapshot_head(r->desk->snapshot)
			   ? auditlog_leaf(r->desk->snapshot, position, &leaf)
			   : ERR_NOT_FOUND;

	if (!err)
		err = leaf_parse(leaf, &r->arena, e);
	if (err)
		return err == ERR_NOT_FOUND ? not_there(r) : err;
	if (!is_done(e) || !e->draft.record_count ||
	    (e->draft.user != r->caller.user &&
		(!may_override(r) || !knows_any(r, &e->draft))))
		return not_there(r);
	return ERR_OK;
}

static bool is_merger(const struct entry *e)
{
	return e->draft.method && !strcmp(e->draft.method, "customer.merge");
}

static enum err check_kind(struct request *r, const struct entry *e)
{
	if (is_final(e))
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
static enum err word_reason(
    struct request *r, struct work_options *o, const struct entry *e)
{
	struct bytes said = o->origin.reason;
	char *text = arena_format(&r->arena, "%s %llu%s%.*s",
	    e->draft.undoes ? "redo of" : "undo of",
	    (unsigned long long)(e->draft.undoes ? e->draft.undoes
						 : e->position),
	    said.len ? ": " : "", (int)said.len, (const char *)said.data);

	o->origin.reason = text ? bytes_text(text) : BYTES_NONE;
	return text ? ERR_OK : ERR_TOO_LARGE;
}

static const char *word_of(const struct item *it)
{
	return it->record->header.flags & ROW_WITHDRAWN   ? "withdrawn"
	       : it->record->flags_before & ROW_WITHDRAWN ? "restored"
							  : "changed";
}

static void pack_undone(struct request *r, const struct entry *e,
    const struct item *items, size_t count)
{
	struct buf *out = &r->out;
	char id[ID_TEXT];

	pack_map(out, 2);
	pack_key_int(out, "position", (int64_t)e->position);
	pack_cstr(out, "records");
	pack_array(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		const struct record *record = items[i].record;

		id_format(record->id, id);
		pack_map(out, 4);
		pack_key_cstr(out, "entity", record->entity->key);
		pack_key_cstr(out, "id", id);
		pack_key_text(out, "number", record_number(record));
		pack_key_cstr(out, "done", word_of(&items[i]));
	}
}

/* What is out of his sight makes the request one that is not there. */
static enum err refuse(struct request *r, const struct item *it)
{
	return it->err == ERR_NOT_FOUND ? not_there(r) : change_refusal(r, it);
}

static enum err undo_now(
    struct request *r, const struct entry *e, const struct work_options *o)
{
	struct undo *u = arena_alloc(&r->arena, sizeof *u);
	struct item *refused;
	enum err err;

	if (!u)
		return ERR_TOO_LARGE;
	*u = (struct undo){ .is_anothers = e->draft.user != r->caller.user };
	err = undo_read(u, r->desk, &r->caller, &r->arena, &r->found, o,
	    param_raw(r, "override"), e->position);
	if (err)
		return err == ERR_NOT_FOUND ? not_there(r) : err;
	if (!u->count)
		return request_refuse(
		    r, "position", "undo", "undo does not take this back");
	err = undo_apply(u, &refused);
	if (refused)
		return refuse(r, refused);
	r->draft.undoes = e->position;
	if (!err && !o->dry_run)
		err = change_plan(r, &u->work);
	if (!err)
		pack_undone(r, e, u->work.items, u->work.item_count);
	return err;
}

/* --- a merger ------------------------------------------------------------*/

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
static enum err part_now(
    struct request *r, const struct entry *e, const struct work_options *o)
{
	struct work *w = arena_alloc(&r->arena, sizeof *w);
	struct item *items = arena_array(&r->arena, MERGE_ITEMS, sizeof *items);
	enum err err = w && items ? find_merged(r, e, items) : ERR_TOO_LARGE;

	if (err)
		return err;
	items[0].origin = o->origin;
	items[0].override_ = param_raw(r, "override");
	items[1].entity = items[0].entity;
	err = work_init(w, r->desk, &r->caller, &r->arena, &r->found, o, items,
	    MERGE_ITEMS);
	if (!err)
		err = book_part(w);
	for (unsigned i = 0; !err && i < MERGE_ITEMS; i++) {
		if (items[i].err)
			err = refuse(r, &items[i]);
		else if (!may_part(r, e, items[i].record))
			err = ERR_DENIED;
	}
	if (!err)
		err = book_settle(w);
	r->draft.undoes = e->position;
	if (!err && !o->dry_run)
		err = change_plan(r, w);
	if (!err)
		pack_undone(r, e, items, MERGE_ITEMS);
	return err;
}

/* --- both ----------------------------------------------------------------*/

/* What the same request took back before, as it is today. */
static enum err answer_again(struct request *r, const struct entry *e,
    const struct replayed *list, size_t count)
{
	const struct schema *s = directory_schema(r->desk->directory);
	struct item *items = arena_array(&r->arena, count + 1, sizeof *items);
	size_t known = 0;
	enum err err = items ? ERR_OK : ERR_TOO_LARGE;

	for (size_t i = 0; !err && i < count; i++) {
		const struct entity *entity = s->by_id[list[i].entity];
		const struct view_entity *ve =
		    view_entity_of(r->caller.view, entity);
		struct record *record;
		unsigned relations;

		err = record_load(
		    r->desk, &r->arena, entity, list[i].id, &record);
		if (!err)
			err = record_relations(
			    r->desk, &r->caller, record, &relations);
		if (!err && ve && relations & view_range(ve)) {
			err = record_open(r->desk, record);
			items[known++].record = record;
		}
	}
	if (!err)
		pack_undone(r, e, items, known);
	return err;
}

enum err on_change_undo(struct request *r)
{
	struct work_options options;
	struct replayed *list;
	struct entry entry;
	uint64_t position;
	size_t count;
	enum err err = change_options(r, &options);

	if (!err)
		err = read_position(r, &position);
	if (!err)
		err = need_change(r, position, &entry);
	if (!err)
		err = check_kind(r, &entry);
	if (err)
		return err;
	err = replay_find(r, &list, &count);
	if (!err)
		return answer_again(r, &entry, list, count);
	if (err == ERR_NOT_FOUND)
		err = word_reason(r, &options, &entry);
	if (err)
		return err;
	return is_merger(&entry) ? part_now(r, &entry, &options)
				 : undo_now(r, &entry, &options);
}

// SPDX-License-Identifier: MIT
/*
 * record.*: creating, updating, archiving, one or many at a time.
 *
 * All of it is one unit of work (server/data/work.h): parameters become
 * items, the work applies them, its plan and what it touched go into the
 * request.  The answers are shown through the view like any read.
 */
#include "common/pack.h"
#include "server/book/credit.h"
#include "server/book/duplicates.h"
#include "server/book/marks.h"
#include "server/book/settle.h"
#include "server/data/complete.h"
#include "server/rpc/confirm.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/replay.h"
#include "server/rpc/reply.h"

#define BATCH_MOST       1000
#define REASON_MOST      2000
#define PREVIEWS_ON_LOOP 8

/* --- parameters to items -------------------------------------------------*/

static bool has_source(struct request *r, struct bytes source)
{
	const struct schema *s = directory_schema(r->desk->directory);

	for (unsigned i = 0; i < s->entity_count; i++) {
		const struct field *f =
		    entity_field(&s->entities[i], bytes_text("source"));

		for (unsigned k = 0; f && k < f->choice_count; k++)
			if (bytes_is(source, f->choices[k].key))
				return true;
	}
	return false;
}

/* One text of an item's or the request's packed map.  Another type is an
 * error: a version that is overlooked would be a lost update. */
static enum err read_text_of(struct request *r, const struct pairs *map,
    const char *key, struct bytes *out)
{
	struct bytes raw = pairs_get(map, key);
	struct reader in = reader_of(raw);

	*out = BYTES_NONE;
	if (!raw.len || reader_peek(&in) == UNPACK_NIL)
		return ERR_OK;
	if (reader_peek(&in) != UNPACK_TEXT)
		return request_refuse(
		    r, key, "type", "this parameter is a text");
	*out = read_text(&in);
	return ERR_OK;
}

/* Whence and why: of the request, or of one item of a batch. */
static enum err read_origin(
    struct request *r, const struct pairs *map, struct origin *o)
{
	enum err err = read_text_of(r, map, "source", &o->source);

	if (!err)
		err = read_text_of(r, map, "reason", &o->reason);
	if (err)
		return err;
	if (o->source.len && !has_source(r, o->source))
		return request_refuse(r, "source", "choice",
		    "no such source; schema.get lists them");
	if (o->reason.len > REASON_MOST)
		return request_refuse(
		    r, "reason", "max", "at most 2,000 bytes");
	o->is_named = o->source.len != 0;
	return ERR_OK;
}

enum err change_options(struct request *r, struct work_options *o)
{
	struct bytes id = param_text(r, "request_id");
	enum err err;

	*o = (struct work_options){ .dry_run = param_bool(r, "dry_run") };
	if (param_error(r))
		return param_error(r);
	err = read_origin(r, &r->given, &o->origin);
	if (err)
		return err;
	o->request_id = id.len ? arena_text(&r->arena, id) : NULL;
	r->draft.request = o->request_id;
	return r->arena.err;
}

static enum err read_row(
    struct request *r, const struct pairs *map, struct item *it)
{
	struct bytes hex;
	uint8_t *row;
	enum err err = read_text_of(r, map, "row", &hex);

	if (err || !hex.len)
		return err;
	row = arena_alloc(&r->arena, DIGEST_SIZE);
	if (!row)
		return ERR_TOO_LARGE;
	if (hex_parse(hex, row, DIGEST_SIZE))
		return request_refuse(r, "row", "type", "row is 64 hex digits");
	it->import_row = bytes_of(row, DIGEST_SIZE);
	return ERR_OK;
}

static bool is_map(struct bytes packed)
{
	struct reader in = reader_of(packed);

	return packed.len && reader_peek(&in) == UNPACK_MAP;
}

static bool is_list_of_text(struct bytes packed)
{
	struct reader in = reader_of(packed);
	uint32_t left;

	if (!packed.len)
		return true;
	for (left = read_array(&in); left && !in.err; left--)
		read_text(&in);
	return !in.err;
}

static enum err read_names(
    struct request *r, const struct pairs *map, struct item *it)
{
	struct bytes entity;
	enum err err = read_text_of(r, map, "entity", &entity);

	if (!err)
		err = read_text_of(r, map, "id", &it->id);
	if (!err)
		err = read_text_of(r, map, "version", &it->version);
	if (err)
		return err;
	it->entity = view_entity(r->caller.view, entity);
	if (it->entity)
		return ERR_OK;
	r->bad_field = bytes_text("entity");
	return ERR_UNKNOWN;
}

static enum err read_item(struct request *r, const struct pairs *map,
    const struct item *like, struct item *it)
{
	bool is_create = like->is_create;
	enum err err;

	*it = (struct item){ .is_create = is_create,
		.confirms = like->confirms,
		.confirm =
		    like->confirms ? pairs_get(map, "fields") : BYTES_NONE,
		.archive = like->archive,
		.approval = like->approval,
		.set = pairs_get(map, is_create ? "fields" : "set"),
		.unset = pairs_get(map, "unset"),
		.override_ = pairs_get(map, "override") };
	/* A batch may override for all its items. */
	if (!it->override_.len)
		it->override_ = param_raw(r, "override");
	err = read_names(r, map, it);
	if (!err)
		err = read_origin(r, map, &it->origin);
	if (err)
		return err;
	if (!is_create && !it->id.len)
		return request_refuse(r, "id", "required",
		    "say which: a number or an internal id");
	if (it->set.len ? !is_map(it->set) : is_create)
		return request_refuse(r, is_create ? "fields" : "set", "type",
		    "give a map of field names and values");
	if (!is_list_of_text(it->unset))
		return request_refuse(
		    r, "unset", "type", "unset is a list of field names");
	if (!is_list_of_text(it->override_))
		return request_refuse(
		    r, "override", "type", "override is a list of rules");
	if (like->confirms && !is_list_of_text(it->confirm))
		return request_refuse(
		    r, "fields", "type", "fields is a list of field names");
	return read_row(r, map, it);
}

/* --- answers -------------------------------------------------------------*/

/* The record as it will be, through the caller's view.  A watched value that
 * he did not just set is for record.get, which logs who read it; likewise a
 * sealed one if such reads are counted, so that a used-up quota keeps nobody
 * from changing what he may. */
static enum err pack_done(struct request *r, struct item *it, int index)
{
	struct show_options options = { .mask_watched = true,
		.mask_unset = true,
		.more = 1u + it->skipped };
	struct shown shown;
	enum err err = record_show(r->desk, &r->caller, it->entity, it->record,
	    &options, &r->out, &shown);

	pack_cstr(&r->out, "warnings");
	pack_findings(&r->out, &r->found, FINDING_WARNING, index);
	if (it->skipped)
		pack_key_bool(&r->out, "skipped", true);
	return err;
}

/* The preview of one record carries its token; a batch has one for all. */
static enum err pack_preview(
    struct request *r, struct item *it, int index, uint64_t *often)
{
	struct buf *out = &r->out;
	bool is_single = index < 0;
	struct show_options options = { .preview = true,
		.mask_watched = true,
		.mask_unset = true,
		.more = 2u + COMPLETE_PAIRS + is_single };
	struct shown shown;
	enum err err = record_show(
	    r->desk, &r->caller, it->entity, it->record, &options, out, &shown);

	pack_cstr(out, "warnings");
	pack_findings(out, &r->found, FINDING_WARNING, index);
	pack_cstr(out, "duplicates");
	if (!err)
		err = pack_duplicates(r, it, often, out);
	complete_pack(it->entity, it->record, out);
	if (is_single) {
		pack_cstr(out, "confirm");
		pack_confirm(r, it, 1, out);
	}
	return err;
}

/* --- one item ------------------------------------------------------------*/

enum err change_plan(struct request *r, struct work *w)
{
	struct replayed *list;
	struct plan *p = request_plan(r);
	enum err err;

	if (!p)
		return ERR_TOO_LARGE;
	list = arena_array(&r->arena, w->item_count, sizeof *list);
	if (!list)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < w->item_count; i++) {
		const struct item *it = &w->items[i];

		list[i] = it->err ? (struct replayed){ 0, (uint64_t)it->err }
				  : (struct replayed){ it->record->entity->id,
					    it->record->id };
	}
	err = request_save(r, w);
	if (err)
		return err;
	credit_keep(w);
	if (!plan_is_empty(p))
		replay_plan(r, list, w->item_count);
	return plan_error(p);
}

/* A rule of the business: the log says which, and of which customer. */
static void note_refusal(struct request *r, const struct item *it)
{
	if (!it->why)
		return;
	r->draft.why = it->why;
	r->draft.subject = it->record->header.subject;
}

enum err change_refusal(struct request *r, const struct item *it)
{
	r->bad_field = it->bad_field;
	note_refusal(r, it);
	r->rule = it->rule;
	if (it->err == ERR_CONFLICT)
		r->rule = "version";
	return it->err;
}

static enum err apply_one(
    struct request *r, struct item *it, const struct work_options *o)
{
	struct work *w = arena_alloc(&r->arena, sizeof *w);
	enum err err;

	if (!w)
		return ERR_TOO_LARGE;
	err = work_init(w, r->desk, &r->caller, &r->arena, &r->found, o, it, 1);
	if (!err)
		err = work_apply(w, 0);
	if (!err && it->err)
		err = change_refusal(r, it);
	if (!err && !it->skipped)
		err = book_settle(w);
	if (err)
		return err;
	if (o->dry_run)
		return pack_preview(r, it, -1, NULL);
	err = check_confirm(r, it, 1);
	if (!err && it->skipped)
		return pack_done(r, it, -1);
	if (!err)
		err = change_plan(r, w);
	return err ? err : pack_done(r, it, -1);
}

/* What the same request wrote before, shown with today's rights. */
static enum err answer_again(struct request *r, struct item *it,
    const struct replayed *list, size_t count)
{
	const struct entity *e = view_entity_schema(it->entity);
	unsigned relations;
	enum err err;

	if (!count || list->entity != e->id)
		return ERR_NOT_FOUND;
	err = record_load_heir(r->desk, &r->arena, e, list->id, &it->record);
	if (!err)
		err = record_relations(
		    r->desk, &r->caller, it->record, &relations);
	if (!err && !(relations & view_range(it->entity)))
		err = ERR_NOT_FOUND;
	return err ? err : pack_done(r, it, -1);
}

/* `like`: what the method itself says of its item. */
static enum err change_one(struct request *r, struct item like)
{
	struct work_options options;
	struct replayed *list;
	struct item item;
	size_t count;
	enum err err = change_options(r, &options);

	if (!err)
		err = read_item(r, &r->given, &like, &item);
	if (err)
		return err;
	err = replay_find(r, &list, &count);
	if (!err)
		return answer_again(r, &item, list, count);
	return err == ERR_NOT_FOUND ? apply_one(r, &item, &options) : err;
}

enum err on_record_create(struct request *r)
{
	return change_one(r, (struct item){ .is_create = true });
}

enum err on_record_update(struct request *r)
{
	return change_one(r, (struct item){ .archive = 0 });
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

/* --- many ----------------------------------------------------------------*/

struct batch {
	struct request *request;
	struct work work;
	struct item *items;
	size_t count, failed;
	bool is_atomic;
	bool is_brief;         /* of what held, no more than that it did */
	bool tells_duplicates; /* though it is brief */
	bool tells_marks;      /* of the records that it would make */
	uint64_t *often;       /* of a preview: see book/duplicates.h */
};

/* What only the whole batch can say (dry_run, request_id) no item says. */
static enum err check_words(
    struct batch *b, const struct pairs *map, bool is_create)
{
	const char *words =
	    is_create
		? "op entity fields source reason override row "
		: "op entity id version set unset source reason override ";

	for (unsigned i = 0; i < map->count; i++) {
		if (param_is_known(words, map->keys[i]))
			continue;
		b->request->bad_field = map->keys[i];
		return request_refuse(b->request, "items", "parameter",
		    "an item has no such parameter");
	}
	return ERR_OK;
}

static enum err read_batch_item(
    struct batch *b, struct bytes map, struct item *it)
{
	struct request *r = b->request;
	struct bytes op = BYTES_NONE;
	struct pairs pairs;
	bool is_create;
	enum err err = unpack_pairs(map, &pairs);

	err = err ? ERR_OK : read_text_of(r, &pairs, "op", &op);
	is_create = bytes_is(op, "create");
	if (!err && !is_create && !bytes_is(op, "update"))
		err = request_refuse(r, "items", "op",
		    "each item is a map with op create or update");
	if (!err)
		err = check_words(b, &pairs, is_create);
	return err ? err
		   : read_item(r, &pairs,
			 &(struct item){ .is_create = is_create }, it);
}

/* A bad item is that item's error, not the request's. */
static enum err read_items(struct batch *b)
{
	struct request *r = b->request;
	struct reader in = reader_of(param_raw(r, "items"));
	uint32_t count = read_array(&in);

	if (in.err || !count)
		return request_refuse(
		    r, "items", "type", "items is a list of items");
	if (count > BATCH_MOST)
		return ERR_TOO_LARGE;
	b->items = arena_array(&r->arena, count, sizeof *b->items);
	if (!b->items)
		return ERR_TOO_LARGE;
	b->count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct item *it = &b->items[i];
		enum err err;

		r->found.item = (int)i;
		r->bad_field = BYTES_NONE;
		err = read_batch_item(b, read_raw(&in), it);
		it->err = err;
		it->bad_field = r->bad_field;
		if (err == ERR_TOO_LARGE)
			return err;
	}
	r->bad_field = BYTES_NONE;
	return in.err;
}

static enum err apply_all(struct batch *b)
{
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < b->count; i++) {
		b->request->found.item = (int)i;
		if (!b->items[i].err)
			err = work_apply(&b->work, i);
		b->failed += b->items[i].err != ERR_OK;
	}
	b->request->found.item = -1;
	return err;
}

static bool has_marks(const struct batch *b, const struct item *it)
{
	return b->tells_marks && it->is_create && it->record && !it->skipped;
}

static enum err pack_own_marks(struct batch *b, const struct item *it)
{
	struct buf *out = &b->request->out;

	if (!has_marks(b, it))
		return ERR_OK;
	pack_cstr(out, "marks");
	return marks_pack(&b->work, it, out);
}

static enum err pack_brief(struct batch *b, const struct item *it)
{
	struct buf *out = &b->request->out;
	bool tells = b->tells_duplicates && !it->skipped;
	enum err err = ERR_OK;

	pack_map(out, 0u + it->skipped + tells + has_marks(b, it));
	if (it->skipped)
		pack_key_bool(out, "skipped", true);
	if (tells) {
		pack_cstr(out, "duplicates");
		err = pack_duplicates(b->request, it, b->often, out);
	}
	return err ? err : pack_own_marks(b, it);
}

static enum err pack_item(struct batch *b, size_t at)
{
	struct request *r = b->request;
	struct item *it = &b->items[at];

	if (it->err) {
		pack_map(&r->out, 1u + has_marks(b, it));
		pack_cstr(&r->out, "error");
		pack_error(
		    &r->out, it->err, it->bad_field, NULL, &r->found, (int)at);
		return pack_own_marks(b, it);
	}
	if (b->is_brief)
		return pack_brief(b, it);
	if (b->work.options.dry_run)
		return pack_preview(r, it, (int)at, b->often);
	return pack_done(r, it, (int)at);
}

static enum err pack_batch(struct batch *b)
{
	struct buf *out = &b->request->out;
	/* What nobody was shown is not confirmed. */
	bool to_confirm = b->work.options.dry_run && !b->is_brief;
	enum err err = ERR_OK;

	pack_map(out, 2u + to_confirm);
	pack_key_int(out, "failed", (int64_t)b->failed);
	if (to_confirm) {
		pack_cstr(out, "confirm");
		pack_confirm(b->request, b->items, b->count, out);
	}
	pack_cstr(out, "items");
	pack_array(out, (uint32_t)b->count);
	for (size_t i = 0; !err && i < b->count; i++)
		err = pack_item(b, i);
	return err;
}

/* All of it or nothing: the first error, with all findings.  Which of the
 * items was too much for a customer's credit would tell how much is. */
static enum err refuse_batch(struct batch *b)
{
	size_t i = 0;

	for (size_t at = 0; at < b->count; at++)
		if (b->items[at].why)
			findings_fold(&b->request->found, b->items[at].why);
	while (!b->items[i].err)
		i++;
	return change_refusal(b->request, &b->items[i]);
}

/* An item that was refused is refused again, without the details. */
static enum err replay_item(
    struct batch *b, struct item *it, const struct replayed *was)
{
	struct request *r = b->request;
	unsigned relations;
	enum err err;

	if (!it->err && !was->entity)
		it->err = (enum err)was->id;
	if (it->err)
		return ERR_OK;
	if (was->entity != view_entity_schema(it->entity)->id)
		return ERR_CORRUPT;
	err = record_load_heir(r->desk, &r->arena,
	    view_entity_schema(it->entity), was->id, &it->record);
	if (!err)
		err = record_relations(
		    r->desk, &r->caller, it->record, &relations);
	if (!err && !(relations & view_range(it->entity)))
		it->err = ERR_NOT_FOUND;
	return err;
}

static enum err replay_batch(
    struct batch *b, const struct replayed *list, size_t count)
{
	enum err err = count == b->count ? ERR_OK : ERR_CORRUPT;

	for (size_t i = 0; !err && i < b->count; i++) {
		err = replay_item(b, &b->items[i], &list[i]);
		b->failed += b->items[i].err != ERR_OK;
	}
	return err ? err : pack_batch(b);
}

/* Those of a batch that goes on without them are in its entry. */
static void note_refusals(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		note_refusal(b->request, &b->items[i]);
		b->request->must_log |= b->items[i].why != NULL;
	}
}

/* Each item is held against the whole book: a worker's, unless they are few. */
static enum err prepare_preview(struct batch *b)
{
	struct request *r = b->request;

	if (!b->work.options.dry_run || (b->is_brief && !b->tells_duplicates))
		return ERR_OK;
	if (b->count > PREVIEWS_ON_LOOP && !r->desk->may_wait)
		return ERR_ELSEWHERE;
	b->often = arena_array(&r->arena, OFTEN_SLOTS, sizeof *b->often);
	return b->often ? ERR_OK : ERR_TOO_LARGE;
}

static enum err run_batch(struct batch *b)
{
	enum err err = prepare_preview(b);

	if (!err)
		err = apply_all(b);
	if (err)
		return err;
	if (b->failed && b->is_atomic)
		return refuse_batch(b);
	note_refusals(b);
	err = book_settle(&b->work);
	if (err)
		return err;
	if (b->work.options.dry_run)
		return pack_batch(b);
	err = check_confirm(b->request, b->items, b->count);
	if (!err && b->failed < b->count)
		err = change_plan(b->request, &b->work);
	return err ? err : pack_batch(b);
}

enum err on_record_batch(struct request *r)
{
	struct batch *b = arena_alloc(&r->arena, sizeof *b);
	struct work_options options;
	struct replayed *list;
	size_t count;
	enum err err = b ? change_options(r, &options) : ERR_TOO_LARGE;

	if (err)
		return err;
	*b = (struct batch){ .request = r,
		.is_atomic = param_bool(r, "atomic"),
		.is_brief = param_bool(r, "brief"),
		.tells_duplicates =
		    options.dry_run && param_bool(r, "duplicates"),
		.tells_marks = options.dry_run && param_bool(r, "brief") &&
			       param_bool(r, "marks") };
	err = param_error(r) ? param_error(r) : read_items(b);
	if (!err)
		err = work_init(&b->work, r->desk, &r->caller, &r->arena,
		    &r->found, &options, b->items, b->count);
	if (err)
		return err;
	err = replay_find(r, &list, &count);
	if (!err)
		return replay_batch(b, list, count);
	return err == ERR_NOT_FOUND ? run_batch(b) : err;
}

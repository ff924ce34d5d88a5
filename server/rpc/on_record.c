// SPDX-License-Identifier: MIT
/*
 * record.*: reading one record, searching, history.
 *
 * Changing is on_record_change.c's.  An answer that carries a watched value in
 * clear waits for its log entry; all else is counted.
 */
#include "common/date.h"
#include "common/pack.h"
#include "server/book/stages.h"
#include "server/data/alias.h"
#include "server/data/complete.h"
#include "server/data/find.h"
#include "server/data/group.h"
#include "server/data/past.h"
#include "server/data/refs.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

#define FIND_LIMIT 50

static enum err need_record(
    struct request *r, const struct view_entity **ve, struct record **record)
{
	struct bytes id = param_text(r, "id");
	enum err err = request_entity(r, ve);

	if (!err)
		err = param_error(r);
	return err ? err : request_record(r, *ve, id, record);
}

/* Also what is left of an erased one. */
static enum err need_any_record(
    struct request *r, const struct view_entity **ve, struct record **record)
{
	enum err err = need_record(r, ve, record);

	return err == ERR_NOT_FOUND
		   ? record_find_erased(r->desk, &r->caller, *ve,
			 param_text(r, "id"), &r->arena, record)
		   : err;
}

/* `fields`, resolved by name: unknown ones end the request. */
static enum err wanted_fields(
    struct request *r, const struct view_entity *ve, bool **out)
{
	struct bytes list = param_raw(r, "fields");
	struct reader in = reader_of(list);
	uint32_t left;

	*out = NULL;
	if (!list.len)
		return ERR_OK;
	*out = arena_array(
	    &r->arena, view_entity_schema(ve)->field_count, sizeof **out);
	if (!*out)
		return ERR_TOO_LARGE;
	for (left = read_array(&in); left && !in.err; left--) {
		struct bytes name = read_text(&in);
		const struct field *f = view_field(ve, name);

		if (!f && !in.err) {
			r->bad_field = name;
			return ERR_UNKNOWN;
		}
		if (f)
			(*out)[f->slot] = true;
	}
	return in.err ? request_refuse(r, "fields", "type",
			    "fields is a list of field names")
		      : ERR_OK;
}

/* `at`: an instant, or a day, which stands for its end. */
static enum err read_at(struct request *r, bool *given, int64_t *ms)
{
	struct bytes at = param_text(r, "at");
	int32_t day;

	*given = at.len;
	if (!at.len)
		return param_error(r);
	if (!date_parse(at, &day))
		*ms = desk_day_begins(r->desk, day + 1) - 1;
	else if (instant_parse(at, ms))
		return request_refuse(r, "at", "date",
		    "a day or an instant is expected, as 2026-11-22");
	return ERR_OK;
}

/* The record at hand, or as it was then. */
static enum err go_back(struct request *r, struct record *record, bool *is_past)
{
	unsigned relations;
	int64_t ms;
	enum err err = read_at(r, is_past, &ms);

	if (err || !*is_past)
		return err;
	err = record_relations(r->desk, &r->caller, record, &relations);
	if (!err)
		err = record_open(r->desk, record);
	return err ? err : past_rebuild(r->desk, record, ms);
}

static enum err show_got(struct request *r, const struct view_entity *ve,
    struct record *record, const bool *wanted)
{
	bool is_past, meta = param_bool(r, "meta");
	struct show_options options = { .wanted = wanted };
	struct shown shown;
	enum err err = go_back(r, record, &is_past);

	if (!err)
		err = param_error(r);
	if (err)
		return err;
	options.more =
	    2u * is_past + (meta ? 1u + COMPLETE_PAIRS : 0u) + record->by_alias;
	err = record_show(
	    r->desk, &r->caller, ve, record, &options, &r->out, &shown);
	if (!err && is_past) {
		pack_key_text(&r->out, "at", param_text(r, "at"));
		pack_cstr(&r->out, "omitted");
		past_show_omitted(ve, record, wanted, &r->out);
	}
	if (!err && record->by_alias)
		pack_key_text(&r->out, "merged_into", record_number(record));
	if (!err && meta) {
		pack_cstr(&r->out, "meta");
		err = past_show_origins(r->desk, ve, record, wanted, &r->out);
		complete_pack(ve, record, &r->out);
	}
	return err ? err : request_note_read(r, record, &shown);
}

enum err on_record_get(struct request *r)
{
	const struct view_entity *ve;
	struct record *record;
	bool *wanted;
	enum err err = request_entity(r, &ve);

	if (!err)
		err = wanted_fields(r, ve, &wanted);
	if (!err)
		err = need_any_record(r, &ve, &record);
	return err ? err : show_got(r, ve, record, wanted);
}

/* --- searching -----------------------------------------------------------*/

static enum err read_ask(struct request *r, struct query_ask *ask)
{
	int64_t limit;
	enum err err = request_entity(r, &ask->entity);

	if (err)
		return err;
	ask->where = param_raw(r, "where");
	ask->order = param_raw(r, "order");
	ask->fields = param_raw(r, "fields");
	ask->scope = param_text(r, "scope");
	ask->after = param_text(r, "after");
	limit = param_int(r, "limit", FIND_LIMIT);
	ask->limit = limit < QUERY_LIMIT ? (unsigned)limit : QUERY_LIMIT;
	ask->count = param_bool(r, "count");
	ask->archived = param_bool(r, "archived");
	ask->waiting = param_bool(r, "pending");
	if (!ask->limit)
		ask->limit = 1;
	return param_error(r);
}

/* Constants of a search stand in the log as a commitment. */
static enum err commit_terms(struct request *r, const struct query_ask *ask)
{
	struct dek *key;
	enum err err = subject_key(r->desk, NULL, 0, KEY_PERSONAL, &key);

	if (err)
		return err;
	commit_value(r->desk->sealer, key, r->caller.user, 0, 0, ask->where,
	    r->draft.terms.of);
	r->draft.has_terms = true;
	return ERR_OK;
}

/* The gate, and what it costs to look up. */
static enum err resolve(
    struct request *r, const struct query_ask *ask, struct query *q)
{
	enum err err =
	    query_resolve(r->desk, &r->caller, ask, &r->arena, &r->found, q);

	r->bad_field = q->bad_field;
	return err ? err
		   : meter_take(r->caller.meter, QUOTA_LOOKUP, q->looks_up);
}

static enum err search(struct request *r, struct query_ask *ask, bool clear)
{
	struct find_result result;
	struct query q;
	enum err err = resolve(r, ask, &q);

	if (!err)
		err = find_rows(r->desk, &r->caller, &q, ask->after, !clear,
		    &r->arena, &r->out, &result);
	if (err)
		return err;
	r->draft.records = result.touched;
	r->draft.record_count = result.touched_count;
	r->must_log |= result.watched;
	return (r->must_log || q.looks_up) && ask->where.len
		   ? commit_terms(r, ask)
		   : ERR_OK;
}

enum err on_record_find(struct request *r)
{
	struct query_ask ask = { 0 };
	enum err err = read_ask(r, &ask);

	return err ? err : search(r, &ask, true);
}

/* Sealed values leave masked unless a right of its own, or a second person,
 * says otherwise. */
enum err on_record_export(struct request *r)
{
	struct query_ask ask = { 0 };
	bool clear = param_bool(r, "clear");
	enum err err = read_ask(r, &ask);

	if (!err && clear && !r->approved &&
	    !(view_rights(r->caller.view, RELATION_ALL) & RIGHT_EXPORT_CLEAR))
		err = ERR_DENIED;
	r->must_log = true;
	return err ? err : search(r, &ask, clear);
}

/* Counts and sums; each use of a field passes the view like a search's. */
enum err on_record_group(struct request *r)
{
	struct query_ask ask = { 0 };
	struct grouping g;
	struct query q;
	enum err err = read_ask(r, &ask);

	if (!err)
		err = resolve(r, &ask, &q);
	if (err)
		return err;
	err = group_resolve(
	    &q, param_raw(r, "by"), param_raw(r, "sum"), &r->found, &g);
	r->bad_field = g.bad_field;
	if (!err)
		err =
		    group_rows(r->desk, &r->caller, &q, &g, &r->arena, &r->out);
	return !err && q.looks_up ? commit_terms(r, &ask) : err;
}

/* --- history -------------------------------------------------------------*/

/* Which versions, of which field: a hidden one is no field. */
static enum err read_versions(
    struct request *r, const struct view_entity *ve, struct history_ask *ask)
{
	struct bytes name = param_text(r, "field");
	int64_t limit = param_int(r, "limit", HISTORY_LIMIT);

	*ask = (struct history_ask){
		.field = name.len ? view_field(ve, name) : NULL,
		.after = (uint64_t)param_int(r, "after", 0),
		.limit = limit < HISTORY_LIMIT ? (unsigned)limit : HISTORY_LIMIT
	};
	if (param_error(r) || !name.len || ask->field)
		return param_error(r);
	r->bad_field = name;
	return ERR_UNKNOWN;
}

/* {id, number, versions, next}, and `more` pairs. */
static enum err pack_versions(struct request *r, const struct view_entity *ve,
    struct record *record, const struct history_ask *ask, unsigned more)
{
	struct shown shown = { 0 };
	char id[ID_TEXT];
	enum err err = record_open(r->desk, record);

	if (err)
		return err;
	id_format(record->id, id);
	pack_map(&r->out, 4 + more);
	pack_key_cstr(&r->out, "id", id);
	pack_key_text(&r->out, "number", record_number(record));
	pack_cstr(&r->out, "versions");
	err =
	    history_show(r->desk, &r->caller, ve, record, ask, &r->out, &shown);
	return err ? err : request_note_read(r, record, &shown);
}

/* Those of what was merged into it, each by itself. */
static enum err pack_merged(struct request *r, const struct view_entity *ve,
    const struct record *heir, const struct history_ask *ask)
{
	struct alias_set set;
	enum err err =
	    alias_set(r->desk, heir->entity, heir->id, &r->arena, &set);

	if (err)
		return err;
	pack_cstr(&r->out, "merged");
	pack_array(&r->out, (uint32_t)set.count - 1);
	for (size_t i = 1; !err && i < set.count; i++) {
		struct record *merged;
		unsigned relations;

		err = record_load(
		    r->desk, &r->arena, heir->entity, set.ids[i], &merged);
		if (!err)
			err = record_relations(
			    r->desk, &r->caller, merged, &relations);
		if (!err)
			err = pack_versions(r, ve, merged, ask, 0);
	}
	return err;
}

enum err on_record_history(struct request *r)
{
	const struct view_entity *ve;
	struct record *record;
	struct history_ask ask;
	bool has_merged;
	enum err err = request_entity(r, &ve);

	if (!err)
		err = read_versions(r, ve, &ask);
	if (!err)
		err = need_any_record(r, &ve, &record);
	if (err)
		return err;
	has_merged = record->header.flags & ROW_JOINED && !ask.after;
	err = pack_versions(r, ve, record, &ask, has_merged);
	return !err && has_merged ? pack_merged(r, ve, record, &ask) : err;
}

/* --- stages --------------------------------------------------------------*/

enum err on_record_stages(struct request *r)
{
	const struct view_entity *ve;
	struct record *record;
	enum err err = need_record(r, &ve, &record);

	if (err)
		return err;
	err = stages_show(r->desk, &r->caller, ve, record, &r->out);
	if (err == ERR_UNKNOWN || err == ERR_DENIED)
		r->bad_field = bytes_text("entity");
	return err;
}

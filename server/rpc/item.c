// SPDX-License-Identifier: MIT
/*
 * See item.h.
 */
#include "server/rpc/item.h"

#include "common/pack.h"
#include "server/data/complete.h"
#include "server/rpc/confirm.h"
#include "server/rpc/inside.h"
#include "server/rpc/reply.h"

/* --- parameters to items -------------------------------------------------*/

/* One text of an item's or the request's packed map.  Another type is an
 * error: a version that is overlooked would be a lost update. */
enum err item_read_text(struct request *r, const struct pairs *map,
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
enum err item_read_origin(
    struct request *r, const struct pairs *map, struct origin *o)
{
	enum err err = item_read_text(r, map, "source", &o->source);

	if (!err)
		err = item_read_text(r, map, "reason", &o->reason);
	if (err)
		return err;
	if (o->source.len &&
	    !schema_has_source(directory_schema(r->desk->directory), o->source))
		return request_refuse(r, "source", "choice",
		    "no such source; schema.get lists them");
	o->is_named = o->source.len != 0;
	return request_check_reason(r, o->reason);
}

static enum err read_row(
    struct request *r, const struct pairs *map, struct item *it)
{
	struct bytes hex;
	uint8_t *row;
	enum err err = item_read_text(r, map, "row", &hex);

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
	enum err err = item_read_text(r, map, "entity", &entity);

	if (!err)
		err = item_read_text(r, map, "id", &it->id);
	if (!err)
		err = item_read_text(r, map, "version", &it->version);
	if (err)
		return err;
	it->entity = view_entity(r->caller.view, entity);
	if (it->entity)
		return ERR_OK;
	r->bad_field = bytes_text("entity");
	return ERR_UNKNOWN;
}

enum err item_read(struct request *r, const struct pairs *map, struct item *it)
{
	const char *values = it->is_create ? "fields" : "set";
	enum err err;

	if (it->confirms)
		it->confirm = pairs_get(map, "fields");
	it->set = pairs_get(map, values);
	it->unset = pairs_get(map, "unset");
	it->override_ = pairs_get(map, "override");
	/* A batch may override for all its items. */
	if (!it->override_.len)
		it->override_ = param_raw(r, "override");
	err = read_names(r, map, it);
	if (!err)
		err = item_read_origin(r, map, &it->origin);
	if (err)
		return err;
	if (!it->is_create && !it->id.len)
		return request_refuse(r, "id", "required",
		    "say which: a number or an internal id");
	if (it->set.len ? !is_map(it->set) : it->is_create)
		return request_refuse(
		    r, values, "type", "give a map of field names and values");
	if (!is_list_of_text(it->unset))
		return request_refuse(
		    r, "unset", "type", "unset is a list of field names");
	if (!is_list_of_text(it->override_))
		return request_refuse(
		    r, "override", "type", "override is a list of rules");
	if (it->confirms && !is_list_of_text(it->confirm))
		return request_refuse(
		    r, "fields", "type", "fields is a list of field names");
	return read_row(r, map, it);
}

/* --- answers -------------------------------------------------------------*/

/* The record as it will be, through the caller's view.  A watched value that
 * he did not just set is for record.get, which logs who read it; likewise a
 * sealed one if such reads are counted, so that a used-up quota keeps nobody
 * from changing what he may. */
enum err item_pack(struct request *r, struct item *it, int index)
{
	struct show_options options = { .mask_watched = true,
		.mask_unset = true,
		.more = 1u + it->skipped };
	struct shown shown;
	enum err err = record_show(r->desk, &r->caller, it->entity, it->record,
	    &options, &r->out, &shown);

	pack_cstr(&r->out, "warnings");
	reply_pack_findings(&r->out, &r->found, FINDING_WARNING, index);
	if (it->skipped)
		pack_key_bool(&r->out, "skipped", true);
	return err;
}

/* The preview of one record carries its token; a batch has one for all. */
enum err item_pack_preview(
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
	reply_pack_findings(out, &r->found, FINDING_WARNING, index);
	pack_cstr(out, "duplicates");
	if (!err)
		err = request_pack_duplicates(r, it, often, out);
	complete_pack(it->entity, it->record, out);
	if (is_single) {
		pack_cstr(out, "confirm");
		confirm_pack(r, it, 1, out);
	}
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * Confirmation tokens and likely duplicates.  See confirm.h.
 */
#include "server/rpc/confirm.h"

#include "common/digest.h"
#include "common/pack.h"
#include "server/data/index.h"
#include "server/rpc/method.h"

#define TOKEN_MAC       12
#define CONFIRM_SIZE    (8 + TOKEN_MAC)
#define TOKEN_HEX       (2 * CONFIRM_SIZE + 1)
#define DUPLICATES_MOST 10

/* --- the token -----------------------------------------------------------*/

/* A record that this request makes has no lasting id yet: its place counts. */
static uint64_t place_of(
    const struct item *items, size_t count, const struct bytes value)
{
	uint64_t id = value_ref(value);

	for (size_t i = 0; id && i < count; i++)
		if (!items[i].err && items[i].is_create &&
		    items[i].record->id == id)
			return i + 1;
	return 0;
}

static void append_value(
    struct buf *out, const struct field *f, struct bytes value, uint64_t place)
{
	uint8_t head[13] = { f->id };

	put_be64(head + 1, place);
	put_be32(head + 9, place ? 0 : (uint32_t)value.len);
	buf_append(out, head, sizeof head);
	if (!place)
		buf_append_bytes(out, value);
}

static void append_item(struct buf *out, const struct item *items, size_t count,
    const struct item *it)
{
	const struct record *r = it->record;
	uint8_t head[10] = { r->entity->id, it->is_create };

	put_be64(head + 2, it->is_create ? 0 : r->id);
	buf_append(out, head, sizeof head);
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct bytes value = r->cells[i].value;

		if (f->is_auto || !r->cells[i].changed)
			continue;
		append_value(out, f, value,
		    f->type == TYPE_REF ? place_of(items, count, value) : 0);
	}
}

static void digest_items(
    const struct item *items, size_t count, struct digest *out)
{
	struct buf values;

	buf_init(&values, REQUEST_REPLY);
	for (size_t i = 0; i < count; i++)
		if (!items[i].err && items[i].record)
			append_item(&values, items, count, &items[i]);
	digest_bytes(buf_bytes(&values), out);
	buf_release(&values);
}

static void make_mac(struct request *r, const struct item *items, size_t count,
    const uint8_t expires[static 8], uint8_t mac[static 32])
{
	uint8_t who[8];
	struct digest values;
	struct bytes parts[] = { bytes_of(expires, 8),
		bytes_of(who, sizeof who), bytes_text(r->method->name),
		bytes_of(values.of, DIGEST_SIZE) };

	digest_items(items, count, &values);
	put_be64(who, r->caller.user);
	system_mac(r->desk->sealer, "confirm", parts, 4, mac);
}

void pack_confirm(
    struct request *r, const struct item *items, size_t count, struct buf *out)
{
	uint8_t token[CONFIRM_SIZE], mac[32];
	char text[TOKEN_HEX];

	put_be64(
	    token, (uint64_t)(clock_now_ms(r->desk->clock) + CONFIRM_LIFE_MS));
	make_mac(r, items, count, token, mac);
	memcpy(token + 8, mac, TOKEN_MAC);
	hex_format(bytes_of(token, sizeof token), text);
	pack_cstr(out, text);
}

enum err check_confirm(
    struct request *r, const struct item *items, size_t count)
{
	struct bytes text = param_text(r, "confirm");
	uint8_t token[CONFIRM_SIZE], mac[32];

	if (!text.len)
		return param_error(r);
	if (hex_parse(text, token, sizeof token))
		return request_refuse(
		    r, "confirm", "confirm", "this is no token of a preview");
	make_mac(r, items, count, token, mac);
	if (!digest_same(mac, token + 8, TOKEN_MAC) ||
	    (int64_t)get_be64(token) < clock_now_ms(r->desk->clock))
		return request_refuse(r, "confirm", "confirm",
		    "this is not what was previewed, or the preview is older "
		    "than a quarter of an hour; preview again");
	return ERR_OK;
}

/* --- likely duplicates ---------------------------------------------------*/

struct duplicates {
	struct request *request;
	const struct item *item;
	const struct field *field; /* of whose values */
	struct buf *out;
	uint32_t count;
};

/* May he be told that such a record is there?  An equal value of a sealed
 * field is what an exact look-up finds, and needs the right to it. */
static bool may_know(const struct duplicates *d, const struct record *r)
{
	struct grant g;

	return r->relations & view_range(d->item->entity) &&
	       (!d->field->sealed ||
		   view_grant(d->item->entity, r->relations,
		       record_is_variant(r), d->field, USE_SEARCH, &g));
}

static enum err show_duplicate(struct duplicates *d, uint64_t id)
{
	struct request *r = d->request;
	const struct view_entity *ve = d->item->entity;
	const struct entity *e = view_entity_schema(ve);
	bool *wanted = arena_array(&r->arena, e->field_count, sizeof *wanted);
	struct show_options options = { .wanted = wanted };
	struct record *record;
	struct shown shown;
	unsigned relations;
	enum err err;

	if (!wanted)
		return ERR_TOO_LARGE;
	err = record_load(r->desk, &r->arena, e, id, &record);
	if (!err)
		err = record_relations(r->desk, &r->caller, record, &relations);
	if (err)
		return err;
	if (!may_know(d, record))
		return ERR_OK;
	wanted[e->title_field->slot] = true;
	d->count++;
	return record_show(
	    r->desk, &r->caller, ve, record, &options, d->out, &shown);
}

/* The same comparison key: brackets, width and legal form apart. */
static enum err walk(struct duplicates *d)
{
	const struct field *f = d->field;
	struct desk *desk = d->request->desk;
	struct bytes form, key;
	uint8_t prefix[STORE_KEY];
	size_t len = index_prefix(f, 'b', false, 0, prefix);
	struct scan *scan;
	struct row row;
	enum err err = value_blind_form(f, &d->request->arena,
	    d->item->record->cells[f->slot].value, &form);

	if (err)
		return err;
	index_blind(desk, f, form, prefix + len);
	err = meter_take(d->request->caller.meter, QUOTA_LOOKUP, f->sealed);
	if (!err)
		err = scan_open(desk->snapshot, TABLE_INDEX,
		    bytes_of(prefix, len + INDEX_BLINDED), BYTES_NONE, SCAN_UP,
		    &scan);
	if (err)
		return err;
	while (
	    !err && d->count < DUPLICATES_MOST && scan_next(scan, &key, &row))
		if (index_record(key) != d->item->record->id)
			err = show_duplicate(d, index_record(key));
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

enum err pack_duplicates(
    struct request *r, const struct item *it, struct buf *out)
{
	const struct field *f = it->record->entity->title_field;
	struct duplicates d = { r, it, f, out, 0 };
	size_t mark = pack_array_open(out);
	enum err err = ERR_OK;

	if (f && f->index & INDEX_BLIND && it->record->cells[f->slot].changed &&
	    it->record->cells[f->slot].value.len)
		err = walk(&d);
	pack_array_close(out, mark, d.count);
	return err;
}

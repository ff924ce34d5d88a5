// SPDX-License-Identifier: MIT
/*
 * Confirmation tokens.  See confirm.h.
 */
#include "server/rpc/confirm.h"

#include "common/digest.h"
#include "common/pack.h"
#include "server/rpc/method.h"

#define TOKEN_MAC    12
#define CONFIRM_SIZE (8 + TOKEN_MAC)
#define TOKEN_HEX    (2 * CONFIRM_SIZE + 1)

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

		if (f->is_auto || !r->cells[i].was)
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

void confirm_pack(
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

enum err confirm_check(
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

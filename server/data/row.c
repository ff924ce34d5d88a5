// SPDX-License-Identifier: MIT
/*
 * Rows: the fixed layout of row.h, read with every length checked.
 */
#include "server/data/row.h"

#define FIELD_HEAD 7

void row_key(uint8_t entity, uint64_t id, uint8_t out[static ROW_KEY])
{
	out[0] = entity;
	put_be64(out + 1, id);
}

void header_format(const struct header *h, uint8_t out[static ROW_HEADER])
{
	out[0] = ROW_FORMAT;
	out[1] = h->entity;
	out[2] = h->flags;
	out[3] = h->sealed_count;
	put_be32(out + 4, h->version);
	put_be32(out + 8, h->key_version);
	put_be64(out + 12, h->subject);
	put_be64(out + 20, h->branch);
	put_be64(out + 28, h->owner);
	put_be32(out + 36, h->body_len);
}

enum err header_parse(struct bytes row, struct header *out)
{
	const uint8_t *at = row.data;

	if (row.len < ROW_HEADER || at[0] != ROW_FORMAT)
		return ERR_CORRUPT;
	*out = (struct header){ .entity = at[1],
		.flags = at[2],
		.sealed_count = at[3],
		.version = get_be32(at + 4),
		.key_version = get_be32(at + 8),
		.subject = get_be64(at + 12),
		.branch = get_be64(at + 20),
		.owner = get_be64(at + 28),
		.body_len = get_be32(at + 36) };
	return ERR_OK;
}

enum err row_get(struct snapshot *n, uint8_t entity, uint64_t id,
    struct row *row, struct header *out)
{
	uint8_t key[ROW_KEY];
	enum err err;

	row_key(entity, id, key);
	err = snapshot_get(n, TABLE_ROW, bytes_of(key, sizeof key), row);
	return err ? err : header_parse(row->value, out);
}

enum err row_split(struct bytes row, const struct header *h, struct bytes *body,
    struct bytes *fields)
{
	if (row.len < ROW_HEADER || row.len - ROW_HEADER < h->body_len)
		return ERR_CORRUPT;
	*body = bytes_of(row.data + ROW_HEADER, h->body_len);
	*fields = bytes_of(row.data + ROW_HEADER + h->body_len,
	    row.len - ROW_HEADER - h->body_len);
	return ERR_OK;
}

bool row_next_field(struct bytes *fields, struct sealed_field *out)
{
	size_t len;

	if (fields->len < FIELD_HEAD)
		return false;
	len = get_be16(fields->data + 5);
	if (fields->len - FIELD_HEAD < len)
		return false;
	*out = (struct sealed_field){ .field = fields->data[0],
		.version = get_be32(fields->data + 1),
		.sealed = bytes_of(fields->data + FIELD_HEAD, len) };
	fields->data += FIELD_HEAD + len;
	fields->len -= FIELD_HEAD + len;
	return true;
}

void row_append_field(struct buf *out, const struct sealed_field *f)
{
	uint8_t head[FIELD_HEAD];

	if (f->sealed.len > UINT16_MAX) {
		out->err = ERR_TOO_LARGE;
		return;
	}
	head[0] = f->field;
	put_be32(head + 1, f->version);
	put_be16(head + 5, (uint16_t)f->sealed.len);
	buf_append(out, head, sizeof head);
	buf_append_bytes(out, f->sealed);
}

struct bytes binding_aad(const struct binding *b, uint8_t out[static ROW_AAD])
{
	memcpy(out, b->store_id, STORE_ID);
	out[16] = (uint8_t)b->table;
	out[17] = b->entity;
	out[18] = b->field;
	out[19] = 0;
	put_be64(out + 20, b->record);
	put_be64(out + 28, b->subject);
	put_be32(out + 36, b->key_version);
	put_be32(out + 40, b->version);
	put_be32(out + 44, 0);
	return bytes_of(out, ROW_AAD);
}

// SPDX-License-Identifier: MIT
/*
 * See frame.h.
 */
#include "server/store/frame.h"
#include "server/store/disk.h"

#define AT_SEQUENCE    8
#define AT_BASE        16
#define AT_HEAD        24
#define AT_LENGTH      32
#define AT_CHECK       40
#define OPERATION_HEAD 16

static const uint8_t magic[8] = "kehufrm1";

enum kind { KIND_PUT = 1, KIND_DEL = 2 };

void frame_begin(struct buf *b)
{
	static const uint8_t none[FRAME_HEAD];
	buf_reset(b);
	buf_append(b, none, sizeof(none));
}

void operation_append(struct buf *b, const struct operation *o)
{
	uint8_t *at = buf_room(b, OPERATION_HEAD + o->key.len + o->value.len);
	if (!at)
		return;
	at[0] = o->is_put ? KIND_PUT : KIND_DEL;
	at[1] = (uint8_t)o->table;
	put_be16(at + 2, (uint16_t)o->key.len);
	put_be32(at + 4, (uint32_t)o->value.len);
	put_be64(at + 8, o->version);
	at += OPERATION_HEAD;
	memcpy(at, o->key.data, o->key.len);
	if (o->value.len > 0)
		memcpy(at + o->key.len, o->value.data, o->value.len);
	buf_added(b, OPERATION_HEAD + o->key.len + o->value.len);
}

bool frame_is_empty(const struct buf *b)
{
	return buf_bytes(b).len <= FRAME_HEAD;
}

size_t frame_size(const struct frame *f)
{
	size_t len = FRAME_HEAD + f->length;
	return (len + DISK_BLOCK - 1) / DISK_BLOCK * DISK_BLOCK;
}

static void pack(const struct frame *f, uint8_t out[static FRAME_HEAD])
{
	memcpy(out, magic, sizeof(magic));
	put_be64(out + AT_SEQUENCE, f->sequence);
	put_be64(out + AT_BASE, f->base);
	put_be64(out + AT_HEAD, f->head);
	put_be64(out + AT_LENGTH, f->length);
}

static void check(const struct frame *f, const struct digest *before,
    struct bytes operations, struct digest *out)
{
	uint8_t head[FRAME_HEAD];
	pack(f, head);
	const struct bytes parts[] = {
		bytes_of(before->of, DIGEST_SIZE),
		bytes_of(head, AT_CHECK),
		operations,
	};
	digest_parts(parts, 3, out);
}

bool frame_seal(struct buf *b, struct frame *f, const struct digest *before)
{
	static const uint8_t zeros[DISK_BLOCK];
	if (b->err != ERR_OK)
		return false;
	struct bytes all = buf_bytes(b);
	f->length = all.len - FRAME_HEAD;
	check(f, before, bytes_of(all.data + FRAME_HEAD, f->length), &f->check);
	buf_append(b, zeros, frame_size(f) - all.len);
	if (b->err != ERR_OK)
		return false;
	uint8_t *head = b->data + b->start;
	pack(f, head);
	memcpy(head + AT_CHECK, f->check.of, DIGEST_SIZE);
	return true;
}

enum err frame_parse(const uint8_t in[static FRAME_HEAD], struct frame *out)
{
	*out = (struct frame){ 0 };
	uint64_t length = get_be64(in + AT_LENGTH);
	if (memcmp(in, magic, sizeof(magic)) != 0 || length > FRAME_MOST)
		return ERR_NOT_FOUND;
	out->sequence = get_be64(in + AT_SEQUENCE);
	out->base = get_be64(in + AT_BASE);
	out->head = get_be64(in + AT_HEAD);
	out->length = (size_t)length;
	memcpy(out->check.of, in + AT_CHECK, DIGEST_SIZE);
	return ERR_OK;
}

bool frame_holds(
    const struct frame *f, const struct digest *before, struct bytes operations)
{
	struct digest now;
	check(f, before, operations, &now);
	return memcmp(now.of, f->check.of, DIGEST_SIZE) == 0;
}

enum err operation_next(struct bytes *left, struct operation *out)
{
	const uint8_t *at = left->data;
	*out = (struct operation){ 0 };
	if (left->len < OPERATION_HEAD)
		return ERR_CORRUPT;
	size_t key = get_be16(at + 2);
	size_t value = get_be32(at + 4);
	if ((at[0] != KIND_PUT && at[0] != KIND_DEL) || at[1] >= TABLE_COUNT ||
	    key == 0 || key > STORE_KEY || value > STORE_VALUE ||
	    key + value > left->len - OPERATION_HEAD)
		return ERR_CORRUPT;
	*out = (struct operation){
		.is_put = at[0] == KIND_PUT,
		.table = (enum table)at[1],
		.version = get_be64(at + 8),
		.key = bytes_of(at + OPERATION_HEAD, key),
		.value = bytes_of(at + OPERATION_HEAD + key, value),
	};
	size_t taken = OPERATION_HEAD + key + value;
	*left = bytes_of(at + taken, left->len - taken);
	return ERR_OK;
}

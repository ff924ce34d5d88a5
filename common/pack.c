// SPDX-License-Identifier: MIT
/*
 * msgpack-c's packer, writing into our buffer.
 *
 * The packer is a callback and a pointer, so one is made for each call and
 * the compiler sees through it: each function below becomes a few stores.
 * The packer's own result is always success; the buffer remembers failures.
 */
#include "common/pack.h"

#include <msgpack/pack.h>

#include "common/date.h"
#include "common/log.h"

#define ARRAY16 0xdc
#define MAP16   0xde
#define OPENED  3 /* bytes of a 16-bit header */

static int write_to_buf(void *ctx, const char *data, size_t len)
{
	buf_append(ctx, data, len);
	return 0;
}

static msgpack_packer packer_of(struct buf *b)
{
	return (msgpack_packer){ .data = b, .callback = write_to_buf };
}

void pack_nil(struct buf *b)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_nil(&p);
}

void pack_bool(struct buf *b, bool v)
{
	msgpack_packer p = packer_of(b);

	if (v)
		msgpack_pack_true(&p);
	else
		msgpack_pack_false(&p);
}

void pack_int(struct buf *b, int64_t v)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_int64(&p, v);
}

void pack_uint(struct buf *b, uint64_t v)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_uint64(&p, v);
}

/* A longer run has no header, and half of one would spoil the message. */
static bool has_header(struct buf *b, size_t len)
{
	if (len <= UINT32_MAX)
		return true;
	if (b->err == ERR_OK)
		b->err = ERR_TOO_LARGE;
	return false;
}

/* Nearly every text of an answer is one: one piece of room, no callback. */
static void pack_short(struct buf *b, struct bytes utf8)
{
	uint8_t *at = buf_room(b, 1 + utf8.len);

	if (!at)
		return;
	at[0] = (uint8_t)(0xa0 | utf8.len);
	if (utf8.len)
		memcpy(at + 1, utf8.data, utf8.len);
	buf_added(b, 1 + utf8.len);
}

void pack_text(struct buf *b, struct bytes utf8)
{
	msgpack_packer p = packer_of(b);

	if (utf8.len < 32) {
		pack_short(b, utf8);
		return;
	}
	if (!has_header(b, utf8.len))
		return;
	msgpack_pack_str(&p, utf8.len);
	buf_append_bytes(b, utf8);
}

void pack_text_or_nil(struct buf *b, struct bytes utf8)
{
	if (utf8.len)
		pack_text(b, utf8);
	else
		pack_nil(b);
}

void pack_cstr(struct buf *b, const char *text)
{
	pack_text(b, bytes_text(text));
}

void pack_bin(struct buf *b, struct bytes s)
{
	msgpack_packer p = packer_of(b);

	if (!has_header(b, s.len))
		return;
	msgpack_pack_bin(&p, s.len);
	buf_append_bytes(b, s);
}

void pack_array(struct buf *b, uint32_t count)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_array(&p, count);
}

void pack_map(struct buf *b, uint32_t count)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_map(&p, count);
}

void pack_raw(struct buf *b, struct bytes packed)
{
	/* Nothing is no value: the message would end elsewhere than it says. */
	if (packed.len == 0 && b->err == ERR_OK)
		b->err = ERR_INTERNAL;
	buf_append_bytes(b, packed);
}

void pack_raw_or_nil(struct buf *b, struct bytes packed)
{
	if (packed.len)
		pack_raw(b, packed);
	else
		pack_nil(b);
}

static size_t open_header(struct buf *b, uint8_t first)
{
	const uint8_t header[OPENED] = { first, 0, 0 };
	size_t mark = buf_bytes(b).len;

	buf_append(b, header, sizeof(header));
	return mark;
}

static void close_header(struct buf *b, size_t mark, uint32_t count)
{
	if (b->err != ERR_OK)
		return;
	if (count > UINT16_MAX) {
		b->err = ERR_TOO_LARGE;
		return;
	}
	ASSERT(mark + OPENED <= b->end - b->start);
	put_be16(b->data + b->start + mark + 1, (uint16_t)count);
}

size_t pack_array_open(struct buf *b)
{
	return open_header(b, ARRAY16);
}

void pack_array_close(struct buf *b, size_t mark, uint32_t count)
{
	close_header(b, mark, count);
}

size_t pack_map_open(struct buf *b)
{
	return open_header(b, MAP16);
}

void pack_map_close(struct buf *b, size_t mark, uint32_t count)
{
	close_header(b, mark, count);
}

void pack_key_text(struct buf *b, const char *key, struct bytes utf8)
{
	pack_cstr(b, key);
	pack_text(b, utf8);
}

void pack_key_cstr(struct buf *b, const char *key, const char *text)
{
	pack_cstr(b, key);
	pack_cstr(b, text);
}

void pack_key_int(struct buf *b, const char *key, int64_t v)
{
	pack_cstr(b, key);
	pack_int(b, v);
}

void pack_key_bool(struct buf *b, const char *key, bool v)
{
	pack_cstr(b, key);
	pack_bool(b, v);
}

void pack_instant(struct buf *b, int64_t ms)
{
	char text[INSTANT_TEXT];

	instant_format(ms, text);
	pack_cstr(b, text);
}

void pack_key_instant(struct buf *b, const char *key, int64_t ms)
{
	pack_cstr(b, key);
	pack_instant(b, ms);
}

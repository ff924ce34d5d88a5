// SPDX-License-Identifier: MIT
/*
 * The buffer's storage: growing, compacting, giving back.
 *
 * The storage may be twice the cap.  So whenever it must make room and may
 * grow no further, more bytes have been consumed than are unread, and moving
 * the unread ones costs no more than consuming the others did: appending and
 * consuming stay linear, whatever the pattern.
 */
#include "common/buf.h"

#include "common/arena.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/secret.h"

#define SMALLEST 256

void buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){ .cap = cap < SIZE_MAX / 4 ? cap : SIZE_MAX / 4 };
}

static void drop_storage(struct buf *b)
{
	if (b->data)
		secret_wipe(b->data, b->size);
	free(b->data);
	b->data = NULL;
	b->start = b->end = b->size = 0;
}

void buf_release(struct buf *b)
{
	drop_storage(b);
	b->err = ERR_OK;
}

struct bytes buf_move(struct buf *b, struct arena *to)
{
	struct bytes moved = b->err ? BYTES_NONE : arena_copy(to, buf_bytes(b));

	buf_release(b);
	return moved;
}

void buf_reset(struct buf *b)
{
	b->start = b->end = 0;
	b->err = ERR_OK;
}

void buf_trim(struct buf *b)
{
	if (b->start == b->end)
		drop_storage(b);
}

static size_t grown_size(const struct buf *b, size_t needed)
{
	size_t most = b->cap < SMALLEST / 2 ? SMALLEST : 2 * b->cap;
	size_t size = b->size ? b->size : SMALLEST;

	while (size < needed)
		size *= 2;
	if (b->size && size == b->size)
		size *= 2;
	return size < most ? size : most;
}

static enum err grow(struct buf *b, size_t needed)
{
	struct buf old = *b;
	size_t size = grown_size(b, needed);
	uint8_t *data = malloc(size);

	if (!data)
		return ERR_BUSY;
	if (old.end > old.start)
		memcpy(data, old.data + old.start, old.end - old.start);
	drop_storage(b);
	b->data = data;
	b->size = size;
	b->end = old.end - old.start;
	return ERR_OK;
}

static void compact(struct buf *b)
{
	size_t unread = b->end - b->start;

	memmove(b->data, b->data + b->start, unread);
	b->start = 0;
	b->end = unread;
}

uint8_t *buf_room_slow(struct buf *b, size_t room)
{
	size_t unread = b->end - b->start;

	if (b->err != ERR_OK)
		return NULL;
	if (room > b->cap - unread) {
		b->err = ERR_TOO_LARGE;
		return NULL;
	}
	if (b->data && room <= b->size - b->end)
		return b->data + b->end;
	if (b->data && b->start >= unread && unread + room <= b->size)
		compact(b);
	else
		b->err = grow(b, unread + room);
	return b->err == ERR_OK ? b->data + b->end : NULL;
}

void buf_added(struct buf *b, size_t len)
{
	ASSERT(len <= b->size - b->end);
	ASSERT(b->end - b->start + len <= b->cap);
	b->end += len;
}

void buf_consume(struct buf *b, size_t len)
{
	ASSERT(len <= b->end - b->start);
	b->start += len;
	if (b->start == b->end)
		b->start = b->end = 0;
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len < b->end - b->start)
		b->end = b->start + len;
}

// SPDX-License-Identifier: MIT
/*
 * A growing buffer with a cap and a sticky error.
 *
 * Appending past the cap sets err to ERR_TOO_LARGE (ERR_BUSY if memory cannot
 * be had) and changes nothing; every later append is a no-op.  So callers
 * append in straight lines and look at buf->err once, before they use the
 * content.  Bytes are consumed from the front by moving `start`; the storage is
 * compacted when it pays.  The storage grows by doubling and can be given back
 * when empty, so that an idle connection owns none.  Not shared between
 * threads.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include "common/bytes.h"
#include "common/err.h"

struct buf {
	uint8_t *data; /* storage, or NULL */
	size_t start;  /* first unread byte */
	size_t end;    /* one past the last written byte */
	size_t size;   /* bytes of storage, at most twice the cap */
	size_t cap;    /* most unread bytes ever held */
	enum err err;  /* first failure, else ERR_OK */
};

void buf_init(struct buf *b, size_t cap);

/* Wipes and frees the storage; the buffer is as after buf_init. */
void buf_release(struct buf *b);

/* Its bytes, in the arena, and the buffer is released; .data is NULL if it had
 * failed, or past the arena's cap. */
struct arena;
struct bytes buf_move(struct buf *b, struct arena *to) MUST_USE;

/* Empties and clears the error, keeps the storage. */
void buf_reset(struct buf *b);

/* Frees the storage (wiped) if nothing is unread. */
void buf_trim(struct buf *b);

/* The way of buf_room() that compacts, grows or fails. */
uint8_t *buf_room_slow(struct buf *b, size_t room);

/* At least `room` writable bytes at the end, or NULL past the cap.  Follow
 * with buf_added(); at most the asked room may be added. */
static inline uint8_t *buf_room(struct buf *b, size_t room)
{
	if (b->data && b->err == ERR_OK && room <= b->size - b->end &&
	    room <= b->cap - (b->end - b->start))
		return b->data + b->end;
	return buf_room_slow(b, room);
}

void buf_added(struct buf *b, size_t len);

static inline void buf_append(struct buf *b, const void *data, size_t len)
{
	uint8_t *at = buf_room(b, len);

	if (!at || !len)
		return;
	memcpy(at, data, len);
	b->end += len;
}

static inline void buf_append_bytes(struct buf *b, struct bytes s)
{
	buf_append(b, s.data, s.len);
}

static inline void buf_append_text(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

static inline void buf_append_byte(struct buf *b, uint8_t byte)
{
	buf_append(b, &byte, 1);
}

/* Drops `len` unread bytes from the front (len <= buf_bytes(b).len). */
void buf_consume(struct buf *b, size_t len);

/* Shortens to the first `len` unread bytes. */
void buf_truncate(struct buf *b, size_t len);

/* The unread bytes; valid until the next append or release. */
static inline struct bytes buf_bytes(const struct buf *b)
{
	return bytes_of(b->data ? b->data + b->start : NULL, b->end - b->start);
}

#endif

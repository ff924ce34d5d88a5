// SPDX-License-Identifier: MIT
/*
 * One frame of the journal: what one commit puts and deletes.
 *
 * A head, the operations in the order they were done, zeros up to a block, so
 * that no write touches a block of an earlier frame.  The check is a SHA-256
 * over the check of the frame before, the head and the operations: a torn
 * frame fails it, and so does one of an earlier round of the same file or of
 * another book, whose chain began at another random value.
 *
 *	head       "kehufrm1", be64 sequence, be64 base, be64 head,
 *	           be64 length of the operations, check 32         72 bytes
 *	operation  u8 kind (1 put, 2 delete), u8 table, be16 length of the key,
 *	           be32 length of the value, be64 version, key, value
 *
 * To change the layout, raise the digit and keep a reader for the old: a book
 * that was not closed may be opened by the next version.  No I/O here.
 */
#ifndef SERVER_STORE_FRAME_H
#define SERVER_STORE_FRAME_H

#include "common/buf.h"
#include "common/digest.h"
#include "server/store/store.h"

#define FRAME_HEAD 72
#define FRAME_MOST ((size_t)1024 * 1024 * 1024) /* operations of one frame */

struct frame {
	uint64_t sequence; /* one more than the frame before */
	uint64_t base;     /* the newest that was durable (base.h) */
	uint64_t head;     /* log positions given out after it */
	size_t length;     /* of the operations */
	struct digest check;
};

struct operation {
	bool is_put;
	enum table table;
	uint64_t version;
	struct bytes key, value;
};

/* --- writing -------------------------------------------------------------*/

/* Room for the head; then operation_append, then frame_seal. */
void frame_begin(struct buf *b);
void operation_append(struct buf *b, const struct operation *o);
bool frame_is_empty(const struct buf *b);
/* Fills in the head, sets `length` and `check`, pads to a block.  False when
 * the buffer remembers an error. */
bool frame_seal(struct buf *b, struct frame *f, const struct digest *before);

/* --- reading -------------------------------------------------------------*/

/* ERR_NOT_FOUND unless this is a head; nothing of it is believed yet. */
enum err frame_parse(
    const uint8_t in[static FRAME_HEAD], struct frame *out) MUST_USE;
/* Bytes with head and padding. */
size_t frame_size(const struct frame *f);
/* Do head and operations stand behind `before`? */
bool frame_holds(const struct frame *f, const struct digest *before,
    struct bytes operations);
/* The next of `left`, which shrinks; ERR_CORRUPT if there is none whole. */
enum err operation_next(struct bytes *left, struct operation *out) MUST_USE;

#endif

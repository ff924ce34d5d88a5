// SPDX-License-Identifier: MIT
/*
 * Finds the end of a MessagePack message in a stream, building nothing.
 *
 * MessagePack-RPC has no length prefix, so the end is known only after
 * walking.  The scanner keeps a stack of at most MESSAGE_DEPTH remaining
 * counts and the bytes still to skip; it is fed as bytes arrive and looks at
 * each byte once (one byte a call costs the same in sum as all at once).  It
 * never allocates and never trusts an announced length further than the cap.
 */
#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

#include "common/bytes.h"
#include "common/err.h"

#define MESSAGE_DEPTH 16

struct message_scan {
	uint64_t skip;                /* payload bytes still to pass */
	uint64_t owed;                /* values announced and not yet begun */
	size_t seen;                  /* bytes of this message so far */
	uint32_t left[MESSAGE_DEPTH]; /* values left at each level */
	unsigned depth;               /* levels in use */
	uint8_t head[5];              /* a header cut by the end of input */
	uint8_t head_len;
	bool begun; /* a byte of this message was seen */
};

void message_begin(struct message_scan *s);

/*
 * Walks at most `len` bytes.  *used is how many belong to this message.
 * ERR_OK: the message ends at *used; begin anew for the next one.
 * ERR_BUSY: all were taken, more are needed.
 * ERR_TOO_LARGE: the message is, or announces to be, longer than `cap` bytes,
 * or is nested deeper than MESSAGE_DEPTH (arrays and maps count, empty ones
 * too; the outermost is 1).  ERR_INVALID: a reserved byte or an extension
 * type.  After either, the scanner is of no use until begun anew.
 */
enum err message_scan(struct message_scan *s, const uint8_t *data, size_t len,
    size_t cap, size_t *used) MUST_USE;

#endif

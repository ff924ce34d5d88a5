// SPDX-License-Identifier: MIT
/*
 * The first byte of a MessagePack value, as one table.
 *
 * message_scan, unpack_check and the readers all step by this table, so they
 * cannot disagree about where a value ends.  Inside common/ only.  A header
 * is the first byte and `more` bytes of big-endian length; the length (or
 * `fixed`, if more is 0) counts payload bytes, or items of an array, or pairs
 * of a map.  Extension types and the reserved byte are HEAD_BAD.
 */
#ifndef COMMON_HEAD_H
#define COMMON_HEAD_H

#include "common/bytes.h"

enum head_kind {
	HEAD_BAD,
	HEAD_NIL,
	HEAD_BOOL,
	HEAD_INT,  /* the payload is two's complement; none: the byte itself */
	HEAD_UINT, /* the payload is unsigned */
	HEAD_FLOAT,
	HEAD_TEXT,
	HEAD_BIN,
	HEAD_ARRAY, /* this and the next hold other values */
	HEAD_MAP,
};

struct head_form {
	uint8_t kind;
	uint8_t more;
	uint8_t fixed;
};

extern const struct head_form head_forms[256];

/* The length a whole header at `at` announces. */
static inline uint32_t head_length(const uint8_t *at, struct head_form form)
{
	switch (form.more) {
	case 0:
		return form.fixed;
	case 1:
		return at[1];
	case 2:
		return get_be16(at + 1);
	default:
		return get_be32(at + 1);
	}
}

#endif

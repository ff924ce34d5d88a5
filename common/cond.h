// SPDX-License-Identifier: MIT
/*
 * Condition trees: what `where` carries (docs/protocol.md).
 *
 * ["and", C...], ["or", C...], ["not", C], [OP, field, value].  The tree is
 * parsed into an arena; nothing is resolved here, field names are text and
 * values stay packed.  Depth and node count are bounded.
 */
#ifndef COMMON_COND_H
#define COMMON_COND_H

#include "common/arena.h"
#include "common/unpack.h"

enum cond_op {
	COND_AND,
	COND_OR,
	COND_NOT,
	COND_EQ,
	COND_NE,
	COND_LT,
	COND_LE,
	COND_GT,
	COND_GE,
	COND_IN,       /* value is an array */
	COND_PREFIX,   /* text starts with */
	COND_CONTAINS, /* text has inside */
	COND_HAS,      /* list has the item */
	COND_EMPTY,    /* no value */
	COND_OP_COUNT
};

#define COND_DEPTH 8
#define COND_NODES 256

struct cond {
	enum cond_op op;
	struct cond **items; /* AND, OR, NOT */
	uint32_t count;      /* of items */
	struct bytes field;  /* leaves */
	struct bytes value;  /* leaves: one packed value; none for EMPTY */
};

/* Consumes one value.  ERR_INVALID for a malformed tree (an unknown operator,
 * an operand that is a map or a float, or an array to any but IN; a wrong
 * number of elements), ERR_TOO_LARGE past the bounds. */
enum err cond_read(
    struct reader *r, struct arena *a, struct cond **out) MUST_USE;

/* The operator's wire word ("<="), static; and back, COND_OP_COUNT if none. */
const char *cond_word(enum cond_op op);
enum cond_op cond_parse_word(struct bytes word);

#endif

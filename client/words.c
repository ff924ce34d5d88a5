// SPDX-License-Identifier: MIT
/*
 * A small reader of gettext's .mo files; see words.h.
 *
 * The file: magic, revision, count, offset of the table of originals, offset
 * of the table of translations; each table row is (length, offset).  The
 * originals are sorted, texts end in NUL.  Every offset is checked against
 * the file's size before it is followed.
 */
#include "client/words.h"

#include <stdlib.h>

#include "client/catalogue.h"

#define MO_MAGIC 0x950412deu

static uint32_t get_le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/* Word `index` of the file, 0 past its end. */
static uint32_t word_at(struct bytes mo, size_t offset)
{
	if (mo.len < 4 || offset > mo.len - 4)
		return 0;
	return get_le32(mo.data + offset);
}

/* The NUL-terminated text that row `row` of a table names, or NULL. */
static const char *text_at(struct bytes mo, size_t table, uint32_t row)
{
	size_t at = table + (size_t)row * 8;
	size_t len = word_at(mo, at);
	size_t offset = word_at(mo, at + 4);

	if (!offset || offset >= mo.len || len >= mo.len - offset)
		return NULL;
	if (mo.data[offset + len] != 0)
		return NULL;
	return (const char *)mo.data + offset;
}

void words_use(struct words *w, struct bytes mo)
{
	w->catalogue = word_at(mo, 0) == MO_MAGIC ? mo : BYTES_NONE;
}

static const char *wish_of_environment(void)
{
	static const char *const names[] = { "KEHU_LANG", "LC_ALL",
		"LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return value;
	}
	return "en";
}

void words_init(struct words *w, const char *wish)
{
	if (!wish || !*wish)
		wish = wish_of_environment();
	w->catalogue = BYTES_NONE;
	w->chinese = !strncmp(wish, "zh", 2);
	if (w->chinese)
		words_use(w, catalogue_chinese());
}

const char *words_say(const struct words *w, const char *english)
{
	struct bytes mo = w->catalogue;
	uint32_t low = 0;
	uint32_t high = word_at(mo, 8);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *key = text_at(mo, word_at(mo, 12), middle);
		if (!key)
			return english;
		int order = strcmp(english, key);
		if (order < 0) {
			high = middle;
		} else if (order > 0) {
			low = middle + 1;
		} else {
			const char *say = text_at(mo, word_at(mo, 16), middle);
			return say && *say && *english ? say : english;
		}
	}
	return english;
}

struct bytes words_label(
    const struct words *w, struct bytes zh, struct bytes en)
{
	struct bytes first = w->chinese ? zh : en;

	return first.len ? first : (w->chinese ? en : zh);
}

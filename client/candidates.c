// SPDX-License-Identifier: MIT
/*
 * Choosing among candidates; see candidates.h.
 */
#include "client/candidates.h"

#include <stdio.h>

#include "client/screen.h"
#include "client/suggest.h"

void candidates_begin(struct candidates *c, struct arena *a, const char *typed)
{
	*c = (struct candidates){ .arena = a, .typed = typed };
}

void candidates_behind(struct candidates *c, const char *marks)
{
	for (const char *at = c->typed + c->at; (at = strpbrk(at, marks)); at++)
		c->at = (size_t)(at - c->typed) + 1;
}

void candidates_add(struct candidates *c, struct candidate one)
{
	struct candidate *place =
	    keep_more(c->arena, &c->all, &c->count, &c->room, sizeof(*place));

	*place = one;
}

void candidates_word(struct candidates *c, struct bytes word, const char *about)
{
	candidates_add(
	    c, (struct candidate){ .word = word, .about = bytes_text(about) });
}

/* Whether a shell takes it as it is; what is not ASCII it does. */
static bool is_plain(struct bytes word)
{
	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.data[i];
		bool is_letter = (c | 32) >= 'a' && (c | 32) <= 'z';

		if (!is_letter && !(c >= '0' && c <= '9') && c < 0x80 &&
		    !strchr("_-./,:@%+", c))
			return false;
	}
	return word.len > 0;
}

static bool put(
    const struct candidates *c, struct bytes word, const struct candidate *one)
{
	struct bytes about = screen_clean(c->arena, one->about, false);
	struct bytes clean = screen_clean(c->arena, word, false);

	if (!is_plain(word) || !bytes_equal(clean, word))
		return false;
	printf("%.*s%.*s%s", (int)c->at, c->typed, (int)word.len,
	    (const char *)word.data, one->suffix ? one->suffix : "");
	if (about.len)
		printf("\t%.*s", (int)about.len, (const char *)about.data);
	putchar('\n');
	return true;
}

void candidates_print(const struct candidates *c)
{
	const struct candidate *all = c->all;
	struct bytes start = bytes_text(c->typed + c->at);
	bool found = false;

	for (size_t i = 0; i < c->count; i++) {
		if (bytes_starts(all[i].word, start))
			found |= put(c, all[i].word, &all[i]);
		if (start.len && bytes_starts(all[i].label, start))
			found |= put(c, all[i].label, &all[i]);
	}
	for (size_t i = 0; i < c->count && !found; i++)
		if (suggest_is_pinyin(start, all[i].initials))
			put(c, all[i].label, &all[i]);
	if (c->files)
		puts(CANDIDATES_FILES);
}

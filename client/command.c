// SPDX-License-Identifier: MIT
/*
 * Rows by noun and verb; see command.h.
 */
#include "client/command.h"

bool command_has_noun(const struct command *rows, const char *noun)
{
	for (; rows->noun; rows++)
		if (*noun && !strcmp(rows->noun, noun))
			return true;
	return false;
}

bool command_has_verb(const struct command *rows, const char *verb)
{
	for (; rows->noun; rows++)
		if (*rows->noun && !strcmp(rows->verb, verb))
			return true;
	return false;
}

const struct command *command_find(
    const struct command *rows, const char *noun, const char *verb)
{
	const struct command *of_entity = NULL;

	for (; rows->noun; rows++) {
		if (strcmp(rows->verb, verb) != 0)
			continue;
		if (!strcmp(rows->noun, noun))
			return rows;
		if (!*rows->noun)
			of_entity = rows;
	}
	return of_entity;
}

bool command_fits(const struct command *row, const char *noun)
{
	size_t len = strlen(noun);

	if (*row->noun || !row->method)
		return true;
	return !strncmp(row->method, noun, len) && row->method[len] == '.';
}

const char *command_noun(struct arena *a, const struct command *row)
{
	if (*row->noun)
		return row->noun;
	if (!row->method)
		return "ENTITY";
	return keep_format(
	    a, "%.*s", (int)strcspn(row->method, "."), row->method);
}

/* The next word of a usage, without the brackets around it. */
static struct bytes usage_word(const char **at)
{
	*at += strspn(*at, " []");
	size_t len = strcspn(*at, " []");
	struct bytes word = bytes_of(*at, len);

	*at += len;
	return word;
}

struct bytes command_word(const struct command *row, unsigned at)
{
	const char *usage = row->usage;
	struct bytes last = BYTES_NONE;
	struct bytes word;
	unsigned count = 0;

	while ((word = usage_word(&usage)).len) {
		if (bytes_is(word, "..."))
			return last;
		if (bytes_starts(word, bytes_text("--")))
			break;
		if (bytes_is(word, "|")) {
			(void)usage_word(&usage);
			continue;
		}
		if (count++ == at)
			return word;
		last = word;
	}
	return BYTES_NONE;
}

// SPDX-License-Identifier: MIT
/*
 * Sets of roles; see effective.h.
 */
#include "server/access/effective.h"

enum err effective_decide(struct directory *d, const struct account *who,
    uint64_t within, struct effective *out)
{
	out->roles = who->role_set & within;
	return directory_view(d, out->roles, &out->view);
}

char *effective_words(
    const struct directory *d, uint64_t roles, struct arena *a)
{
	size_t count = directory_role_count(d), len = 0;
	char *text, *at;

	for (size_t i = 0; i < count; i++)
		if (roles >> i & 1)
			len += strlen(directory_role_at(d, i)->key) + 1;
	text = at = arena_alloc(a, len + 1);
	for (size_t i = 0; text && i < count; i++) {
		if (!(roles >> i & 1))
			continue;
		if (at > text)
			*at++ = ' ';
		at = stpcpy(at, directory_role_at(d, i)->key);
	}
	return text;
}

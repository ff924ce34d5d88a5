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
	char *text = arena_format(a, "%s", "");

	for (size_t i = 0; text && i < directory_role_count(d); i++) {
		if (!(roles >> i & 1))
			continue;
		text = arena_format(a, "%s%s%s", text, *text ? " " : "",
		    directory_role_at(d, i)->key);
	}
	return text;
}

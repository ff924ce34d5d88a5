// SPDX-License-Identifier: MIT
/*
 * Sets of roles; see effective.h.
 */
#include "server/access/effective.h"

enum err effective_decide(struct directory *d, const struct account *who,
    uint64_t within, struct effective *out)
{
	out->glass = NULL;
	out->roles = who->role_set & within;
	out->bound = who->role_set;
	return directory_view_bound(d, out->roles, out->bound, &out->view);
}

enum err effective_break_glass(struct directory *d, const struct account *who,
    int64_t now_ms, struct effective *to)
{
	const struct glasses *all = directory_glasses(d);

	for (size_t i = 0; i < all->count; i++) {
		const struct glass *g = &all->of[i];

		if (g->account != who->id || !glass_runs(g, now_ms))
			continue;
		to->roles |= directory_role_bit(d, bytes_text(g->role));
		to->glass = g;
	}
	to->bound |= to->roles;
	return to->glass
		   ? directory_view_bound(d, to->roles, to->bound, &to->view)
		   : ERR_OK;
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

// SPDX-License-Identifier: MIT
/*
 * "Did you mean": near misses of commands, flags, fields, values.
 *
 * Distances are of Damerau and Levenshtein over code points; a candidate that
 * the word begins, or stands in, counts as near.  Candidates come from the
 * command table and the caller's own schema, so a hidden field is never
 * suggested.  At most three, and nothing is ever run by guess.
 */
#ifndef CLIENT_SUGGEST_H
#define CLIENT_SUGGEST_H

#include "client/schema.h"

#define SUGGEST_MOST 3

/* Insertions, deletions, replacements, swaps of neighbours. */
unsigned suggest_distance(struct bytes a, struct bytes b);

struct suggestions {
	struct bytes word;
	struct bytes found[SUGGEST_MOST]; /* nearest first */
	unsigned distance[SUGGEST_MOST];
	unsigned count;
};

void suggest_begin(struct suggestions *s, struct bytes word);
/* Whether the word is one of these readings' initials ("dj dx"), or spells
 * syllables that begin with them, or with the last of them. */
bool suggest_is_pinyin(struct bytes word, struct bytes initials);

/* `name` is compared, `show` is what would be printed. */
void suggest_offer(struct suggestions *s, struct bytes name, struct bytes show);
/* Likewise a label, by what its pinyin begins with. */
void suggest_offer_pinyin(
    struct suggestions *s, struct bytes initials, struct bytes show);
/* One line to standard error, or nothing. */
void suggest_print(struct app *app, const struct suggestions *s);

void suggest_field(struct app *app, const struct entity *e, struct bytes word);
/* Among these names, the last NULL; false if none is near. */
bool suggest_among(
    struct app *app, const char *const *names, struct bytes word);
/* One line of them all. */
void suggest_all(struct app *app, const char *const *names);
/* Among what may be chosen for the field. */
void suggest_choice(struct app *app, const struct field *f, struct bytes word);
/* Among the entities that this user may know of. */
void suggest_entity(struct app *app, struct bytes word);

#endif

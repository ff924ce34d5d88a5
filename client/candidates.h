// SPDX-License-Identifier: MIT
/*
 * Candidates for the word that is being typed: gathered, then printed by what
 * of it stands there, each line the whole word, a tab and what it means.
 *
 * A candidate fits by its word, by its label (行业), and where nothing does by
 * the label's pinyin (hangye, hy).  Words and labels come from the server, so
 * only those that a shell takes as they are go out.
 */
#ifndef CLIENT_CANDIDATES_H
#define CLIENT_CANDIDATES_H

#include "client/keep.h"

/* A line that asks the shell for names of files. */
#define CANDIDATES_FILES ":files"

struct candidate {
	struct bytes word, label, initials;
	struct bytes about;
	const char *suffix; /* behind it, no space after: "="; or NULL */
};

struct candidates {
	struct arena *arena;
	const char *typed; /* up to the cursor */
	size_t at;         /* where in it the piece begins that is completed */
	void *all;
	size_t count, room;
	bool files;
};

void candidates_begin(struct candidates *c, struct arena *a, const char *typed);
/* What was typed up to the last of `marks` stays as it is. */
void candidates_behind(struct candidates *c, const char *marks);
void candidates_add(struct candidates *c, struct candidate one);
/* A word without a label. */
void candidates_word(
    struct candidates *c, struct bytes word, const char *about);
void candidates_print(const struct candidates *c);

#endif

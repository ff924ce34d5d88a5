// SPDX-License-Identifier: MIT
/*
 * Who entered what, and how well: counted from the log and the history.
 *
 * The log says between two moments which records were written and which
 * requests were refused; the histories of those records say who set what and
 * whose values were replaced.  Records out of the caller's range and fields
 * that he may not read in clear count nothing, so a count tells no more than
 * he could count himself in histories and log.
 *
 * A value is corrected when somebody else replaces it by another one.  What
 * moves by itself is no mistake: states (`moves`), what the server sets, and
 * what a rule replaced.
 */
#ifndef SERVER_DATA_DEEDS_H
#define SERVER_DATA_DEEDS_H

#include "server/data/desk.h"
#include "server/data/lookup.h"

enum deed {
	DEED_MADE,      /* records */
	DEED_CHANGED,   /* fields of records that there were */
	DEED_INVALID,   /* requests refused: the values were wrong */
	DEED_DENIED,    /* requests refused: not his to enter */
	DEED_CORRECTED, /* fields that another person replaced later */
	DEEDS
};
const char *deed_word(enum deed d); /* "records", ... */

struct doer {
	uint64_t user;
	const char *login;
	uint64_t of[DEEDS];
};

struct deeds {
	struct desk *desk; /* a worker's */
	const struct caller *who;
	struct arena *arena;
	int64_t from_ms, to_ms; /* the second is not within */
	uint64_t branch;        /* refusals of it alone; 0: of all */
	struct doer *doers;
	size_t count, room;
	struct lookup by_user; /* place in doers + 1 */
};

/* However much was written in that time: it takes longer. */
enum err deeds_count(struct deeds *d) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * Records that may be the same one, each with a score and its reasons.
 *
 * What speaks for it are the fields that the schema gives a `likeness`: names
 * by their characters, numbers and addresses to write to by their keyed
 * digests, so that no sealed value is opened for it.  Candidates come from
 * the indexes, at most some dozen a value: the whole book is one walk and no
 * square of it.  What says nothing because half the book has it, such as
 * 上海 in a name, is passed over as a way to candidates and still counts when
 * two records are compared.
 *
 * A record that the caller may not know of is no candidate, and a field that
 * he may not compare in either of the two is no reason: an answer is the same
 * whatever lies out of his sight.
 */
#ifndef SERVER_BOOK_DUPLICATES_H
#define SERVER_BOOK_DUPLICATES_H

#include "server/book/likeness.h"
#include "server/data/record.h"

#define DUPLICATES_EACH 10   /* of one record at most, the likeliest */
#define DUPLICATES_PAGE 5000 /* records looked at a call */

struct duplicates {
	struct desk *desk;
	const struct caller *who;
	const struct view_entity *entity;
	unsigned least; /* score */
	bool only_set;  /* only what the change at hand sets is asked for */
	/* Of a walk: */
	bool without_sealed;
	uint64_t below;  /* ids from there on come later; 0: all are asked */
	uint64_t *often; /* OFTEN_SLOTS pairs of characters that too many names
			  * have, as met so far; NULL: not kept */
};
#define OFTEN_SLOTS 16384

/* Two of them; `older` is opened, and gone when the call is over. */
typedef enum err (*duplicate_fn)(void *ctx, struct record *r,
    struct record *older, const struct likeness *l);

/* Of one open record whose relations were asked, most like first.  Sealed
 * values are look-ups and counted as such.  ERR_ELSEWHERE on a loop when it
 * takes long; ERR_DENIED when the caller's quota is used up. */
enum err duplicates_of(const struct duplicates *d, struct record *r,
    duplicate_fn call, void *ctx) MUST_USE;

/* --- the whole book: duplicates_walk.c -----------------------------------*/

struct duplicates_page {
	uint64_t after;     /* record behind which to go on; 0: the start, the
			     * end */
	unsigned looked_at; /* records that the caller may know of */
};

/* The next DUPLICATES_PAGE records of the caller's scope, each pair once.  A
 * worker's.  Whoever has a bound on look-ups is told by what is not sealed. */
enum err duplicates_walk(struct duplicates d, struct duplicates_page *p,
    duplicate_fn call, void *ctx) MUST_USE;
/* How many records that walk looks at. */
enum err duplicates_total(struct duplicates d, uint64_t *total) MUST_USE;

#endif

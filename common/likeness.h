// SPDX-License-Identifier: MIT
/*
 * How likely two records are one, added up from what speaks for it.
 *
 * For the server, which holds records against those that it keeps, and for an
 * import, which holds the rows of one file against each other.  What agrees,
 * and how much that says, is the server's to tell.
 */
#ifndef COMMON_LIKENESS_H
#define COMMON_LIKENESS_H

#include "common/bytes.h"

#define LIKENESS_LEAST                                                         \
	60 /* score that is told, unless another is asked for                  \
	    */
#define LIKENESS_PARTS 16

/*
 * Parts that agree are taken as witnesses who know nothing of each other:
 * each leaves its share of doubt, and the doubts multiply.  Two values of
 * which there can be only one each, and which differ, halve the rest.
 */
struct likeness {
	unsigned doubt; /* of 1,000,000 */
	bool differs;
	const char *parts[LIKENESS_PARTS]; /* keys of fields that agree */
	unsigned count;
};

void likeness_begin(struct likeness *l);
/* `weight` in percent is what the part says if it is wholly like. */
void likeness_add(
    struct likeness *l, const char *part, unsigned weight, unsigned like);
unsigned likeness_score(const struct likeness *l); /* 0..100 */

#endif

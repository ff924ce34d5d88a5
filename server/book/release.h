// SPDX-License-Identifier: MIT
/*
 * A release: for some days a customer's orders pass although he is on hold,
 * late or past his limit.
 *
 * It is two fields of the customer that nobody sets by hand: the last day on
 * which it holds, and, if it is for an amount, how far the exposure may rise.
 * Both are in his history, with the reason.  A hold that is set anew ends it
 * (credit.c).  That two persons are wanted for it is server/rpc/second.h's.
 */
#ifndef SERVER_BOOK_RELEASE_H
#define SERVER_BOOK_RELEASE_H

#include "server/data/work.h"

#define RELEASE_USUAL 7  /* days, today not counted */
#define RELEASE_MOST  31 /* likewise */

struct release {
	int32_t until;
	bool has_amount;
	struct decimal amount; /* of new orders */
};

/* Into the work, in which the customer is. */
enum err release_grant(
    struct work *w, struct record *customer, const struct release *r) MUST_USE;

#endif

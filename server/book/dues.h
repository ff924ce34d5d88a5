// SPDX-License-Identifier: MIT
/*
 * A customer's account: each addend of what he owes, as a line.
 *
 * The lines are the children that the schema's exposure sums up: orders that
 * count on one side, payments and returns on the other.  Their sum is the
 * exposure, always.
 *
 * What a payment pays: the order that it names, as far as that is open; what
 * is left, and what names none, the oldest open orders, by their date, then by
 * their number.  What still is left is in his favour.
 */
#ifndef SERVER_BOOK_DUES_H
#define SERVER_BOOK_DUES_H

#include "server/data/children.h"

struct due {
	const struct derive_part *part;
	uint64_t id;
	int32_t date, day; /* its own, and until when it is to be paid */
	uint64_t names;    /* of a payment: the order; 0 */
	struct bytes number, names_number;
	struct decimal amount; /* of an order positive, else negative */
	struct decimal open;   /* what is left of it; after dues_settle() */
};

struct dues {
	struct desk *desk;
	struct record *customer;
	const struct credit *credit;
	int64_t days; /* an order is due so long after its date */
	struct due *list;
	size_t count, room;
	bool is_since;
	int32_t since;         /* the first day that is gathered */
	struct decimal before; /* the sum of those that are not */
	struct arena arena;    /* of the numbers */
};

/* All lines in the order of their dates; release also after an error.
 * ERR_ELSEWHERE on a loop that would look too long, ERR_TOO_LARGE. */
enum err dues_gather(
    struct dues *d, struct desk *desk, struct record *customer) MUST_USE;
/* Where the schema keeps them in that order, those of a day and after alone,
 * and what all before them add up to is in `before`: they end in the exposure.
 */
enum err dues_gather_since(struct dues *d, struct desk *desk,
    struct record *customer, int32_t day) MUST_USE;
void dues_release(struct dues *d);

/* Lines up to and with day `at` alone: what pays what. */
enum err dues_settle(struct dues *d, int32_t at) MUST_USE;

static inline bool due_is_order(const struct due *l)
{
	return l->part->sign > 0;
}

#endif

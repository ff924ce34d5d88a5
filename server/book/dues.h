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
 *
 * Where the schema keeps what is needed (struct credit: is_kept), the account
 * of a customer of many years is known from any day on by that day's lines:
 * what came before is in the figures of his ledger row.  Else all of them are
 * gathered, with the same answers.
 *
 *   dues.c         one line, all lines
 *   dues_days.c    the lines day by day, from one on
 *   dues_before.c  what all lines before a day add up to
 *   dues_open.c    what pays what
 */
#ifndef SERVER_BOOK_DUES_H
#define SERVER_BOOK_DUES_H

#include "server/data/alias.h"
#include "server/data/children.h"

struct due {
	const struct derive_part *part;
	uint64_t id;
	int32_t date, day; /* its own, and until when it is to be paid */
	uint64_t names;    /* of a payment: the order; 0 */
	struct bytes number, names_number;
	struct decimal amount; /* of an order positive, else negative */
	struct decimal open;   /* what is left of it; after dues_open() */
};

struct dues {
	struct desk *desk;
	struct record *customer;
	const struct credit *credit;
	int64_t days;     /* an order is due so long after its date */
	struct due *list; /* in order: see dues_compare() */
	size_t count, room;
	bool is_whole;                /* the list has all that there are */
	const struct ledger *figures; /* unless it has */
	struct alias_set owners;      /* likewise: himself and his merged */
	struct decimal unallocated;   /* after dues_open() */
	unsigned looked_at;
	struct arena arena; /* of the numbers */
};

/* As it is stored, whatever a work is making.  Release also after an error.
 * Here and below ERR_ELSEWHERE on a loop that would look too long. */
enum err dues_begin(
    struct dues *d, struct desk *desk, struct record *customer) MUST_USE;
void dues_release(struct dues *d);

/* All lines that there are.  ERR_TOO_LARGE past 200,000. */
enum err dues_gather(struct dues *d) MUST_USE;

/* What all lines before that day add up to, on either side. */
struct sides {
	struct decimal debit, credit;
};
enum err dues_before(struct dues *d, int32_t day, struct sides *out) MUST_USE;

/* Fills the list from that day on with whole days, until it has more than
 * `most` lines behind `place` or all of them. */
enum err dues_fill(
    struct dues *d, int32_t day, const struct due *place, size_t most) MUST_USE;

/* The list becomes the orders that are open as paid up to and with day `at`,
 * those that are worth less than the smallest coin among them. */
enum err dues_open(struct dues *d, int32_t at) MUST_USE;

/* By date; a day's orders before what pays them; by number. */
int dues_compare(const void *a, const void *b);

static inline bool due_is_order(const struct due *l)
{
	return l->part->sign > 0;
}

/* --- between them --------------------------------------------------------*/

/* The child as a line at the end of the list, if it counts as this part. */
enum err dues_take(
    struct dues *d, unsigned part, struct record *child) MUST_USE;
void dues_sort(struct dues *d, size_t first);

#endif

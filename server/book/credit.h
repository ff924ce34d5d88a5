// SPDX-License-Identifier: MIT
/*
 * The credit rule: what each order must pass, whatever path it came by.
 *
 * It is the desk's guard (server/data/desk.h), so nothing that changes
 * records can leave it out.  An item that makes a customer promise more, an
 * order that begins to count or a counting one that grows, is refused while
 * he is on hold, overdue or frozen, or when what he owes would pass his limit.
 * A draft counts for nothing and is always welcome; payments and returns are
 * facts and never refused.  The answer is the same whatever the cause, and
 * says no figure: see docs/security.md.
 */
#ifndef SERVER_BOOK_CREDIT_H
#define SERVER_BOOK_CREDIT_H

#include "server/data/totals.h"

enum err credit_guard(
    struct work *w, struct item *it, const struct moved *m) MUST_USE;

/* The work is stored: what its promises were counted as, no trial, is taken
 * off.  After a refusal each answer says something, and stays counted. */
void credit_keep(const struct work *w);

/* How a customer stands, and those merged into him with him. */
struct standing {
	struct decimal exposure, limit, up_to;
	bool has_limit, is_held, is_released;
	bool has_up_to; /* of the release; without it it is bounded by time */
};
/* Of his figures, united (record.h, work.h).  Opens what the rule weighs and
 * shows it to nobody. */
enum err credit_standing(struct desk *d, struct record *customer,
    const struct ledger *figures, int32_t today, struct standing *out) MUST_USE;
/* Is he on hold, or past what he may owe?  A release lifts what stands, as
 * far as it reaches. */
bool credit_is_stopped(const struct standing *s);
/* Is an order of his open more days past due than the company bears?  Of what
 * is stored; takes a walk over all that he ordered and paid. */
enum err credit_is_late(struct desk *d, struct record *customer, int32_t today,
    bool *late) MUST_USE;

#endif

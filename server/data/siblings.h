// SPDX-License-Identifier: MIT
/*
 * Fields whose value hangs on the parent's other children.
 *
 * One that at most one of them may have set, the primary contact: the first
 * child has it by itself; giving it to another takes it from the one who had
 * it, in the same plan.  One that counts them, the line of an order.
 */
#ifndef SERVER_DATA_SIBLINGS_H
#define SERVER_DATA_SIBLINGS_H

#include "server/data/work.h"

enum err siblings_settle(struct work *w, struct record *r) MUST_USE;

/* Of a counted field one more than the highest that there ever was, as text
 * to be accepted; none for a record without parent. */
enum err siblings_next(struct work *w, struct record *r, const struct field *f,
    struct bytes *next) MUST_USE;
/* The parent remembers what the record has in such a field. */
enum err siblings_count(struct work *w, struct record *r) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * Derived values: products in the record, sums and latest dates in the ledger
 * rows of whatever it belongs to.
 *
 * Sums move by differences, in the same plan as what caused them, and pass
 * upwards: a line changes its order's amount, and that the customer's
 * receivable.  Exact decimals throughout.
 */
#ifndef SERVER_DATA_TOTALS_H
#define SERVER_DATA_TOTALS_H

#include "server/data/work.h"

/* Products and initials, after the values are in. */
enum err derive_values(struct work *w, struct record *r) MUST_USE;

/* The ledgers of those whom a record belongs to, as they were before its
 * totals moved: its parent's, that one's parent's and so on. */
#define TOTALS_ABOVE 4
struct moved {
	const struct cell *before; /* of the record itself; NULL: it is new */
	struct {
		struct record *record;
		struct ledger was;
	} above[TOTALS_ABOVE];
	unsigned count;
};
enum err totals_keep(struct work *w, struct record *r,
    const struct cell *before, struct moved *out) MUST_USE;
void totals_put_back(const struct moved *m);
/* Does the record, with these cells, count for that addend? */
bool totals_count(struct desk *d, struct record *r, const struct cell *cells,
    const struct derive_part *part);

/* What the change of `r` from cells `before` to now does to the ledgers of
 * the records that it belongs (or belonged) to. */
enum err derive_totals(
    struct work *w, struct record *r, const struct cell *before) MUST_USE;

#endif

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

/* What the change of `r` from cells `before` to now does to the ledgers of
 * the records that it belongs (or belonged) to. */
enum err derive_totals(
    struct work *w, struct record *r, const struct cell *before) MUST_USE;

#endif

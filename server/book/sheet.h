// SPDX-License-Identifier: MIT
/*
 * Cells of a report's answer: amounts, shares, averages.  Exact until here,
 * rounded once, half away from zero.
 */
#ifndef SERVER_BOOK_SHEET_H
#define SERVER_BOOK_SHEET_H

#include "common/buf.h"
#include "common/decimal.h"

#define SHEET_PLACES 2 /* of amounts */

void sheet_amount(struct buf *out, const char *key, const struct decimal *v);
void sheet_count(struct buf *out, const char *key, const struct decimal *v);
/* part / whole to `places`; 0 of nothing.  Their difference in scale must be
 * small: amounts, counts. */
void sheet_ratio(struct buf *out, const char *key, const struct decimal *part,
    const struct decimal *whole, unsigned places);
/* Of the whole, to four places. */
void sheet_share(struct buf *out, const char *key, const struct decimal *part,
    const struct decimal *whole);

#endif

// SPDX-License-Identifier: MIT
/*
 * What was sold, returned and ordered, gathered into groups.
 *
 * The figures are the schema's (`figures:` of the customer): each says which
 * children count, when, and by which date.  Over whole months they are read
 * from the customers' ledger rows; between any two days, and by product, the
 * children themselves are walked.  Both give the same.
 *
 *   sales.c         what is asked, and whether the caller may
 *   sales_walk.c    the two walks
 *   report_*.c      the answers: sales, abc, rfm, retention
 */
#ifndef SERVER_BOOK_SALES_H
#define SERVER_BOOK_SALES_H

#include "server/book/dims.h"
#include "server/book/params.h"

enum measure { MEASURE_SALES, MEASURE_ORDERS, MEASURE_RETURNS, MEASURES };

struct sales {
	struct report_run *run;
	const struct entity *customer;
	const struct field *figures[MEASURES];
	const struct entity *product; /* NULL: the figures know of none */
	struct dims dims;
	struct span span;
	bool by_ledger;             /* whole months: no child is looked at */
	const struct field *newest; /* by ledger: the day of the last order,
				       wanted in `newest`; else NULL */
	struct groups groups;
};

/* Figures, scope, dims and each field they look at.  By `group`, else (NULL)
 * by the parameter's. */
enum err sales_resolve(
    struct report_run *r, const char *group, struct sales *out) MUST_USE;
/* The days, once the rest is resolved. */
enum err sales_span(struct sales *s) MUST_USE;
/* Which product: a reference of the part's child, or of the rows that its
 * amount is the sum of (the lines of an order); NULL if neither has one. */
const struct field *sales_product(const struct derive_part *part);

/* Fills the groups, which were initialised. */
enum err sales_walk(struct sales *s) MUST_USE;

/* Sales less returns. */
enum err sales_net(const struct sums *s, struct decimal *net) MUST_USE;
/* All groups in one. */
enum err sales_total(const struct sales *s, struct sums *total) MUST_USE;

#endif

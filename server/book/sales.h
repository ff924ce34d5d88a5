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
 *   report_sales.c  the answer
 */
#ifndef SERVER_BOOK_SALES_H
#define SERVER_BOOK_SALES_H

#include "server/book/groups.h"
#include "server/book/report.h"

enum measure { MEASURE_SALES, MEASURE_ORDERS, MEASURE_RETURNS, MEASURES };

enum by { BY_CUSTOMER, BY_PRODUCT, BY_BRANCH, BY_OWNER, BY_MONTH, BY_COUNT };

struct sales {
	struct report_run *run;
	const struct view_entity *customers;
	const struct entity *customer;
	const struct field *figures[MEASURES];
	unsigned range; /* relations that its rows stand in */
	enum by by;
	int32_t from, to;     /* days, both included */
	bool is_whole_months; /* `from` and `to` are a month's ends */
	unsigned limit;
	struct groups groups; /* keys: ids; months as figures.h has them */
};

/* The parameters, and the right to each field that the figures look at. */
enum err sales_resolve(struct report_run *r, struct sales *out) MUST_USE;
/* The word of a group, as in `group`. */
const char *sales_word(enum by by);
/* Which product: a reference of the part's child, or of the rows that its
 * amount is the sum of (the lines of an order); NULL if neither has one. */
const struct field *sales_product(const struct derive_part *part);

/* Fills the groups. */
enum err sales_walk(struct sales *s) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * What lies in the two books: alike where the reader may know it, else not.
 *
 * Records of every entity stand in every spot (the reader's own, nobody's,
 * a colleague's, another branch's).  The reader's compiled view says of each
 * field in each spot whether both books get one value, two with one mask, or
 * two that have nothing in common.  Where nothing tells the reader of them,
 * one book has records and changes that the other has not.
 */
#ifndef SERVER_SELFTEST_STOCK_H
#define SERVER_SELFTEST_STOCK_H

#include "server/selftest/dice.h"
#include "server/selftest/fate.h"
#include "server/selftest/pair.h"

#define STOCK_MOST   512
#define STOCK_NUMBER 64

struct stocked {
	const struct entity *entity;
	enum spot spot;
	unsigned serial; /* made values: 2 * serial, 2 * serial + 1 */
	char id[20];     /* the same in both books; "": in one alone */
	char number[STOCK_NUMBER];
};

struct stock {
	const struct schema *schema; /* borrowed; not the twins' own */
	struct pair *pair;
	struct dice dice;
	struct stocked items[STOCK_MOST];
	unsigned count;
	unsigned serial; /* the next record's */
	struct fates fates;
	unsigned differing; /* values that are not shared */
};

/* Branches, accounts with `role`, records.  The pair is new. */
enum err stock_fill(struct stock *s, const struct schema *schema,
    struct pair *pair, const char *role, uint64_t seed) MUST_USE;
/* Changes something that the reader may not know of. */
enum err stock_stir(struct stock *s) MUST_USE;

/* The passwords of the accounts `reader` and `spare`. */
#define STOCK_PASSWORD "correct horse battery"

#endif

// SPDX-License-Identifier: MIT
/*
 * The rules of the pool: who may take whom out of it, who falls back into it.
 *
 * Who has no owner lies in his branch's pool (access/right.h).  The section
 * `pool` of the rules of business bounds those who claim, and says after how
 * many idle days an owner loses his customer.  Limits and returns are lists:
 * of each the first that fits decides.  Whoever no limit fits claims nobody;
 * whom no return fits stays where he is.  Evaluated by server/book/pool.h.
 */
#ifndef SERVER_SCHEMA_BOOK_POOL_H
#define SERVER_SCHEMA_BOOK_POOL_H

#include "server/schema/schema.h"

#define POOL_ROWS   20 /* most limits, and most returns */
#define POOL_ACTIVE 8
#define POOL_DAYS   3660
#define POOL_CLAIMS 10000
#define POOL_NONE   UINT16_MAX /* no bound; of a return: never */

struct pool_limit {
	const char *key;
	struct label label;
	const char *const *roles; /* any of them */
	unsigned role_count;      /* 0: for everybody */
	uint16_t a_day;           /* claims */
	uint16_t owned;           /* at once, the one that is claimed too */
	uint16_t again; /* days until who had him may claim him again */
};

struct pool_return {
	const char *key;
	struct label label;
	struct cond *when; /* NULL: always; names resolve in rules->seen */
	uint16_t days;     /* idle; POOL_NONE: he stays */
	uint16_t warn;     /* days before, on the owner's list */
	bool is_off;
};

struct book_pool {
	const struct pool_limit *limits;
	unsigned limit_count;
	const struct pool_return *returns;
	unsigned return_count;
	/* The latest of these is when something last happened. */
	const struct field *const *active;
	unsigned active_count;
	int32_t zone_ms; /* of the day on which an instant of them was */
};

#endif

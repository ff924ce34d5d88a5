// SPDX-License-Identifier: MIT
/*
 * A customer as rules see him: the values of his record, and the metrics made
 * of his ledger row.
 */
#ifndef SERVER_BOOK_METRICS_H
#define SERVER_BOOK_METRICS_H

#include "server/data/ledger.h"
#include "server/schema/book_rules.h"
#include "server/schema/value.h"

struct facts {
	const struct book_rules *rules;
	struct desk *desk;
	struct record *record; /* open */
	struct ledger *ledger;
	int32_t today;
	struct arena *arena;
};

/* For conditions over rules->seen; borrows `f`. */
struct value_source facts_source(struct facts *f);

/* Packed; BYTES_NONE where there is nothing to tell. */
struct bytes metric_value(struct facts *f, const struct metric *m);

#endif

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

/* Where the classes and bins of the whole book begin: cuts.h. */
struct cuts {
	uint32_t version; /* of the rules; 0: there was no run */
	int64_t at_ms;
	struct {
		/* From the best on: the class or bin begins here; none where
		 * nobody is in it or a better one. */
		struct decimal least[METRIC_CUTS];
		bool has[METRIC_CUTS];
		unsigned count;
	} of[BOOK_METRICS]; /* by metric */
};

struct facts {
	const struct book_rules *rules;
	const struct cuts *cuts;     /* NULL: none is in a class or bin */
	struct record *record;       /* open, where its own values are asked */
	const struct ledger *ledger; /* united; its own is the record's */
	int32_t today;
	struct arena *arena;
	bool asked[BOOK_METRICS]; /* each is reckoned once a record */
	struct bytes told[BOOK_METRICS];
	struct bytes weighed[BOOK_WEIGHS]; /* by facts_weigh() */
};

/* To the next record. */
void facts_turn(struct facts *f, struct record *r, struct arena *a);

/* Opens what the rules weigh of the record; without it that is empty. */
enum err facts_weigh(struct facts *f, struct desk *d) MUST_USE;

/* For conditions over rules->seen; borrows `f`. */
struct value_source facts_source(struct facts *f);

/* False where there is nothing to tell. */
bool metric_reckon(
    struct facts *f, const struct metric *m, struct decimal *out);
/* What a bin is made by: more is better.  False: in no bin. */
bool metric_binned(
    struct facts *f, const struct metric *m, struct decimal *out);

#endif

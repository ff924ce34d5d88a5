// SPDX-License-Identifier: MIT
/*
 * The company's own rules of business: what a customer is by his figures.
 *
 * A rule gives a field of one entity a value while a condition holds: of the
 * rules for one field the first that holds decides.  A condition looks at the
 * record's own fields and at metrics, which are made of the figures in its
 * ledger row.  They stand in the schema document under `rules:`, are compiled
 * with it, and counted by a version of their own (rule.apply).
 *
 * What holds for a whole record (required, refused) is no rule of this kind:
 * see rules.c.  Evaluated by server/book.
 */
#ifndef SERVER_SCHEMA_BOOK_RULES_H
#define SERVER_SCHEMA_BOOK_RULES_H

#include "server/schema/schema.h"

#define BOOK_RULES   200 /* most */
#define BOOK_METRICS 32
#define METRIC_PARTS 4

enum metric_kind {
	METRIC_SUM,    /* of figures over the window */
	METRIC_ACTIVE, /* months of the window in which the sum is no zero */
	METRIC_SPREAD, /* standard deviation of its months in per cent of their
			* mean, whole; none when the mean is not above zero */
	METRIC_DAYS    /* since the date in `since`; none without one */
};

struct metric {
	enum metric_kind kind;
	const struct field *as; /* how a condition sees it: a decimal */
	struct {
		const struct field *figure;
		int sign;
	} parts[METRIC_PARTS];
	unsigned part_count;
	uint16_t months; /* this month and those before it; 0: all */
	const struct field *since;
};

struct book_rule {
	const char *key;
	struct label label;
	const struct field *target;
	struct bytes value; /* packed, normal form; of a list one item */
	struct cond *when;  /* NULL: always; names resolve in `seen` */
};

struct book_rules {
	uint32_t version;
	const struct entity *of;
	/* The entity as conditions see it: its fields by their slots, then
	 * the metrics. */
	struct entity seen;
	const struct metric *metrics;
	unsigned metric_count;
	const struct book_rule *list;
	unsigned count;
};

/* NULL: a field of the record. */
const struct metric *book_metric(
    const struct book_rules *b, const struct field *f);

#endif

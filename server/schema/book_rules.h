// SPDX-License-Identifier: MIT
/*
 * The company's own rules of business: what a customer is by his figures.
 *
 * A rule gives a field of one entity a value while a condition holds: of the
 * rules for one field (of a list: for one item) the first that holds decides.
 * A condition looks at the record's own fields and at metrics.  A metric is a
 * number made of the figures in the record's ledger row, or its place in the
 * whole book: a class by cumulated share, a bin of equal size.  Policies say
 * what a class of customers gets: of those that give an attribute the first
 * that holds gives it.
 *
 * They stand in the schema document under `rules:`, are compiled with it, and
 * counted by a version of their own (rule.apply).  What holds for a whole
 * record (required, refused) is no rule of this kind: see rules.c.  Evaluated
 * by server/book.
 */
#ifndef SERVER_SCHEMA_BOOK_RULES_H
#define SERVER_SCHEMA_BOOK_RULES_H

#include "server/schema/book_pool.h"

#define BOOK_SECTION    "rules" /* its key in the document */
#define BOOK_RULES      200     /* most */
#define BOOK_METRICS    32
#define BOOK_POLICIES   100
#define BOOK_ATTRIBUTES 32
#define METRIC_PARTS    4
#define BOOK_WEIGHS     4 /* sealed fields that the rules may weigh */
#define METRIC_CUTS     9 /* most classes but one, and bins but one */

enum metric_kind {
	METRIC_SUM,    /* of figures over the window */
	METRIC_ACTIVE, /* months of the window in which the sum is no zero */
	METRIC_SPREAD, /* standard deviation of its months in per cent of their
			* mean, whole; none when the mean is not above zero */
	METRIC_DAYS,   /* since the date in `since`; none without one */
	METRIC_CLASS,  /* 1 for those who bring the most of `of`, 2 ... */
	METRIC_BIN,    /* 1 for the worst bin of `of`, up to `bins` */
	METRIC_KINDS
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
	/* CLASS and BIN: over all records that are not archived */
	const struct metric *of;
	struct decimal limits[METRIC_CUTS]; /* CLASS: per cent, rising */
	unsigned limit_count;
	bool below;    /* CLASS: who crosses a limit is in the next class */
	unsigned bins; /* BIN */
	bool low_is_best;
	bool ties_high; /* BIN: equal values are in the best of their bins */
};

struct book_rule {
	const char *key;
	struct label label;
	const struct field *target;
	struct bytes value; /* packed, normal form; of a list one item; of a
			     * date a number: so many days from now */
	struct cond *when;  /* NULL: always; names resolve in `seen` */
	bool is_off;
	bool is_step;  /* it looks at the field that it sets: what follows,
			* not an opinion that somebody could overrule */
	bool is_whole; /* this or another rule for its field looks at the
			* whole book: applied by the run alone */
};

struct book_attribute {
	const char *key;
	struct label label;
};

struct book_policy {
	const char *key;
	struct label label;
	struct cond *when;                  /* NULL: always */
	const char *gives[BOOK_ATTRIBUTES]; /* by attribute; NULL: nothing */
};

/* A field may tell of a class of fields that not all of its readers read:
 * somebody has answered for it. */
struct book_declassified {
	const struct field *target;
	uint8_t class_of;
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
	const struct field *weighs[BOOK_WEIGHS]; /* sealed inputs of rules that
						  * are on */
	unsigned weigh_count;
	const struct book_attribute *attributes;
	unsigned attribute_count;
	const struct book_policy *policies;
	unsigned policy_count;
	const struct book_declassified *declassified;
	unsigned declassified_count;
	const struct book_pool *pool; /* NULL: nothing bounds it */
};

/* NULL: a field of the record. */
const struct metric *book_metric(
    const struct book_rules *b, const struct field *f);
bool metric_is_whole(const struct metric *m);
/* Does the condition (NULL: none) look at the field? */
bool book_looks_at(const struct cond *when, const struct field *f);
/* Does the condition look at such a metric? */
bool book_looks_at_whole(const struct book_rules *b, const struct cond *when);

/* Why the server does not set the field by itself; NULL: it may. */
const char *book_target_fault(const struct entity *e, const struct field *f);

/* Is `b` about the same thing as `a`: the field, of a list the item? */
bool book_rule_rivals(const struct book_rule *a, const struct book_rule *b);

/* Every field that tells by the condition: those it names, and for a metric
 * those that its figures are made of.  False ends it. */
typedef bool (*input_fn)(void *ctx, const struct field *input);
bool book_each_input(const struct book_rules *b, const struct cond *when,
    input_fn call, void *ctx);
bool metric_each_input(const struct metric *m, input_fn call, void *ctx);

#endif

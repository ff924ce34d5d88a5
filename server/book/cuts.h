// SPDX-License-Identifier: MIT
/*
 * Where the classes and bins of the whole book begin: what the last run found.
 *
 * A metric over the whole book (schema/book_rules.h) is reduced to the least
 * value of each class or bin, so that one record's place is told by its own
 * figures: when a rule is explained, and when somebody overrules it.  ABC and
 * RFM are those of the reports (abc.h, rfm.h); equal values are in one class.
 * Records that are archived take no part, and of a bin those without a value,
 * or where high is best without one above zero.
 *
 *   META "rule_cuts"   sealed [version, ms, [[metric, [least ...]] ...]]
 */
#ifndef SERVER_BOOK_CUTS_H
#define SERVER_BOOK_CUTS_H

#include "server/book/metrics.h"
#include "server/data/desk.h"

bool rules_are_whole(const struct book_rules *b);

/* Walks the whole book, on a worker, as the server itself. */
enum err cuts_find(struct desk *d, const struct caller *who,
    const struct book_rules *b, struct cuts *out) MUST_USE;

enum err cuts_put(struct plan *p, struct desk *d, const struct book_rules *b,
    const struct cuts *cuts) MUST_USE;
/* Of the last run, as far as it was of these rules' metrics. */
enum err cuts_load(struct desk *d, const struct book_rules *b, struct arena *a,
    struct cuts *out) MUST_USE;

#endif

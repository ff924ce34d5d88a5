// SPDX-License-Identifier: MIT
/*
 * Reports: figures over all that a caller may know of.
 *
 * A report is a row of a table: name, labels, parameters, a function.  It
 * walks on a worker, opens nothing that the caller's view does not grant him
 * in every row it ranges over, and is refused otherwise, never thinned out: a
 * total is the sum of rows that he may read.  Amounts are exact decimals,
 * rounded once, half away from zero, where they are shown.
 *
 *   params.h  what is asked
 *   need.h    whether he may
 *   walk.h    the rows
 *   dims.h    what they are grouped by, groups.h the sums
 *   sheet.h   the answer's cells
 */
#ifndef SERVER_BOOK_REPORT_H
#define SERVER_BOOK_REPORT_H

#include "common/unpack.h"
#include "server/data/record.h"

/* Which words a parameter takes, of this caller: for report.list. */
#define REPORT_OFFERS 4
struct report_offers {
	struct {
		const char *param;
		const char *const *words; /* the last NULL */
	} of[REPORT_OFFERS];
	unsigned count;
};

struct report_run {
	struct desk *desk; /* a worker's */
	const struct caller *who;
	struct arena *arena;
	struct findings *found;
	struct pairs params;          /* those of the report */
	int32_t today;                /* days since 1970-01-01, UTC */
	bool only_asks;               /* may he, as far as nothing is given? */
	struct report_offers *offers; /* and what could be; NULL: unasked */
	unsigned range;               /* relations whose grants it needs */
	unsigned only;          /* a relation that rows must have; 0: any */
	unsigned limit;         /* rows shown */
	struct bytes bad_field; /* with ERR_UNKNOWN and ERR_DENIED */
	struct buf *out;
	struct entry_record *touched; /* with watched values shown */
	unsigned touched_count;
};

struct report {
	const char *name;
	struct label label;
	struct label about; /* how its figures are made, in a sentence or two */
	const char *params; /* known ones, each followed by a space */
	/* Appends {columns, rows, total, more}; nothing if `only_asks`. */
	enum err (*run)(struct report_run *r);
};

/* NULL if there is none. */
const struct report *report_find(struct bytes name);
size_t report_count(void);
const struct report *report_at(size_t at);

/* What a row shows of a record beyond its name: an entry if it was watched. */
enum err report_note(struct report_run *r, const struct record *record,
    const struct shown *shown) MUST_USE;

/* --- the reports ---------------------------------------------------------*/

enum err report_abc(struct report_run *r);
enum err report_conversion(struct report_run *r);
enum err report_credit(struct report_run *r);
enum err report_feedback(struct report_run *r);
enum err report_pipeline(struct report_run *r);
enum err report_quality(struct report_run *r);
enum err report_retention(struct report_run *r);
enum err report_rfm(struct report_run *r);
enum err report_sales(struct report_run *r);

#endif

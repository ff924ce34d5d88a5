// SPDX-License-Identifier: MIT
/*
 * A report as people read it: columns with titles, cells with labels.
 *
 * The server's answer stays as it came; what a column is, is seen from its
 * values: text with two places is an amount, with four a share.  Keys of
 * enumerations become labels.  Table and page (page.h) show the same cells.
 */
#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include "client/look.h"
#include "client/schema.h"

#define REPORT_COLUMNS 20

enum cell_kind { CELL_TEXT, CELL_COUNT, CELL_AMOUNT, CELL_SHARE };

struct report_column {
	const char *key;
	struct bytes title;
	enum cell_kind kind;
};

struct report {
	struct app *app;
	const char *name;
	struct bytes title, about; /* in the reader's language */
	const char *asked;         /* the parameters, in words */
	struct bytes result;       /* {columns, rows, total, more} */
	struct report_column columns[REPORT_COLUMNS];
	unsigned column_count;
};

/* Label and sentence of a report out of report.list; the name alone if the
 * caller may not have it. */
void report_describe(struct report *r, struct bytes list);
/* What people call a column, or a word to group by. */
struct bytes report_title(struct app *app, struct bytes key);
/* Columns of what has come. */
void report_learn(struct report *r);

/* For people; empty if there is nothing. */
struct bytes report_cell(
    const struct report *r, struct bytes row, unsigned column);

#endif

// SPDX-License-Identifier: MIT
/*
 * An import under way: the sheet, the mapping, what became of each row.
 *
 * cmd_import.c coordinates, import_batch.c talks to the server in batches,
 * import_alike.c holds the rows against each other, import_report.c tells
 * people and writes the file of refused rows.
 */
#ifndef CLIENT_IMPORT_H
#define CLIENT_IMPORT_H

#include "client/mapping.h"

enum row_fate {
	ROW_WAITING,
	ROW_GOOD, /* passed the check */
	ROW_SENT, /* under way */
	ROW_SAME, /* already there, equal */
	ROW_CREATED,
	ROW_UPDATED,
	ROW_BAD,
};

struct row_error {
	struct row_error *next;
	int column; /* or -1 */
	struct bytes field, rule;
	const char *message;
};

struct import_row {
	const struct sheet_row *cells;
	enum row_fate fate;
	bool is_update;
	struct row_error *errors;
	struct bytes likely; /* a record that it may double, and how likely */
	int64_t score;
	struct bytes marks;            /* see import_alike.c */
	uint64_t owner;                /* a mark of whose it is; 0: not known */
	const struct import_row *twin; /* an earlier one, likely the same */
	unsigned twin_score;
	char hash[65];
};

struct import {
	struct app *app;
	const char *path;
	const char *id;   /* of the whole: a batch's is this, `/`, its number */
	unsigned batches; /* written */
	struct sheet sheet;
	struct mapping mapping;
	struct import_row *rows;
	unsigned count;
	unsigned notes;    /* rows for people, passed over */
	bool is_cut_short; /* while it wrote: some rows are not confirmed */
	unsigned denied;   /* of the bad ones, because he may not */
};

/* Hashes every row: entity and mapped values, and which of equal rows
 * without an external number it is. */
void import_hash(struct import *im);

/* Sends the rows that wait (check) or are good (write) in batches. */
enum err import_check(struct import *im) MUST_USE;
enum err import_write(struct import *im) MUST_USE;
/* Rows that were checked, against each other: those that cannot both be are
 * bad, those that may be one are told. */
void import_compare(struct import *im);

void row_add_error(struct import *im, struct import_row *row, int column,
    struct bytes field, struct bytes rule, const char *message);
unsigned import_tally(const struct import *im, enum row_fate fate);

/* The table of what is wrong. */
void import_show_errors(struct import *im);
/* Rows that may be there already in another form (of a dry run), or twice in
 * the file. */
void import_show_likely(struct import *im);
/* --errors: the refused rows in the source's encoding, with a reason. */
enum err import_write_errors(struct import *im) MUST_USE;
/* The closing line, or with --json the figures and errors. */
void import_show_sum(struct import *im);

#endif

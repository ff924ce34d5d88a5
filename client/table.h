// SPDX-License-Identifier: MIT
/*
 * Aligned tables for people: Chinese characters count two columns, the rule
 * is ASCII, two spaces stand between columns and nothing at a line's end.
 *
 * With a width, the columns of least priority leave first and are named
 * afterwards; if that is not enough, cells that may be cut are cut at a
 * character's edge and end in "~".  Columns marked `keep` (numbers, ids,
 * phones, dates, money) are never cut.  Without a width nothing is.
 */
#ifndef CLIENT_TABLE_H
#define CLIENT_TABLE_H

#include "client/keep.h"

#define TABLE_COLUMNS 128

struct column {
	struct bytes title;
	unsigned priority; /* 0 leaves last */
	bool right;
	bool keep;
	/* set by table_format */
	unsigned width;
	bool is_out;
};

struct table {
	struct arena *arena;
	struct column columns[TABLE_COLUMNS];
	unsigned column_count;
	bool wraps;  /* the last column's cells may take several lines */
	void *cells; /* struct bytes, row after row */
	size_t cell_count, cell_room;
};

void table_init(struct table *t, struct arena *a);
/* Borrowed texts; past TABLE_COLUMNS a column and its cells are ignored. */
void table_column(struct table *t, struct bytes title, unsigned priority,
    bool right, bool keep);
/* The next cell of the row; clean text of one line. */
void table_cell(struct table *t, struct bytes text);
size_t table_rows(const struct table *t);

/* Appends header, rule and rows.  `width` 0: no limit; `cut` false: columns
 * leave, nothing is cut. */
void table_format(struct table *t, unsigned width, bool cut, struct buf *out);

#endif

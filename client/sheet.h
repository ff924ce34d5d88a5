// SPDX-License-Identifier: MIT
/*
 * CSV in and out.
 *
 * Reading takes the whole file: UTF-8 is tried strictly over all of it (a BOM
 * is taken off), else GB 18030 strictly, else the file is refused with the
 * offset, never with replacement characters.  Lines are numbered as an editor
 * shows them, line feeds inside quotes counted.  A structural error is an
 * error of the file.  Writing quotes what needs it and ends lines in CR LF
 * as RFC 4180 asks.  libcsv is seen in sheet.c alone.
 */
#ifndef CLIENT_SHEET_H
#define CLIENT_SHEET_H

#include "client/keep.h"

#define SHEET_NOTE "##" /* begins a row that is for people, not data */

enum encoding {
	ENCODING_DETECT,
	ENCODING_UTF8,
	ENCODING_UTF8_BOM,
	ENCODING_GB18030,
	ENCODING_COUNT
};

struct sheet_row {
	unsigned line; /* where it begins, from 1 */
	unsigned count;
	struct bytes *cells;
	struct bytes raw; /* the row's bytes as decoded, without its end */
};

struct sheet {
	enum encoding encoding;
	struct sheet_row *rows; /* the header first */
	size_t count;
	char message[160]; /* what is wrong with the file */
};

/* ERR_INVALID with sheet->message. `wanted` may name the encoding. */
enum err sheet_parse(struct sheet *sheet, struct arena *a, struct bytes file,
    enum encoding wanted) MUST_USE;

const char *encoding_word(enum encoding e);
/* ENCODING_COUNT if it is none. */
enum encoding encoding_parse(const char *word);
/* UTF-8 into another encoding; ERR_INVALID for what it cannot hold. */
enum err encoding_from_utf8(
    enum encoding to, struct bytes text, struct buf *out) MUST_USE;

/* A tab before what a spreadsheet would take for a formula; import takes it
 * off again.  False where none is needed. */
bool sheet_guard(struct arena *a, struct bytes *cell);
void sheet_append(struct buf *out, struct bytes cell, bool first);
void sheet_end_row(struct buf *out);

#endif

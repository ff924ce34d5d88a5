// SPDX-License-Identifier: MIT
/*
 * A sheet as a workbook (.xlsx), which a spreadsheet opens without spoiling it.
 *
 * Cells are text, so that codes, phones and accounts keep all their digits and
 * nothing is taken for a formula; only amounts and counts that a spreadsheet
 * holds exactly are numbers.  An empty form gets its choices as lists.  The
 * library is seen in workbook.c alone; nothing here reads a workbook.
 */
#ifndef CLIENT_WORKBOOK_H
#define CLIENT_WORKBOOK_H

#include "client/schema.h"
#include "client/sheet.h"

/* Whether the name is that of a workbook. */
bool workbook_is_named(const char *path);
/* Whether these bytes begin one. */
bool workbook_is_one(struct bytes file);

/* The header first; what its cells name in `e` (or NULL) says which columns
 * are numbers.  `path` is there already and is filled. */
enum err workbook_fill(struct app *app, const struct entity *e,
    const struct sheet *sheet, const char *path) MUST_USE;

#endif

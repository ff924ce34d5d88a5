// SPDX-License-Identifier: MIT
/*
 * Archiving: out of the daily lists, never out of the book.
 *
 * An entity whose status knows the word `archived` says it there, and gets
 * back the status it had; others carry the mark in their header alone.  The
 * header's mark is what lists look at, so the two are kept one.
 *
 * What was made by a request that is undone is withdrawn: it keeps its values,
 * counts in no sum, stands in no index but by its number and its parent (an
 * erasure finds it there), and takes no change until the undoing is undone.
 */
#ifndef SERVER_DATA_ARCHIVE_H
#define SERVER_DATA_ARCHIVE_H

#include "server/data/restore.h"

/* What item->archive asks for, if the caller may; else the item's error. */
enum err archive_apply(struct work *w, struct item *it) MUST_USE;

/* The header's mark from the status as it is now; an archived record takes no
 * other change. */
void archive_settle(struct work *w, struct item *it);

#endif

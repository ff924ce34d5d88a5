// SPDX-License-Identifier: MIT
/*
 * By what two rows of one file can be told to be the same record.
 *
 * A file's rows come in batches, and no batch sees another before it is
 * stored.  So each new record is told with a mark for each value that is
 * unique or says whose record it is: a keyed digest of the value's form of
 * comparison, the caller's own.  Equal marks are equal values.  A mark is of
 * what the caller gives and of nothing that is stored.
 */
#ifndef SERVER_BOOK_MARKS_H
#define SERVER_BOOK_MARKS_H

#include "server/data/work.h"

/* Appends [[field, mark, percent, is_unique] ...] of an item that makes a
 * record: how much an equal value says, and whether there can be one. */
enum err marks_pack(
    const struct work *w, const struct item *it, struct buf *out) MUST_USE;

/* Appends a mark of the customer whose the record of an item that held would
 * be: changes of one customer go one after the other, so rows with equal marks
 * are better not in two batches at once.  Nil if the caller is not shown
 * whose it is. */
enum err marks_pack_owner(
    struct work *w, const struct item *it, struct buf *out) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * The stages that a record went through, out of its history: since when, how
 * long, by whom.
 *
 * A stage is a value of the entity's status field.  The caller must be
 * granted that field in clear for this record; then his history would show
 * him the same.  Nothing is stored for it: the history is what it is.
 */
#ifndef SERVER_BOOK_STAGES_H
#define SERVER_BOOK_STAGES_H

#include "server/data/record.h"

/* Appends {field, rows}; `r` is in the caller's scope.  ERR_UNKNOWN without
 * such a field, ERR_DENIED if he may not see it in clear. */
enum err stages_show(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct record *r, struct buf *out) MUST_USE;

#endif

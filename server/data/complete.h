// SPDX-License-Identifier: MIT
/*
 * How complete a record is, and what is missing, as one reader may know it.
 *
 * Counted are the fields that are required or recommended, by themselves or by
 * a rule, or that a rule says complete a record, of those that he may see;
 * nothing is opened for it, because that a value is there is enough.
 */
#ifndef SERVER_DATA_COMPLETE_H
#define SERVER_DATA_COMPLETE_H

#include "server/data/record.h"

/* Two pairs: `completeness`, 0 to 100, and `missing`, a list of names.  The
 * record is open and its relations were asked. */
#define COMPLETE_PAIRS 2u
void complete_pack(
    const struct view_entity *ve, struct record *r, struct buf *out);

#endif

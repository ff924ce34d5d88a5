// SPDX-License-Identifier: MIT
/*
 * Records that a log entry names, as far as the caller may know of them.
 *
 * An entry outlives fields, rights and scopes: what it names is asked of
 * today's schema and view, and the record's header alone is looked at.
 */
#ifndef SERVER_DATA_KNOWN_H
#define SERVER_DATA_KNOWN_H

#include "server/audit/entry.h"
#include "server/data/record.h"

/* The record is there and in his sight.  Not opened: as record_peek() gives
 * it. */
bool known_record(struct desk *d, const struct caller *who,
    const struct entry_record *e, struct record *out);

/* It was changed as well, in a field that he may know of; a change of marks
 * alone names no field.  A hidden change is none. */
bool known_change(struct desk *d, const struct caller *who,
    const struct entry_record *e, struct record *out);

#endif

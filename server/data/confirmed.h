// SPDX-License-Identifier: MIT
/*
 * Confirming values: somebody looked, and they still hold.
 *
 * A confirmed field is given the value that it has: its version is new, so
 * the record's stamps and history say who confirmed it, when and why, and
 * what it was before is the same.  Nothing else of it changes.
 */
#ifndef SERVER_DATA_CONFIRMED_H
#define SERVER_DATA_CONFIRMED_H

#include "server/data/work.h"

/* What item->confirms asks for: the named fields, or all that have a value
 * and that the caller may see and set.  To confirm a field takes both rights:
 * who may not see a value cannot say that it holds. */
enum err confirmed_apply(struct work *w, struct item *it) MUST_USE;

#endif

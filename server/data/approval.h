// SPDX-License-Identifier: MIT
/*
 * Records that wait for approval.
 *
 * A role can say of an entity that what it enters waits (access/view.h).  Such
 * a record is stored whole, keeps its unique values and has its history, but
 * stays out of lists, sums and reports until somebody else who may approve says
 * yes.  Where it stands is a field that the server sets (`approval` of the
 * entity: pending, approved, rejected), so that a reader finds it like any
 * other; the header's marks say the same to those who open nothing.
 */
#ifndef SERVER_DATA_APPROVAL_H
#define SERVER_DATA_APPROVAL_H

#include "server/data/work.h"

/* What item->approval asks for, if the caller may; else the item's error. */
enum err approval_apply(struct work *w, struct item *it) MUST_USE;

/* A new record waits if its maker's role says so, a rejected one waits again
 * once it was changed; then the header's marks. */
void approval_settle(struct work *w, struct item *it);

#endif

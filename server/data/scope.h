// SPDX-License-Identifier: MIT
/*
 * Whose a record is: the branch and owner that its header carries.
 *
 * Relations hang on them (access/right.h), so the header follows the fields
 * with every change.  Who has no owner lies in his branch's pool.  Since when
 * an owner, or any value, stands, another field says where the schema wants it
 * (`day_of`).
 */
#ifndef SERVER_DATA_SCOPE_H
#define SERVER_DATA_SCOPE_H

#include "server/data/work.h"

/* Branch and owner of a new record are its creator's unless given. */
enum err scope_fill(struct work *w, struct record *r) MUST_USE;

/* The header, and the caller's relations, from the fields as they are now. */
void scope_settle(struct work *w, struct record *r);

/* To that account, or with 0 to nobody; nobody's rights are asked.  `rule`:
 * which did it, NULL if somebody did. */
void scope_give(struct work *w, struct record *r, uint64_t user,
    const char *login, const char *rule, uint32_t version);

#endif

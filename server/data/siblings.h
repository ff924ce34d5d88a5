// SPDX-License-Identifier: MIT
/*
 * Fields that at most one of a parent's children may have set: the primary
 * contact.  The first child has it by itself; giving it to another takes it
 * from the one who had it, in the same plan.
 */
#ifndef SERVER_DATA_SIBLINGS_H
#define SERVER_DATA_SIBLINGS_H

#include "server/data/work.h"

enum err siblings_settle(struct work *w, struct record *r) MUST_USE;

#endif

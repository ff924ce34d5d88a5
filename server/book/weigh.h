// SPDX-License-Identifier: MIT
/*
 * A sealed value, opened for a rule of the book alone.
 *
 * By a grant of its own (view_grant_weighed) that the schema gives and no
 * role: whose request it is does not matter.  The cell stays closed, so that
 * nothing that is shown afterwards has it.
 */
#ifndef SERVER_BOOK_WEIGH_H
#define SERVER_BOOK_WEIGH_H

#include "server/data/record.h"

/* A plain value as it is.  The record is open. */
enum err weigh_value(struct desk *d, struct record *r, const struct field *f,
    struct bytes *value) MUST_USE;

#endif

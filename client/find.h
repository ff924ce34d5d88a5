// SPDX-License-Identifier: MIT
/*
 * Every page of a search, for those who want all rows.
 */
#ifndef CLIENT_FIND_H
#define CLIENT_FIND_H

#include "client/app.h"

/* The command line's words and --where, packed; empty: none. */
enum err find_condition(struct app *app, struct bytes *where) MUST_USE;

/* The condition is of the command line's words and --where; `take` gets each
 * answer of `method` (record.find or record.export), valid during the call. */
enum err find_each_page(struct app *app, const char *method,
    void (*take)(void *ctx, struct bytes result), void *ctx) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * The last numbers that this person used, for completion.
 *
 * Numbers and their entities alone, in a file that he alone reads; nothing is
 * asked for and no name is kept, so completing a number reads no record.
 */
#ifndef CLIENT_RECENT_H
#define CLIENT_RECENT_H

#include "client/app.h"

#define RECENT_MOST 50

/* The newest is the first; a number that is there already moves up. */
void recent_note(struct app *app, struct bytes entity, struct bytes number);

struct candidates;
/* Those of an entity; of every one if it is empty. */
void recent_offer(
    struct app *app, struct bytes entity, struct candidates *into);

#endif

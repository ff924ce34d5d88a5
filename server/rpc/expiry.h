// SPDX-License-Identifier: MIT
/*
 * What ends by itself has its entry too: a break-glass whose time is over, a
 * request that nobody decided within a day.
 *
 * Both have ended at their moment, whoever looks; this only says so in the
 * log, some minutes later, and forgets requests after a month.  A chore
 * (chore.h).
 */
#ifndef SERVER_RPC_EXPIRY_H
#define SERVER_RPC_EXPIRY_H

#include "server/data/desk.h"

#define EXPIRY_AT_ONCE 32

/* Looks once and commits an entry for each that has ended, at most
 * EXPIRY_AT_ONCE requests; what it allocates is in `a`.  Waits for commits. */
enum err expiry_turn(struct desk *d, struct arena *a) MUST_USE;

#endif

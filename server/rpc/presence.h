// SPDX-License-Identifier: MIT
/*
 * Who is here: of each account how many connections have logged in, and how
 * often a login failed since the last one.
 *
 * In memory, by all loops, under one lock that is held for a look-up.
 * Accounts alone are counted, so it is no larger than their number.
 */
#ifndef SERVER_RPC_PRESENCE_H
#define SERVER_RPC_PRESENCE_H

#include <stdint.h>

struct presence;

struct presence *presence_new(void);
void presence_free(struct presence *p);

/* A connection is another's now; 0 is nobody. */
void presence_move(struct presence *p, uint64_t from, uint64_t to);
unsigned presence_sessions(struct presence *p, uint64_t account);

/* One more; and how many since the last login that told of them. */
void presence_failed(struct presence *p, uint64_t account);
uint64_t presence_failures(struct presence *p, uint64_t account);
/* A login has written `seen` failures down. */
void presence_told(struct presence *p, uint64_t account, uint64_t seen);

#endif

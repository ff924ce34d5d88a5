// SPDX-License-Identifier: MIT
/*
 * How often somebody was told no today, about whom.
 *
 * A refusal that hangs on a hidden amount tells a bit of it: after some of
 * them a day, all that he asks about the same is refused.  Counted in memory,
 * a table of small counts for each user, so that nobody can use up another's;
 * two customers that share a count of his are refused the sooner.  A new day
 * and a new process begin at nothing.  Shared by all threads; locks itself.
 */
#ifndef SERVER_ACCESS_TRIES_H
#define SERVER_ACCESS_TRIES_H

#include "common/clock.h"

struct tries;

struct tries *tries_new(const struct random *random);
void tries_free(struct tries *t);

/* How many `user` has had today about that. */
unsigned tries_had(
    struct tries *t, uint64_t user, uint64_t about, int32_t today);
/* One more; one less. */
void tries_note(struct tries *t, uint64_t user, uint64_t about, int32_t today);
void tries_forget(
    struct tries *t, uint64_t user, uint64_t about, int32_t today);

#endif

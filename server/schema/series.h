// SPDX-License-Identifier: MIT
/*
 * Numbers: unique, never reused, out of blocks reserved durably.
 *
 * A counter is named by entity and scope (branch and year).  Numbers come
 * from memory; a block (64 doubling to 4,096) is reserved by a committed
 * housekeeping plan before the first of it is given out, so a crash leaves a
 * gap and never a repeat.  Shared by all threads.
 */
#ifndef SERVER_SCHEMA_SERIES_H
#define SERVER_SCHEMA_SERIES_H

#include "server/schema/schema.h"
#include "server/store/store.h"

struct series;

struct series *series_new(struct store *s);
void series_free(struct series *s);

/*
 * The next number of counter (entity, scope).  `may_wait`: the caller is a
 * worker and a new block may be committed at once; otherwise ERR_ELSEWHERE
 * when the block is used up (a refill is under way in the background from
 * half of it on).  ERR_UNAVAILABLE, ERR_FULL from the commit.
 */
enum err series_next(struct series *s, uint8_t entity, struct bytes scope,
    bool may_wait, uint64_t *number) MUST_USE;

/* What was given and neither stored nor told to anybody is given again, unless
 * a later one is out. */
void series_return(
    struct series *s, uint8_t entity, struct bytes scope, uint64_t number);

/* "KH{branch}{yyyy}" + five or more digits, into the arena. */
struct bytes series_format(const struct entity *e, struct bytes branch_code,
    int32_t day, uint64_t number, struct arena *a);
/* The counter's scope for that pattern: what changes it (branch, year). */
struct bytes series_scope(const struct entity *e, struct bytes branch_code,
    int32_t day, struct arena *a);

#endif

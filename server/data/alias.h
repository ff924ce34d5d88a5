// SPDX-License-Identifier: MIT
/*
 * Merged records: what stands for them, and whom a record stands for.
 *
 * Merging moves nothing.  The merged record's plain header has the flag
 * ROW_ALIAS, and in `owner` the id of the record that it was merged into, its
 * heir; that one has ROW_JOINED.  Both are bound into the bodies' seals.  An
 * heir can be merged in turn: aliases are followed to the end.  Back from an
 * heir to those merged into it leads an index key, which is believed only as
 * far as their headers say the same:
 *
 *   TABLE_INDEX   entity, field, 'a' | be64 heir | be64 record -> nothing
 *
 * merge.h makes aliases and takes them away.
 */
#ifndef SERVER_DATA_ALIAS_H
#define SERVER_DATA_ALIAS_H

#include "server/data/desk.h"
#include "server/data/row.h"

#define ALIAS_KEY  19
#define ALIAS_MOST 256 /* records that one stands for, itself included */

/* From a record to what stands for it: `id` and `header` become that one's;
 * of one that is no alias they stay.  ERR_CORRUPT if it leads nowhere. */
enum err alias_follow(struct desk *d, const struct entity *e, uint64_t *id,
    struct header *header) MUST_USE;

/* The record itself, first, and all that were merged into it, directly or
 * not.  ERR_TOO_LARGE past ALIAS_MOST. */
struct alias_set {
	uint64_t *ids; /* in the arena */
	size_t count;
};
enum err alias_set(struct desk *d, const struct entity *e, uint64_t id,
    struct arena *a, struct alias_set *out) MUST_USE;

void alias_key(const struct entity *e, uint64_t heir, uint64_t id,
    uint8_t out[static ALIAS_KEY]);

#endif

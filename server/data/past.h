// SPDX-License-Identifier: MIT
/*
 * A record as it was: its history walked back to an instant.
 *
 * What comes out is a record like any other, shown through the same door with
 * today's rights and today's classes; only sums over its children are not in
 * its history, and are left out.  record.get `at` is made of this.
 *
 * Also where each of its values comes from: who set it last, and who said
 * last that it still holds.
 */
#ifndef SERVER_DATA_PAST_H
#define SERVER_DATA_PAST_H

#include "server/data/history.h"

/* Turns an open record, whose relations were asked, into what it was at that
 * instant.  ERR_NOT_FOUND: it was not there yet. */
enum err past_rebuild(struct desk *d, struct record *r, int64_t at_ms) MUST_USE;

/* Appends the map of its values' origins, of those fields that the caller
 * may see (and of `wanted` by slot, unless NULL):
 * {field: {set_at, set_by, source, confirmed_at, confirmed_by}}. */
enum err past_show_origins(struct desk *d, const struct view_entity *ve,
    struct record *r, const bool *wanted, struct buf *out) MUST_USE;

/* Appends the list of the sums that the caller may see and that a record of
 * the past does not tell. */
void past_show_omitted(const struct view_entity *ve, const struct record *r,
    const bool *wanted, struct buf *out);

#endif

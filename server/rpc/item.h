// SPDX-License-Identifier: MIT
/*
 * An item of record.*: from parameters, and as an answer shows it.
 *
 * One item is the request itself or an element of a batch, so its parameters
 * come from a map that is said.  `index` is its place in the batch, for
 * findings; -1: it is the request.
 */
#ifndef SERVER_RPC_ITEM_H
#define SERVER_RPC_ITEM_H

#include "server/rpc/request.h"

/* One text of the map, empty if absent.  Another type is ERR_INVALID: a
 * version that is overlooked would be a lost update. */
enum err item_read_text(struct request *r, const struct pairs *map,
    const char *key, struct bytes *out) MUST_USE;
/* Whence and why. */
enum err item_read_origin(
    struct request *r, const struct pairs *map, struct origin *o) MUST_USE;
/* All else.  The item says already what the method alone says of it: whether
 * it creates, confirms, archives or approves. */
enum err item_read(
    struct request *r, const struct pairs *map, struct item *it) MUST_USE;

/* The record as it will be, through the caller's view. */
enum err item_pack(struct request *r, struct item *it, int index) MUST_USE;
/* The same of a dry run, with likely duplicates; `often` is duplicates.h's,
 * for many items, or NULL. */
enum err item_pack_preview(
    struct request *r, struct item *it, int index, uint64_t *often) MUST_USE;

#endif

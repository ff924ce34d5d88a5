// SPDX-License-Identifier: MIT
/*
 * Preview and confirmation: what was previewed is what is stored.
 *
 * A dry run answers with a token over user, method, record and the values in
 * their normal form, good for fifteen minutes; a request that carries it is
 * refused unless it would store exactly that.
 */
#ifndef SERVER_RPC_CONFIRM_H
#define SERVER_RPC_CONFIRM_H

#include "server/rpc/request.h"

#define CONFIRM_LIFE_MS (15 * 60 * 1000)

/* The token over all items that hold, as packed text. */
void confirm_pack(
    struct request *r, const struct item *items, size_t count, struct buf *out);
/* ERR_OK also when no token was given. */
enum err confirm_check(
    struct request *r, const struct item *items, size_t count) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * That a book stays governable: somebody must be left who can make accounts,
 * and somebody who can change roles.
 */
#ifndef SERVER_RPC_MAKERS_H
#define SERVER_RPC_MAKERS_H

#include "server/rpc/request.h"

/* As things would be in `d`, with `after` in the place of the account
 * `before` (NULL: all as they are).  ERR_INVALID with a finding, `last`. */
enum err check_makers(struct request *r, const struct directory *d,
    const struct account *before, const struct account *after) MUST_USE;

#endif

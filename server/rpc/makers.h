// SPDX-License-Identifier: MIT
/*
 * That a book stays governable: somebody must be left who can make accounts,
 * somebody who can change roles, and two who can approve while two persons
 * are wanted for anything.
 */
#ifndef SERVER_RPC_MAKERS_H
#define SERVER_RPC_MAKERS_H

#include "server/rpc/request.h"

#define APPROVERS 2 /* who must be there while two persons are wanted */

/* As things would be in `d`, with `after` in the place of the account
 * `before` (NULL: all as they are).  ERR_INVALID with a finding,
 * rule `last` or `approvers`. */
enum err makers_check(struct request *r, const struct directory *d,
    const struct account *before, const struct account *after) MUST_USE;

/* Enabled accounts whose roles hold `right` by themselves, likewise. */
unsigned makers_count(const struct directory *d, unsigned right,
    const struct account *before, const struct account *after);

#endif

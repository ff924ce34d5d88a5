// SPDX-License-Identifier: MIT
/*
 * The second person: which calls need one, and what becomes of them.
 *
 * One table says of each method under which operation it falls; dispatch asks
 * it after rights and parameters were checked, so that no handler can forget
 * it.  A call that needs a second person is tried out, stored (pending.h) and
 * answered { pending: id }.  Approved, it is performed once, as its requester
 * with his rights of that moment, in the transaction that says so; what only
 * reads is instead fetched by the requester, once, naming the request.
 */
#ifndef SERVER_RPC_SECOND_H
#define SERVER_RPC_SECOND_H

#include "server/rpc/pending.h"
#include "server/rpc/request.h"

/* Runs the handler, or has it wait. */
enum err second_run(struct request *r) MUST_USE;

/* The one that the parameter `request` names, whoever asks.  ERR_NOT_FOUND. */
enum err second_find(struct request *r, struct pending *p) MUST_USE;

/* Performs an approved call as its requester into the request at hand: plan,
 * result and what the log shall say of it; the approver stays who he is. */
enum err second_perform(struct request *r, const struct pending *p) MUST_USE;

/* Where `by` must have the right to approve it: of an export that stays in
 * the branch of both, in that branch; else everywhere. */
unsigned second_range(const struct directory *d, const struct pending *p,
    const struct account *by);

/* Fetched by its requester, piece by piece, instead of performed. */
bool second_is_fetched(enum operation o);

#endif

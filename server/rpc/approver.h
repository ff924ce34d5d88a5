// SPDX-License-Identifier: MIT
/*
 * Who may be the second person, and who knows that one is wanted.
 *
 * Whoever approves has the right to by roles of his own, and is another person
 * than the one who asked: no account that one of the two made, by whatever
 * hands between; and none that the same hand made, unless accounts take two
 * persons themselves.
 */
#ifndef SERVER_RPC_APPROVER_H
#define SERVER_RPC_APPROVER_H

#include "server/rpc/second.h"

/* Has the caller the right, for this call?  Whoever asked may not. */
bool approver_may(struct request *r, const struct pending *p);
/* Is it the caller's own? */
bool approver_is_asker(const struct request *r, const struct pending *p);
/* Either of the two; to all others it is not there. */
bool approver_may_know(struct request *r, const struct pending *p);

/* Is he another person?  ERR_DENIED, with rule `self` or `maker`. */
enum err approver_check(struct request *r, const struct pending *p) MUST_USE;

#endif

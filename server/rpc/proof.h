// SPDX-License-Identifier: MIT
/*
 * Proving who one is, inside a request: password, one-time code, second
 * factor, each behind the throttle.
 *
 * Admission is asked again right before the work, since many requests may
 * have been let into the queue before the first of them failed.  Whatever is
 * wrong with a login is one answer; only whoever gave the right password and
 * no code hears that a code is wanted.
 */
#ifndef SERVER_RPC_PROOF_H
#define SERVER_RPC_PROOF_H

#include "server/access/factor.h"
#include "server/rpc/request.h"

/* On a hasher.  ERR_UNAUTHENTICATED, with rule `otp` if only that lacks;
 * ERR_LOCKED, ERR_BUSY.  A code that served is taken in the request's plan.
 * Sets what the session must do first in `granted`. */
enum err proof_login(struct request *r, struct bytes user,
    struct bytes password, struct bytes otp,
    const struct account **who) MUST_USE;

/* On a hasher.  The caller's own password; ERR_DENIED. */
enum err proof_password(struct request *r, struct bytes password) MUST_USE;

/* A code of the caller's own second factor, taken; ERR_DENIED, rule `otp`. */
enum err proof_factor(
    struct request *r, struct factor *f, struct bytes otp) MUST_USE;

/* The first code of a factor that is not on yet: it is now, with these
 * recovery codes; ERR_UNAUTHENTICATED. */
enum err proof_confirm(struct request *r, struct factor *f, struct bytes otp,
    char codes[static RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)]) MUST_USE;

/* On a hasher.  A new password for `a`, if nothing is found against it; its
 * one-time code is void.  ERR_INVALID. */
enum err proof_renew(
    struct request *r, struct bytes password, struct account *a) MUST_USE;

/* What a session of `who` must do before anything else, into `granted`. */
enum err proof_duties(struct request *r, const struct account *who) MUST_USE;

#endif

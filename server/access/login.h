// SPDX-License-Identifier: MIT
/*
 * Proving who one is: passwords and enrolment codes.  Tokens: token.h.
 *
 * Every refusal is the same answer at the same cost: an unknown name burns a
 * dummy hash.  How often one may fail is throttle.h's.  All of it works on the
 * caller's own snapshot.
 */
#ifndef SERVER_ACCESS_LOGIN_H
#define SERVER_ACCESS_LOGIN_H

#include "common/digest.h"
#include "server/access/code.h"
#include "server/access/directory.h"
#include "server/crypto/password.h"

/* On a hashing worker.  ERR_OK and the account, ERR_UNAUTHENTICATED (whatever
 * the cause), ERR_BUSY.  `login` as typed; a disabled account, an unknown one
 * and a wrong password are one answer. */
enum err login_password(const struct directory *d, struct sealer *s,
    const struct password_cost *cost, struct bytes login, struct bytes password,
    struct arena *a, const struct account **who) MUST_USE;

/* A new one-time code for people to type, and the digest to keep in
 * account.enrolment. */
#define ENROLMENT_GROUPS 5
#define ENROLMENT_TEXT   CODE_TEXT(ENROLMENT_GROUPS)
void enrolment_new(const struct random *random,
    char code[static ENROLMENT_TEXT], struct digest *kept);

/* A one-time enrolment code in place of a password: same answers.  The
 * caller then demands a new password before anything else. */
enum err login_enrolment(const struct directory *d, struct sealer *s,
    struct bytes login, struct bytes code, int64_t now_ms, struct arena *a,
    const struct account **who) MUST_USE;

#endif

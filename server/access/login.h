// SPDX-License-Identifier: MIT
/*
 * Proving who one is: passwords and enrolment codes.  Tokens: token.h.
 *
 * Every refusal is the same answer at the same cost: an unknown name burns a
 * dummy hash.  Failures are throttled per account and per source (address),
 * successes and closed probes never; the delay grows per source so that an
 * outsider cannot lock everyone out: an account's own throttle is kept per
 * (account, source network) first and only slowly over all.  The throttle is
 * shared by all threads; the rest works on the caller's own snapshot.
 */
#ifndef SERVER_ACCESS_LOGIN_H
#define SERVER_ACCESS_LOGIN_H

#include "common/digest.h"
#include "common/findings.h"
#include "server/access/code.h"
#include "server/access/directory.h"
#include "server/crypto/password.h"

struct throttle;

struct throttle *throttle_new(const struct random *random);
void throttle_free(struct throttle *t);
/* ERR_OK, or ERR_LOCKED and how long yet.  Before any hashing.  `login` as
 * typed: all spellings of a name are one.  `peer` is an address with or
 * without a port; its network (/24, /64) counts.  What was refused here is
 * no failure. */
enum err throttle_admit(struct throttle *t, int64_t now_ms, struct bytes login,
    const char *peer, int64_t *retry_after_ms) MUST_USE;
void throttle_failed(
    struct throttle *t, int64_t now_ms, struct bytes login, const char *peer);
void throttle_passed(struct throttle *t, struct bytes login, const char *peer);

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

/* Length 12 code points to PASSWORD_MOST bytes, not in the short list of
 * breached ones, not the login name: findings on field `password`. */
void password_judge(
    struct bytes password, struct bytes login, struct findings *found);

#endif

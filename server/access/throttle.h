// SPDX-License-Identifier: MIT
/*
 * Delays after failed logins, that no outsider can turn against others.
 *
 * A failure counts in three buckets: (account, network), network, account;
 * past its free ones a bucket's delay doubles up to its longest.  From where
 * an account has logged in before, it is known, and there the pair's bucket
 * alone counts: whoever hammers the account from elsewhere, or other accounts
 * from beside its owner, does not keep the owner out.  All spellings of a
 * name are one, and all names that cannot be one are one.
 *
 * The table has a fixed size, and a row in the store for each of its slots:
 * a flood fills neither.  Keys are digests under a secret of the book, so
 * nobody can aim at another's slot, and the file tells nothing.  Shared by all
 * threads; it locks itself.
 */
#ifndef SERVER_ACCESS_THROTTLE_H
#define SERVER_ACCESS_THROTTLE_H

#include "common/digest.h"
#include "server/store/store.h"

struct throttle;

/* `secret` must be the same at each start. */
struct throttle *throttle_new(const uint8_t secret[static DIGEST_SIZE]);
void throttle_free(struct throttle *t);

/* ERR_OK, or ERR_LOCKED and how long yet.  Before any hashing.  `login` as
 * typed.  `peer` is an address with or without a port; its network (/24, /64)
 * counts.  What was refused here is no failure.
 *
 * Where somebody has logged in from, the delays of the network and of the
 * account are told by throttle_judge alone: who is refused at once would be
 * one who never logged in there, and who is not, one who did. */
enum err throttle_admit(struct throttle *t, int64_t now_ms, struct bytes login,
    const char *peer, int64_t *retry_after_ms) MUST_USE;
/* After the hashing, before the failure is counted: is it answered so, or
 * ERR_LOCKED, as every wrong one, and every one of somebody unknown, while a
 * delay of network or account lasts? */
enum err throttle_judge(struct throttle *t, int64_t now_ms, struct bytes login,
    const char *peer, bool is_right, int64_t *retry_after_ms) MUST_USE;
/* What a delay of network or account holds up does not lengthen it. */
void throttle_failed(
    struct throttle *t, int64_t now_ms, struct bytes login, const char *peer);
void throttle_passed(
    struct throttle *t, int64_t now_ms, struct bytes login, const char *peer);

/* The network of a peer as a number, never 0. */
uint64_t throttle_source(const struct throttle *t, const char *peer);

/* Takes over what an earlier run kept; rows that are none are passed over. */
enum err throttle_load(struct throttle *t, struct snapshot *n) MUST_USE;
/* Puts the slots that moved, at most THROTTLE_ROWS, into a plan that needs no
 * draft.  If it is not committed, tell throttle_unsaved(). */
#define THROTTLE_ROWS 256
enum err throttle_plan(
    struct throttle *t, struct plan *p, unsigned *count) MUST_USE;
void throttle_unsaved(struct throttle *t);

#endif

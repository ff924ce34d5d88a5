// SPDX-License-Identifier: MIT
/*
 * Which passwords may be set, by the operator's policy.
 *
 * Length and known passwords count; kinds of characters and an age only where
 * a regulation wants them.  The short list built in is a floor under any
 * other.  Passwords that exist are never judged again.
 */
#ifndef SERVER_ACCESS_STRENGTH_H
#define SERVER_ACCESS_STRENGTH_H

#include "common/findings.h"
#include "server/access/breached.h"

struct password_policy {
	unsigned least;   /* code points; 12 */
	unsigned classes; /* kinds of characters, 0..4; 0 */
	unsigned days;    /* until it must be changed; 0: never */
	const struct breached *breached; /* or NULL */
};

void password_policy_init(struct password_policy *p);

/* Findings on field `password`, one for each rule that it breaks. */
void password_judge(const struct password_policy *p, struct bytes password,
    struct bytes login, struct findings *found);

/* Must a password of that day be changed?  0: nobody knows when it was set,
 * and then it is as old as can be. */
bool password_is_stale(
    const struct password_policy *p, int64_t set_ms, int64_t now_ms);

#endif

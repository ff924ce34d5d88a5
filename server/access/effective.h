// SPDX-License-Identifier: MIT
/*
 * Which roles hold for one request, and the view that they make.
 *
 *   what the account has, narrowed to what its token was given, and for a
 *   person what a break-glass adds while it runs
 *
 * Decided here alone, once a request and before anything is looked at, out of
 * what the directory says now: whatever proved who he is can only lessen it.
 * What a role takes away, by a denial or a limit, is taken as long as the
 * account has it: a token that was not given that role is none the freer.
 */
#ifndef SERVER_ACCESS_EFFECTIVE_H
#define SERVER_ACCESS_EFFECTIVE_H

#include "server/access/directory.h"
#include "server/access/glass.h"

struct effective {
	uint64_t roles; /* a bit each, as in directory.h */
	uint64_t bound; /* these, and all others of the account */
	const struct view *view;
	const struct glass *glass; /* that adds to them; NULL */
};

/* No narrowing: the account's own. */
#define ROLES_ALL UINT64_MAX

/* `within`: the roles of a token, or ROLES_ALL.  ERR_TOO_LARGE. */
enum err effective_decide(struct directory *d, const struct account *who,
    uint64_t within, struct effective *out) MUST_USE;

/* Adds what runs for `who`; for persons, after effective_decide(). */
enum err effective_break_glass(struct directory *d, const struct account *who,
    int64_t now_ms, struct effective *to) MUST_USE;

/* "sales support", of a set, in the arena; NULL when it is full. */
char *effective_words(
    const struct directory *d, uint64_t roles, struct arena *a);

#endif

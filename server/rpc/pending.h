// SPDX-License-Identifier: MIT
/*
 * Calls that wait for a second person, as they lie in the store.
 *
 *   META "request/" id   sealed [format, state, operation, method, parameters,
 *                        requester, roles, made, until, approver,
 *                        decided, next, result]
 *
 * Sealed under the system key, bound to their id.  Ids are in order of time.
 * A call waits for a day; what became of it stays for thirty, then it is
 * swept out.
 */
#ifndef SERVER_RPC_PENDING_H
#define SERVER_RPC_PENDING_H

#include "common/digest.h"
#include "server/access/policy.h"
#include "server/data/desk.h"

#define PENDING_LIFE_MS (24LL * 3600 * 1000)
#define PENDING_KEEP_MS (30LL * 24 * 3600 * 1000)
#define PENDING_OPEN    32  /* most of one account that wait at a time */
#define PENDING_A_DAY   200 /* and that it makes in a day */
#define PENDING_PARAMS  (256 * 1024)

enum pending_state {
	PENDING_WAITING,
	PENDING_APPROVED, /* its data has not been fetched, or not all of it */
	PENDING_DONE,
	PENDING_REJECTED,
	PENDING_EXPIRED,
	PENDING_STATES
};

struct pending {
	uint64_t id;
	enum pending_state state;
	enum operation operation;
	struct bytes method;
	struct bytes params; /* packed map */
	uint64_t requester;  /* an account's id */
	struct bytes roles;  /* that he asked with, words */
	int64_t made_ms, until_ms;
	uint64_t approver; /* who approved or rejected; 0 */
	int64_t decided_ms;
	struct bytes next;   /* what has been fetched so far goes on with this
				cursor; none: from the start */
	struct bytes result; /* packed, until the requester has it; none */
	bool is_noted;       /* its state is what the row says */
	uint64_t row;        /* version of the stored row */
};

const char *pending_word(enum pending_state s); /* "waiting", ... */

/* As it lies there, but a waiting or approved one that is too old is expired.
 * ERR_NOT_FOUND. */
enum err pending_load(
    struct desk *d, uint64_t id, struct arena *a, struct pending *out) MUST_USE;
/* Writes it; `row` 0: a new one, else expects that version. */
enum err pending_plan(
    struct plan *p, struct sealer *s, const struct pending *of) MUST_USE;

/* Deletes what nobody needs to know any more. */
void pending_plan_forget(struct plan *p, uint64_t id);

/* An id for one made now. */
uint64_t pending_new_id(struct desk *d);

/* Newest first, until `each` says no; what it is given dies with the call. */
enum err pending_each(struct desk *d,
    bool (*each)(void *ctx, const struct pending *p), void *ctx) MUST_USE;

#endif

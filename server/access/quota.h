// SPDX-License-Identifier: MIT
/*
 * Quotas: how much a user may see in clear and look up on one day.
 *
 * Whoever shows or looks up takes from the request's meter first, and only
 * then opens or searches: what is refused was never read.  A role without a
 * bound pays one comparison.
 *
 * The counters of all users are one table, shared by all threads.  It never
 * says more than is durable: a counter hands out of a block that a committed
 * row has reserved, so a crash costs its user the rest of a block and never
 * gives him anything twice.  A block is a sixteenth of the bound, at most 64;
 * a clean end writes what was really used.  The day is the caller's to say,
 * and one that is past is never gone back to.
 */
#ifndef SERVER_ACCESS_QUOTA_H
#define SERVER_ACCESS_QUOTA_H

#include "server/access/right.h"
#include "server/store/store.h"

struct quotas;

struct quotas *quotas_new(struct store *s);
/* Nobody takes any more and the store is still open: gives unused blocks
 * back. */
void quotas_stop(struct quotas *q);
void quotas_free(struct quotas *q);

/* What `user` has used of today's; a day as in common/date.h. */
enum err quotas_used(struct quotas *q, struct snapshot *n, uint64_t user,
    int32_t today, uint64_t used[static QUOTA_KINDS]) MUST_USE;

/* --- what the auditor is told, once a user, kind and day -----------------*/

struct quota_event {
	uint64_t user;
	enum quota_kind kind;
	uint64_t used, most;
	bool is_used_up; /* else four fifths are gone */
};

/* Adds its log entry to the plan; false if this thread cannot say who the
 * user is: another's turn, then. */
typedef bool (*quota_tell_fn)(
    void *ctx, struct plan *p, const struct quota_event *e);
/* About once a second, from any loop. */
void quotas_tick(struct quotas *q, quota_tell_fn tell, void *ctx);

/* --- one request's meter -------------------------------------------------*/

struct meter {
	struct quotas *quotas;
	struct snapshot *snapshot;
	uint64_t user;
	uint64_t most[QUOTA_KINDS];
	int32_t today;
	bool may_wait;               /* for a block: a worker */
	uint64_t taken[QUOTA_KINDS]; /* by this request */
	bool is_used_up;             /* something was refused */
};

enum err meter_take_bounded(
    struct meter *m, enum quota_kind k, uint64_t count) MUST_USE;
/* What was taken and then not shown; on whichever thread. */
void meter_give_back(struct meter *m, enum quota_kind k, uint64_t count);

/* ERR_DENIED and `is_used_up` when less is left, ERR_ELSEWHERE when a block
 * must be waited for, else the commit's error.  NULL counts nothing: there
 * is no caller behind the work. */
static inline enum err meter_take(
    struct meter *m, enum quota_kind k, uint64_t count)
{
	if (!m)
		return ERR_OK;
	if (m->most[k] != QUOTA_NONE)
		return meter_take_bounded(m, k, count);
	m->taken[k] += count;
	return ERR_OK;
}

static inline bool meter_is_bounded(const struct meter *m, enum quota_kind k)
{
	return m && m->most[k] != QUOTA_NONE;
}

#endif

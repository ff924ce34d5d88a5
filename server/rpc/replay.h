// SPDX-License-Identifier: MIT
/*
 * Idempotency: the same request id and parameters give the same result.
 *
 *   TABLE_REPLAY  account, digest of the request id and token (16)
 *                 -> ms, digest of the parameters, (entity, record) ...
 *
 * Written in the plan of what it names; kept for a week.  The result is shown
 * anew with today's rights.
 */
#ifndef SERVER_RPC_REPLAY_H
#define SERVER_RPC_REPLAY_H

#include "server/rpc/request.h"

#define REPLAY_LIFE_MS (7LL * 24 * 3600 * 1000)

#define REPLAY_ID_MOST 200 /* bytes: the log keeps it for good */

struct replayed {       /* what the earlier request wrote */
	uint8_t entity; /* 0: the item was refused */
	uint64_t id;    /* or the enum err of the refusal */
};

/* The parameter `request_id`, which goes into the log's entry; NULL: none. */
enum err replay_id(struct request *r, const char **id) MUST_USE;

/* ERR_NOT_FOUND: not seen before, or no request id, or a dry run.  ERR_OK:
 * `list` is what it wrote.  ERR_INVALID: seen with other parameters. */
enum err replay_find(
    struct request *r, struct replayed **list, size_t *count) MUST_USE;
/* The log position of the caller's request with that id. */
enum err replay_position(
    struct request *r, struct bytes id, uint64_t *position) MUST_USE;
void replay_plan(struct request *r, const struct replayed *list, size_t count);

/* Deletes what is older than its life, at most REPLAY_SWEEP at a time. */
#define REPLAY_SWEEP 1000
enum err replay_plan_sweep(struct plan *p, struct snapshot *n, int64_t now_ms,
    unsigned *count) MUST_USE;

#endif

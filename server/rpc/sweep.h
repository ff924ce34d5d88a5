// SPDX-License-Identifier: MIT
/*
 * Sweeping out what has expired: request ids after a week, tokens after their
 * end; and telling the tokens' rows when they were last used.  Now and then,
 * on a worker, a bounded number at a time.
 */
#ifndef SERVER_RPC_SWEEP_H
#define SERVER_RPC_SWEEP_H

#include "server/rpc/pool.h"

#define SWEEP_EVERY_MS (10 * 60 * 1000)

struct rpc;
struct sweep;

struct sweep *sweep_new(void);
void sweep_free(struct sweep *s); /* when the pools have stopped */
/* From any loop, about once a second. */
void sweep_tick(struct rpc *r, int64_t now_ms);

#endif

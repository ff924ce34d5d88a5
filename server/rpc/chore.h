// SPDX-License-Identifier: MIT
/*
 * What is to be done now and then, on a worker, a bounded number of rows at a
 * time: sweeping out what has expired (request ids after a week, tokens after
 * their end), telling the tokens' rows when they were last used, writing the
 * entries of what ended by itself (expiry.h), turning the keys after an
 * erasure (data/round.h), keeping who was erased (data/register.h) and who
 * failed to log in; and once a day a run of the rules (rule_run.h).
 */
#ifndef SERVER_RPC_CHORE_H
#define SERVER_RPC_CHORE_H

struct desk;
struct rpc;
struct chores;

struct chores *chores_new(struct rpc *r);
void chores_free(struct chores *c); /* when the crews have stopped */
/* Before anybody is answered: with a desk of nobody else's. */
void chores_begin(struct chores *c, struct desk *d);
/* From any loop, about once a second. */
void chores_tick(struct chores *c);
/* When the crews have stopped and the store is still open: nothing that was
 * to be kept is lost by a clean end. */
void chores_finish(struct chores *c);

#endif

// SPDX-License-Identifier: MIT
/*
 * The run: rules of business over the whole book.
 *
 * Finds where the classes and bins of the whole book begin, keeps that, and
 * moves whoever the rules say is something else now: by shares and quantiles,
 * and because time has passed.  On a worker: nightly as the server itself
 * (chore.c), and when rule.run asks.
 *
 *   META "rule_run"       be64 ms: when the last run began that was ended
 */
#ifndef SERVER_RPC_RULE_RUN_H
#define SERVER_RPC_RULE_RUN_H

#include "server/data/work.h"

/* `draft`: who and how of the entries.  ERR_BUSY when it met too many other
 * changes, or the rules are others meanwhile. */
enum err rule_run(struct desk *d, const struct caller *who,
    const struct draft *draft, size_t *moved) MUST_USE;
/* A run that began at or after that moment has come to its end, or there is
 * nothing to run. */
enum err rule_run_is_done(
    struct desk *d, int64_t since_ms, bool *done) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * Whom the rules would move: the whole book looked at, on a worker.
 *
 * The run (server/rpc/sweep.h commits what it moves) looks as the server
 * itself; a simulation looks as its caller: over the rows that he may know of,
 * by inputs each of which he may use, and is refused otherwise.
 */
#ifndef SERVER_BOOK_RULE_MOVES_H
#define SERVER_BOOK_RULE_MOVES_H

#include "server/book/report.h"
#include "server/book/rules.h"
#include "server/data/ids.h"

/* The records that would move; the caller releases them, after an error too. */
enum err moves_find(struct desk *d, const struct caller *who,
    const struct book_rules *b, const struct cuts *cuts,
    struct ids *out) MUST_USE;
/* One of them, in a work of its own or with others. */
enum err moves_apply(struct work *w, const struct book_rules *b,
    const struct cuts *cuts, uint64_t id) MUST_USE;

/* Appends {customers, moves, rows, more} of rules that need not be those of
 * the book; `r` has desk, who, arena, found, limit and out. */
enum err rules_simulate(
    struct report_run *r, const struct book_rules *b) MUST_USE;

#endif

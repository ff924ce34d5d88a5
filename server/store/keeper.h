// SPDX-License-Identifier: MIT
/*
 * The keeper: moves the base (base.h) behind the commits.
 *
 * LMDB commits without a sync, since the journal has each commit first.  What
 * makes that safe is a reader at the base's transaction, the pin: while it
 * stays, LMDB overwrites no page of that state, so that its meta pages can be
 * put back.  Now and then, between two commits, the keeper pins the newest
 * state as well and turns the journal; a thread of its own syncs the data
 * file and writes the new base; after that, again between two commits, the
 * older pin and file are free.
 *
 * Pages that are freed meanwhile cannot be used again, so the file grows:
 * moves begin at KEEPER_JOURNAL bytes of frames or KEEPER_GROWTH of file, and
 * at KEEPER_LATE times as much the writer waits for the one under way.
 *
 * All calls are the writer's thread's, between transactions.
 */
#ifndef SERVER_STORE_KEEPER_H
#define SERVER_STORE_KEEPER_H

#include "server/store/base.h"
#include "server/store/engine.h"

#define KEEPER_JOURNAL ((uint64_t)4 * 1024 * 1024)
#define KEEPER_GROWTH  ((uint64_t)32 * 1024 * 1024)
#define KEEPER_LATE    4 /* times either: the writer waits */

struct keeper;

/* Borrows the engine, LMDB's descriptor too.  Pins what the engine shows;
 * writes nothing before the first transaction.  `is_inline`: no thread. */
enum err keeper_open(struct engine *e, int data, const char *dir,
    bool is_inline, struct keeper **out) MUST_USE;
/* The engine shows `base`, which was put back: its journal is still to be
 * read. */
enum err keeper_resume(struct keeper *k, const struct base *base) MUST_USE;
/* Waits for what is under way.  The book stays in need of its journal, unless
 * keeper_finish went before. */
void keeper_close(struct keeper *k);

/* Before each transaction: begins, takes notice of a move that is through,
 * starts one that is due.  ERR_FULL when there is no room to begin. */
enum err keeper_turn(struct keeper *k) MUST_USE;
/* Moves the base now.  ERR_FULL while there is no room for it; it is tried
 * again with each call. */
enum err keeper_move(struct keeper *k, bool wait) MUST_USE;
/* The same for want of other work, without waiting, and gives memory back.
 * *done: a base behind all commits is durable, and no older pin left. */
enum err keeper_tidy(struct keeper *k, bool *done) MUST_USE;

/* What a commit's frame goes to, and the base that it says. */
struct journal *keeper_journal(const struct keeper *k);
uint64_t keeper_number(const struct keeper *k);

/* An orderly end: the data file is made whole, base and journal go. */
enum err keeper_finish(struct keeper *k) MUST_USE;

#endif

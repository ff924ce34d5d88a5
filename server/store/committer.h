// SPDX-License-Identifier: MIT
/*
 * The committer: the one thread that writes.
 *
 * It takes the plans that are there, applies them in the order they came and
 * commits once; what arrives meanwhile is the next batch.  It publishes head
 * and commit count after each commit, completes the plans, and ends the
 * process when nobody can know what is on disk.
 */
#ifndef SERVER_STORE_COMMITTER_H
#define SERVER_STORE_COMMITTER_H

#include "server/store/engine.h"
#include "server/store/store.h"

struct committer;

/* Borrows the engine; `inline_commit` starts no thread. */
enum err committer_open(struct engine *e, const struct store_options *options,
    struct committer **out) MUST_USE;
/* Finishes what was accepted. */
void committer_close(struct committer *c);

void committer_set_hook(struct committer *c, const struct commit_hook *hook);
enum err committer_submit(
    struct committer *c, struct plan *p, plan_done_fn done, void *ctx) MUST_USE;

void committer_refuse(struct committer *c, bool refuse);

/* Any thread. */
uint64_t committer_head(const struct committer *c);
uint64_t committer_commits(const struct committer *c);
/* Fills in what the committer knows. */
void committer_figures(struct committer *c, struct store_figures *out);

#endif

// SPDX-License-Identifier: MIT
/*
 * When tokens were last used, in memory: a request writes nothing.
 *
 * The sweep brings it into the rows now and then; what a crash loses makes a
 * token older.  Shared by all threads; it locks itself.
 */
#ifndef SERVER_ACCESS_USES_H
#define SERVER_ACCESS_USES_H

#include "server/access/token.h"

struct uses;

struct uses *uses_new(void);
void uses_free(struct uses *u);

/* `key`: the token's digest. */
void uses_note(struct uses *u, const struct digest *key, int64_t now_ms);
/* 0: not lately. */
int64_t uses_last(struct uses *u, const struct digest *key);
/* Rows whose use is stale, at most TOKEN_SWEEP at a time. */
enum err uses_plan(struct uses *u, struct plan *p, struct snapshot *n,
    struct sealer *s, struct arena *a, unsigned *count) MUST_USE;

#endif

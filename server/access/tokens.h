// SPDX-License-Identifier: MIT
/*
 * The tokens that one desk has opened.
 *
 * Whoever came by a token is asked for it at each request: is it still there,
 * is it still good.  The row is looked up each time, so one that was revoked
 * is gone with the next request; but a row that is sealed as it was is not
 * opened again.  One slot for each first byte of a digest, which is random
 * enough: two that meet there are opened in turn.
 */
#ifndef SERVER_ACCESS_TOKENS_H
#define SERVER_ACCESS_TOKENS_H

#include "server/access/token.h"

struct tokens;

struct tokens *tokens_new(void);
void tokens_free(struct tokens *t); /* wipes; NULL is fine */

/* As token_get(); borrowed until the next call. */
enum err tokens_get(struct tokens *t, struct snapshot *n, struct sealer *s,
    const struct digest *key, const struct token **out) MUST_USE;

#endif

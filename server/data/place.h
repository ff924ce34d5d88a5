// SPDX-License-Identifier: MIT
/*
 * Cursors: the place in a search, sealed under the system key.
 *
 * Bound to the account, his view, what was asked and the schema's version;
 * valid for a day and over restarts.  Whoever decodes one sees nothing.
 */
#ifndef SERVER_DATA_PLACE_H
#define SERVER_DATA_PLACE_H

#include "server/data/query.h"

#define CURSOR_LIFE_MS (24 * 3600 * 1000)

struct place {
	struct bytes key; /* sort key of the last row */
	uint64_t id;      /* of the last row; 0: the beginning */
};

/* Appends the cursor as packed text. */
enum err place_pack(struct desk *d, const struct caller *who,
    const struct query *q, const struct place *at, struct buf *out) MUST_USE;
/* ERR_INVALID for one that is altered, another's, another search's or old. */
enum err place_open(struct desk *d, const struct caller *who,
    const struct query *q, struct bytes text, struct arena *a,
    struct place *out) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * Answers on the wire: [1, number, error, result].
 *
 * The only place that words an error for a client.  It takes the kind, the
 * name of a field or parameter that the caller himself gave, and findings;
 * nothing from a lower room's log and no stored value can reach it.
 */
#ifndef SERVER_RPC_REPLY_H
#define SERVER_RPC_REPLY_H

#include "server/rpc/request.h"

void reply_result(uint64_t number, struct bytes result, struct buf *out);
void reply_error(const struct request *r, struct buf *out);
/* Before there is a request. */
void reply_refusal(uint64_t number, enum err err, struct buf *out);

/* The error map alone, as items of a batch carry it. */
void reply_pack_error(struct buf *out, enum err err, struct bytes field,
    const char *rule, const struct findings *found, int item);
/* [{field, rule, message}]: findings of that severity and item. */
void reply_pack_findings(struct buf *out, const struct findings *found,
    enum severity severity, int item);

#endif

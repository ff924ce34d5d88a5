// SPDX-License-Identifier: MIT
/*
 * Writing rows that lie under the system key, whatever they hold.
 *
 * A row is packed by who knows its form, sealed here for its purpose and its
 * key, so that it opens nowhere else, and put into the plan.  What must hold
 * of the row before stays with the caller (plan_expect).
 */
#ifndef SERVER_ACCESS_SEALED_ROW_H
#define SERVER_ACCESS_SEALED_ROW_H

#include "server/crypto/sealer.h"
#include "server/store/store.h"

/* Releases `plain`, also when it fails; what `plain` met while it was packed
 * is told here.  ERR_TOO_LARGE. */
enum err sealed_row_put(struct plan *p, struct sealer *s, const char *purpose,
    enum table t, struct bytes key, struct buf *plain) MUST_USE;

#endif

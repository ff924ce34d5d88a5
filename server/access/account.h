// SPDX-License-Identifier: MIT
/*
 * An account as it lies in TABLE_USER: login name -> sealed fields.
 *
 * Inside server/access only.  The login name is the key and is bound into
 * the seal, so no account can be put under another's name.  A role that an
 * account names and that no longer exists gives nothing and is left out.
 */
#ifndef SERVER_ACCESS_ACCOUNT_H
#define SERVER_ACCESS_ACCOUNT_H

#include "server/access/people.h"
#include "server/crypto/sealer.h"
#include "server/store/store.h"

enum err account_put(
    struct plan *p, struct sealer *s, const struct account *who) MUST_USE;

/* Everything but roles and view; the roles' keys go to `roles` in the
 * arena.  ERR_CORRUPT. */
enum err account_unseal(struct sealer *s, struct bytes login,
    struct bytes sealed, struct arena *a, struct account *out,
    struct bytes roles[static ACCOUNT_ROLES], unsigned *role_count) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * What one thread works with, and for whom.
 *
 * A desk is a thread's own set of tools: snapshot, sealer, directory.  Every
 * loop has one and every worker; none is shared.  A caller is whoever sent
 * the request at hand: it travels with the request and is never kept in a
 * global or in the desk.
 */
#ifndef SERVER_DATA_DESK_H
#define SERVER_DATA_DESK_H

#include "common/clock.h"
#include "server/access/directory.h"
#include "server/access/quota.h"
#include "server/crypto/sealer.h"
#include "server/schema/series.h"
#include "server/store/store.h"

struct desk {
	struct store *store;
	struct snapshot *snapshot;
	struct sealer *sealer;
	struct directory *directory;
	struct series *series; /* shared by all desks */
	const struct clock *clock;
	const struct random *random;
	uint8_t store_id[STORE_ID];
	bool may_wait; /* a worker's: may block on a commit */
};

struct caller {
	uint64_t user;           /* account id */
	const char *login;       /* canonical */
	const char *roles;       /* keys, separated by spaces */
	uint64_t branch;         /* record id, 0 for none */
	const char *branch_code; /* "" for none */
	const struct view *view;
	const char *peer;    /* address:port */
	const char *source;  /* of values, when the request names none */
	struct meter *meter; /* of sealed values and look-ups; NULL: none */
};

#endif

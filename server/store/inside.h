// SPDX-License-Identifier: MIT
/*
 * What the store's own modules share: the store and its list of snapshots.
 *
 * The list exists for one figure, the age of the oldest view: a view that
 * stays keeps every page that was freed since.
 */
#ifndef SERVER_STORE_INSIDE_H
#define SERVER_STORE_INSIDE_H

#include <pthread.h>

#include "server/store/committer.h"
#include "server/store/engine.h"
#include "server/store/store.h"
#include "server/store/warm.h"

struct store {
	struct engine *engine;
	struct committer *committer;
	struct warmer *warmer; /* NULL: nothing to do */
	pthread_mutex_t lock;  /* over the list */
	struct snapshot *snapshots;
};

/* Age of the oldest view in use, 0 without one. */
uint64_t snapshots_oldest_ms(struct store *s);

#endif

// SPDX-License-Identifier: MIT
/*
 * What the parts of the log share: the committer's, the scribe's, the lock.
 *
 * Inside server/audit only.  Three threads meet here.  The committer alone
 * touches `growing` and what belongs to it, the scribe alone `seen`; between
 * them stands `lock` over `committed`, which is what the last commit left.
 */
#ifndef SERVER_AUDIT_STATE_H
#define SERVER_AUDIT_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "server/audit/auditlog.h"
#include "server/audit/tree.h"

#define NOTE_BYTES  4096 /* longest note */
#define SCRIBE_MS   1000 /* a checkpoint at least so often */
#define SCRIBE_MOST 1000 /* or after so many entries */
#define STEP_MS     2000 /* a clock set back by more is told */

struct auditlog {
	struct store *store;
	struct keyring *keys;
	const struct clock *clock;
	struct verifier verifier; /* its name is the origin */
	char *note_file;
	atomic_bool is_sound;

	/* the committer's */
	struct tree growing;
	struct buf leaf;
	int64_t last_ms;
	int64_t opened_ms; /* the last entry's at open */
	bool is_behind;    /* the clock, since it was set back */

	pthread_mutex_t lock; /* over all down to the empty line */
	pthread_cond_t grown;
	struct tree committed;
	uint64_t signed_size;
	bool is_stopping;

	/* the scribe's */
	struct frontier seen; /* over leaves as read back */
	int64_t seen_ms;
	pthread_t thread;
	bool is_running;
};

/* Stops all signing and writing, and says why, once. */
void auditlog_alarm(struct auditlog *l, const char *why, uint64_t position);

/* Is it our note, over the first leaves of what the snapshot shows? */
enum err note_check(const struct auditlog *l, struct snapshot *n,
    struct bytes note, struct checkpoint *out) MUST_USE;

/* The note's file: ERR_NOT_FOUND if there is none. */
enum err notefile_read(const char *path, struct buf *out) MUST_USE;
/* Whole or not at all, and durable. */
enum err notefile_write(const char *path, struct bytes note) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * The store: ordered tables, snapshots to read, plans to write.
 *
 * Reading goes through a snapshot.  Writing goes through a plan: what must
 * still be true, what to put and delete, and one draft for the log.  One
 * committer thread takes the plans that are there, applies those whose
 * expectations hold, commits once, and completes all of them: no completion
 * before the commit has returned, and a plan that fails leaves nothing behind
 * but its log entry.
 *
 * A row's `version` is the log position of the plan that last wrote it.  The
 * store knows nothing of the log but that position: the log's owner registers
 * a hook, which the committer calls inside the transaction.
 *
 * Nothing here needs more from an engine than conditional single-row writes,
 * unique keys and atomic multi-row commits.  LMDB is the engine; no type of
 * it is seen outside this room.  Keys are 1..STORE_KEY bytes; long values are
 * cut into pieces inside.
 */
#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include "common/arena.h"
#include "common/bytes.h"
#include "common/err.h"

#define STORE_KEY   120           /* longest key, bytes */
#define STORE_VALUE (1024 * 1024) /* longest value, bytes */

/* What lies under each key is docs/storage.md's.  The numbers are stored, in
 * keys of pieces and in the journal: append only. */
enum table {
	TABLE_META,    /* store identity, schema, counters of the format */
	TABLE_ROW,     /* entity, record -> header, sealed body and fields;
			* the same, kind -> wrapped data keys of a subject */
	TABLE_LEDGER,  /* entity, record -> sealed totals of its children */
	TABLE_HISTORY, /* log position, entity, record -> what it replaced */
	TABLE_INDEX,   /* index, [branch], value, record -> nothing */
	TABLE_UNIQUE,  /* index, value -> record */
	TABLE_USER,    /* login name -> sealed account */
	TABLE_TOKEN,   /* token digest -> sealed token */
	TABLE_SERIES,  /* series, scope -> last number reserved; quotas */
	TABLE_REPLAY,  /* user, request id -> digest and result */
	TABLE_LOG,     /* position -> entry (the leaf's bytes) */
	TABLE_TILE,    /* level, index -> 32 hashes */
	TABLE_NOTE,    /* tree size -> signed checkpoint */
	TABLE_FACTOR,  /* account -> sealed second factor */
	TABLE_DELAY,   /* slot -> failed logins of somebody, or a known pair */
	TABLE_COUNT
};

/* --- life ----------------------------------------------------------------*/

struct store;

struct store_options {
	const char *dir;       /* must exist; data.mdb lies in it */
	uint64_t map_size_mib; /* address space reserved, a hard upper bound */
	unsigned readers;      /* most snapshots at a time */
	size_t queue_plans;    /* plans waiting; past it ERR_BUSY */
	size_t queue_bytes;    /* bytes of plans waiting; past it ERR_BUSY */
	bool create;           /* a new one; ERR_DUPLICATE if there is one */
	bool warm;             /* read into memory behind the opening: warm.h */
	bool inline_commit;    /* no thread: submit commits at once (tests) */
};

/* Defaults: 64 GiB map, 64 readers, 4,096 plans, 256 MiB. */
void store_options_init(struct store_options *o, const char *dir);

/* Opens every table, takes a lock file against a second opener (ERR_CONFLICT),
 * clears dead readers.  ERR_NOT_FOUND without a store, ERR_CORRUPT for
 * another program's or format's file, ERR_INVALID on a network file system. */
enum err store_open(
    const struct store_options *options, struct store **out) MUST_USE;

/* From now on as if the disk were full, or no longer: every plan ERR_FULL.
 * For tests and `kehud selftest`; nothing an operator sets leads here. */
void store_refuse(struct store *s, bool refuse);

/* Finishes every plan that was accepted, then stops the committer. */
void store_close(struct store *s);

/* Log positions given out so far: the next plan with a draft gets this one.
 * Any thread; published after the commit that made it so. */
uint64_t store_head(const struct store *s);

struct store_figures {
	uint64_t map_bytes, used_bytes;
	uint64_t commits, plans, plans_refused;
	uint64_t oldest_reader_ms;
	size_t queued_plans, queued_bytes;
	bool full; /* the last commit found no space */
};
void store_read_figures(struct store *s, struct store_figures *out);

/* --- reading -------------------------------------------------------------*/

/* One thread's view of one moment.  Rows are borrowed from the map (long ones
 * from the snapshot's own memory) and valid until renew, rest or close, when
 * no scan may be open.  Past the store's readers ERR_BUSY. */
struct snapshot;

struct row {
	struct bytes value;
	uint64_t version; /* log position of its last write */
};

enum err snapshot_open(struct store *s, struct snapshot **out) MUST_USE;
void snapshot_close(struct snapshot *n);

/* Shows all that is committed.  Cheap when nothing was committed since. */
enum err snapshot_renew(struct snapshot *n) MUST_USE;
/* Gives its pages back; renew before the next read.  Before every poll. */
void snapshot_rest(struct snapshot *n);
/* From 1, one more when it may show something new: whoever remembers it need
 * not look again while it stays. */
uint64_t snapshot_renewals(const struct snapshot *n);
/* The log position it shows (= store_head() at that moment). */
uint64_t snapshot_head(const struct snapshot *n);

/* ERR_NOT_FOUND if there is none. */
enum err snapshot_get(struct snapshot *n, enum table t, struct bytes key,
    struct row *out) MUST_USE;

/* An ordered walk over keys that begin with `prefix`.  Lives no longer than
 * its snapshot's view.  Any number at a time. */
struct scan;

enum direction { SCAN_UP, SCAN_DOWN };

/* Begins at `from` (inclusive), or at the prefix's first (UP) or last (DOWN)
 * key when `from` is empty. */
enum err scan_open(struct snapshot *n, enum table t, struct bytes prefix,
    struct bytes from, enum direction d, struct scan **out) MUST_USE;
/* False at the end or after an error; scan_error() tells which.  A value
 * longer than 1,900 bytes lives in the scan, until its next step. */
bool scan_next(struct scan *s, struct bytes *key, struct row *out);
enum err scan_error(const struct scan *s);
void scan_close(struct scan *s); /* NULL is fine */

/* --- writing -------------------------------------------------------------*/

enum expect {
	EXPECT_ABSENT,  /* no row under this key */
	EXPECT_PRESENT, /* some row */
	EXPECT_VERSION, /* this version exactly */
};

/*
 * A plan lives in the arena it was made in and remembers its first error
 * (too many bytes for the arena); everything passed in is copied.  A plan
 * without a draft is housekeeping: it takes no log position, and rows that it
 * writes must not be expected by version.
 */
struct plan;

struct plan *plan_new(struct arena *a); /* NULL past the arena's cap */
enum err plan_error(const struct plan *p);
bool plan_is_empty(const struct plan *p); /* no put, no delete */
size_t plan_bytes(const struct plan *p);

void plan_expect(struct plan *p, enum table t, struct bytes key, enum expect e,
    uint64_t version);
void plan_put(
    struct plan *p, enum table t, struct bytes key, struct bytes value);
void plan_del(struct plan *p, enum table t, struct bytes key);
/* As plan_put, under the key be64(log position of this plan) || suffix.
 * Needs a draft: without one store_submit says ERR_INVALID. */
void plan_put_at(
    struct plan *p, enum table t, struct bytes suffix, struct bytes value);
/* What the log's hook gets: see audit/entry.h.  Last one wins. */
void plan_draft(struct plan *p, struct bytes draft);
struct bytes plan_draft_of(const struct plan *p);

/* After completion. */
uint64_t plan_position(const struct plan *p); /* its log position */

/* Called once, on the committer's thread: keep it short (post to a loop).
 * `outcome`: ERR_OK, ERR_CONFLICT (an expectation did not hold), ERR_FULL
 * (nothing was written, not even a log entry). */
typedef void (*plan_done_fn)(struct plan *p, enum err outcome, void *ctx);

/* Hands the plan over until `done`.  ERR_BUSY when the queue is full, or the
 * plan's own error (done is not called).  Any thread.  A commit error other
 * than no space ends the process: nobody gets an answer that may be wrong. */
enum err store_submit(
    struct store *s, struct plan *p, plan_done_fn done, void *ctx) MUST_USE;

/* The same and waits: for workers and start-up, never on a loop. */
enum err store_commit(struct store *s, struct plan *p) MUST_USE;

/* --- the log's hook ------------------------------------------------------*/

/* The transaction in hand, on the committer's thread, inside a hook call. */
struct writer;

/* The row is valid until the next call on the writer. */
enum err writer_get(
    struct writer *w, enum table t, struct bytes key, struct row *out) MUST_USE;
/* Neither key nor value may lie in a row from writer_get: copy it first. */
enum err writer_put(struct writer *w, enum table t, struct bytes key,
    struct bytes value) MUST_USE;

/* Called in batches that give out positions; ERR_FULL undoes the batch (then
 * settle(false), and its plans come again one by one), any other error ends
 * the process. */
struct commit_hook {
	void *ctx;
	/* An entry for a plan with a draft, whatever its outcome (ERR_OK or
	 * ERR_CONFLICT); must write exactly log position `position`. */
	enum err (*append)(void *ctx, struct writer *w, uint64_t position,
	    struct bytes draft, enum err outcome);
	/* After the last plan of a batch, before the commit. */
	enum err (*finish)(void *ctx, struct writer *w);
	/* After the commit: keep what append built up, or go back. */
	void (*settle)(void *ctx, bool committed);
};

/* Before the first plan; once. */
void store_set_hook(struct store *s, const struct commit_hook *hook);

#endif

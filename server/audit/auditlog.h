// SPDX-License-Identifier: MIT
/*
 * The log: appended inside the commit, proved by a tree, signed by a scribe.
 *
 * auditlog is the committer's hook (store.h): for every plan with a draft it
 * writes the leaf at the plan's position, grows the tree's edge in memory, and
 * writes each 32-wide tile of the RFC 6962 tree when it is complete (the
 * incomplete right edge is recomputed from the log at open and by readers).
 * What it built in a batch counts only when the commit held.
 *
 * The scribe signs checkpoints, every second or 1,000 entries: it reads the
 * committed leaves back, recomputes the root along its own path, compares it
 * with the tiles' root, and only then asks the keyring to sign.  A difference
 * is an alarm: nothing is signed and writes are refused (ERR_FULL from the
 * store, "unavailable" on the wire) from then on.
 */
#ifndef SERVER_AUDIT_AUDITLOG_H
#define SERVER_AUDIT_AUDITLOG_H

#include "common/clock.h"
#include "common/merkle.h"
#include "server/audit/entry.h"
#include "server/crypto/keyring.h"
#include "server/store/store.h"

struct auditlog;

/* Reads the frontier back from tiles and leaves, checks the newest signed
 * checkpoint (TABLE_NOTE, and the file `note_file`, which may be newer than a
 * restored store: then ERR_UNVERIFIED and a line in the service log), and
 * registers itself as the store's hook. */
enum err auditlog_open(struct store *s, struct keyring *k,
    const struct clock *clock, const char *note_file,
    struct auditlog **out) MUST_USE;
void auditlog_close(struct auditlog *l); /* after store_close */

/* Has an alarm stopped it?  Any thread. */
bool auditlog_is_sound(const struct auditlog *l);
/* The last entry's time when it was opened, which no later one is before. */
int64_t auditlog_time(const struct auditlog *l);
/* "kehu/<hex store id>", and "name+hash+key" for other people's verifiers. */
const char *auditlog_origin(const struct auditlog *l);
void auditlog_vkey(const struct auditlog *l, struct buf *out);

/* --- the scribe ----------------------------------------------------------*/

/* One turn, on a thread of its own: signs if there is anything new.  Reads
 * through its own snapshot `n`. */
enum err scribe_turn(struct auditlog *l, struct snapshot *n) MUST_USE;
/* Runs turns until scribe_stop(); the thread is made and joined here. */
enum err scribe_start(struct auditlog *l) MUST_USE;
void scribe_stop(struct auditlog *l); /* signs a last time */

/* --- reading (any thread, its own snapshot) ------------------------------*/

/* The newest signed checkpoint's note; ERR_NOT_FOUND before the first. */
enum err auditlog_note(
    struct snapshot *n, struct arena *a, struct bytes *note) MUST_USE;
/* The leaf at a position. */
enum err auditlog_leaf(
    struct snapshot *n, uint64_t position, struct bytes *leaf) MUST_USE;
/* The same, read back; its texts are in `a` or the snapshot's. */
enum err auditlog_entry(struct snapshot *n, uint64_t position, struct arena *a,
    struct entry *out) MUST_USE;
/* Root of the first `size` leaves, from tiles and leaves. */
enum err auditlog_root(
    struct snapshot *n, uint64_t size, struct digest *root) MUST_USE;
/* RFC 9162 proofs; ERR_INVALID for positions or sizes that do not exist. */
enum err auditlog_inclusion(struct snapshot *n, uint64_t position,
    uint64_t size, struct digest proof[static MERKLE_PROOF],
    size_t *count) MUST_USE;
enum err auditlog_consistency(struct snapshot *n, uint64_t old_size,
    uint64_t new_size, struct digest proof[static MERKLE_PROOF],
    size_t *count) MUST_USE;

/* Recomputes the leaves from `from` to before `to` (UINT64_MAX: all) against
 * tiles and the signed root: calls `each` with every parsed entry (for the
 * checks of values that server/data adds) and counts what is bad.  ERR_OK even
 * when bad > 0. `each` may be NULL; it answers ERR_UNVERIFIED or ERR_CORRUPT
 * for what is bad, and anything else but ERR_OK ends the walk. */
struct audit_result {
	uint64_t entries, bad;
	uint64_t first_bad; /* position, when bad > 0 */
};
enum err auditlog_verify(struct auditlog *l, struct snapshot *n, uint64_t from,
    uint64_t to, enum err (*each)(void *ctx, const struct entry *e), void *ctx,
    struct audit_result *out) MUST_USE;

#endif

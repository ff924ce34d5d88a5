// SPDX-License-Identifier: MIT
/*
 * Counting what needs no entry of its own: refusals, by
 * (principal or source, method, code, minute), committed with the next batch
 * or within a second; and unwatched reads, one summary entry a session and
 * minute.  The counts of all entries add up to the requests received.
 *
 * One tally a thread.  Bounded: past TALLY_MOST distinct keys a refusal goes
 * into one entry for "others" of its method, so a flood cannot fill the log.
 */
#ifndef SERVER_AUDIT_TALLY_H
#define SERVER_AUDIT_TALLY_H

#include "server/audit/entry.h"
#include "server/store/store.h"

#define TALLY_MOST 1024

struct tally;

struct tally *tally_new(void);
/* After store_close(), which completes what was submitted: entries in flight
 * come back to the tally.  NULL is fine. */
void tally_free(struct tally *t);

/* `d` names who, peer, method, result; copied by value into the row, long
 * texts cut.  Due at once, and from the fifth entry of a minute on at the
 * minute's end. */
void tally_refusal(struct tally *t, const struct draft *d, int64_t now_ms);
/* Reads of `session` (any number that names it), flushed after a minute or by
 * tally_session_end(). */
void tally_read(
    struct tally *t, uint64_t session, const struct draft *d, int64_t now_ms);
void tally_session_end(struct tally *t, uint64_t session);

/* Submits what is due (everything, when `all`) as plans of one entry each;
 * what the store cannot take now stays for the next call (ERR_BUSY), and what
 * it took and could not write comes back. */
enum err tally_flush(
    struct tally *t, struct store *s, int64_t now_ms, bool all) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * A whole book in this process: keys, store, log, methods, and no socket.
 *
 * Clock and randomness stand where twin_step() put them, so that two twins
 * that take the same steps make the same ids, keys and times.  One request at
 * a time: twin_ask() returns when the answer is there, by whatever thread.
 */
#ifndef SERVER_SELFTEST_TWIN_H
#define SERVER_SELFTEST_TWIN_H

#include "server/rpc/rpc.h"
#include "server/selftest/mode.h"

/* Who sits at the book; each has a connection of his own. */
enum seat {
	SEAT_MAKER,  /* may do anything: fills the books */
	SEAT_READER, /* whose answers are compared */
	SEAT_SPARE,  /* the same role; logs in and out */
	SEATS
};

struct twin;

/* In `dir`, which must be there and empty.  `document` is a packed schema
 * whose role `first_role` the maker's account gets. */
enum err twin_open(const char *dir, struct bytes document,
    const char *first_role, uint64_t seed, struct twin **out) MUST_USE;
void twin_close(struct twin *t); /* NULL is fine; the files stay */

/* Time and chance of the requests that follow. */
void twin_step(struct twin *t, uint64_t step);
void twin_tick(struct twin *t); /* once a second: counts are flushed */
enum err twin_sign(struct twin *t) MUST_USE; /* the log's head */
/* The maker comes anew: what was counted of him is flushed with the rest. */
enum err twin_reseat(struct twin *t) MUST_USE;
void twin_enter(struct twin *t, enum mode mode);

/* The whole answer; valid until the next. */
struct bytes twin_ask(struct twin *t, enum seat seat, struct bytes message);

uint64_t twin_head(const struct twin *t); /* entries in the log */
/* As of the last request that was answered on the loop. */
const struct directory *twin_directory(const struct twin *t);

#endif

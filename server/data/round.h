// SPDX-License-Identifier: MIT
/*
 * The round of keys: what an erasure took from the book it takes from every
 * copy of the book.
 *
 * An erasure deletes the customer's wrapped key, but older copies of the data
 * file have it still.  So a new KEK is made, all other keys are wrapped under
 * it, and the KEKs before it are destroyed: then no copy from before opens
 * with today's keys, and this book opens as ever.
 *
 *   META "round"          be32: 0 wanted, else the KEK that all keys go under
 *   META "kek"            be32: moved when a KEK is made; whoever makes new
 *                         keys expects it, so that none is wrapped under an
 *                         older one behind the round's back
 *
 * Each step can be repeated: a round that was killed, or left because the
 * server stops, is taken up where it stood.  One that a later erasure overtook
 * ends all the same, so that the ring never fills, and the next is for both.
 * Copies made before a round are of no use after it; make a new one.
 */
#ifndef SERVER_DATA_ROUND_H
#define SERVER_DATA_ROUND_H

#include "server/data/work.h"

/* Of a plan that erases. */
void round_want(struct plan *p);

/* Of a plan that makes keys. */
enum err round_guard(struct desk *d, struct plan *p) MUST_USE;

/* All of one, on a worker; ERR_OK too if none is due. */
enum err round_turn(
    struct desk *d, struct keyring *k, struct arena *a) MUST_USE;

#endif

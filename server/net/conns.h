// SPDX-License-Identifier: MIT
/*
 * The connections of one loop: who they are, their bounds, their work.
 *
 * Readiness, posts and conn_send() only put a connection on the agenda; each
 * turn of the loop, conns_round() gives every connection on it one step: one
 * record read, a bounded number of messages handed up, one write of all that
 * was answered.  What is left goes on the next turn's agenda, so a peer with
 * endless input waits behind all others.
 *
 * Steps go by groups: all of a group are heard before any is answered.  An
 * answer wakes its reader, who then runs where we did, in and out of our
 * caches; the next ones find him awake.
 *
 * The part of this room that the layers above see is in net.h.
 */
#ifndef SERVER_NET_CONNS_H
#define SERVER_NET_CONNS_H

#include "server/net/conn.h"

void conns_init(struct conns *s, struct conn_terms *terms, struct loop *loop);
void conns_release(struct conns *s); /* after the loop has ended */

/* Takes the descriptor, already counted in terms->open, terms->waiting and
 * count; on the loop's thread. */
void conns_adopt(struct conns *s, int fd, const struct peer *from);
/* One step for each on the agenda; true: some want another one at once. */
bool conns_round(struct conns *s);
/* Takes no more messages and closes each when its answers are out. */
void conns_stop(struct conns *s);
void conns_kill(struct conns *s);
bool conns_are_none(const struct conns *s);

#endif

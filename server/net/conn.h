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
#ifndef SERVER_NET_CONN_H
#define SERVER_NET_CONN_H

#include <stdatomic.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "common/buf.h"
#include "server/net/deadline.h"
#include "server/net/loop.h"
#include "server/net/net.h"
#include "server/net/tls.h"

#define CONNS_GROUP 16

/* What holds for the connections of all loops. */
struct conn_terms {
	struct net_limits limits;
	struct net_events events;
	struct tls_context *tls;
	atomic_uint open;
	atomic_uint waiting; /* of these not logged in */
};

TAILQ_HEAD(conn_list, conn);

struct conns {
	struct conn_terms *terms;
	struct loop *loop;
	void *loop_data;
	struct conn_list all;
	struct conn_list agenda;
	struct conn_list gone; /* to be buried at the round's end */
	struct deadline_queue login;
	struct deadline_queue message;
	struct deadline_queue stalled;
	struct deadline_queue idle;
	struct deadline_queue linger;   /* after our goodbye */
	uint8_t *scratch;               /* what one read brings */
	struct buf spares[CONNS_GROUP]; /* storage for the next replies */
	unsigned spare_count;
	bool stopping;
	atomic_uint count;         /* also those only held; steers new ones */
	_Atomic uint64_t messages; /* written by the loop alone */
	_Atomic uint64_t bytes_in;
	_Atomic uint64_t bytes_out;
};

struct peer {
	struct sockaddr_storage address;
	socklen_t len;
};

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

// SPDX-License-Identifier: MIT
/*
 * One connection, as its set sees it: made, given steps, ended.
 *
 * Its set (conns.h) decides whose step it is and which deadline has passed.
 * No step waits, and none frees its connection: it goes to GONE, and is
 * buried when the round is over.
 *
 * What the layers above call (conn_send() and the like) is in net.h.
 */
#ifndef SERVER_NET_CONN_H
#define SERVER_NET_CONN_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "common/buf.h"
#include "common/message.h"
#include "server/net/deadline.h"
#include "server/net/loop.h"
#include "server/net/net.h"
#include "server/net/tls.h"

#define CONN_READ_MAX (16 * 1024) /* one TLS record */
#define CONNS_GROUP   16          /* heard before any of them is answered */

/* What holds for the connections of all loops. */
struct conn_terms {
	struct net_limits limits;
	struct net_events events;
	struct tls_context *tls;
	atomic_uint open;
	atomic_uint waiting; /* of these not logged in */
};

TAILQ_HEAD(conn_list, conn);

/* What the connections of one loop share. */
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

enum conn_state { SHAKING, OPEN, LEAVING, LINGERING, GONE };

struct conn {
	enum conn_state state;
	int fd;
	struct conns *set;
	struct tls *tls;
	struct watch *watch;
	void *data;
	bool opened;   /* the layer above knows it */
	bool admitted; /* logged in */
	bool readable; /* the next read may bring something */
	bool deaf;     /* readiness is not asked for: reading pauses */
	bool blocked;  /* the wire takes no more for now */
	bool asks;     /* readiness to write is asked for */
	bool choked;   /* too much output waits */
	bool ended;    /* the peer said goodbye */
	bool on_agenda;
	bool buried; /* all but the struct is freed */
	unsigned held;
	struct message_scan scan;
	size_t scanned;
	struct buf in;
	struct buf out;
	struct deadline login;
	struct deadline message;
	struct deadline stalled;
	struct deadline idle;
	struct deadline linger;
	TAILQ_ENTRY(conn) in_all;
	TAILQ_ENTRY(conn) in_agenda;
	TAILQ_ENTRY(conn) in_gone;
	char peer[INET6_ADDRSTRLEN + 9];
};

/* In no list yet; takes the descriptor. */
struct conn *conn_new(struct conns *s, int fd, const struct peer *from);
/* The struct itself, buried before; whoever still holds it has lost it. */
void conn_free(struct conn *c);

/* A step in the round that comes. */
void conn_put_on_agenda(struct conn *c);
/* The two halves of a step: input, then output and what follows from it. */
void conn_hear(struct conn *c);
void conn_speak(struct conn *c);

/* To GONE, from any state; without a word to the peer. */
void conn_kill(struct conn *c);
/* Gives back all but the struct, which lives until nobody holds it. */
void conn_bury(struct conn *c);

#endif

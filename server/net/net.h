// SPDX-License-Identifier: MIT
/*
 * Bytes in, bytes out: loops, listener, TLS 1.3, connections, deadlines.
 *
 * A loop is one thread with its own event base and connections; a connection
 * stays on the loop that adopted it, and every call about it happens on that
 * loop's thread.  libevent tells readiness, time and signals; TLS is
 * SSL_read and SSL_write on our own bounded buffers (docs/decisions).  This
 * room finds whole messages and knows no method: it hands each message to the
 * `message` callback and sends what conn_send() is given, coalesced into as
 * few TLS records as possible once the current round of messages is through.
 *
 * Bounds are absolute: handshake and login budget, message budget from first
 * to last byte, idle time, output that the peer does not take.  Above the
 * high mark of unsent replies, and above `max_in_flight` unanswered messages,
 * reading pauses.  Nothing grows by what a header claims.
 */
#ifndef SERVER_NET_NET_H
#define SERVER_NET_NET_H

#include "common/bytes.h"
#include "common/err.h"
#include "common/task.h"

struct net;  /* the listener and its loops */
struct loop; /* one thread */
struct conn; /* one connection */

struct net_limits {
	size_t message_bytes;        /* after login; 1 MiB */
	size_t greeting_bytes;       /* before login; 4 KiB */
	size_t output_high;          /* stop reading above; 1 MiB */
	size_t greeting_output_high; /* the same before login; 64 KiB */
	size_t output_max;           /* close above; 8 MiB */
	unsigned max_in_flight;      /* messages without answer; 256 */
	unsigned connections;        /* at a time, over all loops; 10,000 */
	unsigned waiting;            /* of these not logged in; 2,000 */
	unsigned login_ms;           /* from accept to conn_admit(); 10,000 */
	unsigned message_ms;         /* first to last byte; 10,000 */
	unsigned stalled_ms;         /* output without progress; 10,000 */
	unsigned idle_ms;            /* no message at all; 30 min */
};

enum client_certificates {
	CERTIFICATES_OFF,
	CERTIFICATES_OPTIONAL, /* checked when shown */
	CERTIFICATES_REQUIRED,
};

struct net_options {
	const char *listen; /* "HOST:PORT"; port 0 takes a free one */
	unsigned loops;     /* threads; 0: one a core */
	const char *certificate_file;
	const char *key_file;
	const char *client_ca_file; /* NULL: certificates off */
	enum client_certificates certificates;
	struct net_limits limits;
};

void net_limits_init(struct net_limits *l);

/*
 * What the layer above provides; every call on the loop's own thread.
 * `loop_data` is what `loop_start` returned for this loop, `conn_data` what
 * `opened` returned for this connection.
 */
struct net_events {
	void *ctx;
	void *(*loop_start)(void *ctx, struct loop *loop); /* on its thread */
	void (*loop_stop)(void *ctx, void *loop_data);
	/* Before the loop polls: nothing may be held across it. */
	void (*resting)(void *ctx, void *loop_data);
	/* About once a second. */
	void (*tick)(void *ctx, void *loop_data);
	/* After the TLS handshake, so the certificate is known. */
	void *(*opened)(void *ctx, void *loop_data, struct conn *c);
	/* One whole MessagePack message, valid during the call.  Answer now or
	 * later with conn_send(); conn_hold() for later. */
	void (*message)(void *ctx, void *conn_data, struct bytes message);
	/* The stream broke a bound (ERR_TOO_LARGE) or is no MessagePack
	 * (ERR_INVALID): a last conn_send() goes out, then it closes. */
	void (*broken)(void *ctx, void *conn_data, enum err why);
	/* Once for each `opened`: the connection is gone (up to a second
	 * after conn_close()); conn_data is the callee's to free, unless it
	 * still has answers under way (see conn_hold). */
	void (*closed)(void *ctx, void *conn_data);
	/* Once, on the first loop: nobody is let in from here on. */
	void (*stopping)(void *ctx);
};

/* Binds and loads certificates; ERR_INVALID, ERR_UNAVAILABLE (port taken). */
enum err net_open(const struct net_options *options,
    const struct net_events *events, struct net **out) MUST_USE;
unsigned net_port(const struct net *n); /* the port it got */

/* Runs until net_stop(), SIGTERM or SIGINT, which count since net_open(): stops
 * accepting, lets answers under way go out (bounded), closes all, joins the
 * threads.  The calling thread becomes loop 0. */
enum err net_run(struct net *n) MUST_USE;
void net_stop(struct net *n); /* any thread */
void net_close(struct net *n);

/* Any thread: runs `call` on the loop's thread, in order, soon; `call` may
 * free the item.  Many posts cost one wake-up.  `t` is embedded in the
 * caller's struct.  Safe until net_close(); what is posted after the loop has
 * stopped is never run. */
void loop_post(struct loop *l, struct task *t);
struct loop *conn_loop(const struct conn *c);

/* Queues bytes; they leave when the round is through.  A connection that is
 * gone swallows them. */
void conn_send(struct conn *c, struct bytes reply);
/* One answer is under way: counts against max_in_flight and keeps `c` valid
 * (not open) until conn_drop(). */
void conn_hold(struct conn *c);
void conn_drop(struct conn *c);
/* Logged in: the wider bounds hold from now on; and back. */
void conn_admit(struct conn *c, bool in);
/* Sends what waits, says goodbye, closes. */
void conn_close(struct conn *c);

/* "203.0.113.7:51514" (or "[::1]:..."); lives as long as the connection. */
const char *conn_peer(const struct conn *c);
/* SHA-256 of the public key (SPKI) of the client's certificate; false if it
 * showed none. */
bool conn_certificate(const struct conn *c, uint8_t spki[static 32]);

struct net_figures {
	uint64_t accepted, refused, open, waiting;
	uint64_t messages, bytes_in, bytes_out;
};
void net_figures(struct net *n, struct net_figures *out); /* any thread */

#endif

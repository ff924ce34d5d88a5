// SPDX-License-Identifier: MIT
/*
 * The TLS connection to a server: one message out, one message in.
 *
 * TLS 1.3, ALPN kehu/1, the server's chain checked against the one pinned
 * authority and the host's name or address.  Every wait has a deadline.  A
 * failure says at which step it happened and whether the request may have
 * reached the server, because that decides what a person must be told.
 * OpenSSL is seen in link.c alone.
 */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "common/buf.h"
#include "common/digest.h"

#define LINK_REPLY_MOST ((size_t)64 << 20)

struct link;

struct link_target {
	const char *host, *port;
	struct bytes authority;  /* PEM; empty: trust nothing (probe only) */
	const char *certificate; /* the client's own, or NULL */
	const char *key;
	unsigned connect_ms;
	/* Told each second that an answer is waited for; NULL: nobody. */
	void (*waiting)(void *ctx, uint64_t spent_ns);
	void *ctx;
};

enum link_step {
	LINK_NAME,
	LINK_CONNECT,
	LINK_TLS,
	LINK_TRUST,
	LINK_OWN_CERTIFICATE, /* the server does not take it, or wants one */
	LINK_SEND,
	LINK_REPLY,
};

struct link_failure {
	enum link_step step;
	bool sent; /* the request may have arrived */
	char why[160];
};

/* ERR_UNREACHABLE or ERR_UNTRUSTED, with *failure filled. */
enum err link_open(const struct link_target *t, struct link **out,
    struct link_failure *failure) MUST_USE;
void link_close(struct link *l); /* NULL is fine */

/* Shakes hands without trust to learn the server's authority: the last,
 * self-signed certificate of its chain as PEM, and its SHA-256 (of the DER).
 * Nothing else is sent. */
enum err link_probe(const struct link_target *t, struct buf *pem,
    struct digest *fingerprint, struct link_failure *failure) MUST_USE;

/* The fingerprint of a PEM certificate at hand; ERR_INVALID. */
enum err link_fingerprint(struct bytes pem, struct digest *out) MUST_USE;

/* Sends one packed message, whose answer may take so long. */
enum err link_send(struct link *l, struct bytes message, unsigned answer_ms,
    struct link_failure *failure) MUST_USE;
/* Receives the next whole message into `reply` (reset first).  The time for
 * an answer runs from what was sent last, whatever comes before it. */
enum err link_receive(
    struct link *l, struct buf *reply, struct link_failure *failure) MUST_USE;

uint32_t link_next_id(struct link *l);

#endif

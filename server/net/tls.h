// SPDX-License-Identifier: MIT
/*
 * TLS 1.3 over any wire: one step at a time, never waiting.
 *
 * A context holds certificates and rules (1.3 only, ALPN kehu/1, nothing
 * resumable, no early data); a session is one connection's.  Every step says
 * what it needs next.  The wire is two calls, so that a test can stand in for
 * the network.  After TLS_FAILED a session does nothing more, and sends no
 * goodbye.  OpenSSL and its errors are seen in tls.c alone.
 *
 * A session belongs to one thread; a context may be shared once it is open.
 */
#ifndef SERVER_NET_TLS_H
#define SERVER_NET_TLS_H

#include "common/err.h"
#include "server/net/net.h"

struct tls_context;
struct tls;

enum tls_step {
	TLS_DONE,       /* as asked */
	TLS_AGAIN,      /* nothing yet, but call again without waiting */
	TLS_WANT_READ,  /* when the wire is readable */
	TLS_WANT_WRITE, /* when the wire is writable */
	TLS_CLOSED,     /* the peer has said goodbye */
	TLS_FAILED,     /* cut short, or a broken rule */
};

#define WIRE_BLOCKED (-1)
#define WIRE_BROKEN  (-2)

struct tls_wire {
	void *ctx;
	/* Bytes moved (read: 0 at the end), WIRE_BLOCKED or WIRE_BROKEN. */
	int (*read)(void *ctx, void *data, int len);
	int (*write)(void *ctx, const void *data, int len);
};

struct tls_files {
	const char *certificate;
	const char *key;
	const char *client_ca; /* NULL: no client certificates */
	enum client_certificates certificates;
};

/* ERR_INVALID, with a line in the log, if a file is not what it should be. */
enum err tls_context_open(
    const struct tls_files *files, struct tls_context **out) MUST_USE;
void tls_context_close(struct tls_context *x);

/* The server's side; `wire` is copied, its ctx must outlive the session. */
struct tls *tls_new(struct tls_context *x, const struct tls_wire *wire);
void tls_free(struct tls *t);

enum tls_step tls_handshake(struct tls *t) MUST_USE;
enum tls_step tls_read(
    struct tls *t, void *data, size_t room, size_t *got) MUST_USE;
/* Repeat with at least the same bytes after TLS_WANT_*; they may move. */
enum tls_step tls_write(struct tls *t, struct bytes s, size_t *sent) MUST_USE;
enum tls_step tls_goodbye(struct tls *t) MUST_USE;

/* Bytes that the wire no longer tells about may give another tls_read(). */
bool tls_has_more(const struct tls *t);
/* SHA-256 of the SPKI of the client's certificate, if it showed one. */
bool tls_certificate(const struct tls *t, uint8_t spki[static 32]);

#endif

// SPDX-License-Identifier: MIT
/*
 * TLS over a non-blocking socket and poll(2); see link.h.
 *
 * Deadlines are absolute and monotonic.  OpenSSL's texts go to the user's
 * own terminal as the reason of a failure and nowhere else.
 */
#include "client/link.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/message.h"

#define LATE         "no answer in time"
#define TOLD_EACH_NS 1000000000u

static const unsigned char protocol[] = "\006kehu/1";

struct link {
	SSL_CTX *context;
	SSL *tls;
	int fd;
	uint32_t last_id;
	uint64_t answer_until; /* for all that comes before it, too */
	void (*waiting)(void *ctx, uint64_t spent_ns);
	void *ctx;
	struct message_scan scan;
	struct buf in; /* bytes past the last message */
};

static enum err fail(
    struct link_failure *f, enum link_step step, enum err e, const char *why)
{
	f->step = step;
	snprintf(f->why, sizeof(f->why), "%s", why);
	return e;
}

static const char *library_text(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(code);

	return text ? text : "the connection was closed";
}

/* In TLS 1.3 the server judges a client's certificate when the client takes
 * its handshake for done: what it sent meanwhile was not looked at. */
static bool is_about_certificate(unsigned long code)
{
	static const int reasons[] = { SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
		SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
		SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
		SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
		SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
		SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
		SSL_R_TLSV1_ALERT_UNKNOWN_CA };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
		    ERR_GET_REASON(code) == reasons[i])
			return true;
	return false;
}

/* The stream ended, as OpenSSL's errors tell. */
static enum err fail_stream(struct link_failure *f, enum link_step step)
{
	if (!is_about_certificate(ERR_peek_last_error()))
		return fail(f, step, ERR_UNREACHABLE, library_text());
	f->sent = false;
	return fail(f, LINK_OWN_CERTIFICATE, ERR_UNTRUSTED, library_text());
}

static uint64_t deadline_in(unsigned ms)
{
	return clock_monotonic_ns() + (uint64_t)ms * 1000000;
}

/* Waits for readiness until the deadline. */
static bool wait_for(int fd, short events, uint64_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		uint64_t now = clock_monotonic_ns();
		if (now >= deadline)
			return false;
		int n = poll(&p, 1, (int)((deadline - now) / 1000000) + 1);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

/* For what the server says, telling each second that it is waited for. */
static bool wait_answer(const struct link *l, uint64_t deadline)
{
	uint64_t start = clock_monotonic_ns(), until = start;

	while (until < deadline) {
		until = l->waiting && until + TOLD_EACH_NS < deadline
			    ? until + TOLD_EACH_NS
			    : deadline;
		if (wait_for(l->fd, POLLIN, until))
			return true;
		if (l->waiting)
			l->waiting(l->ctx, clock_monotonic_ns() - start);
	}
	return false;
}

/* Whether an SSL call that returned `result` may be tried again. */
static bool ready_again(struct link *l, int result, uint64_t deadline)
{
	int why = SSL_get_error(l->tls, result);

	if (why == SSL_ERROR_WANT_READ)
		return wait_answer(l, deadline);
	if (why == SSL_ERROR_WANT_WRITE)
		return wait_for(l->fd, POLLOUT, deadline);
	return false;
}

static int connect_one(const struct addrinfo *at, uint64_t deadline)
{
	int one = 1;
	int error = 0;
	socklen_t len = sizeof(error);
	int fd = socket(at->ai_family,
	    at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol);

	if (fd < 0)
		return -1;
	if (connect(fd, at->ai_addr, at->ai_addrlen) != 0 &&
	    errno != EINPROGRESS)
		error = errno;
	else if (!wait_for(fd, POLLOUT, deadline))
		error = ETIMEDOUT;
	else
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		close(fd);
		errno = error;
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static enum err connect_to(const struct link_target *t, uint64_t deadline,
    int *fd, struct link_failure *f)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int bad = getaddrinfo(t->host, t->port, &hints, &list);

	if (bad)
		return fail(f, LINK_NAME, ERR_UNREACHABLE, gai_strerror(bad));
	*fd = -1;
	for (struct addrinfo *at = list; at && *fd < 0; at = at->ai_next)
		*fd = connect_one(at, deadline);
	int error = errno;
	freeaddrinfo(list);
	if (*fd < 0)
		return fail(f, LINK_CONNECT, ERR_UNREACHABLE, strerror(error));
	return ERR_OK;
}

static X509 *parse_pem(struct bytes pem)
{
	BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
	X509 *out = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	BIO_free(in);
	return out;
}

static bool trust(struct link *l, const struct link_target *t)
{
	X509 *authority = parse_pem(t->authority);
	bool is_ok =
	    authority && X509_STORE_add_cert(SSL_CTX_get_cert_store(l->context),
			     authority) == 1;

	X509_free(authority);
	if (!is_ok)
		return false;
	SSL_CTX_set_verify(l->context, SSL_VERIFY_PEER, NULL);
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(l->context);
	return X509_VERIFY_PARAM_set1_ip_asc(param, t->host) == 1 ||
	       X509_VERIFY_PARAM_set1_host(param, t->host, 0) == 1;
}

static enum err prepare(struct link *l, const struct link_target *t, bool probe,
    struct link_failure *f)
{
	l->context = SSL_CTX_new(TLS_client_method());
	if (!l->context)
		return fail(f, LINK_TLS, ERR_INTERNAL, library_text());
	SSL_CTX_set_min_proto_version(l->context, TLS1_3_VERSION);
	SSL_CTX_set_mode(l->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_alpn_protos(l->context, protocol, sizeof(protocol) - 1);
	if (!probe && !trust(l, t))
		return fail(f, LINK_TRUST, ERR_UNTRUSTED,
		    "the pinned certificate cannot be read");
	if (t->certificate && !probe &&
	    (SSL_CTX_use_certificate_chain_file(l->context, t->certificate) !=
		    1 ||
		SSL_CTX_use_PrivateKey_file(l->context,
		    t->key ? t->key : t->certificate, SSL_FILETYPE_PEM) != 1))
		return fail(f, LINK_TLS, ERR_USAGE,
		    "the client's certificate or key cannot be read");
	l->tls = SSL_new(l->context);
	if (!l->tls || SSL_set_fd(l->tls, l->fd) != 1)
		return fail(f, LINK_TLS, ERR_INTERNAL, library_text());
	/* The macro of this name drops const. */
	SSL_ctrl(l->tls, SSL_CTRL_SET_TLSEXT_HOSTNAME,
	    TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)t->host);
	return ERR_OK;
}

static enum err shake_hands(
    struct link *l, uint64_t deadline, struct link_failure *f)
{
	const unsigned char *chosen = NULL;
	unsigned len = 0;

	for (;;) {
		ERR_clear_error();
		int n = SSL_connect(l->tls);
		if (n == 1)
			break;
		if (ready_again(l, n, deadline))
			continue;
		long verdict = SSL_get_verify_result(l->tls);
		if (verdict != X509_V_OK)
			return fail(f, LINK_TRUST, ERR_UNTRUSTED,
			    X509_verify_cert_error_string(verdict));
		return fail(f, LINK_TLS, ERR_UNREACHABLE,
		    clock_monotonic_ns() >= deadline ? "time is up"
						     : library_text());
	}
	SSL_get0_alpn_selected(l->tls, &chosen, &len);
	if (len != protocol[0] || memcmp(chosen, protocol + 1, len) != 0)
		return fail(f, LINK_TLS, ERR_UNREACHABLE,
		    "the other side does not speak kehu/1");
	return ERR_OK;
}

static enum err open_link(const struct link_target *t, bool probe,
    struct link **out, struct link_failure *f)
{
	uint64_t deadline = deadline_in(t->connect_ms);
	struct link *l = must_alloc(sizeof(*l));

	*f = (struct link_failure){ 0 };
	*l = (struct link){ .fd = -1, .waiting = t->waiting, .ctx = t->ctx };
	buf_init(&l->in, LINK_REPLY_MOST + 65536);
	enum err e = connect_to(t, deadline, &l->fd, f);
	if (e == ERR_OK)
		e = prepare(l, t, probe, f);
	if (e == ERR_OK)
		e = shake_hands(l, deadline, f);
	if (e != ERR_OK) {
		link_close(l);
		l = NULL;
	}
	*out = l;
	return e;
}

enum err link_open(const struct link_target *t, struct link **out,
    struct link_failure *failure)
{
	return open_link(t, false, out, failure);
}

void link_close(struct link *l)
{
	if (!l)
		return;
	if (l->tls)
		(void)SSL_shutdown(l->tls);
	SSL_free(l->tls);
	SSL_CTX_free(l->context);
	if (l->fd >= 0)
		close(l->fd);
	buf_release(&l->in);
	free(l);
}

static enum err digest_of(X509 *certificate, struct digest *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);

	if (len <= 0)
		return ERR_INVALID;
	digest_bytes(bytes_of(der, (size_t)len), out);
	OPENSSL_free(der);
	return ERR_OK;
}

static enum err copy_pem(X509 *certificate, struct buf *pem)
{
	char *data = NULL;
	BIO *out = BIO_new(BIO_s_mem());

	if (!out || PEM_write_bio_X509(out, certificate) != 1) {
		BIO_free(out);
		return ERR_INTERNAL;
	}
	long len = BIO_get_mem_data(out, &data);
	buf_append(pem, data, (size_t)len);
	BIO_free(out);
	return pem->err;
}

enum err link_probe(const struct link_target *t, struct buf *pem,
    struct digest *fingerprint, struct link_failure *failure)
{
	struct link *l;
	enum err e = open_link(t, true, &l, failure);

	if (e != ERR_OK)
		return e;
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(l->tls);
	int count = chain ? sk_X509_num(chain) : 0;
	X509 *last = count ? sk_X509_value(chain, count - 1) : NULL;
	if (last && X509_self_signed(last, 1) == 1) {
		e = digest_of(last, fingerprint);
		if (e == ERR_OK)
			e = copy_pem(last, pem);
	} else {
		e = fail(failure, LINK_TRUST, ERR_UNTRUSTED,
		    "the server does not show its authority");
	}
	link_close(l);
	return e;
}

enum err link_fingerprint(struct bytes pem, struct digest *out)
{
	X509 *certificate = parse_pem(pem);
	enum err e = certificate ? digest_of(certificate, out) : ERR_INVALID;

	X509_free(certificate);
	return e;
}

enum err link_send(struct link *l, struct bytes message, unsigned answer_ms,
    struct link_failure *f)
{
	uint64_t deadline = deadline_in(answer_ms);

	*f = (struct link_failure){ 0 };
	while (message.len) {
		size_t put = 0;
		ERR_clear_error();
		int n = SSL_write_ex(l->tls, message.data, message.len, &put);
		if (n == 1) {
			f->sent = true;
			message.data += put;
			message.len -= put;
		} else if (!ready_again(l, n, deadline)) {
			return fail_stream(f, LINK_SEND);
		}
	}
	f->sent = true;
	l->answer_until = deadline_in(answer_ms);
	return ERR_OK;
}

/* Takes one whole message out of l->in, if it is there. */
static enum err take_message(struct link *l, size_t *scanned, struct buf *reply)
{
	struct bytes have = buf_bytes(&l->in);
	size_t used = 0;
	enum err e = message_scan(&l->scan, have.data + *scanned,
	    have.len - *scanned, LINK_REPLY_MOST, &used);

	*scanned += used;
	if (e != ERR_OK)
		return e;
	buf_append(reply, have.data, *scanned);
	buf_consume(&l->in, *scanned);
	return reply->err;
}

/* However much comes: a server must not keep us for ever. */
static bool is_late(const struct link *l)
{
	return clock_monotonic_ns() >= l->answer_until;
}

enum err link_receive(struct link *l, struct buf *reply, struct link_failure *f)
{
	size_t scanned = 0;

	*f = (struct link_failure){ .sent = true };
	buf_reset(reply);
	message_begin(&l->scan);
	for (;;) {
		if (is_late(l))
			return fail(f, LINK_REPLY, ERR_UNREACHABLE, LATE);
		enum err e = take_message(l, &scanned, reply);
		if (e == ERR_OK)
			return ERR_OK;
		if (e != ERR_BUSY)
			return fail(f, LINK_REPLY, ERR_UNREACHABLE,
			    "the answer is not well formed");
		uint8_t *room = buf_room(&l->in, 65536);
		size_t got = 0;
		if (!room)
			return fail(f, LINK_REPLY, ERR_UNREACHABLE,
			    "the answer is too large");
		ERR_clear_error();
		int n = SSL_read_ex(l->tls, room, 65536, &got);
		if (n == 1)
			buf_added(&l->in, got);
		else if (!ready_again(l, n, l->answer_until))
			return is_late(l)
				   ? fail(f, LINK_REPLY, ERR_UNREACHABLE, LATE)
				   : fail_stream(f, LINK_REPLY);
	}
}

uint32_t link_next_id(struct link *l)
{
	return ++l->last_id;
}

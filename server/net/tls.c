// SPDX-License-Identifier: MIT
/*
 * TLS 1.3 over any wire, with OpenSSL.
 *
 * Read-ahead is on: one system call fetches a record with its header, or
 * several.  So "readable" is no longer the wire's word alone, tls_has_more()
 * must be asked; `blocked` tells a wire that ran dry (wait for it) from a
 * record without data, such as a key update (call again, in the next round,
 * so that a flood of them starves nobody).
 */
#include "server/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "common/digest.h"
#include "common/log.h"

#define CERTIFICATES_MAX (32 * 1024) /* bytes of a client's chain */

struct tls_context {
	SSL_CTX *ctx;
	BIO_METHOD *method;
};

struct tls {
	SSL *ssl;
	struct tls_wire wire;
	bool blocked; /* the wire ran dry during this call */
	bool failed;
};

/* The wire's protocol name, length first as ALPN has it. */
static const unsigned char protocol[] = { 6, 'k', 'e', 'h', 'u', '/', '1' };

/* --- the wire as a BIO --- */

static int wire_done(struct tls *t, BIO *bio, int moved, bool reading)
{
	BIO_clear_retry_flags(bio);
	if (moved >= 0)
		return moved;
	if (moved != WIRE_BLOCKED)
		return -1;
	t->blocked = true;
	if (reading)
		BIO_set_retry_read(bio);
	else
		BIO_set_retry_write(bio);
	return -1;
}

static int wire_read(BIO *bio, char *data, int len)
{
	struct tls *t = BIO_get_data(bio);
	return wire_done(t, bio, t->wire.read(t->wire.ctx, data, len), true);
}

static int wire_write(BIO *bio, const char *data, int len)
{
	struct tls *t = BIO_get_data(bio);
	return wire_done(t, bio, t->wire.write(t->wire.ctx, data, len), false);
}

static long wire_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *wire_method(void)
{
	BIO_METHOD *m = BIO_meth_new(
	    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kehu wire");
	ASSERT(m);
	BIO_meth_set_read(m, wire_read);
	BIO_meth_set_write(m, wire_write);
	BIO_meth_set_ctrl(m, wire_control);
	return m;
}

/* --- context --- */

/* OpenSSL's own words go to the operator's log and nowhere else. */
static enum err refused(const char *what, const char *file)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	log_error("tls: %s %s: %s", what, file, reason ? reason : "unusable");
	ERR_clear_error();
	return ERR_INVALID;
}

static int choose_protocol(SSL *ssl, const unsigned char **out,
    unsigned char *out_len, const unsigned char *offered, unsigned offered_len,
    void *ctx)
{
	unsigned char *chosen;
	(void)ssl;
	(void)ctx;
	if (SSL_select_next_proto(&chosen, out_len, protocol, sizeof protocol,
		offered, offered_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* A daemon must not ask the terminal for a key's pass phrase. */
static int no_passphrase(char *out, int size, int writing, void *ctx)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

/* 1.3 only, and nothing that outlives a connection: tickets, cache and early
 * data are each off by their own switch (CVE-2024-2511, CVE-2025-23419). */
static void set_rules(SSL_CTX *ctx)
{
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_recv_max_early_data(ctx, 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
				  SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_max_cert_list(ctx, CERTIFICATES_MAX);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
}

static bool has_revocations(X509_STORE *store)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++)
		if (X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i)))
			return true;
	return false;
}

/* Revocation lists may stand in the same file as the authorities. */
static enum err load_authorities(SSL_CTX *ctx, const struct tls_files *f)
{
	if (!f->client_ca || f->certificates == CERTIFICATES_OFF)
		return f->certificates == CERTIFICATES_REQUIRED ? ERR_INVALID
								: ERR_OK;
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(f->client_ca);
	if (!names || SSL_CTX_load_verify_file(ctx, f->client_ca) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return refused("client authorities", f->client_ca);
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	if (has_revocations(store))
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	SSL_CTX_set_verify(ctx,
	    f->certificates == CERTIFICATES_REQUIRED
		? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
		: SSL_VERIFY_PEER,
	    NULL);
	return ERR_OK;
}

static enum err load_files(SSL_CTX *ctx, const struct tls_files *f)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, f->certificate) != 1)
		return refused("certificate", f->certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, f->key, SSL_FILETYPE_PEM) != 1)
		return refused("key", f->key);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return refused("key", f->key);
	return load_authorities(ctx, f);
}

enum err tls_context_open(
    const struct tls_files *files, struct tls_context **out)
{
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx)
		return ERR_INTERNAL;
	set_rules(ctx);
	enum err e = load_files(ctx, files);
	if (e != ERR_OK) {
		SSL_CTX_free(ctx);
		return e;
	}
	struct tls_context *x = must_alloc(sizeof *x);
	x->ctx = ctx;
	x->method = wire_method();
	*out = x;
	return ERR_OK;
}

void tls_context_close(struct tls_context *x)
{
	if (!x)
		return;
	SSL_CTX_free(x->ctx);
	BIO_meth_free(x->method);
	free(x);
}

/* --- session --- */

struct tls *tls_new(struct tls_context *x, const struct tls_wire *wire)
{
	struct tls *t = must_alloc(sizeof *t);
	*t = (struct tls){ .ssl = SSL_new(x->ctx), .wire = *wire };
	BIO *bio = BIO_new(x->method);
	ASSERT(t->ssl && bio);
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_accept_state(t->ssl);
	return t;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	free(t);
}

static bool begin(struct tls *t)
{
	ERR_clear_error();
	t->blocked = false;
	return !t->failed;
}

static enum tls_step fail(struct tls *t)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	log_debug("tls: %s", reason ? reason : "connection lost");
	t->failed = true;
	ERR_clear_error();
	return TLS_FAILED;
}

static enum tls_step outcome(struct tls *t, int result)
{
	int why = SSL_get_error(t->ssl, result);
	if (why == SSL_ERROR_NONE)
		return TLS_DONE;
	if (why == SSL_ERROR_WANT_READ)
		return t->blocked ? TLS_WANT_READ : TLS_AGAIN;
	if (why == SSL_ERROR_WANT_WRITE)
		return TLS_WANT_WRITE;
	if (why == SSL_ERROR_ZERO_RETURN)
		return TLS_CLOSED;
	return fail(t);
}

enum tls_step tls_handshake(struct tls *t)
{
	if (!begin(t))
		return TLS_FAILED;
	return outcome(t, SSL_do_handshake(t->ssl));
}

enum tls_step tls_read(struct tls *t, void *data, size_t room, size_t *got)
{
	*got = 0;
	if (!begin(t))
		return TLS_FAILED;
	return outcome(t, SSL_read_ex(t->ssl, data, room, got));
}

enum tls_step tls_write(struct tls *t, struct bytes s, size_t *sent)
{
	*sent = 0;
	if (!begin(t))
		return TLS_FAILED;
	return outcome(t, SSL_write_ex(t->ssl, s.data, s.len, sent));
}

enum tls_step tls_goodbye(struct tls *t)
{
	if (!begin(t))
		return TLS_FAILED;
	int result = SSL_shutdown(t->ssl);
	/* 0: ours is out, the peer's is not awaited. */
	return result >= 0 ? TLS_DONE : outcome(t, result);
}

bool tls_has_more(const struct tls *t)
{
	return !t->failed && SSL_has_pending(t->ssl);
}

bool tls_certificate(const struct tls *t, uint8_t spki[static 32])
{
	X509 *shown = SSL_get0_peer_certificate(t->ssl);
	unsigned char *der = NULL;
	if (!shown || SSL_get_verify_result(t->ssl) != X509_V_OK)
		return false;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(shown), &der);
	if (len <= 0)
		return false;
	struct digest d;
	digest_bytes(bytes_of(der, (size_t)len), &d);
	OPENSSL_free(der);
	memcpy(spki, d.of, sizeof d.of);
	return true;
}

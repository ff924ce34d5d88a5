// SPDX-License-Identifier: MIT
/*
 * The TLS steps over a wire that blocks, cuts short and breaks at will.
 *
 * The wire is a pair of queues in memory with a real OpenSSL client at the
 * other end.  A script says what each call of the wire does; the sweep runs
 * every script of SWEEP steps, so that no order of "not now" and "only one
 * byte" is left untried (libevent's own TLS layer failed in such orders).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "server/net/tls.h"

#define SWEEP 6
#define STEPS 20000 /* no exchange takes that many */

enum turn { WHOLE, ONE_BYTE, BLOCK, BREAK };

struct fake {
	BIO *from_client;
	BIO *to_client;
	const enum turn *script;
	unsigned turns;
	unsigned at;
};

struct fixture {
	char dir[32];
	char certificate[64];
	char key[64];
	struct tls_context *context;
	SSL_CTX *client;
};

struct pair {
	struct fake wire;
	struct tls *server;
	SSL *client;
};

static enum turn next_turn(struct fake *w)
{
	return w->at < w->turns ? w->script[w->at++] : WHOLE;
}

static int fake_read(void *ctx, void *data, int len)
{
	struct fake *w = ctx;
	enum turn t = next_turn(w);
	if (t == BREAK)
		return WIRE_BROKEN;
	if (t == BLOCK || BIO_pending(w->from_client) == 0)
		return WIRE_BLOCKED;
	return BIO_read(w->from_client, data, t == ONE_BYTE ? 1 : len);
}

static int fake_write(void *ctx, const void *data, int len)
{
	struct fake *w = ctx;
	enum turn t = next_turn(w);
	if (t == BREAK)
		return WIRE_BROKEN;
	if (t == BLOCK)
		return WIRE_BLOCKED;
	return BIO_write(w->to_client, data, t == ONE_BYTE ? 1 : len);
}

static void write_pem(const char *path, EVP_PKEY *key, X509 *certificate)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	if (key)
		PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_X509(f, certificate);
	fclose(f);
}

static void make_files(struct fixture *f)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *c = X509_new();
	X509_set_version(c, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
	X509_gmtime_adj(X509_getm_notBefore(c), -60);
	X509_gmtime_adj(X509_getm_notAfter(c), 86400);
	X509_set_pubkey(c, key);
	X509_NAME *name = X509_get_subject_name(c);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(c, name);
	assert_true(X509_sign(c, key, EVP_sha256()) > 0);
	write_pem(f->key, key, NULL);
	write_pem(f->certificate, NULL, c);
	X509_free(c);
	EVP_PKEY_free(key);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	snprintf(f->dir, sizeof f->dir, "/tmp/test-tls-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->certificate, sizeof f->certificate, "%s/c", f->dir);
	snprintf(f->key, sizeof f->key, "%s/k", f->dir);
	make_files(f);
	struct tls_files files = { .certificate = f->certificate,
		.key = f->key };
	assert_int_equal(tls_context_open(&files, &f->context), ERR_OK);
	f->client = SSL_CTX_new(TLS_client_method());
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	tls_context_close(f->context);
	SSL_CTX_free(f->client);
	unlink(f->certificate);
	unlink(f->key);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void pair_init(
    struct pair *p, struct fixture *f, const enum turn *script, unsigned turns)
{
	*p = (struct pair){ .wire = { .script = script, .turns = turns } };
	p->wire.from_client = BIO_new(BIO_s_mem());
	p->wire.to_client = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(p->wire.from_client, -1);
	BIO_set_mem_eof_return(p->wire.to_client, -1);
	BIO_up_ref(p->wire.from_client);
	BIO_up_ref(p->wire.to_client);
	p->client = SSL_new(f->client);
	SSL_set_bio(p->client, p->wire.to_client, p->wire.from_client);
	SSL_set_connect_state(p->client);
	struct tls_wire wire = {
		.ctx = &p->wire, .read = fake_read, .write = fake_write
	};
	p->server = tls_new(f->context, &wire);
}

static void pair_release(struct pair *p)
{
	tls_free(p->server);
	SSL_free(p->client);
	BIO_free(p->wire.from_client);
	BIO_free(p->wire.to_client);
}

static bool is_waiting(enum tls_step s)
{
	return s == TLS_WANT_READ || s == TLS_WANT_WRITE || s == TLS_AGAIN;
}

static enum tls_step shake(struct pair *p)
{
	enum tls_step s = TLS_WANT_READ;
	for (unsigned i = 0; i < STEPS && is_waiting(s); i++) {
		SSL_do_handshake(p->client);
		s = tls_handshake(p->server);
	}
	SSL_do_handshake(p->client);
	return s;
}

/* The server takes what the client says and gives it back. */
static enum tls_step exchange(struct pair *p, const char *text)
{
	char data[64];
	char back[64];
	size_t len = strlen(text);
	size_t got = 0;
	size_t sent = 0;
	enum tls_step s = TLS_WANT_READ;
	assert_int_equal(SSL_write(p->client, text, (int)len), (int)len);
	for (unsigned i = 0; i < STEPS && is_waiting(s); i++)
		s = tls_read(p->server, data, sizeof data, &got);
	if (s != TLS_DONE)
		return s;
	assert_int_equal(got, len);
	s = TLS_WANT_WRITE;
	for (unsigned i = 0; i < STEPS && is_waiting(s); i++)
		s = tls_write(p->server, bytes_of(data, got), &sent);
	if (s != TLS_DONE)
		return s;
	assert_int_equal(sent, len);
	assert_int_equal(SSL_read(p->client, back, sizeof back), (int)len);
	assert_memory_equal(back, text, len);
	return TLS_DONE;
}

/* Script number `n` in base `kinds`. */
static void write_script(enum turn *script, unsigned n, unsigned kinds)
{
	for (unsigned i = 0; i < SWEEP; i++, n /= kinds)
		script[i] = (enum turn)(n % kinds);
}

static unsigned scripts(unsigned kinds)
{
	unsigned n = 1;
	for (unsigned i = 0; i < SWEEP; i++)
		n *= kinds;
	return n;
}

static void test_handshake_survives_every_order_of_blocking(void **state)
{
	enum turn script[SWEEP];
	for (unsigned n = 0; n < scripts(3); n++) {
		struct pair p;
		write_script(script, n, 3);
		pair_init(&p, *state, script, SWEEP);
		assert_int_equal(shake(&p), TLS_DONE);
		assert_int_equal(exchange(&p, "hello"), TLS_DONE);
		pair_release(&p);
	}
}

static void test_exchange_survives_every_order_of_blocking(void **state)
{
	enum turn script[SWEEP];
	struct pair p;
	pair_init(&p, *state, NULL, 0);
	assert_int_equal(shake(&p), TLS_DONE);
	for (unsigned n = 0; n < scripts(3); n++) {
		write_script(script, n, 3);
		p.wire.script = script;
		p.wire.turns = SWEEP;
		p.wire.at = 0;
		assert_int_equal(exchange(&p, "customer"), TLS_DONE);
	}
	pair_release(&p);
}

static void test_broken_wire_fails_and_stays_failed(void **state)
{
	enum turn script[12] = { WHOLE };
	for (unsigned at = 0; at < 12; at++) {
		struct pair p;
		size_t n;
		memset(script, 0, sizeof script);
		script[at] = BREAK;
		pair_init(&p, *state, script, 12);
		enum tls_step s = shake(&p);
		for (unsigned i = 0; i < 12 && s == TLS_DONE; i++)
			s = exchange(&p, "x");
		assert_int_equal(s, TLS_FAILED);
		p.wire.turns = 0;
		assert_int_equal(tls_handshake(p.server), TLS_FAILED);
		assert_int_equal(tls_read(p.server, &n, 1, &n), TLS_FAILED);
		assert_int_equal(
		    tls_write(p.server, bytes_text("x"), &n), TLS_FAILED);
		pair_release(&p);
	}
}

static void test_failed_session_says_no_goodbye(void **state)
{
	enum turn script[1] = { BREAK };
	struct pair p;
	pair_init(&p, *state, script, 1);
	assert_int_equal(shake(&p), TLS_FAILED);
	unsigned long before = (unsigned long)BIO_pending(p.wire.to_client);
	assert_int_equal(tls_goodbye(p.server), TLS_FAILED);
	assert_int_equal(BIO_pending(p.wire.to_client), before);
	pair_release(&p);
}

static void test_goodbye_reaches_the_peer(void **state)
{
	struct pair p;
	char data[8];
	size_t got;
	pair_init(&p, *state, NULL, 0);
	assert_int_equal(shake(&p), TLS_DONE);
	assert_int_equal(tls_goodbye(p.server), TLS_DONE);
	assert_int_equal(SSL_read(p.client, data, sizeof data), 0);
	assert_int_equal(SSL_get_error(p.client, 0), SSL_ERROR_ZERO_RETURN);
	SSL_shutdown(p.client);
	assert_int_equal(
	    tls_read(p.server, data, sizeof data, &got), TLS_CLOSED);
	pair_release(&p);
}

static void test_second_record_is_announced_as_more(void **state)
{
	struct pair p;
	char data[64];
	size_t got;
	pair_init(&p, *state, NULL, 0);
	assert_int_equal(shake(&p), TLS_DONE);
	SSL_write(p.client, "one", 3);
	SSL_write(p.client, "four", 4);
	assert_int_equal(tls_read(p.server, data, sizeof data, &got), TLS_DONE);
	assert_int_equal(got, 3);
	assert_true(tls_has_more(p.server));
	assert_int_equal(tls_read(p.server, data, sizeof data, &got), TLS_DONE);
	assert_int_equal(got, 4);
	assert_false(tls_has_more(p.server));
	pair_release(&p);
}

static void test_key_update_gives_again_and_loses_nothing(void **state)
{
	struct pair p;
	char data[64];
	size_t got;
	pair_init(&p, *state, NULL, 0);
	assert_int_equal(shake(&p), TLS_DONE);
	assert_int_equal(exchange(&p, "before"), TLS_DONE);
	SSL_key_update(p.client, SSL_KEY_UPDATE_REQUESTED);
	SSL_do_handshake(p.client);
	assert_int_equal(
	    tls_read(p.server, data, sizeof data, &got), TLS_AGAIN);
	assert_int_equal(
	    tls_read(p.server, data, sizeof data, &got), TLS_WANT_READ);
	assert_int_equal(exchange(&p, "later"), TLS_DONE);
	pair_release(&p);
}

static void test_foreign_protocol_is_refused(void **state)
{
	static const unsigned char h2[] = { 2, 'h', '2' };
	struct pair p;
	pair_init(&p, *state, NULL, 0);
	SSL_set_alpn_protos(p.client, h2, sizeof h2);
	assert_int_equal(shake(&p), TLS_FAILED);
	pair_release(&p);
}

static void test_own_protocol_is_chosen(void **state)
{
	static const unsigned char both[] = { 2, 'h', '2', 6, 'k', 'e', 'h',
		'u', '/', '1' };
	const unsigned char *chosen;
	unsigned len;
	struct pair p;
	pair_init(&p, *state, NULL, 0);
	SSL_set_alpn_protos(p.client, both, sizeof both);
	assert_int_equal(shake(&p), TLS_DONE);
	SSL_get0_alpn_selected(p.client, &chosen, &len);
	assert_int_equal(len, 6);
	assert_memory_equal(chosen, "kehu/1", 6);
	pair_release(&p);
}

static void test_tls_1_2_is_refused(void **state)
{
	struct pair p;
	pair_init(&p, *state, NULL, 0);
	SSL_set_max_proto_version(p.client, TLS1_2_VERSION);
	assert_int_equal(shake(&p), TLS_FAILED);
	pair_release(&p);
}

static void test_no_ticket_is_given_and_nothing_resumes(void **state)
{
	struct pair p;
	pair_init(&p, *state, NULL, 0);
	assert_int_equal(shake(&p), TLS_DONE);
	assert_int_equal(exchange(&p, "x"), TLS_DONE);
	SSL_SESSION *kept = SSL_get1_session(p.client);
	assert_false(SSL_SESSION_is_resumable(kept));
	assert_false(SSL_SESSION_has_ticket(kept));
	pair_release(&p);
	pair_init(&p, *state, NULL, 0);
	SSL_set_session(p.client, kept);
	assert_int_equal(shake(&p), TLS_DONE);
	assert_false(SSL_session_reused(p.client));
	SSL_SESSION_free(kept);
	pair_release(&p);
}

static void test_client_certificate_is_needed_where_required(void **state)
{
	struct fixture *f = *state;
	struct tls_context *open = f->context;
	struct tls_files files = {
		.certificate = f->certificate,
		.key = f->key,
		.client_ca = f->certificate,
		.certificates = CERTIFICATES_REQUIRED,
	};
	struct pair p;
	assert_int_equal(tls_context_open(&files, &f->context), ERR_OK);
	pair_init(&p, f, NULL, 0);
	assert_int_equal(shake(&p), TLS_FAILED);
	pair_release(&p);
	tls_context_close(f->context);
	f->context = open;
}

static void test_client_is_known_by_its_public_key(void **state)
{
	struct fixture *f = *state;
	struct tls_context *open = f->context;
	struct tls_files files = {
		.certificate = f->certificate,
		.key = f->key,
		.client_ca = f->certificate,
		.certificates = CERTIFICATES_OPTIONAL,
	};
	uint8_t got[32];
	uint8_t want[32];
	unsigned char *der = NULL;
	struct pair p;
	assert_int_equal(tls_context_open(&files, &f->context), ERR_OK);
	pair_init(&p, f, NULL, 0);
	assert_int_equal(shake(&p), TLS_DONE);
	assert_false(tls_certificate(p.server, got));
	pair_release(&p);
	pair_init(&p, f, NULL, 0);
	SSL_use_certificate_file(p.client, f->certificate, SSL_FILETYPE_PEM);
	SSL_use_PrivateKey_file(p.client, f->key, SSL_FILETYPE_PEM);
	assert_int_equal(shake(&p), TLS_DONE);
	assert_true(tls_certificate(p.server, got));
	EVP_PKEY *key = SSL_get_privatekey(p.client);
	int len = i2d_PUBKEY(key, &der);
	EVP_Digest(der, (size_t)len, want, NULL, EVP_sha256(), NULL);
	assert_memory_equal(got, want, sizeof want);
	OPENSSL_free(der);
	pair_release(&p);
	tls_context_close(f->context);
	f->context = open;
}

static void test_unusable_files_are_invalid(void **state)
{
	struct fixture *f = *state;
	struct tls_context *x = NULL;
	struct tls_files swapped = { .certificate = f->key,
		.key = f->certificate };
	struct tls_files missing = { .certificate = "/nowhere", .key = f->key };
	struct tls_files no_authority = {
		.certificate = f->certificate,
		.key = f->key,
		.certificates = CERTIFICATES_REQUIRED,
	};
	assert_int_equal(tls_context_open(&swapped, &x), ERR_INVALID);
	assert_int_equal(tls_context_open(&missing, &x), ERR_INVALID);
	assert_int_equal(tls_context_open(&no_authority, &x), ERR_INVALID);
	assert_null(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_handshake_survives_every_order_of_blocking),
		cmocka_unit_test(
		    test_exchange_survives_every_order_of_blocking),
		cmocka_unit_test(test_broken_wire_fails_and_stays_failed),
		cmocka_unit_test(test_failed_session_says_no_goodbye),
		cmocka_unit_test(test_goodbye_reaches_the_peer),
		cmocka_unit_test(test_second_record_is_announced_as_more),
		cmocka_unit_test(test_key_update_gives_again_and_loses_nothing),
		cmocka_unit_test(test_foreign_protocol_is_refused),
		cmocka_unit_test(test_own_protocol_is_chosen),
		cmocka_unit_test(test_tls_1_2_is_refused),
		cmocka_unit_test(test_no_ticket_is_given_and_nothing_resumes),
		cmocka_unit_test(
		    test_client_certificate_is_needed_where_required),
		cmocka_unit_test(test_client_is_known_by_its_public_key),
		cmocka_unit_test(test_unusable_files_are_invalid),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

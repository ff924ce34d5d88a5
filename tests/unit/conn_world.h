// SPDX-License-Identifier: MIT
/*
 * What the tests of connections share: a net room and its callers.
 *
 * The room runs in a thread of the test on a free port of 127.0.0.1; the
 * clients are blocking OpenSSL.  The layer above is a small world that echoes
 * at once, or keeps every message until the test lets the answers go.  No
 * sleeps: a test waits for what it claims.
 */
#ifndef TESTS_UNIT_CONN_WORLD_H
#define TESTS_UNIT_CONN_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/net/net.h"

#define LATER_MAX 4096
#define PATIENCE  120 /* seconds until a test that hangs fails */

struct later {
	struct task item;
	struct conn *conn;
	struct world *world;
	uint8_t *data;
	size_t len;
};

struct world {
	char dir[32];
	char certificate[64];
	char key[64];
	struct net *net;
	pthread_t thread;
	SSL_CTX *client;
	bool admits; /* each connection is logged in at once */
	bool keeps;  /* messages wait for let_go() */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned opened;
	unsigned closed;
	unsigned messages;
	unsigned kept;     /* waiting for let_go() */
	unsigned most;     /* the most that were under way at once */
	unsigned underway; /* kept, or let go and not yet sent */
	struct later *later[LATER_MAX];
	struct loop *loops[16];
	unsigned on_loop[16];
	enum err broken;
};

/* --- the layer above --- */

static inline void note(struct world *w)
{
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static inline void *on_opened(void *ctx, void *loop_data, struct conn *c)
{
	struct world *w = ctx;
	(void)loop_data;
	pthread_mutex_lock(&w->lock);
	w->opened++;
	for (unsigned i = 0; i < 16; i++) {
		if (w->loops[i] && w->loops[i] != conn_loop(c))
			continue;
		w->loops[i] = conn_loop(c);
		w->on_loop[i]++;
		break;
	}
	note(w);
	if (w->admits)
		conn_admit(c, true);
	return c;
}

static inline void send_later(struct task *item)
{
	struct later *l = (struct later *)(void *)item;
	struct world *w = l->world;
	conn_send(l->conn, bytes_of(l->data, l->len));
	pthread_mutex_lock(&w->lock);
	w->underway--;
	note(w);
	conn_drop(l->conn);
	free(l->data);
	free(l);
}

static inline void keep(struct world *w, struct conn *c, struct bytes message)
{
	struct later *l = calloc(1, sizeof *l);
	l->item.call = send_later;
	l->conn = c;
	l->world = w;
	l->data = malloc(message.len);
	l->len = message.len;
	memcpy(l->data, message.data, message.len);
	conn_hold(c);
	w->later[w->kept++] = l;
	if (++w->underway > w->most)
		w->most = w->underway;
}

static inline void on_message(void *ctx, void *conn_data, struct bytes message)
{
	struct world *w = ctx;
	pthread_mutex_lock(&w->lock);
	w->messages++;
	bool keeps = w->keeps;
	if (keeps)
		keep(w, conn_data, message);
	note(w);
	if (!keeps)
		conn_send(conn_data, message);
}

static inline void on_broken(void *ctx, void *conn_data, enum err why)
{
	struct world *w = ctx;
	pthread_mutex_lock(&w->lock);
	w->broken = why;
	note(w);
	conn_send(conn_data, bytes_text("!"));
}

static inline void on_closed(void *ctx, void *conn_data)
{
	struct world *w = ctx;
	(void)conn_data;
	pthread_mutex_lock(&w->lock);
	w->closed++;
	note(w);
}

/* Waits until *figure reaches `want`. */
static inline void await(struct world *w, const unsigned *figure, unsigned want)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE;
	pthread_mutex_lock(&w->lock);
	int e = 0;
	while (*figure < want && e == 0)
		e = pthread_cond_timedwait(&w->changed, &w->lock, &until);
	pthread_mutex_unlock(&w->lock);
	assert_int_equal(e, 0);
}

/* Another thread's answers: posts, in the order of the messages. */
static inline unsigned let_go(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	unsigned n = w->kept;
	w->kept = 0;
	for (unsigned i = 0; i < n; i++)
		loop_post(conn_loop(w->later[i]->conn), &w->later[i]->item);
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* --- the world --- */

static inline void write_files(struct world *w)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *c = X509_new();
	X509_gmtime_adj(X509_getm_notBefore(c), -60);
	X509_gmtime_adj(X509_getm_notAfter(c), 86400);
	X509_set_pubkey(c, key);
	assert_true(X509_sign(c, key, EVP_sha256()) > 0);
	FILE *f = fopen(w->key, "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	f = fopen(w->certificate, "w");
	PEM_write_X509(f, c);
	fclose(f);
	X509_free(c);
	EVP_PKEY_free(key);
}

static inline int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	snprintf(w->dir, sizeof w->dir, "/tmp/test-conn-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->certificate, sizeof w->certificate, "%s/c", w->dir);
	snprintf(w->key, sizeof w->key, "%s/k", w->dir);
	write_files(w);
	w->client = SSL_CTX_new(TLS_client_method());
	w->admits = true;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	*state = w;
	return 0;
}

static inline void *run_net(void *ctx)
{
	struct world *w = ctx;
	enum err e = net_run(w->net);
	return e == ERR_OK ? NULL : w;
}

static inline void open_net(
    struct world *w, unsigned loops, const struct net_limits *l)
{
	struct net_events events = {
		.ctx = w,
		.opened = on_opened,
		.message = on_message,
		.broken = on_broken,
		.closed = on_closed,
	};
	struct net_options options = {
		.listen = "127.0.0.1:0",
		.loops = loops,
		.certificate_file = w->certificate,
		.key_file = w->key,
		.limits = *l,
	};
	assert_int_equal(net_open(&options, &events, &w->net), ERR_OK);
}

static inline void start(
    struct world *w, unsigned loops, const struct net_limits *l)
{
	open_net(w, loops, l);
	assert_int_equal(pthread_create(&w->thread, NULL, run_net, w), 0);
}

static inline void start_plain(struct world *w)
{
	struct net_limits l;
	net_limits_init(&l);
	start(w, 1, &l);
}

static inline int tear_down(void **state)
{
	struct world *w = *state;
	void *failed = w;
	if (w->net) {
		net_stop(w->net);
		let_go(w);
		pthread_join(w->thread, &failed);
		assert_null(failed);
		net_close(w->net);
	}
	/* Every connection that was opened was closed, once. */
	assert_int_equal(w->opened, w->closed);
	SSL_CTX_free(w->client);
	unlink(w->certificate);
	unlink(w->key);
	rmdir(w->dir);
	free(w);
	return 0;
}

/* --- clients --- */

static inline int dial(struct world *w)
{
	struct timeval patience = { .tv_sec = PATIENCE };
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)net_port(w->net)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (void *)&a, sizeof a), 0);
	return fd;
}

static inline SSL *client_new(struct world *w)
{
	SSL *s = SSL_new(w->client);
	SSL_set_fd(s, dial(w));
	assert_int_equal(SSL_connect(s), 1);
	return s;
}

static inline void client_free(SSL *s)
{
	int fd = SSL_get_fd(s);
	SSL_free(s);
	close(fd);
}

static inline void say(SSL *s, const void *data, size_t len)
{
	assert_int_equal(SSL_write(s, data, (int)len), (int)len);
}

static inline void hear(SSL *s, const void *want, size_t len)
{
	uint8_t *got = malloc(len);
	size_t at = 0;
	while (at < len) {
		int n = SSL_read(s, got + at, (int)(len - at));
		assert_true(n > 0);
		at += (size_t)n;
	}
	assert_memory_equal(got, want, len);
	free(got);
}

/* The server said goodbye, in TLS. */
static inline void hear_goodbye(SSL *s)
{
	uint8_t byte;
	int n = SSL_read(s, &byte, 1);
	assert_int_equal(n, 0);
	assert_int_equal(SSL_get_error(s, n), SSL_ERROR_ZERO_RETURN);
}

/* The server hung up, however. */
static inline void hear_end(SSL *s)
{
	uint8_t byte;
	assert_true(SSL_read(s, &byte, 1) <= 0);
	assert_true(errno != EAGAIN || SSL_get_error(s, -1) != 2);
}

/* --- the tables ----------------------------------------------------------*/

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif

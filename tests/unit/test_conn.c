// SPDX-License-Identifier: MIT
/*
 * Connections over real sockets: bounds, deadlines, pressure, order.
 *
 * A net room runs in a thread of the test on a free port of 127.0.0.1; the
 * clients are blocking OpenSSL.  The layer above is a small world that echoes
 * at once, or keeps every message until the test lets the answers go.  No
 * sleeps: a test waits for what it claims.
 */
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
#define PATIENCE  20 /* seconds until a test that hangs fails */

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

static void note(struct world *w)
{
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void *on_opened(void *ctx, void *loop_data, struct conn *c)
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

static void send_later(struct task *item)
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

static void keep(struct world *w, struct conn *c, struct bytes message)
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

static void on_message(void *ctx, void *conn_data, struct bytes message)
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

static void on_broken(void *ctx, void *conn_data, enum err why)
{
	struct world *w = ctx;
	pthread_mutex_lock(&w->lock);
	w->broken = why;
	note(w);
	conn_send(conn_data, bytes_text("!"));
}

static void on_closed(void *ctx, void *conn_data)
{
	struct world *w = ctx;
	(void)conn_data;
	pthread_mutex_lock(&w->lock);
	w->closed++;
	note(w);
}

/* Waits until *figure reaches `want`. */
static void await(struct world *w, const unsigned *figure, unsigned want)
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
static unsigned let_go(struct world *w)
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

static void write_files(struct world *w)
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

static int set_up(void **state)
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

static void *run_net(void *ctx)
{
	struct world *w = ctx;
	enum err e = net_run(w->net);
	return e == ERR_OK ? NULL : w;
}

static void start(struct world *w, unsigned loops, const struct net_limits *l)
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
	assert_int_equal(pthread_create(&w->thread, NULL, run_net, w), 0);
}

static void start_plain(struct world *w)
{
	struct net_limits l;
	net_limits_init(&l);
	start(w, 1, &l);
}

static int tear_down(void **state)
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

static int dial(struct world *w)
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

static SSL *client_new(struct world *w)
{
	SSL *s = SSL_new(w->client);
	SSL_set_fd(s, dial(w));
	assert_int_equal(SSL_connect(s), 1);
	return s;
}

static void client_free(SSL *s)
{
	int fd = SSL_get_fd(s);
	SSL_free(s);
	close(fd);
}

static void say(SSL *s, const void *data, size_t len)
{
	assert_int_equal(SSL_write(s, data, (int)len), (int)len);
}

static void hear(SSL *s, const void *want, size_t len)
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
static void hear_goodbye(SSL *s)
{
	uint8_t byte;
	int n = SSL_read(s, &byte, 1);
	assert_int_equal(n, 0);
	assert_int_equal(SSL_get_error(s, n), SSL_ERROR_ZERO_RETURN);
}

/* The server hung up, however. */
static void hear_end(SSL *s)
{
	uint8_t byte;
	assert_true(SSL_read(s, &byte, 1) <= 0);
	assert_true(errno != EAGAIN || SSL_get_error(s, -1) != 2);
}

/* --- messages --- */

static void test_pipelined_messages_come_back_in_order(void **state)
{
	uint8_t sent[3000];
	start_plain(*state);
	SSL *s = client_new(*state);
	for (unsigned i = 0; i < sizeof sent; i++)
		sent[i] = (uint8_t)(i % 128); /* each a message: an integer */
	say(s, sent, sizeof sent);
	hear(s, sent, sizeof sent);
	client_free(s);
}

static void test_message_one_byte_at_a_time_is_whole(void **state)
{
	struct world *w = *state;
	static const char message[] = "\x93\xa3one\xa3two\xc4\x05three";
	start_plain(w);
	SSL *s = client_new(w);
	for (size_t i = 0; i + 1 < sizeof message; i++)
		say(s, message + i, 1);
	hear(s, message, sizeof message - 1);
	assert_int_equal(w->messages, 1);
	client_free(s);
}

static void test_large_message_passes_after_login(void **state)
{
	struct world *w = *state;
	size_t len = 1024 * 1024;
	uint8_t *m = malloc(len);
	memset(m, 'x', len);
	m[0] = 0xc6;
	put_be32(m + 1, (uint32_t)(len - 5));
	start_plain(w);
	SSL *s = client_new(w);
	say(s, m, len);
	hear(s, m, len);
	client_free(s);
	free(m);
}

static void test_large_message_is_refused_before_login(void **state)
{
	struct world *w = *state;
	uint8_t m[5000] = { 0xc5, 0x13, 0x85 };
	w->admits = false;
	start_plain(w);
	SSL *s = client_new(w);
	say(s, m, sizeof m);
	hear(s, "!", 1);
	hear_goodbye(s);
	assert_int_equal(w->broken, ERR_TOO_LARGE);
	assert_int_equal(w->messages, 0);
	client_free(s);
}

static void test_huge_announcement_is_refused_at_its_header(void **state)
{
	static const char *const headers[] = { "\xc6\xff\xff\xff\xff",
		"\xdb\xff\xff\xff\xff", "\xdd\xff\xff\xff\xff",
		"\xdf\xff\xff\xff\xff" };
	struct world *w = *state;
	start_plain(w);
	for (unsigned i = 0; i < 4; i++) {
		SSL *s = client_new(w);
		w->broken = ERR_OK;
		say(s, headers[i], 5);
		hear(s, "!", 1);
		hear_goodbye(s);
		assert_int_equal(w->broken, ERR_TOO_LARGE);
		client_free(s);
	}
}

static void test_reserved_byte_is_invalid(void **state)
{
	struct world *w = *state;
	start_plain(w);
	SSL *s = client_new(w);
	say(s, "\x01\xc1\x02", 3);
	hear(s, "\x01!", 2);
	hear_goodbye(s);
	assert_int_equal(w->broken, ERR_INVALID);
	assert_int_equal(w->messages, 1);
	client_free(s);
}

static void test_half_closed_client_gets_its_answers(void **state)
{
	struct world *w = *state;
	w->keeps = true;
	start_plain(w);
	SSL *s = client_new(w);
	say(s, "\x01\x02", 2);
	SSL_shutdown(s);
	await(w, &w->kept, 2);
	let_go(w);
	hear(s, "\x01\x02", 2);
	hear_goodbye(s);
	client_free(s);
}

/* --- pressure --- */

static void test_messages_in_flight_are_bounded(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	net_limits_init(&l);
	l.max_in_flight = 4;
	w->keeps = true;
	start(w, 1, &l);
	SSL *s = client_new(w);
	say(s, "0123456789abcdefghij", 20);
	for (unsigned answered = 0; answered < 20;) {
		await(w, &w->messages, answered + 4);
		answered += let_go(w);
	}
	hear(s, "0123456789abcdefghij", 20);
	assert_int_equal(w->most, 4);
	client_free(s);
}

/* Writes until the server takes no more; how many bytes it took. */
static size_t flood(SSL *s, const uint8_t *m, size_t len)
{
	size_t sum = 0;
	struct pollfd p = { .fd = SSL_get_fd(s), .events = POLLOUT };
	fcntl(p.fd, F_SETFL, O_NONBLOCK);
	SSL_set_mode(s, SSL_MODE_ENABLE_PARTIAL_WRITE);
	while (sum < 512u * 1024 * 1024) {
		int n = SSL_write(s, m, (int)len);
		if (n > 0)
			sum += (size_t)n;
		else if (poll(&p, 1, 300) <= 0 || (p.revents & POLLERR))
			break;
		else if (SSL_get_error(s, n) != SSL_ERROR_WANT_WRITE)
			break;
	}
	return sum;
}

static void test_client_that_never_reads_is_paused_and_cut_off(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	struct net_figures f;
	uint8_t m[8000] = { 0xc5, 0x1f, 0x3d };
	net_limits_init(&l);
	l.output_high = 64 * 1024;
	l.output_max = 256 * 1024;
	l.stalled_ms = 1500;
	start(w, 1, &l);
	SSL *s = client_new(w);
	size_t sum = flood(s, m, sizeof m);
	net_figures(w->net, &f);
	/* What the kernel's socket buffers take is not ours. */
	assert_true(sum < 64u * 1024 * 1024);
	assert_true(f.messages * sizeof m < f.bytes_out + 80 * 1024);
	await(w, &w->closed, 1);
	client_free(s);
}

static void *keep_flooding(void *ctx)
{
	SSL *s = ctx;
	uint8_t sent[4096] = { 0 };
	uint8_t got[4096];
	for (unsigned i = 0; i < 400; i++) {
		if (SSL_write(s, sent, sizeof sent) <= 0)
			return s;
		for (int n, sum = 0; sum < (int)sizeof got; sum += n)
			if ((n = SSL_read(s, got, (int)sizeof got - sum)) <= 0)
				return s;
	}
	return NULL;
}

static void test_flood_does_not_starve_others(void **state)
{
	struct world *w = *state;
	pthread_t flooder;
	void *failed;
	start_plain(w);
	SSL *loud = client_new(w);
	SSL *quiet = client_new(w);
	pthread_create(&flooder, NULL, keep_flooding, loud);
	for (unsigned i = 0; i < 100; i++) {
		say(quiet, "\x07", 1);
		hear(quiet, "\x07", 1);
	}
	pthread_join(flooder, &failed);
	assert_null(failed);
	client_free(loud);
	client_free(quiet);
}

/* --- deadlines --- */

static void test_silence_before_login_is_cut_off(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	net_limits_init(&l);
	l.login_ms = 600;
	w->admits = false;
	start(w, 1, &l);
	int fd = dial(w); /* not even a handshake */
	char byte;
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
	SSL *s = client_new(w);
	hear_end(s);
	await(w, &w->closed, 1);
	client_free(s);
}

static void test_talk_before_login_does_not_buy_time(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	uint8_t byte = 1;
	net_limits_init(&l);
	l.login_ms = 600;
	w->admits = false;
	start(w, 1, &l);
	SSL *s = client_new(w);
	while (SSL_write(s, &byte, 1) == 1 && SSL_read(s, &byte, 1) == 1)
		;
	await(w, &w->closed, 1);
	assert_true(w->messages > 0);
	client_free(s);
}

static void test_unfinished_message_is_cut_off(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	net_limits_init(&l);
	l.message_ms = 60;
	start(w, 1, &l);
	SSL *s = client_new(w);
	say(s, "\x01\x92\x01", 3);
	hear(s, "\x01", 1);
	hear_end(s);
	client_free(s);
}

static void test_idle_connection_is_closed_with_a_goodbye(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	net_limits_init(&l);
	l.idle_ms = 800;
	start(w, 1, &l);
	SSL *s = client_new(w);
	say(s, "\x01", 1);
	hear(s, "\x01", 1);
	hear_goodbye(s);
	client_free(s);
}

/* --- callers --- */

static void test_plain_text_is_refused(void **state)
{
	struct world *w = *state;
	start_plain(w);
	int fd = dial(w);
	char data[256];
	ssize_t n;
	assert_int_equal(send(fd, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
	while ((n = recv(fd, data, sizeof data, 0)) > 0)
		; /* an alert, perhaps */
	assert_true(n == 0 || errno == ECONNRESET);
	assert_int_equal(w->opened, 0);
	close(fd);
}

static void test_connections_spread_evenly_over_loops(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	SSL *s[16];
	net_limits_init(&l);
	start(w, 2, &l);
	for (unsigned i = 0; i < 16; i++)
		s[i] = client_new(w);
	await(w, &w->opened, 16);
	assert_int_equal(w->on_loop[0], 8);
	assert_int_equal(w->on_loop[1], 8);
	for (unsigned i = 0; i < 16; i++) {
		say(s[i], "\x05", 1);
		hear(s[i], "\x05", 1);
		client_free(s[i]);
	}
}

static void test_callers_above_the_bound_are_refused(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	struct net_figures f;
	char byte;
	net_limits_init(&l);
	l.connections = 2;
	start(w, 1, &l);
	SSL *a = client_new(w);
	SSL *b = client_new(w);
	int third = dial(w);
	assert_true(recv(third, &byte, 1, 0) <= 0);
	close(third);
	net_figures(w->net, &f);
	assert_int_equal(f.refused, 1);
	assert_int_equal(f.open, 2);
	client_free(a);
	await(w, &w->closed, 1);
	SSL *c = client_new(w);
	client_free(c);
	client_free(b);
}

static void test_callers_not_logged_in_have_their_own_bound(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	struct net_figures f;
	char byte;
	net_limits_init(&l);
	l.waiting = 1;
	w->admits = false;
	start(w, 1, &l);
	SSL *a = client_new(w);
	int second = dial(w);
	assert_true(recv(second, &byte, 1, 0) <= 0);
	close(second);
	net_figures(w->net, &f);
	assert_int_equal(f.refused, 1);
	assert_int_equal(f.waiting, 1);
	client_free(a);
}

static void test_taken_port_is_unavailable(void **state)
{
	struct world *w = *state;
	struct net_events events = { .ctx = w };
	struct net *second = NULL;
	char listen[32];
	start_plain(w);
	snprintf(listen, sizeof listen, "127.0.0.1:%u", net_port(w->net));
	struct net_options options = {
		.listen = listen,
		.loops = 1,
		.certificate_file = w->certificate,
		.key_file = w->key,
	};
	assert_int_equal(net_open(&options, &events, &second), ERR_UNAVAILABLE);
	options.listen = "nonsense";
	assert_int_equal(net_open(&options, &events, &second), ERR_INVALID);
	assert_null(second);
}

/* --- life --- */

static void test_stop_lets_answers_under_way_go_out(void **state)
{
	struct world *w = *state;
	w->keeps = true;
	start_plain(w);
	SSL *s = client_new(w);
	say(s, "\x2a", 1);
	await(w, &w->kept, 1);
	net_stop(w->net);
	let_go(w);
	hear(s, "\x2a", 1);
	hear_goodbye(s);
	client_free(s);
}

static void test_answer_to_a_lost_client_is_swallowed(void **state)
{
	struct world *w = *state;
	w->keeps = true;
	start_plain(w);
	SSL *s = client_new(w);
	say(s, "\x2a", 1);
	await(w, &w->kept, 1);
	struct linger reset = { .l_onoff = 1 };
	setsockopt(SSL_get_fd(s), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	client_free(s);
	await(w, &w->closed, 1);
	assert_int_equal(let_go(w), 1);
}

static void test_broken_pipes_raise_no_signal(void **state)
{
	struct sigaction now;
	start_plain(*state);
	sigaction(SIGPIPE, NULL, &now);
	assert_true(now.sa_handler == SIG_IGN);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_pipelined_messages_come_back_in_order),
		T(test_message_one_byte_at_a_time_is_whole),
		T(test_large_message_passes_after_login),
		T(test_large_message_is_refused_before_login),
		T(test_huge_announcement_is_refused_at_its_header),
		T(test_reserved_byte_is_invalid),
		T(test_half_closed_client_gets_its_answers),
		T(test_messages_in_flight_are_bounded),
		T(test_client_that_never_reads_is_paused_and_cut_off),
		T(test_flood_does_not_starve_others),
		T(test_silence_before_login_is_cut_off),
		T(test_talk_before_login_does_not_buy_time),
		T(test_unfinished_message_is_cut_off),
		T(test_idle_connection_is_closed_with_a_goodbye),
		T(test_plain_text_is_refused),
		T(test_connections_spread_evenly_over_loops),
		T(test_callers_above_the_bound_are_refused),
		T(test_callers_not_logged_in_have_their_own_bound),
		T(test_taken_port_is_unavailable),
		T(test_stop_lets_answers_under_way_go_out),
		T(test_answer_to_a_lost_client_is_swallowed),
		T(test_broken_pipes_raise_no_signal),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}

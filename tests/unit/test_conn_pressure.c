// SPDX-License-Identifier: MIT
/*
 * Connections over real sockets: who floods, never reads or says nothing is
 * bounded, and costs nobody else anything.
 */
#include "conn_world.h"

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

/* Writes until the server hangs up; how many bytes it took. */
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
		else if (poll(&p, 1, PATIENCE * 1000) <= 0 ||
			 (p.revents & POLLERR))
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

/* Before login: one whose handshake was over in time, and of which the server
 * heard; a machine may be slower than the deadline. */
static SSL *client_in_time(struct world *w)
{
	for (unsigned tries = 0; tries < PATIENCE; tries++) {
		SSL *s = SSL_new(w->client);
		uint8_t byte = 1;
		SSL_set_fd(s, dial(w));
		if (SSL_connect(s) == 1 && SSL_write(s, &byte, 1) == 1 &&
		    SSL_read(s, &byte, 1) == 1)
			return s;
		client_free(s);
	}
	fail_msg("no handshake is over in time");
	return NULL;
}

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
	SSL *s = client_in_time(w);
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
	SSL *s = client_in_time(w);
	while (SSL_write(s, &byte, 1) == 1 && SSL_read(s, &byte, 1) == 1)
		;
	await(w, &w->closed, 1);
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
	hear_goodbye(s);
	client_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_messages_in_flight_are_bounded),
		T(test_client_that_never_reads_is_paused_and_cut_off),
		T(test_flood_does_not_starve_others),
		T(test_silence_before_login_is_cut_off),
		T(test_talk_before_login_does_not_buy_time),
		T(test_unfinished_message_is_cut_off),
		T(test_idle_connection_is_closed_with_a_goodbye),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

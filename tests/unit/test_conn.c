// SPDX-License-Identifier: MIT
/*
 * Connections over real sockets: messages, callers, the end.
 */
#include "conn_world.h"

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

/* Who hears that it is open may end it at once. */
static void test_a_signal_before_it_runs_ends_it(void **state)
{
	struct world *w = *state;
	struct net_limits l;
	net_limits_init(&l);
	open_net(w, 2, &l);
	raise(SIGTERM);
	assert_null(run_net(w));
	net_close(w->net);
	w->net = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_pipelined_messages_come_back_in_order),
		T(test_message_one_byte_at_a_time_is_whole),
		T(test_large_message_passes_after_login),
		T(test_large_message_is_refused_before_login),
		T(test_huge_announcement_is_refused_at_its_header),
		T(test_reserved_byte_is_invalid),
		T(test_half_closed_client_gets_its_answers),
		T(test_plain_text_is_refused),
		T(test_connections_spread_evenly_over_loops),
		T(test_callers_above_the_bound_are_refused),
		T(test_callers_not_logged_in_have_their_own_bound),
		T(test_taken_port_is_unavailable),
		T(test_stop_lets_answers_under_way_go_out),
		T(test_answer_to_a_lost_client_is_swallowed),
		T(test_broken_pipes_raise_no_signal),
		T(test_a_signal_before_it_runs_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

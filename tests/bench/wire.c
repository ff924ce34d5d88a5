// SPDX-License-Identifier: MIT
/*
 * Lanes on one epoll, OpenSSL called directly.
 *
 * Time and CPU are taken only between the first request and the end of the
 * time given; connecting and what is still under way afterwards are outside.
 * Latencies go into counters of one microsecond each.
 */
#include "tests/bench/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"

#define MESSAGE_MOST ((size_t)64 * 1024 * 1024)
#define SLOWEST_US   2000000
#define READ_SIZE    65536
#define STEP_MS      100

struct lane {
	SSL *tls;
	int fd;
	struct message_scan scan;
	struct buf in;  /* a message not whole yet */
	struct buf out; /* requests not written yet */
	uint64_t asked_ns[WIRE_DEPTH];
	unsigned first, waiting;
	bool is_writing; /* epoll tells when it can go on */
};

struct wire {
	SSL_CTX *context;
	int port, server, events;
	struct lane **lanes;
	size_t count, room;
	struct buf message; /* of wire_call */
	uint8_t piece[READ_SIZE];

	const struct driver *driver; /* while it runs */
	uint32_t next_id;
	bool is_dry;  /* nothing more is asked */
	bool is_late; /* what comes now is not counted */
	uint64_t answers, bytes;
	uint32_t *latency; /* answers by microseconds */
};

struct wire *wire_open(int port, const char *ca, int server)
{
	static const unsigned char alpn[] = "\6kehu/1";
	struct wire *w = calloc(1, sizeof *w);

	need(w, "memory");
	w->port = port;
	w->server = server;
	w->events = epoll_create1(EPOLL_CLOEXEC);
	w->latency = calloc(SLOWEST_US, sizeof *w->latency);
	w->context = SSL_CTX_new(TLS_client_method());
	buf_init(&w->message, MESSAGE_MOST);
	need(w->events >= 0 && w->latency && w->context, "setting up");
	SSL_CTX_set_min_proto_version(w->context, TLS1_3_VERSION);
	SSL_CTX_set_alpn_protos(w->context, alpn, sizeof alpn - 1);
	SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(w->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	need(SSL_CTX_load_verify_locations(w->context, ca, NULL) == 1,
	    "the authority's certificate");
	return w;
}

void wire_drop(struct wire *w)
{
	while (w->count) {
		struct lane *l = w->lanes[--w->count];

		SSL_free(l->tls);
		close(l->fd);
		buf_release(&l->in);
		buf_release(&l->out);
		free(l);
	}
}

void wire_close(struct wire *w)
{
	wire_drop(w);
	SSL_CTX_free(w->context);
	close(w->events);
	buf_release(&w->message);
	free(w->lanes);
	free(w->latency);
	free(w);
}

size_t wire_lanes(const struct wire *w)
{
	return w->count;
}

static int dial(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	need(fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof to),
	    "connecting");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static void grow(struct wire *w)
{
	if (w->count < w->room)
		return;
	w->room = w->room ? 2 * w->room : 64;
	w->lanes = realloc(w->lanes, w->room * sizeof(struct lane *));
	need(w->lanes, "memory");
}

void wire_connect(struct wire *w)
{
	struct lane *l = calloc(1, sizeof *l);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };

	need(l, "memory");
	grow(w);
	l->fd = dial(w->port);
	l->tls = SSL_new(w->context);
	need(l->tls && SSL_set_fd(l->tls, l->fd) == 1 &&
		 SSL_connect(l->tls) == 1,
	    "TLS");
	fcntl(l->fd, F_SETFL, fcntl(l->fd, F_GETFL) | O_NONBLOCK);
	message_begin(&l->scan);
	buf_init(&l->in, MESSAGE_MOST);
	buf_init(&l->out, MESSAGE_MOST);
	need(!epoll_ctl(w->events, EPOLL_CTL_ADD, l->fd, &e), "epoll");
	w->lanes[w->count++] = l;
}

/* --- writing -------------------------------------------------------------*/

static void watch(struct wire *w, struct lane *l, bool writing)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };

	if (writing == l->is_writing)
		return;
	e.events |= writing ? (uint32_t)EPOLLOUT : 0;
	l->is_writing = writing;
	need(!epoll_ctl(w->events, EPOLL_CTL_MOD, l->fd, &e), "epoll");
}

static void flush(struct wire *w, struct lane *l)
{
	struct bytes left;

	while ((left = buf_bytes(&l->out)).len) {
		int most = left.len < 1 << 20 ? (int)left.len : 1 << 20;
		int n = SSL_write(l->tls, left.data, most);

		if (n > 0) {
			buf_consume(&l->out, (size_t)n);
			continue;
		}
		need(SSL_get_error(l->tls, n) == SSL_ERROR_WANT_WRITE,
		    "a connection was lost while writing");
		break;
	}
	watch(w, l, buf_bytes(&l->out).len != 0);
}

static void ask_at(struct wire *w, struct lane *l, uint64_t due_ns)
{
	if (!w->driver->ask(w->driver->ctx, w->next_id, &l->out)) {
		w->is_dry = true;
		return;
	}
	need(!l->out.err, "a request is too long");
	w->next_id++;
	l->asked_ns[(l->first + l->waiting++) % WIRE_DEPTH] = due_ns;
}

static void ask(struct wire *w, struct lane *l)
{
	if (!w->is_dry)
		ask_at(w, l, clock_monotonic_ns());
}

/* --- reading -------------------------------------------------------------*/

static void count_answer(struct wire *w, struct lane *l)
{
	uint64_t us =
	    (clock_monotonic_ns() - l->asked_ns[l->first % WIRE_DEPTH]) / 1000;

	need(l->waiting, "an answer that nobody asked for");
	l->first++;
	l->waiting--;
	if (w->is_late)
		return;
	w->answers++;
	w->latency[us < SLOWEST_US ? us : SLOWEST_US - 1]++;
}

static void take_message(struct wire *w, struct lane *l, struct bytes message)
{
	if (!w->driver) {
		buf_append_bytes(&w->message, message);
		return;
	}
	if (!w->is_late)
		w->bytes += message.len;
	count_answer(w, l);
	w->driver->answer(w->driver->ctx, message);
	ask(w, l);
}

static void take(struct wire *w, struct lane *l, const uint8_t *at, size_t len)
{
	while (len) {
		size_t used;
		enum err err =
		    message_scan(&l->scan, at, len, MESSAGE_MOST, &used);

		need(!err || err == ERR_BUSY, "an answer is no MessagePack");
		if (err || buf_bytes(&l->in).len)
			buf_append(&l->in, at, used);
		if (!err) {
			bool whole = !buf_bytes(&l->in).len;

			take_message(w, l,
			    whole ? bytes_of(at, used) : buf_bytes(&l->in));
			buf_reset(&l->in);
			message_begin(&l->scan);
		}
		at += used;
		len -= used;
	}
}

static void read_lane(struct wire *w, struct lane *l)
{
	for (;;) {
		int n = SSL_read(l->tls, w->piece, READ_SIZE);

		if (n <= 0) {
			need(SSL_get_error(l->tls, n) == SSL_ERROR_WANT_READ,
			    "a connection was lost");
			return;
		}
		take(w, l, w->piece, (size_t)n);
		if (!SSL_has_pending(l->tls))
			return;
	}
}

static void step(struct wire *w, int most_ms)
{
	struct epoll_event ready[64];
	int n = epoll_wait(w->events, ready, 64, most_ms);

	for (int i = 0; i < n; i++) {
		struct lane *l = ready[i].data.ptr;

		if (ready[i].events & ~(uint32_t)EPOLLOUT)
			read_lane(w, l);
		flush(w, l);
	}
}

struct bytes wire_call(struct wire *w, struct bytes request)
{
	struct lane *l = w->lanes[w->count - 1];

	w->driver = NULL;
	buf_reset(&w->message);
	buf_append_bytes(&l->out, request);
	flush(w, l);
	while (!buf_bytes(&w->message).len)
		step(w, STEP_MS);
	return buf_bytes(&w->message);
}

/* --- running -------------------------------------------------------------*/

/* Microseconds of CPU that the server used. */
double wire_server_us(const struct wire *w)
{
	clockid_t clock;
	struct timespec t = { 0 };

	if (!w->server)
		return 0;
	need(!clock_getcpuclockid(w->server, &clock) &&
		 !clock_gettime(clock, &t),
	    "the server's CPU");
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double quantile(const struct wire *w, double share)
{
	uint64_t below = 0, want = (uint64_t)((double)w->answers * share);
	size_t us = 0;

	while (us < SLOWEST_US - 1 && (below += w->latency[us]) <= want)
		us++;
	return (double)us;
}

static bool is_waiting(const struct wire *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->lanes[i]->waiting)
			return true;
	return false;
}

static void start(struct wire *w, const struct driver *d)
{
	w->driver = d;
	w->is_dry = w->is_late = false;
	w->answers = w->bytes = 0;
	memset(w->latency, 0, SLOWEST_US * sizeof *w->latency);
}

static void ask_all(struct wire *w, unsigned depth)
{
	need(depth && depth <= WIRE_DEPTH, "the depth is 1 to 64");
	for (size_t i = 0; i < w->count; i++) {
		for (unsigned k = 0; k < depth; k++)
			ask(w, w->lanes[i]);
		flush(w, w->lanes[i]);
	}
}

/* What was counted since `from`; then all that is owed. */
static void finish(
    struct wire *w, uint64_t from_ns, double server_us, struct wire_result *out)
{
	*out = (struct wire_result){
		.seconds = (double)(clock_monotonic_ns() - from_ns) / 1e9,
		.answers = w->answers,
		.bytes = w->bytes
	};
	if (w->answers) {
		double n = (double)w->answers;

		out->server_us = (wire_server_us(w) - server_us) / n;
		out->p50_us = quantile(w, 0.50);
		out->p99_us = quantile(w, 0.99);
	}
	w->is_dry = w->is_late = true;
	while (is_waiting(w))
		step(w, STEP_MS);
}

void wire_run(struct wire *w, const struct driver *d, unsigned depth,
    double seconds, struct wire_result *out)
{
	double server = wire_server_us(w);
	uint64_t from = clock_monotonic_ns(), now = from;

	start(w, d);
	ask_all(w, depth);
	while ((double)(now - from) < seconds * 1e9 &&
	       (!w->is_dry || is_waiting(w))) {
		step(w, STEP_MS);
		now = clock_monotonic_ns();
	}
	finish(w, from, server, out);
}

void wire_pace(struct wire *w, const struct driver *d, unsigned rate,
    double seconds, struct wire_result *out)
{
	double server = wire_server_us(w);
	uint64_t from = clock_monotonic_ns(), due = from;
	uint64_t end = from + (uint64_t)(seconds * 1e9);
	size_t next = 0;

	need(rate, "a rate");
	start(w, d);
	w->is_dry = true; /* no answer asks for more */
	while (due < end) {
		for (; due <= clock_monotonic_ns() && due < end;
		     due += 1000000000 / rate) {
			struct lane *l = w->lanes[next++ % w->count];

			if (l->waiting < WIRE_DEPTH)
				ask_at(w, l, due);
			flush(w, l);
		}
		step(w, 1);
	}
	finish(w, from, server, out);
}

// SPDX-License-Identifier: MIT
/*
 * Listener, loops, start and stop.
 *
 * Loop 0 accepts and hands each connection to the loop that has the fewest,
 * which spreads even sixteen connections evenly; listeners of one port in
 * each loop (SO_REUSEPORT) spread by a hash and leave a loop idle.
 *
 * Stopping goes through loop 0: it closes the listener first and tells the
 * other loops then, so that nothing is handed to a loop that has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "server/net/conns.h"

#define LOOPS_MAX     64
#define BACKLOG       1024
#define ROUND_ACCEPTS 32
#define GRACE_MS      5000 /* for answers under way; then again for holders */

/* One thread with its loop and its connections. */
struct lane {
	struct net *net;
	struct loop *loop;
	struct conns conns;
	pthread_t thread;
	bool started;
	bool grace_is_over;
	struct task stop;
	struct deadline_queue graces;
	struct deadline grace;
};

struct net {
	struct conn_terms terms;
	struct lane *lanes;
	unsigned count;
	int listener;
	int reserve; /* given up to refuse when descriptors run out */
	unsigned port;
	struct watch *watch;
	struct task stop;
	atomic_bool stopping;
	_Atomic uint64_t accepted;
	_Atomic uint64_t refused;
};

/* A socket on its way to its loop. */
struct arrival {
	struct task item;
	struct lane *lane;
	int fd;
	struct peer from;
};

#define HOLDER_OF(item, type, field)                                           \
	((type *)(void *)((char *)(item)-offsetof(type, field)))

void net_limits_init(struct net_limits *l)
{
	*l = (struct net_limits){
		.message_bytes = 1024 * 1024,
		.greeting_bytes = 4 * 1024,
		.output_high = 1024 * 1024,
		.greeting_output_high = 64 * 1024,
		.output_max = 8 * 1024 * 1024,
		.max_in_flight = 256,
		.connections = 10000,
		.waiting = 2000,
		.login_ms = 10000,
		.message_ms = 10000,
		.stalled_ms = 10000,
		.idle_ms = 30 * 60 * 1000,
	};
}

/* --- accepting --- */

static struct lane *emptiest(struct net *n)
{
	struct lane *best = &n->lanes[0];
	for (unsigned i = 1; i < n->count; i++)
		if (atomic_load(&n->lanes[i].conns.count) <
		    atomic_load(&best->conns.count))
			best = &n->lanes[i];
	return best;
}

static void on_arrival(struct task *item)
{
	struct arrival *a = HOLDER_OF(item, struct arrival, item);
	conns_adopt(&a->lane->conns, a->fd, &a->from);
	free(a);
}

static void hand_over(struct net *n, int fd, const struct peer *from)
{
	int on = 1;
	struct lane *lane = emptiest(n);
	/* Only delays replies where it fails. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	atomic_fetch_add(&n->accepted, 1);
	atomic_fetch_add(&n->terms.open, 1);
	atomic_fetch_add(&n->terms.waiting, 1);
	atomic_fetch_add(&lane->conns.count, 1);
	if (lane == &n->lanes[0]) {
		conns_adopt(&lane->conns, fd, from);
		return;
	}
	struct arrival *a = must_alloc(sizeof *a);
	*a = (struct arrival){ .lane = lane, .fd = fd, .from = *from };
	a->item.call = on_arrival;
	loop_post(lane->loop, &a->item);
}

static bool is_full(struct net *n)
{
	const struct net_limits *l = &n->terms.limits;
	return atomic_load(&n->terms.open) >= l->connections ||
	       atomic_load(&n->terms.waiting) >= l->waiting;
}

/* Out of descriptors: a caller left in the backlog would wake the loop at
 * each poll, so one is kept in reserve to turn him away with. */
static void refuse_with_reserve(struct net *n)
{
	log_warning("net: no descriptors left");
	close(n->reserve);
	int fd = accept4(n->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	n->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	atomic_fetch_add(&n->refused, 1);
}

static bool accept_one(struct net *n)
{
	struct peer from = { .len = sizeof from.address };
	struct sockaddr *address = (void *)&from.address;
	int fd = accept4(
	    n->listener, address, &from.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			refuse_with_reserve(n);
		return errno == ECONNABORTED;
	}
	if (is_full(n)) {
		atomic_fetch_add(&n->refused, 1);
		close(fd);
		return true;
	}
	hand_over(n, fd, &from);
	return true;
}

static void on_callers(void *ctx, bool readable, bool writable)
{
	struct net *n = ctx;
	(void)readable;
	(void)writable;
	for (unsigned i = 0; i < ROUND_ACCEPTS; i++)
		if (!accept_one(n))
			break;
}

/* --- stopping --- */

static void on_lane_stop(struct task *item)
{
	struct lane *lane = HOLDER_OF(item, struct lane, stop);
	conns_stop(&lane->conns);
	deadline_start(&lane->graces, &lane->grace, loop_now_ms(lane->loop));
}

static void on_stop(struct task *item)
{
	struct net *n = HOLDER_OF(item, struct net, stop);
	if (n->terms.events.stopping)
		n->terms.events.stopping(n->terms.events.ctx);
	watch_free(n->watch);
	n->watch = NULL;
	close(n->listener);
	n->listener = -1;
	for (unsigned i = 0; i < n->count; i++)
		loop_post(n->lanes[i].loop, &n->lanes[i].stop);
}

void net_stop(struct net *n)
{
	if (!atomic_exchange(&n->stopping, true))
		loop_post(n->lanes[0].loop, &n->stop);
}

static void on_signal(void *ctx)
{
	net_stop(ctx);
}

/* First the slow peers are cut off; then, whoever still holds a connection
 * is not waited for any longer. */
static void on_grace_passed(struct deadline *d)
{
	struct lane *lane = HOLDER_OF(d, struct lane, grace);
	if (lane->grace_is_over) {
		log_warning("net: answers still under way at the end");
		loop_end(lane->loop);
		return;
	}
	lane->grace_is_over = true;
	conns_kill(&lane->conns);
	deadline_start(&lane->graces, d, loop_now_ms(lane->loop));
}

/* --- a lane --- */

static bool on_round(void *ctx)
{
	struct lane *lane = ctx;
	bool more = conns_round(&lane->conns);
	if (lane->conns.stopping && conns_are_none(&lane->conns))
		loop_end(lane->loop);
	return more;
}

static void on_resting(void *ctx)
{
	struct lane *lane = ctx;
	const struct net_events *events = &lane->net->terms.events;
	if (events->resting)
		events->resting(events->ctx, lane->conns.loop_data);
}

static void on_tick(void *ctx)
{
	struct lane *lane = ctx;
	const struct net_events *events = &lane->net->terms.events;
	if (events->tick)
		events->tick(events->ctx, lane->conns.loop_data);
}

static void *run_lane(void *ctx)
{
	struct lane *lane = ctx;
	const struct net_events *events = &lane->net->terms.events;
	struct loop_hooks hooks = {
		.ctx = lane,
		.round = on_round,
		.resting = on_resting,
		.tick = on_tick,
	};
	if (events->loop_start)
		lane->conns.loop_data =
		    events->loop_start(events->ctx, lane->loop);
	loop_run(lane->loop, &hooks);
	if (events->loop_stop)
		events->loop_stop(events->ctx, lane->conns.loop_data);
	return NULL;
}

static enum err open_lane(struct net *n, struct lane *lane)
{
	enum err e = loop_new(&lane->loop);
	if (e != ERR_OK)
		return e;
	lane->net = n;
	lane->stop.call = on_lane_stop;
	conns_init(&lane->conns, &n->terms, lane->loop);
	deadline_queue_init(&lane->graces, GRACE_MS, on_grace_passed);
	loop_add_deadlines(lane->loop, &lane->graces);
	return ERR_OK;
}

static void close_lane(struct lane *lane)
{
	if (!lane->loop)
		return;
	conns_release(&lane->conns);
	loop_free(lane->loop);
}

/* --- opening --- */

/* "HOST:PORT" or "[HOST]:PORT"; an empty host is any address. */
static enum err resolve(const char *listen, struct addrinfo **out)
{
	char host[256];
	const char *colon = strrchr(listen, ':');
	if (!colon || colon[1] == '\0' || colon - listen >= (long)sizeof host)
		return ERR_INVALID;
	size_t len = (size_t)(colon - listen);
	if (len >= 2 && listen[0] == '[' && listen[len - 1] == ']') {
		listen++;
		len -= 2;
	}
	memcpy(host, listen, len);
	host[len] = '\0';
	struct addrinfo want = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	int e = getaddrinfo(len ? host : NULL, colon + 1, &want, out);
	return e == 0 ? ERR_OK : ERR_INVALID;
}

static unsigned port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	void *any = &a;
	struct sockaddr_in *four = any;
	struct sockaddr_in6 *six = any;
	if (getsockname(fd, any, &len) != 0)
		return 0;
	return ntohs(a.ss_family == AF_INET ? four->sin_port : six->sin6_port);
}

static enum err bind_to(struct net *n, const struct addrinfo *a)
{
	int on = 1;
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	n->listener = socket(a->ai_family, type, a->ai_protocol);
	if (n->listener < 0)
		return ERR_UNAVAILABLE;
	setsockopt(n->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(n->listener, a->ai_addr, a->ai_addrlen) != 0 ||
	    listen(n->listener, BACKLOG) != 0)
		return ERR_UNAVAILABLE;
	n->port = port_of(n->listener);
	return ERR_OK;
}

static enum err open_listener(struct net *n, const char *listen)
{
	struct addrinfo *a = NULL;
	enum err e = resolve(listen, &a);
	if (e != ERR_OK) {
		log_error("net: %s is no HOST:PORT", listen);
		return e;
	}
	e = bind_to(n, a);
	if (e != ERR_OK)
		log_error(
		    "net: cannot listen on %s: %s", listen, strerror(errno));
	freeaddrinfo(a);
	return e;
}

static enum err open_lanes(struct net *n, unsigned loops)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (loops == 0)
		loops = cores > 0 ? (unsigned)cores : 1;
	n->count = loops < LOOPS_MAX ? loops : LOOPS_MAX;
	n->lanes = must_alloc(n->count * sizeof *n->lanes);
	memset(n->lanes, 0, n->count * sizeof *n->lanes);
	for (unsigned i = 0; i < n->count; i++) {
		enum err e = open_lane(n, &n->lanes[i]);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* Before anybody is told that it is ready: who hears of that may end it. */
static enum err catch_signals(struct net *n)
{
	struct loop *first = n->lanes[0].loop;
	enum err e = loop_on_signal(first, SIGTERM, on_signal, n);

	return e != ERR_OK ? e : loop_on_signal(first, SIGINT, on_signal, n);
}

static enum err open_all(struct net *n, const struct net_options *o)
{
	struct tls_files files = {
		.certificate = o->certificate_file,
		.key = o->key_file,
		.client_ca = o->client_ca_file,
		.certificates = o->certificates,
	};
	enum err e = tls_context_open(&files, &n->terms.tls);
	if (e != ERR_OK)
		return e;
	n->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	e = open_listener(n, o->listen);
	if (e != ERR_OK)
		return e;
	e = open_lanes(n, o->loops);
	return e != ERR_OK ? e : catch_signals(n);
}

enum err net_open(const struct net_options *options,
    const struct net_events *events, struct net **out)
{
	struct net *n = must_alloc(sizeof *n);
	*n = (struct net){ .listener = -1, .reserve = -1 };
	n->terms.limits = options->limits;
	n->terms.events = *events;
	n->stop.call = on_stop;
	/* A peer that is gone is an error of the write, not of the process. */
	signal(SIGPIPE, SIG_IGN);
	enum err e = open_all(n, options);
	if (e != ERR_OK) {
		net_close(n);
		return e;
	}
	n->watch = watch_new(n->lanes[0].loop, n->listener, on_callers, n);
	watch_read(n->watch, true);
	*out = n;
	return ERR_OK;
}

unsigned net_port(const struct net *n)
{
	return n->port;
}

/* --- running --- */

static enum err start_threads(struct net *n)
{
	for (unsigned i = 1; i < n->count; i++) {
		struct lane *lane = &n->lanes[i];
		if (pthread_create(&lane->thread, NULL, run_lane, lane) != 0) {
			log_error("net: no thread for loop %u", i);
			return ERR_UNAVAILABLE;
		}
		lane->started = true;
	}
	return ERR_OK;
}

enum err net_run(struct net *n)
{
	enum err e = start_threads(n);
	if (e != ERR_OK)
		net_stop(n);
	run_lane(&n->lanes[0]);
	for (unsigned i = 1; i < n->count; i++)
		if (n->lanes[i].started)
			pthread_join(n->lanes[i].thread, NULL);
	return e;
}

void net_close(struct net *n)
{
	if (!n)
		return;
	watch_free(n->watch);
	for (unsigned i = 0; n->lanes && i < n->count; i++)
		close_lane(&n->lanes[i]);
	free(n->lanes);
	if (n->listener >= 0)
		close(n->listener);
	if (n->reserve >= 0)
		close(n->reserve);
	tls_context_close(n->terms.tls);
	free(n);
}

void net_figures(struct net *n, struct net_figures *out)
{
	*out = (struct net_figures){
		.accepted = atomic_load(&n->accepted),
		.refused = atomic_load(&n->refused),
		.open = atomic_load(&n->terms.open),
		.waiting = atomic_load(&n->terms.waiting),
	};
	for (unsigned i = 0; i < n->count; i++) {
		struct conns *s = &n->lanes[i].conns;
		out->messages += atomic_load(&s->messages);
		out->bytes_in += atomic_load(&s->bytes_in);
		out->bytes_out += atomic_load(&s->bytes_out);
	}
}

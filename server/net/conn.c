// SPDX-License-Identifier: MIT
/*
 * One connection's life, as steps that never wait.
 *
 *	SHAKING -> OPEN -> LEAVING -> LINGERING -> GONE
 *
 * SHAKING: the TLS handshake.  OPEN: messages in, replies out.  LEAVING:
 * nothing more is read, what waits is sent, then goodbye.  LINGERING: bytes
 * still coming are thrown away for a moment, since closing over unread bytes
 * resets the stream and takes our last reply with it.  Any state may end in
 * GONE, and a struct that is GONE lives on while answers are under way.
 *
 * Input is decrypted into the loop's scratch and handed up from there; only
 * an unfinished message (or what a pause left) is copied into `in`, so that
 * an idle connection owns no buffer.  `scanned` bytes at the start of the
 * unread input belong to the message begun; `in` never holds more than one
 * message and one read.
 */
#include "server/net/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/secret.h"

#define ROUND_MESSAGES 64          /* handed up in one step */
#define ROUND_RECORDS  8           /* written in one step */
#define SPARE_MAX      (64 * 1024) /* kept for the next reply */
#define IDLE_STEPS     16          /* the idle time's granularity */

static void add(_Atomic uint64_t *figure, uint64_t n)
{
	/* One writer: no locked instruction needed. */
	uint64_t was = atomic_load_explicit(figure, memory_order_relaxed);
	atomic_store_explicit(figure, was + n, memory_order_relaxed);
}

static const struct net_limits *limits_of(const struct conn *c)
{
	return &c->set->terms->limits;
}

void conn_put_on_agenda(struct conn *c)
{
	if (c->on_agenda || c->state == GONE)
		return;
	c->on_agenda = true;
	TAILQ_INSERT_TAIL(&c->set->agenda, c, in_agenda);
}

static void move_to(struct conn *c, enum conn_state next)
{
	ASSERT(next > c->state);
	c->state = next;
}

/* --- the wire --- */

static int blocked_or_broken(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
		   ? WIRE_BLOCKED
		   : WIRE_BROKEN;
}

static int socket_read(void *ctx, void *data, int len)
{
	struct conn *c = ctx;
	ssize_t n = recv(c->fd, data, (size_t)len, 0);
	return n >= 0 ? (int)n : blocked_or_broken();
}

static int socket_write(void *ctx, const void *data, int len)
{
	struct conn *c = ctx;
	ssize_t n = send(c->fd, data, (size_t)len, MSG_NOSIGNAL);
	return n >= 0 ? (int)n : blocked_or_broken();
}

/* --- the end of a connection --- */

static void count_waiting(struct conn *c, bool waits)
{
	if (waits)
		atomic_fetch_add(&c->set->terms->waiting, 1);
	else
		atomic_fetch_sub(&c->set->terms->waiting, 1);
}

void conn_kill(struct conn *c)
{
	if (c->state == GONE)
		return;
	move_to(c, GONE);
	deadline_stop(&c->login);
	deadline_stop(&c->message);
	deadline_stop(&c->stalled);
	deadline_stop(&c->idle);
	deadline_stop(&c->linger);
	TAILQ_INSERT_TAIL(&c->set->gone, c, in_gone);
}

void conn_free(struct conn *c)
{
	TAILQ_REMOVE(&c->set->all, c, in_all);
	atomic_fetch_sub(&c->set->count, 1);
	free(c);
}

void conn_bury(struct conn *c)
{
	const struct net_events *events = &c->set->terms->events;
	ASSERT(!c->on_agenda);
	watch_free(c->watch);
	tls_free(c->tls);
	close(c->fd);
	c->watch = NULL;
	c->tls = NULL;
	buf_release(&c->in);
	buf_release(&c->out);
	if (!c->admitted)
		count_waiting(c, false);
	atomic_fetch_sub(&c->set->terms->open, 1);
	c->buried = true;
	c->held++; /* so that conn_drop() in closed() does not free it */
	if (c->opened)
		events->closed(events->ctx, c->data);
	conn_drop(c);
}

/* --- input --- */

static size_t message_cap(const struct conn *c)
{
	return c->admitted ? limits_of(c)->message_bytes
			   : limits_of(c)->greeting_bytes;
}

static size_t output_high(const struct conn *c)
{
	return c->admitted ? limits_of(c)->output_high
			   : limits_of(c)->greeting_output_high;
}

/* Choked above the high mark until half of it has gone. */
static void note_output(struct conn *c)
{
	size_t waits = buf_bytes(&c->out).len;
	if (waits > output_high(c))
		c->choked = true;
	else if (waits <= output_high(c) / 2)
		c->choked = false;
}

static bool takes_messages(const struct conn *c)
{
	return c->state == OPEN && !c->choked && !c->set->stopping &&
	       c->held < limits_of(c)->max_in_flight;
}

static bool wants_read(const struct conn *c)
{
	if (c->state == OPEN)
		return takes_messages(c) && !c->ended;
	return c->state == SHAKING || c->state == LINGERING;
}

static bool has_leftover(const struct conn *c)
{
	return buf_bytes(&c->in).len > c->scanned;
}

static void note_heard(struct conn *c)
{
	uint64_t now = loop_now_ms(c->set->loop);
	uint64_t span = limits_of(c)->idle_ms;
	/* Moving it at each message would touch its neighbours' memory. */
	if (now + span - c->idle.due_ms > span / IDLE_STEPS)
		deadline_start(&c->set->idle, &c->idle, now);
}

static void deliver(struct conn *c, struct bytes message)
{
	const struct net_events *events = &c->set->terms->events;
	c->scanned = 0;
	message_begin(&c->scan);
	deadline_stop(&c->message);
	note_heard(c);
	add(&c->set->messages, 1);
	events->message(events->ctx, c->data, message);
	note_output(c);
}

static void break_off(struct conn *c, enum err why)
{
	const struct net_events *events = &c->set->terms->events;
	log_info("net: %s: %s", c->peer, err_text(why));
	events->broken(events->ctx, c->data, why);
	conn_close(c);
}

/* Hands up whole messages; how many bytes they took. */
static size_t hand_up(struct conn *c, struct bytes input)
{
	size_t done = 0;
	for (unsigned i = 0; i < ROUND_MESSAGES && takes_messages(c); i++) {
		size_t at = done + c->scanned;
		size_t used = 0;
		if (at == input.len)
			break;
		enum err e = message_scan(&c->scan, input.data + at,
		    input.len - at, message_cap(c), &used);
		c->scanned += used;
		if (e == ERR_BUSY)
			break;
		if (e != ERR_OK) {
			break_off(c, e);
			break;
		}
		size_t len = c->scanned;
		deliver(c, bytes_of(input.data + done, len));
		done += len;
	}
	return done;
}

static void take_leftover(struct conn *c)
{
	size_t done = hand_up(c, buf_bytes(&c->in));
	buf_consume(&c->in, done);
	buf_trim(&c->in);
}

static void take_input(struct conn *c, size_t got)
{
	uint8_t *scratch = c->set->scratch;
	add(&c->set->bytes_in, got);
	if (buf_bytes(&c->in).len > 0) {
		buf_append(&c->in, scratch, got);
		take_leftover(c);
	} else {
		size_t done = hand_up(c, bytes_of(scratch, got));
		if (c->state == OPEN && done < got)
			buf_append(&c->in, scratch + done, got - done);
	}
	secret_wipe(scratch, got);
	ASSERT(c->in.err == ERR_OK);
}

/* One read; more only in the next turn. */
static void read_some(struct conn *c)
{
	size_t got;
	c->readable = false;
	enum tls_step step =
	    tls_read(c->tls, c->set->scratch, CONN_READ_MAX, &got);
	if (step == TLS_DONE)
		take_input(c, got);
	else if (step == TLS_WANT_WRITE)
		c->blocked = true;
	else if (step == TLS_CLOSED)
		c->ended = true;
	else if (step == TLS_FAILED)
		conn_kill(c);
	if (step == TLS_AGAIN ||
	    (step == TLS_DONE && c->state == OPEN && tls_has_more(c->tls)))
		c->readable = true;
}

static void time_message(struct conn *c)
{
	if (c->scanned == 0 || !takes_messages(c))
		deadline_stop(&c->message);
	else if (!deadline_is_running(&c->message))
		deadline_start(
		    &c->set->message, &c->message, loop_now_ms(c->set->loop));
}

static void step_input(struct conn *c)
{
	if (!takes_messages(c))
		return;
	if (has_leftover(c))
		take_leftover(c);
	else if (c->readable && !c->ended)
		read_some(c);
	if (c->state == OPEN)
		time_message(c);
}

/* --- output --- */

/* An empty connection borrows the loop's storage and gives it back. */
static void borrow_spare(struct conn *c)
{
	struct conns *s = c->set;
	if (c->out.data || s->spare_count == 0)
		return;
	size_t cap = c->out.cap;
	c->out = s->spares[--s->spare_count];
	c->out.cap = cap;
}

static void return_spare(struct conn *c)
{
	struct conns *s = c->set;
	if (!c->out.data)
		return;
	if (s->spare_count == CONNS_GROUP || c->out.size > SPARE_MAX) {
		buf_trim(&c->out);
		return;
	}
	secret_wipe(c->out.data, c->out.end);
	buf_reset(&c->out);
	s->spares[s->spare_count++] = c->out;
	buf_init(&c->out, limits_of(c)->output_max);
}

static void time_output(struct conn *c)
{
	if (!deadline_is_running(&c->stalled))
		deadline_start(
		    &c->set->stalled, &c->stalled, loop_now_ms(c->set->loop));
}

static bool write_some(struct conn *c)
{
	size_t sent;
	enum tls_step step = tls_write(c->tls, buf_bytes(&c->out), &sent);
	if (step == TLS_CLOSED || step == TLS_FAILED) {
		conn_kill(c);
		return false;
	}
	if (step != TLS_DONE) {
		c->blocked = true;
		return false;
	}
	buf_consume(&c->out, sent);
	add(&c->set->bytes_out, sent);
	deadline_stop(&c->stalled);
	return true;
}

static void step_output(struct conn *c)
{
	if (c->out.err != ERR_OK) {
		log_info("net: %s: takes no replies", c->peer);
		conn_kill(c);
		return;
	}
	for (unsigned i = 0; i < ROUND_RECORDS && !c->blocked; i++)
		if (buf_bytes(&c->out).len == 0 || !write_some(c))
			break;
	if (c->state == GONE)
		return;
	note_output(c);
	if (buf_bytes(&c->out).len == 0) {
		deadline_stop(&c->stalled);
		return_spare(c);
	} else if (c->blocked) {
		time_output(c);
	}
}

/* --- leaving --- */

static void step_goodbye(struct conn *c)
{
	if (buf_bytes(&c->out).len > 0 || c->blocked)
		return;
	enum tls_step step = tls_goodbye(c->tls);
	if (step == TLS_WANT_WRITE) {
		c->blocked = true;
		time_output(c);
		return;
	}
	bool heard_all = c->ended || (c->set->stopping && !c->readable);
	if (step == TLS_FAILED || heard_all || shutdown(c->fd, SHUT_WR) != 0) {
		conn_kill(c);
		return;
	}
	move_to(c, LINGERING);
	deadline_stop(&c->stalled);
	deadline_start(&c->set->linger, &c->linger, loop_now_ms(c->set->loop));
}

static void step_linger(struct conn *c)
{
	if (!c->readable)
		return;
	c->readable = false;
	ssize_t n = recv(c->fd, c->set->scratch, CONN_READ_MAX, 0);
	if (n == 0 || (n < 0 && blocked_or_broken() == WIRE_BROKEN))
		conn_kill(c);
}

/* --- a step --- */

static void step_handshake(struct conn *c)
{
	const struct net_events *events = &c->set->terms->events;
	enum tls_step step = tls_handshake(c->tls);
	c->readable = step == TLS_AGAIN;
	if (step == TLS_WANT_WRITE)
		c->blocked = true;
	if (step == TLS_FAILED || step == TLS_CLOSED)
		conn_kill(c);
	if (step != TLS_DONE)
		return;
	move_to(c, OPEN);
	c->opened = true;
	c->readable = true;
	deadline_start(&c->set->idle, &c->idle, loop_now_ms(c->set->loop));
	c->data = events->opened(events->ctx, c->set->loop_data, c);
}

/* Nothing more will be asked and all is answered. */
static bool is_through(const struct conn *c)
{
	if (c->state != OPEN || c->held > 0)
		return false;
	return c->set->stopping || (c->ended && !has_leftover(c));
}

static void settle(struct conn *c)
{
	bool reads = wants_read(c);
	if (c->state == GONE)
		return;
	if (c->asks != c->blocked) {
		c->asks = c->blocked;
		watch_write(c->watch, c->asks);
	}
	if (reads && c->deaf) {
		c->deaf = false;
		watch_read(c->watch, true);
	}
	bool input =
	    reads && (c->readable || (c->state == OPEN && has_leftover(c)));
	bool output = buf_bytes(&c->out).len > 0 && !c->blocked;
	if (input || output)
		conn_put_on_agenda(c);
}

void conn_hear(struct conn *c)
{
	if (c->state == SHAKING)
		step_handshake(c);
	if (c->state == OPEN)
		step_input(c);
}

void conn_speak(struct conn *c)
{
	if (c->state == OPEN || c->state == LEAVING)
		step_output(c);
	if (is_through(c))
		conn_close(c);
	if (c->state == LEAVING)
		step_goodbye(c);
	if (c->state == LINGERING)
		step_linger(c);
	c->on_agenda = false;
	settle(c);
}

static void on_ready(void *ctx, bool readable, bool writable)
{
	struct conn *c = ctx;
	if (writable) {
		c->blocked = false;
		c->readable = true; /* a read may have waited to write */
	}
	if (readable)
		c->readable = true;
	if (readable && !wants_read(c)) {
		/* Level-triggered: it would be told again at each poll. */
		c->deaf = true;
		watch_read(c->watch, false);
	}
	conn_put_on_agenda(c);
}

/* --- the beginning --- */

static void format_peer(struct conn *c, const struct peer *from)
{
	char host[INET6_ADDRSTRLEN] = "?";
	const struct sockaddr_storage *a = &from->address;
	const void *any = a;
	const struct sockaddr_in *four = any;
	const struct sockaddr_in6 *six = any;
	if (a->ss_family == AF_INET) {
		inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
		snprintf(c->peer, sizeof c->peer, "%s:%u", host,
		    (unsigned)ntohs(four->sin_port));
	} else {
		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
		snprintf(c->peer, sizeof c->peer, "[%s]:%u", host,
		    (unsigned)ntohs(six->sin6_port));
	}
}

struct conn *conn_new(struct conns *s, int fd, const struct peer *from)
{
	const struct net_limits *l = &s->terms->limits;
	struct conn *c = must_alloc(sizeof *c);
	*c = (struct conn){ .state = SHAKING, .fd = fd, .set = s };
	struct tls_wire wire = {
		.ctx = c, .read = socket_read, .write = socket_write
	};
	format_peer(c, from);
	message_begin(&c->scan);
	buf_init(&c->in, l->message_bytes + CONN_READ_MAX);
	buf_init(&c->out, l->output_max);
	c->tls = tls_new(s->terms->tls, &wire);
	c->watch = watch_new(s->loop, fd, on_ready, c);
	watch_read(c->watch, true);
	return c;
}

/* --- what the layers above call --- */

struct loop *conn_loop(const struct conn *c)
{
	return c->set->loop;
}

void conn_send(struct conn *c, struct bytes reply)
{
	if (c->state != OPEN)
		return;
	borrow_spare(c);
	buf_append_bytes(&c->out, reply);
	conn_put_on_agenda(c);
}

void conn_hold(struct conn *c)
{
	c->held++;
}

void conn_drop(struct conn *c)
{
	ASSERT(c->held > 0);
	c->held--;
	if (c->buried && c->held == 0)
		conn_free(c);
	else
		conn_put_on_agenda(c);
}

void conn_admit(struct conn *c, bool in)
{
	if (c->admitted == in || c->state == GONE)
		return;
	c->admitted = in;
	count_waiting(c, !in);
	if (in)
		deadline_stop(&c->login);
	else
		deadline_start(
		    &c->set->login, &c->login, loop_now_ms(c->set->loop));
}

void conn_close(struct conn *c)
{
	if (c->state != OPEN)
		return;
	move_to(c, LEAVING);
	deadline_stop(&c->login);
	deadline_stop(&c->message);
	deadline_stop(&c->idle);
	conn_put_on_agenda(c);
}

const char *conn_peer(const struct conn *c)
{
	return c->peer;
}

bool conn_certificate(const struct conn *c, uint8_t spki[static 32])
{
	return c->tls && tls_certificate(c->tls, spki);
}

// SPDX-License-Identifier: MIT
/*
 * The connections of one loop.  A round takes the agenda as it stands, in
 * groups; what its steps put there is for the next round.  Whoever went GONE
 * in a round is buried at its end, when no step has him in hand any more.
 */
#include "server/net/conns.h"

#include <stdlib.h>

#include "common/log.h"

#define LINGER_MS 1000

static void bury_all(struct conns *s)
{
	struct conn *c;
	while ((c = TAILQ_FIRST(&s->gone))) {
		TAILQ_REMOVE(&s->gone, c, in_gone);
		if (c->on_agenda)
			TAILQ_REMOVE(&s->agenda, c, in_agenda);
		c->on_agenda = false;
		conn_bury(c);
	}
}

static unsigned take_group(
    struct conn_list *from, struct conn *group[static CONNS_GROUP])
{
	unsigned count = 0;
	struct conn *c;
	while (count < CONNS_GROUP && (c = TAILQ_FIRST(from))) {
		TAILQ_REMOVE(from, c, in_agenda);
		group[count++] = c;
	}
	return count;
}

/* Those in a group still count as on the agenda: whatever is sent to them
 * meanwhile goes out with this step. */
bool conns_round(struct conns *s)
{
	struct conn_list now = TAILQ_HEAD_INITIALIZER(now);
	struct conn *group[CONNS_GROUP];
	unsigned count;
	TAILQ_CONCAT(&now, &s->agenda, in_agenda);
	while ((count = take_group(&now, group))) {
		for (unsigned i = 0; i < count; i++)
			conn_hear(group[i]);
		for (unsigned i = 0; i < count; i++)
			conn_speak(group[i]);
	}
	bury_all(s);
	return !TAILQ_EMPTY(&s->agenda);
}

/* --- deadlines --- */

#define CONN_OF(d, field)                                                      \
	((struct conn *)(void *)((char *)(d)-offsetof(struct conn, field)))

static void on_login_passed(struct deadline *d)
{
	struct conn *c = CONN_OF(d, login);
	log_debug("net: %s: no login in time", c->peer);
	conn_kill(c);
}

static void on_message_passed(struct deadline *d)
{
	struct conn *c = CONN_OF(d, message);
	log_info("net: %s: a message took too long", c->peer);
	conn_kill(c);
}

static void on_stalled_passed(struct deadline *d)
{
	struct conn *c = CONN_OF(d, stalled);
	log_info("net: %s: takes no replies", c->peer);
	conn_kill(c);
}

static void on_idle_passed(struct deadline *d)
{
	struct conn *c = CONN_OF(d, idle);
	if (c->held > 0)
		deadline_start(&c->set->idle, d, loop_now_ms(c->set->loop));
	else
		conn_close(c);
}

static void on_linger_passed(struct deadline *d)
{
	conn_kill(CONN_OF(d, linger));
}

/* --- the set --- */

static void start_queue(struct conns *s, struct deadline_queue *q,
    uint64_t span_ms, void (*passed)(struct deadline *d))
{
	deadline_queue_init(q, span_ms, passed);
	loop_add_deadlines(s->loop, q);
}

void conns_init(struct conns *s, struct conn_terms *terms, struct loop *loop)
{
	const struct net_limits *l = &terms->limits;
	*s = (struct conns){ .terms = terms, .loop = loop };
	TAILQ_INIT(&s->all);
	TAILQ_INIT(&s->agenda);
	TAILQ_INIT(&s->gone);
	start_queue(s, &s->login, l->login_ms, on_login_passed);
	start_queue(s, &s->message, l->message_ms, on_message_passed);
	start_queue(s, &s->stalled, l->stalled_ms, on_stalled_passed);
	start_queue(s, &s->idle, l->idle_ms, on_idle_passed);
	start_queue(s, &s->linger, LINGER_MS, on_linger_passed);
	s->scratch = must_alloc(CONN_READ_MAX);
}

/* Answers that never came may still hold a struct. */
void conns_release(struct conns *s)
{
	conns_kill(s);
	struct conn *c;
	while ((c = TAILQ_FIRST(&s->all)))
		conn_free(c);
	while (s->spare_count)
		buf_release(&s->spares[--s->spare_count]);
	free(s->scratch);
}

void conns_adopt(struct conns *s, int fd, const struct peer *from)
{
	struct conn *c = conn_new(s, fd, from);
	TAILQ_INSERT_TAIL(&s->all, c, in_all);
	deadline_start(&s->login, &c->login, loop_now_ms(s->loop));
	conn_put_on_agenda(c);
	if (s->stopping)
		conn_kill(c);
}

void conns_stop(struct conns *s)
{
	struct conn *c;
	s->stopping = true;
	TAILQ_FOREACH(c, &s->all, in_all)
	if (c->state == SHAKING)
		conn_kill(c);
	else
		conn_put_on_agenda(c);
}

void conns_kill(struct conns *s)
{
	struct conn *c;
	TAILQ_FOREACH(c, &s->all, in_all)
	conn_kill(c);
	bury_all(s);
}

bool conns_are_none(const struct conns *s)
{
	return TAILQ_EMPTY(&s->all);
}

// SPDX-License-Identifier: MIT
/*
 * The life of requests: taken in, performed, committed, answered.
 *
 *   taken --perform--> done ------------------------------> answered
 *     |                 |  changes or must be logged
 *     |                 +--> submitted --commit--> back --> answered
 *     |  long or slow   |                   |  met another change
 *     +--> away (a crew) --> submitted ...  +--> performed again
 *                       |  the same customer is being changed
 *                       +--> waits for its turn --> performed again
 *
 * The loop's thread takes in and answers; crews perform; the committer only
 * posts back.  No answer leaves before the commit of what it tells of.  Once
 * a request is pushed, submitted or waits, it is another thread's: nothing of
 * it is touched until it comes back.
 */
#include "server/access/uses.h"
#include "server/rpc/inside.h"

#include <stddef.h>
#include <stdlib.h>

#include "common/log.h"
#include "server/access/throttle.h"
#include "server/rpc/method.h"
#include "server/rpc/reply.h"

#define NOTE_EVERY_MS 10000 /* the use of a session's token */

static void run_on_loop(struct request *r);

/* --- answering (loop's thread) -------------------------------------------*/

/* What a connection read before and after it said who it is, and while a
 * break-glass ran. */
#define READS_BITS 2
static uint64_t reads_key(const struct request *r)
{
	return r->session->number << READS_BITS | (r->draft.under ? 2u : 0u) |
	       (r->draft.user != 0);
}

static void count_request(struct request *r)
{
	struct session *s = r->session;
	int64_t now = clock_now_ms(s->station->desk.clock);

	if (r->is_counted)
		return;
	r->draft.records = NULL;
	r->draft.record_count = 0;
	if (r->outcome == ERR_OK) {
		r->draft.method =
		    r->draft.user ? "session.reads" : "session.greeting";
		tally_read(s->station->tally, reads_key(r), &r->draft, now);
		return;
	}
	r->draft.result = err_word(r->outcome);
	tally_refusal(s->station->tally, &r->draft, now);
}

static void be_here(struct session *s, uint64_t account)
{
	presence_move(s->station->rpc->presence, s->here, account);
	s->here = account;
}

static void take_identity(struct request *r)
{
	struct session *s = r->session;

	if (r->outcome || !r->wants_identity)
		return;
	s->identity = r->granted;
	if (!s->is_over)
		be_here(s, s->identity.account);
	presence_told(
	    r->rpc->presence, s->identity.account, r->granted.failures);
	s->identity.used_ms = r->identity.now_ms;
	if (!s->is_over)
		r->rpc->options.host.admit(s->conn, s->identity.account != 0);
}

static void let_go(struct request *r)
{
	struct session *s = r->session;

	turns_give(r->rpc->turns, &r->turn, 0);
	if (r->is_away) {
		r->rpc->options.host.drop(s->conn);
		s->under_way--;
	}
	request_give(r);
	if (s->is_over && !s->under_way)
		free(s);
}

static void answer(struct request *r)
{
	struct session *s = r->session;
	struct buf *reply = &s->station->reply;

	buf_reset(reply);
	if (r->outcome == ERR_OK)
		reply_result(r->number, buf_bytes(&r->out), reply);
	else
		reply_error(r, reply);
	if (reply->err) {
		r->outcome = ERR_TOO_LARGE;
		buf_reset(reply);
		reply_refusal(r->number, r->outcome, reply);
	}
	take_identity(r);
	count_request(r);
	/* One that is gone swallows it. */
	if (!r->is_silent)
		r->rpc->options.host.send(s->conn, buf_bytes(reply));
	buf_reset(reply);
	let_go(r);
}

/* --- committing ----------------------------------------------------------*/

static void hold(struct request *r)
{
	if (r->is_away)
		return;
	r->is_away = true;
	r->session->under_way++;
	r->rpc->options.host.hold(r->session->conn);
}

static void go_elsewhere(struct request *r);

static void run_again(struct task *t)
{
	struct request *r = (struct request *)t;

	if (r->method->place == ON_LOOP)
		run_on_loop(r);
	else
		go_elsewhere(r);
}

/* In its turn a plan meets but those of other customers, for a number that
 * both want, and what is no request's. */
static void on_back(struct task *t)
{
	struct request *r = (struct request *)t;
	bool met_another = r->outcome == ERR_CONFLICT && r->plan;

	if (met_another && r->rebuilds++ < REBUILDS) {
		run_again(t);
		return;
	}
	/* Somebody else was always faster. */
	if (met_another)
		r->outcome = ERR_BUSY;
	answer(r);
}

static void post(struct request *r, void (*call)(struct task *t))
{
	r->task.call = call;
	r->rpc->options.host.post(r->home->loop, &r->task);
}

/* On the thread of whoever gave his turn back. */
void station_call_turn(struct turn *t)
{
	post((struct request *)((char *)t - offsetof(struct request, turn)),
	    run_again);
}

/* On the committer's thread. */
static void on_committed(struct plan *p, enum err outcome, void *ctx)
{
	struct request *r = ctx;

	r->outcome = outcome;
	/* Its entry counts it, also that of a plan that met another. */
	r->is_counted |= outcome != ERR_FULL;
	if (outcome == ERR_OK)
		turns_give(r->rpc->turns, &r->turn, plan_position(p) + 1);
	post(r, on_back);
}

static bool needs_commit(const struct request *r)
{
	return r->must_log || (r->plan && !plan_is_empty(r->plan));
}

/* ERR_OK: it is the committer's, or waits.  ERR_CONFLICT: what it was built
 * on is no more; it has its turn now. */
static enum err submit(struct request *r)
{
	enum turn_word word;
	enum err err;

	if (!request_plan(r))
		return ERR_TOO_LARGE;
	if (!auditlog_is_sound(r->rpc->options.log))
		return ERR_UNAVAILABLE;
	err = turns_take(r->rpc->turns, &r->turn, r->owners, r->owner_count,
	    snapshot_head(r->desk->snapshot), &word);
	if (err || word == TURN_WAIT)
		return err;
	if (word == TURN_STALE)
		return ERR_CONFLICT;
	r->draft.count = !r->is_counted;
	err = draft_plan(&r->draft, r->plan);
	return err ? err
		   : store_submit(
			 r->rpc->options.store, r->plan, on_committed, r);
}

/* False: it is still ours, and its outcome stands. */
static bool has_gone(struct request *r)
{
	enum err err;

	if (r->outcome || !needs_commit(r)) {
		r->plan = NULL; /* a handler's own conflict is no other's */
		return false;
	}
	hold(r);
	err = submit(r);
	if (err)
		r->outcome = err;
	return !err;
}

/* --- away ----------------------------------------------------------------*/

/* Anew each time, so that a request that is performed again needs no more
 * memory than one that is not.

 * Once this returns the desk may read its directory anew, and its names would
 * be gone before the request is answered and counted. */
static enum err perform(struct request *r, struct desk *d)
{
	enum err err;

	arena_rewind(&r->arena, r->asked);
	err = request_perform(r, d);
	r->bad_field = arena_copy(&r->arena, r->bad_field);
	if (r->draft.login)
		r->draft.login =
		    arena_text(&r->arena, bytes_text(r->draft.login));
	return err;
}

/* On a crew's thread. */
static void run_away(struct crew_task *t, struct desk *d)
{
	struct request *r =
	    (struct request *)((char *)t - offsetof(struct request, away));

	r->outcome = perform(r, d);
	if (!has_gone(r))
		post(r, on_back);
}

static void go_elsewhere(struct request *r)
{
	bool hashes = r->method->place == ON_HASHER;
	struct crew *crew = hashes ? r->rpc->hashers : r->rpc->workers;
	bool was_let_in = r->is_away;
	enum err err;

	hold(r);
	r->plan = NULL;
	r->away.run = run_away;
	r->away.source =
	    hashes ? throttle_source(r->rpc->throttle, r->session->peer) : 0;
	err = was_let_in ? crew_push_again(crew, &r->away)
			 : crew_push(crew, &r->away);
	if (!err)
		return;
	r->outcome = err;
	answer(r);
}

static void run_on_loop(struct request *r)
{
	r->outcome = perform(r, &r->home->desk);
	if (r->outcome == ERR_ELSEWHERE)
		go_elsewhere(r);
	else if (!has_gone(r))
		on_back(&r->task);
}

/* --- taking in -----------------------------------------------------------*/

/* A kept session needs no hash and cannot be guessed: it does not wait behind
 * guessed passwords, nor is it throttled with them. */
static bool is_quick(struct request *r)
{
	return r->method->place == ON_LOOP ||
	       (r->method->run == on_session_login &&
		   param_text(r, "token").len);
}

static enum err admit_login(struct request *r)
{
	if (is_quick(r) || r->method->need != NEED_NOTHING)
		return ERR_OK;
	return throttle_admit(r->rpc->throttle,
	    clock_now_ms(r->home->desk.clock), param_text(r, "user"),
	    r->session->peer, &r->retry_after_ms);
}

/* A session that is over stays so, however often it is asked. */
static void note_use(struct request *r)
{
	struct session *s = r->session;
	const struct identity *id = &r->identity;

	if (!id->account || identity_is_over(id, r->rpc->options.idle_ms))
		return;
	s->identity.used_ms = id->now_ms;
	if (!id->has_token || id->now_ms - s->noted_ms < NOTE_EVERY_MS)
		return;
	s->noted_ms = id->now_ms;
	uses_note(r->rpc->uses, &id->token, id->now_ms);
}

static void start(struct request *r)
{
	struct session *s = r->session;

	findings_init(&r->found, &r->arena);
	r->identity = s->identity;
	r->identity.now_ms = steady_ms(&r->rpc->steady,
	    clock_now_ms(s->station->desk.clock), clock_monotonic_ns());
	note_use(r);
	r->draft = (struct draft){ .user = s->identity.account,
		.peer = s->peer,
		.method = r->method ? r->method->name : "(unknown)",
		.count = 1 };
	r->asked = arena_mark(&r->arena);
}

void rpc_message(struct session *s, struct bytes message)
{
	struct request *r = request_take(s->station);

	r->session = s;
	r->outcome = request_decode(r, message);
	start(r);
	if (r->outcome == ERR_OK)
		r->outcome = admit_login(r);
	if (r->outcome)
		answer(r);
	else if (is_quick(r))
		run_on_loop(r);
	else
		go_elsewhere(r);
}

void rpc_broken(struct session *s, enum err why)
{
	struct request *r = request_take(s->station);

	r->session = s;
	start(r);
	r->draft.method = "(broken)";
	r->outcome = why;
	answer(r);
}

/* --- sessions ------------------------------------------------------------*/

struct session *session_new(
    struct station *s, void *conn, const char *peer, const uint8_t *spki)
{
	struct session *n = must_alloc(sizeof *n);

	*n = (struct session){ .station = s,
		.conn = conn,
		.number = atomic_fetch_add(&s->rpc->sessions, 1) + 1 };
	strncpy(n->peer, peer, sizeof n->peer - 1);
	n->has_spki = spki != NULL;
	if (spki)
		memcpy(n->spki, spki, sizeof n->spki);
	return n;
}

void session_end(struct session *s)
{
	for (unsigned kind = 0; kind < 1u << READS_BITS; kind++)
		tally_session_end(
		    s->station->tally, s->number << READS_BITS | kind);
	be_here(s, 0);
	s->is_over = true;
	if (!s->under_way)
		free(s);
}

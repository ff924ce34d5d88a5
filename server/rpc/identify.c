// SPDX-License-Identifier: MIT
/*
 * Who is this, and what may he do: decided anew for each request.
 *
 *   session still running -> account as it is now -> the token it came by ->
 *   effective roles -> may he ask for this at all -> has he its right, and
 *   are its parameters known
 *
 * Nothing is remembered from one request to the next but what the connection
 * has proved, so whatever is taken away is gone with the next request.
 */
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

bool identity_is_over(const struct identity *id, int64_t idle_ms)
{
	if (id->now_ms >= id->until_ms)
		return true;
	return idle_ms && id->now_ms - id->used_ms >= idle_ms;
}

const uint8_t *request_spki(const struct request *r)
{
	return r->session->has_spki ? r->session->spki : NULL;
}

/* NULL: nobody, or no longer. */
static const struct account *find_account(const struct request *r)
{
	const struct identity *id = &r->identity;
	const struct directory *d = r->desk->directory;
	const struct account *who;
	bool holds;

	if (!id->account || identity_is_over(id, r->rpc->options.idle_ms))
		return NULL;
	who = directory_account_by_id(d, id->account);
	holds = who && !who->disabled && who->stamp == id->stamp &&
		bindings_admit(directory_bindings(d), who, request_spki(r));
	return holds ? who : NULL;
}

/* One that was revoked ends the sessions that came by it.  The request has a
 * copy of its own, whose texts are the desk's and end with this run. */
static enum err check_token(struct request *r, const struct account *who)
{
	struct token_scene scene = { .now_ms = r->identity.now_ms,
		.peer = r->session->peer };
	const struct token *t;
	struct token *mine;
	enum err err = tokens_get(r->desk->tokens, r->desk->snapshot,
	    r->desk->sealer, &r->identity.token, &t);

	if (err)
		return err == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : err;
	if (token_judge(t, who, &scene) != TOKEN_GOOD)
		return ERR_UNAUTHENTICATED;
	mine = arena_alloc(&r->arena, sizeof(*mine));
	if (!mine)
		return ERR_TOO_LARGE;
	*mine = *t;
	r->token = mine;
	return ERR_OK;
}

enum err request_become(
    struct request *r, const struct account *who, uint64_t within)
{
	struct directory *d = r->desk->directory;
	enum err err = effective_decide(d, who, within, &r->effective);

	if (!err && within == ROLES_ALL)
		err = effective_break_glass(
		    d, who, r->identity.now_ms, &r->effective);
	r->account = who;
	r->caller = (struct caller){ .user = who->id,
		.login = who->login,
		.roles = effective_words(d, r->effective.roles, &r->arena),
		.bound_by = effective_words(d, r->effective.bound, &r->arena),
		.branch = who->branch,
		.branch_code = who->branch_code,
		.view = r->effective.view,
		.peer = r->session->peer,
		.source = "form" };
	if (!err)
		charge_begin(r);
	return err ? err : r->arena.err;
}

bool request_is_machine(const struct request *r)
{
	return r->token && r->token->kind == TOKEN_ISSUED;
}

/* What must be done first, as the rule that refuses everything else. */
static const char *duty_of(const struct request *r)
{
	if (r->identity.must_change || r->account->must_change)
		return "password_change";
	return r->identity.must_enroll ? "totp_enroll" : NULL;
}

/* May such a session ask for this method?  A machine has no duties. */
static enum err check_need(struct request *r)
{
	unsigned need = r->method->need;

	if (!request_is_machine(r))
		r->rule = need & NEED_FULL ? duty_of(r) : NULL;
	else if (need & NEED_PERSON)
		r->rule = "token";
	return r->rule ? ERR_DENIED : ERR_OK;
}

/* One that ended, by itself or by somebody, ends what lives by it. */
static enum err ask_glass(struct request *r, struct snapshot *now)
{
	const struct glass *g = r->effective.glass;

	if (!g)
		return ERR_OK;
	return glass_runs(g, clock_now_ms(r->desk->clock))
		   ? directory_recheck_glasses(r->desk->directory, now)
		   : ERR_DENIED;
}

/* A session outlasts neither its connection nor the token it came by. */
static bool has_run_out(struct request *r)
{
	int64_t now_ms = steady_ms(&r->rpc->steady,
	    clock_now_ms(r->desk->clock), clock_monotonic_ns());

	return atomic_load(&r->session->is_over) ||
	       now_ms >= r->identity.until_ms;
}

static enum err ask_certificate(struct request *r, struct snapshot *now)
{
	struct bindings b;
	enum err err = bindings_load(now, r->desk->sealer, &r->arena, &b);

	if (err || bindings_admit(&b, r->account, request_spki(r)))
		return err;
	return ERR_UNAUTHENTICATED;
}

/* By a snapshot of its own: the desk's is in use. */
static enum err ask_leave(void *ctx)
{
	struct request *r = ctx;
	struct desk *d = r->desk;
	struct snapshot *now;
	struct token t;
	enum err err = has_run_out(r) ? ERR_UNAUTHENTICATED
				      : snapshot_open(d->store, &now);

	if (err)
		return err;
	err = directory_recheck(
	    d->directory, now, d->sealer, r->account, &r->arena);
	if (!err)
		err = ask_glass(r, now);
	if (!err)
		err = ask_certificate(r, now);
	if (!err && r->token)
		err = token_get(now, d->sealer, &r->token->key, &r->arena, &t);
	snapshot_close(now);
	return err == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : err;
}

/* What waited longer than its caller did ends with its first step. */
static void offer_leave(struct request *r)
{
	bool has_gone = atomic_load(&r->session->is_over);

	r->desk->leave = (struct leave){ .ask = ask_leave,
		.ctx = r,
		.next_ns =
		    has_gone ? 0 : clock_monotonic_ns() + LEAVE_EVERY_NS };
}

enum err request_identify(struct request *r)
{
	const struct account *who = find_account(r);
	enum err err = who ? ERR_OK : ERR_UNAUTHENTICATED;

	if (!err && r->identity.has_token)
		err = check_token(r, who);
	if (err == ERR_UNAUTHENTICATED && r->method->need == NEED_NOTHING)
		return ERR_OK;
	if (!err)
		err = request_become(r, who,
		    r->token ? token_roles(r->token, r->desk->directory)
			     : ROLES_ALL);
	if (!err && r->desk->may_wait)
		offer_leave(r);
	return err ? err : check_need(r);
}

/* --- what he may ---------------------------------------------------------*/

static enum err check_right(struct request *r)
{
	unsigned right = r->method->right;

	if (!right || view_rights(r->caller.view, RELATION_ALL) & right)
		return ERR_OK;
	return ERR_DENIED;
}

static enum err check_params(struct request *r)
{
	for (unsigned i = 0; i < r->given.count; i++) {
		if (param_is_known(r->method->params, r->given.keys[i]))
			continue;
		r->bad_field = r->given.keys[i];
		r->rule = "parameter";
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* Whatever the method does with it: it is not there to store books in. */
static enum err check_reason(struct request *r)
{
	struct bytes raw = param_raw(r, "reason");
	struct reader in = reader_of(raw);

	return raw.len && reader_peek(&in) == UNPACK_TEXT
		   ? request_check_reason(r, read_text(&in))
		   : ERR_OK;
}

enum err request_check(struct request *r)
{
	enum err err = check_right(r);

	if (!err)
		err = check_params(r);
	return err ? err : check_reason(r);
}

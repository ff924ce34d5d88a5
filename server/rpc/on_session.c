// SPDX-License-Identifier: MIT
/*
 * session.*: saying hello, proving who one is, leaving.
 *
 * Every refused login is one answer, whatever the cause; only the throttle's
 * own refusal differs.  On the hashing workers: argon2id takes its time.
 */
#include "common/pack.h"
#include "common/secret.h"
#include "common/version.h"
#include "server/access/policy.h"
#include "server/access/uses.h"
#include "server/access/visit.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/proof.h"

enum err on_session_hello(struct request *r)
{
	param_text(r, "client");
	if (param_error(r))
		return param_error(r);
	pack_map(&r->out, 4);
	pack_key_cstr(&r->out, "server", "kehud");
	pack_key_cstr(&r->out, "version", KEHU_VERSION);
	pack_key_int(&r->out, "protocol", PROTOCOL_VERSION);
	pack_key_instant(&r->out, "time", clock_now_ms(r->desk->clock));
	return ERR_OK;
}

/* --- login ---------------------------------------------------------------*/

/* The branch's contact line, so that a refusal can say whom to ask. */
static struct bytes help_line(struct request *r, const struct account *who)
{
	const struct entity *branch =
	    schema_branch(directory_schema(r->desk->directory));
	const struct view_entity *ve =
	    branch ? view_entity_of(r->effective.view, branch) : NULL;
	const struct field *f = ve ? view_field(ve, bytes_text("help")) : NULL;
	struct record *record;
	struct grant g;
	struct bytes value = BYTES_NONE;

	if (!f || !who->branch ||
	    !view_grant(ve, RELATION_ALL, false, f, USE_PROJECT, &g) ||
	    record_load(r->desk, &r->arena, branch, who->branch, &record) ||
	    record_value(r->desk, record, &g, &value))
		return BYTES_NONE;
	return value_text(f, value);
}

static void pack_checkpoint(struct request *r)
{
	struct bytes note;

	pack_cstr(&r->out, "checkpoint");
	if (auditlog_note(r->desk->snapshot, &r->arena, &note))
		pack_nil(&r->out);
	else
		pack_text(&r->out, note);
}

/* So that it can be said before a new one is typed. */
static void pack_password_rule(struct request *r)
{
	const struct password_policy *p = &r->rpc->options.password_policy;

	pack_cstr(&r->out, "password_rule");
	pack_map(&r->out, 2);
	pack_key_int(&r->out, "least", p->least);
	pack_key_int(&r->out, "classes", p->classes);
}

static void pack_welcome(
    struct request *r, const struct account *who, const char *secret)
{
	struct bytes help = help_line(r, who);
	size_t mark = pack_map_open(&r->out);
	uint32_t count = 7;

	pack_key_cstr(&r->out, "user", who->login);
	pack_cstr(&r->out, "roles");
	request_pack_roles(r, r->effective.roles);
	pack_key_cstr(&r->out, "branch", who->branch_code);
	pack_checkpoint(r);
	pack_key_instant(&r->out, "expires", r->granted.until_ms);
	pack_cstr(&r->out, "two_person");
	operations_pack(&r->out, directory_two_person(r->desk->directory));
	pack_cstr(&r->out, "notices");
	request_pack_notices(r);
	if (r->granted.must_change) {
		pack_key_bool(&r->out, "must_change", true);
		pack_password_rule(r);
		count += 2;
	}
	if (r->granted.must_enroll) {
		pack_key_bool(&r->out, "must_enroll", true);
		count++;
	}
	if (help.len) {
		pack_key_text(&r->out, "help", help);
		count++;
	}
	if (secret) {
		pack_key_cstr(&r->out, "token", secret);
		count++;
	}
	pack_map_close(&r->out, mark, count);
}

static enum err keep_session(struct request *r, const struct account *who,
    char secret[static TOKEN_TEXT])
{
	int64_t now = r->identity.now_ms;
	struct token t = { .kind = TOKEN_KEPT,
		.account = who->id,
		.stamp = who->stamp,
		.creator = who->id,
		.created_ms = now,
		.used_ms = now,
		.expires_ms = r->granted.until_ms,
		.from = r->session->peer };
	enum err err =
	    token_plan(r->plan, r->desk->sealer, r->desk->random, &t, secret);

	r->granted.has_token = true;
	r->granted.token = t.key;
	return err;
}

static enum err note_visit(struct request *r, const struct account *who)
{
	struct visit now = { .at_ms = r->identity.now_ms,
		.from = r->session->peer,
		.failures = presence_failures(r->rpc->presence, who->id) };
	struct visits seen;
	enum err err = visits_load(
	    r->desk->snapshot, r->desk->sealer, who->id, &r->arena, &seen);

	r->granted.began_ms = now.at_ms;
	r->granted.failures = now.failures;
	return err ? err
		   : visits_plan(
			 r->plan, r->desk->sealer, who->id, &seen, &now);
}

/* `within`: the roles of the token he came by, or ROLES_ALL; a machine has no
 * duties. */
static enum err welcome(
    struct request *r, const struct account *who, uint64_t within, bool keep)
{
	char secret[TOKEN_TEXT];
	enum err err = request_plan(r) ? effective_decide(r->desk->directory,
					     who, within, &r->effective)
				       : ERR_TOO_LARGE;

	if (!err && within == ROLES_ALL)
		err = proof_duties(r, who);
	if (!err && !r->granted.has_token)
		err = note_visit(r, who);
	if (!err && keep)
		err = keep_session(r, who, secret);
	if (err) {
		secret_wipe(secret, sizeof(secret));
		return err;
	}
	r->granted.account = who->id;
	r->granted.stamp = who->stamp;
	r->wants_identity = true;
	r->must_log = true;
	r->draft.user = who->id;
	r->draft.login = who->login;
	r->draft.branch = who->branch;
	pack_welcome(r, who, keep ? secret : NULL);
	secret_wipe(secret, sizeof(secret));
	return ERR_OK;
}

/* A token that opens nothing is one answer at one cost; the entry says why
 * and, where that is known, whose it is. */
static enum err refuse_token(
    struct request *r, const struct token *t, const char *why)
{
	const struct account *who =
	    directory_account_by_id(r->desk->directory, t->account);

	r->draft.user = t->account;
	r->draft.login = who ? who->login : NULL;
	r->draft.token = arena_text(&r->arena, bytes_text(t->id));
	r->draft.why = why;
	return r->arena.err ? ERR_TOO_LARGE : ERR_UNAUTHENTICATED;
}

static enum err find_token(
    struct request *r, struct bytes secret, struct token *t)
{
	struct digest key;
	enum err err = token_parse(secret, &key);

	if (!err)
		err = token_get(
		    r->desk->snapshot, r->desk->sealer, &key, &r->arena, t);
	if (err != ERR_NOT_FOUND && err != ERR_INVALID)
		return err;
	token_spend(r->desk->sealer, &r->arena);
	return ERR_UNAUTHENTICATED;
}

/* Its row is told of this use, when the last it knows is long ago. */
static enum err note_token(struct request *r, struct token *t)
{
	int64_t now = r->identity.now_ms;

	uses_note(r->rpc->uses, &t->key, now);
	if (!token_is_stale(t, now))
		return ERR_OK;
	t->used_ms = now;
	t->from = r->session->peer;
	return request_plan(r) ? token_plan_used(r->plan, r->desk->sealer, t)
			       : ERR_TOO_LARGE;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static enum err by_token(struct request *r, struct bytes secret)
{
	int64_t now = r->identity.now_ms;
	struct token_scene scene = { .now_ms = now,
		.idle_ms = r->rpc->options.idle_ms,
		.peer = r->session->peer };
	const struct account *who;
	enum token_state state;
	struct token t;
	enum err err = find_token(r, secret, &t);

	if (err)
		return err;
	who = directory_account_by_id(r->desk->directory, t.account);
	scene.used_ms = uses_last(r->rpc->uses, &t.key);
	state = token_judge(&t, who, &scene);
	if (state != TOKEN_GOOD)
		return refuse_token(r, &t, token_state_word(state));
	if (!bindings_admit(
		directory_bindings(r->desk->directory), who, request_spki(r)))
		return refuse_token(r, &t, "certificate");
	r->granted = (struct identity){ .until_ms = sooner(t.expires_ms,
					    now + r->rpc->options.session_ms),
		.has_token = true,
		.token = t.key };
	r->draft.token = arena_text(&r->arena, bytes_text(t.id));
	err = note_token(r, &t);
	return err ? err
		   : welcome(
			 r, who, token_roles(&t, r->desk->directory), false);
}

enum err on_session_login(struct request *r)
{
	struct bytes user = param_text(r, "user");
	struct bytes password = param_text(r, "password");
	struct bytes otp = param_text(r, "otp");
	struct bytes token = param_text(r, "token");
	bool keep = param_bool(r, "keep");
	const struct account *who;
	enum err err;

	if (param_error(r))
		return param_error(r);
	/* Whoever was here before is not who logs in. */
	r->draft.token = NULL;
	if (token.len)
		return by_token(r, token);
	r->granted = (struct identity){
		.until_ms = r->identity.now_ms + r->rpc->options.session_ms
	};
	err = proof_login(r, user, password, otp, &who);
	return err ? err : welcome(r, who, ROLES_ALL, keep);
}

enum err on_session_logout(struct request *r)
{
	bool all = param_bool(r, "all");
	struct plan *p = request_plan(r);
	enum err err = ERR_OK;

	if (param_error(r) || !p)
		return p ? param_error(r) : ERR_TOO_LARGE;
	if (all && request_is_machine(r)) {
		r->rule = "token";
		return ERR_DENIED;
	}
	if (all)
		err = request_end_sessions(r);
	if (!err && r->token && !request_is_machine(r))
		err = token_plan_revoke(p, &r->token->key);
	request_end_session(r);
	pack_map(&r->out, 0);
	return err;
}

/* --- a new password ------------------------------------------------------*/

static enum err renew(struct request *r, struct bytes password)
{
	struct account after = *r->account;
	enum err err = proof_renew(r, password, &after);

	after.must_change = false;
	return err ? err
		   : directory_plan_account(request_plan(r), r->desk->directory,
			 r->desk->sealer, r->account, &after);
}

/* Whoever came by a one-time code proves himself by the code. */
enum err on_session_passwd(struct request *r)
{
	struct bytes old = param_text(r, "old");
	struct bytes new = param_text(r, "new");
	enum err err;

	if (param_error(r))
		return param_error(r);
	if (!r->account || !request_plan(r))
		return r->account ? ERR_TOO_LARGE : ERR_UNAUTHENTICATED;
	err = proof_password(r, old);
	if (err)
		return err;
	if (bytes_equal(old, new))
		findings_add(&r->found, FINDING_ERROR, "new", "same",
		    "the new password is the old one");
	err = renew(r, new);
	if (err)
		return err;
	/* Every session of this account ends, this one too. */
	request_end_session(r);
	pack_map(&r->out, 0);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * session.*: saying hello, proving who one is, leaving.
 *
 * Every refused login is one answer, whatever the cause; only the throttle's
 * own refusal differs.  On the hashing workers: argon2id takes its time.
 */
#include "common/date.h"
#include "common/log.h"
#include "common/pack.h"
#include "common/secret.h"
#include "server/data/refs.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/proof.h"

static void pack_instant(struct buf *out, const char *key, int64_t ms)
{
	char text[INSTANT_TEXT];

	instant_format(ms, text);
	pack_key_cstr(out, key, text);
}

enum err on_session_hello(struct request *r)
{
	param_text(r, "client");
	if (param_error(r))
		return param_error(r);
	pack_map(&r->out, 4);
	pack_key_cstr(&r->out, "server", "kehud");
	pack_key_cstr(&r->out, "version", KEHU_VERSION);
	pack_key_int(&r->out, "protocol", PROTOCOL_VERSION);
	pack_instant(&r->out, "time", clock_now_ms(r->desk->clock));
	return ERR_OK;
}

/* --- login ---------------------------------------------------------------*/

/* The branch's contact line, so that a refusal can say whom to ask. */
static struct bytes help_line(struct request *r, const struct account *who)
{
	const struct schema *schema = directory_schema(r->desk->directory);
	const struct entity *branch =
	    schema_entity(schema, bytes_text("branch"));
	const struct view_entity *ve =
	    branch ? view_entity_of(who->view, branch) : NULL;
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

static void pack_welcome(
    struct request *r, const struct account *who, bool keep)
{
	struct bytes help = help_line(r, who);
	size_t mark = pack_map_open(&r->out);
	uint32_t count = 5;

	pack_key_cstr(&r->out, "user", who->login);
	pack_cstr(&r->out, "roles");
	request_pack_roles(r, who->role_set);
	pack_key_cstr(&r->out, "branch", who->branch_code);
	pack_checkpoint(r);
	pack_instant(&r->out, "expires", r->granted.until_ms);
	if (r->granted.must_change) {
		pack_key_bool(&r->out, "must_change", true);
		count++;
	}
	if (r->granted.must_enroll) {
		pack_key_bool(&r->out, "must_enroll", true);
		count++;
	}
	if (help.len) {
		pack_key_text(&r->out, "help", help);
		count++;
	}
	if (keep) {
		pack_key_cstr(&r->out, "token", r->granted.token);
		count++;
	}
	pack_map_close(&r->out, mark, count);
}

static enum err welcome(struct request *r, const struct account *who, bool keep)
{
	struct plan *p = request_plan(r);
	enum err err = p ? proof_duties(r, who) : ERR_TOO_LARGE;

	if (!err && keep)
		err = token_plan(p, r->desk->sealer, r->desk->random, who,
		    r->granted.until_ms, r->granted.token);
	if (err)
		return err;
	r->granted.account = who->id;
	r->granted.stamp = who->stamp;
	r->wants_identity = true;
	r->must_log = true;
	r->draft.user = who->id;
	r->draft.login = who->login;
	r->draft.branch = who->branch;
	pack_welcome(r, who, keep);
	return ERR_OK;
}

static enum err by_token(struct request *r, struct bytes token)
{
	const struct account *who;
	int64_t expires;
	enum err err =
	    token_find(r->desk->snapshot, r->desk->sealer, r->desk->directory,
		token, clock_now_ms(r->desk->clock), &r->arena, &who, &expires);

	if (err)
		return err == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : err;
	r->granted = (struct identity){ .until_ms = expires };
	if (token.len < TOKEN_TEXT)
		memcpy(r->granted.token, token.data, token.len);
	return welcome(r, who, false);
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
	if (token.len)
		return by_token(r, token);
	r->granted = (struct identity){
		.until_ms = clock_now_ms(r->desk->clock) + KEEP_SHIFT_MS
	};
	err = proof_login(r, user, password, otp, &who);
	return err ? err : welcome(r, who, keep);
}

enum err on_session_logout(struct request *r)
{
	struct plan *p = request_plan(r);
	enum err err = ERR_OK;

	if (!p)
		return ERR_TOO_LARGE;
	if (r->identity.token[0])
		err = token_plan_revoke(p, bytes_text(r->identity.token));
	r->granted = (struct identity){ 0 };
	r->wants_identity = true;
	r->must_log = true;
	pack_map(&r->out, 0);
	return err;
}

/* --- a new password ------------------------------------------------------*/

static enum err set_password(struct request *r, struct bytes password)
{
	struct account after = *r->account;
	struct buf stored;
	enum err err;

	buf_init(&stored, 1024);
	err = password_hash(r->desk->sealer, &r->rpc->options.password_cost,
	    password, r->desk->random, &stored);
	after.password = arena_copy(&r->arena, buf_bytes(&stored));
	after.enrolment = BYTES_NONE;
	after.must_change = false;
	buf_release(&stored);
	if (!err)
		err = directory_plan_account(request_plan(r),
		    r->desk->directory, r->desk->sealer, r->account, &after);
	return err;
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
	password_judge(new, bytes_text(r->account->login), &r->found);
	if (bytes_equal(old, new))
		findings_add(&r->found, FINDING_ERROR, "new", "same",
		    "the new password is the old one");
	if (r->found.errors)
		return ERR_INVALID;
	err = set_password(r, new);
	/* Every session of this account ends, this one too. */
	r->granted = (struct identity){ 0 };
	r->wants_identity = true;
	r->must_log = true;
	pack_map(&r->out, 0);
	return err;
}

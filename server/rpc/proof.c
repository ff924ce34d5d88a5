// SPDX-License-Identifier: MIT
/*
 * See proof.h.
 *
 * A wrong code counts as a failed login, however it was met.  The right
 * password without a code counts as nothing: it is half a login, and forgives
 * no failures either.
 */
#include "server/rpc/proof.h"

#include "server/access/throttle.h"
#include "server/rpc/inside.h"

static enum err admit(struct request *r, struct bytes user)
{
	return throttle_admit(r->rpc->throttle, clock_now_ms(r->desk->clock),
	    user, r->session->peer, &r->retry_after_ms);
}

/* Its owner is told of it at his next login. */
static void count_failure(struct request *r, struct bytes user)
{
	const struct account *who = NULL;
	struct bytes login;

	if (!login_canonical(&r->arena, user, &login))
		who = directory_account(r->desk->directory, login);
	if (who)
		presence_failed(r->rpc->presence, who->id);
}

/* What it is answered: `err`, or that it came while others' failures delay
 * him.  With r->rule it is the right password without its code. */
static enum err note(struct request *r, struct bytes user, enum err err)
{
	struct throttle *t = r->rpc->throttle;
	const char *peer = r->session->peer;
	int64_t now = clock_now_ms(r->desk->clock);
	bool is_right = !err || r->rule;
	enum err locked;

	if (err && err != ERR_UNAUTHENTICATED)
		return err;
	locked =
	    throttle_judge(t, now, user, peer, is_right, &r->retry_after_ms);
	if (!err && !locked)
		throttle_passed(t, now, user, peer);
	if (!is_right) {
		throttle_failed(t, now, user, peer);
		count_failure(r, user);
	}
	if (locked)
		r->rule = NULL;
	return locked ? locked : err;
}

static enum err prove_password(struct request *r, struct bytes user,
    struct bytes password, const struct account **who)
{
	const struct directory *d = r->desk->directory;
	enum err err = login_password(d, r->desk->sealer,
	    &r->rpc->options.password_cost, user, password, &r->arena, who);

	if (err != ERR_UNAUTHENTICATED)
		return err;
	err = login_enrolment(d, r->desk->sealer, user, password,
	    clock_now_ms(r->desk->clock), &r->arena, who);
	r->granted.must_change = !err;
	return err;
}

static enum err take_code(struct request *r, struct factor *f, struct bytes otp)
{
	struct plan *p = request_plan(r);
	enum err err =
	    p ? factor_take(f, otp, clock_now_ms(r->desk->clock), &r->arena)
	      : ERR_TOO_LARGE;

	return err ? err : factor_plan(p, r->desk->sealer, f);
}

/* The answer does not tell it, the log must: somebody has the password, and
 * lacks what goes with it. */
static enum err refuse(
    struct request *r, const struct account *who, const char *why)
{
	r->draft.user = who->id;
	r->draft.login = who->login;
	r->draft.why = why;
	return ERR_UNAUTHENTICATED;
}

static enum err prove_factor(
    struct request *r, const struct account *who, struct bytes otp)
{
	struct factor f;
	enum err err = factor_load(
	    r->desk->snapshot, r->desk->sealer, who->id, &r->arena, &f);

	if (!err && f.is_on && otp.len) {
		err = take_code(r, &f, otp);
		if (err == ERR_UNAUTHENTICATED)
			err = refuse(r, who, "otp");
	} else if (!err && f.is_on) {
		r->rule = "otp";
		err = ERR_UNAUTHENTICATED;
	}
	factor_wipe(&f);
	return err;
}

/* The right password from a machine that is not his is a wrong one. */
static enum err prove_certificate(struct request *r, const struct account *who)
{
	if (bindings_admit(
		directory_bindings(r->desk->directory), who, request_spki(r)))
		return ERR_OK;
	return refuse(r, who, "certificate");
}

enum err proof_login(struct request *r, struct bytes user,
    struct bytes password, struct bytes otp, const struct account **who)
{
	enum err err = admit(r, user);

	if (err)
		return err;
	err = prove_password(r, user, password, who);
	if (!err)
		err = prove_certificate(r, *who);
	if (!err)
		err = prove_factor(r, *who, otp);
	return note(r, user, err);
}

enum err proof_password(struct request *r, struct bytes password)
{
	struct bytes user = bytes_text(r->account->login);
	const struct account *who;
	enum err err = admit(r, user);

	if (err)
		return err;
	err = note(r, user, prove_password(r, user, password, &who));
	return err == ERR_UNAUTHENTICATED ? ERR_DENIED : err;
}

enum err proof_factor(struct request *r, struct factor *f, struct bytes otp)
{
	struct bytes user = bytes_text(r->account->login);
	enum err err = admit(r, user);

	if (err)
		return err;
	err = note(r, user,
	    factor_take(f, otp, clock_now_ms(r->desk->clock), &r->arena));
	if (err != ERR_UNAUTHENTICATED)
		return err;
	r->rule = "otp";
	return ERR_DENIED;
}

enum err proof_confirm(struct request *r, struct factor *f, struct bytes otp,
    char codes[static RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)])
{
	struct bytes user = bytes_text(r->account->login);
	enum err err = admit(r, user);

	if (err)
		return err;
	return note(r, user,
	    factor_confirm(f, otp, clock_now_ms(r->desk->clock), &r->arena,
		r->desk->random, codes));
}

enum err proof_renew(
    struct request *r, struct bytes password, struct account *a)
{
	const struct rpc_options *o = &r->rpc->options;
	struct buf stored;
	enum err err;

	password_judge(
	    &o->password_policy, password, bytes_text(a->login), &r->found);
	if (r->found.errors)
		return ERR_INVALID;
	buf_init(&stored, 1024);
	err = password_hash(r->desk->sealer, &o->password_cost, password,
	    r->desk->random, &stored);
	a->password = arena_copy(&r->arena, buf_bytes(&stored));
	a->password_ms = clock_now_ms(r->desk->clock);
	a->enrolment = BYTES_NONE;
	buf_release(&stored);
	return err;
}

enum err proof_duties(struct request *r, const struct account *who)
{
	struct factor f;
	enum err err = factor_load(
	    r->desk->snapshot, r->desk->sealer, who->id, &r->arena, &f);

	r->granted.must_change |=
	    who->must_change ||
	    password_is_stale(&r->rpc->options.password_policy,
		who->password_ms, clock_now_ms(r->desk->clock));
	r->granted.must_enroll = factor_is_due(who) && !f.is_on;
	factor_wipe(&f);
	return err;
}

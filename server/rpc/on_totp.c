// SPDX-License-Identifier: MIT
/*
 * totp.*: one's own second factor.
 *
 * A token alone must neither give an account a factor that its owner does not
 * hold nor take one away: enrolling asks for the password, switching off for
 * a code.  Each change of it ends every session of the account, as a change
 * of password does.
 */
#include <ctype.h>

#include "common/pack.h"
#include "common/secret.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/proof.h"

#define ISSUER   "Kehu"
#define URI_MOST 1024

/* What every method here begins with; `f` may be wiped in any case. */
static enum err begin(struct request *r, struct factor *f)
{
	*f = (struct factor){ 0 };
	if (param_error(r))
		return param_error(r);
	if (!request_plan(r))
		return ERR_TOO_LARGE;
	if (!r->account)
		return ERR_UNAUTHENTICATED;
	return factor_load(
	    r->desk->snapshot, r->desk->sealer, r->account->id, &r->arena, f);
}

/* This one too, with the answer. */
static enum err end_sessions(struct request *r)
{
	request_end_session(r);
	return request_end_sessions(r);
}

static enum err refuse_on(struct request *r)
{
	return request_refuse(r, "otp", "totp_on",
	    "there is a second factor; switch it off first");
}

static enum err refuse_none(struct request *r)
{
	return request_refuse(
	    r, "otp", "totp_none", "there is no second factor to do this with");
}

/* --- enrolling -----------------------------------------------------------*/

/* RFC 3986: all but the unreserved as %XX. */
static void append_escaped(struct buf *out, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;
		const char escaped[] = { '%', hex[c >> 4], hex[c & 15] };

		if (c < 0x80 && (isalnum(c) || strchr("-._~", c)))
			buf_append_byte(out, c);
		else
			buf_append(out, escaped, sizeof escaped);
	}
}

/* The issuer stands once, behind the name: shorter, so that the QR code of a
 * usual name fits 80 columns. */
static void pack_seed(struct request *r, const struct factor *f)
{
	char secret[TOTP_SECRET];
	struct buf uri;

	totp_secret(f->seed, secret);
	buf_init(&uri, URI_MOST);
	buf_append_text(&uri, "otpauth://totp/");
	append_escaped(&uri, r->account->login);
	buf_append_text(&uri, "?secret=");
	buf_append_text(&uri, secret);
	buf_append_text(&uri, "&issuer=" ISSUER);
	pack_map(&r->out, 2);
	pack_key_cstr(&r->out, "secret", secret);
	pack_key_text(&r->out, "uri", buf_bytes(&uri));
	buf_release(&uri);
	secret_wipe(secret, sizeof secret);
}

enum err on_totp_enroll(struct request *r)
{
	struct bytes password = param_text(r, "password");
	struct factor f;
	enum err err = begin(r, &f);

	if (!err)
		err = proof_password(r, password);
	if (!err && f.is_on)
		err = refuse_on(r);
	if (!err) {
		factor_renew(&f, r->desk->random);
		err = factor_plan(r->plan, r->desk->sealer, &f);
	}
	if (!err)
		pack_seed(r, &f);
	r->must_log = true;
	factor_wipe(&f);
	return err;
}

static void pack_codes(struct request *r,
    char codes[static RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)])
{
	pack_map(&r->out, 1);
	pack_cstr(&r->out, "codes");
	pack_array(&r->out, RECOVERY_CODES);
	for (unsigned i = 0; i < RECOVERY_CODES; i++)
		pack_cstr(&r->out, codes[i]);
}

static enum err confirm(struct request *r, struct factor *f, struct bytes otp)
{
	char codes[RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)];
	enum err err = proof_confirm(r, f, otp, codes);

	if (err == ERR_UNAUTHENTICATED)
		return request_refuse(r, "otp", "totp_code",
		    "this code does not fit; is the device's clock right?");
	if (!err)
		err = factor_plan(r->plan, r->desk->sealer, f);
	if (!err)
		err = end_sessions(r);
	if (!err)
		pack_codes(r, codes);
	secret_wipe(codes, sizeof codes);
	return err;
}

enum err on_totp_confirm(struct request *r)
{
	struct bytes otp = param_text(r, "otp");
	struct factor f;
	enum err err = begin(r, &f);

	if (!err && f.is_on)
		err = refuse_on(r);
	else if (!err && !f.is_kept)
		err = refuse_none(r);
	if (!err)
		err = confirm(r, &f, otp);
	factor_wipe(&f);
	return err;
}

/* --- and away ------------------------------------------------------------*/

enum err on_totp_disable(struct request *r)
{
	struct bytes otp = param_text(r, "otp");
	struct factor f;
	enum err err = begin(r, &f);

	if (!err && !f.is_on)
		err = refuse_none(r);
	if (!err)
		err = proof_factor(r, &f, otp);
	if (!err) {
		factor_plan_drop(r->plan, &f);
		err = end_sessions(r);
	}
	factor_wipe(&f);
	if (!err)
		pack_map(&r->out, 0);
	return err;
}

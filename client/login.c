// SPDX-License-Identifier: MIT
/*
 * First contact, pins, tokens, passwords; see login.h.
 */
#include "client/login.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/link.h"
#include "client/look.h"
#include "client/password.h"
#include "client/progress.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/witness.h"
#include "common/secret.h"
#include "common/text.h"

#define CONNECT_MS    5000
#define PEM_MOST      65536
#define PASSWORD_MOST 1024
#define PIN_TYPED     8 /* hex characters of the fingerprint */
#define TRIES         3 /* of a password that is typed */

static const char *path_of(struct app *app, enum keeping what)
{
	return profile_path(&app->profile, &app->arena, what);
}

/* As it can be found from any folder. */
static const char *whole_path(struct app *app, const char *path)
{
	char *whole = realpath(path, NULL);
	const char *kept =
	    keep_text(&app->arena, bytes_text(whole ? whole : path));

	free(whole);
	return kept;
}

/* Flags come before what an earlier login kept; a certificate's file may hold
 * its key too. */
static void choose_certificate(struct app *app)
{
	const char *certificate = app_flag(app, FLAG_CERT);
	const char *key = app_flag(app, FLAG_KEY);

	if (!certificate)
		return;
	app->profile.certificate = whole_path(app, certificate);
	app->profile.key = key ? whole_path(app, key) : NULL;
}

static void tell_waiting(void *ctx, uint64_t spent_ns)
{
	progress_wait(ctx, spent_ns);
}

static struct link_target target_of(struct app *app)
{
	return (struct link_target){
		.host = app->profile.host,
		.port = app->profile.port,
		.certificate = app->profile.certificate,
		.key = app->profile.key,
		.connect_ms = CONNECT_MS,
		.waiting = tell_waiting,
		.ctx = app,
	};
}

/* Hex digits alone, upper case: "3f9a-1c77" and "3F:9A" are the same. */
static char *hex_alone(struct arena *a, const char *text)
{
	char *out = keep_text(a, bytes_text(text));
	char *to = out;

	for (const char *c = out; *c; c++)
		if (isxdigit((unsigned char)*c))
			*to++ = (char)toupper((unsigned char)*c);
	*to = 0;
	return out;
}

/* A person typed it, or a flag gives it: at least eight characters fit. */
static bool fits(struct app *app, const char *typed, const char *fingerprint)
{
	const char *hex = hex_alone(&app->arena, typed);
	size_t len = strlen(hex);

	return len >= PIN_TYPED && len <= strlen(fingerprint) &&
	       !strncmp(hex, fingerprint, len);
}

static enum err confirm_pin(struct app *app, const char *fingerprint)
{
	const char *given = app_flag(app, FLAG_CA_FINGERPRINT);

	if (!given && !app->screen.can_ask)
		return tell(app, ERR_UNTRUSTED,
		    tr(app,
			"%s is new here. Give --ca-fingerprint HEX or --ca "
			"FILE (kehud init printed both); nothing was sent."),
		    app->profile.server);
	if (!given) {
		screen_say(&app->screen, ROLE_NOTICE, "! %s",
		    tr(app,
			"This server is new to you. Ask whoever runs it for "
			"its fingerprint."));
		given = ask_line(app,
		    tr(app, "The first eight characters of the fingerprint > "),
		    NULL);
	}
	if (given && fits(app, given, fingerprint))
		return ERR_OK;
	if (!given)
		return tell(app, ERR_UNTRUSTED, "%s",
		    tr(app, "Given up; nothing was sent."));
	return tell(app, ERR_UNTRUSTED, "%s",
	    tr(app,
		"The fingerprint does not fit. Someone may stand between you "
		"and the server; nothing was sent."));
}

static enum err meet(struct app *app, struct link_target *t)
{
	struct link_failure failure;
	struct digest digest;
	struct buf pem;
	char hex[2 * DIGEST_SIZE + 1];

	buf_init(&pem, PEM_MOST);
	enum err e = link_probe(t, &pem, &digest, &failure);
	if (e != ERR_OK) {
		buf_release(&pem);
		return tell_failure(app, e, &failure);
	}
	hex_format(bytes_of(digest.of, DIGEST_SIZE), hex);
	e = confirm_pin(app, hex_alone(&app->arena, hex));
	t->authority = keep_buf(&app->arena, &pem);
	return e;
}

static enum err check_given_pin(struct app *app, struct bytes pem)
{
	const char *given = app_flag(app, FLAG_CA_FINGERPRINT);
	struct digest digest;
	char hex[2 * DIGEST_SIZE + 1];

	enum err e = link_fingerprint(pem, &digest);
	if (e != ERR_OK)
		return tell(app, ERR_UNTRUSTED, "%s",
		    tr(app, "The authority's certificate cannot be read."));
	hex_format(bytes_of(digest.of, DIGEST_SIZE), hex);
	return given ? confirm_pin(app, hex_alone(&app->arena, hex)) : ERR_OK;
}

static enum err find_authority(struct app *app, struct link_target *t)
{
	const char *file = app_flag(app, FLAG_CA);

	if (!file)
		file = getenv("KEHU_CA");
	if (file && *file) {
		enum err e =
		    file_read(&app->arena, file, PEM_MOST, &t->authority);
		if (e != ERR_OK)
			return tell(app, ERR_UNTRUSTED,
			    tr(app, "%s cannot be read."), file);
		return check_given_pin(app, t->authority);
	}
	enum err e = file_read(&app->arena, path_of(app, KEEPING_AUTHORITY),
	    PEM_MOST, &t->authority);
	if (e == ERR_OK)
		return check_given_pin(app, t->authority);
	return meet(app, t);
}

const char *login_fingerprint(struct app *app)
{
	struct link_target t = target_of(app);
	struct digest digest;
	char hex[2 * DIGEST_SIZE + 1];

	if (find_authority(app, &t) != ERR_OK ||
	    link_fingerprint(t.authority, &digest) != ERR_OK)
		return "";
	hex_format(bytes_of(digest.of, PIN_TYPED / 2), hex);
	return hex_alone(&app->arena, hex);
}

static enum err open_link(struct app *app, struct bytes *authority)
{
	struct link_failure failure;

	if (!app->profile.host) {
		(void)tell(
		    app, ERR_USAGE, "%s", tr(app, "No server is known yet."));
		tell_next(app, "kehu login --server HOST --user NAME");
		return ERR_USAGE;
	}
	choose_certificate(app);
	struct link_target t = target_of(app);
	enum err e = find_authority(app, &t);
	if (e != ERR_OK)
		return e;
	*authority = t.authority;
	e = link_open(&t, &app->link, &failure);
	return e == ERR_OK ? e : tell_failure(app, e, &failure);
}

static void remember_login(struct app *app, struct bytes result)
{
	app->help = look_text(result, "help");
}

/* What a login is made of. */
struct proof {
	struct bytes token;    /* or else */
	struct bytes password; /* and perhaps */
	struct bytes otp;
	bool keep; /* a token is wanted */
};

/* session.login over the open link. */
static enum err log_in(struct app *app, const struct proof *p,
    struct bytes *result, struct bytes *refusal)
{
	struct request r;

	request_begin(&r, "session.login", CALL_TRY);
	if (p->token.len) {
		request_text(&r, "token", p->token);
	} else {
		request_cstr(&r, "user", app->profile.user);
		request_text(&r, "password", p->password);
	}
	if (p->otp.len)
		request_text(&r, "otp", p->otp);
	if (p->keep)
		request_bool(&r, "keep", true);
	app->logging_in = true;
	enum err e = call_quietly(app, &r, &app->arena, result, refusal);
	app->logging_in = false;
	if (e == ERR_OK)
		remember_login(app, *result);
	return e;
}

static bool need_user(struct app *app)
{
	if (app->profile.user && *app->profile.user)
		return true;
	if (!ask_may(app, "--user"))
		return false;
	app->profile.user =
	    ask_line(app, tr(app, "User name > "), getenv("USER"));
	return app->profile.user && *app->profile.user;
}

/* A machine's token: from its file and nowhere else; nothing is kept. */
static const char *token_file(struct app *app)
{
	const char *path = app_flag(app, FLAG_TOKEN_FILE);

	if (!path)
		path = getenv("KEHU_TOKEN_FILE");
	return path && *path ? path : NULL;
}

/* The password was right and a code is wanted: asked for until it fits. */
static enum err add_code(struct app *app, struct proof *p, struct bytes *result,
    struct bytes *refusal)
{
	unsigned left = getenv("KEHU_OTP_FILE") ? 1 : TRIES;
	enum err e;

	do {
		char *code = password_read_code(app);
		*refusal = BYTES_NONE;
		if (!code)
			return ERR_USAGE;
		p->otp = bytes_text(code);
		e = log_in(app, p, result, refusal);
		secret_wipe(code, strlen(code));
		if (e != ERR_UNAUTHENTICATED || app_flag(app, FLAG_JSON))
			break;
		*refusal = BYTES_NONE;
		(void)tell(app, e, "%s",
		    tr(app, "The code is wrong, or was used before."));
	} while (--left);
	return e;
}

/* A refusal is handed out. */
static enum err prove(struct app *app, struct proof *p, const char *password,
    struct bytes *result, struct bytes *refusal)
{
	p->password = bytes_text(password);
	p->otp = BYTES_NONE;
	enum err e = log_in(app, p, result, refusal);
	if (bytes_is(look_text(*refusal, "rule"), "otp"))
		e = add_code(app, p, result, refusal);
	return e;
}

/* A password that must be changed first is changed at once, where a person
 * can be asked; that ends the session, so a new one is opened. */
static enum err renew(struct app *app, struct proof *p, const char *old,
    struct bytes *result, struct bytes *refusal)
{
	char *fresh;

	screen_say(&app->screen, ROLE_NOTICE, "! %s",
	    tr(app, "The password must be changed first."));
	enum err e = password_change(
	    app, old, look_value(*result, "password_rule"), &fresh);
	if (e != ERR_OK)
		return e;
	e = prove(app, p, fresh, result, refusal);
	secret_wipe(fresh, strlen(fresh));
	return e;
}

/* One password, one answer; a refusal is handed out. */
static enum err try_password(
    struct app *app, bool anew, struct bytes *result, struct bytes *refusal)
{
	struct proof p = { .keep = anew && !app_flag(app, FLAG_KEEP) };
	bool may_renew = anew && app->screen.can_ask && !show_is_machine(app);
	char *password = password_read(app, FLAG_PASSWORD_FILE,
	    tr(app, "Password or one-time code (not shown) > "));

	*refusal = BYTES_NONE;
	if (!password)
		return ERR_USAGE;
	enum err e = prove(app, &p, password, result, refusal);
	if (e == ERR_OK && may_renew && look_bool(*result, "must_change"))
		e = renew(app, &p, password, result, refusal);
	secret_wipe(password, strlen(password));
	return e;
}

/* `anew`: `kehu login` itself, whose token is kept. */
static enum err by_password(struct app *app, bool anew, struct bytes *result)
{
	struct bytes refusal = BYTES_NONE;
	unsigned left = password_is_at_hand(app) ? 1 : TRIES;

	if (!need_user(app))
		return ERR_USAGE;
	for (;;) {
		enum err e = try_password(app, anew, result, &refusal);
		if (!refusal.len)
			return e;
		if (e != ERR_UNAUTHENTICATED || app_flag(app, FLAG_JSON))
			return tell_refusal(app, refusal);
		(void)tell(app, e,
		    tr(app, "User name (%s) or password is wrong."),
		    app->profile.user);
		if (!--left)
			return e;
	}
}

/* A refusal is handed out. */
static enum err try_token(struct app *app, const char *path,
    struct bytes *result, struct bytes *refusal)
{
	struct proof p = { .keep = false };
	struct bytes token;

	*refusal = BYTES_NONE;
	enum err e =
	    file_read_private(&app->arena, path, PASSWORD_MOST, &token);
	if (e == ERR_DENIED)
		return tell(app, ERR_UNAUTHENTICATED, "%s",
		    tr(app, "The token's file can be read by others."));
	if (e != ERR_OK)
		return e;
	p.token = text_trim(token);
	e = log_in(app, &p, result, refusal);
	secret_wipe((char *)(uintptr_t)token.data, token.len);
	return e;
}

static enum err by_token_file(struct app *app, struct bytes *result)
{
	const char *path = token_file(app);
	struct bytes refusal;

	enum err e = try_token(app, path, result, &refusal);
	if (e == ERR_NOT_FOUND)
		return tell(
		    app, ERR_USAGE, tr(app, "%s cannot be read."), path);
	if (e == ERR_OK)
		app->profile.user =
		    keep_text(&app->arena, look_text(*result, "user"));
	if (!refusal.len)
		return e;
	if (e != ERR_UNAUTHENTICATED || app_flag(app, FLAG_JSON))
		return tell_refusal(app, refusal);
	return tell(app, e,
	    tr(app, "The server does not take the token in %s (any more, or "
		    "from here)."),
	    path);
}

static enum err by_token(struct app *app, struct bytes *result)
{
	struct bytes refusal;

	enum err e =
	    try_token(app, path_of(app, KEEPING_TOKEN), result, &refusal);
	if (!refusal.len)
		return e;
	if (e != ERR_UNAUTHENTICATED || app_flag(app, FLAG_JSON))
		return tell_refusal(app, refusal);
	login_forget(app);
	(void)tell(app, e, "%s", tr(app, "Your login has ended."));
	tell_next(app, "kehu login");
	return e;
}

enum err login_connect(struct app *app)
{
	struct bytes authority;
	struct bytes result;
	enum err e;

	if (app->logging_in)
		return ERR_UNREACHABLE;
	e = open_link(app, &authority);
	if (e != ERR_OK)
		return e;
	if (token_file(app)) {
		e = by_token_file(app, &result);
	} else if (password_is_at_hand(app)) {
		e = by_password(app, false, &result);
	} else {
		e = by_token(app, &result);
		if (e == ERR_NOT_FOUND && app->screen.can_ask)
			e = by_password(app, false, &result);
		else if (e == ERR_NOT_FOUND)
			e = tell(app, ERR_UNAUTHENTICATED, "%s",
			    tr(app, "You are not logged in: kehu login"));
	}
	if (e == ERR_OK)
		e = witness_glance(app, look_text(result, "checkpoint"));
	if (e != ERR_OK)
		call_disconnect(app);
	return e;
}

static enum err tell_not_kept(struct app *app, enum err e)
{
	(void)tell(app, e, "%s",
	    tr(app, "The login could not be kept on this machine."));
	tell_next(app, "kehu whoami --ca FILE --password-file FILE");
	return e;
}

/* The server proved to be under this authority: no need to ask again, even
 * if the password is wrong. */
static enum err pin(struct app *app, struct bytes authority)
{
	struct bytes kept;
	const char *path = path_of(app, KEEPING_AUTHORITY);

	if (file_read(&app->arena, path, PEM_MOST, &kept) == ERR_OK &&
	    bytes_equal(kept, authority))
		return ERR_OK;
	enum err e = file_keep(&app->arena, path, authority);
	if (e != ERR_OK)
		return tell_not_kept(app, e);
	if (!app_flag(app, FLAG_JSON))
		screen_say(&app->screen, ROLE_GOOD, "%s  %s %s:%s",
		    tr(app, "ok"), tr(app, "fingerprint kept for"),
		    app->profile.host, app->profile.port);
	return ERR_OK;
}

static enum err keep_login(struct app *app, struct bytes result)
{
	struct bytes token = look_text(result, "token");
	enum err e = profile_save(&app->profile, &app->arena);

	if (e == ERR_OK && token.len)
		e = file_keep(&app->arena, path_of(app, KEEPING_TOKEN), token);
	return e == ERR_OK ? e : tell_not_kept(app, e);
}

enum err login_anew(struct app *app, struct bytes *result)
{
	struct bytes authority;

	call_disconnect(app);
	enum err e = open_link(app, &authority);
	if (e == ERR_OK)
		e = pin(app, authority);
	if (e == ERR_OK && token_file(app))
		e = by_token_file(app, result);
	else if (e == ERR_OK)
		e = by_password(app, true, result);
	if (e == ERR_OK && !token_file(app))
		e = keep_login(app, *result);
	/* Nothing else is answered until its duties are done. */
	if (e == ERR_OK && !look_bool(*result, "must_change") &&
	    !look_bool(*result, "must_enroll"))
		e = witness_check(app);
	return e;
}

bool login_is_kept(struct app *app)
{
	return access(path_of(app, KEEPING_TOKEN), F_OK) == 0;
}

void login_forget(struct app *app)
{
	(void)unlink(path_of(app, KEEPING_TOKEN));
}

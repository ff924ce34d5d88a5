// SPDX-License-Identifier: MIT
/*
 * The second factor: switching it on, with a picture to scan, and off.
 *
 * The server ends every login when it changes, so the token goes too.
 */
#include "client/commands.h"

#include <string.h>

#include "client/call.h"
#include "client/login.h"
#include "client/look.h"
#include "client/password.h"
#include "client/qr.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/secret.h"

#define GROUP 4 /* characters of the secret, for reading aloud */
#define TRIES 3

/* Calls `method` with a code from the prompt or KEHU_OTP_FILE. */
static enum err call_with_code(struct app *app, const char *method,
    struct bytes *result, struct bytes *refusal)
{
	struct request r;
	char *code = password_read_code(app);

	*refusal = BYTES_NONE;
	if (!code)
		return ERR_USAGE;
	request_begin(&r, method, CALL_ONCE);
	request_cstr(&r, "otp", code);
	secret_wipe(code, strlen(code));
	return call_quietly(app, &r, &app->arena, result, refusal);
}

static enum err done(struct app *app, struct bytes result, const char *words)
{
	login_forget(app);
	if (show_to_machine(app, result))
		return ERR_OK;
	screen_say(&app->screen, ROLE_GOOD, "%s %s", tr(app, "ok"), words);
	tell_next(app, "kehu login");
	return ERR_OK;
}

static void show_codes(struct app *app, struct bytes result)
{
	uint32_t count;
	struct reader codes = look_array(result, "codes", &count);

	screen_say(&app->screen, ROLE_NOTICE, "! %s",
	    tr(app, "Recovery codes, for when the device is lost: each works "
		    "once. Keep them on paper, apart from the device; they are "
		    "not shown again."));
	for (uint32_t i = 0; i < count; i++)
		screen_line(&app->screen, ROLE_VALUE, "  %s",
		    keep_text(&app->arena, read_text(&codes)));
}

static enum err confirm(struct app *app, unsigned tries)
{
	struct bytes result, refusal;
	enum err e;

	do {
		e = call_with_code(app, "totp.confirm", &result, &refusal);
		if (refusal.len)
			e = tell_refusal(app, refusal);
	} while (refusal.len && e == ERR_INVALID && --tries);
	if (e != ERR_OK)
		return e;
	if (!show_is_machine(app))
		show_codes(app, result);
	return done(app, result, tr(app, "The second factor is on."));
}

static void show_secret(struct app *app, struct bytes result)
{
	struct bytes secret = look_text(result, "secret");
	const char *spaced = "";

	for (size_t i = 0; i < secret.len; i += GROUP)
		spaced = keep_format(&app->arena, "%s %.*s", spaced,
		    (int)(secret.len - i < GROUP ? secret.len - i : GROUP),
		    (const char *)secret.data + i);
	qr_show(app, keep_text(&app->arena, look_text(result, "uri")));
	screen_line(&app->screen, ROLE_VALUE, "%s%s",
	    tr(app, "Secret for your authenticator:"), spaced);
}

enum err cmd_totp_enroll(struct app *app)
{
	struct request r;
	struct bytes result;
	char *password = password_read(
	    app, FLAG_PASSWORD_FILE, tr(app, "Password (not shown) > "));

	if (!password)
		return ERR_USAGE;
	request_begin(&r, "totp.enroll", CALL_ONCE);
	request_cstr(&r, "password", password);
	secret_wipe(password, strlen(password));
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (show_to_machine(app, result))
		return ERR_OK;
	show_secret(app, result);
	if (app->screen.can_ask)
		return confirm(app, TRIES);
	tell_next(app, "kehu totp confirm");
	return ERR_OK;
}

enum err cmd_totp_confirm(struct app *app)
{
	return confirm(app, 1);
}

enum err cmd_totp_disable(struct app *app)
{
	struct bytes result, refusal;
	enum err e = call_with_code(app, "totp.disable", &result, &refusal);

	if (refusal.len)
		return tell_refusal(app, refusal);
	if (e != ERR_OK)
		return e;
	return done(app, result, tr(app, "The second factor is off."));
}

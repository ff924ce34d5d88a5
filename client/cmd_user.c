// SPDX-License-Identifier: MIT
/*
 * Making an account.
 *
 * The other commands about accounts are single calls (cmd_plain.c), but for
 * what an account may do (cmd_effective.c).
 */
#include "client/commands.h"

#include <ctype.h>
#include <string.h>

#include "client/call.h"
#include "client/login.h"
#include "client/look.h"
#include "client/password.h"
#include "client/qr.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/waits.h"
#include "common/secret.h"

/* Server, fingerprint and code in capitals, digits and marks alone: the
 * smallest picture. */
static void show_picture(
    struct app *app, const char *fingerprint, struct bytes code)
{
	char *bare = keep_text(&app->arena, code);
	char *to = bare;

	for (const char *c = bare; *c; c++)
		if (*c != '-')
			*to++ = *c;
	*to = 0;
	char *text = keep_format(&app->arena, "KEHU:%s:%s/%s/%s",
	    app->profile.host, app->profile.port, fingerprint, bare);
	for (char *c = text; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	qr_show(app, text);
}

/* What a new colleague must be told; nothing without a code. */
static void show_code(struct app *app, struct bytes code)
{
	if (!code.len)
		return;
	const char *fingerprint = login_fingerprint(app);
	if (app_flag(app, FLAG_QR))
		show_picture(app, fingerprint, code);
	screen_say(&app->screen, ROLE_LABEL, "  %s %s",
	    tr(app, "the fingerprint begins with"), fingerprint);
	screen_say(&app->screen, ROLE_NOTICE, "! %s",
	    tr(app, "Tell the code in person or by phone, not by mail; it is "
		    "shown once and works once."));
}

enum err cmd_user_create(struct app *app)
{
	struct request r;
	struct bytes result;
	char *password = NULL;
	bool is_told;

	if (app->rest_count != 1)
		return tell(
		    app, ERR_USAGE, "kehu user create NAME --role ROLE");
	if (app_flag(app, FLAG_NEW_PASSWORD_FILE)) {
		password = password_read(app, FLAG_NEW_PASSWORD_FILE, "");
		if (!password)
			return ERR_USAGE;
	}
	request_begin(&r, "user.create", CALL_ONCE);
	request_cstr(&r, "user", app->rest[0]);
	if (password) {
		request_cstr(&r, "password", password);
		secret_wipe(password, strlen(password));
	}
	if (app_flag(app, FLAG_ROLE))
		request_list(app, &r, "roles", app_flag(app, FLAG_ROLE));
	request_flag(app, &r, "branch", FLAG_BRANCH);
	request_flag(app, &r, "reason", FLAG_REASON);
	if (app_flag(app, FLAG_MUST_CHANGE))
		request_bool(&r, "must_change", true);
	enum err e = waits_call(app, &r, &result, &is_told);
	if (!is_told)
		return e;
	screen_say(
	    &app->screen, ROLE_GOOD, "%s %s", tr(app, "ok"), app->rest[0]);
	show_code(app, look_text(result, "code"));
	tell_next(app, "kehu user effective %s", app->rest[0]);
	return ERR_OK;
}

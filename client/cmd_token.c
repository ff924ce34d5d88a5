// SPDX-License-Identifier: MIT
/*
 * Tokens for machines: made here and told once.
 *
 * The secret goes into a file that its owner alone can read, or, alone, to
 * standard output for a pipe; never into an argument.  Listing and revoking
 * are single calls (cmd_plain.c).
 */
#include "client/commands.h"

#include <string.h>

#include "client/call.h"
#include "client/look.h"
#include "client/output.h"
#include "client/show.h"
#include "client/tell.h"

static enum err ask_for_token(struct app *app, struct bytes *result)
{
	struct request r;

	request_begin(&r, "token.create", CALL_ONCE);
	request_cstr(&r, "name", app->rest[0]);
	if (app->rest_count > 1)
		request_cstr(&r, "user", app->rest[1]);
	if (app_flag(app, FLAG_ROLE))
		request_list(app, &r, "roles", app_flag(app, FLAG_ROLE));
	if (app_flag(app, FLAG_NETWORK))
		request_list(app, &r, "networks", app_flag(app, FLAG_NETWORK));
	request_flag(app, &r, "expires", FLAG_UNTIL);
	request_flag(app, &r, "reason", FLAG_REASON);
	return call(app, &r, &app->arena, result);
}

/* Into the file, or alone to standard output. */
static enum err put_token(struct app *app, struct bytes token)
{
	const char *file = app_flag(app, FLAG_OUT);

	if (!file) {
		screen_line(&app->screen, ROLE_VALUE, "%.*s", (int)token.len,
		    (const char *)token.data);
		return ERR_OK;
	}
	return output_write(app, file, token);
}

enum err cmd_token_create(struct app *app)
{
	struct bytes result;

	if (!app->rest_count || app->rest_count > 2)
		return tell(app, ERR_USAGE,
		    "kehu token create NAME [USER] --role ROLE --until DAY");
	enum err e = ask_for_token(app, &result);
	if (e != ERR_OK)
		return e;
	if (show_to_machine(app, result))
		return ERR_OK;
	e = put_token(app, look_text(result, "token"));
	if (e != ERR_OK)
		return e;
	struct bytes id = look_text(result, "id");
	screen_say(&app->screen, ROLE_GOOD, "%s  %s  %.*s", tr(app, "ok"),
	    app->rest[0], (int)id.len, (const char *)id.data);
	screen_say(&app->screen, ROLE_NOTICE, "! %s",
	    tr(app, "The token is not shown again; keep it where its machine "
		    "alone can read it."));
	tell_next(app, "kehu whoami --token-file FILE   kehu token list");
	return ERR_OK;
}

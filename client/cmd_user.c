// SPDX-License-Identifier: MIT
/*
 * Making an account.
 *
 * The other commands about accounts are single calls (cmd_plain.c), but for
 * what an account may do (cmd_effective.c).
 */
#include "client/commands.h"

#include <string.h>

#include "client/call.h"
#include "client/login.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/waits.h"
#include "common/secret.h"

enum err cmd_user_create(struct app *app)
{
	struct request r;
	struct bytes result;
	char *password = NULL;

	if (app->rest_count != 1)
		return tell(
		    app, ERR_USAGE, "kehu user create NAME --role ROLE");
	if (app_flag(app, FLAG_NEW_PASSWORD_FILE)) {
		password = login_password(app, FLAG_NEW_PASSWORD_FILE, "");
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
	if (app_flag(app, FLAG_BRANCH))
		request_cstr(&r, "branch", app_flag(app, FLAG_BRANCH));
	if (app_flag(app, FLAG_REASON))
		request_cstr(&r, "reason", app_flag(app, FLAG_REASON));
	if (app_flag(app, FLAG_MUST_CHANGE))
		request_bool(&r, "must_change", true);
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	show_answer(app, result);
	if (!waits_for_second(app, result) && !show_is_machine(app)) {
		screen_say(&app->screen, ROLE_GOOD, "%s %s", tr(app, "ok"),
		    app->rest[0]);
		if (!password)
			screen_say(&app->screen, ROLE_NOTICE, "! %s",
			    tr(app,
				"Tell the code in person or by phone, not by "
				"mail; it is shown once and works once."));
		tell_next(app, "kehu user effective %s", app->rest[0]);
	}
	return ERR_OK;
}

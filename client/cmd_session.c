// SPDX-License-Identifier: MIT
/*
 * Login, logout, who am I, change of password, profiles.
 */
#include "client/commands.h"

#include <stdlib.h>

#include "client/call.h"
#include "client/fetch.h"
#include "client/login.h"
#include "client/look.h"
#include "client/password.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"
#include "common/secret.h"
#include "common/version.h"

static const char *joined(struct app *app, struct bytes map, const char *key)
{
	struct bytes v = look_value(map, key);
	struct bytes text =
	    screen_clean(&app->arena, show_plain(app, v), false);

	return keep_text(&app->arena, text);
}

enum err cmd_passwd(struct app *app)
{
	char *fresh;
	char *old = password_read(app, FLAG_PASSWORD_FILE,
	    tr(app, "Present password (not shown) > "));

	if (!old)
		return ERR_USAGE;
	enum err e = password_change(app, old, BYTES_NONE, &fresh);
	secret_wipe(old, strlen(old));
	if (e != ERR_OK)
		return e;
	secret_wipe(fresh, strlen(fresh));
	login_forget(app); /* the server ended every login */
	tell_next(app, "kehu login");
	return ERR_OK;
}

static bool is_secret(struct bytes key, struct bytes value)
{
	(void)value;
	return bytes_is(key, "token");
}

/* What --json prints of a login: all but the token, which is a secret. */
static void show_login(struct app *app, struct bytes result)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	look_copy(result, is_secret, &out);
	show_answer(app, keep_buf(&app->arena, &out));
}

/* What everybody is told: who has which role for a while, and why. */
static void say_notices(struct app *app, struct bytes result)
{
	uint32_t count;
	struct reader r = look_array(result, "notices", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes notice = read_raw(&r);
		struct bytes until =
		    show_value(app, NULL, look_value(notice, "until"));
		screen_say(&app->screen, ROLE_NOTICE,
		    tr(app, "! %s has the role %s until %s, approved by %s: "
			    "%s"),
		    keep_text(&app->arena, look_text(notice, "user")),
		    keep_text(&app->arena, look_text(notice, "role")),
		    keep_text(&app->arena, until),
		    keep_text(&app->arena, look_text(notice, "by")),
		    keep_text(&app->arena, look_text(notice, "reason")));
	}
}

enum err cmd_login(struct app *app)
{
	struct bytes result;
	enum err e = login_anew(app, &result);

	if (e != ERR_OK)
		return e;
	if (show_is_machine(app)) {
		show_login(app, result);
		return ERR_OK;
	}
	screen_say(&app->screen, ROLE_GOOD, "%s  %s (%s%s%s)  %s:%s",
	    tr(app, "ok"), joined(app, result, "user"),
	    joined(app, result, "roles"),
	    look_text(result, "branch").len ? ", " : "",
	    joined(app, result, "branch"), app->profile.host,
	    app->profile.port);
	if (look_text(result, "expires").len)
		screen_say(&app->screen, ROLE_LABEL, "  %s %.*s",
		    tr(app, "until"),
		    (int)show_value(app, NULL, look_value(result, "expires"))
			.len,
		    (const char *)show_value(
			app, NULL, look_value(result, "expires"))
			.data);
	say_notices(app, result);
	if (look_bool(result, "must_change")) {
		screen_say(&app->screen, ROLE_NOTICE, "! %s",
		    tr(app, "The password must be changed first."));
		tell_next(app, "kehu passwd%s",
		    app->screen.can_ask ? "" : " --new-password-file FILE");
	} else if (look_bool(result, "must_enroll")) {
		screen_say(&app->screen, ROLE_NOTICE, "! %s",
		    tr(app, "A second factor must be switched on first."));
		tell_next(app, "kehu totp enroll");
	} else {
		/* For completion and greeting, which ask no server. */
		e = fetch_schema(app);
		tell_next(app, "kehu   kehu help");
	}
	return e;
}

enum err cmd_logout(struct app *app)
{
	struct request r;
	struct bytes result;

	if (!login_is_kept(app) && !app_flag(app, FLAG_ALL))
		return tell(app, ERR_UNAUTHENTICATED, "%s",
		    tr(app, "You are not logged in: kehu login"));
	request_begin(&r, "session.logout", CALL_ONCE);
	if (app_flag(app, FLAG_ALL))
		request_bool(&r, "all", true);
	enum err e = call(app, &r, &app->arena, &result);
	login_forget(app);
	if (e == ERR_OK && !show_to_machine(app, result))
		screen_say(&app->screen, ROLE_GOOD, "%s %s", tr(app, "ok"),
		    tr(app, "Logged out; the token is gone."));
	return e;
}

enum err cmd_profile(struct app *app)
{
	const struct profile *p = &app->profile;
	const char *path = profile_path(p, &app->arena, KEEPING_PROFILE);
	struct buf out;

	if (!show_is_machine(app)) {
		screen_line(&app->screen, ROLE_VALUE, "%s  %s  %s  %s", p->name,
		    p->server ? p->server : "-", p->user ? p->user : "-", path);
		return ERR_OK;
	}
	buf_init(&out, KEEP_CAP);
	pack_map(&out, 4);
	pack_key_cstr(&out, "profile", p->name);
	pack_key_cstr(&out, "server", p->server ? p->server : "");
	pack_key_cstr(&out, "user", p->user ? p->user : "");
	pack_key_cstr(&out, "path", path);
	show_json(keep_buf(&app->arena, &out));
	return ERR_OK;
}

enum err cmd_version(struct app *app)
{
	struct buf out;

	if (!show_is_machine(app)) {
		screen_line(&app->screen, ROLE_VALUE, "kehu %s", KEHU_VERSION);
		return ERR_OK;
	}
	buf_init(&out, KEEP_CAP);
	pack_map(&out, 1);
	pack_key_cstr(&out, "version", KEHU_VERSION);
	show_json(keep_buf(&app->arena, &out));
	return ERR_OK;
}

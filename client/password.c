// SPDX-License-Identifier: MIT
/*
 * Passwords and codes; see password.h.
 */
#include "client/password.h"

#include <stdlib.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/secret.h"

#define PASSWORD_MOST 1024
#define TRIES         3 /* of what is typed */

/* Of a file that is its owner's alone; NULL after telling. */
static char *first_line(struct app *app, const char *path)
{
	struct bytes content;
	enum err e =
	    file_read_private(&app->arena, path, PASSWORD_MOST, &content);

	if (e != ERR_OK) {
		(void)tell(app, ERR_USAGE,
		    e == ERR_DENIED
			? tr(app, "%s can be read by others; chmod 600 it.")
			: tr(app, "%s cannot be read."),
		    path);
		return NULL;
	}
	char *line = keep_text(&app->arena, content);
	secret_wipe((char *)(uintptr_t)content.data, content.len);
	line[strcspn(line, "\r\n")] = 0;
	return line;
}

char *password_read(struct app *app, enum flag file, const char *prompt)
{
	const char *path = app_flag(app, file);

	if (!path && file == FLAG_PASSWORD_FILE)
		path = getenv("KEHU_PASSWORD_FILE");
	if (!path || !*path) {
		if (!ask_may(app,
			keep_format(&app->arena, "--%s", flag_rows[file].name)))
			return NULL;
		char *typed = ask_secret(app, prompt);
		if (!typed)
			(void)tell(app, ERR_INTERRUPTED, "%s",
			    tr(app, "Nothing was changed."));
		return typed;
	}
	return first_line(app, path);
}

char *password_read_code(struct app *app)
{
	const char *path = getenv("KEHU_OTP_FILE");

	if (path && *path)
		return first_line(app, path);
	if (!ask_may(app, "KEHU_OTP_FILE"))
		return NULL;
	const char *typed = ask_line(app,
	    tr(app, "Code of the authenticator, or recovery code > "), NULL);
	if (!typed)
		(void)tell(app, ERR_INTERRUPTED, "%s",
		    tr(app, "Nothing was changed."));
	return typed ? keep_text(&app->arena, bytes_text(typed)) : NULL;
}

bool password_is_at_hand(struct app *app)
{
	const char *file = getenv("KEHU_PASSWORD_FILE");

	return app_flag(app, FLAG_PASSWORD_FILE) || (file && *file);
}

/* --- a new one -----------------------------------------------------------*/

static void say_rule(struct app *app, struct bytes rule)
{
	int64_t least = look_int(rule, "least", 0);
	int64_t classes = look_int(rule, "classes", 0);

	if (least > 0)
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "A new password: at least %lld characters, none "
			    "that is widely known."),
		    (long long)least);
	if (classes > 0)
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "At least %lld of: small letters, capitals, "
			    "digits, others."),
		    (long long)classes);
}

/* Typed twice at a prompt; NULL after telling, *again: they differ. */
static char *read_new(struct app *app, bool *again)
{
	char *first = password_read(app, FLAG_NEW_PASSWORD_FILE,
	    tr(app, "New password (not shown) > "));

	*again = false;
	if (!first || app_flag(app, FLAG_NEW_PASSWORD_FILE))
		return first;
	char *second = ask_secret(app, tr(app, "Once more > "));
	bool is_same = second && !strcmp(first, second);
	if (second)
		secret_wipe(second, strlen(second));
	if (is_same)
		return first;
	secret_wipe(first, strlen(first));
	*again = second != NULL;
	(void)tell(app, ERR_USAGE, "%s",
	    tr(app, "The two are not the same. Nothing was changed."));
	return NULL;
}

/* One try; *again: another one may do. */
static enum err try_change(
    struct app *app, const char *old, char **fresh, bool *again)
{
	struct bytes result, refusal;
	struct request r;

	*fresh = read_new(app, again);
	if (!*fresh)
		return ERR_USAGE;
	request_begin(&r, "session.passwd", CALL_ONCE);
	request_cstr(&r, "old", old);
	request_cstr(&r, "new", *fresh);
	enum err e = call_quietly(app, &r, &app->arena, &result, &refusal);
	if (e == ERR_OK) {
		if (!show_to_machine(app, result))
			screen_say(&app->screen, ROLE_GOOD, "%s  %s",
			    tr(app, "ok"),
			    tr(app, "The password was changed."));
		return e;
	}
	secret_wipe(*fresh, strlen(*fresh));
	*again = e == ERR_INVALID;
	return refusal.len ? tell_refusal(app, refusal) : e;
}

enum err password_change(
    struct app *app, const char *old, struct bytes rule, char **fresh)
{
	bool typed = app->screen.can_ask && !app_flag(app, FLAG_JSON) &&
		     !app_flag(app, FLAG_NEW_PASSWORD_FILE);
	bool again;
	enum err e;

	say_rule(app, rule);
	for (unsigned left = TRIES;; left--) {
		e = try_change(app, old, fresh, &again);
		if (!again || !typed || left == 1)
			return e;
	}
}

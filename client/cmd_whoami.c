// SPDX-License-Identifier: MIT
/*
 * Who am I: what session.whoami tells, in words, and where things lie here.
 *
 * Rows of the table come first, in its order; what the server tells beyond
 * them follows as it is, so a newer server hides nothing.
 */
#include "client/commands.h"

#include <string.h>

#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "common/text.h"

static struct bytes plain(struct app *app, struct bytes v)
{
	return screen_clean(&app->arena, show_plain(app, v), false);
}

static struct bytes value(struct app *app, struct bytes v)
{
	return show_value(app, NULL, v);
}

static struct bytes yes_or_no(struct app *app, struct bytes v)
{
	struct reader r = reader_of(v);

	return bytes_text(read_bool(&r) ? tr(app, "yes") : tr(app, "no"));
}

static struct bytes session(struct app *app, struct bytes v)
{
	const char *word = bytes_is(value_text(v), "token")
			       ? tr(app, "a machine's token")
			   : bytes_is(value_text(v), "kept")
			       ? tr(app, "a login kept on this machine")
			       : tr(app, "by password");

	return bytes_text(word);
}

static struct bytes token(struct app *app, struct bytes v)
{
	struct bytes name = look_text(v, "name");
	struct bytes id = look_text(v, "id");
	const char *text = keep_format(&app->arena, "%.*s%s%.*s", (int)name.len,
	    (const char *)name.data, name.len ? "  " : "", (int)id.len,
	    (const char *)id.data);

	return screen_clean(&app->arena, bytes_text(text), false);
}

static struct bytes certificate(struct app *app, struct bytes v)
{
	struct bytes key = look_text(v, "key");
	const char *text = keep_format(&app->arena, "%.*s...  %s", (int)key.len,
	    (const char *)key.data,
	    look_bool(v, "bound") ? tr(app, "bound") : tr(app, "not bound"));

	return screen_clean(&app->arena, bytes_text(text), false);
}

/* "2026-11-25 08:00  10.0.0.7:4711" */
static struct bytes last_login(struct app *app, struct bytes v)
{
	struct bytes at = value(app, look_value(v, "time"));
	struct bytes from = plain(app, look_value(v, "from"));
	const char *text = keep_format(&app->arena, "%.*s  %.*s", (int)at.len,
	    (const char *)at.data, (int)from.len, (const char *)from.data);

	return bytes_text(text);
}

static const struct {
	const char *key;
	const char *title;
	struct bytes (*say)(struct app *app, struct bytes v);
} titles[] = {
	{ "user", "User", plain },
	{ "name", "Name", plain },
	{ "branch", "Branch", plain },
	{ "roles", "Roles", plain },
	{ "own_roles", "Roles of the account", plain },
	{ "rights", "Rights", plain },
	{ "session", "Session", session },
	{ "token", "Token", token },
	{ "totp", "Second factor", yes_or_no },
	{ "recovery_codes", "Recovery codes left", plain },
	{ "certificate", "Certificate", certificate },
	{ "expires", "Ends", value },
	{ "idle_expires", "Ends if unused", value },
	{ "from", "From", plain },
	{ "sessions", "Other sessions", plain },
	{ "last_login", "Last login", last_login },
	{ "failures", "Failed attempts since", plain },
	{ "company", "Company", plain },
	{ "schema", "Version of the schema", plain },
	{ "rules", "Version of the rules", plain },
	{ "server", "Server", plain },
	{ "version", "Version", plain },
	{ "time", "Time", value },
};

#define TITLES (sizeof(titles) / sizeof(*titles))

static bool is_told(struct bytes key)
{
	for (size_t i = 0; i < TITLES; i++) {
		if (bytes_is(key, titles[i].key))
			return true;
	}
	return false;
}

static bool is_nothing(struct bytes v)
{
	if (!v.len)
		return true;
	return value_type(v) == UNPACK_TEXT
		   ? !value_text(v).len
		   : value_type(v) == UNPACK_ARRAY && !value_count(v);
}

/* What the account has is worth a line only where less or more holds now. */
static bool is_idle_talk(struct bytes result, const char *key)
{
	return !strcmp(key, "own_roles") &&
	       bytes_equal(look_value(result, "roles"),
		   look_value(result, "own_roles"));
}

static unsigned widest(struct app *app)
{
	unsigned most = 0;

	for (size_t i = 0; i < TITLES; i++) {
		unsigned width =
		    text_width(bytes_text(tr(app, titles[i].title)));

		if (width > most)
			most = width;
	}
	return most;
}

static void show_known(struct app *app, struct bytes result)
{
	unsigned width = widest(app);

	for (size_t i = 0; i < TITLES; i++) {
		struct bytes v = look_value(result, titles[i].key);
		const char *title = tr(app, titles[i].title);
		unsigned pad = width - text_width(bytes_text(title));

		if (is_nothing(v) || is_idle_talk(result, titles[i].key))
			continue;
		struct bytes said = titles[i].say(app, v);
		screen_line(&app->screen, ROLE_VALUE, "%s%*s  %.*s", title,
		    (int)pad, "", (int)said.len, (const char *)said.data);
	}
}

static bool is_left_out(struct bytes key, struct bytes value)
{
	return is_told(key) || is_nothing(value);
}

static void show_rest(struct app *app, struct bytes result)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	look_copy(result, is_left_out, &out);
	show_answer(app, keep_buf(&app->arena, &out));
}

static void show_places(struct app *app)
{
	screen_say(&app->screen, ROLE_LABEL, "%s %s", tr(app, "token:"),
	    profile_path(&app->profile, &app->arena, KEEPING_TOKEN));
	screen_say(&app->screen, ROLE_LABEL, "%s %s",
	    tr(app, "last checkpoint:"),
	    profile_path(&app->profile, &app->arena, KEEPING_CHECKPOINT));
}

enum err cmd_whoami(struct app *app)
{
	struct request r;
	struct bytes result;

	request_begin(&r, "session.whoami", CALL_READ);
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (show_to_machine(app, result))
		return ERR_OK;
	show_known(app, result);
	show_rest(app, result);
	show_places(app);
	return ERR_OK;
}

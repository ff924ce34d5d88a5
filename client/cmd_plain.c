// SPDX-License-Identifier: MIT
/*
 * Commands that are one call: the row of the command table names the method
 * and its parameters, the answer is shown as it is.
 *
 * The row's `params`: names separated by spaces, filled from the words in
 * order; "name!" must be there, "?" first asks for confirmation.  Flags go
 * along under the names in `flag_params`.
 */
#include "client/commands.h"

#include <stdlib.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/json.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/waits.h"
#include "common/pack.h"

#define DOCUMENT_MOST ((size_t)1 << 20)

static const struct {
	enum flag flag;
	const char *param;
	char kind; /* text, number, list, true, false */
} flag_params[] = {
	{ FLAG_REASON, "reason", 't' },
	{ FLAG_ROLE, "roles", 'l' },
	{ FLAG_BRANCH, "branch", 't' },
	{ FLAG_MUST_CHANGE, "must_change", '+' },
	{ FLAG_RESET_TOTP, "totp", '-' },
	{ FLAG_NEW_CODE, "new_code", '+' },
	{ FLAG_ALL, "all", '+' },
	{ FLAG_MINUTES, "minutes", 'n' },
	{ FLAG_UNTIL, "until", 't' },
	{ FLAG_SCOPE, "scope", 't' },
	{ FLAG_FROM, "from", 't' },
	{ FLAG_TO, "to", 't' },
	{ FLAG_AT, "at", 't' },
	{ FLAG_AMOUNT, "amount", 't' },
};

static void add_flags(struct app *app, struct request *r)
{
	for (size_t i = 0; i < sizeof(flag_params) / sizeof(*flag_params);
	     i++) {
		const char *value = app_flag(app, flag_params[i].flag);
		const char *name = flag_params[i].param;
		if (!value)
			continue;
		if (flag_params[i].kind == 't')
			request_cstr(r, name, value);
		else if (flag_params[i].kind == 'l')
			request_list(app, r, name, value);
		else if (flag_params[i].kind == 'n')
			request_int(r, name, atoll(value));
		else
			request_bool(r, name, flag_params[i].kind == '+');
	}
}

struct taking {
	struct app *app;
	struct request *r;
	unsigned word; /* the next of app->rest */
};

/* One parameter of the row: `name` with its mark `kind`. */
static enum err take_param(struct taking *t, const char *name, char kind)
{
	struct app *app = t->app;

	if (t->word < app->rest_count) {
		request_cstr(t->r, name, app->rest[t->word++]);
		return ERR_OK;
	}
	if (kind != '!')
		return ERR_OK;
	return tell(app, ERR_USAGE, "kehu %s %s %s", app->noun,
	    app->command->verb, app->command->usage);
}

static enum err take_params(struct app *app, struct request *r)
{
	struct taking t = { app, r, 0 };
	char *params = keep_text(&app->arena, bytes_text(app->command->params));
	enum err e = ERR_OK;
	char *rest = NULL;

	for (char *one = strtok_r(params, " ", &rest); one && e == ERR_OK;
	     one = strtok_r(NULL, " ", &rest)) {
		size_t len = strlen(one);
		char kind = one[len - 1];
		if (kind == '!')
			one[len - 1] = 0;
		e = take_param(&t, one, kind);
	}
	if (e == ERR_OK && t.word < app->rest_count)
		return tell(app, ERR_USAGE, tr(app, "%s is one word too many."),
		    app->rest[t.word]);
	return e;
}

static enum err confirm(struct app *app)
{
	return ask_confirm(app,
	    keep_format(&app->arena, "kehu %s %s %s (%s)?", app->noun,
		app->command->verb, app->rest_count ? app->rest[0] : "",
		app->profile.server ? app->profile.server : "-"),
	    false);
}

enum err cmd_plain(struct app *app)
{
	const struct command *c = app->command;
	struct request r;
	struct bytes result;
	bool asks = c->params[0] == '?', is_told;

	request_begin(&r, c->method, asks ? CALL_ONCE : CALL_READ);
	struct command row = *c;
	row.params += asks;
	app->command = &row;
	enum err e = take_params(app, &r);
	app->command = c;
	if (e == ERR_OK && asks)
		e = confirm(app);
	if (e != ERR_OK) {
		buf_release(&r.params);
		return e;
	}
	add_flags(app, &r);
	e = waits_call(app, &r, &result, &is_told);
	if (is_told && !c->pages)
		screen_say(&app->screen, ROLE_GOOD, "%s", tr(app, "ok"));
	return e;
}

/* kehu call METHOD [JSON | @FILE | -]: any method as it is. */
enum err cmd_call(struct app *app)
{
	struct request r;
	struct bytes text = bytes_text("{}");
	struct bytes result;
	struct buf packed;
	char why[160];
	enum err e = ERR_OK;

	if (!app->rest_count)
		return tell(app, ERR_USAGE, "kehu call METHOD [JSON|@FILE|-]");
	if (app->rest_count > 1) {
		const char *given = app->rest[1];
		text = bytes_text(given);
		if (given[0] == '@' || !strcmp(given, "-"))
			e = file_read(&app->arena, given + (given[0] == '@'),
			    DOCUMENT_MOST, &text);
	}
	if (e != ERR_OK)
		return tell(app, ERR_USAGE, tr(app, "%s cannot be read."),
		    app->rest[1]);
	buf_init(&packed, KEEP_CAP);
	e = json_read(text, &packed, why, sizeof(why));
	struct bytes params = keep_bytes(&app->arena, buf_bytes(&packed));
	buf_release(&packed);
	if (e != ERR_OK || value_type(params) != UNPACK_MAP)
		return tell(app, ERR_USAGE, "JSON: %s",
		    e != ERR_OK ? why : "an object is expected");
	request_begin(&r, app->rest[0], CALL_ONCE);
	uint32_t count;
	struct reader at = value_items(params, &count);
	for (uint32_t i = 0; i < count; i++) {
		pack_text(&r.params, read_text(&at));
		pack_raw(&r.params, read_raw(&at));
		r.count++;
	}
	e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK)
		show_json(result);
	return e;
}

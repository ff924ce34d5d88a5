// SPDX-License-Identifier: MIT
/*
 * A person's own data: handed out to him, or erased.
 *
 * Nobody takes an erasure back, so the number must be typed again; without a
 * terminal --yes stands for that.  What is handed out goes into a file that
 * its owner alone can read.
 */
#include "client/commands.h"

#include "client/ask.h"
#include "client/call.h"
#include "client/json.h"
#include "client/look.h"
#include "client/output.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/waits.h"

/* --- erasing -------------------------------------------------------------*/

static enum err type_number(struct app *app, const char *number)
{
	const char *typed;

	if (app_flag(app, FLAG_YES))
		return ERR_OK;
	if (!ask_may(app, "--yes"))
		return ERR_USAGE;
	screen_say(&app->screen, ROLE_NOTICE, "%s",
	    tr(app, "! Of this customer nothing will be left but the number. "
		    "Nobody can take it back."));
	typed = ask_line(
	    app, tr(app, "Type the number to erase the customer > "), NULL);
	return typed && !strcmp(typed, number)
		   ? ERR_OK
		   : tell(app, ERR_INVALID, "%s",
			 tr(app, "Given up. Nothing was changed."));
}

static void say_erased(struct app *app, struct bytes result)
{
	struct bytes number = look_text(result, "number");

	if (app_flag(app, FLAG_DRY_RUN))
		screen_say(&app->screen, ROLE_VALUE,
		    tr(app, "%.*s: %lld records would be erased."),
		    (int)number.len, (const char *)number.data,
		    (long long)look_int(result, "records", 0));
	else
		screen_say(&app->screen, ROLE_GOOD,
		    tr(app, "ok  %.*s is erased, with %lld records; its keys "
			    "are being turned."),
		    (int)number.len, (const char *)number.data,
		    (long long)look_int(result, "records", 0));
}

enum err cmd_erase(struct app *app)
{
	struct bytes result;
	struct request r;
	const char *reason;
	enum err e;

	if (app->rest_count != 1)
		return tell(app, ERR_USAGE, "kehu %s erase %s", app->noun,
		    app->command->usage);
	e = ask_why(app, &reason);
	if (e == ERR_OK && !app_flag(app, FLAG_DRY_RUN))
		e = type_number(app, app->rest[0]);
	if (e != ERR_OK)
		return e;
	request_begin(&r, "customer.erase", CALL_WRITE);
	request_cstr(&r, "id", app->rest[0]);
	request_cstr(&r, "reason", reason);
	if (app_flag(app, FLAG_DRY_RUN))
		request_bool(&r, "dry_run", true);
	e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (show_is_machine(app))
		show_json(result);
	else if (!waits_for_second(app, result))
		say_erased(app, result);
	return ERR_OK;
}

/* --- handing out ---------------------------------------------------------*/

static enum err write_bundle(struct app *app, struct bytes result)
{
	const char *path = app_flag(app, FLAG_OUT);
	struct buf text;
	enum err e;

	if (!path) {
		show_json(result);
		return ERR_OK;
	}
	buf_init(&text, KEEP_CAP);
	json_append(&text, result);
	buf_append_byte(&text, '\n');
	e = text.err ? text.err : output_write(app, path, buf_bytes(&text));
	buf_release(&text);
	if (e != ERR_OK)
		return e;
	screen_say(&app->screen, ROLE_GOOD, "%s  %s", tr(app, "ok"), path);
	return ERR_OK;
}

enum err cmd_subject_export(struct app *app)
{
	const char *request = app_flag(app, FLAG_REQUEST);
	struct bytes result;
	struct request r;
	const char *reason;
	enum err e;

	if (app->rest_count != 1)
		return tell(app, ERR_USAGE, "kehu %s subject-export %s",
		    app->noun, app->command->usage);
	e = ask_why(app, &reason);
	if (e != ERR_OK)
		return e;
	request_begin(&r, "customer.export", CALL_READ);
	request_cstr(&r, "id", app->rest[0]);
	request_cstr(&r, "reason", reason);
	if (request)
		request_cstr(&r, "request", request);
	e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK && !waits_for_second(app, result))
		e = write_bundle(app, result);
	return e;
}

// SPDX-License-Identifier: MIT
/*
 * Letting in or refusing a record that waits for approval: it is shown first,
 * and the answer is about the version that was shown.
 */
#include "client/commands.h"

#include "client/ask.h"
#include "client/call.h"
#include "client/look.h"
#include "client/record.h"
#include "client/show.h"
#include "client/tell.h"

static enum err show_first(struct app *app, struct bytes *shown)
{
	struct request r;

	request_begin(&r, "record.get", CALL_READ);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", app->rest[0]);
	enum err e = call(app, &r, &app->arena, shown);
	if (e == ERR_OK && !show_is_machine(app))
		show_record(app, app->entity, *shown);
	return e;
}

static enum err decide(
    struct app *app, const char *method, const char *question)
{
	struct request r;
	struct bytes shown, result;
	const char *version = app_flag(app, FLAG_VERSION);

	if (app->rest_count != 1)
		return tell_which(app);
	enum err e = show_first(app, &shown);
	if (e == ERR_OK)
		e = ask_confirm(app, question, false);
	if (e != ERR_OK)
		return e;
	request_begin(&r, method, CALL_WRITE);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", app->rest[0]);
	request_text(&r, "version",
	    version ? bytes_text(version) : look_text(shown, "version"));
	request_write_flags(app, &r);
	e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK)
		record_say_done(app, result);
	return e;
}

enum err cmd_approve(struct app *app)
{
	return decide(app, "record.approve", tr(app, "Let this record in?"));
}

enum err cmd_reject(struct app *app)
{
	return decide(app, "record.reject", tr(app, "Refuse this record?"));
}

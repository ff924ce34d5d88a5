// SPDX-License-Identifier: MIT
/*
 * What waits for a second person, and what is wanted of two: approving is
 * shown first and asked for.
 */
#include "client/commands.h"

#include "client/ask.h"
#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/waits.h"

static enum err show_request(struct app *app, struct bytes *shown)
{
	struct request r;

	request_begin(&r, "request.get", CALL_READ);
	request_cstr(&r, "request", app->rest[0]);
	enum err e = call(app, &r, &app->arena, shown);
	if (e == ERR_OK && !show_is_machine(app))
		show_answer(app, *shown);
	return e;
}

enum err cmd_request_approve(struct app *app)
{
	struct request r;
	struct bytes shown, result;

	if (app->rest_count != 1)
		return tell(app, ERR_USAGE, "kehu request approve %s",
		    app->command->usage);
	enum err e = show_request(app, &shown);
	if (e == ERR_OK)
		e = ask_confirm(
		    app, tr(app, "Approve this, in your own name?"), false);
	if (e != ERR_OK)
		return e;
	request_begin(&r, "request.approve", CALL_ONCE);
	request_cstr(&r, "request", app->rest[0]);
	e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	show_answer(app, result);
	if (show_is_machine(app))
		return ERR_OK;
	screen_say(&app->screen, ROLE_GOOD, "%s", tr(app, "ok"));
	if (bytes_is(look_text(result, "state"), "approved"))
		screen_say(&app->screen, ROLE_LABEL, "%s",
		    tr(app, "Whoever asked for it fetches the data now, once: "
			    "the same command with --request."));
	return ERR_OK;
}

/* kehu policy apply [OPERATION,...]: none given, none is wanted. */
enum err cmd_policy_apply(struct app *app)
{
	struct request r;
	struct bytes result;
	bool is_told;

	if (app->rest_count > 1)
		return tell(app, ERR_USAGE, tr(app, "%s is one word too many."),
		    app->rest[1]);
	enum err e = ask_confirm(app,
	    keep_format(&app->arena, "kehu policy apply %s?",
		app->rest_count ? app->rest[0] : "-"),
	    false);
	if (e != ERR_OK)
		return e;
	request_begin(&r, "policy.apply", CALL_ONCE);
	request_list(
	    app, &r, "two_person", app->rest_count ? app->rest[0] : "");
	request_flag(app, &r, "reason", FLAG_REASON);
	e = waits_call(app, &r, &result, &is_told);
	if (is_told)
		screen_say(&app->screen, ROLE_GOOD, "%s", tr(app, "ok"));
	return e;
}

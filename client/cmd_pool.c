// SPDX-License-Identifier: MIT
/*
 * kehu customer claim, release: out of the pool, and back into it.
 *
 * Several are asked for one after the other; the first that is refused ends
 * it, and those before are done.  Who may have whom is the server's.
 */
#include "client/commands.h"

#include "client/ask.h"
#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"

static enum err ask_server(struct app *app, const char *method,
    const char *number, const char *reason, struct bytes *result)
{
	struct request r;

	request_begin(&r, method, CALL_WRITE);
	request_cstr(&r, "id", number);
	if (reason && !app_flag(app, FLAG_REASON))
		request_cstr(&r, "reason", reason);
	request_write_flags(app, &r);
	return call(app, &r, &app->arena, result);
}

/* "3 of 20", "3" where nothing bounds it. */
static const char *of_most(
    struct app *app, struct bytes result, const char *key, const char *most)
{
	long long has = look_int(result, key, 0);

	if (!look_value(result, most).len)
		return keep_format(&app->arena, "%lld", has);
	return keep_format(&app->arena, tr(app, "%lld of %lld"), has,
	    (long long)look_int(result, most, 0));
}

static void say_claimed(struct app *app, struct bytes result)
{
	const char *number =
	    keep_text(&app->arena, look_text(result, "number"));
	const char *today = of_most(app, result, "today", "a_day");

	if (app_flag(app, FLAG_DRY_RUN))
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "%s would be mine: %s today."), number, today);
	else if (look_value(result, "owned").len)
		screen_say(&app->screen, ROLE_GOOD,
		    tr(app, "ok  %s is mine: %s today, %s at once."), number,
		    today, of_most(app, result, "owned", "most"));
	else
		screen_say(&app->screen, ROLE_GOOD,
		    tr(app, "ok  %s is mine: %s today."), number, today);
	if (app->rest_count == 1 && !app_flag(app, FLAG_DRY_RUN))
		tell_next(app, "kehu %s show %s", app->noun, number);
}

static void say_released(struct app *app, struct bytes result)
{
	const char *number =
	    keep_text(&app->arena, look_text(result, "number"));

	if (app_flag(app, FLAG_DRY_RUN))
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "%s would lie in the pool."), number);
	else
		screen_say(&app->screen, ROLE_GOOD,
		    tr(app, "ok  %s lies in the pool."), number);
}

static enum err each(struct app *app, const char *method, const char *reason,
    void (*say)(struct app *app, struct bytes result))
{
	enum err err = ERR_OK;

	if (app->rest_count > 1 && app_flag(app, FLAG_REQUEST_ID))
		return tell(app, ERR_USAGE, "%s",
		    tr(app, "--request-id is for one customer."));
	for (unsigned i = 0; !err && i < app->rest_count; i++) {
		struct bytes result;

		err = ask_server(app, method, app->rest[i], reason, &result);
		if (!err && !show_to_machine(app, result))
			say(app, result);
	}
	return err;
}

enum err cmd_claim(struct app *app)
{
	if (!app->rest_count)
		return tell_which(app);
	return each(
	    app, "customer.claim", app_flag(app, FLAG_REASON), say_claimed);
}

enum err cmd_release(struct app *app)
{
	const char *reason;
	enum err err;

	if (!app->rest_count)
		return tell_which(app);
	err = ask_why(app, &reason);
	return err ? err : each(app, "customer.release", reason, say_released);
}

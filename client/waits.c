// SPDX-License-Identifier: MIT
/*
 * See waits.h.
 */
#include "client/waits.h"

#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"

bool waits_for_second(struct app *app, struct bytes result)
{
	struct bytes id = look_text(result, "pending");
	const char *request;

	if (!id.len)
		return false;
	if (show_is_machine(app))
		return true;
	request = keep_text(&app->arena, screen_clean(&app->arena, id, false));
	screen_say(&app->screen, ROLE_NOTICE, "! %s",
	    tr(app, "Nothing is done yet: a second person must approve it "
		    "within a day."));
	tell_next(app, "kehu request show %s", request);
	screen_say(&app->screen, ROLE_LABEL, "%s  kehu request approve %s",
	    tr(app, "Tell the other:"), request);
	return true;
}

enum err waits_call(
    struct app *app, struct request *r, struct bytes *result, bool *is_told)
{
	enum err e = call(app, r, &app->arena, result);

	*is_told = false;
	if (e != ERR_OK)
		return e;
	show_answer(app, *result);
	*is_told = !waits_for_second(app, *result) && !show_is_machine(app);
	return ERR_OK;
}

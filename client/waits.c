// SPDX-License-Identifier: MIT
/*
 * What to do while a call waits; see waits.h.
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

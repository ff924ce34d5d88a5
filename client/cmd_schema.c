// SPDX-License-Identifier: MIT
/*
 * The schema of a running book as a file: out, through an editor, and back.
 */
#include "client/commands.h"

#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/waits.h"

#define FILE_MOST ((size_t)1 << 20)

enum err cmd_schema_get(struct app *app)
{
	struct request r;
	struct bytes result;

	request_begin(&r, "schema.document", CALL_READ);
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (show_to_machine(app, result))
		return ERR_OK;
	show_yaml(app, look_value(result, "document"));
	return ERR_OK;
}

/* The server reads the file: it says line and column of what is wrong. */
enum err cmd_schema_apply(struct app *app)
{
	bool dry_run = app_flag(app, FLAG_DRY_RUN) != NULL, is_told;
	struct request r;
	struct bytes text, result;

	if (app->rest_count != 1)
		return tell(app, ERR_USAGE, "kehu schema apply %s",
		    app->command->usage);
	if (file_read(&app->arena, app->rest[0], FILE_MOST, &text) != ERR_OK)
		return tell(app, ERR_USAGE, tr(app, "%s cannot be read."),
		    app->rest[0]);
	request_begin(&r, "schema.apply", dry_run ? CALL_READ : CALL_ONCE);
	request_text(&r, "document", text);
	request_flag(app, &r, "reason", FLAG_REASON);
	if (dry_run)
		request_bool(&r, "dry_run", true);
	enum err e = waits_call(app, &r, &result, &is_told);
	if (!is_told)
		return e;
	if (!dry_run)
		screen_say(&app->screen, ROLE_GOOD, "%s", tr(app, "ok"));
	if (value_count(look_value(result, "changes")))
		screen_say(&app->screen, ROLE_NOTICE, "! %s",
		    tr(app, "Nobody has what is new until a role is applied "
			    "after this: kehu role get, diff, apply."));
	return ERR_OK;
}

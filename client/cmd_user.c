// SPDX-License-Identifier: MIT
/*
 * Accounts: making one, and what one may do with each field.
 *
 * The other commands about accounts are single calls (cmd_plain.c).
 */
#include "client/commands.h"

#include <string.h>

#include "client/call.h"
#include "client/login.h"
#include "client/look.h"
#include "client/schema.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/waits.h"
#include "common/secret.h"

enum err cmd_user_create(struct app *app)
{
	struct request r;
	struct bytes result;
	char *password = NULL;

	if (app->rest_count != 1)
		return tell(
		    app, ERR_USAGE, "kehu user create NAME --role ROLE");
	if (app_flag(app, FLAG_NEW_PASSWORD_FILE)) {
		password = login_password(app, FLAG_NEW_PASSWORD_FILE, "");
		if (!password)
			return ERR_USAGE;
	}
	request_begin(&r, "user.create", CALL_ONCE);
	request_cstr(&r, "user", app->rest[0]);
	if (password) {
		request_cstr(&r, "password", password);
		secret_wipe(password, strlen(password));
	}
	if (app_flag(app, FLAG_ROLE))
		request_list(app, &r, "roles", app_flag(app, FLAG_ROLE));
	if (app_flag(app, FLAG_BRANCH))
		request_cstr(&r, "branch", app_flag(app, FLAG_BRANCH));
	if (app_flag(app, FLAG_REASON))
		request_cstr(&r, "reason", app_flag(app, FLAG_REASON));
	if (app_flag(app, FLAG_MUST_CHANGE))
		request_bool(&r, "must_change", true);
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	show_answer(app, result);
	if (!waits_for_second(app, result) && !show_is_machine(app)) {
		screen_say(&app->screen, ROLE_GOOD, "%s %s", tr(app, "ok"),
		    app->rest[0]);
		if (!password)
			screen_say(&app->screen, ROLE_NOTICE, "! %s",
			    tr(app,
				"Tell the code in person or by phone, not by "
				"mail; it is shown once and works once."));
		tell_next(app, "kehu user effective %s", app->rest[0]);
	}
	return ERR_OK;
}

/* {"own": "write", "all": "read"} as "own write, all read". */
static const char *say_levels(struct app *app, struct bytes levels)
{
	const char *list = "";
	uint32_t count;
	struct reader r = value_items(levels, &count);

	for (uint32_t i = 0; i < count; i++) {
		const char *relation = keep_text(&app->arena, read_text(&r));
		const char *level =
		    keep_text(&app->arena, value_text(read_raw(&r)));
		if (strcmp(level, "none") != 0)
			list = keep_format(&app->arena, "%s%s%s %s", list,
			    *list ? ", " : "", relation, level);
	}
	return list;
}

/* [[role, relation, level, by], ...] as "clerk, finance". */
static const char *say_roles(struct app *app, struct bytes grants)
{
	const char *list = "";
	uint32_t count;
	struct reader r = value_items(grants, &count);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t parts;
		struct reader grant = value_items(read_raw(&r), &parts);
		const char *role =
		    parts ? keep_text(&app->arena, read_text(&grant)) : "";
		if (!strstr(list, role))
			list = keep_format(&app->arena, "%s%s%s", list,
			    *list ? ", " : "", role);
	}
	return list;
}

static void add_entity(struct app *app, struct table *t, struct bytes one)
{
	struct bytes key = look_text(one, "entity");
	const struct entity *e = schema_find_entity(app->schema, key);
	uint32_t count;
	struct reader r = value_items(look_value(one, "fields"), &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes name = read_text(&r);
		struct bytes about = read_raw(&r);
		const struct field *f = entity_find_field(e, name);
		const char *levels =
		    say_levels(app, look_value(about, "levels"));
		if (!*levels)
			continue;
		table_cell(t, screen_clean(&app->arena, key, false));
		table_cell(t, screen_clean(&app->arena, name, false));
		table_cell(
		    t, f ? screen_clean(&app->arena, field_label(app, f), false)
			 : BYTES_NONE);
		table_cell(t, bytes_text(levels));
		table_cell(
		    t, bytes_text(say_roles(app, look_value(about, "grants"))));
	}
}

enum err cmd_user_effective(struct app *app)
{
	static const char *const titles[] = { "Entity", "Field", "Label",
		"Level", "By role" };
	struct request r;
	struct bytes result;
	struct table t;
	uint32_t count;

	request_begin(&r, "user.effective", CALL_READ);
	request_cstr(
	    &r, "user", app->rest_count ? app->rest[0] : app->profile.user);
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (show_is_machine(app)) {
		show_answer(app, result);
		return ERR_OK;
	}
	if (schema_recall(app) != ERR_OK)
		app->schema = NULL; /* the labels are left out */
	table_init(&t, &app->arena);
	for (unsigned c = 0; c < sizeof(titles) / sizeof(*titles); c++)
		table_column(&t, bytes_text(tr(app, titles[c])), c == 2 ? 1 : 0,
		    false, true);
	struct reader entities = look_array(result, "entities", &count);
	for (uint32_t i = 0; i < count; i++)
		add_entity(app, &t, read_raw(&entities));
	show_table(app, &t);
	return ERR_OK;
}

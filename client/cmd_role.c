// SPDX-License-Identifier: MIT
/*
 * Roles as files: out of the server, through an editor, and back.
 *
 *   kehu role get sales > sales.yaml
 *   kehu role diff sales.yaml
 *   kehu role apply sales.yaml --reason ...
 *
 * The file has the form of the section `roles` of the schema file; each role
 * of it is applied by a call of its own, whole.
 */
#include "client/commands.h"

#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/waits.h"
#include "client/yaml.h"
#include "common/pack.h"

#define FILE_MOST ((size_t)1 << 20)

static enum err usage(struct app *app)
{
	return tell(app, ERR_USAGE, "kehu %s %s %s", app->noun,
	    app->command->verb, app->command->usage);
}

/* --- out -----------------------------------------------------------------*/

static bool is_name(struct bytes key, struct bytes value)
{
	(void)value;
	return bytes_is(key, "role");
}

/* { roles: { KEY: { ... } } } out of { role: KEY, ... } */
static struct bytes as_file(struct app *app, struct bytes role)
{
	struct buf out;

	buf_init(&out, FILE_MOST);
	pack_map(&out, 1);
	pack_cstr(&out, "roles");
	pack_map(&out, 1);
	pack_text(&out, look_text(role, "role"));
	look_copy(role, is_name, &out);
	return keep_buf(&app->arena, &out);
}

enum err cmd_role_get(struct app *app)
{
	struct request r;
	struct bytes result;

	if (app->rest_count != 1)
		return usage(app);
	request_begin(&r, "role.get", CALL_READ);
	request_cstr(&r, "role", app->rest[0]);
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (show_to_machine(app, result))
		return ERR_OK;
	show_yaml(app, as_file(app, result));
	return ERR_OK;
}

/* --- back ----------------------------------------------------------------*/

static enum err read_roles(struct app *app, struct bytes *roles)
{
	struct bytes text;
	struct buf packed;
	char why[160];

	if (app->rest_count != 1)
		return usage(app);
	if (file_read(&app->arena, app->rest[0], FILE_MOST, &text) != ERR_OK)
		return tell(app, ERR_USAGE, tr(app, "%s cannot be read."),
		    app->rest[0]);
	buf_init(&packed, FILE_MOST);
	enum err e = yaml_read(text, &packed, why, sizeof(why));
	struct bytes all = keep_buf(&app->arena, &packed);
	if (e != ERR_OK)
		return tell(app, ERR_USAGE, "%s: %s", app->rest[0], why);
	*roles = look_value(all, "roles");
	return value_type(*roles) == UNPACK_MAP
		   ? ERR_OK
		   : tell(app, ERR_USAGE, tr(app, "%s has no section `roles`."),
			 app->rest[0]);
}

static void add_parts(struct request *r, struct bytes role)
{
	uint32_t count;
	struct reader at = value_items(role, &count);

	for (uint32_t i = 0; i < count; i++) {
		pack_text(&r->params, read_text(&at));
		pack_raw(&r->params, read_raw(&at));
		r->count++;
	}
}

static enum err apply_one(
    struct app *app, struct bytes key, struct bytes role, bool dry_run)
{
	struct request r;
	struct bytes result;
	bool is_told;

	request_begin(&r, "role.apply", dry_run ? CALL_READ : CALL_ONCE);
	request_text(&r, "role", key);
	add_parts(&r, role);
	request_flag(app, &r, "reason", FLAG_REASON);
	if (dry_run)
		request_bool(&r, "dry_run", true);
	enum err e = waits_call(app, &r, &result, &is_told);
	if (is_told && dry_run)
		tell_next(app, "kehu role apply %s --reason ...", app->rest[0]);
	else if (is_told)
		screen_say(&app->screen, ROLE_GOOD, "%s", tr(app, "ok"));
	return e;
}

static enum err apply(struct app *app, bool dry_run)
{
	struct bytes roles;
	uint32_t count;
	enum err e = read_roles(app, &roles);
	struct reader r = value_items(e == ERR_OK ? roles : BYTES_NONE, &count);

	for (uint32_t i = 0; i < count && e == ERR_OK; i++) {
		struct bytes key = read_text(&r);
		e = apply_one(app, key, read_raw(&r), dry_run);
	}
	return e;
}

enum err cmd_role_apply(struct app *app)
{
	return apply(app, app_flag(app, FLAG_DRY_RUN) != NULL);
}

enum err cmd_role_diff(struct app *app)
{
	return apply(app, true);
}

// SPDX-License-Identifier: MIT
/*
 * What an account may do with each field, and why: which role gave it by
 * which line, and which took it away.
 *
 *   kehu user effective [NAME]                  a table of all that he may
 *   kehu user effective NAME ENTITY             of one entity, also without
 *   kehu user effective NAME ENTITY FIELD       one field, line by line
 */
#include "client/commands.h"

#include <string.h>

#include "client/call.h"
#include "client/fetch.h"
#include "client/look.h"
#include "client/show.h"
#include "client/suggest.h"
#include "client/tell.h"

static const char *clean(struct app *app, struct bytes text)
{
	return keep_text(&app->arena, screen_clean(&app->arena, text, false));
}

/* {"own": "write", "all": "read"} as "own write, all read". */
static const char *say_levels(struct app *app, struct bytes levels)
{
	const char *list = "";
	uint32_t count;
	struct reader r = value_items(levels, &count);

	for (uint32_t i = 0; i < count; i++) {
		const char *relation = clean(app, read_text(&r));
		const char *level = clean(app, value_text(read_raw(&r)));
		if (strcmp(level, "none") != 0)
			list = keep_format(&app->arena, "%s%s%s %s", list,
			    *list ? ", " : "", tr(app, relation),
			    tr(app, level));
	}
	return list;
}

/* The first texts of a list's items, or its items, each once: "clerk, gm". */
static const char *say_roles(struct app *app, struct bytes roles)
{
	const char *list = "";
	uint32_t count;
	struct reader r = value_items(roles, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes item = read_raw(&r);
		uint32_t parts;
		struct reader grant = value_items(item, &parts);
		const char *role =
		    clean(app, parts ? read_text(&grant) : value_text(item));
		if (!strstr(list, role))
			list = keep_format(&app->arena, "%s%s%s", list,
			    *list ? ", " : "", role);
	}
	return list;
}

/* --- tables --------------------------------------------------------------*/

static void add_field(struct app *app, struct table *t, struct bytes entity,
    struct bytes name, struct bytes about)
{
	const struct field *f =
	    entity_find_field(schema_find_entity(app->schema, entity), name);

	table_cell(t, screen_clean(&app->arena, entity, false));
	table_cell(t, screen_clean(&app->arena, name, false));
	table_cell(t, f ? screen_clean(&app->arena, field_label(app, f), false)
			: BYTES_NONE);
	table_cell(t, bytes_text(say_levels(app, look_value(about, "levels"))));
	table_cell(t, bytes_text(say_roles(app, look_value(about, "grants"))));
	table_cell(t, bytes_text(say_roles(app, look_value(about, "denies"))));
}

static void add_entity(
    struct app *app, struct table *t, struct bytes one, bool all)
{
	uint32_t count;
	struct reader r = value_items(look_value(one, "fields"), &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes name = read_text(&r);
		struct bytes about = read_raw(&r);
		bool is_denied = value_count(look_value(about, "denies")) &&
				 value_count(look_value(about, "grants"));
		if (all || is_denied ||
		    *say_levels(app, look_value(about, "levels")))
			add_field(
			    app, t, look_text(one, "entity"), name, about);
	}
}

static enum err show_overview(
    struct app *app, struct bytes result, struct bytes entity)
{
	static const char *const titles[] = { "Entity", "Field", "Label",
		"Level", "By role", "Taken by" };
	struct table t;
	uint32_t count;
	bool is_known = !entity.len;

	table_init(&t, &app->arena);
	for (unsigned c = 0; c < sizeof(titles) / sizeof(*titles); c++)
		table_column(&t, bytes_text(tr(app, titles[c])), c == 2 ? 1 : 0,
		    false, true);
	struct reader r = look_array(result, "entities", &count);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		bool is_it = bytes_equal(entity, look_text(one, "entity"));
		is_known = is_known || is_it;
		if (!entity.len || is_it)
			add_entity(app, &t, one, entity.len > 0);
	}
	if (!is_known) {
		(void)tell(app, ERR_UNKNOWN, tr(app, "There is no %s."),
		    keep_text(&app->arena, entity));
		suggest_entity(app, entity);
		return ERR_UNKNOWN;
	}
	show_table(app, &t);
	return ERR_OK;
}

/* --- one field -----------------------------------------------------------*/

static void say_grants(struct app *app, struct bytes grants, const char *class)
{
	uint32_t count;
	struct reader r = value_items(grants, &count);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t parts;
		struct reader g = value_items(read_raw(&r), &parts);
		const char *role = clean(app, read_text(&g));
		const char *on = tr(app, clean(app, read_text(&g)));
		const char *level = tr(app, clean(app, read_text(&g)));
		bool by_class = bytes_is(read_text(&g), "class");
		unsigned line = (unsigned)read_uint(&g);
		screen_line(&app->screen, ROLE_VALUE,
		    tr(app, "    + role %s, grant %u: on %s %s, by %s"), role,
		    line, on, level,
		    by_class ? keep_format(
				   &app->arena, tr(app, "the class %s"), class)
			     : tr(app, "a line for this field"));
	}
	if (!count)
		screen_line(&app->screen, ROLE_VALUE, "    %s",
		    tr(app, "no grant of these roles reaches it"));
}

static void say_denies(struct app *app, struct bytes denies, const char *class)
{
	uint32_t count;
	struct reader r = value_items(denies, &count);

	for (uint32_t i = 0; i < count; i++)
		screen_line(&app->screen, ROLE_BAD,
		    tr(app,
			"    - role %s denies the class %s: nothing is left "
			"of it"),
		    clean(app, read_text(&r)), class);
}

static void say_verdict(struct app *app, struct bytes about, const char *prefix)
{
	const char *arena_key[4];
	static const char *const parts[] = { "class", "levels", "grants",
		"denies" };

	for (unsigned i = 0; i < 4; i++)
		arena_key[i] =
		    keep_format(&app->arena, "%s%s", prefix, parts[i]);
	const char *class = clean(app, look_text(about, arena_key[0]));
	const char *levels = say_levels(app, look_value(about, arena_key[1]));
	screen_line(&app->screen, ROLE_VALUE, "  %s  (%s %s)",
	    *levels ? levels : tr(app, "none"), tr(app, "class"), class);
	say_grants(app, look_value(about, arena_key[2]), class);
	say_denies(app, look_value(about, arena_key[3]), class);
}

static enum err show_field(struct app *app, struct bytes result,
    struct bytes entity, struct bytes field)
{
	struct bytes about = BYTES_NONE;
	uint32_t count;
	struct reader r = look_array(result, "entities", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		if (bytes_equal(entity, look_text(one, "entity")))
			about = look_value(look_value(one, "fields"),
			    keep_text(&app->arena, field));
	}
	if (!about.len)
		return tell(app, ERR_UNKNOWN,
		    tr(app, "There is no field %s that you may use."),
		    keep_text(&app->arena, field));
	screen_line(&app->screen, ROLE_TITLE, "%s.%s", clean(app, entity),
	    clean(app, field));
	say_verdict(app, about, "");
	if (!look_value(about, "variant_class").len)
		return ERR_OK;
	screen_line(&app->screen, ROLE_TITLE, "%s.%s %s", clean(app, entity),
	    clean(app, field), tr(app, "of a natural person"));
	say_verdict(app, about, "variant_");
	return ERR_OK;
}

/* A key, or a label that the schema here knows. */
static struct bytes entity_key(struct app *app, const char *word)
{
	const struct entity *e =
	    schema_find_entity(app->schema, bytes_text(word));

	return e ? e->key : bytes_text(word);
}

static struct bytes field_key(
    struct app *app, struct bytes entity, const char *word)
{
	const struct field *f = entity_find_field(
	    schema_find_entity(app->schema, entity), bytes_text(word));

	return f ? f->key : bytes_text(word);
}

enum err cmd_user_effective(struct app *app)
{
	struct request r;
	struct bytes result, entity = BYTES_NONE;

	if (app->rest_count > 3)
		return tell(app, ERR_USAGE, tr(app, "%s is one word too many."),
		    app->rest[3]);
	request_begin(&r, "user.effective", CALL_READ);
	request_cstr(
	    &r, "user", app->rest_count ? app->rest[0] : app->profile.user);
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (show_to_machine(app, result))
		return ERR_OK;
	e = fetch_schema(app);
	if (e != ERR_OK)
		return e;
	if (app->rest_count > 1)
		entity = entity_key(app, app->rest[1]);
	if (app->rest_count > 2)
		return show_field(
		    app, result, entity, field_key(app, entity, app->rest[2]));
	return show_overview(app, result, entity);
}

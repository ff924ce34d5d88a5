// SPDX-License-Identifier: MIT
/*
 * The stages of one record: since when, how long, by whom.
 */
#include "client/commands.h"

#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const char *const titles[] = { "Stage", "Since", "How long", "User",
	"Reason" };

/* "3 d 4 h", "12 min": two units at the most. */
static const char *how_long(struct app *app, int64_t seconds)
{
	if (seconds >= DAY)
		return keep_format(&app->arena, tr(app, "%lld d %lld h"),
		    (long long)(seconds / DAY),
		    (long long)(seconds % DAY / HOUR));
	if (seconds >= HOUR)
		return keep_format(&app->arena, tr(app, "%lld h %lld min"),
		    (long long)(seconds / HOUR),
		    (long long)(seconds % HOUR / MINUTE));
	return keep_format(
	    &app->arena, tr(app, "%lld min"), (long long)(seconds / MINUTE));
}

static void show_stages(struct app *app, struct bytes result)
{
	const struct field *f =
	    entity_find_field(app->entity, look_text(result, "field"));
	struct table t;
	uint32_t count;
	struct reader r = look_array(result, "rows", &count);

	table_init(&t, &app->arena);
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		table_column(
		    &t, bytes_text(tr(app, titles[i])), 0, false, true);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes stage = read_raw(&r);

		table_cell(&t, show_value(app, f, look_value(stage, "stage")));
		table_cell(
		    &t, show_value(app, NULL, look_value(stage, "since")));
		table_cell(&t,
		    bytes_text(how_long(app, look_int(stage, "seconds", 0))));
		table_cell(
		    &t, show_value(app, NULL, look_value(stage, "user")));
		table_cell(
		    &t, show_value(app, NULL, look_value(stage, "reason")));
	}
	show_table(app, &t);
}

enum err cmd_stages(struct app *app)
{
	struct request r;
	struct bytes result;
	enum err e;

	if (app->rest_count != 1)
		return tell_which(app);
	request_begin(&r, "record.stages", CALL_READ);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", app->rest[0]);
	e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK && !show_to_machine(app, result))
		show_stages(app, result);
	return e;
}

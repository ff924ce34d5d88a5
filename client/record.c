// SPDX-License-Identifier: MIT
/*
 * Words after storing; see record.h.
 */
#include "client/record.h"

#include "client/finding.h"
#include "client/look.h"
#include "client/recent.h"
#include "client/show.h"
#include "client/tell.h"

void record_say_warnings(struct app *app, struct bytes result)
{
	uint32_t count;
	struct reader r = look_array(result, "warnings", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		struct bytes key = look_text(one, "field");
		const struct field *f = entity_find_field(app->entity, key);
		struct bytes label = f ? field_label(app, f) : key;
		screen_say(&app->screen, ROLE_NOTICE, "! %.*s%s%s",
		    (int)label.len, (const char *)label.data,
		    label.len ? ": " : "", finding_say(app, one));
	}
}

static bool is_masked(struct bytes result, struct bytes key)
{
	uint32_t count;
	struct reader r = look_array(result, "masked", &count);

	for (uint32_t i = 0; i < count; i++)
		if (bytes_equal(value_text(read_raw(&r)), key))
			return true;
	return false;
}

/* "you typed ...", when it will be stored in another form.  A field that is
 * shown masked afterwards is not shown in full here either. */
static struct bytes typed_note(struct app *app, const struct field *f,
    struct bytes stored, struct bytes typed)
{
	struct bytes was = show_plain(app, typed);

	if (!typed.len || !f || f->type == TYPE_ENUM ||
	    bytes_equal(show_plain(app, stored), was))
		return BYTES_NONE;
	const char *note = keep_format(&app->arena, tr(app, "you typed %.*s"),
	    (int)was.len, (const char *)was.data);
	return screen_clean(&app->arena, bytes_text(note), false);
}

void record_show_preview(
    struct app *app, struct bytes result, struct bytes typed)
{
	struct table t;
	uint32_t count;
	struct reader r = value_items(look_value(result, "fields"), &count);

	table_init(&t, &app->arena);
	table_column(&t, bytes_text("#"), 0, true, true);
	table_column(&t, bytes_text(tr(app, "Field")), 0, false, true);
	table_column(
	    &t, bytes_text(tr(app, "Will be stored as")), 0, false, false);
	table_column(&t, bytes_text(tr(app, "Note")), 0, false, false);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = read_text(&r);
		struct bytes v = read_raw(&r);
		const struct field *f = entity_find_field(app->entity, key);
		struct bytes was =
		    look_value(typed, keep_text(&app->arena, key));
		struct bytes label = f ? field_label(app, f) : key;
		table_cell(
		    &t, bytes_text(keep_format(&app->arena, "%u", i + 1)));
		table_cell(&t, screen_clean(&app->arena, label, false));
		table_cell(&t, show_value(app, f, v));
		table_cell(&t, is_masked(result, key)
				   ? bytes_text(tr(app, "(masked)"))
				   : typed_note(app, f, v, was));
	}
	show_table(app, &t);
	record_say_complete(app, result);
}

void record_say_complete(struct app *app, struct bytes result)
{
	int64_t complete = look_int(result, "completeness", -1);
	const char *list = "";
	uint32_t count;
	struct reader r = look_array(result, "missing", &count);

	if (complete < 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = value_text(read_raw(&r));
		const struct field *f = entity_find_field(app->entity, key);
		struct bytes label = f ? field_label(app, f) : key;
		list = keep_format(&app->arena, "%s%s%.*s", list,
		    *list ? ", " : "", (int)label.len,
		    (const char *)label.data);
	}
	if (*list)
		list = keep_format(
		    &app->arena, "   %s %s", tr(app, "to be filled in:"), list);
	screen_say(&app->screen, ROLE_LABEL, "%s %lld%%%s",
	    tr(app, "complete:"), (long long)complete, list);
}

static bool waits(struct app *app, struct bytes result)
{
	struct bytes key = app->entity->approval;

	return key.len && bytes_is(look_text(look_value(result, "fields"),
				       keep_text(&app->arena, key)),
			      "pending");
}

void record_say_stored(struct app *app, struct bytes result)
{
	struct bytes number = look_text(result, "number");
	struct bytes pending = look_value(result, "pending");

	if (show_is_machine(app)) {
		show_json(result);
		return;
	}
	record_say_warnings(app, result);
	if (pending.len) {
		struct bytes id = show_plain(app, pending);
		screen_say(&app->screen, ROLE_NOTICE, "! %s %.*s",
		    tr(app, "A second person must approve: request"),
		    (int)id.len, (const char *)id.data);
		return;
	}
	if (app_flag(app, FLAG_DRY_RUN)) {
		screen_say(&app->screen, ROLE_TITLE, "%s",
		    tr(app, "Preview (nothing is saved, no number is used)"));
		record_show_preview(app, result, BYTES_NONE);
		return;
	}
	screen_line(&app->screen, ROLE_VALUE, "%.*s", (int)number.len,
	    (const char *)number.data);
	screen_say(
	    &app->screen, ROLE_GOOD, "%s  %s", tr(app, "ok"), tr(app, "saved"));
	if (waits(app, result))
		screen_say(&app->screen, ROLE_NOTICE, "! %s",
		    tr(app, "It waits for approval by somebody else."));
	if (app->screen.can_ask)
		recent_note(app, app->entity->key, number);
	tell_next(app, "kehu %s get %.*s", app->noun, (int)number.len,
	    (const char *)number.data);
}

void record_say_done(struct app *app, struct bytes result)
{
	if (!show_to_machine(app, result))
		screen_say(&app->screen, ROLE_GOOD, "%s %s", tr(app, "ok"),
		    app->rest[0]);
}

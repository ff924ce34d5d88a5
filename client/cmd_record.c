// SPDX-License-Identifier: MIT
/*
 * One record: add, get, set, archive, history; of every entity alike.
 */
#include "client/commands.h"

#include "client/ask.h"
#include "client/call.h"
#include "client/fields.h"
#include "client/guide.h"
#include "client/look.h"
#include "client/record.h"
#include "client/show.h"
#include "client/tell.h"

static bool need_id(struct app *app)
{
	if (app->rest_count >= 1)
		return true;
	(void)tell_which(app);
	return false;
}

enum err cmd_add(struct app *app)
{
	struct request r;
	struct bytes result;
	struct assignments given;

	const char *file = app_flag(app, FLAG_FILE);

	if (!app->rest_count && !file && app->screen.can_ask &&
	    app->entity->field_count)
		return guide_add(app);
	enum err e =
	    fields_parse(app, app->entity, app->rest, app->rest_count, &given);
	if (e == ERR_OK && file)
		e = fields_read_file(app, app->entity, file, &given);
	if (e != ERR_OK)
		return e;
	fields_add_source(app, app->entity, &given);
	request_begin(&r, "record.create", CALL_WRITE);
	request_cstr(&r, "entity", app->noun);
	request_raw(&r, "fields", fields_pack(app, &given));
	request_write_flags(app, &r);
	e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK)
		record_say_stored(app, result);
	return e;
}

static struct bytes source_label(struct app *app, struct bytes key)
{
	for (unsigned i = 0; app->schema && i < app->schema->source_count; i++)
		if (bytes_equal(app->schema->sources[i].key, key))
			return choice_label(app, &app->schema->sources[i]);
	/* Nobody names it as a source: the server does. */
	return bytes_is(key, "rule") ? bytes_text(tr(app, "rule")) : key;
}

/* To the minute. */
static struct bytes minute_of(
    struct app *app, struct bytes map, const char *key)
{
	struct bytes at = show_value(app, NULL, look_value(map, key));

	return bytes_of(at.data, at.len == 19 ? 16 : at.len);
}

static void source_cell(struct app *app, struct table *t, struct bytes map)
{
	struct bytes source = source_label(app, look_text(map, "source"));

	table_cell(t, source.len ? screen_clean(&app->arena, source, false)
				 : bytes_text("-"));
}

static const char *const origin_titles[] = { "Field", "Set", "Set by", "Source",
	"Confirmed", "Confirmed by" };

/* Where each value comes from, and who said last that it holds. */
static void show_origins(struct app *app, struct bytes origins)
{
	struct table t;
	struct reader r = reader_of(origins);

	if (!origins.len)
		return;
	table_init(&t, &app->arena);
	for (unsigned c = 0; c < 6; c++)
		table_column(
		    &t, bytes_text(tr(app, origin_titles[c])), 0, false, !c);
	for (uint32_t left = read_map(&r); left && !r.err; left--) {
		struct bytes key = read_text(&r), of = read_raw(&r);
		const struct field *f = entity_find_field(app->entity, key);

		table_cell(&t, f ? field_label(app, f) : key);
		table_cell(&t, minute_of(app, of, "set_at"));
		table_cell(&t, show_value(app, NULL, look_value(of, "set_by")));
		source_cell(app, &t, of);
		table_cell(&t, minute_of(app, of, "confirmed_at"));
		table_cell(
		    &t, show_value(app, NULL, look_value(of, "confirmed_by")));
	}
	show_table(app, &t);
}

static void say_merged(struct app *app, struct bytes record, const char *typed)
{
	struct bytes into = look_text(record, "merged_into");

	if (into.len)
		screen_say(&app->screen, ROLE_NOTICE,
		    tr(app, "%s was merged into %.*s."), typed, (int)into.len,
		    (const char *)into.data);
}

enum err cmd_get(struct app *app)
{
	struct request r;
	struct bytes result;
	const char *fields = app_flag(app, FLAG_FIELDS);
	const char *field = app_flag(app, FLAG_FIELD);

	if (!need_id(app))
		return ERR_USAGE;
	if (field)
		field = fields_keys(app, app->entity, field);
	if (fields)
		fields = fields_keys(app, app->entity, fields);
	for (unsigned i = 0; i < app->rest_count; i++) {
		request_begin(&r, "record.get", CALL_READ);
		request_cstr(&r, "entity", app->noun);
		request_cstr(&r, "id", app->rest[i]);
		if (fields || field)
			request_list(app, &r, "fields", field ? field : fields);
		if (app_flag(app, FLAG_AT))
			request_cstr(&r, "at", app_flag(app, FLAG_AT));
		if (app_flag(app, FLAG_META))
			request_bool(&r, "meta", true);
		enum err e = call(app, &r, &app->arena, &result);
		if (e != ERR_OK && app->rest_count > 1 && !show_is_machine(app))
			screen_say(
			    &app->screen, ROLE_LABEL, "  %s", app->rest[i]);
		if (e != ERR_OK)
			return e;
		struct bytes map = look_value(result, "fields");
		struct bytes bare =
		    field ? show_plain(app, look_value(map, field)) : map;
		if (field)
			screen_line(&app->screen, ROLE_VALUE, "%.*s",
			    (int)bare.len, (const char *)bare.data);
		else
			show_record(app, app->entity, result);
		if (!field && !show_is_machine(app)) {
			show_origins(app, look_value(result, "meta"));
			record_say_complete(app, result);
			say_merged(app, result, app->rest[i]);
		}
	}
	return ERR_OK;
}

enum err cmd_set(struct app *app)
{
	struct request r;
	struct bytes result;
	struct assignments given;

	if (!need_id(app))
		return ERR_USAGE;
	if (app->rest_count < 2)
		return tell(app, ERR_USAGE, "%s",
		    tr(app, "Nothing to change: give field=value."));
	enum err e = fields_parse(
	    app, app->entity, app->rest + 1, app->rest_count - 1, &given);
	if (e != ERR_OK)
		return e;
	struct bytes unset = fields_pack_unset(app, &given);
	request_begin(&r, "record.update", CALL_WRITE);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", app->rest[0]);
	request_raw(&r, "set", fields_pack(app, &given));
	if (unset.len)
		request_raw(&r, "unset", unset);
	request_flag(app, &r, "version", FLAG_VERSION);
	request_write_flags(app, &r);
	e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK)
		record_say_stored(app, result);
	return e;
}

/* The words after the number, as field keys; all when there are none. */
static const char *named_fields(struct app *app)
{
	const char *list = app->rest[1];

	for (unsigned i = 2; i < app->rest_count; i++)
		list = keep_format(&app->arena, "%s,%s", list, app->rest[i]);
	return fields_keys(app, app->entity, list);
}

enum err cmd_confirm(struct app *app)
{
	struct request r;
	struct bytes result;

	if (!need_id(app))
		return ERR_USAGE;
	request_begin(&r, "record.confirm", CALL_WRITE);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", app->rest[0]);
	if (app->rest_count > 1)
		request_list(app, &r, "fields", named_fields(app));
	request_flag(app, &r, "version", FLAG_VERSION);
	request_write_flags(app, &r);
	enum err e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK)
		record_say_stored(app, result);
	return e;
}

static enum err move(struct app *app, const char *method, const char *question)
{
	struct request r;
	struct bytes result;

	if (!need_id(app))
		return ERR_USAGE;
	enum err e = ask_confirm(app,
	    keep_format(&app->arena, "%s %s (%s)?", question, app->rest[0],
		app->profile.server),
	    false);
	if (e != ERR_OK)
		return e;
	request_begin(&r, method, CALL_WRITE);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", app->rest[0]);
	request_write_flags(app, &r);
	e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK)
		record_say_done(app, result);
	return e;
}

enum err cmd_archive(struct app *app)
{
	return move(app, "record.archive", tr(app, "Archive"));
}

enum err cmd_unarchive(struct app *app)
{
	return move(
	    app, "record.unarchive", tr(app, "Bring back from the archive"));
}

/* --- history -------------------------------------------------------------- */

static const char *const history_titles[] = { "Version", "Time", "User",
	"Source", "Field", "Old", "New", "Reason" };

#define HISTORY_SOURCE 3
#define HISTORY_REASON 7 /* the column is left out when nobody gave one */

static const char *const mark_words[] = { "archived", "unarchived", "withdrawn",
	"restored" };

/* What became of the record as a whole. */
static struct bytes mark_label(struct app *app, struct bytes version)
{
	struct bytes mark = look_text(version, "mark");

	for (unsigned i = 0; i < 4; i++)
		if (bytes_is(mark, mark_words[i]))
			return bytes_text(tr(app, mark_words[i]));
	return mark;
}

/* Of what a rule made, that rule; of the rest what was said. */
static struct bytes reason_of(
    struct app *app, struct bytes version, struct bytes change)
{
	struct bytes rule = show_value(app, NULL, look_value(change, "rule"));

	if (!look_text(change, "rule").len)
		return show_value(app, NULL, look_value(version, "reason"));
	return bytes_text(
	    keep_format(&app->arena, tr(app, "rule %.*s, version %lld"),
		(int)rule.len, (const char *)rule.data,
		(long long)look_int(change, "rule_version", 0)));
}

static void history_row(
    struct app *app, struct table *t, struct bytes version, struct bytes change)
{
	struct bytes key = look_text(change, "field");
	const struct field *f = entity_find_field(app->entity, key);
	struct bytes label = f         ? field_label(app, f)
			     : key.len ? key
				       : mark_label(app, version);

	table_cell(t, show_value(app, NULL, look_value(version, "version")));
	table_cell(t, minute_of(app, version, "at"));
	table_cell(t, show_value(app, NULL, look_value(version, "user")));
	source_cell(app, t, version);
	table_cell(t, screen_clean(&app->arena, label, false));
	table_cell(t, show_value(app, f, look_value(change, "old")));
	table_cell(t, show_value(app, f, look_value(change, "new")));
	if (t->column_count > HISTORY_REASON)
		table_cell(t, reason_of(app, version, change));
}

static bool has_reasons(struct bytes versions)
{
	uint32_t count, changes;
	struct reader r = value_items(versions, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes version = read_raw(&r);
		struct reader c = look_array(version, "changes", &changes);

		if (look_text(version, "reason").len)
			return true;
		for (; changes; changes--)
			if (look_text(read_raw(&c), "rule").len)
				return true;
	}
	return false;
}

static void show_history(struct app *app, struct bytes versions)
{
	struct table t;
	uint32_t count;
	struct bytes last = BYTES_NONE;
	struct reader r = value_items(versions, &count);
	unsigned columns = HISTORY_REASON + has_reasons(versions);

	table_init(&t, &app->arena);
	t.wraps = true;
	for (unsigned c = 0; c < columns; c++)
		table_column(&t, bytes_text(tr(app, history_titles[c])),
		    c == HISTORY_SOURCE ? 1 : 0, c == 0, true);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t changes;
		last = read_raw(&r);
		struct reader c = look_array(last, "changes", &changes);
		if (!changes)
			history_row(app, &t, last, BYTES_NONE);
		for (uint32_t k = 0; k < changes; k++)
			history_row(app, &t, last, read_raw(&c));
	}
	show_table(app, &t);
	int64_t position = look_int(last, "position", -1);
	struct bytes from = look_text(last, "from");
	if (position >= 0)
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "Last version: log position %lld, from %.*s"),
		    (long long)position, (int)from.len,
		    (const char *)from.data);
	if (position >= 0)
		tell_next(app, "kehu audit proof %lld", (long long)position);
}

/* What was merged into it has a history of its own. */
static void show_histories(struct app *app, struct bytes result)
{
	uint32_t count;
	struct reader r = look_array(result, "merged", &count);

	show_history(app, look_value(result, "versions"));
	for (; count; count--) {
		struct bytes one = read_raw(&r);
		struct bytes number = look_text(one, "number");

		screen_line(&app->screen, ROLE_TITLE, "%s: %.*s",
		    tr(app, "merged"), (int)number.len,
		    (const char *)number.data);
		show_history(app, look_value(one, "versions"));
	}
}

enum err cmd_history(struct app *app)
{
	struct request r;
	struct bytes result;

	if (!need_id(app))
		return ERR_USAGE;
	request_begin(&r, "record.history", CALL_READ);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", app->rest[0]);
	if (app_flag(app, FLAG_FIELD))
		request_cstr(&r, "field",
		    fields_keys(app, app->entity, app_flag(app, FLAG_FIELD)));
	request_flag_int(app, &r, "limit", FLAG_LIMIT);
	request_flag_int(app, &r, "after", FLAG_AFTER);
	enum err e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK && !show_to_machine(app, result))
		show_histories(app, result);
	return e;
}

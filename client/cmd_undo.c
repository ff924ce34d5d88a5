// SPDX-License-Identifier: MIT
/*
 * kehu undo: my last changes, and taking one back, whole.
 *
 * Alone it lists and, at a terminal, asks which.  A position takes back one
 * request; the request id that an import told takes back all its batches,
 * newest first, each for itself: broken off, it goes on when it is said again.
 */
#include "client/commands.h"

#include <stdlib.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "client/table.h"
#include "client/tell.h"

#define PAGE       100
#define PAGES_MOST 200

struct change {
	int64_t position, records;
};

/* --- my changes ----------------------------------------------------------*/

static enum err ask_list(
    struct app *app, int64_t limit, int64_t after, struct bytes *result)
{
	struct request r;

	request_begin(&r, "change.list", CALL_READ);
	request_int(&r, "limit", limit);
	if (after >= 0)
		request_int(&r, "after", after);
	return call(app, &r, &app->arena, result);
}

static const char *const undo_titles[] = { "Position", "Time", "What", "Record",
	"Records", "Made", "Undone" };

static void change_row(struct app *app, struct table *t, struct bytes row)
{
	static const char *const keys[] = { "position", "time", "method",
		"number", "records", "made" };

	for (unsigned i = 0; i < 6; i++)
		table_cell(t, show_value(app, NULL, look_value(row, keys[i])));
	table_cell(
	    t, bytes_text(look_bool(row, "undone") ? tr(app, "yes") : "-"));
}

static void show_changes(struct app *app, struct bytes result)
{
	struct table t;
	uint32_t count;
	struct reader r = look_array(result, "rows", &count);

	table_init(&t, &app->arena);
	for (unsigned c = 0; c < 7; c++)
		table_column(&t, bytes_text(tr(app, undo_titles[c])), 0,
		    !c || c == 4 || c == 5, true);
	for (uint32_t i = 0; i < count; i++)
		change_row(app, &t, read_raw(&r));
	show_table(app, &t);
}

/* --- taking back ---------------------------------------------------------*/

static const char *const undo_words[] = { "withdrawn", "restored", "changed" };

static struct bytes word_of(struct app *app, struct bytes done)
{
	for (unsigned i = 0; i < 3; i++)
		if (bytes_is(done, undo_words[i]))
			return bytes_text(tr(app, undo_words[i]));
	return done;
}

static void show_undone(struct app *app, struct bytes result)
{
	uint32_t count;
	struct reader r = look_array(result, "records", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		struct bytes number =
		    show_value(app, NULL, look_value(one, "number"));
		struct bytes word = word_of(app, look_text(one, "done"));

		screen_say(&app->screen, ROLE_GOOD, "%s %.*s  %.*s",
		    tr(app, "ok"), (int)number.len, (const char *)number.data,
		    (int)word.len, (const char *)word.data);
	}
}

static enum err undo_one(struct app *app, int64_t position)
{
	struct request r;
	struct bytes result;

	request_begin(&r, "change.undo", CALL_WRITE);
	request_int(&r, "position", position);
	if (app_flag(app, FLAG_REDO))
		request_bool(&r, "redo", true);
	request_write_flags(app, &r);
	enum err e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK && !show_to_machine(app, result))
		show_undone(app, result);
	return e;
}

static enum err confirm(struct app *app, unsigned count, int64_t records)
{
	if (app_flag(app, FLAG_DRY_RUN))
		return ERR_OK;
	return ask_confirm(app,
	    keep_format(&app->arena, "%s (%s)?",
		keep_format(&app->arena,
		    app_flag(app, FLAG_REDO)
			? tr(app, "Do again: %u requests, %lld records")
			: tr(app, "Take back: %u requests, %lld records"),
		    count, (long long)records),
		app->profile.server),
	    false);
}

/* Is it this request, or a batch of the import that has this id? */
static bool is_part(struct bytes id, const char *of)
{
	size_t len = strlen(of);

	return id.len >= len && !memcmp(id.data, of, len) &&
	       (id.len == len || id.data[len] == '/');
}

struct parts {
	struct change *list;
	unsigned count, room;
	int64_t records;
};

/* Those of one page; how many rows of it were of the request at all. */
static unsigned take_parts(
    struct app *app, struct bytes page, const char *id, struct parts *p)
{
	uint32_t count;
	unsigned met = 0;
	struct reader r = look_array(page, "rows", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);

		if (!is_part(look_text(row, "request_id"), id))
			continue;
		met++;
		if (look_bool(row, "undone"))
			continue;
		if (p->count == p->room) {
			struct change *more = keep_alloc(
			    &app->arena, (2 * p->room + PAGE) * sizeof *more);

			if (p->count)
				memcpy(more, p->list, p->count * sizeof *more);
			p->list = more;
			p->room = 2 * p->room + PAGE;
		}
		p->list[p->count].position = look_int(row, "position", -1);
		p->list[p->count].records = look_int(row, "records", 0);
		p->records += p->list[p->count++].records;
	}
	return met;
}

static enum err find_parts(struct app *app, const char *id, struct parts *p)
{
	int64_t after = -1;
	unsigned before = 0;

	for (unsigned i = 0; i < PAGES_MOST; i++) {
		struct bytes page;
		enum err e = ask_list(app, PAGE, after, &page);

		if (e != ERR_OK)
			return e;
		unsigned met = take_parts(app, page, id, p);
		after = look_int(page, "next", -1);
		if (after < 0 || (before && !met))
			break;
		before += met;
	}
	return ERR_OK;
}

static enum err undo_parts(struct app *app, const char *id)
{
	struct parts p = { 0 };
	enum err e = find_parts(app, id, &p);

	if (e == ERR_OK && !p.count) {
		e = tell(app, ERR_NOT_FOUND,
		    tr(app, "Nothing of request %s is left to take back."), id);
		tell_next(app, "kehu undo");
	}
	if (e == ERR_OK)
		e = confirm(app, p.count, p.records);
	for (unsigned i = 0; e == ERR_OK && i < p.count; i++)
		e = undo_one(app, p.list[i].position);
	return e;
}

static bool is_position(const char *word)
{
	return *word && strspn(word, "0123456789") == strlen(word);
}

static int64_t records_of(struct bytes list, int64_t position)
{
	uint32_t count;
	struct reader r = look_array(list, "rows", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);

		if (look_int(row, "position", -1) == position)
			return look_int(row, "records", 0);
	}
	return 1;
}

static enum err undo_position(struct app *app, const char *word)
{
	int64_t position = strtoll(word, NULL, 10);
	struct bytes list;
	enum err e = ask_list(app, PAGE, -1, &list);

	if (e == ERR_OK)
		e = confirm(app, 1, records_of(list, position));
	return e == ERR_OK ? undo_one(app, position) : e;
}

enum err cmd_undo(struct app *app)
{
	struct bytes list;

	if (app->rest_count > 1)
		return tell(app, ERR_USAGE, tr(app, "%s is one word too many."),
		    app->rest[1]);
	if (app->rest_count)
		return is_position(app->rest[0])
			   ? undo_position(app, app->rest[0])
			   : undo_parts(app, app->rest[0]);
	enum err e = ask_list(app, 20, -1, &list);
	if (e != ERR_OK)
		return e;
	if (show_is_machine(app)) {
		show_answer(app, list);
		return ERR_OK;
	}
	show_changes(app, list);
	if (!app->screen.can_ask) {
		if (look_value(list, "rows").len)
			tell_next(app, "kehu undo %s", app->command->usage);
		return ERR_OK;
	}
	const char *word = ask_line(
	    app, tr(app, "Take back which position? (Enter: none) > "), NULL);
	if (!word || !is_position(word))
		return ERR_OK;
	return undo_position(app, word);
}

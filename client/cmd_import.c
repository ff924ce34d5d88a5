// SPDX-License-Identifier: MIT
/*
 * `kehu ENTITY import FILE.csv`: read, map, check all, then write.
 *
 * Every row is checked by the server before the first is written.  With bad
 * rows nothing is written unless the person at the prompt or --partial says
 * so, and the exit is 1 either way.  The same file again stores nothing
 * twice: each row carries the hash of its mapped values.
 */
#include "client/commands.h"

#include "client/ask.h"
#include "client/call.h"
#include "client/import.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/workbook.h"

#define FILE_MOST ((size_t)256 << 20)

static enum err read_sheet(struct import *im)
{
	struct app *app = im->app;
	const char *wish = app_flag(app, FLAG_ENCODING);
	enum encoding wanted = wish ? encoding_parse(wish) : ENCODING_DETECT;
	struct bytes file;

	if (wanted == ENCODING_COUNT)
		return tell(app, ERR_USAGE, "--encoding utf-8|gb18030");
	enum err e = file_read(&app->arena, im->path, FILE_MOST, &file);
	if (e != ERR_OK)
		return tell(app, ERR_USAGE,
		    e == ERR_NOT_FOUND ? tr(app, "There is no file %s.")
				       : tr(app, "%s cannot be read."),
		    im->path);
	if (workbook_is_one(file))
		return tell(app, ERR_INVALID,
		    tr(app, "%s is a workbook: save it as \"CSV UTF-8\" and "
			    "import that file."),
		    im->path);
	e = sheet_parse(&im->sheet, &app->arena, file, wanted);
	if (e != ERR_OK)
		return tell(app, e, "%s: %s", im->path, im->sheet.message);
	if (!im->sheet.count)
		return tell(app, ERR_INVALID, tr(app, "%s has no header row."),
		    im->path);
	return ERR_OK;
}

static bool is_note(const struct sheet_row *row)
{
	return row->count &&
	       bytes_starts(row->cells[0], bytes_text(SHEET_NOTE));
}

static void take_rows(struct import *im)
{
	const struct sheet_row *header = &im->sheet.rows[0];
	struct app *app = im->app;

	im->rows = keep_array(&app->arena, im->sheet.count, sizeof(*im->rows));
	for (size_t i = 1; i < im->sheet.count; i++) {
		struct import_row *row = &im->rows[im->count];

		if (is_note(&im->sheet.rows[i])) {
			im->notes++;
			continue;
		}
		im->count++;
		row->cells = &im->sheet.rows[i];
		if (row->cells->count != header->count)
			row_add_error(im, row, -1, BYTES_NONE,
			    bytes_text("columns"),
			    keep_format(&app->arena,
				tr(app, "%u cells, but the header has %u"),
				row->cells->count, header->count));
	}
}

static void show_plan(struct import *im)
{
	struct app *app = im->app;
	const struct sheet_row *header = &im->sheet.rows[0];
	const char *list = "";

	if (show_is_machine(app))
		return;
	screen_say(&app->screen, ROLE_TITLE,
	    tr(app, "%s   encoding %s   %u rows   %u columns"), im->path,
	    encoding_word(im->sheet.encoding), im->count, header->count);
	for (unsigned c = 0; c < im->mapping.count; c++) {
		const struct target *t = &im->mapping.targets[c];
		const struct part *p = &im->mapping.parts[t->part];
		if (!t->is_used)
			continue;
		list = keep_format(&app->arena, "%s%s%.*s -> %.*s%s%.*s", list,
		    *list ? "   " : "", (int)header->cells[c].len,
		    (const char *)header->cells[c].data,
		    t->part ? (int)p->key.len : 0, (const char *)p->key.data,
		    t->part ? "." : "", (int)t->key.len,
		    (const char *)t->key.data);
	}
	screen_say(&app->screen, ROLE_LABEL, "  %s", list);
	if (im->notes)
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "  rows that begin with ## are notes: %u"),
		    im->notes);
}

/* Whether the good rows may be written although others are bad. */
static bool may_go_on(struct import *im, unsigned good, unsigned bad)
{
	struct app *app = im->app;

	if (!bad || app_flag(app, FLAG_PARTIAL))
		return true;
	if (!show_is_machine(app))
		screen_say(&app->screen, ROLE_BAD,
		    tr(app, "x %u of %u rows could be imported, %u are bad; "
			    "nothing was written yet."),
		    good, im->count, bad);
	if (!good || !app->screen.can_ask)
		return false;
	const char *answer = ask_choice(
	    app, tr(app, "1 import the good rows   2 import nothing   [2] > "));
	return answer && !strcmp(answer, "1");
}

static enum err run_import(struct import *im)
{
	struct app *app = im->app;

	show_plan(im);
	import_hash(im);
	enum err e = import_check(im);
	if (e != ERR_OK)
		return e;
	import_compare(im);
	unsigned bad = import_tally(im, ROW_BAD);
	unsigned good = import_tally(im, ROW_GOOD);
	import_show_errors(im);
	if (!app_flag(app, FLAG_DRY_RUN) && good && may_go_on(im, good, bad)) {
		e = import_write(im);
		im->is_cut_short = e != ERR_OK;
	}
	if (e == ERR_OK && import_tally(im, ROW_BAD) > bad)
		import_show_errors(im);
	enum err written = import_write_errors(im);
	if (!show_is_machine(im->app))
		import_show_likely(im);
	import_show_sum(im);
	if (e != ERR_OK || written != ERR_OK)
		return e != ERR_OK ? e : written;
	bad = import_tally(im, ROW_BAD);
	return !bad ? ERR_OK : im->denied == bad ? ERR_DENIED : ERR_INVALID;
}

enum err cmd_import(struct app *app)
{
	struct import im = { .app = app };

	if (app->rest_count != 1)
		return tell(app, ERR_USAGE, "kehu %s import FILE.csv --map ...",
		    app->noun);
	im.path = app->rest[0];
	im.id = request_id_new(&app->arena);
	enum err e = read_sheet(&im);
	if (e == ERR_OK)
		e = mapping_make(app, &im.sheet, &im.mapping);
	if (e != ERR_OK)
		return e;
	take_rows(&im);
	return run_import(&im);
}

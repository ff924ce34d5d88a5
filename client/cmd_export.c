// SPDX-License-Identifier: MIT
/*
 * `kehu ENTITY export [CONDITION] -o FILE.csv`: all rows that may be seen.
 *
 * A file is meant for a spreadsheet: UTF-8 with BOM (or GB 18030), cells that
 * would be taken for a formula get a tab before them, which import takes off
 * again.  Without -o it is the exact CSV of --csv on standard output.
 */
#include "client/commands.h"

#include <stdlib.h>

#include "client/find.h"
#include "client/look.h"
#include "client/output.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/waits.h"
#include "client/workbook.h"

struct export
{
	struct app *app;
	struct buf text;
	bool is_file;
	unsigned guarded; /* cells that got a tab */
	uint64_t rows;
	bool waits; /* for a second person: nothing came yet */
};

static void put_cell(struct export *x, struct bytes cell, bool first)
{
	if (x->is_file)
		x->guarded += sheet_guard(&x->app->arena, &cell);
	sheet_append(&x->text, cell, first);
}

static void put_header(struct export *x)
{
	const struct entity *e = x->app->entity;

	put_cell(x, bytes_text("number"), true);
	for (unsigned i = 0; i < e->field_count; i++)
		if (!bytes_is(e->fields[i].key, "number"))
			put_cell(x, e->fields[i].key, false);
	sheet_end_row(&x->text);
}

static void put_row(struct export *x, struct bytes row)
{
	const struct entity *e = x->app->entity;
	struct bytes fields = look_value(row, "fields");

	put_cell(x, look_text(row, "number"), true);
	for (unsigned i = 0; i < e->field_count; i++) {
		const char *key = keep_text(&x->app->arena, e->fields[i].key);
		if (strcmp(key, "number") != 0)
			put_cell(x, show_plain(x->app, look_value(fields, key)),
			    false);
	}
	sheet_end_row(&x->text);
	x->rows++;
}

static void put_rows(void *ctx, struct bytes result)
{
	struct export *x = ctx;
	uint32_t count;
	struct reader r = look_array(result, "rows", &count);

	x->waits = waits_for_second(x->app, result);
	if (x->waits && show_is_machine(x->app))
		show_answer(x->app, result);
	for (uint32_t i = 0; i < count; i++)
		put_row(x, read_raw(&r));
}

static enum err write_out(struct export *x, const char *path)
{
	struct app *app = x->app;
	const char *wish = app_flag(app, FLAG_ENCODING);
	enum encoding to = wish ? encoding_parse(wish) : ENCODING_UTF8_BOM;

	if (!path) {
		screen_put(&app->screen, ROLE_VALUE, buf_bytes(&x->text));
		return ERR_OK;
	}
	enum err e = output_write_sheet(app, path, to, buf_bytes(&x->text));
	if (e != ERR_OK)
		return e;
	screen_say(&app->screen, ROLE_GOOD, tr(app, "ok  %llu rows in %s (%s)"),
	    (unsigned long long)x->rows, path,
	    x->is_file ? encoding_word(to) : "xlsx");
	if (x->guarded)
		screen_say(&app->screen, ROLE_NOTICE,
		    tr(app, "! %u cells that a spreadsheet would take for a "
			    "formula begin with a tab; import takes it off."),
		    x->guarded);
	return ERR_OK;
}

enum err cmd_export(struct app *app)
{
	const char *path = app_flag(app, FLAG_OUT);
	const char *wish = app_flag(app, FLAG_ENCODING);
	struct export x = { .app = app,
		.is_file = path && !workbook_is_named(path) };

	if (wish && encoding_parse(wish) == ENCODING_COUNT)
		return tell(app, ERR_USAGE, tr(app, "--%s takes %s."),
		    flag_rows[FLAG_ENCODING].name,
		    flag_rows[FLAG_ENCODING].takes);

	buf_init(&x.text, KEEP_CAP);
	put_header(&x);
	enum err e = find_each_page(app, "record.export", put_rows, &x);
	if (e == ERR_OK && !x.waits)
		e = write_out(&x, path);
	buf_release(&x.text);
	return e;
}

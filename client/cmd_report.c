// SPDX-License-Identifier: MIT
/*
 * Reports: which there are, and one of them as a table or a page.
 *
 * What a report reckons and who may ask is the server's; parameters go along
 * as they were typed.  A page also asks for the period before, as long as the
 * one asked for, and holds its total beside this one's.
 */
#include "client/commands.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "client/call.h"
#include "client/fetch.h"
#include "client/output.h"
#include "client/page.h"
#include "client/report_ask.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/witness.h"
#include "client/workbook.h"
#include "common/date.h"
#include "common/pack.h"

/* --- the table -----------------------------------------------------------*/

static void put_row(struct table *t, const struct report *r, struct bytes row)
{
	for (unsigned i = 0; i < r->column_count; i++)
		table_cell(t, report_cell(r, row, i));
}

static void show(const struct report *r)
{
	struct app *app = r->app;
	struct bytes total = look_value(r->result, "total");
	uint32_t rows;
	struct reader in = look_array(r->result, "rows", &rows);
	struct table t;

	table_init(&t, &app->arena);
	for (unsigned i = 0; i < r->column_count; i++)
		table_column(&t, r->columns[i].title, i,
		    r->columns[i].kind != CELL_TEXT,
		    r->columns[i].kind != CELL_TEXT || !i);
	for (; rows; rows--)
		put_row(&t, r, read_raw(&in));
	table_cell(&t, bytes_text(tr(app, "Total")));
	for (unsigned i = 1; i < r->column_count; i++)
		table_cell(&t, report_cell(r, total, i));
	show_table(app, &t);
}

/* --- a file ---------------------------------------------------------------*/

/* Figures as they came, so that a spreadsheet reckons on with them. */
static void append_row(
    const struct report *r, struct bytes row, bool guards, struct buf *out)
{
	for (unsigned i = 0; i < r->column_count; i++) {
		const struct report_column *c = &r->columns[i];
		struct bytes cell =
		    c->kind == CELL_TEXT
			? report_cell(r, row, i)
			: show_plain(r->app, look_value(row, c->key));

		if (guards && c->kind == CELL_TEXT)
			(void)sheet_guard(&r->app->arena, &cell);
		sheet_append(out, cell, !i);
	}
	sheet_end_row(out);
}

static enum err as_file(const struct report *r)
{
	struct app *app = r->app;
	const char *path = app_flag(app, FLAG_OUT);
	bool guards = !workbook_is_named(path);
	struct buf out;
	uint32_t rows;
	struct reader in = look_array(r->result, "rows", &rows);

	buf_init(&out, KEEP_CAP);
	for (unsigned i = 0; i < r->column_count; i++)
		sheet_append(&out, r->columns[i].title, !i);
	sheet_end_row(&out);
	for (uint32_t i = 0; i < rows; i++)
		append_row(r, read_raw(&in), guards, &out);
	enum err e =
	    output_write_sheet(app, path, ENCODING_UTF8_BOM, buf_bytes(&out));
	buf_release(&out);
	if (e == ERR_OK)
		screen_say(
		    &app->screen, ROLE_GOOD, tr(app, "Written: %s"), path);
	return e;
}

/* As many rows as a page or a file takes, unless the person wants others. */
static void want_all(struct app *app, struct report_ask *ask)
{
	if (!report_ask_value(ask, "limit"))
		report_ask_put(
		    ask, "limit", keep_format(&app->arena, "%d", PAGE_ROWS));
}

static enum err as_table(struct report *r, const struct report_ask *ask)
{
	struct app *app = r->app;
	struct report_ask wanted = *ask;
	int64_t more;

	if (app_flag(app, FLAG_OUT))
		want_all(app, &wanted);
	enum err e = report_ask_run(app, r->name, &wanted, NULL, &r->result);
	if (e != ERR_OK ||
	    (!app_flag(app, FLAG_OUT) && show_to_machine(app, r->result)))
		return e;
	e = fetch_schema(app);
	if (e != ERR_OK)
		return e;
	report_learn(r);
	if (app_flag(app, FLAG_OUT))
		e = as_file(r);
	else
		show(r);
	more = look_int(r->result, "more", 0);
	if (more > 0)
		tell_next(app, tr(app, "%lld more groups: --limit N"),
		    (long long)more);
	return e;
}

/* --- the period before ---------------------------------------------------*/

static bool month_parse(const char *text, int *month)
{
	const char *day = text ? strchr(text, '-') : NULL;

	if (!day || strlen(text) != 7)
		return false;
	*month = atoi(text) * 12 + atoi(day + 1) - 1;
	return true;
}

static const char *month_text(struct app *app, int month)
{
	return keep_format(
	    &app->arena, "%04d-%02d", month / 12, month % 12 + 1);
}

static const char *day_text(struct app *app, int32_t day)
{
	char text[DATE_TEXT];

	date_format(day, text);
	return keep_text(&app->arena, bytes_text(text));
}

/* As many months, or days, before `from`; false where they are not told. */
static bool step_back(struct app *app, struct report_ask *ask)
{
	const char *from = report_ask_value(ask, "from");
	const char *to = report_ask_value(ask, "to");
	int32_t first_day, last_day;
	int first, last;

	if (!from || !to)
		return false;
	if (month_parse(from, &first) && month_parse(to, &last) &&
	    first > last - first + 12) {
		to = month_text(app, first - 1);
		from = month_text(app, first - 1 - (last - first));
	} else if (!date_parse(bytes_text(from), &first_day) &&
		   !date_parse(bytes_text(to), &last_day)) {
		to = day_text(app, first_day - 1);
		from = day_text(app, first_day - 1 - (last_day - first_day));
	} else {
		return false;
	}
	report_ask_put(ask, "from", from);
	report_ask_put(ask, "to", to);
	return true;
}

/* --- the page ------------------------------------------------------------*/

static struct tm local_now(void)
{
	const time_t now = time(NULL);
	struct tm t = { 0 };

	(void)localtime_r(&now, &t);
	return t;
}

static const char *moment_text(struct app *app)
{
	const struct tm t = local_now();
	char at[32], zone[8];

	strftime(at, sizeof at, "%Y-%m-%d %H:%M", &t);
	strftime(zone, sizeof zone, "%z", &t);
	return keep_format(&app->arena, "%s (%.3s:%s)", at, zone, zone + 3);
}

/* In a directory the file gets a name of its own. */
static const char *file_name(struct app *app, const char *report)
{
	const char *given = app_flag(app, FLAG_HTML);
	const struct tm t = local_now();
	char day[DATE_TEXT];
	struct stat st;

	if (stat(given, &st) != 0 || !S_ISDIR(st.st_mode))
		return given;
	strftime(day, sizeof day, "%Y-%m-%d", &t);
	return keep_format(
	    &app->arena, "%s/kehu-%s-%s.html", given, report, day);
}

static enum err gather(
    struct report *r, const struct report_ask *ask, struct page *page)
{
	struct app *app = r->app;
	struct report_ask earlier = *ask;
	struct bytes note, before, list;
	struct checkpoint head;
	struct verifier by;
	struct request who;
	enum err e =
	    report_ask_run(app, r->name, ask, page->request, &r->result);

	if (e == ERR_OK)
		e = report_list(app, &list);
	if (e == ERR_OK)
		report_describe(r, list);
	if (e == ERR_OK && step_back(app, &earlier)) {
		e = report_ask_run(app, r->name, &earlier, NULL, &before);
		if (e == ERR_OK)
			page->before = look_value(before, "total");
	}
	if (e != ERR_OK)
		return e;
	request_begin(&who, "session.whoami", CALL_READ);
	e = call(app, &who, &app->arena, &page->who);
	if (e == ERR_OK)
		e = fetch_schema(app);
	if (e == ERR_OK)
		e = witness_fetch(app, &note, &head, &by);
	page->log_size = e == ERR_OK ? head.size : 0;
	return e;
}

static enum err as_page(struct report *r, const struct report_ask *ask)
{
	struct app *app = r->app;
	struct report_ask whole = *ask;
	struct page page = { .report = r,
		.at = moment_text(app),
		.server = app->profile.server,
		.request = request_id_new(&app->arena) };
	const char *path = file_name(app, r->name);
	struct buf out;
	enum err e;

	want_all(app, &whole);
	e = gather(r, &whole, &page);
	if (e != ERR_OK)
		return e;
	r->asked = report_ask_words(app, ask);
	report_learn(r);
	buf_init(&out, KEEP_CAP);
	page_write(&page, &out);
	e = out.err;
	if (e == ERR_OK)
		e = output_write(app, path, buf_bytes(&out));
	buf_release(&out);
	if (e != ERR_OK)
		return e;
	screen_say(&app->screen, ROLE_GOOD, tr(app, "Written: %s"), path);
	return ERR_OK;
}

static enum err list(struct app *app)
{
	struct bytes result, row;
	struct reader in;
	struct table t;
	uint32_t count;
	enum err e;

	e = report_list(app, &result);
	if (e != ERR_OK || show_to_machine(app, result))
		return e;
	table_init(&t, &app->arena);
	table_column(&t, bytes_text(tr(app, "report")), 0, false, true);
	table_column(&t, bytes_text(tr(app, "name")), 0, false, true);
	table_column(&t, bytes_text(tr(app, "figures")), 1, false, false);
	t.wraps = true;
	in = look_array(result, "rows", &count);
	for (; count; count--) {
		row = read_raw(&in);
		table_cell(&t, look_text(row, "name"));
		table_cell(&t, words_label(&app->words, look_text(row, "zh"),
				   look_text(row, "en")));
		table_cell(
		    &t, words_label(&app->words, look_text(row, "about_zh"),
			    look_text(row, "about_en")));
	}
	show_table(app, &t);
	return ERR_OK;
}

enum err cmd_report(struct app *app)
{
	struct report r = { .app = app };
	struct report_ask ask = { .count = 0 };
	enum err e;

	if (!app->rest_count || !strcmp(app->rest[0], "list"))
		return list(app);
	r.name = app->rest[0];
	e = report_ask_read(app, &ask);
	if (e != ERR_OK)
		return e;
	return app_flag(app, FLAG_HTML) ? as_page(&r, &ask)
					: as_table(&r, &ask);
}

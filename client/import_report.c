// SPDX-License-Identifier: MIT
/*
 * What became of the rows, for people, scripts and the next run; see
 * import.h.
 */
#include "client/import.h"

#include <string.h>

#include "client/output.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

#define SHOWN_MOST 200

void row_add_error(struct import *im, struct import_row *row, int column,
    struct bytes field, struct bytes rule, const char *message)
{
	struct row_error *e = keep_alloc(&im->app->arena, sizeof(*e));
	struct row_error **last = &row->errors;

	*e = (struct row_error){ NULL, column, field, rule, message };
	while (*last)
		last = &(*last)->next;
	*last = e;
	row->fate = ROW_BAD;
}

unsigned import_tally(const struct import *im, enum row_fate fate)
{
	unsigned count = 0;

	for (unsigned i = 0; i < im->count; i++)
		count += im->rows[i].fate == fate;
	return count;
}

static struct bytes cell_text(
    const struct import *im, const struct import_row *row, int column)
{
	if (column < 0 || (unsigned)column >= row->cells->count)
		return bytes_text("-");
	return screen_clean(&im->app->arena, row->cells->cells[column], false);
}

static void error_row(struct import *im, struct table *t,
    const struct import_row *row, const struct row_error *e)
{
	const struct sheet_row *header = &im->sheet.rows[0];
	struct app *app = im->app;

	table_cell(
	    t, bytes_text(keep_format(&app->arena, "%u", row->cells->line)));
	table_cell(t, e->column < 0 ? bytes_text("-")
				    : screen_clean(&app->arena,
					  header->cells[e->column], false));
	table_cell(t, e->field.len ? screen_clean(&app->arena, e->field, false)
				   : bytes_text("-"));
	table_cell(t, cell_text(im, row, e->column));
	table_cell(t, screen_clean(&app->arena, bytes_text(e->message), false));
}

void import_show_errors(struct import *im)
{
	static const char *const titles[] = { "Line", "Column", "Field",
		"Content", "Reason" };
	struct app *app = im->app;
	struct table t;
	struct buf out;

	if (show_is_machine(app) || !import_tally(im, ROW_BAD))
		return;
	table_init(&t, &app->arena);
	t.wraps = true;
	for (unsigned c = 0; c < 5; c++)
		table_column(
		    &t, bytes_text(tr(app, titles[c])), 0, c == 0, c < 3);
	for (unsigned i = 0; i < im->count; i++)
		for (const struct row_error *e = im->rows[i].errors;
		     e && table_rows(&t) < SHOWN_MOST; e = e->next)
			error_row(im, &t, &im->rows[i], e);
	buf_init(&out, KEEP_CAP);
	table_format(&t, app->screen.width, false, &out);
	struct bytes text = keep_buf(&app->arena, &out);
	screen_say(&app->screen, ROLE_VALUE, "%.*s", (int)text.len - 1,
	    (const char *)text.data);
}

static const char *all_reasons(struct app *app, const struct import_row *row)
{
	const char *text = "";

	for (const struct row_error *e = row->errors; e; e = e->next)
		text = keep_format(&app->arena, "%s%s%.*s%s%s", text,
		    *text ? "; " : "", (int)e->field.len,
		    (const char *)e->field.data, e->field.len ? ": " : "",
		    e->message);
	return text;
}

/* Drops the reasons of an earlier run: the last column, so named. */
static unsigned own_columns(const struct sheet_row *header)
{
	struct bytes last = header->cells[header->count - 1];

	return header->count -
	       (bytes_is(last, "原因") || bytes_is(last, "Reason"));
}

static void put_row(struct buf *out, const struct sheet_row *row,
    unsigned columns, const char *reason)
{
	for (unsigned c = 0; c < columns; c++)
		sheet_append(
		    out, c < row->count ? row->cells[c] : BYTES_NONE, !c);
	sheet_append(out, bytes_text(reason), false);
	sheet_end_row(out);
}

enum err import_write_errors(struct import *im)
{
	struct app *app = im->app;
	const char *path = app_flag(app, FLAG_ERRORS);
	const struct sheet_row *header = &im->sheet.rows[0];
	struct buf text;

	if (!path || !import_tally(im, ROW_BAD))
		return ERR_OK;
	unsigned columns = own_columns(header);
	buf_init(&text, KEEP_CAP);
	put_row(&text, header, columns, app->words.chinese ? "原因" : "Reason");
	for (unsigned i = 0; i < im->count; i++)
		if (im->rows[i].fate == ROW_BAD)
			put_row(&text, im->rows[i].cells, columns,
			    all_reasons(app, &im->rows[i]));
	enum err e =
	    output_write_sheet(app, path, im->sheet.encoding, buf_bytes(&text));
	buf_release(&text);
	return e;
}

static void pack_errors(struct import *im, struct buf *out)
{
	const struct sheet_row *header = &im->sheet.rows[0];
	uint32_t count = 0;

	size_t mark = pack_array_open(out);
	for (unsigned i = 0; i < im->count; i++)
		for (const struct row_error *e = im->rows[i].errors;
		     e && count < UINT16_MAX; e = e->next) {
			pack_map(out, 5);
			pack_key_int(out, "line", im->rows[i].cells->line);
			pack_cstr(out, "column");
			if (e->column < 0)
				pack_nil(out);
			else
				pack_text(out, header->cells[e->column]);
			pack_key_text(out, "field", e->field);
			pack_key_text(out, "rule", e->rule);
			pack_key_cstr(out, "message", e->message);
			count++;
		}
	pack_array_close(out, mark, count);
}

/* --- likely duplicates ---------------------------------------------------*/

#define LIKELY_SHOWN 20

static unsigned show_stored(struct import *im)
{
	struct app *app = im->app;
	unsigned likely = 0;

	for (unsigned i = 0; i < im->count; i++) {
		const struct import_row *row = &im->rows[i];

		if (!row->likely.len || ++likely > LIKELY_SHOWN)
			continue;
		screen_say(&app->screen, ROLE_NOTICE,
		    tr(app, "line %u may be %.*s   score %lld"),
		    row->cells->line, (int)row->likely.len,
		    (const char *)row->likely.data, (long long)row->score);
	}
	return likely;
}

static unsigned show_twins(struct import *im)
{
	struct app *app = im->app;
	unsigned twins = 0;

	for (unsigned i = 0; i < im->count; i++) {
		const struct import_row *row = &im->rows[i];

		if (!row->twin || ++twins > LIKELY_SHOWN)
			continue;
		screen_say(&app->screen, ROLE_NOTICE,
		    tr(app, "line %u may be the same as line %u   score %u"),
		    row->cells->line, row->twin->cells->line, row->twin_score);
	}
	return twins;
}

void import_show_likely(struct import *im)
{
	struct app *app = im->app;
	unsigned likely = show_stored(im), twins = show_twins(im);

	if (likely)
		screen_say(&app->screen, ROLE_NOTICE,
		    tr(app, "rows that may be there already: %u"), likely);
	if (twins)
		screen_say(&app->screen, ROLE_NOTICE,
		    tr(app, "rows that may be in the file twice: %u"), twins);
}

/* By its number if it is stored, by its line if it is in the file. */
static void pack_likely(struct import *im, struct buf *out)
{
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	for (unsigned i = 0; i < im->count; i++) {
		const struct import_row *row = &im->rows[i];

		if (row->likely.len) {
			pack_map(out, 3);
			pack_key_int(out, "line", row->cells->line);
			pack_key_text(out, "number", row->likely);
			pack_key_int(out, "score", row->score);
			count++;
		}
		if (row->twin) {
			pack_map(out, 3);
			pack_key_int(out, "line", row->cells->line);
			pack_key_int(
			    out, "same_as_line", row->twin->cells->line);
			pack_key_int(out, "score", row->twin_score);
			count++;
		}
	}
	pack_array_close(out, mark, count);
}

static void sum_as_json(struct import *im)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	pack_map(&out, 10u + (im->batches != 0));
	pack_key_int(&out, "rows", im->count);
	pack_key_int(&out, "new", import_tally(im, ROW_CREATED));
	pack_key_int(&out, "same", import_tally(im, ROW_SAME));
	pack_key_int(&out, "updated", import_tally(im, ROW_UPDATED));
	pack_key_int(&out, "good", import_tally(im, ROW_GOOD));
	pack_key_int(&out, "bad", import_tally(im, ROW_BAD));
	pack_key_cstr(&out, "encoding", encoding_word(im->sheet.encoding));
	pack_key_bool(&out, "dry_run", app_flag(im->app, FLAG_DRY_RUN) != NULL);
	if (im->batches)
		pack_key_cstr(&out, "request_id", im->id);
	pack_cstr(&out, "errors");
	pack_errors(im, &out);
	pack_cstr(&out, "duplicates");
	pack_likely(im, &out);
	show_json(keep_buf(&im->app->arena, &out));
}

/* Rows that are still good were not written; cut short, not confirmed. */
static void say_sum(struct import *im, unsigned good, unsigned bad)
{
	struct app *app = im->app;
	unsigned created = import_tally(im, ROW_CREATED);
	unsigned updated = import_tally(im, ROW_UPDATED);
	unsigned same = import_tally(im, ROW_SAME);
	enum role role = bad ? ROLE_NOTICE : ROLE_GOOD;

	if (im->is_cut_short)
		screen_say(&app->screen, ROLE_BAD,
		    tr(app, "x stopped   new %u   changed %u   already there "
			    "and equal %u   not confirmed %u   bad %u"),
		    created, updated, same, good, bad);
	else if (good)
		screen_say(&app->screen, role,
		    tr(app,
			"checked   could be imported %u   already there and "
			"equal %u   bad %u   nothing was written"),
		    good, same, bad);
	else if (bad && !created && !updated)
		screen_say(&app->screen, role,
		    tr(app, "nothing was written   already there and equal %u "
			    "  bad %u"),
		    same, bad);
	else
		screen_say(&app->screen, role,
		    tr(app, "done   new %u   changed %u   already there and "
			    "equal %u   bad %u"),
		    created, updated, same, bad);
}

void import_show_sum(struct import *im)
{
	struct app *app = im->app;
	unsigned bad = import_tally(im, ROW_BAD);
	const char *errors = app_flag(app, FLAG_ERRORS);

	if (show_is_machine(app)) {
		sum_as_json(im);
		return;
	}
	say_sum(im, import_tally(im, ROW_GOOD), bad);
	if (im->is_cut_short)
		screen_say(&app->screen, ROLE_LABEL, "  %s",
		    tr(app, "The same command again goes on from there: what "
			    "is stored is not stored twice."));
	if (app->entity->waits && import_tally(im, ROW_CREATED))
		screen_say(&app->screen, ROLE_NOTICE, "! %s",
		    tr(app, "It waits for approval by somebody else."));
	if (bad && errors)
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "  refused rows: %s (one column more: the reason)"),
		    errors);
	else if (bad)
		screen_say(&app->screen, ROLE_LABEL, "%s",
		    tr(app, "  with --errors BAD.csv the refused rows go into "
			    "a file, to be mended"));
	if (im->batches)
		tell_next(app, "kehu undo %s", im->id);
}

// SPDX-License-Identifier: MIT
/*
 * Workbooks by libxlsxwriter; see workbook.h.
 */
#include "client/workbook.h"

#include <stdlib.h>
#include <strings.h>
#include <xlsxwriter.h>

#include "common/decimal.h"
#include "common/text.h"

#define EXACT_DIGITS 15 /* of a spreadsheet's number */
#define LIST_BYTES   255
#define FORM_ROWS    5000 /* that an empty form's lists reach to */
#define WIDEST       40
#define LOOKED_AT    100 /* rows, for the width */

struct filling {
	struct app *app;
	const struct sheet *sheet;
	lxw_worksheet *page;
	lxw_format *text, *number, *amount, *head;
	const struct field **fields;
	bool *is_number;
	enum err err;
};

bool workbook_is_named(const char *path)
{
	const char *end = path ? strrchr(path, '.') : NULL;

	return end && !strcasecmp(end, ".xlsx");
}

bool workbook_is_one(struct bytes file)
{
	return bytes_starts(file, bytes_of("PK\003\004", 4));
}

static struct bytes cell_at(const struct sheet *s, size_t row, unsigned column)
{
	return column < s->rows[row].count ? s->rows[row].cells[column]
					   : BYTES_NONE;
}

/* As it would be written, and small enough to be held exactly. */
static bool is_exact(struct bytes cell)
{
	struct decimal d;
	char text[DECIMAL_TEXT];
	size_t digits = 0;

	if (decimal_parse_stored(cell, &d) != ERR_OK)
		return false;
	for (size_t i = 0; i < cell.len; i++)
		digits += cell.data[i] >= '0' && cell.data[i] <= '9';
	const uint8_t *point = bytes_find(cell, '.');
	size_t places = point ? cell.len - (size_t)(point - cell.data) - 1 : 0;
	size_t len = decimal_format(&d, (unsigned)places, text);

	return digits <= EXACT_DIGITS && bytes_equal(cell, bytes_of(text, len));
}

/* A field's by its type; another's if all that stands in it are numbers. */
static bool is_of_numbers(const struct filling *w, unsigned column)
{
	const struct field *f = w->fields[column];
	bool any = false;

	if (f)
		return f->type == TYPE_INT || f->type == TYPE_DECIMAL ||
		       f->type == TYPE_MONEY;
	for (size_t i = 1; i < w->sheet->count; i++) {
		struct bytes cell = cell_at(w->sheet, i, column);

		if (cell.len && !is_exact(cell))
			return false;
		any |= cell.len;
	}
	return any;
}

static void put_cell(
    struct filling *w, size_t row, unsigned column, struct bytes cell)
{
	const char *text = keep_text(&w->app->arena, cell);
	lxw_row_t at = (lxw_row_t)row;
	lxw_error wrong = LXW_NO_ERROR;

	if (!row)
		wrong = worksheet_write_string(
		    w->page, at, (lxw_col_t)column, text, w->head);
	else if (cell.len && w->is_number[column] && is_exact(cell))
		wrong = worksheet_write_number(w->page, at, (lxw_col_t)column,
		    strtod(text, NULL),
		    bytes_find(cell, '.') ? w->amount : w->number);
	else if (cell.len)
		wrong = worksheet_write_string(
		    w->page, at, (lxw_col_t)column, text, w->text);
	if (wrong != LXW_NO_ERROR)
		w->err = ERR_TOO_LARGE;
}

static double width_of(const struct filling *w, unsigned column)
{
	unsigned width = 8;

	for (size_t i = 0; i < w->sheet->count && i < LOOKED_AT; i++) {
		unsigned one = text_width(cell_at(w->sheet, i, column)) + 2;

		if (one > width)
			width = one;
	}
	return width > WIDEST ? WIDEST : width;
}

/* Commas part the list; longer ones than the format holds are left to the
 * note. */
static void offer_list(
    struct filling *w, unsigned column, const struct field *f)
{
	struct app *app = w->app;
	char **labels =
	    keep_array(&app->arena, f->choice_count + 1, sizeof(*labels));
	size_t len = 0;

	for (unsigned i = 0; i < f->choice_count; i++) {
		struct bytes label = choice_label(app, &f->choices[i]);

		if (bytes_find(label, ','))
			label = f->choices[i].key;
		labels[i] = keep_text(&app->arena, label);
		len += strlen(labels[i]) + 1;
	}
	labels[f->choice_count] = NULL;
	if (!f->choice_count || len > LIST_BYTES)
		return;
	lxw_data_validation list = { .validate = LXW_VALIDATION_TYPE_LIST,
		.value_list = labels };
	(void)worksheet_data_validation_range(
	    w->page, 1, (lxw_col_t)column, FORM_ROWS, (lxw_col_t)column, &list);
}

/* A sheet with no row but a note is a form to be filled in. */
static bool is_form_of(const struct sheet *s)
{
	return s->count == 1 || (s->count == 2 && bytes_starts(cell_at(s, 1, 0),
						      bytes_text(SHEET_NOTE)));
}

static void begin_columns(struct filling *w)
{
	bool is_form = is_form_of(w->sheet);

	for (unsigned c = 0; c < w->sheet->rows[0].count; c++) {
		w->is_number[c] = !is_form && is_of_numbers(w, c);
		(void)worksheet_set_column(w->page, (lxw_col_t)c, (lxw_col_t)c,
		    width_of(w, c), w->is_number[c] ? NULL : w->text);
		if (is_form && w->fields[c])
			offer_list(w, c, w->fields[c]);
	}
	worksheet_freeze_panes(w->page, 1, 0);
}

static void make_formats(struct filling *w, lxw_workbook *book)
{
	w->text = workbook_add_format(book);
	w->number = workbook_add_format(book);
	w->amount = workbook_add_format(book);
	w->head = workbook_add_format(book);
	format_set_num_format(w->text, "@");
	format_set_num_format(w->number, "0");
	format_set_num_format(w->amount, "#,##0.00####");
	format_set_num_format(w->head, "@");
	format_set_bold(w->head);
}

enum err workbook_fill(struct app *app, const struct entity *e,
    const struct sheet *sheet, const char *path)
{
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };
	lxw_workbook *book = workbook_new_opt(path, &options);
	unsigned columns = sheet->rows[0].count;
	struct filling w = { .app = app,
		.sheet = sheet,
		.fields = keep_array(&app->arena, columns, sizeof(*w.fields)),
		.is_number =
		    keep_array(&app->arena, columns, sizeof(*w.is_number)) };

	if (!book)
		return ERR_INTERNAL;
	w.page = workbook_add_worksheet(book, NULL);
	make_formats(&w, book);
	for (unsigned c = 0; c < columns; c++)
		w.fields[c] = entity_find_field(e, sheet->rows[0].cells[c]);
	begin_columns(&w);
	for (size_t row = 0; row < sheet->count; row++)
		for (unsigned c = 0; c < columns; c++)
			put_cell(&w, row, c, cell_at(sheet, row, c));
	if (workbook_close(book) != LXW_NO_ERROR && w.err == ERR_OK)
		w.err = ERR_FULL;
	return w.err;
}

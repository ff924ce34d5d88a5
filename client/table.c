// SPDX-License-Identifier: MIT
/*
 * Laying out tables; see table.h.
 */
#include "client/table.h"

#include "common/text.h"

#define GAP       2
#define NARROWEST 6 /* a cell is never cut below this */

void table_init(struct table *t, struct arena *a)
{
	*t = (struct table){ .arena = a };
}

void table_column(struct table *t, struct bytes title, unsigned priority,
    bool right, bool keep)
{
	if (t->column_count == TABLE_COLUMNS)
		return;
	t->columns[t->column_count++] = (struct column){
		.title = title,
		.priority = priority,
		.right = right,
		.keep = keep,
	};
}

void table_cell(struct table *t, struct bytes text)
{
	struct bytes *cell = keep_more(
	    t->arena, &t->cells, &t->cell_count, &t->cell_room, sizeof(*cell));

	*cell = text;
}

size_t table_rows(const struct table *t)
{
	return t->column_count ? t->cell_count / t->column_count : 0;
}

static struct bytes cell_at(const struct table *t, size_t row, unsigned column)
{
	const struct bytes *cells = t->cells;

	return cells[row * t->column_count + column];
}

static void measure(struct table *t)
{
	for (unsigned c = 0; c < t->column_count; c++) {
		struct column *column = &t->columns[c];
		column->is_out = false;
		column->width = text_width(column->title);
		for (size_t row = 0; row < table_rows(t); row++) {
			unsigned w = text_width(cell_at(t, row, c));
			if (w > column->width)
				column->width = w;
		}
	}
}

static unsigned total_width(const struct table *t)
{
	unsigned sum = 0;

	for (unsigned c = 0; c < t->column_count; c++)
		if (!t->columns[c].is_out)
			sum += t->columns[c].width + GAP;
	return sum ? sum - GAP : 0;
}

/* The column that leaves next, or NULL when only the first is left. */
static struct column *least_wanted(struct table *t)
{
	struct column *worst = NULL;

	for (unsigned c = 1; c < t->column_count; c++) {
		struct column *column = &t->columns[c];
		if (column->is_out || !column->priority)
			continue;
		if (!worst || column->priority >= worst->priority)
			worst = column;
	}
	return worst;
}

static struct column *widest_to_cut(struct table *t)
{
	struct column *widest = NULL;

	for (unsigned c = 0; c < t->column_count; c++) {
		struct column *column = &t->columns[c];
		if (column->is_out || column->keep ||
		    column->width <= NARROWEST)
			continue;
		if (!widest || column->width > widest->width)
			widest = column;
	}
	return widest;
}

#define WRAP_LEAST 24 /* columns for a cell of several lines */

/* The last column takes what the others leave. */
static void fit_last(struct table *t, unsigned width)
{
	struct column *last = &t->columns[t->column_count - 1];
	unsigned others = total_width(t) - last->width;

	if (total_width(t) > width)
		last->width =
		    width > others + WRAP_LEAST ? width - others : WRAP_LEAST;
}

static void fit(struct table *t, unsigned width, bool cut)
{
	struct column *column;

	if (t->wraps)
		fit_last(t, width);
	while (total_width(t) > width && (column = least_wanted(t)))
		column->is_out = true;
	while (cut && total_width(t) > width && (column = widest_to_cut(t)))
		column->width--;
}

static void spaces(struct buf *out, unsigned count)
{
	while (count--)
		buf_append_byte(out, ' ');
}

static void put_cell(
    struct buf *out, const struct column *c, struct bytes text, bool last)
{
	unsigned w = text_width(text);
	bool is_cut = w > c->width;

	if (is_cut) {
		text = text_head(text, c->width - 1);
		w = text_width(text) + 1;
	}
	if (c->right)
		spaces(out, c->width - w);
	buf_append_bytes(out, text);
	if (is_cut)
		buf_append_byte(out, '~');
	if (!c->right && !last)
		spaces(out, c->width - w);
}

static unsigned last_column(const struct table *t)
{
	unsigned last = 0;

	for (unsigned c = 0; c < t->column_count; c++)
		if (!t->columns[c].is_out)
			last = c;
	return last;
}

/* Drops the spaces that an empty last cell leaves behind. */
static void end_line(struct buf *out)
{
	struct bytes all = buf_bytes(out);

	while (all.len && all.data[all.len - 1] == ' ')
		all.len--;
	buf_truncate(out, all.len);
	buf_append_byte(out, '\n');
}

static void put_rule(struct table *t, struct buf *out)
{
	unsigned last = last_column(t);

	for (unsigned c = 0; c < t->column_count; c++) {
		if (t->columns[c].is_out)
			continue;
		for (unsigned i = 0; i < t->columns[c].width; i++)
			buf_append_byte(out, '-');
		if (c != last)
			spaces(out, GAP);
	}
	end_line(out);
}

/* As much of `text` as fits, up to a space if one is near; the rest stays. */
static struct bytes take_part(struct bytes *text, unsigned width)
{
	struct bytes part = text_head(*text, width);
	size_t at = part.len;

	while (part.len < text->len && at > part.len / 2 &&
	       part.data[at - 1] != ' ')
		at--;
	if (part.len < text->len && at > part.len / 2)
		part.len = at;
	*text = bytes_of(text->data + part.len, text->len - part.len);
	return part;
}

/* The last cell, each further line below its first. */
static void put_wrapped(
    struct table *t, struct buf *out, struct bytes text, unsigned indent)
{
	unsigned width = t->columns[t->column_count - 1].width;

	for (bool first = true; first || text.len; first = false) {
		if (!first)
			spaces(out, indent);
		buf_append_bytes(out, take_part(&text, width));
		end_line(out);
	}
}

static void put_row(struct table *t, struct buf *out, long row)
{
	unsigned last = last_column(t);

	for (unsigned c = 0; c < t->column_count; c++) {
		const struct column *column = &t->columns[c];
		if (column->is_out)
			continue;
		if (t->wraps && c == last && row >= 0) {
			put_wrapped(t, out, cell_at(t, (size_t)row, c),
			    total_width(t) - column->width);
			return;
		}
		put_cell(out, column,
		    row < 0 ? column->title : cell_at(t, (size_t)row, c),
		    c == last);
		if (c != last)
			spaces(out, GAP);
	}
	end_line(out);
}

void table_format(struct table *t, unsigned width, bool cut, struct buf *out)
{
	measure(t);
	if (width)
		fit(t, width, cut);
	put_row(t, out, -1);
	put_rule(t, out);
	for (size_t row = 0; row < table_rows(t); row++)
		put_row(t, out, (long)row);
}

// SPDX-License-Identifier: MIT
/*
 * Bars as inline SVG.  See chart.h.
 */
#include "client/chart.h"

#include "client/html.h"
#include "common/decimal.h"
#include "common/text.h"

#define BARS_MOST  24
#define BAR_HEIGHT 22
#define LEFT       220 /* labels */
#define RIGHT      150 /* values */
#define WIDTH      900
#define ROOM       (WIDTH - LEFT - RIGHT)
#define LABEL      26 /* columns of text */

struct bar {
	struct bytes row;
	struct decimal value;
};

/* The first column of the kind, or -1. */
static int find_column(const struct report *r, enum cell_kind kind)
{
	for (unsigned i = 0; i < r->column_count; i++)
		if (r->columns[i].kind == kind)
			return (int)i;
	return -1;
}

static int find_key(const struct report *r, const char *key)
{
	for (unsigned i = 0; i < r->column_count; i++)
		if (!strcmp(r->columns[i].key, key))
			return (int)i;
	return -1;
}

/* What is measured: `net` before any other amount. */
static int measured_column(const struct report *r)
{
	int net = find_key(r, "net");
	int amount = find_column(r, CELL_AMOUNT);

	return net >= 0      ? net
	       : amount >= 0 ? amount
			     : find_column(r, CELL_COUNT);
}

static bool read_value(struct bytes packed, struct decimal *v)
{
	struct reader in = reader_of(packed);

	*v = decimal_int(0);
	if (value_type(packed) == UNPACK_INT) {
		*v = decimal_int(read_int(&in));
		return true;
	}
	return decimal_parse_stored(value_text(packed), v) == ERR_OK;
}

/* Groups come with the most first; of times the newest tell most. */
static uint32_t first_bar(const struct report *r, uint32_t rows)
{
	const char *key = r->columns[0].key;

	return rows > BARS_MOST &&
		       (!strcmp(key, "month") || !strcmp(key, "period"))
		   ? rows - BARS_MOST
		   : 0;
}

static unsigned read_bars(const struct report *r, int column,
    struct bar bars[static BARS_MOST], struct decimal *most)
{
	const char *key = r->columns[column].key;
	uint32_t rows, skip;
	struct reader in = look_array(r->result, "rows", &rows);
	unsigned count = 0;

	*most = decimal_int(0);
	for (skip = first_bar(r, rows); skip; skip--, rows--)
		(void)read_raw(&in);
	for (; rows && count < BARS_MOST; rows--) {
		struct bar *b = &bars[count];

		b->row = read_raw(&in);
		if (!read_value(look_value(b->row, key), &b->value))
			continue;
		if (decimal_compare(&b->value, most) > 0)
			*most = b->value;
		count++;
	}
	return count;
}

/* Tenths of a unit of the drawing; below zero is nothing. */
static unsigned length_of(const struct decimal *v, const struct decimal *most)
{
	struct decimal a = decimal_round(v, 2), b = decimal_round(most, 2);

	for (; a.scale < b.scale; a.scale++)
		a.digits *= 10;
	for (; b.scale < a.scale; b.scale++)
		b.digits *= 10;
	return a.digits <= 0 || b.digits <= 0
		   ? 0
		   : (unsigned)(a.digits * ROOM * 10 / b.digits);
}

/* Columns that say what a row is of: those before its figures. */
static unsigned label_columns(const struct report *r)
{
	unsigned count = 0;

	while (count < r->column_count && r->columns[count].kind == CELL_TEXT &&
	       strcmp(r->columns[count].key, "last") != 0)
		count++;
	return count;
}

/* By name if it has one, else by what those columns say. */
static struct bytes label_of(const struct report *r, struct bytes row)
{
	const char *text = "";
	struct bytes head;

	for (unsigned i = 0; i < label_columns(r); i++) {
		struct bytes cell = report_cell(r, row, i);

		if (!strcmp(r->columns[i].key, "name") && cell.len)
			text = "";
		text = keep_format(&r->app->arena, "%s%s%.*s", text,
		    *text && cell.len ? "  " : "", (int)cell.len,
		    (const char *)cell.data);
	}
	if (text_width(bytes_text(text)) <= LABEL)
		return bytes_text(text);
	head = text_head(bytes_text(text), LABEL - 1);
	return bytes_text(keep_format(
	    &r->app->arena, "%.*s~", (int)head.len, (const char *)head.data));
}

static void put_bar(const struct report *r, const struct bar *b, unsigned at,
    int column, const struct decimal *most, struct buf *out)
{
	const unsigned y = at * BAR_HEIGHT + 4,
		       length = length_of(&b->value, most);

	html_format(
	    out, "<text class=\"label\" x=\"%u\" y=\"%u\">", LEFT - 8, y + 14);
	html_text(out, label_of(r, b->row));
	html_format(out,
	    "</text><rect class=\"bar\" x=\"%u\" y=\"%u\" width=\"%u.%u\" "
	    "height=\"%u\"/><text x=\"%u\" y=\"%u\">",
	    LEFT, y, length / 10, length % 10, BAR_HEIGHT - 6,
	    LEFT + length / 10 + 6, y + 14);
	html_text(out, report_cell(r, b->row, (unsigned)column));
	html_format(out, "</text>\n");
}

/* The cumulated share, from 0 at the left to all at the right. */
static void put_line(const struct report *r, const struct bar *bars,
    unsigned count, struct buf *out)
{
	const struct decimal all = { 1, 0 };
	int upto = find_key(r, "upto");

	if (upto < 0 || count < 2)
		return;
	html_format(out, "<polyline class=\"upto\" points=\"");
	for (unsigned i = 0; i < count; i++) {
		struct decimal v;
		unsigned x;

		(void)read_value(look_value(bars[i].row, "upto"), &v);
		v = decimal_round(&v, 2);
		x = length_of(&v, &all);
		html_format(out, "%s%u,%u", i ? " " : "", LEFT + x / 10,
		    i * BAR_HEIGHT + BAR_HEIGHT / 2);
	}
	html_format(out, "\"/>\n");
}

void chart_write(const struct report *r, struct buf *out)
{
	struct bar bars[BARS_MOST];
	struct decimal most;
	int column = measured_column(r);
	unsigned count = column < 0 ? 0 : read_bars(r, column, bars, &most);
	unsigned height = count * BAR_HEIGHT + 8;

	if (!count || most.digits <= 0)
		return;
	html_format(out, "<figure><figcaption>");
	html_text(out, r->columns[column].title);
	if (find_key(r, "upto") >= 0) {
		html_text(out, bytes_text(" / "));
		html_text(out, r->columns[find_key(r, "upto")].title);
	}
	html_format(out,
	    "</figcaption>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "viewBox=\"0 0 %u %u\" role=\"img\" aria-hidden=\"true\">\n"
	    "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" "
	    "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
	    "<rect width=\"6\" height=\"6\" class=\"ground\"/>"
	    "<line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" class=\"stroke\"/>"
	    "</pattern></defs>\n",
	    WIDTH, height);
	for (unsigned i = 0; i < count; i++)
		put_bar(r, &bars[i], i, column, &most, out);
	put_line(r, bars, count, out);
	html_format(out, "</svg></figure>\n");
}

// SPDX-License-Identifier: MIT
/*
 * CSV by libcsv in its strict modes, encodings by iconv; see sheet.h.
 *
 * libcsv counts no lines and keeps no raw text, so the file is fed to it one
 * line at a time: what lies between two row ends is the row's raw text.
 */
#include "client/sheet.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <strings.h>

#include "common/text.h"

static const char *const encoding_words[ENCODING_COUNT] = { "detect", "utf-8",
	"utf-8 (BOM)", "gb18030" };

const char *encoding_word(enum encoding e)
{
	return encoding_words[e];
}

enum encoding encoding_parse(const char *word)
{
	for (unsigned e = ENCODING_UTF8; e < ENCODING_COUNT; e++)
		if (!strcasecmp(word, encoding_words[e]))
			return (enum encoding)e;
	return strcasecmp(word, "utf8") ? ENCODING_COUNT : ENCODING_UTF8;
}

/* On failure *offset is where the input stopped making sense. */
static enum err convert(const char *to, const char *from, struct bytes text,
    struct buf *out, size_t *offset)
{
	iconv_t way = iconv_open(to, from);
	char *in = (char *)(uintptr_t)text.data;
	size_t left = text.len;
	enum err e = ERR_OK;

	if (way == (iconv_t)-1)
		return ERR_INTERNAL;
	while (left > 0 && e == ERR_OK) {
		char block[4096];
		char *at = block;
		size_t room = sizeof(block);
		if (iconv(way, &in, &left, &at, &room) == (size_t)-1 &&
		    errno != E2BIG)
			e = ERR_INVALID;
		buf_append(out, block, sizeof(block) - room);
	}
	iconv_close(way);
	*offset = text.len - left;
	return e == ERR_OK ? out->err : e;
}

enum err encoding_from_utf8(
    enum encoding to, struct bytes text, struct buf *out)
{
	size_t offset;

	if (to == ENCODING_UTF8_BOM)
		buf_append_text(out, "\xEF\xBB\xBF");
	if (to == ENCODING_GB18030)
		return convert("GB18030", "UTF-8", text, out, &offset);
	buf_append_bytes(out, text);
	return out->err;
}

static enum err decode(struct sheet *sheet, struct arena *a, struct bytes *text,
    enum encoding wanted)
{
	struct bytes bom = bytes_text("\xEF\xBB\xBF");
	struct buf out;
	size_t offset = 0;

	if (wanted != ENCODING_GB18030 && text_is_utf8(*text)) {
		bool has_bom = bytes_starts(*text, bom);
		sheet->encoding = has_bom ? ENCODING_UTF8_BOM : ENCODING_UTF8;
		if (has_bom)
			*text =
			    bytes_of(text->data + bom.len, text->len - bom.len);
		return ERR_OK;
	}
	buf_init(&out, KEEP_CAP);
	sheet->encoding = ENCODING_GB18030;
	enum err e = wanted == ENCODING_UTF8
			 ? ERR_INVALID
			 : convert("UTF-8", "GB18030", *text, &out, &offset);
	if (e == ERR_OK) {
		*text = keep_buf(a, &out);
		return e;
	}
	buf_release(&out);
	snprintf(sheet->message, sizeof(sheet->message),
	    "neither UTF-8 nor GB18030: byte %zu makes no sense", offset);
	return ERR_INVALID;
}

struct collector {
	struct arena *arena;
	void *rows;
	size_t row_count, row_room;
	void *cells; /* of the row under way */
	size_t cell_count, cell_room;
	unsigned line;         /* being fed */
	unsigned begun;        /* line at which the row began */
	const uint8_t *row_at; /* its first byte */
	const uint8_t *fed;    /* end of what was fed */
};

static void take_cell(void *data, size_t len, void *ctx)
{
	struct collector *c = ctx;
	struct bytes *cell = keep_more(
	    c->arena, &c->cells, &c->cell_count, &c->cell_room, sizeof(*cell));

	*cell = keep_bytes(c->arena, bytes_of(data, len));
}

static void take_row(int end, void *ctx)
{
	struct collector *c = ctx;
	const uint8_t *stop = c->fed;
	struct sheet_row *row = keep_more(
	    c->arena, &c->rows, &c->row_count, &c->row_room, sizeof(*row));

	(void)end;
	while (stop > c->row_at && (stop[-1] == '\n' || stop[-1] == '\r'))
		stop--;
	row->line = c->begun;
	row->count = (unsigned)c->cell_count;
	row->cells = c->cells;
	row->raw = bytes_of(c->row_at, (size_t)(stop - c->row_at));
	c->cells = NULL;
	c->cell_count = c->cell_room = 0;
	c->row_at = NULL;
}

static bool is_blank(struct bytes line)
{
	return text_trim(line).len == 0;
}

/* Feeds line by line, so that rows know their line and their raw text. */
static enum err feed(
    struct csv_parser *p, struct collector *c, struct bytes text)
{
	while (text.len) {
		const uint8_t *end = bytes_find(text, '\n');
		size_t len = end ? (size_t)(end - text.data) + 1 : text.len;
		struct bytes line = bytes_of(text.data, len);
		text = bytes_of(text.data + len, text.len - len);
		c->line++;
		if (!c->row_at && is_blank(line))
			continue;
		if (!c->row_at) {
			c->row_at = line.data;
			c->begun = c->line;
		}
		c->fed = line.data + len;
		if (csv_parse(p, line.data, len, take_cell, take_row, c) != len)
			return ERR_INVALID;
	}
	return csv_fini(p, take_cell, take_row, c) == 0 ? ERR_OK : ERR_INVALID;
}

enum err sheet_parse(struct sheet *sheet, struct arena *a, struct bytes file,
    enum encoding wanted)
{
	struct csv_parser p;
	struct collector c = { .arena = a };

	*sheet = (struct sheet){ 0 };
	enum err e = decode(sheet, a, &file, wanted);
	if (e != ERR_OK)
		return e;
	if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return ERR_INTERNAL;
	e = feed(&p, &c, file);
	csv_free(&p);
	if (e != ERR_OK) {
		snprintf(sheet->message, sizeof(sheet->message),
		    "line %u: a quote is out of place (row from line %u)",
		    c.line, c.begun);
		return e;
	}
	sheet->rows = c.rows;
	sheet->count = c.row_count;
	return ERR_OK;
}

static bool needs_quotes(struct bytes cell)
{
	for (size_t i = 0; i < cell.len; i++)
		if (strchr(",\"\r\n", cell.data[i]) || !cell.data[i])
			return true;
	return cell.len &&
	       (cell.data[0] == ' ' || cell.data[cell.len - 1] == ' ');
}

bool sheet_guard(struct arena *a, struct bytes *cell)
{
	if (!cell->len || !strchr("=+-@\t", cell->data[0]))
		return false;
	*cell = bytes_text(
	    keep_format(a, "\t%.*s", (int)cell->len, (const char *)cell->data));
	return true;
}

void sheet_append(struct buf *out, struct bytes cell, bool first)
{
	if (!first)
		buf_append_byte(out, ',');
	if (!needs_quotes(cell)) {
		buf_append_bytes(out, cell);
		return;
	}
	buf_append_byte(out, '"');
	for (size_t i = 0; i < cell.len; i++) {
		if (cell.data[i] == '"')
			buf_append_byte(out, '"');
		buf_append_byte(out, cell.data[i]);
	}
	buf_append_byte(out, '"');
}

void sheet_end_row(struct buf *out)
{
	buf_append_text(out, "\r\n");
}

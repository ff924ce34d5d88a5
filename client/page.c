// SPDX-License-Identifier: MIT
/*
 * See page.h.
 */
#include "client/page.h"

#include <stdarg.h>

#include "client/chart.h"
#include "client/html.h"
#include "client/show.h"
#include "common/digest.h"
#include "common/text.h"
#include "common/version.h"

#define FIGURES_MOST 5
#define CELL_LINE    16 /* columns of text that no cell breaks */

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1b1b;--soft:#666;--line:#ccc;"
    "--bar:#3b6ea5;--ground:#dbe6f2}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--soft:#aaa;"
    "--line:#555;--bar:#8ab4e0;--ground:#26374a}}\n"
    "body{font:15px/1.5 system-ui,'Noto Sans CJK SC','Microsoft YaHei',"
    "sans-serif;color:var(--ink);max-width:960px;margin:2em auto;"
    "padding:0 1em}\n"
    "h1{font-size:1.5em;margin:0}.company{font-weight:600}p{margin:.3em "
    "0}.soft,footer,figcaption{"
    "color:var(--soft);font-size:.9em}\n"
    ".figures{display:flex;flex-wrap:wrap;gap:1em 2.5em;margin:1.2em 0;"
    "padding:0}.figures div{min-width:7em}.figures b{display:block;"
    "font-size:1.4em;font-variant-numeric:tabular-nums}\n"
    "figure{margin:1em 0;break-inside:avoid}svg{width:100%;height:auto;"
    "font:12px system-ui,sans-serif;fill:var(--ink)}"
    ".label{text-anchor:end}.bar{fill:url(#hatch);stroke:var(--bar)}"
    ".ground{fill:var(--ground)}.stroke{stroke:var(--bar);stroke-width:3}"
    ".upto{fill:none;stroke:var(--ink);stroke-dasharray:4 3}\n"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;"
    "font-weight:600;padding:.4em 0}th,td{padding:.25em .6em;"
    "border-bottom:1px solid var(--line);text-align:left;vertical-align:top;"
    "white-space:nowrap}thead th{white-space:normal;word-break:keep-all}"
    ".long{white-space:normal;min-width:9em;overflow-wrap:anywhere}"
    ".n{text-align:right;font-variant-numeric:tabular-nums}"
    "tfoot th,tfoot td{border-top:2px solid var(--ink);font-weight:600}\n"
    "footer{border-top:1px solid var(--line);margin-top:2em;"
    "overflow-wrap:anywhere}\n"
    "@media print{body{margin:0;max-width:none;font-size:9pt}thead{"
    "display:table-header-group}tfoot{display:table-row-group}"
    "th,td{padding:.2em .4em}tr{break-inside:avoid}}\n"
    "@page{size:A4;margin:15mm}\n";

/* A sentence of ours around values of others. */
__attribute__((format(printf, 3, 4))) static void paragraph(
    const struct page *p, struct buf *out, const char *format, ...)
{
	struct app *app = p->report->app;
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	html_element(out, "<p class=\"soft\">",
	    screen_clean(&app->arena, bytes_text(text), false), "</p>\n");
}

/* --- above the table -----------------------------------------------------*/

static const char *joined(struct app *app, struct bytes list)
{
	uint32_t count;
	struct reader in = value_items(list, &count);
	const char *out = "";

	for (uint32_t i = 0; i < count; i++) {
		struct bytes word = read_text(&in);

		out = keep_format(&app->arena, "%s%s%.*s", out, i ? ", " : "",
		    (int)word.len, (const char *)word.data);
	}
	return out;
}

static void put_head(const struct page *p, struct buf *out)
{
	const struct report *r = p->report;
	struct app *app = r->app;
	struct bytes user = look_text(p->who, "user");
	struct bytes branch = look_text(p->who, "branch");

	struct bytes company = look_text(p->who, "company");

	html_format(out, "<header>");
	if (company.len)
		html_element(out, "<p class=\"company\">",
		    screen_clean(&app->arena, company, false), "</p>\n");
	html_element(out, "<h1>", r->title, "</h1>\n");
	paragraph(p, out, tr(app, "Filters: %s"),
	    *r->asked ? r->asked : tr(app, "none"));
	paragraph(p, out, tr(app, "%.*s (%s); branch %.*s; %s; %s"),
	    (int)user.len, (const char *)user.data,
	    joined(app, look_value(p->who, "roles")),
	    branch.len ? (int)branch.len : 1,
	    branch.len ? (const char *)branch.data : "-", p->server, p->at);
	html_format(out, "</header>\n");
}

/* By how much it moved since the period before, in per cent. */
static void put_change(const struct page *p, unsigned column, struct buf *out)
{
	const struct report *r = p->report;
	struct bytes before = look_value(p->before, r->columns[column].key);
	struct bytes cell;

	if (!before.len)
		return;
	cell = report_cell(r, p->before, column);
	buf_append_text(out, "<span class=\"soft\">");
	html_text(out, bytes_text(tr(r->app, "before:")));
	buf_append_byte(out, ' ');
	html_text(out, cell);
	buf_append_text(out, "</span>");
}

static void put_figures(const struct page *p, struct buf *out)
{
	const struct report *r = p->report;
	struct bytes total = look_value(r->result, "total");
	unsigned shown = 0;

	html_format(out, "<section class=\"figures\">\n");
	for (unsigned i = 0; i < r->column_count && shown < FIGURES_MOST; i++) {
		struct bytes cell = report_cell(r, total, i);

		if (r->columns[i].kind == CELL_TEXT || !cell.len)
			continue;
		html_element(out, "<div>", r->columns[i].title, "");
		html_element(out, "<b>", cell, "</b>");
		put_change(p, i, out);
		html_format(out, "</div>\n");
		shown++;
	}
	html_format(out, "</section>\n");
}

/* --- the table -----------------------------------------------------------*/

static bool is_number(const struct report *r, unsigned column)
{
	return r->columns[column].kind != CELL_TEXT;
}

/* What is short stays on one line; a name takes as many as it needs. */
static const char *cell_tag(
    const struct report *r, unsigned column, struct bytes cell)
{
	return is_number(r, column)           ? "<td class=\"n\">"
	       : text_width(cell) > CELL_LINE ? "<td class=\"long\">"
					      : "<td>";
}

static void put_row(const struct report *r, struct bytes row, struct buf *out)
{
	buf_append_text(out, "<tr>");
	for (unsigned i = 0; i < r->column_count; i++) {
		struct bytes cell = report_cell(r, row, i);

		html_element(out,
		    i ? cell_tag(r, i, cell) : "<th scope=\"row\">", cell,
		    i ? "</td>" : "</th>");
	}
	buf_append_text(out, "</tr>\n");
}

static void put_titles(const struct report *r, struct buf *out)
{
	buf_append_text(out, "<thead><tr>");
	for (unsigned i = 0; i < r->column_count; i++)
		html_element(out,
		    is_number(r, i) ? "<th scope=\"col\" class=\"n\">"
				    : "<th scope=\"col\">",
		    r->columns[i].title, "</th>");
	buf_append_text(out, "</tr></thead>\n");
}

static void put_total(const struct report *r, struct buf *out)
{
	struct bytes total = look_value(r->result, "total");

	html_element(out, "<tfoot><tr><th scope=\"row\">",
	    bytes_text(tr(r->app, "Total")), "</th>");
	for (unsigned i = 1; i < r->column_count; i++)
		html_element(out, is_number(r, i) ? "<td class=\"n\">" : "<td>",
		    report_cell(r, total, i), "</td>");
	buf_append_text(out, "</tr></tfoot>\n");
}

static void put_table(const struct page *p, struct buf *out)
{
	const struct report *r = p->report;
	uint32_t rows;
	struct reader in = look_array(r->result, "rows", &rows);

	html_element(out, "<table>\n<caption>", r->title, "</caption>\n");
	put_titles(r, out);
	buf_append_text(out, "<tbody>\n");
	for (uint32_t i = 0; i < rows && i < PAGE_ROWS; i++)
		put_row(r, read_raw(&in), out);
	buf_append_text(out, "</tbody>\n");
	put_total(r, out);
	buf_append_text(out, "</table>\n");
}

/* --- below it ------------------------------------------------------------*/

static bool has_customers(const struct report *r)
{
	for (unsigned i = 0; i < r->column_count; i++)
		if (!strcmp(r->columns[i].key, "customer"))
			return true;
	return false;
}

static void put_notes(const struct page *p, struct buf *out)
{
	const struct report *r = p->report;
	struct app *app = r->app;
	uint32_t rows;
	int64_t more = look_int(r->result, "more", 0);

	(void)look_array(r->result, "rows", &rows);
	if (r->about.len)
		paragraph(p, out, "%.*s", (int)r->about.len,
		    (const char *)r->about.data);
	paragraph(p, out, "%s",
	    tr(app, "Only records that the reader may know of are counted; "
		    "names that he may not read are empty or masked."));
	if (more > 0)
		paragraph(p, out,
		    tr(app, "The first %u rows of %lld; the total is of all."),
		    rows, (long long)more + rows);
	if (has_customers(r))
		paragraph(p, out,
		    tr(app, "Names %u customers: keep it as such."), rows);
}

/* Where it comes from, so that it can be found again. */
static void put_origin(const struct page *p, struct buf *out)
{
	struct app *app = p->report->app;
	struct bytes version = look_text(p->who, "version");

	paragraph(p, out,
	    tr(app, "Schema %lld, rules %lld; kehud %.*s, kehu %s."),
	    (long long)look_int(p->who, "schema", 0),
	    (long long)look_int(p->who, "rules", 0), (int)version.len,
	    (const char *)version.data, KEHU_VERSION);
	paragraph(p, out,
	    tr(app, "Request %s, written into the audit log; it had %llu "
		    "entries before."),
	    p->request, (unsigned long long)p->log_size);
}

static void put_foot(const struct page *p, struct buf *out)
{
	struct digest digest;
	char hex[2 * DIGEST_SIZE + 1];

	digest_bytes(p->report->result, &digest);
	hex_format(bytes_of(digest.of, DIGEST_SIZE), hex);
	buf_append_text(out, "<footer>\n");
	put_notes(p, out);
	put_origin(p, out);
	paragraph(p, out, "SHA-256 %s", hex);
	buf_append_text(out, "</footer>\n");
}

void page_write(const struct page *p, struct buf *out)
{
	const struct report *r = p->report;

	html_format(out,
	    "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n",
	    r->app->words.chinese ? "zh-CN" : "en");
	html_element(out, "<title>", r->title, "</title>\n<style>\n");
	buf_append_text(out, style);
	buf_append_text(out, "</style>\n</head>\n<body>\n");
	put_head(p, out);
	put_figures(p, out);
	chart_write(r, out);
	put_table(p, out);
	put_foot(p, out);
	buf_append_text(out, "</body>\n</html>\n");
}

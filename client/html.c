// SPDX-License-Identifier: MIT
/*
 * See html.h.
 */
#include "client/html.h"

#include <stdarg.h>
#include <stdio.h>

void html_text(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		switch (text.data[i]) {
		case '&':
			buf_append_text(out, "&amp;");
			break;
		case '<':
			buf_append_text(out, "&lt;");
			break;
		case '>':
			buf_append_text(out, "&gt;");
			break;
		case '"':
			buf_append_text(out, "&quot;");
			break;
		case '\'':
			buf_append_text(out, "&#39;");
			break;
		default:
			buf_append_byte(out, text.data[i]);
		}
}

void html_format(struct buf *out, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	buf_append_text(out, text);
}

void html_element(
    struct buf *out, const char *open, struct bytes text, const char *close)
{
	buf_append_text(out, open);
	html_text(out, text);
	buf_append_text(out, close);
}

// SPDX-License-Identifier: MIT
/*
 * Block style outside, flow style for what fits a line; see yaml_write.h.
 */
#include "client/yaml_write.h"

#include <ctype.h>
#include <stdio.h>

#include "client/look.h"

#define LINE_MOST 76

static void write_value(struct bytes packed, unsigned indent, struct buf *out);

/* --- scalars -------------------------------------------------------------*/

static bool reads_otherwise(struct bytes text)
{
	static const char *const words[] = { "true", "false", "null", "~" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (bytes_is(text, words[i]))
			return true;
	return false;
}

/* Letters, digits, `_`, Chinese; inside also `-`, `.` and single spaces.
 * Whatever begins with a digit might read as a number. */
static bool is_plain(struct bytes text)
{
	bool after_space = true;

	if (!text.len || reads_otherwise(text) || isdigit(text.data[0]))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool is_word = isalnum(c) || c == '_' || c >= 0x80;

		if (!is_word && !(i && (c == '-' || c == '.' || c == ' ')))
			return false;
		if (c == ' ' && after_space)
			return false;
		after_space = c == ' ';
	}
	return !after_space;
}

static void write_text(struct bytes text, struct buf *out)
{
	char escape[8];

	if (is_plain(text)) {
		buf_append_bytes(out, text);
		return;
	}
	buf_append_byte(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		snprintf(escape, sizeof(escape), "\\x%02x", c);
		if (c < 0x20 || c == 0x7f)
			buf_append_text(out, escape);
		else if (c == '"' || c == '\\')
			buf_append(out, (uint8_t[]){ '\\', c }, 2);
		else
			buf_append_byte(out, c);
	}
	buf_append_byte(out, '"');
}

static void write_scalar(struct bytes packed, struct buf *out)
{
	struct reader r = reader_of(packed);
	char number[32];

	switch (reader_peek(&r)) {
	case UNPACK_TEXT:
		write_text(read_text(&r), out);
		break;
	case UNPACK_BOOL:
		buf_append_text(out, read_bool(&r) ? "true" : "false");
		break;
	case UNPACK_INT:
		snprintf(
		    number, sizeof(number), "%lld", (long long)read_int(&r));
		buf_append_text(out, number);
		break;
	default:
		buf_append_text(out, "~");
		break;
	}
}

static bool is_nested(struct bytes packed)
{
	enum unpack_type t = value_type(packed);

	return t == UNPACK_MAP || t == UNPACK_ARRAY;
}

/* --- one line ------------------------------------------------------------*/

static void write_flow(struct bytes packed, struct buf *out)
{
	bool is_map = value_type(packed) == UNPACK_MAP;
	uint32_t count;
	struct reader r = value_items(packed, &count);

	buf_append_text(out, is_map ? "{ " : "[");
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buf_append_text(out, ", ");
		if (is_map) {
			write_text(read_text(&r), out);
			buf_append_text(out, ": ");
		}
		write_scalar(read_raw(&r), out);
	}
	buf_append_text(out, is_map ? " }" : "]");
}

/* Nothing nested in it, and short; or empty, which has no block style. */
static bool fits_line(struct bytes packed, unsigned indent)
{
	bool is_map = value_type(packed) == UNPACK_MAP;
	uint32_t count;
	struct reader r = value_items(packed, &count);
	struct buf line;
	bool fits = true;

	for (uint32_t i = 0; i < count && fits; i++) {
		if (is_map)
			read_skip(&r);
		fits = !is_nested(read_raw(&r));
	}
	if (!fits || !count)
		return fits;
	buf_init(&line, 1 << 20);
	write_flow(packed, &line);
	fits = !line.err && indent + buf_bytes(&line).len <= LINE_MOST;
	buf_release(&line);
	return fits;
}

/* --- blocks --------------------------------------------------------------*/

static void write_indent(unsigned indent, struct buf *out)
{
	for (unsigned i = 0; i < indent; i++)
		buf_append_byte(out, ' ');
}

/* The first key stands where the line is. */
static void write_map(struct bytes packed, unsigned indent, struct buf *out)
{
	uint32_t count;
	struct reader r = value_items(packed, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = read_text(&r);

		if (i)
			write_indent(indent, out);
		write_text(key, out);
		buf_append_byte(out, ':');
		write_value(read_raw(&r), indent + 2, out);
	}
}

static void write_list(struct bytes packed, unsigned indent, struct buf *out)
{
	uint32_t count;
	struct reader r = value_items(packed, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes item = read_raw(&r);

		write_indent(indent, out);
		buf_append_byte(out, '-');
		if (value_type(item) == UNPACK_MAP &&
		    !fits_line(item, indent + 2)) {
			buf_append_byte(out, ' ');
			write_map(item, indent + 2, out);
		} else {
			write_value(item, indent + 2, out);
		}
	}
}

/* After a key or a dash, to the end of its last line. */
static void write_value(struct bytes packed, unsigned indent, struct buf *out)
{
	if (!is_nested(packed) || fits_line(packed, indent + 20)) {
		buf_append_byte(out, ' ');
		if (is_nested(packed))
			write_flow(packed, out);
		else
			write_scalar(packed, out);
		buf_append_byte(out, '\n');
		return;
	}
	buf_append_byte(out, '\n');
	if (value_type(packed) == UNPACK_ARRAY) {
		write_list(packed, indent, out);
		return;
	}
	write_indent(indent, out);
	write_map(packed, indent, out);
}

void yaml_write(struct bytes packed, struct buf *out)
{
	write_map(packed, 0, out);
}

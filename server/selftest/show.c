// SPDX-License-Identifier: MIT
/*
 * A packed value as JSON.  See compare.h.
 */
#include "server/selftest/compare.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/unpack.h"

static void show(struct reader *in, struct buf *out);

static void show_text(struct bytes text, struct buf *out)
{
	buf_append_byte(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		char escape[8];

		if (c == '"' || c == '\\')
			buf_append_byte(out, '\\');
		if (c >= ' ' && c != 0x7f) {
			buf_append_byte(out, c);
			continue;
		}
		snprintf(escape, sizeof escape, "\\u%04x", c);
		buf_append_text(out, escape);
	}
	buf_append_byte(out, '"');
}

static void show_bin(struct bytes bin, struct buf *out)
{
	char size[32];

	snprintf(size, sizeof size, "\"(%zu bytes)\"", bin.len);
	buf_append_text(out, size);
}

static void show_many(struct reader *in, bool map, struct buf *out)
{
	uint32_t count = map ? read_map(in) : read_array(in);

	buf_append_byte(out, map ? '{' : '[');
	for (uint32_t i = 0; i < count && !in->err; i++) {
		if (i)
			buf_append_byte(out, ',');
		show(in, out);
		if (!map)
			continue;
		buf_append_byte(out, ':');
		show(in, out);
	}
	buf_append_byte(out, map ? '}' : ']');
}

static void show_number(struct reader *in, struct buf *out)
{
	char number[32];

	snprintf(number, sizeof number, "%" PRId64, read_int(in));
	buf_append_text(out, number);
}

static void show(struct reader *in, struct buf *out)
{
	enum unpack_type type = reader_peek(in);

	switch (type) {
	case UNPACK_TEXT:
		show_text(read_text(in), out);
		break;
	case UNPACK_BIN:
		show_bin(read_bin(in), out);
		break;
	case UNPACK_INT:
		show_number(in, out);
		break;
	case UNPACK_BOOL:
		buf_append_text(out, read_bool(in) ? "true" : "false");
		break;
	case UNPACK_MAP:
	case UNPACK_ARRAY:
		show_many(in, type == UNPACK_MAP, out);
		break;
	default:
		read_skip(in);
		buf_append_text(out, type == UNPACK_NIL ? "null" : "?");
	}
}

void packed_show(struct bytes packed, struct buf *out)
{
	struct reader in = reader_of(packed);

	show(&in, out);
}

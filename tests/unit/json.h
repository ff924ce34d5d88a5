// SPDX-License-Identifier: MIT
/*
 * JSON in tests: requests written as text, answers read as text.
 *
 * Single quotes stand for double ones, so that a request fits a C string.
 * No escapes, no floats: tests need none.
 */
#ifndef TESTS_UNIT_JSON_H
#define TESTS_UNIT_JSON_H

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pack.h"
#include "common/unpack.h"

static inline void json_space(const char **at)
{
	while (isspace((unsigned char)**at) || **at == ',' || **at == ':')
		++*at;
}

static inline void json_pack(const char **at, struct buf *out);

static inline void json_text(const char **at, struct buf *out)
{
	char quote = *(*at)++;
	const char *from = *at;

	while (**at && **at != quote)
		++*at;
	pack_text(out, bytes_of(from, (size_t)(*at - from)));
	++*at;
}

static inline void json_many(const char **at, struct buf *out)
{
	bool map = *(*at)++ == '{';
	size_t mark = map ? pack_map_open(out) : pack_array_open(out);
	uint32_t count = 0;

	for (json_space(at); **at && **at != (map ? '}' : ']'); count++) {
		json_pack(at, out);
		if (map)
			json_pack(at, out);
		json_space(at);
	}
	++*at;
	if (map)
		pack_map_close(out, mark, count);
	else
		pack_array_close(out, mark, count);
}

static inline void json_pack(const char **at, struct buf *out)
{
	json_space(at);
	if (**at == '{' || **at == '[') {
		json_many(at, out);
	} else if (**at == '\'' || **at == '"') {
		json_text(at, out);
	} else if (**at == '-' || isdigit((unsigned char)**at)) {
		pack_int(out, strtoll(*at, (char **)(uintptr_t)at, 10));
	} else {
		if (**at == 'n')
			pack_nil(out);
		else
			pack_bool(out, **at == 't');
		while (isalpha((unsigned char)**at))
			++*at;
	}
}

static inline void json_show(struct reader *in, struct buf *out)
{
	enum unpack_type type = reader_peek(in);
	char number[32];
	uint32_t left;

	if (type == UNPACK_TEXT) {
		buf_append_byte(out, '"');
		buf_append_bytes(out, read_text(in));
		buf_append_byte(out, '"');
	} else if (type == UNPACK_INT) {
		snprintf(number, sizeof number, "%" PRId64, read_int(in));
		buf_append_text(out, number);
	} else if (type == UNPACK_BOOL) {
		buf_append_text(out, read_bool(in) ? "true" : "false");
	} else if (type == UNPACK_ARRAY || type == UNPACK_MAP) {
		bool map = type == UNPACK_MAP;
		buf_append_byte(out, map ? '{' : '[');
		left = map ? read_map(in) : read_array(in);
		for (uint32_t i = 0; i < left; i++) {
			if (i)
				buf_append_byte(out, ',');
			json_show(in, out);
			if (!map)
				continue;
			buf_append_byte(out, ':');
			json_show(in, out);
		}
		buf_append_byte(out, map ? '}' : ']');
	} else {
		read_skip(in);
		buf_append_text(out, type == UNPACK_NIL ? "null" : "?");
	}
}

#endif

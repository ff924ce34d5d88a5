// SPDX-License-Identifier: MIT
/*
 * JSON from packed values and back; see json.h.
 */
#include "client/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "common/digest.h"
#include "common/pack.h"
#include "common/text.h"

/* As UTF-16 has it: two escapes past the first plane. */
static void append_escape(struct buf *out, int32_t c)
{
	char text[16];

	if (c < 0x10000)
		snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
	else
		snprintf(text, sizeof(text), "\\u%04x\\u%04x",
		    0xd800u + ((unsigned)(c - 0x10000) >> 10),
		    0xdc00u + ((unsigned)(c - 0x10000) & 0x3ff));
	buf_append_text(out, text);
}

/* What could drive a terminal is escaped: the value is the same. */
static void append_string(struct buf *out, struct bytes s)
{
	buf_append_byte(out, '"');
	for (int32_t c; (c = text_next(&s)) >= 0;) {
		if (c == '"' || c == '\\') {
			buf_append_byte(out, '\\');
			buf_append_byte(out, (uint8_t)c);
		} else if (c == '\n') {
			buf_append_text(out, "\\n");
		} else if (text_is_control(c)) {
			append_escape(out, c);
		} else {
			text_put(out, c);
		}
	}
	buf_append_byte(out, '"');
}

static void append_scalar(
    struct buf *out, struct reader *r, enum unpack_type type)
{
	char number[24] = "";

	if (type == UNPACK_BOOL) {
		buf_append_text(out, read_bool(r) ? "true" : "false");
	} else if (type == UNPACK_INT) {
		snprintf(number, sizeof(number), "%" PRId64, read_int(r));
		buf_append_text(out, number);
	} else if (type == UNPACK_BIG) {
		snprintf(number, sizeof(number), "%" PRIu64, read_uint(r));
		buf_append_text(out, number);
	} else if (type == UNPACK_TEXT) {
		append_string(out, read_text(r));
	} else if (type == UNPACK_BIN) {
		buf_append_byte(out, '"');
		base64_append(out, read_bin(r));
		buf_append_byte(out, '"');
	} else {
		read_skip(r);
		buf_append_text(out, "null");
	}
}

/* Recursion is bounded: the link admits no deeper nesting than the wire. */
static void append_value(struct buf *out, struct reader *r)
{
	enum unpack_type type = reader_peek(r);

	if (type != UNPACK_ARRAY && type != UNPACK_MAP) {
		append_scalar(out, r, type);
		return;
	}
	bool is_map = type == UNPACK_MAP;
	uint32_t count = is_map ? read_map(r) : read_array(r);
	buf_append_byte(out, is_map ? '{' : '[');
	for (uint32_t i = 0; i < count && r->err == ERR_OK; i++) {
		if (i)
			buf_append_byte(out, ',');
		if (is_map) {
			append_string(out, read_text(r));
			buf_append_byte(out, ':');
		}
		append_value(out, r);
	}
	buf_append_byte(out, is_map ? '}' : ']');
}

void json_append(struct buf *out, struct bytes packed)
{
	struct reader r = reader_of(packed);

	append_value(out, &r);
}

static enum err pack_json(json_t *v, struct buf *out);

static enum err pack_object(json_t *v, struct buf *out)
{
	pack_map(out, (uint32_t)json_object_size(v));
	enum err e = ERR_OK;
	for (void *at = json_object_iter(v); at && e == ERR_OK;
	     at = json_object_iter_next(v, at)) {
		pack_cstr(out, json_object_iter_key(at));
		e = pack_json(json_object_iter_value(at), out);
	}
	return e;
}

static enum err pack_list(json_t *v, struct buf *out)
{
	enum err e = ERR_OK;

	pack_array(out, (uint32_t)json_array_size(v));
	for (size_t i = 0; i < json_array_size(v) && e == ERR_OK; i++)
		e = pack_json(json_array_get(v, i), out);
	return e;
}

static enum err pack_json(json_t *v, struct buf *out)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return pack_object(v, out);
	case JSON_ARRAY:
		return pack_list(v, out);
	case JSON_STRING:
		pack_text(
		    out, bytes_of(json_string_value(v), json_string_length(v)));
		return ERR_OK;
	case JSON_INTEGER:
		pack_int(out, json_integer_value(v));
		return ERR_OK;
	case JSON_TRUE:
	case JSON_FALSE:
		pack_bool(out, json_is_true(v));
		return ERR_OK;
	case JSON_NULL:
		pack_nil(out);
		return ERR_OK;
	case JSON_REAL:
		break;
	}
	return ERR_INVALID;
}

enum err json_read(
    struct bytes text, struct buf *packed, char *message, size_t message_size)
{
	json_error_t why;
	json_t *root = json_loadb((const char *)text.data, text.len,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);

	if (!root) {
		snprintf(message, message_size, "line %d, column %d: %s",
		    why.line, why.column, why.text);
		return ERR_INVALID;
	}
	enum err e = pack_json(root, packed);
	if (e != ERR_OK)
		snprintf(message, message_size,
		    "numbers with a fraction travel as text: \"1.50\"");
	json_decref(root);
	return e == ERR_OK ? packed->err : e;
}

// SPDX-License-Identifier: MIT
/*
 * Maps of the document, read by tables of their keys; and how the compiler
 * fails.  See compile.h.
 */
#include "common/unpack.h"
#include "server/schema/compile.h"

#include <stdarg.h>
#include <stdio.h>

#define WORD_LENGTH 40

void compile_fail(struct compiler *c, const char *format, ...)
{
	char why[200];
	va_list args;

	if (c->err != ERR_OK)
		return;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	snprintf(c->message, c->message_size, "%s%s%s%s%s",
	    c->entity ? c->entity : "schema", c->field ? "." : "",
	    c->field ? c->field : "", ": ", why);
	c->err = ERR_INVALID;
}

void *compile_array(struct compiler *c, size_t count, size_t size)
{
	void *at = arena_array(c->arena, count ? count : 1, size);
	if (!at && c->err == ERR_OK) {
		compile_fail(c, "the document is too large");
		c->err = ERR_TOO_LARGE;
	}
	return at;
}

/* --- readers of one value ------------------------------------------------*/

const char *compile_text(struct compiler *c, struct bytes packed)
{
	struct reader r = reader_of(packed);
	struct bytes text = read_text(&r);
	char *copy;

	if (r.err != ERR_OK || bytes_find(text, '\0')) {
		compile_fail(c, "a text is expected");
		return NULL;
	}
	copy = arena_text(c->arena, text);
	if (!copy)
		compile_fail(c, "the document is too large");
	return copy;
}

const char *compile_word(struct compiler *c, struct bytes text)
{
	bool holds = text.len > 0 && text.len <= WORD_LENGTH;
	for (size_t i = 0; holds && i < text.len; i++) {
		uint8_t ch = text.data[i];
		holds = (ch >= 'a' && ch <= 'z') || ch == '_' ||
			(ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z');
	}
	if (!holds) {
		compile_fail(c, "a key is letters, digits and _, at most %d",
		    WORD_LENGTH);
		return NULL;
	}
	return arena_text(c->arena, text);
}

void key_text(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	const char *text = compile_text(c, value);
	(void)k;
	if (text)
		*(const char **)at = text;
}

void key_raw(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	(void)c;
	(void)k;
	*(struct bytes *)at = value;
}

void key_bool(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	struct reader r = reader_of(value);
	*(bool *)at = read_bool(&r);
	if (r.err != ERR_OK)
		compile_fail(c, "%s: true or false is expected", k->key);
}

void key_label(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	struct reader r = reader_of(value);
	struct label *label = at;

	if (read_array(&r) != 2 || r.err != ERR_OK) {
		compile_fail(c, "%s: [Chinese, English] is expected", k->key);
		return;
	}
	label->zh = compile_text(c, read_raw(&r));
	label->en = compile_text(c, read_raw(&r));
}

static long whole(
    struct compiler *c, struct bytes value, const struct key_row *k)
{
	struct reader r = reader_of(value);
	int64_t v = read_int(&r);

	if (r.err == ERR_OK && v >= k->least && v <= k->most)
		return (long)v;
	compile_fail(c, "%s: a whole number from %ld to %ld is expected",
	    k->key, k->least, k->most);
	return k->least;
}

void key_small(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	*(uint8_t *)at = (uint8_t)whole(c, value, k);
}

void key_short(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	*(uint16_t *)at = (uint16_t)whole(c, value, k);
}

/* --- a map ---------------------------------------------------------------*/

void compile_keys(struct compiler *c, struct bytes map,
    const struct key_row *rows, size_t count, void *object)
{
	struct reader r = reader_of(map);
	uint32_t pairs = read_map(&r);

	if (r.err != ERR_OK)
		compile_fail(c, "a map is expected");
	while (pairs-- && c->err == ERR_OK) {
		struct bytes key = read_text(&r);
		struct bytes value = read_raw(&r);
		size_t i = 0;
		while (i < count && !bytes_is(key, rows[i].key))
			i++;
		if (i == count) {
			compile_fail(c, "there is no key %.*s here",
			    (int)(key.len < 40 ? key.len : 40), key.data);
			return;
		}
		rows[i].read(
		    c, value, (char *)object + rows[i].offset, &rows[i]);
	}
}

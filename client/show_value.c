// SPDX-License-Identifier: MIT
/*
 * One value as a person reads it; see show.h.
 */
#include "client/show.h"

#include <inttypes.h>
#include <time.h>

#include "client/json.h"
#include "client/look.h"
#include "common/date.h"
#include "common/decimal.h"

static struct bytes join_list(struct app *app, struct bytes packed)
{
	struct buf out;
	uint32_t count;
	struct reader r = value_items(packed, &count);

	buf_init(&out, KEEP_CAP);
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buf_append_text(&out, ", ");
		buf_append_bytes(&out, show_plain(app, read_raw(&r)));
	}
	return keep_buf(&app->arena, &out);
}

struct bytes show_plain(struct app *app, struct bytes packed)
{
	struct reader r = reader_of(packed);
	struct buf out;

	switch (value_type(packed)) {
	case UNPACK_TEXT:
		return read_text(&r);
	case UNPACK_INT:
		return bytes_text(
		    keep_format(&app->arena, "%" PRId64, read_int(&r)));
	case UNPACK_BOOL:
		return bytes_text(read_bool(&r) ? "true" : "false");
	case UNPACK_ARRAY:
		return join_list(app, packed);
	case UNPACK_END:
	case UNPACK_NIL:
		return BYTES_NONE;
	default:
		buf_init(&out, KEEP_CAP);
		json_append(&out, packed);
		return keep_buf(&app->arena, &out);
	}
}

struct bytes show_thousands(struct app *app, struct bytes text)
{
	struct buf out;
	size_t whole = 0;
	size_t first = text.len && text.data[0] == '-';

	while (whole < text.len && text.data[whole] != '.')
		whole++;
	buf_init(&out, KEEP_CAP);
	for (size_t i = 0; i < text.len; i++) {
		if (i > first && i < whole && (whole - i) % 3 == 0)
			buf_append_byte(&out, ',');
		buf_append_byte(&out, text.data[i]);
	}
	return keep_buf(&app->arena, &out);
}

/* What is entered keeps all its digits; a sum is rounded where it is shown. */
static struct bytes show_amount(
    struct app *app, const struct field *f, struct bytes text)
{
	struct decimal d;
	char digits[DECIMAL_TEXT];

	if (decimal_parse_stored(text, &d) != ERR_OK)
		return text; /* masked */
	if (f->is_auto)
		d = decimal_round(&d, f->places);
	size_t len = decimal_format(&d, f->places, digits);
	return show_thousands(
	    app, keep_bytes(&app->arena, bytes_of(digits, len)));
}

static struct bytes show_instant(struct app *app, struct bytes text)
{
	int64_t ms;
	struct tm t;
	char out[32];

	if (instant_parse(text, &ms) != ERR_OK)
		return text;
	time_t seconds = (time_t)(ms / 1000);
	if (!localtime_r(&seconds, &t) ||
	    !strftime(out, sizeof(out), "%Y-%m-%d %H:%M:%S", &t))
		return text;
	return keep_bytes(&app->arena, bytes_text(out));
}

/* Of what no field describes the form tells what it is: an instant ends in Z,
 * an amount has two places. */
static struct bytes show_by_form(struct app *app, struct bytes text)
{
	struct decimal d;

	if (text.len == INSTANT_TEXT - 1 && text.data[text.len - 1] == 'Z')
		return show_instant(app, text);
	if (text.len > 3 && text.data[text.len - 3] == '.' &&
	    decimal_parse_stored(text, &d) == ERR_OK)
		return show_thousands(app, text);
	return text;
}

/* Of switches those that are on; false if there is anything else. */
static bool join_switches(struct bytes map, struct buf *out)
{
	uint32_t count;
	struct reader r = value_items(map, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = read_text(&r);
		struct bytes value = read_raw(&r);

		struct reader on = reader_of(value);
		if (value_type(value) != UNPACK_BOOL)
			return false;
		if (!read_bool(&on))
			continue;
		if (buf_bytes(out).len)
			buf_append_text(out, ", ");
		buf_append_bytes(out, key);
	}
	return count > 0;
}

/* A label in the reader's language, switches by name, else as it came. */
static struct bytes show_map(struct app *app, struct bytes map)
{
	struct bytes label = words_label(
	    &app->words, look_text(map, "zh"), look_text(map, "en"));
	struct buf out;

	if (label.len)
		return label;
	buf_init(&out, KEEP_CAP);
	if (join_switches(map, &out))
		return keep_buf(&app->arena, &out);
	buf_release(&out);
	return show_plain(app, map);
}

struct bytes show_value(
    struct app *app, const struct field *f, struct bytes packed)
{
	struct bytes text = show_plain(app, packed);

	if (value_type(packed) == UNPACK_BOOL)
		text = bytes_text(
		    bytes_is(text, "true") ? tr(app, "yes") : tr(app, "no"));
	else if (!f && value_type(packed) == UNPACK_MAP)
		text = show_map(app, packed);
	else if (!f)
		text = show_by_form(app, text);
	else if (f->type == TYPE_ENUM)
		text = choice_named(app, f, text);
	else if (f->places)
		text = show_amount(app, f, text);
	else if (f->type == TYPE_INSTANT)
		text = show_instant(app, text);
	return text.len ? screen_clean(&app->arena, text, false)
			: bytes_text("-");
}

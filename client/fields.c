// SPDX-License-Identifier: MIT
/*
 * Assignments from the command line; see fields.h.
 */
#include "client/fields.h"

#include <errno.h>
#include <stdlib.h>

#include "client/ask.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/yaml.h"
#include "common/pack.h"
#include "common/text.h"

#define VALUE_MOST ((size_t)1 << 20)

/* Replaces @FILE and ? by what they stand for. */
static enum err fetch_value(struct app *app, struct assignment *a)
{
	struct bytes v = a->value;

	if (bytes_is(v, "?")) {
		const char *prompt = keep_format(&app->arena, "%.*s > ",
		    (int)a->key.len, (const char *)a->key.data);
		if (!ask_may(app, "key=@FILE"))
			return ERR_USAGE;
		char *typed = ask_secret(app, prompt);
		if (!typed)
			return tell(app, ERR_INTERRUPTED, "%s",
			    tr(app, "Nothing was changed."));
		a->value = bytes_text(typed);
	} else if (v.len > 1 && v.data[0] == '@') {
		const char *path = (const char *)v.data + 1;
		enum err e =
		    file_read(&app->arena, path, VALUE_MOST, &a->value);
		if (e != ERR_OK)
			return tell(app, ERR_USAGE,
			    tr(app, "%s cannot be read."), path);
		a->value = text_trim(a->value);
	}
	return ERR_OK;
}

enum err fields_parse(struct app *app, const struct entity *e,
    const char **words, unsigned count, struct assignments *out)
{
	out->of = keep_array(&app->arena, count + 1, sizeof(*out->of));
	out->count = 0;
	for (unsigned i = 0; i < count; i++) {
		const char *equals = strchr(words[i], '=');
		struct assignment *a = &out->of[out->count];
		if (!equals || equals == words[i])
			return tell(app, ERR_USAGE,
			    tr(app, "%s is not of the form field=value."),
			    words[i]);
		a->key =
		    text_trim(bytes_of(words[i], (size_t)(equals - words[i])));
		a->value = bytes_text(equals + 1);
		a->field = entity_find_field(e, a->key);
		if (a->field)
			a->key = a->field->key;
		enum err err = fetch_value(app, a);
		if (err != ERR_OK)
			return err;
		out->count++;
	}
	return ERR_OK;
}

static enum err read_map_file(
    struct app *app, const char *path, struct bytes *map)
{
	char why[160] = "a map of field: value is expected";
	struct buf packed;
	struct bytes text;
	enum err e = file_read(&app->arena, path, VALUE_MOST, &text);

	if (e != ERR_OK)
		return tell(
		    app, ERR_USAGE, tr(app, "%s cannot be read."), path);
	buf_init(&packed, KEEP_CAP);
	e = yaml_read(text, &packed, why, sizeof(why));
	*map = keep_buf(&app->arena, &packed);
	return e == ERR_OK && value_type(*map) == UNPACK_MAP
		   ? ERR_OK
		   : tell(app, ERR_USAGE, "%s: %s", path, why);
}

static bool is_given(const struct assignments *of, struct bytes key)
{
	for (unsigned i = 0; i < of->count; i++)
		if (bytes_equal(of->of[i].key, key))
			return true;
	return false;
}

enum err fields_read_file(struct app *app, const struct entity *e,
    const char *path, struct assignments *of)
{
	struct assignments all = { NULL, of->count };
	struct bytes map;
	uint32_t count;
	enum err err = read_map_file(app, path, &map);

	if (err != ERR_OK)
		return err;
	struct reader r = value_items(map, &count);
	/* One more for fields_add_source(). */
	all.of = keep_array(
	    &app->arena, (size_t)count + of->count + 1, sizeof(*all.of));
	for (unsigned i = 0; i < of->count; i++)
		all.of[i] = of->of[i];
	for (; count; count--) {
		struct bytes key = read_text(&r);
		struct bytes text = show_plain(app, read_raw(&r));
		const struct field *f = entity_find_field(e, key);

		key = f ? f->key : key;
		if (text.len && !is_given(of, key))
			all.of[all.count++] =
			    (struct assignment){ key, f, text };
	}
	*of = all;
	return ERR_OK;
}

const char *fields_keys(
    struct app *app, const struct entity *e, const char *list)
{
	const char *out = "";

	for (const char **one = args_list(&app->arena, list); *one; one++) {
		bool down = **one == '-';
		const struct field *f =
		    entity_find_field(e, bytes_text(*one + down));
		const char *key =
		    f ? keep_text(&app->arena, f->key) : *one + down;
		out = keep_format(&app->arena, "%s%s%s%s", out, *out ? "," : "",
		    down ? "-" : "", key);
	}
	return out;
}

void fields_add_source(
    struct app *app, const struct entity *e, struct assignments *of)
{
	const char *source = app_flag(app, FLAG_SOURCE);
	const struct field *f = entity_find_field(e, bytes_text("source"));

	if (!source || !f)
		return;
	for (unsigned i = 0; i < of->count; i++)
		if (of->of[i].field == f)
			return;
	/* fields_parse() left room for one more. */
	of->of[of->count++] =
	    (struct assignment){ f->key, f, bytes_text(source) };
}

static bool pack_integer(struct bytes text, struct buf *out)
{
	char digits[24];
	char *end;

	if (!text.len || text.len >= sizeof(digits))
		return false;
	memcpy(digits, text.data, text.len);
	digits[text.len] = 0;
	errno = 0;
	long long v = strtoll(digits, &end, 10);
	if (errno || *end || digits[0] == ' ' || digits[0] == '+')
		return false;
	pack_int(out, v);
	return true;
}

static bool pack_truth(struct bytes text, struct buf *out)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "true", true },
		{ "yes", true },
		{ "y", true },
		{ "1", true },
		{ "是", true },
		{ "false", false },
		{ "no", false },
		{ "n", false },
		{ "0", false },
		{ "否", false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (bytes_is(text, words[i].word)) {
			pack_bool(out, words[i].value);
			return true;
		}
	return false;
}

static void pack_pieces(struct arena *a, struct bytes text, struct buf *out)
{
	const char **pieces = args_list(a, keep_text(a, text));
	uint32_t count = 0;

	while (pieces[count])
		count++;
	pack_array(out, count);
	for (uint32_t i = 0; i < count; i++)
		pack_cstr(out, pieces[i]);
}

void fields_pack_value(
    struct arena *a, const struct field *f, struct bytes text, struct buf *out)
{
	if (f && f->type == TYPE_INT && pack_integer(text, out))
		return;
	if (f && f->type == TYPE_BOOL && pack_truth(text, out))
		return;
	if (f && f->type == TYPE_LIST)
		pack_pieces(a, text, out);
	else
		pack_text(out, text);
}

struct bytes fields_pack(struct app *app, const struct assignments *of)
{
	struct buf out;
	uint32_t count = 0;

	buf_init(&out, KEEP_CAP);
	size_t mark = pack_map_open(&out);
	for (unsigned i = 0; i < of->count; i++) {
		const struct assignment *a = &of->of[i];
		if (!a->value.len)
			continue;
		pack_text(&out, a->key);
		fields_pack_value(&app->arena, a->field, a->value, &out);
		count++;
	}
	pack_map_close(&out, mark, count);
	return keep_buf(&app->arena, &out);
}

struct bytes fields_pack_unset(struct app *app, const struct assignments *of)
{
	struct buf out;
	uint32_t count = 0;

	buf_init(&out, KEEP_CAP);
	size_t mark = pack_array_open(&out);
	for (unsigned i = 0; i < of->count; i++) {
		if (of->of[i].value.len)
			continue;
		pack_text(&out, of->of[i].key);
		count++;
	}
	pack_array_close(&out, mark, count);
	struct bytes packed = keep_buf(&app->arena, &out);
	return count ? packed : BYTES_NONE;
}

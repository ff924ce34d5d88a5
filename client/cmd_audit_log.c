// SPDX-License-Identifier: MIT
/*
 * kehu audit log: entries of the log, newest first.
 *
 * What an entry says of records becomes a line of words for people; machines
 * get the answer as it came.
 */
#include "client/commands.h"

#include "client/call.h"
#include "client/fetch.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

#define RECORDS_SHOWN 3 /* of one entry */

/* --- records in words ----------------------------------------------------*/

static const char *field_words(
    struct app *app, const struct entity *e, struct bytes record)
{
	uint32_t count;
	struct reader r = look_array(record, "fields", &count);
	const char *out = "";

	for (; count; count--) {
		struct bytes key = read_text(&r);
		const struct field *f = e ? entity_find_field(e, key) : NULL;
		struct bytes label = f ? field_label(app, f) : key;

		out = keep_format(&app->arena, "%s%s%.*s", out,
		    *out ? ", " : " (", (int)label.len,
		    (const char *)label.data);
	}
	return *out ? keep_format(&app->arena, "%s)", out) : out;
}

static const struct {
	const char *word, *say;
} touches[] = {
	{ "masked", "Seen masked" },
	{ "read", "Seen" },
	{ "search", "Searched by" },
	{ "write", "Written" },
};

static const char *touch_word(struct app *app, struct bytes touch)
{
	for (size_t i = 0; i < sizeof touches / sizeof *touches; i++)
		if (bytes_is(touch, touches[i].word))
			return tr(app, touches[i].say);
	return keep_text(&app->arena, touch);
}

/* "Seen: Customer 0cad9b24a825226a (Credit limit)" */
static const char *record_words(struct app *app, struct bytes record)
{
	struct bytes key = look_text(record, "entity");
	struct bytes id = look_text(record, "id");
	const struct entity *e = schema_find_entity(app->schema, key);
	struct bytes label = e ? entity_label(app, e) : key;

	return keep_format(&app->arena, "%s: %.*s %.*s%s",
	    touch_word(app, look_text(record, "touch")), (int)label.len,
	    (const char *)label.data, (int)id.len, (const char *)id.data,
	    field_words(app, e, record));
}

static void put_records(struct app *app, struct bytes list, struct buf *out)
{
	uint32_t count;
	struct reader r = value_items(list, &count);

	unsigned shown = count < RECORDS_SHOWN ? count : RECORDS_SHOWN;

	pack_array(out, shown + (shown < count));
	for (unsigned i = 0; i < shown; i++)
		pack_cstr(out, record_words(app, read_raw(&r)));
	if (shown < count)
		pack_cstr(out, keep_format(&app->arena, tr(app, "%u more"),
				   count - shown));
}

static void put_row(void *ctx, struct bytes row, struct buf *out)
{
	struct app *app = ctx;
	struct bytes key, value;
	uint32_t left, put = 0;
	struct reader r = value_items(row, &left);
	size_t mark = pack_map_open(out);

	for (; look_pair(&r, &left, &key, &value); put++) {
		if (bytes_is(key, "records") &&
		    value_type(value) == UNPACK_ARRAY) {
			pack_cstr(out, "touched");
			put_records(app, value, out);
		} else {
			pack_text(out, key);
			pack_raw(out, value);
		}
	}
	pack_map_close(out, mark, put);
}

static struct bytes in_words(struct app *app, struct bytes result)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	look_rewrite(result, put_row, app, &out);
	return keep_buf(&app->arena, &out);
}

/* --- the command ---------------------------------------------------------*/

static bool is_log_filter(const char *word)
{
	static const char *const keys[] = {
		"user=", "method=", "entity=", "id="
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strncmp(word, keys[i], strlen(keys[i])))
			return true;
	return false;
}

enum err cmd_audit_log(struct app *app)
{
	struct request r;
	struct bytes result;

	request_begin(&r, "audit.find", CALL_READ);
	for (unsigned i = 0; i < app->rest_count; i++) {
		const char *equals = strchr(app->rest[i], '=');
		if (!equals || !is_log_filter(app->rest[i])) {
			buf_release(&r.params);
			return tell(app, ERR_USAGE,
			    "kehu audit log [user=NAME] [method=METHOD] "
			    "[entity=KEY id=NUMBER]");
		}
		request_cstr(&r,
		    keep_text(
			&app->arena, bytes_of(app->rest[i],
					 (size_t)(equals - app->rest[i]))),
		    equals + 1);
	}
	request_flag_int(app, &r, "limit", FLAG_LIMIT);
	enum err e = request_flag_entry(app, &r, "from", FLAG_FROM);
	if (e == ERR_OK)
		e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK || show_to_machine(app, result))
		return e;
	e = fetch_schema(app);
	if (e == ERR_OK)
		show_answer(app, in_words(app, result));
	return e;
}

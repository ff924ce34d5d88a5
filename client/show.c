// SPDX-License-Identifier: MIT
/*
 * Values, records, rows; see show.h.
 */
#include "client/show.h"

#include <stdlib.h>

#include "client/json.h"
#include "client/look.h"
#include "client/sheet.h"
#include "client/yaml_write.h"
#include "common/decimal.h"
#include "common/text.h"

bool show_is_machine(const struct app *app)
{
	return app_flag(app, FLAG_JSON) || app_flag(app, FLAG_JSONL) ||
	       app_flag(app, FLAG_CSV);
}

void show_json(struct bytes packed)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	json_append(&out, packed);
	buf_append_byte(&out, '\n');
	fwrite(buf_bytes(&out).data, 1, buf_bytes(&out).len, stdout);
	buf_release(&out);
}

#define OUT_NAMED 6

/* The first of the columns that did not fit. */
static const char *out_columns(
    struct app *app, const struct table *t, unsigned *count)
{
	const char *list = "";

	*count = 0;
	for (unsigned c = 0; c < t->column_count; c++)
		if (t->columns[c].is_out && (*count)++ < OUT_NAMED)
			list = keep_format(&app->arena, "%s%s%.*s", list,
			    *list ? ", " : "", (int)t->columns[c].title.len,
			    (const char *)t->columns[c].title.data);
	return list;
}

void show_table(struct app *app, struct table *t)
{
	struct buf out;
	unsigned width = app_flag(app, FLAG_WIDE) ? 0 : app->screen.width;

	buf_init(&out, KEEP_CAP);
	table_format(t, width, !app_flag(app, FLAG_NO_TRUNC), &out);
	struct bytes all = buf_bytes(&out);
	const uint8_t *end = bytes_find(all, '\n');
	size_t head = end ? (size_t)(end - all.data) : 0;
	screen_put(&app->screen, ROLE_TITLE, bytes_of(all.data, head));
	screen_put(&app->screen, ROLE_VALUE,
	    bytes_of(all.data + head, all.len - head));
	buf_release(&out);
	unsigned count;
	const char *gone = out_columns(app, t, &count);
	if (count)
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "%u not shown: %s%s  (--wide)"), count, gone,
		    count > OUT_NAMED ? ", ..." : "");
}

static bool is_right(const struct field *f)
{
	return f && (f->type == TYPE_INT || f->type == TYPE_DECIMAL ||
			f->type == TYPE_MONEY);
}

static bool may_cut(const struct field *f)
{
	return f && ((f->type == TYPE_TEXT && !(f->search & SEARCH_EXACT)) ||
			f->type == TYPE_NOTE || f->type == TYPE_LIST);
}

/* --- one record ----------------------------------------------------------- */

static void pad(struct buf *out, struct bytes text, unsigned width)
{
	unsigned w = text_width(text);

	buf_append_bytes(out, text);
	for (; w < width; w++)
		buf_append_byte(out, ' ');
}

static void put_pair(
    struct app *app, struct bytes label, struct bytes value, unsigned width)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	pad(&out, label, width);
	buf_append_text(&out, "  ");
	screen_put(&app->screen, ROLE_LABEL, buf_bytes(&out));
	buf_release(&out);
	screen_put(&app->screen, ROLE_VALUE, value);
	screen_put(&app->screen, ROLE_VALUE, bytes_text("\n"));
}

bool show_is_masked(struct bytes record, struct bytes key)
{
	uint32_t count;
	struct reader r = look_array(record, "masked", &count);

	for (uint32_t i = 0; i < count; i++)
		if (bytes_equal(value_text(read_raw(&r)), key))
			return true;
	return false;
}

/* A key of the protocol as a title: "due_at" is "Due at".  What a noun means
 * something of its own by goes before: "server.open" are connections. */
static const char *key_title(struct app *app, struct bytes key)
{
	char *name = keep_text(&app->arena, key);
	const char *of_noun = keep_format(
	    &app->arena, "%s.%s", app->command ? app->command->noun : "", name);
	const char *said = tr(app, of_noun);

	if (said == of_noun)
		said = tr(app, name);
	if (said != name || !*name)
		return said;
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = ' ';
	if (*name >= 'a' && *name <= 'z')
		*name = (char)(*name - 'a' + 'A');
	return name;
}

static struct bytes label_of(
    struct app *app, const struct entity *e, struct bytes key)
{
	const struct field *f = entity_find_field(e, key);
	struct bytes label =
	    f ? field_label(app, f) : bytes_text(key_title(app, key));

	return screen_clean(&app->arena, label, false);
}

static unsigned widest_label(
    struct app *app, const struct entity *e, struct bytes map)
{
	uint32_t count;
	unsigned width = 0;
	struct reader r = value_items(map, &count);

	for (uint32_t i = 0; i < count; i++) {
		unsigned w = text_width(label_of(app, e, read_text(&r)));
		read_skip(&r);
		if (w > width)
			width = w;
	}
	return width;
}

static void put_fields(
    struct app *app, const struct entity *e, struct bytes record)
{
	uint32_t count;
	struct bytes fields = look_value(record, "fields");
	unsigned width = widest_label(app, e, fields);
	struct reader r = value_items(fields, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = read_text(&r);
		struct bytes packed = read_raw(&r);
		if (value_type(packed) == UNPACK_NIL ||
		    (value_type(packed) == UNPACK_ARRAY &&
			!value_count(packed)))
			continue;
		struct bytes value =
		    show_value(app, entity_find_field(e, key), packed);
		if (show_is_masked(record, key))
			value = bytes_text(
			    keep_format(&app->arena, "%.*s  %s", (int)value.len,
				(const char *)value.data, tr(app, "(masked)")));
		put_pair(app, label_of(app, e, key), value, width);
	}
}

void show_record(struct app *app, const struct entity *e, struct bytes record)
{
	struct bytes number = look_text(record, "number");
	struct bytes fields = look_value(record, "fields");
	const char *title_key = e ? keep_text(&app->arena, e->title) : "name";
	struct bytes title = look_text(fields, title_key);

	if (show_is_machine(app)) {
		show_json(record);
		return;
	}
	screen_line(&app->screen, ROLE_TITLE, "%.*s  %.*s%s", (int)number.len,
	    (const char *)number.data, (int)title.len, (const char *)title.data,
	    look_bool(record, "archived") ? tr(app, "  (archived)") : "");
	put_fields(app, e, record);
}

/* --- rows ------------------------------------------------------------------
 */

struct columns {
	const char **keys;
	unsigned count;
};

static void add_key(struct app *app, struct columns *c, struct bytes key)
{
	for (unsigned i = 0; i < c->count; i++)
		if (bytes_is(key, c->keys[i]))
			return;
	if (c->count < TABLE_COLUMNS - 1)
		c->keys[c->count++] = keep_text(&app->arena, key);
}

/* The keys that any row carries, title first, in the schema's order. */
static struct columns columns_of(
    struct app *app, const struct entity *e, struct bytes rows)
{
	uint32_t count;
	struct columns out = {
		keep_array(&app->arena, TABLE_COLUMNS, sizeof(*out.keys)), 0
	};
	struct columns present = out;
	struct reader r = value_items(rows, &count);

	present.keys =
	    keep_array(&app->arena, TABLE_COLUMNS, sizeof(*present.keys));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t pairs;
		struct bytes fields = look_value(read_raw(&r), "fields");
		struct reader p = value_items(fields, &pairs);
		for (; pairs; pairs--) {
			struct bytes key = read_text(&p);
			struct bytes v = read_raw(&p);
			if (value_type(v) != UNPACK_NIL &&
			    !(value_type(v) == UNPACK_ARRAY && !value_count(v)))
				add_key(app, &present, key);
		}
	}
	if (e && e->title.len)
		add_key(app, &out, e->title);
	for (unsigned i = 0; e && i < e->field_count; i++)
		for (unsigned k = 0; k < present.count; k++)
			if (bytes_is(e->fields[i].key, present.keys[k]) &&
			    !bytes_equal(e->fields[i].key, e->number_field))
				add_key(app, &out, e->fields[i].key);
	for (unsigned k = 0; k < present.count; k++)
		if (!e || !entity_find_field(e, bytes_text(present.keys[k])))
			add_key(app, &out, bytes_text(present.keys[k]));
	return out;
}

static struct columns chosen_columns(struct app *app, const struct entity *e,
    struct bytes rows, const char *const *keys)
{
	struct columns out = { NULL, 0 };

	if (!keys)
		return columns_of(app, e, rows);
	out.keys = keep_array(&app->arena, TABLE_COLUMNS, sizeof(*out.keys));
	for (; *keys; keys++) {
		const struct field *f = entity_find_field(e, bytes_text(*keys));
		struct bytes key = f ? f->key : bytes_text(*keys);
		/* The row's number stands before all. */
		if (!e || !bytes_equal(key, e->number_field))
			add_key(app, &out, key);
	}
	return out;
}

/* How soon a column leaves when the screen is narrow, 0 never: what tells
 * records apart stays longest, what the server keeps goes first. */
static unsigned priority_of(const struct entity *e, const struct field *f)
{
	if (!f)
		return 4;
	if (bytes_equal(f->key, e->title))
		return 0;
	if (f->is_auto)
		return f->type == TYPE_MONEY || f->type == TYPE_DATE ? 4 : 6;
	if (f->search & SEARCH_TAIL ||
	    (f->ref.len && bytes_equal(f->ref, e->parent)))
		return 1;
	if (f->type == TYPE_MONEY || (f->type == TYPE_DATE && f->required))
		return 1;
	if (f->type == TYPE_ENUM && f->search)
		return 2;
	if (f->type == TYPE_REF || (f->search && !f->unique))
		return 3;
	return f->unique ? 4 : 5;
}

static void rows_as_table(struct app *app, const struct entity *e,
    struct bytes rows, const struct columns *columns, bool chosen)
{
	struct table t;
	uint32_t count;
	struct reader r = value_items(rows, &count);

	table_init(&t, &app->arena);
	table_column(&t, bytes_text(tr(app, "Number")), 0, false, true);
	for (unsigned c = 0; c < columns->count; c++) {
		struct bytes key = bytes_text(columns->keys[c]);
		const struct field *f = entity_find_field(e, key);
		table_column(&t, label_of(app, e, key),
		    chosen ? c : priority_of(e, f), is_right(f), !may_cut(f));
	}
	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);
		struct bytes fields = look_value(row, "fields");
		table_cell(
		    &t, show_value(app, NULL, look_value(row, "number")));
		for (unsigned c = 0; c < columns->count; c++)
			table_cell(
			    &t, show_value(app,
				    entity_find_field(
					e, bytes_text(columns->keys[c])),
				    look_value(fields, columns->keys[c])));
	}
	show_table(app, &t);
}

static void rows_as_csv(
    struct app *app, struct bytes rows, const struct columns *columns)
{
	struct buf out;
	uint32_t count;
	struct reader r = value_items(rows, &count);

	buf_init(&out, KEEP_CAP);
	sheet_append(&out, bytes_text("number"), true);
	for (unsigned c = 0; c < columns->count; c++)
		sheet_append(&out, bytes_text(columns->keys[c]), false);
	sheet_end_row(&out);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);
		struct bytes fields = look_value(row, "fields");
		sheet_append(&out, look_text(row, "number"), true);
		for (unsigned c = 0; c < columns->count; c++)
			sheet_append(&out,
			    show_plain(
				app, look_value(fields, columns->keys[c])),
			    false);
		sheet_end_row(&out);
	}
	screen_put(&app->screen, ROLE_VALUE, buf_bytes(&out));
	buf_release(&out);
}

static void each_as_json(struct bytes rows)
{
	uint32_t count;
	struct reader r = value_items(rows, &count);

	for (uint32_t i = 0; i < count; i++)
		show_json(read_raw(&r));
}

void show_rows(struct app *app, const struct entity *e, struct bytes rows,
    const char *const *keys)
{
	uint32_t count;
	struct reader r = value_items(rows, &count);

	if (app_flag(app, FLAG_JSONL)) {
		each_as_json(rows);
		return;
	}
	if (app_flag(app, FLAG_RECORD)) {
		for (uint32_t i = 0; i < count; i++)
			show_record(app, e, read_raw(&r));
		return;
	}
	struct columns columns = chosen_columns(app, e, rows, keys);
	if (app_flag(app, FLAG_CSV))
		rows_as_csv(app, rows, &columns);
	else if (count)
		rows_as_table(app, e, rows, &columns, keys != NULL);
}

/* --- any answer -------------------------------------------------------------
 */

static bool is_table(struct bytes packed)
{
	uint32_t count;
	struct reader r = value_items(packed, &count);

	if (value_type(packed) != UNPACK_ARRAY || !count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (value_type(read_raw(&r)) != UNPACK_MAP)
			return false;
	return true;
}

/* The keys that any row has; what is empty in all of them is no column for
 * people, and one for programs. */
static struct columns keys_of_maps(struct app *app, struct bytes rows)
{
	bool with_empty = app_flag(app, FLAG_CSV) != NULL;
	uint32_t count;
	struct columns out = {
		keep_array(&app->arena, TABLE_COLUMNS, sizeof(*out.keys)), 0
	};
	struct reader r = value_items(rows, &count);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t pairs;
		struct reader p = value_items(read_raw(&r), &pairs);
		for (; pairs; pairs--) {
			struct bytes key = read_text(&p);
			struct bytes v = read_raw(&p);
			if (with_empty || value_type(v) != UNPACK_NIL)
				add_key(app, &out, key);
		}
	}
	return out;
}

static struct columns columns_told(struct app *app, struct bytes list)
{
	uint32_t count;
	struct columns out = {
		keep_array(&app->arena, TABLE_COLUMNS, sizeof(*out.keys)), 0
	};
	struct reader r = value_items(list, &count);

	for (uint32_t i = 0; i < count; i++)
		add_key(app, &out, read_text(&r));
	return out;
}

static void maps_as_csv(
    struct app *app, struct bytes rows, const struct columns *columns)
{
	struct buf out;
	uint32_t count;
	struct reader r = value_items(rows, &count);

	buf_init(&out, KEEP_CAP);
	for (unsigned c = 0; c < columns->count; c++)
		sheet_append(&out, bytes_text(columns->keys[c]), !c);
	sheet_end_row(&out);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);
		for (unsigned c = 0; c < columns->count; c++)
			sheet_append(&out,
			    show_plain(app, look_value(row, columns->keys[c])),
			    !c);
		sheet_end_row(&out);
	}
	screen_put(&app->screen, ROLE_VALUE, buf_bytes(&out));
	buf_release(&out);
}

static bool column_is_number(struct bytes rows, const char *key)
{
	uint32_t count;
	struct reader r = value_items(rows, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes v = look_value(read_raw(&r), key);
		struct decimal d;
		if (v.len && value_type(v) != UNPACK_INT &&
		    (value_type(v) != UNPACK_TEXT ||
			decimal_parse_stored(value_text(v), &d) != ERR_OK))
			return false;
	}
	return true;
}

/* A cell for people; in these columns stand words of the protocol. */
static struct bytes cell_of(struct app *app, const char *key, struct bytes v)
{
	static const char *const worded[] = { "bucket", "kind", "state" };
	const struct field *f = entity_find_field(app->entity, bytes_text(key));
	struct bytes text = show_value(app, f, v);
	const struct entity *e = schema_find_entity(app->schema, text);

	for (size_t i = 0; !f && i < sizeof(worded) / sizeof(*worded); i++)
		if (!strcmp(key, worded[i]))
			return e ? entity_label(app, e)
				 : bytes_text(
				       tr(app, keep_text(&app->arena, text)));
	return text;
}

static void maps_as_table(struct app *app, struct bytes rows)
{
	struct table t;
	uint32_t count;
	struct reader r = value_items(rows, &count);
	struct columns columns = keys_of_maps(app, rows);

	table_init(&t, &app->arena);
	for (unsigned c = 0; c < columns.count; c++) {
		bool number = column_is_number(rows, columns.keys[c]);
		table_column(&t,
		    label_of(app, app->entity, bytes_text(columns.keys[c])), c,
		    number, number || !c);
	}
	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);
		for (unsigned c = 0; c < columns.count; c++)
			table_cell(&t, cell_of(app, columns.keys[c],
					   look_value(row, columns.keys[c])));
	}
	show_table(app, &t);
}

/* Not a line of its own for people: a record's number stands for its id and
 * its version, and that there is no row is said at the end. */
static bool is_left_out(struct bytes map, struct bytes key, struct bytes v)
{
	bool none = value_type(v) == UNPACK_ARRAY && !value_count(v);

	if (value_type(v) == UNPACK_NIL || bytes_is(key, "next"))
		return true;
	if (bytes_is(key, "rows"))
		return none;
	return look_value(map, "number").len &&
	       (none || bytes_is(key, "id") || bytes_is(key, "version"));
}

/* What the server says in sentences of its own. */
static struct bytes sentences_of(struct app *app, struct bytes list)
{
	const char *out = "";
	uint32_t count;
	struct reader r = value_items(list, &count);

	for (uint32_t i = 0; i < count; i++) {
		const char *one =
		    keep_text(&app->arena, value_text(read_raw(&r)));

		out = keep_format(
		    &app->arena, "%s%s%s", out, i ? "; " : "", tr(app, one));
	}
	return screen_clean(&app->arena, bytes_text(out), false);
}

/* Scalars a line each, then the tables under their headings. */
static void show_map(struct app *app, struct bytes map, unsigned depth)
{
	uint32_t count;
	unsigned width = widest_label(app, app->entity, map);
	struct reader r = value_items(map, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = read_text(&r);
		struct bytes v = read_raw(&r);
		if (value_type(v) == UNPACK_MAP || is_table(v) ||
		    is_left_out(map, key, v))
			continue;
		struct bytes text =
		    show_value(app, entity_find_field(app->entity, key), v);
		if (bytes_is(key, "warnings") && value_count(v))
			text = sentences_of(app, v);
		if (value_type(v) == UNPACK_TEXT &&
		    bytes_find(value_text(v), '\n'))
			text = screen_clean(&app->arena, value_text(v), true);
		put_pair(app, label_of(app, app->entity, key), text, width);
	}
	r = value_items(map, &count);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = read_text(&r);
		struct bytes v = read_raw(&r);
		bool nested = value_type(v) == UNPACK_MAP;
		if (bytes_is(key, "rows") && value_type(v) == UNPACK_ARRAY &&
		    !value_count(v))
			screen_say(&app->screen, ROLE_LABEL,
			    tr(app, "%llu found"), 0ULL);
		if (!nested && !is_table(v))
			continue;
		struct bytes title = label_of(app, app->entity, key);
		if (!bytes_is(key, "rows"))
			screen_line(&app->screen, ROLE_TITLE, "\n%.*s",
			    (int)title.len, (const char *)title.data);
		if (nested && depth < 8)
			show_map(app, v, depth + 1);
		else
			maps_as_table(app, v);
	}
}

/* A table's columns, where the server tells them, are those of each run. */
static void show_csv(struct app *app, struct bytes result, struct bytes rows)
{
	struct bytes told = look_value(result, "columns");
	struct columns columns = value_type(told) == UNPACK_ARRAY
				     ? columns_told(app, told)
				     : keys_of_maps(app, rows);

	maps_as_csv(app, rows, &columns);
}

void show_answer(struct app *app, struct bytes result)
{
	struct bytes rows = look_value(result, "rows");
	bool has_columns = look_value(result, "columns").len;

	if (app_flag(app, FLAG_JSONL) || app_flag(app, FLAG_CSV)) {
		if (!rows.len)
			rows = result;
		if ((is_table(rows) || has_columns) && app_flag(app, FLAG_CSV))
			show_csv(app, result, rows);
		else if (value_type(rows) == UNPACK_ARRAY)
			each_as_json(rows);
		else
			show_json(result);
	} else if (app_flag(app, FLAG_JSON)) {
		show_json(result);
	} else if (value_type(result) == UNPACK_MAP) {
		show_map(app, result, 0);
	} else if (is_table(result)) {
		maps_as_table(app, result);
	} else if (result.len && value_type(result) != UNPACK_NIL) {
		struct bytes text = show_value(app, NULL, result);
		screen_line(&app->screen, ROLE_VALUE, "%.*s", (int)text.len,
		    (const char *)text.data);
	}
}

bool show_to_machine(struct app *app, struct bytes result)
{
	if (show_is_machine(app))
		show_answer(app, result);
	return show_is_machine(app);
}

void show_yaml(struct app *app, struct bytes packed)
{
	struct buf text;

	buf_init(&text, KEEP_CAP);
	yaml_write(packed, &text);
	screen_put(&app->screen, ROLE_VALUE,
	    screen_clean(&app->arena, buf_bytes(&text), true));
	buf_release(&text);
}

// SPDX-License-Identifier: MIT
/*
 * Columns to fields; see mapping.h.
 */
#include "client/mapping.h"

#include "client/look.h"
#include "client/suggest.h"
#include "client/tell.h"
#include "client/yaml.h"
#include "common/text.h"

#define MAP_MOST 65536

struct map_pairs { /* column, target, column, target, ... */
	void *of;
	size_t count, room;
};

static void add_pair(struct app *app, struct map_pairs *p, struct bytes column,
    struct bytes target)
{
	struct bytes *slot =
	    keep_more(&app->arena, &p->of, &p->count, &p->room, sizeof(*slot));
	*slot = text_trim(column);
	slot =
	    keep_more(&app->arena, &p->of, &p->count, &p->room, sizeof(*slot));
	*slot = text_trim(target);
}

static enum err pairs_of_flag(struct app *app, struct map_pairs *p)
{
	const char *map = app_flag(app, FLAG_MAP);
	const char **list = args_list(&app->arena, map ? map : "");

	for (; *list; list++) {
		const char *equals = strrchr(*list, '=');
		if (!equals)
			return tell(app, ERR_USAGE,
			    tr(app, "--map: %s is not of the form "
				    "Column=field."),
			    *list);
		add_pair(app, p, bytes_of(*list, (size_t)(equals - *list)),
		    bytes_text(equals + 1));
	}
	return ERR_OK;
}

static enum err pairs_of_file(struct app *app, struct map_pairs *p)
{
	const char *path = app_flag(app, FLAG_MAP_FILE);
	struct bytes text;
	struct buf packed;
	char why[160] = "a map of column: field is expected";

	if (!path)
		return ERR_OK;
	if (file_read(&app->arena, path, MAP_MOST, &text) != ERR_OK)
		return tell(
		    app, ERR_USAGE, tr(app, "%s cannot be read."), path);
	buf_init(&packed, KEEP_CAP);
	enum err e = yaml_read(text, &packed, why, sizeof(why));
	struct bytes map = keep_bytes(&app->arena, buf_bytes(&packed));
	buf_release(&packed);
	if (e != ERR_OK || value_type(map) != UNPACK_MAP)
		return tell(app, ERR_USAGE, "%s: %s", path, why);
	uint32_t count;
	struct reader r = value_items(map, &count);
	for (; count; count--) {
		struct bytes column = read_text(&r);
		add_pair(app, p, column, value_text(read_raw(&r)));
	}
	return ERR_OK;
}

/* The part for a child entity, added when it is new. */
static unsigned part_of(struct app *app, struct mapping *m, struct bytes name)
{
	const struct entity *e = schema_find_entity(app->schema, name);
	struct bytes key = e ? e->key : name;

	for (unsigned i = 1; i < m->part_count; i++)
		if (bytes_equal(m->parts[i].key, key))
			return i;
	if (m->part_count == MAPPING_PARTS)
		return 0;
	m->parts[m->part_count] = (struct part){ key, e,
		e && e->parent.len ? e->parent : bytes_text(app->noun) };
	return m->part_count++;
}

static void set_target(
    struct app *app, struct mapping *m, unsigned column, struct bytes name)
{
	struct target *t = &m->targets[column];
	const uint8_t *dot = bytes_find(name, '.');

	t->is_used = name.len > 0;
	t->part = 0;
	if (dot) {
		size_t at = (size_t)(dot - name.data);
		t->part = part_of(app, m, bytes_of(name.data, at));
		name = bytes_of(dot + 1, name.len - at - 1);
	}
	t->field = entity_find_field(m->parts[t->part].entity, name);
	t->key = t->field ? t->field->key : name;
	if (!t->field && m->parts[t->part].entity) {
		(void)tell(app, ERR_USAGE,
		    tr(app, "There is no field %s that you may use."),
		    keep_text(&app->arena, name));
		suggest_field(app, m->parts[t->part].entity, name);
	}
	if (!t->part && bytes_is(t->key, "external_no"))
		m->external = (int)column;
}

static bool is_reasons(struct app *app, const struct sheet_row *h, unsigned c)
{
	struct bytes name = text_trim(h->cells[c]);

	(void)app;
	return c + 1 == h->count &&
	       (bytes_is(name, "原因") || bytes_is(name, "Reason"));
}

static bool is_empty(const struct sheet *sheet, unsigned c)
{
	for (size_t i = 0; i < sheet->count; i++) {
		const struct sheet_row *row = &sheet->rows[i];

		if (c < row->count && text_trim(row->cells[c]).len)
			return false;
	}
	return true;
}

/* One without a name by its place. */
static const char *column_name(
    struct app *app, const struct sheet_row *header, unsigned c)
{
	struct bytes name = text_trim(header->cells[c]);

	return name.len ? keep_text(&app->arena, name)
			: keep_format(&app->arena, tr(app, "column %u"), c + 1);
}

/* Names all columns that nothing is said about. */
static enum err check_unmapped(
    struct app *app, const struct sheet *sheet, const struct mapping *m)
{
	const struct sheet_row *header = &sheet->rows[0];
	const char *list = "";

	for (unsigned c = 0; c < m->count; c++)
		if (!m->targets[c].is_used && !is_reasons(app, header, c) &&
		    !is_empty(sheet, c))
			list = keep_format(&app->arena, "%s%s%s", list,
			    *list ? ", " : "", column_name(app, header, c));
	if (!*list || app_flag(app, FLAG_IGNORE_UNMAPPED))
		return ERR_OK;
	(void)tell(
	    app, ERR_USAGE, tr(app, "These columns go nowhere: %s"), list);
	tell_next(app,
	    "--map COLUMN=FIELD,...   --ignore-unmapped   "
	    "kehu %s describe",
	    app->noun);
	return ERR_USAGE;
}

static enum err check_twice(
    struct app *app, const struct sheet_row *header, const struct mapping *m)
{
	for (unsigned c = 0; c < m->count; c++) {
		const struct target *t = &m->targets[c];
		int first = mapping_column(m, t->part, t->key);

		if (t->is_used && first >= 0 && (unsigned)first < c)
			return tell(app, ERR_USAGE,
			    tr(app, "Two columns go into %s: %s and %s."),
			    keep_text(&app->arena, t->key),
			    column_name(app, header, (unsigned)first),
			    column_name(app, header, c));
	}
	return ERR_OK;
}

static enum err apply_pairs(struct app *app, const struct sheet_row *header,
    const struct map_pairs *pairs, struct mapping *m)
{
	const struct bytes *of = pairs->of;

	for (size_t i = 0; i + 1 < pairs->count; i += 2) {
		bool found = false;
		for (unsigned c = 0; c < m->count; c++)
			if (bytes_equal(text_trim(header->cells[c]), of[i])) {
				set_target(app, m, c, of[i + 1]);
				found = true;
			}
		/* A map file may serve files with fewer columns. */
		if (!found && !app_flag(app, FLAG_MAP_FILE))
			return tell(app, ERR_USAGE,
			    tr(app, "The file has no column %.*s."),
			    (int)of[i].len, (const char *)of[i].data);
	}
	return ERR_OK;
}

static void map_by_name(
    struct app *app, const struct sheet_row *header, struct mapping *m)
{
	for (unsigned c = 0; c < m->count; c++) {
		struct bytes name = text_trim(header->cells[c]);
		if (entity_find_field(app->entity, name) ||
		    bytes_find(name, '.'))
			set_target(app, m, c, name);
	}
}

enum err mapping_make(
    struct app *app, const struct sheet *sheet, struct mapping *m)
{
	const struct sheet_row *header = &sheet->rows[0];
	struct map_pairs pairs = { NULL, 0, 0 };

	*m = (struct mapping){ .count = header->count, .external = -1 };
	m->targets =
	    keep_array(&app->arena, header->count, sizeof(*m->targets));
	m->parts[0] =
	    (struct part){ app->entity->key, app->entity, BYTES_NONE };
	m->part_count = 1;
	enum err e = pairs_of_flag(app, &pairs);
	if (e == ERR_OK)
		e = pairs_of_file(app, &pairs);
	if (e == ERR_OK && pairs.count)
		e = apply_pairs(app, header, &pairs, m);
	else if (e == ERR_OK)
		map_by_name(app, header, m);
	if (e == ERR_OK)
		e = check_twice(app, header, m);
	return e == ERR_OK ? check_unmapped(app, sheet, m) : e;
}

int mapping_column(const struct mapping *m, unsigned part, struct bytes field)
{
	for (unsigned c = 0; c < m->count; c++) {
		const struct target *t = &m->targets[c];
		if (t->is_used && t->part == part && field.len &&
		    bytes_equal(t->key, field))
			return (int)c;
	}
	return -1;
}

// SPDX-License-Identifier: MIT
/*
 * Reading schema.get's answer into tables; see schema.h.
 */
#include "client/schema.h"

#include <strings.h>

#include "client/look.h"
#include "common/text.h"

#define SCHEMA_MOST ((size_t)8 << 20)

static const char *const type_words[TYPE_COUNT] = { "text", "note", "enum",
	"int", "decimal", "money", "date", "instant", "bool", "ref", "list" };

static const char *const level_words[LEVEL_COUNT] = { "none", "masked", "enter",
	"read", "create", "write" };

static const struct {
	const char *word;
	enum search way;
} searches[] = {
	{ "exact", SEARCH_EXACT },
	{ "prefix", SEARCH_PREFIX },
	{ "contains", SEARCH_CONTAINS },
	{ "range", SEARCH_RANGE },
	{ "tail", SEARCH_TAIL },
};

const char *field_type_word(enum field_type t)
{
	return type_words[t];
}

enum level level_parse(struct bytes word)
{
	for (unsigned i = 0; i < LEVEL_COUNT; i++)
		if (bytes_is(word, level_words[i]))
			return (enum level)i;
	return LEVEL_NONE;
}

static enum field_type parse_type(struct bytes word)
{
	for (unsigned i = 0; i < TYPE_COUNT; i++)
		if (bytes_is(word, type_words[i]))
			return (enum field_type)i;
	return TYPE_TEXT;
}

static unsigned parse_search(struct bytes map)
{
	uint32_t count;
	unsigned ways = 0;
	struct reader r = look_array(map, "search", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes word = value_text(read_raw(&r));
		for (size_t w = 0; w < sizeof(searches) / sizeof(*searches);
		     w++)
			if (bytes_is(word, searches[w].word))
				ways |= searches[w].way;
	}
	return ways;
}

static const struct choice *parse_choices(
    struct arena *a, struct bytes map, const char *key, unsigned *out)
{
	uint32_t count;
	struct reader r = look_array(map, key, &count);
	struct choice *all = keep_array(a, count, sizeof(*all));

	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		all[i].key = look_text(one, "key");
		all[i].zh = look_text(one, "zh");
		all[i].en = look_text(one, "en");
		all[i].initials = look_text(one, "initials");
		all[i].moves = look_value(one, "moves");
	}
	*out = count;
	return all;
}

static void parse_field(struct arena *a, struct bytes map, struct field *f)
{
	struct bytes label = look_value(map, "label");
	struct bytes hint = look_value(map, "hint");

	f->packed = map;
	f->key = look_text(map, "key");
	f->zh = look_text(label, "zh");
	f->en = look_text(label, "en");
	f->initials = look_text(label, "initials");
	f->hint_zh = look_text(hint, "zh");
	f->hint_en = look_text(hint, "en");
	f->example = look_text(map, "example");
	f->ref = look_text(map, "ref");
	f->check = look_text(map, "check");
	f->type = parse_type(look_text(map, "type"));
	f->level = level_parse(look_text(map, "level"));
	f->levels = look_value(map, "levels");
	f->required = look_bool(map, "required");
	f->recommended = look_bool(map, "recommended");
	f->is_auto = look_bool(map, "auto");
	f->sealed = look_bool(map, "sealed");
	f->watched = look_bool(map, "watched");
	f->unique = look_bool(map, "unique");
	f->reason = look_bool(map, "reason");
	f->open = look_bool(map, "open");
	f->places = (unsigned)look_int(map, "places", 0) % 19;
	f->fallback = look_value(map, "default");
	f->search = parse_search(map);
	f->choices = parse_choices(a, map, "values", &f->choice_count);
}

static void parse_entity(struct arena *a, struct bytes map, struct entity *e)
{
	uint32_t count;
	struct bytes label = look_value(map, "label");
	struct bytes may = look_value(map, "may");
	struct reader r = look_array(map, "fields", &count);
	struct field *fields = keep_array(a, count, sizeof(*fields));

	e->key = look_text(map, "key");
	e->zh = look_text(label, "zh");
	e->en = look_text(label, "en");
	e->initials = look_text(label, "initials");
	e->numbering = look_text(map, "number");
	e->number_field = look_text(map, "number_field");
	e->title = look_text(map, "title");
	e->parent = look_text(map, "parent");
	e->section = look_text(map, "section");
	e->time = look_text(map, "time");
	e->approval = look_text(map, "approval");
	e->may_create = look_bool(may, "create");
	e->waits = look_bool(may, "waits");
	e->may_import = look_bool(may, "import");
	e->may_export = look_bool(may, "export");
	for (uint32_t i = 0; i < count; i++)
		parse_field(a, read_raw(&r), &fields[i]);
	e->fields = fields;
	e->field_count = count;
	e->figures = parse_choices(a, map, "figures", &e->figure_count);
}

static const struct reporting *parse_reports(
    struct arena *a, struct bytes map, unsigned *out)
{
	uint32_t count;
	struct reader r = look_array(map, "reports", &count);
	struct reporting *all = keep_array(a, count, sizeof(*all));

	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);

		all[i].key = look_text(one, "key");
		all[i].zh = look_text(one, "zh");
		all[i].en = look_text(one, "en");
		all[i].params = look_value(one, "params");
		all[i].words = look_value(one, "words");
	}
	*out = count;
	return all;
}

struct schema *schema_parse(struct arena *a, struct bytes packed)
{
	struct schema *s = keep_alloc(a, sizeof(*s));
	uint32_t count;
	struct reader r = look_array(packed, "entities", &count);
	struct entity *entities = keep_array(a, count, sizeof(*entities));

	for (uint32_t i = 0; i < count; i++)
		parse_entity(a, read_raw(&r), &entities[i]);
	s->entities = entities;
	s->entity_count = count;
	s->sources = parse_choices(a, packed, "sources", &s->source_count);
	s->reports = parse_reports(a, packed, &s->report_count);
	return s;
}

enum err schema_recall(struct app *app)
{
	static const struct unpack_limits limits = { 16, 1000000 };
	struct bytes packed;

	if (app->schema)
		return ERR_OK;
	enum err e = file_read_private(&app->arena,
	    profile_path(&app->profile, &app->arena, KEEPING_SCHEMA),
	    SCHEMA_MOST, &packed);
	if (e == ERR_OK)
		e = unpack_check(packed, &limits);
	if (e == ERR_OK)
		app->schema = schema_parse(&app->arena, packed);
	return e;
}

static bool is_named(
    struct bytes name, struct bytes key, struct bytes zh, struct bytes en)
{
	if (bytes_equal(name, key) || (zh.len && bytes_equal(name, zh)))
		return true;
	return en.len && name.len == en.len &&
	       !strncasecmp(
		   (const char *)name.data, (const char *)en.data, en.len);
}

const struct entity *schema_find_entity(
    const struct schema *s, struct bytes name)
{
	for (unsigned i = 0; s && i < s->entity_count; i++) {
		const struct entity *e = &s->entities[i];
		if (is_named(name, e->key, e->zh, e->en))
			return e;
	}
	return NULL;
}

const struct field *entity_find_field(const struct entity *e, struct bytes name)
{
	for (unsigned i = 0; e && i < e->field_count; i++)
		if (bytes_equal(name, e->fields[i].key))
			return &e->fields[i];
	for (unsigned i = 0; e && i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		if (is_named(name, f->key, f->zh, f->en))
			return f;
	}
	return NULL;
}

const struct choice *field_find_choice(const struct field *f, struct bytes name)
{
	unsigned number = 0;
	bool is_number = name.len > 0 && name.len < 4;

	for (size_t i = 0; i < name.len; i++) {
		is_number =
		    is_number && name.data[i] >= '0' && name.data[i] <= '9';
		number = number * 10 + name.data[i] - '0';
	}
	for (unsigned i = 0; i < f->choice_count; i++) {
		const struct choice *c = &f->choices[i];
		if (is_named(name, c->key, c->zh, c->en))
			return c;
	}
	if (is_number && number >= 1 && number <= f->choice_count)
		return &f->choices[number - 1];
	return NULL;
}

bool field_may_enter(const struct field *f)
{
	return !f->is_auto &&
	       (f->level == LEVEL_ENTER || f->level >= LEVEL_CREATE);
}

enum level field_level_in(const struct field *f, const char *relation)
{
	if (value_type(f->levels) != UNPACK_MAP)
		return f->level;
	return level_parse(look_text(f->levels, relation));
}

struct bytes entity_label(const struct app *app, const struct entity *e)
{
	struct bytes label = words_label(&app->words, e->zh, e->en);

	return label.len ? label : e->key;
}

struct bytes field_label(const struct app *app, const struct field *f)
{
	struct bytes label = words_label(&app->words, f->zh, f->en);

	return label.len ? label : f->key;
}

struct bytes choice_label(const struct app *app, const struct choice *c)
{
	struct bytes label = words_label(&app->words, c->zh, c->en);

	return label.len ? label : c->key;
}

static struct bytes named(const struct app *app, const struct choice *list,
    unsigned count, struct bytes key)
{
	for (unsigned i = 0; i < count; i++)
		if (bytes_equal(list[i].key, key))
			return choice_label(app, &list[i]);
	return key;
}

struct bytes choice_named(
    const struct app *app, const struct field *f, struct bytes key)
{
	return named(app, f->choices, f->choice_count, key);
}

struct bytes figure_label(
    const struct app *app, const struct entity *e, struct bytes key)
{
	return named(app, e->figures, e->figure_count, key);
}

// SPDX-License-Identifier: MIT
/*
 * schema.get: the schema as this caller may know it.
 *
 * A field that no relation of his lets him see, mask or set is not there;
 * nothing about it, its options or its rules leaves the server.
 */
#include "common/pack.h"
#include "common/text.h"
#include "server/book/report.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/schema/check.h"
#include "server/schema/pinyin.h"

#define READINGS 4 /* of a label */

/* What he may do at the most; "enter" for what has no word of its own. */
static const char *strongest(unsigned bits)
{
	const char *word = level_word(bits);

	return word ? word : "enter";
}

static void pack_words(struct buf *out, struct label label)
{
	pack_key_cstr(out, "zh", label.zh ? label.zh : "");
	pack_key_cstr(out, "en", label.en ? label.en : "");
}

/* What somebody types who has no Chinese keyboard at hand: the initials of
 * the Chinese label, each reading of them, "hy xy".  1, or 0 if none. */
static uint32_t pack_initials(struct request *r, struct label label)
{
	struct bytes key, readings[READINGS];
	const char *text = "";
	size_t count = 0;

	if (label.zh &&
	    !text_compare_key(&r->arena, bytes_text(label.zh), &key))
		count = pinyin_initials(&r->arena, key, READINGS, readings);
	for (size_t i = 0; text && i < count; i++)
		text = arena_format(&r->arena, "%s%s%.*s", text, i ? " " : "",
		    (int)readings[i].len, (const char *)readings[i].data);
	if (!text || !*text)
		return 0;
	pack_key_cstr(&r->out, "initials", text);
	return 1;
}

static void pack_label(struct request *r, struct label label)
{
	size_t mark;

	pack_cstr(&r->out, "label");
	mark = pack_map_open(&r->out);
	pack_words(&r->out, label);
	pack_map_close(&r->out, mark, 2 + pack_initials(r, label));
}

static void pack_hint(struct buf *out, struct label hint)
{
	pack_cstr(out, "hint");
	pack_map(out, 2);
	pack_words(out, hint);
}

static void pack_moves(
    struct buf *out, const struct field *f, const struct choice *from)
{
	pack_cstr(out, "moves");
	pack_array(out, from->move_count);
	for (unsigned i = 0; i < from->move_count; i++)
		pack_cstr(out, f->choices[from->moves[i]].key);
}

static void pack_choices(struct request *r, const struct field *f)
{
	struct buf *out = &r->out;

	pack_cstr(out, "values");
	pack_array(out, f->choice_count);
	for (unsigned i = 0; i < f->choice_count; i++) {
		const struct choice *c = &f->choices[i];
		size_t mark = pack_map_open(out);
		uint32_t count = 3u + f->has_moves;

		pack_key_cstr(out, "key", c->key);
		pack_words(out, c->label);
		count += pack_initials(r, c->label);
		if (f->has_moves)
			pack_moves(out, f, c);
		pack_map_close(out, mark, count);
	}
}

static unsigned pack_levels(
    struct buf *out, const struct view_entity *ve, const struct field *f)
{
	unsigned range = view_range(ve), all = 0;
	size_t mark;
	uint32_t count = 0;

	pack_cstr(out, "levels");
	mark = pack_map_open(out);
	for (unsigned relation = RELATION_OWN; relation <= RELATION_ALL;
	     relation <<= 1) {
		unsigned bits;

		if (!(range & relation))
			continue;
		bits = view_level(ve, relation, false, f) |
		       view_level(ve, relation, true, f);
		pack_key_cstr(out, relation_word(relation), strongest(bits));
		all |= bits;
		count++;
	}
	pack_map_close(out, mark, count);
	return all;
}

static void pack_search(struct buf *out, const struct field *f)
{
	static const struct {
		unsigned index;
		const char *word;
	} kinds[] = { { INDEX_BLIND | INDEX_UNIQUE | INDEX_PLAIN, "exact" },
		{ INDEX_TOKENS, "prefix" }, { INDEX_TOKENS, "contains" },
		{ INDEX_PLAIN, "range" }, { INDEX_TAIL, "tail" } };
	size_t mark;
	uint32_t count = 0;

	pack_cstr(out, "search");
	mark = pack_array_open(out);
	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!(f->index & kinds[i].index))
			continue;
		pack_cstr(out, kinds[i].word);
		count++;
	}
	pack_array_close(out, mark, count);
}

static uint32_t pack_flags(struct buf *out, const struct field *f)
{
	const struct {
		const char *key;
		bool is;
	} flags[] = { { "required", f->required },
		{ "recommended", f->recommended },
		{ "auto", f->is_auto || f->derive.kind != DERIVE_NONE },
		{ "sealed", f->sealed }, { "watched", f->watched },
		{ "reason", f->reason_needed }, { "once", f->once },
		{ "open", f->open_choices },
		{ "unique", f->index & (INDEX_UNIQUE | INDEX_WITHIN) } };
	uint32_t count = 0;

	for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (!flags[i].is)
			continue;
		pack_key_bool(out, flags[i].key, true);
		count++;
	}
	return count;
}

static uint32_t pack_extras(struct request *r, const struct field *f)
{
	struct buf *out = &r->out;
	uint32_t count = pack_flags(out, f);

	if (f->hint.zh && *f->hint.zh) {
		pack_hint(out, f->hint);
		count++;
	}
	if (f->example && *f->example) {
		pack_key_cstr(out, "example", f->example);
		count++;
	}
	if (f->check) {
		pack_key_cstr(out, "check", f->check->name);
		count++;
	}
	if (f->choice_count) {
		pack_choices(r, f);
		count++;
	}
	if (f->ref_name) {
		pack_key_cstr(out, "ref", f->ref_name);
		count++;
	}
	if (f->max) {
		pack_key_int(out, "max", f->max);
		count++;
	}
	if (f->places) {
		pack_key_int(out, "places", f->places);
		count++;
	}
	if (f->fallback.len) {
		pack_cstr(out, "default");
		pack_raw(out, f->fallback);
		count++;
	}
	return count;
}

static void pack_field(
    struct request *r, const struct view_entity *ve, const struct field *f)
{
	struct buf *out = &r->out;
	size_t mark = pack_map_open(out);
	uint32_t count = 6;

	pack_key_cstr(out, "key", f->key);
	pack_label(r, f->label);
	pack_key_cstr(out, "type", field_type_word(f->type));
	pack_key_cstr(out, "level", strongest(pack_levels(out, ve, f)));
	pack_search(out, f);
	count += pack_extras(r, f);
	pack_map_close(out, mark, count);
}

static bool may_set(const struct view_entity *ve, const struct field *f)
{
	return (view_level(ve, view_range(ve), false, f) |
		   view_level(ve, view_range(ve), true, f)) &
	       (MAY_SET | MAY_SET_NEW);
}

static bool may_set_any(const struct view_entity *ve)
{
	const struct entity *e = view_entity_schema(ve);

	for (unsigned i = 0; i < e->field_count; i++)
		if (may_set(ve, &e->fields[i]))
			return true;
	return false;
}

/* Whoever cannot say what a record cannot be without makes none. */
static bool may_create(const struct view_entity *ve)
{
	const struct entity *e = view_entity_schema(ve);

	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		if (f->required && !f->is_auto && !f->of_request &&
		    !f->fallback.len && !may_set(ve, f))
			return false;
	}
	return may_set_any(ve);
}

static void pack_may(struct request *r, const struct view_entity *ve)
{
	const struct view *v = r->caller.view;
	unsigned rights = view_rights(v, 0) | view_rights(v, view_range(ve));

	pack_cstr(&r->out, "may");
	pack_map(&r->out, 3u + view_waits(ve));
	pack_key_bool(&r->out, "create", may_create(ve));
	if (view_waits(ve))
		pack_key_bool(&r->out, "waits", true);
	pack_key_bool(
	    &r->out, "import", rights & RIGHT_IMPORT && may_set_any(ve));
	pack_key_bool(&r->out, "export", rights & RIGHT_EXPORT);
}

static uint32_t pack_names(
    struct buf *out, const struct view_entity *ve, const struct entity *e)
{
	static const char *const numberings[] = { "none", "series", "child",
		"code" };
	const struct {
		const char *key;
		const struct field *field;
	} roles[] = { { "number_field", e->number_field },
		{ "title", e->title_field }, { "status", e->status_field },
		{ "parent", e->parent_field },
		{ "approval", e->approval_field },
		{ "external", e->external_field }, { "time", e->time_field } };
	uint32_t count = 1 + (e->section != NULL);

	pack_key_cstr(out, "number", numberings[e->numbering]);
	if (e->section)
		pack_key_cstr(out, "section", e->section);
	for (unsigned i = 0; i < sizeof roles / sizeof *roles; i++) {
		const struct field *f = roles[i].field;

		if (!f || !view_field(ve, bytes_text(f->key)))
			continue;
		pack_key_cstr(out, roles[i].key, f->key);
		count++;
	}
	return count;
}

/* Of children and fields that he may know of. */
static bool is_known_figure(const struct view *v, const struct field *figure)
{
	for (unsigned i = 0; i < figure->derive.part_count; i++) {
		const struct derive_part *part = &figure->derive.parts[i];
		const struct view_entity *ve = view_entity_of(v, part->child);

		if (!ve || !view_field(ve, bytes_text(part->by->key)) ||
		    (part->field &&
			!view_field(ve, bytes_text(part->field->key))))
			return false;
	}
	return true;
}

/* 1 if there are any. */
static uint32_t pack_figures(struct request *r, const struct entity *e)
{
	size_t mark;
	uint32_t count = 0;

	if (!e->figure_count)
		return 0;
	pack_cstr(&r->out, "figures");
	mark = pack_array_open(&r->out);
	for (unsigned i = 0; i < e->figure_count; i++) {
		const struct field *f = &e->figures[i];

		if (!is_known_figure(r->caller.view, f))
			continue;
		pack_map(&r->out, 3);
		pack_key_cstr(&r->out, "key", f->key);
		pack_key_cstr(&r->out, "zh", f->label.zh);
		pack_key_cstr(&r->out, "en", f->label.en);
		count++;
	}
	pack_array_close(&r->out, mark, count);
	return 1;
}

static void pack_entity(struct request *r, const struct view_entity *ve)
{
	const struct entity *e = view_entity_schema(ve);
	struct buf *out = &r->out;
	size_t mark = pack_map_open(out), list;
	uint32_t count = 4, fields = 0;

	pack_key_cstr(out, "key", e->key);
	pack_label(r, e->label);
	pack_may(r, ve);
	count += pack_names(out, ve, e);
	pack_cstr(out, "fields");
	list = pack_array_open(out);
	for (unsigned i = 0; i < e->field_count; i++) {
		if (!view_field(ve, bytes_text(e->fields[i].key)))
			continue;
		pack_field(r, ve, &e->fields[i]);
		fields++;
	}
	pack_array_close(out, list, fields);
	count += pack_figures(r, e);
	pack_map_close(out, mark, count);
}

static void pack_sources(struct request *r)
{
	unsigned count;
	const struct choice *of =
	    schema_sources(directory_schema(r->desk->directory), &count);

	pack_cstr(&r->out, "sources");
	pack_array(&r->out, count);
	for (unsigned i = 0; i < count; i++) {
		pack_map(&r->out, 3);
		pack_key_cstr(&r->out, "key", of[i].key);
		pack_key_cstr(&r->out, "zh", of[i].label.zh);
		pack_key_cstr(&r->out, "en", of[i].label.en);
	}
}

/* Those that the caller may have: for whoever completes a command. */
static void pack_reports(struct request *r)
{
	struct report_offers offers;
	const struct report *report;
	size_t mark, at = 0;
	uint32_t count = 0;

	pack_cstr(&r->out, "reports");
	mark = pack_array_open(&r->out);
	for (; (report = request_report(r, &at, &offers)) != NULL; count++) {
		pack_map(&r->out, 5);
		pack_key_cstr(&r->out, "key", report->name);
		pack_words(&r->out, report->label);
		report_pack_asks(report, &offers, &r->out);
	}
	pack_array_close(&r->out, mark, count);
}

enum err on_schema_get(struct request *r)
{
	const struct schema *s = directory_schema(r->desk->directory);
	size_t mark;
	uint32_t count = 0;

	pack_map(&r->out, 4);
	pack_key_int(&r->out, "version", s->version);
	pack_sources(r);
	pack_reports(r);
	pack_cstr(&r->out, "entities");
	mark = pack_array_open(&r->out);
	for (unsigned i = 0; i < s->entity_count; i++) {
		const struct view_entity *ve =
		    view_entity_of(r->caller.view, &s->entities[i]);

		if (!ve)
			continue;
		pack_entity(r, ve);
		count++;
	}
	pack_array_close(&r->out, mark, count);
	return ERR_OK;
}

// SPDX-License-Identifier: MIT
/*
 * First pass of the schema compiler: what stands in the document goes into
 * the structures, one table row a key, and an unknown key is refused.
 */
#include "common/unpack.h"
#include "server/schema/machine.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A field while its map is read: the field, and what is resolved later. */
struct field_reading {
	struct field field;
	struct raw_field raw;
	const char *class_name, *variant_class;
	struct bytes values, moves;
};

/* --- readers of one value ------------------------------------------------*/

static void key_class(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	const char *name = compile_text(c, value);

	(void)k;
	if (!name)
		return;
	if (schema_class(c->schema, bytes_text(name)) < 0)
		compile_fail(c, "there is no class %.40s", name);
	*(const char **)at = name;
}

/* The place of the packed word in `words`, -1 if it is none of them. */
static int word_of(struct compiler *c, struct bytes value,
    const char *const *words, unsigned count, const char *what)
{
	const char *text = compile_text(c, value);

	if (!text)
		return -1;
	for (unsigned i = 0; i < count; i++)
		if (words[i] && !strcmp(text, words[i]))
			return (int)i;
	compile_fail(c, "there is no %s %.40s", what, text);
	return -1;
}

static const char *const type_words[TYPE_COUNT] = { [TYPE_TEXT] = "text",
	[TYPE_NOTE] = "note",
	[TYPE_ENUM] = "enum",
	[TYPE_INT] = "int",
	[TYPE_DECIMAL] = "decimal",
	[TYPE_MONEY] = "money",
	[TYPE_DATE] = "date",
	[TYPE_INSTANT] = "instant",
	[TYPE_BOOL] = "bool",
	[TYPE_REF] = "ref",
	[TYPE_LIST] = "list" };

const char *field_type_word(enum field_type t)
{
	return t < TYPE_COUNT ? type_words[t] : "";
}

static void key_type(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	int i = word_of(c, value, type_words, TYPE_COUNT, k->key);
	if (i >= 0)
		*(enum field_type *)at = (enum field_type)i;
}

static void key_mask(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	static const char *const words[MASK_COUNT] = {
		[MASK_HIDDEN] = "hidden",
		[MASK_NAME] = "name",
		[MASK_COMPANY] = "company",
		[MASK_PHONE] = "phone",
		[MASK_EMAIL] = "email",
		[MASK_WECHAT] = "wechat",
		[MASK_PERSON_ID] = "person_id",
		[MASK_ACCOUNT] = "account",
		[MASK_ADDRESS] = "address",
		[MASK_BUCKET] = "bucket",
		[MASK_BIRTHDAY] = "birthday",
		[MASK_SHOWN] = "shown",
	};
	int i = word_of(c, value, words, MASK_COUNT, k->key);
	if (i >= 0)
		*(enum mask_kind *)at = (enum mask_kind)i;
}

static void key_index(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	static const char *const words[] = { "plain", "blind", "tokens", "tail",
		"unique", "unique_in_parent", "timed" };
	struct reader r = reader_of(value);
	uint32_t count = read_array(&r);

	if (r.err != ERR_OK)
		compile_fail(c, "index: a list is expected");
	while (count-- && c->err == ERR_OK) {
		int i = word_of(c, read_raw(&r), words, COUNT(words), k->key);
		if (i >= 0)
			*(unsigned *)at |= 1U << i;
	}
}

static void key_auto(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	static const char *const words[] = {
		[DERIVE_CREATED_AT] = "created_at",
		[DERIVE_CREATED_BY] = "created_by",
		[DERIVE_UPDATED_AT] = "updated_at",
		[DERIVE_UPDATED_BY] = "updated_by",
		[DERIVE_NUMBER] = "number",
		[DERIVE_ALIAS] = "alias",
	};
	int i = word_of(c, value, words, COUNT(words), k->key);
	if (i >= 0)
		*(enum derive_kind *)at = (enum derive_kind)i;
}

static void key_check(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	const char *name = compile_text(c, value);
	const struct check *check;

	(void)k;
	if (!name)
		return;
	check = check_find(bytes_text(name));
	if (!check)
		compile_fail(c, "there is no check %.40s", name);
	*(const struct check **)at = check;
}

static void bound(struct compiler *c, struct bytes value, struct decimal *out,
    const struct key_row *k)
{
	struct reader r = reader_of(value);
	const char *text;

	if (reader_peek(&r) == UNPACK_INT) {
		*out = decimal_int(read_int(&r));
		return;
	}
	text = compile_text(c, value);
	if (text && decimal_parse(bytes_text(text), out) != ERR_OK)
		compile_fail(c, "%s: a number is expected", k->key);
}

static void key_least(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	struct field *f = at;
	bound(c, value, &f->least, k);
	f->has_least = true;
}

static void key_most(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	struct field *f = at;
	bound(c, value, &f->most, k);
	f->has_most = true;
}

static void key_example(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k)
{
	struct reader r = reader_of(value);

	if (reader_peek(&r) != UNPACK_INT) {
		key_text(c, value, at, k);
		return;
	}
	char *text = arena_format(c->arena, "%lld", (long long)read_int(&r));
	if (text)
		*(const char **)at = text;
}

/* --- fields --------------------------------------------------------------*/

#define FIELD(member)   offsetof(struct field_reading, field.member)
#define READING(member) offsetof(struct field_reading, member)

/* clang-format off */
static const struct key_row field_rows[] = {
	{ "id",             key_small,   FIELD(id), 1, SCHEMA_FIELDS - 1 },
	{ "label",          key_label,   FIELD(label), 0, 0 },
	{ "hint",           key_label,   FIELD(hint), 0, 0 },
	{ "example",        key_example, FIELD(example), 0, 0 },
	{ "type",           key_type,    FIELD(type), 0, 0 },
	{ "max",            key_short,   FIELD(max), 1, 4000 },
	{ "since",          key_short,   FIELD(since), 1, UINT16_MAX },
	{ "places",         key_small,   FIELD(places), 0, 6 },
	{ "least",          key_least,   READING(field), 0, 0 },
	{ "most",           key_most,    READING(field), 0, 0 },
	{ "check",          key_check,   FIELD(check), 0, 0 },
	{ "needs",          key_raw,     READING(raw.needs), 0, 0 },
	{ "flags",          key_raw,     READING(raw.flags), 0, 0 },
	{ "day_of",         key_raw,     READING(raw.day_of), 0, 0 },
	{ "values",         key_raw,     READING(values), 0, 0 },
	{ "moves",          key_raw,     READING(moves), 0, 0 },
	{ "open",           key_bool,    FIELD(open_choices), 0, 0 },
	{ "ref",            key_text,    FIELD(ref_name), 0, 0 },
	{ "class",          key_class,   READING(class_name), 0, 0 },
	{ "variant_class",  key_class,   READING(variant_class), 0, 0 },
	{ "sealed",         key_bool,    FIELD(sealed), 0, 0 },
	{ "watched",        key_bool,    FIELD(watched), 0, 0 },
	{ "by_server",      key_bool,    FIELD(is_auto), 0, 0 },
	{ "decides",        key_bool,    FIELD(decides), 0, 0 },
	{ "once",           key_bool,    FIELD(once), 0, 0 },
	{ "single",         key_bool,    FIELD(single), 0, 0 },
	{ "counted",        key_bool,    FIELD(counted), 0, 0 },
	{ "change",         key_bool,    FIELD(is_change), 0, 0 },
	{ "of_request",     key_bool,    FIELD(of_request), 0, 0 },
	{ "required",       key_bool,    FIELD(required), 0, 0 },
	{ "recommended",    key_bool,    FIELD(recommended), 0, 0 },
	{ "reason",         key_bool,    FIELD(reason_needed), 0, 0 },
	{ "index",          key_index,   FIELD(index), 0, 0 },
	{ "likeness",       key_small,   FIELD(likeness), 1, 99 },
	{ "mask",           key_mask,    FIELD(mask), 0, 0 },
	{ "default",        key_raw,     FIELD(fallback), 0, 0 },
	{ "import_default", key_raw,     FIELD(import_fallback), 0, 0 },
	{ "auto",           key_auto,    FIELD(derive.kind), 0, 0 },
	{ "derive",         key_raw,     READING(raw.derive), 0, 0 },
};
/* clang-format on */

static void read_choices(
    struct compiler *c, struct bytes values, struct field *f)
{
	struct reader r = reader_of(values);
	uint32_t count = read_map(&r);
	struct key_row row = { .key = "values" };
	struct choice *choices;

	if (r.err != ERR_OK || count == 0 || count > 200) {
		compile_fail(c, "values: a map of 1 to 200 is expected");
		return;
	}
	choices = compile_array(c, count, sizeof *choices);
	for (uint32_t i = 0; i < count && c->err == ERR_OK; i++) {
		choices[i].key = compile_word(c, read_text(&r));
		key_label(c, read_raw(&r), &choices[i].label, &row);
	}
	f->choices = choices;
	f->choice_count = count;
}

static void keep_class(
    struct compiler *c, const struct field_reading *in, struct field *f)
{
	const char *variant =
	    in->variant_class ? in->variant_class : in->class_name;

	if (!in->class_name) {
		compile_fail(c, "names no class; every field does");
		return;
	}
	f->class_of =
	    (uint8_t)schema_class(c->schema, bytes_text(in->class_name));
	f->class_variant =
	    (uint8_t)schema_class(c->schema, bytes_text(variant));
}

static void read_field(struct compiler *c, struct bytes key,
    struct bytes packed, struct entity *e, struct raw_entity *raw)
{
	struct field_reading in = { .field = { .type = TYPE_COUNT,
					.hint = { "", "" },
					.example = "" } };
	struct field *f = (struct field *)(uintptr_t)&e->fields[e->field_count];

	in.field.key = compile_word(c, key);
	in.field.packed_key = value_pack_text(c->arena, key);
	c->field = in.field.key;
	compile_keys(c, packed, field_rows, COUNT(field_rows), &in);
	if (c->err == ERR_OK)
		keep_class(c, &in, &in.field);
	if (c->err == ERR_OK && in.values.len)
		read_choices(c, in.values, &in.field);
	if (c->err == ERR_OK)
		machine_read(c, in.moves, &in.field);
	if (in.field.type == TYPE_MONEY)
		in.field.places = 2;
	in.field.entity = e;
	in.field.slot = (uint16_t)e->field_count;
	in.field.bound = (uint32_t)e->id << 8 | in.field.id;
	raw->field[e->field_count++] = in.raw;
	*f = in.field;
	c->field = NULL;
}

static void read_fields(
    struct compiler *c, struct entity *e, struct raw_entity *raw)
{
	struct reader r = reader_of(raw->fields);
	uint32_t count = raw->fields.len ? read_map(&r) : 0;

	if (r.err != ERR_OK || count == 0 || count >= SCHEMA_FIELDS) {
		compile_fail(c, "fields: a map of 1 to %d is expected",
		    SCHEMA_FIELDS - 1);
		return;
	}
	e->fields = compile_array(c, count, sizeof(struct field));
	while (count-- && c->err == ERR_OK) {
		struct bytes key = read_text(&r);
		read_field(c, key, read_raw(&r), e, raw);
	}
}

/* --- entities ------------------------------------------------------------*/

struct entity_reading {
	struct entity entity;
	struct raw_entity raw;
};

#define ENTITY(member) offsetof(struct entity_reading, entity.member)
#define RAW(member)    offsetof(struct entity_reading, raw.member)

/* clang-format off */
static const struct key_row entity_rows[] = {
	{ "id",       key_small, ENTITY(id), 1, SCHEMA_ENTITIES - 1 },
	{ "label",    key_label, ENTITY(label), 0, 0 },
	{ "scoped",   key_bool,  ENTITY(scoped), 0, 0 },
	{ "retained", key_bool,  ENTITY(retained), 0, 0 },
	{ "fields",   key_raw,   RAW(fields), 0, 0 },
	{ "figures",  key_raw,   RAW(figures), 0, 0 },
	{ "rules",    key_raw,   RAW(rules), 0, 0 },
	{ "number",   key_raw,   RAW(number), 0, 0 },
	{ "variant",  key_raw,   RAW(variant), 0, 0 },
	{ "parent",   key_raw,   RAW(parent), 0, 0 },
	{ "subject",  key_raw,   RAW(subject), 0, 0 },
	{ "title",    key_raw,   RAW(title), 0, 0 },
	{ "branch",   key_raw,   RAW(branch), 0, 0 },
	{ "owner",    key_raw,   RAW(owner), 0, 0 },
	{ "owner_since", key_raw, RAW(owner_since), 0, 0 },
	{ "status",   key_raw,   RAW(status), 0, 0 },
	{ "approval", key_raw,   RAW(approval), 0, 0 },
	{ "area",     key_raw,   RAW(area), 0, 0 },
	{ "external", key_raw,   RAW(external), 0, 0 },
	{ "time",     key_raw,   RAW(time), 0, 0 },
	{ "section",  key_text,  ENTITY(section), 0, 0 },
	{ "credit",   key_raw,   RAW(credit), 0, 0 },
	{ "reviews",  key_raw,   RAW(reviews), 0, 0 },
};
/* clang-format on */

static void read_entity(struct compiler *c, struct bytes key,
    struct bytes packed, struct entity *e, struct raw_entity *raw)
{
	struct entity_reading *in = compile_array(c, 1, sizeof *in);

	if (!in)
		return;
	e->key = compile_word(c, key);
	c->entity = e->key;
	in->entity.key = e->key;
	compile_keys(c, packed, entity_rows, COUNT(entity_rows), in);
	*e = in->entity;
	*raw = in->raw;
	if (c->err == ERR_OK && !e->label.zh)
		compile_fail(c, "has no label");
	if (c->err == ERR_OK && !e->id)
		compile_fail(c, "has no id");
	if (c->err == ERR_OK)
		read_fields(c, e, raw);
	c->entity = NULL;
}

void compile_entities(struct compiler *c, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t count = packed.len ? read_map(&r) : 0;

	if (r.err != ERR_OK || count == 0 || count >= SCHEMA_ENTITIES) {
		compile_fail(c, "entities: a map of 1 to %d is expected",
		    SCHEMA_ENTITIES - 1);
		return;
	}
	c->entities = compile_array(c, count, sizeof *c->entities);
	c->raw = compile_array(c, count, sizeof *c->raw);
	c->schema->entities = c->entities;
	for (uint32_t i = 0; i < count && c->err == ERR_OK; i++) {
		struct bytes key = read_text(&r);
		read_entity(c, key, read_raw(&r), &c->entities[i], &c->raw[i]);
		c->schema->entity_count++;
	}
}

void compile_classes(struct compiler *c, struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint32_t count = packed.len ? read_array(&r) : 0;

	if (r.err != ERR_OK || count == 0 || count > SCHEMA_CLASSES) {
		compile_fail(c, "classes: a list of 1 to %d is expected",
		    SCHEMA_CLASSES);
		return;
	}
	while (count-- && c->err == ERR_OK) {
		const char *name = compile_word(c, read_text(&r));
		if (!name)
			return;
		if (schema_class(c->schema, bytes_text(name)) >= 0)
			compile_fail(
			    c, "the class %s stands there twice", name);
		c->schema->classes[c->schema->class_count++] = name;
	}
}

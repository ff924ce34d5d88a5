// SPDX-License-Identifier: MIT
/*
 * dictionary.*: the values of enumerations, one at a time.
 *
 * They are the schema's: each change makes another document, tries it out
 * beside the present one, and is a version of the schema.  A value is taken
 * away by putting another in its place in every record that has it.
 */
#include "common/pack.h"
#include "server/access/role_document.h"
#include "server/data/rows.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/sweep.h"
#include "server/schema/book_rules.h"
#include "server/schema/value.h"

#define DEPTH         6 /* entities, entity, fields, field, values, value */
#define SCRATCH_BLOCK (64 * 1024)
#define SCRATCH_CAP   (4 * 1024 * 1024)

struct choosing { /* of a dictionary, as it is asked about */
	const struct field *field;
	struct bytes value;
	bool is_there;
};

static enum err need_field(struct request *r, struct choosing *e)
{
	const struct schema *s = directory_schema(r->desk->directory);
	struct bytes entity = param_text(r, "entity");
	struct bytes field = param_text(r, "field");
	const struct entity *of = schema_entity(s, entity);

	if (param_error(r))
		return param_error(r);
	r->bad_field = of ? field : entity;
	e->field = of ? entity_field(of, field) : NULL;
	if (!e->field)
		return ERR_UNKNOWN;
	r->bad_field = BYTES_NONE;
	return e->field->type == TYPE_ENUM
		   ? ERR_OK
		   : request_refuse(
			 r, "field", "type", "this field has no dictionary");
}

static enum err need_entry(struct request *r, struct choosing *e)
{
	enum err err = need_field(r, e);

	if (err)
		return err;
	e->value = param_text(r, "value");
	if (param_error(r))
		return param_error(r);
	if (!e->value.len)
		return request_refuse(
		    r, "value", "required", "say which value, by its key");
	for (unsigned i = 0; i < e->field->choice_count; i++)
		e->is_there |= bytes_is(e->value, e->field->choices[i].key);
	return ERR_OK;
}

/* --- the document --------------------------------------------------------*/

/* Appends `map` with `value` at the path's end; none: without that key. */
static void replace_at(struct bytes map, const char *const *path,
    unsigned depth, struct bytes value, struct buf *out)
{
	struct buf inner;

	if (depth == 1) {
		section_replace(map, *path, value, out);
		return;
	}
	buf_init(&inner, STORE_VALUE);
	replace_at(
	    unpack_lookup(map, *path), path + 1, depth - 1, value, &inner);
	if (inner.err && !out->err)
		out->err = inner.err;
	section_replace(map, *path, buf_bytes(&inner), out);
	buf_release(&inner);
}

static enum err plan_document(
    struct request *r, struct bytes document, const struct choosing *e)
{
	uint32_t version = directory_schema(r->desk->directory)->version + 1;
	struct directory *then;
	enum err err = request_try_document(
	    r, document, version, "value", "schema", &then);

	if (err)
		return err;
	directory_free(then);
	pack_map(&r->out, 1);
	pack_key_int(&r->out, "version", version);
	return request_plan_document(r, document, version,
	    arena_format(&r->arena, "%s.%s %.*s, version %u",
		e->field->entity->key, e->field->key, (int)e->value.len,
		(const char *)e->value.data, version));
}

/* `label` none: the value goes. */
static enum err change(
    struct request *r, const struct choosing *e, struct bytes label)
{
	const char *value = arena_text(&r->arena, e->value);
	const char *const path[DEPTH] = { "entities", e->field->entity->key,
		"fields", e->field->key, "values", value };
	struct buf document;
	enum err err;

	if (!value)
		return ERR_TOO_LARGE;
	buf_init(&document, STORE_VALUE);
	replace_at(directory_schema(r->desk->directory)->document, path, DEPTH,
	    label, &document);
	err = document.err ? document.err
			   : plan_document(r, buf_bytes(&document), e);
	buf_release(&document);
	return err;
}

/* --- methods -------------------------------------------------------------*/

enum err on_dictionary_list(struct request *r)
{
	struct choosing e = { .is_there = false };
	enum err err = need_field(r, &e);

	if (err)
		return err;
	pack_map(&r->out, 1);
	pack_cstr(&r->out, "rows");
	pack_array(&r->out, e.field->choice_count);
	for (unsigned i = 0; i < e.field->choice_count; i++) {
		const struct choice *c = &e.field->choices[i];

		pack_map(&r->out, 3);
		pack_key_cstr(&r->out, "value", c->key);
		pack_key_cstr(&r->out, "zh", c->label.zh);
		pack_key_cstr(&r->out, "en", c->label.en);
	}
	return ERR_OK;
}

/* A new value, or other labels for one that is there. */
enum err on_dictionary_set(struct request *r)
{
	struct choosing e = { .is_there = false };
	struct bytes packed;
	struct buf label;
	enum err err = need_entry(r, &e);

	if (err)
		return err;
	if (!param_text(r, "zh").len || !param_text(r, "en").len)
		return request_refuse(
		    r, "zh", "required", "a value has a label in zh and in en");
	buf_init(&label, STORE_VALUE);
	pack_array(&label, 2);
	pack_text(&label, param_text(r, "zh"));
	pack_text(&label, param_text(r, "en"));
	packed = buf_move(&label, &r->arena);
	if (!packed.data)
		return ERR_TOO_LARGE;
	return param_error(r) ? param_error(r) : change(r, &e, packed);
}

/* --- taking away ---------------------------------------------------------*/

struct removal {
	const struct field *field;
	struct bytes value, to; /* packed */
	uint32_t version;
	struct ids users;
};

static enum err look(
    struct desk *d, struct removal *m, uint64_t id, struct arena *scratch)
{
	struct record *r;
	enum err err;

	arena_reset(scratch);
	err = record_load(d, scratch, m->field->entity, id, &r);
	if (!err)
		err = record_open(d, r);
	if (!err && bytes_equal(record_plain(r, m->field), m->value))
		ids_add(&m->users, id);
	return err;
}

/* Every record, also those that nobody is shown. */
static enum err find_users(struct desk *d, struct removal *m)
{
	struct arena scratch;
	struct rows rows;
	struct row row;
	uint64_t id;
	enum err err = ERR_OK, ended;

	arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	rows_open(&rows, d, m->field->entity, 0);
	while (!err && rows_next(&rows, &id, &row))
		err = look(d, m, id, &scratch);
	ended = rows_close(&rows);
	arena_release(&scratch);
	return err ? err : ended;
}

static enum err give_other(void *ctx, struct work *w, uint64_t id)
{
	struct removal *m = ctx;
	struct record *r;
	enum err err = work_record(w, m->field->entity, id, &r);

	if (!err && bytes_equal(record_plain(r, m->field), m->value))
		work_move(r, m->field, m->to, "dictionary", m->version);
	return err;
}

static enum err check_removal(struct request *r, const struct choosing *e)
{
	const struct field *f = e->field;
	const char *why = book_target_fault(f->entity, f);
	struct bytes to = param_text(r, "to");
	bool is_there = false;

	if (param_error(r))
		return param_error(r);
	if (!e->is_there)
		return ERR_NOT_FOUND;
	if (why || f == f->entity->status_field)
		return request_refuse(r, "field", "fixed",
		    "values of this field stay: records are kept by them");
	for (unsigned i = 0; i < f->choice_count; i++)
		is_there |= bytes_is(to, f->choices[i].key);
	return is_there && !bytes_equal(to, e->value)
		   ? ERR_OK
		   : request_refuse(r, "to", "choice",
			 "say which other value takes its place");
}

/* Whether a record has it is nobody's to learn who may not read it: so the
 * other value is always named, and the answer is always the same. */
enum err on_dictionary_remove(struct request *r)
{
	struct choosing e = { .is_there = false };
	struct removal m = { .field = NULL };
	struct sweep sweep = { .desk = r->desk,
		.who = &r->caller,
		.draft = r->draft,
		.ids = &m.users,
		.change = give_other,
		.ctx = &m };
	enum err err = need_entry(r, &e);

	if (!err)
		err = check_removal(r, &e);
	if (err)
		return err;
	m.field = e.field;
	m.value = value_pack_text(&r->arena, e.value);
	m.to = value_pack_text(&r->arena, param_text(r, "to"));
	m.version = directory_schema(r->desk->directory)->version + 1;
	err = r->arena.err ? ERR_TOO_LARGE : find_users(r->desk, &m);
	if (!err)
		err = sweep_run(&sweep);
	ids_release(&m.users);
	return err ? err : change(r, &e, BYTES_NONE);
}

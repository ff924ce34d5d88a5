// SPDX-License-Identifier: MIT
/*
 * Compiling a schema: the recipe, and what it refuses.
 *
 * schema_compile() is the recipe: check the document's form, read it, build
 * the lookups, link names, refuse contradictions.  The compiler's own parts
 * are read.c and link.c (see compile.h).
 */
#include "server/schema/compile.h"
#include "common/date.h"
#include "common/unpack.h"
#include "server/schema/value.h"

#include <stdio.h>
#include <stdlib.h>

#define SCHEMA_BLOCK (256 * 1024)
#define SCHEMA_CAP   (16 * 1024 * 1024)

/* --- lookups -------------------------------------------------------------*/

static void index_field(
    struct compiler *c, struct entity *e, const struct field *f)
{
	c->field = f->key;
	if (!f->id)
		compile_fail(c, "has no id");
	else if (e->by_id[f->id])
		compile_fail(
		    c, "its id is also that of %s", e->by_id[f->id]->key);
	e->by_id[f->id] = f;
	compile_hash(e, f);
	c->field = NULL;
}

static void index_all(struct compiler *c)
{
	struct schema *s = c->schema;

	for (unsigned i = 0; i < s->entity_count && c->err == ERR_OK; i++) {
		struct entity *e = &c->entities[i];
		c->entity = e->key;
		if (s->by_id[e->id])
			compile_fail(c, "its id is also that of %s",
			    s->by_id[e->id]->key);
		s->by_id[e->id] = e;
		for (unsigned f = 0; f < e->field_count && c->err == ERR_OK;
		     f++)
			index_field(c, e, &e->fields[f]);
	}
	c->entity = NULL;
}

static void list_sealed(struct compiler *c, struct entity *e)
{
	const struct field **sealed =
	    compile_array(c, e->field_count, sizeof *sealed);

	if (!sealed)
		return;
	for (unsigned i = 0; i < e->field_count; i++)
		if (e->fields[i].sealed)
			sealed[e->sealed_count++] = &e->fields[i];
	e->sealed = sealed;
}

/* --- contradictions ------------------------------------------------------*/

static bool is_ordered(enum field_type t)
{
	return t != TYPE_NOTE && t != TYPE_LIST;
}

static bool is_text(enum field_type t)
{
	return t == TYPE_TEXT || t == TYPE_NOTE || t == TYPE_LIST;
}

static bool is_number(enum field_type t)
{
	return t == TYPE_INT || t == TYPE_DECIMAL || t == TYPE_MONEY;
}

static bool is_one_index(unsigned index)
{
	return !(index & (INDEX_UNIQUE | INDEX_WITHIN)) ||
	       index & (INDEX_PLAIN | INDEX_BLIND);
}

static bool fits_check(const struct field *f)
{
	if (!f->check)
		return true;
	if (f->check->kind == CHECK_DAY)
		return f->type == TYPE_DATE || f->type == TYPE_INSTANT;
	return is_text(f->type);
}

struct fault {
	bool is_there;
	const char *why;
};

static const char *first_fault(const struct fault *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].is_there)
			return list[i].why;
	return NULL;
}

static const char *index_fault(const struct field *f)
{
	const struct fault faults[] = {
		{ f->sealed && f->index & INDEX_PLAIN,
		    "is sealed: a plain index would show it" },
		{ f->index & INDEX_PLAIN && !is_ordered(f->type),
		    "has no order for a plain index" },
		{ f->index & (INDEX_TOKENS | INDEX_TAIL) &&
			f->type != TYPE_TEXT,
		    "only a text has tokens or a tail" },
		{ f->index & INDEX_BLIND && !is_text(f->type),
		    "only a text or list has a blind index" },
		{ f->index & INDEX_TAIL && !(f->index & INDEX_BLIND),
		    "has a tail, but no blind index that begins with it" },
		{ !is_one_index(f->index),
		    "is unique without a plain or blind index" },
		{ f->index & INDEX_WITHIN && !f->entity->parent,
		    "is unique in a parent that there is not" },
		{ f->counted &&
			(f->type != TYPE_INT || !(f->index & INDEX_WITHIN) ||
			    !f->entity->parent ||
			    f->entity->parent->alias_field),
		    "is counted: a whole number, unique in a parent that is "
		    "never merged" },
		{ f->index & INDEX_TIMED && (f != f->entity->parent_field ||
						!f->entity->time_field),
		    "is timed, and no parent of what has a time" },
	};

	return first_fault(faults, sizeof faults / sizeof *faults);
}

/* What is wrong with a field by itself; NULL if nothing is. */
static const char *field_fault(const struct field *f)
{
	const struct fault faults[] = {
		{ f->type == TYPE_COUNT, "has no type" },
		{ !f->label.zh, "has no label" },
		{ f->watched && !f->sealed && !f->entity->subject,
		    "is watched and belongs to nobody" },
		{ f->decides &&
			(!f->sealed || f->derive.kind || is_text(f->type)),
		    "decides for rules: a sealed choice, number or date" },
		{ is_text(f->type) && !f->max, "has no max" },
		{ (f->type == TYPE_ENUM) != (f->choices != NULL),
		    "values belong to an enum, and an enum has them" },
		{ f->open_choices && !f->max, "is open and has no max" },
		{ f->has_moves && (f->sealed || f->mask != MASK_SHOWN),
		    "has moves, and who may set it could not see it" },
		{ (f->type == TYPE_REF) != (f->ref_name != NULL),
		    "ref belongs to the type ref" },
		{ (f->has_least || f->has_most) && !is_number(f->type),
		    "least and most belong to numbers" },
		{ !fits_check(f), "its check is for another type" },
		{ f->day_of && (f->type != TYPE_DATE || !f->is_auto ||
				   f->derive.kind || f->day_of->day_of),
		    "is the day of another field: a date by_server" },
		{ f->of_request && f->type != TYPE_ENUM,
		    "takes over the request's source: an enum" },
		{ f->is_change && (f->type != TYPE_INT || !f->entity->subject),
		    "a change is a whole number, in what belongs to somebody" },
		{ f->is_auto && (f->required || f->fallback.len),
		    "is set by the server: neither required nor defaulted" },
	};
	const char *why = first_fault(faults, sizeof faults / sizeof *faults);

	return why ? why : index_fault(f);
}

/* A default must be one that the field would take. */
static void try_fallback(
    struct compiler *c, const struct field *f, struct bytes fallback)
{
	struct value_context context = { .today = 0 };
	struct findings found;
	struct bytes out;

	if (!fallback.len)
		return;
	findings_init(&found, c->arena);
	if (value_accept(f, &context, fallback, c->arena, &found, &out) !=
		ERR_OK ||
	    found.errors)
		compile_fail(c, "its default is refused: %s",
		    found.first ? found.first->message : "too large");
}

static bool derives_from(
    const struct field *f, const struct field *goal, unsigned depth)
{
	if (f == goal && depth)
		return true;
	if (depth > SCHEMA_ENTITIES)
		return true;
	for (unsigned i = 0; i < f->derive.from_count; i++)
		if (derives_from(f->derive.from[i], goal, depth + 1))
			return true;
	for (unsigned i = 0; i < f->derive.part_count; i++)
		if (derives_from(f->derive.parts[i].field, goal, depth + 1))
			return true;
	return false;
}

static void judge_field(struct compiler *c, const struct field *f)
{
	const char *why = field_fault(f);

	c->field = f->key;
	if (why)
		compile_fail(c, "%s", why);
	else if (derives_from(f, f, 0))
		compile_fail(c, "is derived from itself");
	if (c->err == ERR_OK)
		try_fallback(c, f, f->fallback);
	if (c->err == ERR_OK)
		try_fallback(c, f, f->import_fallback);
	c->field = NULL;
}

static bool is_own_ancestor(const struct entity *e)
{
	const struct entity *at = e->parent;
	for (unsigned i = 0; at && i < SCHEMA_ENTITIES; i++, at = at->parent)
		if (at == e)
			return true;
	return at != NULL;
}

/* A sealed time would be no order. */
static bool fits_timeline(const struct field *f)
{
	return !f || (!f->sealed &&
			 (f->type == TYPE_DATE || f->type == TYPE_INSTANT));
}

/* It stands beside the record itself and what is said of all sections. */
static bool is_free_section(const struct schema *s, const struct entity *e)
{
	static const char *const taken[] = { "counts", "policy", "totals",
		"timeline" };

	for (unsigned i = 0; i < sizeof taken / sizeof *taken; i++)
		if (!strcmp(e->section, taken[i]))
			return false;
	for (unsigned i = 0; i < s->entity_count; i++) {
		const struct entity *other = &s->entities[i];

		if (other == e)
			continue;
		if (!strcmp(e->section, other->key) ||
		    (other->section && !strcmp(e->section, other->section)))
			return false;
	}
	return true;
}

/* What is wrong with its place in a dossier; NULL if nothing is. */
static const char *dossier_fault(const struct schema *s, const struct entity *e)
{
	if (!fits_timeline(e->time_field))
		return "time: a date or an instant that is not sealed";
	if (e->section &&
	    (!e->parent_field || !(e->parent_field->index & INDEX_PLAIN)))
		return "section: of a child whose parent is indexed";
	if (e->section && !is_free_section(s, e))
		return "section: this name is taken";
	return NULL;
}

/* Set by the server alone, and it knows the three words; what hangs on another
 * record is approved with that. */
static bool fits_approval(const struct entity *e)
{
	static const char *const words[] = { "pending", "approved",
		"rejected" };
	const struct field *f = e->approval_field;
	unsigned known = 0;

	if (!f)
		return true;
	for (unsigned i = 0; i < f->choice_count; i++)
		for (unsigned k = 0; k < 3; k++)
			known |= (unsigned)!strcmp(f->choices[i].key, words[k])
				 << k;
	return known == 7 && f->is_auto && !f->sealed && !e->parent;
}

/* All belong to branches of one kind, which have codes, and to accounts. */
static bool fits_scope(const struct schema *s, const struct entity *e)
{
	const struct entity *branch = e->scoped ? e->branch_field->ref : NULL;

	return !e->scoped ||
	       (branch && branch == schema_branch(s) && branch->number_field &&
		   e->owner_field->type == TYPE_REF && !e->owner_field->ref);
}

static void judge_all(struct compiler *c)
{
	for (unsigned i = 0; i < c->schema->entity_count && c->err == ERR_OK;
	     i++) {
		struct entity *e = &c->entities[i];
		c->entity = e->key;
		if (is_own_ancestor(e))
			compile_fail(c, "is its own ancestor");
		if (e->retained && !e->subject)
			compile_fail(c, "is retained and has no subject");
		if (!fits_approval(e))
			compile_fail(c, "approval is an enum by_server: "
					"pending, approved, rejected");
		if (!fits_scope(c->schema, e))
			compile_fail(c, "branch refers to the one entity of "
					"branches, owner to a user");
		if (dossier_fault(c->schema, e))
			compile_fail(c, "%s", dossier_fault(c->schema, e));
		for (unsigned f = 0; f < e->field_count && c->err == ERR_OK;
		     f++)
			judge_field(c, &e->fields[f]);
		if (c->err == ERR_OK && e->number_field &&
		    e->numbering == NUMBER_NONE)
			compile_fail(c, "has auto: number, and no number");
		if (c->err == ERR_OK)
			list_sealed(c, e);
	}
	c->entity = NULL;
}

/* --- life ----------------------------------------------------------------*/

struct root {
	struct bytes company, classes, entities, roles, rules;
};

/* A document that says nothing of the company is of one in China. */
static void read_company(struct compiler *c, struct bytes packed)
{
	struct company {
		const char *zone;
	} in = { .zone = "+08:00" };
	static const struct key_row rows[] = {
		{ "zone", key_text, offsetof(struct company, zone), 0, 0 },
	};

	if (packed.len)
		compile_keys(c, packed, rows, sizeof rows / sizeof *rows, &in);
	if (!c->err && zone_parse(bytes_text(in.zone), &c->schema->zone_ms))
		compile_fail(c, "company: zone is \"+08:00\" or the like, from "
				"\"Z\" (UTC) to \"+14:00\"");
}

static void read_document(
    struct compiler *c, struct bytes document, struct root *root)
{
	static const struct key_row rows[] = {
		{ "company", key_raw, offsetof(struct root, company), 0, 0 },
		{ "classes", key_raw, offsetof(struct root, classes), 0, 0 },
		{ "entities", key_raw, offsetof(struct root, entities), 0, 0 },
		{ "roles", key_raw, offsetof(struct root, roles), 0, 0 },
		{ "rules", key_raw, offsetof(struct root, rules), 0, 0 },
	};

	compile_keys(c, document, rows, sizeof rows / sizeof *rows, root);
	if (c->err == ERR_OK)
		read_company(c, root->company);
	if (c->err == ERR_OK)
		compile_classes(c, root->classes);
	if (c->err == ERR_OK)
		compile_entities(c, root->entities);
}

static enum err compile(struct compiler *c, struct bytes document)
{
	static const struct unpack_limits limits = { .depth = 16,
		.elements = 100000 };
	struct schema *s = c->schema;
	struct root root = { .rules = BYTES_NONE };

	if (unpack_check(document, &limits) != ERR_OK) {
		compile_fail(c, "this is no packed document");
		return c->err;
	}
	s->document = arena_copy(&s->arena, document);
	if (!s->document.data) {
		compile_fail(c, "the document is too large");
		return c->err;
	}
	read_document(c, s->document, &root);
	if (c->err == ERR_OK)
		index_all(c);
	if (c->err == ERR_OK)
		compile_links(c);
	if (c->err == ERR_OK)
		judge_all(c);
	if (c->err == ERR_OK)
		compile_accounts(c);
	if (c->err == ERR_OK && root.rules.len)
		compile_book_rules(c, root.rules);
	return c->err;
}

enum err schema_compile(struct bytes document, uint32_t version,
    struct schema **out, char *message, size_t message_size)
{
	struct schema *s = calloc(1, sizeof *s);
	struct compiler c = {
		.schema = s, .message = message, .message_size = message_size
	};

	if (!s)
		abort();
	*out = NULL;
	s->version = version;
	arena_init(&s->arena, SCHEMA_BLOCK, SCHEMA_CAP);
	c.arena = &s->arena;
	if (compile(&c, document) != ERR_OK) {
		schema_free(s);
		return c.err;
	}
	*out = s;
	return ERR_OK;
}

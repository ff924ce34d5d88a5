// SPDX-License-Identifier: MIT
/*
 * Records: the row, its header, how the caller stands to it, its number.
 * Opening is body.c's, showing record_show.c's.
 */
#include "server/data/record.h"

#include "common/digest.h"
#include "server/data/alias.h"
#include "server/schema/value.h"

enum err record_peek(
    struct desk *d, const struct entity *e, uint64_t id, struct record *out)
{
	struct header header;
	struct row row;
	enum err err = row_get(d->snapshot, e->id, id, &row, &header);

	if (err)
		return err;
	*out = (struct record){ .entity = e,
		.id = id,
		.row = row.value,
		.position = row.version,
		.header = header,
		.flags_before = header.flags };
	return ERR_OK;
}

struct record *record_keep(struct arena *a, const struct record *peeked)
{
	struct record *r = arena_alloc(a, sizeof *r);

	if (!r)
		return NULL;
	*r = *peeked;
	r->arena = a;
	r->cells = arena_array(a, r->entity->field_count, sizeof *r->cells);
	return r->cells ? r : NULL;
}

struct record *record_new(struct arena *a, const struct entity *e, uint64_t id)
{
	const struct record r = { .entity = e,
		.id = id,
		.header = { .entity = e->id, .key_version = 1 },
		.is_open = true,
		.is_new = true };

	return record_keep(a, &r);
}

enum err record_load(struct desk *d, struct arena *a, const struct entity *e,
    uint64_t id, struct record **out)
{
	struct record peeked;
	enum err err = record_peek(d, e, id, &peeked);

	if (err)
		return err;
	*out = record_keep(a, &peeked);
	return *out ? ERR_OK : ERR_TOO_LARGE;
}

enum err record_load_heir(struct desk *d, struct arena *a,
    const struct entity *e, uint64_t id, struct record **out)
{
	struct record peeked;
	enum err err = record_peek(d, e, id, &peeked);

	if (!err)
		err = alias_follow(d, e, &id, &peeked.header);
	return err ? err : record_load(d, a, e, id, out);
}

/* --- who may know of it --------------------------------------------------*/

/* A child's scope is that of the customer whose keys seal it, and a merged
 * customer's that of the one that stands for it: `id`. */
static enum err scope_of(
    struct desk *d, const struct record *r, struct header *scope, uint64_t *id)
{
	const struct entity *subject = r->entity->subject;
	struct row row;
	enum err err;

	*scope = r->header;
	*id = r->id;
	if (r->entity->scoped || !subject || subject == r->entity)
		return alias_follow(d, r->entity, id, scope);
	*id = r->header.subject;
	err = row_get(d->snapshot, subject->id, *id, &row, scope);
	return err ? err : alias_follow(d, subject, id, scope);
}

enum err record_branch(struct desk *d, const struct record *r, uint64_t *branch)
{
	struct header scope = { 0 };
	uint64_t customer;
	enum err err = scope_of(d, r, &scope, &customer);

	*branch = scope.branch;
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

enum err record_relations(struct desk *d, const struct caller *who,
    struct record *r, unsigned *relations)
{
	const struct entity *subject = r->entity->subject;
	struct header scope;
	enum err err;

	if (!r->relations) {
		err = scope_of(d, r, &scope, &r->customer);
		if (err)
			return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
		r->relations = r->entity->scoped || (subject && subject->scoped)
				   ? relations_of(who->user, who->branch,
					 scope.branch, scope.owner)
				   : RELATION_ALL;
		r->withheld = scope.flags & ROW_WITHHELD;
	}
	*relations = r->relations;
	return ERR_OK;
}

/* --- what it is called by ------------------------------------------------*/

void id_format(uint64_t id, char out[static ID_TEXT])
{
	uint8_t raw[8];

	put_be64(raw, id);
	hex_format(bytes_of(raw, sizeof raw), out);
}

bool id_parse(struct bytes text, uint64_t *id)
{
	uint8_t raw[8];

	if (text.len != 16 || hex_parse(text, raw, sizeof raw))
		return false;
	*id = get_be64(raw);
	return true;
}

struct bytes record_number(const struct record *r)
{
	const struct field *f = r->entity->number_field;
	char id[ID_TEXT];
	char *copy;

	if (f && r->cells[f->slot].value.len)
		return value_text(f, r->cells[f->slot].value);
	id_format(r->id, id);
	copy = arena_text(r->arena, bytes_text(id));
	return copy ? bytes_text(copy) : BYTES_NONE;
}

struct bytes record_plain(const struct record *r, const struct field *f)
{
	const struct cell *c = &r->cells[f->slot];

	return c->opened ? c->value : BYTES_NONE;
}

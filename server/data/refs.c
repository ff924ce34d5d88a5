// SPDX-License-Identifier: MIT
/*
 * Resolving references: one unique key after the other, then the scope and the
 * right to the field that led there.
 */
#include "server/data/refs.h"

#include "server/data/index.h"

enum err unique_find(struct desk *d, const struct field *f, struct bytes text,
    struct arena *a, uint64_t *id)
{
	struct bytes value = value_pack_text(a, text);
	uint8_t key[STORE_KEY];
	struct row row;
	enum err err;

	if (!value.len || text.len > VALUE_KEY - 2)
		return ERR_NOT_FOUND;
	err = snapshot_get(d->snapshot, TABLE_UNIQUE,
	    bytes_of(key, index_unique(d, f, 0, value, a, key)), &row);
	if (!err)
		*id = index_record(row.value);
	return err;
}

/* Number, then the former system's code: `by` is the way that led there. */
static enum err find_id(struct desk *d, const struct entity *e,
    struct bytes text, struct arena *a, const struct field **by, uint64_t *id)
{
	const struct field *ways[] = { e->number_field, e->external_field };

	for (unsigned i = 0; i < 2; i++) {
		const struct field *f = ways[i];
		enum err err;

		if (!f || f->sealed || !(f->index & INDEX_UNIQUE))
			continue;
		*by = f;
		err = unique_find(d, f, text, a, id);
		if (err != ERR_NOT_FOUND)
			return err;
	}
	return ERR_NOT_FOUND;
}

/* Every answer names a record by its id and number; by another field it is
 * called by who could find it so. */
static bool may_call(const struct view_entity *ve, const struct record *r,
    const struct field *by)
{
	struct grant g;

	return !by || by == r->entity->number_field ||
	       view_grant(
		   ve, r->relations, record_is_variant(r), by, USE_FILTER, &g);
}

/* From the header alone and without memory: a record that is out of sight
 * takes no more time than one that is not there. */
static enum err peek_in_scope(struct desk *d, const struct caller *who,
    const struct view_entity *ve, const struct field *by, uint64_t id,
    struct record *out)
{
	unsigned relations;
	enum err err = record_peek(d, view_entity_schema(ve), id, out);

	if (!err)
		err = record_relations(d, who, out, &relations);
	if (err)
		return err;
	return relations & view_range(ve) && may_call(ve, out, by)
		   ? ERR_OK
		   : ERR_NOT_FOUND;
}

/* By whichever name; a merged record as it lies. */
static enum err peek_by_text(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct bytes text, struct arena *a,
    struct record *out)
{
	const struct entity *e = view_entity_schema(ve);
	enum err err = ERR_NOT_FOUND;
	uint64_t id = 0;

	/* The internal id first: nobody else's code may stand in its way. */
	if (id_parse(text, &id))
		err = peek_in_scope(d, who, ve, NULL, id, out);
	if (err == ERR_NOT_FOUND) {
		const struct field *by = NULL;
		enum err found = find_id(d, e, text, a, &by, &id);

		err = peek_in_scope(d, who, ve, by, found ? 0 : id, out);
		err = found ? found : err;
	}
	return err;
}

static enum err keep(
    struct arena *a, const struct record *peeked, struct record **out)
{
	*out = record_keep(a, peeked);
	return *out ? ERR_OK : ERR_TOO_LARGE;
}

/* As it lies; `erased`: only what is left of an erased one. */
static enum err find_lying(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct bytes text, bool erased,
    struct arena *a, struct record **out)
{
	struct record peeked;
	enum err err = peek_by_text(d, who, ve, text, a, &peeked);

	if (!err && record_is_erased(&peeked) != erased)
		err = ERR_NOT_FOUND;
	return err ? err : keep(a, &peeked, out);
}

enum err record_find_by_text(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct bytes text, struct arena *a,
    struct record **out)
{
	struct record peeked;
	enum err err = peek_by_text(d, who, ve, text, a, &peeked);
	bool by_alias = !err && peeked.header.flags & ROW_ALIAS;

	if (!err && record_is_erased(&peeked))
		return ERR_NOT_FOUND;
	if (by_alias)
		err = peek_in_scope(d, who, ve, NULL, peeked.customer, &peeked);
	if (!err)
		err = keep(a, &peeked, out);
	if (!err)
		(*out)->by_alias = by_alias;
	return err;
}

enum err record_find_alias(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct bytes text, struct arena *a,
    struct record **out)
{
	return find_lying(d, who, ve, text, false, a, out);
}

enum err record_find_erased(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct bytes text, struct arena *a,
    struct record **out)
{
	return find_lying(d, who, ve, text, true, a, out);
}

// SPDX-License-Identifier: MIT
/*
 * Marks.  See marks.h.
 */
#include "server/book/marks.h"

#include "common/head.h"
#include "common/pack.h"
#include "common/text.h"
#include "server/book/likeness.h"
#include "server/data/index.h"

#define MARK_SIZE 8

static bool has_mark(const struct cell *c, const struct field *f)
{
	return c->given && c->value.len && f->type != TYPE_LIST &&
	       (f->likeness || f->index & INDEX_UNIQUE);
}

/* What equal values have in common: what makes them collide, or what a search
 * for one of them finds. */
static enum err form_of(const struct work *w, const struct field *f,
    struct bytes value, uint8_t key[static STORE_KEY], struct bytes *out)
{
	if (!(f->index & INDEX_UNIQUE))
		return value_blind_form(f, w->arena, value, out);
	*out = bytes_of(key, index_unique(w->desk, f, 0, value, w->arena, key));
	return ERR_OK;
}

/* A short name says less even when it is the same. */
static unsigned weight_of(const struct field *f, struct bytes form)
{
	return f->sealed || f->index & INDEX_UNIQUE
		   ? f->likeness
		   : f->likeness * likeness_of_names(form, form) / 100;
}

/* The caller's own: nobody else has it. */
static void pack_digest(const struct work *w, const struct entity *e,
    const char *field, struct bytes of, struct buf *out)
{
	uint8_t user[8], mac[32];
	struct bytes parts[] = { bytes_of(user, sizeof user),
		bytes_text(e->key), bytes_text(field), of };
	char text[2 * MARK_SIZE + 1];

	put_be64(user, w->who->user);
	system_mac(w->desk->sealer, "mark", parts, 4, mac);
	hex_format(bytes_of(mac, MARK_SIZE), text);
	pack_cstr(out, text);
}

static enum err pack_mark(const struct work *w, const struct field *f,
    struct bytes value, struct buf *out)
{
	uint8_t key[STORE_KEY];
	struct bytes form;
	enum err err = form_of(w, f, value, key, &form);

	if (err)
		return err;
	pack_array(out, 4);
	pack_cstr(out, f->key);
	pack_digest(w, f->entity, f->key, form, out);
	pack_int(out, weight_of(f, form));
	pack_bool(out, f->index & INDEX_UNIQUE);
	return ERR_OK;
}

enum err marks_pack(
    const struct work *w, const struct item *it, struct buf *out)
{
	const struct record *r = it->record;
	size_t mark = pack_array_open(out);
	uint32_t count = 0;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];

		if (!has_mark(&r->cells[i], f))
			continue;
		err = pack_mark(w, f, r->cells[i].value, out);
		count++;
	}
	pack_array_close(out, mark, count);
	return err;
}

/* --- whose it is ---------------------------------------------------------*/

static bool may_see(
    const struct work *w, const struct record *r, const struct field *f)
{
	const struct view_entity *ve = view_entity_of(w->who->view, r->entity);
	struct grant g;

	return ve &&
	       view_grant(ve, r->relations, record_is_variant(r), f,
		   USE_PROJECT, &g) &&
	       g.bits & MAY_SEE;
}

/* Its parent is what the caller gives; from there on he must be shown the
 * way.  NULL: he is not, or it is a customer itself. */
static enum err find_owner(
    struct work *w, struct record *r, struct record **out)
{
	const struct entity *owner = r->entity->subject;
	struct record *up = r;
	unsigned relations;
	enum err err = ERR_OK;

	*out = NULL;
	if (!owner || owner == r->entity)
		return ERR_OK;
	while (!err && up->entity != owner) {
		const struct field *f = up->entity->parent_field;

		if (!f || (up != r && !may_see(w, up, f)))
			return ERR_OK;
		err = work_record(w, f->ref, record_parent(up), &up);
		if (!err)
			err = record_relations(w->desk, w->who, up, &relations);
	}
	return err ? err : work_heir(w, up, out);
}

enum err marks_pack_owner(
    struct work *w, const struct item *it, struct buf *out)
{
	struct record *owner;
	uint8_t id[8];
	enum err err = find_owner(w, it->record, &owner);

	if (err || !owner) {
		pack_nil(out);
		return err;
	}
	put_be64(id, owner->id);
	pack_digest(w, owner->entity, "", bytes_of(id, sizeof id), out);
	return ERR_OK;
}

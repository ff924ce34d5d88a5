// SPDX-License-Identifier: MIT
/*
 * Records: from cells to an answer.  See record.h.
 *
 * Nothing is decoded on the way, because the stored value is the wire's value.
 * Derived fields have no cell of their own on disk: stamps and the ledger row
 * answer for them.
 */
#include "server/data/record.h"

#include "common/date.h"
#include "common/digest.h"
#include "common/log.h"
#include "common/pack.h"
#include "server/data/alias.h"
#include "server/schema/value.h"

/* --- values --------------------------------------------------------------*/

static const struct stamp *stamp_of(const struct record *r, uint32_t version)
{
	for (unsigned i = 0; i < r->stamp_count; i++)
		if (r->stamps[i].version == version)
			return &r->stamps[i];
	return NULL;
}

static enum err stamped_value(
    struct desk *d, struct record *r, enum derive_kind kind, struct bytes *out)
{
	bool created = kind == DERIVE_CREATED_AT || kind == DERIVE_CREATED_BY;
	const struct stamp *s = stamp_of(r, created ? 1 : r->newest);
	const struct account *who;
	char text[INSTANT_TEXT];

	if (!s)
		return ERR_OK;
	if (kind == DERIVE_CREATED_AT || kind == DERIVE_UPDATED_AT) {
		instant_format(s->at_ms, text);
		*out = value_pack_text(r->arena, bytes_text(text));
		return ERR_OK;
	}
	who = directory_account_by_id(d->directory, s->user);
	if (who)
		*out =
		    value_pack_ref(r->arena, who->id, bytes_text(who->login));
	return ERR_OK;
}

static enum err ledger_value(
    struct desk *d, struct record *r, const struct field *f, struct bytes *out)
{
	const struct ledger *l;
	enum err err = record_united(d, r, &l);

	for (unsigned i = 0; !err && i < l->total_count; i++)
		if (l->totals[i].field == f->id)
			*out = l->totals[i].value;
	return err;
}

static enum err sealed_value(
    struct desk *d, struct record *r, const struct field *f, struct cell *c)
{
	struct binding binding = record_binding(d, r, f->id, c->version);
	uint8_t aad[ROW_AAD];
	struct dek *key;
	enum err err;

	err = subject_key(d, r->entity, r->header.subject,
	    header_key_kind(r->entity, &r->header), &key);
	if (!err)
		err = unseal(d->sealer, key, binding_aad(&binding, aad),
		    c->sealed, r->arena, &c->value);
	c->opened = !err;
	return err;
}

static enum err clear_value(
    struct desk *d, struct record *r, const struct field *f, struct bytes *out)
{
	struct cell *c = &r->cells[f->slot];
	enum err err = ERR_OK;

	switch (f->derive.kind) {
	case DERIVE_CREATED_AT:
	case DERIVE_CREATED_BY:
	case DERIVE_UPDATED_AT:
	case DERIVE_UPDATED_BY:
		return stamped_value(d, r, f->derive.kind, out);
	case DERIVE_SUM:
	case DERIVE_LATEST:
		return r->is_past ? ERR_OK : ledger_value(d, r, f, out);
	default:
		if (!c->opened && c->sealed.len)
			err = sealed_value(d, r, f, c);
		*out = c->value;
		return err;
	}
}

/* What stands for the record that a reference names; the customer whose it is
 * is known when its scope was asked for. */
static enum err heir_of(struct desk *d, const struct record *r,
    const struct entity *e, uint64_t id, uint64_t *heir)
{
	struct record peeked;
	enum err err;

	*heir = r->customer;
	if (r->customer && e == r->entity->subject && id == r->header.subject)
		return ERR_OK;
	*heir = id;
	err = record_peek(d, e, id, &peeked);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	return alias_follow(d, e, heir, &peeked.header);
}

/* A reference to a merged record is one to what stands for it. */
static enum err follow_reference(
    struct desk *d, struct record *r, const struct field *f, struct bytes *out)
{
	struct record *target;
	uint64_t id, heir;
	enum err err;

	if (f->type != TYPE_REF || !f->ref || !f->ref->alias_field)
		return ERR_OK;
	id = value_ref(*out);
	if (!id)
		return ERR_OK;
	err = heir_of(d, r, f->ref, id, &heir);
	if (err || heir == id)
		return err;
	err = record_load(d, r->arena, f->ref, heir, &target);
	if (!err)
		err = record_open(d, target);
	if (!err)
		*out = value_pack_ref(r->arena, heir, record_number(target));
	return err;
}

enum err record_value(
    struct desk *d, struct record *r, const struct grant *g, struct bytes *out)
{
	enum err err;

	ASSERT(g->field && (g->bits & (MAY_SEE | MAY_SEE_MASKED)));
	*out = BYTES_NONE;
	err = r->is_open ? ERR_OK : record_open(d, r);
	if (!err)
		err = clear_value(d, r, g->field, out);
	if (!err && out->len)
		err = follow_reference(d, r, g->field, out);
	/* An exact look-up compares and shows nothing. */
	if (!err && out->len && !(g->bits & MAY_SEE) && g->use != USE_SEARCH) {
		*out = mask_value(g->field, *out, r->arena);
		err = out->data ? ERR_OK : ERR_TOO_LARGE;
	}
	return err;
}

/* --- versions ------------------------------------------------------------*/

void record_meet(struct record *r, const struct view_entity *ve)
{
	const uint8_t *levels =
	    view_levels(ve, r->relations, record_is_variant(r));

	r->newest = 0;
	for (unsigned i = 0; i < r->entity->field_count; i++)
		if (levels[i] && r->cells[i].version > r->newest)
			r->newest = r->cells[i].version;
}

void record_version_text(struct desk *d, const struct caller *who,
    const struct record *r, char out[static VERSION_TEXT])
{
	uint8_t bound[21], mac[32];
	struct bytes part = bytes_of(bound, sizeof bound);

	bound[0] = r->entity->id;
	put_be64(bound + 1, r->id);
	put_be64(bound + 9, view_fingerprint(who->view));
	put_be32(bound + 17, r->newest);
	system_mac(d->sealer, "version", &part, 1, mac);
	hex_format(bytes_of(mac, (VERSION_TEXT - 1) / 2), out);
}

/* --- showing -------------------------------------------------------------*/

/* A reference travels as its shown text, all else as it is stored. */
static void pack_value(
    struct buf *out, const struct field *f, struct bytes value)
{
	if (f->type == TYPE_REF)
		pack_text(out, value_text(f, value));
	else
		pack_raw(out, value);
}

/* Has the caller's own request set it, so that it tells him nothing?  What he
 * confirmed he may never have seen. */
static bool is_own(const struct cell *c)
{
	return c->was && !c->confirmed;
}

/* A sealed value is counted before it is opened; a sum lies in its ledger row
 * with others, and is counted once it is known to be there.  What his own
 * request has just set tells the caller nothing. */
enum err record_show_value(struct desk *d, const struct caller *who,
    struct record *r, const struct grant *g, struct bytes *out,
    struct shown *shown)
{
	const struct field *f = g->field;
	bool clear = g->bits & MAY_SEE;
	bool counts = clear && f->sealed && !is_own(&r->cells[f->slot]);
	bool is_derived = f->derive.kind != DERIVE_NONE;
	enum err err =
	    meter_take(who->meter, QUOTA_SEALED, counts && !is_derived);

	*out = BYTES_NONE;
	if (!err)
		err = record_value(d, r, g, out);
	if (err || !out->len)
		return err;
	err = meter_take(who->meter, QUOTA_SEALED, counts && is_derived);
	if (err)
		return err;
	shown->fields[f->id] = 1 + (clear ? TOUCH_READ : TOUCH_MASKED);
	shown->masked += !clear;
	shown->watched |= clear && f->watched;
	shown->sealed_clear += clear && f->sealed;
	return ERR_OK;
}

static enum err show_field(struct desk *d, const struct caller *who,
    struct record *r, const struct grant *g, struct buf *out,
    struct shown *shown, unsigned *count)
{
	struct bytes value;
	enum err err = record_show_value(d, who, r, g, &value, shown);

	if (err || !value.len)
		return err;
	pack_raw(out, g->field->packed_key);
	/* A mask is a text whatever the field's type. */
	if (g->bits & MAY_SEE)
		pack_value(out, g->field, value);
	else
		pack_raw(out, value);
	++*count;
	return ERR_OK;
}

static void pack_masked(
    struct buf *out, const struct record *r, const struct shown *shown)
{
	unsigned left = shown->masked;

	pack_array(out, left);
	for (unsigned i = 0; left && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];

		if (shown->fields[f->id] != 1 + TOUCH_MASKED)
			continue;
		pack_raw(out, f->packed_key);
		left--;
	}
}

/* Nothing is stored and nothing could be derived: most fields of most. */
static bool is_empty(const struct record *r, unsigned slot)
{
	const struct cell *c = &r->cells[slot];

	return !c->value.len && !c->sealed.len &&
	       r->entity->fields[slot].derive.kind == DERIVE_NONE;
}

/* Whatever the level: the answer is of a kind that shows less. */
static bool is_masked_here(const struct caller *who,
    const struct show_options *options, const struct field *f, bool changed)
{
	if (options->mask_sealed && f->sealed)
		return true;
	if (changed)
		return false;
	return (options->mask_watched && f->watched) ||
	       (options->mask_unset && f->sealed &&
		   meter_is_bounded(who->meter, QUOTA_SEALED));
}

static enum err show_fields(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct record *r,
    const struct show_options *options, struct buf *out, struct shown *shown)
{
	size_t mark = pack_map_open(out);
	unsigned count = 0;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct grant g;

		if ((options->wanted && !options->wanted[i]) || is_empty(r, i))
			continue;
		if (!view_grant(ve, r->relations, record_is_variant(r), f,
			USE_PROJECT, &g))
			continue;
		if (is_masked_here(who, options, f, is_own(&r->cells[i])))
			g.bits = MAY_SEE_MASKED;
		err = show_field(d, who, r, &g, out, shown, &count);
	}
	pack_map_close(out, mark, count);
	return err;
}

static void pack_identity(struct desk *d, const struct caller *who,
    const struct record *r, struct buf *out)
{
	char id[ID_TEXT], version[VERSION_TEXT];

	id_format(r->id, id);
	record_version_text(d, who, r, version);
	pack_key_cstr(out, "id", id);
	pack_key_text(out, "number", record_number(r));
	pack_key_cstr(out, "version", version);
}

enum err record_show(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct record *r,
    const struct show_options *options, struct buf *out, struct shown *shown)
{
	bool erased = record_is_erased(r);
	bool archived = r->header.flags & ROW_ARCHIVED && !erased;
	bool withdrawn = r->header.flags & ROW_WITHDRAWN;
	unsigned relations;
	enum err err = record_relations(d, who, r, &relations);

	if (!err)
		err = record_open(d, r);
	if (err)
		return err;
	*shown = (struct shown){ 0 };
	record_meet(r, ve);
	pack_map(out, (options->preview ? 2u : 5u) + archived + withdrawn +
			  erased + options->more);
	if (!options->preview)
		pack_identity(d, who, r, out);
	if (archived)
		pack_key_bool(out, "archived", true);
	if (withdrawn)
		pack_key_bool(out, "withdrawn", true);
	if (erased)
		pack_key_bool(out, "erased", true);
	pack_cstr(out, "fields");
	err = show_fields(d, who, ve, r, options, out, shown);
	pack_cstr(out, "masked");
	pack_masked(out, r, shown);
	return err ? err : out->err;
}

enum err record_touched(const struct record *r, const struct shown *shown,
    struct arena *a, struct entry_record *out)
{
	uint8_t *fields = arena_alloc(a, SCHEMA_FIELDS);

	*out = (struct entry_record){ .entity = r->entity->id,
		.id = r->id,
		.version = r->header.version,
		.touch = TOUCH_READ,
		.fields = fields };
	if (!fields)
		return ERR_TOO_LARGE;
	for (unsigned id = 1; id < SCHEMA_FIELDS; id++) {
		const struct field *f = r->entity->by_id[id];

		if (f && f->watched && shown->fields[id] == 1 + TOUCH_READ)
			fields[out->field_count++] = (uint8_t)id;
	}
	return ERR_OK;
}

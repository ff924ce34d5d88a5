// SPDX-License-Identifier: MIT
/*
 * The body's form, both ways.  See body.h.
 *
 * Values are borrowed as they lie: the stored value is the wire's value.  A
 * field that the schema no longer knows is passed over.
 */
#include "server/data/body.h"

#include "common/log.h"

#define BODY_FORMAT 2

/* --- reading -------------------------------------------------------------*/

static bool take(struct bytes *in, size_t len, const uint8_t **at)
{
	if (in->len < len)
		return false;
	*at = in->data;
	in->data += len;
	in->len -= len;
	return true;
}

static struct cell *cell_of(struct record *r, uint8_t id)
{
	const struct field *f =
	    id < SCHEMA_FIELDS ? r->entity->by_id[id] : NULL;

	return f ? &r->cells[f->slot] : NULL;
}

static enum err read_values(struct record *r, struct bytes *in)
{
	const uint8_t *at, *value;
	unsigned count;

	if (!take(in, 2, &at) || at[0] != BODY_FORMAT)
		return ERR_CORRUPT;
	for (count = at[1]; count; count--) {
		struct cell *cell;

		if (!take(in, 7, &at) || !take(in, get_be16(at + 5), &value))
			return ERR_CORRUPT;
		cell = cell_of(r, at[0]);
		if (!cell)
			continue;
		cell->version = get_be32(at + 1);
		cell->opened = true;
		cell->value = bytes_of(value, get_be16(at + 5));
	}
	return ERR_OK;
}

static enum err read_stamps(struct record *r, struct bytes *in)
{
	const uint8_t *at, *source;

	if (!take(in, 1, &at))
		return ERR_CORRUPT;
	r->stamp_count = at[0];
	r->stamps =
	    arena_array(r->arena, r->stamp_count + 1u, sizeof *r->stamps);
	if (!r->stamps)
		return ERR_TOO_LARGE;
	for (unsigned i = 0; i < r->stamp_count; i++) {
		if (!take(in, 21, &at) || !take(in, at[20], &source))
			return ERR_CORRUPT;
		r->stamps[i] = (struct stamp){ .version = get_be32(at),
			.at_ms = (int64_t)get_be64(at + 4),
			.user = get_be64(at + 12),
			.source = bytes_of(source, at[20]) };
	}
	return ERR_OK;
}

static enum err read_overruled(struct record *r, struct bytes *in)
{
	const uint8_t *at, *said;
	unsigned count;

	if (!take(in, 1, &at))
		return ERR_CORRUPT;
	for (count = at[0]; count; count--) {
		struct cell *cell;

		if (!take(in, 3, &at) || !take(in, get_be16(at + 1), &said))
			return ERR_CORRUPT;
		cell = cell_of(r, at[0]);
		if (cell)
			cell->overruled = bytes_of(said, get_be16(at + 1));
	}
	return ERR_OK;
}

#define LISTED (5 + SEAL_TAG + 1)

static bool is_listed(const uint8_t *at, const struct sealed_field *f)
{
	return at[0] == f->field && get_be32(at + 1) == f->version &&
	       f->sealed.len >= SEAL_OVERHEAD &&
	       !memcmp(
		   at + 5, f->sealed.data + f->sealed.len - SEAL_TAG, SEAL_TAG);
}

/* The sealed fields beside the body must be those that the body lists. */
static enum err read_sealed(
    struct record *r, struct bytes list, struct bytes fields)
{
	struct sealed_field f;
	unsigned seen = 0;

	while (row_next_field(&fields, &f)) {
		const uint8_t *at, *keys;
		struct cell *cell;

		seen++;
		if (!take(&list, LISTED, &at) || !is_listed(at, &f) ||
		    !take(&list, at[LISTED - 1], &keys))
			return ERR_CORRUPT;
		cell = cell_of(r, f.field);
		if (!cell)
			continue;
		cell->sealed = f.sealed;
		cell->version = f.version;
		cell->keys = bytes_of(keys, at[LISTED - 1]);
	}
	return seen == r->header.sealed_count && !list.len && !fields.len
		   ? ERR_OK
		   : ERR_CORRUPT;
}

static enum err parse(struct record *r, struct bytes text, struct bytes fields)
{
	enum err err = read_values(r, &text);

	if (!err)
		err = read_stamps(r, &text);
	if (!err)
		err = read_overruled(r, &text);
	return err ? err : read_sealed(r, text, fields);
}

struct binding record_binding(const struct desk *d, const struct record *r,
    uint8_t field, uint32_t version)
{
	return (struct binding){ .store_id = d->store_id,
		.table = TABLE_ROW,
		.entity = r->entity->id,
		.field = field,
		.record = r->id,
		.subject = r->header.subject,
		.key_version = r->header.key_version,
		.version = version };
}

enum err record_open(struct desk *d, struct record *r)
{
	struct binding binding = record_binding(d, r, 0, r->header.version);
	uint8_t aad[ROW_AAD + ROW_HEADER];
	struct bytes body, fields, text;
	struct dek *key;
	enum err err;

	if (r->is_open)
		return ERR_OK;
	err = row_split(r->row, &r->header, &body, &fields);
	if (!err)
		err = subject_key(d, r->entity, r->header.subject,
		    header_key_kind(r->entity, &r->header), &key);
	if (err)
		return err;
	binding_aad(&binding, aad);
	memcpy(aad + ROW_AAD, r->row.data, ROW_HEADER);
	err = unseal(
	    d->sealer, key, bytes_of(aad, sizeof aad), body, r->arena, &text);
	if (!err)
		err = parse(r, text, fields);
	if (err == ERR_CORRUPT)
		log_error("a stored %s does not open", r->entity->key);
	r->is_open = !err;
	return err;
}

/* --- writing -------------------------------------------------------------*/

static void append_u16(struct buf *b, size_t v)
{
	uint8_t raw[2];

	put_be16(raw, (uint16_t)v);
	buf_append(b, raw, sizeof raw);
}

static void append_u32(struct buf *b, uint32_t v)
{
	uint8_t raw[4];

	put_be32(raw, v);
	buf_append(b, raw, sizeof raw);
}

static void append_u64(struct buf *b, uint64_t v)
{
	uint8_t raw[8];

	put_be64(raw, v);
	buf_append(b, raw, sizeof raw);
}

/* An emptied field stays, so that its version is known. */
static bool is_value(const struct cell *c)
{
	return c->version && !c->sealed.len;
}

static bool is_overruling(const struct cell *c)
{
	return c->overruled.len;
}

static void append_count(const struct record *r,
    bool (*counts)(const struct cell *c), struct buf *out)
{
	uint8_t count = 0;

	for (unsigned i = 0; i < r->entity->field_count; i++)
		count += counts(&r->cells[i]);
	buf_append_byte(out, count);
}

static void append_values(const struct record *r, struct buf *out)
{
	buf_append_byte(out, BODY_FORMAT);
	append_count(r, is_value, out);
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		const struct cell *c = &r->cells[i];
		struct bytes value = f->sealed ? BYTES_NONE : c->value;

		if (!is_value(c))
			continue;
		buf_append_byte(out, f->id);
		append_u32(out, c->version);
		append_u16(out, value.len);
		buf_append_bytes(out, value);
	}
}

static void append_stamps(const struct record *r, struct buf *out)
{
	buf_append_byte(out, (uint8_t)r->stamp_count);
	for (unsigned i = 0; i < r->stamp_count; i++) {
		const struct stamp *s = &r->stamps[i];
		uint8_t len =
		    (uint8_t)(s->source.len < 255 ? s->source.len : 255);

		append_u32(out, s->version);
		append_u64(out, (uint64_t)s->at_ms);
		append_u64(out, s->user);
		buf_append_byte(out, len);
		buf_append(out, s->source.data, len);
	}
}

static void append_overruled(const struct record *r, struct buf *out)
{
	append_count(r, is_overruling, out);
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		struct bytes said = r->cells[i].overruled;

		if (!is_overruling(&r->cells[i]))
			continue;
		buf_append_byte(out, r->entity->fields[i].id);
		append_u16(out, said.len);
		buf_append_bytes(out, said);
	}
}

static void append_sealed(const struct record *r, struct buf *out)
{
	const struct entity *e = r->entity;

	for (unsigned i = 0; i < e->sealed_count; i++) {
		const struct field *f = e->sealed[i];
		const struct cell *c = &r->cells[f->slot];

		if (!c->sealed.len)
			continue;
		buf_append_byte(out, f->id);
		append_u32(out, c->version);
		buf_append(
		    out, c->sealed.data + c->sealed.len - SEAL_TAG, SEAL_TAG);
		buf_append_byte(out, (uint8_t)c->keys.len);
		buf_append_bytes(out, c->keys);
	}
}

void body_format(const struct record *r, struct buf *out)
{
	append_values(r, out);
	append_stamps(r, out);
	append_overruled(r, out);
	append_sealed(r, out);
}

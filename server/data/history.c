// SPDX-License-Identifier: MIT
/*
 * History rows: written with the change, walked backwards.  See history.h for
 * the layout; history_show.c shows them.
 */
#include "server/data/history.h"

#include "common/log.h"
#include "common/pack.h"

#define HISTORY_FORMAT  2
#define HISTORY_HEAD    28 /* up to the length of the sealed part */
#define HISTORY_GRANULE 32
#define PARTS           11

/* Of a long walk. */
#define ROOM_BLOCK (16 * 1024)
#define ROOM_FULL  (64 * 1024)
#define ROOM_CAP   (16 * 1024 * 1024)

/* --- writing -------------------------------------------------------------*/

static struct bytes history_aad(const struct desk *d, const struct record *r,
    uint32_t version, uint8_t aad[static ROW_AAD])
{
	struct binding b = record_binding(d, r, 0, version);

	b.table = TABLE_HISTORY;
	return binding_aad(&b, aad);
}

static void pack_old_values(const struct record *r, struct buf *b)
{
	size_t mark = pack_array_open(b);
	uint32_t count = 0;

	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct cell *c = &r->cells[i];

		if (!c->was || !c->was->version || c->was->sealed.len ||
		    record_is_erased(r))
			continue;
		pack_array(b, c->was->overruled.len ? 4 : 3);
		pack_uint(b, r->entity->fields[i].id);
		pack_uint(b, c->was->version);
		pack_raw_or_nil(b, c->was->value);
		if (c->was->overruled.len)
			pack_raw(b, c->was->overruled);
		count++;
	}
	pack_array_close(b, mark, count);
}

static void pack_rules(const struct record *r, struct buf *b)
{
	size_t mark = pack_array_open(b);
	uint32_t count = 0;

	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct cell *c = &r->cells[i];

		if (!c->was || !c->rule)
			continue;
		pack_array(b, 3);
		pack_uint(b, r->entity->fields[i].id);
		pack_cstr(b, c->rule);
		pack_uint(b, c->rule_version);
		count++;
	}
	pack_array_close(b, mark, count);
}

static void pack_inside(
    const struct work *w, const struct record *r, struct buf *b)
{
	size_t mark;
	uint32_t count = 0;

	pack_array(b, PARTS);
	pack_int(b, w->now_ms);
	pack_uint(b, w->who->user);
	pack_text_or_nil(b, bytes_text(w->who->login));
	pack_text_or_nil(b, bytes_text(w->who->peer));
	pack_text_or_nil(b, r->origin.source);
	pack_text_or_nil(b, r->origin.reason);
	pack_text_or_nil(b, w->options.request_id
				? bytes_text(w->options.request_id)
				: BYTES_NONE);
	mark = pack_array_open(b);
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		if (!r->cells[i].was)
			continue;
		pack_uint(b, r->entity->fields[i].id);
		count++;
	}
	pack_array_close(b, mark, count);
	pack_old_values(r, b);
	pack_rules(r, b);
	pack_uint(b, r->flags_before);
}

static uint8_t append_old_sealed(const struct record *r, struct buf *b)
{
	uint8_t count = 0;

	for (unsigned i = 0; i < r->entity->sealed_count; i++) {
		const struct field *f = r->entity->sealed[i];
		const struct cell *c = &r->cells[f->slot];

		if (!c->was || !c->was->sealed.len || record_is_erased(r))
			continue;
		row_append_field(b, &(struct sealed_field){ f->id,
					c->was->version, c->was->sealed });
		count++;
	}
	return count;
}

static enum err seal_inside(
    struct work *w, struct record *r, uint32_t version, struct buf *out)
{
	uint8_t aad[ROW_AAD];
	struct buf inside;
	struct dek *key;
	enum err err;

	buf_init(&inside, STORE_VALUE / 2);
	pack_inside(w, r, &inside);
	err = inside.err ? inside.err
			 : work_key(w, r,
			       header_key_kind(r->entity, &r->header), &key);
	if (!err)
		err = seal(w->desk->sealer, key,
		    history_aad(w->desk, r, version, aad), buf_bytes(&inside),
		    HISTORY_GRANULE, out);
	buf_release(&inside);
	return err;
}

enum err history_plan(
    struct work *w, struct record *r, uint32_t version, struct plan *p)
{
	uint8_t head[HISTORY_HEAD] = { HISTORY_FORMAT, r->entity->id };
	uint8_t suffix[ROW_KEY];
	struct buf value, sealed, old;
	enum err err;

	buf_init(&value, STORE_VALUE);
	buf_init(&sealed, STORE_VALUE / 2);
	buf_init(&old, STORE_VALUE / 2);
	err = seal_inside(w, r, version, &sealed);
	put_be32(head + 4, version);
	put_be64(head + 8, r->is_new ? HISTORY_NONE : r->position);
	put_be64(head + 16, r->header.subject);
	put_be32(head + 24, (uint32_t)buf_bytes(&sealed).len);
	head[2] = append_old_sealed(r, &old);
	buf_append(&value, head, sizeof head);
	buf_append_bytes(&value, buf_bytes(&sealed));
	buf_append_bytes(&value, buf_bytes(&old));
	if (!err)
		err = old.err ? old.err : value.err;
	row_key(r->entity->id, r->id, suffix);
	if (!err)
		plan_put_at(p, TABLE_HISTORY, bytes_of(suffix, sizeof suffix),
		    buf_bytes(&value));
	buf_release(&value);
	buf_release(&old);
	buf_release(&sealed);
	return err;
}

/* --- walking -------------------------------------------------------------*/

enum err history_begin(struct history_walk *h, struct desk *d, struct record *r)
{
	unsigned n = r->entity->field_count;

	*h = (struct history_walk){ .desk = d,
		.record = r,
		.next = r->position,
		.values = arena_array(r->arena, n, sizeof *h->values),
		.sealed = arena_array(r->arena, n, sizeof *h->sealed),
		.overruled = arena_array(r->arena, n, sizeof *h->overruled),
		.versions = arena_array(r->arena, n, sizeof *h->versions) };
	h->step.changes = arena_array(r->arena, n, sizeof *h->step.changes);
	h->step.version = r->header.version + 1;
	h->step.flags_before = r->header.flags;
	if (!h->values || !h->sealed || !h->overruled || !h->versions ||
	    !h->step.changes)
		return ERR_TOO_LARGE;
	for (unsigned i = 0; i < n; i++) {
		const struct field *f = &r->entity->fields[i];

		h->values[i] = f->sealed ? BYTES_NONE : r->cells[i].value;
		h->sealed[i] = r->cells[i].sealed;
		h->overruled[i] = r->cells[i].overruled;
		h->versions[i] = r->cells[i].version;
	}
	return ERR_OK;
}

/* --- memory of long walks ------------------------------------------------*/

void history_rooms_init(struct history_rooms *rooms)
{
	*rooms = (struct history_rooms){ .at = 0 };
	for (unsigned i = 0; i < 2; i++)
		arena_init(&rooms->of[i], ROOM_BLOCK, ROOM_CAP);
}

void history_rooms_release(struct history_rooms *rooms)
{
	for (unsigned i = 0; i < 2; i++)
		arena_release(&rooms->of[i]);
}

static struct arena *room_of(const struct history_walk *h)
{
	return h->rooms ? &h->rooms->of[h->rooms->at] : h->record->arena;
}

enum err history_begin_long(struct history_walk *h, struct desk *d,
    struct record *r, struct history_rooms *rooms)
{
	enum err err = history_begin(h, d, r);

	h->rooms = rooms;
	arena_reset(room_of(h));
	return err;
}

static void carry(struct arena *to, struct bytes *value)
{
	if (value->len)
		*value = arena_copy(to, *value);
}

/* What steps to come have set is carried over, all else is left behind. */
static enum err change_rooms(struct history_walk *h)
{
	struct arena *to;

	if (!h->rooms || room_of(h)->used < ROOM_FULL)
		return ERR_OK;
	h->rooms->at = !h->rooms->at;
	to = room_of(h);
	arena_reset(to);
	for (unsigned i = 0; i < h->record->entity->field_count; i++) {
		carry(to, &h->values[i]);
		carry(to, &h->overruled[i]);
	}
	return to->err;
}

/* --- steps ---------------------------------------------------------------*/

static struct bytes text_or_none(struct reader *in)
{
	if (reader_peek(in) == UNPACK_TEXT)
		return read_text(in);
	read_nil(in);
	return BYTES_NONE;
}

static struct history_change *find_change(struct history_walk *h, uint64_t id)
{
	for (unsigned i = 0; i < h->step.change_count; i++)
		if (h->step.changes[i].field->id == id)
			return &h->step.changes[i];
	return NULL;
}

static void read_changes(struct history_walk *h, struct reader *in)
{
	const struct entity *e = h->record->entity;
	uint32_t left;

	h->step.change_count = 0;
	for (left = read_array(in); left && !in->err; left--) {
		uint64_t id = read_uint(in);
		const struct field *f =
		    id < SCHEMA_FIELDS ? e->by_id[id] : NULL;

		if (!f || h->step.change_count == e->field_count)
			continue;
		/* What came later says which version set what it replaced. */
		if (h->versions[f->slot] != h->step.version)
			in->err = ERR_CORRUPT;
		h->step.changes[h->step.change_count++] =
		    (struct history_change){ .field = f,
			    .version = h->step.version,
			    .value = h->values[f->slot],
			    .sealed = h->sealed[f->slot] };
	}
}

static void read_old_values(struct history_walk *h, struct reader *in)
{
	uint32_t left;

	for (left = read_array(in); left && !in->err; left--) {
		struct history_change *c;
		uint32_t parts = read_array(in);
		uint64_t id = read_uint(in), version = read_uint(in);
		struct bytes value = read_raw(in);
		struct bytes overruled = parts > 3 ? read_raw(in) : BYTES_NONE;

		c = find_change(h, id);
		if (!c)
			continue;
		c->old_overruled = overruled;
		c->old_version = (uint32_t)version;
		c->old = value_is_empty(value) ? BYTES_NONE : value;
	}
}

static void read_rules(struct history_walk *h, struct reader *in)
{
	uint32_t left;

	for (left = read_array(in); left && !in->err; left--) {
		struct history_change *c;
		struct bytes rule;
		uint32_t version;

		read_array(in);
		c = find_change(h, read_uint(in));
		rule = read_text(in);
		version = (uint32_t)read_uint(in);
		if (!c)
			continue;
		c->rule = rule;
		c->rule_version = version;
	}
}

static enum err read_old_sealed(
    struct history_walk *h, unsigned count, struct bytes fields)
{
	struct sealed_field f;

	for (; row_next_field(&fields, &f); count--) {
		struct history_change *c = find_change(h, f.field);

		if (!c)
			continue;
		c->old_version = f.version;
		c->old_sealed = f.sealed;
	}
	return count || fields.len ? ERR_CORRUPT : ERR_OK;
}

/* What the version before had, for the next step. */
static void step_back(struct history_walk *h)
{
	for (unsigned i = 0; i < h->step.change_count; i++) {
		const struct history_change *c = &h->step.changes[i];

		h->values[c->field->slot] = c->old;
		h->sealed[c->field->slot] = c->old_sealed;
		h->overruled[c->field->slot] = c->old_overruled;
		h->versions[c->field->slot] = c->old_version;
	}
}

/* The plain part: which version, and where the one before lies. */
static enum err read_head(
    struct history_walk *h, struct bytes row, struct bytes *sealed)
{
	const struct record *r = h->record;
	struct history_step *s = &h->step;
	size_t len;

	if (row.len < HISTORY_HEAD || row.data[0] != HISTORY_FORMAT ||
	    row.data[1] != r->entity->id || row.data[3] ||
	    get_be32(row.data + 4) != s->version - 1 ||
	    get_be64(row.data + 16) != r->header.subject)
		return ERR_CORRUPT;
	s->version--;
	s->position = h->next;
	h->next = get_be64(row.data + 8);
	len = get_be32(row.data + 24);
	if (len > row.len - HISTORY_HEAD)
		return ERR_CORRUPT;
	*sealed = bytes_of(row.data + HISTORY_HEAD, len);
	return ERR_OK;
}

static enum err read_step(struct history_walk *h, struct bytes row)
{
	struct record *r = h->record;
	uint8_t aad[ROW_AAD];
	struct bytes sealed, inside;
	struct history_step *s = &h->step;
	struct reader in;
	struct dek *key;
	enum err err = read_head(h, row, &sealed);

	if (err)
		return err;
	err = subject_key(h->desk, r->entity, r->header.subject,
	    header_key_kind(r->entity, &r->header), &key);
	if (!err)
		err = unseal(h->desk->sealer, key,
		    history_aad(h->desk, r, s->version, aad), sealed,
		    room_of(h), &inside);
	if (err)
		return err;
	in = reader_of(inside);
	if (read_array(&in) != PARTS)
		return ERR_CORRUPT;
	s->at_ms = read_int(&in);
	s->user = read_uint(&in);
	s->login = text_or_none(&in);
	s->peer = text_or_none(&in);
	s->source = text_or_none(&in);
	s->reason = text_or_none(&in);
	s->request = text_or_none(&in);
	read_changes(h, &in);
	read_old_values(h, &in);
	read_rules(h, &in);
	s->flags = s->flags_before;
	s->flags_before = (uint8_t)read_uint(&in);
	if (in.err)
		return ERR_CORRUPT;
	return read_old_sealed(h, row.data[2],
	    bytes_of(
		sealed.data + sealed.len, row.len - HISTORY_HEAD - sealed.len));
}

/* Before the oldest version there was nothing: what is left of the record as
 * it is stored was set by none. */
static bool is_all_told(const struct history_walk *h)
{
	for (unsigned i = 0; i < h->record->entity->field_count; i++)
		if (h->versions[i] && !record_is_erased(h->record))
			return false;
	return h->step.version == 1;
}

static enum err get_row(struct desk *d, uint8_t entity, uint64_t id,
    uint64_t position, struct row *row)
{
	uint8_t key[8 + ROW_KEY];

	put_be64(key, position);
	row_key(entity, id, key + 8);
	return snapshot_get(
	    d->snapshot, TABLE_HISTORY, bytes_of(key, sizeof key), row);
}

static enum err find_row(struct history_walk *h, struct row *row)
{
	enum err err;

	if (h->next == HISTORY_NONE)
		return is_all_told(h) ? ERR_NOT_FOUND : ERR_CORRUPT;
	err = get_row(
	    h->desk, h->record->entity->id, h->record->id, h->next, row);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

enum err history_before(struct desk *d, uint8_t entity, uint64_t id,
    uint64_t position, uint64_t *before)
{
	struct row row;
	enum err err = get_row(d, entity, id, position, &row);

	if (!err && row.value.len < HISTORY_HEAD)
		return ERR_CORRUPT;
	if (!err)
		*before = get_be64(row.value.data + 8);
	return err;
}

static enum err complain(const struct history_walk *h, enum err err)
{
	if (err && err != ERR_NOT_FOUND)
		log_error("the history of a %s is broken at version %u",
		    h->record->entity->key, h->step.version);
	return err;
}

static bool is_at_erasure(const struct history_walk *h)
{
	return record_is_erased(h->record) &&
	       h->step.version <= h->record->header.version;
}

enum err history_next(struct history_walk *h)
{
	struct row row;
	enum err err;

	step_back(h);
	h->step.change_count = 0;
	if (is_at_erasure(h))
		return ERR_NOT_FOUND;
	err = change_rooms(h);
	if (err)
		return err;
	err = find_row(h, &row);
	return complain(h, err ? err : read_step(h, row.value));
}

enum err history_skip(struct history_walk *h)
{
	struct bytes sealed;
	struct row row;
	enum err err = is_at_erasure(h) ? find_row(h, &row) : ERR_NOT_FOUND;

	return complain(h, err ? err : read_head(h, row.value, &sealed));
}

enum err history_unseal(struct desk *d, const struct record *r,
    const struct field *f, uint32_t version, struct bytes sealed,
    struct bytes *out)
{
	struct binding b = record_binding(d, r, f->id, version);
	uint8_t aad[ROW_AAD];
	struct dek *key;
	enum err err = subject_key(d, r->entity, r->header.subject,
	    header_key_kind(r->entity, &r->header), &key);

	return err ? err
		   : unseal(d->sealer, key, binding_aad(&b, aad), sealed,
			 r->arena, out);
}

enum err history_same(struct desk *d, const struct record *r,
    const struct history_change *c, unsigned level, bool *same)
{
	struct bytes old = c->old, value = c->value;
	enum err err = ERR_OK;

	*same = false;
	if (!(level & MAY_SEE))
		return ERR_OK;
	if (c->old_sealed.len && c->sealed.len) {
		err = history_unseal(
		    d, r, c->field, c->old_version, c->old_sealed, &old);
		if (!err)
			err = history_unseal(
			    d, r, c->field, c->version, c->sealed, &value);
	}
	*same = !err && value.len && bytes_equal(old, value);
	return err;
}

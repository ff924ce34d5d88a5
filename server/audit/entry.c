// SPDX-License-Identifier: MIT
/*
 * Packing and strict reading of log entries.
 *
 * One table says key, kind and place in the struct of everything that stands
 * in a draft; packing and reading both follow it, so they cannot differ.  A
 * key that is absent leaves zero.  Records are arrays
 * [entity, id, version, touch, fields, root?].
 */
#include "server/audit/entry.h"

#include <stddef.h>

#include "common/pack.h"
#include "common/unpack.h"

#define DRAFT_MOST (ENTRY_MOST - 64) /* what the leaf adds is less */

enum kind {
	KIND_UINT,
	KIND_COUNT,
	KIND_TEXT,
	KIND_BYTES,
	KIND_SPKI,
	KIND_DIGEST
};

struct member {
	const char *key;
	enum kind kind;
	size_t at;
	size_t has; /* of a digest's flag */
};

static const struct member members[] = {
	{ "user", KIND_UINT, offsetof(struct draft, user), 0 },
	{ "login", KIND_TEXT, offsetof(struct draft, login), 0 },
	{ "roles", KIND_TEXT, offsetof(struct draft, roles), 0 },
	{ "branch", KIND_UINT, offsetof(struct draft, branch), 0 },
	{ "peer", KIND_TEXT, offsetof(struct draft, peer), 0 },
	{ "spki", KIND_SPKI, offsetof(struct draft, spki), 0 },
	{ "token", KIND_TEXT, offsetof(struct draft, token), 0 },
	{ "method", KIND_TEXT, offsetof(struct draft, method), 0 },
	{ "act", KIND_TEXT, offsetof(struct draft, act), 0 },
	{ "behalf", KIND_TEXT, offsetof(struct draft, behalf), 0 },
	{ "under", KIND_TEXT, offsetof(struct draft, under), 0 },
	{ "result", KIND_TEXT, offsetof(struct draft, result), 0 },
	{ "why", KIND_TEXT, offsetof(struct draft, why), 0 },
	{ "request", KIND_TEXT, offsetof(struct draft, request), 0 },
	{ "source", KIND_TEXT, offsetof(struct draft, source), 0 },
	{ "undoes", KIND_UINT, offsetof(struct draft, undoes), 0 },
	{ "count", KIND_COUNT, offsetof(struct draft, count), 0 },
	{ "subject", KIND_UINT, offsetof(struct draft, subject), 0 },
	{ "reason", KIND_DIGEST, offsetof(struct draft, reason),
	    offsetof(struct draft, has_reason) },
	{ "clear", KIND_TEXT, offsetof(struct draft, clear), 0 },
	{ "note", KIND_BYTES, offsetof(struct draft, note), 0 },
	{ "terms", KIND_DIGEST, offsetof(struct draft, terms),
	    offsetof(struct draft, has_terms) },
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))
#define RECORDS "records"

static const char *const touches[TOUCH_COUNT] = { "read", "masked", "search",
	"write" };

const char *touch_word(enum touch t)
{
	return t < TOUCH_COUNT ? touches[t] : NULL;
}

/* --- packing -------------------------------------------------------------*/

static const void *place(const struct draft *d, size_t at)
{
	return (const char *)d + at;
}

static uint64_t number_at(const struct draft *d, size_t at)
{
	uint64_t v;

	memcpy(&v, place(d, at), sizeof(v));
	return v;
}

static const char *text_at(const struct draft *d, size_t at)
{
	const char *v;

	memcpy(&v, place(d, at), sizeof(v));
	return v;
}

static struct bytes bytes_at(const struct draft *d, size_t at)
{
	struct bytes v;

	memcpy(&v, place(d, at), sizeof(v));
	return v;
}

static bool flag_at(const struct draft *d, size_t at)
{
	bool v;

	memcpy(&v, place(d, at), sizeof(v));
	return v;
}

static bool is_present(const struct draft *d, const struct member *m)
{
	switch (m->kind) {
	case KIND_UINT:
		return number_at(d, m->at) != 0;
	case KIND_COUNT:
		return number_at(d, m->at) != 1;
	case KIND_DIGEST:
		return flag_at(d, m->has);
	case KIND_BYTES:
		return bytes_at(d, m->at).len != 0;
	default:
		return text_at(d, m->at) != NULL;
	}
}

static void pack_member(
    struct buf *out, const struct draft *d, const struct member *m)
{
	pack_cstr(out, m->key);
	switch (m->kind) {
	case KIND_UINT:
	case KIND_COUNT:
		pack_uint(out, number_at(d, m->at));
		break;
	case KIND_TEXT:
		pack_cstr(out, text_at(d, m->at));
		break;
	case KIND_BYTES:
		pack_bin(out, bytes_at(d, m->at));
		break;
	case KIND_SPKI:
		pack_bin(out, bytes_of(d->spki, DIGEST_SIZE));
		break;
	case KIND_DIGEST:
		pack_bin(out, bytes_of(place(d, m->at), DIGEST_SIZE));
		break;
	}
}

static void pack_record(struct buf *out, const struct entry_record *r)
{
	pack_array(out, r->has_root ? 6 : 5);
	pack_uint(out, r->entity);
	pack_uint(out, r->id);
	pack_uint(out, r->version);
	pack_uint(out, r->touch);
	pack_bin(out, bytes_of(r->fields, r->field_count));
	if (r->has_root)
		pack_bin(out, bytes_of(r->root.of, DIGEST_SIZE));
}

enum err draft_pack(const struct draft *d, struct buf *out)
{
	size_t before = buf_bytes(out).len;
	uint32_t pairs = d->record_count ? 1 : 0;

	for (size_t i = 0; i < MEMBERS; i++)
		pairs += is_present(d, &members[i]);
	pack_map(out, pairs);
	for (size_t i = 0; i < MEMBERS; i++) {
		if (is_present(d, &members[i]))
			pack_member(out, d, &members[i]);
	}
	if (d->record_count) {
		pack_cstr(out, RECORDS);
		pack_array(out, (uint32_t)d->record_count);
		for (size_t i = 0; i < d->record_count; i++)
			pack_record(out, &d->records[i]);
	}
	if (out->err != ERR_OK)
		return out->err;
	if (buf_bytes(out).len - before <= DRAFT_MOST)
		return ERR_OK;
	buf_truncate(out, before);
	return ERR_TOO_LARGE;
}

enum err draft_plan(const struct draft *d, struct plan *p)
{
	struct buf packed;
	enum err err;

	buf_init(&packed, DRAFT_MOST);
	err = draft_pack(d, &packed);
	if (err == ERR_OK) {
		plan_draft(p, buf_bytes(&packed));
		err = plan_error(p);
	}
	buf_release(&packed);
	return err;
}

void leaf_pack(uint64_t position, int64_t time_ms, const char *result,
    struct bytes draft, struct buf *out)
{
	pack_array(out, 4);
	pack_uint(out, position);
	pack_int(out, time_ms);
	pack_cstr(out, result);
	pack_raw(out, draft);
}

/* --- reading -------------------------------------------------------------*/

static void surprise(struct reader *r)
{
	r->err = ERR_INVALID;
}

/* Texts are written by us: no NUL inside. */
static const char *read_cstr(struct reader *r, struct arena *a)
{
	struct bytes text = read_text(r);
	const char *copy;

	if (bytes_find(text, '\0'))
		surprise(r);
	copy = arena_text(a, text);
	if (!copy)
		surprise(r);
	return copy;
}

static void read_digest(struct reader *r, uint8_t *out)
{
	struct bytes bin = read_bin(r);

	if (bin.len == DIGEST_SIZE)
		memcpy(out, bin.data, DIGEST_SIZE);
	else
		surprise(r);
}

static void read_member(
    struct reader *r, struct arena *a, const struct member *m, struct draft *d)
{
	void *to = (char *)d + m->at;
	struct bytes bin;
	uint64_t number;
	const char *text;
	bool yes = true;

	switch (m->kind) {
	case KIND_UINT:
	case KIND_COUNT:
		number = read_uint(r);
		memcpy(to, &number, sizeof(number));
		break;
	case KIND_TEXT:
		text = read_cstr(r, a);
		memcpy(to, &text, sizeof(text));
		break;
	case KIND_BYTES:
		bin = read_bin(r);
		memcpy(to, &bin, sizeof(bin));
		break;
	case KIND_SPKI:
		bin = read_bin(r);
		if (bin.len != DIGEST_SIZE)
			surprise(r);
		memcpy(to, &bin.data, sizeof(bin.data));
		break;
	case KIND_DIGEST:
		read_digest(r, to);
		memcpy((char *)d + m->has, &yes, sizeof(yes));
		break;
	}
	/* One form for one meaning: what is absent is not written. */
	if (r->err == ERR_OK && !is_present(d, m))
		surprise(r);
}

static bool is_ascending(struct bytes fields)
{
	for (size_t i = 1; i < fields.len; i++) {
		if (fields.data[i - 1] >= fields.data[i])
			return false;
	}
	return true;
}

static void read_record(struct reader *r, struct entry_record *out)
{
	uint32_t parts = read_array(r);
	uint64_t entity = read_uint(r), version, touch;
	struct bytes fields;

	out->id = read_uint(r);
	version = read_uint(r);
	touch = read_uint(r);
	fields = read_bin(r);
	if (parts != 5 && parts != 6)
		surprise(r);
	if (entity > UINT8_MAX || version > UINT32_MAX ||
	    touch >= TOUCH_COUNT || fields.len > UINT8_MAX ||
	    !is_ascending(fields))
		surprise(r);
	out->entity = (uint8_t)entity;
	out->version = (uint32_t)version;
	out->touch = (enum touch)touch;
	out->fields = fields.data;
	out->field_count = (uint8_t)fields.len;
	out->has_root = parts == 6;
	if (out->has_root)
		read_digest(r, out->root.of);
}

static void read_records(struct reader *r, struct arena *a, struct draft *d)
{
	uint32_t count = read_array(r);
	struct entry_record *list;

	/* Six bytes are the shortest record. */
	if (!count || count > (size_t)(r->end - r->at) / 6) {
		surprise(r);
		return;
	}
	list = arena_array(a, count, sizeof(*list));
	if (!list) {
		surprise(r);
		return;
	}
	for (uint32_t i = 0; i < count && r->err == ERR_OK; i++)
		read_record(r, &list[i]);
	d->records = list;
	d->record_count = count;
}

/* Keys come in the order of the table, each at most once. */
static void read_draft(struct reader *r, struct arena *a, struct draft *d)
{
	uint32_t pairs = read_map(r);
	size_t at = 0;

	d->count = 1;
	for (uint32_t i = 0; i < pairs && r->err == ERR_OK; i++) {
		struct bytes key = read_text(r);

		while (at < MEMBERS && !bytes_is(key, members[at].key))
			at++;
		if (at < MEMBERS)
			read_member(r, a, &members[at++], d);
		else if (bytes_is(key, RECORDS) && i + 1 == pairs)
			read_records(r, a, d);
		else
			surprise(r);
	}
}

enum err leaf_parse(struct bytes leaf, struct arena *a, struct entry *out)
{
	struct reader r = reader_of(leaf);

	*out = (struct entry){ .position = 0 };
	if (leaf.len > ENTRY_MOST || read_array(&r) != 4)
		return ERR_CORRUPT;
	out->position = read_uint(&r);
	out->time_ms = read_int(&r);
	out->result = read_cstr(&r, a);
	read_draft(&r, a, &out->draft);
	if (r.err != ERR_OK || r.at != r.end)
		return ERR_CORRUPT;
	return ERR_OK;
}

bool entry_is_done(const struct entry *e)
{
	return !e->draft.result && !strcmp(e->result, "ok");
}

/* --- commitments ---------------------------------------------------------*/

/* Hashed in runs, each beginning with the sum so far, so that any number of
 * fields needs no memory. */
void entry_root(const struct commitment *c, size_t count, struct digest *out)
{
	*out = (struct digest){ { 0 } };
	for (size_t i = 0; i < count; i++) {
		uint8_t field[4];
		struct bytes parts[] = { bytes_of(out->of, DIGEST_SIZE),
			bytes_of(field, 4), bytes_of(c[i].of, 32) };

		put_be32(field, c[i].field);
		digest_parts(parts, 3, out);
	}
}

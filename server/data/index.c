// SPDX-License-Identifier: MIT
/*
 * Index keys: made from values, compared as sets, put and deleted.
 */
#include "server/data/index.h"

#include <stdlib.h>

#include "common/date.h"
#include "common/text.h"
#include "common/unpack.h"

void index_keys_init(struct index_keys *k, struct arena *a)
{
	*k = (struct index_keys){ .arena = a };
}

static struct index_key *add(struct index_keys *k, enum table t)
{
	struct index_key *list =
	    arena_more(k->arena, k->list, k->count, &k->room, sizeof *list);

	if (!list) {
		k->err = ERR_TOO_LARGE;
		return NULL;
	}
	k->list = list;
	k->list[k->count].table = t;
	k->list[k->count].len = 0;
	return &k->list[k->count++];
}

static void append(struct index_key *k, const void *data, size_t len)
{
	memcpy(k->key + k->len, data, len);
	k->len = (uint8_t)(k->len + len);
}

static void append_id(struct index_key *k, uint64_t id)
{
	uint8_t raw[8];

	put_be64(raw, id);
	append(k, raw, sizeof raw);
}

size_t index_prefix(const struct field *f, char kind, bool with_branch,
    uint64_t branch, uint8_t out[static STORE_KEY])
{
	out[0] = f->entity->id;
	out[1] = f->id;
	out[2] = (uint8_t)kind;
	if (!with_branch)
		return INDEX_HEAD;
	put_be64(out + INDEX_HEAD, branch);
	return INDEX_HEAD + 8;
}

size_t index_plain(const struct field *f, struct bytes value, uint8_t *out)
{
	size_t len = value_key(f, value, out);

	if (f->type == TYPE_TEXT)
		out[len++] = 0;
	return len;
}

bool index_tail(struct desk *d, const struct field *f, struct bytes text,
    uint8_t out[static TOKEN_SIZE])
{
	uint8_t tail[1 + TAIL_DIGITS] = { 0 };
	unsigned have = 0;

	for (size_t i = text.len; i-- && have < TAIL_DIGITS;)
		if (text.data[i] >= '0' && text.data[i] <= '9')
			tail[TAIL_DIGITS - have++] = text.data[i];
	tail[0] = 'l';
	if (have == TAIL_DIGITS)
		blind_token(
		    d->sealer, f->bound, bytes_of(tail, sizeof tail), out);
	return have == TAIL_DIGITS;
}

void index_blind(struct desk *d, const struct field *f, struct bytes form,
    uint8_t out[static INDEX_BLINDED])
{
	size_t head = f->index & INDEX_TAIL ? TOKEN_SIZE : 0;
	uint8_t whole[BLIND_SIZE];

	if (head > 0 && !index_tail(d, f, form, out))
		memset(out, 0, head);
	blind_value(d->sealer, f->bound, form, whole);
	memcpy(out + head, whole, INDEX_BLINDED - head);
}

size_t index_unique(struct desk *d, const struct field *f, uint64_t parent,
    struct bytes value, struct arena *a, uint8_t out[static STORE_KEY])
{
	size_t len = 2;
	struct bytes form;

	out[0] = f->entity->id;
	out[1] = f->id;
	if (f->index & INDEX_WITHIN) {
		put_be64(out + len, parent);
		len += 8;
	}
	if (!f->sealed)
		return len + index_plain(f, value, out + len);
	if (value_blind_form(f, a, value, &form))
		return 0;
	blind_value(d->sealer, f->bound, form, out + len);
	return len + BLIND_SIZE;
}

enum err index_token_text(const struct field *f, struct arena *a,
    struct bytes value, struct bytes *out)
{
	return text_compare_key(a, value_text(f, value), out);
}

/* --- one value's keys ----------------------------------------------------*/

struct gram_sink {
	struct desk *desk;
	const struct record *record;
	const struct field *field;
	struct index_keys *out;
};

static void add_gram(void *ctx, struct bytes gram)
{
	struct gram_sink *sink = ctx;
	struct index_key *k = add(sink->out, TABLE_INDEX);
	uint8_t token[TOKEN_SIZE];

	if (!k)
		return;
	k->len = (uint8_t)index_prefix(sink->field, 't', false, 0, k->key);
	blind_token(sink->desk->sealer, sink->field->bound, gram, token);
	append(k, token, sizeof token);
	append_id(k, sink->record->id);
}

static void add_tokens(struct desk *d, const struct record *r,
    const struct field *f, struct bytes value, struct index_keys *out)
{
	struct gram_sink sink = { d, r, f, out };
	struct bytes text;
	enum err err = index_token_text(f, out->arena, value, &text);

	if (err)
		out->err = err;
	else
		text_grams(text, add_gram, &sink);
}

static void add_plain(const struct record *r, const struct field *f,
    uint64_t branch, struct bytes value, struct index_keys *out)
{
	struct index_key *k = add(out, TABLE_INDEX);

	if (!k)
		return;
	k->len =
	    (uint8_t)index_prefix(f, 'p', f->entity->scoped, branch, k->key);
	k->len = (uint8_t)(k->len + index_plain(f, value, k->key + k->len));
	append_id(k, r->id);
}

static void add_digest(const struct record *r, const struct field *f, char kind,
    const uint8_t *digest, size_t len, struct index_keys *out)
{
	struct index_key *k = add(out, TABLE_INDEX);

	if (!k)
		return;
	k->len = (uint8_t)index_prefix(f, kind, false, 0, k->key);
	append(k, digest, len);
	append_id(k, r->id);
}

static void add_blind(struct desk *d, const struct record *r,
    const struct field *f, struct bytes value, struct index_keys *out)
{
	uint8_t digest[INDEX_BLINDED];
	struct bytes form;
	enum err err = value_blind_form(f, out->arena, value, &form);

	if (err) {
		out->err = err;
		return;
	}
	index_blind(d, f, form, digest);
	add_digest(r, f, 'b', digest, sizeof digest, out);
}

/* A list has one key an item. */
static void each_item(struct desk *d, const struct record *r,
    const struct field *f, struct bytes value, struct index_keys *out)
{
	struct reader items = reader_of(value);
	uint32_t count;

	if (f->type != TYPE_LIST) {
		add_blind(d, r, f, value, out);
		return;
	}
	for (count = read_array(&items); count && !items.err; count--)
		add_blind(d, r, f, read_raw(&items), out);
}

static void add_unique(struct desk *d, const struct field *f, uint64_t parent,
    struct bytes value, struct index_keys *out)
{
	struct index_key *k = add(out, TABLE_UNIQUE);

	if (k)
		k->len = (uint8_t)index_unique(
		    d, f, parent, value, out->arena, k->key);
}

/* Who has no owner lies in the pool, and is found there. */
struct bytes index_nobody(void)
{
	static const uint8_t packed[] = { 0x92, 0x00, 0xa0 }; /* [0, ""] */

	return bytes_of(packed, sizeof packed);
}

void index_add(struct desk *d, const struct record *r, const struct field *f,
    uint64_t branch, uint64_t parent, struct bytes value,
    struct index_keys *out)
{
	if (!value.len && f == f->entity->owner_field)
		value = index_nobody();
	if (!value.len || !f->index)
		return;
	if (f->index & INDEX_PLAIN)
		add_plain(r, f, branch, value, out);
	if (f->index & INDEX_BLIND)
		each_item(d, r, f, value, out);
	if (f->index & INDEX_TOKENS)
		add_tokens(d, r, f, value, out);
	if (f->index & (INDEX_UNIQUE | INDEX_WITHIN))
		add_unique(d, f, parent, value, out);
}

/* --- children by their time ----------------------------------------------*/

#define TIME_SHIFT (UINT64_C(1) << 63) /* so that earlier is less */

bool index_time(const struct field *f, struct bytes value, int64_t *ms)
{
	struct bytes text = value_text(f, value);
	int32_t day;

	if (!text.len)
		return false;
	if (f->type == TYPE_INSTANT)
		return !instant_parse(text, ms);
	if (date_parse(text, &day))
		return false;
	*ms = day_begins(day, 0);
	return true;
}

size_t index_put_time(uint8_t *out, bool is_dated, int64_t ms)
{
	put_be64(out, is_dated ? (uint64_t)ms ^ TIME_SHIFT : 0);
	return 8;
}

bool index_time_of(struct bytes key, int64_t *ms)
{
	uint64_t time = get_be64(key.data + key.len - 16);

	*ms = (int64_t)(time ^ TIME_SHIFT);
	return time != 0;
}

size_t index_timed(const struct field *up, uint64_t parent, bool is_listed,
    uint8_t out[static STORE_KEY])
{
	size_t len = index_prefix(up, is_listed ? 'd' : 'e', false, 0, out);

	put_be64(out + len, parent);
	return len + 8;
}

void index_add_timed(const struct record *r, uint64_t parent, struct bytes time,
    bool is_listed, struct index_keys *out)
{
	struct index_key *k = add(out, TABLE_INDEX);
	int64_t ms = 0;
	bool is_dated = index_time(r->entity->time_field, time, &ms);
	size_t len;

	if (!k)
		return;
	len = index_timed(r->entity->parent_field, parent, is_listed, k->key);
	k->len = (uint8_t)(len + index_put_time(k->key + len, is_dated, ms));
	append_id(k, r->id);
}

/* --- the compact form ----------------------------------------------------*/

/* Each: kind ('u' for unique), length, the digest without prefix and id. */
struct bytes index_compact(
    const struct index_keys *k, size_t from, struct arena *a)
{
	uint8_t *out = arena_alloc(a, 1 + (k->count - from) * STORE_KEY);
	size_t len = 0;

	for (size_t i = from; out && i < k->count; i++) {
		const struct index_key *key = &k->list[i];
		bool unique = key->table == TABLE_UNIQUE;
		size_t head =
		    unique ? (size_t)key->len - BLIND_SIZE : INDEX_HEAD;
		size_t body = (size_t)key->len - head - (unique ? 0 : 8);

		out[len++] = unique ? 'u' : key->key[2];
		out[len++] = (uint8_t)body;
		memcpy(out + len, key->key + head, body);
		len += body;
	}
	return bytes_of(out, out ? len : 0);
}

static void expand_unique(const struct field *f, uint64_t parent,
    struct bytes digest, struct index_keys *out)
{
	struct index_key *k = add(out, TABLE_UNIQUE);

	if (!k)
		return;
	append(k, (uint8_t[]){ f->entity->id, f->id }, 2);
	if (f->index & INDEX_WITHIN)
		append_id(k, parent);
	append(k, digest.data, digest.len);
}

void index_expand(const struct record *r, const struct field *f,
    uint64_t branch, uint64_t parent, struct bytes compact,
    struct index_keys *out)
{
	(void)branch;
	while (compact.len >= 2 && compact.len >= 2u + compact.data[1]) {
		struct bytes digest =
		    bytes_of(compact.data + 2, compact.data[1]);
		char kind = (char)compact.data[0];

		if (kind == 'u')
			expand_unique(f, parent, digest, out);
		else
			add_digest(r, f, kind, digest.data, digest.len, out);
		compact.data += 2 + digest.len;
		compact.len -= 2 + digest.len;
	}
}

/* --- differences ---------------------------------------------------------*/

static int compare(const void *a, const void *b)
{
	const struct index_key *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return bytes_compare(
	    bytes_of(x->key, x->len), bytes_of(y->key, y->len));
}

static void put(const struct index_key *k, uint64_t id, struct plan *p)
{
	struct bytes key = bytes_of(k->key, k->len);
	uint8_t raw[8];

	if (k->table == TABLE_INDEX) {
		plan_put(p, k->table, key, BYTES_NONE);
		return;
	}
	put_be64(raw, id);
	plan_expect(p, k->table, key, EXPECT_ABSENT, 0);
	plan_put(p, k->table, key, bytes_of(raw, sizeof raw));
}

/* In order, each once: a name may hold the same gram twice. */
static void sort(struct index_keys *k)
{
	size_t kept = 0;

	if (k->count > 1)
		qsort(k->list, k->count, sizeof *k->list, compare);
	for (size_t i = 0; i < k->count; i++)
		if (!kept || compare(&k->list[kept - 1], &k->list[i]))
			k->list[kept++] = k->list[i];
	k->count = kept;
}

void index_plan(struct index_keys *before, struct index_keys *after,
    uint64_t id, struct plan *p)
{
	size_t i = 0, j = 0;

	sort(before);
	sort(after);
	while (i < before->count || j < after->count) {
		int order = i == before->count ? 1
			    : j == after->count
				? -1
				: compare(&before->list[i], &after->list[j]);

		if (order > 0)
			put(&after->list[j], id, p);
		if (order < 0)
			plan_del(p, before->list[i].table,
			    bytes_of(before->list[i].key, before->list[i].len));
		i += order <= 0;
		j += order >= 0;
	}
}

uint64_t index_record(struct bytes key)
{
	return key.len < 8 ? 0 : get_be64(key.data + key.len - 8);
}

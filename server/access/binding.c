// SPDX-License-Identifier: MIT
/*
 * META "certificates": sealed array of [branch, key]; see binding.h.
 */
#include "server/access/binding.h"

#include "common/pack.h"
#include "common/unpack.h"
#include "server/access/sealed_row.h"

#define PURPOSE "certificates"
#define MOST    (256 * 1024)

static struct bytes row_key(void)
{
	return bytes_text(PURPOSE);
}

static enum err parse(struct bytes plain, struct arena *a, struct bindings *out)
{
	struct reader r = reader_of(plain);
	uint32_t count = read_array(&r);
	struct bound_key *list;

	if (count > BINDINGS_MOST)
		return ERR_CORRUPT;
	list = arena_array(a, count, sizeof(*list));
	if (count && !list)
		return ERR_TOO_LARGE;
	for (uint32_t i = 0; i < count && !r.err; i++) {
		bool is_pair = read_array(&r) == 2;
		struct bytes key;

		list[i].branch = read_uint(&r);
		key = read_bin(&r);
		if (!is_pair || key.len != DIGEST_SIZE)
			return ERR_CORRUPT;
		memcpy(list[i].key.of, key.data, DIGEST_SIZE);
	}
	out->of = list;
	out->count = count;
	return r.err ? ERR_CORRUPT : ERR_OK;
}

enum err bindings_load(
    struct snapshot *n, struct sealer *s, struct arena *a, struct bindings *out)
{
	struct bytes plain;
	struct row row;
	enum err e = snapshot_get(n, TABLE_META, row_key(), &row);

	*out = (struct bindings){ .of = NULL };
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	out->row = row.version;
	e = unseal_system(s, PURPOSE, row_key(), row.value, a, &plain);
	return e == ERR_OK ? parse(plain, a, out) : e;
}

enum err bindings_plan(
    struct plan *p, struct sealer *s, const struct bindings *b)
{
	struct buf plain;

	buf_init(&plain, MOST);
	pack_array(&plain, (uint32_t)b->count);
	for (size_t i = 0; i < b->count; i++) {
		pack_array(&plain, 2);
		pack_uint(&plain, b->of[i].branch);
		pack_bin(&plain, bytes_of(b->of[i].key.of, DIGEST_SIZE));
	}
	plan_expect(p, TABLE_META, row_key(),
	    b->row ? EXPECT_VERSION : EXPECT_ABSENT, b->row);
	return sealed_row_put(p, s, PURPOSE, TABLE_META, row_key(), &plain);
}

static bool is_key(const struct digest *key, const uint8_t *spki)
{
	return spki && digest_same(key->of, spki, DIGEST_SIZE);
}

bool bindings_has(
    const struct bindings *b, uint64_t branch, const uint8_t *spki)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->of[i].branch == branch && is_key(&b->of[i].key, spki))
			return true;
	}
	return false;
}

static bool branch_has_any(const struct bindings *b, uint64_t branch)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->of[i].branch == branch)
			return true;
	}
	return false;
}

bool bindings_admit(
    const struct bindings *b, const struct account *who, const uint8_t *spki)
{
	for (unsigned i = 0; i < who->certificate_count; i++) {
		if (is_key(&who->certificates[i], spki))
			return true;
	}
	if (who->certificate_count)
		return false;
	return !who->branch || !branch_has_any(b, who->branch) ||
	       bindings_has(b, who->branch, spki);
}

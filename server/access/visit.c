// SPDX-License-Identifier: MIT
/*
 * META "visit" be64(account) -> sealed [at, from, failures] of the last login
 * and of the one before.
 */
#include "server/access/visit.h"

#include "common/pack.h"
#include "common/unpack.h"
#include "server/access/sealed_row.h"

#define PURPOSE  "visit"
#define KEY      (sizeof(PURPOSE) - 1 + 8)
#define MOST     1024
#define ELEMENTS 6

static struct bytes row_key(uint64_t account, uint8_t key[static KEY])
{
	memcpy(key, PURPOSE, KEY - 8);
	put_be64(key + KEY - 8, account);
	return bytes_of(key, KEY);
}

static void read_visit(struct reader *r, struct arena *a, struct visit *out)
{
	out->at_ms = read_int(r);
	out->from = arena_text(a, read_text(r));
	out->failures = read_uint(r);
}

enum err visits_load(struct snapshot *n, struct sealer *s, uint64_t account,
    struct arena *a, struct visits *out)
{
	uint8_t key[KEY];
	struct bytes bound = row_key(account, key), plain;
	struct reader r;
	struct row row;
	enum err e = snapshot_get(n, TABLE_META, bound, &row);

	*out = (struct visits){ .last.from = "", .before.from = "" };
	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	e = unseal_system(s, PURPOSE, bound, row.value, a, &plain);
	if (e != ERR_OK)
		return e;
	r = reader_of(plain);
	if (read_array(&r) != ELEMENTS)
		return ERR_CORRUPT;
	read_visit(&r, a, &out->last);
	read_visit(&r, a, &out->before);
	if (!out->last.from || !out->before.from)
		return ERR_TOO_LARGE;
	return r.err == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

static void pack_visit(struct buf *b, const struct visit *v)
{
	pack_int(b, v->at_ms);
	pack_cstr(b, v->from);
	pack_uint(b, v->failures);
}

enum err visits_plan(struct plan *p, struct sealer *s, uint64_t account,
    const struct visits *seen, const struct visit *now)
{
	uint8_t key[KEY];
	struct bytes bound = row_key(account, key);
	struct buf plain;

	buf_init(&plain, MOST);
	pack_array(&plain, ELEMENTS);
	pack_visit(&plain, now);
	pack_visit(&plain, &seen->last);
	return sealed_row_put(p, s, PURPOSE, TABLE_META, bound, &plain);
}

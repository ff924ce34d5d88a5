// SPDX-License-Identifier: MIT
/*
 * The list under its seal.  See glass.h.
 */
#include "server/access/glass.h"

#include "common/pack.h"
#include "common/unpack.h"
#include "server/access/sealed_row.h"

#define ELEMENTS 7
#define MOST     (256 * 1024)

static void pack_glass(struct buf *out, const struct glass *g)
{
	pack_array(out, ELEMENTS);
	pack_uint(out, g->id);
	pack_uint(out, g->account);
	pack_cstr(out, g->role);
	pack_int(out, g->from_ms);
	pack_int(out, g->until_ms);
	pack_uint(out, g->approver);
	pack_cstr(out, g->reason);
}

enum err glasses_put(
    struct plan *p, struct sealer *s, const struct glasses *all)
{
	struct buf plain;

	buf_init(&plain, MOST);
	pack_array(&plain, (uint32_t)all->count);
	for (size_t i = 0; i < all->count; i++)
		pack_glass(&plain, &all->of[i]);
	return sealed_row_put(
	    p, s, GLASS_ROW, TABLE_META, bytes_text(GLASS_ROW), &plain);
}

static enum err read_glass(struct reader *in, struct arena *a, struct glass *g)
{
	if (read_array(in) != ELEMENTS)
		return ERR_CORRUPT;
	g->id = read_uint(in);
	g->account = read_uint(in);
	g->role = arena_text(a, read_text(in));
	g->from_ms = read_int(in);
	g->until_ms = read_int(in);
	g->approver = read_uint(in);
	g->reason = arena_text(a, read_text(in));
	return g->role && g->reason ? ERR_OK : ERR_TOO_LARGE;
}

enum err glasses_unseal(
    struct sealer *s, struct bytes sealed, struct arena *a, struct glasses *out)
{
	struct bytes plain;
	struct reader in;
	uint32_t count;
	enum err e = unseal_system(
	    s, GLASS_ROW, bytes_text(GLASS_ROW), sealed, a, &plain);

	out->count = 0;
	if (e)
		return e;
	in = reader_of(plain);
	count = read_array(&in);
	if (in.err || count > GLASS_MOST)
		return ERR_CORRUPT;
	for (; !e && out->count < count; out->count++)
		e = read_glass(&in, a, &out->of[out->count]);
	return e || !in.err ? e : ERR_CORRUPT;
}

// SPDX-License-Identifier: MIT
/*
 * What lies under an LMDB key: a prefix and the first piece of a row's value.
 *
 * Prefix of rows with a version: be64(version << 16 | further pieces); of
 * long rows without: be16(further pieces); of index rows: nothing.  Piece
 * n >= 1 lies in "piece" under table || key || be16(n).
 */
#include <assert.h>
#include <lmdb.h>

#include "server/store/engine.h"
#include "server/store/engine_inside.h"

#define PIECES_MAX ((STORE_VALUE - 1) / ENGINE_PIECE)
#define PREFIX_ROW 8
#define PREFIX_RUN 2
#define NODE_MOST  2038 /* of a 4 KiB page, before LMDB takes whole pages */
#define NODE_HEAD  8

static_assert(NODE_HEAD + STORE_KEY + PREFIX_ROW + ENGINE_PIECE <= NODE_MOST,
    "a row must fit into half a page");
static_assert(NODE_HEAD + PIECE_KEY + ENGINE_PIECE <= NODE_MOST,
    "a piece must fit into half a page");

struct form {
	const char *name;
	uint8_t prefix;
	bool grows;
};

/* clang-format off */
static const struct form forms[TABLES_ALL] = {
	[TABLE_META]    = { "meta",    PREFIX_ROW, false },
	[TABLE_ROW]     = { "row",     PREFIX_ROW, false },
	[TABLE_LEDGER]  = { "ledger",  PREFIX_ROW, false },
	[TABLE_HISTORY] = { "history", PREFIX_RUN, true },
	[TABLE_INDEX]   = { "index",   0,          false },
	[TABLE_UNIQUE]  = { "unique",  PREFIX_ROW, false },
	[TABLE_USER]    = { "user",    PREFIX_ROW, false },
	[TABLE_TOKEN]   = { "token",   PREFIX_ROW, false },
	[TABLE_SERIES]  = { "series",  PREFIX_ROW, false },
	[TABLE_REPLAY]  = { "replay",  PREFIX_ROW, false },
	[TABLE_LOG]     = { "log",     PREFIX_RUN, true },
	[TABLE_TILE]    = { "tile",    PREFIX_RUN, true },
	[TABLE_NOTE]    = { "note",    PREFIX_RUN, true },
	[TABLE_FACTOR]  = { "factor",  PREFIX_ROW, false },
	[TABLE_DELAY]   = { "delay",   PREFIX_ROW, false },
	[TABLE_PIECE]   = { "piece",   0,          false },
};
/* clang-format on */

const char *table_name(enum table t)
{
	return forms[t].name;
}

bool table_has_values(enum table t)
{
	return forms[t].prefix > 0;
}

bool table_has_versions(enum table t)
{
	return forms[t].prefix == PREFIX_ROW;
}

bool table_grows(enum table t)
{
	return forms[t].grows;
}

MDB_val val_of(struct bytes b)
{
	return (MDB_val){ b.len, (void *)(uintptr_t)b.data };
}

struct bytes val_bytes(const MDB_val *v)
{
	return bytes_of(v->mv_data, v->mv_size);
}

unsigned row_pieces(size_t len)
{
	return len > ENGINE_PIECE ? (unsigned)((len - 1) / ENGINE_PIECE) : 0;
}

size_t row_prefix(enum table t)
{
	return forms[t].prefix;
}

void row_pack_prefix(
    enum table t, uint64_t version, unsigned pieces, uint8_t *out)
{
	if (forms[t].prefix == PREFIX_ROW)
		put_be64(out, version << 16 | pieces);
	else if (forms[t].prefix == PREFIX_RUN)
		put_be16(out, (uint16_t)pieces);
}

size_t found_room(const struct found *f)
{
	return (size_t)(f->pieces + 1) * ENGINE_PIECE;
}

enum err row_unpack(enum table t, const MDB_val *v, struct found *out)
{
	const uint8_t *at = v->mv_data;
	size_t prefix = forms[t].prefix;
	*out = (struct found){ 0 };
	if (v->mv_size < prefix)
		return fault_corrupt("a row is shorter than its prefix");
	unsigned pieces = 0;
	if (prefix == PREFIX_ROW) {
		uint64_t word = get_be64(at);
		out->version = word >> 16;
		pieces = (unsigned)(word & 0xffff);
	} else if (prefix == PREFIX_RUN) {
		pieces = get_be16(at);
	}
	if (pieces > PIECES_MAX)
		return fault_corrupt("a row has too many pieces");
	out->pieces = pieces;
	out->value = bytes_of(at + prefix, v->mv_size - prefix);
	return ERR_OK;
}

struct bytes row_piece_key(uint8_t room[static PIECE_KEY], enum table t,
    struct bytes key, unsigned piece)
{
	room[0] = (uint8_t)t;
	memcpy(room + 1, key.data, key.len);
	put_be16(room + 1 + key.len, (uint16_t)piece);
	return bytes_of(room, key.len + 3);
}

enum err row_join(MDB_txn *txn, const struct engine *e, enum table t,
    struct bytes key, const struct found *f, uint8_t *room, size_t *len)
{
	uint8_t name[PIECE_KEY];
	*len = 0;
	if (f->value.len > ENGINE_PIECE || key.len > STORE_KEY)
		return fault_corrupt("a piece has a wrong length");
	memcpy(room, f->value.data, f->value.len);
	size_t at = f->value.len;
	for (unsigned n = 1; n <= f->pieces; n++) {
		MDB_val k = val_of(row_piece_key(name, t, key, n));
		MDB_val v;
		int rc = mdb_get(txn, e->tables[TABLE_PIECE], &k, &v);
		if (rc == MDB_NOTFOUND)
			return fault_corrupt("a piece of a row is missing");
		if (rc != 0)
			return fault_translate(rc, "read a piece");
		if (at != (size_t)n * ENGINE_PIECE || v.mv_size > ENGINE_PIECE)
			return fault_corrupt("a piece has a wrong length");
		memcpy(room + at, v.mv_data, v.mv_size);
		at += v.mv_size;
	}
	*len = at;
	return ERR_OK;
}

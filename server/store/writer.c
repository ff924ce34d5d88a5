// SPDX-License-Identifier: MIT
/*
 * Writing: the one transaction that puts, deletes and commits.
 *
 * Each table's cursor is kept over the transaction: what looks for a row
 * leaves it there, and the put or delete that follows finds its page.
 */
#include <errno.h>
#include <lmdb.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/log.h"
#include "server/store/disk.h"
#include "server/store/engine.h"
#include "server/store/engine_inside.h"
#include "server/store/keeper.h"

/* Zeros written ahead of the last used page (see write_ahead). */
#define AHEAD_LEAST ((uint64_t)512 * 1024)
#define AHEAD_STEP  ((uint64_t)1024 * 1024)
#define AHEAD_MOST  ((uint64_t)4 * 1024 * 1024)
#define AHEAD_BULK  ((uint64_t)64 * 1024 * 1024)
/* Less than this free, and a short write means a full disk. */
#define NEARLY_FULL ((uint64_t)64 * 1024 * 1024)

static bool is_nearly_full(const struct engine *e)
{
	struct statvfs f;
	return fstatvfs(e->data, &f) == 0 &&
	       (uint64_t)f.f_bavail * f.f_frsize < NEARLY_FULL;
}

/*
 * LMDB calls a short write EIO, as it does a failed sync, though the first is
 * a full disk and the second the end.  A short write leaves errno alone
 * (cleared in writer_begin), a failed sync sets it.
 */
static enum err translate_write(
    const struct writer *w, int code, const char *what)
{
	if (code == EIO && errno != EIO && is_nearly_full(w->engine))
		return ERR_FULL;
	return fault_translate(code, what);
}

/* How far: more for a small book's first changes than they need, and for bulk
 * twice what the last commit took. */
static uint64_t ahead_of(struct engine *e, uint64_t used)
{
	uint64_t grown = used - e->used;
	uint64_t step = used / 8;
	step = step < AHEAD_STEP ? AHEAD_STEP : step;
	step = step > AHEAD_MOST ? AHEAD_MOST : step;
	e->used = used;
	grown = grown > AHEAD_BULK / 2 ? AHEAD_BULK / 2 : grown;
	return 2 * grown > step ? 2 * grown : step;
}

/*
 * Writes zeros behind the last page.  Pages that are merely overwritten cost
 * a commit less than pages that make the file grow, and a disk that runs full
 * is noticed while there is still room for deletions.  Only between
 * transactions: then nothing lies there.  If it fails, LMDB will tell.
 */
static void write_ahead(struct engine *e)
{
	uint64_t map;
	uint64_t used;
	engine_space(e, &map, &used);
	uint64_t step = ahead_of(e, used);
	if (e->written < used)
		e->written = used;
	if (e->written - used >= (step > AHEAD_MOST ? step / 2 : AHEAD_LEAST))
		return;
	disk_write_zeros(
	    e->data, &e->written, used + step < map ? used + step : map);
}

enum err writer_begin(struct engine *e, struct writer **out)
{
	struct writer *w = &e->writer;
	*out = NULL;
	enum err err = e->is_replaying ? ERR_OK : keeper_turn(e->keeper);
	if (err != ERR_OK)
		return err;
	write_ahead(e);
	memset(w->cursors, 0, sizeof(w->cursors));
	w->engine = e;
	w->version = 0;
	w->journal = e->is_replaying ? NULL : keeper_journal(e->keeper);
	errno = 0;
	int rc = mdb_txn_begin(e->env, NULL, 0, &w->txn);
	if (rc != 0)
		return translate_write(w, rc, "begin to write");
	*out = w;
	return ERR_OK;
}

void writer_at(struct writer *w, uint64_t version)
{
	w->version = version;
}

static enum err cursor_at(struct writer *w, enum table t, MDB_cursor **out)
{
	int rc = 0;
	if (!w->cursors[t])
		rc = mdb_cursor_open(
		    w->txn, w->engine->tables[t], &w->cursors[t]);
	*out = w->cursors[t];
	return fault_translate(rc, "open a cursor");
}

enum err writer_find(
    struct writer *w, enum table t, struct bytes key, struct found *out)
{
	MDB_cursor *at;
	*out = (struct found){ 0 };
	enum err err = cursor_at(w, t, &at);
	if (err != ERR_OK)
		return err;
	MDB_val k = val_of(key);
	MDB_val v;
	int rc = mdb_cursor_get(at, &k, &v, MDB_SET);
	if (rc != 0)
		return translate_write(w, rc, "read a row");
	return row_unpack(t, &v, out);
}

enum err writer_get(
    struct writer *w, enum table t, struct bytes key, struct row *out)
{
	struct found f;
	*out = (struct row){ 0 };
	enum err err = writer_find(w, t, key, &f);
	if (err != ERR_OK)
		return err;
	if (f.pieces > 0) {
		size_t len;
		if (w->scratch_size < found_room(&f)) {
			w->scratch_size = found_room(&f);
			w->scratch = must_grow(w->scratch, w->scratch_size);
		}
		err = row_join(w->txn, w->engine, t, key, &f, w->scratch, &len);
		if (err != ERR_OK)
			return err;
		f.value = bytes_of(w->scratch, len);
	}
	*out = (struct row){ f.value, f.version };
	return ERR_OK;
}

/* Puts prefix and first piece; `flags` is 0 or MDB_APPEND. */
static int put_first(struct writer *w, MDB_cursor *at, enum table t,
    struct bytes key, struct bytes value, unsigned flags)
{
	size_t prefix = row_prefix(t);
	unsigned pieces = row_pieces(value.len);
	size_t first = pieces > 0 ? ENGINE_PIECE : value.len;
	MDB_val k = val_of(key);
	MDB_val v = { prefix + first, NULL };
	int rc = mdb_cursor_put(at, &k, &v, flags | MDB_RESERVE);
	if (rc != 0)
		return rc;
	uint8_t *room = v.mv_data;
	row_pack_prefix(t, w->version, pieces, room);
	if (first > 0)
		memcpy(room + prefix, value.data, first);
	return 0;
}

static enum err put_pieces(
    struct writer *w, enum table t, struct bytes key, struct bytes value)
{
	unsigned pieces = row_pieces(value.len);
	uint8_t name[PIECE_KEY];
	MDB_cursor *at = NULL;
	enum err err = ERR_OK;
	if (pieces > 0)
		err = cursor_at(w, TABLE_PIECE, &at);
	for (unsigned n = 1; n <= pieces && err == ERR_OK; n++) {
		size_t start = (size_t)n * ENGINE_PIECE;
		size_t left = value.len - start;
		MDB_val k = val_of(row_piece_key(name, t, key, n));
		MDB_val v = val_of(bytes_of(value.data + start,
		    left < ENGINE_PIECE ? left : ENGINE_PIECE));
		int rc = mdb_cursor_put(at, &k, &v, 0);
		err = translate_write(w, rc, "write a piece");
	}
	return err;
}

static enum err del_pieces(struct writer *w, enum table t, struct bytes key,
    unsigned first, unsigned last)
{
	uint8_t name[PIECE_KEY];
	for (unsigned n = first; n <= last; n++) {
		MDB_val k = val_of(row_piece_key(name, t, key, n));
		int rc =
		    mdb_del(w->txn, w->engine->tables[TABLE_PIECE], &k, NULL);
		if (rc == MDB_NOTFOUND)
			return fault_corrupt("a piece of a row is missing");
		if (rc != 0)
			return translate_write(w, rc, "delete a piece");
	}
	return ERR_OK;
}

/* Over whatever is there, whose surplus pieces go. */
static enum err overwrite(struct writer *w, MDB_cursor *at, enum table t,
    struct bytes key, struct bytes value)
{
	struct found old = { 0 };
	if (table_has_values(t)) {
		enum err err = writer_find(w, t, key, &old);
		if (err != ERR_OK && err != ERR_NOT_FOUND)
			return err;
	}
	int rc = put_first(w, at, t, key, value, 0);
	if (rc != 0)
		return translate_write(w, rc, "write a row");
	return del_pieces(w, t, key, row_pieces(value.len) + 1, old.pieces);
}

static enum err put(
    struct writer *w, enum table t, struct bytes key, struct bytes value)
{
	MDB_cursor *at;
	enum err err = cursor_at(w, t, &at);
	if (err != ERR_OK)
		return err;
	int rc = MDB_KEYEXIST;
	if (table_grows(t))
		rc = put_first(w, at, t, key, value, MDB_APPEND);
	if (rc == MDB_KEYEXIST)
		err = overwrite(w, at, t, key, value);
	else
		err = translate_write(w, rc, "append a row");
	if (err != ERR_OK)
		return err;
	return put_pieces(w, t, key, value);
}

enum err writer_put(
    struct writer *w, enum table t, struct bytes key, struct bytes value)
{
	ASSERT(key.len > 0 && key.len <= STORE_KEY);
	ASSERT(value.len <= (table_has_values(t) ? STORE_VALUE : 0));
	if (w->journal)
		journal_put(w->journal, t, w->version, key, value);
	return put(w, t, key, value);
}

enum err writer_del(struct writer *w, enum table t, struct bytes key)
{
	struct found old;
	enum err err = writer_find(w, t, key, &old);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err != ERR_OK)
		return err;
	if (w->journal)
		journal_del(w->journal, t, key);
	int rc = mdb_cursor_del(w->cursors[t], 0);
	if (rc != 0)
		return translate_write(w, rc, "delete a row");
	return del_pieces(w, t, key, 1, old.pieces);
}

static void end(struct writer *w)
{
	w->txn = NULL;
	if (w->journal)
		journal_drop(w->journal);
}

/* Durable first, then visible.  A frame whose commit finds no space goes. */
static enum err commit(struct writer *w, uint64_t head, bool is_framed)
{
	struct keeper *k = w->engine->keeper;
	if (is_framed) {
		enum err err =
		    journal_write(w->journal, keeper_number(k), head);
		if (err != ERR_OK) {
			mdb_txn_abort(w->txn);
			return err;
		}
		errno = 0;
	}
	int rc = mdb_txn_commit(w->txn);
	enum err err = translate_write(w, rc, "commit");
	if (err == ERR_FULL && is_framed &&
	    journal_take_back(w->journal) != ERR_OK)
		return ERR_INTERNAL;
	return err;
}

enum err writer_commit(struct writer *w, uint64_t head)
{
	struct engine *e = w->engine;
	const struct mark mark = { FORMAT_JOURNALED, head };
	bool is_moved =
	    head != e->mark.head || e->mark.format != FORMAT_JOURNALED;
	if (is_moved) {
		enum err err = mark_write(w->txn, e->main, &mark);
		if (err != ERR_OK) {
			writer_abort(w);
			return err;
		}
	}
	enum err err = commit(
	    w, head, w->journal && (is_moved || !journal_is_blank(w->journal)));
	end(w);
	if (err == ERR_OK)
		e->mark = mark;
	return err;
}

void writer_abort(struct writer *w)
{
	if (w->txn)
		mdb_txn_abort(w->txn);
	end(w);
}

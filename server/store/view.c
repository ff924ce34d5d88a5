// SPDX-License-Identifier: MIT
/*
 * Reading: views are LMDB's read transactions, cursors walk one table.
 *
 * Rows are found with a cursor that is kept: what lies on the same page as
 * the row before, as a customer's keys do, is found without a way down.
 */
#include <lmdb.h>
#include <stdlib.h>

#include "common/log.h"
#include "server/store/engine.h"
#include "server/store/engine_inside.h"

struct view {
	struct engine *engine;
	MDB_txn *txn;
	MDB_cursor *rows; /* in TABLE_ROW */
};

struct cursor {
	struct view *view;
	MDB_cursor *at;
	enum table table;
};

enum err view_open(struct engine *e, struct view **out)
{
	*out = NULL;
	MDB_txn *txn;
	int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return fault_translate(rc, "begin to read");
	MDB_cursor *rows;
	rc = mdb_cursor_open(txn, e->tables[TABLE_ROW], &rows);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return fault_translate(rc, "open a cursor");
	}
	struct view *v = must_alloc(sizeof(*v));
	*v = (struct view){ e, txn, rows };
	*out = v;
	return ERR_OK;
}

void view_close(struct view *v)
{
	if (!v)
		return;
	mdb_cursor_close(v->rows);
	mdb_txn_abort(v->txn);
	free(v);
}

enum err view_renew(struct view *v)
{
	int rc = mdb_txn_renew(v->txn);
	if (rc != 0)
		return fault_translate(rc, "renew a reader");
	rc = mdb_cursor_renew(v->txn, v->rows);
	if (rc != 0)
		mdb_txn_reset(v->txn);
	return fault_translate(rc, "renew a reader");
}

void view_rest(struct view *v)
{
	mdb_txn_reset(v->txn);
}

enum err view_head(struct view *v, uint64_t *out)
{
	struct mark mark;
	enum err err = mark_read(v->txn, v->engine->main, &mark);
	*out = mark.head;
	return err;
}

enum err view_find(
    struct view *v, enum table t, struct bytes key, struct found *out)
{
	*out = (struct found){ 0 };
	if (key.len == 0 || key.len > STORE_KEY)
		return ERR_NOT_FOUND;
	MDB_val k = val_of(key);
	MDB_val found;
	int rc = t == TABLE_ROW
		     ? mdb_cursor_get(v->rows, &k, &found, MDB_SET)
		     : mdb_get(v->txn, v->engine->tables[t], &k, &found);
	if (rc != 0)
		return fault_translate(rc, "read a row");
	return row_unpack(t, &found, out);
}

enum err view_join(struct view *v, enum table t, struct bytes key,
    const struct found *f, uint8_t *room, size_t *len)
{
	return row_join(v->txn, v->engine, t, key, f, room, len);
}

enum err cursor_open(struct view *v, enum table t, struct cursor **out)
{
	*out = NULL;
	MDB_cursor *at;
	int rc = mdb_cursor_open(v->txn, v->engine->tables[t], &at);
	if (rc != 0)
		return fault_translate(rc, "open a cursor");
	struct cursor *c = must_alloc(sizeof(*c));
	*c = (struct cursor){ v, at, t };
	*out = c;
	return ERR_OK;
}

void cursor_close(struct cursor *c)
{
	if (!c)
		return;
	mdb_cursor_close(c->at);
	free(c);
}

enum err cursor_renew(struct cursor *c)
{
	int rc = mdb_cursor_renew(c->view->txn, c->at);
	return fault_translate(rc, "renew a cursor");
}

enum err cursor_move(
    struct cursor *c, enum move m, struct bytes *key, struct found *out)
{
	static const MDB_cursor_op ops[] = {
		[MOVE_FIRST] = MDB_FIRST,
		[MOVE_LAST] = MDB_LAST,
		[MOVE_NEXT] = MDB_NEXT,
		[MOVE_PREV] = MDB_PREV,
		[MOVE_SEEK] = MDB_SET_RANGE,
	};
	MDB_val k = val_of(*key);
	MDB_val v;
	int rc = mdb_cursor_get(c->at, &k, &v, ops[m]);
	if (rc != 0)
		return fault_translate(rc, "walk a table");
	*key = val_bytes(&k);
	return row_unpack(c->table, &v, out);
}

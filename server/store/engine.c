// SPDX-License-Identifier: MIT
/*
 * LMDB's environment: its file, its tables, the mark.
 *
 * Plain LMDB: no DUPSORT, no WRITEMAP, all sub-databases opened at start.  It
 * syncs each commit until the journal does so for it (keeper.h).  The main
 * database holds one row, "kehu" -> be32 format, be64 head: it shares the page
 * of the sub-databases' roots, which every commit writes anyway.  To change the
 * layout, add a format and convert by a logical copy.
 */
#include <lmdb.h>

#include "common/log.h"
#include "server/store/disk.h"
#include "server/store/engine.h"
#include "server/store/engine_inside.h"

#define MARK_SIZE 12
#define PINS      2 /* readers that the keeper holds */

enum err environment_open(struct engine *e, const struct store_options *o)
{
	int rc = mdb_env_create(&e->env);
	if (rc == 0)
		rc = mdb_env_set_mapsize(
		    e->env, (size_t)o->map_size_mib * 1024 * 1024);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(e->env, o->readers + PINS);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(e->env, TABLES_ALL);
	if (rc == 0)
		rc = mdb_env_open(e->env, o->dir, MDB_NOTLS, 0600);
	int dead = 0;
	if (rc == 0)
		rc = mdb_reader_check(e->env, &dead);
	if (rc == 0)
		rc = mdb_env_get_fd(e->env, &e->data);
	if (dead > 0)
		log_info("store: cleared %d dead readers", dead);
	return fault_translate(rc, "open");
}

enum err mark_read(MDB_txn *txn, unsigned main, struct mark *out)
{
	MDB_val key = { 4, (void *)(uintptr_t) "kehu" };
	MDB_val mark;
	*out = (struct mark){ 0 };
	int rc = mdb_get(txn, main, &key, &mark);
	if (rc == MDB_NOTFOUND)
		return fault_corrupt("this data file is another program's");
	if (rc != 0)
		return fault_translate(rc, "read the mark");
	uint32_t format =
	    mark.mv_size == MARK_SIZE ? get_be32(mark.mv_data) : 0;
	if (format != FORMAT_WHOLE && format != FORMAT_JOURNALED)
		return fault_corrupt("this data file has another format");
	out->format = (enum format)format;
	out->head = get_be64((const uint8_t *)mark.mv_data + 4);
	return ERR_OK;
}

enum err mark_write(MDB_txn *txn, unsigned main, const struct mark *m)
{
	uint8_t mark[MARK_SIZE];
	put_be32(mark, m->format);
	put_be64(mark + 4, m->head);
	MDB_val key = { 4, (void *)(uintptr_t) "kehu" };
	MDB_val value = { MARK_SIZE, mark };
	int rc = mdb_put(txn, main, &key, &value, 0);
	return fault_translate(rc, "write the mark");
}

/* A book made by an older version gets what it lacks. */
static bool is_younger(int t)
{
	return t >= TABLE_FACTOR && t < TABLE_COUNT;
}

static enum err open_tables(struct engine *e, MDB_txn *txn, bool create)
{
	MDB_stat s;
	int rc = mdb_dbi_open(txn, NULL, 0, &e->main);
	if (rc == 0)
		rc = mdb_stat(txn, e->main, &s);
	if (rc != 0)
		return fault_translate(rc, "open the tables");
	if (create && s.ms_entries > 0)
		return ERR_DUPLICATE;
	if (!create && s.ms_entries == 0)
		return ERR_NOT_FOUND;
	e->page = s.ms_psize;
	e->mark.format = FORMAT_WHOLE;
	enum err err = create ? mark_write(txn, e->main, &e->mark)
			      : mark_read(txn, e->main, &e->mark);
	if (err != ERR_OK)
		return err;
	for (int t = 0; t < TABLES_ALL; t++) {
		bool may_make = create || is_younger(t);
		rc = mdb_dbi_open(txn, table_name((enum table)t),
		    may_make ? MDB_CREATE : 0, &e->tables[t]);
		if (rc == MDB_NOTFOUND)
			return fault_corrupt("a table is missing");
		if (rc != 0)
			return fault_translate(rc, "open a table");
	}
	return ERR_OK;
}

enum err environment_load(struct engine *e, const struct store_options *o)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(e->env, NULL, 0, &txn);
	if (rc != 0)
		return fault_translate(rc, "begin");
	enum err err = open_tables(e, txn, o->create);
	if (err != ERR_OK) {
		mdb_txn_abort(txn);
		return err;
	}
	rc = mdb_txn_commit(txn);
	if (rc != 0)
		return fault_translate(rc, "commit the tables");
	uint64_t map;
	e->written = disk_size(e->data);
	engine_space(e, &map, &e->used);
	return o->create ? disk_sync_directory(o->dir) : ERR_OK;
}

void environment_close(struct engine *e)
{
	if (e->env)
		mdb_env_close(e->env);
	e->env = NULL;
}

enum err engine_mark_whole(struct engine *e)
{
	const struct mark whole = { FORMAT_WHOLE, e->mark.head };
	MDB_txn *txn;
	int rc = mdb_txn_begin(e->env, NULL, 0, &txn);
	if (rc != 0)
		return fault_translate(rc, "begin to close");
	enum err err = mark_write(txn, e->main, &whole);
	if (err != ERR_OK) {
		mdb_txn_abort(txn);
		return err;
	}
	return fault_translate(mdb_txn_commit(txn), "commit the end");
}

void engine_stop_syncing(struct engine *e)
{
	mdb_env_set_flags(e->env, MDB_NOSYNC, 1);
}

uint64_t engine_head(const struct engine *e)
{
	return e->mark.head;
}

void engine_space(
    const struct engine *e, uint64_t *map_bytes, uint64_t *used_bytes)
{
	MDB_envinfo info;
	mdb_env_info(e->env, &info);
	*map_bytes = info.me_mapsize;
	*used_bytes = ((uint64_t)info.me_last_pgno + 1) * e->page;
}

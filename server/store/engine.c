// SPDX-License-Identifier: MIT
/*
 * Opening LMDB: its file, its tables, the mark.
 *
 * Plain LMDB with every sync on: no flag that trades safety, no DUPSORT, all
 * sub-databases opened at start.  The main database holds one row, "kehu" ->
 * be32 format, be64 head: it shares the page of the sub-databases' roots,
 * which every commit writes anyway.  To change the layout, raise FORMAT and
 * convert by a logical copy.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/log.h"
#include "server/store/engine.h"
#include "server/store/engine_inside.h"

#define FORMAT    1
#define MARK_SIZE 12

/* clang-format off */
/* Where flock and mmap are not what LMDB needs. */
static const unsigned long remote_file_systems[] = {
	NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, 0xff534d42 /* cifs */,
	0xfe534d42 /* smb2 */, AFS_SUPER_MAGIC, CODA_SUPER_MAGIC,
	0x00c36400 /* ceph */, 0x01021997 /* 9p */, 0x65735546 /* fuse */,
	0x0bd00bd0 /* lustre */, 0x47504653 /* gpfs */, 0x01161970 /* gfs2 */,
	0x7461636f /* ocfs2 */,
};
/* clang-format on */

/* --- opening -------------------------------------------------------------*/

static enum err path_of(const char *dir, const char *name, char path[4096])
{
	int n = snprintf(path, 4096, "%s/%s", dir, name);
	return n > 0 && n < 4096 ? ERR_OK : ERR_INVALID;
}

static enum err errno_logged(const char *what)
{
	int number = errno;
	log_error("store: %s: %s", what, mdb_strerror(number));
	return err_errno(number);
}

static enum err check_directory(const char *dir)
{
	struct statfs f;
	if (statfs(dir, &f) != 0)
		return errno_logged("data directory");
	const size_t count =
	    sizeof(remote_file_systems) / sizeof(*remote_file_systems);
	for (size_t i = 0; i < count; i++) {
		if ((uint32_t)f.f_type != remote_file_systems[i])
			continue;
		log_error("store: the data directory is on a network file "
			  "system; use a local disk");
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* LMDB's own locks break silently when one process opens a file twice. */
static enum err take_lock(struct engine *e, const char *dir)
{
	char path[4096];
	enum err err = path_of(dir, "store.lock", path);
	if (err != ERR_OK)
		return err;
	e->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (e->lock < 0)
		return errno_logged("lock file");
	if (flock(e->lock, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	if (errno != EWOULDBLOCK)
		return errno_logged("lock file");
	log_error("store: another process has this data directory open");
	return ERR_CONFLICT;
}

static bool has_data_file(const char *dir)
{
	char path[4096];
	struct stat s;
	return path_of(dir, "data.mdb", path) == ERR_OK && stat(path, &s) == 0;
}

static enum err open_environment(
    struct engine *e, const struct store_options *o)
{
	int rc = mdb_env_create(&e->env);
	if (rc == 0)
		rc = mdb_env_set_mapsize(
		    e->env, (size_t)o->map_size_mib * 1024 * 1024);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(e->env, o->readers);
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

static void pack_mark(uint8_t mark[static MARK_SIZE], uint64_t head)
{
	put_be32(mark, FORMAT);
	put_be64(mark + 4, head);
}

enum err mark_read(MDB_txn *txn, unsigned main, uint64_t *head)
{
	MDB_val key = { 4, (void *)(uintptr_t) "kehu" };
	MDB_val mark;
	*head = 0;
	int rc = mdb_get(txn, main, &key, &mark);
	if (rc == MDB_NOTFOUND)
		return fault_corrupt("this data file is another program's");
	if (rc != 0)
		return fault_translate(rc, "read the mark");
	if (mark.mv_size != MARK_SIZE || get_be32(mark.mv_data) != FORMAT)
		return fault_corrupt("this data file has another format");
	*head = get_be64((const uint8_t *)mark.mv_data + 4);
	return ERR_OK;
}

enum err mark_write(MDB_txn *txn, unsigned main, uint64_t head)
{
	uint8_t mark[MARK_SIZE];
	pack_mark(mark, head);
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
	enum err err = create ? mark_write(txn, e->main, 0)
			      : mark_read(txn, e->main, &e->head);
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

/* A new file's name must be as durable as its content. */
static enum err sync_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno_logged("data directory");
	enum err err =
	    fsync(fd) == 0 ? ERR_OK : errno_logged("sync the directory");
	close(fd);
	return err;
}

static enum err load(struct engine *e, const struct store_options *o)
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
	struct stat s;
	e->written = fstat(e->data, &s) == 0 ? (uint64_t)s.st_size : 0;
	return o->create ? sync_directory(o->dir) : ERR_OK;
}

enum err engine_open(const struct store_options *options, struct engine **out)
{
	*out = NULL;
	enum err err = check_directory(options->dir);
	if (err != ERR_OK)
		return err;
	if (!options->create && !has_data_file(options->dir))
		return ERR_NOT_FOUND;
	struct engine *e = must_alloc(sizeof(*e));
	memset(e, 0, sizeof(*e));
	e->lock = -1;
	err = take_lock(e, options->dir);
	if (err == ERR_OK)
		err = open_environment(e, options);
	if (err == ERR_OK)
		err = load(e, options);
	if (err != ERR_OK) {
		engine_close(e);
		return err;
	}
	*out = e;
	return ERR_OK;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	if (e->env)
		mdb_env_close(e->env);
	if (e->lock >= 0)
		close(e->lock);
	free(e->writer.scratch);
	free(e);
}

uint64_t engine_head(const struct engine *e)
{
	return e->head;
}

void engine_space(
    const struct engine *e, uint64_t *map_bytes, uint64_t *used_bytes)
{
	MDB_envinfo info;
	mdb_env_info(e->env, &info);
	*map_bytes = info.me_mapsize;
	*used_bytes = ((uint64_t)info.me_last_pgno + 1) * e->page;
}

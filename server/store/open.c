// SPDX-License-Identifier: MIT
/*
 * The engine's life: lock, recovery, LMDB, keeper; and an orderly end.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/log.h"
#include "server/store/disk.h"
#include "server/store/engine.h"
#include "server/store/engine_inside.h"
#include "server/store/recover.h"

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

static enum err check_directory(const char *dir)
{
	struct statfs f;
	if (statfs(dir, &f) != 0)
		return disk_errno("data directory");
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
	enum err err = disk_open(dir, "store.lock", true, &e->lock);
	if (err != ERR_OK)
		return err;
	if (flock(e->lock, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	if (errno != EWOULDBLOCK)
		return disk_errno("lock file");
	log_error("store: another process has this data directory open");
	return ERR_CONFLICT;
}

static bool has_data_file(const char *dir)
{
	char path[DISK_PATH];
	return disk_path(dir, "data.mdb", path) == ERR_OK &&
	       access(path, F_OK) == 0;
}

/* Pinned before anything is written: a recovery that does not come to its end
 * begins again. */
static enum err recover(
    struct engine *e, const struct store_options *o, struct recovery *r)
{
	enum err err = ERR_OK;
	if (r->is_needed)
		err = keeper_resume(e->keeper, &r->base);
	if (err == ERR_OK)
		err = environment_load(e, o);
	if (err != ERR_OK || !r->is_needed)
		return err;
	e->is_replaying = true;
	err = recover_replay(e, e->keeper, r);
	e->is_replaying = false;
	return err;
}

static void release(struct engine *e)
{
	keeper_close(e->keeper);
	environment_close(e);
	if (e->lock >= 0)
		close(e->lock);
	free(e->writer.scratch);
	free(e);
}

enum err engine_open(const struct store_options *options, struct engine **out)
{
	struct recovery recovery;
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
		err = recover_prepare(options->dir, &recovery);
	if (err == ERR_OK)
		err = environment_open(e, options);
	if (err == ERR_OK)
		err = keeper_open(e, e->data, options->dir,
		    options->inline_commit, &e->keeper);
	if (err == ERR_OK)
		err = recover(e, options, &recovery);
	if (err != ERR_OK) {
		release(e);
		return err;
	}
	*out = e;
	return ERR_OK;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	if (keeper_finish(e->keeper) != ERR_OK)
		log_warning("store: not closed in order; the next start will "
			    "read the journal");
	release(e);
}

enum err engine_tidy(struct engine *e, bool *done)
{
	return keeper_tidy(e->keeper, done);
}

enum err engine_make_room(struct engine *e)
{
	return keeper_move(e->keeper, true);
}

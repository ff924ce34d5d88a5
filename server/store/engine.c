// SPDX-License-Identifier: MIT
/*
 * LMDB: open, tables, rows and their pieces, translation of its errors.
 *
 * Plain LMDB with every sync on: no flag that trades safety, no DUPSORT, all
 * sub-databases opened at start.  A stored row is a prefix and the first
 * piece of its value.  Prefix of rows with a version: be64(version << 16 |
 * further pieces); of long rows without: be16(further pieces); of index rows:
 * nothing.  Piece n >= 1 lies in "piece" under table || key || be16(n).  The
 * main database holds one row, "kehu" -> be32 format, be64 head: it shares
 * the page of the sub-databases' roots, which every commit writes anyway.
 * To change the layout, raise FORMAT and convert by a logical copy.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/log.h"
#include "server/store/engine.h"

#define FORMAT      1
#define MARK_SIZE   12
#define PIECES_MAX  ((STORE_VALUE - 1) / ENGINE_PIECE)
#define PREFIX_ROW  8
#define PREFIX_RUN  2
#define PIECE_KEY   (1 + STORE_KEY + 2)
#define NODE_MOST   2038 /* of a 4 KiB page, before LMDB takes whole pages */
#define NODE_HEAD   8
#define TABLES_ALL  (TABLE_COUNT + 1)
#define TABLE_PIECE ((enum table)TABLE_COUNT)

/* Zeros written ahead of the last used page (see write_ahead). */
#define AHEAD_LEAST ((uint64_t)512 * 1024)
#define AHEAD_STEP  ((uint64_t)1024 * 1024)
#define AHEAD_MOST  ((uint64_t)4 * 1024 * 1024)
/* Less than this free, and a short write means a full disk. */
#define NEARLY_FULL ((uint64_t)64 * 1024 * 1024)

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
	[TABLE_SUBJECT] = { "subject", PREFIX_ROW, false },
	[TABLE_USER]    = { "user",    PREFIX_ROW, false },
	[TABLE_TOKEN]   = { "token",   PREFIX_ROW, false },
	[TABLE_SERIES]  = { "series",  PREFIX_ROW, false },
	[TABLE_REPLAY]  = { "replay",  PREFIX_ROW, false },
	[TABLE_LOG]     = { "log",     PREFIX_RUN, true },
	[TABLE_TILE]    = { "tile",    PREFIX_RUN, true },
	[TABLE_NOTE]    = { "note",    PREFIX_RUN, true },
	[TABLE_PIECE]   = { "piece",   0,          false },
};

/* Where flock and mmap are not what LMDB needs. */
static const unsigned long remote_file_systems[] = {
	NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, 0xff534d42 /* cifs */,
	0xfe534d42 /* smb2 */, AFS_SUPER_MAGIC, CODA_SUPER_MAGIC,
	0x00c36400 /* ceph */, 0x01021997 /* 9p */, 0x65735546 /* fuse */,
	0x0bd00bd0 /* lustre */, 0x47504653 /* gpfs */, 0x01161970 /* gfs2 */,
	0x7461636f /* ocfs2 */,
};
/* clang-format on */

struct writer {
	struct engine *engine;
	MDB_txn *txn;
	MDB_cursor *cursors[TABLES_ALL]; /* die with the transaction */
	uint64_t version;
	uint8_t *scratch; /* joins long rows for writer_get */
	size_t scratch_size;
};

struct engine {
	MDB_env *env;
	MDB_dbi main;
	MDB_dbi tables[TABLES_ALL];
	int lock;
	int data;         /* LMDB's descriptor, borrowed */
	uint64_t head;    /* committed */
	uint64_t written; /* bytes of the file that hold something */
	unsigned page;
	struct writer writer;
};

struct view {
	struct engine *engine;
	MDB_txn *txn;
};

struct cursor {
	struct view *view;
	MDB_cursor *at;
	enum table table;
};

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

/* --- errors --------------------------------------------------------------*/

static const struct {
	int code;
	enum err err;
} translations[] = {
	{ MDB_SUCCESS, ERR_OK },
	{ MDB_NOTFOUND, ERR_NOT_FOUND },
	{ MDB_MAP_FULL, ERR_FULL },
	{ MDB_TXN_FULL, ERR_FULL },
	{ ENOSPC, ERR_FULL },
	{ EDQUOT, ERR_FULL },
	{ MDB_READERS_FULL, ERR_BUSY },
	{ MDB_CORRUPTED, ERR_CORRUPT },
	{ MDB_PAGE_NOTFOUND, ERR_CORRUPT },
	{ MDB_INVALID, ERR_CORRUPT },
	{ MDB_VERSION_MISMATCH, ERR_CORRUPT },
	{ MDB_INCOMPATIBLE, ERR_CORRUPT },
};

/* A miss and a full disk are answers; all else is logged here. */
static enum err translate(int code, const char *what)
{
	enum err e = ERR_INTERNAL;
	for (size_t i = 0; i < sizeof(translations) / sizeof(*translations);
	     i++)
		if (translations[i].code == code)
			e = translations[i].err;
	if (e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_FULL)
		log_error("store: %s: %s", what, mdb_strerror(code));
	return e;
}

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
	return translate(code, what);
}

static enum err corrupt(const char *what)
{
	log_error("store: %s", what);
	return ERR_CORRUPT;
}

/* --- opening -------------------------------------------------------------*/

void store_options_init(struct store_options *o, const char *dir)
{
	*o = (struct store_options){
		.dir = dir,
		.map_size_mib = 64 * 1024,
		.readers = 64,
		.queue_plans = 4096,
		.queue_bytes = (size_t)256 * 1024 * 1024,
	};
}

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
	return translate(rc, "open");
}

static void pack_mark(uint8_t mark[static MARK_SIZE], uint64_t head)
{
	put_be32(mark, FORMAT);
	put_be64(mark + 4, head);
}

static enum err read_mark(MDB_txn *txn, MDB_dbi main, uint64_t *head)
{
	MDB_val key = { 4, (void *)(uintptr_t) "kehu" };
	MDB_val mark;
	*head = 0;
	int rc = mdb_get(txn, main, &key, &mark);
	if (rc == MDB_NOTFOUND)
		return corrupt("this data file is another program's");
	if (rc != 0)
		return translate(rc, "read the mark");
	if (mark.mv_size != MARK_SIZE || get_be32(mark.mv_data) != FORMAT)
		return corrupt("this data file has another format");
	*head = get_be64((const uint8_t *)mark.mv_data + 4);
	return ERR_OK;
}

static enum err write_mark(MDB_txn *txn, MDB_dbi main, uint64_t head)
{
	uint8_t mark[MARK_SIZE];
	pack_mark(mark, head);
	MDB_val key = { 4, (void *)(uintptr_t) "kehu" };
	MDB_val value = { MARK_SIZE, mark };
	int rc = mdb_put(txn, main, &key, &value, 0);
	return translate(rc, "write the mark");
}

static enum err open_tables(struct engine *e, MDB_txn *txn, bool create)
{
	MDB_stat s;
	int rc = mdb_dbi_open(txn, NULL, 0, &e->main);
	if (rc == 0)
		rc = mdb_stat(txn, e->main, &s);
	if (rc != 0)
		return translate(rc, "open the tables");
	if (create && s.ms_entries > 0)
		return ERR_DUPLICATE;
	if (!create && s.ms_entries == 0)
		return ERR_NOT_FOUND;
	e->page = s.ms_psize;
	enum err err = create ? write_mark(txn, e->main, 0)
			      : read_mark(txn, e->main, &e->head);
	if (err != ERR_OK)
		return err;
	for (int t = 0; t < TABLES_ALL; t++) {
		rc = mdb_dbi_open(
		    txn, forms[t].name, create ? MDB_CREATE : 0, &e->tables[t]);
		if (rc == MDB_NOTFOUND)
			return corrupt("a table is missing");
		if (rc != 0)
			return translate(rc, "open a table");
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
	int rc = mdb_txn_begin(e->env, NULL, o->create ? 0 : MDB_RDONLY, &txn);
	if (rc != 0)
		return translate(rc, "begin");
	enum err err = open_tables(e, txn, o->create);
	if (err != ERR_OK) {
		mdb_txn_abort(txn);
		return err;
	}
	rc = mdb_txn_commit(txn);
	if (rc != 0)
		return translate(rc, "commit the tables");
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

/* --- rows and pieces -----------------------------------------------------*/

size_t found_room(const struct found *f)
{
	return (size_t)(f->pieces + 1) * ENGINE_PIECE;
}

static MDB_val val_of(struct bytes b)
{
	return (MDB_val){ b.len, (void *)(uintptr_t)b.data };
}

static struct bytes bytes_of_val(MDB_val v)
{
	return bytes_of(v.mv_data, v.mv_size);
}

static enum err unpack_row(enum table t, MDB_val v, struct found *out)
{
	const uint8_t *at = v.mv_data;
	size_t prefix = forms[t].prefix;
	*out = (struct found){ 0 };
	if (v.mv_size < prefix)
		return corrupt("a row is shorter than its prefix");
	unsigned pieces = 0;
	if (prefix == PREFIX_ROW) {
		uint64_t word = get_be64(at);
		out->version = word >> 16;
		pieces = (unsigned)(word & 0xffff);
	} else if (prefix == PREFIX_RUN) {
		pieces = get_be16(at);
	}
	if (pieces > PIECES_MAX)
		return corrupt("a row has too many pieces");
	out->pieces = pieces;
	out->value = bytes_of(at + prefix, v.mv_size - prefix);
	return ERR_OK;
}

static struct bytes piece_key(uint8_t room[static PIECE_KEY], enum table t,
    struct bytes key, unsigned piece)
{
	room[0] = (uint8_t)t;
	memcpy(room + 1, key.data, key.len);
	put_be16(room + 1 + key.len, (uint16_t)piece);
	return bytes_of(room, key.len + 3);
}

static enum err join(MDB_txn *txn, MDB_dbi pieces, enum table t,
    struct bytes key, const struct found *f, uint8_t *room, size_t *len)
{
	uint8_t name[PIECE_KEY];
	*len = 0;
	if (f->value.len > ENGINE_PIECE || key.len > STORE_KEY)
		return corrupt("a piece has a wrong length");
	memcpy(room, f->value.data, f->value.len);
	size_t at = f->value.len;
	for (unsigned n = 1; n <= f->pieces; n++) {
		MDB_val k = val_of(piece_key(name, t, key, n));
		MDB_val v;
		int rc = mdb_get(txn, pieces, &k, &v);
		if (rc == MDB_NOTFOUND)
			return corrupt("a piece of a row is missing");
		if (rc != 0)
			return translate(rc, "read a piece");
		if (at != (size_t)n * ENGINE_PIECE || v.mv_size > ENGINE_PIECE)
			return corrupt("a piece has a wrong length");
		memcpy(room + at, v.mv_data, v.mv_size);
		at += v.mv_size;
	}
	*len = at;
	return ERR_OK;
}

/* --- views ---------------------------------------------------------------*/

enum err view_open(struct engine *e, struct view **out)
{
	*out = NULL;
	MDB_txn *txn;
	int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return translate(rc, "begin to read");
	struct view *v = must_alloc(sizeof(*v));
	*v = (struct view){ e, txn };
	*out = v;
	return ERR_OK;
}

void view_close(struct view *v)
{
	if (!v)
		return;
	mdb_txn_abort(v->txn);
	free(v);
}

enum err view_renew(struct view *v)
{
	return translate(mdb_txn_renew(v->txn), "renew a reader");
}

void view_rest(struct view *v)
{
	mdb_txn_reset(v->txn);
}

enum err view_head(struct view *v, uint64_t *out)
{
	return read_mark(v->txn, v->engine->main, out);
}

enum err view_find(
    struct view *v, enum table t, struct bytes key, struct found *out)
{
	*out = (struct found){ 0 };
	if (key.len == 0 || key.len > STORE_KEY)
		return ERR_NOT_FOUND;
	MDB_val k = val_of(key);
	MDB_val found;
	int rc = mdb_get(v->txn, v->engine->tables[t], &k, &found);
	if (rc != 0)
		return translate(rc, "read a row");
	return unpack_row(t, found, out);
}

enum err view_join(struct view *v, enum table t, struct bytes key,
    const struct found *f, uint8_t *room, size_t *len)
{
	return join(
	    v->txn, v->engine->tables[TABLE_PIECE], t, key, f, room, len);
}

enum err cursor_open(struct view *v, enum table t, struct cursor **out)
{
	*out = NULL;
	MDB_cursor *at;
	int rc = mdb_cursor_open(v->txn, v->engine->tables[t], &at);
	if (rc != 0)
		return translate(rc, "open a cursor");
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
	return translate(rc, "renew a cursor");
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
		return translate(rc, "walk a table");
	*key = bytes_of_val(k);
	return unpack_row(c->table, v, out);
}

/* --- the writer ----------------------------------------------------------*/

/*
 * Writes zeros behind the last page.  Pages that are merely overwritten cost
 * a commit less than pages that make the file grow, and a disk that runs full
 * is noticed while there is still room for deletions.  Only between
 * transactions: then nothing lies there.  If it fails, LMDB will tell.
 */
static void write_ahead(struct engine *e)
{
	static const uint8_t zeros[64 * 1024];
	uint64_t map;
	uint64_t used;
	engine_space(e, &map, &used);
	if (e->written < used)
		e->written = used;
	if (e->written - used >= AHEAD_LEAST)
		return;
	uint64_t step = used / 8;
	step = step < AHEAD_STEP ? AHEAD_STEP : step;
	step = step > AHEAD_MOST ? AHEAD_MOST : step;
	uint64_t goal = used + step < map ? used + step : map;
	while (e->written < goal) {
		ssize_t n =
		    pwrite(e->data, zeros, sizeof(zeros), (off_t)e->written);
		if (n <= 0)
			return;
		e->written += (uint64_t)n;
	}
}

enum err writer_begin(struct engine *e, struct writer **out)
{
	struct writer *w = &e->writer;
	*out = NULL;
	write_ahead(e);
	memset(w->cursors, 0, sizeof(w->cursors));
	w->engine = e;
	w->version = 0;
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
	return translate(rc, "open a cursor");
}

/* Leaves the table's cursor on the row, so that a put there is quick. */
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
	return unpack_row(t, v, out);
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
		err = join(w->txn, w->engine->tables[TABLE_PIECE], t, key, &f,
		    w->scratch, &len);
		if (err != ERR_OK)
			return err;
		f.value = bytes_of(w->scratch, len);
	}
	*out = (struct row){ f.value, f.version };
	return ERR_OK;
}

static unsigned pieces_of(size_t len)
{
	return len > ENGINE_PIECE ? (unsigned)((len - 1) / ENGINE_PIECE) : 0;
}

/* Puts prefix and first piece; `flags` is 0 or MDB_APPEND. */
static int put_first(struct writer *w, MDB_cursor *at, enum table t,
    struct bytes key, struct bytes value, unsigned flags)
{
	size_t prefix = forms[t].prefix;
	unsigned pieces = pieces_of(value.len);
	size_t first = pieces > 0 ? ENGINE_PIECE : value.len;
	MDB_val k = val_of(key);
	MDB_val v = { prefix + first, NULL };
	int rc = mdb_cursor_put(at, &k, &v, flags | MDB_RESERVE);
	if (rc != 0)
		return rc;
	uint8_t *room = v.mv_data;
	if (prefix == PREFIX_ROW)
		put_be64(room, w->version << 16 | pieces);
	else if (prefix == PREFIX_RUN)
		put_be16(room, (uint16_t)pieces);
	if (first > 0)
		memcpy(room + prefix, value.data, first);
	return 0;
}

static enum err put_pieces(
    struct writer *w, enum table t, struct bytes key, struct bytes value)
{
	unsigned pieces = pieces_of(value.len);
	uint8_t name[PIECE_KEY];
	MDB_cursor *at = NULL;
	enum err err = ERR_OK;
	if (pieces > 0)
		err = cursor_at(w, TABLE_PIECE, &at);
	for (unsigned n = 1; n <= pieces && err == ERR_OK; n++) {
		size_t start = (size_t)n * ENGINE_PIECE;
		size_t left = value.len - start;
		MDB_val k = val_of(piece_key(name, t, key, n));
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
		MDB_val k = val_of(piece_key(name, t, key, n));
		int rc =
		    mdb_del(w->txn, w->engine->tables[TABLE_PIECE], &k, NULL);
		if (rc == MDB_NOTFOUND)
			return corrupt("a piece of a row is missing");
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
	return del_pieces(w, t, key, pieces_of(value.len) + 1, old.pieces);
}

enum err writer_put(
    struct writer *w, enum table t, struct bytes key, struct bytes value)
{
	ASSERT(key.len > 0 && key.len <= STORE_KEY);
	ASSERT(value.len <= (table_has_values(t) ? STORE_VALUE : 0));
	MDB_cursor *at;
	enum err err = cursor_at(w, t, &at);
	if (err != ERR_OK)
		return err;
	int rc = MDB_KEYEXIST;
	if (forms[t].grows)
		rc = put_first(w, at, t, key, value, MDB_APPEND);
	if (rc == MDB_KEYEXIST)
		err = overwrite(w, at, t, key, value);
	else
		err = translate_write(w, rc, "append a row");
	if (err != ERR_OK)
		return err;
	return put_pieces(w, t, key, value);
}

enum err writer_del(struct writer *w, enum table t, struct bytes key)
{
	struct found old;
	enum err err = writer_find(w, t, key, &old);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err != ERR_OK)
		return err;
	int rc = mdb_cursor_del(w->cursors[t], 0);
	if (rc != 0)
		return translate_write(w, rc, "delete a row");
	return del_pieces(w, t, key, 1, old.pieces);
}

enum err writer_commit(struct writer *w, uint64_t head)
{
	struct engine *e = w->engine;
	if (head != e->head) {
		enum err err = write_mark(w->txn, e->main, head);
		if (err != ERR_OK) {
			writer_abort(w);
			return err;
		}
	}
	int rc = mdb_txn_commit(w->txn);
	w->txn = NULL;
	if (rc != 0)
		return translate_write(w, rc, "commit");
	e->head = head;
	return ERR_OK;
}

void writer_abort(struct writer *w)
{
	if (w->txn)
		mdb_txn_abort(w->txn);
	w->txn = NULL;
}

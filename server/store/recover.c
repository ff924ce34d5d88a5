// SPDX-License-Identifier: MIT
/*
 * See recover.h.
 *
 *	stamp of data.mdb   journal.base         then
 *	none, or whole      none                 as it is
 *	none, or whole      its meta pages are   as it is: the journal was to
 *	                    the file's           begin, or has ended
 *	whole               of the same book     as it is: the journal has ended
 *	in use              same book, number    put back and replayed
 *	                    equal or before
 *	anything else                            refused
 *
 * The journal is read twice: nothing is put back before all of it is known to
 * belong to the base.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "server/store/disk.h"
#include "server/store/recover.h"

#define GROUP ((size_t)1024 * 1024) /* operations of one transaction */

/* --- deciding ------------------------------------------------------------*/

static enum err refuse(const char *why)
{
	log_error("store: %s", why);
	return ERR_CORRUPT;
}

/* LMDB holds a lock on the first byte while it has the book open. */
static enum err check_alone(const char *dir)
{
	int fd;
	enum err err = disk_open(dir, "lock.mdb", false, &fd);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	struct flock held = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1
	};
	int rc = fcntl(fd, F_GETLK, &held);
	if (rc != 0)
		err = disk_errno("lock.mdb");
	close(fd);
	if (rc != 0 || held.l_type == F_UNLCK)
		return err;
	log_error("store: process %d reads this book, which was not closed; "
		  "end it first",
	    (int)held.l_pid);
	return ERR_CONFLICT;
}

static enum err read_base(const char *dir, struct base *out)
{
	int fd;
	enum err err = disk_open(dir, BASE_FILE, false, &fd);
	if (err != ERR_OK)
		return err;
	err = base_read(fd, out);
	close(fd);
	return err;
}

static bool is_same_book(const struct stamp *s, const struct base *b)
{
	return memcmp(s->book, b->book, sizeof(s->book)) == 0;
}

/* A file that says it needs no journal; no stamp, no book. */
static enum err decide_whole(
    int data, const struct stamp *s, const struct base *b)
{
	struct metas now;
	if (s && is_same_book(s, b))
		return ERR_OK;
	enum err err = metas_read(data, &now);
	if (err != ERR_OK && err != ERR_CORRUPT)
		return err;
	if (err == ERR_OK && metas_are_same(&now, &b->metas))
		return ERR_OK;
	return refuse("data.mdb is not the file that the journal beside it "
		      "continues; to use it as it is, remove journal.*");
}

/* A move writes the stamp first: the file may be ahead by one. */
static bool goes_with(uint64_t stamp, uint64_t base)
{
	return stamp == base || stamp == base + 1 ||
	       stamp == base_resumed(base);
}

static enum err pass(void *ctx, const struct frame *f, struct bytes operations)
{
	(void)ctx;
	(void)f;
	(void)operations;
	return ERR_OK;
}

static enum err check_journal(const char *dir, const struct base *b)
{
	struct journal *j = journal_new(dir);
	enum err err = journal_open(j);
	if (err == ERR_NOT_FOUND)
		err = refuse("a file of the journal is missing");
	if (err == ERR_OK)
		err = journal_read(j, &b->after, b->number, pass, NULL);
	journal_free(j);
	return err;
}

static enum err decide_used(
    int data, const struct stamp *s, enum err found, const struct base *b)
{
	if (found != ERR_OK)
		return refuse("data.mdb was in use and not closed, and its "
			      "journal.base is missing or damaged; put back "
			      "the files that belong to it (of a copy by "
			      "mdb_copy: make one by mdb_copy -c)");
	if (!is_same_book(s, b) || !goes_with(s->number, b->number))
		return refuse("data.mdb and journal.base are not of one "
			      "moment; put back the files of one moment");
	if (disk_size(data) < metas_file_size(&b->metas))
		return refuse("data.mdb is shorter than it was");
	return ERR_OK;
}

static enum err put_back(int data, const struct base *b)
{
	struct stamp s = { .number = b->number };
	memcpy(s.book, b->book, sizeof(s.book));
	enum err err = metas_write(data, &b->metas);
	if (err == ERR_OK)
		err = stamp_write(data, &s);
	return err == ERR_OK ? disk_sync(data, "sync data.mdb") : err;
}

static enum err decide(const char *dir, int data, struct recovery *r)
{
	struct stamp s;
	enum err stamped = stamp_read(data, &s);
	enum err based = read_base(dir, &r->base);
	if (stamped != ERR_OK && stamped != ERR_NOT_FOUND)
		return stamped;
	if (based != ERR_OK && based != ERR_NOT_FOUND && based != ERR_CORRUPT)
		return based;
	if (stamped != ERR_OK || s.is_whole)
		return based != ERR_OK
			   ? ERR_OK
			   : decide_whole(
				 data, stamped == ERR_OK ? &s : NULL, &r->base);
	enum err err = decide_used(data, &s, based, &r->base);
	if (err == ERR_OK)
		err = check_alone(dir);
	if (err == ERR_OK)
		err = check_journal(dir, &r->base);
	if (err == ERR_OK)
		err = put_back(data, &r->base);
	r->is_needed = err == ERR_OK;
	return err;
}

enum err recover_prepare(const char *dir, struct recovery *out)
{
	int data;
	*out = (struct recovery){ 0 };
	enum err err = disk_open(dir, "data.mdb", false, &data);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	err = decide(dir, data, out);
	close(data);
	return err;
}

/* --- replaying -----------------------------------------------------------*/

struct replay {
	struct engine *engine;
	struct writer *writer; /* the transaction in hand, or NULL */
	size_t bytes;          /* of it */
	uint64_t head;
	uint64_t frames;
};

static enum err commit(struct replay *r)
{
	struct writer *w = r->writer;
	r->writer = NULL;
	r->bytes = 0;
	return w ? writer_commit(w, r->head) : ERR_OK;
}

static enum err apply(struct writer *w, struct bytes operations)
{
	enum err err = ERR_OK;
	while (operations.len > 0 && err == ERR_OK) {
		struct operation o;
		err = operation_next(&operations, &o);
		if (err != ERR_OK)
			return refuse("the journal holds what no row is");
		writer_at(w, o.version);
		err = o.is_put ? writer_put(w, o.table, o.key, o.value)
			       : writer_del(w, o.table, o.key);
	}
	return err;
}

static enum err replay_frame(
    void *ctx, const struct frame *f, struct bytes operations)
{
	struct replay *r = ctx;
	enum err err = ERR_OK;
	if (!r->writer)
		err = writer_begin(r->engine, &r->writer);
	if (err == ERR_OK)
		err = apply(r->writer, operations);
	if (err != ERR_OK)
		return err;
	r->head = f->head;
	r->frames++;
	r->bytes += operations.len;
	return r->bytes >= GROUP ? commit(r) : ERR_OK;
}

enum err recover_replay(
    struct engine *e, struct keeper *k, const struct recovery *r)
{
	struct replay replay = { .engine = e };
	enum err err = journal_read(keeper_journal(k), &r->base.after,
	    r->base.number, replay_frame, &replay);
	if (err != ERR_OK) {
		if (replay.writer)
			writer_abort(replay.writer);
		return err;
	}
	err = commit(&replay);
	if (err == ERR_OK)
		err = keeper_move(k, true);
	if (err == ERR_OK)
		log_info("store: the book was not closed; %llu commits came "
			 "from the journal",
		    (unsigned long long)replay.frames);
	return err;
}

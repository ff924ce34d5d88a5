// SPDX-License-Identifier: MIT
/*
 * See keeper.h.
 *
 *	RESTS --keeper_move--> MOVES --the thread--> MOVED --the writer--> RESTS
 *	                         |`-- a failed write or sync --> FAILED
 *	                         `-- no room --> STUCK --the writer--> MOVES
 *
 * The order of a move: stamp (the data file now goes with this base or the
 * one before), sync of the data file, base.  Only the state is shared with
 * the thread; `next` is its own while it MOVES.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/disk.h"
#include "server/store/keeper.h"

enum state {
	STATE_RESTS,
	STATE_MOVES,
	STATE_MOVED,
	STATE_STUCK,
	STATE_FAILED,
};

struct keeper {
	struct engine *engine;
	struct journal *journal;
	char *dir;
	int data;               /* LMDB's descriptor, borrowed */
	int fd;                 /* the base's file */
	bool is_begun;          /* there is a base */
	bool is_resumed;        /* the next base is the first of a recovery */
	struct base base, next; /* durable; under way */
	struct view *pin, *spare;
	uint64_t used, next_used; /* bytes of the data file, at the pins */

	pthread_t thread;
	bool is_inline, has_thread;
	pthread_mutex_t lock; /* over all below */
	pthread_cond_t changed;
	enum state state;
	bool is_closing;
};

/* --- the thread ----------------------------------------------------------*/

static enum err stamp(const struct keeper *k, const struct base *b, bool whole)
{
	struct stamp s = { .number = b->number + whole, .is_whole = whole };
	memcpy(s.book, b->book, sizeof(s.book));
	enum err err = stamp_write(k->data, &s);
	return err == ERR_OK ? disk_sync(k->data, "sync data.mdb") : err;
}

static enum state write_next(const struct keeper *k)
{
	enum err err = stamp(k, &k->next, false);
	if (err == ERR_OK)
		err = base_write(k->fd, &k->next);
	if (err == ERR_FULL)
		return STATE_STUCK;
	return err == ERR_OK ? STATE_MOVED : STATE_FAILED;
}

static void *run(void *arg)
{
	struct keeper *k = arg;
	pthread_mutex_lock(&k->lock);
	while (!k->is_closing) {
		if (k->state != STATE_MOVES) {
			pthread_cond_wait(&k->changed, &k->lock);
			continue;
		}
		pthread_mutex_unlock(&k->lock);
		enum state state = write_next(k);
		pthread_mutex_lock(&k->lock);
		k->state = state;
		pthread_cond_broadcast(&k->changed);
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

/* --- moving --------------------------------------------------------------*/

static uint64_t used_bytes(const struct keeper *k)
{
	uint64_t map;
	uint64_t used;
	engine_space(k->engine, &map, &used);
	return used;
}

/* Pins what is committed now as the next base. */
static enum err prepare(struct keeper *k)
{
	enum err err = view_renew(k->spare);
	if (err != ERR_OK)
		return err;
	k->next = k->base;
	k->next.number =
	    k->is_resumed ? base_resumed(k->base.number) : k->base.number + 1;
	k->next_used = used_bytes(k);
	journal_turn(k->journal, &k->next.after);
	return metas_read(k->data, &k->next.metas);
}

/* The older pin goes, and with it the claim on its journal's file. */
static void settle(struct keeper *k)
{
	struct view *older = k->pin;
	view_rest(older);
	journal_release(k->journal);
	k->pin = k->spare;
	k->spare = older;
	k->base = k->next;
	k->used = k->next_used;
	k->is_resumed = false;
}

/* With the lock. */
static void set_to_work(struct keeper *k)
{
	k->state = STATE_MOVES;
	if (k->has_thread)
		pthread_cond_broadcast(&k->changed);
	else
		k->state = write_next(k);
}

/* Takes notice of what the thread did; waits until it has, if told to. */
static enum err notice(struct keeper *k, bool wait)
{
	static const enum err errs[] = {
		[STATE_STUCK] = ERR_FULL,
		[STATE_FAILED] = ERR_INTERNAL,
	};
	pthread_mutex_lock(&k->lock);
	if (k->state == STATE_STUCK)
		set_to_work(k);
	while (wait && k->state == STATE_MOVES)
		pthread_cond_wait(&k->changed, &k->lock);
	if (k->state == STATE_MOVED) {
		settle(k);
		k->state = STATE_RESTS;
	}
	enum err err = errs[k->state];
	pthread_mutex_unlock(&k->lock);
	return err;
}

static bool is_moving(struct keeper *k)
{
	pthread_mutex_lock(&k->lock);
	bool is = k->state != STATE_RESTS;
	pthread_mutex_unlock(&k->lock);
	return is;
}

static enum err move(struct keeper *k)
{
	enum err err = prepare(k);
	if (err != ERR_OK)
		return err;
	pthread_mutex_lock(&k->lock);
	set_to_work(k);
	pthread_mutex_unlock(&k->lock);
	return ERR_OK;
}

enum err keeper_move(struct keeper *k, bool wait)
{
	enum err err = notice(k, wait);
	bool has_more = journal_length(k->journal) > 0 || k->is_resumed;
	if (err == ERR_OK && !is_moving(k) && has_more)
		err = move(k);
	return err == ERR_OK ? notice(k, wait) : err;
}

enum err keeper_tidy(struct keeper *k, bool *done)
{
	journal_trim(k->journal);
	enum err err = keeper_move(k, false);
	*done =
	    journal_length(k->journal) == 0 && k->base.number == k->next.number;
	return err == ERR_FULL ? ERR_OK : err;
}

/* --- life ----------------------------------------------------------------*/

enum err keeper_open(struct engine *e, int data, const char *dir,
    bool is_inline, struct keeper **out)
{
	struct keeper *k = must_alloc(sizeof(*k));
	memset(k, 0, sizeof(*k));
	k->engine = e;
	k->data = data;
	k->fd = -1;
	k->is_inline = is_inline;
	k->dir = must_copy(dir);
	k->journal = journal_new(dir);
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->changed, NULL);
	enum err err = view_open(e, &k->pin);
	if (err == ERR_OK)
		err = view_open(e, &k->spare);
	if (err != ERR_OK) {
		keeper_close(k);
		k = NULL;
	} else {
		view_rest(k->spare);
	}
	*out = k;
	return err;
}

void keeper_close(struct keeper *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	k->is_closing = true;
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->lock);
	if (k->has_thread)
		pthread_join(k->thread, NULL);
	if (k->fd >= 0)
		close(k->fd);
	view_close(k->pin);
	view_close(k->spare);
	journal_free(k->journal);
	pthread_cond_destroy(&k->changed);
	pthread_mutex_destroy(&k->lock);
	free(k->dir);
	free(k);
}

/* Without a thread moves are made at once, which is slower and no less safe. */
static void rely(struct keeper *k)
{
	engine_stop_syncing(k->engine);
	k->used = used_bytes(k);
	k->is_begun = true;
	if (!k->is_inline)
		k->has_thread = pthread_create(&k->thread, NULL, run, k) == 0;
}

/*
 * The first base: the data file as it is, whole.  Before the stamp nothing
 * depends on base and journal; behind it everything does.
 */
static enum err begin(struct keeper *k)
{
	struct base *b = &k->base;
	enum err err = journal_make(k->journal);
	if (err == ERR_OK && k->fd < 0) { /* an earlier book's slots */
		err = disk_remove(k->dir, BASE_FILE);
		if (err == ERR_OK)
			err = base_open(k->dir, &k->fd);
	}
	if (err != ERR_OK)
		return err;
	random_fill(&random_system, b->book, sizeof(b->book));
	b->number = 1;
	b->after = (struct place){ .sequence = 1 };
	random_fill(&random_system, b->after.chain.of, DIGEST_SIZE);
	journal_start(k->journal, &b->after);
	view_rest(k->pin);
	err = view_renew(k->pin);
	if (err == ERR_OK)
		err = metas_read(k->data, &b->metas);
	if (err == ERR_OK)
		err = disk_sync(k->data, "sync data.mdb");
	if (err == ERR_OK)
		err = base_write(k->fd, b);
	if (err == ERR_OK)
		err = disk_sync_directory(k->dir);
	if (err == ERR_OK)
		err = stamp(k, b, false);
	if (err != ERR_OK)
		return err;
	k->next = *b;
	rely(k);
	return ERR_OK;
}

enum err keeper_resume(struct keeper *k, const struct base *base)
{
	enum err err = journal_open(k->journal);
	if (err == ERR_OK)
		err = base_open(k->dir, &k->fd);
	if (err != ERR_OK)
		return err;
	k->base = *base;
	k->next = *base;
	k->is_resumed = true;
	rely(k);
	return ERR_OK;
}

enum err keeper_turn(struct keeper *k)
{
	if (!k->is_begun)
		return begin(k);
	uint64_t length = journal_length(k->journal);
	uint64_t used = used_bytes(k);
	bool is_late = length >= KEEPER_LATE * KEEPER_JOURNAL ||
		       used - k->used >= KEEPER_LATE * KEEPER_GROWTH;
	enum err err = notice(k, is_late);
	if (err == ERR_OK &&
	    (length >= KEEPER_JOURNAL || used - k->used >= KEEPER_GROWTH))
		err = keeper_move(k, false);
	return err;
}

/* The sync before the stamp that says so. */
enum err keeper_finish(struct keeper *k)
{
	if (!k->is_begun)
		return ERR_OK;
	enum err err = notice(k, true);
	if (err == ERR_OK)
		err = engine_mark_whole(k->engine);
	if (err == ERR_OK)
		err = disk_sync(k->data, "sync data.mdb");
	if (err == ERR_OK)
		err = stamp(k, &k->base, true);
	if (err == ERR_OK)
		err = disk_remove(k->dir, BASE_FILE);
	if (err == ERR_OK)
		err = journal_remove(k->journal);
	return err == ERR_OK ? disk_sync_directory(k->dir) : err;
}

struct journal *keeper_journal(const struct keeper *k)
{
	return k->journal;
}

uint64_t keeper_number(const struct keeper *k)
{
	return k->base.number;
}

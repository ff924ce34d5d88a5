// SPDX-License-Identifier: MIT
/*
 * The scribe: reads back what was committed, and only then signs.
 *
 * Three ways to one root: the committer's edge, grown from the bytes it
 * wrote; the scribe's own frontier, grown leaf by leaf from the bytes it
 * reads; the tiles.  A bit that flipped in memory or on disk since the last
 * checkpoint makes them differ, and a root that was never right is never
 * signed.  Of older notes one in 4,096 entries is kept.
 */
#include "server/audit/auditlog.h"

#include <errno.h>
#include <time.h>

#include "common/log.h"
#include "server/audit/state.h"

#define KEPT_EVERY  4096
#define ARENA_BLOCK (8 * 1024)
#define ARENA_MOST  ((size_t)1024 * 1024)

/* --- reading back --------------------------------------------------------*/

static enum err check_leaf(
    struct auditlog *l, struct bytes leaf, struct arena *a)
{
	struct entry entry;
	enum err e;

	arena_reset(a);
	e = leaf_parse(leaf, a, &entry);
	if (e != ERR_OK)
		return e;
	if (entry.position != l->seen.size || entry.time_ms < l->seen_ms)
		return ERR_CORRUPT;
	l->seen_ms = entry.time_ms;
	return ERR_OK;
}

static enum err read_back(struct auditlog *l, struct snapshot *n, uint64_t size)
{
	struct arena a;
	enum err e = ERR_OK;

	arena_init(&a, ARENA_BLOCK, ARENA_MOST);
	while (l->seen.size < size && e == ERR_OK) {
		struct digest hash;
		struct bytes leaf;

		e = auditlog_leaf(n, l->seen.size, &leaf);
		if (e == ERR_OK)
			e = check_leaf(l, leaf, &a);
		if (e != ERR_OK)
			break;
		merkle_leaf(leaf, &hash);
		frontier_append(&l->seen, &hash);
	}
	arena_release(&a);
	return e;
}

/* The root that all three ways agree on. */
static enum err agree(struct auditlog *l, struct snapshot *n,
    const struct tree *grown, struct digest *root)
{
	struct digest by_edge, by_tiles;
	struct frontier edge;
	enum err e = read_back(l, n, grown->size);

	if (e == ERR_OK)
		e = auditlog_root(n, grown->size, &by_tiles);
	if (e != ERR_OK)
		return e;
	tree_frontier(grown, &edge);
	frontier_root(&edge, &by_edge);
	frontier_root(&l->seen, root);
	if (!digest_same(root, &by_edge, sizeof(*root)) ||
	    !digest_same(root, &by_tiles, sizeof(*root)))
		return ERR_UNVERIFIED;
	return ERR_OK;
}

/* --- signing -------------------------------------------------------------*/

static enum err sign(
    struct auditlog *l, const struct checkpoint *c, struct buf *note)
{
	uint8_t signature[NOTE_SIGNATURE];
	struct buf text;
	enum err e;

	buf_init(&text, NOTE_BYTES);
	checkpoint_format(c, &text);
	e = text.err;
	if (e == ERR_OK)
		e = keyring_sign(l->keys, c, signature);
	if (e == ERR_OK) {
		note_format(buf_bytes(&text), &l->verifier, signature, note);
		e = note->err;
	}
	buf_release(&text);
	return e;
}

static enum err store_note(
    struct auditlog *l, uint64_t before, uint64_t size, struct bytes note)
{
	uint8_t key[8], old[8];
	struct arena a;
	struct plan *p;
	enum err e = ERR_TOO_LARGE;

	arena_init(&a, ARENA_BLOCK, ARENA_MOST);
	p = plan_new(&a);
	if (p) {
		put_be64(key, size);
		put_be64(old, before);
		plan_put(p, TABLE_NOTE, bytes_of(key, sizeof(key)), note);
		if (before && before != size &&
		    before / KEPT_EVERY == size / KEPT_EVERY)
			plan_del(p, TABLE_NOTE, bytes_of(old, sizeof(old)));
		e = store_commit(l->store, p);
	}
	arena_release(&a);
	return e;
}

static enum err publish(
    struct auditlog *l, uint64_t before, const struct checkpoint *c)
{
	struct buf note;
	enum err e;

	buf_init(&note, NOTE_BYTES);
	e = sign(l, c, &note);
	if (e == ERR_OK)
		e = store_note(l, before, c->size, buf_bytes(&note));
	if (e == ERR_OK)
		e = notefile_write(l->note_file, buf_bytes(&note));
	buf_release(&note);
	if (e != ERR_OK)
		return e;
	pthread_mutex_lock(&l->lock);
	l->signed_size = c->size;
	pthread_mutex_unlock(&l->lock);
	return ERR_OK;
}

/* What was read is not what was written: not for a failure to read. */
static bool is_difference(enum err e)
{
	return e == ERR_UNVERIFIED || e == ERR_CORRUPT || e == ERR_NOT_FOUND;
}

static enum err turn(struct auditlog *l, struct snapshot *n,
    const struct tree *grown, uint64_t before)
{
	struct checkpoint c = { .size = grown->size };
	enum err e = agree(l, n, grown, &c.root);

	if (is_difference(e)) {
		auditlog_alarm(l,
		    "what was read back differs from what was "
		    "written",
		    l->seen.size);
		return ERR_UNVERIFIED;
	}
	if (e != ERR_OK)
		return e;
	memcpy(c.origin, l->verifier.name, sizeof(c.origin));
	return publish(l, before, &c);
}

enum err scribe_turn(struct auditlog *l, struct snapshot *n)
{
	struct tree grown;
	uint64_t before;
	enum err e;

	if (!auditlog_is_sound(l))
		return ERR_UNVERIFIED;
	pthread_mutex_lock(&l->lock);
	grown = l->committed;
	before = l->signed_size;
	pthread_mutex_unlock(&l->lock);
	if (grown.size == before)
		return ERR_OK;
	/* After the copy: what it counts is committed, so it is seen. */
	e = snapshot_renew(n);
	if (e != ERR_OK)
		return e;
	e = turn(l, n, &grown, before);
	snapshot_rest(n);
	return e;
}

/* --- the thread ----------------------------------------------------------*/

static void add_ms(struct timespec *t, long ms)
{
	t->tv_sec += ms / 1000;
	t->tv_nsec += ms % 1000 * 1000000;
	if (t->tv_nsec >= 1000000000) {
		t->tv_sec++;
		t->tv_nsec -= 1000000000;
	}
}

/* Until it is time for a turn; false when it is the last. */
static bool wait_turn(struct auditlog *l)
{
	struct timespec until;
	bool goes_on;
	int waited = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	add_ms(&until, SCRIBE_MS);
	pthread_mutex_lock(&l->lock);
	while (!l->is_stopping && waited != ETIMEDOUT &&
	       l->committed.size - l->signed_size < SCRIBE_MOST)
		waited = pthread_cond_timedwait(&l->grown, &l->lock, &until);
	goes_on = !l->is_stopping;
	pthread_mutex_unlock(&l->lock);
	return goes_on;
}

/* A signature that failed is tried again, but not in a hurry. */
static void wait_after_failure(struct auditlog *l)
{
	struct timespec until;
	int waited = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	add_ms(&until, SCRIBE_MS);
	pthread_mutex_lock(&l->lock);
	while (!l->is_stopping && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&l->grown, &l->lock, &until);
	pthread_mutex_unlock(&l->lock);
}

static void *run(void *arg)
{
	struct auditlog *l = arg;
	struct snapshot *n;
	bool goes_on = true;

	if (snapshot_open(l->store, &n) != ERR_OK) {
		auditlog_alarm(l, "the scribe cannot read", 0);
		return NULL;
	}
	snapshot_rest(n);
	while (goes_on) {
		goes_on = wait_turn(l);
		if (scribe_turn(l, n) != ERR_OK && goes_on)
			wait_after_failure(l);
	}
	snapshot_close(n);
	return NULL;
}

enum err scribe_start(struct auditlog *l)
{
	ASSERT(!l->is_running);
	l->is_stopping = false;
	if (pthread_create(&l->thread, NULL, run, l) != 0) {
		log_error("audit: cannot start the scribe's thread");
		return ERR_INTERNAL;
	}
	l->is_running = true;
	return ERR_OK;
}

void scribe_stop(struct auditlog *l)
{
	if (!l->is_running)
		return;
	pthread_mutex_lock(&l->lock);
	l->is_stopping = true;
	pthread_cond_signal(&l->grown);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	l->is_running = false;
}

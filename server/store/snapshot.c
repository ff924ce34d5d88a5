// SPDX-License-Identifier: MIT
/*
 * Snapshots and scans over the engine's views.
 *
 * A snapshot keeps its view over rests and its scans over scans, so that a
 * request allocates nothing.  Renewing costs one comparison while the
 * committer has published nothing new.  Long rows from snapshot_get live in a
 * list of blocks until the view goes; those of a scan in the scan's one
 * buffer, until its next step.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/inside.h"

#define LONG_ROWS ((size_t)256 * 1024 * 1024) /* most held by one snapshot */

struct block {
	struct block *next;
	uint8_t data[];
};

struct scan {
	struct scan *next; /* in the snapshot's idle list */
	struct snapshot *snapshot;
	struct cursor *cursor;
	enum table table;
	enum direction direction;
	bool is_placed;
	bool is_done;
	enum err err;
	uint8_t prefix[STORE_KEY];
	size_t prefix_len;
	uint8_t from[STORE_KEY + 1];
	size_t from_len;
	uint8_t *joined;
	size_t joined_size;
};

struct snapshot {
	struct store *store;
	struct view *view;
	bool is_live;
	uint64_t seen; /* the committer's count when it was renewed */
	uint64_t renewals;
	uint64_t head;
	struct block *blocks;
	size_t block_bytes;
	struct scan *idle[TABLE_COUNT];
	unsigned open_scans;
	atomic_uint_fast64_t since_ns; /* 0 while it rests */

	struct snapshot *next, **link; /* in the store's list */
};

/* --- life ----------------------------------------------------------------*/

static void forget_blocks(struct snapshot *n)
{
	while (n->blocks) {
		struct block *next = n->blocks->next;
		free(n->blocks);
		n->blocks = next;
	}
	n->block_bytes = 0;
}

enum err snapshot_open(struct store *s, struct snapshot **out)
{
	struct view *view;
	*out = NULL;
	uint64_t seen = committer_commits(s->committer);
	enum err err = view_open(s->engine, &view);
	if (err != ERR_OK)
		return err;
	uint64_t head;
	err = view_head(view, &head);
	if (err != ERR_OK) {
		view_close(view);
		return err;
	}
	struct snapshot *n = must_alloc(sizeof(*n));
	memset(n, 0, sizeof(*n));
	n->store = s;
	n->view = view;
	n->is_live = true;
	n->seen = seen;
	n->renewals = 1;
	n->head = head;
	atomic_init(&n->since_ns, clock_monotonic_ns());
	pthread_mutex_lock(&s->lock);
	n->next = s->snapshots;
	n->link = &s->snapshots;
	if (n->next)
		n->next->link = &n->next;
	s->snapshots = n;
	pthread_mutex_unlock(&s->lock);
	*out = n;
	return ERR_OK;
}

static void free_idle(struct scan *s)
{
	while (s) {
		struct scan *next = s->next;
		cursor_close(s->cursor);
		free(s->joined);
		free(s);
		s = next;
	}
}

void snapshot_close(struct snapshot *n)
{
	if (!n)
		return;
	ASSERT(n->open_scans == 0);
	pthread_mutex_lock(&n->store->lock);
	*n->link = n->next;
	if (n->next)
		n->next->link = n->link;
	pthread_mutex_unlock(&n->store->lock);
	forget_blocks(n);
	for (int t = 0; t < TABLE_COUNT; t++)
		free_idle(n->idle[t]);
	view_close(n->view);
	free(n);
}

enum err snapshot_renew(struct snapshot *n)
{
	ASSERT(n->open_scans == 0);
	forget_blocks(n);
	uint64_t commits = committer_commits(n->store->committer);
	if (n->is_live && n->seen == commits)
		return ERR_OK;
	atomic_store_explicit(
	    &n->since_ns, clock_monotonic_ns(), memory_order_relaxed);
	if (n->is_live)
		view_rest(n->view);
	n->renewals++;
	enum err err = view_renew(n->view);
	n->is_live = err == ERR_OK;
	if (err == ERR_OK)
		err = view_head(n->view, &n->head);
	if (err == ERR_OK)
		n->seen = commits;
	else
		snapshot_rest(n);
	return err;
}

void snapshot_rest(struct snapshot *n)
{
	ASSERT(n->open_scans == 0);
	forget_blocks(n);
	atomic_store_explicit(&n->since_ns, 0, memory_order_relaxed);
	if (n->is_live)
		view_rest(n->view);
	n->is_live = false;
}

uint64_t snapshot_renewals(const struct snapshot *n)
{
	return n->renewals;
}

uint64_t snapshot_head(const struct snapshot *n)
{
	return n->head;
}

uint64_t snapshots_oldest_ms(struct store *s)
{
	uint64_t now = clock_monotonic_ns();
	uint64_t oldest = now;
	pthread_mutex_lock(&s->lock);
	for (struct snapshot *n = s->snapshots; n; n = n->next) {
		uint64_t since =
		    atomic_load_explicit(&n->since_ns, memory_order_relaxed);
		if (since != 0 && since < oldest)
			oldest = since;
	}
	pthread_mutex_unlock(&s->lock);
	return (now - oldest) / 1000000;
}

/* --- single rows ---------------------------------------------------------*/

static uint8_t *new_block(struct snapshot *n, size_t len)
{
	if (len > LONG_ROWS - n->block_bytes)
		return NULL;
	struct block *b = malloc(sizeof(*b) + len);
	if (!b)
		return NULL;
	b->next = n->blocks;
	n->blocks = b;
	n->block_bytes += len;
	return b->data;
}

static enum err get_long(struct snapshot *n, enum table t, struct bytes key,
    const struct found *f, struct row *out)
{
	uint8_t *room = new_block(n, found_room(f));
	if (!room) {
		log_error("store: one snapshot holds too many long rows");
		return ERR_TOO_LARGE;
	}
	size_t len;
	enum err err = view_join(n->view, t, key, f, room, &len);
	if (err == ERR_OK)
		*out = (struct row){ bytes_of(room, len), f->version };
	return err;
}

enum err snapshot_get(
    struct snapshot *n, enum table t, struct bytes key, struct row *out)
{
	struct found f;
	ASSERT(n->is_live);
	*out = (struct row){ 0 };
	enum err err = view_find(n->view, t, key, &f);
	if (err != ERR_OK)
		return err;
	if (f.pieces > 0)
		return get_long(n, t, key, &f, out);
	*out = (struct row){ f.value, f.version };
	return ERR_OK;
}

/* --- scans ---------------------------------------------------------------*/

static enum err new_scan(struct snapshot *n, enum table t, struct scan **out)
{
	struct scan *s = n->idle[t];
	if (s) {
		enum err err = cursor_renew(s->cursor);
		if (err != ERR_OK)
			return err;
		n->idle[t] = s->next;
		*out = s;
		return ERR_OK;
	}
	struct cursor *cursor;
	enum err err = cursor_open(n->view, t, &cursor);
	if (err != ERR_OK)
		return err;
	s = must_alloc(sizeof(*s));
	memset(s, 0, sizeof(*s));
	s->snapshot = n;
	s->cursor = cursor;
	s->table = t;
	*out = s;
	return ERR_OK;
}

enum err scan_open(struct snapshot *n, enum table t, struct bytes prefix,
    struct bytes from, enum direction d, struct scan **out)
{
	struct scan *s;
	ASSERT(n->is_live);
	*out = NULL;
	if (prefix.len > STORE_KEY || from.len > STORE_KEY + 1)
		return ERR_INVALID;
	enum err err = new_scan(n, t, &s);
	if (err != ERR_OK)
		return err;
	n->open_scans++;
	s->next = NULL;
	s->direction = d;
	s->is_placed = false;
	s->is_done = false;
	s->err = ERR_OK;
	s->prefix_len = prefix.len;
	if (prefix.len > 0)
		memcpy(s->prefix, prefix.data, prefix.len);
	s->from_len = from.len;
	if (from.len > 0)
		memcpy(s->from, from.data, from.len);
	*out = s;
	return ERR_OK;
}

static struct bytes prefix_of(const struct scan *s)
{
	return bytes_of(s->prefix, s->prefix_len);
}

static struct bytes from_of(const struct scan *s)
{
	return bytes_of(s->from, s->from_len);
}

static enum err place_up(struct scan *s, struct bytes *key, struct found *f)
{
	*key = prefix_of(s);
	if (s->from_len > 0 && bytes_compare(from_of(s), *key) > 0)
		*key = from_of(s);
	return cursor_move(
	    s->cursor, key->len > 0 ? MOVE_SEEK : MOVE_FIRST, key, f);
}

/* The last key that is smaller than `end`, or than none if it is empty. */
static enum err place_before(
    struct scan *s, struct bytes end, struct bytes *key, struct found *f)
{
	*key = end;
	if (end.len == 0)
		return cursor_move(s->cursor, MOVE_LAST, key, f);
	enum err err = cursor_move(s->cursor, MOVE_SEEK, key, f);
	if (err == ERR_NOT_FOUND)
		return cursor_move(s->cursor, MOVE_LAST, key, f);
	if (err != ERR_OK)
		return err;
	return cursor_move(s->cursor, MOVE_PREV, key, f);
}

/* The first key behind all that begin with the prefix; empty: there is none. */
static struct bytes prefix_end(
    const struct scan *s, uint8_t room[static STORE_KEY])
{
	size_t len = s->prefix_len;
	memcpy(room, s->prefix, len);
	while (len > 0 && room[len - 1] == 0xff)
		len--;
	if (len > 0)
		room[len - 1]++;
	return bytes_of(room, len);
}

static enum err place_down(struct scan *s, struct bytes *key, struct found *f)
{
	uint8_t room[STORE_KEY];
	struct bytes end = prefix_end(s, room);
	struct bytes from = from_of(s);
	bool is_inside =
	    from.len > 0 && (end.len == 0 || bytes_compare(from, end) < 0);
	if (!is_inside)
		return place_before(s, end, key, f);
	*key = from;
	enum err err = cursor_move(s->cursor, MOVE_SEEK, key, f);
	if (err == ERR_OK && bytes_equal(*key, from))
		return ERR_OK;
	if (err == ERR_NOT_FOUND)
		return cursor_move(s->cursor, MOVE_LAST, key, f);
	if (err != ERR_OK)
		return err;
	return cursor_move(s->cursor, MOVE_PREV, key, f);
}

static enum err step(struct scan *s, struct bytes *key, struct found *f)
{
	bool is_up = s->direction == SCAN_UP;
	*key = BYTES_NONE;
	if (s->is_placed)
		return cursor_move(
		    s->cursor, is_up ? MOVE_NEXT : MOVE_PREV, key, f);
	s->is_placed = true;
	return is_up ? place_up(s, key, f) : place_down(s, key, f);
}

static enum err fill_row(
    struct scan *s, struct bytes key, const struct found *f, struct row *out)
{
	*out = (struct row){ f->value, f->version };
	if (f->pieces == 0)
		return ERR_OK;
	size_t room = found_room(f);
	if (s->joined_size < room) {
		s->joined = must_grow(s->joined, room);
		s->joined_size = room;
	}
	size_t len;
	enum err err =
	    view_join(s->snapshot->view, s->table, key, f, s->joined, &len);
	out->value = bytes_of(s->joined, len);
	return err;
}

bool scan_next(struct scan *s, struct bytes *key, struct row *out)
{
	struct found f;
	*out = (struct row){ 0 };
	if (s->is_done) {
		*key = BYTES_NONE;
		return false;
	}
	enum err err = step(s, key, &f);
	if (err == ERR_OK && !bytes_starts(*key, prefix_of(s)))
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = fill_row(s, *key, &f, out);
	if (err == ERR_OK)
		return true;
	*key = BYTES_NONE;
	*out = (struct row){ 0 };
	s->is_done = true;
	s->err = err == ERR_NOT_FOUND ? ERR_OK : err;
	return false;
}

enum err scan_error(const struct scan *s)
{
	return s->err;
}

void scan_close(struct scan *s)
{
	if (!s)
		return;
	struct snapshot *n = s->snapshot;
	ASSERT(n->open_scans > 0);
	n->open_scans--;
	s->next = n->idle[s->table];
	n->idle[s->table] = s;
}

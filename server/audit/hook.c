// SPDX-License-Identifier: MIT
/*
 * The committer's hook, opening and the checks at opening.
 *
 * append() writes to `growing` alone; settle() makes it `committed`, or goes
 * back to it.  Appending allocates nothing: the leaf's buffer keeps its
 * storage.  After an alarm append() answers ERR_FULL, the one failure that
 * the store passes on to callers instead of ending the process: reading goes
 * on, so that an auditor can look.
 */
#include "server/audit/auditlog.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/unpack.h"
#include "server/audit/state.h"

#define ARENA_BLOCK (8 * 1024)
#define ARENA_MOST  ((size_t)1024 * 1024)
#define LEAF_MOST   (ENTRY_MOST + 128)

/* --- the hook ------------------------------------------------------------*/

/* Time never goes back, whatever the clock does. */
static int64_t next_time(struct auditlog *l)
{
	int64_t now = clock_now_ms(l->clock);
	bool is_behind = now < l->last_ms - STEP_MS;

	if (is_behind && !l->is_behind)
		log_warning("audit: the clock went back by %lld ms; entries "
			    "keep the last time until it has caught up",
		    (long long)(l->last_ms - now));
	l->is_behind = is_behind;
	if (now > l->last_ms)
		l->last_ms = now;
	return l->last_ms;
}

/* What the draft says of the result; a refusal knows before. */
static void copy_result(
    struct bytes draft, enum err outcome, char *word, size_t size)
{
	struct reader r = reader_of(unpack_lookup(draft, "result"));
	struct bytes said = BYTES_NONE;

	if (outcome == ERR_OK && r.at != r.end)
		said = read_text(&r);
	if (!said.len || said.len >= size)
		said = bytes_text(err_word(outcome));
	memcpy(word, said.data, said.len);
	word[said.len] = '\0';
}

static enum err append(void *ctx, struct writer *w, uint64_t position,
    struct bytes draft, enum err outcome)
{
	struct auditlog *l = ctx;
	uint8_t key[8];
	char result[32];
	struct digest hash;
	enum err e;

	if (!atomic_load(&l->is_sound))
		return ERR_FULL;
	ASSERT(position == l->growing.size);
	copy_result(draft, outcome, result, sizeof(result));
	buf_reset(&l->leaf);
	leaf_pack(position, next_time(l), result, draft, &l->leaf);
	ASSERT(l->leaf.err == ERR_OK);
	log_key(position, key);
	e = writer_put(
	    w, TABLE_LOG, bytes_of(key, sizeof(key)), buf_bytes(&l->leaf));
	if (e != ERR_OK)
		return e;
	merkle_leaf(buf_bytes(&l->leaf), &hash);
	return tree_append(&l->growing, w, &hash);
}

static enum err finish(void *ctx, struct writer *w)
{
	(void)ctx;
	(void)w;
	return ERR_OK;
}

static void settle(void *ctx, bool committed)
{
	struct auditlog *l = ctx;
	bool is_due;

	pthread_mutex_lock(&l->lock);
	if (committed)
		l->committed = l->growing;
	else
		l->growing = l->committed;
	is_due = l->committed.size - l->signed_size >= SCRIBE_MOST;
	if (is_due)
		pthread_cond_signal(&l->grown);
	pthread_mutex_unlock(&l->lock);
}

/* --- checks at opening ---------------------------------------------------*/

enum err note_check(const struct auditlog *l, struct snapshot *n,
    struct bytes note, struct checkpoint *out)
{
	struct digest root;
	enum err e = note_open(note, &l->verifier, out);

	if (e == ERR_INVALID)
		return ERR_UNVERIFIED;
	if (e != ERR_OK)
		return e;
	if (strcmp(out->origin, l->verifier.name) != 0 ||
	    out->size > snapshot_head(n))
		return ERR_UNVERIFIED;
	e = auditlog_root(n, out->size, &root);
	if (e != ERR_OK)
		return e;
	return digest_same(&root, &out->root, sizeof(root)) ? ERR_OK
							    : ERR_UNVERIFIED;
}

static enum err check_stored(
    struct auditlog *l, struct snapshot *n, uint64_t *size)
{
	struct checkpoint c;
	struct bytes note;
	struct arena a;
	enum err e;

	arena_init(&a, ARENA_BLOCK, ARENA_MOST);
	e = auditlog_note(n, &a, &note);
	*size = 0;
	if (e == ERR_OK) {
		e = note_check(l, n, note, &c);
		if (e == ERR_OK)
			*size = c.size;
	} else if (e == ERR_NOT_FOUND) {
		e = ERR_OK;
	}
	arena_release(&a);
	if (e == ERR_UNVERIFIED || e == ERR_CORRUPT)
		log_error("audit: the log does not agree with its newest "
			  "signed checkpoint");
	return e;
}

static enum err check_file(
    struct auditlog *l, struct snapshot *n, uint64_t *size)
{
	struct checkpoint c;
	struct buf note;
	enum err e;

	buf_init(&note, NOTE_BYTES);
	e = notefile_read(l->note_file, &note);
	if (e == ERR_OK) {
		e = note_check(l, n, buf_bytes(&note), &c);
		if (e == ERR_OK && c.size > *size)
			*size = c.size;
		if (e != ERR_OK)
			log_error("audit: the log does not agree with the "
				  "checkpoint in its file: older or other "
				  "files were put in place");
	} else if (e == ERR_NOT_FOUND) {
		if (*size)
			log_warning("audit: the checkpoint's file is gone; "
				    "only clients can tell older files now");
		e = ERR_OK;
	}
	buf_release(&note);
	return e;
}

/* The time of the last of `size` entries. */
static enum err read_time(struct snapshot *n, uint64_t size, int64_t *time_ms)
{
	struct entry entry;
	struct arena a;
	enum err e;

	*time_ms = INT64_MIN / 2;
	if (!size)
		return ERR_OK;
	arena_init(&a, ARENA_BLOCK, ARENA_MOST);
	e = auditlog_entry(n, size - 1, &a, &entry);
	if (e == ERR_OK)
		*time_ms = entry.time_ms;
	arena_release(&a);
	return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

static enum err load(struct auditlog *l, struct snapshot *n)
{
	uint64_t size, head = snapshot_head(n);
	struct tree edge;
	enum err e = check_stored(l, n, &size);

	if (e == ERR_OK)
		e = check_file(l, n, &size);
	if (e == ERR_OK)
		e = tree_load(n, head, &l->growing);
	if (e == ERR_OK)
		e = tree_load(n, size, &edge);
	if (e == ERR_OK)
		e = read_time(n, head, &l->last_ms);
	l->opened_ms = l->last_ms;
	if (e == ERR_OK)
		e = read_time(n, size, &l->seen_ms);
	if (e == ERR_CORRUPT)
		log_error("audit: the log is damaged");
	if (e != ERR_OK)
		return e;
	l->committed = l->growing;
	l->signed_size = size;
	tree_frontier(&edge, &l->seen);
	return ERR_OK;
}

int64_t auditlog_time(const struct auditlog *l)
{
	return l->opened_ms;
}

/* --- life ----------------------------------------------------------------*/

static void name_log(struct auditlog *l)
{
	uint8_t id[STORE_ID], key[NOTE_PUBLIC];
	char hex[2 * STORE_ID + 1];
	char name[sizeof("kehu/") + sizeof(hex)] = "kehu/";

	keyring_store_id(l->keys, id);
	keyring_public(l->keys, key);
	hex_format(bytes_of(id, sizeof(id)), hex);
	strcat(name, hex);
	verifier_init(&l->verifier, name, key);
}

static struct auditlog *auditlog_new(struct store *s, struct keyring *k,
    const struct clock *clock, const char *note_file)
{
	struct auditlog *l = must_alloc(sizeof(*l));
	pthread_condattr_t monotonic;
	const uint8_t *room;

	memset(l, 0, sizeof(*l));
	l->store = s;
	l->keys = k;
	l->clock = clock;
	l->note_file = must_copy(note_file);
	atomic_init(&l->is_sound, true);
	buf_init(&l->leaf, LEAF_MOST);
	/* Now, so that appending never has to. */
	room = buf_room(&l->leaf, LEAF_MOST);
	ASSERT(room);
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->grown, &monotonic);
	pthread_condattr_destroy(&monotonic);
	name_log(l);
	return l;
}

void auditlog_close(struct auditlog *l)
{
	if (!l)
		return;
	ASSERT(!l->is_running);
	pthread_cond_destroy(&l->grown);
	pthread_mutex_destroy(&l->lock);
	buf_release(&l->leaf);
	free(l->note_file);
	free(l);
}

enum err auditlog_open(struct store *s, struct keyring *k,
    const struct clock *clock, const char *note_file, struct auditlog **out)
{
	struct auditlog *l = auditlog_new(s, k, clock, note_file);
	struct commit_hook hook = { l, append, finish, settle };
	struct snapshot *n;
	enum err e = snapshot_open(s, &n);

	*out = NULL;
	if (e == ERR_OK) {
		e = snapshot_renew(n);
		if (e == ERR_OK)
			e = load(l, n);
		snapshot_close(n);
	}
	if (e != ERR_OK) {
		auditlog_close(l);
		return e;
	}
	store_set_hook(s, &hook);
	*out = l;
	return ERR_OK;
}

/* --- asking --------------------------------------------------------------*/

void auditlog_alarm(struct auditlog *l, const char *why, uint64_t position)
{
	if (!atomic_exchange(&l->is_sound, false))
		return;
	log_error("audit: ALARM at entry %llu: %s; nothing is signed and "
		  "nothing written from now on",
	    (unsigned long long)position, why);
}

bool auditlog_is_sound(const struct auditlog *l)
{
	return atomic_load(&l->is_sound);
}

const char *auditlog_origin(const struct auditlog *l)
{
	return l->verifier.name;
}

void auditlog_vkey(const struct auditlog *l, struct buf *out)
{
	verifier_format(&l->verifier, out);
}

enum err auditlog_note(struct snapshot *n, struct arena *a, struct bytes *note)
{
	struct bytes key;
	struct scan *scan;
	struct row row;
	enum err e =
	    scan_open(n, TABLE_NOTE, BYTES_NONE, BYTES_NONE, SCAN_DOWN, &scan);

	*note = BYTES_NONE;
	if (e != ERR_OK)
		return e;
	if (scan_next(scan, &key, &row)) {
		*note = arena_copy(a, row.value);
		e = note->data ? ERR_OK : a->err;
	} else {
		e = scan_error(scan);
		e = e == ERR_OK ? ERR_NOT_FOUND : e;
	}
	scan_close(scan);
	return e;
}

// SPDX-License-Identifier: MIT
/*
 * Turning the keys.  See round.h.
 */
#include "server/data/round.h"

#include <stdio.h>

#include "common/log.h"
#include "server/data/rows.h"
#include "server/data/subject.h"

#define ROUND       "round"
#define KEK         "kek"
#define KEYS_A_PLAN 256
#define WANTED      0

/* --- rows of META --------------------------------------------------------*/

static void put_number(struct plan *p, const char *name, uint32_t number)
{
	uint8_t raw[4];

	put_be32(raw, number);
	plan_put(p, TABLE_META, bytes_text(name), bytes_of(raw, sizeof raw));
}

static enum err get_number(
    struct desk *d, const char *name, uint32_t *number, uint64_t *version)
{
	struct row row;
	enum err err =
	    snapshot_get(d->snapshot, TABLE_META, bytes_text(name), &row);

	if (err)
		return err;
	if (row.value.len != 4)
		return ERR_CORRUPT;
	*number = get_be32(row.value.data);
	*version = row.version;
	return ERR_OK;
}

void round_want(struct plan *p)
{
	put_number(p, ROUND, WANTED);
	directory_touch(p);
}

enum err round_guard(struct desk *d, struct plan *p)
{
	uint32_t epoch;
	uint64_t version = 0;
	enum err err = get_number(d, KEK, &epoch, &version);

	if (err && err != ERR_NOT_FOUND)
		return err;
	plan_expect(p, TABLE_META, bytes_text(KEK),
	    err ? EXPECT_ABSENT : EXPECT_VERSION, version);
	return ERR_OK;
}

/* --- the steps -----------------------------------------------------------*/

static enum err commit(
    struct desk *d, struct plan *p, const char *method, uint32_t epoch)
{
	char clear[32];
	struct draft draft = { .method = method, .clear = clear };
	enum err err;

	snprintf(clear, sizeof clear, "epoch %u", epoch);
	directory_touch(p); /* whoever holds keys looks again */
	err = draft_plan(&draft, p);
	if (!err)
		err = store_commit(d->store, p);
	return err ? err : desk_refresh(d);
}

struct turn {
	uint32_t epoch;   /* of the KEK that all keys go under */
	bool is_for_all;  /* who is erased up to now; else one more is due */
	uint64_t version; /* of the row of META that says so */
};

/* The KEK is in its file before anybody is told of it. */
static enum err announce(struct desk *d, struct arena *a, const struct turn *t)
{
	struct plan *p = plan_new(a);

	if (!p)
		return ERR_TOO_LARGE;
	if (t->is_for_all) {
		plan_expect(p, TABLE_META, bytes_text(ROUND), EXPECT_VERSION,
		    t->version);
		put_number(p, ROUND, t->epoch);
	}
	put_number(p, KEK, t->epoch);
	return commit(d, p, "key.rotate", t->epoch);
}

/* What was erased since the KEK was made may lie under it.  Then, or when the
 * ring is full of KEKs whose rounds came to nothing, this round only clears
 * the ring: were it given up, each try would leave a KEK more. */
static enum err begin(
    struct desk *d, struct keyring *k, struct arena *a, struct turn *t)
{
	enum err err = keyring_rotate(k, d->random);
	uint32_t row;

	t->is_for_all = !err;
	t->epoch = keyring_epoch(k);
	if (err && err != ERR_FULL)
		return err;
	err = announce(d, a, t);
	if (err == ERR_CONFLICT) {
		t->is_for_all = false;
		err = announce(d, a, t);
	}
	if (!err)
		err = get_number(d, ROUND, &row, &t->version);
	t->is_for_all = t->is_for_all && row == t->epoch;
	return err;
}

struct wrapping {
	struct desk *desk;
	struct arena arena;
	struct plan *plan;
	unsigned count;   /* in the plan */
	uint64_t wrapped; /* in all */
	uint32_t epoch;
};

static void next_plan(struct wrapping *w)
{
	arena_reset(&w->arena);
	w->plan = plan_new(&w->arena);
	w->count = 0;
}

/* One that was erased meanwhile makes the plan fail: the next pass finds the
 * others again. */
static enum err flush(struct wrapping *w)
{
	enum err err = desk_may_go_on(w->desk);

	if (!err && w->count)
		err = store_commit(w->desk->store, w->plan);
	if (!err || err == ERR_CONFLICT)
		next_plan(w);
	return err == ERR_CONFLICT ? ERR_OK : err;
}

static enum err wrap_one(
    struct wrapping *w, struct bytes key, struct bytes value)
{
	uint64_t subject = get_be64(key.data + 1);
	struct buf fresh;
	enum err err;

	if (key.len != SUBJECT_KEY || dek_epoch(value) >= w->epoch)
		return ERR_OK;
	buf_init(&fresh, 1024);
	err = dek_rewrap(w->desk->sealer, subject,
	    (enum key_kind)key.data[ROW_KEY], value, &fresh);
	if (!err) {
		plan_expect(w->plan, TABLE_ROW, key, EXPECT_PRESENT, 0);
		plan_put(w->plan, TABLE_ROW, key, buf_bytes(&fresh));
		w->wrapped++;
		err = plan_error(w->plan);
	}
	buf_release(&fresh);
	return !err && ++w->count == KEYS_A_PLAN ? flush(w) : err;
}

/* Keys of the company, and of each entity that is a subject. */
static enum err wrap_entity(struct wrapping *w, uint8_t entity)
{
	struct rows keys;
	struct bytes key, value;
	enum err err = ERR_OK, ended;

	keys_open(&keys, w->desk, entity);
	while (!err && keys_next(&keys, &key, &value))
		err = wrap_one(w, key, value);
	ended = rows_close(&keys);
	return err ? err : ended;
}

static enum err wrap_all(struct desk *d, uint32_t epoch, uint64_t *wrapped)
{
	const struct schema *s = directory_schema(d->directory);
	struct wrapping w = { .desk = d, .epoch = epoch };
	enum err err;

	arena_init(&w.arena, 64 * 1024, 4 * 1024 * 1024);
	next_plan(&w);
	err = w.plan ? wrap_entity(&w, 0) : ERR_TOO_LARGE;
	for (unsigned i = 0; !err && i < s->entity_count; i++)
		if (s->entities[i].subject == &s->entities[i])
			err = wrap_entity(&w, s->entities[i].id);
	if (!err)
		err = flush(&w);
	*wrapped = w.wrapped;
	arena_release(&w.arena);
	return err;
}

/* Whoever erased meanwhile has asked for another round, which then begins. */
static enum err finish(
    struct desk *d, struct keyring *k, struct arena *a, const struct turn *t)
{
	struct plan *p = plan_new(a);
	enum err err =
	    p ? keyring_retire(k, t->epoch, d->random) : ERR_TOO_LARGE;

	if (err)
		return err;
	if (t->is_for_all) {
		plan_expect(p, TABLE_META, bytes_text(ROUND), EXPECT_VERSION,
		    t->version);
		plan_del(p, TABLE_META, bytes_text(ROUND));
	}
	err = commit(d, p, "key.retire", t->epoch);
	return err == ERR_CONFLICT ? ERR_OK : err;
}

enum err round_turn(struct desk *d, struct keyring *k, struct arena *a)
{
	struct turn t = { .is_for_all = true };
	uint64_t wrapped = 1;
	enum err err = desk_refresh(d);

	if (!err)
		err = get_number(d, ROUND, &t.epoch, &t.version);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	if (t.epoch == WANTED)
		err = begin(d, k, a, &t);
	/* The pass that finds nothing says that all is done. */
	while (!err && wrapped) {
		err = wrap_all(d, t.epoch, &wrapped);
		if (!err)
			err = desk_refresh(d);
	}
	return err ? err : finish(d, k, a, &t);
}

// SPDX-License-Identifier: MIT
/*
 * Queues of claims, found by the hash of their key.
 *
 * A bucket is one list, in the order of coming; the first claim of a key in
 * it has that key's turn.  A bucket also remembers up to where the log must
 * be seen by whoever builds on its keys: of the key that changed last, and of
 * all the others as one.  Batches of some hundred keys meet in many buckets,
 * but hardly three keys in one: at worst a plan is built once more than needed.
 */
#include "server/rpc/turns.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/log.h"

#define BUCKET_BITS 16

struct claim {
	struct claim *next; /* of the bucket */
	struct turn *of;
	uint64_t key;
};

struct bucket {
	struct claim *first;
	uint64_t key;    /* whose turn changed something last */
	uint64_t head;   /* of the log, after that */
	uint64_t others; /* the same of any other key */
};

struct turns {
	pthread_mutex_t lock;
	void (*call)(struct turn *t);
	struct bucket buckets[1 << BUCKET_BITS];
};

struct turns *turns_new(void (*call)(struct turn *t))
{
	struct turns *t = must_alloc(sizeof *t);

	t->call = call;
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void turns_free(struct turns *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static struct bucket *bucket_of(struct turns *t, uint64_t key)
{
	return &t->buckets[key * 0x9e3779b97f4a7c15 >> (64 - BUCKET_BITS)];
}

/* --- under the lock ------------------------------------------------------*/

/* Joins the key's queue; a key that the plan names twice counts once. */
static void join(struct turns *all, struct turn *t, uint64_t key)
{
	struct claim **at = &bucket_of(all, key)->first;
	struct claim *c = &t->claims[t->count];
	bool blocked = false;

	for (; *at; at = &(*at)->next) {
		if ((*at)->key != key)
			continue;
		if ((*at)->of == t)
			return;
		blocked = true;
	}
	*c = (struct claim){ .of = t, .key = key };
	*at = c;
	t->count++;
	t->blocked += blocked;
}

static void note_change(struct bucket *b, uint64_t key, uint64_t head)
{
	if (b->key == key) {
		b->head = head > b->head ? head : b->head;
	} else if (head) {
		b->others = b->head > b->others ? b->head : b->others;
		b->key = key;
		b->head = head;
	}
}

static uint64_t last_change(const struct bucket *b, uint64_t key)
{
	return b->key == key ? b->head : b->others;
}

/* The next claim of the key is its first now. */
static void leave(
    struct turns *all, struct claim *c, uint64_t head, struct turn ***ready)
{
	struct bucket *b = bucket_of(all, c->key);
	struct claim **at = &b->first;
	struct claim *next;

	note_change(b, c->key, head);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	for (next = c->next; next && next->key != c->key; next = next->next)
		;
	if (!next || --next->of->blocked)
		return;
	next->of->next = NULL;
	**ready = next->of;
	*ready = &next->of->next;
}

static void leave_all(
    struct turns *all, struct turn *t, uint64_t head, struct turn **ready)
{
	ASSERT(!t->blocked);
	for (size_t i = 0; i < t->count; i++)
		leave(all, &t->claims[i], head, &ready);
	t->count = 0;
}

static bool has_key(const struct turn *t, uint64_t key)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->claims[i].key == key)
			return true;
	return false;
}

static bool has_keys(const struct turn *t, const uint64_t *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!has_key(t, keys[i]))
			return false;
	return true;
}

static bool is_stale(struct turns *all, const struct turn *t, uint64_t head)
{
	for (size_t i = 0; i < t->count; i++)
		if (last_change(bucket_of(all, t->claims[i].key),
			t->claims[i].key) > head)
			return true;
	return false;
}

/* --- what others call ----------------------------------------------------*/

static void call_all(struct turns *all, struct turn *ready)
{
	while (ready) {
		struct turn *next = ready->next; /* its owner may run now */

		all->call(ready);
		ready = next;
	}
}

enum err turns_take(struct turns *all, struct turn *t, const uint64_t *keys,
    size_t count, uint64_t head, enum turn_word *out)
{
	struct turn *ready = NULL;
	struct claim *claims, *old = t->claims;

	*out = TURN_GO;
	if (has_keys(t, keys, count))
		return ERR_OK;
	claims = calloc(count, sizeof *claims);
	if (!claims)
		return ERR_BUSY;
	pthread_mutex_lock(&all->lock);
	leave_all(all, t, 0, &ready);
	t->claims = claims;
	for (size_t i = 0; i < count; i++)
		join(all, t, keys[i]);
	if (t->blocked)
		*out = TURN_WAIT;
	else if (is_stale(all, t, head))
		*out = TURN_STALE;
	pthread_mutex_unlock(&all->lock);
	free(old);
	call_all(all, ready);
	return ERR_OK;
}

void turns_give(struct turns *all, struct turn *t, uint64_t head)
{
	struct turn *ready = NULL;

	if (!t->count)
		return;
	pthread_mutex_lock(&all->lock);
	leave_all(all, t, head, &ready);
	pthread_mutex_unlock(&all->lock);
	free(t->claims);
	t->claims = NULL;
	call_all(all, ready);
}

// SPDX-License-Identifier: MIT
/*
 * A table of fixed size, one lock.  See uses.h.
 *
 * Keys are digests of random bytes, so their own bits choose the set.  When
 * a set is full the one used longest ago goes: its row then says when.
 */
#include "server/access/uses.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/log.h"

#define SETS 1024
#define WAYS 8

struct noted {
	struct digest key;
	int64_t used_ms; /* 0: free */
	int64_t told_ms; /* what the row was told */
};

struct uses {
	pthread_mutex_t lock;
	struct noted of[SETS][WAYS];
};

struct uses *uses_new(void)
{
	struct uses *u = must_alloc(sizeof(*u));

	memset(u, 0, sizeof(*u));
	pthread_mutex_init(&u->lock, NULL);
	return u;
}

void uses_free(struct uses *u)
{
	if (!u)
		return;
	pthread_mutex_destroy(&u->lock);
	free(u);
}

/* Its own place, else the one that may be taken. */
static struct noted *find(struct uses *u, const struct digest *key)
{
	struct noted *set = u->of[get_be32(key->of) % SETS];
	struct noted *oldest = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (!memcmp(&set[i].key, key, sizeof(*key)))
			return &set[i];
		if (set[i].used_ms < oldest->used_ms)
			oldest = &set[i];
	}
	return oldest;
}

void uses_note(struct uses *u, const struct digest *key, int64_t now_ms)
{
	struct noted *at;

	pthread_mutex_lock(&u->lock);
	at = find(u, key);
	if (memcmp(&at->key, key, sizeof(*key)))
		*at = (struct noted){ .key = *key };
	if (now_ms > at->used_ms)
		at->used_ms = now_ms;
	pthread_mutex_unlock(&u->lock);
}

int64_t uses_last(struct uses *u, const struct digest *key)
{
	const struct noted *at;
	int64_t used_ms;

	pthread_mutex_lock(&u->lock);
	at = find(u, key);
	used_ms = memcmp(&at->key, key, sizeof(*key)) ? 0 : at->used_ms;
	pthread_mutex_unlock(&u->lock);
	return used_ms;
}

/* One to be told, marked as told; false when there is none behind `at`. */
static bool take(struct uses *u, size_t *at, struct noted *out)
{
	bool found = false;

	pthread_mutex_lock(&u->lock);
	for (; *at < SETS * WAYS && !found; ++*at) {
		struct noted *one = &u->of[*at / WAYS][*at % WAYS];

		if (one->used_ms == one->told_ms)
			continue;
		*out = *one;
		one->told_ms = one->used_ms;
		found = true;
	}
	pthread_mutex_unlock(&u->lock);
	return found;
}

enum err uses_plan(struct uses *u, struct plan *p, struct snapshot *n,
    struct sealer *s, struct arena *a, unsigned *count)
{
	struct noted one;
	size_t at = 0;
	enum err e = ERR_OK;

	*count = 0;
	while (e == ERR_OK && *count < TOKEN_SWEEP && take(u, &at, &one)) {
		struct token t;

		e = token_get(n, s, &one.key, a, &t);
		if (e == ERR_OK && token_is_stale(&t, one.used_ms)) {
			t.used_ms = one.used_ms;
			e = token_plan_used(p, s, &t);
			++*count;
		} else if (e == ERR_NOT_FOUND) {
			e = ERR_OK;
		}
	}
	return e;
}

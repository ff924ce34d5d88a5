// SPDX-License-Identifier: MIT
/*
 * A hash of lists, a node a user; see tries.h.
 */
#include "server/access/tries.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define BUCKETS 256
#define COUNTS  1024 /* of one user */

struct tried {
	struct tried *next;
	uint64_t user;
	int32_t day;
	uint8_t of[COUNTS];
};

struct tries {
	pthread_mutex_t lock;
	uint64_t salt; /* nobody can tell which customers share a count */
	struct tried *bucket[BUCKETS];
};

struct tries *tries_new(const struct random *random)
{
	struct tries *t = must_alloc(sizeof *t);

	*t = (struct tries){ .salt = 0 };
	random_fill(random, &t->salt, sizeof t->salt);
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void tries_free(struct tries *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < BUCKETS; i++)
		while (t->bucket[i]) {
			struct tried *u = t->bucket[i];

			t->bucket[i] = u->next;
			free(u);
		}
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* --- with the lock -------------------------------------------------------*/

/* Today's counts of the user. */
static struct tried *find(struct tries *t, uint64_t user, int32_t today)
{
	struct tried *u = t->bucket[user % BUCKETS];

	while (u && u->user != user)
		u = u->next;
	if (u && u->day < today) {
		u->day = today;
		memset(u->of, 0, sizeof u->of);
	}
	return u;
}

static struct tried *need(struct tries *t, uint64_t user, int32_t today)
{
	struct tried *u = find(t, user, today);

	if (u)
		return u;
	u = must_alloc(sizeof *u);
	*u = (struct tried){
		.user = user, .day = today, .next = t->bucket[user % BUCKETS]
	};
	t->bucket[user % BUCKETS] = u;
	return u;
}

static size_t place(const struct tries *t, uint64_t about)
{
	uint64_t h = (about ^ t->salt) * 0x9e3779b97f4a7c15;

	return (size_t)((h ^ h >> 29) * 0xbf58476d1ce4e5b9 >> 32) % COUNTS;
}

/* --- from outside --------------------------------------------------------*/

unsigned tries_had(
    struct tries *t, uint64_t user, uint64_t about, int32_t today)
{
	const struct tried *u;
	unsigned had;

	pthread_mutex_lock(&t->lock);
	u = find(t, user, today);
	had = u ? u->of[place(t, about)] : 0;
	pthread_mutex_unlock(&t->lock);
	return had;
}

void tries_note(struct tries *t, uint64_t user, uint64_t about, int32_t today)
{
	uint8_t *count;

	pthread_mutex_lock(&t->lock);
	count = &need(t, user, today)->of[place(t, about)];
	if (*count < UINT8_MAX)
		++*count;
	pthread_mutex_unlock(&t->lock);
}

void tries_forget(struct tries *t, uint64_t user, uint64_t about, int32_t today)
{
	uint8_t *count;

	pthread_mutex_lock(&t->lock);
	count = &need(t, user, today)->of[place(t, about)];
	if (*count && *count < UINT8_MAX)
		--*count;
	pthread_mutex_unlock(&t->lock);
}

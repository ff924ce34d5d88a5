// SPDX-License-Identifier: MIT
/*
 * A hash of lists; see presence.h.
 */
#include "server/rpc/presence.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define BUCKETS 1024

struct here {
	uint64_t account;
	unsigned sessions;
	uint64_t failures;
	struct here *next;
};

struct presence {
	pthread_mutex_t lock;
	struct here *of[BUCKETS];
};

struct presence *presence_new(void)
{
	struct presence *p = must_alloc(sizeof *p);

	memset(p, 0, sizeof *p);
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void presence_free(struct presence *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < BUCKETS; i++) {
		while (p->of[i]) {
			struct here *h = p->of[i];

			p->of[i] = h->next;
			free(h);
		}
	}
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* --- with the lock -------------------------------------------------------*/

static struct here **find(struct presence *p, uint64_t account)
{
	struct here **at = &p->of[account % BUCKETS];

	while (*at && (*at)->account != account)
		at = &(*at)->next;
	return at;
}

static struct here *need(struct presence *p, uint64_t account)
{
	struct here **at = find(p, account);

	if (!*at) {
		*at = must_alloc(sizeof **at);
		**at = (struct here){ .account = account };
	}
	return *at;
}

/* One of whom there is nothing to know takes no room. */
static void drop_if_idle(struct presence *p, uint64_t account)
{
	struct here **at = find(p, account), *h = *at;

	if (!h || h->sessions || h->failures)
		return;
	*at = h->next;
	free(h);
}

/* A copy, as it is now. */
static struct here look(struct presence *p, uint64_t account)
{
	struct here found = { .account = account };
	const struct here *h;

	pthread_mutex_lock(&p->lock);
	h = *find(p, account);
	if (h)
		found = *h;
	pthread_mutex_unlock(&p->lock);
	return found;
}

/* --- the calls -----------------------------------------------------------*/

void presence_move(struct presence *p, uint64_t from, uint64_t to)
{
	if (from == to)
		return;
	pthread_mutex_lock(&p->lock);
	if (to)
		need(p, to)->sessions++;
	if (from) {
		need(p, from)->sessions--;
		drop_if_idle(p, from);
	}
	pthread_mutex_unlock(&p->lock);
}

unsigned presence_sessions(struct presence *p, uint64_t account)
{
	return look(p, account).sessions;
}

void presence_failed(struct presence *p, uint64_t account)
{
	pthread_mutex_lock(&p->lock);
	need(p, account)->failures++;
	pthread_mutex_unlock(&p->lock);
}

uint64_t presence_failures(struct presence *p, uint64_t account)
{
	return look(p, account).failures;
}

void presence_told(struct presence *p, uint64_t account, uint64_t seen)
{
	struct here *h;

	pthread_mutex_lock(&p->lock);
	h = *find(p, account);
	if (h) {
		h->failures -= seen < h->failures ? seen : h->failures;
		drop_if_idle(p, account);
	}
	pthread_mutex_unlock(&p->lock);
}

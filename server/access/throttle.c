// SPDX-License-Identifier: MIT
/*
 * Delays after failed logins, in a table of fixed size.
 *
 * A failure counts in three buckets: (account, network), network, account.
 * Past its free failures a bucket's delay doubles up to its longest.  A
 * success forgives (account, network) and marks it as good, and from a good
 * network the account's own bucket does not count: whoever hammers an
 * account from elsewhere cannot keep its owner out.  A bucket is forgotten an
 * hour after its last failure.  Keys are keyed digests, so that nobody can
 * aim at another's bucket; when a set is full the one touched longest ago
 * goes.
 */
#include "server/access/login.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/log.h"
#include "server/access/network.h"

#define SETS       1024
#define WAYS       8
#define FORGET_MS  (60 * 60 * 1000)
#define NAME_BYTES (LOGIN_MOST * 16 + 1)

enum scope { SCOPE_PAIR, SCOPE_NETWORK, SCOPE_ACCOUNT, SCOPE_COUNT };

static const struct {
	unsigned free;    /* failures without a delay */
	int64_t first_ms; /* the delay after that, then doubling */
	int64_t longest_ms;
} policy[SCOPE_COUNT] = {
	[SCOPE_PAIR] = { 5, 2000, 15 * 60 * 1000 },
	[SCOPE_NETWORK] = { 30, 1000, 5 * 60 * 1000 },
	[SCOPE_ACCOUNT] = { 50, 1000, 60 * 1000 },
};

struct bucket {
	uint64_t key; /* 0: free */
	int64_t touched_ms;
	int64_t until_ms;
	unsigned failures;
	bool is_good; /* a login succeeded from here */
};

struct throttle {
	pthread_mutex_t lock;
	uint8_t secret[32];
	struct bucket of[SETS][WAYS];
};

struct throttle *throttle_new(const struct random *random)
{
	struct throttle *t = must_alloc(sizeof(*t));

	memset(t, 0, sizeof(*t));
	random_fill(random, t->secret, sizeof(t->secret));
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void throttle_free(struct throttle *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* --- names and networks --------------------------------------------------*/

/* The network of an address: 4 or 8 bytes that tell the kinds apart by
 * length; anything else stands for itself. */
static size_t parse_network(const char *peer, uint8_t out[static 64])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t address[16];
	size_t len = strnlen(peer, 64);
	bool is_v4;

	if (address_parse(peer, address) != ERR_OK) {
		memcpy(out, peer, len);
		return len;
	}
	is_v4 = !memcmp(address, mapped, sizeof(mapped));
	memcpy(out, address + (is_v4 ? 12 : 0), is_v4 ? 3 : 8);
	return is_v4 ? 3 : 8;
}

static uint64_t key_of(const struct throttle *t, enum scope scope,
    struct bytes name, struct bytes network)
{
	uint8_t kind = (uint8_t)scope;
	uint8_t name_len[2];
	struct bytes parts[] = { bytes_of(t->secret, sizeof(t->secret)),
		bytes_of(&kind, 1), bytes_of(name_len, 2), name, network };
	struct digest digest;
	uint64_t key;

	put_be16(name_len, (uint16_t)name.len);
	digest_parts(parts, 5, &digest);
	key = get_be64(digest.of);
	return key ? key : 1;
}

/* Names that cannot be one share one bucket: their spelling must not make
 * fresh ones. */
static void make_keys(const struct throttle *t, struct bytes login,
    const char *peer, uint64_t keys[static SCOPE_COUNT])
{
	uint8_t network[64];
	struct bytes net = bytes_of(network, parse_network(peer, network));
	struct bytes name;
	struct arena a;

	arena_init(&a, 1024, 16 * NAME_BYTES);
	if (login_canonical(&a, login, &name) != ERR_OK)
		name = BYTES_NONE;
	keys[SCOPE_PAIR] = key_of(t, SCOPE_PAIR, name, net);
	keys[SCOPE_NETWORK] = key_of(t, SCOPE_NETWORK, BYTES_NONE, net);
	keys[SCOPE_ACCOUNT] = key_of(t, SCOPE_ACCOUNT, name, BYTES_NONE);
	arena_release(&a);
}

/* --- buckets (with the lock) ---------------------------------------------*/

static struct bucket *find(struct throttle *t, uint64_t key)
{
	struct bucket *set = t->of[key % SETS];

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
	}
	return NULL;
}

static struct bucket *need(struct throttle *t, uint64_t key, int64_t now_ms)
{
	struct bucket *set = t->of[key % SETS];
	struct bucket *b = find(t, key);

	if (!b) {
		b = set;
		for (unsigned i = 1; i < WAYS && b->key; i++) {
			if (!set[i].key || set[i].touched_ms < b->touched_ms)
				b = &set[i];
		}
		*b = (struct bucket){ .key = key };
	}
	if (now_ms - b->touched_ms > FORGET_MS)
		b->failures = 0;
	b->touched_ms = now_ms;
	return b;
}

static void fail(
    struct throttle *t, uint64_t key, enum scope scope, int64_t now_ms)
{
	struct bucket *b = need(t, key, now_ms);
	int64_t delay = policy[scope].first_ms;

	if (b->failures < 1000)
		b->failures++;
	if (b->failures < policy[scope].free)
		return;
	for (unsigned i = policy[scope].free;
	     i < b->failures && delay < policy[scope].longest_ms; i++)
		delay *= 2;
	if (delay > policy[scope].longest_ms)
		delay = policy[scope].longest_ms;
	b->until_ms = now_ms + delay;
}

/* How long yet.  A clock that was set back must not make it longer. */
static int64_t remaining(
    struct throttle *t, uint64_t key, enum scope scope, int64_t now_ms)
{
	const struct bucket *b = find(t, key);
	int64_t left = b ? b->until_ms - now_ms : 0;

	if (left > policy[scope].longest_ms)
		left = policy[scope].longest_ms;
	return left > 0 ? left : 0;
}

/* --- the three questions -------------------------------------------------*/

enum err throttle_admit(struct throttle *t, int64_t now_ms, struct bytes login,
    const char *peer, int64_t *retry_after_ms)
{
	uint64_t keys[SCOPE_COUNT];
	const struct bucket *pair;
	int64_t most = 0;

	make_keys(t, login, peer, keys);
	pthread_mutex_lock(&t->lock);
	pair = find(t, keys[SCOPE_PAIR]);
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++) {
		int64_t left;

		if (scope == SCOPE_ACCOUNT && pair && pair->is_good)
			continue;
		left = remaining(t, keys[scope], scope, now_ms);
		most = left > most ? left : most;
	}
	pthread_mutex_unlock(&t->lock);
	*retry_after_ms = most;
	return most ? ERR_LOCKED : ERR_OK;
}

void throttle_failed(
    struct throttle *t, int64_t now_ms, struct bytes login, const char *peer)
{
	uint64_t keys[SCOPE_COUNT];

	make_keys(t, login, peer, keys);
	pthread_mutex_lock(&t->lock);
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		fail(t, keys[scope], scope, now_ms);
	pthread_mutex_unlock(&t->lock);
}

void throttle_passed(struct throttle *t, struct bytes login, const char *peer)
{
	uint64_t keys[SCOPE_COUNT];
	struct bucket *pair;

	make_keys(t, login, peer, keys);
	pthread_mutex_lock(&t->lock);
	pair = find(t, keys[SCOPE_PAIR]);
	if (!pair)
		pair = need(t, keys[SCOPE_PAIR], 0);
	pair->failures = 0;
	pair->until_ms = 0;
	pair->is_good = true;
	pthread_mutex_unlock(&t->lock);
}

// SPDX-License-Identifier: MIT
/*
 * See throttle.h.
 *
 * Two tables side by side in one array of sets: failures, which anybody can
 * make, and known pairs and networks, which only a login makes; so no flood
 * drives out what is known.  In a full set the slot goes whose delay is over
 * and which was touched longest ago.  A slot is forgotten an hour after its
 * last failure, a known pair after a quarter without a login.
 *
 * In the store a slot is one row: DELAY be16 slot -> be64 key, be64
 * touched, be64 until, be32 failures.  Written behind, once a second: a crash
 * forgets the last second's failures.  One process owns the book, so the
 * table in memory is what holds; it must become the other way round when
 * several share a store.
 */
#include "server/access/throttle.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/log.h"
#include "server/access/login_name.h"
#include "server/access/network.h"
#include "server/access/people.h"

#define WAYS          8
#define FAILURE_SETS  1024
#define KNOWN_SETS    2048
#define SETS          (FAILURE_SETS + KNOWN_SETS)
#define SLOTS         (SETS * WAYS)
#define ROW_BYTES     28
#define FAILURES_MOST 1000
#define FORGET_MS     (60 * 60 * 1000)
#define KNOWN_MS      (INT64_C(90) * 24 * 3600 * 1000)
#define REFRESH_MS    (60 * 60 * 1000) /* of a known pair's row */
#define NAME_BYTES    (LOGIN_MOST * 16 + 1)

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

struct slot {
	uint64_t key;       /* 0: free */
	int64_t touched_ms; /* last failure; of a known pair, last login */
	int64_t until_ms;
	uint32_t failures;
	bool is_moved; /* since its row was written */
};

static_assert(SLOTS <= UINT16_MAX, "a row's key is be16");

struct throttle {
	pthread_mutex_t lock;
	uint8_t secret[DIGEST_SIZE];
	unsigned moved;
	struct slot of[SLOTS];
};

struct throttle *throttle_new(const uint8_t secret[static DIGEST_SIZE])
{
	struct throttle *t = must_alloc(sizeof(*t));

	memset(t, 0, sizeof(*t));
	memcpy(t->secret, secret, sizeof(t->secret));
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

uint64_t throttle_source(const struct throttle *t, const char *peer)
{
	uint8_t network[64];

	return key_of(t, SCOPE_NETWORK, BYTES_NONE,
	    bytes_of(network, parse_network(peer, network)));
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
	keys[SCOPE_NETWORK] = throttle_source(t, peer);
	keys[SCOPE_ACCOUNT] = key_of(t, SCOPE_ACCOUNT, name, BYTES_NONE);
	arena_release(&a);
}

/* --- slots (with the lock) -----------------------------------------------*/

static struct slot *failure_set(struct throttle *t, uint64_t key)
{
	return &t->of[key % FAILURE_SETS * WAYS];
}

static struct slot *known_set(struct throttle *t, uint64_t key)
{
	return &t->of[(FAILURE_SETS + key % KNOWN_SETS) * WAYS];
}

static struct slot *find(struct slot *set, uint64_t key)
{
	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
	}
	return NULL;
}

static bool goes_before(const struct slot *a, const struct slot *b, int64_t now)
{
	bool waits = a->until_ms > now, other_waits = b->until_ms > now;

	if (!a->key != !b->key)
		return !a->key;
	return waits != other_waits ? !waits : a->touched_ms < b->touched_ms;
}

static struct slot *need(struct slot *set, uint64_t key, int64_t now_ms)
{
	struct slot *s = find(set, key);

	if (s)
		return s;
	s = set;
	for (unsigned i = 1; i < WAYS; i++) {
		if (goes_before(&set[i], s, now_ms))
			s = &set[i];
	}
	*s = (struct slot){ .key = key, .is_moved = s->is_moved };
	return s;
}

static void move(struct throttle *t, struct slot *s)
{
	t->moved += !s->is_moved;
	s->is_moved = true;
}

static void fail(
    struct throttle *t, uint64_t key, enum scope scope, int64_t now_ms)
{
	struct slot *s = need(failure_set(t, key), key, now_ms);
	int64_t delay = policy[scope].first_ms;

	if (now_ms - s->touched_ms > FORGET_MS)
		s->failures = 0;
	s->touched_ms = now_ms;
	move(t, s);
	if (s->failures < FAILURES_MOST)
		s->failures++;
	if (s->failures < policy[scope].free)
		return;
	for (unsigned i = policy[scope].free;
	     i < s->failures && delay < policy[scope].longest_ms; i++)
		delay *= 2;
	if (delay > policy[scope].longest_ms)
		delay = policy[scope].longest_ms;
	s->until_ms = now_ms + delay;
}

/* How long yet.  A clock that was set back must not make it longer. */
static int64_t remaining(
    struct throttle *t, uint64_t key, enum scope scope, int64_t now_ms)
{
	const struct slot *s = find(failure_set(t, key), key);
	int64_t left = s ? s->until_ms - now_ms : 0;

	if (left > policy[scope].longest_ms)
		left = policy[scope].longest_ms;
	return left > 0 ? left : 0;
}

/* Of a network and of an account, the longer. */
static int64_t remaining_wide(
    struct throttle *t, const uint64_t keys[static SCOPE_COUNT], int64_t now_ms)
{
	int64_t network =
	    remaining(t, keys[SCOPE_NETWORK], SCOPE_NETWORK, now_ms);
	int64_t account =
	    remaining(t, keys[SCOPE_ACCOUNT], SCOPE_ACCOUNT, now_ms);

	return network > account ? network : account;
}

/* A pair, or a network that somebody logged in from. */
static bool is_known(struct throttle *t, uint64_t key, int64_t now_ms)
{
	const struct slot *s = find(known_set(t, key), key);

	return s && now_ms - s->touched_ms < KNOWN_MS;
}

static void know(struct throttle *t, uint64_t key, int64_t now_ms)
{
	struct slot *s = need(known_set(t, key), key, now_ms);

	if (s->touched_ms && now_ms - s->touched_ms <= REFRESH_MS)
		return;
	s->touched_ms = now_ms;
	move(t, s);
}

/* --- the four questions --------------------------------------------------*/

enum err throttle_admit(struct throttle *t, int64_t now_ms, struct bytes login,
    const char *peer, int64_t *retry_after_ms)
{
	uint64_t keys[SCOPE_COUNT];
	int64_t pair, wide;
	bool is_in;

	make_keys(t, login, peer, keys);
	pthread_mutex_lock(&t->lock);
	pair = remaining(t, keys[SCOPE_PAIR], SCOPE_PAIR, now_ms);
	wide = remaining_wide(t, keys, now_ms);
	is_in = !pair && (!wide || is_known(t, keys[SCOPE_PAIR], now_ms) ||
			     is_known(t, keys[SCOPE_NETWORK], now_ms));
	pthread_mutex_unlock(&t->lock);
	*retry_after_ms = is_in ? 0 : pair > wide ? pair : wide;
	return is_in ? ERR_OK : ERR_LOCKED;
}

enum err throttle_judge(struct throttle *t, int64_t now_ms, struct bytes login,
    const char *peer, bool is_right, int64_t *retry_after_ms)
{
	uint64_t keys[SCOPE_COUNT];
	int64_t wide;
	bool is_in;

	make_keys(t, login, peer, keys);
	pthread_mutex_lock(&t->lock);
	wide = remaining_wide(t, keys, now_ms);
	is_in = !wide || (is_right && is_known(t, keys[SCOPE_PAIR], now_ms));
	pthread_mutex_unlock(&t->lock);
	*retry_after_ms = is_in ? 0 : wide;
	return is_in ? ERR_OK : ERR_LOCKED;
}

void throttle_failed(
    struct throttle *t, int64_t now_ms, struct bytes login, const char *peer)
{
	uint64_t keys[SCOPE_COUNT];

	make_keys(t, login, peer, keys);
	pthread_mutex_lock(&t->lock);
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		if (scope == SCOPE_PAIR ||
		    !remaining(t, keys[scope], scope, now_ms))
			fail(t, keys[scope], scope, now_ms);
	pthread_mutex_unlock(&t->lock);
}

/* Forgives the pair, and knows it and its network from now on. */
void throttle_passed(
    struct throttle *t, int64_t now_ms, struct bytes login, const char *peer)
{
	uint64_t keys[SCOPE_COUNT], pair;
	struct slot *failed;

	make_keys(t, login, peer, keys);
	pair = keys[SCOPE_PAIR];
	pthread_mutex_lock(&t->lock);
	failed = find(failure_set(t, pair), pair);
	if (failed && failed->failures) {
		failed->failures = 0;
		failed->until_ms = 0;
		move(t, failed);
	}
	know(t, pair, now_ms);
	know(t, keys[SCOPE_NETWORK], now_ms);
	pthread_mutex_unlock(&t->lock);
}

/* --- kept ----------------------------------------------------------------*/

static void load_row(struct throttle *t, struct bytes key, struct bytes value)
{
	struct slot *s;

	if (key.len != 2 || value.len != ROW_BYTES ||
	    get_be16(key.data) >= SLOTS)
		return;
	s = &t->of[get_be16(key.data)];
	s->key = get_be64(value.data);
	s->touched_ms = (int64_t)get_be64(value.data + 8);
	s->until_ms = (int64_t)get_be64(value.data + 16);
	s->failures = get_be32(value.data + 24);
}

enum err throttle_load(struct throttle *t, struct snapshot *n)
{
	struct bytes key;
	struct scan *scan;
	struct row row;
	enum err e =
	    scan_open(n, TABLE_DELAY, BYTES_NONE, BYTES_NONE, SCAN_UP, &scan);

	if (e != ERR_OK)
		return e;
	while (scan_next(scan, &key, &row))
		load_row(t, key, row.value);
	e = scan_error(scan);
	scan_close(scan);
	return e;
}

static void put_slot(struct plan *p, uint16_t at, const struct slot *s)
{
	uint8_t key[2], value[ROW_BYTES];

	put_be16(key, at);
	put_be64(value, s->key);
	put_be64(value + 8, (uint64_t)s->touched_ms);
	put_be64(value + 16, (uint64_t)s->until_ms);
	put_be32(value + 24, s->failures);
	plan_put(p, TABLE_DELAY, bytes_of(key, sizeof(key)),
	    bytes_of(value, sizeof(value)));
}

enum err throttle_plan(struct throttle *t, struct plan *p, unsigned *count)
{
	*count = 0;
	pthread_mutex_lock(&t->lock);
	for (unsigned i = 0; i < SLOTS && t->moved && *count < THROTTLE_ROWS;
	     i++) {
		struct slot *s = &t->of[i];

		if (!s->is_moved)
			continue;
		put_slot(p, (uint16_t)i, s);
		s->is_moved = false;
		t->moved--;
		(*count)++;
	}
	pthread_mutex_unlock(&t->lock);
	return plan_error(p);
}

void throttle_unsaved(struct throttle *t)
{
	pthread_mutex_lock(&t->lock);
	for (unsigned i = 0; i < SLOTS; i++) {
		if (t->of[i].key)
			move(t, &t->of[i]);
	}
	pthread_mutex_unlock(&t->lock);
}

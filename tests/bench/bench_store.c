// SPDX-License-Identifier: MIT
/*
 * What the store adds to LMDB: the same rows written raw and by plans.
 *
 * One operation is an update: a record of 900 bytes under a random key of
 * 100,000, 200 bytes of history and 300 of log appended, one index row moved.
 * Raw LMDB writes 1, 16, 64 operations a transaction; the store gets 1, 16,
 * 64 plans in flight from one thread that submits anew as plans complete.
 * Rounds of both alternate, so that a noisy machine disturbs both alike.
 * Usage: bench_store DIR [seconds a round] [rounds]
 */
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "server/store/store.h"

#define RECORDS 100000
#define FLIGHT  64

enum { RAW_ROW, RAW_HISTORY, RAW_LOG, RAW_INDEX, RAW_COUNT };

struct bench {
	uint64_t seed;
	uint32_t *raw_slots, *store_slots; /* index value of each record */
	uint64_t position;
	uint8_t filler[1024];

	MDB_env *env;
	MDB_dbi dbi[RAW_COUNT];
	struct store *store;

	pthread_mutex_t lock;
	pthread_cond_t done;
	struct arena arenas[FLIGHT];
	int idle[FLIGHT], idles;
};

struct flight {
	struct bench *bench;
	int slot;
};

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "bench_store: %s\n", what);
	exit(1);
}

static uint64_t next_random(struct bench *b)
{
	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 7;
	b->seed ^= b->seed << 17;
	return b->seed;
}

static void row_key(uint8_t key[static 9], uint32_t record)
{
	key[0] = 1;
	put_be64(key + 1, record * UINT64_C(0x9e3779b97f4a7c15));
}

static void index_key(uint8_t key[static 14], uint32_t value, uint32_t record)
{
	put_be16(key, 7);
	put_be32(key + 2, value);
	put_be64(key + 6, record * UINT64_C(0x9e3779b97f4a7c15));
}

/* --- raw -----------------------------------------------------------------*/

static void raw_open(struct bench *b, const char *dir)
{
	static const char *names[] = { "row", "history", "log", "index" };
	MDB_txn *txn;
	need(!mdb_env_create(&b->env), "env");
	mdb_env_set_mapsize(b->env, (size_t)64 << 30);
	mdb_env_set_maxdbs(b->env, RAW_COUNT);
	need(!mdb_env_open(b->env, dir, MDB_NOTLS, 0600), "raw open");
	need(!mdb_txn_begin(b->env, NULL, 0, &txn), "raw begin");
	for (int i = 0; i < RAW_COUNT; i++)
		need(!mdb_dbi_open(txn, names[i], MDB_CREATE, &b->dbi[i]),
		    "raw table");
	need(!mdb_txn_commit(txn), "raw commit");
}

static void raw_put(struct bench *b, MDB_txn *txn, int table, const void *key,
    size_t key_len, size_t len, unsigned flags)
{
	MDB_val k = { key_len, (void *)(uintptr_t)key };
	MDB_val v = { len, b->filler };
	need(!mdb_put(txn, b->dbi[table], &k, &v, flags), "raw put");
}

static void raw_update(struct bench *b, MDB_txn *txn, uint32_t record)
{
	uint8_t row[9], index[14], place[17];
	row_key(row, record);
	raw_put(b, txn, RAW_ROW, row, sizeof(row), 900, 0);
	put_be64(place, b->position++);
	memcpy(place + 8, row, sizeof(row));
	raw_put(b, txn, RAW_HISTORY, place, sizeof(place), 200, MDB_APPEND);
	raw_put(b, txn, RAW_LOG, place, 8, 300, MDB_APPEND);
	index_key(index, b->raw_slots[record], record);
	MDB_val k = { sizeof(index), index };
	(void)mdb_del(txn, b->dbi[RAW_INDEX], &k, NULL);
	b->raw_slots[record] = (uint32_t)next_random(b);
	index_key(index, b->raw_slots[record], record);
	raw_put(b, txn, RAW_INDEX, index, sizeof(index), 0, 0);
}

static double raw_round(struct bench *b, int batch, double seconds)
{
	uint64_t start = clock_monotonic_ns(), now = start, count = 0;
	while ((double)(now - start) < seconds * 1e9) {
		MDB_txn *txn;
		need(!mdb_txn_begin(b->env, NULL, 0, &txn), "raw begin");
		for (int i = 0; i < batch; i++)
			raw_update(
			    b, txn, (uint32_t)(next_random(b) % RECORDS));
		need(!mdb_txn_commit(txn), "raw commit");
		count += (uint64_t)batch;
		now = clock_monotonic_ns();
	}
	return (double)count / ((double)(now - start) / 1e9);
}

/* --- store ---------------------------------------------------------------*/

static enum err append(void *ctx, struct writer *w, uint64_t position,
    struct bytes draft, enum err outcome)
{
	uint8_t key[8];
	(void)ctx;
	(void)outcome;
	put_be64(key, position);
	return writer_put(w, TABLE_LOG, bytes_of(key, 8), draft);
}

static enum err finish(void *ctx, struct writer *w)
{
	(void)ctx;
	(void)w;
	return ERR_OK;
}

static void settle(void *ctx, bool committed)
{
	(void)ctx;
	(void)committed;
}

static void store_prepare(struct bench *b, const char *dir)
{
	static const struct commit_hook hook = { NULL, append, finish, settle };
	struct store_options o;
	store_options_init(&o, dir);
	o.create = true;
	need(store_open(&o, &b->store) == ERR_OK, "store open");
	store_set_hook(b->store, &hook);
}

static void plan_update(struct bench *b, struct plan *p, uint32_t record)
{
	uint8_t row[9], index[14];
	row_key(row, record);
	struct bytes key = bytes_of(row, sizeof(row));
	plan_put(p, TABLE_ROW, key, bytes_of(b->filler, 900));
	plan_put_at(p, TABLE_HISTORY, key, bytes_of(b->filler, 200));
	plan_draft(p, bytes_of(b->filler, 300));
	index_key(index, b->store_slots[record], record);
	plan_del(p, TABLE_INDEX, bytes_of(index, sizeof(index)));
	b->store_slots[record] = (uint32_t)next_random(b);
	index_key(index, b->store_slots[record], record);
	plan_put(p, TABLE_INDEX, bytes_of(index, sizeof(index)), BYTES_NONE);
}

static void landed(struct plan *p, enum err outcome, void *ctx)
{
	struct flight *f = ctx;
	struct bench *b = f->bench;
	(void)p;
	need(outcome == ERR_OK, "a plan failed");
	pthread_mutex_lock(&b->lock);
	b->idle[b->idles++] = f->slot;
	if (b->idles == 1)
		pthread_cond_signal(&b->done);
	pthread_mutex_unlock(&b->lock);
}

static void submit(struct bench *b, struct flight *flights, int slot)
{
	struct arena *a = &b->arenas[slot];
	uint32_t record = (uint32_t)(next_random(b) % RECORDS);
	uint8_t row[9];
	arena_reset(a);
	struct plan *p = plan_new(a);
	row_key(row, record);
	plan_expect(
	    p, TABLE_ROW, bytes_of(row, sizeof(row)), EXPECT_PRESENT, 0, 1);
	plan_update(b, p, record);
	need(store_submit(b->store, p, landed, &flights[slot]) == ERR_OK,
	    "submit");
}

/* Takes the slots that landed; waits for one at least. */
static int take(struct bench *b, int slots[static FLIGHT])
{
	pthread_mutex_lock(&b->lock);
	while (b->idles == 0)
		pthread_cond_wait(&b->done, &b->lock);
	int n = b->idles;
	memcpy(slots, b->idle, (size_t)n * sizeof(*slots));
	b->idles = 0;
	pthread_mutex_unlock(&b->lock);
	return n;
}

static double store_round(struct bench *b, int batch, double seconds)
{
	struct flight flights[FLIGHT];
	int slots[FLIGHT];
	struct store_figures before, after;
	for (int i = 0; i < batch; i++)
		flights[i] = (struct flight){ b, i };
	store_figures(b->store, &before);
	uint64_t start = clock_monotonic_ns(), now = start, count = 0;
	for (int i = 0; i < batch; i++)
		submit(b, flights, i);
	while ((double)(now - start) < seconds * 1e9) {
		int n = take(b, slots);
		for (int i = 0; i < n; i++)
			submit(b, flights, slots[i]);
		count += (uint64_t)n;
		now = clock_monotonic_ns();
	}
	for (int left = batch; left > 0;)
		left -= take(b, slots);
	store_figures(b->store, &after);
	printf("    (%.1f plans a commit)\n",
	    (double)(after.plans - before.plans) /
		(double)(after.commits - before.commits));
	return (double)count / ((double)(now - start) / 1e9);
}

/* --- both ----------------------------------------------------------------*/

static void fill(struct bench *b)
{
	MDB_txn *txn;
	need(!mdb_txn_begin(b->env, NULL, 0, &txn), "raw begin");
	for (uint32_t r = 0; r < RECORDS; r++)
		raw_update(b, txn, r);
	need(!mdb_txn_commit(txn), "raw commit");
	struct arena *a = &b->arenas[0];
	for (uint32_t r = 0; r < RECORDS;) {
		arena_reset(a);
		struct plan *p = plan_new(a);
		for (int i = 0; i < 500; i++)
			plan_update(b, p, r++);
		need(store_commit(b->store, p) == ERR_OK, "fill");
	}
	sync();
}

static void compare(struct bench *b, int batch, double seconds, int rounds)
{
	double raw = 0, store = 0;
	for (int i = 0; i < rounds; i++) {
		raw += raw_round(b, batch, seconds);
		store += store_round(b, batch, seconds);
	}
	printf("%2d: raw %7.0f/s  store %7.0f/s  ratio %.2f\n", batch,
	    raw / rounds, store / rounds, store / raw);
}

int main(int argc, char **argv)
{
	static struct bench b = { .seed = 42,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER };
	char raw[4096], store[4096];
	need(argc > 1, "usage: bench_store DIR [seconds] [rounds]");
	double seconds = argc > 2 ? atof(argv[2]) : 2;
	int rounds = argc > 3 ? atoi(argv[3]) : 3;
	snprintf(raw, sizeof(raw), "%s/raw", argv[1]);
	snprintf(store, sizeof(store), "%s/store", argv[1]);
	need(!mkdir(raw, 0700) && !mkdir(store, 0700), "DIR must be empty");
	for (size_t i = 0; i < sizeof(b.filler); i++)
		b.filler[i] = (uint8_t)(i * 131);
	b.raw_slots = calloc(RECORDS, sizeof(*b.raw_slots));
	b.store_slots = calloc(RECORDS, sizeof(*b.store_slots));
	need(b.raw_slots && b.store_slots, "memory");
	for (int i = 0; i < FLIGHT; i++)
		arena_init(&b.arenas[i], 8192, (size_t)4 * 1024 * 1024);
	raw_open(&b, raw);
	store_prepare(&b, store);
	fill(&b);
	compare(&b, 1, seconds, rounds);
	compare(&b, 16, seconds, rounds);
	compare(&b, 64, seconds, rounds);
	store_close(b.store);
	mdb_env_close(b.env);
	for (int i = 0; i < FLIGHT; i++)
		arena_release(&b.arenas[i]);
	free(b.raw_slots);
	free(b.store_slots);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * What LMDB allows, and what the store adds: the same rows, raw or by plans.
 *
 * One operation is what record.update writes when it changes a mobile and a
 * remark (sizes as found in a book of tests/bench/run): the row under a random
 * key, history and log appended, a tile of the log's tree every 32 entries,
 * the mobile's blind and tail keys moved among as many index keys as a book
 * of that size has: the trees must be as deep.  Raw LMDB writes BATCH
 *operations a transaction; the store gets BATCH plans in flight from one thread
 *that submits anew as plans complete.  In turns (turn.h); DIR is filled once.
 *
 *	bench_store raw|store DIR BATCH RECORDS
 */
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "server/store/store.h"
#include "tests/bench/turn.h"

#define FLIGHT        64
#define ROW_BYTES     1449
#define HISTORY_BYTES 540
#define LOG_BYTES     183
#define TILE_BYTES    1026
#define TILE_ENTRIES  32
#define MOVED         2  /* index keys of a mobile */
#define INDEXED       36 /* of a customer */
#define FILL          500

static const size_t key_bytes[MOVED] = { 27, 19 };

enum { RAW_ROW, RAW_HISTORY, RAW_LOG, RAW_INDEX, RAW_TILE, RAW_COUNT };

struct bench {
	uint64_t seed;
	uint32_t *slots; /* index value of each record */
	uint64_t position;
	uint8_t filler[2048];
	uint32_t records;
	uint64_t operations, commits; /* in the last turn */

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

/* Field, digest of the value, record. */
static struct bytes index_key(
    uint8_t key[static 32], size_t which, uint32_t value, uint32_t record)
{
	size_t len = key_bytes[which % MOVED];

	memset(key, 0, 32);
	key[2] = (uint8_t)which;
	put_be64(key + 3, (value + which) * UINT64_C(0xd1342543de82ef95));
	put_be64(key + len - 8, record * UINT64_C(0x9e3779b97f4a7c15));
	return bytes_of(key, len);
}

/* --- raw -----------------------------------------------------------------*/

static void raw_open(struct bench *b, const char *dir)
{
	static const char *names[] = { "row", "history", "log", "index",
		"tile" };
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

static void raw_move(struct bench *b, MDB_txn *txn, uint32_t record)
{
	uint32_t from = b->slots[record], to = (uint32_t)next_random(b);
	uint8_t key[32];

	for (size_t i = 0; i < MOVED; i++) {
		struct bytes old = index_key(key, i, from, record);
		MDB_val k = { old.len, key };

		(void)mdb_del(txn, b->dbi[RAW_INDEX], &k, NULL);
		(void)index_key(key, i, to, record);
		raw_put(b, txn, RAW_INDEX, key, old.len, 0, 0);
	}
	b->slots[record] = to;
}

static void raw_update(struct bench *b, MDB_txn *txn, uint32_t record)
{
	uint8_t row[9], place[17];

	row_key(row, record);
	raw_put(b, txn, RAW_ROW, row, sizeof(row), ROW_BYTES, 0);
	put_be64(place, b->position++);
	memcpy(place + 8, row, sizeof(row));
	raw_put(b, txn, RAW_HISTORY, place, sizeof(place), HISTORY_BYTES,
	    MDB_APPEND);
	raw_put(b, txn, RAW_LOG, place, 8, LOG_BYTES, MDB_APPEND);
	if (b->position % TILE_ENTRIES == 0)
		raw_put(b, txn, RAW_TILE, place, 9, TILE_BYTES, 0);
	raw_move(b, txn, record);
}

static double raw_round(struct bench *b, int batch, double seconds)
{
	uint64_t start = clock_monotonic_ns(), now = start, count = 0;
	while ((double)(now - start) < seconds * 1e9) {
		MDB_txn *txn;
		need(!mdb_txn_begin(b->env, NULL, 0, &txn), "raw begin");
		for (int i = 0; i < batch; i++)
			raw_update(
			    b, txn, (uint32_t)(next_random(b) % b->records));
		need(!mdb_txn_commit(txn), "raw commit");
		count += (uint64_t)batch;
		now = clock_monotonic_ns();
	}
	b->operations = count;
	b->commits = count / (uint64_t)batch;
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

static void store_begin(struct bench *b, const char *dir)
{
	static const struct commit_hook hook = { NULL, append, finish, settle };
	struct store_options o;
	store_options_init(&o, dir);
	enum err err = store_open(&o, &b->store);
	if (err == ERR_NOT_FOUND) {
		o.create = true;
		err = store_open(&o, &b->store);
	}
	need(err == ERR_OK, "store open");
	store_set_hook(b->store, &hook);
}

static void plan_move(struct bench *b, struct plan *p, uint32_t record)
{
	uint32_t from = b->slots[record], to = (uint32_t)next_random(b);
	uint8_t key[32];

	for (size_t i = 0; i < MOVED; i++) {
		plan_del(p, TABLE_INDEX, index_key(key, i, from, record));
		plan_put(
		    p, TABLE_INDEX, index_key(key, i, to, record), BYTES_NONE);
	}
	b->slots[record] = to;
}

static void plan_update(struct bench *b, struct plan *p, uint32_t record)
{
	uint8_t row[9];

	row_key(row, record);
	struct bytes key = bytes_of(row, sizeof(row));
	plan_put(p, TABLE_ROW, key, bytes_of(b->filler, ROW_BYTES));
	plan_put_at(p, TABLE_HISTORY, key, bytes_of(b->filler, HISTORY_BYTES));
	plan_draft(p, bytes_of(b->filler, LOG_BYTES));
	plan_move(b, p, record);
}

static void landed(struct plan *p, enum err outcome, void *ctx)
{
	struct flight *f = ctx;
	struct bench *b = f->bench;
	(void)p;
	need(outcome == ERR_OK, "a plan failed");
	pthread_mutex_lock(&b->lock);
	b->idle[b->idles++] = f->slot;
	bool wakes = b->idles == 1;
	pthread_mutex_unlock(&b->lock);
	if (wakes)
		pthread_cond_signal(&b->done);
}

static void submit(struct bench *b, struct flight *flights, int slot)
{
	struct arena *a = &b->arenas[slot];
	uint32_t record = (uint32_t)(next_random(b) % b->records);
	uint8_t row[9];
	arena_reset(a);
	struct plan *p = plan_new(a);
	row_key(row, record);
	plan_expect(
	    p, TABLE_ROW, bytes_of(row, sizeof(row)), EXPECT_PRESENT, 0);
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
	store_read_figures(b->store, &before);
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
	store_read_figures(b->store, &after);
	b->operations = after.plans - before.plans;
	b->commits = after.commits - before.commits;
	return (double)count / ((double)(now - start) / 1e9);
}

/* --- filling -------------------------------------------------------------*/

static void fill_raw(struct bench *b)
{
	uint8_t key[32];
	MDB_txn *txn;
	MDB_stat held;

	need(!mdb_txn_begin(b->env, NULL, MDB_RDONLY, &txn), "raw begin");
	need(!mdb_stat(txn, b->dbi[RAW_LOG], &held), "raw size");
	mdb_txn_abort(txn);
	b->position = held.ms_entries;
	mdb_env_set_flags(b->env, MDB_NOSYNC, 1);
	for (uint32_t r = held.ms_entries ? b->records : 0; r < b->records;) {
		need(!mdb_txn_begin(b->env, NULL, 0, &txn), "raw begin");
		for (int i = 0; i < FILL && r < b->records; i++, r++) {
			raw_update(b, txn, r);
			for (size_t k = MOVED; k < INDEXED; k++) {
				struct bytes one = index_key(
				    key, k, (uint32_t)next_random(b), r);
				raw_put(
				    b, txn, RAW_INDEX, one.data, one.len, 0, 0);
			}
		}
		need(!mdb_txn_commit(txn), "raw commit");
	}
	mdb_env_set_flags(b->env, MDB_NOSYNC, 0);
	need(!mdb_env_sync(b->env, 1), "raw sync");
}

static void fill_store(struct bench *b)
{
	struct arena *a = &b->arenas[0];
	uint8_t key[32];

	for (uint32_t r = store_head(b->store) ? b->records : 0;
	     r < b->records;) {
		arena_reset(a);
		struct plan *p = plan_new(a);
		for (int i = 0; i < FILL && r < b->records; i++, r++) {
			plan_update(b, p, r);
			for (size_t k = MOVED; k < INDEXED; k++)
				plan_put(p, TABLE_INDEX,
				    index_key(
					key, k, (uint32_t)next_random(b), r),
				    BYTES_NONE);
		}
		need(store_commit(b->store, p) == ERR_OK, "fill");
	}
}

/* Where the keys stand is in DIR too, or deleting would find none. */
static void slots_file(struct bench *b, const char *dir, bool is_end)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/slots", dir);
	FILE *f = fopen(path, is_end ? "w" : "r");
	if (!f)
		return;
	size_t n = is_end ? fwrite(b->slots, sizeof(uint32_t), b->records, f)
			  : fread(b->slots, sizeof(uint32_t), b->records, f);
	need(n == b->records, "the file of slots");
	fclose(f);
}

/* --- turns ---------------------------------------------------------------*/

static const struct side {
	const char *name;
	void (*open)(struct bench *b, const char *dir);
	void (*fill)(struct bench *b);
	double (*round)(struct bench *b, int batch, double seconds);
} sides[] = {
	{ "raw", raw_open, fill_raw, raw_round },
	{ "store", store_begin, fill_store, store_round },
};

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void run(
    struct bench *b, const struct side *side, const char *dir, int batch)
{
	double seconds;

	side->open(b, dir);
	slots_file(b, dir, false);
	side->fill(b);
	while (turn_next(&seconds)) {
		double from = cpu_us();
		double rate = side->round(b, batch, seconds);

		double n = (double)b->operations;

		printf("rate=%.0f each=%.1f server_us=%.1f\n", rate,
		    n / (double)b->commits, (cpu_us() - from) / n);
	}
	slots_file(b, dir, true);
	if (b->env)
		mdb_env_close(b->env);
	store_close(b->store);
}

static void bench_init(struct bench *b, uint32_t records)
{
	b->seed = 42 ^ clock_monotonic_ns();
	b->records = records;
	for (size_t i = 0; i < sizeof(b->filler); i++)
		b->filler[i] = (uint8_t)(i * 131);
	b->slots = calloc(records, sizeof(*b->slots));
	need(b->slots, "memory");
	for (int i = 0; i < FLIGHT; i++)
		arena_init(&b->arenas[i], 8192, (size_t)4 * 1024 * 1024);
}

int main(int count, char **arguments)
{
	static struct bench b = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER };

	need(count == 5, "usage: bench_store raw|store DIR BATCH RECORDS");
	int batch = atoi(arguments[3]);
	need(batch > 0 && batch <= FLIGHT, "a batch is 1 to 64");
	bench_init(&b, (uint32_t)atoi(arguments[4]));
	for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++)
		if (!strcmp(sides[i].name, arguments[1]))
			run(&b, &sides[i], arguments[2], batch);
	for (int i = 0; i < FLIGHT; i++)
		arena_release(&b.arenas[i]);
	free(b.slots);
	return 0;
}

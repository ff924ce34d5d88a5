// SPDX-License-Identifier: MIT
/*
 * One book and its host.
 *
 * The host is this file: answers are kept, what other threads post is run by
 * whoever waits for the answer.  The store commits inline; passwords cost
 * next to nothing.
 */
#include "server/selftest/twin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "server/audit/state.h"
#include "server/data/first.h"
#include "server/rpc/inside.h"
#include "server/selftest/dice.h"

#define TWIN_PATH    512
#define TWIN_ARENA   (4 * 1024 * 1024)
#define TWIN_MAP_MIB 256
#define TWIN_BEGIN   INT64_C(1800000000000) /* a day in 2027 */
#define TURN_MS      10000 /* longer than a busy machine may pause */
#define HOUR_MS      INT64_C(3600000)
#define POSTED       16
#define DRAWN_AHEAD  64 /* bytes: more than any key or salt */

struct twin {
	char dir[TWIN_PATH];
	uint64_t seed;
	int64_t now_ms;
	uint64_t chance;
	struct clock clock;
	struct random random;
	struct keyring *keys;
	struct store *store;
	struct auditlog *log;
	struct snapshot *scribe; /* what the signing reads through */
	struct rpc *rpc;
	struct station *station;
	struct session *seats[SEATS];
	pthread_mutex_t lock; /* over what is posted */
	pthread_cond_t arrived;
	struct task *posted[POSTED];
	unsigned posted_count;
	struct buf answer;
	bool is_answered;
};

/* --- time and chance -----------------------------------------------------*/

static int64_t now(void *ctx)
{
	return ((struct twin *)ctx)->now_ms;
}

/* Every draw of a step is the same, so that it does not matter how often
 * there was one: a request may run twice in one book and once in the other.
 * What sealers draw ahead is nothing but zeros: their nonces hang on the text
 * as well. */
static void fill(void *ctx, void *out, size_t len)
{
	struct twin *t = ctx;
	struct dice dice = { t->chance };
	uint8_t *at = out;

	memset(out, 0, len);
	for (size_t i = 0; len <= DRAWN_AHEAD && i < len; i++)
		at[i] = (uint8_t)dice_next(&dice);
}

void twin_step(struct twin *t, uint64_t step)
{
	struct dice mixed = { t->seed ^ (step + 1) << 20 };

	t->now_ms = TWIN_BEGIN + (int64_t)step * TURN_MS;
	t->chance = dice_next(&mixed);
}

/* --- the host ------------------------------------------------------------*/

static void host_send(void *conn, struct bytes reply)
{
	struct twin *t = conn;

	buf_reset(&t->answer);
	buf_append_bytes(&t->answer, reply);
	t->is_answered = true;
}

static void host_nothing(void *conn)
{
	(void)conn;
}

static void host_admit(void *conn, bool in)
{
	(void)conn;
	(void)in;
}

static void host_post(void *loop, struct task *task)
{
	struct twin *t = loop;

	pthread_mutex_lock(&t->lock);
	ASSERT(t->posted_count < POSTED);
	t->posted[t->posted_count++] = task;
	pthread_cond_signal(&t->arrived);
	pthread_mutex_unlock(&t->lock);
}

static void run_posted(struct twin *t)
{
	struct task *task;

	pthread_mutex_lock(&t->lock);
	while (!t->posted_count)
		pthread_cond_wait(&t->arrived, &t->lock);
	task = t->posted[0];
	t->posted_count--;
	memmove(t->posted, t->posted + 1, t->posted_count * sizeof *t->posted);
	pthread_mutex_unlock(&t->lock);
	task->call(task);
}

struct bytes twin_ask(struct twin *t, enum seat seat, struct bytes message)
{
	t->is_answered = false;
	rpc_message(t->seats[seat], message);
	while (!t->is_answered)
		run_posted(t);
	station_rest(t->station);
	return buf_bytes(&t->answer);
}

/* --- states --------------------------------------------------------------*/

/* Plans go one after the other: when an empty one is through, so is what was
 * submitted before, by whatever thread. */
static void wait_for_store(struct twin *t)
{
	struct arena arena;
	struct plan *p;

	arena_init(&arena, 4096, TWIN_ARENA);
	p = plan_new(&arena);
	if (p && store_commit(t->store, p))
		log_debug("selftest: nothing can be written");
	arena_release(&arena);
}

void twin_tick(struct twin *t)
{
	station_tick(t->station);
	station_rest(t->station);
	wait_for_store(t);
}

/* An alarm or a full disk keep the head as it was. */
enum err twin_sign(struct twin *t)
{
	enum err err = snapshot_renew(t->scribe);

	if (!err)
		err = scribe_turn(t->log, t->scribe);
	snapshot_rest(t->scribe);
	return err == ERR_FULL || !auditlog_is_sound(t->log) ? ERR_OK : err;
}

static void stall(struct twin *t)
{
	log_set_level(LOG_NOTHING); /* this alarm is no news */
	auditlog_alarm(t->log, "asked for", twin_head(t));
	log_set_level(LOG_ERROR);
}

void twin_enter(struct twin *t, enum mode mode)
{
	store_refuse(t->store, mode == MODE_FULL);
	wait_for_store(t);
	rpc_set_service(t->rpc, mode == MODE_READ_ONLY  ? SERVICE_READ_ONLY
				: mode == MODE_DRAINING ? SERVICE_DRAINING
							: SERVICE_OPEN);
	if (mode == MODE_STALLED)
		stall(t);
}

uint64_t twin_head(const struct twin *t)
{
	return store_head(t->store);
}

const struct directory *twin_directory(const struct twin *t)
{
	return t->station->desk.directory;
}

/* --- life ----------------------------------------------------------------*/

static enum err open_keys(struct twin *t)
{
	char keys[TWIN_PATH + 16], spec[TWIN_PATH + 32];
	struct root_source root = { spec, BYTES_NONE };
	enum err err;

	snprintf(keys, sizeof keys, "%s/keys", t->dir);
	snprintf(spec, sizeof spec, "file:%s/keys/root.key", t->dir);
	err = keyring_create(keys, &root, &t->random);
	return err ? err : keyring_open(keys, &root, &t->keys);
}

static enum err open_store(struct twin *t)
{
	struct store_options o;
	char note[TWIN_PATH + 16];
	enum err err;

	store_options_init(&o, t->dir);
	o.create = true;
	o.inline_commit = true;
	o.map_size_mib = TWIN_MAP_MIB;
	snprintf(note, sizeof note, "%s/checkpoint", t->dir);
	err = store_open(&o, &t->store);
	if (!err)
		err =
		    auditlog_open(t->store, t->keys, &t->clock, note, &t->log);
	return err ? err : snapshot_open(t->store, &t->scribe);
}

static enum err commit_first(
    struct twin *t, struct bytes document, const char *first_role)
{
	const struct role role = { .key = first_role };
	const struct account maker = { .id = 1,
		.login = "maker",
		.name = "",
		.branch_code = "",
		.roles = { &role },
		.role_count = 1 };
	struct sealer *sealer = sealer_new(t->keys, &t->random);
	struct arena arena;
	struct plan *p;
	enum err err;

	arena_init(&arena, 64 * 1024, TWIN_ARENA);
	p = plan_new(&arena);
	err = p ? first_plan(p, sealer, document, &maker) : ERR_TOO_LARGE;
	if (!err)
		err = store_commit(t->store, p);
	arena_release(&arena);
	sealer_free(sealer);
	return err;
}

static enum err open_rpc(struct twin *t)
{
	struct rpc_options o = { .store = t->store,
		.keyring = t->keys,
		.log = t->log,
		.clock = &t->clock,
		.random = &t->random,
		.host = { host_send, host_nothing, host_nothing, host_admit,
		    host_post },
		.password_cost = { 64, 1 },
		.session_ms = 100 * HOUR_MS,
		.idle_ms = 100 * HOUR_MS,
		.token_ms = 366 * 24 * HOUR_MS,
		.hashers = 1,
		.workers = 1,
		.rules_hour = 24,
		.data_dir = t->dir };
	enum err err = rpc_open(&o, &t->rpc);

	return err ? err : station_new(t->rpc, t, &t->station);
}

static struct session *new_seat(struct twin *t)
{
	return session_new(t->station, t, "127.0.0.1:5348", NULL);
}

/* His account has no password: nobody can log in as him. */
static enum err seat_maker(struct twin *t)
{
	struct desk *d = &t->station->desk;
	const struct account *maker;
	enum err err = desk_refresh(d);

	if (err)
		return err;
	maker = directory_account(d->directory, bytes_text("maker"));
	if (!maker)
		return ERR_INTERNAL;
	t->seats[SEAT_MAKER]->identity =
	    (struct identity){ .account = maker->id,
		    .stamp = maker->stamp,
		    .used_ms = t->now_ms,
		    .until_ms = INT64_MAX };
	station_rest(t->station);
	return ERR_OK;
}

enum err twin_reseat(struct twin *t)
{
	session_end(t->seats[SEAT_MAKER]);
	t->seats[SEAT_MAKER] = new_seat(t);
	return seat_maker(t);
}

enum err twin_open(const char *dir, struct bytes document,
    const char *first_role, uint64_t seed, struct twin **out)
{
	struct twin *t = must_alloc(sizeof *t);
	enum err err;

	*t = (struct twin){ .seed = seed };
	snprintf(t->dir, sizeof t->dir, "%s", dir);
	t->clock = (struct clock){ now, t };
	t->random = (struct random){ fill, t };
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->arrived, NULL);
	buf_init(&t->answer, REQUEST_REPLY + 4096);
	twin_step(t, 0);
	err = open_keys(t);
	if (!err)
		err = open_store(t);
	if (!err)
		err = commit_first(t, document, first_role);
	if (!err)
		err = open_rpc(t);
	for (unsigned i = 0; !err && i < SEATS; i++)
		t->seats[i] = new_seat(t);
	if (!err)
		err = seat_maker(t);
	*out = t;
	if (err)
		twin_close(t);
	return err;
}

static void close_rpc(struct twin *t)
{
	for (unsigned i = 0; i < SEATS; i++)
		if (t->seats[i])
			session_end(t->seats[i]);
	if (t->station)
		station_stop(t->station);
	rpc_stop(t->rpc);
}

void twin_close(struct twin *t)
{
	if (!t)
		return;
	if (t->rpc)
		close_rpc(t);
	if (t->scribe)
		snapshot_close(t->scribe);
	store_close(t->store);
	rpc_free(t->rpc);
	auditlog_close(t->log);
	keyring_close(t->keys);
	buf_release(&t->answer);
	pthread_cond_destroy(&t->arrived);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

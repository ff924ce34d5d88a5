// SPDX-License-Identifier: MIT
/*
 * What lives as long as the process or a loop: desks, stations, the whole.
 *
 * Opened in the order of what needs what, stopped in the other: crews first,
 * which finish what they took, then snapshots, so that the store may close.
 * The life of a request is station.c's.
 */
#include "server/access/uses.h"
#include "server/rpc/inside.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/secret.h"
#include "server/access/throttle.h"
#include "server/access/tries.h"
#include "server/book/credit.h"
#include "server/rpc/chore.h"

#define HASH_QUEUE 64
#define WORK_QUEUE 256
#define HASH_NICE  10
#define WORK_NICE  5

/* --- stations ------------------------------------------------------------*/

enum err desk_open(
    const struct rpc_options *o, struct series *series, struct desk *out)
{
	enum err err;

	*out = (struct desk){ .store = o->store,
		.series = series,
		.clock = o->clock,
		.random = o->random,
		.guard = credit_guard,
		.sealer = sealer_new(o->keyring, o->random),
		.directory = directory_new(),
		.tokens = tokens_new(),
		.may_wait = true };
	keyring_store_id(o->keyring, out->store_id);
	err = snapshot_open(o->store, &out->snapshot);
	/* Whoever waits for his first work must hold no old pages. */
	if (!err)
		snapshot_rest(out->snapshot);
	return err;
}

void desk_close(struct desk *d)
{
	tokens_free(d->tokens);
	directory_free(d->directory);
	sealer_free(d->sealer);
	snapshot_close(d->snapshot);
}

enum err station_new(struct rpc *r, void *loop, struct station **out)
{
	struct station *s = must_alloc(sizeof *s);
	enum err err;

	*s = (struct station){ .rpc = r, .loop = loop, .tally = tally_new() };
	buf_init(&s->reply, REQUEST_REPLY + 4096);
	err = desk_open(&r->options, r->series, &s->desk);
	s->desk.may_wait = false;
	pthread_mutex_lock(&r->lock);
	s->next = r->stations;
	r->stations = s;
	pthread_mutex_unlock(&r->lock);
	*out = s;
	return err;
}

static void flush(struct station *s, bool all)
{
	enum err err = tally_flush(
	    s->tally, s->rpc->options.store, clock_now_ms(s->desk.clock), all);

	if (err && err != ERR_BUSY)
		log_warning("counted requests wait for the log");
}

void station_stop(struct station *s)
{
	flush(s, true);
}

static void free_list(struct request *first)
{
	while (first) {
		struct request *r = first;

		first = r->next;
		arena_release(&r->arena);
		buf_release(&r->out);
		free(r);
	}
}

static void station_free(struct station *s)
{
	free_list(s->spare);
	tally_free(s->tally);
	buf_release(&s->reply);
	free(s);
}

void station_rest(struct station *s)
{
	snapshot_rest(s->desk.snapshot);
}

void station_tick(struct station *s)
{
	flush(s, false);
	charge_tick(s);
	buf_trim(&s->reply);
	chores_tick(s->rpc->chores);
}

/* --- the whole -----------------------------------------------------------*/

static enum err open_desk(void *ctx, struct desk *desk)
{
	struct rpc *r = ctx;

	return desk_open(&r->options, r->series, desk);
}

static enum err open_pool(struct rpc *r, unsigned threads, unsigned queue,
    int niceness, struct crew **out)
{
	struct crew_options o = { .threads = threads,
		.queue = queue,
		.niceness = niceness,
		.open = open_desk,
		.close = desk_close,
		.ctx = r };

	return crew_open(&o, out);
}

/* Its secret is the book's: who failed is found again after a restart. */
static enum err open_throttle(struct rpc *r)
{
	struct digest secret;
	struct desk desk;
	enum err err = desk_open(&r->options, r->series, &desk);

	system_mac(desk.sealer, "throttle", NULL, 0, secret.of);
	r->throttle = throttle_new(secret.of);
	secret_wipe(&secret, sizeof secret);
	if (!err)
		err = snapshot_renew(desk.snapshot);
	if (!err)
		err = throttle_load(r->throttle, desk.snapshot);
	desk_close(&desk);
	return err;
}

static enum err begin_chores(struct rpc *r)
{
	struct desk desk;
	enum err err = desk_open(&r->options, r->series, &desk);

	if (!err)
		chores_begin(r->chores, &desk);
	desk_close(&desk);
	return err;
}

enum err rpc_open(const struct rpc_options *o, struct rpc **out)
{
	struct rpc *r = must_alloc(sizeof *r);
	enum err err;

	*r = (struct rpc){ .options = *o,
		.series = series_new(o->store),
		.turns = turns_new(station_call_turn),
		.quotas = quotas_new(o->store),
		.tries = tries_new(o->random),
		.presence = presence_new(),
		.uses = uses_new(),
		.started_ms = clock_now_ms(o->clock),
		.service = o->service };
	r->chores = chores_new(r);
	pthread_mutex_init(&r->lock, NULL);
	/* A clock that is behind the log was set back while nobody ran. */
	steady_init(&r->steady);
	(void)steady_ms(
	    &r->steady, auditlog_time(o->log), clock_monotonic_ns());
	err = open_throttle(r);
	if (!err)
		err = open_pool(
		    r, o->hashers, HASH_QUEUE, HASH_NICE, &r->hashers);
	if (!err)
		err = open_pool(
		    r, o->workers, WORK_QUEUE, WORK_NICE, &r->workers);
	if (!err)
		err = begin_chores(r);
	*out = r;
	return err;
}

void rpc_set_service(struct rpc *r, enum service s)
{
	atomic_store(&r->service, s);
}

void rpc_stop(struct rpc *r)
{
	crew_close(r->hashers);
	crew_close(r->workers);
	for (struct station *s = r->stations; s; s = s->next)
		desk_close(&s->desk);
	chores_finish(r->chores);
	quotas_stop(r->quotas);
	series_free(r->series);
}

void rpc_free(struct rpc *r)
{
	if (!r)
		return;
	while (r->stations) {
		struct station *s = r->stations;

		r->stations = s->next;
		station_free(s);
	}
	throttle_free(r->throttle);
	turns_free(r->turns);
	quotas_free(r->quotas);
	tries_free(r->tries);
	presence_free(r->presence);
	uses_free(r->uses);
	chores_free(r->chores);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

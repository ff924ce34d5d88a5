// SPDX-License-Identifier: MIT
/*
 * One counter a user: used <= reserved <= what a committed row says.
 *
 *   SERIES 0 'q' be64 user -> format, told, be64 day, be64 reserved a kind
 *
 * What the auditor is told travels in the same plan as the mark that he was.
 */
#include "server/access/quota.h"

#include <stdlib.h>

#include "common/log.h"
#include "server/store/reserve.h"

#define BUCKETS     256
#define BLOCK_SHARE 16 /* of the bound */
#define BLOCK_MOST  64
#define ROW_FORMAT  1
#define ROW_BYTES   (2 + 8 + 8 * QUOTA_KINDS)
#define KEY_BYTES   (2 + 8)

struct counter {
	struct reserve own; /* first, for settle() */
	struct counter *next;
	struct quotas *quotas;
	uint64_t user;
	int64_t day;
	uint64_t used[QUOTA_KINDS], reserved[QUOTA_KINDS];
	uint64_t most[QUOTA_KINDS]; /* as last asked */
	uint8_t due, told;          /* events: bits of event_bit() */
	struct {                    /* what the row under way says */
		int64_t day;
		uint64_t reserved[QUOTA_KINDS];
		uint8_t told;
	} row;
};

struct quotas {
	struct reserves rows;
	struct counter *bucket[BUCKETS];
	bool has_due;
};

struct quotas *quotas_new(struct store *s)
{
	struct quotas *q = must_alloc(sizeof *q);

	*q = (struct quotas){ .has_due = false };
	reserves_init(&q->rows, s);
	return q;
}

void quotas_free(struct quotas *q)
{
	if (!q)
		return;
	for (unsigned i = 0; i < BUCKETS; i++)
		while (q->bucket[i]) {
			struct counter *c = q->bucket[i];

			q->bucket[i] = c->next;
			reserve_release(&c->own);
			free(c);
		}
	reserves_release(&q->rows);
	free(q);
}

/* --- rows ----------------------------------------------------------------*/

static struct bytes row_key(uint64_t user, uint8_t key[static KEY_BYTES])
{
	key[0] = 0; /* no entity's number */
	key[1] = 'q';
	put_be64(key + 2, user);
	return bytes_of(key, KEY_BYTES);
}

static struct bytes row_value(
    const struct counter *c, uint8_t row[static ROW_BYTES])
{
	row[0] = ROW_FORMAT;
	row[1] = c->row.told;
	put_be64(row + 2, (uint64_t)c->row.day);
	for (unsigned k = 0; k < QUOTA_KINDS; k++)
		put_be64(row + 10 + 8 * k, c->row.reserved[k]);
	return bytes_of(row, ROW_BYTES);
}

/* What was reserved counts as used: nobody knows how much of it was. */
static enum err counter_load(struct counter *c, struct snapshot *n)
{
	uint8_t key[KEY_BYTES];
	struct row row;
	enum err err =
	    snapshot_get(n, TABLE_SERIES, row_key(c->user, key), &row);

	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	if (row.value.len != ROW_BYTES || row.value.data[0] != ROW_FORMAT)
		return ERR_CORRUPT;
	c->told = row.value.data[1];
	c->day = (int64_t)get_be64(row.value.data + 2);
	for (unsigned k = 0; k < QUOTA_KINDS; k++)
		c->used[k] = c->reserved[k] =
		    get_be64(row.value.data + 10 + 8 * k);
	return ERR_OK;
}

/* --- counters, under the lock --------------------------------------------*/

/* The row of a day that is past says nothing any more. */
static void settle(struct reserve *r)
{
	struct counter *c = (struct counter *)r;

	if (c->row.day != c->day)
		return;
	memcpy(c->reserved, c->row.reserved, sizeof c->reserved);
	c->told |= c->row.told;
}

static void turn_day(struct counter *c, int32_t today)
{
	if (today <= c->day)
		return;
	c->day = today;
	c->due = c->told = 0;
	for (unsigned k = 0; k < QUOTA_KINDS; k++)
		c->used[k] = c->reserved[k] = 0;
}

static struct counter *find_counter(const struct quotas *q, uint64_t user)
{
	struct counter *c = q->bucket[user % BUCKETS];

	while (c && c->user != user)
		c = c->next;
	return c;
}

static enum err need_counter(struct quotas *q, struct snapshot *n,
    uint64_t user, int32_t today, struct counter **out)
{
	struct counter **bucket = &q->bucket[user % BUCKETS];
	struct counter *c = find_counter(q, user);
	enum err err = ERR_OK;

	if (!c) {
		c = must_alloc(sizeof *c);
		*c = (struct counter){ .quotas = q, .user = user };
		err = counter_load(c, n);
		if (err) {
			free(c);
			return err;
		}
		reserve_init(&c->own, &q->rows, settle);
		c->next = *bucket;
		*bucket = c;
	}
	turn_day(c, today);
	*out = c;
	return ERR_OK;
}

/* --- writing -------------------------------------------------------------*/

/* The row as it stands, to be changed before submit(). */
static struct plan *begin(struct counter *c)
{
	c->row.day = c->day;
	c->row.told = c->told;
	memcpy(c->row.reserved, c->reserved, sizeof c->reserved);
	return reserve_begin(&c->own);
}

static void submit(struct counter *c, struct plan *p)
{
	uint8_t key[KEY_BYTES], row[ROW_BYTES];

	if (p)
		plan_put(
		    p, TABLE_SERIES, row_key(c->user, key), row_value(c, row));
	reserve_submit(&c->own, p);
}

static uint64_t block_of(uint64_t most)
{
	uint64_t block = most / BLOCK_SHARE;

	return !block ? 1 : block < BLOCK_MOST ? block : BLOCK_MOST;
}

/* A block more than `count`, never past the bound: small ones are exact. */
static void reserve(struct counter *c, enum quota_kind k, uint64_t count)
{
	struct plan *p = begin(c);
	uint64_t want = c->used[k] + count + block_of(c->most[k]);

	if (want > c->most[k])
		want = c->most[k];
	if (want > c->row.reserved[k])
		c->row.reserved[k] = want;
	submit(c, p);
}

static bool is_low(const struct counter *c, enum quota_kind k)
{
	return c->reserved[k] < c->most[k] &&
	       c->reserved[k] - c->used[k] < block_of(c->most[k]) / 2;
}

/* --- taking --------------------------------------------------------------*/

static uint8_t event_bit(enum quota_kind k, bool is_used_up)
{
	return (uint8_t)(1u << (2 * k + is_used_up));
}

static void note_due(struct counter *c, uint8_t bit)
{
	c->due |= bit;
	c->quotas->has_due |= (c->due & ~c->told) != 0;
}

static enum err hand_out(struct counter *c, enum quota_kind k, uint64_t count)
{
	c->used[k] += count;
	if (c->used[k] >= c->most[k])
		note_due(c, event_bit(k, true));
	else if (c->used[k] >= c->most[k] - c->most[k] / 5)
		note_due(c, event_bit(k, false));
	if (is_low(c, k) && !c->own.is_writing)
		reserve(c, k, 0);
	return ERR_OK;
}

static bool is_past(const struct counter *c, enum quota_kind k, uint64_t count)
{
	return c->used[k] > c->most[k] || count > c->most[k] - c->used[k];
}

/* Until the block holds it, there is no more, or a write failed. */
static enum err counter_take(
    struct counter *c, const struct meter *m, enum quota_kind k, uint64_t count)
{
	c->most[k] = m->most[k];
	while (!is_past(c, k, count)) {
		if (c->used[k] + count <= c->reserved[k])
			return hand_out(c, k, count);
		if (!c->own.is_writing)
			reserve(c, k, count);
		if (c->used[k] + count <= c->reserved[k])
			continue;
		if (!m->may_wait)
			return ERR_ELSEWHERE;
		reserve_wait(&c->own);
		if (c->own.outcome)
			return c->own.outcome;
	}
	note_due(c, event_bit(k, true));
	return ERR_DENIED;
}

enum err meter_take_bounded(struct meter *m, enum quota_kind k, uint64_t count)
{
	struct quotas *q = m->quotas;
	struct counter *c;
	enum err err;

	if (!count)
		return ERR_OK;
	pthread_mutex_lock(&q->rows.lock);
	err = need_counter(q, m->snapshot, m->user, m->today, &c);
	if (!err)
		err = counter_take(c, m, k, count);
	pthread_mutex_unlock(&q->rows.lock);
	if (!err)
		m->taken[k] += count;
	m->is_used_up |= err == ERR_DENIED;
	return err;
}

void meter_give_back(struct meter *m, enum quota_kind k, uint64_t count)
{
	struct quotas *q;
	struct counter *c;

	if (!m || !count)
		return;
	ASSERT(count <= m->taken[k]);
	m->taken[k] -= count;
	if (m->most[k] == QUOTA_NONE)
		return;
	q = m->quotas;
	pthread_mutex_lock(&q->rows.lock);
	c = find_counter(q, m->user);
	ASSERT(c);
	/* What was taken before midnight is gone with its day. */
	if (c->day == m->today && c->used[k] >= count)
		c->used[k] -= count;
	pthread_mutex_unlock(&q->rows.lock);
}

enum err quotas_used(struct quotas *q, struct snapshot *n, uint64_t user,
    int32_t today, uint64_t used[static QUOTA_KINDS])
{
	struct counter *c;
	enum err err;

	pthread_mutex_lock(&q->rows.lock);
	err = need_counter(q, n, user, today, &c);
	for (unsigned k = 0; !err && k < QUOTA_KINDS; k++)
		used[k] = c->used[k];
	pthread_mutex_unlock(&q->rows.lock);
	return err;
}

/* --- telling -------------------------------------------------------------*/

/* Of one kind; that it is used up says also that it was nearly so. */
static uint8_t next_event(const struct counter *c, struct quota_event *e)
{
	for (enum quota_kind k = 0; k < QUOTA_KINDS; k++) {
		uint8_t both = event_bit(k, false) | event_bit(k, true);
		uint8_t open = (uint8_t)(c->due & ~c->told & both);

		if (!open || c->told & event_bit(k, true))
			continue;
		*e = (struct quota_event){ c->user, k, c->used[k], c->most[k],
			open & event_bit(k, true) };
		return e->is_used_up ? both : open;
	}
	return 0;
}

/* True if something is left to tell. */
static bool tell_one(struct counter *c, quota_tell_fn tell, void *ctx)
{
	struct quota_event e;
	uint8_t bits = next_event(c, &e);
	struct plan *p;

	if (!bits || c->own.is_writing)
		return bits != 0;
	p = begin(c);
	if (!p || !tell(ctx, p, &e)) {
		reserve_drop(&c->own);
		return true;
	}
	c->row.told |= bits;
	submit(c, p);
	return true; /* until it is known to be written */
}

void quotas_tick(struct quotas *q, quota_tell_fn tell, void *ctx)
{
	bool had_due;

	pthread_mutex_lock(&q->rows.lock);
	had_due = q->has_due;
	q->has_due = false;
	for (unsigned i = 0; had_due && i < BUCKETS; i++)
		for (struct counter *c = q->bucket[i]; c; c = c->next)
			q->has_due |= tell_one(c, tell, ctx);
	pthread_mutex_unlock(&q->rows.lock);
}

/* --- the end -------------------------------------------------------------*/

static void give_block_back(struct counter *c)
{
	struct plan *p;

	if (!memcmp(c->used, c->reserved, sizeof c->used))
		return;
	p = begin(c);
	memcpy(c->row.reserved, c->used, sizeof c->used);
	submit(c, p);
}

void quotas_stop(struct quotas *q)
{
	pthread_mutex_lock(&q->rows.lock);
	reserves_wait(&q->rows);
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct counter *c = q->bucket[i]; c; c = c->next)
			give_block_back(c);
	reserves_wait(&q->rows);
	pthread_mutex_unlock(&q->rows.lock);
}

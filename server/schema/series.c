// SPDX-License-Identifier: MIT
/*
 * Counters in memory over reserved blocks.
 *
 * A counter may give [next, end).  The store's row holds the last number
 * reserved, so a new block begins where the last one ends and a refill only
 * moves `end`; after a restart the counter goes on behind what was reserved.
 */
#include "server/schema/series.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/date.h"
#include "common/log.h"
#include "server/store/reserve.h"

#define BLOCK_LEAST 64
#define BLOCK_MOST  4096
#define COUNTERS    256 /* buckets */
#define SCOPE_MOST  (STORE_KEY - 1)

struct counter {
	struct reserve row; /* first, for settle() */
	struct counter *next_in_bucket;
	uint8_t key[STORE_KEY]; /* entity, scope */
	size_t key_len;
	uint64_t next, end;
	uint64_t reserving; /* the new end, while a refill is under way */
	uint64_t block;
};

struct series {
	struct reserves rows;
	struct counter *bucket[COUNTERS];
};

struct series *series_new(struct store *s)
{
	struct series *series = must_alloc(sizeof *series);

	*series = (struct series){ .bucket = { NULL } };
	reserves_init(&series->rows, s);
	return series;
}

static void counter_free(struct counter *c)
{
	reserve_release(&c->row);
	free(c);
}

void series_free(struct series *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->rows.lock);
	reserves_wait(&s->rows);
	pthread_mutex_unlock(&s->rows.lock);
	for (unsigned i = 0; i < COUNTERS; i++)
		while (s->bucket[i]) {
			struct counter *c = s->bucket[i];

			s->bucket[i] = c->next_in_bucket;
			counter_free(c);
		}
	reserves_release(&s->rows);
	free(s);
}

/* --- counters, under the lock --------------------------------------------*/

static unsigned bucket_of(struct bytes key)
{
	uint32_t h = 2166136261U;
	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.data[i]) * 16777619U;
	return h % COUNTERS;
}

/* The last number that was ever reserved; 0 for a new counter. */
static enum err read_reserved(
    struct series *s, struct bytes key, uint64_t *reserved)
{
	struct snapshot *n;
	struct row row;
	enum err e = snapshot_open(s->rows.store, &n);

	*reserved = 0;
	if (e != ERR_OK)
		return e;
	e = snapshot_get(n, TABLE_SERIES, key, &row);
	if (e == ERR_OK && row.value.len == 8)
		*reserved = get_be64(row.value.data);
	else if (e == ERR_OK)
		e = ERR_CORRUPT;
	snapshot_close(n);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static void settle(struct reserve *r)
{
	struct counter *c = (struct counter *)r;

	c->end = c->reserving;
	if (c->block < BLOCK_MOST)
		c->block *= 2;
}

static enum err counter_new(
    struct series *s, struct bytes key, struct counter **out)
{
	uint64_t reserved;
	enum err e = read_reserved(s, key, &reserved);
	unsigned bucket = bucket_of(key);
	struct counter *c;

	if (e != ERR_OK)
		return e;
	c = must_alloc(sizeof *c);
	*c = (struct counter){ .next_in_bucket = s->bucket[bucket],
		.key_len = key.len,
		.next = reserved + 1,
		.end = reserved + 1,
		.block = BLOCK_LEAST };
	memcpy(c->key, key.data, key.len);
	reserve_init(&c->row, &s->rows, settle);
	s->bucket[bucket] = c;
	*out = c;
	return ERR_OK;
}

static enum err need_counter(
    struct series *s, uint8_t entity, struct bytes scope, struct counter **out)
{
	uint8_t at[STORE_KEY];
	struct bytes key;

	if (scope.len > SCOPE_MOST)
		return ERR_TOO_LARGE;
	at[0] = entity;
	if (scope.len)
		memcpy(at + 1, scope.data, scope.len);
	key = bytes_of(at, scope.len + 1);
	for (struct counter *c = s->bucket[bucket_of(key)]; c;
	     c = c->next_in_bucket)
		if (bytes_equal(key, bytes_of(c->key, c->key_len))) {
			*out = c;
			return ERR_OK;
		}
	return counter_new(s, key, out);
}

/* --- refills -------------------------------------------------------------*/

static void refill(struct counter *c)
{
	struct plan *p = reserve_begin(&c->row);
	uint8_t last[8];

	c->reserving = c->end + c->block;
	put_be64(last, c->reserving - 1);
	if (p)
		plan_put(p, TABLE_SERIES, bytes_of(c->key, c->key_len),
		    bytes_of(last, sizeof last));
	reserve_submit(&c->row, p);
}

static bool is_low(const struct counter *c)
{
	return c->end - c->next < c->block / 2;
}

/* Until there is a number, or a refill failed. */
static enum err wait_for_number(struct counter *c)
{
	while (c->next == c->end) {
		if (!c->row.is_writing)
			refill(c);
		reserve_wait(&c->row);
		if (c->next == c->end && c->row.outcome != ERR_OK)
			return c->row.outcome;
	}
	return ERR_OK;
}

static enum err next_number(struct counter *c, bool may_wait, uint64_t *number)
{
	enum err e;

	if (c->next == c->end && !may_wait) {
		if (!c->row.is_writing)
			refill(c);
		if (c->next == c->end)
			return ERR_ELSEWHERE;
	}
	e = wait_for_number(c);
	if (e != ERR_OK)
		return e;
	*number = c->next++;
	if (is_low(c) && !c->row.is_writing)
		refill(c);
	return ERR_OK;
}

enum err series_next(struct series *s, uint8_t entity, struct bytes scope,
    bool may_wait, uint64_t *number)
{
	struct counter *c;
	enum err e;

	*number = 0;
	pthread_mutex_lock(&s->rows.lock);
	e = need_counter(s, entity, scope, &c);
	if (e == ERR_OK)
		e = next_number(c, may_wait, number);
	pthread_mutex_unlock(&s->rows.lock);
	return e;
}

void series_return(
    struct series *s, uint8_t entity, struct bytes scope, uint64_t number)
{
	struct counter *c;

	pthread_mutex_lock(&s->rows.lock);
	if (need_counter(s, entity, scope, &c) == ERR_OK &&
	    c->next == number + 1)
		c->next = number;
	pthread_mutex_unlock(&s->rows.lock);
}

/* --- patterns ------------------------------------------------------------*/

#define PATTERN_BRANCH "{branch}"
#define PATTERN_YEAR   "{yyyy}"

struct bytes series_format(const struct entity *e, struct bytes branch_code,
    int32_t day, uint64_t number, struct arena *a)
{
	struct bytes rest = bytes_text(e->series);
	struct buf text;
	char digits[24];
	int year, month, mday;

	date_split(day, &year, &month, &mday);
	buf_init(&text, 1024);
	while (rest.len) {
		size_t step = 1;
		if (bytes_starts(rest, bytes_text(PATTERN_BRANCH))) {
			buf_append_bytes(&text, branch_code);
			step = strlen(PATTERN_BRANCH);
		} else if (bytes_starts(rest, bytes_text(PATTERN_YEAR))) {
			snprintf(digits, sizeof digits, "%04d", year);
			buf_append_text(&text, digits);
			step = strlen(PATTERN_YEAR);
		} else {
			buf_append_byte(&text, *rest.data);
		}
		rest = bytes_of(rest.data + step, rest.len - step);
	}
	snprintf(digits, sizeof digits, "%0*llu", (int)e->series_digits,
	    (unsigned long long)number);
	buf_append_text(&text, digits);
	return buf_move(&text, a);
}

struct bytes series_scope(const struct entity *e, struct bytes branch_code,
    int32_t day, struct arena *a)
{
	bool by_branch = strstr(e->series, PATTERN_BRANCH) != NULL;
	bool by_year = strstr(e->series, PATTERN_YEAR) != NULL;
	char digits[24] = "";
	int year, month, mday;
	char *text;

	date_split(day, &year, &month, &mday);
	if (by_year)
		snprintf(digits, sizeof digits, "%04d", year);
	text = arena_format(a, "%.*s/%s", by_branch ? (int)branch_code.len : 0,
	    branch_code.len ? (const char *)branch_code.data : "", digits);
	return text ? bytes_text(text) : BYTES_NONE;
}

// SPDX-License-Identifier: MIT
/*
 * Building plans: copies into the arena, with a sticky first error.
 *
 * A step that breaks a rule of the store (key or value too long, a value
 * where the table has none) makes the plan fail as a whole: store_submit()
 * refuses it.
 */
#include "server/store/plan.h"
#include "common/log.h"
#include "server/store/engine.h"

#define PAGE           4096
#define PLAN_COST      2 /* its share of roots and of the log's pages */
#define POSITION_BYTES 8

struct plan *plan_new(struct arena *a)
{
	struct plan *p = arena_alloc(a, sizeof(*p));
	if (!p)
		return NULL;
	p->arena = a;
	p->cost = PLAN_COST;
	p->expects_end = &p->expects;
	p->writes_end = &p->writes;
	return p;
}

enum err plan_error(const struct plan *p)
{
	return p->err;
}

bool plan_is_empty(const struct plan *p)
{
	return !p->writes;
}

size_t plan_bytes(const struct plan *p)
{
	return p->bytes;
}

struct bytes plan_draft_of(const struct plan *p)
{
	return p->draft;
}

uint64_t plan_position(const struct plan *p)
{
	return p->position;
}

static void fail(struct plan *p, enum err e)
{
	if (p->err == ERR_OK)
		p->err = e;
}

static bool copy(struct plan *p, struct bytes from, struct bytes *to)
{
	*to = BYTES_NONE;
	if (from.len == 0)
		return true;
	*to = arena_copy(p->arena, from);
	p->bytes += from.len;
	if (!to->data)
		fail(p, ERR_TOO_LARGE);
	return to->data != NULL;
}

/* A step with its key, `room` bytes left before it; NULL after an error. */
static struct step *new_step(struct plan *p, enum step_kind kind, enum table t,
    struct bytes key, size_t room)
{
	size_t len = room + key.len;
	if (p->err != ERR_OK)
		return NULL;
	ASSERT(t >= 0 && t < TABLE_COUNT);
	if (len == 0 || len > STORE_KEY) {
		fail(p, len == 0 ? ERR_INVALID : ERR_TOO_LARGE);
		return NULL;
	}
	struct step *s = arena_alloc(p->arena, sizeof(*s) + len);
	if (!s) {
		fail(p, ERR_TOO_LARGE);
		return NULL;
	}
	s->kind = kind;
	s->table = t;
	s->key = (uint8_t *)(s + 1);
	s->key_len = len;
	memset(s->key, 0xff, room);
	if (key.len > 0)
		memcpy(s->key + room, key.data, key.len);
	p->bytes += sizeof(*s) + len;
	return s;
}

static void add_write(struct plan *p, struct step *s)
{
	*p->writes_end = s;
	p->writes_end = &s->next;
	p->cost += table_grows(s->table) ? 0 : 1;
	p->cost += (unsigned)(s->value.len / PAGE);
}

void plan_expect(struct plan *p, enum table t, struct bytes key, enum expect e,
    uint64_t version)
{
	struct step *s = new_step(p, STEP_EXPECT, t, key, 0);
	if (!s)
		return;
	if (e == EXPECT_VERSION && !table_has_versions(t)) {
		fail(p, ERR_INVALID);
		return;
	}
	s->expect = e;
	s->version = version;
	*p->expects_end = s;
	p->expects_end = &s->next;
}

static void put(struct plan *p, enum step_kind kind, enum table t,
    struct bytes key, struct bytes value)
{
	size_t room = kind == STEP_PUT_AT ? POSITION_BYTES : 0;
	struct step *s = new_step(p, kind, t, key, room);
	if (!s)
		return;
	if (value.len > 0 && !table_has_values(t)) {
		fail(p, ERR_INVALID);
		return;
	}
	if (value.len > STORE_VALUE) {
		fail(p, ERR_TOO_LARGE);
		return;
	}
	if (copy(p, value, &s->value))
		add_write(p, s);
}

void plan_put(
    struct plan *p, enum table t, struct bytes key, struct bytes value)
{
	put(p, STEP_PUT, t, key, value);
}

void plan_put_at(
    struct plan *p, enum table t, struct bytes suffix, struct bytes value)
{
	p->needs_position = true;
	put(p, STEP_PUT_AT, t, suffix, value);
}

void plan_del(struct plan *p, enum table t, struct bytes key)
{
	struct step *s = new_step(p, STEP_DEL, t, key, 0);
	if (s)
		add_write(p, s);
}

void plan_draft(struct plan *p, struct bytes draft)
{
	if (p->err == ERR_OK && copy(p, draft, &p->draft))
		p->has_draft = true;
}

/* --- order ---------------------------------------------------------------*/

static int compare(const struct step *a, const struct step *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	return bytes_compare(
	    bytes_of(a->key, a->key_len), bytes_of(b->key, b->key_len));
}

/* Equal ones stay in the order of `a` before `b`. */
static struct step *merge(struct step *a, struct step *b)
{
	struct step *first = NULL;
	struct step **end = &first;
	while (a && b) {
		struct step **from = compare(a, b) <= 0 ? &a : &b;
		*end = *from;
		end = &(*end)->next;
		*from = *end;
	}
	*end = a ? a : b;
	return first;
}

void plan_sort_writes(struct plan *p)
{
	struct step *runs[32] = { NULL }; /* 2^i steps each, or none */
	struct step *next = p->writes;
	while (next) {
		struct step *one = next;
		next = one->next;
		one->next = NULL;
		size_t i = 0;
		for (; runs[i]; i++) {
			one = merge(runs[i], one);
			runs[i] = NULL;
		}
		runs[i] = one;
	}
	struct step *all = NULL;
	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++)
		all = merge(runs[i], all);
	p->writes = all;
}

// SPDX-License-Identifier: MIT
/*
 * Claiming.  See pool.h.
 */
#include "server/book/pool.h"

#include <stdio.h>

#include "common/date.h"
#include "server/data/alias.h"
#include "server/data/history.h"
#include "server/data/path.h"

#define STEPS_ON_LOOP 200
#define WORDS         240
#define ROW_FORMAT    1
#define ROW_BYTES     (1 + 8 + 4)
#define KEY_BYTES     (2 + 8)

/* --- the claimant --------------------------------------------------------*/

static struct bytes row_key_of(uint64_t user, uint8_t key[static KEY_BYTES])
{
	key[0] = 0; /* no entity's number */
	key[1] = 'c';
	put_be64(key + 2, user);
	return bytes_of(key, KEY_BYTES);
}

static bool has_role(const struct caller *who, const char *role)
{
	size_t len = strlen(role);
	const char *at = who->bound_by;

	for (; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == len && !memcmp(at, role, len))
			return true;
		at += word;
	}
	return false;
}

static bool is_for(const struct pool_limit *l, const struct caller *who)
{
	for (unsigned i = 0; i < l->role_count; i++)
		if (has_role(who, l->roles[i]))
			return true;
	return !l->role_count;
}

static const struct pool_limit *limit_of(
    const struct book_pool *p, const struct caller *who)
{
	static const struct pool_limit none = {
		.key = "", .a_day = POOL_NONE, .owned = POOL_NONE
	};

	if (!p || !p->limit_count)
		return &none;
	for (unsigned i = 0; i < p->limit_count; i++)
		if (is_for(&p->limits[i], who))
			return &p->limits[i];
	return NULL;
}

/* The clock never turns the day back. */
static enum err read_row(struct desk *d, struct claimant *c)
{
	uint8_t key[KEY_BYTES];
	struct row row;
	int32_t day;
	enum err err = snapshot_get(
	    d->snapshot, TABLE_SERIES, row_key_of(c->who->user, key), &row);

	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	if (row.value.len != ROW_BYTES || row.value.data[0] != ROW_FORMAT)
		return ERR_CORRUPT;
	c->has_row = true;
	c->position = row.version;
	day = (int32_t)get_be64(row.value.data + 1);
	if (day >= c->day) {
		c->day = day;
		c->today = get_be32(row.value.data + 9);
	}
	return ERR_OK;
}

/* By the plain heads of those that the owner's index names; no more are
 * counted than the bound asks for.  Who is archived is owned still: else one
 * would put some away, claim others, and bring them back. */
static enum err count_owned(
    struct desk *d, const struct entity *e, struct arena *a, struct claimant *c)
{
	const struct query own = { .entity = e, .range = RELATION_OWN };
	struct candidate candidate = { .id = 0 };
	struct path path;
	enum err err = path_open(d, c->who, &own, &candidate, a, &path);

	if (err)
		return err;
	while (!err && c->owned < c->limit->owned &&
	       path_next(&path, &candidate)) {
		struct record r;

		err = record_peek(d, e, candidate.id, &r);
		if (!err && r.header.owner == c->who->user &&
		    !(r.header.flags & (ROW_ALIAS | ROW_WITHDRAWN)))
			c->owned++;
	}
	if (!err)
		err = path.err;
	path_close(&path);
	return err;
}

enum err pool_claimant(struct desk *d, const struct caller *who,
    const struct book_rules *b, struct arena *a, struct claimant *out)
{
	enum err err;

	*out = (struct claimant){ .who = who,
		.limit = limit_of(b->pool, who),
		.day = desk_today(d) };
	err = read_row(d, out);
	if (!err && out->limit && out->limit->owned != POOL_NONE)
		err = count_owned(d, b->of, a, out);
	return err;
}

/* --- judging -------------------------------------------------------------*/

/* When this record was last the claimant's, if that is not too long ago. */
static enum err find_own_loss(struct desk *d, const struct claimant *c,
    struct record *r, int32_t *lost_day)
{
	const struct field *owner = r->entity->owner_field;
	int64_t since_ms = desk_day_begins(d, c->day - c->limit->again + 1);
	struct history_rooms rooms;
	struct history_walk walk;
	enum err err;

	*lost_day = -1;
	if (r->header.version > STEPS_ON_LOOP && !d->may_wait)
		return ERR_ELSEWHERE;
	history_rooms_init(&rooms);
	err = history_begin_long(&walk, d, r, &rooms);
	while (!err && *lost_day < 0) {
		err = history_next(&walk);
		if (err || walk.step.at_ms < since_ms)
			break;
		for (unsigned i = 0; i < walk.step.change_count; i++) {
			const struct history_change *s = &walk.step.changes[i];

			if (s->field == owner &&
			    value_ref(s->old) == c->who->user)
				*lost_day = desk_day(d, walk.step.at_ms);
		}
	}
	history_rooms_release(&rooms);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* The last of him and of all that were merged into him. */
static enum err find_loss(struct desk *d, const struct claimant *c,
    struct record *r, int32_t *lost_day)
{
	struct alias_set set;
	enum err err;

	*lost_day = -1;
	if (!c->limit->again)
		return ERR_OK;
	err = alias_set(d, r->entity, r->id, r->arena, &set);
	for (size_t i = 0; !err && i < set.count; i++) {
		struct record *one = r;
		int32_t day;

		if (set.ids[i] != r->id)
			err = record_load(
			    d, r->arena, r->entity, set.ids[i], &one);
		if (!err)
			err = record_open(d, one);
		if (!err)
			err = find_own_loss(d, c, one, &day);
		if (!err && day > *lost_day)
			*lost_day = day;
	}
	return err;
}

static bool has_claimed_enough(const struct claimant *c)
{
	return c->limit->a_day != POOL_NONE && c->today >= c->limit->a_day;
}

static bool owns_enough(const struct claimant *c)
{
	return c->limit->owned != POOL_NONE && c->owned >= c->limit->owned;
}

/* --- refusing ------------------------------------------------------------*/

struct words {
	char en[WORDS], zh[WORDS];
};

static void say_day(const struct claimant *c, struct words *w)
{
	char from[DATE_TEXT];

	date_format(c->day + 1, from);
	snprintf(w->en, WORDS,
	    "%u claimed today, and no more are allowed on one day; again from "
	    "%s (rule %s)",
	    c->today, from, c->limit->key);
	snprintf(w->zh, WORDS,
	    "今天已领取 %u 个, 达到每日上限; %s 起可再领取 (规则 %s)", c->today,
	    from, c->limit->key);
}

static void say_owned(const struct claimant *c, struct words *w)
{
	snprintf(w->en, WORDS,
	    "%u customers are the most that one may own; give one up first "
	    "(rule %s)",
	    c->limit->owned, c->limit->key);
	snprintf(w->zh, WORDS, "每人最多拥有 %u 个客户; 请先释放一个 (规则 %s)",
	    c->limit->owned, c->limit->key);
}

static void say_again(
    const struct claimant *c, int32_t lost_day, struct words *w)
{
	char lost[DATE_TEXT], from[DATE_TEXT];

	date_format(lost_day, lost);
	date_format(lost_day + c->limit->again, from);
	snprintf(w->en, WORDS,
	    "this customer was yours until %s; again from %s (rule %s)", lost,
	    from, c->limit->key);
	snprintf(w->zh, WORDS,
	    "该客户 %s 之前归您所有; %s 起可再领取 (规则 %s)", lost, from,
	    c->limit->key);
}

/* --- the verdict ---------------------------------------------------------*/

static enum err judge(struct desk *d, const struct claimant *c,
    struct record *customer, struct words *w, const char **rule)
{
	int32_t lost_day;
	enum err err;

	if (has_claimed_enough(c)) {
		*rule = "pool_day";
		say_day(c, w);
		return ERR_OK;
	}
	if (owns_enough(c)) {
		*rule = "pool_owned";
		say_owned(c, w);
		return ERR_OK;
	}
	err = find_loss(d, c, customer, &lost_day);
	if (err || lost_day < 0)
		return err;
	*rule = "pool_again";
	say_again(c, lost_day, w);
	return ERR_OK;
}

enum err pool_judge(struct desk *d, const struct claimant *c,
    struct record *customer, struct findings *found, const char **rule)
{
	struct words w = { "none of the pool's limits is for you",
		"没有适用于您的公海领取规则" };
	enum err err = ERR_OK;

	*rule = NULL;
	if (c->limit)
		err = judge(d, c, customer, &w, rule);
	else
		*rule = "pool_limit";
	if (!err && *rule)
		findings_add_worded(
		    found, FINDING_ERROR, "", *rule, w.en, w.zh);
	return err;
}

/* --- counting ------------------------------------------------------------*/

void pool_count(const struct claimant *c, struct plan *p)
{
	uint8_t room[KEY_BYTES], row[ROW_BYTES] = { ROW_FORMAT };
	struct bytes key = row_key_of(c->who->user, room);

	plan_expect(p, TABLE_SERIES, key,
	    c->has_row ? EXPECT_VERSION : EXPECT_ABSENT, c->position);
	put_be64(row + 1, (uint64_t)c->day);
	put_be32(row + 9, c->today + 1);
	plan_put(p, TABLE_SERIES, key, bytes_of(row, sizeof row));
}

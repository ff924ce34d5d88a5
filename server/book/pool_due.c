// SPDX-License-Identifier: MIT
/*
 * Who is about to fall back into the pool.  See pool.h.
 */
#include "common/date.h"
#include "common/pack.h"
#include "server/book/pool.h"
#include "server/book/rules.h"
#include "server/data/path.h"

#define LOOK_ON_LOOP 300
#define LOOK_MOST    20000
#define LOOK_BLOCK   (64 * 1024) /* of what is opened for a row */
#define LOOK_CAP     (4 * 1024 * 1024)

struct telling {
	struct pool_due *due;
	uint64_t owner;
	const struct view_entity *entity;
	struct facts facts;
	struct arena scratch; /* of one row */
	uint32_t count;
	bool more;
};

/* --- may he know ---------------------------------------------------------*/

/* No value is shown, but the day is made of it. */
static bool sees(void *ctx, const struct field *f)
{
	const struct pool_seeing *s = ctx;
	const struct view_entity *ve = view_entity_of(s->who->view, f->entity);
	struct grant g;

	return ve &&
	       view_grant(ve, s->record->relations,
		   record_is_variant(s->record), f, USE_PROJECT, &g) &&
	       (g.bits & MAY_SEE || f->mask == MASK_SHOWN);
}

bool pool_may_tell(const struct book_rules *b, const struct pool_seeing *s)
{
	return sees((void *)(uintptr_t)s, b->of->owner_field) &&
	       pool_each_input(b, sees, (void *)(uintptr_t)s);
}

/* --- one customer --------------------------------------------------------*/

static void pack_day(struct buf *out, const char *key, int32_t day)
{
	char text[DATE_TEXT];

	date_format(day, text);
	pack_key_cstr(out, key, text);
}

/* His name as the caller may see it in clear, else nil. */
static void pack_name(const struct telling *t, const struct record *r)
{
	const struct pool_seeing s = { t->due->who, r };
	const struct field *f = r->entity->title_field;

	pack_cstr(t->due->out, "name");
	if (f && !f->sealed && sees((void *)(uintptr_t)&s, f))
		pack_raw(t->due->out, record_plain(r, f));
	else
		pack_nil(t->due->out);
}

static void pack_customer(
    struct telling *t, const struct record *r, const struct pool_fate *fate)
{
	struct buf *out = t->due->out;
	char id[ID_TEXT];

	id_format(r->id, id);
	pack_map(out, 8);
	pack_key_cstr(out, "id", id);
	pack_key_text(out, "number", record_number(r));
	pack_name(t, r);
	pack_day(out, "last", fate->last);
	pack_day(out, "day", fate->day);
	pack_key_cstr(out, "rule", fate->rule->key);
	pack_key_cstr(out, "zh", fate->rule->label.zh);
	pack_key_cstr(out, "en", fate->rule->label.en);
	t->count++;
}

static enum err look(struct telling *t, uint64_t id)
{
	const struct pool_due *d = t->due;
	struct pool_seeing s = { .who = d->who };
	struct pool_fate fate;
	unsigned relations;
	struct record *r;
	enum err err = record_load(d->desk, &t->scratch, d->rules->of, id, &r);

	if (!err)
		err = record_relations(d->desk, d->who, r, &relations);
	if (err || r->header.owner != t->owner ||
	    r->header.flags & RULES_PASS_OVER ||
	    !(relations & view_range(t->entity)))
		return err;
	s.record = r;
	err = record_open(d->desk, r);
	if (err || !pool_may_tell(d->rules, &s))
		return err;
	facts_turn(&t->facts, r, &t->scratch);
	err = record_united(d->desk, r, &t->facts.ledger);
	if (err)
		return err;
	pool_foresee(&t->facts, &fate);
	if (fate.rule && t->facts.today >= fate.day - fate.rule->warn)
		pack_customer(t, r, &fate);
	return ERR_OK;
}

/* --- all of one owner's --------------------------------------------------*/

static struct bytes is_owner(const struct pool_due *d)
{
	struct buf out;

	buf_init(&out, 1024);
	pack_array(&out, 3);
	pack_cstr(&out, "=");
	pack_cstr(&out, d->rules->of->owner_field->key);
	pack_text(&out, d->owner);
	return buf_move(&out, d->arena);
}

/* Of one who owns more than can be looked at in a moment, the first. */
static enum err look_at_all(struct telling *t, const struct query *q)
{
	struct desk *d = t->due->desk;
	struct candidate c = { .id = 0 };
	unsigned looked_at = 0;
	struct path path;
	enum err err = path_open(d, t->due->who, q, &c, t->due->arena, &path);

	if (err)
		return err;
	while (!err && !t->more && path_next(&path, &c)) {
		if (++looked_at > LOOK_ON_LOOP && !d->may_wait)
			err = ERR_ELSEWHERE;
		else if (looked_at > LOOK_MOST)
			t->more = true;
		arena_reset(&t->scratch);
		if (!err && !t->more)
			err = look(t, c.id);
	}
	if (!err)
		err = path.err;
	path_close(&path);
	return err;
}

/* To filter by the owner is what the caller must be granted. */
static enum err resolve(struct pool_due *d, struct query **q)
{
	const struct query_ask ask = { .entity = view_entity_of(
					   d->who->view, d->rules->of),
		.where = is_owner(d),
		.limit = QUERY_LIMIT };
	enum err err;

	*q = arena_alloc(d->arena, sizeof **q);
	if (!*q || !ask.where.data)
		return ERR_TOO_LARGE;
	err = query_resolve(d->desk, d->who, &ask, d->arena, d->found, *q);
	d->bad_field = (*q)->bad_field;
	return err;
}

static enum err tell(struct telling *t)
{
	struct pool_due *d = t->due;
	struct query *q;
	size_t mark;
	enum err err = resolve(d, &q);

	if (err)
		return err;
	t->owner = value_ref(q->where->value);
	pack_map(d->out, 2);
	pack_cstr(d->out, "rows");
	mark = pack_array_open(d->out);
	if (pool_has_returns(d->rules))
		err = look_at_all(t, q);
	pack_array_close(d->out, mark, t->count);
	pack_key_bool(d->out, "more", t->more);
	return err ? err : d->out->err;
}

/* Without rules nobody falls back. */
static enum err tell_of_none(struct pool_due *d)
{
	pack_map(d->out, 2);
	pack_cstr(d->out, "rows");
	pack_array(d->out, 0);
	pack_key_bool(d->out, "more", false);
	return d->out->err;
}

enum err pool_tell(struct pool_due *d)
{
	struct telling t = { .due = d, .facts = { .rules = d->rules } };
	enum err err;

	if (!d->rules)
		return tell_of_none(d);
	t.entity = view_entity_of(d->who->view, d->rules->of);
	t.facts.today = desk_today(d->desk);
	arena_init(&t.scratch, LOOK_BLOCK, LOOK_CAP);
	err = tell(&t);
	arena_release(&t.scratch);
	return err;
}

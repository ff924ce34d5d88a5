// SPDX-License-Identifier: MIT
/*
 * Who would move, as far as the caller may know.  See rule_moves.h.
 */
#include "common/pack.h"
#include "server/book/need.h"
#include "server/book/pool.h"
#include "server/book/rule_moves.h"
#include "server/book/walk.h"

#define KINDS_MOST 400 /* of moves: field, from, to */

struct kind { /* of move */
	const struct field *field;
	const char *rule; /* of a list's item that goes: which had set it */
	struct bytes was, is;
	unsigned count;
};

struct simulation {
	struct report_run *run;
	struct facts facts;
	struct cuts cuts;
	struct kind *kinds;
	unsigned kind_count, customers, moved;
	struct buf rows;
	uint32_t row_count;
};

/* --- may he --------------------------------------------------------------*/

struct needing {
	struct report_run *run;
	enum err err;
};

static bool need_input(void *ctx, const struct field *f)
{
	struct needing *n = ctx;

	n->err = need_rows(n->run, f->entity);
	if (!n->err)
		n->err = f->decides ? need_weighed(n->run, f)
				    : need_field(n->run, f, USE_AGGREGATE);
	return !n->err;
}

static enum err check_rights(struct simulation *s)
{
	const struct book_rules *b = s->facts.rules;
	struct needing n = { s->run, ERR_OK };
	const struct entity *customer;
	enum err err = need_customers(s->run, &customer);

	for (unsigned i = 0; !err && i < b->count; i++) {
		const struct book_rule *r = &b->list[i];

		if (r->is_off)
			continue;
		err = need_field(s->run, r->target, USE_GROUP);
		if (!err && !book_each_input(b, r->when, need_input, &n))
			err = n.err;
	}
	if (!err && pool_has_returns(b))
		err = need_field(s->run, b->of->owner_field, USE_GROUP);
	if (!err && !pool_each_input(b, need_input, &n))
		err = n.err;
	if (err || !rules_are_whole(b))
		return err;
	/* Where a class begins tells of everybody. */
	if (s->run->range & RELATION_ALL && !s->run->only)
		return ERR_OK;
	s->run->bad_field = bytes_text("scope");
	return ERR_DENIED;
}

/* --- the walk ------------------------------------------------------------*/

/* Of a list the item, which comes or goes. */
static struct kind kind_of(
    const struct simulation *s, unsigned at, const struct outcome *o)
{
	const struct book_rule *first = &s->facts.rules->list[at];
	const struct field *f = first->target;
	struct kind k = { .field = f,
		.rule = o->rule ? o->rule->key : first->key,
		.is = o->rule ? o->rule->value : BYTES_NONE };

	if (f->type != TYPE_LIST)
		k.was = s->facts.record->cells[f->slot].value;
	else if (!o->rule)
		k.was = first->value;
	return k;
}

/* Whose he was is not said: nobody is. */
static struct kind kind_of_return(
    const struct simulation *s, const struct pool_fate *fate)
{
	return (struct kind){ .field = s->facts.rules->of->owner_field,
		.rule = fate->rule->key };
}

static bool is_same(const struct kind *a, const struct kind *b)
{
	return a->field == b->field && a->rule == b->rule &&
	       bytes_equal(a->was, b->was) && bytes_equal(a->is, b->is);
}

static enum err count_kind(struct simulation *s, const struct kind *k)
{
	unsigned i = 0;

	while (i < s->kind_count && !is_same(&s->kinds[i], k))
		i++;
	if (i == KINDS_MOST)
		return ERR_TOO_LARGE;
	if (i == s->kind_count) {
		s->kinds[s->kind_count] = *k;
		s->kinds[s->kind_count++].was =
		    arena_copy(s->run->arena, k->was);
	}
	s->kinds[i].count++;
	return ERR_OK;
}

static void pack_kind(struct buf *out, const struct kind *k)
{
	pack_key_cstr(out, "field", k->field->key);
	pack_cstr(out, "old");
	pack_raw_or_nil(out, k->was);
	pack_cstr(out, "new");
	pack_raw_or_nil(out, k->is);
	pack_key_cstr(out, "rule", k->rule);
}

/* A value of the row, if he may read it there. */
static void pack_own(
    struct simulation *s, const char *key, const struct field *f)
{
	const struct record *r = s->facts.record;
	const struct view_entity *ve =
	    view_entity_of(s->run->who->view, r->entity);
	struct grant g;

	pack_cstr(&s->rows, key);
	if (f &&
	    view_grant(
		ve, r->relations, record_is_variant(r), f, USE_PROJECT, &g) &&
	    g.bits & MAY_SEE && !f->sealed)
		pack_raw_or_nil(&s->rows, r->cells[f->slot].value);
	else
		pack_nil(&s->rows);
}

static void show_row(struct simulation *s, const struct kind *k)
{
	const struct record *r = s->facts.record;
	char id[ID_TEXT];

	if (s->row_count == s->run->limit)
		return;
	s->row_count++;
	id_format(r->id, id);
	pack_map(&s->rows, 7);
	pack_key_cstr(&s->rows, "id", id);
	pack_own(s, "number", r->entity->number_field);
	pack_own(s, "name", r->entity->title_field);
	pack_kind(&s->rows, k);
}

static enum err note_move(struct simulation *s, struct kind k)
{
	k.count = 0;
	show_row(s, &k);
	return count_kind(s, &k);
}

static enum err decide_all(struct simulation *s)
{
	const struct book_rules *b = s->facts.rules;
	struct pool_fate fate;
	enum err err = ERR_OK;
	bool moves = false;

	for (unsigned i = 0; !err && i < b->count; i++) {
		struct outcome o;

		if (!rules_is_first(b, i))
			continue;
		err = rules_decide(&s->facts, i, &o);
		if (err || !o.differs || o.is_overruled)
			continue;
		err = note_move(s, kind_of(s, i, &o));
		moves = true;
	}
	if (!err && pool_returns(&s->facts, &fate)) {
		err = note_move(s, kind_of_return(s, &fate));
		moves = true;
	}
	s->moved += moves;
	return err;
}

static enum err look(void *ctx, struct walk_row *row)
{
	struct simulation *s = ctx;
	unsigned relations;
	enum err err;

	if (row->record.header.flags & RULES_PASS_OVER)
		return ERR_OK;
	s->customers++;
	facts_turn(&s->facts, NULL, row->arena);
	err = walk_open(s->run, row, &s->facts.record);
	if (!err)
		err = record_relations(
		    s->run->desk, s->run->who, s->facts.record, &relations);
	if (!err)
		err = record_united(
		    s->run->desk, s->facts.record, &s->facts.ledger);
	if (!err)
		err = facts_weigh(&s->facts, s->run->desk);
	return err ? err : decide_all(s);
}

/* --- the answer ----------------------------------------------------------*/

static void answer(struct simulation *s)
{
	struct buf *out = s->run->out;
	unsigned all = 0;

	pack_map(out, 5);
	pack_key_int(out, "customers", s->customers);
	pack_key_int(out, "moved", s->moved);
	pack_cstr(out, "moves");
	pack_array(out, s->kind_count);
	for (unsigned i = 0; i < s->kind_count; i++) {
		pack_map(out, 5);
		pack_kind(out, &s->kinds[i]);
		pack_key_int(out, "count", s->kinds[i].count);
		all += s->kinds[i].count;
	}
	pack_cstr(out, "rows");
	pack_array(out, s->row_count);
	buf_append_bytes(out, buf_bytes(&s->rows));
	pack_key_int(out, "more", all - s->row_count);
}

static enum err walk(struct simulation *s)
{
	const struct book_rules *b = s->facts.rules;
	enum err err = cuts_find(s->run->desk, s->run->who, b, &s->cuts);

	s->facts.cuts = &s->cuts;
	if (!err)
		err = walk_rows(s->run, b->of, look, s);
	if (!err)
		err = s->rows.err;
	if (!err)
		answer(s);
	return err;
}

enum err rules_simulate(struct report_run *r, const struct book_rules *b)
{
	struct simulation *s = arena_alloc(r->arena, sizeof *s);
	enum err err;

	if (!s)
		return ERR_TOO_LARGE;
	s->run = r;
	s->facts.rules = b;
	s->facts.today = desk_today(r->desk);
	s->kinds = arena_array(r->arena, KINDS_MOST, sizeof *s->kinds);
	if (!s->kinds)
		return ERR_TOO_LARGE;
	err = check_rights(s);
	if (err)
		return err;
	buf_init(&s->rows, r->out->cap);
	err = walk(s);
	buf_release(&s->rows);
	return err;
}

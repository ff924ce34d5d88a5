// SPDX-License-Identifier: MIT
/*
 * Deciding and moving.  See rules.h.
 */
#include "server/book/rules.h"

#include "common/date.h"
#include "common/pack.h"
#include "server/book/settle.h"

/* --- deciding ------------------------------------------------------------*/

bool rules_is_first(const struct book_rules *b, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (book_rule_rivals(&b->list[i], &b->list[at]))
			return false;
	return true;
}

static const struct book_rule *find_holding(struct facts *f, unsigned at)
{
	const struct book_rules *b = f->rules;
	struct value_source values = facts_source(f);

	for (unsigned i = at; i < b->count; i++) {
		const struct book_rule *r = &b->list[i];

		if (!r->is_off && book_rule_rivals(&b->list[at], r) &&
		    (!r->when ||
			condition_holds(&b->seen, r->when, &values, f->arena)))
			return r;
	}
	return NULL;
}

bool rules_is_any_on(const struct book_rules *b, unsigned at)
{
	for (unsigned i = at; i < b->count; i++)
		if (!b->list[i].is_off &&
		    book_rule_rivals(&b->list[at], &b->list[i]))
			return true;
	return false;
}

static struct bytes days_from_now(const struct facts *f, struct bytes packed)
{
	struct reader in = reader_of(packed);
	char text[DATE_TEXT];

	date_format(f->today + (int32_t)read_int(&in), text);
	return value_pack_text(f->arena, bytes_text(text));
}

/* The list with the item, or without it. */
static enum err list_with(struct facts *f, struct bytes list, struct bytes item,
    bool with, struct bytes *out)
{
	struct reader in = reader_of(list);
	uint32_t left = list.len ? read_array(&in) : 0, count = 0;
	struct buf packed;
	size_t mark;

	buf_init(&packed, list.len + item.len + 16);
	mark = pack_array_open(&packed);
	for (; left && !in.err; left--) {
		struct bytes one = read_raw(&in);

		if (bytes_equal(one, item))
			continue;
		pack_raw(&packed, one);
		count++;
	}
	if (with)
		pack_raw(&packed, item);
	pack_array_close(&packed, mark, count + with);
	*out = count + with ? arena_copy(f->arena, buf_bytes(&packed))
			    : BYTES_NONE;
	buf_release(&packed);
	return f->arena->err;
}

static bool list_has(struct bytes list, struct bytes item)
{
	struct reader in = reader_of(list);
	uint32_t left = list.len ? read_array(&in) : 0;

	for (; left && !in.err; left--)
		if (bytes_equal(read_raw(&in), item))
			return true;
	return false;
}

static enum err decide_item(
    struct facts *f, unsigned at, struct bytes is, struct outcome *o)
{
	struct bytes item = f->rules->list[at].value;

	o->differs = list_has(is, item) != (o->rule != NULL);
	if (!rules_is_any_on(f->rules, at))
		o->differs = false;
	return o->differs ? list_with(f, is, item, o->rule != NULL, &o->value)
			  : ERR_OK;
}

enum err rules_decide(struct facts *f, unsigned at, struct outcome *o)
{
	const struct field *field = f->rules->list[at].target;
	const struct cell *c = &f->record->cells[field->slot];
	struct bytes is = c->value;

	*o = (struct outcome){ .rule = find_holding(f, at), .value = is };
	if (field->type == TYPE_LIST)
		return decide_item(f, at, is, o);
	if (!o->rule)
		return ERR_OK;
	o->value = field->type == TYPE_DATE ? days_from_now(f, o->rule->value)
					    : o->rule->value;
	o->differs = !bytes_equal(is, o->value);
	o->is_overruled =
	    o->differs && bytes_equal(c->overruled, o->rule->value);
	return f->arena->err;
}

/* --- moving --------------------------------------------------------------*/

static bool is_by_hand(const struct facts *f, const struct field *field)
{
	const struct cell *c = &f->record->cells[field->slot];

	return c->given && c->was;
}

/* Somebody has just set the field: is it what the rules say? */
static void note_hand(
    struct facts *f, const struct field *field, struct outcome *o)
{
	struct cell *c = &f->record->cells[field->slot];

	if (!o->rule || o->rule->is_step || field->type == TYPE_LIST ||
	    field->type == TYPE_DATE)
		return;
	o->is_overruled = o->differs && c->value.len;
	c->overruled = o->is_overruled ? o->rule->value : BYTES_NONE;
}

static enum err apply(struct facts *f, unsigned at, bool moves)
{
	const struct field *field = f->rules->list[at].target;
	const struct book_rule *said = &f->rules->list[at];
	struct outcome o;
	enum err err = rules_decide(f, at, &o);

	if (!err && is_by_hand(f, field))
		note_hand(f, field, &o);
	if (err || !o.differs || o.is_overruled || !moves)
		return err;
	if (o.rule)
		said = o.rule;
	work_move(f->record, field, o.value, said->key, f->rules->version);
	return ERR_OK;
}

enum err rules_apply(struct facts *f)
{
	const struct book_rules *b = f->rules;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < b->count; i++)
		if (rules_is_first(b, i))
			err = apply(f, i, true);
	return err ? err : f->arena->err;
}

/* --- with every change ---------------------------------------------------*/

struct settling {
	struct work *work;
	const struct book_rules *rules;
	struct cuts *cuts; /* of the last run; NULL: nobody needed them yet */
};

static enum err need_cuts(struct settling *s)
{
	struct arena *a = s->work->arena;

	if (s->cuts)
		return ERR_OK;
	s->cuts = arena_alloc(a, sizeof *s->cuts);
	return s->cuts ? cuts_load(s->work->desk, s->rules, a, s->cuts)
		       : ERR_TOO_LARGE;
}

/* What hangs on the whole book waits for the run; only what somebody sets
 * over its word is noted now. */
static enum err settle_whole(struct settling *s, struct facts *f, unsigned at)
{
	enum err err;

	if (!is_by_hand(f, f->rules->list[at].target))
		return ERR_OK;
	err = need_cuts(s);
	f->cuts = s->cuts;
	if (!err)
		err = apply(f, at, false);
	f->cuts = NULL;
	return err;
}

static enum err settle_record(struct settling *s, struct record *r)
{
	struct work *w = s->work;
	const struct book_rules *b = s->rules;
	struct facts f = {
		.rules = b, .record = r, .today = w->today, .arena = w->arena
	};
	enum err err = work_united(w, r, &f.ledger);

	if (!err)
		err = facts_weigh(&f, w->desk);
	for (unsigned i = 0; !err && i < b->count; i++)
		if (rules_is_first(b, i))
			err = b->list[i].is_whole ? settle_whole(s, &f, i)
						  : apply(&f, i, true);
	return err ? err : w->arena->err;
}

enum err settle_rules(struct work *w)
{
	struct settling s = { .work = w,
		.rules = directory_schema(w->desk->directory)->rules };
	enum err err = ERR_OK;

	for (size_t i = 0; s.rules && !err && i < w->record_count; i++) {
		struct record *r = w->records[i];
		bool moved = r->is_changed || (r->ledger && r->ledger->changed);

		if (r->entity != s.rules->of || !moved)
			continue;
		err = work_heir(w, r, &r);
		if (!err && !(r->header.flags & RULES_PASS_OVER))
			err = settle_record(&s, r);
	}
	return err;
}

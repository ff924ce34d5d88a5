// SPDX-License-Identifier: MIT
/*
 * The walk of the run.  See rule_moves.h.
 */
#include "server/book/rule_moves.h"

#include "server/book/pool.h"
#include "server/book/walk.h"

struct seeking {
	struct report_run run;
	struct facts facts;
	struct ids *moves;
};

static enum err would_move(struct facts *f, bool *moves)
{
	const struct book_rules *b = f->rules;
	struct pool_fate fate;
	enum err err = ERR_OK;

	*moves = false;
	for (unsigned i = 0; !err && !*moves && i < b->count; i++) {
		struct outcome o;

		if (!rules_is_first(b, i))
			continue;
		err = rules_decide(f, i, &o);
		*moves = !err && o.differs && !o.is_overruled;
	}
	if (!err && !*moves)
		*moves = pool_returns(f, &fate);
	return err;
}

static enum err look(void *ctx, struct walk_row *row)
{
	struct seeking *s = ctx;
	bool moves;
	enum err err;

	if (row->record.header.flags & RULES_PASS_OVER)
		return ERR_OK;
	facts_turn(&s->facts, NULL, row->arena);
	err = walk_open(&s->run, row, &s->facts.record);
	if (!err)
		err = record_united(
		    s->run.desk, s->facts.record, &s->facts.ledger);
	if (!err)
		err = facts_weigh(&s->facts, s->run.desk);
	if (!err)
		err = would_move(&s->facts, &moves);
	if (!err && moves)
		ids_add(s->moves, row->record.id);
	return err;
}

enum err moves_find(struct desk *d, const struct caller *who,
    const struct book_rules *b, const struct cuts *cuts, struct ids *out)
{
	struct seeking s = {
		.run = { .desk = d, .who = who, .range = RELATION_ALL },
		.facts = { .rules = b, .cuts = cuts, .today = desk_today(d) },
		.moves = out
	};

	*out = (struct ids){ 0 };
	return walk_rows(&s.run, b->of, look, &s);
}

enum err moves_apply(struct work *w, const struct book_rules *b,
    const struct cuts *cuts, uint64_t id)
{
	struct facts f = {
		.rules = b, .cuts = cuts, .today = w->today, .arena = w->arena
	};
	enum err err = work_record(w, b->of, id, &f.record);

	if (err || f.record->header.flags & RULES_PASS_OVER)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	err = work_united(w, f.record, &f.ledger);
	if (!err)
		err = facts_weigh(&f, w->desk);
	if (!err)
		err = rules_apply(&f);
	if (!err)
		pool_take_back(w, &f);
	return err;
}

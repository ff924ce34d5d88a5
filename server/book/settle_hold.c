// SPDX-License-Identifier: MIT
/*
 * The hold that sets itself.
 *
 * An order that would pass the limit is refused; a payment that turns out to
 * be less, a limit that is lowered are facts, and can leave a customer past
 * what he may owe.  Then the rule sets the hold, for everybody to see, and
 * lifts it when he is within his limit again.  A hold that a person set, or
 * that came with who was merged into him, only a person lifts.
 */
#include "server/book/credit.h"
#include "server/book/settle.h"
#include "server/data/history.h"

#define RULE   "credit"
#define MERGER "merger"

static const uint8_t on[] = { 0xc3 }, off[] = { 0xc2 };

/* Who set the hold that stands: the newest version that changed it. */
static enum err is_own(struct work *w, struct record *r, bool *own)
{
	const struct field *hold = r->entity->credit->hold;
	struct history_rooms rooms;
	struct history_walk walk;
	bool found = false;
	enum err err;

	*own = false;
	history_rooms_init(&rooms);
	err = history_begin_long(&walk, w->desk, r, &rooms);
	while (!err && !found) {
		err = history_next(&walk);
		for (unsigned i = 0; !err && i < walk.step.change_count; i++) {
			const struct history_change *c = &walk.step.changes[i];

			if (c->field != hold)
				continue;
			*own = bytes_is(c->rule, RULE);
			found = true;
		}
	}
	history_rooms_release(&rooms);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void set_hold(struct work *w, struct record *r, const char *rule)
{
	work_move(r, r->entity->credit->hold, bytes_of(on, 1), rule,
	    directory_schema(w->desk->directory)->version);
}

static enum err settle_record(struct work *w, struct record *r)
{
	const struct ledger *figures;
	const struct field *hold = r->entity->credit->hold;
	uint32_t version = directory_schema(w->desk->directory)->version;
	struct standing s;
	bool past, own = false;
	enum err err = work_united(w, r, &figures);

	if (!err)
		err = credit_standing(w->desk, r, figures, w->today, &s);
	if (err)
		return err;
	past = s.has_limit && !s.is_released &&
	       decimal_compare(&s.exposure, &s.limit) > 0;
	if (past && !s.is_held)
		set_hold(w, r, RULE);
	if (past || !s.is_held || r->is_new)
		return ERR_OK;
	err = is_own(w, r, &own);
	if (!err && own)
		work_move(r, hold, bytes_of(off, 1), RULE, version);
	return err;
}

static bool is_decided(const struct record *r)
{
	return r->cells[r->entity->credit->hold->slot].was;
}

/* A hold is not lost by merging who is held into who is not. */
static void pass_on(
    struct work *w, const struct record *merged, struct record *heir)
{
	struct reader held =
	    reader_of(record_plain(merged, merged->entity->credit->hold));

	if (heir != merged && merged->is_changed && !is_decided(heir) &&
	    read_bool(&held) && !held.err)
		set_hold(w, heir, MERGER);
}

/* Whoever decides about the hold in this very work has decided. */
enum err settle_hold(struct work *w)
{
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < w->record_count; i++) {
		struct record *r = w->records[i], *heir;
		const struct credit *c = r->entity->credit;
		bool moved = r->is_changed || (r->ledger && r->ledger->changed);

		if (!c || !c->hold || !moved)
			continue;
		err = work_heir(w, r, &heir);
		if (!err)
			pass_on(w, r, heir);
		if (!err && !is_decided(heir))
			err = settle_record(w, heir);
	}
	return err;
}

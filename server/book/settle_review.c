// SPDX-License-Identifier: MIT
/*
 * Who was looked over is due again later.
 *
 * A review that counts gives its customer its day, and takes the day on which
 * he was due: the rules, a step later, say when he is due again, by what he
 * is now.  One that is older than what is known changes nothing.
 */
#include "server/book/settle.h"
#include "server/data/history.h"

#define RULE "review"

static bool counts(struct work *w, struct record *r)
{
	const struct cond *when = r->entity->review->when;
	struct value_source values = record_source(w, r);

	return r->is_changed && !(r->header.flags & ROW_ARCHIVED) &&
	       (!when || condition_holds(r->entity, when, &values, w->arena));
}

/* Days are compared as they are written: the year comes first. */
static bool is_news(const struct record *r, struct bytes day, struct bytes last)
{
	int order = !last.len
			? 1
			: bytes_compare(value_text(r->entity->time_field, day),
			      value_text(r->entity->time_field, last));

	return order > 0 || (!order && r->is_new);
}

static enum err settle_record(struct work *w, struct record *r)
{
	const struct review *review = r->entity->review;
	uint32_t version = directory_schema(w->desk->directory)->version;
	struct bytes day = record_plain(r, r->entity->time_field);
	struct record *whose;
	enum err err =
	    work_record(w, r->entity->parent, record_parent(r), &whose);

	if (!err)
		err = work_heir(w, whose, &whose);
	if (err || !day.len ||
	    !is_news(r, day, record_plain(whose, review->last)))
		return err;
	work_move(whose, review->last, day, RULE, version);
	work_move(whose, review->next, BYTES_NONE, RULE, version);
	return w->arena->err;
}

enum err settle_review(struct work *w)
{
	enum err err = ERR_OK;

	/* Those whose reviews they are come to the end of the list. */
	for (size_t i = 0; !err && i < w->record_count; i++)
		if (w->records[i]->entity->review && counts(w, w->records[i]))
			err = settle_record(w, w->records[i]);
	return err;
}

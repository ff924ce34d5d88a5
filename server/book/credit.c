// SPDX-License-Identifier: MIT
/*
 * Weighing one item.  See credit.h.
 */
#include "server/book/credit.h"

#include "common/date.h"
#include "server/access/tries.h"
#include "server/book/account.h"
#include "server/book/weigh.h"
#include "server/data/ledger.h"

struct weighing {
	struct work *work;
	struct item *item;
	const struct moved *moved;
	const struct credit *credit;
	const struct derive_part *part; /* that the item is about */
	struct record *customer;
	int growth; /* of what he owes, by the item: its sign */
	struct standing now;
};

/* --- how he stands -------------------------------------------------------*/

static enum err weigh(struct desk *d, struct record *r, const struct field *f,
    bool *has, struct decimal *out)
{
	struct bytes value = BYTES_NONE;
	enum err err = f ? weigh_value(d, r, f, &value) : ERR_OK;

	*has = !err && f && value_decimal(value, out);
	return err;
}

static bool is_true(struct bytes packed)
{
	struct reader in = reader_of(packed);

	return packed.len && read_bool(&in) && !in.err;
}

static bool is_set(const struct record *r, const struct field *f)
{
	return f && is_true(record_plain(r, f));
}

static bool is_until(
    const struct record *r, const struct field *f, int32_t today)
{
	struct bytes date = f ? record_plain(r, f) : BYTES_NONE;
	int32_t day;

	return date.len && !date_parse(value_text(f, date), &day) &&
	       today <= day;
}

static struct decimal owed(const struct ledger *l, const struct field *f)
{
	struct decimal sum = decimal_int(0);

	value_decimal(ledger_get(l, f->id), &sum);
	return sum;
}

enum err credit_standing(struct desk *d, struct record *customer,
    const struct ledger *figures, int32_t today, struct standing *out)
{
	const struct credit *credit = customer->entity->credit;
	enum err err;

	*out = (struct standing){ .exposure = owed(figures, credit->exposure),
		.is_held = is_set(customer, credit->hold),
		.is_released = is_until(customer, credit->until, today) };
	err = weigh(d, customer, credit->limit, &out->has_limit, &out->limit);
	if (!err && out->is_released)
		err = weigh(
		    d, customer, credit->up_to, &out->has_up_to, &out->up_to);
	return err;
}

enum err credit_is_late(
    struct desk *d, struct record *customer, int32_t today, bool *late)
{
	uint8_t days = customer->entity->credit->overdue;
	struct decimal overdue;
	enum err err;

	*late = false;
	if (!days)
		return ERR_OK;
	err = account_overdue(d, customer, today, days, &overdue);
	*late = !err && overdue.digits > 0;
	return err;
}

/* --- what the item does --------------------------------------------------*/

/* The addend that the item's record is, or is summed up in: an order, or a
 * line of one. */
static const struct derive_part *promise_of(
    const struct credit *credit, const struct entity *e)
{
	const struct derive *d = &credit->exposure->derive;

	for (unsigned i = 0; i < d->part_count; i++)
		if (d->parts[i].sign > 0 &&
		    (d->parts[i].child == e || d->parts[i].child == e->parent))
			return &d->parts[i];
	return NULL;
}

static bool is_new_promise(const struct weighing *w)
{
	const struct item *it = w->item;

	return it->is_create && it->record->entity == w->part->child;
}

/* An order that counts and did not. */
static bool begins(const struct weighing *w)
{
	struct record *r = w->item->record;

	return r->entity == w->part->child &&
	       totals_count(w->work->desk, r, r->cells, w->part) &&
	       !totals_count(w->work->desk, r, w->moved->before, w->part);
}

/* By the ledger of the one that the order names: those merged with him have
 * not moved. */
static int growth_of(const struct credit *credit, const struct moved *m)
{
	const struct record *owner = m->above[m->count - 1].record;
	struct decimal before =
	    owed(&m->above[m->count - 1].was, credit->exposure);
	struct decimal after = owed(owner->ledger, credit->exposure);

	return decimal_compare(&after, &before);
}

static bool is_frozen(const struct weighing *w)
{
	struct value_source values = record_source(w->work, w->customer);

	return w->credit->frozen &&
	       condition_holds(w->customer->entity, w->credit->frozen, &values,
		   w->work->arena);
}

bool credit_is_stopped(const struct standing *s)
{
	if (s->is_released)
		return s->has_up_to &&
		       decimal_compare(&s->exposure, &s->up_to) > 0;
	return s->is_held ||
	       (s->has_limit && decimal_compare(&s->exposure, &s->limit) > 0);
}

/* --- who asks ------------------------------------------------------------*/

/* Whoever reads the limit learns nothing from a refusal. */
static enum err may_read_limit(const struct weighing *w, bool *may)
{
	const struct caller *who = w->work->who;
	const struct view_entity *ve =
	    view_entity_of(who->view, w->customer->entity);
	unsigned relations;
	struct grant g;
	enum err err =
	    record_relations(w->work->desk, who, w->customer, &relations);

	*may = !err && ve && w->credit->limit &&
	       view_grant(ve, relations, record_is_variant(w->customer),
		   w->credit->limit, USE_PROJECT, &g) &&
	       g.bits & MAY_SEE;
	return err;
}

/* Taking back is counted once a request: who mends ten lines of an order
 * tries nothing. */
static void note_try(const struct weighing *w, bool is_refused)
{
	const struct caller *who = w->work->who;
	uint64_t about = w->customer->id;

	if (!is_refused && w->work->took_back == about)
		return;
	if (!is_refused)
		w->work->took_back = about;
	if (who->tries)
		tries_note(who->tries, who->user, about, w->work->today);
}

static struct let_through *let_through(const struct weighing *w)
{
	struct let_through *l = w->work->let_through;

	while (l && l->about != w->customer->id)
		l = l->next;
	return l;
}

/* Before this request let him promise more. */
static unsigned tries_of(const struct weighing *w)
{
	const struct caller *who = w->work->who;
	unsigned had = who->tries ? tries_had(who->tries, who->user,
					w->customer->id, w->work->today)
				  : 0;

	return had - (had && let_through(w));
}

/* A promise that is not stored in the end, for another item's sake or its
 * token's, was a trial: it is counted now, once a request, and taken off by
 * credit_keep(). */
static enum err note_let_through(const struct weighing *w)
{
	struct work *work = w->work;
	struct let_through *l;

	if (let_through(w) || !work->who->tries)
		return ERR_OK;
	l = arena_alloc(work->arena, sizeof *l);
	if (!l)
		return ERR_TOO_LARGE;
	*l = (struct let_through){ .next = work->let_through,
		.about = w->customer->id,
		.is_free = !tries_of(w) };
	work->let_through = l;
	note_try(w, true);
	return ERR_OK;
}

/* Counted once with what was let through before it. */
static void note_refused(const struct weighing *w)
{
	struct let_through *l = let_through(w);

	if (!l || l->is_refused) {
		note_try(w, true);
		return;
	}
	l->is_refused = true;
	l->is_free = false;
}

void credit_keep(const struct work *w)
{
	const struct let_through *l;

	for (l = w->let_through; l; l = l->next)
		if (l->is_free)
			tries_forget(
			    w->who->tries, w->who->user, l->about, w->today);
}

static bool has_tried_enough(const struct weighing *w)
{
	return w->work->who->tries && tries_of(w) >= w->credit->tries;
}

/* --- the verdict ---------------------------------------------------------*/

static void refuse(
    const struct weighing *w, const char *rule, const char *message)
{
	findings_add(w->work->found, FINDING_ERROR, "", rule, "%s", message);
	w->item->err = ERR_INVALID;
	w->item->why = rule;
}

static void hold(const struct weighing *w)
{
	refuse(w, "credit_hold",
	    "this customer's credit does not let the order through; it can "
	    "be kept as a draft, and finance can ask for a release");
}

/* Found out once a work and customer. */
static enum err is_late(const struct weighing *w, bool *late)
{
	struct work *work = w->work;
	enum err err;

	*late = false;
	if (w->now.is_released || work->in_time == w->customer->id)
		return ERR_OK;
	err = credit_is_late(work->desk, w->customer, work->today, late);
	if (!err && !*late)
		work->in_time = w->customer->id;
	return err;
}

static enum err judge_growth(const struct weighing *w, bool tells)
{
	bool stopped = credit_is_stopped(&w->now);
	enum err err = ERR_OK;

	if (tells && has_tried_enough(w)) {
		hold(w);
		return ERR_OK;
	}
	if (!stopped)
		err = is_late(w, &stopped);
	if (err)
		return err;
	if (!stopped)
		return tells ? note_let_through(w) : ERR_OK;
	if (tells)
		note_refused(w);
	hold(w);
	return ERR_OK;
}

/* To take a promise back tells as much as a refusal does: it makes room for
 * the next trial.  A preview promises nothing: who may not read the limit
 * would count up to it, a step a preview, and be refused once a digit. */
static enum err judge_amount(const struct weighing *w, bool grows)
{
	bool may;
	enum err err = may_read_limit(w, &may);

	if (err || (!may && w->work->options.dry_run))
		return err;
	if (grows)
		return judge_growth(w, !may);
	if (!may)
		note_try(w, false);
	return ERR_OK;
}

static enum err judge(const struct weighing *w)
{
	bool grows = w->growth > 0 || begins(w);
	bool is_bound =
	    w->now.has_limit || w->now.is_held || w->credit->overdue;

	if ((grows || is_new_promise(w)) && is_frozen(w)) {
		refuse(w, "customer_suspended",
		    "no orders are taken from this customer");
		return ERR_OK;
	}
	if (!is_bound || (!grows && w->growth >= 0))
		return ERR_OK;
	return judge_amount(w, grows);
}

/* --- the hold ------------------------------------------------------------*/

static uint64_t setter_of(const struct record *r, uint32_t version)
{
	for (unsigned i = 0; i < r->stamp_count; i++)
		if (r->stamps[i].version == version)
			return r->stamps[i].user;
	return 0;
}

static void end_release(const struct weighing *w)
{
	const struct credit *c = w->credit;

	if (!c->until)
		return;
	cell_set(w->item->record, c->until, BYTES_NONE);
	cell_set(w->item->record, c->up_to, BYTES_NONE);
}

/* Setting and lifting say why, and whoever set it does not lift it. */
static void judge_hold(const struct weighing *w)
{
	const struct record *r = w->item->record;
	const struct field *f = w->credit->hold;
	const struct cell *c = f ? &r->cells[f->slot] : NULL;
	bool is = is_set(r, f), was;

	if (!c || !c->was)
		return;
	was = is_true(c->was->value);
	if (is && !was)
		end_release(w);
	if (is != was && !w->item->origin.reason.len)
		refuse(w, "reason_required",
		    "a hold needs a reason, and so "
		    "does lifting it");
	else if (was && !is &&
		 setter_of(r, c->was->version) == w->work->who->user)
		refuse(w, "second_person",
		    "whoever set the hold does not lift it; another person "
		    "may");
}

/* Him, and those merged into him, who are in the work by now: plans of theirs
 * do not wait for one another. */
static void note_weighed(const struct weighing *g)
{
	struct record *customer = g->customer;

	customer->weighed = true;
	if (!(customer->header.flags & ROW_JOINED))
		return;
	for (size_t i = 0; i < g->work->record_count; i++)
		if (g->work->records[i]->entity == customer->entity)
			g->work->records[i]->weighed = true;
}

/* Whoever stands for the customer that the order names. */
static enum err weigh_up(struct weighing *g)
{
	const struct moved *m = g->moved;
	const struct ledger *figures;
	enum err err =
	    work_heir(g->work, m->above[m->count - 1].record, &g->customer);

	if (!err)
		err = work_united(g->work, g->customer, &figures);
	if (!err)
		err = credit_standing(g->work->desk, g->customer, figures,
		    g->work->today, &g->now);
	if (err)
		return err;
	note_weighed(g);
	return judge(g);
}

enum err credit_guard(struct work *w, struct item *it, const struct moved *m)
{
	const struct entity *e = it->record->entity;
	const struct credit *credit = e->subject ? e->subject->credit : NULL;
	struct weighing g = {
		.work = w, .item = it, .moved = m, .credit = credit
	};

	if (!credit)
		return ERR_OK;
	if (e == e->subject)
		judge_hold(&g);
	if (!m->count || m->above[m->count - 1].record->entity != e->subject)
		return ERR_OK;
	g.part = promise_of(credit, e);
	if (!g.part)
		return ERR_OK;
	g.growth = growth_of(credit, m);
	return weigh_up(&g);
}

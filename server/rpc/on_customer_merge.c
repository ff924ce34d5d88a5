// SPDX-License-Identifier: MIT
/*
 * customer.merge and customer.unmerge: two customers become one, and two
 * again.
 *
 * A change like any other (on_change.c), of two records at once.  The answer
 * is the survivor's row with sealed values masked: what a merger takes over
 * was read by the one who chose it, and is not shown to him again.
 */
#include "common/pack.h"
#include "server/book/merge.h"
#include "server/book/settle.h"
#include "server/data/alias.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/replay.h"
#include "server/rpc/reply.h"

struct merger {
	struct request *request;
	struct work work;
	struct work_options options;
	struct item items[MERGE_ITEMS];
	bool parts;
};

/* --- parameters ----------------------------------------------------------*/

static enum err read_entity(struct request *r, const struct view_entity **out)
{
	*out = view_entity(r->caller.view, bytes_text("customer"));
	if (*out && view_entity_schema(*out)->alias_field)
		return ERR_OK;
	r->bad_field = bytes_text("customer");
	return ERR_UNKNOWN;
}

static enum err read_one(struct merger *m, const char *key, struct item *it)
{
	struct request *r = m->request;

	it->id = param_text(r, key);
	it->override_ = param_raw(r, "override");
	it->origin = m->options.origin;
	if (param_error(r))
		return param_error(r);
	return it->id.len ? ERR_OK
			  : request_refuse(r, key, "required",
				"say which: a number or an internal id");
}

static enum err read_params(struct merger *m)
{
	struct request *r = m->request;
	enum err err = change_options(r, &m->options);

	if (!err && !m->options.origin.reason.len)
		err = request_refuse(r, "reason", "required",
		    "say why: it is kept in the history of both");
	if (!err)
		err = read_entity(r, &m->items[0].entity);
	m->items[1].entity = m->items[0].entity;
	if (!err)
		err = read_one(m, "loser", &m->items[0]);
	if (!err && !m->parts)
		err = read_one(m, "survivor", &m->items[1]);
	return err;
}

/* --- the answer ----------------------------------------------------------*/

static enum err pack_answer(
    struct merger *m, struct record *heir, const struct record *merged)
{
	struct request *r = m->request;
	struct show_options options = { .mask_sealed = true, .more = 2 };
	struct shown shown;
	enum err err = record_show(r->desk, &r->caller, m->items[0].entity,
	    heir, &options, &r->out, &shown);

	pack_key_text(
	    &r->out, m->parts ? "parted" : "merged", record_number(merged));
	pack_cstr(&r->out, "warnings");
	pack_findings(&r->out, &r->found, FINDING_WARNING, -1);
	return err;
}

static enum err load_again(
    struct merger *m, const struct replayed *was, struct record **out)
{
	struct request *r = m->request;
	const struct view_entity *ve = m->items[0].entity;
	unsigned relations;
	enum err err = record_load(
	    r->desk, &r->arena, view_entity_schema(ve), was->id, out);

	if (!err)
		err = record_open(r->desk, *out);
	if (!err)
		err = record_relations(r->desk, &r->caller, *out, &relations);
	if (!err && !(relations & view_range(ve)))
		err = ERR_NOT_FOUND;
	return err;
}

/* What the same request did before, shown with today's rights. */
static enum err answer_again(
    struct merger *m, const struct replayed *list, size_t count)
{
	struct record *heir, *merged;
	enum err err = count == MERGE_ITEMS ? ERR_OK : ERR_NOT_FOUND;

	if (!err)
		err = load_again(m, &list[0], &merged);
	if (!err)
		err = load_again(m, &list[1], &heir);
	return err ? err : pack_answer(m, heir, merged);
}

/* --- both ----------------------------------------------------------------*/

static enum err apply(struct merger *m)
{
	struct request *r = m->request;
	enum err err = work_init(&m->work, r->desk, &r->caller, &r->arena,
	    &r->found, &m->options, m->items, MERGE_ITEMS);

	if (!err)
		err = m->parts ? book_part(&m->work)
			       : book_merge(&m->work, param_raw(r, "choose"));
	for (unsigned i = 0; !err && i < MERGE_ITEMS; i++)
		if (m->items[i].err)
			err = change_refusal(r, &m->items[i]);
	if (!err)
		err = book_settle(&m->work);
	if (!err && !m->options.dry_run)
		err = change_plan(r, &m->work);
	return err ? err
		   : pack_answer(m, m->items[1].record, m->items[0].record);
}

static enum err run(struct request *r, bool parts)
{
	struct merger *m = arena_alloc(&r->arena, sizeof *m);
	struct replayed *list;
	size_t count;
	enum err err;

	if (!m)
		return ERR_TOO_LARGE;
	m->request = r;
	m->parts = parts;
	err = read_params(m);
	if (err)
		return err;
	err = replay_find(r, &list, &count);
	if (!err)
		return answer_again(m, list, count);
	return err == ERR_NOT_FOUND ? apply(m) : err;
}

enum err on_customer_merge(struct request *r)
{
	return run(r, false);
}

enum err on_customer_unmerge(struct request *r)
{
	return run(r, true);
}

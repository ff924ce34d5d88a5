// SPDX-License-Identifier: MIT
/*
 * customer.duplicates: of one record or, page by page, of the whole book; and
 * the `duplicates` of a preview.
 *
 * Why two are likely one is told by the names of fields, never by values; the
 * records by their title, as the caller may see it.
 */
#include "common/pack.h"
#include "server/book/duplicates.h"
#include "server/data/place.h"
#include "server/data/refs.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

struct answer {
	struct request *request;
	const struct view_entity *entity;
	bool *wanted; /* the title alone */
	uint32_t count;
};

static enum err answer_begin(
    struct request *r, const struct view_entity *ve, struct answer *out)
{
	const struct entity *e = view_entity_schema(ve);

	*out = (struct answer){ .request = r,
		.entity = ve,
		.wanted =
		    arena_array(&r->arena, e->field_count, sizeof(bool)) };
	if (!out->wanted)
		return ERR_TOO_LARGE;
	if (e->title_field)
		out->wanted[e->title_field->slot] = true;
	return ERR_OK;
}

static enum err pack_record(struct answer *a, struct record *r, unsigned more)
{
	struct show_options options = { .wanted = a->wanted, .more = more };
	struct shown shown;

	return record_show(a->request->desk, &a->request->caller, a->entity, r,
	    &options, &a->request->out, &shown);
}

static void pack_likeness(struct buf *out, const struct likeness *l)
{
	pack_key_int(out, "score", likeness_score(l));
	pack_cstr(out, "reasons");
	pack_array(out, l->count);
	for (unsigned i = 0; i < l->count; i++)
		pack_cstr(out, l->parts[i]);
}

/* --- of a preview --------------------------------------------------------*/

static enum err pack_other(
    void *ctx, struct record *r, struct record *other, const struct likeness *l)
{
	struct answer *a = ctx;
	enum err err = pack_record(a, other, 2);

	(void)r;
	a->count++;
	pack_likeness(&a->request->out, l);
	return err;
}

enum err request_pack_duplicates(
    struct request *r, const struct item *it, uint64_t *often, struct buf *out)
{
	struct duplicates asked = { .desk = r->desk,
		.who = &r->caller,
		.entity = it->entity,
		.least = LIKENESS_LEAST,
		.only_set = true,
		.often = often };
	size_t mark = pack_array_open(out);
	struct answer a;
	enum err err = answer_begin(r, it->entity, &a);

	if (!err)
		err = duplicates_of(&asked, it->record, pack_other, &a);
	pack_array_close(out, mark, a.count);
	return err;
}

/* --- customer.duplicates -------------------------------------------------*/

static enum err pack_pair(
    void *ctx, struct record *r, struct record *older, const struct likeness *l)
{
	struct answer *a = ctx;
	struct buf *out = &a->request->out;
	enum err err;

	a->count++;
	pack_map(out, 4);
	pack_cstr(out, "record");
	err = pack_record(a, r, 0);
	pack_cstr(out, "other");
	if (!err)
		err = pack_record(a, older, 0);
	pack_likeness(out, l);
	return err;
}

static enum err of_one(
    struct duplicates *asked, struct answer *a, struct bytes id)
{
	struct request *r = a->request;
	struct record *record;
	enum err err = record_find_by_text(
	    r->desk, &r->caller, a->entity, id, &r->arena, &record);
	size_t mark;

	if (!err)
		err = record_open(r->desk, record);
	if (err)
		return err;
	pack_map(&r->out, 1);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	err = duplicates_of(asked, record, pack_pair, a);
	pack_array_close(&r->out, mark, a->count);
	return err;
}

/* Bound to account, view and schema like any other cursor. */
static enum err open_place(
    struct request *r, struct answer *a, struct query *q, uint64_t *after)
{
	struct query_ask ask = { .entity = a->entity, .limit = 1 };
	struct place place;
	enum err err =
	    query_resolve(r->desk, &r->caller, &ask, &r->arena, &r->found, q);

	if (!err)
		err = place_open(r->desk, &r->caller, q, param_text(r, "after"),
		    &r->arena, &place);
	if (!err)
		*after = place.id;
	return err;
}

static enum err pack_page(struct request *r, const struct query *q,
    const struct duplicates_page *page, uint64_t total)
{
	struct place next = { BYTES_NONE, page->after };
	enum err err = ERR_OK;

	pack_key_int(&r->out, "looked_at", page->looked_at);
	pack_key_int(&r->out, "total", (int64_t)total);
	pack_cstr(&r->out, "next");
	if (next.id)
		err = place_pack(r->desk, &r->caller, q, &next, &r->out);
	else
		pack_nil(&r->out);
	return err;
}

static enum err of_all(struct duplicates *asked, struct answer *a)
{
	struct request *r = a->request;
	struct duplicates_page page = { 0 };
	struct query q;
	uint64_t total = 0;
	size_t mark;
	enum err err = open_place(r, a, &q, &page.after);

	if (!err && !page.after)
		err = duplicates_total(*asked, &total);
	if (err)
		return err;
	pack_map(&r->out, 4);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	err = duplicates_walk(*asked, &page, pack_pair, a);
	pack_array_close(&r->out, mark, a->count);
	return err ? err : pack_page(r, &q, &page, total);
}

enum err on_customer_duplicates(struct request *r)
{
	struct bytes id = param_text(r, "id");
	int64_t least = param_int(r, "least", LIKENESS_LEAST);
	struct duplicates asked = { .desk = r->desk, .who = &r->caller };
	struct answer a;
	enum err err = param_error(r);

	if (!err)
		err = request_entity_of(r, "customer", &asked.entity);
	if (!err)
		err = answer_begin(r, asked.entity, &a);
	if (err)
		return err;
	asked.least = least < 1 ? 1 : least > 100 ? 100 : (unsigned)least;
	return id.len ? of_one(&asked, &a, id) : of_all(&asked, &a);
}

// SPDX-License-Identifier: MIT
/*
 * A customer's credit, statement and ageing; letting his orders through.
 *
 * Which entity has credit the schema says.  What the customer may owe is
 * shown as any record's fields are; the account is for who may read all of it
 * (server/book/account.h).
 */
#include "common/date.h"
#include "common/pack.h"
#include "server/book/account.h"
#include "server/book/credit.h"
#include "server/book/release.h"
#include "server/book/sheet.h"
#include "server/data/history.h"
#include "server/data/refs.h"
#include "server/rpc/change.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

/* --- whose ---------------------------------------------------------------*/

struct debtor {
	const struct view_entity *view;
	struct record *record; /* open */
	unsigned relations;
};

static const struct entity *with_credit(const struct schema *s)
{
	for (unsigned i = 0; i < s->entity_count; i++)
		if (s->entities[i].credit)
			return &s->entities[i];
	return NULL;
}

static enum err need_entity(struct request *r, const struct view_entity **out)
{
	const struct entity *e =
	    with_credit(directory_schema(r->desk->directory));

	*out = e ? view_entity_of(r->caller.view, e) : NULL;
	return *out ? ERR_OK : ERR_DENIED;
}

static enum err find_debtor(
    struct request *r, struct bytes id, struct debtor *out)
{
	enum err err = need_entity(r, &out->view);

	if (!err)
		err = record_find_by_text(r->desk, &r->caller, out->view, id,
		    &r->arena, &out->record);
	if (!err)
		err = record_relations(
		    r->desk, &r->caller, out->record, &out->relations);
	return err ? err : record_open(r->desk, out->record);
}

static enum err need_debtor(struct request *r, struct debtor *out)
{
	struct bytes id;
	enum err err = request_id(r, "id", &id);

	return err ? err : find_debtor(r, id, out);
}

/* --- the account ---------------------------------------------------------*/

static enum err show_account(struct request *r,
    enum err (*show)(struct report_run *run, struct record *customer))
{
	struct report_run run = { .desk = r->desk,
		.who = &r->caller,
		.arena = &r->arena,
		.found = &r->found,
		.params = r->given,
		.out = &r->out };
	struct debtor d;
	enum err err = need_debtor(r, &d);

	if (!err && !account_may_read(&r->caller, d.record, d.relations))
		err = ERR_DENIED;
	return err ? err : show(&run, d.record);
}

enum err on_customer_statement(struct request *r)
{
	return show_account(r, account_statement);
}

enum err on_customer_ageing(struct request *r)
{
	return show_account(r, account_ageing);
}

/* --- credit --------------------------------------------------------------*/

/* May he read it here, unmasked? */
static bool is_clear(const struct debtor *d, const struct field *f)
{
	struct grant g;

	return f &&
	       view_grant(d->view, d->relations, record_is_variant(d->record),
		   f, USE_PROJECT, &g) &&
	       g.bits & MAY_SEE;
}

static void pack_amount_or_nil(
    struct buf *out, const char *key, bool is_shown, const struct decimal *v)
{
	if (is_shown) {
		sheet_amount(out, key, v);
		return;
	}
	pack_cstr(out, key);
	pack_nil(out);
}

/* As far as he may know of the hold. */
static void pack_stopped(
    struct buf *out, const struct debtor *d, bool is_stopped)
{
	const struct field *hold = d->record->entity->credit->hold;

	if (is_clear(d, hold)) {
		pack_key_bool(out, "stopped", is_stopped);
		return;
	}
	pack_cstr(out, "stopped");
	pack_nil(out);
}

/* The fields that the rule looks at, as a record's are shown. */
static enum err show_fields(
    struct request *r, const struct debtor *d, unsigned more, struct shown *out)
{
	const struct credit *c = d->record->entity->credit;
	const struct field *const fields[] = { c->limit, c->days, c->hold,
		c->grade, c->until, c->up_to, c->exposure };
	bool *wanted = arena_array(
	    &r->arena, d->record->entity->field_count, sizeof *wanted);
	struct show_options options = { .wanted = wanted, .more = more };

	if (!wanted)
		return ERR_TOO_LARGE;
	for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i])
			wanted[fields[i]->slot] = true;
	return record_show(
	    r->desk, &r->caller, d->view, d->record, &options, &r->out, out);
}

static enum err pack_overdue(
    struct request *r, const struct debtor *d, int32_t today)
{
	bool may = account_may_read(&r->caller, d->record, d->relations);
	struct decimal overdue;
	enum err err =
	    may ? account_overdue(r->desk, d->record, today, 0, &overdue)
		: ERR_OK;

	if (!err)
		pack_amount_or_nil(&r->out, "overdue", may, &overdue);
	return err;
}

/* When, who, why, from what to what: one version of the history. */
static void pack_grade(struct buf *out, struct bytes version)
{
	static const char *const keys[] = { "at", "user", "reason" };
	struct reader changes = reader_of(unpack_lookup(version, "changes"));
	struct bytes change =
	    read_array(&changes) ? read_raw(&changes) : BYTES_NONE;

	pack_map(out, 5);
	for (unsigned i = 0; i < 3; i++) {
		pack_cstr(out, keys[i]);
		pack_raw(out, unpack_lookup(version, keys[i]));
	}
	pack_cstr(out, "old");
	pack_raw(out, unpack_lookup(change, "old"));
	pack_cstr(out, "new");
	pack_raw(out, unpack_lookup(change, "new"));
}

/* The dated list of ratings: the field's history, if he may read it. */
static enum err pack_grades(
    struct request *r, const struct debtor *d, struct shown *shown)
{
	struct history_ask ask = { .field = d->record->entity->credit->grade,
		.limit = HISTORY_LIMIT };
	struct buf history;
	struct reader in;
	uint32_t count;
	enum err err = ERR_OK;

	buf_init(&history, REQUEST_REPLY);
	if (is_clear(d, ask.field))
		err = history_show(r->desk, &r->caller, d->view, d->record,
		    &ask, &history, shown);
	in = reader_of(buf_bytes(&history));
	count = buf_bytes(&history).len ? read_array(&in) : 0;
	pack_cstr(&r->out, "grades");
	pack_array(&r->out, count);
	for (; !err && count; count--)
		pack_grade(&r->out, read_raw(&in));
	buf_release(&history);
	return err ? err : r->out.err;
}

enum err on_customer_credit(struct request *r)
{
	int32_t today = desk_today(r->desk);
	const struct credit *c;
	const struct ledger *figures;
	struct decimal left = decimal_int(0);
	struct standing s;
	struct shown shown;
	struct debtor d;
	bool sees_limit, late = false;
	enum err err = need_debtor(r, &d);

	if (!err)
		err = record_united(r->desk, d.record, &figures);
	if (!err)
		err = credit_standing(r->desk, d.record, figures, today, &s);
	if (!err && !s.is_released)
		err = credit_is_late(r->desk, d.record, today, &late);
	if (!err && s.has_limit)
		err = decimal_sub(&s.limit, &s.exposure, &left);
	if (!err)
		err = show_fields(r, &d, 4, &shown);
	if (err)
		return err;
	c = d.record->entity->credit;
	sees_limit = is_clear(&d, c->limit) && is_clear(&d, c->exposure);
	pack_stopped(&r->out, &d, late || credit_is_stopped(&s));
	pack_amount_or_nil(
	    &r->out, "available", sees_limit && s.has_limit, &left);
	err = pack_overdue(r, &d, today);
	if (!err)
		err = pack_grades(r, &d, &shown);
	return err ? err : request_note_read(r, d.record, &shown);
}

/* --- a release -----------------------------------------------------------*/

struct releasing {
	struct item customer;
	struct release release;
};

/* Whoever may set the limit may ask to let orders through. */
static bool may_release(const struct debtor *d)
{
	const struct credit *c = d->record->entity->credit;
	struct grant g;

	return c->until && c->limit &&
	       view_grant(d->view, d->relations, record_is_variant(d->record),
		   c->limit, USE_SET, &g);
}

bool credit_may_judge(struct request *r, struct bytes params)
{
	struct reader id = reader_of(unpack_lookup(params, "id"));
	struct debtor d;

	return !find_debtor(r, read_text(&id), &d) &&
	       is_clear(&d, d.record->entity->credit->limit);
}

static enum err read_until(struct request *r, int32_t today, int32_t *until)
{
	struct bytes text = param_text(r, "until");

	*until = today + RELEASE_USUAL;
	if (!text.len || param_error(r))
		return param_error(r);
	if (date_parse(text, until) || *until < today ||
	    *until > today + RELEASE_MOST)
		return request_refuse(r, "until", "range",
		    "a day from today on, at most 31 days from now");
	return ERR_OK;
}

static enum err read_amount(struct request *r, struct release *out)
{
	struct bytes text = param_text(r, "amount");

	out->has_amount = text.len != 0;
	if (!out->has_amount || param_error(r))
		return param_error(r);
	if (decimal_parse(text, &out->amount) || out->amount.digits < 0)
		return request_refuse(r, "amount", "range",
		    "an amount of orders, as \"5000.00\"");
	return ERR_OK;
}

static enum err read_release(struct change *c)
{
	struct request *r = c->request;
	struct releasing *l = c->own;
	int32_t today = desk_today(r->desk);
	enum err err = request_id(r, "id", &l->customer.id);

	c->items = &l->customer;
	c->count = 1;
	if (!err)
		err = need_entity(r, &l->customer.entity);
	if (!err)
		err = read_until(r, today, &l->release.until);
	if (!err)
		err = read_amount(r, &l->release);
	if (!err && !c->options.origin.reason.len)
		err = request_refuse(
		    r, "reason", "required", "say why orders shall pass");
	return err;
}

static enum err grant(struct change *c)
{
	struct releasing *l = c->own;
	struct debtor d = { .view = l->customer.entity };
	enum err err = change_take(c, &l->customer, &d.relations);

	d.record = l->customer.record;
	if (!err && !may_release(&d))
		err = ERR_DENIED;
	return err ? err : release_grant(&c->work, d.record, &l->release);
}

static enum err answer(struct change *c)
{
	const struct releasing *l = c->own;
	struct buf *out = &c->request->out;
	char day[DATE_TEXT];

	date_format(l->release.until, day);
	pack_map(out, 2);
	pack_key_text(out, "number", record_number(l->customer.record));
	pack_key_cstr(out, "until", day);
	return out->err;
}

/* By the one who asked, when another has approved it: server/rpc/second.h. */
enum err on_credit_release(struct request *r)
{
	static const struct change_kind kind = { .read = read_release,
		.apply = grant,
		.answer = answer,
		.ends_all = true };
	struct releasing l = { .customer = { .is_create = false } };

	return change_run(r, &kind, &l);
}

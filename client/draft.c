// SPDX-License-Identifier: MIT
/*
 * Questions, answers and dry runs; see draft.h.
 */
#include "client/draft.h"

#include "client/fields.h"
#include "client/look.h"
#include "client/tell.h"
#include "common/pack.h"

struct question *draft_ask(struct draft *d, const struct field *f)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->questions[i].field == f)
			return &d->questions[i];
	if (d->count == QUESTIONS)
		return NULL;
	d->questions[d->count] = (struct question){ .field = f };
	return &d->questions[d->count++];
}

/* The same, but a new one comes next: it belongs to what was just said. */
static void add_next(struct draft *d, const struct field *f)
{
	unsigned last = d->count;

	if (!draft_ask(d, f) || d->count == last)
		return;
	struct question added = d->questions[last];
	for (; last > d->at + 1; last--)
		d->questions[last] = d->questions[last - 1];
	d->questions[last] = added;
}

static bool is_required(const struct field *f)
{
	return f->required;
}

static bool is_recommended(const struct field *f)
{
	return f->recommended;
}

/* What a customer is looked up by later is worth asking for now. */
static bool is_searched(const struct field *f)
{
	return f->type == TYPE_TEXT && !f->unique && !f->fallback.len &&
	       f->search & (SEARCH_EXACT | SEARCH_TAIL);
}

void draft_begin(struct draft *d)
{
	static bool (*const kinds[])(const struct field *f) = { is_required,
		is_recommended, is_searched };
	const struct entity *e = d->entity;
	const struct field *title = entity_find_field(e, e->title);

	/* Whose it is comes before what it is. */
	for (unsigned i = 0; e->parent.len && i < e->field_count; i++)
		if (bytes_equal(e->fields[i].ref, e->parent))
			draft_ask(d, &e->fields[i]);
	if (title && field_may_enter(title))
		draft_ask(d, title);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
		for (unsigned i = 0; i < e->field_count; i++)
			if (field_may_enter(&e->fields[i]) &&
			    kinds[k](&e->fields[i]))
				draft_ask(d, &e->fields[i]);
}

struct bytes draft_pack(struct draft *d)
{
	struct buf out;
	uint32_t count = 0;

	buf_init(&out, KEEP_CAP);
	size_t mark = pack_map_open(&out);
	for (unsigned i = 0; i < d->count; i++) {
		const struct question *q = &d->questions[i];
		if (!q->answer.len)
			continue;
		pack_text(&out, q->field->key);
		fields_pack_value(&d->app->arena, q->field, q->answer, &out);
		count++;
	}
	pack_map_close(&out, mark, count);
	return keep_buf(&d->app->arena, &out);
}

void draft_request(struct draft *d, struct request *r)
{
	const char *source = app_flag(d->app, FLAG_SOURCE);
	const char *reason =
	    d->reason ? d->reason : app_flag(d->app, FLAG_REASON);

	request_begin(r, "record.create", CALL_WRITE);
	request_cstr(r, "entity", d->app->noun);
	request_raw(r, "fields", draft_pack(d));
	if (source)
		request_cstr(r, "source", source);
	if (reason)
		request_cstr(r, "reason", reason);
	if (d->override_count) {
		request_key(r, "override");
		pack_array(&r->params, d->override_count);
		for (unsigned i = 0; i < d->override_count; i++)
			pack_cstr(&r->params, d->overrides[i]);
	}
}

enum err draft_check(struct draft *d)
{
	struct request r;

	draft_request(d, &r);
	request_bool(&r, "dry_run", true);
	r.repeat = CALL_READ;
	enum err e =
	    call_quietly(d->app, &r, &d->app->arena, &d->checked, &d->refused);
	return d->refused.len ? ERR_OK : e;
}

bool draft_may_mend(enum err e)
{
	return e == ERR_INVALID || e == ERR_DUPLICATE;
}

bool draft_is_barred(const struct draft *d)
{
	return d->refused.len && !draft_may_mend(tell_kind(d->refused));
}

bool draft_override_denied(const struct draft *d)
{
	return bytes_is(look_text(d->refused, "field"), "override");
}

struct bytes draft_complaint(struct draft *d, const struct field *field)
{
	uint32_t count;
	struct bytes found = BYTES_NONE;
	struct reader r = look_array(d->refused, "errors", &count);

	if (!count && bytes_equal(look_text(d->refused, "field"), field->key))
		return d->refused;
	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		struct bytes key = look_text(one, "field");
		const struct field *f = entity_find_field(d->entity, key);
		if (!found.len && bytes_equal(key, field->key))
			found = one;
		else if (f && field_may_enter(f))
			add_next(d, f);
	}
	return found;
}

void draft_ask_recommended(struct draft *d)
{
	uint32_t count;
	struct reader r = look_array(d->checked, "warnings", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = look_text(read_raw(&r), "field");
		const struct field *f = entity_find_field(d->entity, key);
		if (f && field_may_enter(f))
			draft_ask(d, f);
	}
}

bool draft_reopen(struct draft *d, const struct field *f)
{
	struct question *q = f && field_may_enter(f) ? draft_ask(d, f) : NULL;

	if (q)
		q->is_asked = false;
	return q != NULL;
}

const struct field *draft_previewed(struct draft *d, unsigned long number)
{
	uint32_t count;
	struct reader r = value_items(look_value(d->checked, "fields"), &count);

	for (uint32_t i = 1; i <= count; i++) {
		struct bytes key = read_text(&r);
		read_skip(&r);
		if (i == number)
			return entity_find_field(d->entity, key);
	}
	return NULL;
}

bool draft_reopen_wrong(struct draft *d)
{
	uint32_t count;
	struct reader r = look_array(d->refused, "errors", &count);
	bool is_open = draft_reopen(
	    d, entity_find_field(d->entity, look_text(d->refused, "field")));

	for (uint32_t i = 0; i < count; i++)
		is_open |=
		    draft_reopen(d, entity_find_field(d->entity,
					look_text(read_raw(&r), "field")));
	return is_open;
}

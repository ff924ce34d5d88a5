// SPDX-License-Identifier: MIT
/*
 * Values given again.  See confirmed.h.
 */
#include "server/data/confirmed.h"

static bool has_value(const struct record *r, const struct field *f)
{
	const struct cell *c = &r->cells[f->slot];

	return c->value.len || c->sealed.len;
}

static bool is_servers(const struct field *f)
{
	return f->is_auto || f->derive.kind != DERIVE_NONE;
}

/* May he see it in clear, and set it? */
static bool may_confirm(
    const struct item *it, const struct field *f, struct grant *see)
{
	const struct record *r = it->record;
	bool variant = record_is_variant(r);
	struct grant set;

	return view_grant(
		   it->entity, r->relations, variant, f, USE_SET, &set) &&
	       view_grant(
		   it->entity, r->relations, variant, f, USE_PROJECT, see) &&
	       see->bits & MAY_SEE;
}

static enum err confirm(
    struct work *w, struct record *r, const struct grant *see)
{
	struct bytes value;
	enum err err = record_value(w->desk, r, see, &value);

	if (!err)
		cell_confirm(r, see->field, value);
	return err;
}

static enum err confirm_all(struct work *w, struct item *it)
{
	struct record *r = it->record;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct grant see;

		if (!is_servers(f) && has_value(r, f) &&
		    may_confirm(it, f, &see))
			err = confirm(w, r, &see);
	}
	return err;
}

static enum err confirm_named(
    struct work *w, struct item *it, struct bytes name)
{
	const struct field *f = view_field(it->entity, name);
	struct grant see;

	it->bad_field = name;
	if (!f)
		it->err = ERR_UNKNOWN;
	else if (!may_confirm(it, f, &see))
		it->err = ERR_DENIED;
	else if (is_servers(f))
		findings_add(w->found, FINDING_ERROR, f->key, "automatic",
		    "this field is set by the server alone");
	else if (!has_value(it->record, f))
		findings_add(w->found, FINDING_ERROR, f->key, "required",
		    "there is no value that could be confirmed");
	else
		return confirm(w, it->record, &see);
	return ERR_OK;
}

enum err confirmed_apply(struct work *w, struct item *it)
{
	struct reader names = reader_of(it->confirm);
	uint32_t left;
	enum err err = ERR_OK;

	if (!it->confirms)
		return ERR_OK;
	if (!it->confirm.len)
		return confirm_all(w, it);
	for (left = read_array(&names); left && !err && !it->err; left--)
		err = confirm_named(w, it, read_text(&names));
	if (!it->err)
		it->bad_field = BYTES_NONE;
	return err;
}

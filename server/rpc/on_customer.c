// SPDX-License-Identifier: MIT
/*
 * customer.*: one customer with all that belongs to him.
 */
#include "server/book/dossier.h"
#include "server/data/refs.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

static enum err read_limit(struct request *r, unsigned *limit)
{
	int64_t given = param_int(r, "limit", DOSSIER_ROWS);

	if (param_error(r))
		return param_error(r);
	*limit = given < 1              ? 1
		 : given > DOSSIER_MOST ? DOSSIER_MOST
					: (unsigned)given;
	return ERR_OK;
}

/* The customer that `id` names, as far as the caller may know of him. */
static enum err need_customer(struct request *r, struct dossier *d)
{
	struct bytes id = param_text(r, "id");
	enum err err = read_limit(r, &d->limit);

	if (err)
		return err;
	d->desk = r->desk;
	d->who = &r->caller;
	d->arena = &r->arena;
	d->ve = view_entity(r->caller.view, bytes_text("customer"));
	if (!d->ve) {
		r->bad_field = bytes_text("customer");
		return ERR_UNKNOWN;
	}
	if (!id.len)
		return request_refuse(r, "id", "required",
		    "say which: a number or an internal id");
	return record_find_by_text(
	    r->desk, &r->caller, d->ve, id, &r->arena, &d->record);
}

enum err on_customer_dossier(struct request *r)
{
	struct dossier d = { 0 };
	enum err err = need_customer(r, &d);

	if (err)
		return err;
	err = dossier_gather(&d);
	if (!err)
		err = dossier_show(&d, &r->out);
	dossier_release(&d);
	return err;
}

enum err on_customer_timeline(struct request *r)
{
	struct bytes after = param_text(r, "after");
	struct dossier d = { 0 };
	enum err err = need_customer(r, &d);

	if (err)
		return err;
	err = timeline_begin(&d, after);
	if (err)
		return err;
	err = dossier_gather(&d);
	if (!err)
		err = timeline_show(&d, &r->out);
	dossier_release(&d);
	return err;
}

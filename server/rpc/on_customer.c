// SPDX-License-Identifier: MIT
/*
 * customer.*: one customer with all that belongs to him.
 */
#include "server/book/dossier.h"
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
	err = request_entity_of(r, "customer", &d->ve);
	return err ? err : request_record(r, d->ve, id, &d->record);
}

static enum err gather_and_show(struct dossier *d, struct buf *out,
    enum err (*show)(struct dossier *d, struct buf *out))
{
	enum err err = dossier_gather(d);

	if (!err)
		err = show(d, out);
	dossier_release(d);
	return err;
}

enum err on_customer_dossier(struct request *r)
{
	struct dossier d = { 0 };
	enum err err = need_customer(r, &d);

	return err ? err : gather_and_show(&d, &r->out, dossier_show);
}

enum err on_customer_timeline(struct request *r)
{
	struct bytes after = param_text(r, "after");
	struct dossier d = { 0 };
	enum err err = need_customer(r, &d);

	if (!err)
		err = timeline_begin(&d, after);
	return err ? err : gather_and_show(&d, &r->out, timeline_show);
}

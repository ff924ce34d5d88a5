// SPDX-License-Identifier: MIT
/*
 * Setting a release.  See release.h.
 */
#include "server/book/release.h"

#include "common/date.h"
#include "server/book/credit.h"

enum err release_grant(
    struct work *w, struct record *customer, const struct release *r)
{
	const struct credit *c = customer->entity->credit;
	struct bytes up_to = BYTES_NONE;
	const struct ledger *figures;
	struct standing now;
	struct decimal sum;
	char day[DATE_TEXT];
	enum err err = work_united(w, customer, &figures);

	if (!err)
		err =
		    credit_standing(w->desk, customer, figures, r->until, &now);
	if (!err && r->has_amount)
		err = decimal_add(&now.exposure, &r->amount, &sum);
	if (err)
		return err;
	if (r->has_amount) {
		sum = decimal_round(&sum, c->up_to->places);
		up_to = value_pack_decimal(w->arena, &sum, c->up_to->places);
		if (!up_to.data)
			return ERR_TOO_LARGE;
	}
	date_format(r->until, day);
	cell_set(
	    customer, c->until, value_pack_text(w->arena, bytes_text(day)));
	cell_set(customer, c->up_to, up_to);
	return w->arena->err;
}

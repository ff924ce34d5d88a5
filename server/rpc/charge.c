// SPDX-License-Identifier: MIT
/*
 * What a request costs of its user's quotas.
 *
 * Handlers take from the request's meter before they open or look up; this
 * is the part that every run has in common.  A refused request has shown
 * nothing and costs no sealed values; what it asked for it has asked.
 */
#include "server/rpc/inside.h"

#include <stdio.h>

#define DETAIL 80

static void give_all_back(struct meter *m)
{
	for (enum quota_kind k = 0; k < QUOTA_KINDS; k++)
		meter_give_back(m, k, m->taken[k]);
}

void charge_begin(struct request *r)
{
	give_all_back(&r->meter);
	r->meter = (struct meter){ .quotas = r->rpc->quotas,
		.snapshot = r->desk->snapshot,
		.user = r->caller.user,
		.today = desk_today(r->desk),
		.may_wait = r->desk->may_wait };
	for (enum quota_kind k = 0; k < QUOTA_KINDS; k++)
		r->meter.most[k] = view_quota(r->caller.view, k);
	r->caller.meter = &r->meter;
	r->caller.tries = r->rpc->tries;
}

void charge_end(struct request *r, enum err err)
{
	struct meter *m = &r->meter;

	if (!err) {
		r->must_log |= m->taken[QUOTA_LOOKUP] != 0;
		return;
	}
	meter_give_back(m, QUOTA_SEALED, m->taken[QUOTA_SEALED]);
	if (err == ERR_ELSEWHERE)
		give_all_back(m);
	if (err != ERR_DENIED || !m->is_used_up)
		return;
	r->rule = "quota";
	r->bad_field = BYTES_NONE;
	r->retry_after_ms = desk_day_begins(r->desk, m->today + 1) -
			    clock_now_ms(r->desk->clock);
}

/* --- telling the auditor -------------------------------------------------*/

/* No customer is concerned, so the words stand in clear. */
static bool tell(void *ctx, struct plan *p, const struct quota_event *e)
{
	const struct station *s = ctx;
	const struct account *who =
	    directory_account_by_id(s->desk.directory, e->user);
	char detail[DETAIL];
	struct draft draft;

	if (!who)
		return false;
	snprintf(detail, sizeof detail, "%s: %llu of %llu", quota_word(e->kind),
	    (unsigned long long)e->used, (unsigned long long)e->most);
	draft = (struct draft){ .user = who->id,
		.login = who->login,
		.branch = who->branch,
		.method = e->is_used_up ? "quota.used_up" : "quota.nearly",
		.clear = detail };
	return !draft_plan(&draft, p);
}

void charge_tick(struct station *s)
{
	quotas_tick(s->rpc->quotas, tell, s);
}

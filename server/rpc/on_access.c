// SPDX-License-Identifier: MIT
/*
 * access.*: break-glass, a role for a bounded time.
 *
 * Anybody may ask, with a reason; a second person always approves
 * (second.c), whether or not the company wants two persons for anything.
 * While it runs everybody is told, and every entry made under it says so.  It
 * ends by itself; either of the two, or who makes accounts or roles, ends it
 * before.
 */
#include "common/date.h"
#include "common/pack.h"
#include "server/access/glass.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/pending.h"

#define MINUTE_MS INT64_C(60000)

/* --- telling -------------------------------------------------------------*/

static void pack_notice(struct request *r, const struct glass *g)
{
	char id[ID_TEXT];

	id_format(g->id, id);
	pack_map(&r->out, 6);
	pack_key_cstr(&r->out, "request", id);
	pack_key_cstr(
	    &r->out, "user", directory_login(r->desk->directory, g->account));
	pack_key_cstr(&r->out, "role", g->role);
	pack_key_instant(&r->out, "until", g->until_ms);
	pack_key_cstr(
	    &r->out, "by", directory_login(r->desk->directory, g->approver));
	pack_key_cstr(&r->out, "reason", g->reason);
}

void request_pack_notices(struct request *r)
{
	const struct glasses *all = directory_glasses(r->desk->directory);
	size_t mark = pack_array_open(&r->out);
	uint32_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (!glass_runs(&all->of[i], r->identity.now_ms))
			continue;
		pack_notice(r, &all->of[i]);
		count++;
	}
	pack_array_close(&r->out, mark, count);
}

/* --- breaking ------------------------------------------------------------*/

/* Minutes count from the approval, a moment stays what it is. */
static enum err read_until(struct request *r, int64_t *until_ms)
{
	struct bytes moment = param_text(r, "until");
	int64_t now = r->identity.now_ms;
	int64_t minutes = param_int(r, "minutes", 0);
	int64_t most = r->rpc->options.glass_ms;

	if (param_error(r))
		return param_error(r);
	*until_ms = now + (minutes < most ? minutes : most) * MINUTE_MS;
	if (moment.len && instant_parse(moment, until_ms))
		return request_refuse(
		    r, "until", "instant", "this is no moment in time");
	if (minutes > most / MINUTE_MS || *until_ms <= now ||
	    *until_ms > now + most)
		return request_refuse(r, moment.len ? "until" : "minutes",
		    "span", "give minutes or an end, within the longest time");
	return ERR_OK;
}

static enum err read_role(struct request *r, const struct role **role)
{
	struct bytes key = param_text(r, "role");

	if (param_error(r))
		return param_error(r);
	*role = directory_role(r->desk->directory, key);
	if (!*role)
		return request_refuse(
		    r, "role", "choice", "no such role; role.list names them");
	if (r->account->role_set & directory_role_bit(r->desk->directory, key))
		return request_refuse(
		    r, "role", "held_already", "you have this role already");
	return ERR_OK;
}

static enum err read_reason(struct request *r, struct bytes *reason)
{
	*reason = param_text(r, "reason");
	if (param_error(r))
		return param_error(r);
	return reason->len ? ERR_OK
			   : request_refuse(r, "reason", "reason_required",
				 "everybody will read why; say it");
}

/* Those that run, without the one `id`. */
static void keep_running(struct request *r, uint64_t id, struct glasses *kept)
{
	const struct glasses *all = directory_glasses(r->desk->directory);

	kept->count = 0;
	for (size_t i = 0; i < all->count; i++)
		if (all->of[i].id != id &&
		    glass_runs(&all->of[i], r->identity.now_ms))
			kept->of[kept->count++] = all->of[i];
}

static enum err plan(struct request *r, const struct glasses *all)
{
	r->must_log = true;
	return request_directory_plan(r)
		   ? directory_plan_glasses(
			 r->plan, r->desk->directory, r->desk->sealer, all)
		   : ERR_TOO_LARGE;
}

static enum err break_it(struct request *r, const struct role *role,
    struct bytes reason, int64_t until_ms)
{
	struct glasses all;
	struct glass *g;
	char until[INSTANT_TEXT];

	keep_running(r, 0, &all);
	if (all.count == GLASS_MOST)
		return request_refuse(
		    r, "role", "span", "too many of these run already");
	g = &all.of[all.count++];
	*g = (struct glass){ .id = r->approved ? r->approved->id : 0,
		.account = r->caller.user,
		.role = role->key,
		.from_ms = r->identity.now_ms,
		.until_ms = until_ms,
		.approver = r->approved ? r->approved->approver : 0,
		.reason = arena_text(&r->arena, reason) };
	instant_format(until_ms, until);
	if (!g->reason)
		return ERR_TOO_LARGE;
	r->draft.clear = request_note(
	    r, arena_format(&r->arena, "%s until %s", role->key, until));
	pack_notice(r, g);
	return plan(r, &all);
}

enum err on_access_break_glass(struct request *r)
{
	const struct role *role = NULL;
	struct bytes reason;
	int64_t until_ms;
	enum err err = read_role(r, &role);

	if (!err)
		err = read_reason(r, &reason);
	if (!err)
		err = read_until(r, &until_ms);
	return err ? err : break_it(r, role, reason, until_ms);
}

/* --- ending --------------------------------------------------------------*/

static const struct glass *find_running(struct request *r)
{
	const struct glasses *all = directory_glasses(r->desk->directory);
	uint64_t id;

	if (!id_parse(param_text(r, "request"), &id))
		return NULL;
	for (size_t i = 0; i < all->count; i++)
		if (all->of[i].id == id &&
		    glass_runs(&all->of[i], r->identity.now_ms))
			return &all->of[i];
	return NULL;
}

static bool may_end(struct request *r, const struct glass *g)
{
	return g->account == r->caller.user || g->approver == r->caller.user ||
	       view_rights(r->caller.view, 0) & (RIGHT_USERS | RIGHT_ROLES);
}

enum err on_access_end(struct request *r)
{
	const struct glass *g = find_running(r);
	struct glasses kept;
	char id[ID_TEXT];

	param_text(r, "reason");
	if (param_error(r))
		return param_error(r);
	if (!g)
		return ERR_NOT_FOUND;
	if (!may_end(r, g))
		return ERR_DENIED;
	id_format(g->id, id);
	r->draft.act = "access.break_glass";
	r->draft.behalf = directory_login(r->desk->directory, g->account);
	r->draft.clear =
	    request_note(r, arena_format(&r->arena, "%s: %s", id, g->role));
	pack_notice(r, g);
	keep_running(r, g->id, &kept);
	return plan(r, &kept);
}

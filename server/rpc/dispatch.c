// SPDX-License-Identifier: MIT
/*
 * Dispatch: the steps every request takes, in one order, for all methods.
 *
 *   decode -> method -> who is this -> his view -> rights -> parameters ->
 *   second person -> handler -> does the service take changes now
 *
 * What a method needs stands in its row (method.def).  What becomes of the
 * result (commit, log, answer) is station.c's, again for all alike.
 */
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/second.h"

#define MESSAGE_ELEMENTS 200000
#define REQUEST_TYPE     0
#define NOTIFICATION     2

static const struct unpack_limits limits = { 16, MESSAGE_ELEMENTS };

/* --- decoding ------------------------------------------------------------*/

/* The number, even if the rest is bad, so that the answer finds its asker. */
static uint64_t number_of(struct bytes message)
{
	struct reader in = reader_of(message);
	uint64_t number;

	read_array(&in);
	read_int(&in);
	number = read_uint(&in);
	return in.err || number > UINT32_MAX ? 0 : number;
}

/* [2, method, params]: we offer none, and MessagePack-RPC answers none. */
static bool is_notification(struct bytes message)
{
	struct reader in = reader_of(message);

	return read_array(&in) == 3 && read_int(&in) == NOTIFICATION && !in.err;
}

enum err request_decode(struct request *r, struct bytes message)
{
	struct reader in;
	struct bytes name;
	enum err err;

	r->number = number_of(message);
	r->is_silent = is_notification(message);
	err = unpack_check(message, &limits);
	if (err)
		return err;
	r->message = arena_copy(&r->arena, message);
	if (!r->message.data)
		return ERR_TOO_LARGE;
	in = reader_of(r->message);
	if (r->is_silent)
		return ERR_UNKNOWN;
	if (read_array(&in) != 4 || read_int(&in) != REQUEST_TYPE)
		return ERR_INVALID;
	if (read_uint(&in) > UINT32_MAX)
		return ERR_INVALID;
	name = read_text(&in);
	if (read_array(&in) != 1)
		return ERR_INVALID;
	if (reader_peek(&in) != UNPACK_MAP)
		return ERR_INVALID;
	r->params = read_raw(&in);
	if (in.err || unpack_pairs(r->params, &r->given))
		return ERR_INVALID;
	r->method = method_find(name);
	return r->method ? ERR_OK : ERR_UNKNOWN;
}

/* --- the service ---------------------------------------------------------*/

/* Last of all, so that it tells nothing of what the checks found.  Coming and
 * going is no change of the book. */
static enum err check_service(struct request *r)
{
	static const char *const rules[] = { [SERVICE_READ_ONLY] = "read_only",
		[SERVICE_DRAINING] = "draining" };
	enum service s = atomic_load(&r->rpc->service);

	if (s == SERVICE_OPEN || r->wants_identity || !r->plan ||
	    plan_is_empty(r->plan))
		return ERR_OK;
	r->rule = rules[s];
	return ERR_UNAVAILABLE;
}

/* --- the log's view of it ------------------------------------------------*/

/* All that is done while a break-glass runs says so. */
static const char *under(struct request *r)
{
	const struct glass *g = r->effective.glass;

	return g ? arena_format(&r->arena, "break-glass %s", g->role) : NULL;
}

static void start_draft(struct request *r)
{
	struct session *s = r->session;

	r->draft = (struct draft){ .user = r->caller.user,
		.login = r->caller.login,
		.roles = r->caller.roles,
		.branch = r->caller.branch,
		.peer = s->peer,
		.spki = request_spki(r),
		.token = r->token ? r->token->id : NULL,
		.method = r->method ? r->method->name : "(none)",
		.under = under(r),
		.count = 1 };
}

/* --- one run -------------------------------------------------------------*/

static void start_over(struct request *r, struct desk *d)
{
	request_forget(r);
	r->desk = d;
	r->caller = (struct caller){ 0 };
	r->effective = (struct effective){ 0 };
	r->account = NULL;
	r->token = NULL;
	r->approved = NULL;
}

enum err request_perform(struct request *r, struct desk *d)
{
	enum err err;

	start_over(r, d);
	err = desk_refresh(d);
	if (!err)
		err = request_identify(r);
	start_draft(r);
	if (!err)
		err = request_check(r);
	if (!err)
		err = second_run(r);
	if (!err)
		err = check_service(r);
	if (!err)
		err = r->out.err;
	if (!err)
		err = desk_may_go_on(d);
	d->leave.ask = NULL;
	charge_end(r, err);
	return err;
}

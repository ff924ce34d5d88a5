// SPDX-License-Identifier: MIT
/*
 * token.*: what machines log in with.
 *
 * A token never has more than its account, is told once, and cannot be made
 * by another one.  Tokens of others are for who may make accounts.
 */
#include "common/date.h"
#include "common/pack.h"
#include "common/secret.h"
#include "common/text.h"
#include "server/access/policy.h"
#include "server/access/uses.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

static bool makes_users(const struct request *r)
{
	return view_rights(r->caller.view, 0) & RIGHT_USERS;
}

/* --- reading parameters --------------------------------------------------*/

/* Oneself, or with `users` anybody. */
static enum err read_account(struct request *r, const struct account **out)
{
	struct bytes login;
	enum err err;

	*out = r->account;
	if (!param_text(r, "user").len)
		return param_error(r);
	err = request_login(r, &login);
	if (err || bytes_is(login, r->account->login))
		return err;
	if (!makes_users(r))
		return ERR_DENIED;
	*out = directory_account(r->desk->directory, login);
	return *out ? ERR_OK : ERR_NOT_FOUND;
}

/* Whoever gets it can act as its account: where accounts take two persons,
 * nobody gets another's. */
static enum err check_owner(struct request *r, const struct account *who)
{
	if (who == r->account || !(directory_two_person(r->desk->directory) &
				     OPERATION_BIT(OPERATION_USERS)))
		return ERR_OK;
	return request_refuse(r, "user", "two_persons",
	    "where two persons are wanted, everybody makes his own");
}

static bool has_control(struct bytes text)
{
	int32_t c;

	while ((c = text_next(&text)) >= 0) {
		if (text_is_control(c))
			return true;
	}
	return text.len > 0;
}

static enum err read_name(struct request *r, struct token *t)
{
	struct bytes name = text_trim(param_text(r, "name"));

	if (param_error(r))
		return param_error(r);
	if (!name.len)
		return request_refuse(
		    r, "name", "required", "say what it is for");
	if (text_count(name) > TOKEN_NAME || has_control(name))
		return request_refuse(r, "name", "text",
		    "at most 64 characters, none that controls a terminal");
	t->name = arena_text(&r->arena, name);
	return t->name ? ERR_OK : ERR_TOO_LARGE;
}

static enum err add_role(struct request *r, const struct account *who,
    struct bytes key, struct token *t)
{
	const struct directory *d = r->desk->directory;

	if (!(directory_role_bit(d, key) & who->role_set))
		return request_refuse(r, "roles", "choice",
		    "a token has roles that its account has");
	if (t->role_count == ACCOUNT_ROLES)
		return request_refuse(
		    r, "roles", "count", "at most eight roles");
	t->roles[t->role_count++] = directory_role(d, key)->key;
	return ERR_OK;
}

static enum err read_roles(
    struct request *r, const struct account *who, struct token *t)
{
	struct bytes list = param_raw(r, "roles");
	struct reader in = reader_of(list);
	uint32_t left = list.len ? read_array(&in) : 0;
	enum err err = ERR_OK;

	for (; left && !in.err && !err; left--)
		err = add_role(r, who, read_text(&in), t);
	if (in.err)
		return request_refuse(
		    r, "roles", "type", "roles is a list of role names");
	if (!err && !t->role_count)
		return request_refuse(
		    r, "roles", "required", "give at least one role");
	return err;
}

static enum err read_networks(struct request *r, struct token *t)
{
	struct bytes list = param_raw(r, "networks");
	struct reader in = reader_of(list);
	uint32_t count = list.len ? read_array(&in) : 0;

	if (count > TOKEN_NETWORKS)
		return request_refuse(
		    r, "networks", "count", "at most sixteen networks");
	for (uint32_t i = 0; i < count && !in.err; i++) {
		if (network_parse(read_text(&in), &t->networks[i]))
			return request_refuse(r, "networks", "network",
			    "10.1.0.0/16, 2001:db8::/32 or one address");
	}
	t->network_count = count;
	return in.err ? request_refuse(r, "networks", "type",
			    "networks is a list of texts")
		      : ERR_OK;
}

/* A day ends with it. */
static enum err read_expires(struct request *r, struct token *t)
{
	struct bytes text = param_text(r, "expires");
	int64_t now = r->identity.now_ms;
	int64_t most = now + r->rpc->options.token_ms;
	int32_t day;

	if (param_error(r))
		return param_error(r);
	if (!text.len)
		return request_refuse(
		    r, "expires", "required", "say when it ends");
	if (!date_parse(text, &day))
		t->expires_ms = desk_day_begins(r->desk, day + 1);
	else if (instant_parse(text, &t->expires_ms))
		return request_refuse(
		    r, "expires", "date", "a day or an instant");
	if (t->expires_ms <= now)
		return request_refuse(
		    r, "expires", "range", "this moment is past");
	/* A day that ends a little after the last moment is meant so. */
	if (t->expires_ms > most + DAY_MS)
		return request_refuse(
		    r, "expires", "range", "it lasts longer than is allowed");
	return ERR_OK;
}

static enum err check_count(struct request *r, const struct account *who)
{
	struct token_list *list;
	unsigned count = 0;
	enum err err = token_list(
	    r->desk->snapshot, r->desk->sealer, who->id, &r->arena, &list);

	for (; !err && list; list = list->next)
		count += list->token.kind == TOKEN_ISSUED;
	if (!err && count >= TOKENS_MOST)
		return request_refuse(
		    r, "user", "count", "this account has too many tokens");
	return err;
}

/* --- telling -------------------------------------------------------------*/

static void pack_networks(struct buf *out, const struct token *t)
{
	pack_cstr(out, "networks");
	pack_array(out, t->network_count);
	for (unsigned i = 0; i < t->network_count; i++) {
		char text[NETWORK_TEXT];

		network_format(&t->networks[i], text);
		pack_cstr(out, text);
	}
}

static void pack_roles(struct buf *out, const struct token *t)
{
	pack_cstr(out, "roles");
	pack_array(out, t->role_count);
	for (unsigned i = 0; i < t->role_count; i++)
		pack_cstr(out, t->roles[i]);
}

#define TOKEN_PAIRS 10

static void pack_token(struct request *r, const struct token *t)
{
	struct buf *out = &r->out;
	int64_t used_ms = uses_last(r->rpc->uses, &t->key);

	pack_key_cstr(out, "id", t->id);
	pack_key_cstr(out, "kind", t->kind == TOKEN_KEPT ? "kept" : "issued");
	pack_key_cstr(out, "name", t->name);
	pack_key_cstr(
	    out, "user", directory_login(r->desk->directory, t->account));
	pack_roles(out, t);
	pack_networks(out, t);
	pack_key_instant(out, "created", t->created_ms);
	pack_cstr(out, "used");
	if (used_ms < t->used_ms)
		used_ms = t->used_ms;
	if (used_ms)
		pack_instant(out, used_ms);
	else
		pack_nil(out);
	pack_key_cstr(out, "from", t->from);
	pack_key_instant(out, "expires", t->expires_ms);
}

/* --- the methods ---------------------------------------------------------*/

/* The entry says whose token it is and why. */
static enum err log_token(
    struct request *r, const char *login, const struct token *t)
{
	r->must_log = true;
	r->draft.clear =
	    request_note(r, arena_format(&r->arena, "%s %s", login, t->id));
	return r->draft.clear ? param_error(r) : ERR_TOO_LARGE;
}

enum err on_token_create(struct request *r)
{
	struct token t = { .kind = TOKEN_ISSUED,
		.from = "",
		.creator = r->account->id,
		.created_ms = r->identity.now_ms };
	struct bytes reason = param_text(r, "reason");
	char secret[TOKEN_TEXT];
	const struct account *who;
	enum err err = read_account(r, &who);

	if (!err)
		err = check_owner(r, who);
	if (!err)
		err = read_name(r, &t);
	if (!err)
		err = read_roles(r, who, &t);
	if (!err)
		err = read_networks(r, &t);
	if (!err)
		err = read_expires(r, &t);
	if (!err && !reason.len)
		err = request_refuse(r, "reason", "required", "say why");
	if (!err)
		err = check_count(r, who);
	if (!err && !request_plan(r))
		err = ERR_TOO_LARGE;
	if (err)
		return err;
	t.account = who->id;
	t.stamp = who->stamp;
	err = token_plan(r->plan, r->desk->sealer, r->desk->random, &t, secret);
	pack_map(&r->out, TOKEN_PAIRS + 1);
	pack_token(r, &t);
	pack_key_cstr(&r->out, "token", secret);
	secret_wipe(secret, sizeof(secret));
	return err ? err : log_token(r, who->login, &t);
}

enum err on_token_list(struct request *r)
{
	const struct account *who = r->account;
	bool all = param_bool(r, "all");
	struct token_list *list;
	size_t mark;
	uint32_t count = 0;
	enum err err = read_account(r, &who);

	if (!err && all && !makes_users(r))
		return ERR_DENIED;
	if (!err)
		err = token_list(r->desk->snapshot, r->desk->sealer,
		    all ? 0 : who->id, &r->arena, &list);
	if (err)
		return err;
	pack_map(&r->out, 1);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	for (; list; list = list->next, count++) {
		pack_map(&r->out, TOKEN_PAIRS);
		pack_token(r, &list->token);
	}
	pack_array_close(&r->out, mark, count);
	return ERR_OK;
}

/* A machine ends itself alone. */
static bool may_end(const struct request *r, const struct token *t)
{
	if (request_is_machine(r))
		return digest_same(&t->key, &r->token->key, sizeof(t->key));
	return t->account == r->account->id || makes_users(r);
}

/* Another's token and one that does not exist are the same, for who may not
 * know of it. */
enum err on_token_revoke(struct request *r)
{
	struct bytes id = param_text(r, "id");
	struct token t;
	enum err err = param_error(r);

	if (!err)
		err = token_get_by_id(
		    r->desk->snapshot, r->desk->sealer, id, &r->arena, &t);
	if (!err && !may_end(r, &t))
		err = ERR_NOT_FOUND;
	if (!err && !request_plan(r))
		err = ERR_TOO_LARGE;
	if (err)
		return err;
	err = token_plan_revoke(r->plan, &t.key);
	pack_map(&r->out, 0);
	return err ? err
		   : log_token(
			 r, directory_login(r->desk->directory, t.account), &t);
}

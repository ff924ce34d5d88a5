// SPDX-License-Identifier: MIT
/*
 * session.whoami: all that a session may know of itself, one row a line.
 *
 * A packer appends the value of its key: nil where there is none.  Whoever
 * gives sessions something new to tell adds a packer and its row.
 */
#include "common/pack.h"
#include "common/version.h"
#include "server/access/factor.h"
#include "server/access/policy.h"
#include "server/access/visit.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/schema/book_rules.h"

#define KEY_SHOWN 8 /* bytes */

/* --- who -----------------------------------------------------------------*/

static enum err pack_user(struct request *r)
{
	pack_cstr(&r->out, r->account->login);
	return ERR_OK;
}

static enum err pack_name(struct request *r)
{
	pack_cstr(&r->out, r->account->name);
	return ERR_OK;
}

static enum err pack_branch(struct request *r)
{
	pack_cstr(&r->out, r->account->branch_code);
	return ERR_OK;
}

/* --- what he may ---------------------------------------------------------*/

static enum err pack_roles(struct request *r)
{
	request_pack_roles(r, r->effective.roles);
	return ERR_OK;
}

/* All that the account has; a token may give less, a grant more. */
static enum err pack_own_roles(struct request *r)
{
	request_pack_roles(r, r->account->role_set);
	return ERR_OK;
}

static enum err pack_rights(struct request *r)
{
	const struct view *v = r->caller.view;
	unsigned rights = view_rights(v, 0) | view_rights(v, RELATION_OWN) |
			  view_rights(v, RELATION_BRANCH) |
			  view_rights(v, RELATION_ALL);
	size_t mark = pack_array_open(&r->out);
	uint32_t count = 0;

	for (unsigned bit = 0; bit < 32; bit++) {
		if (!(rights >> bit & 1))
			continue;
		pack_cstr(&r->out, right_word(1u << bit));
		count++;
	}
	pack_array_close(&r->out, mark, count);
	return ERR_OK;
}

/* Of the bounded kinds: how many a day, and how many are gone. */
static enum err pack_quota(struct request *r)
{
	uint64_t used[QUOTA_KINDS];
	size_t mark = pack_array_open(&r->out);
	uint32_t count = 0;
	enum err err = quotas_used(r->rpc->quotas, r->desk->snapshot,
	    r->caller.user, desk_today(r->desk), used);

	for (enum quota_kind k = 0; !err && k < QUOTA_KINDS; k++) {
		if (!meter_is_bounded(r->caller.meter, k))
			continue;
		pack_map(&r->out, 3);
		pack_key_cstr(&r->out, "kind", quota_word(k));
		pack_key_int(&r->out, "used", (int64_t)used[k]);
		pack_key_int(&r->out, "most", (int64_t)r->meter.most[k]);
		count++;
	}
	pack_array_close(&r->out, mark, count);
	return err;
}

/* --- what holds for everybody --------------------------------------------*/

static enum err pack_two_person(struct request *r)
{
	operations_pack(&r->out, directory_two_person(r->desk->directory));
	return ERR_OK;
}

static enum err pack_notices(struct request *r)
{
	request_pack_notices(r);
	return ERR_OK;
}

/* --- the session ---------------------------------------------------------*/

static enum err pack_expires(struct request *r)
{
	pack_instant(&r->out, r->identity.until_ms);
	return ERR_OK;
}

/* When it ends if nothing more is asked. */
static enum err pack_idle_expires(struct request *r)
{
	int64_t at = r->identity.now_ms + r->rpc->options.idle_ms;

	if (!r->rpc->options.idle_ms || at > r->identity.until_ms)
		at = r->identity.until_ms;
	pack_instant(&r->out, at);
	return ERR_OK;
}

static enum err pack_session(struct request *r)
{
	pack_cstr(&r->out, request_is_machine(r) ? "token"
			   : r->token            ? "kept"
						 : "password");
	return ERR_OK;
}

static enum err pack_token(struct request *r)
{
	if (!r->token) {
		pack_nil(&r->out);
		return ERR_OK;
	}
	pack_map(&r->out, 3);
	pack_key_cstr(&r->out, "id", r->token->id);
	pack_key_cstr(&r->out, "name", r->token->name);
	pack_key_instant(&r->out, "expires", r->token->expires_ms);
	return ERR_OK;
}

static bool is_bound(const struct request *r)
{
	const struct bindings *b = directory_bindings(r->desk->directory);

	/* Bound is who would not be let in without. */
	return !bindings_admit(b, r->account, NULL);
}

/* The one he showed, if any, by the beginning of its key's digest. */
static enum err pack_certificate(struct request *r)
{
	const uint8_t *spki = request_spki(r);
	char hex[2 * KEY_SHOWN + 1];

	if (!spki) {
		pack_nil(&r->out);
		return ERR_OK;
	}
	hex_format(bytes_of(spki, KEY_SHOWN), hex);
	pack_map(&r->out, 2);
	pack_key_cstr(&r->out, "key", hex);
	pack_key_bool(&r->out, "bound", is_bound(r));
	return ERR_OK;
}

static enum err load_factor(struct request *r, struct factor *f)
{
	return factor_load(
	    r->desk->snapshot, r->desk->sealer, r->account->id, &r->arena, f);
}

static enum err pack_totp(struct request *r)
{
	struct factor f;
	enum err err = load_factor(r, &f);

	pack_bool(&r->out, f.is_on);
	factor_wipe(&f);
	return err;
}

/* How many are left. */
static enum err pack_recovery_codes(struct request *r)
{
	struct factor f;
	enum err err = load_factor(r, &f);

	if (f.is_on)
		pack_int(&r->out, f.recovery_count);
	else
		pack_nil(&r->out);
	factor_wipe(&f);
	return err;
}

static enum err pack_from(struct request *r)
{
	pack_cstr(&r->out, r->caller.peer);
	return ERR_OK;
}

/* --- others, under his name ----------------------------------------------*/

static enum err pack_sessions(struct request *r)
{
	unsigned all = presence_sessions(r->rpc->presence, r->account->id);
	unsigned mine = r->session->here == r->account->id;

	pack_uint(&r->out, all > mine ? all - mine : 0);
	return ERR_OK;
}

/* Is the newest login by password this session's own? */
static bool is_own(const struct request *r, const struct visit *v)
{
	return v->at_ms ==
	       (r->token ? r->token->created_ms : r->identity.began_ms);
}

static enum err load_visits(struct request *r, struct visits *out)
{
	return visits_load(
	    r->desk->snapshot, r->desk->sealer, r->account->id, &r->arena, out);
}

/* By password, but for this session's own. */
static enum err pack_last_login(struct request *r)
{
	struct visits v;
	enum err err = load_visits(r, &v);
	const struct visit *shown = is_own(r, &v.last) ? &v.before : &v.last;

	if (err || !shown->at_ms) {
		pack_nil(&r->out);
		return err;
	}
	pack_map(&r->out, 2);
	pack_key_instant(&r->out, "time", shown->at_ms);
	pack_key_cstr(&r->out, "from", shown->from);
	return ERR_OK;
}

/* Since that one. */
static enum err pack_failures(struct request *r)
{
	struct visits v;
	enum err err = load_visits(r, &v);
	uint64_t count = presence_failures(r->rpc->presence, r->account->id);

	pack_uint(&r->out, count + (is_own(r, &v.last) ? v.last.failures : 0));
	return err;
}

/* --- the company and its book --------------------------------------------*/

static enum err pack_company(struct request *r)
{
	const char *name = r->rpc->options.company;

	pack_cstr(&r->out, name ? name : "");
	return ERR_OK;
}

static enum err pack_schema(struct request *r)
{
	pack_int(&r->out, directory_schema(r->desk->directory)->version);
	return ERR_OK;
}

static enum err pack_rules(struct request *r)
{
	const struct book_rules *b =
	    directory_schema(r->desk->directory)->rules;

	pack_int(&r->out, b ? b->version : 0);
	return ERR_OK;
}

/* --- the server ----------------------------------------------------------*/

static enum err pack_server(struct request *r)
{
	pack_cstr(&r->out, "kehud");
	return ERR_OK;
}

static enum err pack_version(struct request *r)
{
	pack_cstr(&r->out, KEHU_VERSION);
	return ERR_OK;
}

static enum err pack_time(struct request *r)
{
	pack_instant(&r->out, clock_now_ms(r->desk->clock));
	return ERR_OK;
}

static const struct {
	const char *key;
	enum err (*pack)(struct request *r);
} lines[] = {
	{ "user", pack_user },
	{ "name", pack_name },
	{ "roles", pack_roles },
	{ "own_roles", pack_own_roles },
	{ "branch", pack_branch },
	{ "company", pack_company },
	{ "schema", pack_schema },
	{ "rules", pack_rules },
	{ "server", pack_server },
	{ "version", pack_version },
	{ "time", pack_time },
	{ "expires", pack_expires },
	{ "rights", pack_rights },
	{ "quota", pack_quota },
	{ "session", pack_session },
	{ "token", pack_token },
	{ "idle_expires", pack_idle_expires },
	{ "certificate", pack_certificate },
	{ "from", pack_from },
	{ "sessions", pack_sessions },
	{ "last_login", pack_last_login },
	{ "failures", pack_failures },
	{ "totp", pack_totp },
	{ "recovery_codes", pack_recovery_codes },
	{ "two_person", pack_two_person },
	{ "notices", pack_notices },
};

enum err on_session_whoami(struct request *r)
{
	size_t count = sizeof(lines) / sizeof(lines[0]);
	enum err err = ERR_OK;

	if (!r->account)
		return ERR_UNAUTHENTICATED;
	pack_map(&r->out, (uint32_t)count);
	for (size_t i = 0; i < count && !err; i++) {
		pack_cstr(&r->out, lines[i].key);
		err = lines[i].pack(r);
	}
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * user.*: who there is and what he may.
 *
 * Every change is an entry, is durable before the answer, and holds for open
 * sessions with their next request.
 */
#include "common/pack.h"
#include "common/secret.h"
#include "server/access/factor.h"
#include "server/rpc/inside.h"
#include "server/rpc/makers.h"
#include "server/rpc/method.h"
#include "server/rpc/proof.h"

#define ENROLMENT_LIFE_MS (24 * 3600 * 1000)

/* --- reading parameters --------------------------------------------------*/

static enum err read_roles(struct request *r, struct account *a)
{
	struct bytes list = param_raw(r, "roles");
	struct reader in = reader_of(list);
	uint32_t left;

	if (!list.len)
		return ERR_OK;
	a->role_count = 0;
	for (left = read_array(&in); left && !in.err; left--) {
		const struct role *role =
		    directory_role(r->desk->directory, read_text(&in));

		if (in.err)
			break;
		if (!role)
			return request_refuse(r, "roles", "choice",
			    "no such role; role.list names them");
		if (a->role_count == ACCOUNT_ROLES)
			return request_refuse(
			    r, "roles", "max", "at most eight roles");
		a->roles[a->role_count++] = role;
	}
	return in.err ? request_refuse(
			    r, "roles", "type", "roles is a list of role names")
		      : ERR_OK;
}

static enum err read_branch(struct request *r, struct account *a)
{
	struct bytes code = param_text(r, "branch");
	enum err err;

	if (!code.len)
		return param_error(r);
	err = request_branch(r, code, &a->branch);
	a->branch_code = arena_text(&r->arena, code);
	return err ? err : r->arena.err;
}

static enum err set_password(
    struct request *r, struct bytes password, struct account *a)
{
	/* Or whoever makes accounts could be two persons himself. */
	if (directory_two_person(r->desk->directory))
		return request_refuse(r, "password", "code",
		    "while two persons are wanted, an account begins with a "
		    "code");
	return proof_renew(r, password, a);
}

/* Without a password: a code to be told in person, good once, for a day. */
static void set_enrolment(
    struct request *r, struct account *a, char code[static ENROLMENT_TEXT])
{
	struct digest kept;

	enrolment_new(r->desk->random, code, &kept);
	a->enrolment = arena_copy(&r->arena, bytes_of(kept.of, DIGEST_SIZE));
	a->enrolment_until_ms =
	    clock_now_ms(r->desk->clock) + ENROLMENT_LIFE_MS;
	a->password = BYTES_NONE;
	a->must_change = true;
	/* He who hands it out could come by it: he counts as the maker. */
	if (directory_two_person(r->desk->directory))
		a->maker = r->caller.user;
}

static enum err read_account(struct request *r, struct account *a)
{
	struct bytes name = param_text(r, "name");
	enum err err = read_roles(r, a);

	if (!err)
		err = read_branch(r, a);
	if (!err && name.len)
		a->name = arena_text(&r->arena, name);
	if (!err && param_raw(r, "must_change").len)
		a->must_change = param_bool(r, "must_change");
	return err ? err : param_error(r);
}

/* --- changing ------------------------------------------------------------*/

static enum err save(struct request *r, const struct account *before,
    const struct account *after)
{
	struct plan *p = request_directory_plan(r);

	if (!p)
		return ERR_TOO_LARGE;
	r->must_log = true;
	r->draft.branch = after->branch;
	r->draft.clear = request_note(r, after->login);
	return param_error(r) ? param_error(r)
			      : directory_plan_account(p, r->desk->directory,
				    r->desk->sealer, before, after);
}

/* Behind it `more` further entries of the map. */
static void pack_account(
    struct buf *out, const struct account *a, unsigned more)
{
	pack_map(out, 5u + more);
	pack_key_cstr(out, "user", a->login);
	pack_key_cstr(out, "name", a->name);
	pack_cstr(out, "roles");
	pack_array(out, a->role_count);
	for (unsigned i = 0; i < a->role_count; i++)
		pack_cstr(out, a->roles[i]->key);
	pack_key_cstr(out, "branch", a->branch_code);
	pack_key_bool(out, "disabled", a->disabled);
}

static void pack_made(
    struct buf *out, const struct account *a, const char *code)
{
	pack_account(out, a, code ? 1 : 0);
	if (code)
		pack_key_cstr(out, "code", code);
}

/* A name that nobody has; the rest is the caller's to fill. */
static enum err begin_account(struct request *r, struct account *a)
{
	struct bytes login;
	enum err err = request_login(r, &login);

	if (err)
		return err;
	if (directory_account(r->desk->directory, login)) {
		r->bad_field = bytes_text("user");
		return ERR_DUPLICATE;
	}
	*a = (struct account){ .id = directory_new_id(r->desk->directory),
		.login = arena_text(&r->arena, login),
		.name = "",
		.branch_code = "" };
	return a->login ? ERR_OK : ERR_TOO_LARGE;
}

/* With the password that was given, else with a code to be told. */
static enum err finish_account(
    struct request *r, struct account *a, char code[static ENROLMENT_TEXT])
{
	struct bytes password = param_text(r, "password");
	enum err err = param_error(r);

	code[0] = '\0';
	if (!err && password.len)
		err = set_password(r, password, a);
	else if (!err)
		set_enrolment(r, a, code);
	if (!err)
		err = save(r, NULL, a);
	if (!err)
		pack_made(&r->out, a, code[0] ? code : NULL);
	return err;
}

enum err on_user_create(struct request *r)
{
	char code[ENROLMENT_TEXT];
	struct account a;
	enum err err = begin_account(r, &a);

	if (!err)
		err = read_account(r, &a);
	if (!err && !a.role_count)
		err = request_refuse(
		    r, "roles", "required", "give at least one role");
	if (!err)
		err = finish_account(r, &a, code);
	secret_wipe(code, sizeof code);
	return err;
}

/* What runs the machine goes to `to`; what makes accounts, roles and schema
 * stays. */
static void split_roles(
    const struct account *from, struct account *stays, struct account *to)
{
	const unsigned machine = RIGHT_BACKUP | RIGHT_RESTORE | RIGHT_KEYS;
	const unsigned people =
	    RIGHT_USERS | RIGHT_ROLES | RIGHT_SCHEMA | RIGHT_RULES;

	stays->role_count = 0;
	for (unsigned i = 0; i < from->role_count; i++) {
		unsigned rights = from->roles[i]->rights;
		bool goes = rights & machine && !(rights & people);
		struct account *a = goes ? to : stays;

		a->roles[a->role_count++] = from->roles[i];
	}
}

/* `init` makes one administrator of people and machine; this makes two.  He
 * gives away and gains nothing, so it is no change of one's own roles. */
enum err on_user_split(struct request *r)
{
	char code[ENROLMENT_TEXT];
	struct account stays = *r->account, made;
	enum err err = begin_account(r, &made);

	if (err)
		return err;
	split_roles(r->account, &stays, &made);
	if (!made.role_count || !stays.role_count)
		return request_refuse(
		    r, "user", "split", "you do not have both kinds of roles");
	err = finish_account(r, &made, code);
	if (!err)
		err = directory_plan_account(r->plan, r->desk->directory,
		    r->desk->sealer, r->account, &stays);
	secret_wipe(code, sizeof code);
	return err;
}

/* Nobody gains, or moves himself, by his own hand; and one's own password
 * takes the old one, whoever sits at the session. */
static enum err check_self(struct request *r, const struct account *who)
{
	static const char *const own[] = { "roles", "branch", "disabled",
		"totp", "new_code", "password" };

	for (unsigned i = 0; who == r->account && i < 6; i++) {
		if (!param_raw(r, own[i]).len)
			continue;
		r->bad_field = bytes_text(own[i]);
		r->rule = "self";
		return ERR_DENIED;
	}
	return ERR_OK;
}

/* For whoever lost his device.  One's own goes by a code, not by a session. */
static enum err reset_factor(
    struct request *r, const struct account *before, struct account *after)
{
	struct factor f;
	enum err err;

	if (!param_raw(r, "totp").len)
		return ERR_OK;
	if (param_bool(r, "totp"))
		return request_refuse(r, "totp", "totp_reset",
		    "its owner alone can switch a second factor on");
	if (!param_text(r, "reason").len)
		return request_refuse(
		    r, "reason", "reason_required", "a reason must be given");
	if (!request_plan(r))
		return ERR_TOO_LARGE;
	err = factor_load(
	    r->desk->snapshot, r->desk->sealer, before->id, &r->arena, &f);
	if (!err)
		factor_plan_drop(r->plan, &f);
	factor_wipe(&f);
	after->stamp++;
	return err;
}

/* A password, or a code for whoever lost his. */
static enum err change_proof(
    struct request *r, struct account *a, char code[static ENROLMENT_TEXT])
{
	struct bytes password = param_text(r, "password");
	bool new_code = param_bool(r, "new_code");

	code[0] = '\0';
	if (param_error(r))
		return param_error(r);
	if (new_code && password.len)
		return request_refuse(
		    r, "new_code", "code", "a password or a code, not both");
	if (password.len)
		return set_password(r, password, a);
	if (new_code)
		set_enrolment(r, a, code);
	return ERR_OK;
}

static enum err change(
    struct request *r, bool disable, char code[static ENROLMENT_TEXT])
{
	const struct account *before;
	struct account after;
	enum err err = request_account(r, &before);

	if (!err)
		err = check_self(r, before);
	if (err)
		return err;
	after = *before;
	err = read_account(r, &after);
	if (!err && param_raw(r, "disabled").len)
		after.disabled = param_bool(r, "disabled");
	after.disabled |= disable;
	if (!err)
		err = change_proof(r, &after, code);
	if (!err)
		err = makers_check(r, r->desk->directory, before, &after);
	if (!err)
		err = reset_factor(r, before, &after);
	if (!err)
		err = save(r, before, &after);
	if (!err)
		pack_made(&r->out, &after, code[0] ? code : NULL);
	return err;
}

static enum err change_and_wipe(struct request *r, bool disable)
{
	char code[ENROLMENT_TEXT];
	enum err err = change(r, disable, code);

	secret_wipe(code, sizeof code);
	return err;
}

enum err on_user_update(struct request *r)
{
	return change_and_wipe(r, false);
}

enum err on_user_disable(struct request *r)
{
	return change_and_wipe(r, true);
}

/* --- looking -------------------------------------------------------------*/

enum err on_user_list(struct request *r)
{
	const struct directory *d = r->desk->directory;
	size_t count = directory_account_count(d);
	enum err err = ERR_OK;

	pack_map(&r->out, 1);
	pack_cstr(&r->out, "rows");
	pack_array(&r->out, (uint32_t)count);
	for (size_t i = 0; !err && i < count; i++) {
		const struct account *a = directory_account_at(d, i);
		struct factor f;

		err = factor_load(
		    r->desk->snapshot, r->desk->sealer, a->id, &r->arena, &f);
		pack_account(&r->out, a, 1);
		pack_key_bool(&r->out, "totp", f.is_on);
		factor_wipe(&f);
	}
	return err;
}

/* Whoever asks about himself learns of nothing that he may not know. */
static bool may_know(
    const struct view *knows, const struct entity *e, const struct field *f)
{
	const struct view_entity *ve = knows ? view_entity_of(knows, e) : NULL;

	if (!knows)
		return true;
	return ve && (!f || view_field(ve, bytes_text(f->key)));
}

static void explain_entity(struct request *r, const struct effective *of,
    const struct view *knows, const struct entity *e)
{
	size_t mark;
	uint32_t count = 0;

	pack_map(&r->out, 2);
	pack_key_cstr(&r->out, "entity", e->key);
	pack_cstr(&r->out, "fields");
	mark = pack_map_open(&r->out);
	for (unsigned i = 0; i < e->field_count; i++) {
		if (!may_know(knows, e, &e->fields[i]))
			continue;
		pack_cstr(&r->out, e->fields[i].key);
		directory_explain(r->desk->directory, of->roles, of->view,
		    &e->fields[i], &r->out);
		count++;
	}
	pack_map_close(&r->out, mark, count);
}

static void explain(struct request *r, const char *login,
    const struct effective *of, const struct view *knows)
{
	const struct schema *s = directory_schema(r->desk->directory);
	size_t mark;
	uint32_t count = 0;

	pack_map(&r->out, 2);
	pack_key_cstr(&r->out, "user", login);
	pack_cstr(&r->out, "entities");
	mark = pack_array_open(&r->out);
	for (unsigned i = 0; i < s->entity_count; i++) {
		if (!may_know(knows, &s->entities[i], NULL))
			continue;
		explain_entity(r, of, knows, &s->entities[i]);
		count++;
	}
	pack_array_close(&r->out, mark, count);
}

/* One's own rights anybody may ask for; another's, who makes accounts. */
enum err on_user_effective(struct request *r)
{
	struct bytes login = bytes_text(r->caller.login);
	const struct account *who;
	struct effective of;
	enum err err =
	    param_raw(r, "user").len ? request_login(r, &login) : ERR_OK;

	if (err)
		return err;
	if (bytes_is(login, r->caller.login)) {
		explain(r, r->caller.login, &r->effective, r->caller.view);
		return ERR_OK;
	}
	if (!(view_rights(r->caller.view, 0) & RIGHT_USERS))
		return ERR_DENIED;
	err = request_account(r, &who);
	if (!err)
		err = effective_decide(r->desk->directory, who, ROLES_ALL, &of);
	if (!err)
		err = effective_break_glass(
		    r->desk->directory, who, r->identity.now_ms, &of);
	if (!err)
		explain(r, who->login, &of, NULL);
	return err;
}

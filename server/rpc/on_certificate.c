// SPDX-License-Identifier: MIT
/*
 * certificate.*: which keys an account or a branch comes by.
 *
 * Nobody can bind himself out: who changes what he himself comes by must be
 * let in by the result, over the connection that he is on.
 */
#include "common/pack.h"
#include "server/access/binding.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

struct subject { /* who is bound: one of the two */
	const struct account *user;
	uint64_t branch;
	const char *text; /* for the log */
};

/* --- reading parameters --------------------------------------------------*/

static enum err read_branch(
    struct request *r, struct bytes code, struct subject *out)
{
	enum err err = request_branch(r, code, &out->branch);

	out->text =
	    arena_format(&r->arena, "branch %.*s", (int)code.len, code.data);
	return err ? err : r->arena.err;
}

static enum err read_user(struct request *r, struct subject *out)
{
	enum err err = request_account(r, &out->user);

	if (!err)
		out->text = out->user->login;
	return err;
}

static enum err read_subject(struct request *r, struct subject *out)
{
	struct bytes user = param_text(r, "user");
	struct bytes branch = param_text(r, "branch");

	*out = (struct subject){ .user = NULL };
	if (param_error(r))
		return param_error(r);
	if (!user.len == !branch.len)
		return request_refuse(
		    r, "user", "required", "name a user or a branch");
	return user.len ? read_user(r, out) : read_branch(r, branch, out);
}

static enum err read_key(struct request *r, struct digest *out)
{
	struct bytes hex = param_text(r, "certificate");

	if (param_error(r))
		return param_error(r);
	if (hex_parse(hex, out->of, DIGEST_SIZE))
		return request_refuse(r, "certificate", "digest",
		    "64 hex digits: the SHA-256 of its public key");
	return ERR_OK;
}

/* --- changing ------------------------------------------------------------*/

/* A copy of the list, with one more or without one. */
static enum err edit_list(struct request *r, struct digest *list,
    unsigned *count, unsigned most, const struct digest *key, bool add)
{
	unsigned kept = 0, before = *count;

	for (unsigned i = 0; i < before; i++) {
		if (!digest_same(&list[i], key, sizeof(*key)))
			list[kept++] = list[i];
	}
	*count = kept;
	if (!add)
		return kept < before ? ERR_OK : ERR_NOT_FOUND;
	if (kept == most)
		return request_refuse(
		    r, "certificate", "count", "at most eight of one account");
	list[(*count)++] = *key;
	return ERR_OK;
}

static enum err edit_user(struct request *r, const struct subject *of,
    const struct digest *key, bool add)
{
	struct account after = *of->user;
	enum err err = edit_list(r, after.certificates,
	    &after.certificate_count, ACCOUNT_CERTIFICATES, key, add);

	if (!err && of->user == r->account &&
	    !bindings_admit(directory_bindings(r->desk->directory), &after,
		request_spki(r)))
		return request_refuse(r, "certificate", "self",
		    "log in with this certificate first");
	if (err)
		return err;
	return directory_plan_account(
	    r->plan, r->desk->directory, r->desk->sealer, of->user, &after);
}

static enum err edit_bindings(struct request *r, uint64_t branch,
    const struct digest *key, bool add, struct bindings *after)
{
	const struct bindings *before = directory_bindings(r->desk->directory);
	struct bound_key *list =
	    arena_array(&r->arena, before->count + 1, sizeof(*list));
	size_t kept = 0;

	if (!list)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < before->count; i++) {
		const struct bound_key *b = &before->of[i];

		if (b->branch != branch ||
		    !digest_same(&b->key, key, sizeof(*key)))
			list[kept++] = *b;
	}
	if (!add && kept == before->count)
		return ERR_NOT_FOUND;
	if (add && kept >= BINDINGS_MOST)
		return request_refuse(
		    r, "certificate", "count", "too many are bound already");
	if (add)
		list[kept++] = (struct bound_key){ branch, *key };
	*after = (struct bindings){ list, kept, before->row };
	return ERR_OK;
}

static enum err edit_branch(struct request *r, const struct subject *of,
    const struct digest *key, bool add)
{
	struct bindings after;
	enum err err = edit_bindings(r, of->branch, key, add, &after);

	if (!err && !bindings_admit(&after, r->account, request_spki(r)))
		err = request_refuse(r, "certificate", "self",
		    "log in with this certificate first");
	if (!err)
		err = bindings_plan(r->plan, r->desk->sealer, &after);
	directory_touch(r->plan);
	return err;
}

static enum err edit(struct request *r, bool add)
{
	struct subject of;
	struct digest key;
	char hex[2 * DIGEST_SIZE + 1];
	enum err err = read_subject(r, &of);

	if (!err)
		err = read_key(r, &key);
	if (!err && !request_plan(r))
		err = ERR_TOO_LARGE;
	if (!err)
		err = of.user ? edit_user(r, &of, &key, add)
			      : edit_branch(r, &of, &key, add);
	if (err)
		return err;
	hex_format(bytes_of(key.of, DIGEST_SIZE), hex);
	r->must_log = true;
	r->draft.clear =
	    request_note(r, arena_format(&r->arena, "%s %s", of.text, hex));
	pack_map(&r->out, 0);
	return r->draft.clear ? param_error(r) : ERR_TOO_LARGE;
}

enum err on_certificate_add(struct request *r)
{
	return edit(r, true);
}

enum err on_certificate_remove(struct request *r)
{
	return edit(r, false);
}

/* --- looking -------------------------------------------------------------*/

static void pack_row(struct request *r, const char *kind, const char *whose,
    const struct digest *key)
{
	char hex[2 * DIGEST_SIZE + 1];

	hex_format(bytes_of(key->of, DIGEST_SIZE), hex);
	pack_map(&r->out, 2);
	pack_key_cstr(&r->out, kind, whose);
	pack_key_cstr(&r->out, "certificate", hex);
}

/* Its code, as its people have it; the id of one without people. */
static const char *branch_text(struct request *r, uint64_t branch)
{
	const struct directory *d = r->desk->directory;
	char id[ID_TEXT];

	for (size_t i = 0; i < directory_account_count(d); i++) {
		const struct account *a = directory_account_at(d, i);

		if (a->branch == branch)
			return a->branch_code;
	}
	id_format(branch, id);
	return arena_text(&r->arena, bytes_text(id));
}

static uint32_t pack_users(struct request *r)
{
	const struct directory *d = r->desk->directory;
	uint32_t count = 0;

	for (size_t i = 0; i < directory_account_count(d); i++) {
		const struct account *a = directory_account_at(d, i);

		for (unsigned k = 0; k < a->certificate_count; k++, count++)
			pack_row(r, "user", a->login, &a->certificates[k]);
	}
	return count;
}

enum err on_certificate_list(struct request *r)
{
	const struct bindings *b = directory_bindings(r->desk->directory);
	size_t mark;
	uint32_t count;

	pack_map(&r->out, 1);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	count = pack_users(r);
	for (size_t i = 0; i < b->count; i++, count++) {
		const char *text = branch_text(r, b->of[i].branch);

		if (!text)
			return ERR_TOO_LARGE;
		pack_row(r, "branch", text, &b->of[i].key);
	}
	pack_array_close(&r->out, mark, count);
	return ERR_OK;
}

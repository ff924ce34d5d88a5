// SPDX-License-Identifier: MIT
/*
 * role.*: what there is to be, read and replaced whole.
 *
 * A role lies in the schema document.  A change makes another document,
 * tries it out beside the present one (every word is read strictly, every
 * account gets its view), says what it would change, and plans it.  Open
 * sessions have it with their next request.
 */
#include "common/pack.h"
#include "server/access/compare.h"
#include "server/access/role_document.h"
#include "server/rpc/inside.h"
#include "server/rpc/makers.h"
#include "server/rpc/method.h"

/* What a role consists of, in the file's order. */
static const char *const parts[] = { "label", "rights", "grants", "deny",
	"quota", "approval" };
#define PARTS (sizeof parts / sizeof *parts)
/* And the schema's version when it was applied: server/access/role.h. */
#define SINCE "since"

/* --- looking -------------------------------------------------------------*/

enum err on_role_list(struct request *r)
{
	const struct directory *d = r->desk->directory;
	size_t count = directory_role_count(d);

	pack_map(&r->out, 1);
	pack_cstr(&r->out, "rows");
	pack_array(&r->out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		const struct role *role = directory_role_at(d, i);

		pack_map(&r->out, 3);
		pack_key_cstr(&r->out, "role", role->key);
		pack_key_cstr(&r->out, "zh", role->label.zh);
		pack_key_cstr(&r->out, "en", role->label.en);
	}
	return ERR_OK;
}

static enum err need_role(struct request *r, struct bytes *key)
{
	*key = param_text(r, "role");
	if (param_error(r))
		return param_error(r);
	if (!key->len)
		return request_refuse(r, "role", "required", "which role?");
	return ERR_OK;
}

enum err on_role_get(struct request *r)
{
	struct bytes document = directory_schema(r->desk->directory)->document;
	struct bytes key, role;
	struct reader in;
	size_t mark;
	uint32_t left, count = 1;
	enum err err = need_role(r, &key);

	if (err)
		return err;
	role = role_stated(document, key);
	if (!role.len)
		return ERR_NOT_FOUND;
	in = reader_of(role);
	mark = pack_map_open(&r->out);
	pack_key_text(&r->out, "role", key);
	for (left = read_map(&in); left && !in.err; left--) {
		struct bytes part = read_text(&in), value = read_raw(&in);

		if (bytes_is(part, SINCE))
			continue;
		pack_text(&r->out, part);
		pack_raw(&r->out, value);
		count++;
	}
	pack_map_close(&r->out, mark, count);
	return in.err ? ERR_CORRUPT : ERR_OK;
}

/* --- changing ------------------------------------------------------------*/

struct role_change {
	struct bytes key;
	struct bytes role;     /* packed; none: it goes */
	struct buf document;   /* as it would be */
	struct directory *now; /* the desk's */
	struct directory *then;
};

static enum err count_holders(
    struct request *r, struct bytes role, unsigned *count)
{
	const struct directory *d = r->desk->directory;
	uint64_t bit = directory_role_bit(d, role);

	*count = 0;
	for (size_t i = 0; i < directory_account_count(d); i++)
		*count += (directory_account_at(d, i)->role_set & bit) != 0;
	/* Whoever changes what he himself holds changes his own rights. */
	if (!((r->account->role_set | r->effective.roles) & bit))
		return ERR_OK;
	r->bad_field = bytes_text("role");
	r->rule = "self";
	return ERR_DENIED;
}

static enum err pack_parts(struct request *r, struct bytes *role)
{
	uint32_t version = directory_schema(r->desk->directory)->version;
	struct buf packed;
	size_t mark;
	uint32_t count = 1;

	buf_init(&packed, STORE_VALUE);
	mark = pack_map_open(&packed);
	for (unsigned i = 0; i < PARTS; i++) {
		struct bytes value = param_raw(r, parts[i]);

		if (!value.len)
			continue;
		pack_cstr(&packed, parts[i]);
		pack_raw(&packed, value);
		count++;
	}
	pack_cstr(&packed, SINCE);
	pack_uint(&packed, version);
	pack_map_close(&packed, mark, count);
	*role = buf_move(&packed, &r->arena);
	return role->data ? ERR_OK : ERR_TOO_LARGE;
}

static enum err try_out(struct request *r, struct role_change *c)
{
	const struct schema *s = directory_schema(c->now);

	role_replace(s->document, c->key, c->role, &c->document);
	return c->document.err
		   ? c->document.err
		   : request_try_document(r, buf_bytes(&c->document),
			 s->version, "role", "role", &c->then);
}

static enum err pack_change(
    struct request *r, struct role_change *c, unsigned holders)
{
	const struct schema *s = directory_schema(c->then);
	const struct view *before, *after;
	enum err err =
	    directory_view(c->now, directory_role_bit(c->now, c->key), &before);

	if (!err)
		err = directory_view(
		    c->then, directory_role_bit(c->then, c->key), &after);
	if (err)
		return err;
	pack_map(&r->out, 6);
	pack_key_text(&r->out, "role", c->key);
	pack_key_int(&r->out, "accounts", holders);
	pack_cstr(&r->out, "rights");
	compare_rights(s, before, after, &r->out);
	pack_cstr(&r->out, "levels");
	compare_levels(s, before, after, &r->out);
	pack_cstr(&r->out, "quota");
	compare_quotas(before, after, &r->out);
	pack_cstr(&r->out, "approval");
	compare_waits(s, before, after, &r->out);
	return r->out.err;
}

static enum err perform(
    struct request *r, struct role_change *c, unsigned holders)
{
	bool dry_run = param_bool(r, "dry_run");
	enum err err = param_error(r);

	c->now = r->desk->directory;
	buf_init(&c->document, STORE_VALUE);
	if (!err)
		err = try_out(r, c);
	if (!err)
		err = makers_check(r, c->then, NULL, NULL);
	if (!err)
		err = pack_change(r, c, holders);
	if (!err && !dry_run)
		err = request_plan_document(r, buf_bytes(&c->document),
		    directory_schema(c->now)->version,
		    arena_text(&r->arena, c->key));
	directory_free(c->then);
	buf_release(&c->document);
	return err;
}

enum err on_role_apply(struct request *r)
{
	struct role_change c = { .then = NULL };
	unsigned holders;
	enum err err = need_role(r, &c.key);

	if (!err)
		err = count_holders(r, c.key, &holders);
	if (!err)
		err = pack_parts(r, &c.role);
	return err ? err : perform(r, &c, holders);
}

enum err on_role_remove(struct request *r)
{
	struct role_change c = { .then = NULL };
	unsigned holders;
	enum err err = need_role(r, &c.key);

	if (!err && !directory_role(r->desk->directory, c.key))
		err = ERR_NOT_FOUND;
	if (!err)
		err = count_holders(r, c.key, &holders);
	if (!err && holders)
		err = request_refuse(r, "role", "held",
		    "accounts hold this role; give them another first");
	return err ? err : perform(r, &c, holders);
}

// SPDX-License-Identifier: MIT
/*
 * schema.apply and schema.document: the schema file of a running book.
 *
 * Roles and rules of a document are not taken over: they change by role.apply
 * and rule.apply, and a new field, or one in another class, reaches nobody
 * until a role was applied after it (schema/evolve.h).
 */
#include "common/pack.h"
#include "server/access/role_document.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/schema/evolve.h"

#define MESSAGE_TEXT 300

enum err on_schema_document(struct request *r)
{
	const struct schema *s = directory_schema(r->desk->directory);

	pack_map(&r->out, 2);
	pack_key_int(&r->out, "version", s->version);
	pack_cstr(&r->out, "document");
	sections_take_out(s->document, &r->out);
	return ERR_OK;
}

struct applying {
	const struct schema *present;
	uint32_t version;
	struct buf given;   /* packed, as it came */
	struct buf evolved; /* with what is new marked */
	struct buf whole;   /* and the roles and rules of now */
	struct buf changes;
	char message[MESSAGE_TEXT];
};

/* As text, as `kehud init` takes it, or packed. */
static enum err read_document(struct request *r, struct applying *a)
{
	struct bytes value = param_raw(r, "document");
	struct reader in = reader_of(value);

	if (!value.len)
		return request_refuse(r, "document", "required",
		    "the schema's document is needed");
	if (reader_peek(&in) == UNPACK_TEXT)
		return document_parse(
		    read_text(&in), &a->given, a->message, sizeof a->message);
	buf_append_bytes(&a->given, value);
	return a->given.err;
}

static enum err evolve(struct applying *a)
{
	struct schema *alone;
	enum err err = schema_compile(buf_bytes(&a->given), a->version, &alone,
	    a->message, sizeof a->message);

	if (err)
		return err;
	schema_free(alone);
	err = schema_evolve(a->present->document, buf_bytes(&a->given),
	    a->version, &a->evolved, &a->changes, a->message,
	    sizeof a->message);
	if (!err)
		sections_carry(
		    buf_bytes(&a->evolved), a->present->document, &a->whole);
	return err ? err : a->whole.err;
}

/* The roles of now must still mean something. */
static enum err try_out(struct request *r, struct applying *a)
{
	struct directory *then;
	enum err err = request_try_document(
	    r, buf_bytes(&a->whole), a->version, "document", "schema", &then);

	if (!err)
		directory_free(then);
	return err;
}

static enum err apply(struct request *r, struct applying *a)
{
	bool dry_run = param_bool(r, "dry_run");
	enum err err = param_error(r);

	if (!err)
		err = read_document(r, a);
	if (!err)
		err = evolve(a);
	if (err == ERR_INVALID && !r->found.errors && a->message[0])
		err = request_refuse(r, "document", "schema", a->message);
	if (!err)
		err = try_out(r, a);
	if (!err && !dry_run)
		err = request_plan_document(r, buf_bytes(&a->whole), a->version,
		    arena_format(&r->arena, "version %u", a->version));
	if (err)
		return err;
	pack_map(&r->out, 2);
	pack_key_int(&r->out, "version", a->version);
	pack_cstr(&r->out, "changes");
	pack_raw(&r->out, buf_bytes(&a->changes));
	return ERR_OK;
}

enum err on_schema_apply(struct request *r)
{
	const struct schema *s = directory_schema(r->desk->directory);
	struct applying a = { .present = s, .version = s->version + 1 };
	enum err err;

	buf_init(&a.given, STORE_VALUE);
	buf_init(&a.evolved, STORE_VALUE);
	buf_init(&a.whole, STORE_VALUE);
	buf_init(&a.changes, STORE_VALUE);
	err = apply(r, &a);
	buf_release(&a.changes);
	buf_release(&a.whole);
	buf_release(&a.evolved);
	buf_release(&a.given);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * What handlers ask of their request: parameters, entity, plan.
 */
#include "server/rpc/request.h"

#include "common/pack.h"
#include "server/data/refs.h"

#define DOCUMENT_MESSAGE 300 /* what is wrong with one */

bool param_is_known(const char *words, struct bytes name)
{
	while (*words) {
		size_t len = strcspn(words, " ");

		if (bytes_equal(bytes_of(words, len), name))
			return true;
		words += len + 1;
	}
	return false;
}

struct bytes param_raw(const struct request *r, const char *key)
{
	struct bytes value = pairs_get(&r->given, key);
	struct reader in = reader_of(value);

	return value.len && reader_peek(&in) == UNPACK_NIL ? BYTES_NONE : value;
}

static void wrong_type(struct request *r, const char *key, const char *want)
{
	findings_add(&r->found, FINDING_ERROR, key, "type",
	    "this parameter is %s", want);
	r->outcome = ERR_INVALID;
}

struct bytes param_text(struct request *r, const char *key)
{
	struct bytes value = param_raw(r, key);
	struct reader in = reader_of(value);
	struct bytes text;

	if (!value.len)
		return BYTES_NONE;
	text = read_text(&in);
	if (in.err)
		wrong_type(r, key, "a text");
	return text;
}

bool param_bool(struct request *r, const char *key)
{
	struct bytes value = param_raw(r, key);
	struct reader in = reader_of(value);
	bool v;

	if (!value.len)
		return false;
	v = read_bool(&in);
	if (in.err)
		wrong_type(r, key, "true or false");
	return v;
}

int64_t param_int(struct request *r, const char *key, int64_t fallback)
{
	struct bytes value = param_raw(r, key);
	struct reader in = reader_of(value);
	int64_t v;

	if (!value.len)
		return fallback;
	v = read_int(&in);
	if (in.err || v < 0) {
		wrong_type(r, key, "a whole number from 0");
		return fallback;
	}
	return v;
}

enum err param_error(const struct request *r)
{
	return r->outcome;
}

#define NOTE_SEAL  "note"
#define NOTE_BYTES (2 * REASON_MOST)

enum err request_check_reason(struct request *r, struct bytes reason)
{
	return reason.len <= REASON_MOST
		   ? ERR_OK
		   : request_refuse(r, "reason", "max", "at most 2,000 bytes");
}

const char *request_note(struct request *r, const char *what)
{
	struct bytes reason = param_text(r, "reason");
	struct buf sealed;
	enum err err;

	if (!what || !reason.len)
		return what;
	buf_init(&sealed, NOTE_BYTES);
	err = seal_system(
	    r->desk->sealer, NOTE_SEAL, BYTES_NONE, reason, &sealed);
	r->draft.note = arena_copy(&r->arena, buf_bytes(&sealed));
	buf_release(&sealed);
	return err || !r->draft.note.len ? NULL : what;
}

const char *request_read_note(
    struct request *r, const struct draft *d, struct arena *a)
{
	struct bytes why;

	if (!d->note.len)
		return d->clear;
	if (unseal_system(
		r->desk->sealer, NOTE_SEAL, BYTES_NONE, d->note, a, &why))
		return d->clear;
	return arena_format(a, "%s: %.*s", d->clear ? d->clear : "",
	    (int)why.len, (const char *)why.data);
}

enum err request_note_read(
    struct request *r, struct record *record, const struct shown *shown)
{
	size_t count = r->draft.record_count;
	struct entry_record *list;
	enum err err;

	if (!shown->watched)
		return ERR_OK;
	list = arena_array(&r->arena, count + 1, sizeof *list);
	if (!list)
		return ERR_TOO_LARGE;
	if (count)
		memcpy(list, r->draft.records, count * sizeof *list);
	err = record_touched(record, shown, &r->arena, &list[count]);
	r->draft.records = list;
	r->draft.record_count = count + 1;
	r->draft.subject = record->header.subject;
	if (!err)
		err = record_branch(r->desk, record, &r->draft.branch);
	r->must_log = true;
	return err;
}

enum err request_save(struct request *r, struct work *w)
{
	struct plan *p = request_plan(r);
	struct touched touched;
	enum err err = p ? work_save(w, p, &touched) : ERR_TOO_LARGE;

	if (err)
		return err;
	r->owners = touched.owners;
	r->owner_count = touched.owner_count;
	touched_note(&touched, &r->draft);
	r->draft.source = arena_text(&r->arena, w->options.origin.source);
	return plan_error(p);
}

enum err request_refuse(
    struct request *r, const char *field, const char *rule, const char *message)
{
	findings_add(&r->found, FINDING_ERROR, field, rule, "%s", message);
	return ERR_INVALID;
}

enum err request_entity(struct request *r, const struct view_entity **out)
{
	struct bytes key = param_text(r, "entity");

	if (param_error(r))
		return param_error(r);
	*out = view_entity(r->caller.view, key);
	if (*out)
		return ERR_OK;
	r->bad_field = bytes_text("entity");
	return ERR_UNKNOWN;
}

enum err request_entity_of(
    struct request *r, const char *key, const struct view_entity **out)
{
	*out = view_entity(r->caller.view, bytes_text(key));
	if (*out)
		return ERR_OK;
	r->bad_field = bytes_text(key);
	return ERR_UNKNOWN;
}

static enum err refuse_unnamed(struct request *r, const char *key)
{
	return request_refuse(
	    r, key, "required", "say which: a number or an internal id");
}

enum err request_id(struct request *r, const char *key, struct bytes *id)
{
	*id = param_text(r, key);
	if (param_error(r))
		return param_error(r);
	return id->len ? ERR_OK : refuse_unnamed(r, key);
}

enum err request_record(struct request *r, const struct view_entity *ve,
    struct bytes id, struct record **out)
{
	return id.len ? record_find_by_text(
			    r->desk, &r->caller, ve, id, &r->arena, out)
		      : refuse_unnamed(r, "id");
}

enum err request_login(struct request *r, struct bytes *login)
{
	struct bytes typed = param_text(r, "user");

	if (param_error(r))
		return param_error(r);
	if (login_canonical(&r->arena, typed, login))
		return request_refuse(
		    r, "user", "login", "1 to 64 letters, digits and . _ - @");
	return ERR_OK;
}

enum err request_account(struct request *r, const struct account **out)
{
	struct bytes login;
	enum err err = request_login(r, &login);

	if (err)
		return err;
	*out = directory_account(r->desk->directory, login);
	return *out ? ERR_OK : ERR_NOT_FOUND;
}

enum err request_branch(struct request *r, struct bytes code, uint64_t *id)
{
	const struct entity *e =
	    schema_branch(directory_schema(r->desk->directory));
	enum err err = ERR_NOT_FOUND;

	if (e && e->number_field)
		err =
		    unique_find(r->desk, e->number_field, code, &r->arena, id);
	return err == ERR_NOT_FOUND ? request_refuse(r, "branch", "reference",
					  "no branch has this code")
				    : err;
}

void request_forget(struct request *r)
{
	r->plan = NULL;
	r->owner_count = 0;
	r->must_log = false;
	r->bad_field = BYTES_NONE;
	r->rule = NULL;
	r->retry_after_ms = 0;
	r->outcome = ERR_OK;
	r->wants_identity = false;
	buf_reset(&r->out);
	findings_init(&r->found, &r->arena);
}

struct plan *request_plan(struct request *r)
{
	if (!r->plan)
		r->plan = plan_new(&r->arena);
	return r->plan;
}

struct plan *request_directory_plan(struct request *r)
{
	static const uint64_t owner = 0;

	r->owners = &owner;
	r->owner_count = 1;
	return request_plan(r);
}

enum err request_try_document(struct request *r, struct bytes document,
    uint32_t version, const char *field, const char *rule,
    struct directory **then)
{
	char message[DOCUMENT_MESSAGE];
	enum err err = directory_try(r->desk->directory, document, version,
	    then, message, sizeof message);

	return err == ERR_INVALID ? request_refuse(r, field, rule, message)
				  : err;
}

enum err request_plan_document(struct request *r, struct bytes document,
    uint32_t version, const char *what)
{
	struct plan *p = request_directory_plan(r);

	if (!p)
		return ERR_TOO_LARGE;
	r->must_log = true;
	r->draft.clear = request_note(r, what);
	return param_error(r) ? param_error(r)
			      : directory_plan_schema(p, r->desk->directory,
				    r->desk->sealer, document, version);
}

void request_end_session(struct request *r)
{
	r->granted = (struct identity){ 0 };
	r->wants_identity = true;
	r->must_log = true;
}

enum err request_end_sessions(struct request *r)
{
	struct account after = *r->account;
	struct plan *p = request_plan(r);

	after.stamp++;
	return p ? directory_plan_account(p, r->desk->directory,
		       r->desk->sealer, r->account, &after)
		 : ERR_TOO_LARGE;
}

void request_pack_roles(struct request *r, uint64_t roles)
{
	const struct directory *d = r->desk->directory;
	size_t mark = pack_array_open(&r->out);
	uint32_t count = 0;

	for (size_t i = 0; i < directory_role_count(d); i++) {
		if (!(roles >> i & 1))
			continue;
		pack_cstr(&r->out, directory_role_at(d, i)->key);
		count++;
	}
	pack_array_close(&r->out, mark, count);
}

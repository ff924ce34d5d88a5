// SPDX-License-Identifier: MIT
/*
 * audit.find and audit.export: what the log's entries say.
 *
 * For auditors; whoever may read the log of one branch sees that branch's
 * entries and no others, and a break-glass is told to everybody.  Reading the
 * log is an entry.
 */
#include "common/pack.h"
#include "server/data/known.h"
#include "server/data/refs.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

#define ROWS_MOST  1000
#define ROWS       50
#define LOOK_MOST  100000        /* entries looked at in one answer */
#define PAGE_BYTES (1024 * 1024) /* of an answer; its last entry may pass */
#define LOOK_ARENA (16 * 1024 * 1024)
#define NOTICED    "access.break_glass" /* everybody reads of it */

/* Entries of imports are long: a page also ends by what it holds. */
static bool is_full(const struct request *r)
{
	return buf_bytes(&r->out).len >= PAGE_BYTES;
}

/* --- as they lie there ---------------------------------------------------*/

enum err on_audit_export(struct request *r)
{
	uint64_t at = (uint64_t)param_int(r, "from", 0);
	uint64_t limit = (uint64_t)param_int(r, "limit", ROWS);
	uint64_t head = snapshot_head(r->desk->snapshot);
	size_t mark;
	uint32_t count = 0;
	enum err err = param_error(r);

	if (err)
		return err;
	if (limit > ROWS_MOST)
		limit = ROWS_MOST;
	r->must_log = true;
	pack_map(&r->out, 2);
	pack_cstr(&r->out, "entries");
	mark = pack_array_open(&r->out);
	for (; !err && count < limit && at < head && !is_full(r);
	     at++, count++) {
		struct bytes leaf;

		err = auditlog_leaf(r->desk->snapshot, at, &leaf);
		if (!err)
			pack_bin(&r->out, leaf);
	}
	pack_array_close(&r->out, mark, count);
	pack_cstr(&r->out, "next");
	if (at < head)
		pack_uint(&r->out, at);
	else
		pack_nil(&r->out);
	return err;
}

/* --- reading entries -----------------------------------------------------*/

struct look { /* what is asked of the log */
	struct request *request;
	struct bytes user, method;
	uint8_t entity;
	uint64_t record;
	uint64_t branch;   /* 0: all */
	bool only_notices; /* what everybody may know of */
	struct arena arena;
	uint32_t shown;
};

static enum err read_look(struct request *r, struct look *l)
{
	struct bytes id = param_text(r, "id");
	const struct view_entity *ve;
	struct record *record;
	enum err err;

	l->user = param_text(r, "user");
	l->method = param_text(r, "method");
	if (param_error(r))
		return param_error(r);
	if (!id.len && !param_raw(r, "entity").len)
		return ERR_OK;
	err = request_entity(r, &ve);
	if (err)
		return err;
	l->entity = view_entity_schema(ve)->id;
	if (!id.len)
		return ERR_OK;
	err = record_find_by_text(
	    r->desk, &r->caller, ve, id, &r->arena, &record);
	l->record = err ? 0 : record->id;
	return err;
}

/* All, one's own branch, or what is said to everybody: each break-glass. */
static enum err look_scope(struct request *r, struct look *l)
{
	const struct view *v = r->caller.view;

	if (view_rights(v, RELATION_ALL) & RIGHT_AUDIT)
		return ERR_OK;
	l->only_notices = bytes_is(param_text(r, "method"), NOTICED);
	if (view_rights(v, RELATION_BRANCH) & RIGHT_AUDIT)
		l->branch = r->caller.branch;
	return l->branch || l->only_notices ? ERR_OK : ERR_DENIED;
}

static bool touches(const struct look *l, const struct draft *d)
{
	if (!l->entity)
		return true;
	for (size_t i = 0; i < d->record_count; i++)
		if (d->records[i].entity == l->entity &&
		    (!l->record || d->records[i].id == l->record))
			return true;
	return false;
}

static bool is_text(struct bytes asked, const char *text)
{
	return text && bytes_is(asked, text);
}

/* What was refused, or done to no effect, is the auditor's alone. */
static bool is_asked(const struct look *l, const struct entry *e)
{
	const struct draft *d = &e->draft;

	if (l->only_notices ? !entry_is_done(e)
			    : l->branch && d->branch != l->branch)
		return false;
	if (l->user.len && !is_text(l->user, d->login) &&
	    !is_text(l->user, d->behalf))
		return false;
	if (l->method.len && !is_text(l->method, d->method) &&
	    !is_text(l->method, d->act))
		return false;
	return touches(l, d);
}

static void pack_record(struct request *r, const struct entry_record *e)
{
	const struct schema *s = directory_schema(r->desk->directory);
	const struct entity *entity =
	    e->entity < SCHEMA_ENTITIES ? s->by_id[e->entity] : NULL;
	const struct view_entity *ve =
	    entity ? view_entity_of(r->caller.view, entity) : NULL;
	char id[ID_TEXT];
	size_t mark;
	uint32_t count = 0;

	id_format(e->id, id);
	pack_map(&r->out, 5);
	pack_key_cstr(&r->out, "entity", entity ? entity->key : "?");
	pack_key_cstr(&r->out, "id", id);
	pack_key_int(&r->out, "version", e->version);
	pack_key_cstr(&r->out, "touch", touch_word(e->touch));
	pack_cstr(&r->out, "fields");
	mark = pack_array_open(&r->out);
	for (unsigned i = 0; ve && i < e->field_count; i++) {
		const struct field *f = e->fields[i] < SCHEMA_FIELDS
					    ? entity->by_id[e->fields[i]]
					    : NULL;

		if (!f || !view_field(ve, bytes_text(f->key)))
			continue;
		pack_cstr(&r->out, f->key);
		count++;
	}
	pack_array_close(&r->out, mark, count);
}

static uint32_t pack_optional(
    struct buf *out, const char *key, const char *text)
{
	if (!text || !*text)
		return 0;
	pack_key_cstr(out, key, text);
	return 1;
}

/* An entry can tell of records of several branches. */
static bool may_know(struct look *l, const struct entry_record *e)
{
	struct request *r = l->request;
	struct record peeked;

	return !l->branch || known_record(r->desk, &r->caller, e, &peeked);
}

static void pack_records(struct look *l, const struct draft *d)
{
	struct buf *out = &l->request->out;
	size_t mark;
	uint32_t count = 0;

	pack_cstr(out, "records");
	mark = pack_array_open(out);
	for (size_t i = 0; i < d->record_count; i++) {
		if (!may_know(l, &d->records[i]))
			continue;
		pack_record(l->request, &d->records[i]);
		count++;
	}
	pack_array_close(out, mark, count);
}

/* When, what, and how it went; how many pairs. */
static uint32_t pack_what(struct buf *out, const struct entry *e)
{
	const struct draft *d = &e->draft;

	pack_key_int(out, "position", (int64_t)e->position);
	pack_key_instant(out, "time", e->time_ms);
	pack_key_cstr(out, "method", d->method ? d->method : "");
	pack_key_cstr(out, "result", d->result ? d->result : e->result);
	return 4;
}

static const char *note_of(struct look *l, const struct draft *d)
{
	return request_read_note(l->request, d, &l->arena);
}

/* Who, what, why; not from where, nor with which roles. */
static void pack_notice(struct look *l, const struct entry *e)
{
	const struct draft *d = &e->draft;
	struct buf *out = &l->request->out;
	size_t mark = pack_map_open(out);
	uint32_t count = pack_what(out, e);

	count += pack_optional(out, "user", d->login);
	count += pack_optional(out, "act", d->act);
	count += pack_optional(out, "behalf", d->behalf);
	count += pack_optional(out, "note", note_of(l, d));
	pack_map_close(out, mark, count);
}

/* The customer of a refusal that says why: records stand in none.  A branch's
 * reader knows the entry as his people's, and not whom they asked about. */
static uint32_t pack_subject(struct look *l, const struct draft *d)
{
	char id[ID_TEXT];

	if (!d->why || !d->subject || l->branch)
		return 0;
	id_format(d->subject, id);
	pack_key_cstr(&l->request->out, "customer", id);
	return 1;
}

/* The first digits of the key that his client proved to have. */
static uint32_t pack_certificate(struct buf *out, const struct draft *d)
{
	char hex[17];

	if (!d->spki)
		return 0;
	hex_format(bytes_of(d->spki, 8), hex);
	pack_key_cstr(out, "certificate", hex);
	return 1;
}

static void pack_entry(struct look *l, const struct entry *e)
{
	const struct draft *d = &e->draft;
	struct buf *out = &l->request->out;
	size_t mark = pack_map_open(out);
	uint32_t count = pack_what(out, e) + 2; /* count and records */

	pack_key_int(out, "count", (int64_t)d->count);
	count += pack_optional(out, "user", d->login);
	count += pack_optional(out, "roles", d->roles);
	count += pack_optional(out, "token", d->token);
	count += pack_optional(out, "from", d->peer);
	count += pack_certificate(out, d);
	count += pack_optional(out, "why", d->why);
	count += pack_subject(l, d);
	count += pack_optional(out, "act", d->act);
	count += pack_optional(out, "behalf", d->behalf);
	count += pack_optional(out, "under", d->under);
	count += pack_optional(out, "source", d->source);
	count += pack_optional(out, "request_id", d->request);
	count += pack_optional(out, "note", note_of(l, d));
	pack_records(l, d);
	pack_map_close(out, mark, count);
}

static enum err look_at(struct look *l, uint64_t position)
{
	struct entry e;
	enum err err = desk_may_go_on(l->request->desk);

	arena_reset(&l->arena);
	if (!err)
		err = auditlog_entry(
		    l->request->desk->snapshot, position, &l->arena, &e);
	if (err || !is_asked(l, &e))
		return err;
	if (l->only_notices)
		pack_notice(l, &e);
	else
		pack_entry(l, &e);
	l->shown++;
	return ERR_OK;
}

/* Newest first; `from` goes on where an answer ended. */
enum err on_audit_find(struct request *r)
{
	struct look l = { .request = r };
	uint64_t head = snapshot_head(r->desk->snapshot);
	uint64_t at = (uint64_t)param_int(r, "from", INT64_MAX);
	uint64_t limit = (uint64_t)param_int(r, "limit", ROWS);
	unsigned looked = 0;
	size_t mark;
	enum err err = look_scope(r, &l);

	if (!err)
		err = read_look(r, &l);
	if (err)
		return err;
	at = at < head ? at + 1 : head;
	limit = limit < ROWS_MOST ? limit : ROWS_MOST;
	r->must_log = true;
	arena_init(&l.arena, 16 * 1024, LOOK_ARENA);
	pack_map(&r->out, 2);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	while (!err && at && l.shown < limit && looked++ < LOOK_MOST &&
	       !is_full(r))
		err = look_at(&l, --at);
	pack_array_close(&r->out, mark, l.shown);
	pack_cstr(&r->out, "next");
	if (at)
		pack_uint(&r->out, at - 1);
	else
		pack_nil(&r->out);
	arena_release(&l.arena);
	return err;
}

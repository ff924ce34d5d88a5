// SPDX-License-Identifier: MIT
/*
 * change.list: what was changed, request by request.
 *
 * The log says who changed what, so a list of one's own changes is a look
 * back through it.  The entry of a change that took another back names that
 * one, so the list can tell what is undone.
 */
#include "common/pack.h"
#include "server/audit/auditlog.h"
#include "server/data/known.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

#define ROWS       20
#define ROWS_MOST  100
#define LOOK_MOST  100000 /* entries looked at in one answer */
#define LOOK_ARENA (16 * 1024 * 1024)
#define TRY_MOST   50 /* records of a change that is tried */

struct list {
	struct request *request;
	struct bytes user; /* whose; none: the caller's */
	bool tries;        /* whether undo would refuse */
	struct lookup undone;
	struct arena arena; /* of one entry */
	uint64_t before;    /* positions shown are below it */
	uint32_t shown;
};

static struct bytes place_key(uint64_t position, uint8_t key[static 8])
{
	put_be64(key, position);
	return bytes_of(key, 8);
}

static bool is_undone(const struct list *l, uint64_t position)
{
	uint8_t key[8];

	return lookup_get(&l->undone, place_key(position, key));
}

/* What was undone and done again is not undone: the newest speaks first. */
static enum err note_undone(struct list *l, const struct entry *e)
{
	uint8_t key[8];

	if (!e->draft.undoes || !entry_is_done(e) || is_undone(l, e->position))
		return ERR_OK;
	return lookup_put(
	    &l->undone, place_key(e->draft.undoes, key), e->position);
}

struct sums { /* of one entry, as far as the caller may know */
	struct record *first;
	unsigned records, made;
};

static void count_records(
    struct list *l, const struct draft *d, struct sums *out)
{
	struct request *r = l->request;

	*out = (struct sums){ 0 };
	for (size_t i = 0; i < d->record_count; i++) {
		struct record peeked;

		if (!known_change(r->desk, &r->caller, &d->records[i], &peeked))
			continue;
		if (!out->first)
			out->first = record_keep(&l->arena, &peeked);
		out->records++;
		out->made += d->records[i].version == 1;
	}
}

/* The error, or ERR_OK also where nothing is known. */
static enum err try_undo(struct list *l, struct entry *e, const char **rule)
{
	static const enum err told[] = { ERR_DENIED, ERR_INVALID, ERR_CONFLICT,
		ERR_NOT_FOUND, ERR_UNKNOWN };
	enum err err;

	*rule = NULL;
	if (!l->tries || e->draft.record_count > TRY_MOST ||
	    is_undone(l, e->position))
		return ERR_OK;
	err = change_try_undo(l->request, e, &l->arena, rule);
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		if (err == told[i])
			return err;
	*rule = NULL;
	return ERR_OK;
}

static enum err pack_change(
    struct list *l, struct entry *e, const struct sums *s)
{
	const struct draft *d = &e->draft;
	struct buf *out = &l->request->out;
	enum err err = record_open(l->request->desk, s->first), refused;
	const char *rule;

	if (err)
		return err;
	refused = try_undo(l, e, &rule);
	pack_map(out, 9u + (d->undoes != 0) + (d->request != NULL) +
			  (d->source != NULL) + (refused != ERR_OK) +
			  (rule != NULL));
	pack_key_int(out, "position", (int64_t)e->position);
	pack_key_instant(out, "time", e->time_ms);
	pack_key_cstr(out, "user", d->login ? d->login : "");
	pack_key_cstr(out, "method", d->method ? d->method : "");
	pack_key_cstr(out, "entity", s->first->entity->key);
	pack_key_text(out, "number", record_number(s->first));
	pack_key_int(out, "records", s->records);
	pack_key_int(out, "made", s->made);
	pack_key_bool(out, "undone", is_undone(l, e->position));
	if (d->undoes)
		pack_key_int(out, "undoes", (int64_t)d->undoes);
	if (d->request)
		pack_key_cstr(out, "request_id", d->request);
	if (d->source)
		pack_key_cstr(out, "source", d->source);
	if (refused)
		pack_key_cstr(out, "refused", err_word(refused));
	if (rule)
		pack_key_cstr(out, "rule", rule);
	l->shown++;
	return out->err;
}

static bool is_asked(const struct list *l, const struct entry *e)
{
	const struct draft *d = &e->draft;

	if (!entry_is_done(e) || !d->record_count || change_is_final(e))
		return false;
	return l->user.len ? d->login && bytes_is(l->user, d->login)
			   : d->user == l->request->caller.user;
}

static enum err look_at(struct list *l, uint64_t position)
{
	struct desk *d = l->request->desk;
	struct entry e;
	struct sums sums;
	enum err err = desk_may_go_on(d);

	arena_reset(&l->arena);
	if (!err)
		err = auditlog_entry(d->snapshot, position, &l->arena, &e);
	if (!err)
		err = note_undone(l, &e);
	if (err || position >= l->before || !is_asked(l, &e))
		return err;
	count_records(l, &e.draft, &sums);
	return sums.first ? pack_change(l, &e, &sums) : ERR_OK;
}

/* Another's are for whoever reads the log, or may take them back. */
static enum err read_whose(struct request *r, struct list *l)
{
	unsigned rights = view_rights(r->caller.view, RELATION_ALL) |
			  view_rights(r->caller.view, RELATION_BRANCH);

	l->user = param_text(r, "user");
	if (param_error(r) || !l->user.len ||
	    bytes_is(l->user, r->caller.login))
		return param_error(r);
	return rights & (RIGHT_AUDIT | RIGHT_OVERRIDE) ? ERR_OK : ERR_DENIED;
}

/* Newest first.  What came after page and page is looked at for what it
 * undid. */
enum err on_change_list(struct request *r)
{
	struct list l = { .request = r };
	uint64_t at = snapshot_head(r->desk->snapshot);
	uint64_t limit = (uint64_t)param_int(r, "limit", ROWS);
	unsigned looked = 0;
	size_t mark;
	enum err err;

	l.before = (uint64_t)param_int(r, "after", INT64_MAX);
	l.tries = param_bool(r, "check");
	err = read_whose(r, &l);
	if (err)
		return err;
	limit = limit < ROWS_MOST ? limit : ROWS_MOST;
	lookup_init(&l.undone, &r->arena);
	arena_init(&l.arena, 16 * 1024, LOOK_ARENA);
	pack_map(&r->out, 2);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	while (!err && at && l.shown < limit && looked++ < LOOK_MOST)
		err = look_at(&l, --at);
	pack_array_close(&r->out, mark, l.shown);
	pack_cstr(&r->out, "next");
	if (at)
		pack_uint(&r->out, at);
	else
		pack_nil(&r->out);
	arena_release(&l.arena);
	return err;
}

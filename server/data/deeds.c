// SPDX-License-Identifier: MIT
/*
 * Counting deeds.  See deeds.h.
 *
 * The log is walked from the first entry of that time on.  A record is read
 * where it was written first in that time, which its history's links tell, so
 * that nothing is remembered of those that were: its history from newest to
 * oldest, where what a step replaced waits until the walk meets the step that
 * had set it.
 */
#include "server/data/deeds.h"

#include "common/clock.h"
#include "server/audit/auditlog.h"
#include "server/data/history.h"

#define SCRATCH_BLOCK (24 * 1024)
#define SCRATCH_CAP   (16 * 1024 * 1024)
#define LOOKS_A_LEAVE 64
#define VIEW_NS       UINT64_C(1000000000) /* a view is held so long */

struct count {
	struct deeds *deeds;
	struct arena leaf;    /* of one entry */
	struct arena scratch; /* of one record */
	struct history_rooms rooms;
	uint64_t from;     /* the first entry of that time */
	uint64_t until_ns; /* of the view at hand */
	unsigned looked_at;
};

const char *deed_word(enum deed d)
{
	static const char *const words[DEEDS] = { "records", "changes",
		"invalid", "denied", "corrected" };

	return words[d];
}

/* Now and then: has he still a session, and a fresh view. */
static enum err breathe(struct count *c)
{
	struct desk *d = c->deeds->desk;
	enum err err;

	if (++c->looked_at % LOOKS_A_LEAVE)
		return ERR_OK;
	err = desk_may_go_on(d);
	if (err || clock_monotonic_ns() < c->until_ns)
		return err;
	c->until_ns = clock_monotonic_ns() + VIEW_NS;
	return desk_look(d);
}

/* --- people --------------------------------------------------------------*/

static enum err add(struct deeds *d, uint64_t user, struct bytes login,
    enum deed deed, uint64_t by)
{
	uint8_t key[8];
	uint64_t at;
	enum err err = ERR_OK;

	put_be64(key, user);
	at = lookup_get(&d->by_user, bytes_of(key, sizeof key));
	if (!at) {
		struct doer *list = arena_more(
		    d->arena, d->doers, d->count, &d->room, sizeof *list);

		if (!list)
			return ERR_TOO_LARGE;
		d->doers = list;
		d->doers[d->count] = (struct doer){ .user = user,
			.login = arena_text(d->arena, login) };
		at = ++d->count;
		err = lookup_put(&d->by_user, bytes_of(key, sizeof key), at);
	}
	if (!err)
		d->doers[at - 1].of[deed] += by;
	return err ? err : d->arena->err;
}

/* --- the log -------------------------------------------------------------*/

static enum err read_entry(
    struct count *c, uint64_t position, struct entry *out)
{
	enum err err = breathe(c);

	arena_reset(&c->leaf);
	return err ? err
		   : auditlog_entry(
			 c->deeds->desk->snapshot, position, &c->leaf, out);
}

/* Entries are never before the one before them. */
static enum err first_since(
    struct count *c, int64_t ms, uint64_t head, uint64_t *out)
{
	uint64_t low = 0, high = head;
	struct entry e;
	enum err err = ERR_OK;

	while (!err && low < high) {
		uint64_t middle = low + (high - low) / 2;

		err = read_entry(c, middle, &e);
		if (!err && e.time_ms < ms)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return err;
}

/* Of the methods that enter something; DEEDS: of another kind. */
static enum deed refusal_of(const struct draft *d)
{
	static const char *const entering[] = { "record.create",
		"record.update", "record.batch" };
	static const struct {
		const char *result;
		enum deed deed;
	} kinds[] = { { "invalid", DEED_INVALID },
		{ "duplicate", DEED_INVALID }, { "denied", DEED_DENIED },
		{ "unknown", DEED_DENIED } };
	bool enters = false;

	for (unsigned i = 0; d->method && i < 3; i++)
		enters |= !strcmp(d->method, entering[i]);
	for (unsigned i = 0; enters && d->result && i < 4; i++)
		if (!strcmp(d->result, kinds[i].result))
			return kinds[i].deed;
	return DEEDS;
}

static enum err take_refusal(struct count *c, const struct draft *d)
{
	enum deed deed = refusal_of(d);

	if (deed == DEEDS || !d->login ||
	    (c->deeds->branch && d->branch != c->deeds->branch))
		return ERR_OK;
	return add(c->deeds, d->user, bytes_text(d->login), deed,
	    d->count ? d->count : 1);
}

/* --- histories -----------------------------------------------------------*/

struct replaced { /* a value: who replaced it, and the next of its version */
	uint64_t by;
	uint32_t next;
};

struct life { /* of one record */
	struct count *count;
	const struct view_entity *ve;
	struct record *record;
	uint32_t *first; /* by version that had set it; 0: none */
	struct replaced *list;
	uint32_t replaced, room;
};

static bool is_within(const struct count *c, const struct history_step *s)
{
	return s->at_ms >= c->deeds->from_ms && s->at_ms < c->deeds->to_ms;
}

static bool may_read(const struct life *l, const struct field *f)
{
	return view_level(l->ve, l->record->relations,
		   record_is_variant(l->record), f) &
	       MAY_SEE;
}

/* Is the value that it replaced one that a person had got wrong? */
static enum err is_correction(
    const struct life *l, const struct history_change *c, bool *is)
{
	const struct field *f = c->field;
	struct arena_mark mark;
	enum err err;

	*is = c->old_version && (c->old.len || c->old_sealed.len) &&
	      !c->rule.len && !f->has_moves && !f->single && !f->is_auto;
	if (!*is)
		return ERR_OK;
	mark = arena_mark(l->record->arena);
	err = history_same(l->count->deeds->desk, l->record, c, MAY_SEE, is);
	arena_rewind(l->record->arena, mark);
	*is = !*is;
	return err;
}

static enum err await_setter(struct life *l, uint32_t version, uint64_t by)
{
	if (l->replaced + 1 >= l->room) {
		uint32_t room = l->room ? 2 * l->room : 64;
		struct replaced *list =
		    arena_array(l->record->arena, room, sizeof *list);

		if (!list)
			return ERR_TOO_LARGE;
		if (l->replaced)
			memcpy(list, l->list, (l->replaced + 1) * sizeof *list);
		l->list = list;
		l->room = room;
	}
	l->list[++l->replaced] = (struct replaced){ by, l->first[version] };
	l->first[version] = l->replaced;
	return ERR_OK;
}

/* What later steps replaced of this one's. */
static enum err settle_replaced(struct life *l, const struct history_step *s)
{
	uint64_t corrected = 0;

	for (uint32_t i = l->first[s->version]; i; i = l->list[i].next)
		corrected += l->list[i].by != s->user;
	return corrected ? add(l->count->deeds, s->user, s->login,
			       DEED_CORRECTED, corrected)
			 : ERR_OK;
}

static enum err take_changes(struct life *l, const struct history_step *s)
{
	uint64_t changed = 0;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < s->change_count; i++) {
		const struct history_change *c = &s->changes[i];
		bool is;

		if (!may_read(l, c->field) || c->rule.len)
			continue;
		changed++;
		err = is_correction(l, c, &is);
		if (!err && is)
			err = await_setter(l, c->old_version, s->user);
	}
	if (err || !changed)
		return err;
	return s->version == 1
		   ? add(l->count->deeds, s->user, s->login, DEED_MADE, 1)
		   : add(l->count->deeds, s->user, s->login, DEED_CHANGED,
			 changed);
}

static enum err walk_life(struct life *l)
{
	struct history_walk walk;
	enum err err = history_begin_long(
	    &walk, l->count->deeds->desk, l->record, &l->count->rooms);

	while (!err) {
		err = history_next(&walk);
		if (!err)
			err = settle_replaced(l, &walk.step);
		if (!err && is_within(l->count, &walk.step))
			err = take_changes(l, &walk.step);
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err take_record(struct count *c, const struct entry_record *w)
{
	struct deeds *d = c->deeds;
	const struct schema *s = directory_schema(d->desk->directory);
	const struct entity *e =
	    w->entity < SCHEMA_ENTITIES ? s->by_id[w->entity] : NULL;
	struct life l = { .count = c,
		.ve = e ? view_entity_of(d->who->view, e) : NULL };
	unsigned relations;
	enum err err;

	if (!l.ve)
		return ERR_OK;
	arena_reset(&c->scratch);
	err = record_load(d->desk, &c->scratch, e, w->id, &l.record);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	err = record_relations(d->desk, d->who, l.record, &relations);
	if (err || !(relations & view_range(l.ve)))
		return err;
	l.first = arena_array(
	    &c->scratch, (size_t)l.record->header.version + 1, sizeof *l.first);
	err = l.first ? record_open(d->desk, l.record) : ERR_TOO_LARGE;
	return err ? err : walk_life(&l);
}

/* --- the log's records ---------------------------------------------------*/

static enum err take_written(
    struct count *c, uint64_t position, const struct entry_record *r)
{
	uint64_t before;
	enum err err;

	if (r->touch != TOUCH_WRITE)
		return ERR_OK;
	err = breathe(c); /* an import's entry names a thousand */
	if (!err)
		err = history_before(
		    c->deeds->desk, r->entity, r->id, position, &before);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	return before == HISTORY_NONE || before < c->from ? take_record(c, r)
							  : ERR_OK;
}

static enum err take_entry(
    struct count *c, uint64_t position, const struct entry *e)
{
	enum err err = ERR_OK;

	if (!entry_is_done(e))
		return take_refusal(c, &e->draft);
	for (size_t i = 0; !err && i < e->draft.record_count; i++)
		err = take_written(c, position, &e->draft.records[i]);
	return err;
}

static enum err read_log(struct count *c)
{
	uint64_t head = snapshot_head(c->deeds->desk->snapshot);
	enum err err = first_since(c, c->deeds->from_ms, head, &c->from);
	struct entry e;

	for (uint64_t at = c->from; !err && at < head; at++) {
		err = read_entry(c, at, &e);
		if (err || e.time_ms >= c->deeds->to_ms)
			break;
		err = take_entry(c, at, &e);
	}
	return err;
}

enum err deeds_count(struct deeds *d)
{
	struct count c = { .deeds = d,
		.until_ns = clock_monotonic_ns() + VIEW_NS };
	enum err err;

	lookup_init(&d->by_user, d->arena);
	arena_init(&c.leaf, SCRATCH_BLOCK, SCRATCH_CAP);
	arena_init(&c.scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	history_rooms_init(&c.rooms);
	err = read_log(&c);
	history_rooms_release(&c.rooms);
	arena_release(&c.leaf);
	arena_release(&c.scratch);
	return err;
}

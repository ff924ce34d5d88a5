// SPDX-License-Identifier: MIT
/*
 * Walking a path, page by page or gathered and sorted.  See find.h.
 *
 * Rows out of the caller's scope are passed over before anything of them is
 * opened, and they count towards no bound that shows in an answer.
 */
#include "server/data/find.h"

#include <stdlib.h>

#include "common/pack.h"
#include "server/data/path.h"
#include "server/data/place.h"

#define LOOKS_A_CLOCK 1024
#define LOOKS_A_LEAVE 64
#define SCRATCH_BLOCK (24 * 1024) /* an opened record */
#define SCRATCH_CAP   (4 * 1024 * 1024)
#define SORT_PART     (VALUE_KEY + 2)
#define SORT_KEY      ((QUERY_ORDER + 1) * SORT_PART)

struct match {
	struct bytes key; /* its place in memory stays with the list's */
	uint64_t id;
};

struct search {
	struct desk *desk;
	const struct caller *who;
	const struct query *query;
	struct arena *arena;  /* of the request */
	struct arena scratch; /* of one candidate */
	struct path path;
	struct place after;
	bool mask_sealed;
	uint64_t looked_at; /* all candidates */
	uint64_t until_ns;  /* monotonic */
	unsigned in_scope;  /* of them, known to the caller */
	uint64_t matches;
	struct match *found; /* gathered, to be sorted */
	size_t kept, room;
	size_t most;    /* that are kept: a page and one, or all */
	bool keeps_all; /* and no more than FIND_ROWS match */
	bool is_cut;    /* the first `most` are the least of all before */
	struct candidate ahead; /* the first of the next value; id 0: none */
	struct buf *out;
	struct find_result *result;
};

/* --- one candidate -------------------------------------------------------*/

struct seen { /* the record as the condition may see it */
	struct search *search;
	struct record *record;
	enum err err;
};

static struct bytes seen_value(void *ctx, const struct field *f)
{
	struct seen *s = ctx;
	const struct grant *g = &s->search->query->grants[f->slot];
	struct bytes value = BYTES_NONE;
	enum err err;

	if (!g->field)
		return BYTES_NONE;
	err = record_value(s->search->desk, s->record, g, &value);
	s->err = s->err ? s->err : err;
	return value;
}

static enum err open_seen(struct search *s, struct record *r)
{
	enum err err = record_open(s->desk, r);

	if (!err)
		record_meet(r, s->query->ve);
	return err;
}

static enum err judge(struct search *s, struct record *r, bool *matches)
{
	const struct query *q = s->query;
	struct seen seen = { s, r, ERR_OK };
	struct value_source values = { seen_value, &seen };
	enum err err = ERR_OK;

	*matches = true;
	if (q->where) {
		err = open_seen(s, r);
		if (!err)
			*matches = condition_holds(
			    q->entity, q->where, &values, &s->scratch);
	}
	return err ? err : seen.err;
}

/* Is it of those that are asked for?  What waits for approval is listed by
 * itself, what was rejected with what was put away. */
static bool is_wanted(const struct query *q, const struct record *r)
{
	bool waits = r->withheld & ROW_WAITING;
	bool is_away =
	    r->header.flags & ROW_ARCHIVED || r->withheld & ROW_REJECTED;

	if (!q->any_approval && waits != q->waiting)
		return false;
	return !is_away || q->archived;
}

/* Loads it if the caller may know of it; NULL if it is passed over. */
static enum err load(struct search *s, uint64_t id, struct record **out)
{
	const struct query *q = s->query;
	struct record peeked;
	unsigned relations;
	enum err err = record_peek(s->desk, q->entity, id, &peeked);

	*out = NULL;
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	err = record_relations(s->desk, s->who, &peeked, &relations);
	if (err || !(relations & view_range(q->ve)) ||
	    (q->only && !(relations & q->only)) ||
	    peeked.header.flags & ROW_ALIAS)
		return err;
	if (peeked.header.flags & ROW_WITHDRAWN)
		return ERR_OK;
	s->in_scope++;
	if (!is_wanted(q, &peeked))
		return ERR_OK;
	*out = record_keep(&s->scratch, &peeked);
	return *out ? ERR_OK : ERR_TOO_LARGE;
}

static enum err within_bounds(struct search *s)
{
	s->looked_at++;
	if (s->looked_at > FIND_ON_LOOP && !s->desk->may_wait)
		return ERR_ELSEWHERE;
	if (s->looked_at % LOOKS_A_CLOCK == 0 &&
	    clock_monotonic_ns() > s->until_ns)
		return ERR_TOO_LARGE;
	if (s->looked_at % LOOKS_A_LEAVE == 0) {
		enum err err = desk_may_go_on(s->desk);

		if (err)
			return err;
	}
	return s->in_scope - s->matches > FIND_ROWS ? ERR_TOO_LARGE : ERR_OK;
}

/* --- showing -------------------------------------------------------------*/

static enum err note_watched(
    struct search *s, struct record *r, const struct shown *shown)
{
	struct find_result *f = s->result;

	f->sealed_clear += shown->sealed_clear;
	if (!shown->watched)
		return ERR_OK;
	f->watched = true;
	if (!f->touched)
		f->touched =
		    arena_array(s->arena, s->query->limit, sizeof *f->touched);
	if (!f->touched)
		return ERR_TOO_LARGE;
	return record_touched(
	    r, shown, s->arena, &f->touched[f->touched_count++]);
}

static enum err emit(struct search *s, struct record *r)
{
	/* Who has a quota spends it on what he asks for by name. */
	struct show_options options = { .wanted = s->query->wanted,
		.mask_sealed = s->mask_sealed,
		.mask_unset = !s->query->wanted };
	struct shown shown;
	enum err err = record_show(
	    s->desk, s->who, s->query->ve, r, &options, s->out, &shown);

	s->result->rows++;
	return err ? err : note_watched(s, r, &shown);
}

/* The next that matches, NULL behind the last; it is gone with the one after
 * it. */
static enum err next_match(
    struct search *s, struct candidate *c, struct record **out)
{
	struct record *r = NULL;
	bool matches = false;
	enum err err = ERR_OK;

	while (!err && !matches && path_next(&s->path, c)) {
		arena_reset(&s->scratch);
		err = within_bounds(s);
		if (!err)
			err = load(s, c->id, &r);
		if (!err && r)
			err = judge(s, r, &matches);
	}
	*out = matches ? r : NULL;
	return err ? err : s->path.err;
}

/* --- in the path's order -------------------------------------------------*/

/* Who asks how many there are is told that of all, on each page. */
static bool is_before_page(const struct search *s, const struct candidate *c)
{
	int order = bytes_compare(c->key, s->after.key);

	return s->query->count && s->after.id &&
	       (order < 0 || (!order && c->id <= s->after.id));
}

static enum err page(struct search *s, struct place *next)
{
	const struct query *q = s->query;
	struct place last = { 0 };
	struct candidate c;
	struct record *r;
	enum err err = ERR_OK;

	while (!err) {
		err = next_match(s, &c, &r);
		if (err || !r)
			break;
		s->matches++;
		if (is_before_page(s, &c))
			continue;
		if (s->result->rows < q->limit) {
			err = emit(s, r);
			last =
			    (struct place){ arena_copy(s->arena, c.key), c.id };
			continue;
		}
		*next = last;
		if (!q->count)
			break;
	}
	return err;
}

/* --- gathered and sorted -------------------------------------------------*/

static size_t append_sort_key(
    const struct field *f, struct bytes value, bool down, uint8_t *out)
{
	size_t len = 1;

	out[0] = value.len ? 0 : 1;
	if (value.len)
		len += value_key(f, value, out + 1);
	out[len++] = 0;
	for (size_t i = 0; down && i < len; i++)
		out[i] = (uint8_t)~out[i];
	return len;
}

static enum err sort_key(struct search *s, struct record *r,
    uint8_t key[static SORT_KEY], struct bytes *out)
{
	const struct query *q = s->query;
	const struct field *number = q->entity->number_field;
	struct seen seen = { s, r, ERR_OK };
	size_t len = 0;
	enum err err = open_seen(s, r);

	for (unsigned i = 0; !err && i < q->order_count; i++)
		len += append_sort_key(q->order[i],
		    seen_value(&seen, q->order[i]), q->down[i], key + len);
	if (!err && number)
		len += append_sort_key(
		    number, record_plain(r, number), false, key + len);
	*out = bytes_of(key, len);
	return err ? err : seen.err;
}

static int compare_matches(const void *a, const void *b)
{
	const struct match *x = a, *y = b;
	int order = bytes_compare(x->key, y->key);

	return order ? order : (x->id > y->id) - (x->id < y->id);
}

static bool is_behind(const struct place *after, const struct match *m)
{
	struct match place = { after->key, after->id };

	return !after->id || compare_matches(m, &place) > 0;
}

/* A value of a list can lead to a record that another one led to: each once. */
static void sort_found(struct search *s)
{
	size_t kept = 0;

	if (s->kept > 1)
		qsort(s->found, s->kept, sizeof *s->found, compare_matches);
	for (size_t i = 0; i < s->kept; i++) {
		struct match m = s->found[i];

		if (kept && s->found[kept - 1].id == m.id)
			continue;
		s->found[i] = s->found[kept];
		s->found[kept++] = m;
	}
	s->kept = kept;
}

/* Twice as many as are kept at most: then the least of them stay. */
static enum err make_room(struct search *s)
{
	size_t room = s->room ? 2 * s->room : 256;
	struct match *list;

	if (s->room >= 2 * s->most) {
		sort_found(s);
		s->is_cut = s->kept >= s->most;
		s->kept = s->is_cut ? s->most : s->kept;
		return ERR_OK;
	}
	list = arena_array(s->arena, room, sizeof *list);
	if (!list)
		return ERR_TOO_LARGE;
	if (s->room)
		memcpy(list, s->found, s->room * sizeof *list);
	s->found = list;
	s->room = room;
	return ERR_OK;
}

/* In memory that one before had, if there is such. */
static enum err put_match(struct search *s, const struct match *m)
{
	struct match *to = &s->found[s->kept];
	uint8_t *key = (uint8_t *)(uintptr_t)to->key.data;

	if (!key)
		key = arena_alloc(
		    s->arena, (s->query->order_count + 1) * SORT_PART);
	if (!key)
		return ERR_TOO_LARGE;
	memcpy(key, m->key.data, m->key.len);
	*to = (struct match){ bytes_of(key, m->key.len), m->id };
	s->kept++;
	return ERR_OK;
}

static enum err keep(struct search *s, struct record *r)
{
	uint8_t key[SORT_KEY];
	struct match m = { .id = r->id };
	enum err err = sort_key(s, r, key, &m.key);

	s->matches++;
	if (err || (s->keeps_all && s->matches > FIND_ROWS))
		return err ? err : ERR_TOO_LARGE;
	if (!s->keeps_all && !is_behind(&s->after, &m))
		return ERR_OK;
	if (s->is_cut && compare_matches(&m, &s->found[s->most - 1]) >= 0)
		return ERR_OK;
	if (s->kept == s->room)
		err = make_room(s);
	return err ? err : put_match(s, &m);
}

static enum err gather(struct search *s)
{
	struct candidate c;
	struct record *r;
	enum err err = next_match(s, &c, &r);

	while (!err && r) {
		err = keep(s, r);
		if (!err)
			err = next_match(s, &c, &r);
	}
	return err;
}

static enum err gathered_page(struct search *s, struct place *next)
{
	enum err err = gather(s);
	size_t shown = 0;

	if (err)
		return err;
	sort_found(s);
	if (s->keeps_all)
		s->matches = s->kept;
	for (size_t i = 0; !err && i < s->kept; i++) {
		struct record *r;

		if (!is_behind(&s->after, &s->found[i]))
			continue;
		if (shown++ == s->query->limit) {
			*next = (struct place){ s->found[i - 1].key,
				s->found[i - 1].id };
			break;
		}
		arena_reset(&s->scratch);
		err = load(s, s->found[i].id, &r);
		if (!err && r)
			err = emit(s, r);
	}
	return err;
}

/* --- in the order of a value, equal ones by number -----------------------*/

/* A place in such a walk: be16(length) || value as in its index || sort key
 * of the row.  The walk begins anew at the value, and passes over rows up to
 * the sort key. */
static enum err tied_place(struct search *s, struct bytes value,
    const struct match *m, struct place *p)
{
	uint8_t *room = arena_alloc(s->arena, 2 + value.len + m->key.len);

	if (!room)
		return ERR_TOO_LARGE;
	put_be16(room, (uint16_t)value.len);
	memcpy(room + 2, value.data, value.len);
	memcpy(room + 2 + value.len, m->key.data, m->key.len);
	*p =
	    (struct place){ bytes_of(room, 2 + value.len + m->key.len), m->id };
	return ERR_OK;
}

/* Takes the place apart; the candidate before every row of its value. */
static enum err tied_start(struct search *s, struct candidate *start)
{
	struct bytes key = s->after.key;
	size_t len = key.len < 2 ? 0 : get_be16(key.data);

	*start = (struct candidate){ 0 };
	if (!s->after.id)
		return ERR_OK;
	if (key.len < 2 + len)
		return ERR_INVALID;
	start->id = s->query->down[0] ? UINT64_MAX : 1;
	start->key = bytes_of(key.data + 2, len);
	s->after.key = bytes_of(key.data + 2 + len, key.len - 2 - len);
	return ERR_OK;
}

static enum err keep_if_it_matches(struct search *s, uint64_t id)
{
	struct record *r;
	bool matches = false;
	enum err err = within_bounds(s);

	arena_reset(&s->scratch);
	if (!err)
		err = load(s, id, &r);
	if (!err && r)
		err = judge(s, r, &matches);
	return !err && matches ? keep(s, r) : err;
}

/* The rows of one value, sorted; false behind the last value. */
static bool next_value(struct search *s, struct bytes *value, enum err *err)
{
	struct candidate c = s->ahead;

	s->matches = s->kept = 0;
	s->is_cut = false;
	if (!c.id && !path_next(&s->path, &c))
		return false;
	*value = arena_copy(s->arena, c.key);
	s->ahead = (struct candidate){ 0 };
	do
		*err = keep_if_it_matches(s, c.id);
	while (!*err && path_next(&s->path, &c) && bytes_equal(c.key, *value));
	if (!*err && !bytes_equal(c.key, *value))
		s->ahead =
		    (struct candidate){ c.id, arena_copy(s->arena, c.key) };
	sort_found(s);
	return !*err;
}

static enum err tied_page(struct search *s, struct place *next)
{
	struct place last = { 0 };
	struct bytes value;
	unsigned shown = 0;
	enum err err = ERR_OK;

	while (!err && !next->id && next_value(s, &value, &err))
		for (size_t i = 0; !err && i < s->kept; i++) {
			struct record *r;

			if (!is_behind(&s->after, &s->found[i]))
				continue;
			if (shown++ == s->query->limit) {
				*next = last;
				break;
			}
			arena_reset(&s->scratch);
			err = load(s, s->found[i].id, &r);
			if (!err && r)
				err = emit(s, r);
			if (!err)
				err = tied_place(s, value, &s->found[i], &last);
		}
	return err ? err : s->path.err;
}

/* --- the answer ----------------------------------------------------------*/

static enum err walk(struct search *s, struct place *next)
{
	const struct query *q = s->query;
	bool in_order = path_is_in_order(q) && !(q->count && q->order_count);
	struct candidate after = { 0 };
	enum err err = ERR_OK;

	if (in_order && q->order_count)
		err = tied_start(s, &after);
	else if (in_order && !q->count)
		after = (struct candidate){ s->after.id, s->after.key };
	if (!err)
		err = path_open(s->desk, s->who, q, &after, s->arena, &s->path);
	if (err)
		return err;
	s->keeps_all = s->path.is_listing || s->path.may_repeat;
	s->most = s->keeps_all ? FIND_ROWS : q->limit + 1;
	if (!in_order)
		err = gathered_page(s, next);
	else
		err = q->order_count ? tied_page(s, next) : page(s, next);
	path_close(&s->path);
	return err;
}

enum err find_rows(struct desk *d, const struct caller *who,
    const struct query *q, struct bytes after, bool mask_sealed,
    struct arena *a, struct buf *out, struct find_result *result)
{
	struct search s = { .desk = d,
		.who = who,
		.query = q,
		.arena = a,
		.until_ns = clock_monotonic_ns() + FIND_MOST_NS,
		.mask_sealed = mask_sealed,
		.out = out,
		.result = result };
	struct place next = { 0 };
	size_t rows;
	enum err err = place_open(d, who, q, after, a, &s.after);

	*result = (struct find_result){ 0 };
	if (err)
		return err;
	arena_init(&s.scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	pack_map(out, q->count ? 3 : 2);
	pack_cstr(out, "rows");
	rows = pack_array_open(out);
	err = walk(&s, &next);
	pack_array_close(out, rows, result->rows);
	pack_cstr(out, "next");
	if (!err && next.id)
		err = place_pack(d, who, q, &next, out);
	else
		pack_nil(out);
	if (q->count)
		pack_key_int(out, "count", (int64_t)s.matches);
	arena_release(&s.scratch);
	return err ? err : out->err;
}

/* --- each of them --------------------------------------------------------*/

static enum err hand_out(struct search *s, find_match_fn call, void *ctx)
{
	enum err err = ERR_OK;

	sort_found(s);
	for (size_t i = 0; !err && i < s->kept; i++) {
		struct record *r;

		arena_reset(&s->scratch);
		err = load(s, s->found[i].id, &r);
		if (!err && r)
			err = open_seen(s, r);
		if (!err && r)
			err = call(ctx, r);
	}
	return err;
}

enum err find_each(struct desk *d, const struct caller *who,
    const struct query *q, struct arena *a, find_match_fn call, void *ctx)
{
	struct search s = { .desk = d,
		.who = who,
		.query = q,
		.arena = a,
		.most = FIND_ROWS,
		.keeps_all = true,
		.until_ns = clock_monotonic_ns() + FIND_MOST_NS };
	struct candidate after = { 0 };
	enum err err = path_open(d, who, q, &after, a, &s.path);

	if (err)
		return err;
	arena_init(&s.scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	err = gather(&s);
	path_close(&s.path);
	if (!err)
		err = hand_out(&s, call, ctx);
	arena_release(&s.scratch);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * Candidates out of the indexes, and how like they are.  See duplicates.h.
 *
 *   see       what of a record the caller may compare: texts and digests
 *   gather    who has the same digest, or enough of the name's pairs
 *   weigh     the candidates against the record, the likeliest kept
 */
#include "server/book/duplicates.h"

#include <stdlib.h>

#include "common/text.h"
#include "server/data/index.h"
#include "server/schema/check.h"

#define SHARED_MOST   100 /* records of one digest or pair that are looked at */
#define PAIRS_SHARED  50  /* percent of a name's telling pairs */
#define LOOKS_ON_LOOP 600
#define LOOKS_A_LEAVE 64
#define SCRATCH_BLOCK (32 * 1024)
#define SCRATCH_CAP   (8 * 1024 * 1024)

enum way { /* how values of a part are compared */
	BY_NAME,
	BY_DIGEST, /* equal under the field's key */
	BY_CODE,   /* one each: equal, or speaks against it */
	BY_ADDRESS
};

struct part {
	const struct field *field;
	enum way way;
};

struct side { /* a record, as far as the caller may compare it */
	struct bytes text[LIKENESS_PARTS];
	uint8_t digest[LIKENESS_PARTS][INDEX_BLINDED];
	bool has_digest[LIKENESS_PARTS];
};

struct hit {
	uint64_t id;
	unsigned pairs; /* shared with the name */
	bool is_sure;   /* has an equal value */
};

struct found {
	uint64_t id;
	struct likeness likeness;
};

struct search {
	const struct duplicates *asked;
	const struct entity *entity;
	struct desk *desk;
	struct part parts[LIKENESS_PARTS];
	unsigned part_count;
	struct arena local;   /* of one record */
	struct arena scratch; /* of one candidate */
	uint64_t looked_at;
	struct record *record;
	struct side side;
	struct hit *hits;
	size_t hit_count, hit_room;
	unsigned pairs; /* of the name, that tell */
	struct found found[DUPLICATES_EACH];
	unsigned found_count;
};

/* --- the parts -----------------------------------------------------------*/

static bool is_name(const struct field *f)
{
	return !f->sealed && f->type == TYPE_TEXT &&
	       (f->index & INDEX_TOKENS ||
		   (f->check && f->check->blind == text_compare_key));
}

static enum way way_of(const struct field *f)
{
	if (is_name(f))
		return BY_NAME;
	if (f->index & INDEX_UNIQUE)
		return BY_CODE;
	return f->index & INDEX_BLIND ? BY_DIGEST : BY_ADDRESS;
}

static void list_parts(struct search *s)
{
	for (unsigned i = 0; i < s->entity->field_count; i++) {
		const struct field *f = &s->entity->fields[i];

		if (f->likeness && s->part_count < LIKENESS_PARTS)
			s->parts[s->part_count++] =
			    (struct part){ f, way_of(f) };
	}
}

static enum err search_begin(const struct duplicates *d, struct search **out)
{
	struct search *s = calloc(1, sizeof *s);

	if (!s)
		return ERR_TOO_LARGE;
	s->asked = d;
	s->entity = view_entity_schema(d->entity);
	s->desk = d->desk;
	arena_init(&s->local, SCRATCH_BLOCK, SCRATCH_CAP);
	arena_init(&s->scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	list_parts(s);
	*out = s;
	return ERR_OK;
}

static void search_end(struct search *s)
{
	arena_release(&s->local);
	arena_release(&s->scratch);
	free(s);
}

/* --- what may be compared ------------------------------------------------*/

static bool may_compare(const struct search *s, const struct record *r,
    const struct part *part, struct grant *g)
{
	const struct field *f = part->field;
	const struct meter *m = s->asked->who->meter;

	if (f->sealed && s->asked->without_sealed)
		return false;
	/* It would have to be opened, and who has a quota is counted that. */
	if (f->sealed && part->way != BY_DIGEST &&
	    meter_is_bounded(m, QUOTA_SEALED))
		return false;
	return view_grant(s->asked->entity, r->relations, record_is_variant(r),
	    f, f->sealed && part->way == BY_DIGEST ? USE_SEARCH : USE_FILTER,
	    g);
}

/* The digest that the body keeps for a sealed value (server/data/index.h). */
static bool kept_digest(struct bytes keys, uint8_t out[static INDEX_BLINDED])
{
	while (keys.len >= 2 && keys.len >= 2u + keys.data[1]) {
		size_t len = keys.data[1];

		if (keys.data[0] == 'b' && len == INDEX_BLINDED) {
			memcpy(out, keys.data + 2, len);
			return true;
		}
		keys.data += 2 + len;
		keys.len -= 2 + len;
	}
	return false;
}

static enum err see_digest(struct search *s, const struct record *r,
    unsigned at, struct arena *a, struct side *side)
{
	const struct field *f = s->parts[at].field;
	const struct cell *c = &r->cells[f->slot];
	struct bytes form;
	enum err err;

	if (f->type == TYPE_LIST)
		return ERR_OK;
	if (!c->value.len) {
		side->has_digest[at] = kept_digest(c->keys, side->digest[at]);
		return ERR_OK;
	}
	err = value_blind_form(f, a, c->value, &form);
	if (err || !form.len)
		return err;
	index_blind(s->desk, f, form, side->digest[at]);
	side->has_digest[at] = true;
	return ERR_OK;
}

static enum err see_text(struct search *s, struct record *r, unsigned at,
    const struct grant *g, struct arena *a, struct side *side)
{
	const struct field *f = s->parts[at].field;
	struct bytes value;
	enum err err = record_value(s->desk, r, g, &value);

	if (err || !value.len)
		return err;
	return text_compare_key(a, value_text(f, value), &side->text[at]);
}

static enum err see(
    struct search *s, struct record *r, struct arena *a, struct side *side)
{
	enum err err = ERR_OK;

	*side = (struct side){ 0 };
	for (unsigned i = 0; !err && i < s->part_count; i++) {
		struct grant g;

		if (!may_compare(s, r, &s->parts[i], &g))
			continue;
		err = s->parts[i].way == BY_DIGEST
			  ? see_digest(s, r, i, a, side)
			  : see_text(s, r, i, &g, a, side);
	}
	return err;
}

/* --- candidates ----------------------------------------------------------*/

static enum err within_bounds(struct search *s)
{
	s->looked_at++;
	if (s->looked_at > LOOKS_ON_LOOP && !s->desk->may_wait)
		return ERR_ELSEWHERE;
	return s->looked_at % LOOKS_A_LEAVE ? ERR_OK : desk_may_go_on(s->desk);
}

/* Whatever lies out of the caller's sight counts towards no bound. */
static enum err is_in_sight(struct search *s, uint64_t id, bool *in_sight)
{
	struct record peeked;
	unsigned relations;
	enum err err = record_peek(s->desk, s->entity, id, &peeked);

	if (!err)
		err = record_relations(
		    s->desk, s->asked->who, &peeked, &relations);
	*in_sight = !err && relations & view_range(s->asked->entity);
	return err;
}

static enum err add_hit(struct search *s, struct hit hit)
{
	struct hit *list = arena_more(
	    &s->local, s->hits, s->hit_count, &s->hit_room, sizeof *list);

	if (!list)
		return ERR_TOO_LARGE;
	s->hits = list;
	s->hits[s->hit_count++] = hit;
	return ERR_OK;
}

/* Those that have this key, of those in sight or of all; no more than
 * SHARED_MOST, else *too_many and none. */
static enum err gather_some(struct search *s, struct bytes prefix,
    struct hit as, bool in_sight_only, bool *too_many)
{
	size_t before = s->hit_count, met = 0;
	struct bytes key;
	struct row row;
	struct scan *scan;
	enum err err = scan_open(
	    s->desk->snapshot, TABLE_INDEX, prefix, BYTES_NONE, SCAN_UP, &scan);

	if (err)
		return err;
	while (!err && met <= SHARED_MOST && scan_next(scan, &key, &row)) {
		bool counts = true;

		as.id = index_record(key);
		err = within_bounds(s);
		if (!err && in_sight_only)
			err = is_in_sight(s, as.id, &counts);
		met += counts;
		if (!err && counts && as.id != s->record->id &&
		    (!s->asked->below || as.id < s->asked->below))
			err = add_hit(s, as);
	}
	*too_many = met > SHARED_MOST;
	if (*too_many)
		s->hit_count = before;
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

/* If all of them are few, so are those in sight; load() knows which. */
static enum err gather_key(
    struct search *s, struct bytes prefix, struct hit as, bool *too_many)
{
	bool sees_all = view_range(s->asked->entity) & RELATION_ALL;
	enum err err = gather_some(s, prefix, as, false, too_many);

	return err || !*too_many || sees_all
		   ? err
		   : gather_some(s, prefix, as, true, too_many);
}

static enum err gather_digest(struct search *s, unsigned at)
{
	const struct field *f = s->parts[at].field;
	uint8_t prefix[STORE_KEY];
	size_t len = index_prefix(f, 'b', false, 0, prefix);
	bool too_many;

	memcpy(prefix + len, s->side.digest[at], INDEX_BLINDED);
	return gather_key(s, bytes_of(prefix, len + INDEX_BLINDED),
	    (struct hit){ .is_sure = true }, &too_many);
}

/* --- by a name's pairs ---------------------------------------------------*/

struct pair_sink {
	struct search *search;
	const struct field *field;
	enum err err;
};

/* A walk meets 上海 in every second name: it is counted once. */
static uint64_t *often_slot(const struct duplicates *d, uint64_t token)
{
	return d->often ? &d->often[token % OFTEN_SLOTS] : NULL;
}

static void gather_pair(void *ctx, struct bytes pair)
{
	struct pair_sink *sink = ctx;
	struct search *s = sink->search;
	uint8_t prefix[STORE_KEY];
	size_t len = index_prefix(sink->field, 't', false, 0, prefix);
	uint64_t token, *slot;
	bool too_many = false;

	if (sink->err)
		return;
	blind_token(s->desk->sealer, sink->field->bound, pair, prefix + len);
	token = get_be64(prefix + len);
	slot = often_slot(s->asked, token);
	if (slot && *slot == token)
		return;
	sink->err = gather_key(s, bytes_of(prefix, len + TOKEN_SIZE),
	    (struct hit){ .pairs = 1 }, &too_many);
	s->pairs += !too_many;
	if (slot && too_many)
		*slot = token;
}

/* An equal name is found by its digest, however often its pairs are met. */
static enum err gather_name(struct search *s, unsigned at)
{
	const struct field *f = s->parts[at].field;
	struct pair_sink sink = { s, f, ERR_OK };
	struct bytes form = s->side.text[at];

	if (f->index & INDEX_BLIND) {
		index_blind(s->desk, f, form, s->side.digest[at]);
		sink.err = gather_digest(s, at);
	}
	if (!sink.err && f->index & INDEX_TOKENS)
		text_grams(form, gather_pair, &sink);
	return sink.err;
}

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Each record once, and only those that share enough. */
static void sift(struct search *s)
{
	size_t kept = 0;

	if (s->hit_count > 1)
		qsort(s->hits, s->hit_count, sizeof *s->hits, compare_hits);
	for (size_t i = 0, next; i < s->hit_count; i = next) {
		struct hit all = s->hits[i];

		for (next = i + 1;
		     next < s->hit_count && s->hits[next].id == all.id;
		     next++) {
			all.pairs += s->hits[next].pairs;
			all.is_sure |= s->hits[next].is_sure;
		}
		if (all.is_sure || 100 * all.pairs >= PAIRS_SHARED * s->pairs)
			s->hits[kept++] = all;
	}
	s->hit_count = kept;
}

static bool is_asked(const struct search *s, unsigned at)
{
	const struct cell *c = &s->record->cells[s->parts[at].field->slot];

	return (s->side.text[at].len || s->side.has_digest[at]) &&
	       (!s->asked->only_set || c->was);
}

/* An equal sealed value is what a look-up finds, and counted before. */
static enum err count_look_ups(struct search *s)
{
	unsigned count = 0;

	for (unsigned i = 0; i < s->part_count; i++)
		count += s->parts[i].field->sealed && s->side.has_digest[i] &&
			 is_asked(s, i);
	return meter_take(s->asked->who->meter, QUOTA_LOOKUP, count);
}

static enum err gather(struct search *s)
{
	enum err err = count_look_ups(s);

	s->hits = NULL;
	s->hit_count = s->hit_room = 0;
	s->pairs = 0;
	for (unsigned i = 0; !err && i < s->part_count; i++) {
		if (!is_asked(s, i))
			continue;
		if (s->parts[i].way == BY_DIGEST)
			err = gather_digest(s, i);
		else if (s->parts[i].way == BY_NAME)
			err = gather_name(s, i);
	}
	sift(s);
	return err;
}

/* --- weighing ------------------------------------------------------------*/

static unsigned like(
    const struct search *s, unsigned at, const struct side *other)
{
	struct bytes a = s->side.text[at], b = other->text[at];

	switch (s->parts[at].way) {
	case BY_NAME:
		return likeness_of_names(a, b);
	case BY_ADDRESS:
		return likeness_of_addresses(a, b);
	case BY_CODE:
		return a.len && bytes_equal(a, b) ? 100 : 0;
	case BY_DIGEST:
		break;
	}
	return s->side.has_digest[at] && other->has_digest[at] &&
		       !memcmp(
			   s->side.digest[at], other->digest[at], INDEX_BLINDED)
		   ? 100
		   : 0;
}

static void weigh(
    const struct search *s, const struct side *other, struct likeness *l)
{
	likeness_begin(l);
	for (unsigned i = 0; i < s->part_count; i++) {
		const struct field *f = s->parts[i].field;
		struct bytes a = s->side.text[i], b = other->text[i];

		likeness_add(l, f->key, f->likeness, like(s, i, other));
		if (s->parts[i].way == BY_CODE && a.len && b.len)
			l->differs |= !bytes_equal(a, b);
	}
}

/* The likeliest, most first; of equal ones the older. */
static void keep(struct search *s, uint64_t id, const struct likeness *l)
{
	unsigned score = likeness_score(l), at = s->found_count;

	while (at && likeness_score(&s->found[at - 1].likeness) < score)
		at--;
	if (at == DUPLICATES_EACH)
		return;
	if (s->found_count < DUPLICATES_EACH)
		s->found_count++;
	memmove(&s->found[at + 1], &s->found[at],
	    (s->found_count - at - 1) * sizeof *s->found);
	s->found[at] = (struct found){ id, *l };
}

/* NULL if it is none that he sees in his lists. */
static enum err load(struct search *s, uint64_t id, struct record **out)
{
	const struct duplicates *d = s->asked;
	struct record peeked;
	unsigned relations;
	enum err err = record_peek(s->desk, s->entity, id, &peeked);

	*out = NULL;
	if (!err)
		err = record_relations(s->desk, d->who, &peeked, &relations);
	if (err || !(relations & view_range(d->entity)) ||
	    peeked.header.flags & (ROW_ARCHIVED | ROW_ALIAS))
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	*out = record_keep(&s->scratch, &peeked);
	return *out ? record_open(s->desk, *out) : ERR_TOO_LARGE;
}

static enum err weigh_all(struct search *s)
{
	enum err err = ERR_OK;

	s->found_count = 0;
	for (size_t i = 0; !err && i < s->hit_count; i++) {
		struct record *other;
		struct likeness l;
		struct side side;

		arena_reset(&s->scratch);
		err = load(s, s->hits[i].id, &other);
		if (err || !other)
			continue;
		err = see(s, other, &s->scratch, &side);
		if (err)
			continue;
		weigh(s, &side, &l);
		if (likeness_score(&l) >= s->asked->least)
			keep(s, other->id, &l);
	}
	return err;
}

/* --- one record ----------------------------------------------------------*/

static enum err search_one(
    struct search *s, struct record *r, duplicate_fn call, void *ctx)
{
	enum err err;

	s->record = r;
	err = see(s, r, &s->local, &s->side);
	if (!err)
		err = gather(s);
	if (!err)
		err = weigh_all(s);
	for (unsigned i = 0; !err && i < s->found_count; i++) {
		struct record *other;

		arena_reset(&s->scratch);
		err = load(s, s->found[i].id, &other);
		if (!err && other)
			err = call(ctx, r, other, &s->found[i].likeness);
	}
	return err;
}

static bool is_any_asked(const struct duplicates *d, const struct record *r)
{
	for (unsigned i = 0; i < r->entity->field_count; i++)
		if (r->entity->fields[i].likeness &&
		    (!d->only_set || r->cells[i].was))
			return true;
	return false;
}

enum err duplicates_of(
    const struct duplicates *d, struct record *r, duplicate_fn call, void *ctx)
{
	struct search *s;
	enum err err;

	if (!is_any_asked(d, r))
		return ERR_OK;
	err = search_begin(d, &s);
	if (err)
		return err;
	err = search_one(s, r, call, ctx);
	search_end(s);
	return err;
}

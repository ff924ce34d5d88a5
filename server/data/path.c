// SPDX-License-Identifier: MIT
/*
 * Paths.  See path.h.
 *
 * In scoped entities plain keys begin with the branch: a caller who ranges
 * over one branch walks one scan, one who ranges over all walks one a branch,
 * found by skipping from branch to branch, and merged by value.  Bounds of a
 * range are inclusive here; the condition on the record is exact.
 */
#include "server/data/path.h"

#include "common/text.h"
#include "server/data/alias.h"

#define RARITY_PROBE 2000
#define FEW_SCANS    4

enum rank { /* smaller is better */
	RANK_UNIQUE,
	RANK_BLIND,
	RANK_REF,
	RANK_TAIL,
	RANK_TOKENS,
	RANK_PLAIN,
	RANK_RANGE,
	RANK_NONE
};

struct span { /* keys of one scan */
	enum table table;
	uint8_t prefix[STORE_KEY];
	size_t prefix_len;      /* what every key begins with */
	size_t head;            /* of it, what stands before the value */
	struct bytes low, high; /* values, inclusive; none: open */
};

/* --- the best leaf -------------------------------------------------------*/

static bool is_range(enum cond_op op)
{
	return op == COND_LT || op == COND_LE || op == COND_GT || op == COND_GE;
}

/* A list of values is looked up one by one, while it is short. */
static bool is_short_list(const struct leaf *l)
{
	struct reader in = reader_of(l->cond->value);

	return l->cond->op == COND_IN && read_array(&in) <= PATH_VALUES;
}

static enum rank rank_of_equal(const struct leaf *l)
{
	const struct field *f = l->field;
	bool one = l->cond->op == COND_EQ;

	if (!one && l->cond->op != COND_HAS && !is_short_list(l))
		return RANK_NONE;
	if (f->index & INDEX_UNIQUE)
		return RANK_UNIQUE;
	if (f->index & INDEX_BLIND)
		return RANK_BLIND;
	/* One scan a branch and value would be too many. */
	if (!(f->index & INDEX_PLAIN) || (!one && f->entity->scoped))
		return RANK_NONE;
	return f->type == TYPE_REF ? RANK_REF : RANK_PLAIN;
}

static bool is_in_ledger(const struct field *f)
{
	return f->derive.kind == DERIVE_SUM || f->derive.kind == DERIVE_LATEST;
}

static enum rank rank_of(const struct leaf *l)
{
	unsigned index = l->field->index;
	enum cond_op op = l->cond->op;

	if (!l->must || is_in_ledger(l->field))
		return RANK_NONE;
	if (op == COND_CONTAINS && l->is_exact)
		return RANK_TAIL;
	if (index & INDEX_TOKENS && (op == COND_PREFIX || op == COND_CONTAINS))
		return RANK_TOKENS;
	if (is_range(op))
		return index & INDEX_PLAIN ? RANK_RANGE : RANK_NONE;
	return rank_of_equal(l);
}

static enum rank choose(const struct query *q, const struct leaf **leaf)
{
	enum rank best = RANK_NONE;

	for (unsigned i = 0; i < q->leaf_count; i++) {
		enum rank rank = rank_of(&q->leaves[i]);

		if (rank >= best)
			continue;
		best = rank;
		*leaf = &q->leaves[i];
	}
	return best;
}

/* --- scans ---------------------------------------------------------------*/

static bool is_past(const struct path *p, const struct path_scan *s)
{
	int order;

	if (!s->stop_len)
		return false;
	order = bytes_compare(s->key, bytes_of(s->stop, s->stop_len));
	return p->direction == SCAN_UP ? order > 0 : order < 0;
}

static void advance(struct path *p, struct path_scan *s)
{
	struct bytes key;
	struct row row;

	do
		s->is_live = scan_next(s->scan, &key, &row);
	while (s->is_live && s->is_rows && !row_is_record(key));
	if (!s->is_live) {
		p->err = p->err ? p->err : scan_error(s->scan);
		return;
	}
	s->id = get_be64(key.data + key.len - 8);
	s->key = bytes_of(key.data + s->head, key.len - s->head - 8);
	s->is_live = !is_past(p, s);
}

/* Where the walk begins: behind `after`, or at the near bound. */
static size_t start_key(const struct path *p, const struct span *span,
    const struct candidate *after, uint8_t out[static STORE_KEY])
{
	struct bytes near = p->direction == SCAN_UP ? span->low : span->high;
	size_t len = span->head;

	memcpy(out, span->prefix, len);
	if (after->id) {
		memcpy(out + len, after->key.data, after->key.len);
		put_be64(out + len + after->key.len, after->id);
		return len + after->key.len + 8;
	}
	if (!near.len)
		return 0;
	memcpy(out + len, near.data, near.len);
	len += near.len;
	if (p->direction == SCAN_DOWN) {
		memset(out + len, 0xff, 8);
		len += 8;
	}
	return len;
}

/* Most searches have one scan, and a large company has one a branch. */
static enum err make_room(struct path *p)
{
	unsigned room = p->room ? 2 * p->room : FEW_SCANS;
	struct path_scan *scans;

	if (p->count < p->room)
		return ERR_OK;
	if (p->count == PATH_SCANS)
		return ERR_TOO_LARGE;
	scans = arena_array(p->arena, room, sizeof *scans);
	if (!scans)
		return ERR_TOO_LARGE;
	if (p->count)
		memcpy(scans, p->scans, p->count * sizeof *scans);
	p->scans = scans;
	p->room = room;
	return ERR_OK;
}

static enum err add_scan(
    struct path *p, const struct span *span, const struct candidate *after)
{
	struct bytes far = p->direction == SCAN_UP ? span->high : span->low;
	struct path_scan *s;
	uint8_t from[STORE_KEY];
	size_t from_len;
	enum err err = make_room(p);

	if (err)
		return err;
	if (after->id && span->head + after->key.len + 8 > STORE_KEY)
		return ERR_INVALID;
	s = &p->scans[p->count];
	from_len = start_key(p, span, after, from);
	err = scan_open(p->desk->snapshot, span->table,
	    bytes_of(span->prefix, span->prefix_len), bytes_of(from, from_len),
	    p->direction, &s->scan);
	if (err)
		return err;
	p->count++;
	s->is_rows = span->table == TABLE_ROW;
	s->head = span->head;
	s->stop_len = far.len;
	if (far.len)
		memcpy(s->stop, far.data, far.len);
	advance(p, s);
	if (s->is_live && s->id == after->id && bytes_equal(s->key, after->key))
		advance(p, s);
	return p->err;
}

/* --- branches ------------------------------------------------------------*/

/* The next branch that has keys of this field, above `*branch`. */
static enum err next_branch(
    struct path *p, const struct field *f, uint64_t *branch, bool *found)
{
	uint8_t prefix[STORE_KEY], from[STORE_KEY];
	size_t head = index_prefix(f, 'p', false, 0, prefix);
	size_t len = index_prefix(f, 'p', true, *branch + 1, from);
	struct bytes key;
	struct row row;
	struct scan *scan;
	enum err err = scan_open(p->desk->snapshot, TABLE_INDEX,
	    bytes_of(prefix, head), bytes_of(from, len), SCAN_UP, &scan);

	*found = false;
	if (err)
		return err;
	*found = scan_next(scan, &key, &row);
	if (*found)
		*branch = get_be64(key.data + head);
	err = scan_error(scan);
	scan_close(scan);
	return err;
}

static bool is_one_branch(const struct path *p)
{
	return !(p->query->range & (RELATION_ALL | RELATION_OWN));
}

static enum err scan_branch(struct path *p, const struct field *f,
    uint64_t branch, struct bytes equal, const struct span *bounds,
    const struct candidate *after)
{
	struct span span = *bounds;

	span.table = TABLE_INDEX;
	span.head =
	    index_prefix(f, 'p', f->entity->scoped, branch, span.prefix);
	memcpy(span.prefix + span.head,
	    equal.data ? equal.data : (const uint8_t *)"", equal.len);
	span.prefix_len = span.head + equal.len;
	return add_scan(p, &span, after);
}

/* Keys of a plain field: with one value (`equal`), or between bounds. */
static enum err scan_plain(struct path *p, const struct field *f,
    struct bytes equal, const struct span *bounds,
    const struct candidate *after)
{
	uint64_t branch = 0;
	bool found;
	enum err err;

	p->field = f;
	if (!f->entity->scoped)
		return scan_branch(p, f, 0, equal, bounds, after);
	if (is_one_branch(p))
		return scan_branch(p, f, p->who->branch, equal, bounds, after);
	for (;;) {
		err = next_branch(p, f, &branch, &found);
		if (err || !found)
			return err;
		err = scan_branch(p, f, branch, equal, bounds, after);
		if (err)
			return err;
	}
}

/* --- one way each --------------------------------------------------------*/

static const struct span unbounded;

static enum err open_unique(
    struct path *p, const struct field *f, struct bytes value)
{
	uint8_t key[STORE_KEY];
	size_t len = index_unique(p->desk, f, 0, value, p->arena, key);
	struct row row;
	enum err err = len ? snapshot_get(p->desk->snapshot, TABLE_UNIQUE,
				 bytes_of(key, len), &row)
			   : ERR_NOT_FOUND;

	if (!err)
		p->hits[p->hit_count++] = index_record(row.value);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err open_digest(struct path *p, const struct field *f, char kind,
    const uint8_t *digest, size_t len, const struct candidate *after)
{
	struct span span = { .table = TABLE_INDEX };

	span.head = index_prefix(f, kind, false, 0, span.prefix);
	memcpy(span.prefix + span.head, digest, len);
	span.prefix_len = span.head + len;
	return add_scan(p, &span, after);
}

static enum err open_blind(struct path *p, const struct field *f,
    struct bytes value, const struct candidate *after)
{
	uint8_t digest[INDEX_BLINDED];
	struct bytes form;
	enum err err = value_blind_form(f, p->arena, value, &form);

	if (err)
		return err;
	index_blind(p->desk, f, form, digest);
	return open_digest(p, f, 'b', digest, sizeof digest, after);
}

static enum err open_tail(
    struct path *p, const struct leaf *l, const struct candidate *after)
{
	uint8_t tail[TOKEN_SIZE];

	if (!index_tail(
		p->desk, l->field, value_text(l->field, l->cond->value), tail))
		return ERR_OK;
	return open_digest(p, l->field, 'b', tail, sizeof tail, after);
}

struct rarest {
	struct path *path;
	const struct field *field;
	bool skip_start; /* "contains": the start mark's gram is not asked */
	unsigned seen, least;
	uint8_t token[TOKEN_SIZE];
	enum err err;
};

static unsigned probe(struct rarest *r, const uint8_t token[static TOKEN_SIZE])
{
	uint8_t prefix[STORE_KEY];
	size_t len = index_prefix(r->field, 't', false, 0, prefix);
	unsigned count = 0, most = r->seen ? r->least : RARITY_PROBE;
	struct scan *scan;
	struct bytes key;
	struct row row;

	memcpy(prefix + len, token, TOKEN_SIZE);
	r->err = scan_open(r->path->desk->snapshot, TABLE_INDEX,
	    bytes_of(prefix, len + TOKEN_SIZE), BYTES_NONE, SCAN_UP, &scan);
	if (r->err)
		return 0;
	while (count < most && scan_next(scan, &key, &row))
		count++;
	scan_close(scan);
	return count;
}

static void try_gram(void *ctx, struct bytes gram)
{
	struct rarest *r = ctx;
	uint8_t token[TOKEN_SIZE];
	unsigned count;

	if (r->err || (r->skip_start && gram.data[0] == 2))
		return;
	blind_token(r->path->desk->sealer, r->field->bound, gram, token);
	count = probe(r, token);
	if (r->seen++ && count >= r->least)
		return;
	r->least = count;
	memcpy(r->token, token, TOKEN_SIZE);
}

static enum err open_listing(struct path *p, const struct candidate *after);

static enum err open_tokens(
    struct path *p, const struct leaf *l, const struct candidate *after)
{
	struct rarest r = { .path = p,
		.field = l->field,
		.skip_start = l->cond->op == COND_CONTAINS };
	struct bytes text;
	enum err err =
	    index_token_text(l->field, p->arena, l->cond->value, &text);

	if (err)
		return err;
	text_grams(text, try_gram, &r);
	if (r.err)
		return r.err;
	/* One character inside a name has no gram: look at all of them. */
	if (!r.seen)
		return open_listing(p, after);
	return open_digest(p, l->field, 't', r.token, TOKEN_SIZE, after);
}

static enum err open_plain(struct path *p, const struct field *f,
    struct bytes value, const struct candidate *after)
{
	uint8_t key[VALUE_KEY + 1];
	size_t len = index_plain(f, value, key);

	return scan_plain(p, f, bytes_of(key, len), &unbounded, after);
}

/* What names a record, or one that was merged into it. */
static enum err open_ref(struct path *p, const struct field *f,
    struct bytes value, const struct candidate *after)
{
	struct alias_set set = { .count = 0 };
	enum err err = ERR_OK;

	if (f->ref && f->ref->alias_field)
		err = alias_set(
		    p->desk, f->ref, value_ref(value), p->arena, &set);
	if (!err || err == ERR_NOT_FOUND)
		err = open_plain(p, f, value, after);
	for (size_t i = 1; !err && i < set.count; i++)
		err = open_plain(p, f,
		    value_pack_ref(p->arena, set.ids[i], BYTES_NONE), after);
	return err;
}

static enum err open_value(struct path *p, enum rank rank,
    const struct field *f, struct bytes value, const struct candidate *after)
{
	if (rank == RANK_UNIQUE)
		return open_unique(p, f, value);
	if (rank == RANK_BLIND)
		return open_blind(p, f, value, after);
	return rank == RANK_REF ? open_ref(p, f, value, after)
				: open_plain(p, f, value, after);
}

/* One value, or each of a short list. */
static enum err open_equal(struct path *p, enum rank rank, const struct leaf *l,
    const struct candidate *after)
{
	struct reader in = reader_of(l->cond->value);
	enum err err = ERR_OK;

	if (l->cond->op != COND_IN)
		return open_value(p, rank, l->field, l->cond->value, after);
	p->may_repeat = true;
	for (uint32_t left = read_array(&in); left && !err; left--)
		err = open_value(p, rank, l->field, read_raw(&in), after);
	return err;
}

static enum err open_range(
    struct path *p, const struct leaf *l, const struct candidate *after)
{
	uint8_t low[VALUE_KEY + 1], high[VALUE_KEY + 1];
	struct span bounds = { 0 };

	for (unsigned i = 0; i < p->query->leaf_count; i++) {
		const struct leaf *other = &p->query->leaves[i];
		enum cond_op op = other->cond->op;

		if (!other->must || other->field != l->field)
			continue;
		if (op == COND_GT || op == COND_GE)
			bounds.low = bytes_of(low,
			    index_plain(l->field, other->cond->value, low));
		if (op == COND_LT || op == COND_LE)
			bounds.high = bytes_of(high,
			    index_plain(l->field, other->cond->value, high));
	}
	return scan_plain(p, l->field, BYTES_NONE, &bounds, after);
}

/* Everything in scope: by number, or as the rows lie. */
static enum err open_listing(struct path *p, const struct candidate *after)
{
	const struct entity *e = p->query->entity;
	struct span span = { .table = TABLE_ROW, .prefix_len = 1, .head = 1 };

	p->is_listing = true;
	if (e->number_field && e->number_field->index & INDEX_PLAIN)
		return scan_plain(
		    p, e->number_field, BYTES_NONE, &unbounded, after);
	span.prefix[0] = e->id;
	return add_scan(p, &span, after);
}

/* The caller's own records in every branch, and the pool of his. */
static enum err open_own(struct path *p, const struct candidate *after)
{
	const struct field *f = p->query->entity->owner_field;
	uint8_t me[VALUE_KEY + 1], nobody[VALUE_KEY + 1];
	size_t len = index_plain(f,
	    value_pack_ref(p->arena, p->who->user, bytes_text(p->who->login)),
	    me);
	enum err err;

	p->is_listing = true;
	err = scan_plain(p, f, bytes_of(me, len), &unbounded, after);
	if (err || !(p->query->range & RELATION_POOL))
		return err;
	len = index_plain(f, index_nobody(), nobody);
	return scan_branch(
	    p, f, p->who->branch, bytes_of(nobody, len), &unbounded, after);
}

static bool ranges_over_own(const struct query *q)
{
	return q->entity->scoped &&
	       q->entity->owner_field->index & INDEX_PLAIN &&
	       q->range & RELATION_OWN &&
	       !(q->range & (RELATION_ALL | RELATION_BRANCH));
}

/* --- one parent's children, by their time --------------------------------*/

/* Those without a time would come last, and have the first keys. */
static bool is_by_time(
    const struct query *q, enum rank rank, const struct leaf *leaf)
{
	const struct entity *e = q->entity;

	return rank == RANK_REF && leaf->cond->op == COND_EQ &&
	       leaf->field == e->parent_field &&
	       leaf->field->index & INDEX_TIMED && q->order_count == 1 &&
	       q->order[0] == e->time_field && e->time_field->required;
}

static enum err open_children(struct path *p, uint64_t parent, bool is_listed,
    const struct candidate *after)
{
	struct span span = { .table = TABLE_INDEX };

	span.head = index_timed(p->field, parent, is_listed, span.prefix);
	span.prefix_len = span.head;
	return add_scan(p, &span, after);
}

/* Of the parent and of what was merged into it. */
static enum err open_by_time(
    struct path *p, const struct leaf *leaf, const struct candidate *after)
{
	const struct query *q = p->query;
	bool with_unlisted = q->archived || q->waiting || q->any_approval;
	uint64_t id = value_ref(leaf->cond->value);
	struct alias_set set = { .ids = &id, .count = 1 };
	enum err err = ERR_OK;

	p->field = leaf->field;
	if (leaf->field->ref->alias_field)
		err = alias_set(p->desk, leaf->field->ref, id, p->arena, &set);
	for (size_t i = 0; !err && i < set.count; i++) {
		err = open_children(p, set.ids[i], true, after);
		if (!err && with_unlisted)
			err = open_children(p, set.ids[i], false, after);
	}
	return err;
}

/* --- the path ------------------------------------------------------------*/

static bool fits_order(
    const struct query *q, enum rank rank, const struct leaf *leaf)
{
	const struct field *by =
	    q->order_count ? q->order[0] : q->entity->number_field;

	if (is_by_time(q, rank, leaf))
		return true;
	if (q->order_count > 1 || ranges_over_own(q))
		return false;
	if (rank == RANK_RANGE)
		return q->order_count && leaf->field == by;
	return rank == RANK_NONE && by == q->entity->number_field;
}

bool path_is_in_order(const struct query *q)
{
	const struct leaf *leaf = NULL;
	enum rank rank = choose(q, &leaf);

	return fits_order(q, rank, leaf);
}

static enum err open_ranked(struct path *p, enum rank rank,
    const struct leaf *leaf, const struct candidate *after)
{
	switch (rank) {
	case RANK_UNIQUE:
	case RANK_BLIND:
	case RANK_REF:
	case RANK_PLAIN:
		return open_equal(p, rank, leaf, after);
	case RANK_TAIL:
		return open_tail(p, leaf, after);
	case RANK_TOKENS:
		return open_tokens(p, leaf, after);
	case RANK_RANGE:
		return open_range(p, leaf, after);
	case RANK_NONE:
		break;
	}
	return ranges_over_own(p->query) ? open_own(p, after)
					 : open_listing(p, after);
}

enum err path_open(struct desk *d, const struct caller *who,
    const struct query *q, const struct candidate *after, struct arena *a,
    struct path *out)
{
	const struct leaf *leaf = NULL;
	enum rank rank = choose(q, &leaf);
	enum err err;

	*out = (struct path){ .desk = d,
		.who = who,
		.query = q,
		.arena = a,
		.field = leaf ? leaf->field : q->entity->number_field };
	if (q->order_count && q->down[0] && fits_order(q, rank, leaf))
		out->direction = SCAN_DOWN;
	err = is_by_time(q, rank, leaf) ? open_by_time(out, leaf, after)
					: open_ranked(out, rank, leaf, after);
	if (err)
		path_close(out);
	return err;
}

/* Rows of one value go by id over all branches, as within one: a cursor names
 * value and id. */
static int compare_fronts(const struct path_scan *a, const struct path_scan *b)
{
	int order = bytes_compare(a->key, b->key);

	return order ? order : (a->id > b->id) - (a->id < b->id);
}

static struct path_scan *front(struct path *p)
{
	struct path_scan *best = NULL;

	for (unsigned i = 0; i < p->count; i++) {
		struct path_scan *s = &p->scans[i];
		int order;

		if (!s->is_live)
			continue;
		order = best ? compare_fronts(s, best) : -1;
		if (p->direction == SCAN_DOWN && best)
			order = -order;
		if (order < 0)
			best = s;
	}
	return best;
}

bool path_next(struct path *p, struct candidate *out)
{
	struct path_scan *s;

	if (p->hit_count) {
		*out = (struct candidate){ .id = p->hits[--p->hit_count] };
		return true;
	}
	s = front(p);
	if (!s || p->err)
		return false;
	memcpy(p->key, s->key.data, s->key.len);
	*out = (struct candidate){ s->id, bytes_of(p->key, s->key.len) };
	advance(p, s);
	return !p->err;
}

void path_close(struct path *p)
{
	for (unsigned i = 0; i < p->count; i++)
		scan_close(p->scans[i].scan);
	p->count = 0;
}

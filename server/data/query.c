// SPDX-License-Identifier: MIT
/*
 * Resolving a search.  See query.h.
 */
#include "server/data/query.h"

#include "common/pack.h"
#include "server/data/index.h"
#include "server/data/refs.h"

#define NO_RECORD UINT64_MAX /* an id that nothing has */

struct gate { /* the search on its way through */
	struct desk *desk;
	const struct caller *who;
	struct arena *arena;
	struct findings *found;
	struct query *query;
};

/* --- one leaf ------------------------------------------------------------*/

static bool is_tail(const struct field *f, const struct cond *c)
{
	struct bytes text = value_text(f, c->value);

	if (c->op != COND_CONTAINS || !(f->index & INDEX_TAIL) ||
	    text.len != TAIL_DIGITS)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return true;
}

static bool is_exact(const struct field *f, const struct cond *c)
{
	if (c->op == COND_EQ || c->op == COND_IN)
		return f->index & (INDEX_BLIND | INDEX_UNIQUE | INDEX_WITHIN);
	return is_tail(f, c);
}

static unsigned count_values(const struct cond *c)
{
	struct reader in = reader_of(c->value);

	return c->op == COND_IN ? read_array(&in) : 1;
}

/* For those who may know a sealed field, it has exact search or none. */
static enum err sealed_use(
    struct gate *g, const struct field *f, struct leaf *leaf, enum use *use)
{
	if (leaf->cond->op == COND_EMPTY) {
		*use = USE_FILTER;
		return ERR_OK;
	}
	if (!is_exact(f, leaf->cond)) {
		findings_add(g->found, FINDING_ERROR, f->key, "sealed",
		    "a sealed field can only be looked up by its exact value");
		return ERR_INVALID;
	}
	leaf->is_exact = true;
	g->query->looks_up += count_values(leaf->cond);
	/* A mask leaves few enough candidates to ask for all of them. */
	if (g->query->looks_up > QUERY_LOOKUPS)
		return ERR_TOO_LARGE;
	*use = USE_SEARCH;
	return ERR_OK;
}

static enum err pass(struct gate *g, const struct field *f, enum use use)
{
	struct grant *grant = &g->query->grants[f->slot];

	if (view_grant_range(g->query->ve, g->query->range, f, use, grant))
		return ERR_OK;
	g->query->bad_field = bytes_text(f->key);
	return ERR_DENIED;
}

static enum err resolve_ref(
    struct gate *g, const struct field *f, struct bytes *value)
{
	struct bytes text = value_text(f, *value), login;
	const struct account *account;
	const struct view_entity *ve;
	struct record *target;
	enum err err;

	if (!f->ref) {
		err = login_canonical(g->arena, text, &login);
		account =
		    err ? NULL : directory_account(g->desk->directory, login);
		*value =
		    value_pack_ref(g->arena, account ? account->id : NO_RECORD,
			account ? bytes_text(account->login) : text);
		return value->data ? ERR_OK : ERR_TOO_LARGE;
	}
	ve = view_entity_of(g->who->view, f->ref);
	err = ve ? record_find_by_text(
		       g->desk, g->who, ve, text, g->arena, &target)
		 : ERR_NOT_FOUND;
	if (err && err != ERR_NOT_FOUND)
		return err;
	/* What he may not know of is a reference to nothing. */
	*value = value_pack_ref(g->arena, err ? NO_RECORD : target->id, text);
	return value->data ? ERR_OK : ERR_TOO_LARGE;
}

static enum err resolve_refs(
    struct gate *g, const struct field *f, struct cond *c)
{
	struct reader in = reader_of(c->value);
	struct buf out;
	uint32_t left;
	enum err err = ERR_OK;

	if (c->op != COND_IN)
		return reader_peek(&in) == UNPACK_TEXT
			   ? resolve_ref(g, f, &c->value)
			   : ERR_OK;
	buf_init(&out, 64 * 1024);
	left = read_array(&in);
	pack_array(&out, left);
	for (; left && !err && !in.err; left--) {
		struct bytes item = read_raw(&in);

		err = resolve_ref(g, f, &item);
		pack_raw(&out, item);
	}
	c->value = buf_move(&out, g->arena);
	if (!err && !c->value.data)
		err = ERR_TOO_LARGE;
	return err ? err : in.err;
}

static enum err resolve_leaf(struct gate *g, struct cond *c, bool must)
{
	struct query *q = g->query;
	const struct field *f = view_field(q->ve, c->field);
	struct leaf *leaf = &q->leaves[q->leaf_count];
	enum use use = USE_FILTER;
	enum err err = ERR_OK;

	if (!f) {
		q->bad_field = c->field;
		return ERR_UNKNOWN;
	}
	if (q->leaf_count == QUERY_LEAVES)
		return ERR_TOO_LARGE;
	*leaf = (struct leaf){ .cond = c, .field = f, .must = must };
	q->leaf_count++;
	if (f->sealed)
		err = sealed_use(g, f, leaf, &use);
	if (!err)
		err = pass(g, f, use);
	if (!err && f->type == TYPE_REF && c->op != COND_EMPTY)
		err = resolve_refs(g, f, c);
	q->archived |= f == q->entity->status_field;
	if (f == q->entity->approval_field)
		q->archived = q->any_approval = true;
	return err;
}

static enum err resolve_tree(struct gate *g, struct cond *c, bool must)
{
	enum err err = ERR_OK;

	if (c->op != COND_AND && c->op != COND_OR && c->op != COND_NOT)
		return resolve_leaf(g, c, must);
	for (uint32_t i = 0; !err && i < c->count; i++)
		err = resolve_tree(g, c->items[i], must && c->op == COND_AND);
	return err;
}

/* Refused names come first; only then are constants looked at. */
static enum err resolve_where(struct gate *g, struct bytes packed)
{
	struct query *q = g->query;
	struct reader in = reader_of(packed);
	unsigned errors = g->found->errors;
	enum err err;

	if (!packed.len || reader_peek(&in) == UNPACK_NIL)
		return ERR_OK;
	err = cond_read(&in, g->arena, &q->where);
	if (!err)
		err = resolve_tree(g, q->where, true);
	if (!err)
		err =
		    condition_prepare(q->entity, q->where, g->arena, g->found);
	return !err && g->found->errors > errors ? ERR_INVALID : err;
}

/* --- order, fields, scope ------------------------------------------------*/

static enum err resolve_order_one(struct gate *g, struct bytes name)
{
	struct query *q = g->query;
	bool down = bytes_starts(name, bytes_text("-"));
	const struct field *f;

	if (down)
		name = bytes_of(name.data + 1, name.len - 1);
	f = view_field(q->ve, name);
	if (!f) {
		q->bad_field = name;
		return ERR_UNKNOWN;
	}
	if (f->sealed) {
		findings_add(g->found, FINDING_ERROR, f->key, "sealed",
		    "a sealed field cannot be sorted by");
		return ERR_INVALID;
	}
	if (q->order_count == QUERY_ORDER)
		return ERR_TOO_LARGE;
	q->order[q->order_count] = f;
	q->down[q->order_count++] = down;
	return pass(g, f, USE_SORT);
}

static enum err resolve_order(struct gate *g, struct bytes packed)
{
	struct reader in = reader_of(packed);
	enum err err = ERR_OK;
	uint32_t left;

	if (!packed.len || reader_peek(&in) == UNPACK_NIL)
		return ERR_OK;
	for (left = read_array(&in); left && !err && !in.err; left--)
		err = resolve_order_one(g, read_text(&in));
	return err ? err : in.err;
}

static enum err resolve_fields(struct gate *g, struct bytes packed)
{
	struct query *q = g->query;
	struct reader in = reader_of(packed);
	uint32_t left;

	if (!packed.len || reader_peek(&in) == UNPACK_NIL)
		return ERR_OK;
	q->wanted =
	    arena_array(g->arena, q->entity->field_count, sizeof *q->wanted);
	if (!q->wanted)
		return ERR_TOO_LARGE;
	for (left = read_array(&in); left && !in.err; left--) {
		struct bytes name = read_text(&in);
		const struct field *f = view_field(q->ve, name);

		if (!f) {
			q->bad_field = name;
			return ERR_UNKNOWN;
		}
		q->wanted[f->slot] = true;
	}
	return in.err;
}

static enum err resolve_scope(struct gate *g, struct bytes word)
{
	static const struct {
		const char *word;
		enum relation relation;
	} table[] = { { "own", RELATION_OWN }, { "pool", RELATION_POOL },
		{ "branch", RELATION_BRANCH }, { "all", RELATION_ALL } };
	struct query *q = g->query;

	q->range = view_range(q->ve);
	if (!word.len)
		return ERR_OK;
	for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
		if (!bytes_is(word, table[i].word))
			continue;
		/* It narrows what he has, and never widens it. */
		if (table[i].relation == RELATION_ALL)
			return ERR_OK;
		q->only = table[i].relation;
		if (q->range & q->only)
			q->range = q->only;
		return ERR_OK;
	}
	findings_add(g->found, FINDING_ERROR, "scope", "choice",
	    "scope is own, pool, branch or all");
	return ERR_INVALID;
}

static void identify(const struct query_ask *ask, struct query *q)
{
	struct bytes parts[] = { bytes_of(&q->entity->id, 1), ask->where,
		bytes_text("|"), ask->order, bytes_text("|"), ask->scope,
		bytes_of(&ask->archived, 1), bytes_of(&ask->waiting, 1),
		bytes_of(&ask->count, 1) };

	digest_parts(parts, sizeof parts / sizeof *parts, &q->identity);
}

enum err query_resolve(struct desk *d, const struct caller *who,
    const struct query_ask *ask, struct arena *a, struct findings *found,
    struct query *out)
{
	struct gate g = { d, who, a, found, out };
	enum err err;

	*out = (struct query){ .ve = ask->entity,
		.entity = view_entity_schema(ask->entity),
		.limit = ask->limit > QUERY_LIMIT ? QUERY_LIMIT : ask->limit,
		.count = ask->count,
		.archived = ask->archived,
		.waiting = ask->waiting };
	out->grants =
	    arena_array(a, out->entity->field_count, sizeof *out->grants);
	if (!out->grants)
		return ERR_TOO_LARGE;
	err = resolve_scope(&g, ask->scope);
	if (!err)
		err = resolve_fields(&g, ask->fields);
	if (!err)
		err = resolve_order(&g, ask->order);
	if (!err)
		err = resolve_where(&g, ask->where);
	identify(ask, out);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * Parameters about records: names, values, conditions.
 *
 * Mostly what makes sense for the request at hand, so that it is answered
 * with something; sometimes what is out of place: other entities' fields,
 * words that are no names, another type.
 */
#include "server/selftest/params.h"

#include "common/cond.h"
#include "common/pack.h"
#include "server/schema/value.h"
#include "server/selftest/made.h"

#define TREE_MOST 3
#define ITEMS     3

/* What the reader may know of comes more often. */
static const struct stocked *any_stocked(struct corpus *c)
{
	const struct stock *s = c->stock;
	unsigned tries = chance(c, 60) ? 16 : 1;
	const struct stocked *item;

	do
		item = &s->items[dice_below(&c->dice, s->count)];
	while (--tries && !s->fates.known[item->entity->id][item->spot]);
	return item;
}

/* --- names ---------------------------------------------------------------*/

static const struct entity *about(struct corpus *c)
{
	if (!c->entity)
		c->entity = any_stocked(c)->entity;
	return c->entity;
}

static void put_entity(struct corpus *c, struct buf *out)
{
	const struct schema *s = c->stock->schema;

	/* The customer and his like as often as all others together. */
	do
		c->entity = any_stocked(c)->entity;
	while (c->entity->parent && chance(c, 50));
	if (chance(c, 10))
		c->entity = &s->entities[dice_below(&c->dice, s->entity_count)];
	if (chance(c, 4))
		ANY(c, out, "customers", "Customer", "user", "客户", "");
	else
		pack_cstr(out, c->entity->key);
}

static bool is_hidden(struct corpus *c, const struct field *f)
{
	const struct fates *fates = &c->stock->fates;

	for (unsigned at = 0; at < SPOTS; at++)
		if (fates->of[f->entity->id][at][f->slot] != FATE_SHARED)
			return true;
	return false;
}

/* What is hidden, or masked, somewhere comes more often than the rest. */
static const struct field *any_field(struct corpus *c)
{
	const struct entity *e = about(c);
	unsigned tries = chance(c, 20) ? 40 : 1;
	const struct field *f;

	do
		f = &e->fields[dice_below(&c->dice, e->field_count)];
	while (--tries && !is_hidden(c, f));
	return f;
}

static const char *field_name(struct corpus *c)
{
	static const char *const nonsense[] = { "no_such_field", "*", "Name",
		"name as x", "upper(name)", "length(credit_limit)",
		"customer.credit_limit", "bank.account_no", "bank.*",
		"orders.customer.name", "bank[\"account_no\"]", "", "-", "名称",
		"id", "version", "masked" };
	const struct schema *s = c->stock->schema;
	const struct entity *other;

	if (chance(c, 3))
		return dice_any(&c->dice, nonsense);
	if (chance(c, 97))
		return any_field(c)->key;
	other = &s->entities[dice_below(&c->dice, s->entity_count)];
	return other->fields[dice_below(&c->dice, other->field_count)].key;
}

static void put_names(struct corpus *c, struct buf *out)
{
	unsigned count = 1 + dice_below(&c->dice, 4);

	pack_array(out, count);
	while (count--)
		pack_cstr(out, field_name(c));
}

static void put_field(struct corpus *c, struct buf *out)
{
	pack_cstr(out, field_name(c));
}

/* To group by, mostly what has few values. */
static void put_groups(struct corpus *c, struct buf *out)
{
	unsigned count = 1 + dice_below(&c->dice, chance(c, 5) ? 4 : 2);

	pack_array(out, count);
	while (count--) {
		const struct field *f = any_field(c);

		for (unsigned i = 0;
		     i < 8 && f->type != TYPE_ENUM && f->type != TYPE_REF &&
		     f->type != TYPE_BOOL;
		     i++)
			f = any_field(c);
		pack_cstr(out, chance(c, 90) ? f->key : field_name(c));
	}
}

/* To add up, mostly amounts. */
static void put_sums(struct corpus *c, struct buf *out)
{
	const struct field *f = any_field(c);

	for (unsigned i = 0; i < 40 && f->type != TYPE_INT &&
			     f->type != TYPE_DECIMAL && f->type != TYPE_MONEY;
	     i++)
		f = any_field(c);
	pack_array(out, 1);
	pack_cstr(out, f->key);
}

static void put_order(struct corpus *c, struct buf *out)
{
	unsigned count = 1 + dice_below(&c->dice, 2);

	pack_array(out, count);
	while (count--) {
		char *name = arena_format(
		    c->arena, "%s%s", chance(c, 50) ? "-" : "", field_name(c));

		pack_cstr(out, name);
	}
}

/* --- records -------------------------------------------------------------*/

/* One of the entity's, wherever it stands; else any. */
static const struct stocked *stocked_of(
    struct corpus *c, const struct entity *e)
{
	const struct stocked *item = any_stocked(c);

	for (unsigned i = 0; i < 64 && item->entity != e; i++)
		item = any_stocked(c);
	return item;
}

static void put_record(
    struct corpus *c, const struct entity *e, struct buf *out)
{
	const struct stocked *item = stocked_of(c, e);
	const char *kept =
	    corpus_kept(c, chance(c, 50) ? KEPT_ID : KEPT_NUMBER);

	if (kept && chance(c, 15))
		pack_cstr(out, kept);
	else if (chance(c, 6))
		ANY(c, out, "KHSH202799999", "0000000000000000", "#0", "x",
		    "' or 1=1", "");
	else
		pack_cstr(out,
		    item->id[0] && chance(c, 50) ? item->id : item->number);
}

/* Whose noun is an entity's key is about its records. */
static const struct entity *entity_of_noun(struct corpus *c)
{
	const char *name = c->method->name;

	return schema_entity(
	    c->stock->schema, bytes_of(name, strcspn(name, ".")));
}

static void put_id(struct corpus *c, struct buf *out)
{
	const struct entity *noun = entity_of_noun(c);

	if (noun) {
		put_record(c, noun, out);
		return;
	}
	if (param_is_known(c->method->params, bytes_text("entity")) ||
	    c->method->run == on_record_batch)
		put_record(c, about(c), out);
	else
		corpus_put_kept(c, KEPT_ID, "0000000000000000", out);
}

/* --- values --------------------------------------------------------------*/

static void put_reference(
    struct corpus *c, const struct field *f, struct buf *out)
{
	if (f->ref)
		put_record(c, f->ref, out);
	else
		ANY(c, out, "reader", "spare", "maker", "nobody");
}

/* To search for: of what lies in either book, both secrets included, but for
 * what the reader may look up. */
static void put_known(struct corpus *c, const struct field *f, struct buf *out)
{
	const struct stocked *item = stocked_of(c, f->entity);
	bool looked_up = c->stock->fates.looked_up[f->entity->id][f->slot];
	unsigned number = looked_up
			      ? FRESH_AGAIN + dice_below(&c->dice, FRESH_FEW)
			      : 2 * item->serial + dice_below(&c->dice, 2);
	struct bytes value = made_value(f, number, c->arena);

	if (chance(c, 5))
		put_nonsense(c, out);
	else if (f->type == TYPE_REF)
		put_reference(c, f, out);
	else
		pack_raw_or_nil(out, value);
}

/* To store.  That a unique value is taken is told: these are
 * not. */
static void put_fresh(struct corpus *c, const struct field *f, struct buf *out)
{
	struct bytes value;

	if (!(f->index & (INDEX_UNIQUE | INDEX_WITHIN))) {
		put_known(c, f, out);
		return;
	}
	value = made_value(f, c->fresh++, c->arena);
	pack_raw_or_nil(out, value);
}

static bool is_set_by_people(const struct field *f)
{
	return !f->is_auto && !f->derive.kind;
}

static void put_one_value(struct corpus *c, struct buf *out)
{
	const char *key = field_name(c);
	const struct field *f = entity_field(about(c), bytes_text(key));

	for (unsigned i = 0; i < 8 && f && !is_set_by_people(f); i++) {
		f = any_field(c);
		key = f->key;
	}

	pack_cstr(out, key);
	if (f)
		put_fresh(c, f, out);
	else
		put_nonsense(c, out);
}

static void put_set(struct corpus *c, struct buf *out)
{
	size_t mark = pack_map_open(out);
	unsigned count = 1 + dice_below(&c->dice, 3);

	for (unsigned i = 0; i < count; i++)
		put_one_value(c, out);
	pack_map_close(out, mark, count);
}

/* What is required, and a little more. */
static void put_new(struct corpus *c, struct buf *out)
{
	const struct entity *e = about(c);
	size_t mark = pack_map_open(out);
	uint32_t count = 0;

	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		if (!is_set_by_people(f) ||
		    !(f->required ? chance(c, 97) : chance(c, 3)))
			continue;
		pack_cstr(out, f->key);
		put_fresh(c, f, out);
		count++;
	}
	pack_map_close(out, mark, count);
}

static void put_fields(struct corpus *c, struct buf *out)
{
	if (c->method->run == on_record_create)
		put_new(c, out);
	else
		put_names(c, out);
}

/* --- conditions ----------------------------------------------------------*/

/* What a field of that type can be asked; mostly. */
static enum cond_op operator_for(struct corpus *c, const struct field *f)
{
	static const enum cond_op of_any[] = { COND_EQ, COND_NE, COND_IN,
		COND_EMPTY };
	static const enum cond_op of_amounts[] = { COND_LT, COND_LE, COND_GT,
		COND_GE, COND_EQ };
	static const enum cond_op of_texts[] = { COND_PREFIX, COND_CONTAINS,
		COND_EQ };
	static const enum cond_op of_lists[] = { COND_HAS, COND_EMPTY };

	if (!f || chance(c, 10))
		return (enum cond_op)(
		    COND_EQ + dice_below(&c->dice, COND_OP_COUNT - COND_EQ));
	if (f->type == TYPE_LIST)
		return dice_any(&c->dice, of_lists);
	if (f->sealed || chance(c, 40))
		return dice_any(&c->dice, of_any);
	return f->type == TYPE_TEXT || f->type == TYPE_NOTE
		   ? dice_any(&c->dice, of_texts)
	       : f->type >= TYPE_INT && f->type <= TYPE_INSTANT
		   ? dice_any(&c->dice, of_amounts)
		   : dice_any(&c->dice, of_any);
}

static void put_leaf(struct corpus *c, struct buf *out)
{
	const char *key = field_name(c);
	const struct field *f = entity_field(about(c), bytes_text(key));
	enum cond_op op = operator_for(c, f);
	unsigned items = op == COND_IN ? 1 + dice_below(&c->dice, 3) : 1;

	pack_array(out, op == COND_EMPTY ? 2 : 3);
	pack_cstr(out, chance(c, 98) ? cond_word(op) : "like");
	pack_cstr(out, key);
	if (op == COND_EMPTY)
		return;
	if (op == COND_IN)
		pack_array(out, items);
	while (items--)
		if (f)
			put_known(c, f, out);
		else
			put_nonsense(c, out);
}

static void put_tree(struct corpus *c, unsigned depth, struct buf *out)
{
	enum cond_op op = (enum cond_op)dice_below(&c->dice, COND_EQ);
	unsigned items = op == COND_NOT ? 1 : 1 + dice_below(&c->dice, 3);

	if (!depth || chance(c, 75)) {
		put_leaf(c, out);
		return;
	}
	pack_array(out, 1 + items);
	pack_cstr(out, cond_word(op));
	while (items--)
		put_tree(c, depth - 1, out);
}

static void put_where(struct corpus *c, struct buf *out)
{
	unsigned nots = chance(c, 3) ? 10 : 0;

	if (chance(c, 4)) {
		put_nonsense(c, out);
		return;
	}
	for (unsigned i = 0; i < nots; i++) {
		pack_array(out, 2);
		pack_cstr(out, "not");
	}
	put_tree(c, TREE_MOST, out);
}

/* --- many ----------------------------------------------------------------*/

static void put_item(struct corpus *c, struct buf *out)
{
	bool create = chance(c, 50);

	c->entity = NULL;
	pack_map(out, create ? 3 : 4);
	pack_key_cstr(out, "op", create ? "create" : "update");
	pack_cstr(out, "entity");
	put_entity(c, out);
	if (!create) {
		pack_cstr(out, "id");
		put_id(c, out);
	}
	pack_cstr(out, create ? "fields" : "set");
	if (create)
		put_new(c, out);
	else
		put_set(c, out);
}

static void put_items(struct corpus *c, struct buf *out)
{
	unsigned count = 1 + dice_below(&c->dice, ITEMS);

	pack_array(out, count);
	while (count--)
		put_item(c, out);
}

/* Of a report. */
static void put_params(struct corpus *c, struct buf *out)
{
	static const char *const keys[] = { "group", "group", "group", "at",
		"from", "to", "scope", "limit", "border", "where" };
	static const char *const words[] = { "customer", "product", "branch",
		"owner", "month", "grade", "credit_grade", "product,category",
		"stage", "created_by", "quarter", "steward", "class", "cell",
		"2026-01", "2026-01-15", "2026-12", "own", "all", "below",
		"nothing" };
	unsigned from = dice_below(&c->dice, 10);

	/* The second key is another one, or the map says one twice. */
	pack_map(out, 2);
	pack_key_cstr(out, keys[from], dice_any(&c->dice, words));
	pack_key_cstr(out, keys[(from + 3) % 10], dice_any(&c->dice, words));
}

/* Of a merger: whose value stays. */
static void put_choose(struct corpus *c, struct buf *out)
{
	unsigned count = dice_below(&c->dice, 3);
	size_t mark = pack_map_open(out);

	c->entity = entity_of_noun(c);
	for (unsigned i = 0; i < count; i++) {
		pack_cstr(out, field_name(c));
		ANY(c, out, "loser", "loser", "survivor", "both");
	}
	pack_map_close(out, mark, count);
}

const struct param params_record[] = {
	{ "by", put_groups },
	{ "choose", put_choose },
	{ "entity", put_entity },
	{ "field", put_field },
	{ "fields", put_fields },
	{ "id", put_id },
	{ "items", put_items },
	{ "loser", put_id },
	{ "order", put_order },
	{ "params", put_params },
	{ "set", put_set },
	{ "sum", put_sums },
	{ "survivor", put_id },
	{ "unset", put_names },
	{ "where", put_where },
	{ NULL, NULL },
};

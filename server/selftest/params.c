// SPDX-License-Identifier: MIT
/*
 * What may stand in a parameter, by its name.
 *
 * Mostly what makes sense for the request at hand, so that it is answered
 * with something; sometimes what is out of place: other entities' fields,
 * words that are no names, another type.
 */
#include "server/selftest/corpus.h"

#include "common/cond.h"
#include "common/pack.h"
#include "common/unpack.h"
#include "server/schema/value.h"
#include "server/selftest/made.h"

#define TREE_MOST 3
#define ITEMS     3

static void put_where(struct corpus *c, struct buf *out);

static void put_any(
    struct corpus *c, struct buf *out, const char *const *list, unsigned count)
{
	pack_cstr(out, list[dice_below(&c->dice, count)]);
}

#define ANY(c, out, ...)                                                       \
	put_any(c, out, (const char *const[]){ __VA_ARGS__ },                  \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static bool chance(struct corpus *c, unsigned percent)
{
	return dice_percent(&c->dice, percent);
}

static const struct stocked *any_stocked(struct corpus *c)
{
	const struct stock *s = c->stock;

	return &s->items[dice_below(&c->dice, s->count)];
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

static const struct field *any_field(struct corpus *c)
{
	const struct entity *e = about(c);

	return &e->fields[dice_below(&c->dice, e->field_count)];
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

	if (chance(c, 6))
		return dice_any(&c->dice, nonsense);
	if (chance(c, 94))
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

static void put_id(struct corpus *c, struct buf *out)
{
	put_record(c, about(c), out);
}

/* --- values --------------------------------------------------------------*/

static void put_nonsense(struct corpus *c, struct buf *out)
{
	switch (dice_below(&c->dice, 6)) {
	case 0:
		pack_nil(out);
		break;
	case 1:
		pack_int(out, (int64_t)dice_next(&c->dice));
		break;
	case 2:
		pack_bool(out, chance(c, 50));
		break;
	case 3:
		pack_array(out, 1);
		pack_cstr(out, "x");
		break;
	case 4:
		pack_map(out, 1);
		pack_key_cstr(out, "$gt", "");
		break;
	default:
		ANY(c, out, "", "****", "138****5678", "%", "A", "vip", "SH",
		    "reader", "maker", "2026-01-01", "\xe4\xb8\x8a", "0");
	}
}

static void put_reference(
    struct corpus *c, const struct field *f, struct buf *out)
{
	if (f->ref)
		put_record(c, f->ref, out);
	else
		ANY(c, out, "reader", "spare", "maker", "nobody");
}

/* To search for: of what lies in either book, both secrets included. */
static void put_known(struct corpus *c, const struct field *f, struct buf *out)
{
	struct bytes value =
	    made_value(f, dice_below(&c->dice, 2 * c->stock->serial), c->arena);

	if (chance(c, 5))
		put_nonsense(c, out);
	else if (f->type == TYPE_REF)
		put_reference(c, f, out);
	else if (value.len)
		pack_raw(out, value);
	else
		pack_nil(out);
}

/* To store.  That a unique value is taken, anywhere, is told (SETTLED 20):
 * these are not. */
static void put_fresh(struct corpus *c, const struct field *f, struct buf *out)
{
	struct bytes value;

	if (!(f->index & INDEX_UNIQUE) || chance(c, 3)) {
		put_known(c, f, out);
		return;
	}
	value = made_value(f, c->fresh + dice_below(&c->dice, 100), c->arena);
	c->fresh += 100;
	if (value.len)
		pack_raw(out, value);
	else
		pack_nil(out);
}

static void put_one_value(struct corpus *c, struct buf *out)
{
	const char *key = field_name(c);
	const struct field *f = entity_field(about(c), bytes_text(key));

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

		if (f->is_auto || f->derive.kind ||
		    !(f->required ? chance(c, 97) : chance(c, 8)))
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

static void put_leaf(struct corpus *c, struct buf *out)
{
	enum cond_op op = (enum cond_op)(
	    COND_EQ + dice_below(&c->dice, COND_OP_COUNT - COND_EQ));
	const char *key = field_name(c);
	const struct field *f = entity_field(about(c), bytes_text(key));
	unsigned items = op == COND_IN ? 1 + dice_below(&c->dice, 3) : 1;

	pack_array(out, op == COND_EMPTY ? 2 : 3);
	pack_cstr(out, chance(c, 97) ? cond_word(op) : "like");
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

	if (!depth || chance(c, 60)) {
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

/* --- words ---------------------------------------------------------------*/

static void put_kept(
    struct corpus *c, enum kept kind, const char *instead, struct buf *out)
{
	const char *text = corpus_kept(c, kind);
	char *altered;

	if (!text || chance(c, 10)) {
		pack_cstr(out, instead);
		return;
	}
	altered = arena_text(c->arena, bytes_text(text));
	if (altered && altered[0] && chance(c, 15))
		altered[dice_below(&c->dice, (unsigned)strlen(altered))] ^= 1;
	pack_cstr(out, altered ? altered : text);
}

static void put_after(struct corpus *c, struct buf *out)
{
	put_kept(c, KEPT_CURSOR, "AAAA", out);
}

static void put_version(struct corpus *c, struct buf *out)
{
	put_kept(c, KEPT_VERSION, "1", out);
}

static void put_confirm(struct corpus *c, struct buf *out)
{
	put_kept(
	    c, KEPT_CONFIRM, "000001a2062ee52bf3d823942ac526c1a477da4a", out);
}

static void put_token(struct corpus *c, struct buf *out)
{
	put_kept(c, KEPT_TOKEN, "no token", out);
}

static void put_number(struct corpus *c, struct buf *out)
{
	if (chance(c, 4))
		put_nonsense(c, out);
	else
		pack_int(out,
		    (int64_t)dice_below(&c->dice, 8) - 1 +
			(chance(c, 30) ? (int64_t)dice_below(&c->dice, 2000)
				       : 0));
}

static void put_flag(struct corpus *c, struct buf *out)
{
	if (chance(c, 4))
		put_nonsense(c, out);
	else
		pack_bool(out, chance(c, 60));
}

static void put_scope(struct corpus *c, struct buf *out)
{
	ANY(c, out, "own", "own", "pool", "branch", "all", "mine");
}

static void put_reason(struct corpus *c, struct buf *out)
{
	ANY(c, out, "试", "电话核实", "because");
}

static void put_source(struct corpus *c, struct buf *out)
{
	ANY(c, out, "form", "phone", "import", "nowhere");
}

static void put_request_id(struct corpus *c, struct buf *out)
{
	char *text = arena_format(c->arena, "r%u", dice_below(&c->dice, 12));

	pack_cstr(out, text);
}

static void put_override(struct corpus *c, struct buf *out)
{
	pack_array(out, 1);
	ANY(c, out, "uscc_missing", "uscc_check", "id_region", "nothing");
}

static void put_row(struct corpus *c, struct buf *out)
{
	char *text = arena_format(c->arena, "%064x", dice_below(&c->dice, 40));

	pack_cstr(out, text);
}

static void put_user(struct corpus *c, struct buf *out)
{
	ANY(c, out, "reader", "spare", "Spare ", "maker", "nobody", "new-1",
	    "new-2", "new-3", "");
}

/* Others than the reader's: he is needed. */
static void put_target(struct corpus *c, struct buf *out)
{
	if (c->method->right == RIGHT_USERS)
		ANY(c, out, "spare", "nobody", "new-1", "new-2", "new-3");
	else
		put_user(c, out);
}

static void put_password(struct corpus *c, struct buf *out)
{
	ANY(c, out, STOCK_PASSWORD, STOCK_PASSWORD, "another horse battery",
	    "password", "");
}

static void put_roles(struct corpus *c, struct buf *out)
{
	unsigned count = 1 + dice_below(&c->dice, 2);

	pack_array(out, count);
	while (count--)
		ANY(c, out, "sales", "clerk", "auditor", "finance", "admin",
		    "boss");
}

static void put_branch(struct corpus *c, struct buf *out)
{
	ANY(c, out, "SH", "HZ", "XX", "");
}

static void put_method(struct corpus *c, struct buf *out)
{
	pack_cstr(out,
	    method_at(dice_below(&c->dice, (unsigned)method_count()))->name);
}

/* --- the table -----------------------------------------------------------*/

static const struct {
	const char *name;
	void (*put)(struct corpus *c, struct buf *out);
} params[] = {
	{ "after", put_after },
	{ "archived", put_flag },
	{ "atomic", put_flag },
	{ "branch", put_branch },
	{ "clear", put_flag },
	{ "client", put_reason },
	{ "confirm", put_confirm },
	{ "count", put_flag },
	{ "disabled", put_flag },
	{ "dry_run", put_flag },
	{ "entity", put_entity },
	{ "fields", put_fields },
	{ "from", put_number },
	{ "id", put_id },
	{ "index", put_number },
	{ "items", put_items },
	{ "keep", put_flag },
	{ "limit", put_number },
	{ "method", put_method },
	{ "must_change", put_flag },
	{ "name", put_reason },
	{ "new", put_number },
	{ "old", put_number },
	{ "order", put_order },
	{ "override", put_override },
	{ "password", put_password },
	{ "reason", put_reason },
	{ "request_id", put_request_id },
	{ "roles", put_roles },
	{ "row", put_row },
	{ "scope", put_scope },
	{ "set", put_set },
	{ "source", put_source },
	{ "to", put_number },
	{ "token", put_token },
	{ "unset", put_names },
	{ "user", put_target },
	{ "version", put_version },
	{ "where", put_where },
};

void param_put(struct corpus *c, const char *param, struct buf *out)
{
	for (unsigned i = 0; i < sizeof params / sizeof *params; i++) {
		if (strcmp(params[i].name, param))
			continue;
		params[i].put(c, out);
		return;
	}
	put_nonsense(c, out);
}

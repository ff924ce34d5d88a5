// SPDX-License-Identifier: MIT
/*
 * Reading the section `pool` of the rules.  See book_pool.h.
 */
#include "server/schema/book_pool.h"

#include "common/unpack.h"
#include "server/schema/book_rules.h"
#include "server/schema/compile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A list of at most `most`, as an array of rows of `size`. */
static void *read_rows(struct compiler *c, const char *name,
    struct bytes packed, size_t size, unsigned most, struct reader *in,
    unsigned *count)
{
	*in = reader_of(packed);
	*count = packed.len ? read_array(in) : 0;
	if (in->err || *count > most) {
		compile_fail(c, "pool: %s is a list of at most %u", name, most);
		*count = 0;
	}
	return compile_array(c, *count, size);
}

static void check_names(
    struct compiler *c, const char *key, const struct label *label)
{
	if (!c->err && (!key || !label->zh))
		compile_fail(c, "pool: each row has key and label");
	if (!c->err)
		compile_word(c, bytes_text(key));
}

/* --- limits --------------------------------------------------------------*/

struct limit_reading {
	struct pool_limit limit;
	struct bytes roles;
};

#define LIMIT(member) offsetof(struct limit_reading, limit.member)

/* clang-format off */
static const struct key_row limit_rows[] = {
	{ "key",   key_text,  LIMIT(key), 0, 0 },
	{ "label", key_label, LIMIT(label), 0, 0 },
	{ "roles", key_raw,   offsetof(struct limit_reading, roles), 0, 0 },
	{ "a_day", key_short, LIMIT(a_day), 0, POOL_CLAIMS },
	{ "owned", key_short, LIMIT(owned), 0, POOL_CLAIMS },
	{ "again", key_short, LIMIT(again), 0, POOL_DAYS },
};
/* clang-format on */

static void read_limit(
    struct compiler *c, struct pool_limit *out, struct bytes packed)
{
	struct limit_reading in = { .limit = { .a_day = POOL_NONE,
					.owned = POOL_NONE } };
	struct reader roles;
	const char **list;

	compile_keys(c, packed, limit_rows, COUNT(limit_rows), &in);
	check_names(c, in.limit.key, &in.limit.label);
	list = read_rows(c, "roles", in.roles, sizeof *list, POOL_ROWS, &roles,
	    &in.limit.role_count);
	for (unsigned i = 0; !c->err && i < in.limit.role_count; i++)
		list[i] = compile_word(c, read_text(&roles));
	in.limit.roles = list;
	*out = in.limit;
}

static void read_limits(
    struct compiler *c, struct book_pool *p, struct bytes packed)
{
	struct reader in;
	struct pool_limit *list = read_rows(
	    c, "limits", packed, sizeof *list, POOL_ROWS, &in, &p->limit_count);

	p->limits = list;
	for (unsigned i = 0; !c->err && i < p->limit_count; i++)
		read_limit(c, &list[i], read_raw(&in));
}

/* --- returns -------------------------------------------------------------*/

struct return_reading {
	struct pool_return rule;
	struct bytes when;
};

#define RETURN(member) offsetof(struct return_reading, rule.member)

/* clang-format off */
static const struct key_row return_rows[] = {
	{ "key",   key_text,  RETURN(key), 0, 0 },
	{ "label", key_label, RETURN(label), 0, 0 },
	{ "when",  key_raw,   offsetof(struct return_reading, when), 0, 0 },
	{ "days",  key_short, RETURN(days), 1, POOL_DAYS },
	{ "warn",  key_short, RETURN(warn), 0, POOL_DAYS },
	{ "off",   key_bool,  RETURN(is_off), 0, 0 },
};
/* clang-format on */

static void read_return(struct compiler *c, const struct book_rules *b,
    struct pool_return *out, struct bytes packed)
{
	struct return_reading in = { .rule = { .days = POOL_NONE } };

	compile_keys(c, packed, return_rows, COUNT(return_rows), &in);
	check_names(c, in.rule.key, &in.rule.label);
	c->field = in.rule.key;
	if (!c->err && in.when.len)
		in.rule.when = compile_rule_when(c, b, in.when, false);
	if (!c->err && book_looks_at_whole(b, in.rule.when))
		compile_fail(c, "a return hangs on the record alone: let a "
				"rule set a field");
	c->field = NULL;
	*out = in.rule;
}

/* The history names them beside the other rules. */
static void check_twice(
    struct compiler *c, const struct book_rules *b, unsigned at)
{
	const struct pool_return *list = b->pool->returns;
	bool twice = false;

	for (unsigned i = 0; i < at; i++)
		twice |= !strcmp(list[i].key, list[at].key);
	for (unsigned i = 0; i < b->count; i++)
		twice |= !strcmp(b->list[i].key, list[at].key);
	if (twice)
		compile_fail(c, "%s stands there twice", list[at].key);
}

static void read_returns(struct compiler *c, const struct book_rules *b,
    struct book_pool *p, struct bytes packed)
{
	struct reader in;
	struct pool_return *list = read_rows(c, "returns", packed, sizeof *list,
	    POOL_ROWS, &in, &p->return_count);

	p->returns = list;
	for (unsigned i = 0; !c->err && i < p->return_count; i++) {
		read_return(c, b, &list[i], read_raw(&in));
		if (!c->err)
			check_twice(c, b, i);
	}
}

/* --- activity ------------------------------------------------------------*/

static void read_active(struct compiler *c, const struct book_rules *b,
    struct book_pool *p, struct bytes packed)
{
	struct reader in;
	const struct field **list = read_rows(c, "active", packed, sizeof *list,
	    POOL_ACTIVE, &in, &p->active_count);

	p->active = list;
	for (unsigned i = 0; !c->err && i < p->active_count; i++) {
		const struct field *f = compile_field(c, b->of, read_text(&in));

		if (!c->err && (f->sealed || (f->type != TYPE_DATE &&
						 f->type != TYPE_INSTANT)))
			compile_fail(c, "pool: active names dates");
		list[i] = f;
	}
}

/* --- all -----------------------------------------------------------------*/

struct pool_reading {
	struct bytes active, limits, returns;
};

#define POOL(member) offsetof(struct pool_reading, member)

void compile_pool(struct compiler *c, struct book_rules *b, struct bytes packed)
{
	static const struct key_row rows[] = {
		{ "active", key_raw, POOL(active), 0, 0 },
		{ "limits", key_raw, POOL(limits), 0, 0 },
		{ "returns", key_raw, POOL(returns), 0, 0 },
	};
	struct pool_reading in = { .active = BYTES_NONE };
	struct book_pool *p = compile_array(c, 1, sizeof *p);

	compile_keys(c, packed, rows, COUNT(rows), &in);
	if (!c->err && !(b->of->owner_field->index & INDEX_PLAIN))
		compile_fail(c, "pool: the owner has a plain index");
	if (c->err)
		return;
	b->pool = p;
	p->zone_ms = c->schema->zone_ms;
	read_active(c, b, p, in.active);
	if (!c->err)
		read_limits(c, p, in.limits);
	if (!c->err)
		read_returns(c, b, p, in.returns);
}

// SPDX-License-Identifier: MIT
/*
 * A line a record, sorted by its values; equal neighbours become one group.
 */
#include "server/data/group.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/pack.h"
#include "server/data/find.h"
#include "server/schema/value.h"

struct line { /* one record, then one group */
	struct bytes by[GROUP_BY];
	struct decimal sums[GROUP_SUMS];
	uint64_t count;
	const struct grouping *of;
};

struct lines {
	struct desk *desk;
	const struct grouping *grouping;
	struct arena *arena;
	struct line *list;
	size_t count;
};

/* --- names ---------------------------------------------------------------*/

/* A list has several values; by an instant or a note each would be alone. */
static bool may_group(const struct field *f)
{
	return f->type != TYPE_LIST && f->type != TYPE_NOTE &&
	       f->type != TYPE_INSTANT;
}

static bool may_sum(const struct field *f)
{
	return f->type == TYPE_INT || f->type == TYPE_DECIMAL ||
	       f->type == TYPE_MONEY;
}

struct naming { /* one of the two lists */
	const char *parameter;
	bool (*fits)(const struct field *f);
	enum use use;
	unsigned most;
	const struct field **fields;
	struct grant *grants;
	unsigned *count;
};

static enum err refuse(struct findings *found, const char *field,
    const char *rule, const char *message)
{
	findings_add(found, FINDING_ERROR, field, rule, "%s", message);
	return ERR_INVALID;
}

static enum err take_name(const struct query *q, const struct naming *n,
    struct bytes name, struct findings *found, struct bytes *bad_field)
{
	const struct field *f = view_field(q->ve, name);

	*bad_field = name;
	if (!f)
		return ERR_UNKNOWN;
	if (f->sealed)
		return refuse(found, f->key, "sealed",
		    "a sealed field can be neither grouped by nor summed");
	if (!view_grant_range(
		q->ve, q->range, f, n->use, &n->grants[*n->count]))
		return ERR_DENIED;
	*bad_field = BYTES_NONE;
	if (!n->fits(f))
		return refuse(found, f->key, "type",
		    n->use == USE_GROUP ? "this field makes no groups"
					: "this field is no number");
	n->fields[(*n->count)++] = f;
	return ERR_OK;
}

static enum err take_names(const struct query *q, const struct naming *n,
    struct bytes names, struct findings *found, struct bytes *bad_field)
{
	struct reader in = reader_of(names);
	uint32_t left = names.len ? read_array(&in) : 0;
	enum err err = ERR_OK;

	if (left > n->most)
		return refuse(found, n->parameter, "max", "too many fields");
	for (; left && !err && !in.err; left--)
		err = take_name(q, n, read_text(&in), found, bad_field);
	if (in.err)
		return refuse(found, n->parameter, "type",
		    "this is a list of field names");
	return err;
}

enum err group_resolve(const struct query *q, struct bytes by, struct bytes sum,
    struct findings *found, struct grouping *out)
{
	struct naming groups = { "by", may_group, USE_GROUP, GROUP_BY, out->by,
		out->grants, &out->by_count };
	struct naming sums = { "sum", may_sum, USE_AGGREGATE, GROUP_SUMS,
		out->sums, out->grants + GROUP_BY, &out->sum_count };
	enum err err;

	*out = (struct grouping){ .by_count = 0 };
	err = take_names(q, &groups, by, found, &out->bad_field);
	if (!err)
		err = take_names(q, &sums, sum, found, &out->bad_field);
	if (!err && !out->by_count)
		err = refuse(found, "by", "required", "group by which field?");
	return err;
}

/* --- lines ---------------------------------------------------------------*/

static enum err take_values(
    struct lines *l, struct record *r, struct line *line)
{
	const struct grouping *g = l->grouping;
	struct bytes value;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < g->by_count; i++) {
		err = record_value(l->desk, r, &g->grants[i], &value);
		if (err || !value.len)
			continue;
		line->by[i] = arena_copy(l->arena, value);
		err = line->by[i].data ? ERR_OK : ERR_TOO_LARGE;
	}
	for (unsigned i = 0; !err && i < g->sum_count; i++) {
		err =
		    record_value(l->desk, r, &g->grants[GROUP_BY + i], &value);
		line->sums[i] = decimal_int(0);
		if (!err)
			value_decimal(value, &line->sums[i]);
	}
	return err;
}

static enum err take_line(void *ctx, struct record *r)
{
	struct lines *l = ctx;
	struct line *line = &l->list[l->count];

	ASSERT(l->count < FIND_ROWS);
	*line = (struct line){ .count = 1, .of = l->grouping };
	l->count++;
	return take_values(l, r, line);
}

/* Empty values last. */
static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = 0;

	for (unsigned i = 0; !order && i < x->of->by_count; i++) {
		if (!x->by[i].len || !y->by[i].len)
			order = (x->by[i].len == 0) - (y->by[i].len == 0);
		else
			order = value_compare(x->of->by[i], x->by[i], y->by[i]);
	}
	return order;
}

static enum err add(struct line *group, const struct line *line)
{
	enum err err = ERR_OK;

	group->count += line->count;
	for (unsigned i = 0; !err && i < group->of->sum_count; i++)
		err = decimal_add(
		    &group->sums[i], &line->sums[i], &group->sums[i]);
	return err;
}

static enum err fold(struct lines *l)
{
	size_t kept = 0;
	enum err err = ERR_OK;

	if (l->count > 1)
		qsort(l->list, l->count, sizeof *l->list, compare_lines);
	for (size_t i = 0; !err && i < l->count; i++) {
		if (kept && !compare_lines(&l->list[kept - 1], &l->list[i]))
			err = add(&l->list[kept - 1], &l->list[i]);
		else
			l->list[kept++] = l->list[i];
	}
	l->count = kept;
	return err ? err : kept > GROUPS ? ERR_TOO_LARGE : ERR_OK;
}

/* --- the answer ----------------------------------------------------------*/

static void pack_group(struct buf *out, const struct line *line)
{
	const struct grouping *g = line->of;
	char text[DECIMAL_TEXT];

	pack_map(out, 3);
	pack_cstr(out, "by");
	pack_map(out, g->by_count);
	for (unsigned i = 0; i < g->by_count; i++) {
		pack_cstr(out, g->by[i]->key);
		if (!line->by[i].len)
			pack_nil(out);
		else if (g->by[i]->type == TYPE_REF)
			pack_text(out, value_text(g->by[i], line->by[i]));
		else
			pack_raw(out, line->by[i]);
	}
	pack_key_int(out, "count", (int64_t)line->count);
	pack_cstr(out, "sum");
	pack_map(out, g->sum_count);
	for (unsigned i = 0; i < g->sum_count; i++) {
		struct decimal shown = line->sums[i];

		/* Once, at the end. */
		if (g->sums[i]->places)
			shown = decimal_round(&shown, g->sums[i]->places);
		decimal_format(&shown, g->sums[i]->places, text);
		pack_key_cstr(out, g->sums[i]->key, text);
	}
}

enum err group_rows(struct desk *d, const struct caller *who,
    const struct query *q, const struct grouping *g, struct arena *a,
    struct buf *out)
{
	struct lines l = { d, g, a,
		arena_array(a, FIND_ROWS, sizeof(struct line)), 0 };
	uint64_t records;
	enum err err = l.list ? ERR_OK : ERR_TOO_LARGE;

	if (!err)
		err = find_each(d, who, q, a, take_line, &l);
	records = l.count;
	if (!err)
		err = fold(&l);
	if (err)
		return err;
	pack_map(out, 2);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)l.count);
	for (size_t i = 0; i < l.count; i++)
		pack_group(out, &l.list[i]);
	pack_key_int(out, "count", (int64_t)records);
	return out->err;
}

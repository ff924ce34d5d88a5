// SPDX-License-Identifier: MIT
/*
 * Walking children.  See children.h.
 */
#include "server/data/children.h"

#include "server/data/alias.h"
#include "server/data/index.h"

#define MOST_ON_LOOP  300 /* looked at before a worker takes over */
#define LOOKS_A_LEAVE 256
#define SCRATCH_BLOCK (16 * 1024)
#define SCRATCH_CAP   (4 * 1024 * 1024)

static bool is_passed_over(const struct children *c, const struct record *r)
{
	return r->header.flags & ROW_WITHDRAWN && !c->with_withdrawn;
}

static enum err call_stored(
    struct children *c, uint64_t id, struct arena *scratch)
{
	const struct entity *e = c->up->entity;
	struct record *child;
	enum err err;

	if (++c->looked_at > MOST_ON_LOOP && !c->desk->may_wait)
		return ERR_ELSEWHERE;
	if (c->work && work_holds(c->work, e, id))
		return ERR_OK;
	arena_reset(scratch);
	err = record_load(c->desk, scratch, e, id, &child);
	if (err || is_passed_over(c, child))
		return err;
	err = record_open(c->desk, child);
	if (!err)
		err = c->call(c->ctx, child);
	if (!err && c->looked_at % LOOKS_A_LEAVE == 0)
		err = desk_may_go_on(c->desk);
	return err;
}

static enum err each_key(struct children *c, struct bytes prefix,
    enum direction direction, struct arena *scratch)
{
	struct bytes key;
	struct scan *scan;
	struct row row;
	enum err err = scan_open(c->desk->snapshot, TABLE_INDEX, prefix,
	    BYTES_NONE, direction, &scan);

	if (err)
		return err;
	c->is_enough = false;
	while (!err && !c->is_enough && scan_next(scan, &key, &row))
		err = call_stored(c, index_record(key), scratch);
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

static enum err each_by_time(struct children *c, struct arena *scratch)
{
	uint8_t listed[STORE_KEY], others[STORE_KEY];
	size_t len = index_timed(c->up, c->owner, true, listed);
	enum err err = each_key(c, bytes_of(listed, len), SCAN_DOWN, scratch);

	index_timed(c->up, c->owner, false, others);
	return err ? err
		   : each_key(c, bytes_of(others, len), SCAN_DOWN, scratch);
}

static enum err each_plain(struct children *c, struct arena *scratch)
{
	uint8_t prefix[STORE_KEY];
	size_t len = index_prefix(c->up, 'p', false, 0, prefix);

	len += index_plain(
	    c->up, value_pack_ref(scratch, c->owner, BYTES_NONE), prefix + len);
	return each_key(c, bytes_of(prefix, len), SCAN_UP, scratch);
}

static enum err each_stored(struct children *c)
{
	struct arena scratch;
	enum err err;

	arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	err = c->newest_first ? each_by_time(c, &scratch)
			      : each_plain(c, &scratch);
	arena_release(&scratch);
	return err;
}

static enum err each_held(struct children *c)
{
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < c->work->record_count; i++) {
		struct record *r = c->work->records[i];

		if (r->entity == c->up->entity &&
		    record_parent(r) == c->owner && !is_passed_over(c, r))
			err = c->call(c->ctx, r);
	}
	return err;
}

static enum err each_of(struct children *c)
{
	enum err err = c->work ? each_held(c) : ERR_OK;

	return err ? err : each_stored(c);
}

static enum err each_of_set(struct children *c, struct arena *scratch)
{
	struct alias_set set;
	enum err err = alias_set(c->desk, c->up->ref, c->owner, scratch, &set);

	for (size_t i = 0; !err && i < set.count; i++) {
		c->owner = set.ids[i];
		err = each_of(c);
	}
	return err;
}

enum err children_each(struct children *c)
{
	struct arena scratch;
	enum err err;

	if (!c->with_merged)
		return each_of(c);
	arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	err = each_of_set(c, &scratch);
	arena_release(&scratch);
	return err;
}

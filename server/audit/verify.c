// SPDX-License-Identifier: MIT
/*
 * Checking the log against itself: leaves, times, tiles, signed roots.
 *
 * Every leaf of the range is read and hashed; its hash must stand in its
 * tile, each tile's root in the tile above, and the root over all of that in
 * every signed checkpoint of the range.  What is wrong is counted, and the
 * walk goes on.
 */
#include "server/audit/auditlog.h"

#include "server/audit/state.h"

#define ARENA_BLOCK (8 * 1024)
#define ARENA_MOST  ((size_t)1024 * 1024)

struct check {
	const struct auditlog *log;
	struct snapshot *n;
	uint64_t from, to; /* leaves, `to` exclusive */
	enum err (*each)(void *ctx, const struct entry *e);
	void *ctx;
	struct arena arena;
	struct audit_result *out;
	int64_t time_ms;
	struct digest tile[TILE_WIDTH]; /* the bottom tile at hand */
	uint64_t tile_index;
	bool has_tile;
};

static void note_bad(struct check *c, uint64_t position)
{
	if (!c->out->bad || position < c->out->first_bad)
		c->out->first_bad = position;
	c->out->bad++;
}

/* What says that data is bad; anything else ends the walk. */
static bool is_finding(enum err e)
{
	return e == ERR_CORRUPT || e == ERR_UNVERIFIED || e == ERR_NOT_FOUND;
}

/* --- leaves --------------------------------------------------------------*/

static bool stands_in_tile(struct check *c, uint64_t at, struct bytes leaf)
{
	uint64_t index = at >> TILE_BITS;
	struct digest hash;

	if (!tile_is_whole(0, index, snapshot_head(c->n)))
		return true; /* proved by the signed root */
	if (!c->has_tile || c->tile_index != index) {
		c->has_tile = tile_read(c->n, 0, index, c->tile) == ERR_OK;
		c->tile_index = index;
	}
	merkle_leaf(leaf, &hash);
	return c->has_tile &&
	       digest_same(
		   &hash, &c->tile[at & (TILE_WIDTH - 1)], sizeof(hash));
}

static enum err check_leaf(struct check *c, uint64_t at)
{
	struct entry entry;
	struct bytes leaf;
	bool in_order;
	enum err e = auditlog_leaf(c->n, at, &leaf);

	if (e != ERR_OK)
		return e;
	arena_reset(&c->arena);
	e = leaf_parse(leaf, &c->arena, &entry);
	if (e != ERR_OK)
		return e;
	in_order = entry.position == at && entry.time_ms >= c->time_ms;
	c->time_ms = entry.time_ms;
	if (!in_order || !stands_in_tile(c, at, leaf))
		return ERR_UNVERIFIED;
	return c->each ? c->each(c->ctx, &entry) : ERR_OK;
}

static enum err check_leaves(struct check *c)
{
	for (uint64_t at = c->from; at < c->to; at++) {
		enum err e = check_leaf(c, at);

		c->out->entries++;
		if (is_finding(e))
			note_bad(c, at);
		else if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static void read_first_time(struct check *c)
{
	struct entry entry;

	c->time_ms = INT64_MIN;
	if (c->from &&
	    auditlog_entry(c->n, c->from - 1, &c->arena, &entry) == ERR_OK)
		c->time_ms = entry.time_ms;
}

/* --- tiles and roots -----------------------------------------------------*/

static enum err check_child(struct check *c, unsigned level, uint64_t child)
{
	struct digest lower[TILE_WIDTH], upper[TILE_WIDTH], root;
	enum err e = tile_read(c->n, level - 1, child, lower);

	if (e == ERR_OK)
		e = tile_read(c->n, level, child >> TILE_BITS, upper);
	if (e != ERR_OK)
		return e;
	tile_root(lower, &root);
	return digest_same(
		   &root, &upper[child & (TILE_WIDTH - 1)], sizeof(root))
		   ? ERR_OK
		   : ERR_UNVERIFIED;
}

static enum err check_tiles(struct check *c)
{
	uint64_t head = snapshot_head(c->n);

	for (unsigned level = 1; level < TILE_LEVELS; level++) {
		unsigned bits = TILE_BITS * level;
		uint64_t last = (c->to - 1) >> bits;

		for (uint64_t m = c->from >> bits; m <= last; m++) {
			enum err e;

			if (!tile_is_whole(level, m >> TILE_BITS, head))
				break;
			e = check_child(c, level, m);
			if (is_finding(e))
				note_bad(c, m << bits);
			else if (e != ERR_OK)
				return e;
		}
	}
	return ERR_OK;
}

static enum err check_note_row(
    struct check *c, uint64_t size, struct bytes note)
{
	struct checkpoint checkpoint;
	enum err e = note_check(c->log, c->n, note, &checkpoint);

	if (e == ERR_OK && checkpoint.size != size)
		e = ERR_UNVERIFIED;
	if (!is_finding(e))
		return e;
	note_bad(c, size ? size - 1 : 0);
	return ERR_OK;
}

static enum err check_notes(struct check *c)
{
	uint8_t first[8];
	struct scan *scan;
	struct bytes key;
	struct row row;
	enum err e;

	put_be64(first, c->from + 1);
	e = scan_open(c->n, TABLE_NOTE, BYTES_NONE,
	    bytes_of(first, sizeof(first)), SCAN_UP, &scan);
	if (e != ERR_OK)
		return e;
	while (e == ERR_OK && scan_next(scan, &key, &row)) {
		uint64_t size = key.len == 8 ? get_be64(key.data) : 0;

		if (size > c->to && c->to < snapshot_head(c->n))
			break;
		e = check_note_row(c, size, row.value);
	}
	if (e == ERR_OK)
		e = scan_error(scan);
	scan_close(scan);
	return e;
}

/* Nothing may lie behind the last entry. */
static enum err check_end(struct check *c)
{
	uint8_t past[8];
	struct scan *scan;
	struct bytes key;
	struct row row;
	enum err e;

	log_key(snapshot_head(c->n), past);
	e = scan_open(c->n, TABLE_LOG, BYTES_NONE, bytes_of(past, sizeof(past)),
	    SCAN_UP, &scan);
	if (e != ERR_OK)
		return e;
	if (scan_next(scan, &key, &row))
		note_bad(c, snapshot_head(c->n));
	e = scan_error(scan);
	scan_close(scan);
	return e;
}

enum err auditlog_verify(struct auditlog *l, struct snapshot *n, uint64_t from,
    uint64_t to, enum err (*each)(void *ctx, const struct entry *e), void *ctx,
    struct audit_result *out)
{
	struct check c = { .log = l,
		.n = n,
		.from = from,
		.to = to < snapshot_head(n) ? to : snapshot_head(n),
		.each = each,
		.ctx = ctx,
		.out = out };
	enum err e;

	*out = (struct audit_result){ 0, 0, 0 };
	if (from >= c.to)
		return from > c.to ? ERR_INVALID : ERR_OK;
	arena_init(&c.arena, ARENA_BLOCK, ARENA_MOST);
	read_first_time(&c);
	e = check_leaves(&c);
	if (e == ERR_OK)
		e = check_tiles(&c);
	if (e == ERR_OK)
		e = check_notes(&c);
	if (e == ERR_OK)
		e = check_end(&c);
	arena_release(&c.arena);
	return e;
}

// SPDX-License-Identifier: MIT
/*
 * Growing and reading the tiles; RFC 9162's proofs out of them.
 *
 * A proof is a list of ranges of leaves, found by walking down the tree from
 * the root as the RFC splits it.  The hash of a range is folded from perfect
 * subtrees, each of which lies within one tile.
 */
#include "server/audit/tree.h"

#include "common/log.h"
#include "server/audit/auditlog.h"

struct range {
	uint64_t from, to;
};

/* --- hashes --------------------------------------------------------------*/

void log_key(uint64_t position, uint8_t out[static 8])
{
	put_be64(out, position);
}

static void tile_key(
    unsigned level, uint64_t index, uint8_t out[static TILE_KEY])
{
	out[0] = (uint8_t)level;
	put_be64(out + 1, index);
}

/* The root over 1 << bits hashes. */
static void perfect_root(
    const struct digest *of, unsigned bits, struct digest *out)
{
	struct digest row[TILE_WIDTH];

	ASSERT(bits <= TILE_BITS);
	memcpy(row, of, sizeof(row[0]) << bits);
	for (unsigned half = 1u << bits >> 1; half; half >>= 1) {
		for (unsigned i = 0; i < half; i++)
			merkle_node(&row[2 * i], &row[2 * i + 1], &row[i]);
	}
	*out = row[0];
}

void tile_root(const struct digest of[static TILE_WIDTH], struct digest *out)
{
	perfect_root(of, TILE_BITS, out);
}

static unsigned edge_count(const struct tree *t, unsigned level)
{
	return (unsigned)(t->size >> (TILE_BITS * level)) & (TILE_WIDTH - 1);
}

/* --- growing -------------------------------------------------------------*/

static enum err tile_write(struct writer *w, unsigned level, uint64_t index,
    const struct digest of[static TILE_WIDTH])
{
	uint8_t key[TILE_KEY];

	tile_key(level, index, key);
	return writer_put(w, TABLE_TILE, bytes_of(key, sizeof(key)),
	    bytes_of(of, TILE_BYTES));
}

enum err tree_append(
    struct tree *t, struct writer *w, const struct digest *leaf)
{
	struct digest sum = *leaf;

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned at = edge_count(t, level);
		uint64_t index = t->size >> (TILE_BITS * level) >> TILE_BITS;
		enum err e;

		t->of[level][at] = sum;
		if (at + 1 < TILE_WIDTH)
			break;
		e = tile_write(w, level, index, t->of[level]);
		if (e != ERR_OK)
			return e;
		tile_root(t->of[level], &sum);
	}
	t->size++;
	return ERR_OK;
}

void tree_frontier(const struct tree *t, struct frontier *out)
{
	unsigned count = 0;

	frontier_init(out);
	out->size = t->size;
	for (unsigned level = TILE_LEVELS; level-- > 0;) {
		unsigned held = edge_count(t, level);
		unsigned at = 0;

		for (unsigned bit = TILE_BITS; bit-- > 0;) {
			if (!(held >> bit & 1))
				continue;
			perfect_root(&t->of[level][at], bit, &out->of[count++]);
			at += 1u << bit;
		}
	}
}

/* --- reading -------------------------------------------------------------*/

static enum err must_be_there(enum err e)
{
	return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

enum err auditlog_leaf(
    struct snapshot *n, uint64_t position, struct bytes *leaf)
{
	uint8_t key[8];
	struct row row;
	enum err e;

	log_key(position, key);
	e = snapshot_get(n, TABLE_LOG, bytes_of(key, sizeof(key)), &row);
	*leaf = e == ERR_OK ? row.value : BYTES_NONE;
	return e;
}

enum err auditlog_entry(
    struct snapshot *n, uint64_t position, struct arena *a, struct entry *out)
{
	struct bytes leaf;
	enum err e = auditlog_leaf(n, position, &leaf);

	return e == ERR_OK ? leaf_parse(leaf, a, out) : e;
}

static enum err read_leaf_hash(
    struct snapshot *n, uint64_t position, struct digest *out)
{
	struct bytes leaf;
	enum err e = auditlog_leaf(n, position, &leaf);

	if (e == ERR_OK)
		merkle_leaf(leaf, out);
	return must_be_there(e);
}

bool tile_is_whole(unsigned level, uint64_t index, uint64_t size)
{
	unsigned bits = TILE_BITS * (level + 1);

	return bits < 64 && index < size >> bits;
}

enum err tile_read(struct snapshot *n, unsigned level, uint64_t index,
    struct digest out[static TILE_WIDTH])
{
	uint8_t key[TILE_KEY];
	struct row row;
	enum err e;

	tile_key(level, index, key);
	e = snapshot_get(n, TABLE_TILE, bytes_of(key, sizeof(key)), &row);
	if (e != ERR_OK)
		return must_be_there(e);
	if (row.value.len != TILE_BYTES)
		return ERR_CORRUPT;
	memcpy(out, row.value.data, TILE_BYTES);
	return ERR_OK;
}

/* Hash number `index` of a level whose own tile may not be written yet. */
static enum err read_edge_hash(
    struct snapshot *n, unsigned level, uint64_t index, struct digest *out)
{
	struct digest tile[TILE_WIDTH];
	enum err e;

	if (!level)
		return read_leaf_hash(n, index, out);
	e = tile_read(n, level - 1, index, tile);
	if (e == ERR_OK)
		tile_root(tile, out);
	return e;
}

enum err tree_load(struct snapshot *n, uint64_t size, struct tree *out)
{
	enum err e = ERR_OK;

	memset(out, 0, sizeof(*out));
	out->size = size;
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t end = size >> (TILE_BITS * level);
		unsigned count = edge_count(out, level);

		for (unsigned i = 0; i < count && e == ERR_OK; i++)
			e = read_edge_hash(
			    n, level, end - count + i, &out->of[level][i]);
	}
	return e;
}

/* The perfect subtree of 1 << height leaves that begins at leaf `from`. */
static enum err read_subtree(
    struct snapshot *n, unsigned height, uint64_t from, struct digest *out)
{
	unsigned level = height / TILE_BITS, bits = height % TILE_BITS;
	uint64_t first = from >> (TILE_BITS * level);
	uint64_t index = first >> TILE_BITS;
	unsigned at = (unsigned)first & (TILE_WIDTH - 1);
	struct digest of[TILE_WIDTH];
	enum err e = ERR_OK;

	if (tile_is_whole(level, index, snapshot_head(n))) {
		e = tile_read(n, level, index, of);
	} else {
		for (unsigned i = at; i < at + (1u << bits); i++) {
			if (e == ERR_OK)
				e = read_edge_hash(
				    n, level, (index << TILE_BITS) + i, &of[i]);
		}
	}
	if (e == ERR_OK)
		perfect_root(&of[at], bits, out);
	return e;
}

/* A range as the RFC splits them: it begins at a multiple of its largest
 * power of two. */
static enum err read_range(
    struct snapshot *n, struct range range, struct digest *out)
{
	uint64_t len = range.to - range.from, at = range.from;
	struct digest of[64];
	unsigned count = 0;

	for (unsigned height = 64; height-- > 0;) {
		enum err e;

		if (!(len >> height & 1))
			continue;
		e = read_subtree(n, height, at, &of[count++]);
		if (e != ERR_OK)
			return e;
		at += UINT64_C(1) << height;
	}
	if (!count) {
		digest_bytes(BYTES_NONE, out);
		return ERR_OK;
	}
	*out = of[--count];
	while (count)
		merkle_node(&of[--count], out, out);
	return ERR_OK;
}

enum err auditlog_root(struct snapshot *n, uint64_t size, struct digest *root)
{
	if (size > snapshot_head(n))
		return ERR_INVALID;
	return read_range(n, (struct range){ 0, size }, root);
}

/* --- proofs --------------------------------------------------------------*/

/* Ranges met on the way down; a proof names them on the way up. */
struct path {
	struct range at; /* where the walk stands */
	struct range beside[MERKLE_PROOF];
	size_t count;
	bool is_left; /* it never went right */
};

static void step_down(struct path *p, uint64_t target)
{
	uint64_t len = p->at.to - p->at.from;
	uint64_t half = UINT64_C(1) << (63 - __builtin_clzll(len - 1));
	uint64_t middle = p->at.from + half;

	ASSERT(p->count < MERKLE_PROOF);
	if (target < middle) {
		p->beside[p->count++] = (struct range){ middle, p->at.to };
		p->at.to = middle;
	} else {
		p->beside[p->count++] = (struct range){ p->at.from, middle };
		p->at.from = middle;
		p->is_left = false;
	}
}

static enum err read_path(struct snapshot *n, const struct path *p,
    struct digest proof[static MERKLE_PROOF], size_t *count)
{
	for (size_t i = p->count; i-- > 0;) {
		enum err e = read_range(n, p->beside[i], &proof[(*count)++]);

		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

enum err auditlog_inclusion(struct snapshot *n, uint64_t position,
    uint64_t size, struct digest proof[static MERKLE_PROOF], size_t *count)
{
	struct path p = { .at = { 0, size }, .is_left = true };

	*count = 0;
	if (position >= size || size > snapshot_head(n))
		return ERR_INVALID;
	while (p.at.to - p.at.from > 1)
		step_down(&p, position);
	return read_path(n, &p, proof, count);
}

enum err auditlog_consistency(struct snapshot *n, uint64_t old_size,
    uint64_t new_size, struct digest proof[static MERKLE_PROOF], size_t *count)
{
	struct path p = { .at = { 0, new_size }, .is_left = true };
	enum err e;

	*count = 0;
	if (old_size > new_size || new_size > snapshot_head(n))
		return ERR_INVALID;
	if (!old_size || old_size == new_size)
		return ERR_OK;
	/* Down to the subtree that ends where the old tree ended. */
	while (p.at.to != old_size)
		step_down(&p, old_size - 1);
	if (!p.is_left) {
		e = read_range(n, p.at, &proof[(*count)++]);
		if (e != ERR_OK)
			return e;
	}
	return read_path(n, &p, proof, count);
}

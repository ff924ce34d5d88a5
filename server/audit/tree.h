// SPDX-License-Identifier: MIT
/*
 * The tree's tiles: 32 hashes a row, five levels of the tree at a time.
 *
 * Inside server/audit only.  TILE holds, under (level, index), the 32 hashes
 * at height 5 * level that begin at 32 * index; a tile is written when its
 * last hash is known and never again.  The unfinished right edge is kept in
 * memory by the one who appends (struct tree) and recomputed by readers from
 * the leaves and the tiles below.
 */
#ifndef SERVER_AUDIT_TREE_H
#define SERVER_AUDIT_TREE_H

#include "common/merkle.h"
#include "server/store/store.h"

#define TILE_BITS   5
#define TILE_WIDTH  (1 << TILE_BITS)
#define TILE_BYTES  (TILE_WIDTH * DIGEST_SIZE)
#define TILE_KEY    9
#define TILE_LEVELS 13 /* 5 * 13 >= 64 */

/* The unfinished tiles of each level; how many hashes each holds follows
 * from the size. */
struct tree {
	uint64_t size; /* leaves */
	struct digest of[TILE_LEVELS][TILE_WIDTH];
};

void log_key(uint64_t position, uint8_t out[static 8]);

/* Writes each tile that this leaf completes. */
enum err tree_append(
    struct tree *t, struct writer *w, const struct digest *leaf) MUST_USE;
/* Reads the right edge of the first `size` leaves. */
enum err tree_load(
    struct snapshot *n, uint64_t size, struct tree *out) MUST_USE;
void tree_frontier(const struct tree *t, struct frontier *out);

/* Is this tile written when the log has `size` leaves? */
bool tile_is_whole(unsigned level, uint64_t index, uint64_t size);
/* ERR_CORRUPT if it is not there or of another size. */
enum err tile_read(struct snapshot *n, unsigned level, uint64_t index,
    struct digest out[static TILE_WIDTH]) MUST_USE;
void tile_root(const struct digest of[static TILE_WIDTH], struct digest *out);

#endif

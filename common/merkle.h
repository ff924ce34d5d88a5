// SPDX-License-Identifier: MIT
/*
 * The Merkle tree of RFC 6962 / RFC 9162: hashing, growing, checking proofs.
 *
 * Growing keeps a frontier: the roots of the perfect subtrees that the size's
 * set bits name, largest first; 64 hashes hold any log.  Proofs are arrays of
 * hashes in the RFC's order; making them needs the stored tree and lives with
 * the log (server/audit).
 */
#ifndef COMMON_MERKLE_H
#define COMMON_MERKLE_H

#include "common/digest.h"

#define MERKLE_PROOF 64 /* most hashes in a proof */

struct frontier {
	uint64_t size; /* leaves */
	struct digest of[64];
};

void merkle_leaf(struct bytes entry, struct digest *out);
void merkle_node(
    const struct digest *left, const struct digest *right, struct digest *out);

void frontier_init(struct frontier *f);
void frontier_append(struct frontier *f, const struct digest *leaf);
/* SHA-256 of nothing for an empty tree. */
void frontier_root(const struct frontier *f, struct digest *out);

/* ERR_UNVERIFIED unless the proof holds (RFC 9162 2.1.3.2). */
enum err merkle_check_inclusion(const struct digest *leaf, uint64_t index,
    uint64_t size, const struct digest *proof, size_t count,
    const struct digest *root) MUST_USE;

/* ERR_UNVERIFIED unless the tree of `new_size` extends that of `old_size`
 * (RFC 9162 2.1.4.2). */
enum err merkle_check_consistency(uint64_t old_size,
    const struct digest *old_root, uint64_t new_size,
    const struct digest *new_root, const struct digest *proof,
    size_t count) MUST_USE;

#endif

// SPDX-License-Identifier: MIT
/*
 * RFC 9162's verification algorithms, line by line.
 *
 * The frontier is a binary counter: appending a leaf merges one pair of equal
 * subtrees for each trailing one bit of the old size.
 */
#include "common/merkle.h"

#include <string.h>

static const uint8_t leaf_mark = 0x00;
static const uint8_t node_mark = 0x01;

void merkle_leaf(struct bytes entry, struct digest *out)
{
	const struct bytes parts[] = { { &leaf_mark, 1 }, entry };

	digest_parts(parts, 2, out);
}

void merkle_node(
    const struct digest *left, const struct digest *right, struct digest *out)
{
	const struct bytes parts[] = {
		{ &node_mark, 1 },
		{ left->of, DIGEST_SIZE },
		{ right->of, DIGEST_SIZE },
	};

	digest_parts(parts, 3, out);
}

void frontier_init(struct frontier *f)
{
	memset(f, 0, sizeof(*f));
}

void frontier_append(struct frontier *f, const struct digest *leaf)
{
	int top = __builtin_popcountll(f->size);
	struct digest sum = *leaf;

	for (uint64_t size = f->size; size & 1; size >>= 1)
		merkle_node(&f->of[--top], &sum, &sum);
	f->of[top] = sum;
	f->size++;
}

void frontier_root(const struct frontier *f, struct digest *out)
{
	int top = __builtin_popcountll(f->size);

	if (top == 0) {
		digest_bytes(BYTES_NONE, out);
		return;
	}
	*out = f->of[--top];
	while (top)
		merkle_node(&f->of[--top], out, out);
}

static bool same(const struct digest *a, const struct digest *b)
{
	return digest_same(a->of, b->of, DIGEST_SIZE);
}

/* RFC 9162 2.1.3.2 */
enum err merkle_check_inclusion(const struct digest *leaf, uint64_t index,
    uint64_t size, const struct digest *proof, size_t count,
    const struct digest *root)
{
	uint64_t fn = index;
	uint64_t sn = size - 1;
	struct digest r = *leaf;

	if (index >= size)
		return ERR_UNVERIFIED;
	for (size_t i = 0; i < count; i++) {
		if (sn == 0)
			return ERR_UNVERIFIED;
		if (fn & 1 || fn == sn) {
			merkle_node(&proof[i], &r, &r);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node(&r, &proof[i], &r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && same(&r, root) ? ERR_OK : ERR_UNVERIFIED;
}

/* RFC 9162 2.1.4.2, from step 3: the path's first hash is settled. */
static enum err climb(uint64_t fn, uint64_t sn, const struct digest *first,
    const struct digest *path, size_t count, const struct digest *old_root,
    const struct digest *new_root)
{
	struct digest fr = *first;
	struct digest sr = *first;

	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	for (size_t i = 0; i < count; i++) {
		if (sn == 0)
			return ERR_UNVERIFIED;
		if (fn & 1 || fn == sn) {
			merkle_node(&path[i], &fr, &fr);
			merkle_node(&path[i], &sr, &sr);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node(&sr, &path[i], &sr);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && same(&fr, old_root) && same(&sr, new_root)
		   ? ERR_OK
		   : ERR_UNVERIFIED;
}

/* Everything extends the empty tree; but its root must be that of nothing. */
static enum err check_from_empty(const struct digest *old_root,
    uint64_t new_size, const struct digest *new_root, size_t count)
{
	struct digest empty;

	digest_bytes(BYTES_NONE, &empty);
	if (count || !same(old_root, &empty))
		return ERR_UNVERIFIED;
	if (new_size == 0 && !same(new_root, &empty))
		return ERR_UNVERIFIED;
	return ERR_OK;
}

enum err merkle_check_consistency(uint64_t old_size,
    const struct digest *old_root, uint64_t new_size,
    const struct digest *new_root, const struct digest *proof, size_t count)
{
	if (old_size > new_size)
		return ERR_UNVERIFIED;
	if (old_size == 0)
		return check_from_empty(old_root, new_size, new_root, count);
	if (old_size == new_size)
		return count == 0 && same(old_root, new_root) ? ERR_OK
							      : ERR_UNVERIFIED;
	if (count == 0)
		return ERR_UNVERIFIED;
	/* A whole perfect tree is its own first hash, and is not sent. */
	if ((old_size & (old_size - 1)) == 0)
		return climb(old_size - 1, new_size - 1, old_root, proof, count,
		    old_root, new_root);
	return climb(old_size - 1, new_size - 1, proof, proof + 1, count - 1,
	    old_root, new_root);
}

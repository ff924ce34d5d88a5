// SPDX-License-Identifier: MIT
/*
 * Claims about the tree: RFC 6962's published roots and proofs, and every small
 * tree against a second implementation written from the RFC's definitions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/merkle.h"

#define MOST 40

static const struct {
	const char *leaf;
	const char *root; /* of the tree that ends with this leaf */
} published[] = {
	{ "", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01"
	      "d" },
	{ "00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c1"
		"25" },
	{ "10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e"
		"77" },
	{ "2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd952096"
		  "14b7" },
	{ "3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a862"
		  "64d4" },
	{ "40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a12"
		      "7f2087ef" },
	{ "5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b7"
			      "7e122c9594a74c8c" },
	{ "606162636465666768696a6b6c6d6e6f",
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff460432"
	    "8" },
};

static struct digest from_hex(const char *text)
{
	struct digest d;

	assert_int_equal(
	    hex_parse(bytes_text(text), d.of, DIGEST_SIZE), ERR_OK);
	return d;
}

static struct digest published_leaf(size_t i)
{
	uint8_t entry[16];
	size_t len = strlen(published[i].leaf) / 2;
	struct digest d;

	assert_int_equal(
	    hex_parse(bytes_text(published[i].leaf), entry, len), ERR_OK);
	merkle_leaf(bytes_of(entry, len), &d);
	return d;
}

static void expect_same(const struct digest *a, const struct digest *b)
{
	assert_memory_equal(a->of, b->of, DIGEST_SIZE);
}

static void test_frontier_gives_the_published_roots(void **state)
{
	(void)state;
	struct frontier f;
	struct digest root;
	struct digest expected;

	frontier_init(&f);
	frontier_root(&f, &root);
	digest_bytes(BYTES_NONE, &expected);
	expect_same(&root, &expected);
	for (size_t i = 0; i < 8; i++) {
		struct digest leaf = published_leaf(i);

		frontier_append(&f, &leaf);
		frontier_root(&f, &root);
		expected = from_hex(published[i].root);
		expect_same(&root, &expected);
	}
}

static void test_published_inclusion_proof_holds(void **state)
{
	(void)state;
	const struct digest proof[] = {
		from_hex("96a296d224f285c67bee93c30f8a3091"
			 "57f0daa35dc5b87e410b78630a09cfc7"),
		from_hex("5f083f0a1a33ca076a95279832580db3"
			 "e0ef4584bdff1f54c8a360f50de3031e"),
		from_hex("6b47aaf29ee3c2af9af889bc1fb9254d"
			 "abd31177f16232dd6aab035ca39bf6e4"),
	};
	struct digest leaf = published_leaf(0);
	struct digest root = from_hex(published[7].root);

	assert_int_equal(
	    merkle_check_inclusion(&leaf, 0, 8, proof, 3, &root), ERR_OK);
	assert_int_equal(merkle_check_inclusion(&leaf, 1, 8, proof, 3, &root),
	    ERR_UNVERIFIED);
}

static void test_published_consistency_proof_holds(void **state)
{
	(void)state;
	const struct digest proof[] = {
		from_hex("0ebc5d3437fbe2db158b9f126a1d118e"
			 "308181031d0a949f8dededebc558ef6a"),
		from_hex("ca854ea128ed050b41b35ffc1b87b8eb"
			 "2bde461e9e3b5596ece6b9d5975a0ae0"),
		from_hex("d37ee418976dd95753c1c73862b9398f"
			 "a2a2cf9b4ff0fdfe8b30cd95209614b7"),
	};
	struct digest old = from_hex(published[5].root);
	struct digest new = from_hex(published[7].root);

	assert_int_equal(
	    merkle_check_consistency(6, &old, 8, &new, proof, 3), ERR_OK);
	assert_int_equal(merkle_check_consistency(5, &old, 8, &new, proof, 3),
	    ERR_UNVERIFIED);
}

static void make_leaf(uint64_t i, struct digest *out)
{
	uint8_t entry[8];

	put_be64(entry, i);
	merkle_leaf(bytes_of(entry, 8), out);
}

static uint64_t half_of(uint64_t n)
{
	uint64_t k = 1;

	while (2 * k < n)
		k *= 2;
	return k;
}

/* MTH, PATH and PROOF as RFC 6962 2.1 defines them. */
static struct digest tree_hash(uint64_t from, uint64_t n)
{
	struct digest left;
	struct digest right;
	struct digest out;

	if (n == 1) {
		make_leaf(from, &out);
		return out;
	}
	left = tree_hash(from, half_of(n));
	right = tree_hash(from + half_of(n), n - half_of(n));
	merkle_node(&left, &right, &out);
	return out;
}

static size_t path(uint64_t m, uint64_t from, uint64_t n, struct digest *out)
{
	uint64_t k = half_of(n);
	size_t count;

	if (n == 1)
		return 0;
	if (m < k) {
		count = path(m, from, k, out);
		out[count] = tree_hash(from + k, n - k);
	} else {
		count = path(m - k, from + k, n - k, out);
		out[count] = tree_hash(from, k);
	}
	return count + 1;
}

static size_t subproof(
    uint64_t m, uint64_t from, uint64_t n, bool whole, struct digest *out)
{
	uint64_t k = half_of(n);
	size_t count;

	if (m == n) {
		if (!whole)
			out[0] = tree_hash(from, n);
		return !whole;
	}
	if (m <= k) {
		count = subproof(m, from, k, whole, out);
		out[count] = tree_hash(from + k, n - k);
	} else {
		count = subproof(m - k, from + k, n - k, false, out);
		out[count] = tree_hash(from, k);
	}
	return count + 1;
}

static void test_frontier_agrees_with_the_definition(void **state)
{
	(void)state;
	struct frontier f;

	frontier_init(&f);
	for (uint64_t n = 1; n <= MOST; n++) {
		struct digest expected = tree_hash(0, n);
		struct digest leaf;
		struct digest root;

		make_leaf(n - 1, &leaf);
		frontier_append(&f, &leaf);
		frontier_root(&f, &root);
		assert_int_equal(f.size, n);
		expect_same(&root, &expected);
	}
}

static void check_inclusion_of(uint64_t m, uint64_t n)
{
	struct digest root = tree_hash(0, n);
	struct digest proof[MERKLE_PROOF + 1] = { 0 };
	struct digest leaf;
	size_t count = path(m, 0, n, proof);

	make_leaf(m, &leaf);
	assert_int_equal(
	    merkle_check_inclusion(&leaf, m, n, proof, count, &root), ERR_OK);
	for (uint64_t other = 0; other <= n; other++)
		if (other != m)
			assert_int_equal(merkle_check_inclusion(&leaf, other, n,
					     proof, count, &root),
			    ERR_UNVERIFIED);
	assert_int_equal(
	    merkle_check_inclusion(&leaf, m, n, proof, count + 1, &root),
	    ERR_UNVERIFIED);
	for (size_t i = 0; i < count; i++) {
		proof[i].of[i] ^= 1;
		assert_int_equal(
		    merkle_check_inclusion(&leaf, m, n, proof, count, &root),
		    ERR_UNVERIFIED);
		proof[i].of[i] ^= 1;
		assert_int_equal(
		    merkle_check_inclusion(&leaf, m, n, proof, i, &root),
		    ERR_UNVERIFIED);
	}
}

static void test_inclusion_holds_for_each_leaf_and_nothing_else(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= MOST; n++)
		for (uint64_t m = 0; m < n; m++)
			check_inclusion_of(m, n);
}

static void check_consistency_of(uint64_t m, uint64_t n)
{
	struct digest old = tree_hash(0, m);
	struct digest new = tree_hash(0, n);
	struct digest proof[MERKLE_PROOF + 1] = { 0 };
	size_t count = subproof(m, 0, n, true, proof);

	assert_int_equal(
	    merkle_check_consistency(m, &old, n, &new, proof, count), ERR_OK);
	assert_int_equal(
	    merkle_check_consistency(m, &old, n, &new, proof, count + 1),
	    ERR_UNVERIFIED);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(
		    merkle_check_consistency(m, &old, n, &new, proof, i),
		    ERR_UNVERIFIED);
		proof[i].of[31] ^= 0x80;
		assert_int_equal(
		    merkle_check_consistency(m, &old, n, &new, proof, count),
		    ERR_UNVERIFIED);
		proof[i].of[31] ^= 0x80;
	}
	old.of[0] ^= 1;
	assert_int_equal(
	    merkle_check_consistency(m, &old, n, &new, proof, count),
	    ERR_UNVERIFIED);
	old.of[0] ^= 1;
	new.of[0] ^= 1;
	assert_int_equal(
	    merkle_check_consistency(m, &old, n, &new, proof, count),
	    ERR_UNVERIFIED);
}

static void test_consistency_holds_for_each_pair_of_sizes(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= MOST; n++)
		for (uint64_t m = 1; m <= n; m++)
			check_consistency_of(m, n);
}

static void test_a_tree_extends_the_empty_one_alone_without_proof(void **state)
{
	(void)state;
	struct digest empty;
	struct digest root = tree_hash(0, 5);

	digest_bytes(BYTES_NONE, &empty);
	assert_int_equal(
	    merkle_check_consistency(0, &empty, 5, &root, NULL, 0), ERR_OK);
	assert_int_equal(merkle_check_consistency(0, &root, 5, &root, NULL, 0),
	    ERR_UNVERIFIED);
	assert_int_equal(
	    merkle_check_consistency(0, &empty, 5, &root, &root, 1),
	    ERR_UNVERIFIED);
	assert_int_equal(merkle_check_consistency(0, &empty, 0, &root, NULL, 0),
	    ERR_UNVERIFIED);
}

static void test_a_shrunk_or_forked_tree_does_not_verify(void **state)
{
	(void)state;
	struct digest five = tree_hash(0, 5);
	struct digest other = tree_hash(1, 5);

	assert_int_equal(merkle_check_consistency(6, &five, 5, &five, NULL, 0),
	    ERR_UNVERIFIED);
	assert_int_equal(merkle_check_consistency(5, &five, 5, &other, NULL, 0),
	    ERR_UNVERIFIED);
	assert_int_equal(merkle_check_consistency(4, &five, 5, &other, NULL, 0),
	    ERR_UNVERIFIED);
	assert_int_equal(merkle_check_inclusion(&five, 0, 0, NULL, 0, &five),
	    ERR_UNVERIFIED);
}

static void test_sizes_near_the_end_of_64_bits_do_not_hang(void **state)
{
	(void)state;
	struct digest proof[MERKLE_PROOF] = { 0 };
	struct digest root = tree_hash(0, 1);

	assert_int_equal(merkle_check_inclusion(&root, UINT64_MAX - 1,
			     UINT64_MAX, proof, MERKLE_PROOF, &root),
	    ERR_UNVERIFIED);
	assert_int_equal(merkle_check_consistency(UINT64_MAX - 1, &root,
			     UINT64_MAX, &root, proof, MERKLE_PROOF),
	    ERR_UNVERIFIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frontier_gives_the_published_roots),
		cmocka_unit_test(test_published_inclusion_proof_holds),
		cmocka_unit_test(test_published_consistency_proof_holds),
		cmocka_unit_test(test_frontier_agrees_with_the_definition),
		cmocka_unit_test(
		    test_inclusion_holds_for_each_leaf_and_nothing_else),
		cmocka_unit_test(test_consistency_holds_for_each_pair_of_sizes),
		cmocka_unit_test(
		    test_a_tree_extends_the_empty_one_alone_without_proof),
		cmocka_unit_test(test_a_shrunk_or_forked_tree_does_not_verify),
		cmocka_unit_test(
		    test_sizes_near_the_end_of_64_bits_do_not_hang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

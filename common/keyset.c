// SPDX-License-Identifier: MIT
/*
 * Linear probing, at most half full.
 *
 * SipHash of the key's text is mixed with the map's number by a
 * multiplication, so that equal keys of many maps lie apart.
 */
#include "common/keyset.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

void keyset_init(struct keyset *set)
{
	/* Not the slots: most messages have no large map. */
	set->slots = NULL;
	set->size = 0;
	set->used = 0;
}

void keyset_release(struct keyset *set)
{
	if (set->slots != set->own)
		free(set->slots);
	set->slots = NULL;
}

static void begin(struct keyset *set)
{
	memset(set->own, 0, sizeof(set->own));
	set->slots = set->own;
	set->size = KEYSET_OWN;
	randombytes_buf(set->seed, sizeof(set->seed));
}

static uint64_t hash(const struct keyset *set, uint32_t map, struct bytes key)
{
	uint8_t sum[crypto_shorthash_BYTES];

	static_assert(sizeof(set->seed) == crypto_shorthash_KEYBYTES,
	    "the seed is the hash's key");
	crypto_shorthash(sum, key.data, key.len, set->seed);
	return (get_be64(sum) ^ map) * 0x9e3779b97f4a7c15u >> 20;
}

/* The slot that holds the key, or the free one where it belongs. */
static struct keyset_slot *find(
    struct keyset *set, uint32_t map, struct bytes key)
{
	size_t mask = set->size - 1;
	size_t i = hash(set, map, key) & mask;

	for (;; i = (i + 1) & mask) {
		struct keyset_slot *slot = &set->slots[i];

		if (!slot->key)
			return slot;
		if (slot->map == map &&
		    bytes_equal(bytes_of(slot->key, slot->len), key))
			return slot;
	}
}

static enum err grow(struct keyset *set)
{
	struct keyset_slot *old = set->slots;
	size_t count = set->size;

	set->slots = calloc(2 * count, sizeof(*old));
	if (!set->slots) {
		set->slots = old;
		return ERR_TOO_LARGE;
	}
	set->size = 2 * count;
	for (size_t i = 0; i < count; i++)
		if (old[i].key)
			*find(set, old[i].map,
			    bytes_of(old[i].key, old[i].len)) = old[i];
	if (old != set->own)
		free(old);
	return ERR_OK;
}

enum err keyset_add(struct keyset *set, uint32_t map, struct bytes key)
{
	struct keyset_slot *slot;

	if (!set->slots)
		begin(set);
	if (2 * set->used >= set->size && grow(set) != ERR_OK)
		return ERR_TOO_LARGE;
	slot = find(set, map, key);
	if (slot->key)
		return ERR_INVALID;
	*slot = (struct keyset_slot){ key.data, (uint32_t)key.len, map };
	set->used++;
	return ERR_OK;
}

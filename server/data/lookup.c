// SPDX-License-Identifier: MIT
/*
 * Open addressing, at most two thirds full, FNV-1a.
 */
#include "server/data/lookup.h"

struct lookup_slot {
	struct bytes key;
	uint64_t value; /* 0: free */
};

void lookup_init(struct lookup *l, struct arena *a)
{
	*l = (struct lookup){ .arena = a };
}

static size_t hash(struct bytes key)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.data[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static struct lookup_slot *find(const struct lookup *l, struct bytes key)
{
	size_t at = hash(key) & (l->room - 1);

	while (l->slots[at].value && !bytes_equal(l->slots[at].key, key))
		at = (at + 1) & (l->room - 1);
	return &l->slots[at];
}

uint64_t lookup_get(const struct lookup *l, struct bytes key)
{
	return l->room ? find(l, key)->value : 0;
}

static enum err grow(struct lookup *l)
{
	struct lookup old = *l;

	l->room = old.room ? 2 * old.room : 32;
	l->slots = arena_array(l->arena, l->room, sizeof *l->slots);
	if (!l->slots) {
		*l = old;
		return ERR_TOO_LARGE;
	}
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].value)
			*find(l, old.slots[i].key) = old.slots[i];
	return ERR_OK;
}

enum err lookup_put(struct lookup *l, struct bytes key, uint64_t value)
{
	struct lookup_slot *slot;
	enum err err = ERR_OK;

	if (3 * (l->count + 1) > 2 * l->room)
		err = grow(l);
	if (err)
		return err;
	slot = find(l, key);
	if (!slot->value) {
		slot->key = arena_copy(l->arena, key);
		if (!slot->key.data)
			return ERR_TOO_LARGE;
		l->count++;
	}
	slot->value = value;
	return ERR_OK;
}

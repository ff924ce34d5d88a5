// SPDX-License-Identifier: MIT
/*
 * Open addressing over a list; the table doubles when it is half full.
 */
#include "server/book/groups.h"

#include <stdlib.h>

#include "common/log.h"

#define SLOTS_FIRST 256
#define GROUPS_MOST ((size_t)16 * 1024 * 1024)

void groups_init(struct groups *g)
{
	*g = (struct groups){ .slot_count = SLOTS_FIRST };
	g->slots = must_alloc(SLOTS_FIRST * sizeof *g->slots);
	memset(g->slots, 0, SLOTS_FIRST * sizeof *g->slots);
}

void groups_release(struct groups *g)
{
	free(g->list);
	free(g->slots);
	*g = (struct groups){ .list = NULL };
}

static bool is_key(const struct sums *s, const uint64_t *key)
{
	return s->key[0] == key[0] && s->key[1] == key[1];
}

/* Where the key is, or would be. */
static uint32_t *slot_of(const struct groups *g, const uint64_t *key)
{
	uint64_t mixed =
	    (key[0] ^ key[1] * 0xd6e8feb86659fd93) * 0x9e3779b97f4a7c15;
	size_t at = (size_t)(mixed >> 20) % g->slot_count;

	for (; g->slots[at]; at = (at + 1) % g->slot_count)
		if (is_key(&g->list[g->slots[at] - 1], key))
			break;
	return &g->slots[at];
}

static void grow(struct groups *g)
{
	free(g->slots);
	g->slot_count *= 2;
	g->slots = must_alloc(g->slot_count * sizeof *g->slots);
	memset(g->slots, 0, g->slot_count * sizeof *g->slots);
	for (size_t i = 0; i < g->count; i++)
		*slot_of(g, g->list[i].key) = (uint32_t)(i + 1);
}

static struct sums *add_group(
    struct groups *g, uint32_t *slot, const uint64_t *key)
{
	if (g->count == g->room) {
		g->room = g->room ? 2 * g->room : SLOTS_FIRST / 2;
		g->list = must_grow(g->list, g->room * sizeof *g->list);
	}
	g->list[g->count] =
	    (struct sums){ .key = { key[0], key[1] }, .newest = INT32_MIN };
	*slot = (uint32_t)++g->count;
	return &g->list[g->count - 1];
}

enum err groups_need(
    struct groups *g, const uint64_t key[static GROUP_KEYS], struct sums **out)
{
	uint32_t *slot = slot_of(g, key);

	if (*slot) {
		*out = &g->list[*slot - 1];
		return ERR_OK;
	}
	if (g->count == GROUPS_MOST)
		return ERR_TOO_LARGE;
	if (2 * g->count >= g->slot_count) {
		grow(g);
		slot = slot_of(g, key);
	}
	*out = add_group(g, slot, key);
	return ERR_OK;
}

enum err groups_add(struct groups *g, const uint64_t key[static GROUP_KEYS],
    unsigned which, const struct decimal *by)
{
	struct sums *s;
	enum err err = groups_need(g, key, &s);

	return err ? err : decimal_add(&s->of[which], by, &s->of[which]);
}

// SPDX-License-Identifier: MIT
/*
 * Opened tokens by the first byte of their digest.
 *
 * A seal's tag stands for all that was sealed: while it is the same, so is
 * the row.  (Its version is not enough: what was noted without a log entry
 * has the version of the entry before.)
 */
#include "server/access/tokens.h"

#include <stdlib.h>

#include "common/log.h"

#define SLOTS        256
#define OPENED_BLOCK 256
#define OPENED_MOST  (64 * 1024)

struct opened {
	uint8_t tag[SEAL_TAG]; /* of the row; meaningless when !is_held */
	bool is_held;
	struct token token; /* its texts in the arena */
	struct arena arena;
};

struct tokens {
	struct opened *of[SLOTS]; /* made at first use */
};

struct tokens *tokens_new(void)
{
	struct tokens *t = must_alloc(sizeof(*t));

	*t = (struct tokens){ .of = { NULL } };
	return t;
}

void tokens_free(struct tokens *t)
{
	for (size_t i = 0; t && i < SLOTS; i++) {
		if (t->of[i])
			arena_release(&t->of[i]->arena);
		free(t->of[i]);
	}
	free(t);
}

static struct opened *slot_of(struct tokens *t, const struct digest *key)
{
	struct opened **at = &t->of[key->of[0]];

	if (!*at) {
		*at = must_alloc(sizeof(**at));
		(*at)->is_held = false;
		arena_init(&(*at)->arena, OPENED_BLOCK, OPENED_MOST);
	}
	return *at;
}

enum err tokens_get(struct tokens *t, struct snapshot *n, struct sealer *s,
    const struct digest *key, const struct token **out)
{
	struct opened *o = slot_of(t, key);
	const uint8_t *tag;
	struct row row;
	enum err e = token_find(n, key, &row);

	*out = &o->token;
	if (e != ERR_OK)
		return e;
	if (row.value.len < SEAL_OVERHEAD)
		return ERR_CORRUPT;
	tag = row.value.data + row.value.len - SEAL_TAG;
	if (o->is_held && !memcmp(o->tag, tag, SEAL_TAG) &&
	    !memcmp(o->token.key.of, key->of, DIGEST_SIZE))
		return ERR_OK;
	arena_reset(&o->arena);
	e = token_open(s, key, row.value, &o->arena, &o->token);
	o->is_held = e == ERR_OK;
	memcpy(o->tag, tag, SEAL_TAG);
	return e;
}

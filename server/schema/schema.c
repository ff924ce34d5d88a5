// SPDX-License-Identifier: MIT
/*
 * The compiled schema: its lookups and its end.
 *
 * What builds it is compile.c and the parts that compile.h names.
 */
#include "server/schema/schema.h"

#include <stdlib.h>

unsigned schema_slot(struct bytes key)
{
	uint32_t h = 2166136261U;
	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.data[i]) * 16777619U;
	return (h ^ h >> 15) % SCHEMA_SLOTS;
}

const struct entity *schema_entity(const struct schema *s, struct bytes key)
{
	for (unsigned i = 0; i < s->entity_count; i++)
		if (bytes_is(key, s->entities[i].key))
			return &s->entities[i];
	return NULL;
}

/* Fields are fewer than half the slots: a probe ends soon. */
const struct field *entity_field(const struct entity *e, struct bytes key)
{
	for (unsigned at = schema_slot(key); e->by_key[at];
	     at = (at + 1) % SCHEMA_SLOTS) {
		const struct field *f = &e->fields[e->by_key[at] - 1];
		if (bytes_is(key, f->key))
			return f;
	}
	return NULL;
}

int schema_class(const struct schema *s, struct bytes name)
{
	for (unsigned i = 0; i < s->class_count; i++)
		if (bytes_is(name, s->classes[i]))
			return (int)i;
	return -1;
}

const struct field *entity_figure(const struct entity *e, struct bytes key)
{
	for (unsigned i = 0; i < e->figure_count; i++)
		if (bytes_is(key, e->figures[i].key))
			return &e->figures[i];
	return NULL;
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	arena_release(&s->arena);
	free(s);
}
